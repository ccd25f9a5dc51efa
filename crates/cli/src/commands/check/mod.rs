//! `ledger check`

mod fix;
pub(super) mod report;
mod sarif;
mod sources;

use std::io::Write;

use ledger_core::check::{self, Finding, RULES, Rule};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Check, CheckFormat, Global};
use crate::failure::Failure;
use crate::output::json;
use crate::output::paint::{BOLD, DIM};
use crate::output::screen::{self, Screen};

use sources::Sources;

/// How often --fix looks for more to put right.
const ROUNDS: usize = 4;

pub(crate) fn run(global: &Global, args: &Check) -> Result<(), Failure> {
    if args.list {
        return list(args.json);
    }
    let rules = chosen(args);
    let mut sources = Sources::find(global, args)?;
    let mut found = sources.check(&rules)?;
    let mut fixed = 0;
    if args.fix {
        if args.dry_run {
            fix::show(&sources, &found)?;
            return sources.trouble().map_or(Ok(()), Err);
        }
        // Of several fixes of one line each round makes the first.
        for _ in 0..ROUNDS {
            if found.iter().all(|finding| finding.fix.is_none()) {
                break;
            }
            let done = fix::apply(global, args, &sources, &rules)?;
            sources = Sources::find(global, args)?;
            found = sources.check(&rules)?;
            fixed += done;
            if done == 0 {
                break;
            }
        }
    }
    match format(args) {
        CheckFormat::Text => report::text(&sources, &found)?,
        CheckFormat::Json => report::json(&sources, &found, fixed)?,
        CheckFormat::Sarif => sarif::print(&sources, &found)?,
    }
    end(&sources, &found)
}

const fn format(args: &Check) -> CheckFormat {
    match args.json {
        true => CheckFormat::Json,
        false => args.format,
    }
}

/// The rules that are asked for.
fn chosen(args: &Check) -> Vec<&'static Rule> {
    let has = |names: &[String], rule: &Rule| names.iter().any(|name| name == rule.name);
    let asked = |rule: &&Rule| {
        let named = args.rules.is_empty() || has(&args.rules, rule);
        named && !has(&args.except, rule)
    };
    RULES.iter().filter(asked).collect()
}

/// What the exit code stands for.
fn end(sources: &Sources, found: &[Finding]) -> Result<(), Failure> {
    if let Some(trouble) = sources.trouble() {
        return Err(trouble);
    }
    if found.is_empty() {
        return Ok(());
    }
    let fixable = found.iter().filter(|finding| finding.fix.is_some()).count();
    let failure = Failure::finding(format!(
        "{} in {}",
        counted(found.len(), "finding"),
        counted(sources.count(), "plan")
    ));
    Err(match fixable {
        0 => failure,
        count => failure.hint(format!("ledger check --fix puts {count} of them right")),
    })
}

fn counted(count: usize, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{end}")
}

/// A rule, with `--rules --json`.
#[derive(Serialize, JsonSchema)]
pub(super) struct RuleItem {
    /// What to type for it.
    name: &'static str,
    /// `error` or `warning`.
    severity: &'static str,
    /// What it finds.
    about: &'static str,
    /// Whether some of what it finds can be fixed.
    fixes: bool,
}

fn list(as_json: bool) -> Result<(), Failure> {
    if as_json {
        let mut array = json::Array::begin(screen::raw())?;
        for rule in RULES {
            array.push(&RuleItem {
                name: rule.name,
                severity: rule.severity.name(),
                about: rule.about,
                fixes: rule.fixes,
            })?;
        }
        return Ok(array.end()?);
    }
    let mut out = Screen::new();
    let widest = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for rule in RULES {
        let (name, severity) = (rule.name, rule.severity.name());
        let fixes = if rule.fixes { " (--fix)" } else { "" };
        writeln!(
            out,
            "{BOLD}{name:widest$}{BOLD:#}  {severity:7}  {}{DIM}{fixes}{DIM:#}",
            rule.about
        )?;
    }
    Ok(out.flush()?)
}

impl Sources {
    /// What these rules find.
    fn check(&self, rules: &[&Rule]) -> Result<Vec<Finding>, Failure> {
        let (today, tomorrow) = sources::days()?;
        let sheets = self.sheets();
        let had = self.had();
        let around = check::Around {
            today,
            tomorrow,
            exists: &|sheet, path| self.exists(sheet, path),
            had: had.as_ref().map(|had| had as &dyn Fn(&str) -> bool),
        };
        Ok(check::check(&sheets, &around, rules))
    }
}
