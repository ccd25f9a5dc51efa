//! The lines of a document that derived text can stand on.

use std::ops::Range;

use crate::outline::Outline;
use crate::text::Document;

use super::date;
use super::template::LONGEST;

/// A line outside tasks and code.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// Its number, from 0.
    pub(super) line: usize,
    /// The line without its terminator.
    pub(super) content: &'a str,
    /// The bytes that can be derived: a field's value, a heading's title, an item behind its
    /// bullet.
    pub(super) columns: Range<usize>,
    pub(super) kind: Kind,
    /// The label before the value; empty without one.
    pub(super) label: &'a str,
    /// The headings above it (their lines), innermost first; a heading counts itself.
    pub(super) sections: Vec<usize>,
    /// Lines of one run without a blank line or heading have the same number.
    pub(super) block: usize,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `Label: value`, as a paragraph or an item.
    Field,
    Heading,
    /// A table row.
    Row,
    /// A list item.
    Item,
    Prose,
}

impl<'a> Place<'a> {
    /// The text that can be derived.
    pub(super) fn text(&self) -> &'a str {
        self.content.get(self.columns.clone()).unwrap_or_default()
    }
}

/// Whether a line is short enough to be looked at.
pub(crate) const fn fits_a_place(content: &str) -> bool {
    content.len() <= LONGEST
}

/// Whether a heading makes its section one about a day.
pub(crate) fn dates_its_section(title: &str) -> bool {
    date::find(title).is_some()
}

/// The lines to look at, in order.
pub(super) fn places<'a>(document: &'a Document, outline: &'a Outline) -> Vec<Place<'a>> {
    let taken = taken(document, outline);
    let fields = outline.fields.iter();
    let fields = by_line(document, fields.map(|field| (field.value.span.line, field)));
    let sections = outline.sections.iter().enumerate();
    let headings = by_line(
        document,
        sections.map(|(index, section)| (section.title.span.line, index)),
    );
    let mut places = Vec::new();
    let mut section = None;
    let mut block = 0;
    let mut day_block: Option<usize> = None;
    let mut logs = Logs::new(outline);
    for line in 0..document.len() {
        let heading = headings.get(line).copied().flatten();
        if heading.is_some() {
            section = heading;
        }
        let content = document.content(line);
        if content.trim().is_empty() || heading.is_some() {
            block += 1;
        }
        let skip = taken.get(line).copied().unwrap_or_default()
            || content.trim().is_empty()
            || !fits_a_place(content)
            || logs.holds(section);
        if skip {
            continue;
        }
        let mut place = match (
            heading.and_then(|index| outline.sections.get(index)),
            fields.get(line).copied().flatten(),
        ) {
            (Some(section), _) => Place {
                columns: section.title.span.columns.clone(),
                kind: Kind::Heading,
                ..Place::plain(line, content)
            },
            (None, Some(field)) => Place {
                columns: field.value.span.columns.start..content.trim_end().len(),
                kind: Kind::Field,
                label: &field.label,
                ..Place::plain(line, content)
            },
            (None, None) => Place::plain(line, content),
        };
        place.block = block;
        place.sections = chain(outline, section)
            .filter_map(|section| Some(outline.sections.get(section)?.title.span.line))
            .collect();
        // A block that begins with a day tells what was true on it.
        let day = if place.kind == Kind::Field {
            place.label
        } else {
            place.text()
        };
        if !matches!(place.kind, Kind::Heading | Kind::Row) && date::find(day).is_some() {
            day_block = Some(block);
        }
        if !place.text().trim().is_empty() && day_block != Some(block) {
            places.push(place);
        }
    }
    places
}

/// For each line of a document what stands on it.
fn by_line<T: Clone>(
    document: &Document,
    items: impl Iterator<Item = (usize, T)>,
) -> Vec<Option<T>> {
    let mut lines = vec![None; document.len()];
    for (line, item) in items {
        if let Some(slot) = lines.get_mut(line) {
            *slot = Some(item);
        }
    }
    lines
}

/// The text behind the label of a line that has one.
pub(super) fn value_on<'a>(document: &'a Document, outline: &Outline, line: usize) -> &'a str {
    let content = document.content(line);
    let fields = &outline.fields;
    let at = fields.partition_point(|field| field.lines.start < line);
    match fields.get(at).map(|field| &field.value.span) {
        Some(span) if span.line == line => content
            .get(span.columns.start..content.trim_end().len())
            .unwrap_or_default(),
        _ => {
            let columns = Place::plain(line, content).columns;
            content.get(columns).unwrap_or_default()
        }
    }
}

impl<'a> Place<'a> {
    /// A line that the outline says nothing about.
    fn plain(line: usize, content: &'a str) -> Self {
        let start = bullet(content);
        let rest = &content[start..];
        let end = content.trim_end().len().max(start);
        let mut place = Place {
            line,
            content,
            columns: start..end,
            kind: Kind::Prose,
            label: "",
            sections: Vec::new(),
            block: 0,
        };
        let quoted = content.trim_start_matches(['>', ' ', '\t', '\u{feff}']);
        if quoted.starts_with('|') || rest.matches(" | ").count() > 1 {
            place.kind = Kind::Row;
        } else if let Some(value) = label(rest) {
            place.kind = Kind::Field;
            place.label = &rest[..value];
            let blanks = rest[value..].len() - rest[value..].trim_start().len();
            place.columns.start = (start + value + blanks).min(end);
        } else if start > 0 && quoted.len() > rest.len() {
            place.kind = Kind::Item;
        }
        place
    }
}

/// Where the text behind indentation, quote signs and a bullet starts.
fn bullet(content: &str) -> usize {
    let rest = content.trim_start_matches(['>', ' ', '\t', '\u{feff}']);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let after = match rest[digits..].strip_prefix(if digits > 0 {
        ['.', ')', '.']
    } else {
        ['-', '*', '+']
    }) {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start(),
        _ => rest,
    };
    content.len() - after.len()
}

/// Where the value behind a label starts, if the text has a label: a few words and a colon.
fn label(text: &str) -> Option<usize> {
    const LONGEST_LABEL: usize = 80;
    let (at, colon) = text
        .char_indices()
        .take_while(|(at, _)| *at <= LONGEST_LABEL)
        .find(|(at, c)| {
            let after = text[at + c.len_utf8()..].trim_start_matches(['*', '_']);
            *c == '：' || (*c == ':' && (after.starts_with([' ', '\t'])))
        })?;
    let end = at + colon.len_utf8();
    let value = text[end..].trim_start_matches(['*', '_']);
    let words = text[..at].split_whitespace().count();
    (words > 0 && words <= 8).then_some(text.len() - value.len())
}

/// Lines that belong to tasks, code, comments and legends, or that belong to a list under a
/// field.
pub(super) fn taken(document: &Document, outline: &Outline) -> Vec<bool> {
    let mut taken = vec![false; document.len()];
    // Difference array: nested entries must not cost a pass each.
    let mut change = vec![0i64; document.len() + 1];
    let ranges = outline
        .entries
        .iter()
        .map(|entry| &entry.lines)
        .chain(&outline.opaque);
    for range in ranges {
        if let Some(at) = change.get_mut(range.start) {
            *at += 1;
        }
        if let Some(at) = change.get_mut(range.end) {
            *at -= 1;
        }
    }
    let mut depth = 0;
    for (taken, change) in taken.iter_mut().zip(change) {
        depth += change;
        *taken = depth > 0;
    }
    taken
}

/// A section and those around it, innermost first.
pub(super) fn chain(outline: &Outline, section: Option<usize>) -> impl Iterator<Item = usize> + '_ {
    /// Markdown has six levels of headings.
    const LEVELS: usize = 8;
    std::iter::successors(section, |&section| outline.sections.get(section)?.parent).take(LEVELS)
}

/// Sections that tell what happened on a day: their figures were true then and stay.
struct Logs<'a> {
    outline: &'a Outline,
    known: Vec<Option<bool>>,
}

impl<'a> Logs<'a> {
    fn new(outline: &'a Outline) -> Self {
        Self {
            outline,
            known: vec![None; outline.sections.len()],
        }
    }

    fn holds(&mut self, section: Option<usize>) -> bool {
        let Some(index) = section else { return false };
        if let Some(Some(known)) = self.known.get(index) {
            return *known;
        }
        let log = chain(self.outline, section).any(|section| {
            self.outline
                .sections
                .get(section)
                .is_some_and(|section| dates_its_section(&section.title.text))
        });
        if let Some(known) = self.known.get_mut(index) {
            *known = Some(log);
        }
        log
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> (Kind, &str, &str) {
        let place = Place::plain(0, content);
        (place.kind, place.label, place.text())
    }

    #[test]
    fn a_line_is_split_into_label_and_value() {
        assert_eq!(
            read("- **Phase 1**: 3 of 4"),
            (
                Kind::Field,
                "**Phase 1**:**".trim_end_matches('*'),
                "3 of 4"
            )
        );
        assert_eq!(
            read("**Stand:** heute"),
            (Kind::Field, "**Stand:**", "heute")
        );
        assert_eq!(read("進捗：4/5"), (Kind::Field, "進捗：", "4/5"));
        assert_eq!(read("> 2. Dach 3/4"), (Kind::Item, "", "Dach 3/4"));
        assert_eq!(read("| a | 3/4 |").0, Kind::Row);
        assert_eq!(read("at 10:30 we met").0, Kind::Prose);
    }
}
