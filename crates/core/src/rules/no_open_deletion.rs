//! No task is removed that is open: it is completed or cancelled first, so that the plan says what
//! became of it.

use ledger_document::Status;

use super::Setting;
use super::case::{Case, Finding, Touched};

pub(super) const NAME: &str = "no-open-deletion";

pub(super) fn judge(case: &Case<'_>, touched: &Touched, _: &Setting) -> Option<Finding> {
    if touched.after.is_some() {
        return None;
    }
    let key = touched.before.as_ref()?;
    let status = case.before.status(key)?;
    if matches!(status, Status::Completed | Status::Cancelled) {
        return None;
    }
    Some(Finding {
        missing: format!("{key} is removed and is {status}"),
        advice: format!("cancel it instead: `ledger append cancel {key} --reason TEXT`"),
    })
}
