//! New titles and new ids.

use super::cells::escape;
use super::dependency::{dependencies, token};
use super::insert::Additions;
use super::patch::Patch;
use super::status::{primary, text_column, writings};
use super::verify::{Want, verified};
use super::wording::text_of;
use super::{Edit, EditError, front_matter, one_line};
use crate::outline::{Entry, Form, Outline, Span};
use crate::text::Document;

/// Gives a task another title, in all writings that had the old one.
///
/// # Errors
/// [`EditError::NoSuchTask`]; [`EditError::Empty`]; [`EditError::Misread`] if the new title
/// would be read as something else (it ends with a status mark, say).
pub fn retitle(
    document: &Document,
    outline: &Outline,
    task: usize,
    title: &str,
) -> Result<Edit, EditError> {
    let writings = writings(outline, task)?;
    let title = one_line(title);
    if title.is_empty() {
        return Err(EditError::Empty("title"));
    }
    let old = &primary(outline, task)?.title.text;
    let entries = || {
        writings
            .iter()
            .filter_map(|&index| Some((index, outline.entries.get(index)?)))
    };
    let attempt = |all: bool| {
        let mut patch = Patch::new(document);
        let mut changed = Vec::new();
        let mut remarks = Vec::new();
        for (index, entry) in entries() {
            if all || entry.title.text == *old {
                let span = &entry.title.span;
                match entry.form {
                    Form::Row => patch.replace(span, escape(&title)),
                    Form::FrontMatter => front_matter::set_title(&mut patch, span, &title),
                    _ => patch.replace(span, title.clone()),
                }
                changed.push(index);
            } else {
                remarks.push(format!(
                    "line {}: the title is written differently there and stays",
                    entry.lines.start + 1
                ));
            }
        }
        let mut want = Want::touching(changed);
        want.title = Some(title.clone());
        let edit = verified(outline, patch.apply(), &want, remarks)?;
        let together = edit
            .outline
            .as_ref()
            .is_none_or(|after| after.tasks.len() == outline.tasks.len());
        Ok::<_, EditError>((edit, together))
    };
    // Writings with other titles keep them, unless the task would then fall apart.
    let (edit, together) = attempt(false)?;
    if together {
        return Ok(edit);
    }
    attempt(true).map(|(edit, _)| edit)
}

/// Gives a task another id, in all its writings and in the dependencies that name it.
///
/// # Errors
/// [`EditError::NoSuchTask`]; [`EditError::Empty`]; [`EditError::Misread`] if the new id is
/// not read as one.
pub fn rekey(
    document: &Document,
    outline: &Outline,
    task: usize,
    id: &str,
) -> Result<Edit, EditError> {
    let writings = writings(outline, task)?;
    let id = one_line(id);
    if id.is_empty() {
        return Err(EditError::Empty("id"));
    }
    let mut patch = Patch::new(document);
    for entry in writings
        .iter()
        .filter_map(|&index| outline.entries.get(index))
    {
        match &entry.id {
            Some(old) if entry.form == Form::FrontMatter => {
                front_matter::set_scalar(&mut patch, &old.span, &id);
            }
            Some(old) => patch.replace(&old.span, id.clone()),
            None if entry.form == Form::FrontMatter => {
                let mut additions = Additions::new(outline, entry);
                additions.set(&mut patch, "id", &id);
                additions.finish(&mut patch);
            }
            None => insert_id(&mut patch, outline, entry, &id),
        }
    }
    if let Some(old) = &primary(outline, task)?.id {
        let others = outline
            .entries
            .iter()
            .enumerate()
            .filter(|(index, entry)| {
                !writings.contains(index)
                    && entry
                        .id
                        .as_ref()
                        .is_some_and(|other| other.text == old.text)
            })
            .count();
        if others == 0 {
            for entry in &outline.entries {
                follow(&mut patch, entry, &old.text, &id);
            }
        }
    }
    let mut want = Want::touching(writings.iter().copied());
    want.id = Some(id);
    verified(outline, patch.apply(), &want, Vec::new())
}

/// Replaces an id in an entry's dependencies.
fn follow(patch: &mut Patch<'_>, entry: &Entry, old: &str, new: &str) {
    let Some(field) = dependencies(entry) else {
        return;
    };
    let texts = std::iter::once(&field.value).chain(&field.items);
    for text in texts {
        let scalar = entry.form == Form::FrontMatter && text.text == old;
        if scalar {
            front_matter::set_scalar(patch, &text.span, new);
            continue;
        }
        // An escape in it would shift what stands behind it.
        if text.text != text_of(patch.document(), &text.span) {
            continue;
        }
        let mut from = 0;
        while let Some(at) = token(&text.text, old, from) {
            from = at + old.len();
            let start = text.span.columns.start + at;
            let span = Span {
                line: text.span.line,
                columns: start..start + old.len(),
            };
            patch.replace(&span, new);
        }
    }
}

/// Puts an id before the title of an entry that has none, as others have theirs.
fn insert_id(patch: &mut Patch<'_>, outline: &Outline, entry: &Entry, id: &str) {
    let document = patch.document();
    let example = super::siblings::nearest(outline, entry, |other| other.id.is_some());
    let markup = example.first().and_then(|other| id_markup(document, other));
    let (open, close) = markup.unwrap_or((String::new(), ": ".to_owned()));
    patch.insert_text(
        entry.title.span.line,
        entry.title.span.columns.start,
        format!("{open}{id}{close}"),
    );
}

/// What stands before an entry's id (markup) and between it and the title.
pub(super) fn id_markup(document: &Document, entry: &Entry) -> Option<(String, String)> {
    let id = &entry.id.as_ref()?.span;
    if id.line != entry.title.span.line || entry.form == Form::Row {
        return None;
    }
    let content = document.content(id.line);
    let open = content.get(text_column(document, entry)..id.columns.start)?;
    let close = content.get(id.columns.end..entry.title.span.columns.start)?;
    Some((open.to_owned(), close.to_owned()))
}
