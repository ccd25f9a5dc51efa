//! How alike two titles are.
//!
//! Plans say the same task in a short and a long form (`Barn roof`, `Repair the barn roof
//! before winter`), so containment counts more than equality, and a misspelt word still
//! counts as the word.

use std::collections::HashMap;

/// From here on two titles name the same task, given the same id.
pub const SAME: f64 = 0.5;

/// Titles are compared by their first words only, which bounds the time for a hostile one.
const MOST_WORDS: usize = 48;

/// Words are cut to this many characters.
const LONGEST_WORD: usize = 32;

/// Two words this alike (Jaro-Winkler) are one word misspelt.
const SAME_WORD: f64 = 0.92;

/// How alike two titles are, from 0 (no word in common) to 1 (the same words).
///
/// Both are taken as bags of words: runs of letters and digits in lower case; in scripts
/// without blanks each character is a word. With `common` words in common (a word of at least
/// four letters also counts if it is nearly spelt like one of the other title), the result is
/// `0.6 × common / fewer + 0.4 × 2 × common / (a + b)`, where `fewer` is the smaller bag.
/// Two titles without any word are alike only if they are equal.
#[must_use]
pub fn similarity(a: &str, b: &str) -> f64 {
    let (a_words, b_words) = (words(a), words(b));
    if a_words.is_empty() || b_words.is_empty() {
        return if a.trim() == b.trim() { 1.0 } else { 0.0 };
    }
    let common = common(&a_words, &b_words);
    let fewer = a_words.len().min(b_words.len());
    let all = a_words.len() + b_words.len();
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    0.6 * share(common, fewer) + 0.4 * share(2 * common, all)
}

/// Whether two titles name the same task, given the same id.
#[must_use]
pub fn is_similar(a: &str, b: &str) -> bool {
    similarity(a, b) >= SAME
}

/// A title as its words only: two titles with the same label differ in markup and case at most.
#[must_use]
pub fn label(title: &str) -> String {
    words(title).join(" ")
}

fn words(title: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in title.chars() {
        let unspaced = ('\u{2e80}'..='\u{9fff}').contains(&c);
        if !c.is_alphanumeric() || unspaced {
            flush(&mut word, &mut words);
        }
        if words.len() >= MOST_WORDS {
            return words;
        }
        if c.is_alphanumeric() && word.len() < 4 * LONGEST_WORD {
            word.extend(c.to_lowercase());
            if unspaced {
                flush(&mut word, &mut words);
            }
        }
    }
    flush(&mut word, &mut words);
    words
}

fn flush(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

fn common(a: &[String], b: &[String]) -> usize {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in b {
        *left.entry(word).or_default() += 1;
    }
    let mut unmatched = Vec::new();
    let mut count = 0;
    for word in a {
        match left.get_mut(word.as_str()) {
            Some(times) if *times > 0 => {
                *times -= 1;
                count += 1;
            }
            _ => unmatched.push(word.as_str()),
        }
    }
    let mut rest: Vec<&str> = left
        .into_iter()
        .flat_map(|(word, times)| std::iter::repeat_n(word, times))
        .filter(|word| is_spelt(word))
        .collect();
    rest.sort_unstable();
    for word in unmatched.into_iter().filter(|word| is_spelt(word)) {
        let near = rest
            .iter()
            .position(|other| strsim::jaro_winkler(word, other) >= SAME_WORD);
        if let Some(at) = near {
            rest.swap_remove(at);
            count += 1;
        }
    }
    count
}

/// Long enough to be misspelt, and no number: `US-021` and `US-022` are two things.
fn is_spelt(word: &str) -> bool {
    word.len() >= 4 && !word.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_form_is_the_task_and_another_task_is_not() {
        assert!(is_similar(
            "HALL-9 (Wooden floor, 3 days)",
            "Lay HALL-9 - Wooden floor with heating below"
        ));
        assert!(is_similar("Repair the roof", "Repiar the *roof*"));
        assert!(is_similar("柵の修理", "北の柵の修理"));
        assert!(!is_similar("Repair the roof", "Order seeds for spring"));
        assert!(!is_similar("Write tests", "Plan the release party"));
    }

    proptest! {
        #[test]
        fn is_bounded_and_full_for_equal_titles(a in "\\PC{0,60}", b in "\\PC{0,60}") {
            let there = similarity(&a, &b);
            prop_assert!((0.0..=1.0 + 1e-9).contains(&there));
            prop_assert!(similarity(&a, &a) > 0.999);
        }
    }
}
