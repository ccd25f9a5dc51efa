//! A claimed time: UTC with milliseconds.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, de};

use crate::id::InvalidId;

/// Milliseconds since 1970-01-01T00:00:00Z, as the writer's clock claimed. Never decides order.
///
/// Written as RFC 3339 with exactly three decimals and `Z`: `2025-10-15T09:30:00.000Z`. Years
/// 0000 to 9999, so that every time has the same 24 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time(i64);

impl Time {
    /// A time from milliseconds since the Unix epoch; `None` outside years 0 to 9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Option<Self> {
        let time = DateTime::<Utc>::from_timestamp_millis(millis)?;
        (0..=9999).contains(&time.year()).then_some(Self(millis))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The UTC date as `YYYY-MM-DD`.
    #[must_use]
    pub fn date(self) -> String {
        let mut text = self.to_string();
        text.truncate(10);
        text
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        f.pad(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Time {
    type Err = InvalidId;

    /// Reads the canonical form only.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidId {
            text: text.to_owned(),
            what: "a UTC time with milliseconds such as 2025-10-15T09:30:00.000Z",
        };
        read(text).ok_or_else(invalid)
    }
}

/// A time in its 24 characters. Every verified line has one, so it is read without detours.
fn read(text: &str) -> Option<Time> {
    let text = text.as_bytes();
    let number = |range: Range<usize>| {
        text[range].iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    let marks = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'.'),
        (23, b'Z'),
    ];
    if text.len() != 24 || marks.iter().any(|&(at, mark)| text[at] != mark) {
        return None;
    }
    let year = i32::try_from(number(0..4)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(5..7)?, number(8..10)?)?;
    let time = date.and_hms_milli_opt(
        number(11..13)?,
        number(14..16)?,
        number(17..19)?,
        number(20..23)?,
    )?;
    Some(Time(time.and_utc().timestamp_millis()))
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "In UTC, with milliseconds.",
            "type": "string",
            "format": "date-time",
        })
    }
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_text_is_read_if_and_only_if_it_is_what_is_written(
            millis in -62_167_219_200_000i64..253_402_300_800_000,
            at in 0usize..24,
            byte in b' '..b'~',
        ) {
            let time = Time::from_millis(millis).unwrap();
            let mut text = time.to_string().into_bytes();
            prop_assert_eq!(read(&time.to_string()), Some(time));
            text[at] = byte;
            let text = String::from_utf8(text).unwrap();
            if let Some(read) = read(&text) {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }

    #[test]
    fn only_the_canonical_form_is_read() {
        let text = "2025-10-15T09:30:00.000Z";
        assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
        for other in [
            "2025-10-15T09:30:00Z",
            "2025-10-15T11:30:00.000+02:00",
            "2025-10-15",
            "",
        ] {
            assert!(other.parse::<Time>().is_err(), "{other}");
        }
        assert!(Time::from_millis(i64::MAX).is_none());
    }
}
