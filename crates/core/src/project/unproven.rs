//! Completions that nothing speaks for.

use std::collections::BTreeMap;

use ledger_document::Status;

use super::{Entry, Filter};
use crate::batch::Batch;
use crate::id::TaskKey;
use crate::plan::Plan;

/// The latest completion of each task, by the key that the task has now.
#[derive(Debug, Clone)]
pub struct Completions<'f> {
    filter: &'f Filter,
    /// `None` where the filter does not admit it.
    latest: BTreeMap<TaskKey, Option<Entry>>,
}

impl<'f> Completions<'f> {
    /// Begins with an empty history; `filter`: which completions are asked for.
    #[must_use]
    pub const fn new(filter: &'f Filter) -> Self {
        Self {
            filter,
            latest: BTreeMap::new(),
        }
    }

    /// Takes in the next batch of a history.
    pub fn take(&mut self, batch: &Batch) {
        let mut renamed = Vec::new();
        for recorded in batch.events() {
            let header = &recorded.event.header;
            let Some(task) = &header.task else { continue };
            let is_completed =
                |status: &Option<String>| status.as_deref() == Some(Status::Completed.name());
            if header.kind == "task.rekeyed" {
                let was = header
                    .from
                    .as_deref()
                    .and_then(|was| TaskKey::new(was).ok());
                let entry = was.and_then(|was| self.latest.remove(&was));
                renamed.extend(entry.map(|entry| (task.clone(), entry)));
            } else if is_completed(&header.to) && !is_completed(&header.from) {
                let admitted = self.filter.admits(recorded);
                let entry = admitted.then(|| Entry::of(recorded));
                self.latest.insert(task.clone(), entry);
            }
        }
        self.latest.extend(renamed);
    }

    /// Those that still stand in the plan at the end of the history, and have no evidence; in
    /// order. `asked`: whether a task's is asked for.
    #[must_use]
    pub fn unproven(self, plan: &Plan, asked: &dyn Fn(&TaskKey) -> bool) -> Vec<Entry> {
        let stands = |key: &TaskKey| {
            let completed = |status| status == Status::Completed;
            plan.task(key).is_some_and(|task| completed(task.status())) && !plan.is_proven(key)
        };
        let entries = self.latest.into_iter();
        let entries = entries.filter(|(key, _)| asked(key) && stands(key));
        let mut entries: Vec<Entry> = entries.filter_map(|(_, entry)| entry).collect();
        entries.sort_by_key(|entry| entry.seq);
        entries
    }
}
