//! Lines that list tasks with a mark each: `K-1 ✅ → K-2 ⏳`.

use std::ops::Range;

use crate::status::Status;
use crate::vocabulary::is_pictograph;

use super::facts::Facts;
use super::group::Known;
use super::line::Place;
use super::mark;
use super::template::{Builder, Part, Slot};

/// The names of a line with their marks.
#[derive(Debug)]
pub(super) struct Sequence<'a> {
    items: Vec<(&'a str, Range<usize>, Status)>,
}

/// What stands between two items; longer ones first.
const SEPARATORS: [&str; 14] = [
    " → ", "→", " ➜ ", " ⇒ ", " -> ", "->", " => ", " > ", " | ", " · ", " • ", "; ", ", ", "、",
];

/// Reads a place as a sequence of at least two names, each with a mark.
pub(super) fn read<'a>(place: &Place<'a>, facts: &Facts<'_>) -> Option<Sequence<'a>> {
    let text = place.text();
    let marks = text
        .chars()
        .filter(|c| *c == '[' || is_pictograph(*c))
        .count();
    if marks < 2 {
        return None;
    }
    SEPARATORS.iter().find_map(|separator| {
        let mut items = Vec::new();
        let mut at = 0;
        for item in text.split(separator) {
            let start = place.columns.start + at;
            at += item.len() + separator.len();
            let (name, mark) = part(item)?;
            let status = mark::status(facts.outline, &item[mark.clone()])?;
            items.push((name, start + mark.start..start + mark.end, status));
        }
        (items.len() > 1).then_some(Sequence { items })
    })
}

/// An item's name and the place of its one mark, before or behind the name.
fn part(item: &str) -> Option<(&str, Range<usize>)> {
    let inner = item.trim();
    let start = item.len() - item.trim_start().len();
    let (name, range) = if let Some(length) = mark::read(inner) {
        (&inner[length..], start..start + length)
    } else {
        let at = inner.char_indices().map(|(at, _)| at).find(|&at| {
            mark::read(&inner[at..]).is_some_and(|length| at + length == inner.len())
        })?;
        (&inner[..at], start + at..start + inner.len())
    };
    let name = name.trim();
    let other = name
        .char_indices()
        .any(|(at, _)| mark::read(&name[at..]).is_some());
    (!name.is_empty() && !other).then_some((name, range))
}

impl Sequence<'_> {
    /// Whether each name stands for exactly one task of the group and all marks agree.
    pub(super) fn fits(&self, facts: &Facts<'_>, group: &Known) -> bool {
        self.items.iter().all(|(name, _, status)| {
            facts
                .only(&group.members, name)
                .and_then(|task| facts.task(task))
                .is_some_and(|task| task.status == *status)
        })
    }

    /// Whether the names stand for the same tasks in both groups.
    pub(super) fn same_tasks(&self, facts: &Facts<'_>, a: &Known, b: &Known) -> bool {
        self.items
            .iter()
            .all(|(name, ..)| facts.only(&a.members, name) == facts.only(&b.members, name))
    }

    pub(super) fn template(&self, content: &str) -> Vec<Part> {
        let mut builder = Builder::new(content);
        for (name, range, _) in &self.items {
            builder.slot(
                range,
                Slot::Mark {
                    of: (*name).to_owned(),
                },
            );
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_a_name_with_one_mark() {
        assert_eq!(part("K-1 ✅").map(|(name, _)| name), Some("K-1"));
        assert_eq!(
            part("⏸️ Dach decken").map(|(name, _)| name),
            Some("Dach decken")
        );
        assert_eq!(part("[x] K-2").map(|(name, _)| name), Some("K-2"));
        assert!(part("K-1").is_none());
        assert!(part("✅").is_none());
        assert!(part("✅ K-1 ⏳").is_none());
    }
}
