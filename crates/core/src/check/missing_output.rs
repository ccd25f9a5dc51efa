//! A file that a completed task promises does not exist.

use super::desk::Desk;
use super::finding::{Finding, Spot};
use crate::rules::promised;

pub(super) const NAME: &str = "missing-output";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, entry) in desk.completed() {
        for (line, path) in promised(entry) {
            if (desk.around.exists)(at.sheet, &path) != Some(false) {
                continue;
            }
            let name = desk.name(at);
            let message = format!("{name} is completed and promises {path}, which does not exist");
            found.extend(Finding::new(NAME, Spot::line(at.sheet, line), message));
        }
    }
}
