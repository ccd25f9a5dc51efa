//! An event in words. What these functions return still has to be made harmless for where it
//! is shown.

use ledger_core::project::{Entry, is_commit};
use ledger_core::{Actor, ActorKind, Origin};

/// Who did it: `ada`, `claude (agent)`, `-` where nobody claims it.
pub(crate) fn actor(actor: &Actor) -> String {
    match actor.kind {
        ActorKind::Human => actor.id.clone(),
        ActorKind::Agent => format!("{} (agent)", actor.id),
        ActorKind::Program => format!("{} (program)", actor.id),
        ActorKind::Unknown if matches!(actor.id.as_str(), "" | "unknown") => "-".to_owned(),
        ActorKind::Unknown => actor.id.clone(),
    }
}

/// What set it off; of a commit's id the digits that tell it from others.
pub(crate) fn cause(cause: &str) -> &str {
    let short = cause.get(..12).filter(|_| is_commit(cause));
    short.unwrap_or(cause)
}

/// What changed: `in_progress → completed`, or nothing.
pub(crate) fn change(entry: &Entry) -> String {
    match (&entry.from, &entry.to) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (Some(from), None) => format!("was {from}"),
        (None, Some(to)) => format!("→ {to}"),
        (None, None) => String::new(),
    }
}

/// What was said with it: the reason, results, notes, fields, and how many lines came and went
/// where that says it all.
pub(crate) fn details(entry: &Entry) -> String {
    let mut said: Vec<String> = Vec::new();
    said.extend(
        entry
            .reason
            .iter()
            .map(|reason| format!("reason: {reason}")),
    );
    // What a task was and is called is said by the change itself.
    let change = [&entry.from, &entry.to];
    let is_told =
        |text: &String| entry.kind == "task.rekeyed" && change.contains(&&Some(text.clone()));
    said.extend(
        entry
            .details
            .iter()
            .filter(|detail| !is_told(&detail.text))
            .map(|detail| format!("{}: {}", detail.name, detail.text)),
    );
    said.extend(violations(entry));
    let overrides = overrides(entry);
    said.extend(overrides.iter().map(|why| format!("overridden: {why}")));
    if entry.kind == "task.retitled" {
        said.extend(entry.title.iter().map(|title| format!("now: {title}")));
    }
    if entry.kind.starts_with("document.") && entry.inserted + entry.removed > 0 {
        said.push(format!("+{} -{} lines", entry.inserted, entry.removed));
    }
    said.extend(redacted(entry));
    // An agent's own list is told by its hook; it is in no file.
    if entry.origin == Origin::Observed && entry.kind != "work.recorded" {
        said.push("found in the file".to_owned());
    }
    said.join("; ")
}

/// That some of it was removed for good: `redacted: 2 parts`.
pub(crate) fn redacted(entry: &Entry) -> Option<String> {
    match entry.redacted {
        0 => None,
        1 => Some("redacted: 1 part".to_owned()),
        parts => Some(format!("redacted: {parts} parts")),
    }
}

/// The rules that it breaks: `against steps-checked (deny): T-1 has 1 open step: 'pour'`.
pub(crate) fn violations(entry: &Entry) -> Vec<String> {
    let said = entry.violations.iter().map(|violation| {
        let level = violation.level.name();
        let missing = violation
            .missing
            .as_deref()
            .unwrap_or("what is missing was removed");
        format!("against {} ({level}): {missing}", violation.rule)
    });
    said.collect()
}

/// Why rules were overridden, each reason once.
pub(crate) fn overrides(entry: &Entry) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for why in entry
        .violations
        .iter()
        .filter_map(|own| own.overridden.as_ref())
    {
        if !said.contains(why) {
            said.push(why.clone());
        }
    }
    said
}

/// All of that in one line, with the event's type first.
pub(crate) fn what(entry: &Entry) -> String {
    let parts = [entry.kind.clone(), change(entry), details(entry)];
    let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join("  ")
}
