//! Taking a task out of the plan.

use std::ops::Range;

use super::form::is_gap;
use super::patch::Patch;
use super::sections::block;
use super::status::writings;
use super::verify::{Want, verified};
use super::{Edit, EditError};
use crate::outline::{Entry, Form, Outline};
use crate::text::Document;

/// Removes a task: all its writings with everything nested in them, and the blank lines or
/// rule that parted them from their neighbours.
///
/// # Errors
/// [`EditError::NoSuchTask`]; [`EditError::NoPlace`] for a task that is the whole file
/// (front matter); [`EditError::Misread`].
pub fn remove_task(document: &Document, outline: &Outline, task: usize) -> Result<Edit, EditError> {
    let mut patch = Patch::new(document);
    let mut want = Want::touching([]);
    let mut others = 0;
    let writings = writings(outline, task)?;
    for entry in writings
        .iter()
        .filter_map(|&index| outline.entries.get(index))
    {
        if entry.form == Form::FrontMatter {
            return Err(EditError::NoPlace {
                line: entry.lines.start + 1,
                reason: "this file is the task; remove the file instead".to_owned(),
            });
        }
        let own = block(document, entry);
        for (index, other) in outline.entries.iter().enumerate() {
            if own.contains(&other.lines.start) {
                want.gone.insert(index);
                others += usize::from(!writings.contains(&index));
            }
        }
        patch.delete(with_gap(document, outline, entry, own));
    }
    let remarks = match others {
        0 => Vec::new(),
        count => vec![format!(
            "{count} task entries nested in it are removed with it"
        )],
    };
    verified(outline, patch.apply(), &want, remarks)
}

/// The lines to delete: the entry and what parts it from the entry before it, or, for the
/// first below a heading, from the one behind it.
pub(super) fn with_gap(
    document: &Document,
    outline: &Outline,
    entry: &Entry,
    own: Range<usize>,
) -> Range<usize> {
    let heading = entry.form == Form::Heading;
    let separates = |line: usize| {
        let content = document.content(line);
        line < document.len() && (content.trim().is_empty() || heading && is_gap(content))
    };
    let mut start = own.start;
    while start > 0 && separates(start - 1) {
        start -= 1;
    }
    let mut end = own.end;
    while end > own.start + 1 && separates(end - 1) {
        end -= 1;
    }
    let trailing = end;
    while end < document.len() && separates(end) {
        end += 1;
    }
    let after_heading = start == 0
        || outline
            .sections
            .iter()
            .any(|section| section.title.span.line + 1 == start);
    if end >= document.len() {
        start..trailing
    } else if after_heading && end > trailing {
        own.start..end
    } else if end > trailing && start < own.start {
        start..trailing
    } else {
        own.start..trailing
    }
}
