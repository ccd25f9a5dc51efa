//! A document together with where each of its lines starts.

use std::ops::Range;

use crate::outline::{Span, Text};
use crate::text::Document;

/// Byte offsets into the whole text, turned into lines and columns.
pub(super) struct Source<'a> {
    document: &'a Document,
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        let mut at = 0;
        let starts = document
            .lines()
            .iter()
            .map(|line| {
                let start = at;
                at += line.len();
                start
            })
            .collect();
        Self { document, starts }
    }

    /// Number of lines.
    pub(super) fn len(&self) -> usize {
        self.document.len()
    }

    /// The byte a line starts at.
    pub(super) fn start_of(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or_default()
    }

    /// The line that holds a byte.
    pub(super) fn line_of(&self, byte: usize) -> usize {
        self.starts
            .partition_point(|&start| start <= byte)
            .saturating_sub(1)
    }

    /// The column of a byte within its line, held inside the line's content.
    pub(super) fn column_of(&self, byte: usize) -> usize {
        let line = self.line_of(byte);
        let start = self.starts.get(line).copied().unwrap_or_default();
        (byte.saturating_sub(start)).min(self.content(line).len())
    }

    /// The lines that hold these bytes, without blank lines at the end.
    pub(super) fn lines_of(&self, bytes: &Range<usize>) -> Range<usize> {
        let first = self.line_of(bytes.start);
        let last = self.line_of(bytes.end.saturating_sub(1).max(bytes.start));
        self.without_blank_end(first..last + 1)
    }

    /// The range without blank lines at its end; never less than its first line.
    pub(super) fn without_blank_end(&self, lines: Range<usize>) -> Range<usize> {
        let mut end = lines.end.min(self.len());
        while end > lines.start + 1 && self.content(end - 1).trim().is_empty() {
            end -= 1;
        }
        lines.start..end.max(lines.start)
    }

    /// A line without its terminator.
    pub(super) fn content(&self, line: usize) -> &'a str {
        self.document.content(line)
    }

    /// A piece of a line as text with its place.
    pub(super) fn text(&self, line: usize, columns: Range<usize>) -> Text {
        let content = self.content(line);
        let text = content.get(columns.clone());
        debug_assert!(text.is_some(), "columns {columns:?} of {content:?}");
        Text {
            text: text.unwrap_or_default().to_owned(),
            span: Span { line, columns },
        }
    }
}

/// The range without blanks at either end.
pub(super) fn trimmed(content: &str, range: Range<usize>) -> Range<usize> {
    let piece = content.get(range.clone()).unwrap_or_default();
    let start = range.start + (piece.len() - piece.trim_start().len());
    let end = start + piece.trim().len();
    start..end
}
