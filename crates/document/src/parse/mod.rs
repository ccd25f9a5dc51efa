//! The plan grammar, laid over CommonMark's block structure.
//!
//! Reading goes in passes, each linear in the text: blocks with offsets ([`blocks`]), the
//! legend ([`legend`]), headings ([`section`]), then one walk over all blocks that makes
//! entries, fields and steps ([`walk`]), and last the grouping into tasks ([`group`]). After an
//! edit only what stands between the headings around it is read again ([`reread`]).

mod blocks;
mod draft;
mod front_matter;
mod group;
mod guard;
mod head;
mod id;
mod legend;
mod lines;
mod marks;
mod reread;
mod scan;
mod section;
mod settle;
mod signs;
mod source;
mod splice;
mod table;
mod tables;
mod value;
mod walk;

pub use signs::Signs;
pub use tables::{Row, Table};

use crate::outline::Outline;
use crate::text::Document;

impl Outline {
    /// Reads what a document says. Any text gives an outline; one without tasks an empty one.
    #[must_use]
    pub fn parse(document: &Document) -> Self {
        let safe = guard::readable(&document.text());
        let source = source::Source::new(document);
        let front = front_matter::lines(&source);
        let body = match &front {
            Some(lines) if lines.end == document.len() => safe.len(),
            Some(lines) => source.start_of(lines.end),
            // A byte order mark is no part of the first line's markdown.
            None if safe.starts_with('\u{feff}') => '\u{feff}'.len_utf8(),
            None => 0,
        };
        let blocks = blocks::read(&safe, body);
        walk::read(&source, &blocks, front).finish()
    }
}
