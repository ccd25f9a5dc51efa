//! Reading the edited text again: does it say what was asked for, and nothing else?

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::patch::{Applied, Carried};
use super::{Edit, EditError};
use crate::outline::{Entry, Outline};
use crate::status::Status;

/// What is to be different in the edited text.
#[derive(Default)]
pub(super) struct Want {
    /// Entries that are changed.
    pub(super) touched: BTreeSet<usize>,
    /// The status they have afterwards, if that changes.
    pub(super) status: Option<Status>,
    /// The id they have afterwards, if that changes.
    pub(super) id: Option<String>,
    /// The title they have afterwards, if that changes.
    pub(super) title: Option<String>,
    /// Entries that are removed.
    pub(super) gone: BTreeSet<usize>,
    /// How many entries are new.
    pub(super) added: Option<usize>,
}

impl Want {
    /// The named entries stay but for what is stated besides.
    pub(super) fn touching(entries: impl IntoIterator<Item = usize>) -> Self {
        Self {
            touched: entries.into_iter().collect(),
            added: Some(0),
            ..Self::default()
        }
    }
}

/// Reads the edited text and compares; gives the edit, which has the new outline.
pub(super) fn verified(
    before: &Outline,
    applied: Applied<'_>,
    want: &Want,
    remarks: Vec<String>,
) -> Result<Edit, EditError> {
    let after = match in_lines(before, &applied, want)? {
        Some(after) => after,
        None => {
            let after = before.reread(applied.before, applied.document(), &applied.hunks);
            compare(before, &after, &applied, want)?;
            after
        }
    };
    let changed = !applied.hunks.is_empty();
    Ok(Edit {
        hunks: applied.hunks,
        remarks,
        outline: changed.then(|| Arc::new(after)),
    })
}

/// [`verified`] for an edit of lines that stay what they are: only what was read again can differ.
/// `None` if it is another.
fn in_lines(
    before: &Outline,
    applied: &Applied<'_>,
    want: &Want,
) -> Result<Option<Outline>, EditError> {
    if !matches!(applied.carried, Carried::InPlace(_))
        || !want.gone.is_empty()
        || want.added.is_some_and(|n| n > 0)
    {
        return Ok(None);
    }
    let Some(reread) = before.reread_lines(applied.before, &applied.hunks) else {
        return Ok(None);
    };
    let changed: BTreeSet<usize> = reread.entries.into_iter().collect();
    let after = reread.outline;
    for index in changed.union(&want.touched) {
        if let (Some(old), Some(new)) = (before.entries.get(*index), after.entries.get(*index)) {
            let touched = want.touched.contains(index);
            one(old, new, new.lines.start, touched, want)?;
        }
    }
    Ok(Some(after))
}

fn compare(
    before: &Outline,
    after: &Outline,
    applied: &Applied<'_>,
    want: &Want,
) -> Result<(), EditError> {
    let found: HashMap<usize, &Entry> = after
        .entries
        .iter()
        .map(|entry| (entry.lines.start, entry))
        .collect();
    for (index, old) in before.entries.iter().enumerate() {
        if want.gone.contains(&index) {
            continue;
        }
        let Some(line) = applied.carried.get(old.lines.start) else {
            let line = first_change(applied);
            return Err(misread(line, format!("{} would be removed", name(old))));
        };
        let Some(new) = found.get(&line) else {
            let reason = format!("{} would no longer be a task", name(old));
            return Err(misread(line, reason));
        };
        one(old, new, line, want.touched.contains(&index), want)?;
    }
    if let Some(added) = want.added {
        let expected = before.entries.len() - want.gone.len() + added;
        if after.entries.len() != expected {
            let reason = format!(
                "there would be {} task entries instead of {expected}",
                after.entries.len()
            );
            let line = first_stray(before, after, applied, added);
            return Err(misread(line, reason));
        }
    }
    Ok(())
}

/// The first line of the edited text that is a task and was none, the ones meant to be left out.
fn first_stray(before: &Outline, after: &Outline, applied: &Applied<'_>, meant: usize) -> usize {
    let carried = |entry: &Entry| applied.carried.get(entry.lines.start);
    let old: HashSet<usize> = before.entries.iter().filter_map(carried).collect();
    let lines = after.entries.iter().map(|entry| entry.lines.start);
    lines
        .filter(|line| !old.contains(line))
        .nth(meant)
        .unwrap_or_else(|| first_change(applied))
}

/// The first line of the edited text that the edit made.
fn first_change(applied: &Applied<'_>) -> usize {
    applied.hunks.first().map_or(0, |hunk| hunk.at)
}

fn one(old: &Entry, new: &Entry, line: usize, touched: bool, want: &Want) -> Result<(), EditError> {
    let status = want.status.filter(|_| touched).unwrap_or(old.status);
    if new.status != status {
        let reason = format!(
            "{} would have the status '{}' instead of '{status}'",
            name(old),
            new.status
        );
        return Err(misread(line, reason));
    }
    let id = match &want.id {
        Some(id) if touched => Some(id.as_str()),
        _ => old.id.as_ref().map(|id| id.text.as_str()),
    };
    if new.id.as_ref().map(|id| id.text.as_str()) != id {
        return Err(misread(
            line,
            format!("{} would have another id", name(old)),
        ));
    }
    // A change of status may take marks out of what was read as title, no more.
    let plain = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .collect::<String>()
    };
    let words = plain(&old.title.text);
    let free =
        touched && want.status.is_some() && !words.is_empty() && plain(&new.title.text) == words;
    let title = match &want.title {
        Some(title) if touched => title.as_str(),
        _ => old.title.text.as_str(),
    };
    if !free && new.title.text != title {
        let reason = format!(
            "{} would have the title '{}' instead of '{title}'",
            name(old),
            new.title.text
        );
        return Err(misread(line, reason));
    }
    Ok(())
}

fn misread(line: usize, reason: String) -> EditError {
    EditError::Misread {
        line: line + 1,
        reason,
    }
}

/// How a message names an entry.
pub(super) fn name(entry: &Entry) -> String {
    match &entry.id {
        Some(id) => id.text.clone(),
        None => format!("'{}'", entry.title.text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::patch::Patch;
    use super::*;
    use crate::text::Document;

    /// The line named when lines are put in, by their number from 0.
    fn named(inserted: &[(usize, &str)], added: usize) -> Option<usize> {
        let document = Document::from("# Plan\n\n- [ ] A-1: One\n\nText.\n\n- [ ] A-2: Two\n");
        let mut patch = Patch::new(&document);
        for (before, line) in inserted {
            patch.insert_line(*before, *line);
        }
        let mut want = Want::touching([]);
        want.added = Some(added);
        let outline = Outline::parse(&document);
        match verified(&outline, patch.apply(), &want, Vec::new()) {
            Err(EditError::Misread { line, .. }) => Some(line),
            _ => None,
        }
    }

    #[test]
    fn the_first_line_that_reads_otherwise_is_named() {
        let (note, task) = ((3, "A note."), (6, "- [ ] A-3: Three"));
        assert_eq!(named(&[note, task], 1), None);
        assert_eq!(named(&[note, task], 0), Some(8));
        assert_eq!(named(&[task, (7, "- [ ] A-4: Four")], 1), Some(9));
        assert_eq!(named(&[note], 1), Some(4));
    }
}
