//! How long tasks took, who did what, and how the plan went day by day.
//!
//! What is kept of the history is each task's life: when it had which status. It is read from the
//! headers and the `task` parts of bodies (ledger-format.md §8.1), without any text, so that a long
//! history is folded quickly. Everything else is worked out from the lives when it is asked for.
//!
//! Times are claimed and need not grow. In the life of a task one that lies before the one before
//! it is taken for the same moment, and counted: a span is never negative, and what a task spent in
//! all its statuses adds up to its age.

mod life;
mod phases;
mod series;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger_document::Status;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fold::Projection;
use crate::batch::{Batch, Recorded, Verified};
use crate::event::{ActorKind, Event, Part};
use crate::id::{DocumentId, TaskKey};
use crate::plan::Diverged;
use crate::plan::evolve::{diverged, document_id, known};
use crate::plan::wire::part;
use crate::time::Time;

pub use life::{Life, Stay};
pub use series::Day;
pub use summary::{ActorStats, PhaseStats, Scope, Spans, Summary, TaskStats, Totals, Whole};

use life::Change;

/// Somebody, as claimed, in whatever session and with whatever tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Who {
    /// The kind's name.
    kind: String,
    id: String,
}

/// The lives of all tasks up to one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Those that the plan holds; shared by copies until one of them is edited.
    tasks: BTreeMap<TaskKey, Arc<Life>>,
    /// Those that left, oldest first, by the keys they had.
    gone: Vec<(TaskKey, Arc<Life>)>,
    dropped: BTreeSet<DocumentId>,
    actors: BTreeMap<Who, u32>,
}

/// A task as the parts of a batch describe it.
struct Described<'e> {
    status: Status,
    document: DocumentId,
    reason: Option<&'e str>,
    by: &'e Recorded,
}

impl Stats {
    /// The life of a task that the plan holds.
    #[must_use]
    pub fn life(&self, key: &TaskKey) -> Option<&Life> {
        self.tasks.get(key).map(|life| &**life)
    }

    /// The statuses of all tasks that the plan holds.
    pub fn statuses(&self) -> impl Iterator<Item = (&TaskKey, Status)> {
        let tasks = self.tasks.iter();
        tasks.filter_map(|(key, life)| Some((key, life.status()?)))
    }

    fn actor(&mut self, recorded: &Recorded) -> u32 {
        let actor = &recorded.event.header.actor;
        let who = Who {
            kind: kind(actor.kind).to_owned(),
            id: actor.id.clone(),
        };
        let next = u32::try_from(self.actors.len()).unwrap_or(u32::MAX);
        *self.actors.entry(who).or_insert(next)
    }

    /// What an event says a task changed to; `told` where the event is about the task.
    fn change(
        &mut self,
        recorded: &Recorded,
        status: Option<Status>,
        reason: Option<&str>,
        told: bool,
    ) -> Change {
        Change {
            at: recorded.event.header.time.millis(),
            status,
            by: self.actor(recorded),
            told,
            reason: reason.map(str::to_owned),
        }
    }

    /// Ends the stay of tasks in the plan.
    fn leave(&mut self, keys: impl IntoIterator<Item = (TaskKey, bool)>, recorded: &Recorded) {
        for (key, told) in keys {
            if let Some(mut life) = self.tasks.remove(&key) {
                let change = self.change(recorded, None, None, told);
                Arc::make_mut(&mut life).push(change);
                self.gone.push((key, life));
            }
        }
    }

    /// Tasks that left, came back, or got another key; all of a batch at once, since keys are
    /// handed on along chains.
    fn keys(&mut self, batch: &Batch) {
        for recorded in batch.events() {
            let gone = recorded.event.values(part::GONE).filter_map(key_of);
            self.leave(gone.map(|key| (key, true)), recorded);
        }
        let mut known = Vec::new();
        for recorded in batch.events() {
            let header = &recorded.event.header;
            let Some(key) = &header.task else { continue };
            let life = match header.kind.as_str() {
                "task.rekeyed" => {
                    let from = header.from.as_deref().map(TaskKey::new);
                    from.and_then(|from| self.tasks.remove(&from.ok()?))
                }
                "task.restored" => {
                    let was = recorded.event.text(part::WAS);
                    let mut gone = self.gone.iter();
                    let at = gone.rposition(|(key, _)| Some(key.as_str()) == was);
                    at.map(|at| self.gone.remove(at).1)
                }
                _ => None,
            };
            known.extend(life.map(|life| (key.clone(), life)));
        }
        self.tasks.extend(known);
        for recorded in batch.events() {
            if recorded.event.header.kind == "document.dropped" {
                self.dropped.extend(document_id(&recorded.event));
                let left = self.tasks.iter();
                let left = left.filter(|(_, life)| self.dropped.contains(life.document()));
                let left: Vec<_> = left.map(|(key, _)| (key.clone(), false)).collect();
                self.leave(left, recorded);
            }
        }
    }

    /// The statuses that a batch leaves: first what its events say of their tasks, step by step,
    /// then what they describe.
    fn statuses_after(&mut self, batch: &Batch) {
        let mut described = BTreeMap::new();
        for recorded in batch.events() {
            describe(recorded, &mut described);
        }
        for recorded in batch.events() {
            let header = &recorded.event.header;
            let Some(key) = header.task.as_ref().filter(|_| tells(&header.kind)) else {
                continue;
            };
            let Some(status) = header.to.as_deref().and_then(|to| to.parse().ok()) else {
                continue;
            };
            let own = described.get(key);
            let document = own.map(|own| own.document.clone());
            let reason = own.and_then(|own| own.reason);
            self.put(key, document, recorded, status, reason, true);
        }
        for (key, own) in described {
            let document = Some(own.document);
            self.put(&key, document, own.by, own.status, own.reason, false);
        }
    }

    fn put(
        &mut self,
        key: &TaskKey,
        document: Option<DocumentId>,
        recorded: &Recorded,
        status: Status,
        reason: Option<&str>,
        told: bool,
    ) {
        let waits = matches!(status, Status::Blocked | Status::IssuesFound);
        let reason = reason.filter(|_| waits);
        if let Some(life) = self.tasks.get(key) {
            let stays = document.as_ref().is_none_or(|own| own == life.document());
            if stays && life.is(status, reason) {
                return;
            }
        } else if document.is_none() {
            return;
        }
        let change = self.change(recorded, Some(status), reason, told);
        match (self.tasks.get_mut(key), document) {
            (Some(life), document) => {
                let life = Arc::make_mut(life);
                if let Some(document) = document {
                    life.move_to(document);
                }
                if !life.is(status, change.reason.as_deref()) {
                    life.push(change);
                }
            }
            (None, Some(document)) => {
                let life = Arc::new(Life::new(document, change));
                self.tasks.insert(key.clone(), life);
            }
            (None, None) => {}
        }
    }
}

impl Projection for Stats {
    fn take(&mut self, batch: &Verified<Batch>, _: Option<&Self>) -> Result<(), Diverged> {
        for recorded in batch.events() {
            known(&recorded.event.header).map_err(|why| diverged(recorded, why))?;
        }
        self.keys(batch);
        self.statuses_after(batch);
        Ok(())
    }
}

/// Whether `to` in events of a type is the status of their task.
fn tells(kind: &str) -> bool {
    kind.starts_with("task.") && kind != "task.rekeyed"
}

/// The tasks that an event describes as they are after its batch.
fn describe<'e>(recorded: &'e Recorded, described: &mut BTreeMap<TaskKey, Described<'e>>) {
    let event: &Event = &recorded.event;
    let mut last: Option<TaskKey> = None;
    for own in &event.body {
        let Part::Open { name, value, .. } = own else {
            last = None;
            continue;
        };
        match name.as_str() {
            part::TASK => {
                last = task(value).map(|(key, status, document)| {
                    let reason = None;
                    let by = recorded;
                    described.insert(
                        key.clone(),
                        Described {
                            status,
                            document,
                            reason,
                            by,
                        },
                    );
                    key
                });
            }
            part::ID | part::TITLE => {}
            part::REASON => {
                let task = last.as_ref().and_then(|key| described.get_mut(key));
                if let Some(task) = task {
                    task.reason = value.as_str();
                }
            }
            _ => last = None,
        }
    }
}

/// A task's key, its status by its primary line, and its document.
fn task(value: &Value) -> Option<(TaskKey, Status, DocumentId)> {
    let status = value.get("at")?.get(0)?.get(1)?.as_str()?;
    Some((
        key_of(value.get("key")?)?,
        status.parse().ok()?,
        DocumentId::new(value.get("doc")?.as_str()?).ok()?,
    ))
}

fn key_of(value: &Value) -> Option<TaskKey> {
    TaskKey::new(value.as_str()?).ok()
}

const fn kind(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Human => "human",
        ActorKind::Agent => "agent",
        ActorKind::Program => "program",
        ActorKind::Unknown => "unknown",
    }
}

/// A time of a life.
fn time(millis: i64) -> Option<Time> {
    Time::from_millis(millis)
}
