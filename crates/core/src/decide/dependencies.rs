//! Which task waits for which.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ledger_document::Outline;
use ledger_document::outline::{Entry, Field};
use ledger_document::vocabulary::{Role, role};

use super::transaction::{Outlines, Transaction};
use crate::id::{DocumentId, TaskKey};
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

fn among(plan: &Plan, outline: impl Fn(&PlanDocument) -> Arc<Outline>) -> Vec<Dependency> {
    let outlines: Outlines = plan
        .documents()
        .map(|document| (document.id.clone(), outline(document)))
        .collect();
    let meanings = Meanings::read(plan, &outlines);
    let mut found = Vec::new();
    for document in plan.documents() {
        let Some(outline) = outlines.get(&document.id) else {
            continue;
        };
        for (key, group) in written(plan, &document.id, outline) {
            let on = meanings.awaited(key, outline, group).into_iter();
            found.extend(on.map(|on| Dependency {
                task: key.clone(),
                on: on.clone(),
            }));
        }
    }
    found
}

/// The tasks of a document in the order in which its outline has them.
fn written<'p>(
    plan: &'p Plan,
    id: &DocumentId,
    outline: &Outline,
) -> impl Iterator<Item = (&'p TaskKey, usize)> {
    let keys: BTreeMap<usize, &TaskKey> = plan
        .tasks_of(id)
        .iter()
        .map(|task| (task.line(), &task.key))
        .collect();
    (0..outline.tasks.len()).filter_map(move |group| {
        let line = agree::primary(outline, group)?.lines.start;
        Some((*keys.get(&line)?, group))
    })
}

/// What the words of dependency fields stand for: tasks, by whatever they are known by.
#[derive(Debug)]
pub(crate) struct Meanings<K = TaskKey> {
    by_id: HashMap<String, Vec<K>>,
    /// The tasks whose titles have a word, each with the title of its section.
    named: HashMap<String, Vec<(K, Option<String>)>>,
}

impl Meanings {
    /// Reads them from what the documents of a plan say.
    pub(crate) fn read(plan: &Plan, outlines: &Outlines) -> Self {
        let mut meanings = Self::new();
        for document in plan.documents() {
            let Some(outline) = outlines.get(&document.id) else {
                continue;
            };
            for (key, group) in written(plan, &document.id, outline) {
                meanings.add(key, outline, group);
            }
        }
        meanings
    }

    /// Whether a task of an outline says at all what it waits for.
    pub(crate) fn has_any(outline: &Outline, group: usize) -> bool {
        let entry = agree::primary(outline, group);
        entry.is_some_and(|entry| entry.fields.iter().any(waits))
    }
}

impl<K: Clone + PartialEq> Meanings<K> {
    /// No words mean anything yet.
    pub(crate) fn new() -> Self {
        Self {
            by_id: HashMap::new(),
            named: HashMap::new(),
        }
    }

    /// Adds what stands for a task of an outline.
    pub(crate) fn add(&mut self, key: &K, outline: &Outline, group: usize) {
        let Some(entry) = agree::primary(outline, group) else {
            return;
        };
        if let Some(id) = &entry.id {
            let same = self.by_id.entry(id.text.clone()).or_default();
            same.push(key.clone());
        }
        for word in words(&entry.title.text).filter(|word| looks_like_id(word)) {
            let named = self.named.entry(word.to_owned()).or_default();
            let section = section_of(outline, entry).map(str::to_owned);
            named.push((key.clone(), section));
        }
    }

    /// The tasks that texts surely mean: those with one of the written ids in them, else those that
    /// one of their words names alone. What stands in brackets tells why, and is no dependency.
    pub(crate) fn surely<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Vec<&K> {
        let texts: Vec<String> = texts.map(unbracketed).collect();
        let words: Vec<&str> = texts.iter().flat_map(|text| words(text)).collect();
        let only = |word: &&str| match self.by_id.get(*word).map(Vec::as_slice) {
            Some([key]) => Some(key),
            _ => None,
        };
        let mut found: Vec<&K> = words.iter().filter_map(only).collect();
        if found.is_empty() && !words.iter().any(|word| self.by_id.contains_key(*word)) {
            let named = |word: &&str| match self.named.get(*word).map(Vec::as_slice) {
                Some([(key, _)]) => Some(key),
                _ => None,
            };
            found.extend(words.iter().filter_map(named));
        }
        found
    }

    /// Whether a word stands for any task.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.by_id.contains_key(word) || self.named.contains_key(word)
    }

    /// The tasks that a task of an outline waits for, by its own fields.
    pub(crate) fn awaited(&self, key: &K, outline: &Outline, group: usize) -> Vec<&K> {
        let mut found: Vec<&K> = Vec::new();
        let Some(entry) = agree::primary(outline, group) else {
            return found;
        };
        let section = section_of(outline, entry);
        let fields = entry.fields.iter().filter(|field| waits(field));
        let texts = fields.flat_map(|field| {
            let items = field.items.iter().map(|item| item.text.as_str());
            std::iter::once(field.value.text.as_str()).chain(items)
        });
        for word in texts.flat_map(words) {
            let on: Vec<&K> = match (self.by_id.get(word), self.named.get(word)) {
                (Some(keys), _) => keys.iter().collect(),
                (None, Some(all)) => nearest(all, section),
                (None, None) => continue,
            };
            for on in on {
                if on != key && !found.contains(&on) {
                    found.push(on);
                }
            }
        }
        found
    }
}

/// A text without what stands in brackets.
pub(crate) fn unbracketed(text: &str) -> String {
    let mut depth = 0_usize;
    let mut rest = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => {
                depth = depth.saturating_sub(1);
                rest.push(' ');
            }
            c if depth == 0 => rest.push(c),
            _ => {}
        }
    }
    rest
}

/// Whether a field says what its task waits for.
pub(crate) fn waits(field: &Field) -> bool {
    role(&field.label) == Some(Role::Dependencies)
}

fn section_of<'o>(outline: &'o Outline, entry: &Entry) -> Option<&'o str> {
    let section = outline.sections.get(entry.section?)?;
    Some(section.title.text.as_str())
}

fn nearest<'a, K>(all: &'a [(K, Option<String>)], section: Option<&str>) -> Vec<&'a K> {
    let here: Vec<&K> = all
        .iter()
        .filter(|(_, own)| own.as_deref() == section)
        .map(|(key, _)| key)
        .collect();
    if here.is_empty() {
        all.iter().map(|(key, _)| key).collect()
    } else {
        here
    }
}

pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '/')))
        .map(|word| word.trim_matches(['.', '-', '/', '_']))
        .filter(|word| !word.is_empty())
}

pub(crate) fn looks_like_id(word: &str) -> bool {
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
