//! Date fields that come and go with a status: `Completed: 2025-10-15`, `Updated`, `Started`.

use super::cells::set_cell;
use super::date::{self, Day};
use super::insert::{Additions, delete_field, set_value};
use super::patch::Patch;
use super::siblings::{most, nearest_with};
use crate::outline::{Entry, Field, Form, Outline};
use crate::status::Status;
use crate::vocabulary::{Role, is_like, role};

/// What a change of status does to one entry's dates.
pub(super) struct Dates<'a, 'm> {
    pub(super) outline: &'a Outline,
    pub(super) entry: &'a Entry,
    pub(super) to: Status,
    pub(super) day: Option<Day>,
    pub(super) models: &'m [&'a Entry],
}

impl<'a> Dates<'a, '_> {
    /// States the edits.
    pub(super) fn follow(&self, patch: &mut Patch<'a>, additions: &mut Additions<'a>) {
        let peers = nearest_with(self.outline, self.entry, self.entry.status, |_| true);
        self.drop_dates(patch, &peers);
        let Some(day) = self.day else { return };
        for field in &self.entry.fields {
            if role(&field.label) == Some(Role::Updated) {
                if let Some(value) = date::redate(&field.value.text, day) {
                    self.write(patch, field, &value);
                } else if self.entry.form == Form::Row && is_vacant(&field.value.text) {
                    let value = self.example(&field.label, day);
                    self.write(patch, field, &value);
                }
            }
        }
        self.add_dates(patch, additions, day, &peers);
    }

    /// Dates that siblings with the new status have and those with the old one do not.
    fn add_dates(
        &self,
        patch: &mut Patch<'a>,
        additions: &mut Additions<'a>,
        day: Day,
        peers: &[&Entry],
    ) {
        let mut labels: Vec<&str> = Vec::new();
        for field in self.models.iter().flat_map(|model| &model.fields) {
            let known = labels.iter().any(|label| is_like(label, &field.label));
            if !known && is_dated(field) && self.belongs(&field.label) {
                labels.push(&field.label);
            }
        }
        let own_labels = self.entry.fields.iter().filter(|field| {
            let finished =
                self.to == Status::Completed && role(&field.label) == Some(Role::Finished);
            let begun = self.to == Status::InProgress && role(&field.label) == Some(Role::Begun);
            (finished || begun) && (is_vacant(&field.value.text) || is_dated(field))
        });
        for field in own_labels {
            if !labels.iter().any(|label| is_like(label, &field.label)) {
                labels.push(&field.label);
            }
        }
        for label in labels {
            let own = find(self.entry, label);
            let named = matches!(role(label), Some(Role::Finished | Role::Begun));
            let customary = most(self.models, |model| {
                find(model, label).is_some_and(is_dated)
            });
            let usual = customary && !most(peers, |peer| find(peer, label).is_some_and(is_dated));
            match own {
                Some(field) if is_dated(field) => {
                    if named && let Some(value) = date::redate(&field.value.text, day) {
                        self.write(patch, field, &value);
                    }
                }
                Some(field) if is_vacant(&field.value.text) && (usual || named) => {
                    let value = self.example(label, day);
                    self.write(patch, field, &value);
                }
                None if usual && self.entry.form != Form::Row => {
                    let value = self.example(label, day);
                    additions.put(patch, label, &value, &[]);
                }
                _ => {}
            }
        }
    }

    /// Takes out the dates of a status that is left again.
    fn drop_dates(&self, patch: &mut Patch<'a>, peers: &[&Entry]) {
        if self.to.is_closed() || self.to == Status::IssuesFound {
            return;
        }
        for field in &self.entry.fields {
            let finished =
                role(&field.label) == Some(Role::Finished) && self.entry.status.is_closed();
            let begun = role(&field.label) == Some(Role::Begun) && self.to == Status::Pending;
            if !(finished || begun) || !is_dated(field) {
                continue;
            }
            let shown = |model: &&Entry| find(model, &field.label).map(|f| f.value.text.clone());
            let vacant = self.models.iter().find_map(shown);
            if begun && vacant.as_deref().is_some_and(|text| !is_vacant(text)) {
                continue; // open siblings keep theirs
            }
            match vacant {
                Some(text) if is_vacant(&text) => self.write(patch, field, &text),
                _ if self.entry.form == Form::Row => {
                    let dash = peers
                        .iter()
                        .chain(self.models)
                        .any(|e| e.fields.iter().any(|f| f.value.text.trim() == "-"));
                    self.write(patch, field, if dash { "-" } else { "" });
                }
                _ => delete_field(patch, field),
            }
        }
    }

    /// Whether a date under this label is one that this change of status writes.
    fn belongs(&self, label: &str) -> bool {
        match role(label) {
            Some(Role::Finished) => self.to == Status::Completed,
            Some(Role::Begun) => self.to == Status::InProgress,
            Some(_) => false,
            None => self.to.is_closed() || self.to == Status::InProgress,
        }
    }

    /// The day as the nearest sibling writes it under a label.
    fn example(&self, label: &str, day: Day) -> String {
        self.models
            .iter()
            .filter_map(|model| find(model, label))
            .chain(self.outline.entries.iter().filter_map(|e| find(e, label)))
            .find_map(|field| date::redate_head(&field.value.text, day))
            .unwrap_or_else(|| day.to_string())
    }

    fn write(&self, patch: &mut Patch<'a>, field: &Field, value: &str) {
        if self.entry.form == Form::Row {
            set_cell(patch, &field.value.span, value);
        } else {
            set_value(patch, field, value);
        }
    }
}

fn find<'e>(entry: &'e Entry, label: &str) -> Option<&'e Field> {
    let mut fields = entry.fields.iter();
    fields.find(|field| is_like(&field.label, label))
}

/// Whether a field's value begins with a date (a mark or bracket may stand before it).
fn is_dated(field: &Field) -> bool {
    date::position(&field.value.text).is_some_and(|at| {
        !field.value.text[..at.start]
            .chars()
            .any(char::is_alphanumeric)
    })
}

/// Whether a value stands for none: empty, a dash, `TBD`.
pub(super) fn is_vacant(text: &str) -> bool {
    let text = text.trim().trim_matches(['*', '_', '`']);
    text.chars()
        .all(|c| matches!(c, '-' | '–' | '—' | '.' | '…' | '?'))
        || ["tbd", "n/a", "none", "tba"].contains(&text.to_lowercase().as_str())
}
