//! A plan's legend: which marks it uses for which status, and which lines only explain them.

use std::ops::Range;

use super::blocks::{Block, Kind};
use super::marks::Marks;
use super::scan;
use super::source::Source;
use super::value;
use crate::status::Status;
use crate::vocabulary as words;

/// What the legends of a document say.
#[derive(Debug, Default)]
pub(super) struct Legend {
    /// Marks as written, with their statuses; the first reading of a mark counts.
    pub(super) marks: Vec<(String, Status)>,
    /// Blocks that belong to a legend.
    pub(super) blocks: Vec<Range<usize>>,
}

/// Finds the legends: sections, paragraphs with a list, and tables that explain marks.
pub(super) fn read(source: &Source<'_>, blocks: &[Block]) -> Legend {
    let mut legend = Legend::default();
    // The level of the legend heading we are under.
    let mut section: Option<u8> = None;
    // Where the list behind a legend paragraph ends.
    let mut list_until = 0;
    let mut at = 0;
    while let Some(block) = blocks.get(at) {
        let top = block.parent.is_none();
        match block.kind {
            Kind::Heading(level) if section.is_none_or(|open| level <= open) => {
                let title = source.content(source.line_of(block.bytes.start));
                section = words::is_legend(title).then_some(level);
            }
            Kind::Rule if top => section = None,
            _ => {}
        }
        if section.is_some() && top {
            legend.take(source, blocks, at..block.end);
            at = block.end;
            continue;
        }
        match block.kind {
            Kind::Text if at >= list_until && announces(source, block).is_some() => {
                legend.take(source, blocks, at..block.end);
                let alone = announces(source, block) == Some(true);
                let next = blocks
                    .get(block.end)
                    .filter(|next| next.parent == block.parent);
                if let Some(list) = next.filter(|next| alone && next.kind == Kind::List) {
                    list_until = list.end;
                    legend.take(source, blocks, block.end..list.end);
                } else if let Some(item) = block.parent.filter(|&item| item + 1 == at) {
                    // `- **Legend**: …`, perhaps with a list below it.
                    list_until = blocks.get(item).map_or(at, |item| item.end);
                    legend.take(source, blocks, block.end..list_until);
                    legend.blocks.push(item..list_until);
                }
                at = list_until.max(block.end);
                continue;
            }
            Kind::Table if explains(source, blocks, at) => {
                legend.take(source, blocks, at..block.end);
                at = block.end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    legend
}

/// For a paragraph that is a label of a legend (`**Legend**: …`, `Legend:`): whether it stands
/// alone, so that the legend is in the list behind it.
fn announces(source: &Source<'_>, block: &Block) -> Option<bool> {
    let line = source.line_of(block.bytes.start);
    let content = source.content(line);
    let columns = source.column_of(block.bytes.start)..content.len();
    scan::bold_label(content, &columns)
        .or_else(|| scan::plain_label(content, &columns))
        .filter(|label| {
            content
                .get(label.name.clone())
                .is_some_and(words::is_legend)
        })
        .map(|label| label.value.is_empty() && source.lines_of(&block.bytes).len() == 1)
}

/// Whether a table's first column is one of symbols.
fn explains(source: &Source<'_>, blocks: &[Block], table: usize) -> bool {
    blocks
        .get(table + 2)
        .filter(|cell| cell.kind == Kind::Cell)
        .is_some_and(|cell| {
            let line = source.line_of(cell.bytes.start);
            let columns = source.column_of(cell.bytes.start)..source.column_of(cell.bytes.end);
            source
                .content(line)
                .get(columns)
                .is_some_and(|header| words::is_symbol_column(header.trim_matches(['|', ' '])))
        })
}

impl Legend {
    fn take(&mut self, source: &Source<'_>, blocks: &[Block], range: Range<usize>) {
        for block in blocks.get(range.clone()).unwrap_or_default() {
            match block.kind {
                Kind::Text | Kind::Row | Kind::Heading(_) => {
                    for line in source.lines_of(&block.bytes) {
                        self.read_line(source.content(line), block.kind);
                    }
                }
                _ => {}
            }
        }
        self.blocks.push(range);
    }

    fn read_line(&mut self, content: &str, kind: Kind) {
        match kind {
            Kind::Row => {
                let mut cells = content.trim().trim_matches('|').splitn(3, '|');
                if let (Some(mark), Some(meaning)) = (cells.next(), cells.next()) {
                    self.pair(mark, meaning);
                }
            }
            Kind::Text => {
                for piece in content.split(['·', '|', ',', ';', '•']) {
                    let piece = piece.trim_start_matches([' ', '\t', '>', '-', '*', '+']);
                    // Behind the label of the legend itself.
                    let piece = piece.rsplit_once("**:").map_or(piece, |(_, rest)| rest);
                    let piece = piece.rsplit_once(":**").map_or(piece, |(_, rest)| rest);
                    let piece = piece.trim_matches([' ', '`', '*']);
                    if let Some((mark, meaning)) = split_mark(piece) {
                        self.pair(mark, meaning);
                    }
                }
            }
            _ => {}
        }
    }

    fn pair(&mut self, mark: &str, meaning: &str) {
        let mark = mark.trim().trim_matches('`').trim();
        let meaning = meaning.trim_start_matches([' ', '`', ':', '=', '-', '—', '–', '→']);
        let is_mark = scan::boxed(mark).is_some_and(|(_, len)| len == mark.len())
            || (mark.chars().any(words::is_symbol)
                && mark.chars().count() <= 4
                && mark
                    .chars()
                    .all(|c| words::is_symbol(c) || words::is_selector(c)));
        if !is_mark || self.marks.iter().any(|(known, _)| known == mark) {
            return;
        }
        if let Some(status) = value::status(meaning, &Marks::default()) {
            self.marks.push((mark.to_owned(), status));
        }
    }
}

/// The mark or box a piece of a legend starts with, and the rest.
fn split_mark(piece: &str) -> Option<(&str, &str)> {
    if piece.starts_with('[') {
        let end = piece.find(']')? + 1;
        return Some((piece.get(..end)?, piece.get(end..)?));
    }
    let end = piece
        .find(|c: char| !(words::is_symbol(c) || words::is_selector(c)))
        .filter(|&end| end > 0)?;
    Some((piece.get(..end)?, piece.get(end..)?))
}
