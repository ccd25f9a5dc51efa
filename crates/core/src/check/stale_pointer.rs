//! An open task is named as the last one completed, or a closed one as the next.

use ledger_document::derived::misdirections;

use super::desk::{Desk, TaskAt, head};
use super::finding::{Finding, Spot};
use crate::rules::cut;

pub(super) const NAME: &str = "stale-pointer";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        for wrong in misdirections(sheet.document, sheet.outline) {
            let task = TaskAt {
                sheet: at,
                task: wrong.task,
            };
            let (name, label) = (desk.name(task), cut(&wrong.label));
            let message = format!("'{label}' names {name}, which is {}", wrong.status);
            let finding = Finding::new(NAME, Spot::line(at, wrong.line), message);
            let entry = desk.entry(task);
            found.extend(finding.zip(entry).map(|(finding, entry)| {
                finding.beside(head(at, entry), format!("{name} is {}", wrong.status))
            }));
        }
    }
}
