//! A box, a status field or a cell of a status column says nothing that is a status.

use std::collections::{BTreeMap, BTreeSet};

use ledger_document::outline::{Entry, Field, Site};
use ledger_document::vocabulary::{Role, phrase, role};
use ledger_document::{Signs, Table};

use super::Sheet;
use super::desk::{Desk, name};
use super::finding::{Finding, Spot};
use crate::plan::ids::Numbered;
use crate::rules::cut;

pub(super) const NAME: &str = "unknown-status";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        let signs = desk.signs(sheet);
        let opaque = desk.opaque(sheet);
        boxes(sheet, at, &signs, &opaque, found);
        cells(sheet, at, &signs, &opaque, found);
        let unread = |field: &&Field| is_unread(field, &signs);
        let boxes_say = boxes_say(sheet, &signs);
        for entry in sheet.outline.entries.iter() {
            let has = |is: fn(&Site) -> bool| entry.sites.iter().any(is);
            let row = has(|site| matches!(site, Site::Cell(_)));
            let boxed = has(|site| matches!(site, Site::Box(_)));
            if row || boxed && !boxes_say {
                continue;
            }
            for field in entry.fields.iter().filter(unread) {
                found.extend(of_field(at, &name(entry), field));
            }
        }
        headings(sheet, at, &signs, found);
    }
}

/// Headings with an id as other tasks have it and a status field that says none, so that nobody
/// takes them for tasks.
fn headings(sheet: &Sheet<'_>, at: usize, signs: &Signs<'_>, found: &mut Vec<Finding>) {
    let outline = sheet.outline;
    let tasks: BTreeSet<usize> = outline.entries.iter().map(|own| own.lines.start).collect();
    let ids = outline.entries.iter().filter_map(|own| own.id.as_ref());
    let prefix = |id: &str| Numbered::of(id).map(|id| id.prefix.to_owned());
    let known: BTreeSet<String> = ids.filter_map(|id| prefix(&id.text)).collect();
    let of_status = |field: &&Field| role(&field.label) == Some(Role::Status);
    let fields = outline.fields.iter().filter(of_status);
    let fields: BTreeMap<usize, &Field> = fields.map(|own| (own.lines.start, own)).collect();
    let mut next = outline.sections.iter().skip(1).map(|own| own.lines.start);
    for section in outline.sections.iter() {
        let end = next.next().unwrap_or(section.lines.end);
        let own = section.lines.start..end.min(section.lines.end);
        let id = Signs::named(&section.title.text).filter(|id| {
            !tasks.contains(&own.start) && prefix(id).is_some_and(|own| known.contains(&own))
        });
        let Some(id) = id.filter(|_| !own.is_empty()) else {
            continue;
        };
        // The first one counts, as where it is read.
        let field = fields.range(own).next().map(|(_, field)| *field);
        if let Some(field) = field.filter(|field| is_unread(field, signs)) {
            found.extend(of_field(at, &cut(id), field));
        }
    }
}

/// Whether status fields below boxes are about the tasks: most of them say a status.
fn boxes_say(sheet: &Sheet<'_>, signs: &Signs<'_>) -> bool {
    let is_boxed = |entry: &&Entry| entry.sites.iter().any(|site| matches!(site, Site::Box(_)));
    let boxed = sheet.outline.entries.iter().filter(is_boxed);
    let fields = boxed.flat_map(|entry| &entry.fields);
    let of_status = fields.filter(|field| role(&field.label) == Some(Role::Status));
    let (unread, read): (Vec<_>, Vec<_>) = of_status.partition(|field| is_unread(field, signs));
    read.len() > unread.len()
}

fn of_field(at: usize, of: &str, field: &Field) -> Option<Finding> {
    let value = cut(field.value.text.trim());
    let message = format!("the status of {of} is '{value}', which is none");
    let span = &field.value.span;
    Finding::new(
        NAME,
        Spot::columns(at, span.line, span.columns.clone()),
        message,
    )
}

fn is_unread(field: &Field, signs: &Signs<'_>) -> bool {
    let text = field.value.text.trim();
    // `pending-review` says enough.
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    let begins = words.next().is_some_and(|word| phrase(word).is_some());
    role(&field.label) == Some(Role::Status)
        && !text.is_empty()
        && signs.value(text).is_none()
        && !begins
}

fn boxes(
    sheet: &Sheet<'_>,
    at: usize,
    signs: &Signs<'_>,
    opaque: &[bool],
    found: &mut Vec<Finding>,
) {
    for line in (0..sheet.document.len()).filter(|line| opaque.get(*line) != Some(&true)) {
        let content = sheet.document.content(line);
        let text = content.trim_start_matches([' ', '\t', '>']);
        let Some(text) = text.strip_prefix(['-', '*', '+']) else {
            continue;
        };
        let text = text.trim_start();
        if let Some(written) = broken_box(text) {
            let start = content.len() - text.len();
            let message = format!("{written} is no box: one has a single character in it");
            let spot = Spot::columns(at, line, start..start + written.len());
            found.extend(Finding::new(NAME, spot, message));
        }
        if let Some(sign) = signs.unknown_box(text) {
            let start = content.len() - text.len();
            let message = format!("[{sign}] is no box that says a status");
            let spot = Spot::columns(at, line, start..start + 2 + sign.len_utf8());
            found.extend(Finding::new(NAME, spot, message));
        }
    }
}

/// What was meant for a box before the id or the bold title of a task: `[]`, `[ x]`.
fn broken_box(text: &str) -> Option<&str> {
    let end = text.strip_prefix('[')?.find(']')? + 2;
    let (written, rest) = text.split_at_checked(end)?;
    let inner = written.get(1..end - 1)?;
    let is_mark = inner.chars().count() != 1 && matches!(inner.trim(), "" | "x" | "X");
    let title = rest.strip_prefix(' ')?.trim_start();
    let is_task = title.starts_with("**") || Signs::named(title).is_some();
    (is_mark && inner.len() <= 3 && is_task).then_some(written)
}

/// A table with a status column in which some rows say a status and others say something else.
fn cells(
    sheet: &Sheet<'_>,
    at: usize,
    signs: &Signs<'_>,
    opaque: &[bool],
    found: &mut Vec<Finding>,
) {
    for table in Table::all(sheet.document, sheet.outline) {
        let Some(column) = table.status_column(sheet.document) else {
            continue;
        };
        if opaque.get(table.header.line) == Some(&true) {
            continue;
        }
        let cell = |row: &ledger_document::Row| {
            let columns = row.cells.get(column)?.clone();
            let text = sheet.document.content(row.line).get(columns.clone())?;
            Some((row.line, columns, text))
        };
        let cells: Vec<_> = table.rows.iter().filter_map(cell).collect();
        // Where hardly any is a status, the column is for something else.
        let (read, unread): (Vec<_>, Vec<_>) = cells
            .into_iter()
            .partition(|(_, _, text)| signs.value(text).is_some());
        if read.len() < unread.len() || read.is_empty() {
            continue;
        }
        for (line, columns, text) in unread {
            if !text.contains(char::is_alphanumeric) {
                continue;
            }
            let message = format!("the status '{}' is none", cut(text));
            found.extend(Finding::new(
                NAME,
                Spot::columns(at, line, columns),
                message,
            ));
        }
    }
}
