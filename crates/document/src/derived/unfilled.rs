//! Lines that a change left other than they should be.

use std::fmt;

/// A line that does not say all it should. As text: a sentence that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    /// The line, from 0.
    pub line: usize,
    /// The text in front of its first slot, without markup.
    pub label: String,
    /// What is missing.
    pub why: Why,
}

impl fmt::Display for Unfilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, label, why) = (self.line + 1, &self.label, &self.why);
        match why {
            Why::NoPlaceForSummary => {
                write!(f, "line {line} has no place for the summary ({label})")
            }
            _ => write!(f, "line {line} stays as it is ({label}): {why}"),
        }
    }
}

/// Why a line was left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// No task of its group is open and not blocked.
    NoNextTask,
    /// No task of its group is completed.
    NoneCompleted,
    /// The task has no written id, no names in its title, or not this piece of a title.
    TitleLacks,
    /// There is no date for it.
    NoDate,
    /// A name in it stands for no task of its group any more, or for several.
    NameUnclear,
    /// Its group has no tasks any more.
    GroupGone,
    /// The line does not read like its template any more; the binding is dropped.
    Rewritten,
    /// Its words are somebody's own, and none were given with the change.
    OwnWords,
    /// The line was filled, but there are no brackets that a summary could stand in.
    NoPlaceForSummary,
    /// It is not bound, and names the task with this id, which is closed now, as the next one.
    StillNext(String),
    /// It is not bound, and names the task with this id as the one completed last.
    StillLast(String),
    /// It is not bound, and counts the task with this id, which is closed now, as open.
    StillOpen(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNextTask => "no open task is left",
            Self::NoneCompleted => "no task is completed",
            Self::TitleLacks => "the task's title lacks what the line repeats",
            Self::NoDate => "there is no date to write",
            Self::NameUnclear => "a name in it does not stand for exactly one task",
            Self::GroupGone => "its group has no tasks any more",
            Self::Rewritten => "it was rewritten",
            Self::OwnWords => "its words are somebody's own, and the change came with no summary",
            Self::NoPlaceForSummary => "it has no place for the summary",
            Self::StillNext(id) => return write!(f, "it still names {id} as next"),
            Self::StillLast(id) => return write!(f, "it still names {id} as the last one"),
            Self::StillOpen(id) => return write!(f, "it still counts {id} as open"),
        })
    }
}
