//! Moving a task to another place.

use super::patch::Patch;
use super::sections::{find, move_to};
use super::siblings::home;
use super::status::primary;
use super::verify::{Want, verified};
use super::{Edit, EditError};
use crate::outline::Outline;
use crate::text::Document;

/// Moves a task (its first writing, with all that is nested in it) to the end of a section, or
/// behind another task.
///
/// # Errors
/// [`EditError::NoSuchTask`] for either task; [`EditError::NoSuchSection`];
/// [`EditError::NoPlace`] if no place is named, or it is the task's own; [`EditError::Misread`]
/// if the task would read differently there (a section may be a status).
pub fn move_task(
    document: &Document,
    outline: &Outline,
    task: usize,
    to_section: Option<&str>,
    after: Option<usize>,
) -> Result<Edit, EditError> {
    let entry = primary(outline, task)?;
    let after = after.map(|after| primary(outline, after)).transpose()?;
    let no_place = |reason: &str| EditError::NoPlace {
        line: entry.lines.start + 1,
        reason: reason.to_owned(),
    };
    if after.is_some_and(|after| entry.lines.contains(&after.lines.start)) {
        return Err(no_place("a task cannot be moved behind itself"));
    }
    let section = match (to_section, after) {
        (Some(title), _) => find(outline, title)?,
        (None, Some(after)) => home(outline, after).unwrap_or(usize::MAX),
        (None, None) => return Err(no_place("name a section or a task to move it to")),
    };
    let mut patch = Patch::new(document);
    move_to(&mut patch, outline, entry, section, after);
    let want = Want::touching([]);
    verified(outline, patch.apply(), &want, Vec::new())
}
