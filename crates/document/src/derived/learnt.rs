//! What derived text needs to know of a whole document and a changed status leaves as it is.

use std::collections::HashMap;

use crate::outline::Outline;
use crate::text::Document;
use crate::vocabulary::Sense;

use super::line::{self, Kind};

/// Longest label in front of a colon, in bytes.
const LONGEST_LABEL: usize = 160;

/// Kept beside an outline, and taken over by what is read again line by line: see
/// [`Outline::reread_lines`], which drops it where a line may change something of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Learnt {
    /// Task indices in the order of their lines.
    pub(super) order: Vec<usize>,
    /// Which tasks go by a written id.
    pub(super) by_id: HashMap<String, Vec<usize>>,
    /// By entry, whether another one stands below it.
    pub(super) parents: Vec<bool>,
    /// The lines whose label is about the next, the last or the open tasks.
    pub(super) labelled: Vec<Labelled>,
}

/// A line outside tasks, code and logs with a label that says what tasks it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Labelled {
    pub(super) line: usize,
    pub(super) label: String,
    /// The headings above it (their lines), innermost first.
    pub(super) sections: Vec<usize>,
}

impl Learnt {
    /// What is kept of a document, or what it says now.
    pub(super) fn of(document: &Document, outline: &Outline) -> std::sync::Arc<Self> {
        outline.learnt.get_or(|| Self::new(document, outline))
    }

    pub(crate) fn new(document: &Document, outline: &Outline) -> Self {
        let mut parents = vec![false; outline.entries.len()];
        for parent in outline.entries.iter().filter_map(|entry| entry.parent) {
            if let Some(flag) = parents.get_mut(parent) {
                *flag = true;
            }
        }
        let primary = |task: usize| outline.primary(task);
        let mut order: Vec<usize> = (0..outline.tasks.len()).collect();
        order.sort_by_key(|&task| primary(task).map_or(usize::MAX, |entry| entry.lines.start));
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        for task in 0..outline.tasks.len() {
            if let Some(id) = primary(task).and_then(|entry| entry.id.as_ref()) {
                by_id.entry(id.text.clone()).or_default().push(task);
            }
        }
        Self {
            order,
            by_id,
            parents,
            labelled: labelled(document, outline),
        }
    }
}

/// Few documents have any, so that most need not be read as places.
fn labelled(document: &Document, outline: &Outline) -> Vec<Labelled> {
    let taken = line::taken(document, outline);
    let mut lines = document.lines().iter().zip(&taken);
    if !lines.any(|(line, taken)| !taken && is_about(line)) {
        return Vec::new();
    }
    line::places(document, outline)
        .into_iter()
        .filter(|place| place.kind == Kind::Field && is_about(place.content))
        .filter(|place| !Sense::Needs.is_in(place.label))
        .map(|place| Labelled {
            line: place.line,
            label: place.label.to_owned(),
            sections: place.sections,
        })
        .collect()
}

fn is_about(line: &str) -> bool {
    line.split_once([':', '：']).is_some_and(|(label, _)| {
        label.len() <= LONGEST_LABEL
            && (Sense::Next.is_in(label) || is_last(label) || Sense::Open.is_in(label))
    })
}

/// Whether a label is about the task that was completed last.
pub(super) fn is_last(label: &str) -> bool {
    Sense::Last.is_in(label) && !Sense::Updated.is_in(label)
}
