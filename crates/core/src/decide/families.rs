//! Ids that dependencies name and no task has: which of them are surely meant to be a task's.

use std::collections::{HashMap, HashSet};

use ledger_document::Outline;

use super::dependencies::{looks_like_id, words};
use crate::plan::ids::Numbered;

/// As many tasks make a family that is told from other names by its letters alone: one task `S1`
/// does not make `S3` one.
const SEVERAL: usize = 3;

/// Words that stand between the ids of a list.
const BETWEEN: [&str; 7] = ["and", "or", "und", "et", "y", "e", "en"];

/// The families of the tasks' ids, by what stands before their numbers, and what is named otherwise.
#[derive(Debug, Default)]
pub(crate) struct Families<'a> {
    by_prefix: HashMap<&'a str, Family>,
    /// What looks like an id in the headings.
    headings: HashSet<&'a str>,
}

#[derive(Debug)]
struct Family {
    tasks: usize,
    lowest: u64,
    highest: u64,
}

impl<'a> Families<'a> {
    /// Those of these ids.
    pub(crate) fn of(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut families = Self::default();
        for id in ids.filter_map(Numbered::of) {
            let family = families.by_prefix.entry(id.prefix);
            let family = family.or_insert(Family {
                tasks: 0,
                lowest: u64::MAX,
                highest: 0,
            });
            family.tasks += 1;
            family.lowest = id.number.min(family.lowest);
            family.highest = id.number.max(family.highest);
        }
        families
    }

    /// The same, where headings of this outline name what is no task.
    pub(crate) fn beside(mut self, outline: &'a Outline) -> Self {
        let titles = outline.sections.iter();
        let named = titles.flat_map(|section| words(&section.title.text));
        self.headings
            .extend(named.filter(|word| looks_like_id(word)));
        self
    }

    /// Whether a word of a text is an id that counts on from those of its family and was never a
    /// task's. `had` says which ids tasks may have had that are gone; where nobody knows, each
    /// number up to the family's highest.
    pub(crate) fn lack(&self, word: &str, text: &str, had: Option<&dyn Fn(&str) -> bool>) -> bool {
        let Some(id) = Numbered::of(word).filter(|_| looks_like_id(word)) else {
            return false;
        };
        let Some(family) = self.by_prefix.get(id.prefix) else {
            return false;
        };
        let is_parted = !id.prefix.ends_with(char::is_alphanumeric);
        let is_one = is_parted || family.tasks >= SEVERAL || lists_ids(text);
        let is_new = match had {
            Some(had) => id.number >= family.lowest && !had(word),
            None => id.number > family.highest,
        };
        is_one && is_new && !self.headings.contains(word)
    }
}

/// Whether there is nothing but ids in a text.
fn lists_ids(text: &str) -> bool {
    words(text).all(|word| looks_like_id(word) || BETWEEN.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_document::Document;

    #[test]
    fn an_id_is_lacking_where_it_can_be_nothing_else() {
        let outline = Outline::parse(&Document::from("# Plan\n\n## M-3: The harvest\n"));
        let ids = ["T-3", "T-4", "S1", "M-1", "A1", "A2", "A3"];
        let families = Families::of(ids.into_iter()).beside(&outline);
        let gone = |id: &str| id == "T-5";
        let lack = |word, text, known: bool| {
            families.lack(word, text, known.then_some(&gone as &dyn Fn(&str) -> bool))
        };
        for (word, text, known, expected) in [
            ("T-9", "T-9 must be there first", true, true),
            ("T-9", "T-9", false, true),
            // May have been a task before anybody counted.
            ("T-1", "T-1", true, false),
            ("T-5", "T-5", true, false),
            ("T-6", "T-6", true, true),
            ("T-4", "T-4", false, false),
            // A bucket, unless nothing but ids stands there.
            ("S3", "an S3 bucket", true, false),
            ("S3", "T-3 and S3", true, true),
            ("A7", "the rest of A7", true, true),
            ("UTF-8", "UTF-8", true, false),
            ("M-3", "M-3", true, false),
        ] {
            assert_eq!(lack(word, text, known), expected, "{word} in {text}");
        }
    }
}
