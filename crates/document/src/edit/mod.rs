//! The line edits that a command calls for, in the plan's own dialect.
//!
//! Every function here takes a document and its outline and gives the hunks that make the
//! change, nothing else. How a status, a field or a new entry is written is learnt from the
//! entries that stand next to it ([`siblings`]); what no entry shows comes from the plan's
//! legend, and what that does not show from defaults in the form the plan uses.
//!
//! The law that holds for all of them: the edited text is read again before it is given back.
//! If it does not say exactly what was asked for, or if any other task would read
//! differently, the answer is an [`EditError`], never a text that is silently wrong.

mod add;
mod add_row;
mod cells;
mod customs;
mod date;
mod dates;
mod dependency;
mod details;
mod empty_table;
mod field;
mod form;
mod front_matter;
mod insert;
mod new_lines;
mod patch;
mod phrase;
mod record;
mod relocate;
mod remove;
mod rename;
mod sections;
mod siblings;
mod status;
mod verify;
mod version;
mod wording;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::hunk::Hunk;
use crate::outline::Outline;
use crate::status::Status;

pub(crate) use customs::Customs;

pub use add::{NewTask, Place, add_task, insert_blocks};
pub use dependency::{add_dependency, remove_dependency, says_none};
pub use field::{Scope, remove_field, set_field};
pub use record::{record_note, record_result, set_step};
pub use relocate::move_task;
pub use remove::remove_task;
pub use rename::{rekey, retitle};
pub use status::set_status;
pub use version::{set_version, version};

/// What a command changes in a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// The hunks, in order; each counts its lines in the document the ones before it left.
    pub hunks: Vec<Hunk>,
    /// What the person who gave the command should know: a detail the plan has no place for.
    pub remarks: Vec<String>,
    /// What the edited text says, where it was read to check the edit; `None` too where the text
    /// stays as it is.
    pub outline: Option<Arc<Outline>>,
}

/// What goes with a change of status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// The day, as ISO `YYYY-MM-DD`. Without it, no dates are written.
    pub date: Option<String>,
    /// Why (for a blocked task).
    pub reason: Option<String>,
    /// Further fields, label and value, in the order they are to be written.
    pub fields: Vec<(String, String)>,
    /// Results, one each, taken as they are.
    pub results: Vec<String>,
    /// Notes, one each.
    pub notes: Vec<String>,
}

/// Why an edit cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The outline has no task with this number.
    #[error("there is no task number {0} in this document")]
    NoSuchTask(usize),
    /// The task has no step with this number.
    #[error("the task on line {line} has no step number {step}; it has {steps}")]
    NoSuchStep {
        /// The task's line, from 1.
        line: usize,
        /// The step asked for, from 0.
        step: usize,
        /// How many there are.
        steps: usize,
    },
    /// There is no field with this label.
    #[error("there is no field '{label}' {place}")]
    NoSuchField {
        /// The label asked for.
        label: String,
        /// Where it was looked for.
        place: String,
    },
    /// There is no section with this title.
    #[error("there is no section '{title}'; add its heading to the plan first")]
    NoSuchSection {
        /// The title asked for.
        title: String,
    },
    /// The plan says statuses by sections and has none for this one.
    #[error(
        "the section a task stands in is its status here, and no section stands for '{status}'; add such a heading to the plan first"
    )]
    NoStatusSection {
        /// The status that has no section.
        status: Status,
    },
    /// The plan's form has no place for this.
    #[error("line {line}: {reason}")]
    NoPlace {
        /// The line it is about, from 1.
        line: usize,
        /// What there is no place for, and what to do.
        reason: String,
    },
    /// The document does not say which version it is.
    #[error("the plan does not say which version it is")]
    NoVersion,
    /// A text that would not be read as a version.
    #[error("'{0}' is no version: it begins with a digit and has no blanks or marks around it")]
    BadVersion(String),
    /// The text given is empty.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// The edited text would not be read as it is meant.
    #[error("line {line}: after this edit the plan would not read as intended: {reason}")]
    Misread {
        /// The line that would be misread, from 1, in the edited text.
        line: usize,
        /// What would be read instead.
        reason: String,
    },
}

/// Text for one line: without blanks around it, line ends inside turned into blanks.
fn one_line(text: &str) -> String {
    text.split(['\n', '\r'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
