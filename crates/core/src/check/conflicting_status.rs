//! A task is done in one place and open in another: in two writings of it, in two signs of one, or in
//! a field that has the day of its completion.
//!
//! Only done against open is a contradiction. An empty box beside `In Progress` says no more than
//! that the task is not done yet, and so does a column, which is where a task stands and no more.

use ledger_document::Status;
use ledger_document::derived::says_completed;
use ledger_document::outline::{Entry, Site};

use super::Sheet;
use super::desk::{Desk, head, name};
use super::finding::{Finding, Spot};
use crate::rules::cut;

pub(super) const NAME: &str = "conflicting-status";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        for task in 0..sheet.outline.tasks.len() {
            found.extend(between_writings(sheet, at, task));
        }
        let signs = desk.signs(sheet);
        for entry in sheet.outline.entries.iter() {
            let said = |site: &Site| Some((place(site)?, signs.site(site)?));
            let within = within(at, entry, entry.sites.iter().filter_map(said));
            found.extend(within.or_else(|| finished(desk, at, entry)));
        }
    }
}

fn between_writings(sheet: &Sheet<'_>, at: usize, task: usize) -> Option<Finding> {
    let mut writings = sheet.outline.writings(task);
    let first = writings.next()?;
    let other = writings.find(|other| conflict(first.status, other.status))?;
    let name = name(first);
    let line = first.lines.start + 1;
    let message = format!(
        "{name} is {} here and {} in line {line}",
        other.status, first.status
    );
    let finding = Finding::new(NAME, head(at, other), message)?;
    Some(finding.beside(head(at, first), format!("{name} is {}", first.status)))
}

/// The line of a sign that states a status of the task itself.
fn place(site: &Site) -> Option<usize> {
    match site {
        Site::Box(span)
        | Site::Field(span)
        | Site::Mark(span)
        | Site::Word(span)
        | Site::Cell(span)
        | Site::Yaml(span) => Some(span.line),
        Site::Strike(_) | Site::Section(_) => None,
    }
}

fn within(
    at: usize,
    entry: &Entry,
    said: impl Iterator<Item = (usize, Status)>,
) -> Option<Finding> {
    let said: Vec<(usize, Status)> = said.collect();
    let (first, status) = *said.first()?;
    let (line, other) = *said.iter().find(|(_, other)| conflict(status, *other))?;
    let name = name(entry);
    let message = match line == first {
        true => format!("{name} is {status} and {other} in the same line"),
        false => format!("{name} is {status} in line {} and {other} here", first + 1),
    };
    let finding = Finding::new(NAME, Spot::line(at, line), message)?;
    Some(finding.beside(Spot::line(at, first), format!("{name} is {status}")))
}

/// An open task says on which day it was completed.
fn finished(desk: &Desk<'_>, at: usize, entry: &Entry) -> Option<Finding> {
    let (field, day) = says_completed(entry)?;
    // A day that is yet to come is a plan.
    if entry.status.is_closed() || day > desk.around.tomorrow {
        return None;
    }
    let (name, status) = (name(entry), entry.status);
    let message = format!("{name} is {status}, and '{}' says {day}", cut(&field.label));
    let finding = Finding::new(NAME, Spot::line(at, field.lines.start), message)?;
    Some(finding.beside(head(at, entry), format!("{name} is {status}")))
}

const fn conflict(a: Status, b: Status) -> bool {
    let done = matches!(a, Status::Completed);
    done != matches!(b, Status::Completed)
}
