//! Block structure: headings, items, tables, fences and comments, flat and in document order.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::scan;

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A heading of the document itself (those inside quotes or items are text).
    Heading(u8),
    List,
    Item,
    /// A paragraph, or the bare text of a tight item.
    Text,
    Quote,
    Table,
    HeaderRow,
    Row,
    Cell,
    Code,
    Html,
    Rule,
}

/// A block and the bytes it covers.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) bytes: Range<usize>,
    /// The block that holds it.
    pub(super) parent: Option<usize>,
    /// The index after its last descendant.
    pub(super) end: usize,
}

/// Reads the block structure of a text from the byte `base` on. `safe` is what
/// [`readable`](super::guard::readable) made of it.
pub(super) fn read(safe: &str, base: usize) -> Vec<Block> {
    let safe = safe.get(base..).unwrap_or_default();
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut builder = Builder {
        text: safe,
        ..Builder::default()
    };
    for (event, bytes) in Parser::new_ext(safe, options).into_offset_iter() {
        builder.take(&event, bytes, base);
    }
    builder.blocks
}

#[derive(Default)]
struct Builder<'a> {
    /// What is parsed, without what comes before `base`.
    text: &'a str,
    blocks: Vec<Block>,
    /// Open tags; those that make no block of their own are `None`.
    open: Vec<Option<usize>>,
    /// The innermost open blocks only.
    path: Vec<usize>,
}

impl Builder<'_> {
    fn take(&mut self, event: &Event<'_>, bytes: Range<usize>, base: usize) {
        let place = bytes.start + base..bytes.end + base;
        match event {
            Event::Start(tag) => {
                let kind = self.kind(tag, bytes);
                if kind.is_none() {
                    self.inline(&place);
                }
                let block = kind.map(|kind| self.push(kind, place));
                self.open.push(block);
                self.path.extend(block);
            }
            Event::End(end) => {
                if let Some(Some(block)) = self.open.pop() {
                    self.path.pop();
                    let end = self.blocks.len();
                    if let Some(block) = self.blocks.get_mut(block) {
                        block.end = end;
                    }
                }
                if matches!(end, TagEnd::Heading(_)) && self.is_underlined_label(bytes) {
                    self.push(Kind::Rule, place.end.saturating_sub(1)..place.end);
                }
            }
            Event::Rule => {
                self.push(Kind::Rule, place);
            }
            _ => self.inline(&place),
        }
    }

    fn kind(&self, tag: &Tag<'_>, bytes: Range<usize>) -> Option<Kind> {
        Some(match tag {
            Tag::Heading { level, .. }
                if self.path.is_empty() && !self.is_underlined_label(bytes) =>
            {
                Kind::Heading(*level as u8)
            }
            Tag::Paragraph | Tag::Heading { .. } => Kind::Text,
            Tag::BlockQuote(_) => Kind::Quote,
            Tag::CodeBlock(_) => Kind::Code,
            Tag::HtmlBlock => Kind::Html,
            Tag::List(_) => Kind::List,
            Tag::Item => Kind::Item,
            Tag::Table(_) => Kind::Table,
            Tag::TableHead => Kind::HeaderRow,
            Tag::TableRow => Kind::Row,
            Tag::TableCell => Kind::Cell,
            _ => return None,
        })
    }

    /// Whether a heading is a paragraph of labels (`**Owner**: Ada`) with a rule right below it,
    /// which markdown takes for an underlined heading and nobody who wrote it does.
    fn is_underlined_label(&self, bytes: Range<usize>) -> bool {
        let text = self.text.get(bytes).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        !text.starts_with('#') && scan::bold_label(line, &(0..line.len())).is_some()
    }

    fn push(&mut self, kind: Kind, bytes: Range<usize>) -> usize {
        let index = self.blocks.len();
        self.blocks.push(Block {
            kind,
            bytes,
            parent: self.path.last().copied(),
            end: index + 1,
        });
        index
    }

    /// Inline content right inside an item (a tight list has no paragraphs) becomes a text block.
    fn inline(&mut self, bytes: &Range<usize>) {
        let Some(&top) = self.path.last() else {
            return;
        };
        if self.blocks.get(top).map(|block| block.kind) != Some(Kind::Item) {
            return;
        }
        match self.blocks.last_mut() {
            Some(last) if last.kind == Kind::Text && last.parent == Some(top) => {
                last.bytes.end = last.bytes.end.max(bytes.end);
            }
            _ => {
                self.push(Kind::Text, bytes.clone());
            }
        }
    }
}
