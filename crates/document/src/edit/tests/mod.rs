//! Edits of whole plans: the author's own hand, dialects, and laws.

mod commands;
mod corpus;
mod dialects;
mod front_matter;
mod laws;
mod places;
mod words;

use super::{Details, Edit, EditError, set_status};
use crate::outline::Outline;
use crate::status::Status;
use crate::text::Document;

/// A plan read.
fn plan(text: &str) -> (Document, Outline) {
    let document = Document::from(text);
    let outline = Outline::parse(&document);
    (document, outline)
}

/// The task whose id or title this is.
fn task(outline: &Outline, name: &str) -> usize {
    (0..outline.tasks.len())
        .find(|&task| {
            outline.writings(task).any(|entry| {
                entry.title.text == name || entry.id.as_ref().is_some_and(|id| id.text == name)
            })
        })
        .unwrap_or_else(|| panic!("no task {name} in {:#?}", outline.entries))
}

/// The text after an edit.
fn edited(document: &Document, edit: Result<Edit, EditError>) -> String {
    let edit = edit.unwrap_or_else(|error| panic!("{error}"));
    let mut edited = document.clone();
    edited.apply_all(&edit.hunks).unwrap();
    edited.text()
}

/// The text after a change of status.
fn after(text: &str, name: &str, to: Status, details: &Details) -> String {
    let (document, outline) = plan(text);
    let task = task(&outline, name);
    edited(
        &document,
        set_status(&document, &outline, task, to, details),
    )
}

fn dated(date: &str) -> Details {
    Details {
        date: Some(date.to_owned()),
        ..Details::default()
    }
}
