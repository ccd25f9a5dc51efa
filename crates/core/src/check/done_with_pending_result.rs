//! A completed task has a result that is still to come: `⏳ Team review pending`, `tests: TBD`.

use ledger_document::Status;
use ledger_document::outline::Text;
use ledger_document::vocabulary::{is_outstanding, to_come};

use super::desk::{Desk, head};
use super::finding::{Finding, Spot};
use crate::rules::cut;

pub(super) const NAME: &str = "done-with-pending-result";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, entry) in desk.completed() {
        let Some(sheet) = desk.sheets.get(at.sheet) else {
            continue;
        };
        let signs = desk.signs(sheet);
        let is_open = |text: &&Text| {
            let status = signs.leading(text.text.trim_start());
            let marked = matches!(
                status,
                Some(Status::Pending | Status::InProgress | Status::Blocked)
            );
            marked || is_to_come(&text.text)
        };
        let results = entry.fields.iter().filter(|field| field.is_results());
        let texts = results.flat_map(|field| std::iter::once(&field.value).chain(&field.items));
        for open in texts.filter(is_open) {
            let message = format!(
                "{} is completed, and its result is open: {}",
                desk.name(at),
                cut(open.text.trim())
            );
            let span = &open.span;
            let spot = Spot::columns(at.sheet, span.line, span.columns.clone());
            let finding = Finding::new(NAME, spot, message);
            found.extend(finding.map(|finding| finding.beside(head(at.sheet, entry), "completed")));
        }
    }
}

/// Words of labels of what may still have to be done itself: `Review: pending`.
const CHECKS: [&str; 9] = [
    "test",
    "tests",
    "testing",
    "review",
    "reviews",
    "verification",
    "validation",
    "approval",
    "qa",
];

/// Whether a text, or what stands behind its label, says nothing but that it is still to come. What
/// was built may be pending, as orders are.
fn is_to_come(text: &str) -> bool {
    let mut parted = [": ", " - ", " – ", " — "]
        .into_iter()
        .filter_map(|sign| text.split_once(sign));
    let is_check = |label: &str| {
        let label = label.to_lowercase();
        let mut words = label.split(|c: char| !c.is_alphanumeric());
        words.any(|word| CHECKS.contains(&word))
    };
    let is_left = |(label, behind): (&str, &str)| {
        to_come(behind) || is_check(label) && is_outstanding(behind)
    };
    is_outstanding(text) || parted.any(is_left)
}
