//! Which task of a plan somebody means by words.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ledger_document::similarity::{label, similarity};

use crate::plan::{Plan, Task};

/// Titles at least this similar are one task's.
const SAME_TITLE: f64 = 0.9;

/// Titles as similar as that have in common at least so many of five words of either.
const SHARED_OF_FIVE: usize = 3;

/// How many titles are compared with words, at most. Where more have the same telling words, these
/// tell nothing.
const MOST_COMPARED: usize = 64;

/// What words mean in a plan. The plan's tasks are gone through once, however much is asked.
pub struct Lexicon<'p> {
    plan: &'p Plan,
    by_id: OnceCell<HashMap<String, Option<&'p Task>>>,
    titles: OnceCell<(Titles, Vec<&'p Task>)>,
}

impl<'p> Lexicon<'p> {
    /// The meanings of words in a plan.
    #[must_use]
    pub const fn of(plan: &'p Plan) -> Self {
        Self {
            plan,
            by_id: OnceCell::new(),
            titles: OnceCell::new(),
        }
    }

    /// The one task that words mean: by its id at their beginning, or by its title. An id further
    /// on may be a version, a count, or a task that something else is done for.
    #[must_use]
    pub fn task(&self, words: &str) -> Option<&'p Task> {
        let is_of_id = |letter: char| letter.is_alphanumeric() || "-_.#/".contains(letter);
        let words = words.trim_start_matches(|letter: char| !is_of_id(letter));
        let first = words
            .split(|letter| !is_of_id(letter))
            .next()
            .unwrap_or_default();
        let first = first.trim_end_matches(['.', '-', '/']);
        // Ids have a letter and a digit; `3` and `add` begin sentences.
        let has = |sort: fn(char) -> bool| first.contains(sort);
        if has(char::is_alphabetic)
            && has(|letter| letter.is_ascii_digit())
            && let Some(task) = self.with_id(first)
        {
            return Some(task);
        }
        let (titles, tasks) = self.titles.get_or_init(|| {
            let tasks: Vec<&Task> = self.plan.tasks.values().map(|task| &**task).collect();
            (Titles::of(tasks.iter().map(|task| &*task.title)), tasks)
        });
        tasks.get(titles.meant_by(words)?).copied()
    }

    /// The only task with this written id.
    fn with_id(&self, id: &str) -> Option<&'p Task> {
        let by_id = self.by_id.get_or_init(|| {
            let tasks = self.plan.tasks.values().map(|task| &**task);
            only(tasks.filter_map(|task| Some((task.id.as_ref()?.to_ascii_lowercase(), task))))
        });
        *by_id.get(&id.to_ascii_lowercase())?
    }
}

/// Titles by what they say, each by its place in their list.
struct Titles {
    titles: Vec<String>,
    /// The only title with this label.
    by_label: HashMap<String, Option<usize>>,
    /// The titles that have a word.
    with_word: HashMap<String, Vec<usize>>,
}

impl Titles {
    fn of<'t>(titles: impl Iterator<Item = &'t str>) -> Self {
        let titles: Vec<String> = titles.map(str::to_owned).collect();
        let labels: Vec<String> = titles.iter().map(|title| bare(title)).collect();
        let mut with_word: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, label) in labels.iter().enumerate() {
            for word in label.split(' ') {
                let with = match with_word.get_mut(word) {
                    Some(with) => with,
                    None => with_word.entry(word.to_owned()).or_default(),
                };
                if with.last() != Some(&at) {
                    with.push(at);
                }
            }
        }
        let by_label = only(
            labels
                .into_iter()
                .enumerate()
                .map(|(at, label)| (label, at)),
        );
        Self {
            titles,
            by_label,
            with_word,
        }
    }

    fn meant_by(&self, words: &str) -> Option<usize> {
        let label = bare(words);
        if label.is_empty() {
            return None;
        }
        if let Some(only) = self.by_label.get(&label) {
            return *only;
        }
        let compared = self.to_compare(&label)?.into_iter();
        let is_alike = |at: &usize| {
            let title = self.titles.get(*at);
            title.is_some_and(|title| similarity(title, words) >= SAME_TITLE)
        };
        let mut alike = compared.filter(is_alike);
        alike.next().filter(|_| alike.next().is_none())
    }

    /// All titles that may be as similar as one task's, of words that are spelt alike; `None` if
    /// there are too many.
    ///
    /// A title without any of the rarest words has too few of the others in common.
    fn to_compare(&self, label: &str) -> Option<Vec<usize>> {
        let words = label.split(' ');
        let mut with: Vec<&[usize]> = words
            .map(|word| self.with_word.get(word).map_or(&[][..], Vec::as_slice))
            .collect();
        with.sort_by_key(|with| with.len());
        let shared = (SHARED_OF_FIVE * with.len()).div_ceil(5);
        let telling = with.len() + 1 - shared;
        let mut found = Vec::new();
        for with in with.into_iter().take(telling) {
            if with.len() > MOST_COMPARED {
                return None;
            }
            found.extend_from_slice(with);
        }
        found.sort_unstable();
        found.dedup();
        (found.len() <= MOST_COMPARED).then_some(found)
    }
}

/// A title's words, or the title itself where it has none.
fn bare(title: &str) -> String {
    let label = label(title);
    match label.is_empty() {
        true => title.trim().to_owned(),
        false => label,
    }
}

/// What each key has, where it is one only.
fn only<T>(pairs: impl Iterator<Item = (String, T)>) -> HashMap<String, Option<T>> {
    let mut only = HashMap::new();
    for (key, value) in pairs {
        match only.entry(key) {
            Entry::Vacant(slot) => {
                slot.insert(Some(value));
            }
            Entry::Occupied(mut slot) => {
                slot.insert(None);
            }
        }
    }
    only
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compared(titles: &[String], words: &str) -> Option<usize> {
        let titles = Titles::of(titles.iter().map(String::as_str));
        titles.to_compare(&bare(words)).map(|found| found.len())
    }

    #[test]
    fn few_titles_are_compared_however_many_there_are() {
        let titles: Vec<String> = (0..10_000)
            .map(|n| format!("Do the thing {n} properly and well"))
            .collect();
        for (words, count) in [
            ("Do the thing 7", None),
            ("Do the thing 7 properly well", None),
            ("Do another thing 7 now", Some(1)),
            ("Buy milk", Some(0)),
        ] {
            assert_eq!(compared(&titles, words), count, "{words}");
        }
        let all = Titles::of(titles.iter().map(String::as_str));
        assert_eq!(all.meant_by("do the *thing* 7 properly and well"), Some(7));
    }

    proptest! {
        /// Words too short to be misspelt, so that comparing all of them is what it must equal.
        #[test]
        fn comparing_few_titles_finds_what_comparing_all_does(
            titles in prop::collection::vec("([a-e]( |, )){1,12}", 0..12),
            words in "([a-e] ){1,12}",
        ) {
            let found = Titles::of(titles.iter().map(String::as_str)).meant_by(&words);
            let places = |is: &dyn Fn(&str) -> bool| -> Vec<usize> {
                let all = titles.iter().enumerate();
                all.filter(|(_, title)| is(title)).map(|(at, _)| at).collect()
            };
            let same = places(&|title| label(title) == label(&words));
            let alike = places(&|title| similarity(title, &words) >= SAME_TITLE);
            let wanted = if same.is_empty() { alike } else { same };
            let wanted = (wanted.len() == 1).then(|| wanted[0]);
            prop_assert_eq!(found, wanted);
        }

        #[test]
        fn no_words_are_compared_with_more_than_so_many(
            titles in prop::collection::vec("([a-c] ){1,4}", 0..300),
            words in "([a-c] ){1,4}",
        ) {
            prop_assert!(compared(&titles, &words).unwrap_or_default() <= MOST_COMPARED);
        }
    }
}
