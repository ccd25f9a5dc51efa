//! Which task waits for which.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use ledger_document::Outline;
use ledger_document::edit::says_none;
use ledger_document::outline::{Entry, Field};
use ledger_document::vocabulary::{Role, role};

use super::families::Families;
use super::transaction::{Outlines, Transaction};
use crate::id::{DocumentId, TaskKey};
use crate::plan::{Plan, agree};

/// A task that waits for another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The task that waits.
    pub task: TaskKey,
    /// The task it waits for.
    pub on: TaskKey,
}

/// What dependency fields (`Dependencies`, `Depends on`, …) say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// Which task waits for which, in order.
    pub waits: Vec<Dependency>,
    /// Tasks that say that they wait for themselves.
    pub on_itself: Vec<TaskKey>,
    /// Ids that tasks wait for and that none has ever had, as far as that is known.
    pub unknown: Vec<(TaskKey, String)>,
}

/// Which task waits for which, in order; see [`Dependencies::of`].
#[must_use]
pub fn dependencies(plan: &Plan) -> Vec<Dependency> {
    Dependencies::of(plan).waits
}

impl Dependencies {
    /// Reads those of a plan.
    ///
    /// A word of such a field stands for the task with that written id; else, if it looks like an
    /// id, for the tasks whose titles name it, those of the same section where there are any. Where
    /// there are some in the same document, those of other documents are not meant. What stands in
    /// brackets tells why, unless nothing outside of them says what is waited for.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let outlines: Outlines = plan
            .documents()
            .map(|document| (document.id.clone(), Arc::new(document.outline())))
            .collect();
        let meanings = Meanings::read(plan, &outlines);
        let ids = plan.tasks().values().filter_map(|task| task.id.as_deref());
        let families = outlines
            .values()
            .fold(Families::of(ids), |known, own| known.beside(own));
        let had = |word: &str| plan.may_have_had(word);
        let mut found = Self::default();
        for document in plan.documents() {
            let Some(outline) = outlines.get(&document.id) else {
                continue;
            };
            for (key, group) in written(plan, &document.id, outline) {
                let on = meanings.awaited(key, outline, group).into_iter();
                found.waits.extend(on.map(|on| Dependency {
                    task: key.clone(),
                    on: on.clone(),
                }));
                let own = agree::primary(outline, group).and_then(|entry| entry.id.as_ref());
                for text in meanings.telling(outline, group) {
                    if words(&text).any(|word| own.is_some_and(|own| own.text == word))
                        && found.on_itself.last() != Some(key)
                    {
                        found.on_itself.push(key.clone());
                    }
                    let unknown = words(&text).filter(|word| {
                        !meanings.knows(word) && families.lack(word, &text, Some(&had))
                    });
                    found
                        .unknown
                        .extend(unknown.map(|word| (key.clone(), word.to_owned())));
                }
            }
        }
        found
    }
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
    /// The number of the document that is read, and of each task's.
    document: usize,
    documents: HashMap<K, usize>,
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
            meanings.document += 1;
        }
        meanings
    }

    /// Whether a task of an outline says at all what it waits for.
    pub(crate) fn has_any(outline: &Outline, group: usize) -> bool {
        let entry = agree::primary(outline, group);
        entry.is_some_and(|entry| entry.fields.iter().any(waits))
    }
}

impl<K: Clone + Eq + Hash> Meanings<K> {
    /// No words mean anything yet.
    pub(crate) fn new() -> Self {
        Self {
            document: 0,
            documents: HashMap::new(),
            by_id: HashMap::new(),
            named: HashMap::new(),
        }
    }

    /// Adds what stands for a task of an outline.
    pub(crate) fn add(&mut self, key: &K, outline: &Outline, group: usize) {
        let Some(entry) = agree::primary(outline, group) else {
            return;
        };
        self.documents.insert(key.clone(), self.document);
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
        let texts: Vec<String> = texts.map(|text| unbracketed(&meant(text))).collect();
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

    /// The tasks that have this written id.
    pub(crate) fn with_id(&self, id: &str) -> &[K] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whether a word stands for any task.
    pub(crate) fn knows(&self, word: &str) -> bool {
        self.by_id.contains_key(word) || self.named.contains_key(word)
    }

    /// As much of a text as says what is waited for: `T-1 (once T-2 agrees)` waits for T-1 alone,
    /// `the base (T-1)` for T-1, and `none, T-1 stands beside it` for nothing.
    pub(crate) fn outside<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let text = meant(text);
        if !text.contains(['(', '（']) {
            return text;
        }
        let outside = unbracketed(&text);
        let is_id = |word| looks_like_id(word) || self.by_id.contains_key(word);
        let says_what = words(&outside).any(is_id);
        if says_what { Cow::Owned(outside) } else { text }
    }

    /// The texts that say what a task of an outline waits for.
    fn telling<'o>(&self, outline: &'o Outline, group: usize) -> Vec<Cow<'o, str>> {
        let fields = agree::primary(outline, group).map_or(&[][..], |entry| &entry.fields);
        let fields = fields.iter().filter(|field| waits(field));
        let texts = fields.flat_map(|field| {
            let items = field.items.iter().map(|item| item.text.as_str());
            std::iter::once(field.value.text.as_str()).chain(items)
        });
        texts.map(|text| self.outside(text)).collect()
    }

    /// The tasks that a task of an outline waits for, by its own fields.
    pub(crate) fn awaited(&self, key: &K, outline: &Outline, group: usize) -> Vec<&K> {
        let mut found: Vec<&K> = Vec::new();
        let Some(entry) = agree::primary(outline, group) else {
            return found;
        };
        let section = section_of(outline, entry);
        let document = self.documents.get(key);
        let is_here = |on: &&K| self.documents.get(*on) == document;
        let texts = self.telling(outline, group);
        for word in texts.iter().flat_map(|text| words(text)) {
            let on: Vec<&K> = match (self.by_id.get(word), self.named.get(word)) {
                (Some(keys), _) => keys.iter().collect(),
                (None, Some(all)) => nearest(all, section, |own| is_here(&own)),
                (None, None) => continue,
            };
            let any_here = on.iter().any(is_here);
            for on in on.into_iter().filter(|on| !any_here || is_here(on)) {
                if on != key && !found.contains(&on) {
                    found.push(on);
                }
            }
        }
        found
    }
}

/// As much of a text as is meant: nothing behind a word for none, nothing struck out, and no link
/// that leads out of the project, to the tasks of somebody else.
fn meant(text: &str) -> Cow<'_, str> {
    if says_none(text) {
        return Cow::Borrowed("");
    }
    if !text.contains("~~") && !text.contains("://") {
        return Cow::Borrowed(text);
    }
    // Every other piece is struck out; one that does not end is not.
    let pieces: Vec<&str> = text.split("~~").collect();
    let is_kept = |at: usize| at.is_multiple_of(2) || at + 1 == pieces.len();
    let kept = pieces.iter().enumerate().filter(|(at, _)| is_kept(*at));
    let kept: Vec<&str> = kept.map(|(_, piece)| *piece).collect();
    Cow::Owned(unlinked(&kept.join(" ")))
}

/// A text without the links in it that lead to an address.
fn unlinked(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("](") {
        let Some((target, after)) = behind.split_once(')') else {
            break;
        };
        match before.rfind('[').filter(|_| target.contains("://")) {
            Some(open) => left.push_str(before.get(..open).unwrap_or_default()),
            None => {
                for piece in [before, "](", target, ")"] {
                    left.push_str(piece);
                }
            }
        }
        rest = after;
    }
    left + rest
}

/// A text without what stands in brackets.
fn unbracketed(text: &str) -> String {
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

/// Those of the section that is asked for in the same document, else all.
fn nearest<'a, K>(
    all: &'a [(K, Option<String>)],
    section: Option<&str>,
    is_here: impl Fn(&K) -> bool,
) -> Vec<&'a K> {
    let here: Vec<&K> = all
        .iter()
        .filter(|(key, own)| own.as_deref() == section && is_here(key))
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

/// Letters and digits together; but `v2` is a version of something.
pub(crate) fn looks_like_id(word: &str) -> bool {
    let version = word.strip_prefix('v').unwrap_or_default();
    if !version.is_empty() && version.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return false;
    }
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
