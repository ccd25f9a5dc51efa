//! What was found, for people and as JSON.

use std::collections::BTreeMap;
use std::io::Write;

use ledger_core::check::{Finding, Severity, Spot};
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

#[derive(Serialize)]
struct Report<'f> {
    findings: Vec<Item<'f>>,
    counts: Counts<'f>,
}

#[derive(Serialize)]
struct Counts<'f> {
    findings: usize,
    by_rule: BTreeMap<&'f str, usize>,
    fixable: usize,
    plans: usize,
}

#[derive(Serialize)]
struct Item<'f> {
    rule: &'f str,
    severity: &'f str,
    path: &'f str,
    line: usize,
    end_line: usize,
    column: Option<usize>,
    end_column: Option<usize>,
    message: &'f str,
    related: Vec<Beside<'f>>,
    fix: Option<FixItem<'f>>,
}

#[derive(Serialize)]
struct Beside<'f> {
    path: &'f str,
    line: usize,
    message: &'f str,
}

#[derive(Serialize)]
struct FixItem<'f> {
    message: &'f str,
    edits: Vec<EditItem<'f>>,
}

/// Lines are replaced whole, from `line` on, by lines with their ends.
#[derive(Serialize)]
struct EditItem<'f> {
    line: usize,
    remove: usize,
    insert: Vec<&'f str>,
}

/// One object; `ledger check --help` says what is in it.
pub(super) fn json(sources: &Sources, found: &[Finding]) -> Result<(), Failure> {
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
