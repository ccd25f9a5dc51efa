//! The tables of a document as they are typed: markdown itself fills up rows that are too short
//! and drops what is too much, so what is wrong with a row shows only in its line.

use std::ops::Range;

use super::blocks::{self, Kind};
use super::guard;
use super::scan;
use super::source::{Source, trimmed};
use crate::outline::Outline;
use crate::text::Document;
use crate::vocabulary as words;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its header.
    pub header: Row,
    /// Its rows, in order.
    pub rows: Vec<Row>,
}

/// A row as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its line, from 0.
    pub line: usize,
    /// Where in its line it stands, without blanks around it.
    pub columns: Range<usize>,
    /// Its cells, as columns of its line, without blanks around them.
    pub cells: Vec<Range<usize>>,
    /// Whether it has a `|` at all; without, it is text right below a table.
    pub parted: bool,
}

impl Table {
    /// All tables of a document, in order.
    #[must_use]
    pub fn all(document: &Document, outline: &Outline) -> Vec<Self> {
        // Most documents have none.
        if !document.lines().iter().any(|line| line.contains('|')) {
            return Vec::new();
        }
        let safe = guard::readable(&document.text());
        let source = Source::new(document);
        let front = outline.opaque.first().filter(|lines| lines.start == 0);
        let front = front.filter(|_| document.content(0).trim_end() == "---");
        let base = front.map_or(0, |lines| match lines.end < document.len() {
            true => source.start_of(lines.end),
            false => safe.len(),
        });
        let mut tables: Vec<Self> = Vec::new();
        for block in blocks::read(&safe, base) {
            let row = || row(&source, &block.bytes);
            match block.kind {
                Kind::HeaderRow => tables.push(Self {
                    header: row(),
                    rows: Vec::new(),
                }),
                Kind::Row => {
                    if let Some(table) = tables.last_mut() {
                        table.rows.push(row());
                    }
                }
                _ => {}
            }
        }
        tables
    }

    /// The column for the status of tasks, if there is one: the first column says what has a status.
    #[must_use]
    pub fn status_column(&self, document: &Document) -> Option<usize> {
        let content = document.content(self.header.line);
        let cells = self.header.cells.iter();
        let mut names = cells.map(|cell| content.get(cell.clone()).unwrap_or_default());
        let first = names.clone().next()?;
        let of_tasks = words::is_id_column(first) || words::is_title_column(first);
        names.position(words::is_status_label).filter(|_| of_tasks)
    }
}

fn row(source: &Source<'_>, bytes: &Range<usize>) -> Row {
    let line = source.line_of(bytes.start);
    let content = source.content(line);
    let start = source
        .column_of(bytes.start)
        .max(scan::behind_indent(content));
    let columns = trimmed(content, start.min(content.len())..content.len());
    let text = content.get(columns.clone()).unwrap_or_default();
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    for (at, sign) in text.match_indices('|') {
        // A bar parts cells also inside of code, unless it is escaped.
        let before = text.get(..at).unwrap_or_default();
        let slashes = before.len() - before.trim_end_matches('\\').len();
        if slashes % 2 == 1 {
            continue;
        }
        // One at the very beginning parts nothing.
        if at > 0 {
            parts.push(from..at);
        }
        from = at + sign.len();
    }
    let parted = from > 0;
    if from < text.len() || !parted {
        parts.push(from..text.len());
    }
    let cells = parts.into_iter().map(|part| {
        let own = columns.start + part.start..columns.start + part.end;
        trimmed(content, own)
    });
    Row {
        line,
        cells: cells.collect(),
        columns,
        parted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(usize, Vec<usize>)> {
        let document = Document::from(text);
        let tables = Table::all(&document, &Outline::parse(&document));
        let counts = |table: &Table| {
            let rows = table.rows.iter().map(|row| row.cells.len());
            (table.header.cells.len(), rows.collect())
        };
        tables.iter().map(counts).collect()
    }

    #[test]
    fn cells_are_counted_as_they_are_typed() {
        let text = "| a | b |\n|---|---|\n| 1 | 2 |\n| 1 |\n| 1 | 2 | 3 |\n1 | 2\n| `x\\|y` | |\nend\n\n\
                    > a | b\n> --|--\n> 1 | 2\n\n- x\n\n  | c |\n  |---|\n  | 1 | 2 |\n";
        assert_eq!(
            read(text),
            [(2, vec![2, 1, 3, 2, 2, 1]), (2, vec![2]), (1, vec![2])]
        );
        assert_eq!(read("---\na: b | c\n---\n| a |\n|---|\n"), [(1, vec![])]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_cells_lie_within_their_lines(
            text in "(\\PC{0,3}|[|\\\\\\-:\n >`]|\\| a \\| b \\|\n\\|-\\|-\\|\n){0,30}",
        ) {
            let document = Document::from(text.as_str());
            for table in Table::all(&document, &Outline::parse(&document)) {
                for row in table.rows.iter().chain([&table.header]) {
                    let content = document.content(row.line);
                    for cell in &row.cells {
                        prop_assert!(content.get(cell.clone()).is_some());
                    }
                }
            }
        }
    }
}
