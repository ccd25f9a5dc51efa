//! Colours and marks.

use anstyle::{AnsiColor, Style};
use ledger_core::Status;

/// Less important text.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Headings.
pub(crate) const BOLD: Style = Style::new().bold();

/// The colour of a status.
pub(crate) const fn status(status: Status) -> Style {
    let color = match status {
        Status::Pending => return Style::new(),
        Status::InProgress => AnsiColor::Cyan,
        Status::Blocked => AnsiColor::Red,
        Status::IssuesFound => AnsiColor::Yellow,
        Status::Completed => AnsiColor::Green,
        Status::Cancelled => return DIM,
    };
    color.on_default()
}

/// The colour of an error, or else of a warning.
pub(crate) const fn severity(is_error: bool) -> Style {
    let color = match is_error {
        true => AnsiColor::Red,
        false => AnsiColor::Yellow,
    };
    color.on_default()
}

/// A status in words: `in progress`.
pub(crate) const fn words(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::InProgress => "in progress",
        Status::Blocked => "blocked",
        Status::IssuesFound => "issues found",
        Status::Completed => "completed",
        Status::Cancelled => "cancelled",
    }
}
