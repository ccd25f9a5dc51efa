//! What can be started now, and what the rest waits for.

use std::collections::{BTreeMap, BTreeSet};

use ledger_document::Status;

use crate::decide::dependencies;
use crate::id::TaskKey;
use crate::plan::{Plan, Task};

/// An open task and what it waits for.
#[derive(Debug, Clone)]
pub struct Readiness<'a> {
    /// The task.
    pub task: &'a Task,
    /// The tasks it waits for that are not completed; empty if it can be started or went on
    /// with.
    pub waits_for: Vec<&'a Task>,
}

impl Readiness<'_> {
    /// Whether nothing keeps it from being worked on.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.waits_for.is_empty() && self.task.status() != Status::Blocked
    }
}

/// All open tasks in the plan's order, each with what it waits for. Those that hold other open or
/// finished tasks come last: they are worked on by what they hold.
#[must_use]
pub fn next(plan: &Plan) -> Vec<Readiness<'_>> {
    let mut waits: BTreeMap<TaskKey, Vec<&Task>> = BTreeMap::new();
    for dependency in dependencies(plan) {
        if let Some(on) = plan.task(&dependency.on)
            && !on.status().is_closed()
        {
            waits.entry(dependency.task).or_default().push(on);
        }
    }
    let holders = holders(plan);
    let mut open: Vec<Readiness<'_>> = plan
        .tasks_in_order()
        .into_iter()
        .filter(|task| !task.status().is_closed())
        .map(|task| Readiness {
            task,
            waits_for: waits.remove(&task.key).unwrap_or_default(),
        })
        .collect();
    open.sort_by_key(|own| holders.contains(&own.task.key));
    open
}

/// The tasks in which others stand.
fn holders(plan: &Plan) -> BTreeSet<&TaskKey> {
    let mut holders = BTreeSet::new();
    for document in plan.documents() {
        let outline = document.outline();
        let own = plan.tasks_of(&document.id);
        let groups: BTreeMap<usize, &TaskKey> = (own.into_iter())
            .filter_map(|task| Some((Plan::place(task, &outline)?, &task.key)))
            .collect();
        let of_entry: BTreeMap<usize, usize> = (outline.tasks.iter().enumerate())
            .flat_map(|(group, entries)| entries.iter().map(move |entry| (*entry, group)))
            .collect();
        let parents = outline.entries.iter().filter_map(|entry| entry.parent);
        let held = parents.filter_map(|parent| groups.get(of_entry.get(&parent)?));
        holders.extend(held.copied());
    }
    holders
}
