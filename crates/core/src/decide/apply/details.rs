//! What is written under a task: fields, notes, results, steps, and what it waits for.

use ledger_document::edit::{self, Scope};
use ledger_document::vocabulary::{Role, role};

use super::{Target, record_edit};
use crate::decide::command::StepName;
use crate::decide::dependencies;
use crate::decide::rejection::Rejection;
use crate::decide::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::plan::wire::part;

pub(super) fn set(
    tx: &mut Transaction<'_>,
    task: Option<&str>,
    plan: Option<&str>,
    label: &str,
    text: Option<&str>,
) -> Result<(), Rejection> {
    let target = task.map(|name| Target::of(tx, name)).transpose()?;
    let document = match &target {
        Some(target) => target.document().clone(),
        None => tx.which_document(plan)?.id.clone(),
    };
    if let Some(target) = target
        .as_ref()
        .filter(|_| role(label) == Some(Role::Status))
    {
        return Err(Rejection::StatusByField {
            task: target.task.key.clone(),
            label: label.to_owned(),
        });
    }
    let scope = target
        .as_ref()
        .map_or(Scope::Document, |target| Scope::Task(target.place));
    let edited = tx.work_out(&document, |document, outline| match text {
        Some(text) => edit::set_field(document, outline, scope, label, text),
        None => edit::remove_field(document, outline, scope, label),
    })?;
    if edited.hunks.is_empty() {
        return Err(Rejection::Nothing(format!("'{label}' says that already")));
    }
    let kind = if text.is_some() {
        "field.set"
    } else {
        "field.removed"
    };
    let mut proto = Proto::new(kind, Origin::Commanded);
    proto.task = target.map(|target| target.task.key.clone());
    proto
        .parts
        .text(part::LABEL, label)
        .maybe(part::VALUE, text);
    record_edit(tx, &document, edited, proto)
}

pub(super) fn record(
    tx: &mut Transaction<'_>,
    name: &str,
    text: &str,
    kind: &'static str,
) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let edited = target.edit(tx, |document, outline| {
        if kind == "note.recorded" {
            edit::record_note(document, outline, target.place, text)
        } else {
            edit::record_result(document, outline, target.place, text)
        }
    })?;
    let mut proto = target.proto(kind);
    proto.parts.text(
        if kind == "note.recorded" {
            part::NOTE
        } else {
            part::RESULT
        },
        text,
    );
    record_edit(tx, target.document(), edited, proto)
}

pub(super) fn set_step(
    tx: &mut Transaction<'_>,
    name: &str,
    step: &StepName,
    checked: bool,
) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let outline = tx.outline(target.document());
    let steps: Vec<(String, bool)> = outline
        .tasks
        .get(target.place)
        .and_then(|group| outline.entries.get(*group.first()?))
        .map(|entry| {
            entry
                .steps
                .iter()
                .map(|step| (step.text.text.clone(), step.checked))
                .collect()
        })
        .unwrap_or_default();
    let found = match step {
        StepName::Number(number) => number.checked_sub(1).filter(|at| *at < steps.len()),
        StepName::Text(text) => steps.iter().position(|(own, _)| own == text).or_else(|| {
            steps
                .iter()
                .position(|(own, _)| own.starts_with(text.as_str()))
        }),
    };
    let Some(at) = found else {
        return Err(Rejection::UnknownStep {
            task: target.task.key.clone(),
            step: match step {
                StepName::Number(number) => number.to_string(),
                StepName::Text(text) => text.clone(),
            },
            steps: steps.into_iter().map(|(text, _)| text).collect(),
        });
    };
    let text = steps
        .get(at)
        .map(|(text, _)| text.clone())
        .unwrap_or_default();
    let edited = target.edit(tx, |document, outline| {
        edit::set_step(document, outline, target.place, at, checked)
    })?;
    if edited.hunks.is_empty() {
        let state = if checked { "checked" } else { "unchecked" };
        return Err(Rejection::Nothing(format!("that step is {state} already")));
    }
    let mut proto = target.proto(if checked {
        "step.checked"
    } else {
        "step.unchecked"
    });
    proto.parts.text(part::VALUE, text);
    record_edit(tx, target.document(), edited, proto)
}

pub(super) fn depend(tx: &mut Transaction<'_>, name: &str, on: &str) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    let needed = Target::of(tx, on)?;
    if let Some(members) = dependencies::cycle(tx, &target.task.key, &needed.task.key) {
        return Err(Rejection::Cycle { members });
    }
    let id = needed
        .task
        .id
        .clone()
        .unwrap_or_else(|| needed.task.title.clone());
    let edited = target.edit(tx, |document, outline| {
        edit::add_dependency(document, outline, target.place, &id)
    })?;
    if edited.hunks.is_empty() {
        return Err(Rejection::Nothing(format!(
            "{} waits for {id} already",
            target.task.key
        )));
    }
    let mut proto = target.proto("dependency.added");
    proto.parts.text(part::VALUE, id);
    record_edit(tx, target.document(), edited, proto)
}

pub(super) fn undepend(tx: &mut Transaction<'_>, name: &str, on: &str) -> Result<(), Rejection> {
    let target = Target::of(tx, name)?;
    // What it waits for need not be a task of the plan any more.
    let id = tx
        .plan
        .resolve(on)
        .ok()
        .and_then(|needed| needed.id.clone())
        .unwrap_or_else(|| on.to_owned());
    let edited = target.edit(tx, |document, outline| {
        edit::remove_dependency(document, outline, target.place, &id)
    })?;
    if edited.hunks.is_empty() {
        return Err(Rejection::Nothing(format!(
            "{} does not wait for {id}",
            target.task.key
        )));
    }
    let mut proto = target.proto("dependency.removed");
    proto.parts.text(part::VALUE, id);
    record_edit(tx, target.document(), edited, proto)
}
