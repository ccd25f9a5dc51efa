//! The day of the last update is before the day of a later change.
//!
//! A change is what the plan itself dates, or what the ledger has recorded of a status. Days that
//! are yet to come are no changes.

use ledger_document::derived::{days, out_of_date};

use super::desk::Desk;
use super::finding::{Finding, Spot};

pub(super) const NAME: &str = "stale-last-updated";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    let latest = desk.around.tomorrow;
    for (at, sheet) in desk.each() {
        let written = days(sheet.document, sheet.outline).into_iter();
        let written = written.filter(|(_, day)| *day <= latest);
        let written = written.max_by_key(|(line, day)| (*day, std::cmp::Reverse(*line)));
        let recorded = sheet.changed.filter(|day| *day <= latest);
        let newest = written.map(|(_, day)| day).max(recorded);
        let Some(newest) = newest else {
            continue;
        };
        for old in out_of_date(sheet.document, sheet.outline, newest) {
            let (by, place) = match written.filter(|(_, day)| *day == newest) {
                Some((line, _)) => (format!("line {} is of", line + 1), Some(line)),
                None => ("the status of a task was changed on".to_owned(), None),
            };
            let message = format!("it says {}, and {by} {newest}", old.says);
            let spot = Spot::columns(at, old.line, old.columns.clone());
            let mut finding = Finding::new(NAME, spot, message);
            if let Some(instead) = &old.instead {
                let mut content = sheet.document.content(old.line).to_owned();
                content.replace_range(old.columns, instead);
                let hunk = desk.rewrite(at, old.line, content);
                let fix = format!("write {instead}");
                finding = finding.map(|finding| finding.fixed_by(fix, hunk));
            }
            found.extend(finding.map(|finding| match place {
                Some(line) => finding.beside(Spot::line(at, line), format!("of {newest}")),
                None => finding,
            }));
        }
    }
}
