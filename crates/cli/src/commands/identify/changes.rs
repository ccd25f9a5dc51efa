//! What happened to the tasks between two texts, in a line each.

use ledger_core::Status;
use ledger_core::document::observe::{Kind, Side, TaskRef, observe};
use ledger_core::document::outline::Entry;
use ledger_core::document::{Document, Outline};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::paint;

/// One of the things that happened.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Difference {
    /// The task's written id.
    task: Option<String>,
    /// Its title, where a task is meant.
    title: Option<String>,
    /// What happened.
    change: &'static str,
    /// What was before.
    from: Option<String>,
    /// What is now.
    to: Option<String>,
}

impl Difference {
    /// `T-3 Door: status pending → completed`
    pub(super) fn says(&self) -> String {
        let named = [self.task.as_deref(), self.title.as_deref()];
        let named: Vec<&str> = named.into_iter().flatten().collect();
        let what = match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!("{}: {from} → {to}", self.change),
            (Some(value), None) | (None, Some(value)) => format!("{}: {value}", self.change),
            (None, None) => self.change.to_owned(),
        };
        match named.is_empty() {
            true => what,
            false => format!("{}: {what}", named.join(" ")),
        }
    }
}

/// What became of the tasks of one text in another.
pub(super) fn between(before: &Document, after: &Document) -> Vec<Difference> {
    let outlines = [Outline::parse(before), Outline::parse(after)];
    let [old, new] = &outlines;
    let side = |document, outline| Side { document, outline };
    let observed = observe(side(before, old), side(after, new), &[]);
    observed
        .changes
        .into_iter()
        .map(|change| {
            let entry = change.task.and_then(|task| written(task, old, new));
            let (name, from, to) = words(change.kind);
            Difference {
                task: entry.and_then(|entry| Some(entry.id.as_ref()?.text.clone())),
                title: entry.map(|entry| entry.title.text.clone()),
                change: name,
                from,
                to,
            }
        })
        .collect()
}

/// The entry of a task, as the new text has it, else the old one.
fn written<'o>(task: TaskRef, old: &'o Outline, new: &'o Outline) -> Option<&'o Entry> {
    let entry = |outline: &'o Outline, task: Option<usize>| {
        let group = outline.tasks.get(task?)?;
        outline.entries.get(*group.first()?)
    };
    entry(new, task.after).or_else(|| entry(old, task.before))
}

fn words(kind: Kind) -> (&'static str, Option<String>, Option<String>) {
    let status = |status: Status| Some(paint::words(status).to_owned());
    match kind {
        Kind::Added | Kind::Restored { .. } => ("added", None, None),
        Kind::Removed => ("removed", None, None),
        Kind::Status { from, to } => ("status", status(from), status(to)),
        Kind::Retitled { from, to } => ("title", Some(from), Some(to)),
        Kind::Rekeyed { from, to } => ("id", from, to),
        Kind::Moved {
            from_section,
            to_section,
        } => ("section", from_section, to_section),
        Kind::FieldSet { label, value } => ("field set", None, Some(format!("{label}: {value}"))),
        Kind::FieldRemoved { label } => ("field removed", Some(label), None),
        Kind::StepChecked { text } => ("step checked", None, Some(text)),
        Kind::StepUnchecked { text } => ("step unchecked", None, Some(text)),
        Kind::ResultRecorded { text } => ("result", None, Some(text)),
        Kind::NoteRecorded { text } => ("note", None, Some(text)),
        Kind::DependencyAdded { id } => ("dependency added", None, Some(id)),
        Kind::DependencyRemoved { id } => ("dependency removed", Some(id), None),
        Kind::Edited => ("other text", None, None),
    }
}
