//! A task is completed once all its steps are checked.

use super::case::{Case, Finding, Side, Touched};
use super::{Setting, cut, listed};
use crate::id::TaskKey;

pub(super) const NAME: &str = "steps-checked";

pub(super) fn judge(case: &Case<'_>, touched: &Touched, _: &Setting) -> Option<Finding> {
    let (key, was_completed) = case.completed(touched)?;
    let open = open(&case.after, key);
    let before = match &touched.before {
        Some(before) if was_completed && !open.is_empty() => self::open(&case.before, before).len(),
        _ => 0,
    };
    if open.len() <= before {
        return None;
    }
    let named: Vec<String> = open.iter().map(|step| format!("'{}'", cut(step))).collect();
    let steps = if open.len() == 1 { "step" } else { "steps" };
    Some(Finding {
        missing: format!("{key} has {} open {steps}: {}", open.len(), listed(&named)),
        advice: format!("check the {steps} first, each by `ledger append step {key} STEP`"),
    })
}

fn open(side: &Side<'_>, key: &TaskKey) -> Vec<String> {
    side.said(key, |entry| {
        let open = entry.steps.iter().filter(|step| !step.checked);
        open.map(|step| step.text.text.trim().to_owned()).collect()
    })
}
