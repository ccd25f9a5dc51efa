//! An open task is named as the last one completed, or a closed one as the next.

use ledger_document::derived::misdirections;

use super::desk::{Desk, TaskAt, head};
use super::finding::{Finding, Spot};
use super::stale_roll_up;
use crate::rules::cut;

pub(super) const NAME: &str = "stale-pointer";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        for wrong in misdirections(sheet.document, sheet.outline) {
            let task = TaskAt {
                sheet: at,
                task: wrong.task,
            };
            if is_told(desk, at, wrong.line, &desk.name(task)) {
                continue;
            }
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

/// Whether the stale roll-up of a line says the same: it puts another task in this one's place.
fn is_told(desk: &Desk<'_>, sheet: usize, line: usize, name: &str) -> bool {
    let is_asked = |rule: &&super::Rule| rule.name == stale_roll_up::NAME;
    desk.rules.iter().any(is_asked)
        && desk.disagreements(sheet).iter().any(|own| {
            let expected = own.expected.as_ref();
            own.line == line
                && !own.is_total
                && expected.is_some_and(|expected| !expected.contains(name))
        })
}
