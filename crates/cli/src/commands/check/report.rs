//! What was found, for people and as JSON.

use std::collections::BTreeMap;
use std::io::Write;

use ledger_core::check::{Finding, Severity, Spot};
use schemars::JsonSchema;
use serde::Serialize;

use super::sources::{Source, Sources};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::json;
use crate::output::paint;
use crate::output::screen::{self, Screen};

/// A place as people and programs count: from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) line: usize,
    /// The last line.
    pub(super) end_line: usize,
    /// The first column and the one behind the last; `None` for whole lines.
    pub(super) columns: Option<(usize, usize)>,
}

impl Region {
    pub(super) fn of(source: &Source, spot: &Spot) -> Self {
        let content = source.text.content(spot.lines.start);
        let column = |byte: usize| {
            let before = content.get(..byte).unwrap_or(content);
            before.chars().count() + 1
        };
        let columns = spot.columns.as_ref();
        Self {
            line: spot.lines.start + 1,
            end_line: spot.lines.end.max(spot.lines.start + 1),
            columns: columns.map(|columns| (column(columns.start), column(columns.end))),
        }
    }
}

/// `TODO.md:217:1: warning: rule: message`, as compilers write it and editors read it.
pub(super) fn text(sources: &Sources, found: &[Finding]) -> Result<(), Failure> {
    let mut out = Screen::new();
    for finding in found {
        let Some(source) = sources.get(finding.spot.sheet) else {
            continue;
        };
        let region = Region::of(source, &finding.spot);
        let (line, column) = (region.line, region.columns.map_or(1, |(from, _)| from));
        let (severity, rule) = (finding.rule.severity, finding.rule.name);
        let color = paint::severity(severity == Severity::Error);
        writeln!(
            out,
            "{}:{line}:{column}: {color}{}{color:#}: {rule}: {}",
            plain(&source.path),
            severity.name(),
            plain(&finding.message)
        )?;
    }
    Ok(out.flush()?)
}

#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct Report<'f> {
    /// What was found.
    findings: Vec<Item<'f>>,
    /// How much was found.
    counts: Counts<'f>,
}

#[derive(Serialize, JsonSchema)]
struct Counts<'f> {
    /// All findings.
    findings: usize,
    /// How many each rule has; a rule without one is left out.
    by_rule: BTreeMap<&'f str, usize>,
    /// How many can be fixed.
    fixable: usize,
    /// How many were put right by this run; what was is no finding any more.
    fixed: usize,
    /// Plan files that were checked.
    plans: usize,
}

#[derive(Serialize, JsonSchema)]
struct Item<'f> {
    /// The rule's name.
    rule: &'f str,
    /// `error` or `warning`.
    severity: &'f str,
    /// The plan file.
    path: &'f str,
    /// Where it begins, from 1.
    line: usize,
    /// Its last line.
    end_line: usize,
    /// The first character, from 1; `None` for whole lines.
    column: Option<usize>,
    /// The character behind the last; `None` for whole lines.
    end_column: Option<usize>,
    /// What is wrong.
    message: &'f str,
    /// What it does not agree with.
    related: Vec<Beside<'f>>,
    /// What would put it right without a doubt.
    fix: Option<FixItem<'f>>,
}

#[derive(Serialize, JsonSchema)]
struct Beside<'f> {
    /// The plan file.
    path: &'f str,
    /// From 1.
    line: usize,
    /// What is there.
    message: &'f str,
}

#[derive(Serialize, JsonSchema)]
struct FixItem<'f> {
    /// What it does.
    message: &'f str,
    /// The lines that it replaces.
    edits: Vec<EditItem<'f>>,
}

/// Lines are replaced whole, from `line` on, by lines with their ends.
#[derive(Serialize, JsonSchema)]
struct EditItem<'f> {
    /// The first one, from 1.
    line: usize,
    /// How many go.
    remove: usize,
    /// What comes in their place.
    insert: Vec<&'f str>,
}

/// One object.
pub(super) fn json(sources: &Sources, found: &[Finding], fixed: usize) -> Result<(), Failure> {
    let mut by_rule = BTreeMap::new();
    for finding in found {
        *by_rule.entry(finding.rule.name).or_default() += 1;
    }
    let report = Report {
        findings: found.iter().filter_map(|own| item(sources, own)).collect(),
        counts: Counts {
            findings: found.len(),
            by_rule,
            fixable: found.iter().filter(|own| own.fix.is_some()).count(),
            fixed,
            plans: sources.count(),
        },
    };
    let mut out = screen::raw();
    json::print(&mut out, &report)?;
    Ok(out.flush()?)
}

fn item<'f>(sources: &'f Sources, finding: &'f Finding) -> Option<Item<'f>> {
    let source = sources.get(finding.spot.sheet)?;
    let region = Region::of(source, &finding.spot);
    let beside = finding.related.iter().filter_map(|related| {
        Some(Beside {
            path: &sources.get(related.spot.sheet)?.path,
            line: related.spot.lines.start + 1,
            message: &related.message,
        })
    });
    let fix = finding.fix.as_ref().map(|fix| FixItem {
        message: &fix.message,
        edits: fix
            .hunks
            .iter()
            .map(|hunk| EditItem {
                line: hunk.at + 1,
                remove: hunk.remove,
                insert: hunk.insert.iter().map(|line| &**line).collect(),
            })
            .collect(),
    });
    Some(Item {
        rule: finding.rule.name,
        severity: finding.rule.severity.name(),
        path: &source.path,
        line: region.line,
        end_line: region.end_line,
        column: region.columns.map(|(from, _)| from),
        end_column: region.columns.map(|(_, to)| to),
        message: &finding.message,
        related: beside.collect(),
        fix,
    })
}
