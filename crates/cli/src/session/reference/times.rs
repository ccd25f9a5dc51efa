//! From the words for a time to a time. The clock is the caller's.

use chrono::{
    DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone,
    Weekday,
};
use ledger_core::Time;

/// The longest text that is read as a time.
const LONGEST: usize = 64;

/// What a text about a time means: a day, a minute or a second from its beginning to its end, or
/// one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its first millisecond.
    pub(crate) start: Time,
    /// Its last millisecond.
    pub(crate) end: Time,
}

/// Reads a day (`2025-10-15`, `today`, `yesterday`, `monday`), a time (RFC 3339, or
/// `2025-10-15 12:30` where the user is) or how long ago something was (`2 days ago`,
/// `last week`). `now` says what time it is, and in which zone the user is.
pub(crate) fn read<Z: TimeZone>(text: &str, now: &DateTime<Z>) -> Option<Span> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let zone = now.timezone();
    let words = text.to_ascii_lowercase();
    let words: Vec<&str> = words.split_whitespace().collect();
    match *words.as_slice() {
        ["now"] => instant(now),
        ["today"] => day(now.date_naive(), &zone),
        ["yesterday"] => day(now.date_naive().pred_opt()?, &zone),
        ["last", unit] => match weekday(unit) {
            Some(weekday) => day(last(weekday, now.date_naive())?, &zone),
            None => before(now, 1, unit),
        },
        [one] if weekday(one).is_some() => day(last(weekday(one)?, now.date_naive())?, &zone),
        [count, unit, "ago"] => before(now, number(count)?, unit),
        _ => written(text, &zone),
    }
}

/// Whether a text is written as a day is, and no calendar has that day.
pub(super) fn is_no_day(text: &str) -> bool {
    let form = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    let text = text.trim();
    text.len() == "2025-10-15".len()
        && text.bytes().enumerate().all(form)
        && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err()
}

/// A day or a time as it is written in figures.
fn written<Z: TimeZone>(text: &str, zone: &Z) -> Option<Span> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return day(date, zone);
    }
    // Without seconds, as `date -Iminutes` prints it, it is no RFC 3339.
    if let Ok(time) = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z") {
        return span(time.timestamp_millis(), 60_000);
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        // A fraction names its millisecond, a whole second all of it.
        let length = match text.contains('.') {
            true => 1,
            false => 1_000,
        };
        return span(time.timestamp_millis(), length);
    }
    let forms = [
        ("%Y-%m-%d %H:%M:%S%.f", 1_000),
        ("%Y-%m-%dT%H:%M:%S%.f", 1_000),
        ("%Y-%m-%d %H:%M", 60_000),
        ("%Y-%m-%dT%H:%M", 60_000),
    ];
    forms.into_iter().find_map(|(form, length)| {
        let time = NaiveDateTime::parse_from_str(text, form).ok()?;
        let length = match text.contains('.') {
            true => 1,
            false => length,
        };
        let start = local(time, zone, false)?;
        let end = local(time, zone, true)?;
        Some(Span {
            start: Time::from_millis(start)?,
            end: Time::from_millis(end.checked_add(length - 1)?)?,
        })
    })
}

fn span(start: i64, length: i64) -> Option<Span> {
    Some(Span {
        start: Time::from_millis(start)?,
        end: Time::from_millis(start.checked_add(length - 1)?)?,
    })
}

fn instant<Z: TimeZone>(time: &DateTime<Z>) -> Option<Span> {
    span(time.timestamp_millis(), 1)
}

fn day<Z: TimeZone>(day: NaiveDate, zone: &Z) -> Option<Span> {
    let start = local(day.and_time(NaiveTime::MIN), zone, false)?;
    let next = local(day.succ_opt()?.and_time(NaiveTime::MIN), zone, false)?;
    Some(Span {
        start: Time::from_millis(start)?,
        end: Time::from_millis(next.checked_sub(1)?)?,
    })
}

/// A clock's time in milliseconds since 1970. One that is shown twice when clocks are set back is
/// the first or the last of the two; one that is left out when they are set forward is where the
/// clock stands then.
fn local<Z: TimeZone>(time: NaiveDateTime, zone: &Z, last: bool) -> Option<i64> {
    let found = |time: &NaiveDateTime| {
        let found = zone.from_local_datetime(time);
        match last {
            true => found.latest(),
            false => found.earliest(),
        }
    };
    let hour = Duration::try_hours(1)?;
    let there = found(&time).or_else(|| found(&time.checked_add_signed(hour)?));
    there.map(|time| time.timestamp_millis())
}

/// So many units before now.
fn before<Z: TimeZone>(now: &DateTime<Z>, count: u32, unit: &str) -> Option<Span> {
    let singular = unit.strip_suffix('s').filter(|unit| unit.len() > 1);
    let seconds = |length: i64| {
        let all = Duration::try_seconds(i64::from(count).checked_mul(length)?)?;
        now.clone().checked_sub_signed(all)
    };
    let then = match singular.unwrap_or(unit) {
        "second" | "sec" | "s" => seconds(1),
        "minute" | "min" => seconds(60),
        "hour" | "h" => seconds(3_600),
        "day" | "d" => now.clone().checked_sub_days(Days::new(count.into())),
        "week" | "w" => now
            .clone()
            .checked_sub_days(Days::new(u64::from(count) * 7)),
        "month" => now.clone().checked_sub_months(Months::new(count)),
        "year" => now
            .clone()
            .checked_sub_months(Months::new(count.checked_mul(12)?)),
        _ => None,
    };
    instant(&then?)
}

fn number(text: &str) -> Option<u32> {
    match text {
        "a" | "an" | "one" => Some(1),
        // `+5` is a number elsewhere.
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    // The short names that are taken elsewhere are months and words.
    match text.len() > 3 {
        true => text.parse().ok(),
        false => None,
    }
}

/// The last such day before today.
fn last(weekday: Weekday, today: NaiveDate) -> Option<NaiveDate> {
    let behind = today.weekday().days_since(weekday);
    let days = if behind == 0 { 7 } else { behind };
    today.checked_sub_days(Days::new(days.into()))
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, Utc};
    use proptest::prelude::*;

    use super::*;

    /// A Wednesday.
    fn now() -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339("2025-10-15T12:30:00+02:00").unwrap()
    }

    fn ends(text: &str) -> Option<(String, String)> {
        let span = read(text, &now())?;
        Some((span.start.to_string(), span.end.to_string()))
    }

    #[test]
    fn days_minutes_and_seconds_count_to_their_ends() {
        for (text, start, end) in [
            (
                "2025-10-01",
                "2025-09-30T22:00:00.000Z",
                "2025-10-01T21:59:59.999Z",
            ),
            (
                "today",
                "2025-10-14T22:00:00.000Z",
                "2025-10-15T21:59:59.999Z",
            ),
            (
                "Yesterday",
                "2025-10-13T22:00:00.000Z",
                "2025-10-14T21:59:59.999Z",
            ),
            (
                "last monday",
                "2025-10-12T22:00:00.000Z",
                "2025-10-13T21:59:59.999Z",
            ),
            (
                "wednesday",
                "2025-10-07T22:00:00.000Z",
                "2025-10-08T21:59:59.999Z",
            ),
            (
                "2025-10-01 09:30",
                "2025-10-01T07:30:00.000Z",
                "2025-10-01T07:30:59.999Z",
            ),
            (
                "2025-10-01T09:30:05",
                "2025-10-01T07:30:05.000Z",
                "2025-10-01T07:30:05.999Z",
            ),
            (
                "2025-10-01 09:30:05.25",
                "2025-10-01T07:30:05.250Z",
                "2025-10-01T07:30:05.250Z",
            ),
            (
                "2025-10-01T09:30+01:00",
                "2025-10-01T08:30:00.000Z",
                "2025-10-01T08:30:59.999Z",
            ),
            (
                "2025-10-01T09:30Z",
                "2025-10-01T09:30:00.000Z",
                "2025-10-01T09:30:59.999Z",
            ),
            (
                "2025-10-01T09:30:05Z",
                "2025-10-01T09:30:05.000Z",
                "2025-10-01T09:30:05.999Z",
            ),
            (
                "2025-10-01T09:30:05.250Z",
                "2025-10-01T09:30:05.250Z",
                "2025-10-01T09:30:05.250Z",
            ),
        ] {
            let expected = Some((start.to_owned(), end.to_owned()));
            assert_eq!(ends(text), expected, "{text}");
        }
    }

    #[test]
    fn what_was_some_time_ago_is_one_moment() {
        for (text, time) in [
            ("now", "2025-10-15T10:30:00.000Z"),
            ("2 days ago", "2025-10-13T10:30:00.000Z"),
            ("3 hours ago", "2025-10-15T07:30:00.000Z"),
            ("an hour  ago", "2025-10-15T09:30:00.000Z"),
            ("last week", "2025-10-08T10:30:00.000Z"),
            ("1 month ago", "2025-09-15T10:30:00.000Z"),
            ("90 seconds ago", "2025-10-15T10:28:30.000Z"),
        ] {
            let expected = Some((time.to_owned(), time.to_owned()));
            assert_eq!(ends(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "ago",
            "days ago",
            "-1 days ago",
            "4294967296 days ago",
            "4294967295 years ago",
            "2 fortnights ago",
            "2025-13-01",
            "2025-02-30",
            "10000-01-01",
            "12:30",
            "last",
            "may",
        ] {
            assert_eq!(ends(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_and_a_span_ends_after_it_starts(
            text in prop_oneof![
                any::<String>(),
                "[0-9a-z :.T+-]{0,40}",
                "[0-9]{1,12} (second|minute|hour|day|week|month|year)s? ago",
                "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?",
            ],
            millis in -62_167_219_200_000i64..253_402_300_800_000,
        ) {
            let now = Utc.timestamp_millis_opt(millis).unwrap();
            if let Some(span) = read(&text, &now) {
                prop_assert!(span.start <= span.end);
            }
        }
    }
}
