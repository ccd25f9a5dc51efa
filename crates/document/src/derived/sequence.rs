//! Lines that list tasks with a mark each: `K-1 ✅ → K-2 ⏳`.

use std::ops::Range;

use crate::outline::Outline;
use crate::status::Status;
use crate::text::Document;
use crate::vocabulary::is_pictograph;

use super::facts::Facts;
use super::group::Known;
use super::line::{self, Place};
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

/// A name that more tasks go by stands for none of them.
const MOST: usize = 64;

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

/// A mark of a sequence that is that of no task which its name can stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongMark {
    /// The line, from 0.
    pub line: usize,
    /// The mark in that line, in bytes.
    pub columns: Range<usize>,
    /// The name beside it.
    pub name: String,
    /// What the mark says.
    pub says: Status,
    /// The first task of that name, an index into [`Outline::tasks`].
    pub task: usize,
    /// What that task is.
    pub status: Status,
}

/// The marks in sequences that say done of what is open, or the other way round, whichever tasks
/// their names mean. Where names are not the tasks' own ids, most of a sequence has to agree: it may
/// be about something else that tasks only speak of.
#[must_use]
pub fn wrong_marks(document: &Document, outline: &Outline) -> Vec<WrongMark> {
    let facts = Facts::new(document, outline);
    let places = line::places(document, outline);
    let rows = |place: &&Place<'_>| place.kind != line::Kind::Row;
    let found = places.iter().filter(rows).filter_map(|place| {
        let sequence = read(place, &facts)?;
        sequence.wrong(place.line, &facts)
    });
    found.flatten().collect()
}

impl Sequence<'_> {
    /// Its wrong marks; `None` if it is not surely about tasks.
    fn wrong(&self, line: usize, facts: &Facts<'_>) -> Option<Vec<WrongMark>> {
        let mut wrong = Vec::new();
        let mut right = 0;
        let mut has_ids = true;
        for (name, columns, says) in &self.items {
            let tasks = facts.named(name).filter(|tasks| tasks.len() <= MOST)?;
            has_ids &= facts.with_id(name).is_some();
            let contradicts = |task: &usize| {
                let is = facts.status(*task);
                let done = |status: Status| status == Status::Completed;
                is != Status::Cancelled && done(is) != done(*says)
            };
            let agrees = |task: &usize| facts.status(*task) == *says;
            right += usize::from(tasks.iter().any(agrees));
            let first = *tasks.first()?;
            if tasks.iter().all(contradicts) {
                wrong.push(WrongMark {
                    line,
                    columns: columns.clone(),
                    name: (*name).to_owned(),
                    says: *says,
                    task: first,
                    status: facts.status(first),
                });
            }
        }
        (has_ids || right > wrong.len()).then_some(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(line: &str) -> Vec<String> {
        let text = format!(
            "{line}\n\n- [x] **W-1**: Lay (US-1)\n- [ ] **W-2**: Paint (US-2)\n- [x] **W-3**: Clean (US-3)\n"
        );
        let document = Document::from(text.as_str());
        let found = wrong_marks(&document, &Outline::parse(&document));
        found.into_iter().map(|wrong| wrong.name).collect()
    }

    #[test]
    fn a_mark_is_wrong_that_no_task_of_the_name_has() {
        assert_eq!(wrong("Order: W-1 ✅ → W-2 ✅ → W-3 ✅"), ["W-2"]);
        assert_eq!(wrong("Order: US-1 ✅ → US-2 ⏳ → US-3 ⏳"), ["US-3"]);
        for right in [
            "Order: W-1 ✅ → W-2 ⏳ → W-3 ✅",
            "Order: W-1 ✅ → W-2 🔄 → W-3 ✅",
            // Stories that tasks only speak of.
            "Order: US-1 ⏳ → US-2 ⏳ → US-3 ⏳",
            "Order: W-1 ⏳ → X-9 ⏳",
        ] {
            assert_eq!(wrong(right), Vec::<String>::new(), "{right}");
        }
    }

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
