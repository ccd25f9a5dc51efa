//! A file that a completed task promises does not exist.

use super::desk::Desk;
use super::finding::{Finding, Spot};
use crate::rules::{listed, promised};

pub(super) const NAME: &str = "missing-output";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    for (at, entry) in desk.completed() {
        for promise in promised(entry) {
            let is_missing = |path: &&String| (desk.around.exists)(at.sheet, path) == Some(false);
            let missing = promise.paths.iter().filter(is_missing).cloned();
            let missing: Vec<String> = missing.collect();
            let what = match missing.as_slice() {
                [] => continue,
                [only] if *only == promise.written => "which does not exist".to_owned(),
                all if all.len() == promise.paths.len() => "of which nothing exists".to_owned(),
                [one] => format!("of which {one} is missing"),
                some => format!("of which {} are missing", listed(some)),
            };
            let (name, written) = (desk.name(at), promise.written);
            let message = format!("{name} is completed and promises {written}, {what}");
            found.extend(Finding::new(
                NAME,
                Spot::line(at.sheet, promise.line),
                message,
            ));
        }
    }
}
