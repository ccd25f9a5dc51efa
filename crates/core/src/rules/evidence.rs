//! A task is completed once something speaks for it.

use super::Setting;
use super::case::{Case, Finding, Touched};

pub(super) const NAME: &str = "evidence";

pub(super) fn judge(case: &Case<'_>, touched: &Touched, _: &Setting) -> Option<Finding> {
    let (key, was_completed) = case.completed(touched)?;
    if was_completed || case.after.plan().is_proven(key) {
        return None;
    }
    Some(Finding {
        missing: format!("there is no evidence for {key}"),
        advice: format!("`ledger append complete {key} --run COMMAND`, or --artifact FILE"),
    })
}
