//! A percentage is not that of the two numbers before it.

use ledger_document::derived::wrong_shares;

use super::desk::Desk;
use super::finding::{Finding, Spot};

pub(super) const NAME: &str = "wrong-percentage";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, sheet) in desk.each() {
        for wrong in wrong_shares(sheet.document, sheet.outline) {
            let (part, whole) = (wrong.part, wrong.whole);
            let right = part.saturating_mul(100) / whole.max(1);
            let message = format!("{part}/{whole} is {right}%, and it says {}%", wrong.percent);
            found.extend(Finding::new(NAME, Spot::line(at, wrong.line), message));
        }
    }
}
