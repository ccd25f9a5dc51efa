//! Which event last changed what of a task: its id, its title, its status, a field.
//!
//! A line says less: a change of status writes a whole row of a table anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fold::Projection;
use crate::batch::{Batch, Recorded, Verified};
use crate::event::Event;
use crate::id::{Seq, TaskKey};
use crate::plan::Diverged;
use crate::plan::evolve::{diverged, known};
use crate::plan::wire::part;

/// The events that last changed a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// The one that brought it.
    pub came: Seq,
    /// Its written id.
    pub id: Seq,
    /// Its title.
    pub title: Seq,
    /// Its status.
    pub status: Seq,
    /// The last time that it was begun.
    pub begun: Seq,
    /// The last time that it was completed, or open again after that.
    pub finished: Seq,
    fields: BTreeMap<String, Seq>,
}

impl Touched {
    const fn new(came: Seq) -> Self {
        Self {
            came,
            id: came,
            title: came,
            status: came,
            begun: came,
            finished: came,
            fields: BTreeMap::new(),
        }
    }

    /// A field, by its label; one that nothing changed came with the task.
    #[must_use]
    pub fn field(&self, label: &str) -> Seq {
        let own = self.fields.get(&label.to_lowercase());
        own.copied().unwrap_or(self.came)
    }

    fn take(&mut self, recorded: &Recorded) {
        let (event, seq) = (&recorded.event, recorded.seq);
        match event.header.kind.as_str() {
            "task.retitled" => self.title = seq,
            "task.rekeyed" => self.id = seq,
            "task.started" | "task.completed" | "task.blocked" | "task.unblocked"
            | "task.reopened" | "task.flagged" | "task.cancelled" => self.status = seq,
            _ => {}
        }
        match event.header.kind.as_str() {
            "task.started" => self.begun = seq,
            "task.completed" | "task.reopened" => self.finished = seq,
            _ => {}
        }
        for label in event.values(part::LABEL).filter_map(|label| label.as_str()) {
            self.fields.insert(label.to_lowercase(), seq);
        }
    }
}

/// Of all tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Shared by copies until one of them is edited.
    tasks: BTreeMap<TaskKey, Arc<Touched>>,
}

impl Changed {
    /// Of a task that the plan holds.
    #[must_use]
    pub fn task(&self, key: &TaskKey) -> Option<&Touched> {
        self.tasks.get(key).map(|touched| &**touched)
    }

    /// Tasks that got another key; all of a batch at once, since keys are handed on along chains.
    fn rekey(&mut self, batch: &Batch) {
        let mut renamed = Vec::new();
        for recorded in batch.events() {
            let header = &recorded.event.header;
            if let ("task.rekeyed", Some(key), Some(from)) =
                (header.kind.as_str(), &header.task, &header.from)
                && let Ok(from) = TaskKey::new(from.as_str())
                && let Some(touched) = self.tasks.remove(&from)
            {
                renamed.push((key.clone(), touched));
            }
        }
        self.tasks.extend(renamed);
    }

    fn apply(&mut self, recorded: &Recorded) {
        for key in described(&recorded.event) {
            let came = || Arc::new(Touched::new(recorded.seq));
            self.tasks.entry(key).or_insert_with(came);
        }
        let header = &recorded.event.header;
        let Some(key) = &header.task else { return };
        if matches!(header.kind.as_str(), "task.added" | "task.restored") {
            let came = Arc::new(Touched::new(recorded.seq));
            self.tasks.insert(key.clone(), came);
        }
        if let Some(touched) = self.tasks.get_mut(key) {
            Arc::make_mut(touched).take(recorded);
        }
    }
}

impl Projection for Changed {
    fn take(&mut self, batch: &Verified<Batch>, _: Option<&Self>) -> Result<(), Diverged> {
        for recorded in batch.events() {
            known(&recorded.event.header).map_err(|why| diverged(recorded, why))?;
            for gone in recorded.event.values(part::GONE) {
                if let Some(key) = gone.as_str().and_then(|key| TaskKey::new(key).ok()) {
                    self.tasks.remove(&key);
                }
            }
        }
        self.rekey(batch);
        batch
            .events()
            .iter()
            .for_each(|recorded| self.apply(recorded));
        Ok(())
    }
}

/// The tasks that an event describes as they are after its batch.
fn described(event: &Event) -> impl Iterator<Item = TaskKey> {
    let tasks = event.values(part::TASK);
    tasks.filter_map(|task| TaskKey::new(task.get("key")?.as_str()?).ok())
}
