//! What became of tasks from one moment to a later one that the plans at both do not say: a key may
//! stand for another task at each.

use std::collections::BTreeMap;

use ledger_document::Status;

use crate::batch::Batch;
use crate::event::Event;
use crate::id::TaskKey;
use crate::plan::wire::part;

/// Which tasks of two moments are the same. Unless more is said of a key, it is of the same task at
/// both.
///
/// Keys change in a batch as in the fold of the plan: tasks leave under the key they had before it,
/// then those that stay get their new keys all at once, then others come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Between {
    /// What tasks are called later, by what they are called earlier; `None`: they are not there.
    later: BTreeMap<TaskKey, Option<TaskKey>>,
    /// Who has a key now, by what they are called earlier; `None`: a task that came since, or none.
    holders: BTreeMap<TaskKey, Option<TaskKey>>,
    /// Who left with a key, the latest last, likewise.
    gone: BTreeMap<TaskKey, Vec<Option<TaskKey>>>,
    /// What tasks said when they were removed, by what they are called earlier.
    left: BTreeMap<TaskKey, Status>,
}

impl Between {
    /// Takes in the next batch after the earlier moment.
    pub fn take(&mut self, batch: &Batch) {
        let events = || batch.events().iter().map(|recorded| &recorded.event);
        for event in events() {
            if let ("task.removed", Some(key)) = (&*event.header.kind, &event.header.task) {
                self.leave(key, event);
            }
        }
        let renamed = |event: &Event| {
            let from = event.header.from.as_deref();
            let from = from.filter(|_| event.header.kind == "task.rekeyed")?;
            Some((TaskKey::new(from).ok()?, event.header.task.clone()?))
        };
        let renamed: Vec<(TaskKey, TaskKey)> = events().filter_map(renamed).collect();
        let renamed: Vec<(Option<TaskKey>, TaskKey)> = (renamed.into_iter())
            .map(|(from, to)| (self.holders.insert(from.clone(), None), from, to))
            .map(|(known, from, to)| (known.unwrap_or(Some(from)), to))
            .collect();
        for (task, key) in renamed {
            self.get(task, key);
        }
        for event in events() {
            let Some(key) = &event.header.task else {
                continue;
            };
            match &*event.header.kind {
                "task.added" => self.get(None, key.clone()),
                "task.restored" => {
                    let was = event.text(part::WAS).and_then(|was| TaskKey::new(was).ok());
                    let left = was.and_then(|was| self.gone.get_mut(&was)?.pop());
                    self.get(left.flatten(), key.clone());
                }
                _ => {}
            }
        }
    }

    fn leave(&mut self, key: &TaskKey, event: &Event) {
        let holder = self.holders.insert(key.clone(), None);
        let holder = holder.unwrap_or_else(|| Some(key.clone()));
        self.gone
            .entry(key.clone())
            .or_default()
            .push(holder.clone());
        let Some(task) = holder else { return };
        if let Some(Ok(status)) = event.header.from.as_deref().map(str::parse) {
            self.left.insert(task.clone(), status);
        }
        self.later.insert(task, None);
    }

    /// A task has the key from now on.
    fn get(&mut self, task: Option<TaskKey>, key: TaskKey) {
        if let Some(task) = &task {
            self.later.insert(task.clone(), Some(key.clone()));
            self.left.remove(task);
        }
        self.holders.insert(key, task);
    }

    /// The same from the later moment's side.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            later: self.holders,
            // Seen from there none was ever removed.
            ..Self::default()
        }
    }

    /// What a task of the earlier moment is called at the later one; `None` if it is not there.
    pub(super) fn now<'k>(&'k self, was: &'k TaskKey) -> Option<&'k TaskKey> {
        self.later.get(was).map_or(Some(was), Option::as_ref)
    }

    /// What a task of the earlier moment said when it was removed.
    pub(super) fn last(&self, was: &TaskKey) -> Option<Status> {
        self.left.get(was).copied()
    }
}
