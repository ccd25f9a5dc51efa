//! A task depends on an id that no task has ever had.
//!
//! Plans move what is finished to other files: where nobody knows their history, a number up to the
//! highest of its family may have been a task's.

use super::desk::{Desk, name};
use super::finding::{Finding, Spot};
use crate::decide::{Families, waits, words};

pub(super) const NAME: &str = "unknown-reference";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    let ids = desk.tasks().filter_map(|(_, entry)| entry.id.as_ref());
    let families = Families::of(ids.map(|id| id.text.as_str()));
    let families = desk
        .each()
        .fold(families, |known, (_, sheet)| known.beside(sheet.outline));
    let knows = |word: &str| desk.meanings().iter().any(|own| own.knows(word));
    for (at, entry) in desk.tasks() {
        let Some(meanings) = desk.meanings().get(at.sheet) else {
            continue;
        };
        for field in entry.fields.iter().filter(|field| waits(field)) {
            for text in std::iter::once(&field.value).chain(&field.items) {
                let telling = meanings.outside(&text.text);
                for word in words(&telling) {
                    if knows(word) || !families.lack(word, &telling, desk.around.had) {
                        continue;
                    }
                    let message =
                        format!("{} depends on {word}, and no task has that id", name(entry));
                    let start = text.text.find(word).unwrap_or_default();
                    let start = text.span.columns.start + start;
                    let spot = Spot::columns(at.sheet, text.span.line, start..start + word.len());
                    found.extend(Finding::new(NAME, spot, message));
                }
            }
        }
    }
}
