//! The id that is said to be the next free one is a task's already.

use std::collections::HashMap;

use ledger_document::outline::Entry;
use ledger_document::vocabulary::announces_next_id;

use super::desk::{Desk, head};
use super::finding::{Finding, Spot};
use crate::decide::{looks_like_id, words};

pub(super) const NAME: &str = "taken-next-id";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        let fields = sheet.outline.fields.iter();
        let mut fields = fields
            .filter(|field| announces_next_id(&field.label))
            .peekable();
        if fields.peek().is_none() {
            continue;
        }
        let mut by_id: HashMap<&str, &Entry> = HashMap::new();
        for entry in sheet.outline.entries.iter() {
            if let Some(id) = &entry.id {
                by_id.entry(&id.text).or_insert(entry);
            }
        }
        for field in fields {
            for word in words(&field.value.text).filter(|word| looks_like_id(word)) {
                let Some(entry) = by_id.get(word) else {
                    continue;
                };
                let line = entry.lines.start + 1;
                let message = format!("{word} is said to be free, and is the task in line {line}");
                let finding = Finding::new(NAME, Spot::line(at, field.lines.start), message);
                found.extend(finding.map(|finding| {
                    finding.beside(head(at, entry), format!("{word} is this task"))
                }));
            }
        }
    }
}
