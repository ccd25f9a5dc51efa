//! The plan as the fold of its events.
//!
//! A [`Plan`] holds what the events said and nothing else: each document's exact lines, which
//! task is written on which of them and with what status, and the little that the text itself
//! lacks (why a task is blocked, which derived text follows the tasks). It is built in one way,
//! [`Plan::evolve`], and knows no rules.

pub(crate) mod agree;
mod carry;
mod doer;
pub(crate) mod evolve;
mod fold;
pub(crate) mod ids;
mod in_force;
pub mod kept;
mod proofs;
mod resolve;
pub mod wire;
pub mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_document::derived::Binding;
use ledger_document::text::content;
use ledger_document::{Document, Hunk, Outline, Status};
use serde::{Deserialize, Serialize};

use crate::id::{DocumentId, EventId, TaskKey};
use crate::rules::RuleFile;

pub use agree::Disagreement;
pub use doer::Doer;
pub use evolve::{Diverged, Misfit, TYPES};
pub use fold::Fold;
pub use ids::Spent;
pub use proofs::Proofs;
pub use resolve::{Near, Unresolved};
pub use work::{WorkItem, WorkList};

/// The state of a ledger at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub(crate) ledger: Option<EventId>,
    pub(crate) grammar: u32,
    pub(crate) documents: Vec<PlanDocument>,
    #[serde(with = "kept::by_key")]
    pub(crate) tasks: BTreeMap<TaskKey, Arc<Task>>,
    pub(crate) gone: Vec<Gone>,
    pub(crate) work: Vec<WorkList>,
    pub(crate) spent: Spent,
    pub(crate) proven: Proofs,
    pub(crate) rules: Vec<RuleFile>,
    pub(crate) doers: BTreeMap<TaskKey, Doer>,
}

/// How many former paths of a document are known.
const MOST_FORMER: usize = 16;

/// A tracked plan file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDocument {
    /// Drawn when it was adopted.
    pub id: DocumentId,
    /// Where it lies, relative to the root, with `/` between names.
    pub path: String,
    /// Where it lay before, the latest last, each once and none of them where it lies now.
    pub former: Vec<String>,
    /// Its exact lines.
    #[serde(with = "kept::lines")]
    pub text: Document,
    /// Derived text that follows the tasks.
    #[serde(with = "kept::json_text")]
    pub bindings: Vec<Binding>,
    /// Whether it left the ledger; its text is then what it last was.
    pub dropped: bool,
    /// Whether its text may lack something that was redacted, so that it cannot be checked
    /// (ledger-format.md §6.4).
    pub uncertain: bool,
}

/// A task that the plan holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// What the ledger calls it.
    pub key: TaskKey,
    /// The document that holds it.
    pub document: DocumentId,
    /// Every writing of it, the primary one first; never empty.
    pub writings: Vec<Writing>,
    /// The id written in the plan.
    pub id: Option<String>,
    /// Its title as written.
    pub title: String,
    /// Why it is blocked or flagged.
    pub reason: Option<String>,
    /// What it goes back to when it is unblocked.
    pub resume: Option<Status>,
}

/// One place where a task is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// Its line in the document, from 0.
    pub line: usize,
    /// What it says there.
    pub status: Status,
}

/// A task that was removed, kept to recognise its return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// What the ledger called it.
    pub key: TaskKey,
    /// The document that held it.
    pub document: DocumentId,
    /// The id written in the plan.
    pub id: Option<String>,
    /// Its title as it last was.
    pub title: String,
    /// The title of the section it stood in.
    pub section: Option<String>,
    /// The lines that went with it.
    pub blocks: Vec<Block>,
}

/// Lines that stood together, and what was around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The lines.
    pub lines: Vec<String>,
    /// The line they would be before, from 0, in the text without them.
    pub at: usize,
    /// The content of the line above; `None` at the beginning of the document.
    pub above: Option<String>,
    /// The content of the line below; `None` at its end.
    pub below: Option<String>,
}

impl Block {
    /// The line before which the block belongs in a text that may have changed since: the
    /// nearest place with the same lines around it, else where it was if one of them is still
    /// there, else the nearest one with the same line below or above it; `None` if there is none.
    #[must_use]
    pub fn place(&self, text: &Document) -> Option<usize> {
        let at = |line: Option<usize>| {
            let line = line.filter(|line| *line < text.len())?;
            Some(text.content(line))
        };
        let above = |place: usize| at(place.checked_sub(1)) == self.above.as_deref();
        let below = |place: usize| at(Some(place)) == self.below.as_deref();
        let nearest = |fits: &dyn Fn(usize) -> bool| {
            let places = (0..=text.len()).filter(|place| fits(*place));
            places.min_by_key(|place| place.abs_diff(self.at))
        };
        let telling =
            |line: &Option<String>| line.as_deref().is_none_or(|line| !line.trim().is_empty());
        nearest(&|place| above(place) && below(place))
            .or(Some(self.at).filter(|&place| above(place) || below(place)))
            .or_else(|| nearest(&below).filter(|_| telling(&self.below)))
            .or_else(|| nearest(&above).filter(|_| telling(&self.above)))
    }
}

impl Task {
    /// What the primary writing says.
    #[must_use]
    pub fn status(&self) -> Status {
        self.writings
            .first()
            .map_or(Status::Pending, |writing| writing.status)
    }

    /// The line of the primary writing, from 0.
    #[must_use]
    pub fn line(&self) -> usize {
        self.writings.first().map_or(0, |writing| writing.line)
    }
}

impl Task {
    /// Takes over why the task waits, as long as it still does.
    pub(crate) fn keep_reason_of(&mut self, was: &Self) {
        if matches!(self.status(), Status::Blocked | Status::IssuesFound) {
            self.reason.clone_from(&was.reason);
        }
        if self.status() == Status::Blocked {
            self.resume = was.resume;
        }
    }
}

impl Plan {
    /// The ledger this plan is of; `None` before its first event.
    #[must_use]
    pub const fn ledger(&self) -> Option<EventId> {
        self.ledger
    }

    /// The documents that are tracked now.
    pub fn documents(&self) -> impl Iterator<Item = &PlanDocument> {
        self.documents.iter().filter(|document| !document.dropped)
    }

    /// The documents that are tracked or once were.
    #[must_use]
    pub fn all_documents(&self) -> &[PlanDocument] {
        &self.documents
    }

    /// A document by its id, dropped ones included.
    #[must_use]
    pub fn document(&self, id: &DocumentId) -> Option<&PlanDocument> {
        self.documents.iter().find(|document| document.id == *id)
    }

    /// A tracked document by its path.
    #[must_use]
    pub fn document_at(&self, path: &str) -> Option<&PlanDocument> {
        self.documents().find(|document| document.path == path)
    }

    /// A task by its key.
    #[must_use]
    pub fn task(&self, key: &TaskKey) -> Option<&Task> {
        self.tasks.get(key).map(|task| &**task)
    }

    /// All tasks by key.
    #[must_use]
    pub const fn tasks(&self) -> &BTreeMap<TaskKey, Arc<Task>> {
        &self.tasks
    }

    /// The tasks of one document in the order of their primary lines.
    #[must_use]
    pub fn tasks_of(&self, document: &DocumentId) -> Vec<&Task> {
        let mut tasks: Vec<&Task> = self
            .tasks
            .values()
            .map(|task| &**task)
            .filter(|task| task.document == *document)
            .collect();
        tasks.sort_by_key(|task| task.line());
        tasks
    }

    /// All tasks, document by document, in the order of their lines.
    #[must_use]
    pub fn tasks_in_order(&self) -> Vec<&Task> {
        self.documents()
            .flat_map(|document| self.tasks_of(&document.id))
            .collect()
    }

    /// Tasks that were removed, oldest first.
    #[must_use]
    pub fn gone(&self) -> &[Gone] {
        &self.gone
    }

    /// The index of a task in an outline of its document's text, found by its primary line.
    #[must_use]
    pub fn place(task: &Task, outline: &Outline) -> Option<usize> {
        // Tasks stand in an outline in the order of their primary entries.
        let line = |group: &[usize]| {
            let primary = outline.entries.get(*group.first()?)?;
            Some(primary.lines.start)
        };
        let sought = Some(task.line());
        let at = outline.tasks.partition_point(|group| line(group) < sought);
        (line(outline.tasks.get(at)?) == sought).then_some(at)
    }
}

impl PlanDocument {
    /// Gives it another path.
    pub(crate) fn rename(&mut self, to: &str) {
        let was = std::mem::replace(&mut self.path, to.to_owned());
        self.former.retain(|former| *former != was);
        self.former.push(was);
        self.former.retain(|former| former != to);
        let over = self.former.len().saturating_sub(MOST_FORMER);
        self.former.drain(..over);
    }

    /// How many of its lines were taken out of the history for good.
    #[must_use]
    pub fn redacted_lines(&self) -> usize {
        let lines = self.text.lines().iter();
        lines.filter(|line| content(line) == wire::REDACTED).count()
    }

    /// What the document says.
    #[must_use]
    pub fn outline(&self) -> Outline {
        Outline::parse(&self.text)
    }

    /// The lines that a hunk takes out for good: not derived text that it fills anew, and not
    /// lines that only get another end.
    pub(crate) fn taken_by(&self, hunk: &Hunk) -> Vec<Block> {
        let bound = |line| self.bindings.iter().any(|binding| binding.line == line);
        if (hunk.remove, hunk.insert.len()) == (1, 1) && bound(hunk.at) {
            return Vec::new();
        }
        let content_at = |at: usize| (at < self.text.len()).then(|| self.text.content(at));
        let mut stay: Vec<&str> = hunk.insert.iter().map(|line| content(line)).collect();
        let mut blocks: Vec<Block> = Vec::new();
        let (mut taken, mut end) = (0, None);
        let lines = self.text.lines().iter().enumerate();
        for (at, line) in lines.skip(hunk.at).take(hunk.remove) {
            if let Some(kept) = stay.iter().position(|kept| *kept == content(line)) {
                stay.remove(kept);
                continue;
            }
            let below = content_at(at + 1).map(str::to_owned);
            match blocks.last_mut().filter(|_| end == Some(at)) {
                Some(block) => {
                    block.lines.push(line.to_string());
                    block.below = below;
                }
                None => blocks.push(Block {
                    lines: vec![line.to_string()],
                    at: at - taken,
                    above: at.checked_sub(1).and_then(content_at).map(str::to_owned),
                    below,
                }),
            }
            taken += 1;
            end = Some(at + 1);
        }
        blocks
    }
}
