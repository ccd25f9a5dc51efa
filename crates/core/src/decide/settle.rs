//! What an edit of lines made of the tasks.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_document::outline::Entry;
use ledger_document::{Outline, Status, similarity};

use super::command::Act;
use super::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::id::{DocumentId, TaskKey};
use crate::plan::agree;
use crate::plan::wire::part;
use crate::plan::{PlanDocument, Task};

use super::rejection::Rejection;

/// The tasks that an edit brought, took or changed.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) added: Vec<TaskKey>,
    pub(super) removed: Vec<Task>,
    pub(super) flipped: Vec<Flip>,
}

/// A task whose status an edit changed.
#[derive(Debug)]
pub(super) struct Flip {
    pub(super) key: TaskKey,
    pub(super) from: Status,
    pub(super) to: Status,
}

impl Settled {
    /// Adds what a further edit of the same event made of the tasks.
    pub(super) fn extend(&mut self, further: Self) {
        self.added.extend(further.added);
        self.removed.extend(further.removed);
        self.flipped.extend(further.flipped);
    }

    /// Gives an event the task it brought, or gives back the one it took.
    pub(super) fn claim(&mut self, proto: &mut Proto) -> Option<Task> {
        match proto.kind {
            "task.added" | "task.restored" if !self.added.is_empty() => {
                proto.task = Some(self.added.remove(0));
                None
            }
            "task.removed" => {
                let at = self
                    .removed
                    .iter()
                    .position(|task| Some(&task.key) == proto.task.as_ref())?;
                Some(self.removed.remove(at))
            }
            _ => None,
        }
    }

    /// A change that is not a removal takes no task away: two tasks with one id would become
    /// one if their titles were the same.
    pub(super) fn takes_none(&self) -> Result<(), Rejection> {
        match self.removed.first() {
            Some(task) => Err(Rejection::NoTaskOfItsOwn(task.title.clone())),
            None => Ok(()),
        }
    }

    /// Events for what nobody claimed.
    pub(super) fn into_protos(self) -> Vec<Proto> {
        let removed = self.removed.into_iter().map(|task| Proto {
            from: Some(task.status().name().to_owned()),
            gone: Some(task.key.clone()),
            task: Some(task.key),
            ..Proto::new("task.removed", Origin::Commanded)
        });
        let added = self.added.into_iter().map(|key| Proto {
            task: Some(key),
            ..Proto::new("task.added", Origin::Commanded)
        });
        let flipped = self.flipped.into_iter().map(|flip| Proto {
            task: Some(flip.key),
            from: Some(flip.from.name().to_owned()),
            to: Some(flip.to.name().to_owned()),
            ..Proto::new(Act::between(flip.from, flip.to).event(), Origin::Commanded)
        });
        removed.chain(added).chain(flipped).collect()
    }
}

/// Whether a task is written so.
pub(super) fn is(task: &Task, entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| {
        task.id.as_deref() == entry.id.as_ref().map(|id| id.text.as_str())
            && task.title == entry.title.text
    })
}

/// The task that a group of entries shares a written line with. Lines alone do not tell: a
/// writing that was taken out counts as where its neighbour is now.
fn still_written(
    outline: &Outline,
    at: usize,
    by_writing: &BTreeMap<usize, Vec<TaskKey>>,
    old: &BTreeMap<TaskKey, Arc<Task>>,
) -> Option<TaskKey> {
    let entries = outline.tasks.get(at)?.iter();
    let mut entries = entries.filter_map(|&entry| outline.entries.get(entry));
    entries.find_map(|entry| {
        let keys = by_writing.get(&entry.lines.start)?.iter();
        keys.filter_map(|key| old.get(key))
            .find(|task| may_be(task, entry))
            .map(|task| task.key.clone())
    })
}

/// Whether an entry may be a further writing of a task. `Phase 3` can be `3` in a table.
fn may_be(task: &Task, entry: &Entry) -> bool {
    let title = &entry.title.text;
    match (&task.id, &entry.id) {
        (Some(a), Some(b)) => {
            let bare = |id: &str| id.rsplit(' ').next().map(str::to_owned);
            bare(a) == bare(&b.text) && similarity::is_similar(&task.title, title)
        }
        (None, None) => similarity::label(&task.title) == similarity::label(title),
        _ => false,
    }
}

impl Transaction<'_> {
    /// Reads a document again after its lines were edited and brings its tasks up to date.
    ///
    /// A task is found again by its line, which moved with the text around it, and by its id and
    /// title where its own lines were moved.
    pub(super) fn settle(&mut self, id: &DocumentId) -> Settled {
        self.names.forget();
        self.in_step.remove(id);
        let outline = self.outline(id);
        let mut settled = Settled::default();
        if let Some(changed) = self.in_place(id, &outline) {
            for (at, key) in changed {
                let task = self.plan.tasks.remove(&key);
                self.place(id, &outline, at, task, &mut settled);
            }
            return settled;
        }
        self.find_again(id, &outline, &mut settled);
        settled
    }

    /// Where every task is written with its id and title on its own line, those of which anything
    /// else changed: the task of the outline, and its key. `None` if tasks have to be searched.
    pub(super) fn in_place(
        &self,
        id: &DocumentId,
        outline: &Outline,
    ) -> Option<Vec<(usize, TaskKey)>> {
        let tasks = self.plan.tasks_of(id);
        let apart = tasks.is_sorted_by(|a, b| a.line() < b.line());
        if !apart || tasks.len() != outline.tasks.len() {
            return None;
        }
        let mut changed = Vec::new();
        for (at, task) in tasks.into_iter().enumerate() {
            let entry = agree::primary(outline, at)?;
            if entry.lines.start != task.line() || !is(task, Some(entry)) {
                return None;
            }
            let writings = outline.tasks.get(at).into_iter().flatten();
            let same = writings
                .filter_map(|&entry| outline.entries.get(entry))
                .map(|entry| (entry.lines.start, entry.status))
                .eq(task.writings.iter().map(|own| (own.line, own.status)));
            // Why a task waits goes when it does not wait any more.
            if !same || task.reason.is_some() || task.resume.is_some() {
                changed.push((at, task.key.clone()));
            }
        }
        Some(changed)
    }

    /// Finds each task again wherever it is written now.
    fn find_again(&mut self, id: &DocumentId, outline: &Outline, settled: &mut Settled) {
        let mut by_line: BTreeMap<usize, Vec<TaskKey>> = BTreeMap::new();
        for task in self.plan.tasks_of(id) {
            by_line
                .entry(task.line())
                .or_default()
                .push(task.key.clone());
        }
        let mut old: BTreeMap<TaskKey, Arc<Task>> = BTreeMap::new();
        for key in by_line.values().flatten() {
            if let Some(task) = self.plan.tasks.remove(key) {
                old.insert(key.clone(), task);
            }
        }
        // First those that are written as before on their line, then those that are written so
        // elsewhere, then those of whose several writings one is left or another comes first
        // now, then those that are on their line but written otherwise.
        let entries: Vec<Option<&Entry>> = (0..outline.tasks.len())
            .map(|at| agree::primary(outline, at))
            .collect();
        let mut found: Vec<Option<Arc<Task>>> = entries
            .iter()
            .map(|entry| {
                let keys = by_line.get(&entry.as_ref()?.lines.start)?;
                let same = |key: &&TaskKey| old.get(*key).is_some_and(|task| is(task, *entry));
                let key = keys.iter().find(same)?;
                old.remove(key)
            })
            .collect();
        let mut by_words: BTreeMap<(Option<String>, String), TaskKey> = old
            .values()
            .map(|task| ((task.id.clone(), task.title.clone()), task.key.clone()))
            .collect();
        for (slot, entry) in found.iter_mut().zip(&entries) {
            if let (None, Some(entry)) = (&slot, entry) {
                let id = entry.id.as_ref().map(|id| id.text.clone());
                *slot = by_words
                    .remove(&(id, entry.title.text.clone()))
                    .and_then(|key| old.remove(&key));
            }
        }
        if found.contains(&None) {
            let mut by_writing: BTreeMap<usize, Vec<TaskKey>> = BTreeMap::new();
            for task in old.values() {
                for writing in &task.writings {
                    let keys = by_writing.entry(writing.line).or_default();
                    keys.push(task.key.clone());
                }
            }
            for (at, slot) in found.iter_mut().enumerate() {
                if slot.is_none() {
                    let key = still_written(outline, at, &by_writing, &old);
                    *slot = key.and_then(|key| old.remove(&key));
                }
            }
        }
        for (slot, entry) in found.iter_mut().zip(&entries) {
            if let (None, Some(entry)) = (&slot, entry) {
                let keys = by_line.get(&entry.lines.start).into_iter().flatten();
                let left = keys.into_iter().find(|key| old.contains_key(*key));
                *slot = left.and_then(|key| old.remove(key));
            }
        }
        for (at, task) in found.into_iter().enumerate() {
            self.place(id, outline, at, task, settled);
        }
        settled
            .removed
            .extend(old.into_values().map(Arc::unwrap_or_clone));
    }

    pub(super) fn place(
        &mut self,
        id: &DocumentId,
        outline: &Outline,
        at: usize,
        was: Option<Arc<Task>>,
        settled: &mut Settled,
    ) {
        let key = match &was {
            Some(task) => task.key.clone(),
            None => {
                let written = agree::written_id(outline, at);
                let key = match self.returning(id, outline, at) {
                    Some(key) => self.keys.hold(key),
                    None => self.keys.draw(written),
                };
                settled.added.push(key.clone());
                key
            }
        };
        let Some(mut task) = agree::facts(outline, at, key.clone(), id) else {
            return;
        };
        if let Some(was) = was {
            if was.status() != task.status() {
                settled.flipped.push(Flip {
                    key: key.clone(),
                    from: was.status(),
                    to: task.status(),
                });
            }
            task.keep_reason_of(&was);
        }
        self.plan.tasks.insert(key, Arc::new(task));
    }

    /// The key of a removed task that is back: same id, same title, same document.
    fn returning(&mut self, id: &DocumentId, outline: &Outline, at: usize) -> Option<TaskKey> {
        if !self.restoring {
            return None;
        }
        let entry = agree::primary(outline, at)?;
        let written = agree::written_id(outline, at);
        let back = self.plan.gone.iter().rposition(|gone| {
            gone.document == *id
                && gone.id.as_deref() == written
                && gone.title == entry.title.text
                && !self.plan.tasks.contains_key(&gone.key)
        })?;
        Some(self.plan.gone.remove(back).key)
    }

    pub(super) fn push_all(&mut self, protos: Vec<Proto>) {
        for mut proto in protos {
            if let Some(key) = proto.gone.take() {
                proto.gone = self.leaves(&key);
                proto.task = proto.gone.clone().or(proto.task);
            }
            if self.restoring
                && proto.kind == "task.added"
                && let Some(key) = &proto.task
                && self.base_gone(key)
            {
                proto.parts.text(part::WAS, key.as_str());
                if let Some(task) = self.plan.tasks.get(key) {
                    proto.to = Some(task.status().name().to_owned());
                    proto.parts.text(part::TITLE, task.title.as_str());
                }
                proto.kind = "task.restored";
            }
            if proto.kind == "task.added"
                && let Some(task) = proto.task.as_ref().and_then(|key| self.plan.tasks.get(key))
            {
                proto.to = Some(task.status().name().to_owned());
                proto.parts.text(part::TITLE, task.title.as_str());
            }
            self.push(proto);
        }
    }

    /// The document a command means.
    pub(super) fn which_document(&self, path: Option<&str>) -> Result<&PlanDocument, Rejection> {
        let tracked: Vec<&PlanDocument> = self.plan.documents().collect();
        match (path, tracked.as_slice()) {
            (Some(path), _) => {
                self.plan
                    .document_at(path)
                    .ok_or_else(|| Rejection::UnknownDocument {
                        path: path.to_owned(),
                    })
            }
            (None, [document]) => Ok(document),
            (None, several) => Err(Rejection::WhichDocument {
                paths: several
                    .iter()
                    .map(|document| document.path.clone())
                    .collect(),
            }),
        }
    }
}
