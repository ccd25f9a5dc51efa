//! The first row of a table of tasks that has none yet.

use super::add::NewTask;
use super::cells::escape;
use super::form::indent_of;
use super::one_line;
use super::siblings::{Kind, site};
use super::wording::{span, text_of};
use crate::outline::Outline;
use crate::text::Document;
use crate::vocabulary::{families, is_id_column, is_like, is_status_label, is_title_column};

/// The row for a task in a section's table (or the document's) with a status column and no rows:
/// the line it goes before, its text, and what it has no column for.
pub(super) fn first_row(
    document: &Document,
    outline: &Outline,
    section: Option<usize>,
    task: &NewTask,
) -> Option<(usize, String, Vec<String>)> {
    let section = section.and_then(|index| outline.sections.get(index));
    let lines = section.map_or(0..document.len(), |section| section.lines.clone());
    let opaque = |line: usize| outline.opaque.iter().any(|range| range.contains(&line));
    let header = lines
        .filter(|&line| !opaque(line) && is_empty_table(document, line))
        .find(|&line| {
            let headers = cells(document.content(line));
            headers.iter().any(|header| is_status_label(header))
        })?;
    let content = document.content(header);
    let headers = cells(content);
    let status = headers.iter().position(|header| is_status_label(header))?;
    let id = headers
        .iter()
        .position(|header| is_id_column(header))
        .filter(|&id| id != status);
    let free = |at: &usize| *at != status && Some(*at) != id;
    let title = (0..headers.len())
        .filter(free)
        .find(|&at| {
            headers
                .get(at)
                .is_some_and(|header| is_title_column(header))
        })
        .or_else(|| (0..headers.len()).find(free))?;
    let mut row = vec![String::new(); headers.len()];
    for (at, cell) in row.iter_mut().enumerate() {
        *cell = match &task.id {
            _ if at == status => status_text(document, outline, task),
            Some(written) if Some(at) == id => escape(written),
            Some(written) if at == title && id.is_none() => {
                format!("{}: {}", escape(written), escape(&task.title))
            }
            _ if at == title => escape(&task.title),
            _ => headers.get(at).map_or_else(String::new, |header| {
                let given = task.fields.iter().find(|(label, _)| same(header, label));
                given.map_or_else(String::new, |(_, value)| escape(&one_line(value)))
            }),
        };
    }
    let missing = task
        .fields
        .iter()
        .filter(|(label, _)| !headers.iter().any(|header| same(header, label)))
        .map(|(label, _)| format!("the table has no column '{label}'; only the ledger keeps it"))
        .collect();
    let indent = indent_of(content);
    let body = row.join(" | ");
    let line = if content.trim_start().starts_with('|') {
        format!("{indent}| {body} |")
    } else {
        format!("{indent}{body}")
    };
    Some((header + 2, line, missing))
}

/// The status as other tables of the plan write it, else by its usual name.
fn status_text(document: &Document, outline: &Outline, task: &NewTask) -> String {
    outline
        .entries
        .iter()
        .filter(|entry| entry.status == task.status)
        .find_map(|entry| site(entry, Kind::Cell).and_then(span))
        .map(|span| super::date::undate(super::phrase::head(text_of(document, span))))
        .or_else(|| {
            let name = families(&[], &[], task.status).next()?.first()?;
            Some((*name).to_owned())
        })
        .unwrap_or_default()
}

/// Whether a header and the line under it make a table, with no row behind them.
fn is_empty_table(document: &Document, header: usize) -> bool {
    let rule = document.content(header + 1).trim();
    document.content(header).contains('|')
        && rule.contains('|')
        && rule.contains('-')
        && rule.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
        && cells(document.content(header)).len() == cells(rule).len()
        && document.content(header + 2).trim().is_empty()
}

/// The cells of a line between pipes that are not escaped.
fn cells(content: &str) -> Vec<String> {
    let text = content.trim();
    let text = text.strip_prefix('|').unwrap_or(text);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == '|' && !escaped {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    if text.ends_with('|') && cells.len() > 1 {
        cells.pop();
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// Whether a header is the column for a label.
fn same(header: &str, label: &str) -> bool {
    is_like(header, label)
}
