//! A completed task has a result that is still to come: `⏳ Team review pending`, `tests: TBD`.

use ledger_document::Status;
use ledger_document::outline::Text;
use ledger_document::vocabulary::is_outstanding;

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

/// The most words of a label.
const LABEL: usize = 3;

/// How labels of what may well be pending in a result begin: `Status`, `initial state`.
const STATES: [&str; 3] = ["stat", "estad", "zustand"];

/// Whether a text, or what stands behind its label, says nothing but that it is still to come.
fn is_to_come(text: &str) -> bool {
    let mut parted = [": ", " - ", " – ", " — "]
        .into_iter()
        .filter_map(|sign| text.split_once(sign));
    let is_label = |label: &str| {
        let label = label.to_lowercase();
        let mut words = label.split(|c: char| !c.is_alphanumeric());
        label.split_whitespace().count() <= LABEL
            && !words.any(|word| STATES.iter().any(|state| word.starts_with(state)))
    };
    is_outstanding(text) || parted.any(|(label, behind)| is_label(label) && is_outstanding(behind))
}
