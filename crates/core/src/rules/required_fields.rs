//! Every task has these fields, each with a value. What a task lacked before is let be.

use super::case::{Case, Finding, Side, Touched};
use super::{Setting, cut, listed};
use crate::id::TaskKey;

pub(super) const NAME: &str = "required-fields";

pub(super) fn judge(case: &Case<'_>, touched: &Touched, setting: &Setting) -> Option<Finding> {
    let key = touched.after.as_ref()?;
    let has =
        |side: &Side<'_>, key: &TaskKey, label: &str| labels(side, key).contains(&plain(label));
    let lacked = |label: &str| {
        let before = touched.before.as_ref();
        before.is_some_and(|before| !has(&case.before, before, label))
    };
    let lacking: Vec<String> = setting
        .fields
        .iter()
        .filter(|label| !has(&case.after, key, label) && !lacked(label))
        .map(|label| format!("'{}'", cut(label)))
        .collect();
    let first = lacking.first()?;
    let fields = if lacking.len() == 1 {
        "field"
    } else {
        "fields"
    };
    Some(Finding {
        missing: format!("{key} has no {fields} {}", listed(&lacking)),
        advice: format!(
            "give it one: `--field LABEL=TEXT` with the change, or `ledger append set --task {key} {first} TEXT`"
        ),
    })
}

fn labels(side: &Side<'_>, key: &TaskKey) -> Vec<String> {
    side.said(key, |entry| {
        let fields = entry
            .fields
            .iter()
            .filter(|field| !field.value.text.trim().is_empty() || !field.items.is_empty());
        fields.map(|field| plain(&field.label)).collect()
    })
}

fn plain(label: &str) -> String {
    label.trim().to_lowercase()
}
