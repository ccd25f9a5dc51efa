//! A completed task has steps that are not checked, or tasks below it that are open; or an open task
//! stands under a heading for what is done, or one that says that its part of the plan is.

use std::collections::{BTreeMap, HashSet};

use ledger_document::Status;
use ledger_document::outline::{Entry, Section, Site};

use super::Sheet;
use super::desk::{Desk, count, head, name};
use super::finding::{Finding, Spot};
use crate::rules::cut;

pub(super) const NAME: &str = "done-with-open-steps";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        // By entry, the tasks that stand right below it.
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); sheet.outline.entries.len()];
        for (index, entry) in sheet.outline.entries.iter().enumerate() {
            if let Some(under) = entry.parent.and_then(|parent| below.get_mut(parent)) {
                under.push(index);
            }
        }
        for (entry, below) in sheet.outline.entries.iter().zip(&below) {
            if entry.status == Status::Completed {
                found.extend(open_below(sheet, at, entry, below));
            }
        }
        in_columns(sheet, at, found);
        in_parts(desk, sheet, at, found);
    }
}

/// Open tasks right under headings for what is done, where boxes tell: a heading whose boxes are all
/// empty says itself what its tasks are.
fn in_columns(sheet: &Sheet<'_>, at: usize, found: &mut Vec<Finding>) {
    let mut open: BTreeMap<usize, Vec<&Entry>> = BTreeMap::new();
    for entry in sheet
        .outline
        .entries
        .iter()
        .filter(|own| !own.status.is_closed())
    {
        if let Some(section) = entry.section.filter(|_| entry.parent.is_none()) {
            open.entry(section).or_default().push(entry);
        }
    }
    for (section, open) in open {
        let Some(section) = sheet.outline.sections.get(section) else {
            continue;
        };
        if section.status == Some(Status::Completed) {
            found.extend(open_in(at, section, "is for what is completed", &open));
        }
    }
}

/// Open tasks below headings that are no tasks themselves and say that what they name is completed.
fn in_parts(desk: &Desk<'_>, sheet: &Sheet<'_>, at: usize, found: &mut Vec<Finding>) {
    let signs = desk.signs(sheet);
    let sections = &sheet.outline.sections;
    let entries = &sheet.outline.entries;
    let heads: HashSet<usize> = entries.iter().map(|own| own.lines.start).collect();
    let says_done = |section: &&Section| {
        section.status.is_none()
            && !heads.contains(&section.lines.start)
            && signs.heading(&section.title.text) == Some(Status::Completed)
    };
    let is_open = |own: &&Entry| own.parent.is_none() && !own.status.is_closed();
    let open = entries.iter().filter(is_open);
    let by_line: BTreeMap<usize, &Entry> = open.map(|own| (own.lines.start, own)).collect();
    for section in sections.iter().filter(says_done) {
        let below = by_line.range(section.lines.clone());
        let open: Vec<&Entry> = below.map(|(_, own)| *own).collect();
        found.extend(open_in(at, section, "is said to be completed", &open));
    }
}

/// That a section which is done has open tasks in it.
fn open_in(at: usize, section: &Section, how: &str, open: &[&Entry]) -> Option<Finding> {
    let first = open.first()?;
    let what = match open.len() {
        1 => format!("{} in it is {}", name(first), first.status),
        more => format!(
            "{} in it are open ({} is {})",
            count(more, "task", "tasks"),
            name(first),
            first.status
        ),
    };
    let title = cut(section.title.text.trim());
    let message = format!("'{title}' {how}, and {what}");
    let finding = Finding::new(NAME, Spot::line(at, section.lines.start), message)?;
    Some(finding.beside(head(at, first), first.status.to_string()))
}

fn open_below(sheet: &Sheet<'_>, at: usize, entry: &Entry, below: &[usize]) -> Option<Finding> {
    let entries = below
        .iter()
        .filter_map(|index| sheet.outline.entries.get(*index));
    let open: Vec<&Entry> = entries.filter(|entry| !entry.status.is_closed()).collect();
    let is_given_up = |step: &&ledger_document::outline::Step| {
        let mark = sheet.document.content(step.mark.line);
        mark.get(step.mark.columns.clone()) == Some("-") || step.text.text.trim().starts_with("~~")
    };
    let steps = entry.steps.iter().filter(|step| !step.checked);
    let steps: Vec<_> = steps.filter(|step| !is_given_up(step)).collect();
    let mut what = Vec::new();
    if !steps.is_empty() {
        let all = entry.steps.len();
        let unchecked = match steps.len() {
            1 => "is not checked",
            _ => "are not checked",
        };
        what.push(format!(
            "{} of {} {unchecked}",
            steps.len(),
            count(all, "step", "steps")
        ));
    }
    if let Some(first) = open.first() {
        let first = format!("{} is {}", name(first), first.status);
        what.push(match open.len() {
            1 => format!("{first} below it"),
            more => format!(
                "{} below it are open ({first})",
                count(more, "task", "tasks")
            ),
        });
    }
    if what.is_empty() {
        return None;
    }
    let how = match entry.sites.first() {
        Some(Site::Section(_)) => "stands under what is completed",
        _ => "is completed",
    };
    let message = format!("{} {how}, and {}", name(entry), what.join(" and "));
    let mut finding = Finding::new(NAME, head(at, entry), message)?;
    if let Some(step) = steps.first() {
        finding = finding.beside(Spot::line(at, step.mark.line), "not checked");
    }
    if let Some(first) = open.first() {
        finding = finding.beside(head(at, first), first.status.to_string());
    }
    Some(finding)
}
