//! A box, a status field or a cell of a status column says nothing that is a status.

use ledger_document::outline::{Field, Site};
use ledger_document::vocabulary::{Role, role};
use ledger_document::{Signs, Table};

use super::Sheet;
use super::desk::{Desk, name};
use super::finding::{Finding, Spot};
use crate::rules::cut;

pub(super) const NAME: &str = "unknown-status";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        let signs = desk.signs(sheet);
        let opaque = desk.opaque(sheet);
        boxes(sheet, at, &signs, &opaque, found);
        cells(sheet, at, &signs, &opaque, found);
        for entry in sheet.outline.entries.iter() {
            for field in &entry.fields {
                // What a status field of a task with a box says may be about something else.
                let boxed = entry.sites.iter().any(|site| matches!(site, Site::Box(_)));
                let row = entry.sites.iter().any(|site| matches!(site, Site::Cell(_)));
                if boxed || row || !is_unread(field, &signs) {
                    continue;
                }
                let value = cut(field.value.text.trim());
                let message = format!("the status of {} is '{value}', which is none", name(entry));
                let spot =
                    Spot::columns(at, field.value.span.line, field.value.span.columns.clone());
                found.extend(Finding::new(NAME, spot, message));
            }
        }
    }
}

fn is_unread(field: &Field, signs: &Signs<'_>) -> bool {
    role(&field.label) == Some(Role::Status)
        && !field.value.text.trim().is_empty()
        && signs.value(&field.value.text).is_none()
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
        if let Some(sign) = signs.unknown_box(text) {
            let start = content.len() - text.len();
            let message = format!("[{sign}] is no box that says a status");
            let spot = Spot::columns(at, line, start..start + 2 + sign.len_utf8());
            found.extend(Finding::new(NAME, spot, message));
        }
    }
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
