//! Reading an edited document again where it was edited only.
//!
//! A heading of the document closes everything before it, so what stands from one heading to the
//! next (a stretch) is read alike whatever stands around it, as long as all that is learnt from
//! the whole document stays the same: headings, legend, columns, front matter. An edit that may
//! touch any of these has the whole document read again.

use std::ops::Range;

use super::blocks::{self, Block, Kind};
use super::guard;
use super::head;
use super::id::Sort;
use super::legend;
use super::lines::is_front;
use super::marks::Marks;
use super::section;
use super::source::Source;
use super::splice::{Read, splice};
use super::walk;
use crate::edit::Customs;
use crate::hunk::Hunk;
use crate::kept::Kept;
use crate::outline::{Entry, Form, Outline};
use crate::text::Document;
use crate::vocabulary as words;

/// More stretches than this, and reading everything costs no more.
const MOST_STRETCHES: usize = 32;

impl Outline {
    /// Reads an edited document, given what it said before the edit: `self` is the outline of
    /// `before`, which `hunks` turn into `after`. The same as [`Outline::parse`] of `after`.
    #[must_use]
    pub fn reread(&self, before: &Document, after: &Document, hunks: &[Hunk]) -> Self {
        self.reread_lines(before, hunks)
            .map(|reread| reread.outline)
            .or_else(|| self.reread_parts(before, after, hunks))
            .unwrap_or_else(|| Self::parse(after))
    }

    /// [`Outline::reread`] where only what stands between headings changes with the edit, from the
    /// heading above it to the one below: all else is as before. `None` if the whole document has
    /// to be read.
    #[must_use]
    pub fn reread_parts(
        &self,
        before: &Document,
        after: &Document,
        hunks: &[Hunk],
    ) -> Option<Self> {
        if self.sections.is_marked() || is_front(before.content(0)) {
            return None;
        }
        let stretches = stretches(self, before, hunks)?;
        let marks = Marks::new(&self.legend);
        let mut outline = self.clone();
        outline.learnt = Kept::default();
        outline.customs = Customs::default();
        for stretch in stretches {
            let old = Piece::of(before, stretch.before.clone(), stretch.has_next)?;
            // Those before it are as they will be already.
            let start = outline.sections.get(stretch.section)?.lines.start;
            let length = stretch.before.len() + stretch.added - stretch.removed;
            let new = Piece::of(after, start..start + length, stretch.has_next)?;
            let had = old.read_before(&marks)?;
            let read = new.read(&outline, stretch.section, &marks)?;
            if had != read.status_field.is_some() {
                // Whether a heading is a task may say what the headings beside it are.
                return None;
            }
            splice(
                &mut outline,
                after,
                stretch.section,
                stretch.before.len(),
                read,
            );
        }
        Some(outline)
    }
}

/// From a heading to the next, with edits in it.
struct Stretch {
    section: usize,
    /// Its lines in the document before the edit.
    before: Range<usize>,
    removed: usize,
    added: usize,
    /// Whether another heading ends it.
    has_next: bool,
}

/// The stretches that an edit changes, in order; `None` if it changes more than what stands
/// between headings.
fn stretches(outline: &Outline, before: &Document, hunks: &[Hunk]) -> Option<Vec<Stretch>> {
    let mut found: Vec<Stretch> = Vec::new();
    let (mut added, mut removed, mut passed) = (0, 0, 0);
    for hunk in hunks {
        // In the lines of the document before; hunks that go back are too rare to be told apart.
        let at = (hunk.at + removed)
            .checked_sub(added)
            .filter(|at| *at >= passed)?;
        let to = at + hunk.remove;
        passed = to;
        added += hunk.insert.len();
        removed += hunk.remove;
        // What is put in before a heading stands in the stretch that ends there.
        let first = if hunk.remove == 0 {
            at.checked_sub(1)?
        } else {
            at
        };
        let section = outline
            .sections
            .partition_point(|section| section.lines.start <= first)
            .checked_sub(1)?;
        let start = outline.sections.get(section)?.lines.start;
        let next = outline.sections.get(section + 1);
        let end = next.map_or(before.len(), |next| next.lines.start);
        if (hunk.remove > 0 && at == start) || to > end {
            return None;
        }
        match found.last_mut().filter(|last| last.section == section) {
            Some(last) => {
                last.removed += hunk.remove;
                last.added += hunk.insert.len();
            }
            None => found.push(Stretch {
                section,
                before: start..end,
                removed: hunk.remove,
                added: hunk.insert.len(),
                has_next: next.is_some(),
            }),
        }
    }
    (found.len() <= MOST_STRETCHES).then_some(found)
}

/// The text of a stretch by itself, with the line of the heading that ends it.
struct Piece {
    document: Document,
    start: usize,
    /// Number of lines without that of the next heading.
    length: usize,
    /// Without that of the next heading.
    blocks: Vec<Block>,
}

impl Piece {
    /// Cuts a stretch out; `None` if it is not one by itself: if its heading, or the next one,
    /// is none there, or if there is another.
    fn of(whole: &Document, lines: Range<usize>, has_next: bool) -> Option<Self> {
        let upto = lines.end + usize::from(has_next);
        let document = Document::from_lines(whole.lines().get(lines.start..upto)?.to_vec());
        let text = guard::readable(&document.text());
        let base = match lines.start {
            0 if text.starts_with('\u{feff}') => '\u{feff}'.len_utf8(),
            _ => 0,
        };
        let mut blocks = blocks::read(&text, base);
        let source = Source::new(&document);
        // Underlined headings may begin on lines that were text before.
        let heading_at = |block: &Block, line: usize| {
            let content = document.content(line).trim_start_matches('\u{feff}');
            matches!(block.kind, Kind::Heading(_))
                && source.line_of(block.bytes.start) == line
                && content.trim_start().starts_with('#')
        };
        if has_next {
            blocks
                .pop()
                .filter(|block| heading_at(block, lines.len()))?;
        }
        let (first, rest) = blocks.split_first()?;
        let is_one = heading_at(first, 0)
            && !rest
                .iter()
                .any(|block| matches!(block.kind, Kind::Heading(_)));
        is_one.then(|| Self {
            document,
            start: lines.start,
            length: lines.len(),
            blocks,
        })
    }

    /// What is asked of a stretch as it was: whether it had a status field of its heading. `None`
    /// if it had anything of a legend.
    fn read_before(&self, marks: &Marks) -> Option<bool> {
        let source = Source::new(&self.document);
        let legend = legend::read(&source, &self.blocks);
        legend
            .blocks
            .is_empty()
            .then(|| section::status_field(&source, &self.blocks, marks).is_some())
    }

    /// Reads it as the stretch of a section of `outline`.
    fn read(&self, outline: &Outline, section: usize, marks: &Marks) -> Option<Read> {
        let source = Source::new(&self.document);
        if !legend::read(&source, &self.blocks).blocks.is_empty() {
            return None;
        }
        let mut chain = vec![section];
        while let Some(parent) = outline.sections.get(*chain.last()?)?.parent {
            chain.push(parent);
        }
        chain.reverse();
        let mut context = walk::Context {
            sections: Vec::with_capacity(chain.len()),
            tasks: Vec::with_capacity(chain.len()),
            marks,
        };
        let mut owners = Vec::new();
        for (at, index) in chain.iter().enumerate() {
            let mut section = outline.sections.get(*index)?.clone();
            if words::is_legend(&section.title.text) {
                return None;
            }
            section.parent = at.checked_sub(1);
            let owner = heading_task(outline, *index);
            context.tasks.push(match owner {
                Some(owner) => {
                    owners.push(owner);
                    Some((placeholder(), owns_steps(outline, *index, marks)?))
                }
                None => None,
            });
            context.sections.push(section);
        }
        let status_field = section::status_field(&source, &self.blocks, marks);
        let rule = section::rules(&source, &self.blocks).first().copied();
        let found = walk::read_section(&source, &self.blocks, context);
        Some(Read {
            start: self.start,
            length: self.length,
            chain,
            owners,
            found,
            status_field,
            rule,
        })
    }
}

/// The entry that a heading is.
fn heading_task(outline: &Outline, section: usize) -> Option<usize> {
    let line = outline.sections.get(section)?.lines.start;
    let at = outline
        .entries
        .partition_point(|entry| entry.lines.start < line);
    let entry = outline.entries.get(at)?;
    (entry.form == Form::Heading && entry.section == Some(section)).then_some(at)
}

/// Stands for a task outside of the stretch: only fields and steps are added to it.
fn placeholder() -> Entry {
    Entry {
        form: Form::Heading,
        lines: 0..usize::MAX,
        id: None,
        title: crate::outline::Text {
            text: String::new(),
            span: crate::outline::Span {
                line: 0,
                columns: 0..0,
            },
        },
        status: crate::status::Status::Pending,
        sites: Vec::new(),
        section: None,
        parent: None,
        fields: Vec::new(),
        steps: Vec::new(),
    }
}

/// Whether boxes under a heading that is a task are its steps: it is no part of the plan, by its
/// name or because it holds tasks that are headings themselves.
fn owns_steps(outline: &Outline, index: usize, marks: &Marks) -> Option<bool> {
    let section = outline.sections.get(index)?;
    let title = &section.title;
    let head = head::read(&title.text, 0..title.text.len(), marks);
    let container = matches!(&head.id, Some(id) if id.sort == Sort::Container);
    let inside = outline
        .entries
        .iter()
        .skip(heading_task(outline, index)? + 1)
        .take_while(|entry| entry.lines.start < section.lines.end);
    let holds = || {
        let mut inside = inside;
        inside.any(|entry| entry.form == Form::Heading)
    };
    Some(!container && !holds())
}

#[cfg(test)]
mod tests;
