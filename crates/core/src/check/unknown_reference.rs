//! A task depends on an id that no task has ever had.
//!
//! Only ids of a family count that has several tasks, and no number below the family's lowest:
//! plans move what is finished to other files.

use std::collections::BTreeMap;

use super::desk::{Desk, name};
use super::finding::{Finding, Spot};
use crate::decide::{looks_like_id, waits, words};
use crate::plan::ids::Numbered;

pub(super) const NAME: &str = "unknown-reference";

/// Fewer tasks make no family.
const FAMILY: usize = 3;

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    let mut families: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    let ids = desk.tasks().filter_map(|(_, entry)| entry.id.as_ref());
    for id in ids.filter_map(|id| Numbered::of(&id.text)) {
        let (count, lowest) = families
            .entry(id.prefix.to_owned())
            .or_insert((0, u64::MAX));
        *count += 1;
        *lowest = id.number.min(*lowest);
    }
    let is_of_family = |word: &str| {
        let Some(id) = Numbered::of(word) else {
            return false;
        };
        let family = families.get(id.prefix);
        family.is_some_and(|(count, lowest)| *count >= FAMILY && id.number >= *lowest)
    };
    for (at, entry) in desk.tasks() {
        for field in entry.fields.iter().filter(|field| waits(field)) {
            for text in std::iter::once(&field.value).chain(&field.items) {
                for word in words(&text.text).filter(|word| looks_like_id(word)) {
                    if desk.meanings().knows(word) || !is_of_family(word) {
                        continue;
                    }
                    if (desk.around.had)(word) {
                        continue;
                    }
                    let message =
                        format!("{} depends on {word}, and no task has that id", name(entry));
                    let start = text.text.find(word).unwrap_or_default();
                    let start = text.span.columns.start + start;
                    let spot = Spot::columns(at.sheet, text.span.line, start..start + word.len());
                    found.extend(Finding::new(NAME, spot, message));
                }
            }
        }
    }
}
