//! What an edit made of the tasks near it, where it is known that it left all others alone.
//!
//! [`Transaction::settle`] looks at every task of a document. A batch of many commands cannot
//! afford that for each of them, and mostly need not: a change of status is read back before it
//! is given, and a line of derived text is read again together with what stands around it. Where
//! that is not enough to go by, everything is looked at all the same.

use std::sync::Arc;

use ledger_document::derived::{InStep, Refill};
use ledger_document::outline::Entry;
use ledger_document::{Hunk, Outline};

use super::rejection::Rejection;
use super::settle::{Settled, is};
use super::transaction::{Reading, Transaction};
use crate::id::{DocumentId, TaskKey};
use crate::plan::{Task, agree};

/// A task as it stood before an edit of its own.
#[derive(Debug)]
pub(super) struct Known {
    key: TaskKey,
    place: usize,
    /// Its entries.
    group: Vec<usize>,
    /// How many tasks its document has.
    tasks: usize,
    /// The derived lines of its document that say what the tasks say.
    in_step: InStep,
}

impl Known {
    pub(super) fn of(tx: &mut Transaction<'_>, task: &Task, place: usize) -> Self {
        let outline = tx.outline(&task.document);
        Self {
            key: task.key.clone(),
            place,
            group: outline.tasks.get(place).cloned().unwrap_or_default(),
            tasks: outline.tasks.len(),
            in_step: tx.in_step.remove(&task.document).unwrap_or_default(),
        }
    }

    /// Whether it is still written by the same entries on the same line, with its id and title.
    /// Then no other task can have become a writing of it, nor one of its writings another task.
    fn stands(&self, task: Option<&Task>, outline: &Outline) -> bool {
        let entry = agree::primary(outline, self.place);
        outline.tasks.len() == self.tasks
            && outline.tasks.get(self.place) == Some(&self.group)
            && task.zip(entry).is_some_and(|(task, entry)| {
                is(task, Some(entry)) && entry.lines.start == task.line()
            })
    }
}

impl Transaction<'_> {
    /// [`Transaction::settle`] after a change of one task's status that was read back: all other
    /// tasks are written as before.
    pub(super) fn settle_one(&mut self, id: &DocumentId, known: Known) -> Settled {
        let outline = self.outline(id);
        if !known.stands(self.plan.task(&known.key), &outline) {
            return self.settle(id);
        }
        let mut settled = Settled::default();
        let task = self.plan.tasks.remove(&known.key);
        self.place(id, &outline, known.place, task, &mut settled);
        debug_assert!(self.is_settled(id, &outline), "{known:?} is not all");
        self.in_step.insert(id.clone(), known.in_step);
        settled
    }

    /// Fills derived lines and settles what that makes of the tasks; those that say nothing of
    /// any task make nothing.
    pub(super) fn fill_and_settle(
        &mut self,
        id: &DocumentId,
        refill: &mut Refill,
    ) -> Result<Settled, Rejection> {
        let in_step = std::mem::take(&mut refill.in_step);
        let (hunks, after) = (&refill.hunks, refill.outline.take());
        if hunks.is_empty() {
            self.in_step.insert(id.clone(), in_step);
            return Ok(Settled::default());
        }
        let before = self.outline(id);
        self.edit(id, hunks, after.clone())?;
        let after = after.or_else(|| match (self.outlines.get(id), self.plan.document(id)) {
            (Some(Reading::Before { outline, text, .. }), Some(own)) => {
                let after = outline.reread_parts(text, &own.text, hunks)?;
                Some(Arc::new(after))
            }
            _ => None,
        });
        let Some(after) = after else {
            return Ok(self.settle(id));
        };
        self.read_as(id, Arc::clone(&after));
        if hunks.iter().all(|hunk| are_alike(&before, &after, hunk)) {
            debug_assert!(self.is_settled(id, &after), "{hunks:?} changed tasks");
            self.in_step.insert(id.clone(), in_step);
            return Ok(Settled::default());
        }
        Ok(self.settle(id))
    }

    /// Whether settling all tasks of a document would change none.
    fn is_settled(&self, id: &DocumentId, outline: &Outline) -> bool {
        let stays = |(at, key): (usize, TaskKey)| {
            let task = self.plan.task(&key)?;
            let mut facts = agree::facts(outline, at, key, id)?;
            facts.keep_reason_of(task);
            Some(facts == *task)
        };
        self.in_place(id, outline)
            .is_some_and(|all| all.into_iter().all(|one| stays(one) == Some(true)))
    }
}

/// Whether the tasks written around a hunk that replaces lines one by one are written as before.
fn are_alike(before: &Outline, after: &Outline, hunk: &Hunk) -> bool {
    let lines = hunk.at..hunk.at + hunk.remove;
    hunk.remove == hunk.insert.len()
        && lines.into_iter().all(|line| {
            let (mut old, mut new) = (around(before, line), around(after, line));
            loop {
                match (old.next(), new.next()) {
                    (None, None) => return true,
                    (Some(old), Some(new)) if is_like(old, new) => {}
                    _ => return false,
                }
            }
        })
}

/// The entries from the heading above a line to the next heading.
fn around(outline: &Outline, line: usize) -> impl Iterator<Item = &Entry> {
    let next = outline
        .sections
        .partition_point(|section| section.lines.start <= line);
    let start_of = |section: usize| Some(outline.sections.get(section)?.lines.start);
    let start = next.checked_sub(1).and_then(start_of).unwrap_or(0);
    let end = start_of(next).unwrap_or(usize::MAX);
    let entries = &outline.entries;
    let first = entries.partition_point(|entry| entry.lines.start < start);
    entries
        .iter_from(first)
        .take_while(move |entry| entry.lines.start < end)
}

/// Whether an entry says the same of its task as another in its place did, and makes the same
/// groups with others.
fn is_like(old: &Entry, new: &Entry) -> bool {
    let [was, now] = [old, new].map(|entry| entry.id.as_ref().map(|id| id.text.as_str()));
    old.form == new.form
        && old.lines.start == new.lines.start
        && old.status == new.status
        && old.title.text == new.title.text
        && was == now
        && old.parent.is_none() == new.parent.is_none()
        && old.fields.is_empty() == new.fields.is_empty()
        && old.steps.is_empty() == new.steps.is_empty()
}
