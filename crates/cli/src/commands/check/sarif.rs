//! What was found, as SARIF 2.1.0 (OASIS), which code scanning reads.
//!
//! A message may have links in it there (§3.11.6), so brackets from a plan are escaped. Columns are
//! counted in code points (§3.14.17).

use std::io::Write;

use ledger_core::check::{Finding, Fix, RULES, Related, Rule, Spot};
use ledger_core::document::text::{content, terminator};
use serde_json::{Value, json};

use super::report::Region;
use super::sources::{Source, Sources};
use crate::failure::Failure;
use crate::output::{json, screen};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Prints one log with one run.
pub(super) fn print(sources: &Sources, found: &[Finding]) -> Result<(), Failure> {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.name,
                "shortDescription": { "text": escaped(rule.about) },
                "fullDescription": { "text": escaped(&sentence(rule.about)) },
                "help": { "text": escaped(&help(rule)) },
                "defaultConfiguration": { "level": rule.severity.name() },
            })
        })
        .collect();
    let results: Vec<Value> = found
        .iter()
        .filter_map(|own| result(sources, own))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "ledger",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut out = screen::raw();
    json::print(&mut out, &log)?;
    Ok(out.flush()?)
}

fn result(sources: &Sources, finding: &Finding) -> Option<Value> {
    let source = sources.get(finding.spot.sheet)?;
    let index = RULES.iter().position(|rule| rule.name == finding.rule.name);
    let mut result = json!({
        "ruleId": finding.rule.name,
        "ruleIndex": index?,
        "level": finding.rule.severity.name(),
        "message": { "text": escaped(&finding.message) },
        "locations": [{ "physicalLocation": place(source, &finding.spot) }],
    });
    let related = finding.related.iter();
    let related: Vec<Value> = related.filter_map(|own| beside(sources, own)).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([replacement(source, fix)]);
    }
    Some(result)
}

fn beside(sources: &Sources, related: &Related) -> Option<Value> {
    let source = sources.get(related.spot.sheet)?;
    Some(json!({
        "physicalLocation": place(source, &related.spot),
        "message": { "text": escaped(&related.message) },
    }))
}

fn place(source: &Source, spot: &Spot) -> Value {
    let region = Region::of(source, spot);
    let mut own = json!({ "startLine": region.line, "endLine": region.end_line });
    if let Some((from, to)) = region.columns {
        own["startColumn"] = from.into();
        own["endColumn"] = to.into();
    }
    json!({ "artifactLocation": location(source), "region": own })
}

fn replacement(source: &Source, fix: &Fix) -> Value {
    let replacements = fix.hunks.iter().map(|hunk| {
        if hunk.remove == 0 {
            return json!({
                "deletedRegion": { "startLine": hunk.at + 1, "startColumn": 1, "endColumn": 1 },
                "insertedContent": { "text": hunk.insert.concat() },
            });
        }
        // Up to the end of the last line, whose terminator stays.
        let last = hunk.at + hunk.remove - 1;
        let end = source.text.content(last).chars().count() + 1;
        let text = hunk.insert.concat();
        let ends = hunk.insert.last().map_or("", |line| terminator(line));
        let text = text.strip_suffix(ends).unwrap_or_else(|| content(&text));
        json!({
            "deletedRegion": {
                "startLine": hunk.at + 1,
                "startColumn": 1,
                "endLine": last + 1,
                "endColumn": end,
            },
            "insertedContent": { "text": text },
        })
    });
    json!({
        "description": { "text": escaped(&fix.message) },
        "artifactChanges": [{
            "artifactLocation": location(source),
            "replacements": replacements.collect::<Vec<_>>(),
        }],
    })
}

/// A message without anything that could be a link.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '[' | ']') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// Where a plan lies: below the top of the checkout (§3.4.4), or at an absolute path (RFC 8089).
fn location(source: &Source) -> Value {
    let path = source.address();
    let uri = uri(&path.to_string_lossy());
    match path.is_absolute() {
        true => json!({ "uri": format!("file://{uri}") }),
        false => json!({ "uri": uri, "uriBaseId": "%SRCROOT%" }),
    }
}

/// What to do about a finding of a rule.
fn help(rule: &Rule) -> String {
    let (about, name) = (sentence(rule.about), rule.name);
    let fixes = match rule.fixes {
        true => " What is beyond doubt is put right by 'ledger check --fix'.",
        false => "",
    };
    format!("{about}{fixes} 'ledger check --except {name}' leaves this rule out.")
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut rest = clause.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), rest.as_str())
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/` is encoded,
/// so that no beginning of it is taken for a scheme.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_plan_is_a_link_or_a_scheme() {
        assert_eq!(
            escaped("[x](javascript:y) \\"),
            "\\[x\\](javascript:y) \\\\"
        );
        assert_eq!(uri("a b/javascript:é.md"), "a%20b/javascript%3A%C3%A9.md");
    }
}
