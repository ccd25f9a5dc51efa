//! Times as people read them.

use chrono::{Local, TimeZone};
use ledger_core::Time;

/// A time where the user is: `2025-10-15 11:30:00`.
pub(crate) fn local(time: Time) -> String {
    match Local.timestamp_millis_opt(time.millis()).single() {
        Some(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        None => time.to_string(),
    }
}

/// A time that reads the same everywhere: `2025-10-15 09:30Z`.
pub(crate) fn utc(time: Time) -> String {
    let text = time.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(clock)) => format!("{day} {clock}Z"),
        _ => text,
    }
}

/// How long ago a time was: `3 hours ago`.
pub(crate) fn ago(then: Time, now: Time) -> String {
    let seconds = (now.millis() - then.millis()) / 1_000;
    let (count, unit) = match seconds {
        ..0 => return "in the future".to_owned(),
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

/// How long something took, in its two largest units: `2 d 3 h`, `5 min 1 s`. Clocks may have been
/// set back meanwhile.
pub(crate) fn span(millis: i64) -> String {
    let seconds = millis / 1_000;
    if seconds < 0 {
        return "less than no time".to_owned();
    }
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = units.iter().position(|(count, _)| *count > 0);
    let largest = units.iter().skip(first.unwrap_or(units.len() - 1)).take(2);
    let said = largest
        .enumerate()
        .filter(|(nth, (count, _))| *nth == 0 || *count > 0)
        .map(|(_, (count, unit))| format!("{count} {unit}"));
    said.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn ages_are_told_in_the_largest_whole_unit() {
        let now = at("2025-10-15T12:00:00.000Z");
        for (then, said) in [
            ("2025-10-15T11:59:30.000Z", "just now"),
            ("2025-10-15T11:59:00.000Z", "1 minute ago"),
            ("2025-10-15T09:00:00.000Z", "3 hours ago"),
            ("2025-10-01T09:00:00.000Z", "14 days ago"),
            ("2025-10-15T12:00:02.000Z", "in the future"),
        ] {
            assert_eq!(ago(at(then), now), said);
        }
    }

    #[test]
    fn a_span_is_told_in_its_two_largest_units() {
        for (millis, said) in [
            (0, "0 s"),
            (999, "0 s"),
            (61_000, "1 min 1 s"),
            (3_600_000, "1 h"),
            (3_601_000, "1 h"),
            (90_000_000, "1 d 1 h"),
            (-1_000, "less than no time"),
        ] {
            assert_eq!(span(millis), said);
        }
    }

    #[test]
    fn a_time_everywhere_is_utc() {
        assert_eq!(utc(at("2025-10-15T11:59:30.000Z")), "2025-10-15 11:59Z");
    }
}
