//! Moving a task to another place.

use std::collections::BTreeMap;
use std::ops::Range;

use super::patch::Patch;
use super::sections::{find, move_to};
use super::siblings::home;
use super::status::primary;
use super::verify::{Want, name, verified};
use super::{Edit, EditError};
use crate::outline::{Entry, Form, Outline};
use crate::text::Document;

/// Moves a task (its first writing, with all that is nested in it) to the end of a section, or
/// behind another task. Nothing is to be done for one that stands in that section.
///
/// # Errors
/// [`EditError::NoSuchTask`] for either task; [`EditError::NoSuchSection`];
/// [`EditError::NoPlace`] if no place is named, or it is the task's own, or its heading would take
/// in there what belongs to another; [`EditError::Misread`] if the task would read differently
/// there (a section may be a status).
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
    if after.is_none() && stands_in(outline, entry, section) {
        return Ok(Edit::default());
    }
    let mut patch = Patch::new(document);
    move_to(&mut patch, outline, entry, section, after);
    let applied = patch.apply();
    let carried = applied.carried.clone();
    let want = Want::touching([]);
    let edit = verified(outline, applied, &want, Vec::new())?;
    let new = edit.outline.as_deref().unwrap_or(outline);
    let (old, new) = (Places::of(outline), Places::of(new));
    let now = |line: usize| carried.get(line);
    if let Some(taken) = old.parted(&new, &entry.lines, now) {
        return Err(no_place(&format!(
            "moved there, its heading would take {taken} from where that belongs; name a section that headings of its level stand in, or a task beside it"
        )));
    }
    let wanted = outline.sections.get(section).filter(|_| after.is_none());
    let wanted = wanted.and_then(|section| now(section.lines.start));
    let is = now(entry.lines.start).and_then(|line| new.home(line));
    if wanted.is_some() && is != wanted {
        return Err(no_place(
            "its heading is of too high a level to stand in that section; name one above it",
        ));
    }
    Ok(edit)
}

/// Whether an entry stands in a section and in no other entry's list.
fn stands_in(outline: &Outline, entry: &Entry, section: usize) -> bool {
    let parent = entry.parent.and_then(|parent| outline.entries.get(parent));
    home(outline, entry) == Some(section) && parent.is_none_or(|above| above.form == Form::Heading)
}

/// What belongs to what, by lines.
struct Places {
    /// The name of each task and section, and what it belongs to: the task and the section.
    of: BTreeMap<usize, (String, Option<usize>, Option<usize>)>,
}

impl Places {
    fn of(outline: &Outline) -> Self {
        let line = |section: Option<usize>| Some(outline.sections.get(section?)?.lines.start);
        let sections = outline.sections.iter().map(|section| {
            let name = format!("the section '{}'", section.title.text);
            (section.lines.start, (name, None, line(section.parent)))
        });
        let entries = outline.entries.iter().map(|entry| {
            let above = entry.parent.and_then(|parent| outline.entries.get(parent));
            let above = above.map(|above| above.lines.start);
            let home = line(home(outline, entry));
            (entry.lines.start, (name(entry), above, home))
        });
        // A heading that is a task counts as that.
        Self {
            of: sections.chain(entries).collect(),
        }
    }

    fn home(&self, line: usize) -> Option<usize> {
        self.of.get(&line)?.2
    }

    /// The first that is not in `moved` and belongs to something else now.
    fn parted(
        &self,
        new: &Self,
        moved: &Range<usize>,
        now: impl Fn(usize) -> Option<usize>,
    ) -> Option<&str> {
        let of = self.of.iter().filter(|(line, _)| !moved.contains(*line));
        let mut parted = of.filter(|(line, (_, above, home))| {
            let is = now(**line).and_then(|line| new.of.get(&line));
            is.is_some_and(|(_, task, section)| {
                *task != above.and_then(&now) || *section != home.and_then(&now)
            })
        });
        parted.next().map(|(_, (name, ..))| name.as_str())
    }
}
