//! A new row of a table, its cells in the order of the columns.

use super::add::NewTask;
use super::cells::{escape, set_cell};
use super::dates::is_vacant;
use super::field::find;
use super::one_line;
use super::patch::Patch;
use super::siblings::Kind;
use super::wording::Wording;
use crate::outline::{Entry, Outline, Site};
use crate::text::Document;

/// A row like the model's with the new task's cells; cells nothing is given for are empty, or
/// hold a dash where the table uses one.
pub(super) fn row(
    document: &Document,
    outline: &Outline,
    model: &Entry,
    task: &NewTask,
    remarks: &mut Vec<String>,
) -> String {
    let mut patch = Patch::new(document);
    let rows = || {
        let same = |other: &&Entry| other.form == model.form && other.section == model.section;
        outline.entries.iter().filter(same)
    };
    let vacant = rows()
        .flat_map(|row| &row.fields)
        .map(|field| field.value.text.trim())
        .find(|text| !text.is_empty() && is_vacant(text))
        .unwrap_or_default();
    let mut taken: Vec<std::ops::Range<usize>> = Vec::new();
    set_cell(&mut patch, &model.title.span, &task.title);
    taken.push(model.title.span.columns.clone());
    if let Some(id) = &model.id {
        set_cell(&mut patch, &id.span, task.id.as_deref().unwrap_or_default());
        taken.push(id.span.columns.clone());
    }
    for site in &model.sites {
        if let Site::Cell(span) = site {
            taken.push(span.columns.clone());
            if model.status != task.status {
                let wording = Wording::new(document, outline, model, task.status, None);
                let own = super::wording::text_of(document, span);
                if let Some(value) = wording.values(own, Kind::Cell).next() {
                    set_cell(&mut patch, span, &value);
                }
            }
        }
    }
    for field in &model.fields {
        let columns = &field.value.span.columns;
        let touches = |other: &std::ops::Range<usize>| {
            other.start < columns.end && columns.start < other.end || other == columns
        };
        if taken.iter().any(touches) {
            continue;
        }
        let given = task
            .fields
            .iter()
            .find(|(label, _)| find(std::slice::from_ref(field), label).is_some());
        let value = given.map_or(vacant, |(_, value)| value.as_str());
        set_cell(&mut patch, &field.value.span, &escape(&one_line(value)));
    }
    for (label, _) in &task.fields {
        if find(&model.fields, label).is_none() {
            remarks.push(format!(
                "the table has no column '{label}'; only the ledger keeps it"
            ));
        }
    }
    patch
        .apply()
        .document()
        .content(model.lines.start)
        .to_owned()
}
