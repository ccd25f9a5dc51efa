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
    fn a_time_everywhere_is_utc() {
        assert_eq!(utc(at("2025-10-15T11:59:30.000Z")), "2025-10-15 11:59Z");
    }
}
