//! A total of tasks, stories or points is not their sum.

use super::desk::Desk;
use super::finding::{Finding, Spot};
use super::stale_roll_up::of_tasks;
use crate::rules::cut;

pub(super) const NAME: &str = "wrong-total";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        let wrong = desk.disagreements(at).iter();
        for wrong in wrong.filter(|wrong| wrong.is_total) {
            let Some(tally) = &wrong.tally else {
                continue;
            };
            let says = cut(wrong.found.trim());
            let message = format!("it says '{says}', and {}", of_tasks(sheet, tally));
            found.extend(Finding::new(NAME, Spot::line(at, wrong.line), message));
        }
    }
}
