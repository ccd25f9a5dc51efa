//! A task was completed, or a plan updated, on a day that is yet to come.

use ledger_document::derived::days;

use super::desk::Desk;
use super::finding::{Finding, Spot};

pub(super) const NAME: &str = "future-date";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        let mut days = days(sheet.document, sheet.outline);
        days.retain(|(_, day)| *day > desk.around.tomorrow);
        days.sort_unstable();
        days.dedup();
        for (line, day) in days {
            let message = format!("{day} is yet to come; today is {}", desk.around.today);
            found.extend(Finding::new(NAME, Spot::line(at, line), message));
        }
    }
}
