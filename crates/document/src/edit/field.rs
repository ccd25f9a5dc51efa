//! Setting and removing fields of the document and of tasks.

use super::cells::set_cell;
use super::form::{FieldForm, field_end};
use super::insert::{Additions, delete_field, set_value};
use super::patch::Patch;
use super::status::primary;
use super::verify::{Want, verified};
use super::{Edit, EditError, one_line};
use crate::outline::{Field, Form, Outline};
use crate::text::Document;
use crate::vocabulary::is_like;
use crate::yaml;

/// Whose field is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The document's, or one of its sections'.
    Document,
    /// A task's (index into [`Outline::tasks`]).
    Task(usize),
}

/// Sets a field: an existing one's value is replaced on its line, a new one is put where and
/// as siblings have it.
///
/// # Errors
/// [`EditError::NoSuchTask`]; [`EditError::NoPlace`] for a table without such a column;
/// [`EditError::Misread`] if the value would make a task read differently (a status is changed
/// by [`set_status`](super::set_status)).
pub fn set_field(
    document: &Document,
    outline: &Outline,
    scope: Scope,
    label: &str,
    value: &str,
) -> Result<Edit, EditError> {
    let label = one_line(label);
    if label.is_empty() {
        return Err(EditError::Empty("label"));
    }
    let mut patch = Patch::new(document);
    match scope {
        Scope::Document => match find(&outline.fields, &label) {
            Some(field) => set_value(&mut patch, field, value),
            None => new_document_field(&mut patch, outline, &label, value),
        },
        Scope::Task(task) => {
            let entry = primary(outline, task)?;
            match (entry.form, find(&entry.fields, &label)) {
                (Form::Row, Some(field)) => set_cell(&mut patch, &field.value.span, value),
                (Form::Row, None) => {
                    return Err(EditError::NoPlace {
                        line: entry.lines.start + 1,
                        reason: format!(
                            "the table has no column '{label}'; add the column to the plan first"
                        ),
                    });
                }
                (Form::FrontMatter, None) if !yaml::is_key(&label) => {
                    return Err(EditError::NoPlace {
                        line: entry.lines.start + 1,
                        reason: format!("'{label}' cannot be a key of front matter"),
                    });
                }
                (_, Some(field)) => set_value(&mut patch, field, value),
                (_, None) => {
                    let mut additions = Additions::new(outline, entry);
                    additions.set(&mut patch, &label, value);
                    additions.finish(&mut patch);
                }
            }
        }
    }
    finish(outline, &patch)
}

/// Removes a field with what is nested below it; a table cell is emptied.
///
/// # Errors
/// [`EditError::NoSuchTask`], [`EditError::NoSuchField`], and [`EditError::Misread`] as for
/// [`set_field`].
pub fn remove_field(
    document: &Document,
    outline: &Outline,
    scope: Scope,
    label: &str,
) -> Result<Edit, EditError> {
    let mut patch = Patch::new(document);
    let missing = |place: String| EditError::NoSuchField {
        label: label.to_owned(),
        place,
    };
    match scope {
        Scope::Document => {
            let field = find(&outline.fields, label)
                .ok_or_else(|| missing("in the document".to_owned()))?;
            delete_field(&mut patch, field);
        }
        Scope::Task(task) => {
            let entry = primary(outline, task)?;
            let field = find(&entry.fields, label)
                .ok_or_else(|| missing(format!("in the task on line {}", entry.lines.start + 1)))?;
            if entry.form == Form::Row {
                set_cell(&mut patch, &field.value.span, "");
            } else {
                delete_field(&mut patch, field);
            }
        }
    }
    finish(outline, &patch)
}

/// Checks that every task reads as before.
pub(super) fn finish(outline: &Outline, patch: &Patch<'_>) -> Result<Edit, EditError> {
    let applied = patch.apply();
    if applied.hunks.is_empty() {
        return Ok(Edit::default());
    }
    let want = Want::touching([]);
    verified(outline, applied, &want, Vec::new())
}

/// A field by its label: written exactly so, else with another case or spelling.
pub(super) fn find<'a>(
    fields: impl IntoIterator<Item = &'a Field, IntoIter: Clone>,
    label: &str,
) -> Option<&'a Field> {
    let fields = fields.into_iter();
    let exact = fields.clone().find(|field| field.label == label);
    exact.or_else(|| fields.clone().find(|field| is_like(&field.label, label)))
}

/// A new field of the document: behind the first fields that stand together, else behind the
/// first heading.
fn new_document_field(patch: &mut Patch<'_>, outline: &Outline, label: &str, value: &str) {
    let document = patch.document();
    let mut run = outline.fields.iter();
    if let Some(first) = run.next() {
        let mut last = first;
        for field in run {
            if field.lines.start != last.lines.end {
                break;
            }
            last = field;
        }
        let line = FieldForm::of(document, last)
            .or_else(|| FieldForm::of(document, first))
            .map_or_else(
                || format!("**{label}**: {}", one_line(value)),
                |form| form.line(label, value),
            );
        patch.insert_line(field_end(document, last), line);
        return;
    }
    let line = format!("**{label}**: {}", one_line(value));
    let at = outline.sections.first().map_or_else(
        || {
            outline
                .opaque
                .iter()
                .find(|r| r.start == 0)
                .map_or(0, |r| r.end)
        },
        |section| section.title.span.line + 1,
    );
    let blank = at > 0 && document.content(at).trim().is_empty() && at < document.len();
    if at > 0 && !blank {
        patch.insert_line(at, "");
    }
    let at = at + usize::from(blank);
    patch.insert_line(at, line);
    if at < document.len() && !document.content(at).trim().is_empty() {
        patch.insert_line(at, "");
    }
}
