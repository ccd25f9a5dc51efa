//! New tasks, and blocks of lines that are put back.

use super::add_row::row;
use super::empty_table::first_row;
use super::form::{indent_of, is_gap, marker_len};
use super::new_lines::{entry_lines, plain_lines};
use super::patch::Patch;
use super::sections::{self, block, last_in};
use super::siblings::{home, nearest};
use super::status::{primary, set_status};
use super::verify::{Want, verified};
use super::{Details, Edit, EditError, one_line};
use crate::hunk::diff;
use crate::outline::{Entry, Form, Outline, Site};
use crate::status::Status;
use crate::text::{Document, Line, content};

/// A task to be written into the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The id to be written, if it has one.
    pub id: Option<String>,
    /// The title.
    pub title: String,
    /// The status it has from the start.
    pub status: Status,
    /// The title of the section it goes to; without it, beside the plan's last task.
    pub section: Option<String>,
    /// The task it goes behind (index into [`Outline::tasks`]).
    pub after: Option<usize>,
    /// Fields, label and value.
    pub fields: Vec<(String, String)>,
}

/// Where a block of lines goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Behind a task (index into [`Outline::tasks`]).
    After(usize),
    /// To the end of a section's tasks, by the section's title.
    Section(String),
    /// Before this line, from 0; beyond the end, at the end.
    Line(usize),
}

/// Where a new entry goes and what it is modelled on.
struct Spot<'a> {
    /// The entry it goes behind.
    after: Option<&'a Entry>,
    /// The entry it is written like.
    model: Option<&'a Entry>,
    /// The section it goes to.
    section: Option<usize>,
}

/// Adds a task in the form of its siblings: markup of the id, box, fields, cells of a table
/// row, blank lines between entries. In a plan without tasks: `- [ ] ID: title`.
///
/// # Errors
/// [`EditError::Empty`] without a title; [`EditError::NoSuchTask`] and
/// [`EditError::NoSuchSection`] for a place that is none; [`EditError::Misread`] if the new
/// lines would not be read as this task.
pub fn add_task(document: &Document, outline: &Outline, task: &NewTask) -> Result<Edit, EditError> {
    let task = NewTask {
        id: task.id.as_deref().map(one_line).filter(|id| !id.is_empty()),
        title: one_line(&task.title),
        ..task.clone()
    };
    if task.title.is_empty() {
        return Err(EditError::Empty("title"));
    }
    let spot = spot(document, outline, &task)?;
    let mut edit = place(document, outline, &task, &spot)?;
    if task.id.is_none() && spot.model.is_some_and(|model| all_have_ids(outline, model)) {
        edit.remarks
            .push("the tasks beside it have ids; --id gives it one".to_owned());
    }
    Ok(edit)
}

/// Whether the entry and all beside it that are written like it have ids.
fn all_have_ids(outline: &Outline, entry: &Entry) -> bool {
    let beside = |other: &&Entry| {
        other.form == entry.form
            && other.parent == entry.parent
            && home(outline, other) == home(outline, entry)
    };
    outline
        .entries
        .iter()
        .filter(beside)
        .all(|other| other.id.is_some())
}

/// Writes the task as a row where a table waits for its first one, else like its siblings.
fn place(
    document: &Document,
    outline: &Outline,
    task: &NewTask,
    spot: &Spot<'_>,
) -> Result<Edit, EditError> {
    if spot.after.is_none()
        && let Some((at, line, remarks)) = first_row(document, outline, spot.section, task)
    {
        let mut patch = Patch::new(document);
        patch.insert_line(at, line);
        let edit = checked(document, outline, task, &patch, at, remarks);
        if edit.is_ok() {
            return edit;
        }
    }
    match write(document, outline, task, spot) {
        // A list whose entries are tasks by their ids alone takes one without id as a box.
        Err(EditError::Misread { .. })
            if spot
                .model
                .is_some_and(|model| matches!(model.form, Form::Mark | Form::Bullet)) =>
        {
            let boxed = Spot {
                model: None,
                ..*spot
            };
            write(document, outline, task, &boxed)
        }
        written => written,
    }
}

/// Writes the task at its spot and checks how it reads.
fn write(
    document: &Document,
    outline: &Outline,
    task: &NewTask,
    spot: &Spot<'_>,
) -> Result<Edit, EditError> {
    let mut patch = Patch::new(document);
    let mut remarks = Vec::new();
    let lines = match spot.model {
        Some(model) if model.form == Form::Row => {
            vec![row(document, outline, model, task, &mut remarks)]
        }
        Some(model) => entry_lines(document, outline, model, task),
        None => plain_lines(task),
    };
    let at = put(&mut patch, outline, spot, lines);
    checked(document, outline, task, &patch, at, remarks)
}

/// Checks that the text reads as before but for the new task at a line.
fn checked(
    document: &Document,
    outline: &Outline,
    task: &NewTask,
    patch: &Patch<'_>,
    at: usize,
    remarks: Vec<String>,
) -> Result<Edit, EditError> {
    let applied = patch.apply();
    let end = at + applied.document().len() - document.len();
    let edited = applied.document().clone();
    let mut want = Want::touching([]);
    want.added = Some(1);
    let edit = verified(outline, applied, &want, remarks)?;
    settle(document, &edited, task, at..end, edit)
}

/// Checks that the new entry reads as asked for; where its status does not, sets it.
fn settle(
    document: &Document,
    edited: &Document,
    task: &NewTask,
    lines: std::ops::Range<usize>,
    mut edit: Edit,
) -> Result<Edit, EditError> {
    let after = edit.outline.clone().unwrap_or_default();
    let new = after
        .entries
        .iter()
        .position(|entry| lines.contains(&entry.lines.start));
    let misread = |reason: String| EditError::Misread {
        line: lines.start + 1,
        reason,
    };
    let Some((index, entry)) = new.and_then(|i| Some((i, after.entries.get(i)?))) else {
        return Err(misread("the new lines would not be a task".to_owned()));
    };
    let id = entry.id.as_ref().map(|id| id.text.as_str());
    if id != task.id.as_deref() {
        return Err(misread(format!(
            "the id would be {} instead of {}",
            id.unwrap_or("none"),
            task.id.as_deref().unwrap_or("none")
        )));
    }
    let title = super::cells::escape(&task.title);
    if entry.title.text != task.title && entry.title.text != title {
        return Err(misread(format!(
            "the title would be '{}' instead of '{}'",
            entry.title.text, task.title
        )));
    }
    if entry.status == task.status {
        return Ok(edit);
    }
    let Some(group) = after.tasks.iter().position(|group| group == &[index]) else {
        return Err(misread(
            "it would be another writing of a task there is".to_owned(),
        ));
    };
    let set = set_status(edited, &after, group, task.status, &Details::default())?;
    let mut result = edited.clone();
    result
        .apply_all(&set.hunks)
        .map_err(|misfit| misread(misfit.to_string()))?;
    edit.hunks = diff(document, &result);
    edit.outline = set.outline;
    edit.remarks.extend(set.remarks);
    Ok(edit)
}

fn spot<'a>(
    document: &Document,
    outline: &'a Outline,
    task: &NewTask,
) -> Result<Spot<'a>, EditError> {
    let after = task.after.map(|t| primary(outline, t)).transpose()?;
    let section = match (&task.section, after) {
        (Some(title), _) => Some(sections::find(outline, title)?),
        (None, Some(after)) => home(outline, after),
        (None, None) => None,
    };
    let writable = |entry: &&Entry| entry.form != Form::FrontMatter;
    let top = |entry: &&Entry| {
        entry.parent.is_none_or(|parent| {
            let heading = |parent: &Entry| parent.form == Form::Heading;
            entry.form != Form::Heading && outline.entries.get(parent).is_some_and(heading)
        })
    };
    let last = || match section {
        Some(section) => {
            let inside = |entry: &&Entry| home(outline, entry) == Some(section);
            let entries = outline.entries.iter().rev().filter(writable);
            entries.filter(inside).find(top)
        }
        None => {
            // A board's finished column is no place for a new task.
            let fits = |entry: &&Entry| {
                let sections = entry.sites.iter().filter_map(|site| match site {
                    Site::Section(section) => outline.sections.get(*section)?.status,
                    _ => None,
                });
                sections.into_iter().all(|status| status == task.status)
            };
            let entries = || outline.entries.iter().rev().filter(writable).filter(top);
            entries().find(fits).or_else(|| entries().next())
        }
    };
    let after = after.or_else(last);
    let anywhere = || {
        let same_level = |entry: &&Entry| {
            entry.form != Form::Row
                && entry.form != Form::Heading
                && entry.form != Form::FrontMatter
        };
        let mut entries = outline.entries.iter().rev();
        entries.find(|entry| same_level(entry) && top(entry))
    };
    let beside = after.or_else(anywhere);
    // A sibling that has the status already shows best how the new entry looks.
    let model = beside.map(|beside| {
        if beside.status == task.status {
            return beside;
        }
        let like = |other: &Entry| {
            other.status == task.status
                && home(outline, other) == home(outline, beside)
                && indent_of(document.content(other.lines.start))
                    == indent_of(document.content(beside.lines.start))
        };
        nearest(outline, beside, like)
            .first()
            .copied()
            .unwrap_or(beside)
    });
    Ok(Spot {
        after,
        model,
        section,
    })
}

/// States the insertion; gives the line it is at in the new text.
fn put(patch: &mut Patch<'_>, outline: &Outline, spot: &Spot<'_>, lines: Vec<String>) -> usize {
    let document = patch.document();
    let (at, mut gap) = match spot.after {
        Some(after) => {
            let mut end = block(document, after).end;
            let heading = after.form == Form::Heading;
            while heading && end > after.lines.start + 1 && is_gap(document.content(end - 1)) {
                end -= 1;
            }
            (end, gap(document, outline, after))
        }
        None => open_place(document, outline, spot.section),
    };
    // A heading is never stuck to the text above it.
    let heading = lines.first().is_some_and(|line| line.starts_with('#'));
    if heading && gap.is_empty() && at > 0 && !document.content(at - 1).trim().is_empty() {
        gap.push(String::new());
    }
    let follows = document.content(at).to_owned();
    let count = gap.len();
    for line in gap.into_iter().chain(lines) {
        patch.insert_line(at, line);
    }
    let list = |text: &str| marker_len(text.trim_start()) > 0;
    if at < document.len() && spot.after.is_none() && !follows.trim().is_empty() && !list(&follows)
    {
        patch.insert_line(at, "");
    }
    at + count
}

/// The lines that part an entry from the one before it, to be put between it and a new one.
pub(super) fn gap(document: &Document, outline: &Outline, entry: &Entry) -> Vec<String> {
    let heading = entry.form == Form::Heading;
    let part = |line: usize| {
        let text = document.content(line);
        text.trim().is_empty() || heading && is_gap(text)
    };
    let index = outline
        .entries
        .iter()
        .position(|other| other.lines.start == entry.lines.start);
    let like = |other: &&Entry| other.form == entry.form && other.parent == entry.parent;
    let beside =
        |other: &&Entry| like(other) && other.section == entry.section || heading && like(other);
    let before = index.and_then(|i| outline.entries.iter_back(i).find(beside));
    let behind = index.and_then(|i| outline.entries.iter_from(i + 1).find(beside));
    let lines_before = |line: usize| {
        let mut start = line;
        while start > 0 && part(start - 1) {
            start -= 1;
        }
        (start..line)
            .map(|line| document.content(line).trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    let apart = match (before, behind) {
        (Some(_), _) => lines_before(entry.lines.start),
        (None, Some(behind)) => lines_before(behind.lines.start),
        (None, None) => Vec::new(),
    };
    if apart.is_empty() && heading {
        return vec![String::new()];
    }
    apart
}

/// A place in a section without tasks, or at the end of the document.
pub(super) fn open_place(
    document: &Document,
    outline: &Outline,
    section: Option<usize>,
) -> (usize, Vec<String>) {
    let section = section.and_then(|index| outline.sections.get(index));
    let range = section.map_or(0..document.len(), |s| s.lines.start..s.lines.end);
    let mut end = range.end.min(document.len());
    if let Some(section) = section {
        // Before the first section inside it.
        let inner = outline.sections.iter().map(|other| other.lines.start);
        let first = inner
            .filter(|&line| line > section.title.span.line && line < end)
            .min();
        end = first.unwrap_or(end);
    }
    while end > range.start && document.content(end - 1).trim().is_empty() {
        end -= 1;
    }
    let previous = end.checked_sub(1).map(|line| document.content(line));
    let list = previous.is_some_and(|line| marker_len(line.trim_start()) > 0);
    let gap = if previous.is_none() || list {
        Vec::new()
    } else {
        vec![String::new()]
    };
    (end, gap)
}

/// Puts blocks of lines back (those of a removed task, say). One that goes behind a task or into
/// a section is parted from its neighbours as they are from each other.
///
/// # Errors
/// [`EditError::NoSuchTask`], [`EditError::NoSuchSection`], [`EditError::Empty`] without
/// lines, [`EditError::Misread`] if other tasks would read differently.
pub fn insert_blocks(
    document: &Document,
    outline: &Outline,
    blocks: &[(Vec<Line>, Place)],
) -> Result<Edit, EditError> {
    if blocks.iter().all(|(lines, _)| lines.is_empty()) {
        return Err(EditError::Empty("block"));
    }
    let mut patch = Patch::new(document);
    for (lines, place) in blocks {
        let texts = lines.iter().map(|line| content(line).to_owned());
        let (after, section) = match place {
            Place::Line(line) => {
                texts.for_each(|text| patch.insert_line(*line, text));
                continue;
            }
            Place::After(task) => (Some(primary(outline, *task)?), None),
            Place::Section(title) => {
                let section = sections::find(outline, title)?;
                let mut inside = outline.entries.iter().rev();
                let last = inside.find(|entry| home(outline, entry) == Some(section));
                let last = last.and_then(|entry| last_in(outline, section, entry).or(Some(entry)));
                (last, Some(section))
            }
        };
        let spot = Spot {
            after,
            model: None,
            section,
        };
        put(&mut patch, outline, &spot, texts.collect());
    }
    let mut want = Want::touching([]);
    want.added = None;
    verified(outline, patch.apply(), &want, Vec::new())
}
