//! Which entries are one task written several times.

use std::collections::HashMap;

use crate::outline::{Entry, Form};
use crate::similarity;

use crate::vocabulary as words;

/// Tasks under one id that a further entry is compared with; an id used for more tasks than
/// this is no id any more, and comparing with all of them would take quadratic time.
const MOST_RIVALS: usize = 16;

/// Entries grouped into tasks, each with its primary entry first, in order of the primaries.
pub(super) fn tasks<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Vec<Vec<usize>> {
    let entries: Vec<&Entry> = entries.into_iter().collect();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let rivals = by_key.entry(key(entry)).or_default();
        let same = rivals
            .iter()
            .rev()
            .take(MOST_RIVALS)
            .copied()
            .find(|&group| {
                groups
                    .get(group)
                    .and_then(|group| group.first())
                    .and_then(|&first| entries.get(first))
                    .is_some_and(|first| is_same(first, entry))
            });
        match same.and_then(|group| groups.get_mut(group)) {
            Some(group) => group.push(index),
            None => {
                rivals.push(groups.len());
                groups.push(vec![index]);
            }
        }
    }
    for group in &mut groups {
        let full = group
            .iter()
            .position(|&entry| entries.get(entry).is_some_and(|entry| is_full(entry)));
        if let Some(at) = full {
            let primary = group.remove(at);
            group.insert(0, primary);
        }
    }
    groups.sort_by_key(|group| group.first().copied());
    groups
}

/// Whether an entry in the place of another leaves the groups as they are.
pub(super) fn are_alike(a: &Entry, b: &Entry) -> bool {
    let ids = [a, b].map(|entry| entry.id.as_ref().map(|id| id.text.as_str()));
    a.form == b.form
        && a.title.text == b.title.text
        && ids[0] == ids[1]
        && a.parent.is_none() == b.parent.is_none()
        && is_full(a) == is_full(b)
}

/// The id without a noun before its number (`Phase 3` is `3` in a table), else the title.
fn key(entry: &Entry) -> String {
    match &entry.id {
        Some(id) => {
            let bare = id
                .text
                .split_once(' ')
                .filter(|(noun, _)| words::is_container(noun));
            format!(
                "#{}",
                bare.map_or(id.text.as_str(), |(_, number)| number).trim()
            )
        }
        None => format!("={}", similarity::label(&entry.title.text)),
    }
}

fn is_same(a: &Entry, b: &Entry) -> bool {
    match (&a.id, &b.id) {
        (Some(_), Some(_)) => similarity::is_similar(&a.title.text, &b.title.text),
        // Two boxes `Write tests` in two phases are two tasks; a box and a table row are one.
        _ => a.form != b.form && a.parent.is_none() == b.parent.is_none(),
    }
}

/// An entry that says more than a mention in a list does.
fn is_full(entry: &Entry) -> bool {
    matches!(
        entry.form,
        Form::Checkbox | Form::Heading | Form::FrontMatter
    ) || (entry.form != Form::Row && !entry.fields.is_empty())
        || !entry.steps.is_empty()
}
