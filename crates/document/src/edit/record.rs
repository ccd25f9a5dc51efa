//! Results, notes and steps.

use super::details::append_to_cell;
use super::insert::Additions;
use super::patch::Patch;
use super::status::primary;
use super::{Edit, EditError, field, one_line};
use crate::outline::{Entry, Form, Outline};
use crate::text::Document;
use crate::vocabulary::{Role, role};

/// Adds a result below the task's label for results, which is made if there is none.
///
/// # Errors
/// [`EditError::NoSuchTask`]; [`EditError::Empty`]; [`EditError::Misread`] if the text would
/// be read as something else.
pub fn record_result(
    document: &Document,
    outline: &Outline,
    task: usize,
    text: &str,
) -> Result<Edit, EditError> {
    record(document, outline, task, text, Role::Results)
}

/// Adds a note to a task.
///
/// # Errors
/// As for [`record_result`].
pub fn record_note(
    document: &Document,
    outline: &Outline,
    task: usize,
    text: &str,
) -> Result<Edit, EditError> {
    record(document, outline, task, text, Role::Notes)
}

fn record(
    document: &Document,
    outline: &Outline,
    task: usize,
    text: &str,
    wanted: Role,
) -> Result<Edit, EditError> {
    let entry = primary(outline, task)?;
    let text = one_line(text);
    if text.is_empty() {
        return Err(EditError::Empty("text"));
    }
    let mut patch = Patch::new(document);
    match entry.form {
        Form::Row => {
            let Some(field) = column(entry, wanted) else {
                return Ok(unplaced("the table has no column for it"));
            };
            append_to_cell(&mut patch, field, &[text]);
        }
        Form::FrontMatter => return Ok(unplaced("the front matter has no place for it")),
        _ => {
            let mut additions = Additions::new(outline, entry);
            if wanted == Role::Results {
                additions.results(&mut patch, &[text]);
            } else {
                additions.note(&mut patch, &text);
            }
            additions.finish(&mut patch);
        }
    }
    field::finish(outline, &patch)
}

fn column(entry: &Entry, wanted: Role) -> Option<&crate::outline::Field> {
    let by = |role_: Role| {
        entry
            .fields
            .iter()
            .find(|field| role(&field.label) == Some(role_))
    };
    by(wanted).or_else(|| by(Role::Notes))
}

fn unplaced(why: &str) -> Edit {
    Edit {
        hunks: Vec::new(),
        remarks: vec![format!("{why}; only the ledger keeps it")],
        outline: None,
    }
}

/// Checks or unchecks a step of a task (index into its primary entry's steps).
///
/// # Errors
/// [`EditError::NoSuchTask`], [`EditError::NoSuchStep`], [`EditError::Misread`].
pub fn set_step(
    document: &Document,
    outline: &Outline,
    task: usize,
    step: usize,
    checked: bool,
) -> Result<Edit, EditError> {
    let entry = primary(outline, task)?;
    let found = entry.steps.get(step).ok_or(EditError::NoSuchStep {
        line: entry.lines.start + 1,
        step,
        steps: entry.steps.len(),
    })?;
    if found.checked == checked {
        return Ok(Edit::default());
    }
    let upper = |entry: &Entry| {
        entry.steps.iter().any(|step| {
            document
                .content(step.mark.line)
                .get(step.mark.columns.clone())
                == Some("X")
        })
    };
    let mark = match (checked, upper(entry)) {
        (true, true) => "X",
        (true, false) => "x",
        (false, _) => " ",
    };
    let mut patch = Patch::new(document);
    patch.replace(&found.mark, mark);
    field::finish(outline, &patch)
}
