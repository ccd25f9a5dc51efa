//! What lines are compared by.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::similarity::is_similar;
use crate::text::content;

use super::tokens::{self, is_word};

/// Most words of a label.
const LONGEST_LABEL: usize = 6;

/// Most words of a line that are compared.
const MOST_WORDS: usize = 48;

/// From this share of common words on, in percent, one line is the other one changed.
const ALIKE: u32 = 50;

/// How alike lines are that begin with the same id or label, at least.
const SAME_LABEL: u32 = 75;

/// What a line is compared by.
pub(super) struct Traits {
    /// The words in a row; of a line without words, its text.
    pub(super) words: String,
    /// The first words as numbers, sorted.
    bag: Vec<u32>,
    /// The id or label it begins with.
    label: Option<String>,
    /// How it begins: a heading, an item, a row of a table, or anything else.
    pub(super) form: Form,
}

/// How a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    Heading,
    Item,
    Row,
    Other,
}

impl Form {
    fn of(line: &str) -> Self {
        let marker = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let item = match line.strip_prefix(['-', '*', '+']) {
            Some(rest) => rest.starts_with([' ', '\t']),
            None => marker.len() < line.len() && marker.starts_with([')', '.']),
        };
        match line.chars().next() {
            Some('#') => Self::Heading,
            Some('|') => Self::Row,
            _ if item => Self::Item,
            _ => Self::Other,
        }
    }
}

impl Traits {
    pub(super) fn of(line: &str, numbers: &mut Numbers) -> Self {
        let line = content(line).trim();
        let tokens = tokens::split(line);
        let mut words = String::new();
        let mut bag = Vec::new();
        let mut label = None;
        for token in tokens {
            if is_word(token) {
                let word = token.to_lowercase();
                if bag.len() < MOST_WORDS {
                    bag.push(numbers.of(&word));
                }
                if !words.is_empty() {
                    words.push(' ');
                }
                words.push_str(&word);
                let names = word.contains(|c: char| c.is_ascii_digit())
                    && word.contains(char::is_alphabetic);
                if bag.len() == 1 && names {
                    label = Some(words.clone());
                }
            } else if matches!(token, ":" | "：") && bag.len() <= LONGEST_LABEL {
                label.get_or_insert_with(|| words.clone());
            }
        }
        bag.sort_unstable();
        if words.is_empty() {
            words.push_str(line);
        }
        Self {
            words,
            bag,
            label: label.filter(|label| !label.is_empty()),
            form: Form::of(line),
        }
    }

    /// How many words it has; those beyond the first few dozen do not count.
    pub(super) fn count(&self) -> usize {
        self.bag.len()
    }

    /// The id it begins with: a label with a number in it that is no fraction.
    pub(super) fn id(&self) -> Option<&str> {
        let number = |label: &&str| label.contains(|c: char| c.is_ascii_digit());
        let label = self.label.as_deref().filter(number);
        label.filter(|label| !label.contains('/'))
    }

    /// The words behind the id or label.
    fn title(&self) -> &str {
        let label = self.label.as_deref().unwrap_or_default();
        let title = self.words.strip_prefix(label).unwrap_or(&self.words);
        title.trim_start()
    }

    /// Whether they begin with two different ids.
    pub(super) fn is_named_otherwise(&self, other: &Self) -> bool {
        let ids = self.id().zip(other.id());
        ids.is_some_and(|(one, other)| one != other)
    }

    /// Whether what follows the id says the same in both.
    pub(super) fn is_titled_like(&self, other: &Self) -> bool {
        self.title() == other.title() || is_similar(self.title(), other.title())
    }

    /// How alike two lines are that stand in different places, in percent.
    pub(super) fn likeness_elsewhere(&self, other: &Self) -> u32 {
        if self.form == other.form && !self.is_named_otherwise(other) {
            self.share(other)
        } else {
            0
        }
    }

    /// The share of words in common, in percent.
    fn share(&self, other: &Self) -> u32 {
        let all = self.bag.len() + other.bag.len();
        let common = u32::try_from(200 * common(&self.bag, &other.bag)).unwrap_or(u32::MAX);
        common
            .checked_div(u32::try_from(all).unwrap_or(u32::MAX))
            .unwrap_or(0)
    }

    /// How alike two lines are, in percent; 0 if one is not the other one changed.
    pub(super) fn likeness(&self, other: &Self, closely: bool) -> u32 {
        // An id may change, and a title, but what has another of both is another thing.
        if self.is_named_otherwise(other) && self.title() != other.title() {
            return 0;
        }
        let share = self.share(other);
        let labelled = self.label.is_some() && self.label == other.label;
        let share = if labelled {
            share.max(SAME_LABEL)
        } else {
            share
        };
        if share >= ALIKE {
            share
        } else if closely && !self.bag.is_empty() && is_similar(&self.words, &other.words) {
            ALIKE
        } else {
            0
        }
    }
}

/// How many numbers two sorted lists have in common.
fn common(a: &[u32], b: &[u32]) -> usize {
    let (mut at, mut from, mut common) = (0, 0, 0);
    while let (Some(one), Some(other)) = (a.get(at), b.get(from)) {
        match one.cmp(other) {
            Ordering::Less => at += 1,
            Ordering::Greater => from += 1,
            Ordering::Equal => {
                common += 1;
                (at, from) = (at + 1, from + 1);
            }
        }
    }
    common
}

/// Gives each different word a number.
#[derive(Default)]
pub(super) struct Numbers(HashMap<String, u32>);

impl Numbers {
    fn of(&mut self, word: &str) -> u32 {
        if let Some(number) = self.0.get(word) {
            return *number;
        }
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(word.to_owned(), next);
        next
    }
}
