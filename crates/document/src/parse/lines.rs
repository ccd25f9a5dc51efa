//! Reading single lines of an edited document again.
//!
//! Where a line is replaced by one that begins with the same markup, the blocks of a document stay
//! as they are, and where it is the same task or field as before, all that changes is what the
//! line itself says: where its parts stand, its marks, a value. Nearly every change of a status is
//! such an edit. Whatever else a line may be, this module does not know it, and more than the
//! line has to be read.

use super::head::{self, Head};
use super::marks::Marks;
use super::scan::{self, Label};
use super::section;
use super::settle;
use super::source::trimmed;
use super::value;
use crate::derived;
use crate::hunk::Hunk;
use crate::kept::Kept;
use crate::outline::{Entry, Field, Form, Outline, Site, Span, Text};
use crate::text::{Document, content, terminator};
use crate::vocabulary as words;

/// More lines than this, and reading what stands around them costs no more.
const MOST_LINES: usize = 32;

/// How far above a line the beginning of its paragraph is looked for.
const LONGEST_PARAGRAPH: usize = 256;

/// An outline after an edit of single lines.
pub(crate) struct Reread {
    pub(crate) outline: Outline,
    /// The entries in which anything changed; all others are as they were.
    pub(crate) entries: Vec<usize>,
}

impl Outline {
    /// Reads an edited document, given what it said before the edit: `self` is the outline of
    /// `before`. The same as [`Outline::parse`] of the edited one; `None` if the edit is not one of
    /// lines that stay what they are.
    pub(crate) fn reread_lines(&self, before: &Document, hunks: &[Hunk]) -> Option<Reread> {
        let count: usize = hunks.iter().map(|hunk| hunk.remove).sum();
        let in_place = hunks.iter().all(|hunk| hunk.remove == hunk.insert.len());
        let apart = hunks.is_sorted_by(|a, b| a.at + a.remove <= b.at);
        if !in_place
            || !apart
            || count > MOST_LINES
            || self.sections.is_marked()
            || is_front(before.content(0))
        {
            return None;
        }
        let mut reader = Reader {
            before,
            hunks,
            marks: Marks::new(&self.legend),
            outline: self.clone(),
            entries: Vec::new(),
            unsettled: Vec::new(),
            retitled: false,
        };
        for hunk in hunks {
            for (line, new) in (hunk.at..).zip(&hunk.insert) {
                reader.line(line, before.line(line), new)?;
            }
        }
        for (at, boxed) in std::mem::take(&mut reader.unsettled) {
            reader.settle(at, boxed)?;
        }
        let pairs = reader.entries.iter();
        let pairs =
            pairs.filter_map(|&at| Some((self.entries.get(at)?, reader.outline.entries.get(at)?)));
        let customs = self.customs.after(
            &pairs.collect::<Vec<_>>(),
            reader.retitled,
            |line| before.content(line),
            |line| reader.content(line),
        );
        Some(Reread {
            outline: Outline {
                customs,
                ..reader.outline
            },
            entries: reader.entries,
        })
    }
}

/// Whether a document that begins with this line may have front matter.
pub(super) fn is_front(first: &str) -> bool {
    first.trim_start_matches('\u{feff}').starts_with("---")
}

struct Reader<'a> {
    before: &'a Document,
    hunks: &'a [Hunk],
    marks: Marks,
    outline: Outline,
    entries: Vec<usize>,
    /// The tasks with a box whose sites are to be found anew, each with what was read of its first
    /// line if that was replaced.
    unsettled: Vec<(usize, Option<Boxed>)>,
    /// Whether a heading says something else.
    retitled: bool,
}

/// The first line of a task with a box.
struct Boxed {
    /// The column of the box.
    start: usize,
    /// What is in it.
    mark: char,
    head: Head,
}

impl Reader<'_> {
    /// A line of the edited document.
    fn content(&self, line: usize) -> &str {
        let behind = self.hunks.partition_point(|hunk| hunk.at <= line);
        let hunk = behind.checked_sub(1).and_then(|at| self.hunks.get(at));
        hunk.and_then(|hunk| hunk.insert.get(line - hunk.at))
            .map_or_else(|| self.before.content(line), |line| content(line))
    }

    /// Reads a line that was replaced; `None` if more has to be read.
    fn line(&mut self, line: usize, old: &str, new: &str) -> Option<()> {
        if old == new {
            return Some(());
        }
        // A pipe may make a table of lines, and the first line may begin with anything.
        let odd = |line: &str| content(line).contains(['\r', '|', '\0']);
        if line == 0 || terminator(old) != terminator(new) || odd(old) || odd(new) {
            return None;
        }
        let (old, new) = (content(old), content(new));
        let titled = self
            .outline
            .sections
            .partition_point(|section| section.title.span.line < line);
        let own = self.outline.sections.get(titled);
        if own.is_some_and(|section| section.title.span.line == line) {
            return self.heading(titled, old, new);
        }
        let next = self
            .outline
            .entries
            .partition_point(|entry| entry.lines.start <= line);
        let last = next.checked_sub(1);
        let nearest = last.and_then(|last| Some((last, self.outline.entries.get(last)?)));
        match nearest {
            Some((at, entry)) if entry.lines.start == line => self.task(at, old, new),
            _ => self.field(line, last, old, new),
        }
    }

    /// A heading that is a task.
    fn heading(&mut self, index: usize, old: &str, new: &str) -> Option<()> {
        let section = self.outline.sections.get(index)?;
        let line = section.title.span.line;
        let start = old.len() - old.trim_start_matches(' ').len();
        let marker = old.get(..start + usize::from(section.level) + 1)?;
        let levels = marker.get(start..)?.trim_end_matches(' ');
        if !new.starts_with(marker) || levels.len() != usize::from(section.level) {
            return None;
        }
        let columns = section::title_columns(new, start);
        let title = text(new, line, columns.clone());
        let names = [&section.title.text, &title.text];
        let [was_work, is_work] = names.map(|name| words::is_work(name));
        let is_column = words::column(section::column_name(&title.text), true).is_some();
        // The first heading may be the document's, and no task.
        if was_work != is_work || is_column || names.iter().any(|name| words::is_legend(name)) {
            return None;
        }
        let was = section.title.span.columns.clone();
        let (before, head) = self.heads((old, was), (new, columns), head::read_heading)?;
        let kinds = |head: &Head| {
            head.signals
                .iter()
                .map(|(kind, ..)| *kind)
                .collect::<Vec<_>>()
        };
        let at = self
            .outline
            .entries
            .partition_point(|entry| entry.lines.start < line);
        let entry = self.outline.entries.get(at)?;
        let own = entry.form == Form::Heading && entry.lines.start == line;
        if !own || kinds(&before) != kinds(&head) || !is_same(entry, new, &head) {
            return None;
        }
        if derived::dates_its_section(names[0]) != derived::dates_its_section(names[1]) {
            self.outline.learnt = Kept::default();
        }
        self.outline.sections.get_mut(index)?.title = title;
        self.retitled = true;
        let entry = self.change(at)?;
        put(entry, line, new, &head);
        let by_field = matches!(entry.sites.first(), Some(Site::Field(_)));
        entry.sites.truncate(usize::from(by_field));
        for (site, status) in section::signs(&head, line) {
            if entry.sites.is_empty() {
                entry.status = status;
            }
            entry.sites.push(site);
        }
        Some(())
    }

    /// The first line of a task with a box.
    fn task(&mut self, at: usize, old: &str, new: &str) -> Option<()> {
        let entry = self.outline.entries.get(at)?;
        let line = entry.lines.start;
        if entry.form != Form::Checkbox || entry.title.span.line != line {
            return None;
        }
        let start = item(old)?;
        if new.get(..start) != old.get(..start) || self.continues_a_reference(line) {
            return None;
        }
        let (was, _) = self.boxed(old, start)?;
        let (columns, mark) = self.boxed(new, start)?;
        let (_, head) = self.heads((old, was), (new, columns), head::read)?;
        if !is_same(entry, new, &head) {
            return None;
        }
        put(self.change(at)?, line, new, &head);
        let boxed = Boxed { start, mark, head };
        self.unsettled.push((at, Some(boxed)));
        Some(())
    }

    /// What stands behind the box of an item whose text starts at a column, and the box's site.
    fn boxed(&self, line: &str, start: usize) -> Option<(std::ops::Range<usize>, char)> {
        let (mark, length) = scan::boxed(line.get(start..)?)?;
        self.marks.boxed(mark)?;
        let columns = trimmed(line, start + length..line.len());
        (!columns.is_empty()).then_some((columns, mark))
    }

    /// Finds the sites of a task with a box anew.
    fn settle(&mut self, at: usize, boxed: Option<Boxed>) -> Option<()> {
        let line = self.outline.entries.get(at)?.lines.start;
        let Boxed { start, mark, head } = match boxed {
            Some(boxed) => boxed,
            None => {
                let own = self.content(line);
                let start = item(own)?;
                let (columns, mark) = self.boxed(own, start)?;
                let head = head::read(own, columns, &self.marks);
                Boxed { start, mark, head }
            }
        };
        let span = Span {
            line,
            columns: start + 1..start + 1 + mark.len_utf8(),
        };
        let mut found = vec![(Site::Box(span), self.marks.boxed(mark)?)];
        found.extend(section::signs(&head, line));
        let status = settle::settle(&mut found, true);
        let marks = &self.marks;
        let entry = self.outline.entries.get_mut(at)?;
        entry.status = status;
        entry.sites = found.into_iter().map(|(site, _)| site).collect();
        for nth in 0..entry.fields.len() {
            let field = entry.fields.get(nth)?;
            if words::is_status_label(&field.label)
                && let Some(status) = value::status(&field.value.text, marks)
            {
                let site = Site::Field(field.value.span.clone());
                settle::add_field_site(entry, site, status);
            }
        }
        Some(())
    }

    /// A field of a task that stands at or before the line, or of the document.
    fn field(&mut self, line: usize, last: Option<usize>, old: &str, new: &str) -> Option<()> {
        let of_entry = self.field_of_entry(line, last);
        let field = match of_entry {
            Some((at, nth)) => self.outline.entries.get(at)?.fields.get(nth)?,
            None => self.outline.fields.get(self.field_of_document(line)?)?,
        };
        let label = self.relabelled(field, old, new)?;
        let status = words::is_status_label(&field.label);
        let value = text(new, line, label.value);
        let Some((at, nth)) = of_entry else {
            let at = self.field_of_document(line)?;
            // An item of its own may be a task, and a status one of its heading.
            if status || item(old).is_some() {
                return None;
            }
            if derived::fits_a_place(old) != derived::fits_a_place(new) {
                self.outline.learnt = Kept::default();
            }
            self.outline.fields.get_mut(at)?.value = value;
            return Some(());
        };
        let entry = self.outline.entries.get(at)?;
        match entry.form {
            Form::Heading if status => {
                let Some(Site::Field(span)) = entry.sites.first() else {
                    return None;
                };
                let says = value::status(&value.text, &self.marks)?;
                if span.line != line {
                    return None;
                }
                let span = value.span.clone();
                let entry = self.change(at)?;
                entry.status = says;
                *entry.sites.first_mut()? = Site::Field(span);
                entry.fields.get_mut(nth)?.value = value;
            }
            // In a paragraph it may be one of the heading.
            Form::Checkbox if status && item(old).is_none() => return None,
            Form::Checkbox => {
                self.change(at)?.fields.get_mut(nth)?.value = value;
                if status {
                    self.unsettle(at);
                }
            }
            Form::Heading => self.change(at)?.fields.get_mut(nth)?.value = value,
            Form::Mark | Form::Bullet | Form::Row | Form::FrontMatter => return None,
        }
        Some(())
    }

    fn field_of_entry(&self, line: usize, last: Option<usize>) -> Option<(usize, usize)> {
        let mut next = last;
        while let Some(at) = next {
            let entry = self.outline.entries.get(at)?;
            let own = |field: &Field| field.value.span.line == line;
            if let Some(nth) = entry.fields.iter().position(own) {
                return Some((at, nth));
            }
            next = entry.parent.filter(|parent| *parent < at);
        }
        None
    }

    fn field_of_document(&self, line: usize) -> Option<usize> {
        let fields = &self.outline.fields;
        let at = fields.partition_point(|field| field.lines.start < line);
        (fields.get(at)?.value.span.line == line).then_some(at)
    }

    /// The label in a line that had it before and still has it, with a value.
    fn relabelled(&self, field: &Field, old: &str, new: &str) -> Option<Label> {
        let line = field.value.span.line;
        let start = item(old).unwrap_or_else(|| scan::behind_indent(old));
        let read = |content: &str| {
            let columns = trimmed(content, start..content.len());
            let bold = scan::bold_label(content, &columns);
            let is_bold = bold.is_some();
            let label = bold.or_else(|| scan::plain_label(content, &columns))?;
            Some((is_bold, label))
        };
        let ((was_bold, was), (is_bold, is)) = (read(old)?, read(new)?);
        let name = old.get(was.name.clone())?;
        let same = was_bold == is_bold
            && (&was.name, was.value.start) == (&is.name, is.value.start)
            && old.get(..was.value.start) == new.get(..is.value.start);
        let is_field = name == field.label && was.value == field.value.span.columns;
        let told = !was.value.is_empty() && !is.value.is_empty();
        let plain = old
            .get(start..)?
            .starts_with(|c: char| c.is_alphabetic() || matches!(c, '*' | '_'));
        let refused =
            words::is_legend(name) || self.is_underlined(line) || self.continues_a_reference(line);
        (same && is_field && told && plain && !refused).then_some(is)
    }

    /// Whether the line below may make a heading of this one.
    fn is_underlined(&self, line: usize) -> bool {
        let below = self.before.content(line + 1).trim_matches(['>', ' ', '\t']);
        !below.is_empty() && (below.bytes().all(|b| b == b'=') || below.bytes().all(|b| b == b'-'))
    }

    /// Whether a line may be the end of a link's definition, which can go on over several lines.
    fn continues_a_reference(&self, line: usize) -> bool {
        let above = line.saturating_sub(LONGEST_PARAGRAPH)..line;
        for line in above.rev() {
            let content = self.before.content(line);
            if content.trim().is_empty() {
                return false;
            }
            let content = content.trim_start_matches(is_marker);
            if content.starts_with('[') && scan::boxed(content).is_none() {
                return true;
            }
        }
        line > LONGEST_PARAGRAPH
    }

    /// The heads of a line before and after; `None` if its id is another sort of id.
    fn heads(
        &self,
        old: Columns<'_>,
        new: Columns<'_>,
        read: fn(&str, std::ops::Range<usize>, &Marks) -> Head,
    ) -> Option<(Head, Head)> {
        let [old, new] = [old, new].map(|(line, columns)| read(line, columns, &self.marks));
        let sort = |head: &Head| head.id.as_ref().map(|id| id.sort);
        (sort(&old) == sort(&new)).then_some((old, new))
    }

    /// Notes that the sites of a task are to be found anew.
    fn unsettle(&mut self, at: usize) {
        if self.unsettled.iter().all(|(other, _)| *other != at) {
            self.unsettled.push((at, None));
        }
    }

    fn change(&mut self, at: usize) -> Option<&mut Entry> {
        if self.entries.last() != Some(&at) {
            self.entries.push(at);
        }
        self.outline.entries.get_mut(at)
    }
}

/// Columns of a line.
type Columns<'a> = (&'a str, std::ops::Range<usize>);

/// Indentation, bullets, numbers and quotes.
fn is_marker(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(
            c,
            ' ' | '\t' | '>' | '-' | '*' | '+' | '.' | ')' | '\u{feff}'
        )
}

/// Where the text of an item starts, in a line that begins one.
fn item(content: &str) -> Option<usize> {
    let indent = scan::behind_indent(content);
    let text = content.get(indent..)?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let mark = text.as_bytes().get(digits)?;
    let is_bullet = match digits {
        0 => matches!(mark, b'-' | b'*' | b'+'),
        _ => matches!(mark, b'.' | b')'),
    };
    let blank = matches!(text.as_bytes().get(digits + 1), Some(b' ' | b'\t'));
    (is_bullet && blank).then(|| scan::behind_bullet(content, indent))
}

/// Whether a line's head is that of an entry, but for what it says of the status.
fn is_same(entry: &Entry, line: &str, head: &Head) -> bool {
    let id = head.id.as_ref().and_then(|id| line.get(id.columns.clone()));
    entry.id.as_ref().map(|id| id.text.as_str()) == id
        && line.get(head.title.clone()) == Some(entry.title.text.as_str())
}

/// Puts the id and title of an entry where they stand now.
fn put(entry: &mut Entry, line: usize, content: &str, head: &Head) {
    entry.id = head
        .id
        .as_ref()
        .map(|id| text(content, line, id.columns.clone()));
    entry.title = text(content, line, head.title.clone());
}

fn text(content: &str, line: usize, columns: std::ops::Range<usize>) -> Text {
    Text {
        text: content.get(columns.clone()).unwrap_or_default().to_owned(),
        span: Span { line, columns },
    }
}
