//! What goes with a change of status besides the status: reason, fields, results, notes.

use super::cells::set_cell;
use super::dates::is_vacant;
use super::insert::{Additions, delete_field};
use super::one_line;
use super::patch::Patch;
use super::siblings::{Kind, has, nearest};
use super::status::Change;
use crate::outline::{Entry, Field, Form};
use crate::status::Status;
use crate::vocabulary::{Role, is_like, role};
use crate::yaml;

impl<'a> Change<'a> {
    /// The reason, where it is one for this status.
    pub(super) fn reason(&self) -> Option<String> {
        let reason = one_line(self.details.reason.as_deref()?);
        (!reason.is_empty()).then_some(reason)
    }

    /// The label under which siblings give a reason.
    pub(super) fn reason_label(&self) -> Option<String> {
        let has = |entry: &Entry| {
            let named = |label: &str| role(label) == Some(Role::Reason);
            entry.fields.iter().any(|f| named(&f.label))
        };
        let here = |entry: &Entry| {
            entry
                .fields
                .iter()
                .find(|f| role(&f.label) == Some(Role::Reason))
                .map(|f| f.label.clone())
        };
        here(self.entry).or_else(|| {
            nearest(self.outline, self.entry, has)
                .first()
                .and_then(|entry| here(entry))
        })
    }

    /// Takes out the reason of a block that ends.
    pub(super) fn drop_reason(&self, patch: &mut Patch<'a>) {
        if self.entry.status != Status::Blocked || self.reason().is_some() {
            return;
        }
        for field in &self.entry.fields {
            if role(&field.label) == Some(Role::Reason) && !is_vacant(&field.value.text) {
                if self.entry.form == Form::Row {
                    set_cell(patch, &field.value.span, "");
                } else {
                    delete_field(patch, field);
                }
            }
        }
    }

    /// Reason, fields, results and notes as given.
    pub(super) fn details(
        &self,
        patch: &mut Patch<'a>,
        additions: &mut Additions<'a>,
        remarks: &mut Vec<String>,
    ) {
        if self.entry.form == Form::Row {
            self.details_in_row(patch, remarks);
            return;
        }
        if let Some(reason) = self.reason() {
            let in_value = has(self.entry, Kind::Field) && self.entry.status != self.to;
            match self.reason_label() {
                Some(label) => additions.set(patch, &label, &reason),
                None if in_value => {}
                None => {
                    let label = additions.label_for(Role::Reason);
                    additions.set(patch, &label, &reason);
                }
            }
        }
        for (label, value) in &self.details.fields {
            let label = one_line(label);
            if self.entry.form == Form::FrontMatter && !yaml::is_key(&label) {
                remarks.push(format!(
                    "'{label}' cannot be a key of front matter; only the ledger keeps it"
                ));
                continue;
            }
            additions.set(patch, &label, value);
        }
        if self.entry.form == Form::FrontMatter {
            if !(self.details.results.is_empty() && self.details.notes.is_empty()) {
                remarks.push(
                    "the front matter has no place for results and notes; only the ledger keeps them"
                        .to_owned(),
                );
            }
            return;
        }
        additions.results(patch, &self.details.results);
        for note in &self.details.notes {
            additions.note(patch, note);
        }
    }

    /// In a table, only columns there are can take something.
    fn details_in_row(&self, patch: &mut Patch<'a>, remarks: &mut Vec<String>) {
        let mut kept = Vec::new();
        for (label, value) in &self.details.fields {
            let same = |f: &&Field| is_like(&f.label, label);
            match self.entry.fields.iter().find(same) {
                Some(field) => set_cell(patch, &field.value.span, value),
                None => kept.push(label.clone()),
            }
        }
        let by_role = |wanted: Role| {
            let fields = &self.entry.fields;
            fields.iter().find(|f| role(&f.label) == Some(wanted))
        };
        let reason = self.reason();
        let mut noted: Vec<String> = Vec::new();
        if let Some(reason) = reason {
            match by_role(Role::Reason) {
                Some(field) => set_cell(patch, &field.value.span, &reason),
                None => noted.push(reason),
            }
        }
        noted.extend(self.details.results.iter().map(|text| one_line(text)));
        noted.extend(self.details.notes.iter().map(|text| one_line(text)));
        if !noted.is_empty() {
            match by_role(Role::Notes).or_else(|| by_role(Role::Results)) {
                Some(field) => append_to_cell(patch, field, &noted),
                None => kept.push("notes".to_owned()),
            }
        }
        if !kept.is_empty() {
            remarks.push(format!(
                "the table has no column for {}; only the ledger keeps it",
                kept.join(", ")
            ));
        }
    }
}

/// Adds texts to what a cell says.
pub(super) fn append_to_cell(patch: &mut Patch<'_>, field: &Field, texts: &[String]) {
    let old = field.value.text.trim();
    let joined = texts.join("; ");
    let text = if is_vacant(old) {
        joined
    } else {
        format!("{}; {joined}", old.trim_end_matches([';', '.']))
    };
    set_cell(patch, &field.value.span, &text);
}
