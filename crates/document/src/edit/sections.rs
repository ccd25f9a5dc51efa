//! Moving an entry's lines to another section.

use super::add::{gap, open_place};
use super::form::is_gap;
use super::patch::Patch;
use super::remove::with_gap;
use crate::outline::{Entry, Form, Outline};
use crate::status::Status;
use crate::text::Document;

/// The section that stands for a status: of those that do, one at the level of the entry's own
/// section, and of these the nearest.
pub(super) fn for_status(outline: &Outline, entry: &Entry, status: Status) -> Option<usize> {
    let own = entry
        .section
        .and_then(|section| outline.sections.get(section));
    outline
        .sections
        .iter()
        .enumerate()
        .filter(|(_, section)| section.status == Some(status))
        .min_by_key(|(_, section)| {
            let level = own.is_none_or(|own| own.level != section.level);
            (level, section.lines.start.abs_diff(entry.lines.start))
        })
        .map(|(index, _)| index)
}

/// Moves an entry to the end of a section's entries, or behind one of them.
pub(super) fn move_to(
    patch: &mut Patch<'_>,
    outline: &Outline,
    entry: &Entry,
    section: usize,
    after: Option<&Entry>,
) {
    let document = patch.document();
    let own = block(document, entry);
    let last = after.or_else(|| last_in(outline, section, entry));
    if entry.form == Form::Heading {
        move_heading(patch, outline, entry, section, last);
        return;
    }
    let spaced = match last {
        Some(last) => blank_after(document, block(document, last).end),
        None => true,
    } || blank_before(document, own.start) && blank_after(document, own.end) && {
        // One entry alone between blank lines says nothing about how entries are parted.
        last.is_some_and(|last| {
            is_spaced(document, outline, last) || is_spaced(document, outline, entry)
        })
    };
    let at = match last {
        Some(last) => block(document, last).end,
        None => {
            let heading = outline
                .sections
                .get(section)
                .map_or(document.len(), |section| section.title.span.line + 1);
            let underlined = document
                .content(heading)
                .trim_end()
                .chars()
                .all(|c| c == '=' || c == '-')
                && document.content(heading).contains(['=', '-']);
            let heading = heading + usize::from(underlined);
            heading + usize::from(blank_after(document, heading) && heading < document.len())
        }
    };
    let apart = match last {
        Some(last) => is_spaced(document, outline, last) || is_spaced(document, outline, entry),
        None => false,
    };
    if last.is_none() && at > 0 && !document.content(at - 1).trim().is_empty() {
        // No blank line behind the heading: lists need none, but the plan may keep one.
        if blank_before(document, own.start) {
            patch.insert_line(at, "");
        }
    }
    if apart && spaced {
        patch.insert_line(at, "");
    }
    patch.relocate(own.clone(), at);
    if last.is_none() && at < document.len() && !blank_after(document, at) {
        patch.insert_line(at, "");
    }
    // Two blank lines that would now meet become one.
    if blank_before(document, own.start)
        && blank_after(document, own.end)
        && own.end < document.len()
    {
        patch.delete(own.end..own.end + 1);
    }
}

/// Moves a heading with its text, parted from its new neighbours as from the old ones.
fn move_heading(
    patch: &mut Patch<'_>,
    outline: &Outline,
    entry: &Entry,
    section: usize,
    last: Option<&Entry>,
) {
    let document = patch.document();
    let own = text(document, block(document, entry));
    let (at, apart) = match last {
        Some(last) => {
            let end = text(document, block(document, last)).end;
            (end, gap(document, outline, entry))
        }
        None => {
            let (at, _) = open_place(document, outline, Some(section));
            (at, vec![String::new()])
        }
    };
    if (at..own.start).all(|line| is_gap(document.content(line))) && at <= own.start {
        return; // it stands there already
    }
    patch.delete(with_gap(document, outline, entry, block(document, entry)));
    for line in apart {
        patch.insert_line(at, line);
    }
    patch.relocate(own, at);
    if at < document.len() && !blank_after(document, at) {
        patch.insert_line(at, "");
    }
}

/// The lines without blank lines and rules at the end.
fn text(document: &Document, lines: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let mut end = lines.end;
    while end > lines.start + 1 && is_gap(document.content(end - 1)) {
        end -= 1;
    }
    lines.start..end
}

/// Whether the entry stands apart from the entry before or after it by blank lines.
fn is_spaced(document: &Document, outline: &Outline, entry: &Entry) -> bool {
    let index = outline
        .entries
        .iter()
        .position(|other| other.lines.start == entry.lines.start);
    let Some(index) = index else { return false };
    let beside = |other: &&Entry| {
        other.section == entry.section && other.form == entry.form && other.parent == entry.parent
    };
    let before = outline.entries.iter_back(index).find(beside);
    let after = outline.entries.iter_from(index + 1).find(beside);
    match (before, after) {
        (Some(_), _) => blank_before(document, entry.lines.start),
        (None, Some(after)) => blank_before(document, after.lines.start),
        (None, None) => false,
    }
}

/// The lines that move with an entry, without blank lines at the end.
pub(super) fn block(document: &Document, entry: &Entry) -> std::ops::Range<usize> {
    let mut end = entry.lines.end.min(document.len());
    while end > entry.lines.start + 1 && document.content(end - 1).trim().is_empty() {
        end -= 1;
    }
    entry.lines.start..end.max(entry.lines.start)
}

/// The last entry of a section that stands beside entries like this one.
pub(super) fn last_in<'a>(
    outline: &'a Outline,
    section: usize,
    entry: &Entry,
) -> Option<&'a Entry> {
    outline.entries.iter().rev().find(|other| {
        super::siblings::home(outline, other) == Some(section)
            && other.parent.is_none_or(|parent| {
                outline
                    .entries
                    .get(parent)
                    .is_some_and(|parent| parent.form == Form::Heading)
            })
            && (other.form == entry.form
                || !matches!(entry.form, Form::Row | Form::Heading)
                    && !matches!(other.form, Form::Row | Form::Heading))
            && other.lines.start != entry.lines.start
    })
}

fn blank_before(document: &Document, line: usize) -> bool {
    line == 0 || document.content(line - 1).trim().is_empty()
}

fn blank_after(document: &Document, line: usize) -> bool {
    document.content(line).trim().is_empty()
}

/// A section by its title: as written, else without regard to case, marks and markup.
pub(super) fn find(outline: &Outline, title: &str) -> Result<usize, super::EditError> {
    let plain = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric() || c.is_whitespace())
            .collect::<String>()
            .to_lowercase()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let wanted = title.trim().trim_start_matches('#').trim();
    let exact = |section: &crate::outline::Section| section.title.text.trim() == wanted;
    outline
        .sections
        .iter()
        .position(exact)
        .or_else(|| {
            let wanted = plain(wanted);
            (!wanted.is_empty())
                .then(|| {
                    outline
                        .sections
                        .iter()
                        .position(|s| plain(&s.title.text) == wanted)
                })
                .flatten()
        })
        .ok_or_else(|| super::EditError::NoSuchSection {
            title: title.to_owned(),
        })
}
