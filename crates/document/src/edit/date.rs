//! Dates inside text, found and rewritten in the way they are written.

use std::ops::Range;

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day {
    year: u32,
    month: u32,
    day: u32,
}

/// How a plan writes dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `2025-10-15`, with the separator.
    YearFirst(char),
    /// `15.10.2025`, with the separator.
    DayFirst(char),
    /// `10/15/2025`, with the separator.
    MonthFirst(char),
    /// `2025年10月15日`
    Ideographs,
    /// `Oct 15, 2025` or `October 15, 2025`
    MonthName { long: bool },
    /// `15 Oct 2025`, with a dot after the day or not
    DayMonthName { long: bool, dot: bool },
}

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

impl Day {
    /// Reads `YYYY-MM-DD`.
    pub(super) fn iso(text: &str) -> Option<Self> {
        let (range, day, style) = find(text.trim())?;
        (style == Style::YearFirst('-') && range == (0..text.trim().len())).then_some(day)
    }

    fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        ((1900..=2999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day))
            .then_some(Self { year, month, day })
    }

    fn write(self, style: Style) -> String {
        let Self { year, month, day } = self;
        let name = MONTHS.get(month as usize - 1).copied().unwrap_or("January");
        let named = |long: bool| if long { name } else { &name[..3] };
        match style {
            Style::YearFirst(s) => format!("{year:04}{s}{month:02}{s}{day:02}"),
            Style::DayFirst(s) => format!("{day:02}{s}{month:02}{s}{year:04}"),
            Style::MonthFirst(s) => format!("{month:02}{s}{day:02}{s}{year:04}"),
            Style::Ideographs => format!("{year}年{month}月{day}日"),
            Style::MonthName { long } => format!("{} {day}, {year}", named(long)),
            Style::DayMonthName { long, dot } => {
                format!("{day}{} {} {year}", if dot { "." } else { "" }, named(long))
            }
        }
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.write(Style::YearFirst('-')))
    }
}

/// Where the first date in a text stands, with a time of day behind it if there is one.
pub(super) fn position(text: &str) -> Option<Range<usize>> {
    find(text).map(|(range, _, _)| range)
}

/// The text with its first date replaced, written as the old one was. `None` if it has none.
pub(super) fn redate(text: &str, day: Day) -> Option<String> {
    let (range, _, style) = find(text)?;
    Some(format!(
        "{}{}{}",
        &text[..range.start],
        day.write(style),
        &text[range.end..]
    ))
}

/// The text up to and with its first date, redated; what follows the date is left out, but for
/// a bracket that closes around it.
pub(super) fn redate_head(text: &str, day: Day) -> Option<String> {
    let (range, _, style) = find(text)?;
    let close: String = text[range.end..]
        .chars()
        .take_while(|c| matches!(c, ')' | ']' | '*' | '_' | '`' | '\'' | '"'))
        .collect();
    Some(format!(
        "{}{}{close}",
        &text[..range.start],
        day.write(style)
    ))
}

/// The text without its first date and what only carries it: brackets, a dash, blanks.
pub(super) fn undate(text: &str) -> String {
    let Some((range, _, _)) = find(text) else {
        return text.to_owned();
    };
    let (mut before, mut after) = (&text[..range.start], &text[range.end..]);
    for (open, close) in [('(', ')'), ('[', ']'), ('（', '）'), ('`', '`')] {
        if let (Some(b), Some(a)) = (before.strip_suffix(open), after.strip_prefix(close)) {
            (before, after) = (b, a);
        }
    }
    let before = before.trim_end_matches([' ', '\t', '-', '–', '—', ',', ':', '@', '|', '·']);
    format!("{before}{after}")
}

/// The first date in the text.
fn find(text: &str) -> Option<(Range<usize>, Day, Style)> {
    // Most texts have none, and every date has a year.
    has_year(text).then(|| search(text)).flatten()
}

fn search(text: &str) -> Option<(Range<usize>, Day, Style)> {
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        if !previous.is_alphanumeric() {
            let found = if c.is_ascii_digit() {
                numeric(&text[at..]).or_else(|| day_month_name(&text[at..]))
            } else if c.is_ascii_uppercase() {
                month_name(&text[at..])
            } else {
                None
            };
            if let Some((length, day, style)) = found {
                let end = at + length;
                let end = end + time(&text[end..]);
                let next = text[end..].chars().next();
                if !next.is_some_and(|c| c.is_ascii_alphanumeric()) {
                    return Some((at..end, day, style));
                }
            }
        }
        previous = c;
    }
    None
}

fn has_year(text: &str) -> bool {
    let mut runs = text.as_bytes().split(|byte| !byte.is_ascii_digit());
    runs.any(|run| run.len() >= 4)
}

fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    (least..=most)
        .contains(&length)
        .then(|| Some((text[..length].parse().ok()?, &text[length..])))?
}

fn numeric(text: &str) -> Option<(usize, Day, Style)> {
    let length = |rest: &str| text.len() - rest.len();
    if let Some((year, rest)) = digits(text, 4, 4) {
        if let Some(rest) = rest.strip_prefix('年') {
            let (month, rest) = digits(rest, 1, 2)?;
            let (day, rest) = digits(rest.strip_prefix('月')?, 1, 2)?;
            let rest = rest.strip_prefix('日')?;
            return Some((length(rest), Day::new(year, month, day)?, Style::Ideographs));
        }
        let separator = rest.chars().next().filter(|c| "-/.".contains(*c))?;
        let (month, rest) = digits(rest.get(1..)?, 2, 2)?;
        let (day, rest) = digits(rest.strip_prefix(separator)?, 2, 2)?;
        let day = Day::new(year, month, day)?;
        return Some((length(rest), day, Style::YearFirst(separator)));
    }
    let (first, rest) = digits(text, 1, 2)?;
    let separator = rest.chars().next().filter(|c| "-/.".contains(*c))?;
    let (second, rest) = digits(rest.get(1..)?, 1, 2)?;
    let (year, rest) = digits(rest.strip_prefix(separator)?, 4, 4)?;
    // With slashes the month comes first unless it cannot; with dots and dashes the day does.
    if first > 12 || (separator != '/' && second <= 12) {
        let day = Day::new(year, second, first)?;
        Some((length(rest), day, Style::DayFirst(separator)))
    } else {
        let day = Day::new(year, first, second)?;
        Some((length(rest), day, Style::MonthFirst(separator)))
    }
}

/// The month a text starts with, whether its name is written out, and what follows.
fn month(text: &str) -> Option<(u32, bool, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = &text[..length];
    let number = MONTHS
        .iter()
        .position(|name| word == *name || word == &name[..3])?;
    Some((number as u32 + 1, word.len() > 3, &text[length..]))
}

fn month_name(text: &str) -> Option<(usize, Day, Style)> {
    let (month, long, rest) = month(text)?;
    let (day, rest) = digits(rest.strip_prefix(' ')?, 1, 2)?;
    let (year, rest) = digits(rest.strip_prefix(", ")?, 4, 4)?;
    let day = Day::new(year, month, day)?;
    Some((text.len() - rest.len(), day, Style::MonthName { long }))
}

fn day_month_name(text: &str) -> Option<(usize, Day, Style)> {
    let (day, rest) = digits(text, 1, 2)?;
    let (rest, dot) = match rest.strip_prefix('.') {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let (month, long, rest) = month(rest.strip_prefix(' ')?)?;
    let (year, rest) = digits(rest.strip_prefix(' ')?, 4, 4)?;
    let day = Day::new(year, month, day)?;
    let style = Style::DayMonthName { long, dot };
    Some((text.len() - rest.len(), day, style))
}

/// Length of a time of day behind a date: ` 07:26`, `T07:26:11Z`.
fn time(text: &str) -> usize {
    let Some(rest) = text.strip_prefix([' ', 'T']) else {
        return 0;
    };
    let shape = |text: &str| -> Option<usize> {
        let (_, rest) = digits(text, 2, 2)?;
        let (_, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
        let rest = rest
            .strip_prefix(':')
            .and_then(|seconds| digits(seconds, 2, 2))
            .map_or(rest, |(_, rest)| rest);
        let rest = rest.strip_prefix('Z').unwrap_or(rest);
        Some(text.len() - rest.len())
    };
    shape(rest).map_or(0, |length| length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_date_keeps_the_way_it_is_written() {
        let day = Day::iso("2025-10-05").unwrap();
        for (old, new) in [
            ("✅ 2024-01-31", "✅ 2025-10-05"),
            ("fertig 31.01.2024.", "fertig 05.10.2025."),
            ("完了 (2024年1月31日)", "完了 (2025年10月5日)"),
            ("done Jan 31, 2024", "done Oct 5, 2025"),
            ("1. March 2024", "5. October 2025"),
            ("12/31/2024", "10/05/2025"),
            ("'2024-01-31 07:26'", "'2025-10-05'"),
        ] {
            assert_eq!(redate(old, day).as_deref(), Some(new), "{old}");
        }
        for text in [
            "v1.2.3",
            "12/15 tasks",
            "TASK-2024-99-99",
            "x2024-01-01",
            "",
        ] {
            assert_eq!(redate(text, day), None, "{text}");
        }
    }

    #[test]
    fn taking_a_date_out_takes_its_brackets_along() {
        for (old, new) in [
            ("✅ Completed (2025-10-16)", "✅ Completed"),
            (" ✅ 2025-10-15", " ✅"),
            ("Done - 2025-10-15", "Done"),
            ("plain", "plain"),
        ] {
            assert_eq!(undate(old), new);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_failing(text in "([0-9]{1,4}[-/.年月日 ]|Oct |May |\\PC){0,12}") {
            prop_assert_eq!(find(&text), search(&text));
            let day = Day::iso("2025-10-05").unwrap();
            if let Some(redated) = redate(&text, day) {
                prop_assert!(position(&redated).is_some());
            }
            undate(&text);
            redate_head(&text, day);
        }
    }
}
