//! A task is completed once the files exist that it promises.
//!
//! Whether a file exists is asked outside; one that nobody looked for is taken to exist.

use super::case::{Case, Finding, Touched};
use super::{Setting, listed};

pub(crate) const NAME: &str = "outputs-exist";

pub(super) fn judge(case: &Case<'_>, touched: &Touched, _: &Setting) -> Option<Finding> {
    let (key, was_completed) = case.completed(touched)?;
    let mut lacking = case.after.promised(key);
    lacking.retain(|promise| case.files.get(promise) == Some(&false));
    if was_completed && !lacking.is_empty() {
        let before = case.before.promised(touched.before.as_ref()?);
        lacking.retain(|promise| before.iter().all(|own| own.path != promise.path));
    }
    if lacking.is_empty() {
        return None;
    }
    let paths: Vec<String> = lacking.into_iter().map(|promise| promise.path).collect();
    let (there, them) = match paths.len() {
        1 => ("is", "it"),
        _ => ("are", "them"),
    };
    Some(Finding {
        missing: format!("{key} promises {}, which {there} not there", listed(&paths)),
        advice: format!("make {them} first, or correct what the task promises"),
    })
}
