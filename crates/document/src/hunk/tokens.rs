//! The tokens of a line, and merging what two sides did to one line.

use std::ops::Range;

use crate::text;
use crate::vocabulary::{is_pictograph, is_selector};

/// Longest line that is merged within: in a longer one a change of either side is one change.
const LONGEST: usize = 16 << 10;

/// Splits a line into tokens: a box (`[x]`), a word (`well-known`, `T-12`, `4/5`, `2025-10-15`;
/// in scripts without blanks a character), a run of blanks, or any other character.
///
/// A word holds the signs inside it, so that a date, an id or a fraction is changed as one.
pub(super) fn split(line: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (token, after) = rest.split_at(length(rest));
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// The length of the token at the start of a text that is not empty.
fn length(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, first)) = chars.next() else {
        return 0;
    };
    if first == '['
        && let (Some(_), Some((end, ']'))) = (chars.next(), chars.next())
    {
        return end + 1;
    }
    if first.is_whitespace() {
        return text
            .find(|c: char| !c.is_whitespace())
            .unwrap_or(text.len());
    }
    if in_word(first) {
        return word(text);
    }
    // Variation selectors and joiners belong to the sign before them.
    let mut end = first.len_utf8();
    let mut joined = false;
    for c in text[end..].chars() {
        if !joined && !is_selector(c) && c != JOINER {
            break;
        }
        joined = c == JOINER;
        end += c.len_utf8();
    }
    end
}

/// Zero width joiner.
const JOINER: char = '\u{200d}';

fn in_word(c: char) -> bool {
    (c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c) || c == '_') && !unspaced(c)
}

/// Whether a character is of a script that sets no blanks between words.
fn unspaced(c: char) -> bool {
    ('\u{2e80}'..='\u{9fff}').contains(&c)
}

fn word(text: &str) -> usize {
    const JOINS: [char; 8] = ['-', '.', ',', ':', '/', '\'', '’', '@'];
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inside = JOINS.contains(&c) && chars.peek().is_some_and(|(_, next)| in_word(*next));
        if !in_word(c) && !inside {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

/// Whether a token says something by itself: no blank, no punctuation, no box.
pub(super) fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric())
}

/// Whether a token is a mark or a box: it says what became of a task.
fn is_mark(token: &str) -> bool {
    token.starts_with(is_pictograph) || (token.len() > 2 && token.starts_with('['))
}

/// Merges what two sides made of one line of the base, or gives `None` where both changed the
/// same tokens in different ways.
///
/// What both put at the same place is kept if it is the same, or if one put words there and the
/// other marks; the words come first. The terminator is merged by itself and never in the way.
pub(super) fn merge(base: &str, found: &str, ours: &str) -> Option<String> {
    let end = |line| text::terminator(line);
    let terminator = if end(found) == end(base) {
        end(ours)
    } else {
        end(found)
    };
    let [base, found, ours] = [base, found, ours].map(text::content);
    let merged = if found == ours || ours == base {
        found.to_owned()
    } else if found == base {
        ours.to_owned()
    } else {
        disjoint(base, found, ours)?
    };
    Some(merged + terminator)
}

fn disjoint(base: &str, found: &str, ours: &str) -> Option<String> {
    if [base, found, ours].iter().any(|line| line.len() > LONGEST) {
        return None;
    }
    let [base, found, ours] = [base, found, ours].map(split);
    let their = changes(&base, &found);
    let our = changes(&base, &ours);
    let (mut their, mut our) = (their.iter().peekable(), our.iter().peekable());
    let mut merged = String::new();
    let mut at = 0;
    loop {
        let (before, insert) = match (their.peek(), our.peek()) {
            (None, None) => break,
            (Some(one), None) => (one.0.clone(), found[one.1.clone()].concat()),
            (None, Some(one)) => (one.0.clone(), ours[one.1.clone()].concat()),
            (Some(theirs), Some(mine)) => {
                let (a, b) = (&found[theirs.1.clone()], &ours[mine.1.clone()]);
                if theirs.0 == mine.0 {
                    let both = together(&theirs.0, a, b)?;
                    our.next();
                    (theirs.0.clone(), both)
                } else if theirs.0.end <= mine.0.start {
                    (theirs.0.clone(), a.concat())
                } else if mine.0.end <= theirs.0.start {
                    (mine.0.clone(), b.concat())
                } else {
                    return None;
                }
            }
        };
        // Whichever side this change is of; of both, ours is taken off already.
        if their.peek().is_some_and(|theirs| theirs.0 == before) {
            their.next();
        } else {
            our.next();
        }
        merged.push_str(&base[at..before.start].concat());
        merged.push_str(&insert);
        at = before.end;
    }
    merged.push_str(&base[at..].concat());
    Some(merged)
}

/// What both sides put in place of the same tokens.
fn together(before: &Range<usize>, found: &[&str], ours: &[&str]) -> Option<String> {
    if found == ours {
        return Some(found.concat());
    }
    if !before.is_empty() {
        return None;
    }
    let marks = |tokens: &[&str]| tokens.iter().any(|token| is_mark(token));
    match (marks(found), marks(ours)) {
        (false, true) => Some(found.concat() + &ours.concat()),
        (true, false) => Some(ours.concat() + &found.concat()),
        _ => None,
    }
}

/// The runs of tokens that differ, in both lines' tokens.
fn changes(before: &[&str], after: &[&str]) -> Vec<(Range<usize>, Range<usize>)> {
    // Marks and boxes would otherwise be cut into by chance matches of blanks around them: Myers'
    // shortest edit keeps what is the same.
    let input = imara_diff::InternedInput::new(Tokens(before), Tokens(after));
    let diff = imara_diff::Diff::compute(imara_diff::Algorithm::MyersMinimal, &input);
    diff.hunks()
        .map(|hunk| {
            (
                hunk.before.start as usize..hunk.before.end as usize,
                hunk.after.start as usize..hunk.after.end as usize,
            )
        })
        .collect()
}

/// The pairs of equal strings, in order.
pub(super) fn same(before: &[&str], after: &[&str]) -> Vec<(usize, usize)> {
    let input = imara_diff::InternedInput::new(Tokens(before), Tokens(after));
    let diff = imara_diff::Diff::compute(imara_diff::Algorithm::Histogram, &input);
    let (mut at, mut from) = (0, 0);
    let mut pairs = Vec::new();
    for hunk in diff.hunks() {
        pairs.extend((at..hunk.before.start as usize).zip(from..));
        (at, from) = (hunk.before.end as usize, hunk.after.end as usize);
    }
    pairs.extend((at..before.len()).zip(from..));
    pairs
}

/// Strings to compare.
struct Tokens<'a>(&'a [&'a str]);

impl<'a> imara_diff::TokenSource for Tokens<'a> {
    type Token = &'a str;
    type Tokenizer = std::iter::Copied<std::slice::Iter<'a, &'a str>>;

    fn tokenize(&self) -> Self::Tokenizer {
        self.0.iter().copied()
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_split_into_box_words_and_signs() {
        assert_eq!(
            split("- [ ] **T-2**: well-known 4/5 ⏸️ 設計\r\n"),
            [
                "-",
                " ",
                "[ ]",
                " ",
                "*",
                "*",
                "T-2",
                "*",
                "*",
                ":",
                " ",
                "well-known",
                " ",
                "4/5",
                " ",
                "⏸️",
                " ",
                "設",
                "計",
                "\r\n"
            ]
        );
    }

    #[test]
    fn disjoint_changes_of_a_line_are_both_made() {
        let merged = |base, found, ours| merge(base, found, ours);
        assert_eq!(
            merged(
                "- [ ] T-2: Sceond\n",
                "- [ ] T-2: Second\n",
                "- [x] T-2: Sceond ✅ 2025-05-04\n"
            ),
            Some("- [x] T-2: Second ✅ 2025-05-04\n".to_owned())
        );
        assert_eq!(
            merged(
                "- [ ] T-2: Two\n",
                "- [ ] T-2: Two parts\n",
                "- [x] T-2: Two ✅\n"
            ),
            Some("- [x] T-2: Two parts ✅\n".to_owned())
        );
        assert_eq!(
            merged(
                "| T-2 | Tow | ⏳ |\n",
                "| T-2 | Two | ⏳ |\r\n",
                "| T-2 | Tow | ✅ |\n"
            ),
            Some("| T-2 | Two | ✅ |\r\n".to_owned())
        );
        assert_eq!(merged("a b", "a b\n", "a c"), Some("a c\n".to_owned()));
    }

    #[test]
    fn the_same_tokens_changed_in_two_ways_do_not_merge() {
        for (base, found, ours) in [
            ("- [ ] a\n", "- [-] a\n", "- [x] a\n"),
            ("a b c\n", "a x c\n", "a y c\n"),
            (
                "- [ ] a\n",
                "- [x] a ✅ 2025-05-04\n",
                "- [x] a ✅ 2025-05-05\n",
            ),
            ("a\n", "a b\n", "a c\n"),
        ] {
            assert_eq!(merge(base, found, ours), None, "{base:?}");
        }
    }

    proptest! {
        #[test]
        fn tokens_lose_nothing(text in "(\\PC|[ \\[\\]x\u{fe0f}\u{200d}:,.-])*") {
            let tokens = split(&text);
            prop_assert_eq!(tokens.concat(), text.clone());
            prop_assert!(tokens.iter().all(|token| !token.is_empty()));
        }

        #[test]
        fn a_side_that_changed_nothing_gives_way(base in "[ab \\[\\]✅-]{0,8}", side in "[ab \\[\\]✅-]{0,8}") {
            prop_assert_eq!(merge(&base, &side, &base), Some(side.clone()));
            prop_assert_eq!(merge(&base, &base, &side), Some(side.clone()));
            prop_assert_eq!(merge(&base, &side, &side), Some(side));
        }

        #[test]
        fn merging_is_the_same_from_both_sides(base in "[ab ✅-]{0,8}", a in "[ab ✅-]{0,8}", b in "[ab ✅-]{0,8}") {
            prop_assert_eq!(merge(&base, &a, &b), merge(&base, &b, &a));
        }
    }
}
