//! Two tasks with different titles have the same id, so that the id means neither.
//!
//! Bare numbers are counted anew in each section of many plans, so two of them clash only within
//! one. `Phase 2` is a name for a part of the plan, which is spoken of in many places.

use std::collections::HashMap;

use ledger_document::outline::Entry;

use super::desk::{Desk, head};
use super::finding::Finding;
use crate::rules::cut;

pub(super) const NAME: &str = "duplicate-id";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        let mut first: HashMap<(String, Option<usize>, Option<usize>), &Entry> = HashMap::new();
        for task in 0..sheet.outline.tasks.len() {
            let Some(entry) = sheet.outline.primary(task) else {
                continue;
            };
            let id = entry.id.as_ref();
            let Some(id) = id.filter(|id| !id.text.contains(char::is_whitespace)) else {
                continue;
            };
            let named = id.text.contains(char::is_alphabetic);
            let place = |own: Option<usize>| own.filter(|_| !named);
            let key = (id.text.clone(), place(entry.section), place(entry.parent));
            let Some(other) = first.get(&key) else {
                first.insert(key, entry);
                continue;
            };
            let (title, before) = (entry.title.text.trim(), other.title.text.trim());
            let line = other.lines.start + 1;
            let message = format!(
                "{} is '{}' here and '{}' in line {line}",
                cut(&id.text),
                cut(title),
                cut(before)
            );
            let finding = Finding::new(NAME, head(at, entry), message);
            let before = format!("'{}'", cut(before));
            found.extend(finding.map(|finding| finding.beside(head(at, other), before)));
        }
    }
}
