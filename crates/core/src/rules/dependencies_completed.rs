//! A task is completed once all it depends on is.
//!
//! What happens to the other task afterwards is nothing that the completed one does: that something
//! is wrong with it can always be said.

use ledger_document::Status;

use super::case::{Case, Finding, Touched};
use super::{Setting, listed};
use crate::id::TaskKey;

pub(super) const NAME: &str = "dependencies-completed";

pub(super) fn judge(case: &Case<'_>, touched: &Touched, _: &Setting) -> Option<Finding> {
    let (key, was_completed) = case.completed(touched)?;
    let is_open = |on: &TaskKey| {
        let status = case.after.status(on);
        status.is_some_and(|status| !matches!(status, Status::Completed | Status::Cancelled))
    };
    let mut open = case.after.awaited(key);
    open.retain(is_open);
    if was_completed && !open.is_empty() {
        let before = case.before.awaited(touched.before.as_ref()?);
        open.retain(|on| !before.contains(case.before_key(on)));
    }
    if open.is_empty() {
        return None;
    }
    let said = |on: &TaskKey| {
        let status = case.after.status(on).unwrap_or(Status::Pending);
        format!("{on}, which is {status}")
    };
    let waits: Vec<String> = open.iter().map(said).collect();
    let names: Vec<String> = open.iter().map(TaskKey::to_string).collect();
    Some(Finding {
        missing: format!("{key} depends on {}", listed(&waits)),
        advice: format!("complete {} first", listed(&names)),
    })
}
