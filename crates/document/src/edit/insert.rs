//! New fields, results and notes of one entry, put where its siblings have theirs.

use super::form::{field_end, form_for, is_results, item_prefix, marker_len, own_lines};
use super::patch::Patch;
use super::siblings::{nearest, status_field};
use super::{front_matter, one_line};
use crate::outline::{Entry, Field, Form, Outline};
use crate::text::Document;
use crate::vocabulary::{Role, is_like, label_like, role};
use crate::yaml::{self, Style};

/// Fields to be added to one entry, in its dialect.
pub(super) struct Additions<'a> {
    outline: &'a Outline,
    entry: &'a Entry,
    items: Vec<Item<'a>>,
}

enum Item<'a> {
    Old(&'a Field),
    New { label: String, lines: Vec<String> },
}

/// Where results close the text of a heading.
enum Closing {
    /// At its end.
    End,
    /// Before a line that what follows belongs to.
    Before(usize),
    /// Before a line behind which comes a list that theirs would be one with.
    Glued(usize),
}

impl Item<'_> {
    fn label(&self) -> &str {
        match self {
            Self::Old(field) => &field.label,
            Self::New { label, .. } => label,
        }
    }
}

impl<'a> Additions<'a> {
    pub(super) fn new(outline: &'a Outline, entry: &'a Entry) -> Self {
        Self {
            outline,
            entry,
            items: entry.fields.iter().map(Item::Old).collect(),
        }
    }

    /// Sets a field: the value of the one there is, or a new line.
    pub(super) fn set(&mut self, patch: &mut Patch<'a>, label: &str, value: &str) {
        let old = self
            .entry
            .fields
            .iter()
            .find(|field| field.label == label)
            .or_else(|| {
                let same = |f: &&Field| is_like(&f.label, label);
                self.entry.fields.iter().find(same)
            });
        match old {
            Some(field) => set_value(patch, field, value),
            None => self.put(patch, label, value, &[]),
        }
    }

    /// Adds items below a label for results: the entry's own, the siblings', or `Results`.
    pub(super) fn results(&mut self, patch: &mut Patch<'a>, results: &[String]) {
        if results.is_empty() {
            return;
        }
        if let Some(field) = self.entry.fields.iter().find(|f| is_results(&f.label)) {
            self.append_items(patch, field, results);
        } else {
            let label = self.label_for(Role::Results);
            self.put(patch, &label, "", results);
        }
    }

    /// Adds a note: an item where the entry has a list of notes, else a field of its own.
    pub(super) fn note(&mut self, patch: &mut Patch<'a>, note: &str) {
        let notes = |f: &&Field| role(&f.label) == Some(Role::Notes);
        let list = |f: &&Field| notes(f) && (!f.items.is_empty() || f.value.text.is_empty());
        if let Some(field) = self.entry.fields.iter().find(list) {
            self.append_items(patch, field, &[note.to_owned()]);
        } else {
            let own = self.entry.fields.iter().rev().find(notes);
            let label = own.map_or_else(|| self.label_for(Role::Notes), |f| f.label.clone());
            self.put(patch, &label, note, &[]);
        }
    }

    /// The label the plan has for a role: of the nearest sibling that has one, else a default
    /// in the language of the entry's labels.
    pub(super) fn label_for(&self, wanted: Role) -> String {
        let has = |entry: &Entry| entry.fields.iter().any(|f| role(&f.label) == Some(wanted));
        let siblings = nearest(self.outline, self.entry, has);
        let anywhere = self.outline.entries.iter().filter(|e| has(e));
        siblings
            .into_iter()
            .chain(anywhere)
            .flat_map(|entry| &entry.fields)
            .find(|f| role(&f.label) == Some(wanted))
            .map_or_else(
                || {
                    let labels: String = self
                        .outline
                        .entries
                        .iter()
                        .flat_map(|entry| &entry.fields)
                        .take(12)
                        .map(|field| field.label.as_str())
                        .collect();
                    label_like(wanted, Some(&labels)).to_owned()
                },
                |field| field.label.clone(),
            )
    }

    /// Adds items behind those a field has.
    fn append_items(&self, patch: &mut Patch<'a>, field: &Field, items: &[String]) {
        let document = patch.document();
        let form = form_for(document, self.outline, self.entry, &field.label);
        let prefix = item_prefix(document, self.outline, self.entry, &field.label, &form);
        let end = field_end(document, field);
        for item in items {
            patch.insert_line(end, format!("{prefix}{}", one_line(item)));
        }
    }

    /// Puts a new field in, with items below it.
    pub(super) fn put(
        &mut self,
        patch: &mut Patch<'a>,
        label: &str,
        value: &str,
        items: &[String],
    ) {
        let document = patch.document();
        let form = form_for(document, self.outline, self.entry, label);
        let value = match self.entry.form {
            Form::FrontMatter => yaml::written(&one_line(value), Style::Plain),
            _ => value.to_owned(),
        };
        let glued = matches!(self.closing(document, label), Some(Closing::Glued(_)));
        let in_line = glued && !items.is_empty();
        let mut lines = if in_line {
            let items: Vec<String> = items.iter().map(|item| one_line(item)).collect();
            vec![form.line(label, &items.join("; "))]
        } else {
            vec![form.line(label, &value)]
        };
        if !items.is_empty() && !in_line {
            let prefix = item_prefix(document, self.outline, self.entry, label, &form);
            let item = |item: &String| format!("{prefix}{}", one_line(item));
            lines.extend(items.iter().map(item));
        }
        let new = Item::New {
            label: label.to_owned(),
            lines,
        };
        let at = self.place(patch, label);
        self.items.insert(at, new);
    }

    /// Where among the fields a new one goes: before the first that siblings have behind it,
    /// else behind those that stand together with the status, but before results.
    fn place(&self, patch: &Patch<'a>, label: &str) -> usize {
        let behind = |other: &str| self.comes_behind(other, label);
        if let Some(at) = self.items.iter().position(|item| behind(item.label())) {
            return at;
        }
        if is_results(label) {
            return self.items.len();
        }
        let end = self.run_end(patch);
        let results = self.items.iter().position(|item| is_results(item.label()));
        results.map_or(end, |results| results.min(end))
    }

    /// The end of the fields that stand together: for a list item all but a label of the items
    /// beside it, below a heading the lines that follow each other around the status field.
    fn run_end(&self, patch: &Patch<'a>) -> usize {
        let document = patch.document();
        if self.entry.form != Form::Heading {
            let label = self.items.iter().position(|item| match item {
                Item::Old(field) => self.extent(document, field) > field_end(document, field),
                Item::New { .. } => false,
            });
            return label.unwrap_or(self.items.len());
        }
        let status = status_field(self.entry).map(|field| field.lines.start);
        let mut end = 0;
        let mut last: Option<usize> = None;
        let mut passed_status = status.is_none();
        for (index, item) in self.items.iter().enumerate() {
            match item {
                Item::Old(field) => {
                    let joined = last.is_none_or(|line| field.lines.start == line);
                    let blank = last.is_some_and(|line| document.content(line).trim().is_empty());
                    if last.is_some() && (!joined || blank) && passed_status {
                        break;
                    }
                    passed_status |= Some(field.lines.start) == status;
                    let heads = field.value.text.is_empty()
                        && self.extent(document, field) > field.lines.start + 1;
                    if heads && passed_status {
                        break;
                    }
                    last = Some(field.lines.end);
                    end = index + 1;
                }
                Item::New { .. } => end = index + 1,
            }
        }
        end
    }

    /// The end of what a field's label stands for. A label without a value has the list or the
    /// paragraph that follows it, though that is not nested in it.
    fn extent(&self, document: &Document, field: &Field) -> usize {
        let end = field_end(document, field);
        if !field.value.text.is_empty() || end > field.lines.start + 1 {
            return end;
        }
        let own = own_lines(document, self.outline, self.entry).end;
        let fields = self.entry.fields.iter().map(|other| other.lines.start);
        let limit = fields.filter(|&line| line >= end).min().unwrap_or(own);
        let blank = |line: &usize| document.content(*line).trim().is_empty();
        let Some(first) = (end..limit.min(own)).find(|line| !blank(line)) else {
            return end;
        };
        let text = document.content(first).trim_start();
        if text.starts_with('#') || first > end && marker_len(text) == 0 {
            return end;
        }
        (first..limit.min(own))
            .find(blank)
            .unwrap_or(limit.min(own))
    }

    /// Whether the nearest sibling that has both labels has `other` behind `label`.
    fn comes_behind(&self, other: &str, label: &str) -> bool {
        let at = |entry: &Entry, label: &str| {
            let mut fields = entry.fields.iter();
            fields.position(|field| is_like(&field.label, label))
        };
        nearest(self.outline, self.entry, |entry| {
            at(entry, other).is_some() && at(entry, label).is_some()
        })
        .first()
        .is_some_and(|entry| at(entry, other) > at(entry, label))
    }

    /// Where the results of a heading close its text: at its end, or where what leads to the tasks
    /// nested in it begins, since these would be read as more results. `None` for anything else.
    fn closing(&self, document: &Document, label: &str) -> Option<Closing> {
        if self.entry.form != Form::Heading || !is_results(label) {
            return None;
        }
        let start = self.entry.lines.start + 1;
        let inside = |other: &&Entry| (start..self.entry.lines.end).contains(&other.lines.start);
        let Some(nested) = self.outline.entries.iter().find(inside) else {
            return Some(Closing::End);
        };
        let text = |line: usize| document.content(line).trim();
        let mut list = nested.lines.start;
        let more = |line: &str| match nested.form {
            Form::Row => line.starts_with('|'),
            _ => marker_len(line) > 0,
        };
        while list > start && more(text(list - 1)) {
            list -= 1;
        }
        let mut end = list;
        while end > start && text(end - 1).is_empty() {
            end -= 1;
        }
        let above = if end > start { text(end - 1) } else { "" };
        let leads = above.trim_end_matches(['*', '_']).ends_with([':', '：']);
        Some(match nested.form {
            Form::Heading => Closing::End,
            _ if above.starts_with('#') || leads && marker_len(above) == 0 => {
                Closing::Before(end - 1)
            }
            Form::Row => Closing::Before(list),
            _ => Closing::Glued(end),
        })
    }

    /// States the lines as insertions.
    pub(super) fn finish(self, patch: &mut Patch<'a>) {
        let document = patch.document();
        let own = own_lines(document, self.outline, self.entry);
        let heading = self.entry.form == Form::Heading;
        let mut previous: Option<&Field> = None;
        // Whether what was put in just before ends with a list.
        let mut behind_list = None;
        for (index, item) in self.items.iter().enumerate() {
            let (label, lines) = match item {
                Item::Old(field) => {
                    previous = Some(field);
                    behind_list = None;
                    continue;
                }
                Item::New { label, lines } => (label, lines),
            };
            let next = self.items[index..].iter().find_map(|item| match item {
                Item::Old(field) => Some(*field),
                Item::New { .. } => None,
            });
            let first_line = lines.first().map_or("", |line| line.trim_start());
            let paragraph = marker_len(first_line) == 0;
            if let Some(closing) = self.closing(document, label).filter(|_| next.is_none()) {
                let at = match closing {
                    Closing::Before(line) | Closing::Glued(line) => line,
                    Closing::End => own.end,
                };
                let blank = document.content(at - 1).trim().is_empty();
                if paragraph && !blank {
                    patch.insert_line(at, "");
                }
                for line in lines {
                    patch.insert_line(at, line.clone());
                }
                let follows = document.content(at);
                if !follows.trim().is_empty() {
                    patch.insert_line(at, "");
                }
                continue;
            }
            let (at, first) = match (previous, next) {
                (Some(field), _) => (self.extent(document, field), false),
                (None, Some(field)) => (field.lines.start, false),
                (None, None) if heading => {
                    let blank = document.content(own.start + 1).trim().is_empty();
                    let after = own.start + 1 + usize::from(blank && own.len() > 1);
                    (after.min(document.len()), true)
                }
                (None, None) if self.entry.form == Form::FrontMatter => (own.end, false),
                (None, None) => (own.end, false),
            };
            // Without a blank line, it would be more of the list above it.
            let listed = lines.len() > 1;
            let joins = behind_list.unwrap_or_else(|| ends_list(document, own.start, at));
            let glued = behind_list.is_some() || !document.content(at - 1).trim().is_empty();
            if heading && paragraph && previous.is_some() && glued && (joins || listed) {
                patch.insert_line(at, "");
            }
            behind_list = Some(listed);
            for line in lines {
                patch.insert_line(at, line.clone());
            }
            let first = first || heading && paragraph && listed;
            let last_new = !matches!(self.items.get(index + 1), Some(Item::New { .. }));
            if first && last_new && !document.content(at).trim().is_empty() {
                patch.insert_line(at, "");
            }
        }
    }
}

/// Whether the lines that end before a line are a list's, so that a paragraph there would be
/// more of its last item.
fn ends_list(document: &Document, start: usize, end: usize) -> bool {
    (start + 1..end)
        .rev()
        .map(|line| document.content(line).trim_start())
        .take_while(|text| !text.is_empty())
        .any(|text| marker_len(text) > 0)
}

/// Replaces a field's value on its line, and nothing else of it.
pub(super) fn set_value(patch: &mut Patch<'_>, field: &Field, value: &str) {
    let span = &field.value.span;
    let value = one_line(value);
    if front_matter::holds(patch.document(), span.line) {
        front_matter::set_value(patch, field, &value);
        return;
    }
    let content = patch.document().content(span.line);
    let before = content.get(..span.columns.start).unwrap_or_default();
    let tight = before.ends_with([':', '*', '_']) && !value.is_empty();
    if tight {
        patch.replace(span, format!(" {value}"));
    } else {
        patch.replace(span, value);
    }
}

/// Removes a field with what is nested below it.
pub(super) fn delete_field(patch: &mut Patch<'_>, field: &Field) {
    let end = field_end(patch.document(), field);
    patch.delete(field.lines.start..end);
}
