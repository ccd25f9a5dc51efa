//! Folding one verified batch into a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger_document::{Document, Hunk, Line};

use super::wire::{Effect, Malformed, part};
use super::{Block, Gone, Plan, PlanDocument, Task, WorkList, Writing, carry};
use crate::batch::{Batch, Recorded, Verified};
use crate::event::{Event, Header, Part};
use crate::id::{DocumentId, EventId, Seq, TaskKey};
use crate::published::PUBLISHED;
use crate::rules::RuleFile;
use crate::verify::verify_document;

/// An event that does not fit the state it should change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {at} does not fit the plan before it: {why}")]
pub struct Diverged {
    /// The event.
    pub at: Seq,
    /// What does not fit.
    pub why: Misfit,
}

/// Why an event does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// A line edit beyond the document's end.
    #[error(transparent)]
    Hunk(#[from] ledger_document::Misfit),
    /// A body that does not say what it must.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A document that the ledger does not track.
    #[error("the ledger tracks no document {0}")]
    UnknownDocument(DocumentId),
    /// A task that the plan does not hold.
    #[error("the plan holds no task {0}")]
    UnknownTask(String),
    /// A document that is not what the event says it left behind.
    #[error("document {0} is not what the event says it left behind")]
    WrongDocument(DocumentId),
    /// A document that the batch edited, and whose hash its last event does not have.
    #[error("the batch edits document {0} and does not say what it leaves of it")]
    NotCommitted(DocumentId),
    /// An inserted line that is none, or one that lacks its line feed and is not the last.
    #[error("an edit of document {0} leaves what is not whole lines")]
    NotLines(DocumentId),
    /// A task written on a line its document does not have.
    #[error("task {task} is said to be on line {line} of a document of {lines} lines")]
    NoSuchLine {
        /// The task.
        task: TaskKey,
        /// The line, from 0.
        line: usize,
        /// Number of lines there are.
        lines: usize,
    },
    /// A document that the ledger tracks already.
    #[error("the ledger tracks document {0} already")]
    KnownDocument(DocumentId),
    /// A task would get the key of another.
    #[error("the plan holds a task {0} already")]
    KeyTaken(TaskKey),
    /// An event whose first parent's plan was not kept: it stands in the middle of a batch, or is
    /// no event that the fold was told of.
    #[error("it follows event {event}, which is not the end of a batch before it", event = .0.short())]
    UnknownParent(EventId),
    /// A type this build does not know.
    #[error("this version of ledger does not know events of type '{0}'; use a newer one")]
    UnknownType(String),
}

/// The types this build folds, all at version 1 of their bodies (ledger-format.md §8.4).
pub const TYPES: &[&str] = &[
    "ledger.created",
    "plan.reinterpreted",
    "document.adopted",
    "document.edited",
    "document.renamed",
    "document.dropped",
    "task.added",
    "task.started",
    "task.completed",
    "task.blocked",
    "task.unblocked",
    "task.reopened",
    "task.flagged",
    "task.cancelled",
    "task.removed",
    "task.restored",
    "task.moved",
    "task.retitled",
    "task.rekeyed",
    "field.set",
    "field.removed",
    "step.checked",
    "step.unchecked",
    "result.recorded",
    "note.recorded",
    "dependency.added",
    "dependency.removed",
    "command.rejected",
    "work.recorded",
    "evidence.recorded",
    "id.reserved",
    "version.released",
    "rules.changed",
    "history.merged",
    PUBLISHED,
    "body.redacted",
];

/// Up to this many hunks, each task follows them by itself.
const FEW: usize = 4;

/// What an event does, and the lines it took where it took a task.
struct Applied {
    effect: Effect,
    taken: Vec<Block>,
}

impl Plan {
    /// Applies a batch.
    ///
    /// Lines first, event by event; then the tasks, which events describe as they are at the
    /// end of their batch. A task that no event describes moves with the lines around it.
    ///
    /// # Errors
    /// [`Diverged`] names the event; the plan is then unusable and should be dropped.
    pub fn evolve(&mut self, batch: &Verified<Batch>) -> Result<(), Diverged> {
        let mut effects = Vec::with_capacity(batch.events().len());
        for recorded in batch.events() {
            effects.push(
                self.lines(&recorded.event)
                    .map_err(|why| diverged(recorded, why))?,
            );
        }
        let edited: BTreeSet<DocumentId> = effects
            .iter()
            .flat_map(|effect| &effect.effect.hunks)
            .map(|(id, _)| id.clone())
            .collect();
        for id in &edited {
            let hunks = effects.iter().flat_map(|effect| &effect.effect.hunks);
            let own = hunks.filter(|(own, _)| own == id);
            self.carry_tasks(id, own.map(|(_, hunk)| hunk));
        }
        self.keys(batch, &effects)?;
        self.drop_tasks(batch);
        self.prove(batch);
        for (recorded, effect) in batch.events().iter().zip(effects) {
            self.facts(effect.effect)
                .map_err(|why| diverged(recorded, why))?;
        }
        self.take_doers(batch);
        if let Some(last) = batch.events().last() {
            self.check_documents(&last.event, &edited)
                .map_err(|why| diverged(last, why))?;
        }
        Ok(())
    }

    /// Documents and their lines.
    fn lines(&mut self, event: &Event) -> Result<Applied, Misfit> {
        let header = &event.header;
        known(header)?;
        match header.kind.as_str() {
            "ledger.created" => {
                self.ledger = Some(event.id);
                self.grammar = grammar(event)?;
            }
            "plan.reinterpreted" => self.grammar = grammar(event)?,
            "document.adopted" => {
                let id = document_id(event)?;
                if self.document(&id).is_some() {
                    return Err(Misfit::KnownDocument(id));
                }
                self.documents.push(PlanDocument {
                    id,
                    path: event
                        .text(part::PATH)
                        .ok_or(Malformed::Missing(part::PATH))?
                        .to_owned(),
                    former: Vec::new(),
                    text: Document::default(),
                    bindings: Vec::new(),
                    dropped: false,
                    uncertain: false,
                });
            }
            "document.renamed" => {
                let path = event
                    .text(part::PATH)
                    .ok_or(Malformed::Missing(part::PATH))?;
                self.document_mut(&document_id(event)?)?.rename(path);
            }
            "document.dropped" => {
                let id = document_id(event)?;
                self.document_mut(&id)?.dropped = true;
            }
            "work.recorded" => self.take_work(WorkList::of(event)?),
            "id.reserved" | "task.rekeyed" | "history.merged" => self.spend(event),
            "rules.changed" => {
                let (path, rules) = RuleFile::of(event)?;
                self.set_rules(&path, rules);
            }
            _ => {}
        }
        if is_redacted(event) {
            for document in &mut self.documents {
                document.uncertain = true;
            }
        }
        let mut applied = Applied {
            effect: Effect::of(event)?,
            taken: Vec::new(),
        };
        for (id, hunk) in &applied.effect.hunks {
            if !applied.effect.gone.is_empty() {
                let taken = self.document_mut(id)?.taken_by(hunk);
                applied.taken.extend(taken);
            }
            self.edit_text(id, hunk)?;
            if !are_lines(&hunk.insert) {
                return Err(Misfit::NotLines(id.clone()));
            }
        }
        Ok(applied)
    }

    /// Edits a document's lines. What is bound to lines moves with them; inside an edit that
    /// keeps the number of lines everything stays on its line. `before`: what looks at each hunk
    /// and the text it is applied to.
    pub(crate) fn edit_lines<'h>(
        &mut self,
        id: &DocumentId,
        hunks: impl IntoIterator<Item = &'h Hunk> + Clone,
        mut before: impl FnMut(&Document, &Hunk),
    ) -> Result<(), Misfit> {
        for hunk in hunks.clone() {
            before(&self.document_mut(id)?.text, hunk);
            self.edit_text(id, hunk)?;
        }
        self.carry_tasks(id, hunks);
        Ok(())
    }

    /// Edits a document's lines and carries what is derived, but not yet the tasks.
    fn edit_text(&mut self, id: &DocumentId, hunk: &Hunk) -> Result<(), Misfit> {
        let document = self.document_mut(id)?;
        document.text.apply(hunk)?;
        document.carry_bindings(hunk);
        Ok(())
    }

    /// Moves all that is bound to the lines of a document as editing them would, and leaves the
    /// lines themselves as they are.
    pub(crate) fn carry<'h>(
        &mut self,
        id: &DocumentId,
        hunks: impl IntoIterator<Item = &'h Hunk> + Clone,
    ) {
        if let Ok(document) = self.document_mut(id) {
            hunks
                .clone()
                .into_iter()
                .for_each(|hunk| document.carry_bindings(hunk));
        }
        self.carry_tasks(id, hunks);
    }

    /// Moves the tasks of a document with its lines.
    fn carry_tasks<'h>(&mut self, id: &DocumentId, hunks: impl IntoIterator<Item = &'h Hunk>) {
        let hunks: Vec<&Hunk> = hunks
            .into_iter()
            .filter(|hunk| hunk.remove != hunk.insert.len())
            .collect();
        let Some(first) = hunks.iter().map(|hunk| hunk.at).min() else {
            return;
        };
        // What stands before all of them stays where it is.
        let behind = |task: &Task| {
            let mut lines = task.writings.iter().map(|writing| writing.line);
            lines.any(|line| line >= first) && task.document == *id
        };
        if hunks.len() <= FEW {
            let moved = |line| {
                hunks
                    .iter()
                    .fold(line, |line, hunk| carry::line(line, hunk))
            };
            self.move_tasks(behind, moved);
            return;
        }
        let tasks = self.tasks.values().filter(|task| behind(task));
        let lines = tasks.flat_map(|task| task.writings.iter().map(|writing| writing.line));
        let carried = carry::lines(lines, hunks);
        self.move_tasks(behind, |line| carried.get(&line).copied().unwrap_or(line));
    }

    fn move_tasks(&mut self, which: impl Fn(&Task) -> bool, to: impl Fn(usize) -> usize) {
        for task in self.tasks.values_mut().filter(|task| which(task)) {
            let moves = |writing: &Writing| to(writing.line) != writing.line;
            if task.writings.iter().any(moves) {
                for writing in &mut Arc::make_mut(task).writings {
                    writing.line = to(writing.line);
                }
            }
        }
    }

    /// Tasks that left, came back or got another key; all of a batch at once, since keys are
    /// handed on along chains.
    fn keys(&mut self, batch: &Batch, effects: &[Applied]) -> Result<(), Diverged> {
        for (recorded, effect) in batch.events().iter().zip(effects) {
            for key in &effect.effect.gone {
                let task = self
                    .tasks
                    .remove(key)
                    .ok_or_else(|| diverged(recorded, Misfit::UnknownTask(key.to_string())))?;
                let task = Arc::unwrap_or_clone(task);
                self.gone.push(Gone {
                    key: task.key,
                    document: task.document,
                    id: task.id,
                    title: task.title,
                    section: recorded.event.text(part::SECTION).map(str::to_owned),
                    blocks: effect.taken.clone(),
                });
            }
        }
        let mut renamed: BTreeMap<TaskKey, Arc<Task>> = BTreeMap::new();
        for recorded in batch.events() {
            let header = &recorded.event.header;
            match (header.kind.as_str(), &header.task, &header.from) {
                ("task.rekeyed", Some(key), Some(from)) => {
                    let mut task = TaskKey::new(from.as_str())
                        .ok()
                        .and_then(|from| self.tasks.remove(&from))
                        .ok_or_else(|| diverged(recorded, Misfit::UnknownTask(from.clone())))?;
                    Arc::make_mut(&mut task).key = key.clone();
                    if renamed.insert(key.clone(), task).is_some() {
                        return Err(diverged(recorded, Misfit::KeyTaken(key.clone())));
                    }
                }
                ("task.restored", Some(_), _) => {
                    let was = recorded.event.text(part::WAS);
                    if let Some(at) = self
                        .gone
                        .iter()
                        .rposition(|gone| Some(gone.key.as_str()) == was)
                    {
                        self.gone.remove(at);
                    }
                }
                _ => {}
            }
        }
        if let Some(taken) = renamed.keys().find(|key| self.tasks.contains_key(key))
            && let Some(recorded) = batch.events().iter().find(|recorded| {
                let header = &recorded.event.header;
                header.kind == "task.rekeyed" && header.task.as_ref() == Some(taken)
            })
        {
            return Err(diverged(recorded, Misfit::KeyTaken(taken.clone())));
        }
        self.tasks.append(&mut renamed);
        Ok(())
    }

    /// The tasks of documents that leave go with them, whatever else the batch says of them.
    fn drop_tasks(&mut self, batch: &Batch) {
        let mut events = batch.events().iter();
        if events.any(|recorded| recorded.event.header.kind == "document.dropped") {
            let dropped: Vec<&DocumentId> = self
                .documents
                .iter()
                .filter(|document| document.dropped)
                .map(|document| &document.id)
                .collect();
            let (left, stay) = std::mem::take(&mut self.tasks)
                .into_iter()
                .partition(|(_, task)| dropped.contains(&&task.document));
            self.tasks = stay;
            self.leave(&left);
        }
    }

    fn facts(&mut self, effect: Effect) -> Result<(), Misfit> {
        for task in effect.tasks {
            let lines = self.document_mut(&task.document)?.text.len();
            if let Some(writing) = task.writings.iter().find(|writing| writing.line >= lines) {
                return Err(Misfit::NoSuchLine {
                    task: task.key,
                    line: writing.line,
                    lines,
                });
            }
            self.tasks.insert(task.key.clone(), Arc::new(task));
        }
        for (id, bindings) in effect.bindings {
            self.document_mut(&id)?.bindings = bindings;
        }
        Ok(())
    }

    /// The hashes in a batch's last event, which has one for each document the batch edited
    /// (ledger-format.md §6.3).
    fn check_documents(
        &mut self,
        event: &Event,
        edited: &BTreeSet<DocumentId>,
    ) -> Result<(), Misfit> {
        if let Some(id) = edited.iter().find(|id| {
            self.document(id)
                .is_some_and(|document| !document.uncertain && !is_text(document.text.lines()))
        }) {
            return Err(Misfit::NotLines(id.clone()));
        }
        let docs = &event.header.docs;
        if let Some(id) = edited
            .iter()
            .find(|id| docs.iter().all(|(own, _)| own != *id))
        {
            return Err(Misfit::NotCommitted(id.clone()));
        }
        for (id, _) in &event.header.docs {
            let document = self.document_mut(id)?;
            match verify_document(event, id, &document.text) {
                Ok(()) => document.uncertain = false,
                Err(_) if document.uncertain => {}
                Err(_) => return Err(Misfit::WrongDocument(id.clone())),
            }
        }
        Ok(())
    }

    fn document_mut(&mut self, id: &DocumentId) -> Result<&mut PlanDocument, Misfit> {
        self.documents
            .iter_mut()
            .find(|document| document.id == *id)
            .ok_or_else(|| Misfit::UnknownDocument(id.clone()))
    }
}

impl PlanDocument {
    /// Moves the derived text with the lines around it.
    fn carry_bindings(&mut self, hunk: &Hunk) {
        if hunk.remove != hunk.insert.len() {
            self.bindings.retain_mut(|binding| binding.follow(hunk));
        }
    }
}

/// Whether a part of an event was removed.
fn is_redacted(event: &Event) -> bool {
    event
        .body
        .iter()
        .any(|part| matches!(part, Part::Redacted(_)))
}

/// Whether each line is one: with a line feed nowhere but at its end.
fn are_lines(lines: &[Line]) -> bool {
    lines
        .iter()
        .all(|line| line.split_inclusive('\n').count() == 1)
}

/// Whether no line but the last lacks its line feed. Hunks of one batch may leave such lines to
/// each other, a batch may not (ledger-format.md §6.2).
fn is_text(lines: &[Line]) -> bool {
    lines
        .split_last()
        .is_none_or(|(_, before)| before.iter().all(|line| line.ends_with('\n')))
}

/// Refuses an event of a type, or of a version of it, that this build cannot project.
pub(crate) fn known(header: &Header) -> Result<(), Misfit> {
    if TYPES.contains(&header.kind.as_str()) && header.kind_v == 1 {
        return Ok(());
    }
    Err(Misfit::UnknownType(match header.kind_v {
        1 => header.kind.clone(),
        version => format!("{} version {version}", header.kind),
    }))
}

pub(crate) fn diverged(recorded: &Recorded, why: Misfit) -> Diverged {
    Diverged {
        at: recorded.seq,
        why,
    }
}

/// The document that an event is about.
pub(crate) fn document_id(event: &Event) -> Result<DocumentId, Malformed> {
    event
        .text(part::DOCUMENT)
        .and_then(|text| DocumentId::new(text).ok())
        .ok_or(Malformed::Missing(part::DOCUMENT))
}

fn grammar(event: &Event) -> Result<u32, Malformed> {
    event
        .values(part::GRAMMAR)
        .find_map(serde_json::Value::as_u64)
        .and_then(|grammar| u32::try_from(grammar).ok())
        .ok_or(Malformed::Missing(part::GRAMMAR))
}
