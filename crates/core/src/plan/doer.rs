//! Who has which task in progress.

use serde::{Deserialize, Serialize};

use super::Plan;
use crate::batch::Batch;
use crate::event::{Actor, ActorKind};
use crate::id::TaskKey;

/// Who began a task that is in progress, as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doer {
    /// What sort of actor.
    pub kind: ActorKind,
    /// Its name.
    pub id: String,
    /// Its session.
    pub session: Option<String>,
}

impl Doer {
    /// An actor, whatever the tool.
    #[must_use]
    pub fn of(actor: &Actor) -> Self {
        Self {
            kind: actor.kind,
            id: actor.id.clone(),
            session: actor.session.clone(),
        }
    }

    /// Whether both are the same, as far as that is known: of somebody without a session nobody
    /// knows in which it was.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let same_session = match (&self.session, &other.session) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        self.id == other.id && self.kind == other.kind && same_session
    }
}

impl Plan {
    /// Who has a task in progress, if somebody said so.
    #[must_use]
    pub fn doer(&self, key: &TaskKey) -> Option<&Doer> {
        self.doers.get(key)
    }

    /// Takes in who a batch says is at work; its tasks are as it leaves them
    /// (ledger-format.md §8.1).
    pub(super) fn take_doers(&mut self, batch: &Batch) {
        let mut moved = Vec::new();
        for recorded in batch.events() {
            let header = &recorded.event.header;
            if let ("task.rekeyed", Some(key), Some(from)) =
                (header.kind.as_str(), &header.task, &header.from)
                && let Ok(from) = TaskKey::new(from.as_str())
                && let Some(doer) = self.doers.remove(&from)
            {
                moved.push((key.clone(), doer));
            }
        }
        self.doers.extend(moved);
        for recorded in batch.events() {
            let header = &recorded.event.header;
            let (Some(key), Some("in_progress")) = (&header.task, header.to.as_deref()) else {
                continue;
            };
            match header.actor.kind {
                // Nobody claims it.
                ActorKind::Unknown if header.actor.id == "unknown" => {
                    self.doers.remove(key);
                }
                _ => {
                    self.doers.insert(key.clone(), Doer::of(&header.actor));
                }
            }
        }
        let tasks = &self.tasks;
        self.doers.retain(|key, _| {
            let task = tasks.get(key);
            task.is_some_and(|task| task.status() == ledger_document::Status::InProgress)
        });
    }
}
