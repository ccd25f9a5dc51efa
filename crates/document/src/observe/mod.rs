//! What happened between two texts of a plan.
//!
//! Somebody edited the plan outside the ledger. From the text that was known and the one that
//! is there now, [`observe`] tells what became of each task and assigns every changed line to
//! one of the changes it names.
//!
//! Tasks are paired first (`matching`): exact agreement, then the best of all plausible pairs.
//! Each pair is compared (`facts`); then the differing lines are shared out (`hunks`).
//!
//! Invariant: the hunks of all changes, applied in order to the old text, give exactly the new.

mod facts;
mod gone;
mod hunks;
mod judge;
mod lines;
mod matching;
mod profile;
mod sections;
mod steps;
mod words;

#[cfg(test)]
mod tests;

use crate::hunk::Hunk;
use crate::outline::Outline;
use crate::status::Status;
use crate::text::Document;

/// A text with the outline that was read from it.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The text.
    pub document: &'a Document,
    /// Its outline.
    pub outline: &'a Outline,
}

/// A task that was removed earlier, by which its return is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The id it was written with.
    pub id: Option<String>,
    /// Its title as written.
    pub title: String,
}

/// What happened between two texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// The changes in order: tasks removed, tasks changed (in the order of the new text), tasks
    /// added, and last, if lines are left, one [`Kind::Edited`].
    pub changes: Vec<Change>,
    /// Which task of the old outline is which of the new, as indices into
    /// [`Outline::tasks`], in the order of the new one.
    pub pairs: Vec<(usize, usize)>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The task it happened to; `None` if it happened to the document.
    pub task: Option<TaskRef>,
    /// What happened.
    pub kind: Kind,
    /// The lines it changed. A position counts in the text that all hunks before it left, those
    /// of earlier changes included. A task's lines go with the first of its changes.
    pub hunks: Vec<Hunk>,
}

/// A task's index in each side's [`Outline::tasks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskRef {
    /// In the old outline; `None` if it was not there.
    pub before: Option<usize>,
    /// In the new outline; `None` if it is not there any more.
    pub after: Option<usize>,
}

/// What can happen to a task or to the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A task came that was not known.
    Added,
    /// A task went.
    Removed,
    /// A task that had been removed is back.
    Restored {
        /// Its index in the list of removed tasks that was given.
        gone: usize,
    },
    /// Its status is another one.
    Status {
        /// The status before.
        from: Status,
        /// The status now.
        to: Status,
    },
    /// Its title is worded otherwise.
    Retitled {
        /// The title before, as written.
        from: String,
        /// The title now, as written.
        to: String,
    },
    /// Its written id is another one.
    Rekeyed {
        /// The id before, if it had one.
        from: Option<String>,
        /// The id now, if it has one.
        to: Option<String>,
    },
    /// It stands in another section.
    Moved {
        /// Title of the section before; `None` outside all sections.
        from_section: Option<String>,
        /// Title of the section now.
        to_section: Option<String>,
    },
    /// A field came or has another value.
    FieldSet {
        /// The label as written.
        label: String,
        /// The value, then one line for each item below it.
        value: String,
    },
    /// A field went.
    FieldRemoved {
        /// The label as it was written.
        label: String,
    },
    /// A step was checked.
    StepChecked {
        /// The step's text.
        text: String,
    },
    /// A step's check was taken back.
    StepUnchecked {
        /// The step's text.
        text: String,
    },
    /// A result was written down.
    ResultRecorded {
        /// Its text.
        text: String,
    },
    /// A note was written down.
    NoteRecorded {
        /// Its text.
        text: String,
    },
    /// It waits for one more task.
    DependencyAdded {
        /// That task's id.
        id: String,
    },
    /// It does not wait for that task any more.
    DependencyRemoved {
        /// That task's id.
        id: String,
    },
    /// Lines changed, and none of the above says why: prose, layout, another mark for the same
    /// status, the order of things.
    Edited,
}

/// Tells what happened between two texts of a plan.
///
/// `removed_earlier` are tasks the plan once had; one of them that comes back is
/// [`Kind::Restored`] rather than [`Kind::Added`].
#[must_use]
pub fn observe(before: Side<'_>, after: Side<'_>, removed_earlier: &[Gone]) -> Observation {
    if before.document == after.document {
        let count = before.outline.tasks.len().min(after.outline.tasks.len());
        return Observation {
            changes: Vec::new(),
            pairs: (0..count).map(|task| (task, task)).collect(),
        };
    }
    let pairs = matching::pair(before, after);
    let sections = sections::Correspondence::new(before.outline, after.outline, &pairs);
    let mut changes: Vec<Change> = Vec::new();
    let mut owners = hunks::Owners::new(before.outline.tasks.len(), after.outline.tasks.len());

    for task in unpaired(before.outline.tasks.len(), pairs.iter().map(|pair| pair.0)) {
        owners.claim(changes.len(), Some(task), None);
        changes.push(Change::of(Some(task), None, Kind::Removed));
    }
    for &(old, new) in &pairs {
        let kinds = facts::compare(before.outline, after.outline, &sections, old, new);
        if !kinds.is_empty() {
            owners.claim(changes.len(), Some(old), Some(new));
        }
        changes.extend(
            kinds
                .into_iter()
                .map(|kind| Change::of(Some(old), Some(new), kind)),
        );
    }
    let mut gone = gone::Returns::new(removed_earlier);
    for task in unpaired(after.outline.tasks.len(), pairs.iter().map(|pair| pair.1)) {
        owners.claim(changes.len(), None, Some(task));
        let kind = gone
            .take(after.outline, task)
            .map_or(Kind::Added, |gone| Kind::Restored { gone });
        changes.push(Change::of(None, Some(task), kind));
    }
    changes.push(Change {
        task: None,
        kind: Kind::Edited,
        hunks: Vec::new(),
    });
    hunks::assign(before, after, &owners, &mut changes);
    if changes.last().is_some_and(|edited| edited.hunks.is_empty()) {
        changes.pop();
    }
    Observation { changes, pairs }
}

impl Change {
    fn of(before: Option<usize>, after: Option<usize>, kind: Kind) -> Self {
        Self {
            task: Some(TaskRef { before, after }),
            kind,
            hunks: Vec::new(),
        }
    }
}

fn unpaired(count: usize, paired: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut free = vec![true; count];
    for task in paired {
        if let Some(slot) = free.get_mut(task) {
            *slot = false;
        }
    }
    (0..count)
        .filter(|&task| free.get(task) == Some(&true))
        .collect()
}
