//! A task was completed before one that it depends on: that one is still open, or was completed on
//! a later day.

use ledger_document::Status;
use ledger_document::derived::completed_on;

use super::desk::{Desk, TaskAt, head};
use super::finding::Finding;

pub(super) const NAME: &str = "done-before-dependency";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    let days: Vec<_> = desk
        .sheets
        .iter()
        .map(|sheet| completed_on(sheet.document, sheet.outline))
        .collect();
    let day = |at: TaskAt| days.get(at.sheet)?.get(at.task).copied().flatten();
    for &(task, on) in desk.waits() {
        if desk.status(task) != Some(Status::Completed) {
            continue;
        }
        let (name, other) = (desk.name(task), desk.name(on));
        let message = match desk.status(on) {
            Some(Status::Completed) => match (day(task), day(on)) {
                (Some(own), Some(later)) if own < later => format!(
                    "{name} was completed on {own} and depends on {other}, completed on {later}"
                ),
                _ => continue,
            },
            Some(Status::Cancelled) | None => continue,
            Some(status) => {
                format!("{name} is completed and depends on {other}, which is {status}")
            }
        };
        let (Some(entry), Some(awaited)) = (desk.entry(task), desk.entry(on)) else {
            continue;
        };
        let finding = Finding::new(NAME, head(task.sheet, entry), message);
        let status = awaited.status.to_string();
        found.extend(finding.map(|finding| finding.beside(head(on.sheet, awaited), status)));
    }
}
