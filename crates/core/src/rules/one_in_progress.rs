//! Nobody has more than one task in progress.
//!
//! Judged of whoever is known to have begun a task. An agent's sessions are somebody each, as far
//! as they are told.

use ledger_document::Status;

use super::case::{Case, Finding, Touched};
use super::{Setting, listed};
use crate::event::ActorKind;
use crate::id::TaskKey;
use crate::plan::Doer;

pub(super) const NAME: &str = "one-in-progress";

pub(super) fn judge(case: &Case<'_>, touched: &Touched, _: &Setting) -> Option<Finding> {
    let key = touched.after.as_ref()?;
    let is_begun = |touched: &Touched| {
        let after = touched
            .after
            .as_ref()
            .and_then(|key| case.after.status(key));
        touched.attributed
            && after == Some(Status::InProgress)
            && case.status_before(touched) != Some(Status::InProgress)
    };
    if !is_begun(touched) {
        return None;
    }
    let actor = case
        .actor
        .filter(|actor| actor.kind != ActorKind::Unknown || actor.id != "unknown")?;
    let own = Doer::of(actor);
    let begun_before = case.after.plan().tasks().values().filter(|task| {
        let doer = case.before.plan().doer(case.before_key(&task.key));
        task.status() == Status::InProgress && doer.is_some_and(|doer| doer.may_be(&own))
    });
    let begun_now = case.touched.iter().filter(|other| is_begun(other));
    let mut others: Vec<&TaskKey> = begun_before
        .map(|task| &task.key)
        .chain(begun_now.filter_map(|other| other.after.as_ref()))
        .filter(|other| *other != key)
        .collect();
    others.sort();
    others.dedup();
    if others.is_empty() {
        return None;
    }
    let names: Vec<String> = others.iter().map(|key| key.to_string()).collect();
    let names = listed(&names);
    Some(Finding {
        missing: format!("{key} is begun while {} has {names} in progress", actor.id),
        advice: format!("complete, block or cancel {names} first"),
    })
}
