//! A claimed time: UTC with milliseconds.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
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
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| invalid())?;
        let time = Self::from_millis(time.timestamp_millis()).ok_or_else(invalid)?;
        if time.to_string() == text {
            Ok(time)
        } else {
            Err(invalid())
        }
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
    use super::*;

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
