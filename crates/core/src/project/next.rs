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
    /// How many tasks stand in it.
    pub parts: usize,
    /// How many of those are open.
    pub open_parts: usize,
}

impl Readiness<'_> {
    /// Whether nothing keeps it from being worked on.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.waits_for.is_empty() && self.task.status() != Status::Blocked
    }
}

/// All open tasks in the plan's order, each with what it waits for. Those that hold others come
/// last: they are worked on by what they hold.
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
    let parts = parts(plan);
    let mut open: Vec<Readiness<'_>> = plan
        .tasks_in_order()
        .into_iter()
        .filter(|task| !task.status().is_closed())
        .map(|task| {
            let own = parts.get(&task.key).map_or(&[][..], Vec::as_slice);
            let open = own.iter().filter(|part| !part.status().is_closed());
            Readiness {
                task,
                waits_for: waits.remove(&task.key).unwrap_or_default(),
                parts: own.len(),
                open_parts: open.count(),
            }
        })
        .collect();
    open.sort_by_key(|own| own.parts > 0);
    open
}

/// The tasks that stand in others, directly, by what holds them.
fn parts(plan: &Plan) -> BTreeMap<&TaskKey, Vec<&Task>> {
    let mut parts: BTreeMap<&TaskKey, Vec<&Task>> = BTreeMap::new();
    for document in plan.documents() {
        let outline = document.outline();
        let own = plan.tasks_of(&document.id);
        let groups: BTreeMap<usize, &Task> = (own.into_iter())
            .filter_map(|task| Some((Plan::place(task, &outline)?, task)))
            .collect();
        let of_entry: BTreeMap<usize, usize> = (outline.tasks.iter().enumerate())
            .flat_map(|(group, entries)| entries.iter().map(move |entry| (*entry, group)))
            .collect();
        for (group, task) in &groups {
            let entries = outline.tasks.get(*group).into_iter().flatten();
            // What a further writing stands in counts too, and once.
            let parents: BTreeSet<usize> = entries
                .filter_map(|entry| outline.entries.get(*entry)?.parent)
                .filter_map(|parent| of_entry.get(&parent).copied())
                .filter(|parent| parent != group)
                .collect();
            for holder in parents.iter().filter_map(|parent| groups.get(parent)) {
                parts.entry(&holder.key).or_default().push(task);
            }
        }
    }
    parts
}
