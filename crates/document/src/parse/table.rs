//! Tables of tasks: with a status column, or with an id column in a section that is a status.

use std::ops::Range;

use super::blocks::{Block, Kind};
use super::head;
use super::id;
use super::marks::Marks;
use super::source::{Source, trimmed};
use super::value;
use crate::outline::{Entry, Field, Form, Site, Span, Text};
use crate::status::Status;
use crate::vocabulary as words;

/// What the columns of a task table hold.
struct Columns {
    headers: Vec<String>,
    status: Option<usize>,
    id: Option<usize>,
    title: usize,
}

/// The tasks of the table at `table`; none if it has no status column. `column` is the section
/// around it that is a status, if there is one.
pub(super) fn read(
    source: &Source<'_>,
    blocks: &[Block],
    table: usize,
    marks: &Marks,
    column: Option<(usize, Status)>,
) -> Vec<Entry> {
    let Some(end) = blocks.get(table).map(|block| block.end) else {
        return Vec::new();
    };
    let mut rows = (table + 1..end).filter(|&at| {
        matches!(
            blocks.get(at).map(|block| block.kind),
            Some(Kind::HeaderRow | Kind::Row)
        )
    });
    let Some(columns) = rows
        .next()
        .and_then(|header| columns(source, blocks, header))
        .filter(|columns| columns.status.is_some() || (columns.id.is_some() && column.is_some()))
    else {
        return Vec::new();
    };
    rows.filter_map(|row| task(source, blocks, row, &columns, marks, column))
        .collect()
}

fn columns(source: &Source<'_>, blocks: &[Block], header: usize) -> Option<Columns> {
    let headers: Vec<String> = cells(source, blocks, header)
        .into_iter()
        .map(|cell| cell.text)
        .collect();
    let status = headers.iter().position(|h| words::is_status_label(h));
    let id = headers.iter().position(|h| words::is_id_column(h));
    let free = |at: &usize| Some(*at) != status && Some(*at) != id;
    let title = (0..headers.len())
        .filter(free)
        .find(|&at| headers.get(at).is_some_and(|h| words::is_title_column(h)))
        .or_else(|| (0..headers.len()).find(free))?;
    Some(Columns {
        headers,
        status,
        id,
        title,
    })
}

/// The cells of a row, each trimmed, on the row's one line.
fn cells(source: &Source<'_>, blocks: &[Block], row: usize) -> Vec<Text> {
    let Some(block) = blocks.get(row) else {
        return Vec::new();
    };
    let line = source.line_of(block.bytes.start);
    let content = source.content(line);
    blocks
        .get(row + 1..block.end)
        .unwrap_or_default()
        .iter()
        .filter(|cell| cell.kind == Kind::Cell)
        .map(|cell| {
            let start = source.column_of(cell.bytes.start);
            let end = source.column_of(cell.bytes.end).max(start);
            source.text(line, within_pipes(content, start..end))
        })
        .collect()
}

fn within_pipes(content: &str, columns: Range<usize>) -> Range<usize> {
    let columns = trimmed(content, columns);
    let text = content.get(columns.clone()).unwrap_or_default();
    let start = columns.start + usize::from(text.starts_with('|'));
    let escaped = text.ends_with("\\|");
    let end = columns.end - usize::from(text.len() > 1 && text.ends_with('|') && !escaped);
    trimmed(content, start..end.max(start))
}

fn task(
    source: &Source<'_>,
    blocks: &[Block],
    row: usize,
    columns: &Columns,
    marks: &Marks,
    column: Option<(usize, Status)>,
) -> Option<Entry> {
    let cells = cells(source, blocks, row);
    let (site, status) = match columns.status {
        Some(at) => {
            let cell = cells.get(at)?;
            let status = value::status(&cell.text, marks)?;
            (Site::Cell(cell.span.clone()), status)
        }
        None => column.map(|(section, status)| (Site::Section(section), status))?,
    };
    let title = cells.get(columns.title)?;
    let line = title.span.line;
    let content = source.content(line);
    let head = head::read(content, title.span.columns.clone(), marks);
    let written = columns
        .id
        .and_then(|at| cells.get(at))
        .filter(|id| !matches!(id.text.as_str(), "" | "-" | "—"));
    let (id, title) = match written {
        Some(id) => {
            let bare = ["**", "`", "~~"]
                .into_iter()
                .fold(id.span.columns.clone(), |columns, fence| {
                    within(content, columns, fence)
                });
            (
                Some(source.text(line, bare)),
                source.text(line, head.title.clone()),
            )
        }
        None => (
            head.id.map(|id: id::Id| source.text(line, id.columns)),
            source.text(line, head.title.clone()),
        ),
    };
    let blank = |text: &str| !text.contains(char::is_alphanumeric);
    if blank(&title.text) && id.as_ref().is_none_or(|id| blank(&id.text)) {
        return None;
    }
    let mut sites = vec![site];
    for (signal, columns, _) in head.signals {
        sites.push(super::section::site(signal, Span { line, columns }));
    }
    let fields = columns
        .headers
        .iter()
        .zip(&cells)
        .enumerate()
        .filter(|(at, _)| *at != columns.title && Some(*at) != columns.id)
        .map(|(_, (label, value))| Field {
            label: label.clone(),
            value: value.clone(),
            lines: line..line + 1,
            items: Vec::new(),
        })
        .collect();
    Some(Entry {
        form: Form::Row,
        lines: line..line + 1,
        id,
        title,
        status,
        sites,
        section: None,
        parent: None,
        fields,
        steps: Vec::new(),
    })
}

fn within(content: &str, columns: Range<usize>, fence: &str) -> Range<usize> {
    let text = content.get(columns.clone()).unwrap_or_default();
    let len = fence.len();
    if text.len() > 2 * len && text.starts_with(fence) && text.ends_with(fence) {
        columns.start + len..columns.end - len
    } else {
        columns
    }
}
