//! Every task has these fields, each with a value. What a task lacked before is let be.

use super::case::{Case, Finding, Side, Touched};
use super::{Setting, cut, listed};
use crate::id::TaskKey;

pub(super) const NAME: &str = "required-fields";

pub(super) fn judge(case: &Case<'_>, touched: &Touched, setting: &Setting) -> Option<Finding> {
    let key = touched.after.as_ref()?;
    let own = labels(&case.after, key);
    let mut lacking: Vec<&String> = setting.fields.iter().collect();
    lacking.retain(|label| !own.contains(&plain(label)));
    if let Some(before) = touched.before.as_ref().filter(|_| !lacking.is_empty()) {
        let own = labels(&case.before, before);
        lacking.retain(|label| own.contains(&plain(label)));
    }
    let lacking: Vec<String> = lacking
        .into_iter()
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
