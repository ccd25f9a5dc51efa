//! Which entries show how this one is to be written.

use std::ops::Range;

use crate::outline::{Entry, Field, Form, Outline, Site};
use crate::status::Status;

/// How many siblings are asked; a custom holds if most of them keep it.
const ASKED: usize = 5;

/// The section an entry shares with its siblings: for a heading, the one it is a part of.
pub(super) fn home(outline: &Outline, entry: &Entry) -> Option<usize> {
    let section = entry.section?;
    let own = outline
        .sections
        .get(section)
        .is_some_and(|s| entry.form == Form::Heading && s.lines.start == entry.lines.start);
    if own {
        outline.sections.get(section)?.parent
    } else {
        Some(section)
    }
}

/// The nearest other entries of the same form that fit: those in the same section and at the
/// same depth if there are any, else in the same section, else in the document.
pub(super) fn nearest<'a>(
    outline: &'a Outline,
    entry: &Entry,
    fits: impl Fn(&Entry) -> bool,
) -> Vec<&'a Entry> {
    nearest_marked(outline, entry, u8::MAX, fits)
}

/// [`nearest`] of those with a status: where few have it, few are looked at.
pub(super) fn nearest_with<'a>(
    outline: &'a Outline,
    entry: &Entry,
    status: Status,
    fits: impl Fn(&Entry) -> bool,
) -> Vec<&'a Entry> {
    nearest_marked(outline, entry, status.bit(), fits)
}

fn nearest_marked<'a>(
    outline: &'a Outline,
    entry: &Entry,
    marks: u8,
    fits: impl Fn(&Entry) -> bool,
) -> Vec<&'a Entry> {
    let mine = home(outline, entry);
    let fits = |other: &&Entry| {
        other.form == entry.form && other.lines.start != entry.lines.start && fits(other)
    };
    let level = |other: &Entry| usize::from(other.parent.is_some() != entry.parent.is_some());
    // What shares a section stands in it; without one, it may stand anywhere.
    let section = mine.and_then(|section| outline.sections.get(section));
    let lines = section.map_or(0..usize::MAX, |section| section.lines.clone());
    let here = outward(outline, entry.lines.start, lines, marks);
    let beside = here.filter(|other| home(outline, other) == mine);
    let found = closest(beside.filter(fits), level);
    if !found.is_empty() {
        return found;
    }
    let anywhere = outward(outline, entry.lines.start, 0..usize::MAX, marks);
    closest(anywhere.filter(fits), level)
}

/// The first few at the first level that has any.
fn closest<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    level: impl Fn(&Entry) -> usize,
) -> Vec<&'a Entry> {
    let mut levels = [Vec::new(), Vec::new()];
    for entry in entries {
        let Some(found) = levels.get_mut(level(entry)) else {
            continue;
        };
        if found.len() < ASKED {
            found.push(entry);
        }
        if levels[0].len() == ASKED {
            break;
        }
    }
    let [same, other] = levels;
    if same.is_empty() { other } else { same }
}

/// The entries with any of some marks that begin within some lines, those nearest to a line first.
pub(super) fn outward(
    outline: &Outline,
    line: usize,
    within: Range<usize>,
    marks: u8,
) -> impl Iterator<Item = &Entry> {
    let at = outline
        .entries
        .partition_point(|other| other.lines.start < line);
    let (from, to) = (within.start, within.end);
    let before = outline.entries.marked_back(at, marks);
    let mut before = before
        .take_while(move |other| other.lines.start >= from)
        .peekable();
    let behind = outline.entries.marked_from(at, marks);
    let mut behind = behind
        .take_while(move |other| other.lines.start < to)
        .peekable();
    std::iter::from_fn(move || {
        let far = |other: Option<&&Entry>| other.map(|other| other.lines.start.abs_diff(line));
        match (far(before.peek()), far(behind.peek())) {
            (Some(up), Some(down)) if down < up => behind.next(),
            (None, _) => behind.next(),
            _ => before.next(),
        }
    })
}

/// The nearest siblings with one status that write it in one of the ways the entry does: a
/// heading with a status field shows nothing about one with a word in brackets.
pub(super) fn with_status<'a>(
    outline: &'a Outline,
    entry: &Entry,
    status: Status,
) -> Vec<&'a Entry> {
    let label = status_field(entry).map(|field| &field.label);
    let alike = |other: &Entry| {
        let shares = entry.sites.iter().any(|site| has(other, kind(site)));
        let theirs = status_field(other).map(|field| &field.label);
        (entry.sites.is_empty() || shares)
            && (label.is_none() || theirs.is_none_or(|t| Some(t) == label))
    };
    nearest_with(outline, entry, status, alike)
}

/// Whether most of the entries have something.
pub(super) fn most(entries: &[&Entry], has: impl Fn(&Entry) -> bool) -> bool {
    let count = entries.iter().filter(|entry| has(entry)).count();
    count * 2 > entries.len()
}

/// The kind of a site, without its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Box,
    Field,
    Mark,
    Word,
    Cell,
    Strike,
    Section,
    Yaml,
}

/// The kind of a site.
pub(super) const fn kind(site: &Site) -> Kind {
    match site {
        Site::Box(_) => Kind::Box,
        Site::Field(_) => Kind::Field,
        Site::Mark(_) => Kind::Mark,
        Site::Word(_) => Kind::Word,
        Site::Cell(_) => Kind::Cell,
        Site::Strike(_) => Kind::Strike,
        Site::Section(_) => Kind::Section,
        Site::Yaml(_) => Kind::Yaml,
    }
}

/// The entry's first site of a kind.
pub(super) fn site(entry: &Entry, wanted: Kind) -> Option<&Site> {
    entry.sites.iter().find(|site| kind(site) == wanted)
}

/// Whether the entry has a site of a kind.
pub(super) fn has(entry: &Entry, wanted: Kind) -> bool {
    site(entry, wanted).is_some()
}

/// The entry's field that writes its status, if one does.
pub(super) fn status_field(entry: &Entry) -> Option<&Field> {
    let Some(Site::Field(span)) = site(entry, Kind::Field) else {
        return None;
    };
    entry
        .fields
        .iter()
        .find(|field| field.value.span.line == span.line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Document;
    use proptest::prelude::*;

    /// What [`nearest`] gives, by ranking all entries.
    fn ranked<'a>(
        outline: &'a Outline,
        entry: &Entry,
        fits: impl Fn(&Entry) -> bool,
    ) -> Vec<&'a Entry> {
        let mine = home(outline, entry);
        let rank = |other: &Entry| {
            let elsewhere = home(outline, other) != mine;
            let deeper = other.parent.is_some() != entry.parent.is_some();
            (elsewhere, deeper)
        };
        let distance = |other: &Entry| other.lines.start.abs_diff(entry.lines.start);
        let fits = |other: &&Entry| {
            other.form == entry.form && other.lines.start != entry.lines.start && fits(other)
        };
        let mut found: Vec<&Entry> = outline.entries.iter().filter(fits).collect();
        found.sort_by_key(|other| (rank(other), distance(other)));
        let best = found.first().map(|first| rank(first));
        found.retain(|other| Some(rank(other)) == best);
        found.truncate(ASKED);
        found
    }

    proptest! {
        #[test]
        fn the_nearest_are_those_that_rank_first(
            lines in prop::collection::vec(prop::sample::select(vec![
                "# A\n", "## B\n", "### T-1: C ✅\n", "### T-2: D\n\n**Status**: pending\n",
                "- [ ] T-3: E\n", "- [x] T-4: F\n", "  - [ ] T-5: G\n", "  - [x] T-6: H\n", "\n",
            ]), 0..60),
        ) {
            let outline = Outline::parse(&Document::from(lines.concat().as_str()));
            for entry in &outline.entries {
                for status in [Status::Pending, Status::Completed, Status::Blocked] {
                    let fits = |other: &Entry| other.status == status;
                    let ranked = ranked(&outline, entry, fits);
                    prop_assert_eq!(nearest_with(&outline, entry, status, |_| true), &*ranked);
                    prop_assert_eq!(nearest(&outline, entry, fits), ranked);
                }
            }
        }
    }
}
