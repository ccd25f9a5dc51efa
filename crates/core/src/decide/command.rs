//! What can be asked of a plan. Commands are imperative; the events they lead to are past tense.

use std::borrow::Cow;

use ledger_document::Status;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::rejection::Rejection;
use super::work::Work;

/// A change somebody asks for.
///
/// The serialized form is one line of `append --json`, and what an idempotency key stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Begin a task.
    Start(Change),
    /// Finish a task.
    Complete(Change),
    /// A task cannot go on; needs a reason.
    Block(Change),
    /// A blocked task can go on.
    Unblock(Change),
    /// Take a finished or cancelled task up again.
    Reopen(Change),
    /// Something is wrong with what was done.
    Flag(Change),
    /// Give a task up.
    Cancel(Change),
    /// Put a new task into the plan.
    #[serde(deserialize_with = "super::members::add")]
    Add {
        /// Its title.
        title: String,
        /// Its id, if it is to have one; `auto:US` for the next one of a family.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Where it goes.
        #[serde(flatten)]
        place: Placement,
        /// Further fields, label and value.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        fields: Vec<(String, String)>,
    },
    /// Take a task out of the plan.
    Remove {
        /// The task.
        task: String,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Whether that is also why rules are overridden.
        #[serde(
            default,
            rename = "override",
            skip_serializing_if = "std::ops::Not::not"
        )]
        overrides: bool,
    },
    /// Put a removed task back as it was.
    Restore {
        /// The task.
        task: String,
    },
    /// Put a task into another section.
    #[serde(deserialize_with = "super::members::relocation")]
    Move {
        /// The task.
        task: String,
        /// Where it goes.
        #[serde(flatten)]
        place: Placement,
    },
    /// Word a task's title otherwise.
    Retitle {
        /// The task.
        task: String,
        /// Its new title.
        title: String,
    },
    /// Give a task another id.
    Rekey {
        /// The task.
        task: String,
        /// Its new id.
        id: String,
    },
    /// Set a field of a task or of the document.
    Set {
        /// The task; without one, a field of the document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        /// The document, where the ledger tracks several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<String>,
        /// The field's label.
        label: String,
        /// Its value.
        text: String,
    },
    /// Remove a field of a task or of the document.
    Unset {
        /// The task; without one, a field of the document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        /// The document, where the ledger tracks several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<String>,
        /// The field's label.
        label: String,
    },
    /// Write a note under a task.
    Note {
        /// The task.
        task: String,
        /// The note.
        text: String,
    },
    /// Write a result under a task.
    Result {
        /// The task.
        task: String,
        /// The result.
        text: String,
    },
    /// Check or uncheck a step of a task.
    Step {
        /// The task.
        task: String,
        /// The step: its number from 1, or its text or the beginning of it.
        step: StepName,
        /// Uncheck it instead.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        undo: bool,
    },
    /// Make a task wait for another.
    Depend {
        /// The task that waits.
        task: String,
        /// The task it waits for.
        on: String,
    },
    /// Make a task no longer wait for another.
    Undepend {
        /// The task that waited.
        task: String,
        /// The task it waited for.
        on: String,
    },
    /// Take note of what speaks for a task.
    Evidence(Evidence),
    /// Keep the next ids of a family for somebody.
    Reserve {
        /// The family: what its ids have before the number.
        family: String,
        /// How many.
        count: usize,
    },
    /// A plan is a new version from here on.
    Release {
        /// Its number.
        version: String,
        /// The document, where the ledger tracks several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<String>,
        /// The day to write into the plan, as `YYYY-MM-DD`; without it, today.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        date: Option<String>,
    },
    /// A plan file lies elsewhere now.
    Rename {
        /// Its path so far.
        plan: String,
        /// Its path from here on.
        to: String,
    },
    /// Track a plan file no more. The file stays as it is.
    Drop {
        /// Its path.
        plan: String,
    },
    /// Take note of an agent's own list of work.
    Work(Work),
}

impl Command {
    /// The command as somebody asked for it, without what was measured since.
    #[must_use]
    pub fn as_asked(&self) -> Cow<'_, Self> {
        match self {
            Self::Evidence(evidence) => Cow::Owned(Self::Evidence(evidence.as_asked())),
            _ => Cow::Borrowed(self),
        }
    }

    /// The task it is about, as it was named; of two the one that changes.
    #[must_use]
    pub fn task(&self) -> Option<&str> {
        match self {
            Self::Start(change)
            | Self::Complete(change)
            | Self::Block(change)
            | Self::Unblock(change)
            | Self::Reopen(change)
            | Self::Flag(change)
            | Self::Cancel(change) => Some(&change.task),
            Self::Remove { task, .. }
            | Self::Restore { task }
            | Self::Move { task, .. }
            | Self::Retitle { task, .. }
            | Self::Rekey { task, .. }
            | Self::Note { task, .. }
            | Self::Result { task, .. }
            | Self::Step { task, .. }
            | Self::Depend { task, .. }
            | Self::Undepend { task, .. } => Some(task),
            Self::Evidence(Evidence { task, .. }) => Some(task),
            Self::Set { task, .. } | Self::Unset { task, .. } => task.as_deref(),
            Self::Reserve { .. }
            | Self::Add { .. }
            | Self::Release { .. }
            | Self::Rename { .. }
            | Self::Drop { .. }
            | Self::Work(_) => None,
        }
    }
}

impl Command {
    /// Why it overrides the rules that it breaks, if it does.
    ///
    /// # Errors
    /// [`Rejection::NoReasonToOverride`].
    pub(super) fn waiver(&self) -> Result<Option<&str>, Rejection> {
        let (task, reason, overrides) = match self {
            Self::Start(change)
            | Self::Complete(change)
            | Self::Block(change)
            | Self::Unblock(change)
            | Self::Reopen(change)
            | Self::Flag(change)
            | Self::Cancel(change) => (&change.task, &change.reason, change.overrides),
            Self::Remove {
                task,
                reason,
                overrides,
            } => (task, reason, *overrides),
            _ => return Ok(None),
        };
        let reason = reason.as_deref().map(str::trim);
        match reason.filter(|reason| !reason.is_empty()) {
            _ if !overrides => Ok(None),
            None => Err(Rejection::NoReasonToOverride { task: task.clone() }),
            reason => Ok(reason),
        }
    }
}

/// How a step is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a step is a number or a text")]
pub enum StepName {
    /// Its number, from 1.
    Number(usize),
    /// Its text, or the beginning of it.
    Text(String),
}

/// A change of status and what is said with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "super::members::StatusMembers")]
pub struct Change {
    /// The task.
    pub task: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether that is also why rules are overridden.
    #[serde(rename = "override", skip_serializing_if = "std::ops::Not::not")]
    pub overrides: bool,
    /// The day to write, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// What goes with the change.
    #[serde(flatten)]
    pub completion: Completion,
}

/// What can be written with a change of status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Completion {
    /// Words for derived text such as `Last Completed: … (summary - date)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Results, in order, each as it is to be written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<String>,
    /// Further fields, label and value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
    /// Notes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Where a task goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// The document, where the ledger tracks several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The section's title, or the beginning of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// The task it comes after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A change of status without its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Begin.
    Start,
    /// Finish.
    Complete,
    /// Stop until something outside happens.
    Block,
    /// Go on after that.
    Unblock,
    /// Take up again.
    Reopen,
    /// Say that something is wrong.
    Flag,
    /// Give up.
    Cancel,
}

impl Act {
    /// The command's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Complete => "complete",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Reopen => "reopen",
            Self::Flag => "flag",
            Self::Cancel => "cancel",
        }
    }

    /// The command that does it to a task.
    #[must_use]
    pub const fn on(self, change: Change) -> Command {
        match self {
            Self::Start => Command::Start(change),
            Self::Complete => Command::Complete(change),
            Self::Block => Command::Block(change),
            Self::Unblock => Command::Unblock(change),
            Self::Reopen => Command::Reopen(change),
            Self::Flag => Command::Flag(change),
            Self::Cancel => Command::Cancel(change),
        }
    }

    /// The type of the event that records it.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Start => "task.started",
            Self::Complete => "task.completed",
            Self::Block => "task.blocked",
            Self::Unblock => "task.unblocked",
            Self::Reopen => "task.reopened",
            Self::Flag => "task.flagged",
            Self::Cancel => "task.cancelled",
        }
    }

    /// The act that a change from one status to another amounts to.
    #[must_use]
    pub const fn between(from: Status, to: Status) -> Self {
        match (from, to) {
            (_, Status::Completed) => Self::Complete,
            (_, Status::Cancelled) => Self::Cancel,
            (_, Status::Blocked) => Self::Block,
            (_, Status::IssuesFound) => Self::Flag,
            (Status::Blocked, _) => Self::Unblock,
            (_, Status::InProgress) => Self::Start,
            (_, Status::Pending) => Self::Reopen,
        }
    }
}
