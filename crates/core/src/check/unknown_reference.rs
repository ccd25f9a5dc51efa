//! A task depends on an id that no task has ever had.
//!
//! Only ids of a family count that has several tasks. Plans move what is finished to other files:
//! where nobody knows their history, a number up to the family's highest may have been a task's.

use std::collections::BTreeMap;

use super::desk::{Desk, name};
use super::finding::{Finding, Spot};
use crate::decide::{looks_like_id, unbracketed, waits, words};
use crate::plan::ids::Numbered;

pub(super) const NAME: &str = "unknown-reference";

/// Fewer tasks make no family.
const FAMILY: usize = 3;

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    let mut families: BTreeMap<String, (usize, u64, u64)> = BTreeMap::new();
    let ids = desk.tasks().filter_map(|(_, entry)| entry.id.as_ref());
    for id in ids.filter_map(|id| Numbered::of(&id.text)) {
        let family = families.entry(id.prefix.to_owned());
        let (count, lowest, highest) = family.or_insert((0, u64::MAX, 0));
        *count += 1;
        *lowest = id.number.min(*lowest);
        *highest = id.number.max(*highest);
    }
    let is_of_family = |word: &str| {
        let Some(id) = Numbered::of(word) else {
            return false;
        };
        let family = families.get(id.prefix);
        family.is_some_and(|(count, lowest, highest)| {
            let least = match desk.around.had {
                Some(_) => *lowest,
                None => highest.saturating_add(1),
            };
            *count >= FAMILY && id.number >= least
        })
    };
    let knows = |word: &str| desk.meanings().iter().any(|own| own.knows(word));
    let had = |word: &str| desk.around.had.is_some_and(|had| had(word));
    for (at, entry) in desk.tasks() {
        for field in entry.fields.iter().filter(|field| waits(field)) {
            for text in std::iter::once(&field.value).chain(&field.items) {
                let plain = unbracketed(&text.text);
                for word in words(&plain).filter(|word| looks_like_id(word)) {
                    if knows(word) || !is_of_family(word) || had(word) {
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
