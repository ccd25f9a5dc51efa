//! What a task waits for, in the plan's own field for it.

use super::cells::set_cell;
use super::dates::is_vacant;
use super::form::{form_for, item_prefix};
use super::insert::{Additions, delete_field, set_value};
use super::patch::Patch;
use super::status::primary;
use super::{Edit, EditError, field, one_line};
use crate::outline::{Entry, Field, Form, Outline};
use crate::text::Document;
use crate::vocabulary::{Role, role};
use crate::yaml::{self, Style};

/// Adds an id to a task's dependencies. Nothing changes if it is there already.
///
/// # Errors
/// [`EditError::NoSuchTask`]; [`EditError::NoPlace`] for a table without such a column;
/// [`EditError::Misread`].
pub fn add_dependency(
    document: &Document,
    outline: &Outline,
    task: usize,
    id: &str,
) -> Result<Edit, EditError> {
    let entry = primary(outline, task)?;
    let id = one_line(id);
    if id.is_empty() {
        return Err(EditError::Empty("id"));
    }
    let mut patch = Patch::new(document);
    match dependencies(entry) {
        Some(field) if mentions(field, &id) => return Ok(Edit::default()),
        Some(field) if !field.items.is_empty() => {
            let form = form_for(document, outline, entry, &field.label);
            let prefix = item_prefix(document, outline, entry, &field.label, &form);
            let end = super::form::field_end(document, field);
            let id = match entry.form {
                Form::FrontMatter => yaml::written(&id, Style::Plain),
                _ => id,
            };
            patch.insert_line(end, format!("{prefix}{id}"));
        }
        Some(field) => {
            let old = field.value.text.trim();
            let flow = yaml::flow_list(old).filter(|_| entry.form == Form::FrontMatter);
            let value = if let Some(inner) = flow {
                let id = yaml::written(&id, Style::Plain);
                let parted = if inner.is_empty() { "" } else { ", " };
                format!("[{inner}{parted}{id}]")
            } else if says_none(old) {
                id
            } else {
                format!("{old}{}{id}", separator(old))
            };
            write(&mut patch, entry, field, &value);
        }
        None if entry.form == Form::Row => {
            return Err(EditError::NoPlace {
                line: entry.lines.start + 1,
                reason: "the table has no column for dependencies; add one to the plan first"
                    .to_owned(),
            });
        }
        None => {
            let mut additions = Additions::new(outline, entry);
            let label = additions.label_for(Role::Dependencies);
            additions.put(&mut patch, &label, &id, &[]);
            additions.finish(&mut patch);
        }
    }
    field::finish(outline, &patch)
}

/// Takes an id out of a task's dependencies. The last one leaves what other tasks without
/// dependencies have there, or takes the field with it.
///
/// # Errors
/// [`EditError::NoSuchTask`]; [`EditError::NoSuchField`] if the task does not depend on it;
/// [`EditError::Misread`].
pub fn remove_dependency(
    document: &Document,
    outline: &Outline,
    task: usize,
    id: &str,
) -> Result<Edit, EditError> {
    let entry = primary(outline, task)?;
    let missing = || EditError::NoSuchField {
        label: id.to_owned(),
        place: format!(
            "among the dependencies of the task on line {}",
            entry.lines.start + 1
        ),
    };
    let field = dependencies(entry).ok_or_else(missing)?;
    let mut patch = Patch::new(document);
    let items: Vec<_> = field
        .items
        .iter()
        .filter(|item| has_token(&item.text, id))
        .collect();
    let flow = yaml::flow_list(&field.value.text).filter(|_| entry.form == Form::FrontMatter);
    let pieces = split(flow.unwrap_or(&field.value.text));
    let inline = pieces.iter().any(|(_, piece)| has_token(piece, id));
    if items.is_empty() && !inline {
        return Err(missing());
    }
    for item in &items {
        patch.delete(item.span.line..item.span.line + 1);
    }
    let mut left = String::new();
    for (separator, piece) in pieces {
        if !has_token(piece, id) {
            if !left.is_empty() {
                left.push_str(separator);
            }
            left.push_str(if left.is_empty() {
                piece.trim_start()
            } else {
                piece
            });
        }
    }
    let left = left.trim();
    if flow.is_some() {
        write(&mut patch, entry, field, &format!("[{left}]"));
    } else if left.is_empty() && items.len() == field.items.len() {
        let none = outline
            .entries
            .iter()
            .filter_map(dependencies)
            .map(|other| other.value.text.trim())
            .find(|text| says_none(text) && (!text.is_empty() || entry.form == Form::Row));
        match none {
            Some(none) => {
                let head = none.split(['(', '（']).next().unwrap_or(none).trim();
                write(&mut patch, entry, field, head);
            }
            None if entry.form == Form::Row => write(&mut patch, entry, field, "-"),
            None => delete_field(&mut patch, field),
        }
    } else if inline {
        write(&mut patch, entry, field, left);
    }
    field::finish(outline, &patch)
}

fn write(patch: &mut Patch<'_>, entry: &Entry, field: &Field, value: &str) {
    if entry.form == Form::Row {
        set_cell(patch, &field.value.span, value);
    } else {
        set_value(patch, field, value);
    }
}

/// The entry's field for dependencies.
pub(super) fn dependencies(entry: &Entry) -> Option<&Field> {
    entry
        .fields
        .iter()
        .find(|field| role(&field.label) == Some(Role::Dependencies))
}

fn mentions(field: &Field, id: &str) -> bool {
    has_token(&field.value.text, id) || field.items.iter().any(|item| has_token(&item.text, id))
}

/// Whether the value of a dependency field says that there are none: `None (it comes first)`.
#[must_use]
pub fn says_none(value: &str) -> bool {
    let head = value
        .split(['(', '（', ',', ';'])
        .next()
        .unwrap_or(value)
        .trim();
    let word = head.trim_matches(['*', '_', '`', '.', ' ']).to_lowercase();
    is_vacant(head)
        || [
            "no", "nothing", "keine", "なし", "无", "無", "aucune", "ninguna", "nessuna",
        ]
        .contains(&word.as_str())
}

/// Whether an id stands in a text as a whole, not as the beginning or end of another id.
pub(super) fn has_token(text: &str, id: &str) -> bool {
    token(text, id, 0).is_some()
}

/// Where an id stands in a text as a whole, from a byte on.
pub(super) fn token(text: &str, id: &str, from: usize) -> Option<usize> {
    if id.is_empty() {
        return None;
    }
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(id)) {
        let start = at + found;
        let end = start + id.len();
        let before = text[..start].chars().next_back();
        let mut after = text[end..].chars();
        let next = after.next();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        // `1.2` is no part of `1.2.1`, but a full stop may follow an id.
        let longer = matches!(next, Some('-' | '.'))
            && after.next().is_some_and(|c| c.is_ascii_alphanumeric());
        let tail = matches!(before, Some('-' | '.'))
            && text[..start]
                .trim_end_matches(['-', '.'])
                .ends_with(|c: char| c.is_ascii_alphanumeric());
        if !joins(before) && !joins(next) && !longer && !tail {
            return Some(start);
        }
        at = end;
    }
    None
}

/// What parts the ids of a value.
fn separator(value: &str) -> &'static str {
    [", ", "; ", "、", "，", " + ", ","]
        .into_iter()
        .find(|separator| value.contains(separator))
        .unwrap_or(", ")
}

/// The pieces of a list outside brackets, each with the separator before it.
fn split(value: &str) -> Vec<(&str, &str)> {
    let mut pieces = Vec::new();
    let (mut depth, mut start, mut separator) = (0usize, 0, "");
    for (at, c) in value.char_indices() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth = depth.saturating_sub(1),
            ',' | ';' | '、' | '，' | '+' | '&' if depth == 0 => {
                pieces.push((separator, &value[start..at]));
                start = at + c.len_utf8();
                separator = &value[at..start];
            }
            _ => {}
        }
    }
    pieces.push((separator, &value[start..]));
    pieces
}
