//! What a rule found, and where.

use std::ops::Range;

use ledger_document::Hunk;

use super::Rule;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// What stands there may mislead.
    Warning,
    /// What stands there cannot be told apart, or cannot be.
    Error,
}

impl Severity {
    /// Its name, as compilers and SARIF have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The sheet, by its index.
    pub sheet: usize,
    /// The lines, from 0.
    pub lines: Range<usize>,
    /// The bytes of the only line that it is about; `None` for all of its lines.
    pub columns: Option<Range<usize>>,
}

impl Spot {
    /// A whole line.
    #[must_use]
    pub const fn line(sheet: usize, line: usize) -> Self {
        Self {
            sheet,
            lines: line..line + 1,
            columns: None,
        }
    }

    /// Some bytes of a line.
    #[must_use]
    pub const fn columns(sheet: usize, line: usize, columns: Range<usize>) -> Self {
        Self {
            sheet,
            lines: line..line + 1,
            columns: Some(columns),
        }
    }
}

/// Another place that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub spot: Spot,
    /// What is there.
    pub message: String,
}

/// An edit that puts something right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative.
    pub message: String,
    /// The lines it replaces.
    pub hunks: Vec<Hunk>,
}

/// Something that is wrong.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// Where.
    pub spot: Spot,
    /// What is wrong, with both sides of a contradiction. Has text of the plan in it as it is.
    pub message: String,
    /// The other places that it is about.
    pub related: Vec<Related>,
    /// The edit that puts it right, where there is no doubt which that is.
    pub fix: Option<Fix>,
}
