//! Newtypes for every identity and position.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, de};

/// A text that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {what}")]
pub struct InvalidId {
    /// The text.
    pub text: String,
    /// What it should have been.
    pub what: &'static str,
}

/// 32 bytes of BLAKE3 output, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes of hash output.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_hex(text).map(Self).ok_or_else(|| InvalidId {
            text: text.to_owned(),
            what: "a digest of 64 lower-case hex digits",
        })
    }
}

/// The id of an event: the hash of its header bytes (ledger-format.md §3.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(Digest);

impl EventId {
    /// Wraps a header hash.
    #[must_use]
    pub const fn new(digest: Digest) -> Self {
        Self(digest)
    }

    /// The hash.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.0
    }

    /// The first 12 hex digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(12);
        text
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for EventId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_hex(text)
            .map(|bytes| Self(Digest(bytes)))
            .ok_or_else(|| InvalidId {
                text: text.to_owned(),
                what: "an event id of 64 lower-case hex digits",
            })
    }
}

/// An event's line number in this ledger's journal, from 0. Local: never hashed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The most bytes a string in a header may have (ledger-format.md §2.4).
pub const MAX_HEADER_STRING: usize = 256;

/// The beginning of a text, at most so many bytes of it.
#[must_use]
pub fn beginning(text: &str, most: usize) -> &str {
    let ends = (0..=most.min(text.len())).rev();
    let end = ends.into_iter().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps a text.
            ///
            /// # Errors
            /// [`InvalidId`] if the text does not have the form.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) { Ok(Self(text)) } else { Err(InvalidId { text, what: $what }) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

name_type!(
    /// The name a ledger knows a task by: its written id, `ID#2` for a second task with that
    /// id, or a generated name for a task without one.
    TaskKey,
    "a task key of 1 to 256 bytes",
    |text| !text.is_empty() && text.len() <= MAX_HEADER_STRING
);

name_type!(
    /// A tracked document: 16 lower-case hex digits drawn when it was adopted.
    DocumentId,
    "a document id of 16 lower-case hex digits",
    |text| text.len() == 16 && text.bytes().all(is_lower_hex)
);

name_type!(
    /// A copy of the ledger that writes: 16 lower-case hex digits drawn when it was made.
    WriterId,
    "a writer id of 16 lower-case hex digits",
    |text| text.len() == 16 && text.bytes().all(is_lower_hex)
);

impl Borrow<str> for WriterId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

macro_rules! hex_serde {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(de::Error::custom)
            }
        }
    };
}

hex_serde!(Digest);
hex_serde!(EventId);

const fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// Lower-case hex of any bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    struct Hex<'a>(&'a [u8]);
    impl fmt::Display for Hex<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_hex(f, self.0)
        }
    }
    Hex(bytes).to_string()
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for chunk in bytes.chunks(32) {
        let mut text = [[0; 2]; 32];
        for (pair, &byte) in text.iter_mut().zip(chunk) {
            *pair = digits(byte);
        }
        let text = text[..chunk.len()].as_flattened();
        f.write_str(std::str::from_utf8(text).unwrap_or_default())?;
    }
    Ok(())
}

/// Appends [`hex`] of an array to a text under way.
pub(crate) fn push_hex<const N: usize>(out: &mut Vec<u8>, bytes: &[u8; N]) {
    out.extend_from_slice(bytes.map(digits).as_flattened());
}

const fn digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]
}

/// Exactly `2 * N` lower-case hex digits as bytes.
#[must_use]
#[inline]
pub fn parse_hex<const N: usize>(digits: impl AsRef<[u8]>) -> Option<[u8; N]> {
    let (pairs, odd) = digits.as_ref().as_chunks::<2>();
    let pairs: &[[u8; 2]; N] = pairs.try_into().ok().filter(|_| odd.is_empty())?;
    // Without a branch or a table in the loop, so that many digits are looked at together:
    // reading digests is a good part of verifying.
    let mut bytes = [0; N];
    let mut seen = 0;
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (nibble(high), nibble(low));
        seen |= high | low;
        *byte = high << 4 | low & 15;
    }
    (seen < 16).then_some(bytes)
}

/// The value of a hex digit; 255 for all other bytes.
const fn nibble(byte: u8) -> u8 {
    let (digit, letter) = (byte.wrapping_sub(b'0'), byte.wrapping_sub(b'a'));
    if digit < 10 {
        digit
    } else if letter < 6 {
        letter + 10
    } else {
        255
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hex_is_read_if_and_only_if_it_is_what_is_written(
            bytes in any::<[u8; 32]>(),
            at in 0usize..64,
            other in any::<u8>(),
        ) {
            let mut text = hex(&bytes).into_bytes();
            let mut pushed = Vec::new();
            push_hex(&mut pushed, &bytes);
            prop_assert_eq!(&pushed, &text);
            prop_assert_eq!(parse_hex(&text), Some(bytes));
            text[at] = other;
            match parse_hex::<32>(&text) {
                Some(read) => prop_assert_eq!(hex(&read).into_bytes(), text),
                None => prop_assert!(!is_lower_hex(other)),
            }
        }
    }

    #[test]
    fn a_digest_round_trips_and_refuses_upper_case() {
        let digest = Digest::from_bytes([0xab; 32]);
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        assert!("AB".repeat(32).parse::<Digest>().is_err());
        assert!("ab".repeat(31).parse::<Digest>().is_err());
    }

    #[test]
    fn keys_are_bounded() {
        assert!(TaskKey::new("").is_err());
        assert!(TaskKey::new("x".repeat(257)).is_err());
        assert!(DocumentId::new("0123456789abcdef").is_ok());
        assert!(DocumentId::new("0123456789abcdeF").is_err());
    }
}
