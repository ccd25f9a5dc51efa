//! What a plan document says: its tasks, fields, sections and legend, each with its place.
//!
//! An outline is read from a [`Document`](crate::Document) by [`Outline::parse`]. Every item
//! carries the lines (and where an edit needs it, the bytes within the line) it was read from,
//! so that an edit can change just that place. An outline can be kept beside its document, but
//! only for the same [`BUILD`](crate::BUILD): another one may read the document otherwise.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::derived::Learnt;
use crate::edit::Customs;
use crate::kept::Kept;
use crate::list::{List, Marked};
use crate::status::Status;

/// Bytes within one line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The line, from 0.
    pub line: usize,
    /// Byte columns within that line (always on character boundaries).
    pub columns: Range<usize>,
}

/// A piece of text and the place it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The text, exactly as written (markup kept); in front matter without YAML's escapes.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// Everything a plan document says. Cheap to copy, and a copy with little changed in it is too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The task entries in document order. One task may have several (see [`Outline::tasks`]).
    pub entries: List<Entry>,
    /// Entries grouped into tasks: one task written twice is one group; the primary entry (the
    /// first full one) comes first. Groups are in the order of their primary entries.
    pub tasks: Arc<[Vec<usize>]>,
    /// Headings in document order.
    pub sections: List<Section>,
    /// Fields of the document itself or of a section, not of a task: `**Last Updated**: …`.
    pub fields: List<Field>,
    /// The plan's own marks (`- ⏸️ Blocked`), as found in its legend.
    pub legend: Arc<[(String, Status)]>,
    /// Lines that hold no plan text: code fences, comments, legends, front matter.
    pub opaque: List<Range<usize>>,
    /// What derived text needs to know of it.
    #[serde(skip)]
    pub(crate) learnt: Kept<Learnt>,
    /// What edits need to know of all of it.
    #[serde(skip)]
    pub(crate) customs: Customs,
}

/// A heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Heading level, 1 to 6.
    pub level: u8,
    /// The heading's text as written, without `#`.
    pub title: Text,
    /// Its own line and all up to the next heading of the same or a higher level.
    pub lines: Range<usize>,
    /// The enclosing section.
    pub parent: Option<usize>,
    /// The status this heading gives to the plain bullets under it (`## Done`).
    pub status: Option<Status>,
}

/// How an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Form {
    /// `- [ ] **TODO-001**: Title`
    Checkbox,
    /// `### TASK-012: Title` with a status field, word, tag, mark or strikethrough
    Heading,
    /// A table row with a status column
    Row,
    /// `- TODO-040: US-009 … ⏳`
    Mark,
    /// A plain bullet under a heading that is a status
    Bullet,
    /// YAML front matter with `status:`
    FrontMatter,
}

/// One writing of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// How it is written.
    pub form: Form,
    /// Its own lines: from the line the task stands on to the end of what belongs to it
    /// (fields, steps, notes, nested entries), trailing blank lines left out.
    pub lines: Range<usize>,
    /// The id as written (`TODO-HLS-005-IMPL-005`, `T001`, `1.2`), if it has one.
    pub id: Option<Text>,
    /// The title as written: without id, box, marks, dates and status words.
    pub title: Text,
    /// What the entry says.
    pub status: Status,
    /// All places that write this status, the deciding one first.
    pub sites: Vec<Site>,
    /// Innermost section that holds it.
    pub section: Option<usize>,
    /// The entry it is nested in or, under a heading task, that task.
    pub parent: Option<usize>,
    /// Its fields in document order.
    pub fields: Vec<Field>,
    /// Boxes below it that are steps of it rather than tasks.
    pub steps: Vec<Step>,
}

impl Marked for Entry {
    fn marks(&self) -> u8 {
        self.status.bit()
    }
}

impl Marked for Section {
    /// The status it gives to what stands in it.
    fn marks(&self) -> u8 {
        self.status.map_or(0, Status::bit)
    }
}

/// A place that writes an entry's status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Site {
    /// The character between `[` and `]`.
    Box(Span),
    /// A status field's value: all of it, mark, word, box and date.
    Field(Span),
    /// A mark, with the date behind it if there is one: ` ✅ 2025-10-15`, blanks before it included.
    Mark(Span),
    /// A status word or tag in the entry's own line: ` (Pending)`, ` - DONE`, `[DONE]`.
    Word(Span),
    /// A table cell's text, without the blanks around it.
    Cell(Span),
    /// `~~` around the title; the span covers the markers too.
    Strike(Span),
    /// The section the entry stands in (index into [`Outline::sections`]).
    Section(usize),
    /// The value of `status:` in the front matter.
    Yaml(Span),
}

/// `- **Label**: value`, `**Label**: value`, `- Label: value`, a table cell, a YAML key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The label without markup or colon.
    pub label: String,
    /// The value on the label's own line (may be empty).
    pub value: Text,
    /// The label's line and what is nested below it (results, lists).
    pub lines: Range<usize>,
    /// Items nested directly below the label, without their bullets.
    pub items: Vec<Text>,
}

impl Field {
    /// Whether it tells what came of a task (`Results`, `Outcome`, …).
    #[must_use]
    pub fn is_results(&self) -> bool {
        crate::vocabulary::role(&self.label) == Some(crate::vocabulary::Role::Results)
    }
}

/// A box inside a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its text without box and marks.
    pub text: Text,
    /// Whether it is checked.
    pub checked: bool,
    /// The character between `[` and `]`.
    pub mark: Span,
}
