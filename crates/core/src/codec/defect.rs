//! What can be wrong with one line taken by itself (ledger-format.md §9.1).

use super::{MAX_DEPTH, MAX_INTEGER};

/// A line that is not what the format asks for, whatever stands before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// More bytes than the format allows.
    #[error("{what} has {bytes} bytes; at most {limit} are allowed")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
    },
    /// No line feed at the end.
    #[error("the line does not end with a line feed: it was cut off")]
    IncompleteLine,
    /// Bytes that are not UTF-8.
    #[error("byte {offset} of the line is not UTF-8")]
    NotUtf8 {
        /// Offset of the first bad byte in the line, from 0.
        offset: usize,
    },
    /// Not the one way to write its value.
    #[error("not canonical JSON at byte {offset} of the line: {why}")]
    NotCanonical {
        /// Offset in the line, from 0.
        offset: usize,
        /// What the canonical form asks for.
        why: &'static str,
    },
    /// A member name that its object already has.
    #[error("an object has the same member twice, at byte {offset} of the line")]
    DuplicateKey {
        /// Offset of the second one in the line, from 0.
        offset: usize,
    },
    /// An integer beyond what every JSON reader keeps exactly.
    #[error("the integer at byte {offset} of the line is beyond {MAX_INTEGER}")]
    NumberOutOfRange {
        /// Offset in the line, from 0.
        offset: usize,
    },
    /// Too many arrays and objects inside each other.
    #[error("values nest deeper than {MAX_DEPTH} levels at byte {offset} of the line")]
    TooDeep {
        /// Offset in the line, from 0.
        offset: usize,
    },
    /// Canonical JSON, but not an object of `body` and `header`.
    #[error("the line is not an object of exactly a body and a header")]
    BadLine,
    /// A format this build does not know.
    #[error("the header is of format version {v}; this program reads version 1")]
    UnknownVersion {
        /// The version it claims.
        v: u64,
    },
    /// A header member that version 1 does not have.
    #[error("the header has a member '{name}' that version 1 does not know")]
    UnknownMember {
        /// Its name.
        name: String,
    },
    /// A header member that is missing or not of its form.
    #[error("the header's '{member}' is missing or wrong: {why}")]
    BadHeader {
        /// The member.
        member: &'static str,
        /// What it should be.
        why: &'static str,
    },
    /// A part that is not of its form.
    #[error("part {part} of the body is wrong: {why}")]
    BadBody {
        /// Index of the part, from 0.
        part: usize,
        /// What it should be.
        why: &'static str,
    },
    /// Parts that the header does not commit to.
    #[error("the body is not the one the header commits to")]
    WrongBody,
}

impl Defect {
    /// The reason code of ledger-format.md §9.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "TOO_LONG",
            Self::IncompleteLine => "INCOMPLETE_LINE",
            Self::NotUtf8 { .. } => "NOT_UTF8",
            Self::NotCanonical { .. } => "NOT_CANONICAL",
            Self::DuplicateKey { .. } => "DUPLICATE_KEY",
            Self::NumberOutOfRange { .. } => "NUMBER_OUT_OF_RANGE",
            Self::TooDeep { .. } => "TOO_DEEP",
            Self::BadLine => "BAD_LINE",
            Self::UnknownVersion { .. } => "UNKNOWN_VERSION",
            Self::UnknownMember { .. } => "UNKNOWN_MEMBER",
            Self::BadHeader { .. } => "BAD_HEADER",
            Self::BadBody { .. } => "BAD_BODY",
            Self::WrongBody => "WRONG_BODY",
        }
    }
}
