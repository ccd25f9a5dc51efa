//! What an edit from outside means.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_document::observe::{self, Kind, Observation, Side, TaskRef};
use ledger_document::similarity::similarity;
use ledger_document::{Document, Outline, hunk};

use super::claim::Claim;
use super::command::Act;
use super::rejection::Rejection;
use super::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::id::{DocumentId, TaskKey};
use crate::plan::agree;
use crate::plan::wire::part;
use crate::plan::{Gone, Task};

/// A plan file that somebody changed.
#[derive(Debug, Clone)]
pub struct Edited {
    /// Which document.
    pub document: DocumentId,
    /// What it says now (after merging, where the edit was made on an older text).
    pub text: Document,
    /// Lines of the ledger's text that gave way in that merge.
    pub overrode: Vec<String>,
    /// Lines that the ledger had removed and that stand again with what belongs to them.
    pub returned: Vec<String>,
}

impl Edited {
    /// An edit of the text that the ledger has: just what was found.
    #[must_use]
    pub const fn plain(document: DocumentId, text: Document) -> Self {
        Self {
            document,
            text,
            overrode: Vec::new(),
            returned: Vec::new(),
        }
    }
}

/// Titles at least this similar are one task that went from one file to another.
const SAME_TITLE: f64 = 0.6;

impl Transaction<'_> {
    /// Adds what was found in edited files. Files that say what the plan says already add
    /// nothing. `claim`: what of it the batch's actor and cause are claimed for.
    ///
    /// # Errors
    /// [`Rejection::UnknownDocument`] if the ledger does not track one of them.
    pub fn observe(&mut self, edited: &[Edited], claim: &Claim) -> Result<(), Rejection> {
        self.names.forget();
        let mut sights = Vec::new();
        for edited in edited {
            let current =
                self.plan
                    .document(&edited.document)
                    .ok_or_else(|| Rejection::UnknownDocument {
                        path: edited.document.to_string(),
                    })?;
            if current.text != edited.text {
                let text = current.text.clone();
                sights.push(self.look(edited, &text));
            }
        }
        let moves = moves(&sights);
        self.name(&mut sights, &moves);
        let mut old: BTreeMap<TaskKey, Arc<Task>> = BTreeMap::new();
        for key in sights.iter().flat_map(|sight| sight.old.iter().flatten()) {
            if let Some(task) = self.plan.tasks.remove(key) {
                old.insert(key.clone(), task);
            }
        }
        for at in 0..sights.len() {
            self.record(&sights, at, &moves, &old, claim)?;
        }
        Ok(())
    }

    fn look<'e>(&mut self, edited: &'e Edited, current: &Document) -> Sight<'e> {
        let before = self.outline(&edited.document);
        let hunks = hunk::diff(current, &edited.text);
        let after = Arc::new(before.reread(current, &edited.text, &hunks));
        let gone: Vec<observe::Gone> = self
            .plan
            .gone
            .iter()
            .map(|gone| observe::Gone {
                id: gone.id.clone(),
                title: gone.title.clone(),
            })
            .collect();
        let observation = observe::observe(
            Side {
                document: current,
                outline: &before,
            },
            Side {
                document: &edited.text,
                outline: &after,
            },
            &gone,
        );
        let by_line: BTreeMap<usize, TaskKey> = self
            .plan
            .tasks_of(&edited.document)
            .into_iter()
            .map(|task| (task.line(), task.key.clone()))
            .collect();
        let old = (0..before.tasks.len())
            .map(|at| {
                by_line
                    .get(&agree::primary(&before, at)?.lines.start)
                    .cloned()
            })
            .collect();
        Sight {
            edited,
            before,
            after,
            observation,
            old,
            new: Vec::new(),
        }
    }

    /// Decides what each task of the new texts is called.
    fn name(&mut self, sights: &mut [Sight<'_>], moves: &[Move]) {
        // Keys that become free go first: ids are handed on along chains.
        for sight in sights.iter() {
            for change in &sight.observation.changes {
                let freed = matches!(change.kind, Kind::Removed | Kind::Rekeyed { .. });
                if let (true, Some(key)) = (freed, sight.old_key(change.task)) {
                    self.keys.release(&key);
                }
            }
        }
        for passed in moves {
            if let Some(key) = sights[passed.from.sight].old_key(passed.from.task(sights)) {
                self.keys.hold(key);
            }
        }
        for at in 0..sights.len() {
            let mut new: Vec<Option<TaskKey>> = vec![None; sights[at].after.tasks.len()];
            for &(before, after) in &sights[at].observation.pairs {
                if let (Some(slot), Some(key)) = (new.get_mut(after), sights[at].old.get(before)) {
                    slot.clone_from(key);
                }
            }
            for passed in moves.iter().filter(|passed| passed.to.sight == at) {
                let key = sights[passed.from.sight].old_key(passed.from.task(sights));
                let slot = passed
                    .to
                    .task(sights)
                    .and_then(|task| new.get_mut(task.after?));
                if let Some(slot) = slot {
                    *slot = key;
                }
            }
            for change in &sights[at].observation.changes {
                let Some(after) = change.task.and_then(|task| task.after) else {
                    continue;
                };
                let Some(slot) = new.get_mut(after) else {
                    continue;
                };
                match &change.kind {
                    Kind::Rekeyed { to, .. } => *slot = Some(self.keys.draw(to.as_deref())),
                    Kind::Restored { gone } if slot.is_none() => {
                        let key = self.plan.gone.get(*gone).map(|gone| gone.key.clone());
                        let written = agree::written_id(&sights[at].after, after);
                        *slot = Some(match key.filter(|key| self.keys.is_free(key)) {
                            Some(key) => self.keys.hold(key),
                            None => self.keys.draw(written),
                        });
                    }
                    _ => {}
                }
            }
            for (task, slot) in new.iter_mut().enumerate() {
                if slot.is_none() {
                    let after = &sights[at].after;
                    let written = agree::written_id(after, task);
                    let called = self.called_elsewhere(written, agree::primary(after, task));
                    *slot = Some(match called {
                        Some(key) => self.keys.hold(key),
                        None => self.keys.draw(written),
                    });
                }
            }
            sights[at].new = new;
        }
    }

    fn record(
        &mut self,
        sights: &[Sight<'_>],
        at: usize,
        moves: &[Move],
        old: &BTreeMap<TaskKey, Arc<Task>>,
        claim: &Claim,
    ) -> Result<(), Rejection> {
        let sight = &sights[at];
        let document = &sight.edited.document;
        let changes = &sight.observation.changes;
        let claimed = self
            .plan
            .document(document)
            .map(|own| claim.of(document, &own.text, changes))
            .unwrap_or_default();
        for (index, change) in changes.iter().enumerate() {
            let here = Place {
                sight: at,
                change: index,
            };
            let mut proto = sight.proto(change, old, &self.plan.gone);
            if let Some(passed) = moves.iter().find(|passed| passed.from == here) {
                let to = &sights[passed.to.sight].edited.document;
                proto = Proto::new("task.moved", Origin::Observed);
                proto.task = sight.old_key(change.task);
                proto
                    .parts
                    .maybe(part::WAS, self.path(document))
                    .maybe(part::VALUE, self.path(to));
            } else if moves.iter().any(|passed| passed.to == here) {
                proto = sight.arrival(change, old);
            }
            proto.attributed = claimed.get(index).copied().unwrap_or_default();
            if index == 0 {
                for line in &sight.edited.overrode {
                    proto.parts.text(part::OVERRODE, line.as_str());
                }
                for line in &sight.edited.returned {
                    proto.parts.text(part::RETURNED, line.as_str());
                }
            }
            for hunk in &change.hunks {
                proto.hunks.push((document.clone(), hunk.clone()));
            }
            self.edit(document, &change.hunks, None)?;
            self.push(proto);
        }
        let mut renamed: BTreeMap<usize, &TaskKey> = BTreeMap::new();
        for &(before, after) in &sight.observation.pairs {
            if let Some(Some(key)) = sight.old.get(before) {
                renamed.insert(after, key);
            }
        }
        for passed in moves.iter().filter(|passed| passed.to.sight == at) {
            let task = passed.to.task(sights).and_then(|task| task.after);
            let from = &sights[passed.from.sight];
            let key = passed
                .from
                .task(sights)
                .and_then(|task| from.old.get(task.before?)?.as_ref());
            if let (Some(task), Some(key)) = (task, key) {
                renamed.insert(task, key);
            }
        }
        for (task, key) in sight.new.iter().enumerate() {
            let Some(key) = key else { continue };
            let Some(mut facts) = agree::facts(&sight.after, task, key.clone(), document) else {
                continue;
            };
            if let Some(was) = renamed.get(&task).and_then(|key| old.get(*key)) {
                facts.keep_reason_of(was);
            }
            self.plan.tasks.insert(key.clone(), Arc::new(facts));
        }
        self.read_as(document, Arc::clone(&sight.after));
        Ok(())
    }

    fn path(&self, document: &DocumentId) -> Option<String> {
        self.plan
            .document(document)
            .map(|document| document.path.clone())
    }
}

/// One edited file, compared with the plan.
struct Sight<'e> {
    edited: &'e Edited,
    before: Arc<Outline>,
    after: Arc<Outline>,
    observation: Observation,
    /// The key of each task of `before`.
    old: Vec<Option<TaskKey>>,
    /// The key of each task of `after`.
    new: Vec<Option<TaskKey>>,
}

impl Sight<'_> {
    fn old_key(&self, task: Option<TaskRef>) -> Option<TaskKey> {
        self.old.get(task?.before?)?.clone()
    }

    fn new_key(&self, task: Option<TaskRef>) -> Option<TaskKey> {
        self.new.get(task?.after?)?.clone()
    }

    /// What happened to a task that came from another file, besides having been moved.
    fn arrival(&self, change: &observe::Change, old: &BTreeMap<TaskKey, Arc<Task>>) -> Proto {
        let key = self.new_key(change.task);
        let from = key
            .as_ref()
            .and_then(|key| old.get(key))
            .map(|task| task.status());
        let to = change
            .task
            .and_then(|task| agree::primary(&self.after, task.after?))
            .map(|entry| entry.status);
        let mut proto = Proto {
            task: key,
            ..Proto::new("document.edited", Origin::Observed)
        };
        if let (Some(from), Some(to)) = (from, to)
            && from != to
        {
            proto.kind = Act::between(from, to).event();
            proto.from = Some(from.name().to_owned());
            proto.to = Some(to.name().to_owned());
        }
        proto
    }

    fn proto(
        &self,
        change: &observe::Change,
        old: &BTreeMap<TaskKey, Arc<Task>>,
        gone: &[Gone],
    ) -> Proto {
        let old_key = self.old_key(change.task);
        let key = self.new_key(change.task).or_else(|| old_key.clone());
        let after = change.task.and_then(|task| task.after);
        let entry = after.and_then(|task| agree::primary(&self.after, task));
        let mut proto = Proto {
            task: key,
            ..Proto::new("document.edited", Origin::Observed)
        };
        match &change.kind {
            Kind::Added => {
                proto.kind = "task.added";
                proto.to = entry.map(|entry| entry.status.name().to_owned());
                proto
                    .parts
                    .maybe(part::TITLE, entry.map(|entry| entry.title.text.as_str()));
            }
            Kind::Restored { gone: index } => {
                proto.kind = "task.restored";
                proto.to = entry.map(|entry| entry.status.name().to_owned());
                proto
                    .parts
                    .maybe(part::WAS, gone.get(*index).map(|gone| gone.key.as_str()));
                proto
                    .parts
                    .maybe(part::TITLE, entry.map(|entry| entry.title.text.as_str()));
            }
            Kind::Removed => {
                proto.kind = "task.removed";
                let task = old_key.as_ref().and_then(|key| old.get(key));
                proto.from = task.map(|task| task.status().name().to_owned());
                proto
                    .parts
                    .maybe(part::TITLE, task.map(|task| task.title.as_str()));
                let section = change
                    .task
                    .and_then(|task| agree::primary(&self.before, task.before?))
                    .and_then(|entry| self.before.sections.get(entry.section?))
                    .map(|section| section.title.text.as_str());
                proto.parts.maybe(part::SECTION, section);
                proto.gone = old_key;
            }
            Kind::Status { from, to } => {
                proto.kind = Act::between(*from, *to).event();
                proto.from = Some(from.name().to_owned());
                proto.to = Some(to.name().to_owned());
            }
            Kind::Retitled { from, to } => {
                proto.kind = "task.retitled";
                proto.parts.text(part::WAS, from).text(part::TITLE, to);
            }
            Kind::Rekeyed { from, to } => {
                proto.kind = "task.rekeyed";
                proto.from = old_key.map(|key| key.to_string());
                proto.to = proto.task.as_ref().map(TaskKey::to_string);
                proto
                    .parts
                    .maybe(part::WAS, from.as_deref())
                    .maybe(part::VALUE, to.as_deref());
            }
            Kind::Moved {
                from_section,
                to_section,
            } => {
                proto.kind = "task.moved";
                proto.parts.maybe(part::WAS, from_section.as_deref());
                proto.parts.maybe(part::VALUE, to_section.as_deref());
            }
            Kind::FieldSet { label, value } => {
                proto.kind = "field.set";
                proto
                    .parts
                    .text(part::LABEL, label)
                    .text(part::VALUE, value);
            }
            Kind::FieldRemoved { label } => {
                proto.kind = "field.removed";
                proto.parts.text(part::LABEL, label);
            }
            Kind::StepChecked { text } => {
                proto.kind = "step.checked";
                proto.parts.text(part::VALUE, text);
            }
            Kind::StepUnchecked { text } => {
                proto.kind = "step.unchecked";
                proto.parts.text(part::VALUE, text);
            }
            Kind::ResultRecorded { text } => {
                proto.kind = "result.recorded";
                proto.parts.text(part::RESULT, text);
            }
            Kind::NoteRecorded { text } => {
                proto.kind = "note.recorded";
                proto.parts.text(part::NOTE, text);
            }
            Kind::DependencyAdded { id } => {
                proto.kind = "dependency.added";
                proto.parts.text(part::VALUE, id);
            }
            Kind::DependencyRemoved { id } => {
                proto.kind = "dependency.removed";
                proto.parts.text(part::VALUE, id);
            }
            Kind::Edited => {}
        }
        proto
    }
}

/// A change of one of several sights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    sight: usize,
    change: usize,
}

impl Place {
    fn task(self, sights: &[Sight<'_>]) -> Option<TaskRef> {
        sights
            .get(self.sight)?
            .observation
            .changes
            .get(self.change)?
            .task
    }
}

/// A task that left one file and came into another in the same edit.
#[derive(Debug, Clone, Copy)]
struct Move {
    from: Place,
    to: Place,
}

fn moves(sights: &[Sight<'_>]) -> Vec<Move> {
    let all = |wanted: fn(&Kind) -> bool| -> Vec<Place> {
        sights
            .iter()
            .enumerate()
            .flat_map(|(sight, seen)| {
                (0..seen.observation.changes.len()).map(move |change| Place { sight, change })
            })
            .filter(|place| wanted(&sights[place.sight].observation.changes[place.change].kind))
            .collect()
    };
    let removed = all(|kind| matches!(kind, Kind::Removed));
    let mut added = all(|kind| matches!(kind, Kind::Added | Kind::Restored { .. }));
    let mut moves = Vec::new();
    for from in removed {
        let Some(old) = from
            .task(sights)
            .and_then(|task| agree::primary(&sights[from.sight].before, task.before?))
        else {
            continue;
        };
        let found = added.iter().position(|to| {
            to.sight != from.sight
                && to
                    .task(sights)
                    .and_then(|task| agree::primary(&sights[to.sight].after, task.after?))
                    .is_some_and(|new| {
                        let ids = (
                            old.id.as_ref().map(|id| &id.text),
                            new.id.as_ref().map(|id| &id.text),
                        );
                        match ids {
                            (Some(a), Some(b)) => {
                                a == b && similarity(&old.title.text, &new.title.text) >= SAME_TITLE
                            }
                            _ => old.title.text == new.title.text,
                        }
                    })
        });
        if let Some(found) = found {
            moves.push(Move {
                from,
                to: added.swap_remove(found),
            });
        }
    }
    moves
}
