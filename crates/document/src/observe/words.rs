//! Texts as words, and how much two of them have in common.

use std::collections::HashMap;

/// The most words that may differ on either side where typing errors are looked for.
const SOFT_LIMIT: usize = 4;
/// Words of fewer bytes are too easily another word.
const SOFT_LENGTH: usize = 4;
/// Words of more bytes take too long to compare.
const SOFT_LENGTH_MAX: usize = 64;
/// Two words at least this close are one word, mistyped or inflected.
const SOFT_LIKENESS: f64 = 0.75;

/// Splits a text into words, in small letters and without markup, marks and punctuation.
///
/// `US-003`, `v1.2` and `snake_case` stay whole. Scripts written without blanks between words
/// give overlapping pairs of characters instead.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut run: Vec<char> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if is_unspaced(c) {
            flush_word(&mut word, &mut words);
            run.push(c);
            continue;
        }
        flush_run(&mut run, &mut words);
        let joins = matches!(c, '-' | '_' | '.' | '\'' | '’')
            && !word.is_empty()
            && chars
                .peek()
                .is_some_and(|&next| next.is_alphanumeric() && !is_unspaced(next));
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if joins {
            word.push(c);
        } else {
            flush_word(&mut word, &mut words);
        }
    }
    flush_run(&mut run, &mut words);
    flush_word(&mut word, &mut words);
    words
}

fn flush_word(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

fn flush_run(run: &mut Vec<char>, words: &mut Vec<String>) {
    if run.len() == 1 {
        words.extend(run.iter().map(char::to_string));
    } else {
        words.extend(run.windows(2).map(|pair| pair.iter().collect::<String>()));
    }
    run.clear();
}

/// Chinese, Japanese, Thai, Lao, Khmer, Burmese.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// A text as a set of words of one [`Lexicon`], in ascending order.
pub(super) type Bag = Vec<u32>;

/// The words of many texts, numbered, with the number of texts that have each.
#[derive(Default)]
pub(super) struct Lexicon {
    numbers: HashMap<String, u32>,
    words: Vec<String>,
    seen: Vec<u32>,
}

impl Lexicon {
    /// Takes one text in.
    pub(super) fn read(&mut self, words: Vec<String>) -> Bag {
        let mut bag: Bag = words
            .into_iter()
            .map(|word| match self.numbers.get(&word) {
                Some(&number) => number,
                None => {
                    let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
                    self.numbers.insert(word.clone(), number);
                    self.words.push(word);
                    self.seen.push(0);
                    number
                }
            })
            .collect();
        bag.sort_unstable();
        bag.dedup();
        for &word in &bag {
            if let Some(seen) = self.seen.get_mut(word as usize) {
                *seen += 1;
            }
        }
        bag
    }

    /// How much a word tells: a word that many texts share says little about which text it is.
    pub(super) fn weight(&self, word: u32) -> f64 {
        // A word both sides have is seen twice; that is as telling as it gets.
        let seen = self.seen.get(word as usize).copied().unwrap_or(1).max(2);
        (2.0 / f64::from(seen)).sqrt()
    }

    /// Whether a word has a digit in it.
    pub(super) fn is_numbered(&self, word: u32) -> bool {
        self.spelling(word).contains(char::is_numeric)
    }

    fn spelling(&self, word: u32) -> &str {
        self.words.get(word as usize).map_or("", String::as_str)
    }

    /// Compares two bags.
    pub(super) fn compare(&self, a: &Bag, b: &Bag) -> Likeness {
        let parted = part(a, b);
        let mut shared = Sum::default();
        for &word in &parted.both {
            shared.add(self.weight(word));
        }
        let (mut left, mut right) = (Sum::default(), Sum::default());
        let mut rest: Vec<u32> = parted.right.clone();
        let soft = parted.left.len() <= SOFT_LIMIT && rest.len() <= SOFT_LIMIT;
        for &word in &parted.left {
            let twin = soft
                .then(|| rest.iter().position(|&other| self.are_near(word, other)))
                .flatten();
            if let Some(twin) = twin {
                let other = rest.remove(twin);
                shared.add(self.weight(word).min(self.weight(other)));
            } else {
                left.add(self.weight(word));
            }
        }
        for &word in &rest {
            right.add(self.weight(word));
        }
        Likeness {
            plain: dice(shared.count, left.count, right.count),
            contained: if shared.count > 0.0 {
                shared.count / (shared.count + left.count.min(right.count))
            } else {
                0.0
            },
            telling: dice(shared.weight, left.weight, right.weight),
            other_numbers: parted.left.iter().any(|&word| self.is_numbered(word))
                && parted.right.iter().any(|&word| self.is_numbered(word)),
        }
    }

    /// The telling share of words two bags have in common, without a look at near misses.
    pub(super) fn overlap(&self, a: &Bag, b: &Bag) -> f64 {
        let parted = part(a, b);
        let weigh = |words: &[u32]| words.iter().map(|&word| self.weight(word)).sum::<f64>();
        dice(
            weigh(&parted.both),
            weigh(&parted.left),
            weigh(&parted.right),
        )
    }

    fn are_near(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.spelling(a), self.spelling(b));
        let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
        let numbered = |word: &str| word.contains(char::is_numeric);
        (SOFT_LENGTH..=SOFT_LENGTH_MAX).contains(&short)
            && long <= 2 * short
            && !numbered(a)
            && !numbered(b)
            && strsim::normalized_damerau_levenshtein(a, b) >= SOFT_LIKENESS
    }
}

/// How alike two texts are; each share is from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likeness {
    /// Share of words in common.
    pub(super) plain: f64,
    /// Share of the shorter text's words that the longer one has too.
    pub(super) contained: f64,
    /// Share of words in common, with each word weighed by how much it tells.
    pub(super) telling: f64,
    /// Each has a word with a digit in it that the other lacks.
    pub(super) other_numbers: bool,
}

struct Parted {
    both: Vec<u32>,
    left: Vec<u32>,
    right: Vec<u32>,
}

fn part(a: &Bag, b: &Bag) -> Parted {
    let mut parted = Parted {
        both: Vec::new(),
        left: Vec::new(),
        right: Vec::new(),
    };
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(&&x), Some(&&y)) if x == y => {
                parted.both.push(x);
                a.next();
                b.next();
            }
            (Some(&&x), y) if y.is_none_or(|&&y| x < y) => {
                parted.left.push(x);
                a.next();
            }
            (_, Some(&&y)) => {
                parted.right.push(y);
                b.next();
            }
            (_, None) => return parted,
        }
    }
}

#[derive(Default)]
struct Sum {
    count: f64,
    weight: f64,
}

impl Sum {
    fn add(&mut self, weight: f64) {
        self.count += 1.0;
        self.weight += weight;
    }
}

fn dice(shared: f64, left: f64, right: f64) -> f64 {
    let all = 2.0 * shared + left + right;
    if all > 0.0 { 2.0 * shared / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(a: &str, b: &str) -> Likeness {
        let mut lexicon = Lexicon::default();
        let (a, b) = (lexicon.read(split(a)), lexicon.read(split(b)));
        lexicon.compare(&a, &b)
    }

    #[test]
    fn markup_marks_and_punctuation_are_no_words() {
        assert_eq!(
            split("**Fix** `parse_line` (US-003)… ✅ v1.2, l'été"),
            ["fix", "parse_line", "us-003", "v1.2", "l'été"]
        );
        assert_eq!(split("实现登录 API"), ["实现", "现登", "登录", "api"]);
        assert_eq!(split("✅ --"), Vec::<String>::new());
    }

    #[test]
    fn a_typing_error_is_still_the_same_word() {
        assert!(likeness("Implmenet the parser", "Implement the parser").plain > 0.99);
        assert!(
            likeness("Set up CI", "Set up CI with caching on all three platforms").contained > 0.99
        );
        assert!(likeness("Write tests for step 1", "Write tests for step 2").other_numbers);
    }

    #[test]
    fn unlike_texts_share_nothing() {
        assert!(likeness("Deploy the site", "Rewrite lexer").plain < 0.01);
        assert!(likeness("", "").plain < 0.01);
    }
}
