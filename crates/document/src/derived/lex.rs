//! Splits the text of one line into the tokens that derived text is made of.

use std::ops::Range;

use super::date::{self, Date, DateFormat};

/// A token and its place in the text that was split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

/// What a token is. Blanks are no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A date.
    Date(Date, DateFormat),
    /// Something named by letters and a number: `US-027`, `T001`, `#12`.
    Name,
    /// A whole number that stands by itself.
    Number(u64),
    /// A number with a percent sign; the range holds the number alone.
    Percent {
        /// Digits after the point.
        decimals: u8,
        /// Whether the point is a comma.
        comma: bool,
    },
    /// A number of another shape: `1.5`, `10:30`, `2-3`, `1,000`.
    Odd,
    /// Letters.
    Word,
    /// Any other character.
    Sign(char),
}

/// Whether there is any digit that numbers and dates are written with.
pub(super) fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Splits `text`.
pub(super) fn split(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let (length, kind) = next(text, at, c);
        tokens.push(Token {
            range: at..at + length,
            kind,
        });
        at += length;
    }
    tokens
}

fn next(text: &str, at: usize, c: char) -> (usize, Kind) {
    let rest = &text[at..];
    if let Some((date, format, length)) = date::read(rest) {
        return (length, Kind::Date(date, format));
    }
    if c.is_ascii_digit() {
        return number(rest);
    }
    if c.is_ascii_alphanumeric() || c == '#' {
        let length = run(rest);
        let word = &rest[..length];
        if is_name(word) {
            return (length, Kind::Name);
        }
        if c != '#' {
            // A hyphen joins names only; `foo-bar` is two words.
            let length = word
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(length);
            return (length, Kind::Word);
        }
    } else if c.is_alphabetic() {
        let length = rest
            .find(|c: char| !c.is_alphabetic() || c.is_ascii())
            .unwrap_or(rest.len());
        return (length, Kind::Word);
    }
    (c.len_utf8(), Kind::Sign(c))
}

/// The length of the run of characters an id can be made of.
fn run(text: &str) -> usize {
    let bytes = text.as_bytes();
    let inner = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let mut end = 1;
    while let Some(byte) = bytes.get(end) {
        let joins = matches!(byte, b'-' | b'.') && bytes.get(end + 1).is_some_and(inner);
        if !inner(byte) && !joins {
            break;
        }
        end += 1;
    }
    end
}

/// Whether a run of letters, digits and joints names something: it begins with a capital or `#`
/// and one of its segments is a number (`US-027`, `TODO-HLS-005-IMPL-001`, `T012`, `#7`).
pub(super) fn is_name(run: &str) -> bool {
    if let Some(number) = run.strip_prefix('#') {
        return !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    }
    let starts = run.starts_with(|c: char| c.is_ascii_uppercase());
    let joined = run.split(['-', '.', '_']).any(|segment| {
        let letters = segment.bytes().take_while(u8::is_ascii_uppercase).count();
        let digits = segment.len() - letters;
        digits > 0 && segment.bytes().skip(letters).all(|b| b.is_ascii_digit())
    });
    starts && joined
}

fn number(rest: &str) -> (usize, Kind) {
    let bytes = rest.as_bytes();
    let count = |from: usize| {
        bytes
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let whole = count(0);
    let mut end = whole;
    let mut decimals = 0;
    let mut comma = false;
    if let Some(point @ (b'.' | b',')) = bytes.get(end) {
        let after = count(end + 1);
        if after > 0 {
            comma = *point == b',';
            decimals = after;
            end += 1 + after;
        }
    }
    let percent = rest[end..]
        .trim_start_matches([' ', '\u{a0}', '\u{202f}'])
        .starts_with(['%', '％']);
    if percent && decimals <= 2 && whole <= 3 {
        let decimals = u8::try_from(decimals).unwrap_or_default();
        return (end, Kind::Percent { decimals, comma });
    }
    // Times, ranges, versions, sizes glued to their unit, and numbers too long to count with.
    let tail = rest[end..]
        .find(|c: char| {
            !(c.is_ascii_alphanumeric() || matches!(c, '.' | ',' | ':' | '-' | '–' | '_'))
        })
        .map_or(rest.len(), |length| end + length);
    let glued = &rest[end..tail];
    let joint = glued.trim_end_matches(['.', ',', ':', '-', '–']);
    if decimals > 0 || !joint.is_empty() {
        return (end + joint.len(), Kind::Odd);
    }
    match rest[..whole].parse() {
        Ok(value) if whole <= 7 => (whole, Kind::Number(value)),
        _ => (whole, Kind::Odd),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(text: &str) -> Vec<(&str, Kind)> {
        split(text)
            .into_iter()
            .map(|token| (&text[token.range], token.kind))
            .collect()
    }

    #[test]
    fn tells_counts_from_names_dates_and_other_numbers() {
        let percent = |decimals, comma| Kind::Percent { decimals, comma };
        assert_eq!(
            kinds("US-027 4/5 (80%)"),
            [
                ("US-027", Kind::Name),
                ("4", Kind::Number(4)),
                ("/", Kind::Sign('/')),
                ("5", Kind::Number(5)),
                ("(", Kind::Sign('(')),
                ("80", percent(0, false)),
                ("%", Kind::Sign('%')),
                (")", Kind::Sign(')')),
            ]
        );
        assert_eq!(kinds("66,7 %")[0], ("66,7", percent(1, true)));
        assert_eq!(kinds("5件中4件")[1], ("件中", Kind::Word));
        for odd in ["10:30", "2-3", "1.5", "1,000", "12345678", "5min"] {
            assert_eq!(kinds(odd), [(odd, Kind::Odd)], "{odd}");
        }
        assert!(matches!(kinds("15.10.2025")[0].1, Kind::Date(..)));
        assert_eq!(kinds("well-known")[0], ("well", Kind::Word));
    }

    proptest! {
        #[test]
        fn tokens_are_in_order_and_lose_nothing_but_blanks(text in "(\\PC|[0-9./,:% -])*") {
            let mut at = 0;
            for token in split(&text) {
                prop_assert!(text[at..token.range.start].trim().is_empty());
                at = token.range.end;
            }
            prop_assert!(text[at..].trim().is_empty());
        }
    }
}
