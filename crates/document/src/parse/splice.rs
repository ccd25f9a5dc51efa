//! Puts what one stretch of a document says now in place of what it said before.

use std::ops::Range;

use super::draft::Draft;
use super::group;
use super::source::Source;
use crate::list::List;
use crate::outline::{Entry, Field, Outline, Section, Site, Span, Step, Text};
use crate::status::Status;
use crate::text::Document;

/// What a stretch from one heading to the next says, read by itself.
pub(super) struct Read {
    /// Its first line, that of its heading.
    pub(super) start: usize,
    /// How many lines it has.
    pub(super) length: usize,
    /// The sections around it, outermost first, and its own as the last.
    pub(super) chain: Vec<usize>,
    /// The entries of those of them that are tasks.
    pub(super) owners: Vec<usize>,
    /// What was found, in lines of the stretch and indices of `chain`; its first entries stand
    /// for the `owners`.
    pub(super) found: Draft,
    /// The status field of its heading.
    pub(super) status_field: Option<(Span, Status)>,
    /// The first rule in it.
    pub(super) rule: Option<usize>,
}

/// Replaces what `outline` has of the stretch of a section, which had `length` lines before.
/// `document` is the text as it is now, at least up to the stretch's end.
pub(super) fn splice(
    outline: &mut Outline,
    document: &Document,
    section: usize,
    length: usize,
    read: Read,
) {
    let start = read.start;
    let before = start..start + length;
    // The heading itself stays.
    let first = outline
        .entries
        .partition_point(|entry| entry.lines.start <= before.start);
    let last = outline
        .entries
        .partition_point(|entry| entry.lines.start < before.end);
    // What was there goes first: as long as lines are those of before.
    let old = outline.entries.splice(first..last, Vec::new());
    let on = |field: &Field| field.lines.start;
    let fields_at = take_out(&mut outline.fields, &before, on);
    let opaque_at = take_out(&mut outline.opaque, &before, |lines| lines.start);
    let mut owned_at = Vec::with_capacity(read.owners.len());
    for owner in &read.owners {
        let entry = outline.entries.get_mut(*owner);
        owned_at.push(entry.map_or((0, 0), |entry| {
            (
                remove(&mut entry.fields, &before, on),
                remove(&mut entry.steps, &before, |step| step.mark.line),
            )
        }));
    }
    if read.length != length {
        let behind = Shift {
            from: before.end,
            back: length,
            forth: read.length,
        };
        behind.outline(outline);
    }
    let here = Shift {
        from: 0,
        back: 0,
        forth: start,
    };
    let mut found = read.found;
    here.draft(&mut found);
    let mut entries: Vec<Entry> = found.entries.split_off(read.owners.len());
    for entry in &mut entries {
        let section = |at: usize| read.chain.get(at).copied().unwrap_or(section);
        entry.section = entry.section.map(section);
        entry.parent = entry.parent.map(|parent| match read.owners.get(parent) {
            Some(owner) => *owner,
            None => first + parent - read.owners.len(),
        });
        for site in &mut entry.sites {
            if let Site::Section(at) = site {
                *at = section(*at);
            }
        }
    }
    let owned = read.owners.iter().zip(found.entries).zip(owned_at);
    for ((owner, found), (fields_at, steps_at)) in owned {
        if let Some(owner) = outline.entries.get_mut(*owner) {
            insert(&mut owner.fields, fields_at, found.fields);
            insert(&mut owner.steps, steps_at, found.steps);
        }
    }
    outline.fields.splice(fields_at..fields_at, found.fields);
    outline.opaque.splice(opaque_at..opaque_at, found.opaque);
    let alike = old.len() == entries.len()
        && old
            .iter()
            .zip(&entries)
            .all(|(old, new)| group::are_alike(old, new));
    if old.len() != entries.len() {
        for entry in outline.entries.iter_mut().skip(first) {
            if let Some(parent) = entry.parent.as_mut().filter(|parent| **parent >= last) {
                *parent = *parent + entries.len() - old.len();
            }
        }
    }
    outline.entries.splice(first..first, entries);
    if !alike {
        outline.tasks = group::tasks(&outline.entries).into();
    }
    let mut status_field = read.status_field;
    if let Some((span, _)) = &mut status_field {
        here.line(&mut span.line);
    }
    let rule = read.rule.map(|rule| rule + start);
    headings(
        outline,
        document,
        section,
        &read.owners,
        status_field.as_ref(),
        rule,
    );
}

/// Brings the tasks that are headings around a stretch up to date: what its status field says,
/// and where each of them ends.
fn headings(
    outline: &mut Outline,
    document: &Document,
    section: usize,
    owners: &[usize],
    status_field: Option<&(Span, Status)>,
    rule: Option<usize>,
) {
    let end_of = |section: usize| outline.sections.get(section).map(|own| own.lines.end);
    let next = outline.sections.get(section + 1);
    let end = next.map_or(document.len(), |next| next.lines.start);
    let source = Source::new(document);
    let mut changes = Vec::new();
    for &owner in owners {
        let Some(entry) = outline.entries.get(owner) else {
            continue;
        };
        let own = entry.section.unwrap_or(section);
        // Only what stands below its last heading can end a task that is a heading.
        let lines = (end_of(own) == Some(end)).then(|| {
            let until = rule.map_or(end, |rule| rule.min(end));
            source.without_blank_end(entry.lines.start..until)
        });
        changes.push((owner, own, lines));
    }
    for (owner, own, lines) in changes {
        let Some(entry) = outline.entries.get_mut(owner) else {
            continue;
        };
        if let Some(lines) = lines {
            entry.lines = lines;
        }
        if let (true, Some((span, status)), Some(Site::Field(site))) =
            (own == section, status_field, entry.sites.first_mut())
        {
            site.clone_from(span);
            entry.status = *status;
        }
        let end = entry.lines.end;
        for field in &mut entry.fields {
            field.lines.end = field.lines.end.min(end).max(field.lines.start + 1);
        }
    }
}

/// Takes out what stands on these lines, and gives the place where it stood.
fn remove<T>(list: &mut Vec<T>, lines: &Range<usize>, line: impl Fn(&T) -> usize) -> usize {
    let first = list.partition_point(|item| line(item) < lines.start);
    let count = list
        .iter()
        .skip(first)
        .take_while(|item| line(item) < lines.end)
        .count();
    list.drain(first..first + count);
    first
}

/// [`remove`], for a list of the whole document.
fn take_out<T: Clone>(
    list: &mut List<T>,
    lines: &Range<usize>,
    line: impl Fn(&T) -> usize,
) -> usize {
    let first = list.partition_point(|item| line(item) < lines.start);
    let inside = list.iter_from(first);
    let count = inside.take_while(|item| line(item) < lines.end).count();
    list.splice(first..first + count, Vec::new());
    first
}

fn insert<T>(list: &mut Vec<T>, at: usize, new: Vec<T>) {
    list.splice(at..at, new);
}

/// Moves all that stands on a line from `from` on: `back` lines up and `forth` lines down.
struct Shift {
    from: usize,
    back: usize,
    forth: usize,
}

impl Shift {
    fn outline(&self, outline: &mut Outline) {
        self.all(
            outline.entries.iter_mut(),
            outline.sections.iter_mut(),
            outline.fields.iter_mut(),
            outline.opaque.iter_mut(),
        );
    }

    fn draft(&self, draft: &mut Draft) {
        self.all(
            draft.entries.iter_mut(),
            draft.sections.iter_mut(),
            draft.fields.iter_mut(),
            draft.opaque.iter_mut(),
        );
    }

    fn all<'o>(
        &self,
        entries: impl Iterator<Item = &'o mut Entry>,
        sections: impl Iterator<Item = &'o mut Section>,
        fields: impl Iterator<Item = &'o mut Field>,
        opaque: impl Iterator<Item = &'o mut Range<usize>>,
    ) {
        entries.for_each(|entry| self.entry(entry));
        sections.for_each(|section| {
            self.text(&mut section.title);
            self.lines(&mut section.lines);
        });
        fields.for_each(|field| self.field(field));
        opaque.for_each(|lines| self.lines(lines));
    }

    fn line(&self, line: &mut usize) {
        if *line >= self.from {
            *line = line.saturating_add(self.forth) - self.back;
        }
    }

    fn lines(&self, lines: &mut Range<usize>) {
        self.line(&mut lines.start);
        self.line(&mut lines.end);
    }

    fn text(&self, text: &mut Text) {
        self.line(&mut text.span.line);
    }

    fn entry(&self, entry: &mut Entry) {
        self.lines(&mut entry.lines);
        if let Some(id) = &mut entry.id {
            self.text(id);
        }
        self.text(&mut entry.title);
        for site in &mut entry.sites {
            match site {
                Site::Box(span)
                | Site::Field(span)
                | Site::Mark(span)
                | Site::Word(span)
                | Site::Cell(span)
                | Site::Strike(span)
                | Site::Yaml(span) => self.line(&mut span.line),
                Site::Section(_) => {}
            }
        }
        for field in &mut entry.fields {
            self.field(field);
        }
        for Step { text, mark, .. } in &mut entry.steps {
            self.text(text);
            self.line(&mut mark.line);
        }
    }

    fn field(&self, field: &mut Field) {
        self.text(&mut field.value);
        self.lines(&mut field.lines);
        for item in &mut field.items {
            self.text(item);
        }
    }
}
