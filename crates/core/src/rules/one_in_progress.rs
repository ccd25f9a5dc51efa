//! Nobody has more than one task in progress.
//!
//! Judged of whoever is known to have begun a task. An agent's sessions are somebody each, as far
//! as they are told.

use super::case::{Case, Finding, Touched};
use super::{Setting, first_of};
use crate::id::TaskKey;

pub(super) const NAME: &str = "one-in-progress";

/// How many others are named at most: a batch may begin very many.
const MOST: usize = 8;

pub(super) fn judge(case: &Case<'_>, touched: &Touched, _: &Setting) -> Option<Finding> {
    let key = touched.after.as_ref()?;
    let actor = case.actor.filter(|_| case.is_begun(touched))?;
    let others = || case.at_work().iter().filter(|other| *other != key);
    let first: Vec<String> = others().take(MOST).map(TaskKey::to_string).collect();
    if first.is_empty() {
        return None;
    }
    // All that is at work but this one, which is of it.
    let names = first_of(&first, case.at_work().len() - 1);
    Some(Finding {
        missing: format!("{key} is begun while {} has {names} in progress", actor.id),
        advice: format!("complete, block or cancel {names} first"),
    })
}
