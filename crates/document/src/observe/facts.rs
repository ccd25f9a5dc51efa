//! What happened to one task: its two writings compared.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::sections::{Correspondence, place};
use super::{Kind, steps};
use crate::outline::{Entry, Field, Outline, Site, Span, Text};
use crate::vocabulary::{Role, role};

/// All that happened to a paired task, the status first.
///
/// Fields, results and notes that came with a change of status are part of that change and named
/// by no event of their own.
pub(super) fn compare(
    before: &Outline,
    after: &Outline,
    sections: &Correspondence,
    old: usize,
    new: usize,
) -> Vec<Kind> {
    let (Some(was), Some(is)) = (before.primary(old), after.primary(new)) else {
        return Vec::new();
    };
    let (a, b) = counterparts(before, old, after, new).unwrap_or((was, is));
    let mut kinds = Vec::new();
    if was.status != is.status {
        kinds.push(Kind::Status {
            from: was.status,
            to: is.status,
        });
    }
    if a.title.text != b.title.text && bare(&a.title.text) != bare(&b.title.text) {
        kinds.push(Kind::Retitled {
            from: a.title.text.clone(),
            to: b.title.text.clone(),
        });
    }
    if written_id(was) != written_id(is) {
        kinds.push(Kind::Rekeyed {
            from: written_id(was).map(str::to_owned),
            to: written_id(is).map(str::to_owned),
        });
    }
    let has_moved = if was.form == is.form {
        sections.is_move(place(before, was), place(after, is))
    } else {
        // The two primary entries are different writings: has none of them stayed?
        let stays = |a: &Entry, b: &Entry| !sections.is_move(place(before, a), place(after, b));
        let mut old_writings = before.writings(old);
        !old_writings.any(|a| after.writings(new).any(|b| stays(a, b)))
    };
    if has_moved {
        kinds.push(Kind::Moved {
            from_section: section_title(before, was),
            to_section: section_title(after, is),
        });
    }
    let with_status = was.status != is.status;
    fields((before, a), (after, b), with_status, &mut kinds);
    kinds.extend(steps::compare(&a.steps, &b.steps));
    kinds
}

fn written_id(entry: &Entry) -> Option<&str> {
    entry.id.as_ref().map(|id| id.text.as_str())
}

/// Two writings of one form, one of them primary. A task that got a further writing of another
/// form (a row in a table, say) did not change what it says in the first.
fn counterparts<'a>(
    before: &'a Outline,
    old: usize,
    after: &'a Outline,
    new: usize,
) -> Option<(&'a Entry, &'a Entry)> {
    let (a, b) = (before.primary(old)?, after.primary(new)?);
    if a.form == b.form {
        return Some((a, b));
    }
    let same_form = |other: &&Entry| other.form == a.form;
    if let Some(twin) = after.writings(new).find(same_form) {
        return Some((a, twin));
    }
    let twin = before.writings(old).find(|other| other.form == b.form)?;
    Some((twin, b))
}

/// A title without emphasis and with single blanks: what must differ to be another wording.
fn bare(title: &str) -> String {
    let mut bare = String::with_capacity(title.len());
    for word in title.split_whitespace() {
        if !bare.is_empty() {
            bare.push(' ');
        }
        bare.extend(
            word.chars()
                .filter(|c| !matches!(c, '*' | '`' | '~' | '\\')),
        );
    }
    bare
}

fn section_title(outline: &Outline, entry: &Entry) -> Option<String> {
    let section = outline.sections.get(place(outline, entry)?)?;
    Some(section.title.text.clone())
}

/// A task's fields by label (small letters), in the order of the labels' first appearance.
struct Fields<'a> {
    order: Vec<String>,
    by_label: BTreeMap<String, Vec<&'a Field>>,
}

impl<'a> Fields<'a> {
    fn of(entry: &'a Entry) -> Self {
        let mut fields = Self {
            order: Vec::new(),
            by_label: BTreeMap::new(),
        };
        for field in entry
            .fields
            .iter()
            .filter(|field| !is_named_otherwise(entry, field))
        {
            let label = field.label.trim().to_lowercase();
            let same = fields.by_label.entry(label.clone()).or_default();
            if same.is_empty() {
                fields.order.push(label);
            }
            same.push(field);
        }
        fields
    }

    fn get(&self, label: &str) -> &[&'a Field] {
        self.by_label.get(label).map_or(&[], Vec::as_slice)
    }
}

/// Whether a field is where the entry's status, id or title stands: those have kinds of their own.
fn is_named_otherwise(entry: &Entry, field: &Field) -> bool {
    let value = &field.value.span;
    let overlaps = |site: &Span| {
        site.line == value.line
            && site.columns.start <= value.columns.end
            && value.columns.start <= site.columns.end
    };
    let status = entry.sites.iter().any(|site| match site {
        Site::Field(span) | Site::Cell(span) | Site::Yaml(span) => overlaps(span),
        _ => false,
    });
    status || *value == entry.title.span || entry.id.as_ref().is_some_and(|id| id.span == *value)
}

fn fields(
    (before, a): (&Outline, &Entry),
    (after, b): (&Outline, &Entry),
    with_status: bool,
    kinds: &mut Vec<Kind>,
) {
    if a.fields.len() == b.fields.len() && a.fields.iter().zip(&b.fields).all(say_the_same) {
        return;
    }
    let (old, new) = (Fields::of(a), Fields::of(b));
    let mut ids: Option<HashSet<&str>> = None;
    let labels = new.order.iter().chain(
        old.order
            .iter()
            .filter(|&label| !new.by_label.contains_key(label)),
    );
    for label in labels {
        let (was, is) = (old.get(label), new.get(label));
        if contents(was) == contents(is) {
            continue;
        }
        let known = match role(label) {
            Some(Role::Dependencies) => {
                let ids = ids.get_or_insert_with(|| known_ids(before, after));
                dependencies(was, is, ids, kinds)
            }
            _ if with_status => true,
            Some(Role::Results) => news(was, is, kinds, |text| Kind::ResultRecorded { text }),
            Some(Role::Notes) => news(was, is, kinds, |text| Kind::NoteRecorded { text }),
            _ => false,
        };
        if !known && !with_status {
            kinds.push(set_or_removed(was, is));
        }
    }
}

fn say_the_same((a, b): (&Field, &Field)) -> bool {
    let items = |field: &Field| field.items.len();
    let same = |(a, b): (&Text, &Text)| a.text == b.text;
    a.label == b.label
        && a.value.text == b.value.text
        && items(a) == items(b)
        && a.items.iter().zip(&b.items).all(same)
}

fn set_or_removed(was: &[&Field], is: &[&Field]) -> Kind {
    let label = |fields: &[&Field]| {
        let first = fields.first();
        first.map_or(String::new(), |field| field.label.clone())
    };
    if is.is_empty() {
        Kind::FieldRemoved { label: label(was) }
    } else {
        Kind::FieldSet {
            label: label(is),
            value: contents(is).join("\n"),
        }
    }
}

/// The values of fields, each followed by its items, empty ones and dashes that stand for none
/// left out.
fn contents<'a>(fields: &[&'a Field]) -> Vec<&'a str> {
    let texts = fields.iter().flat_map(|field| {
        let items = field.items.iter().map(|item| item.text.trim());
        std::iter::once(field.value.text.trim()).chain(items)
    });
    texts
        .filter(|text| !text.trim_matches(['-', '–', '—']).is_empty())
        .collect()
}

/// Names each text that came, if none went.
fn news(
    was: &[&Field],
    is: &[&Field],
    kinds: &mut Vec<Kind>,
    kind: impl Fn(String) -> Kind,
) -> bool {
    let mut old: BTreeMap<&str, usize> = BTreeMap::new();
    for text in contents(was) {
        *old.entry(text).or_default() += 1;
    }
    let mut new = Vec::new();
    for text in contents(is) {
        match old.get_mut(text) {
            Some(count) if *count > 0 => *count -= 1,
            _ => new.push(text),
        }
    }
    if old.values().any(|&count| count > 0) {
        return false;
    }
    kinds.extend(new.into_iter().map(|text| kind(text.to_owned())));
    true
}

/// Names each task id that came or went; `false` if there is none.
fn dependencies(was: &[&Field], is: &[&Field], ids: &HashSet<&str>, kinds: &mut Vec<Kind>) -> bool {
    let (old, new) = (named(was, ids), named(is, ids));
    let added = new
        .difference(&old)
        .map(|&id| Kind::DependencyAdded { id: id.to_owned() });
    let removed = old
        .difference(&new)
        .map(|&id| Kind::DependencyRemoved { id: id.to_owned() });
    let before = kinds.len();
    kinds.extend(removed.chain(added));
    kinds.len() > before
}

/// The task ids that fields name.
fn named<'a>(fields: &[&'a Field], ids: &HashSet<&str>) -> BTreeSet<&'a str> {
    contents(fields)
        .into_iter()
        .flat_map(|text| {
            text.split(|c: char| {
                c.is_whitespace()
                    || matches!(
                        c,
                        ',' | ';' | '(' | ')' | '[' | ']' | '`' | '*' | '+' | '&' | '→'
                    )
            })
        })
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| ids.contains(word))
        .collect()
}

fn known_ids<'a>(before: &'a Outline, after: &'a Outline) -> HashSet<&'a str> {
    let entries = before.entries.iter().chain(&after.entries);
    entries
        .filter_map(|entry| entry.id.as_ref())
        .map(|id| id.text.as_str())
        .collect()
}
