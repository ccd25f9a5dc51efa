//! The law that facts and text agree.

use ledger_document::Outline;

use super::{Plan, Task, Writing};
use crate::id::{DocumentId, TaskKey};

/// A task that the text does not write as the fold has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disagreement {
    /// The text writes a task at this line that the fold does not have there.
    #[error("line {} of {document} writes a task that the ledger does not know", line + 1)]
    Unknown {
        /// The document.
        document: DocumentId,
        /// The line, from 0.
        line: usize,
    },
    /// The fold has a task that the text does not write so.
    #[error("task {task} is not written as the ledger has it")]
    Different {
        /// The task.
        task: TaskKey,
    },
}

impl Plan {
    /// Checks that reading each document's text gives the folded tasks: the same places, with
    /// the same status and the same written id. A text that may lack something that was redacted
    /// agrees with anything.
    ///
    /// # Errors
    /// The first task that differs.
    pub fn agrees(&self) -> Result<(), Disagreement> {
        for document in self.documents() {
            self.agrees_with(&document.id, &document.outline())?;
        }
        Ok(())
    }

    /// [`Plan::agrees`] for one document, whose outline is at hand.
    ///
    /// # Errors
    /// The first task that differs.
    pub fn agrees_with(&self, id: &DocumentId, outline: &Outline) -> Result<(), Disagreement> {
        if self.document(id).is_some_and(|own| own.uncertain) {
            return Ok(());
        }
        let folded = self.tasks_of(id);
        let mut written = groups(outline);
        written.sort_by_key(|(writings, _)| writings.first().map(|writing| writing.line));
        for (at, (writings, written_id)) in written.iter().enumerate() {
            match folded.get(at) {
                Some(task) if task.writings == *writings && task.id.as_deref() == *written_id => {}
                Some(task) if task.line() <= writings.first().map_or(0, |writing| writing.line) => {
                    return Err(Disagreement::Different {
                        task: task.key.clone(),
                    });
                }
                _ => {
                    return Err(Disagreement::Unknown {
                        document: id.clone(),
                        line: writings.first().map_or(0, |writing| writing.line),
                    });
                }
            }
        }
        match folded.get(written.len()) {
            Some(task) => Err(Disagreement::Different {
                task: task.key.clone(),
            }),
            None => Ok(()),
        }
    }
}

fn groups(outline: &Outline) -> Vec<(Vec<Writing>, Option<&str>)> {
    (0..outline.tasks.len())
        .map(|task| (writings(outline, task), written_id(outline, task)))
        .collect()
}

/// Where an outline's task is written, the primary writing first.
pub(crate) fn writings(outline: &Outline, task: usize) -> Vec<Writing> {
    outline
        .tasks
        .get(task)
        .into_iter()
        .flatten()
        .filter_map(|&entry| outline.entries.get(entry))
        .map(|entry| Writing {
            line: entry.lines.start,
            status: entry.status,
        })
        .collect()
}

/// The id an outline's task is written with.
pub(crate) fn written_id(outline: &Outline, task: usize) -> Option<&str> {
    primary(outline, task)?
        .id
        .as_ref()
        .map(|id| id.text.as_str())
}

/// The primary entry of an outline's task.
pub(crate) fn primary(outline: &Outline, task: usize) -> Option<&ledger_document::outline::Entry> {
    outline.entries.get(*outline.tasks.get(task)?.first()?)
}

/// The facts an outline states of a task, under a key.
pub(crate) fn facts(
    outline: &Outline,
    task: usize,
    key: TaskKey,
    document: &DocumentId,
) -> Option<Task> {
    let entry = primary(outline, task)?;
    Some(Task {
        key,
        document: document.clone(),
        writings: writings(outline, task),
        id: entry.id.as_ref().map(|id| id.text.clone()),
        title: entry.title.text.clone(),
        reason: None,
        resume: None,
    })
}
