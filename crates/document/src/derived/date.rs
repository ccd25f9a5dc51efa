//! Dates as plans write them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A calendar date. Its order is the calendar's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The date that a text begins with, in any of the forms that plans use.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        read(text).map(|(date, ..)| date)
    }
}

/// `YYYY-MM-DD`
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// How a date is written, by its pattern (`YYYY-MM-DD`, `D.M.YYYY`, `Mon D, YYYY`, …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DateFormat(usize);

/// The patterns that are known. Where two can read one text, the first wins. Forms in which day
/// and month can be taken for each other (`10/11/2025`) are left out on purpose.
const PATTERNS: [&str; 13] = [
    "YYYY-MM-DD",
    "YYYY/MM/DD",
    "YYYY/M/D",
    "YYYY.MM.DD",
    "DD.MM.YYYY",
    "D.M.YYYY",
    "YYYY年MM月DD日",
    "YYYY年M月D日",
    "Month D, YYYY",
    "Mon D, YYYY",
    "D Month YYYY",
    "D Mon YYYY",
    "D. Month YYYY",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A date pattern this build does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a known date pattern")]
pub struct UnknownPattern(String);

impl TryFrom<String> for DateFormat {
    type Error = UnknownPattern;

    fn try_from(pattern: String) -> Result<Self, UnknownPattern> {
        PATTERNS
            .iter()
            .position(|known| *known == pattern)
            .map(Self)
            .ok_or(UnknownPattern(pattern))
    }
}

impl From<DateFormat> for String {
    fn from(format: DateFormat) -> Self {
        format.pattern().to_owned()
    }
}

/// A part of a pattern.
enum Piece {
    Year,
    /// Month or day, with the number of digits it is padded to.
    Month(usize),
    Day(usize),
    Name {
        short: bool,
    },
    Char(char),
}

fn pieces(pattern: &str) -> impl Iterator<Item = Piece> + '_ {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        const WORDS: [(&str, Piece); 7] = [
            ("YYYY", Piece::Year),
            ("Month", Piece::Name { short: false }),
            ("Mon", Piece::Name { short: true }),
            ("MM", Piece::Month(2)),
            ("DD", Piece::Day(2)),
            ("M", Piece::Month(1)),
            ("D", Piece::Day(1)),
        ];
        for (word, piece) in WORDS {
            if let Some(after) = rest.strip_prefix(word) {
                rest = after;
                return Some(piece);
            }
        }
        let next = rest.chars().next()?;
        rest = &rest[next.len_utf8()..];
        Some(Piece::Char(next))
    })
}

impl DateFormat {
    fn pattern(self) -> &'static str {
        PATTERNS.get(self.0).copied().unwrap_or(PATTERNS[0])
    }

    /// Reads a date in this format at the start of `text`; also gives how many bytes it took.
    pub(super) fn read(self, text: &str) -> Option<(Date, usize)> {
        let mut rest = text;
        let mut date = Date {
            year: 0,
            month: 0,
            day: 0,
        };
        for piece in pieces(self.pattern()) {
            match piece {
                Piece::Year => date.year = digits(&mut rest, 4, 4)?,
                Piece::Month(pad) => date.month = padded(&mut rest, pad)?,
                Piece::Day(pad) => date.day = padded(&mut rest, pad)?,
                Piece::Name { short } => {
                    let (number, name) = (1u8..).zip(MONTHS).find_map(|(number, name)| {
                        let name = if short { &name[..3] } else { name };
                        rest.starts_with(name).then_some((number, name))
                    })?;
                    date.month = number;
                    rest = &rest[name.len()..];
                }
                Piece::Char(c) => rest = rest.strip_prefix(c)?,
            }
        }
        let ends = !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        let valid = (1900..2200).contains(&date.year)
            && (1..=12).contains(&date.month)
            && (1..=31).contains(&date.day);
        (ends && valid).then(|| (date, text.len() - rest.len()))
    }

    /// Writes a date in this format.
    pub(super) fn write(self, date: Date) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        for piece in pieces(self.pattern()) {
            // Writing to a string does not fail.
            let _ = match piece {
                Piece::Year => write!(text, "{:04}", date.year),
                Piece::Month(pad) => write!(text, "{:0pad$}", date.month),
                Piece::Day(pad) => write!(text, "{:0pad$}", date.day),
                Piece::Name { short } => {
                    let name = MONTHS
                        .get(usize::from(date.month).saturating_sub(1))
                        .copied()
                        .unwrap_or_default();
                    write!(text, "{}", if short { &name[..3] } else { name })
                }
                Piece::Char(c) => write!(text, "{c}"),
            };
        }
        text
    }
}

fn digits(rest: &mut &str, least: usize, most: usize) -> Option<u16> {
    let count = rest
        .bytes()
        .take(most)
        .take_while(u8::is_ascii_digit)
        .count();
    if count < least {
        return None;
    }
    let (number, after) = rest.split_at(count);
    *rest = after;
    number.parse().ok()
}

/// Two digits if the pattern is padded; else one or two without a leading zero.
fn padded(rest: &mut &str, pad: usize) -> Option<u8> {
    if pad == 1 && rest.starts_with('0') {
        return None;
    }
    u8::try_from(digits(rest, pad, 2)?).ok()
}

/// The date at the start of `text`, its format and its length in bytes.
pub(super) fn read(text: &str) -> Option<(Date, DateFormat, usize)> {
    if !may_start(text) {
        return None;
    }
    (0..PATTERNS.len()).map(DateFormat).find_map(|format| {
        let (date, length) = format.read(text)?;
        Some((date, format, length))
    })
}

/// Whether any pattern could read the start of `text`: almost no text needs more than this.
fn may_start(text: &str) -> bool {
    let digits = text.bytes().take(5).take_while(u8::is_ascii_digit).count();
    let rest = &text[digits..];
    // A name of a month, in full or short.
    let named = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_uppercase())
            && MONTHS.iter().any(|name| text.starts_with(&name[..3]))
    };
    match digits {
        0 => named(text),
        1 | 2 => {
            let behind = rest.strip_prefix('.');
            behind.is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()))
                || behind.unwrap_or(rest).strip_prefix(' ').is_some_and(named)
        }
        4 => rest.starts_with(['-', '/', '.', '年']),
        _ => false,
    }
}

/// The first date anywhere in `text`.
pub(super) fn find(text: &str) -> Option<Date> {
    // Every pattern has a year.
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut before = None;
    for (at, c) in text.char_indices() {
        let starts = !before.is_some_and(char::is_alphanumeric) || !c.is_ascii_alphanumeric();
        before = Some(c);
        if starts && let Some((date, ..)) = read(&text[at..]) {
            return Some(date);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes_the_forms_plans_use() {
        for text in [
            "2025-10-15",
            "2025/10/05",
            "2025/3/5",
            "15.10.2025",
            "5.3.2025",
            "2025年10月05日",
            "2025年3月5日",
            "October 5, 2025",
            "Oct 15, 2025",
            "15 Oct 2025",
            "3. May 2025",
        ] {
            let (date, format, length) = read(text).unwrap();
            assert_eq!(length, text.len(), "{text}");
            assert_eq!(format.write(date), text);
        }
        for text in [
            "2025-10-15T10:00",
            "10/11/2025",
            "2025-13-01",
            "1.2.3",
            "20251015",
            "",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
        assert_eq!(
            find("done (on 2025-10-15)"),
            read("2025-10-15").map(|d| d.0)
        );
        assert_eq!(find("x2025-10-15"), None);
    }

    proptest! {
        #[test]
        fn no_date_starts_where_none_may(
            text in "([0-9]{1,5}|Jan|March|Sept|[a-zA-Z])([-./ 年,]|[0-9]{1,2})*( (Oct|May|June),?)? ?[0-9]{0,5}",
        ) {
            let read = (0..PATTERNS.len()).find_map(|at| DateFormat(at).read(&text));
            prop_assert!(read.is_none() || may_start(&text), "{}", text);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*") {
            let _ = find(&text);
        }
    }
}
