//! Which task waits for which.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger_document::Outline;
use ledger_document::vocabulary::{Role, role};

use super::transaction::Transaction;
use crate::id::TaskKey;
use crate::plan::{Plan, PlanDocument, agree};

/// A task that waits for another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The task that waits.
    pub task: TaskKey,
    /// The task it waits for.
    pub on: TaskKey,
}

/// What the plan's dependency fields (`Dependencies`, `Depends on`, …) say, in order.
///
/// A word of such a field stands for the task with that written id; else, if it looks like an
/// id, for the tasks whose titles name it, those of the same section where there are any.
#[must_use]
pub fn dependencies(plan: &Plan) -> Vec<Dependency> {
    among(plan, |document| Arc::new(document.outline()))
}

/// [`dependencies`], given what documents say.
pub(super) fn among(
    plan: &Plan,
    outline: impl Fn(&PlanDocument) -> Arc<Outline>,
) -> Vec<Dependency> {
    let outlines: Vec<(&PlanDocument, Arc<Outline>)> = plan
        .documents()
        .map(|document| (document, outline(document)))
        .collect();
    let mut by_id: BTreeMap<&str, Vec<&TaskKey>> = BTreeMap::new();
    let mut named: BTreeMap<&str, Vec<(&TaskKey, Option<&str>)>> = BTreeMap::new();
    let mut fields = Vec::new();
    for (document, outline) in &outlines {
        let keys: BTreeMap<usize, &TaskKey> = plan
            .tasks_of(&document.id)
            .iter()
            .map(|task| (task.line(), &task.key))
            .collect();
        for group in 0..outline.tasks.len() {
            let Some(entry) = agree::primary(outline, group) else {
                continue;
            };
            let Some(&key) = keys.get(&entry.lines.start) else {
                continue;
            };
            let section = entry
                .section
                .and_then(|section| outline.sections.get(section))
                .map(|section| section.title.text.as_str());
            if let Some(id) = &entry.id {
                by_id.entry(&id.text).or_default().push(key);
            }
            for word in words(&entry.title.text).filter(|word| looks_like_id(word)) {
                named.entry(word).or_default().push((key, section));
            }
            for field in entry
                .fields
                .iter()
                .filter(|field| role(&field.label) == Some(Role::Dependencies))
            {
                let items = field.items.iter().map(|item| item.text.as_str());
                for text in std::iter::once(field.value.text.as_str()).chain(items) {
                    fields.push((key, section, text));
                }
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (task, section, text) in fields {
        for word in words(text) {
            let on: Vec<&TaskKey> = match by_id.get(word) {
                Some(keys) => keys.clone(),
                None => named
                    .get(word)
                    .map_or_else(Vec::new, |all| nearest(all, section)),
            };
            for on in on.into_iter().filter(|on| *on != task) {
                let dependency = Dependency {
                    task: task.clone(),
                    on: on.clone(),
                };
                if seen.insert(dependency.clone()) {
                    found.push(dependency);
                }
            }
        }
    }
    found
}

fn nearest<'a>(all: &[(&'a TaskKey, Option<&str>)], section: Option<&str>) -> Vec<&'a TaskKey> {
    let here: Vec<&TaskKey> = all
        .iter()
        .filter(|(_, own)| *own == section)
        .map(|(key, _)| *key)
        .collect();
    if here.is_empty() {
        all.iter().map(|(key, _)| *key).collect()
    } else {
        here
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '/')))
        .map(|word| word.trim_matches(['.', '-', '/', '_']))
        .filter(|word| !word.is_empty())
}

fn looks_like_id(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit()) && word.contains(char::is_alphabetic)
}

/// The ring that would close if `task` waited for `on`: `task`, then each that the one before
/// waits for.
pub(super) fn cycle(tx: &Transaction<'_>, task: &TaskKey, on: &TaskKey) -> Option<Vec<TaskKey>> {
    if task == on {
        return Some(vec![task.clone()]);
    }
    let mut waits: BTreeMap<TaskKey, Vec<TaskKey>> = BTreeMap::new();
    for dependency in dependencies(tx.plan()) {
        waits
            .entry(dependency.task)
            .or_default()
            .push(dependency.on);
    }
    let mut came_from: BTreeMap<&TaskKey, &TaskKey> = BTreeMap::new();
    let mut open = vec![on];
    while let Some(at) = open.pop() {
        if at == task {
            let mut ring = vec![];
            let mut step = at;
            while step != on {
                step = came_from.get(step)?;
                ring.push(step.clone());
            }
            ring.push(task.clone());
            ring.reverse();
            return Some(ring);
        }
        for next in waits.get(at).into_iter().flatten() {
            if next != on && !came_from.contains_key(next) {
                came_from.insert(next, at);
                open.push(next);
            }
        }
    }
    None
}
