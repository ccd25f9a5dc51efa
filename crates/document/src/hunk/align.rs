//! Which lines of a document became which lines of another.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

use crate::similarity::is_similar;
use crate::text::{Document, content};

use super::regions;
use super::tokens::{self, Tokens, is_word};

/// What one side made of a line of the base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stands, byte for byte.
    Kept,
    /// It became this line of the side, which is alike.
    Changed(usize),
    /// This line of the side stands in its place and has nothing to do with it.
    Replaced(usize),
    /// It went.
    Removed,
}

/// What one side did to the base.
pub(super) struct Side {
    /// The fate of each line of the base.
    pub(super) fates: Vec<Fate>,
    /// The lines of the side that came before each line of the base, and behind the last.
    pub(super) inserted: Vec<Vec<usize>>,
}

/// Most pairs of lines of one region that are compared; a larger one is paired from its ends.
const MOST_PAIRS: usize = 250_000;

/// Up to so many pairs, misspelt words count as the words they are.
const FEW_PAIRS: usize = 4_096;

/// Most words of a label.
const LONGEST_LABEL: usize = 6;

/// Most words of a line that are compared.
const MOST_WORDS: usize = 48;

/// From this share of common words on, in percent, one line is the other one changed.
const ALIKE: u32 = 50;

/// How alike lines are that begin with the same id or label, at least.
const SAME_LABEL: u32 = 75;

/// Aligns a side with the base: equal lines by the diff, and inside each of its regions the lines
/// that have the same words, then those most alike, in order.
pub(super) fn align(base: &Document, side: &Document) -> Side {
    let mut fates = vec![Fate::Kept; base.len()];
    let mut inserted: Vec<Vec<usize>> = vec![Vec::new(); base.len() + 1];
    let mut pairs = Vec::new();
    for region in regions(base, side) {
        pairs.clear();
        pair(base, side, &region.before, &region.after, &mut pairs);
        let (mut at, mut from) = (region.before.start, region.after.start);
        let ends = (region.before.end, region.after.end);
        for &(before, after) in pairs.iter().chain([&ends]) {
            let (gone, came) = (at..before, from..after);
            if gone.len() == came.len() {
                for (line, other) in gone.zip(came) {
                    set(&mut fates, line, Fate::Replaced(other));
                }
            } else {
                if let Some(inserted) = inserted.get_mut(gone.start) {
                    inserted.extend(came);
                }
                for line in gone {
                    set(&mut fates, line, Fate::Removed);
                }
            }
            if (before, after) != ends {
                set(&mut fates, before, Fate::Changed(after));
            }
            (at, from) = (before + 1, after + 1);
        }
    }
    Side { fates, inserted }
}

fn set(fates: &mut [Fate], line: usize, fate: Fate) {
    if let Some(known) = fates.get_mut(line) {
        *known = fate;
    }
}

/// The pairs of lines of a region of which one is the other one changed, in order.
fn pair(
    base: &Document,
    side: &Document,
    before: &Range<usize>,
    after: &Range<usize>,
    pairs: &mut Vec<(usize, usize)>,
) {
    if before.is_empty() || after.is_empty() {
        return;
    }
    let mut numbers = Numbers::default();
    let mut read = |document: &Document, lines: &Range<usize>| -> Vec<Traits> {
        let lines = document.lines().get(lines.clone()).unwrap_or_default();
        lines
            .iter()
            .map(|line| Traits::of(line, &mut numbers))
            .collect()
    };
    let (old, new) = (read(base, before), read(side, after));
    let (mut at, mut from) = (0, 0);
    for (same_old, same_new) in same_words(&old, &new).chain([(old.len(), new.len())]) {
        let gap = (&old[at..same_old], &new[from..same_new]);
        let found = if gap.0.len().saturating_mul(gap.1.len()) <= MOST_PAIRS {
            most_alike(gap.0, gap.1)
        } else {
            from_the_ends(gap.0, gap.1)
        };
        let shift = (before.start + at, after.start + from);
        pairs.extend(found.iter().map(|&(a, b)| (shift.0 + a, shift.1 + b)));
        if same_old < old.len() {
            pairs.push((before.start + same_old, after.start + same_new));
        }
        (at, from) = (same_old + 1, same_new + 1);
    }
}

/// The pairs of lines that have the same words: only signs and marks differ.
fn same_words<'a>(old: &'a [Traits], new: &'a [Traits]) -> impl Iterator<Item = (usize, usize)> {
    let keys = |lines: &'a [Traits]| -> Vec<&'a str> {
        lines.iter().map(|line| line.words.as_str()).collect()
    };
    let (before, after) = (keys(old), keys(new));
    let input = imara_diff::InternedInput::new(Tokens(&before), Tokens(&after));
    let diff = imara_diff::Diff::compute(imara_diff::Algorithm::Histogram, &input);
    let (mut at, mut from) = (0, 0);
    let mut pairs = Vec::new();
    for hunk in diff.hunks() {
        let end = hunk.before.start as usize;
        pairs.extend((at..end).zip(from..));
        (at, from) = (hunk.before.end as usize, hunk.after.end as usize);
    }
    pairs.extend((at..before.len()).zip(from..));
    pairs.into_iter()
}

/// The pairs, in order, that are most alike together.
fn most_alike(old: &[Traits], new: &[Traits]) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let closely = old.len() * new.len() <= FEW_PAIRS;
    let width = new.len() + 1;
    // What the lines from here on can come to, from the last pair back to the first.
    let mut best = vec![0u32; (old.len() + 1) * width];
    let mut alike = vec![0u32; old.len() * new.len()];
    for at in (0..old.len()).rev() {
        for from in (0..new.len()).rev() {
            let likeness = old[at].likeness(&new[from], closely);
            alike[at * new.len() + from] = likeness;
            let skipped = best[(at + 1) * width + from].max(best[at * width + from + 1]);
            let paired = likeness + best[(at + 1) * width + from + 1];
            best[at * width + from] = if likeness > 0 {
                skipped.max(paired)
            } else {
                skipped
            };
        }
    }
    let (mut at, mut from) = (0, 0);
    let mut pairs = Vec::new();
    while at < old.len() && from < new.len() {
        let here = best[at * width + from];
        let likeness = alike[at * new.len() + from];
        if likeness > 0 && here == likeness + best[(at + 1) * width + from + 1] {
            pairs.push((at, from));
            (at, from) = (at + 1, from + 1);
        } else if here == best[(at + 1) * width + from] {
            at += 1;
        } else {
            from += 1;
        }
    }
    pairs
}

/// The pairs of alike lines from both ends of a region that is too large for more.
fn from_the_ends(old: &[Traits], new: &[Traits]) -> Vec<(usize, usize)> {
    let alike = |a: &Traits, b: &Traits| a.likeness(b, false) > 0;
    let head = old.iter().zip(new).take_while(|(a, b)| alike(a, b)).count();
    let rest = (&old[head..], &new[head..]);
    let tail = rest.0.iter().rev().zip(rest.1.iter().rev());
    let tail = tail.take_while(|(a, b)| alike(a, b)).count();
    let ends = (old.len() - tail)..old.len();
    (0..head)
        .zip(0..)
        .chain(ends.zip(new.len() - tail..))
        .collect()
}

/// What lines are compared by.
struct Traits {
    /// The words in a row; of a line without words, its text.
    words: String,
    /// The first words as numbers, sorted.
    bag: Vec<u32>,
    /// The id or label it begins with.
    label: Option<String>,
}

impl Traits {
    fn of(line: &str, numbers: &mut Numbers) -> Self {
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
        }
    }

    /// How alike two lines are, in percent; 0 if one is not the other one changed.
    fn likeness(&self, other: &Self, closely: bool) -> u32 {
        let all = self.bag.len() + other.bag.len();
        let common = u32::try_from(200 * common(&self.bag, &other.bag)).unwrap_or(u32::MAX);
        let share = common
            .checked_div(u32::try_from(all).unwrap_or(u32::MAX))
            .unwrap_or(0);
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
struct Numbers(HashMap<String, u32>);

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

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(base: &str, side: &str) -> (Vec<Fate>, Vec<Vec<usize>>) {
        let Side { fates, inserted } = align(&Document::from(base), &Document::from(side));
        (fates, inserted)
    }

    #[test]
    fn a_changed_line_is_paired_with_what_it_became() {
        let base = "- [ ] T-1: One\n- [ ] T-2: Two\n- [ ] Sceond\n";
        let side =
            "- [x] T-1: One\n  - Completed: today\n- [ ] T-2: Something else\n- [ ] Second\n";
        let (fates, inserted) = fates(base, side);
        assert_eq!(
            fates,
            [Fate::Changed(0), Fate::Changed(2), Fate::Changed(3)]
        );
        assert_eq!(inserted, [vec![], vec![1], vec![], vec![]]);
    }

    #[test]
    fn a_line_that_became_another_one_is_replaced_and_one_too_many_is_new() {
        let (fates_of, _) = fates("- [ ] Dig\n", "- [ ] Order tiles\n");
        assert_eq!(fates_of, [Fate::Replaced(0)]);
        let (fates_of, inserted) = fates("- [ ] Dig\n", "- [ ] Order tiles\n- [ ] Paint\n");
        assert_eq!(fates_of, [Fate::Removed]);
        assert_eq!(inserted, [vec![0, 1], vec![]]);
    }

    #[test]
    fn a_region_too_large_to_compare_is_paired_from_its_ends() {
        let mut numbers = Numbers::default();
        let mut lines = |count: usize, word: &str| -> Vec<Traits> {
            (0..count)
                .map(|at| Traits::of(&format!("T-{at}: {word}"), &mut numbers))
                .collect()
        };
        let (old, new) = (lines(4, "old"), lines(5, "new"));
        assert_eq!(from_the_ends(&old, &new), [(0, 0), (1, 1), (2, 2), (3, 3)]);
        let shifted = from_the_ends(&old[1..], &new[..4]);
        assert_eq!(shifted, [(0, 1), (1, 2), (2, 3)]);
    }
}
