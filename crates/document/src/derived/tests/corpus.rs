//! The plan this project was made for, worked off batch after batch. Skipped where the corpus
//! is not at hand.

// Tests read files; the crate does not.
#![allow(clippy::disallowed_methods)]

use std::path::Path;

use super::*;
use crate::real_plans::{all_series, corpus, versions};

fn version(number: &str) -> Option<String> {
    let versions = versions(&corpus()?.join("master-plan"));
    let mut paths = versions.into_iter();
    let path = paths.find(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(number))
    });
    Some(std::fs::read_to_string(path.unwrap()).unwrap())
}

/// `old` with the block of a task, from its line to the next blank line, as in `new`.
fn with_block(old: &str, new: &str, id: &str) -> String {
    let block = |text: &str| {
        let start = text.find(&format!("] **{id}**")).unwrap();
        let start = text[..start].rfind('\n').unwrap() + 1;
        let end = start + text[start..].find("\n\n").unwrap();
        start..end
    };
    let (from, to) = (block(old), block(new));
    format!("{}{}{}", &old[..from.start], &new[to], &old[from.end..])
}

struct Step {
    old: Plan,
    next: Plan,
    filled: Refill,
    /// The text right after the task's own edit.
    edited: String,
}

fn step(from: &str, to: &str, id: &str, summary: Option<&str>) -> Option<Step> {
    let old = version(from)?;
    let edited = with_block(&old, &version(to)?, id);
    let plan = Plan::read(&old);
    let (next, filled) = plan.after(&edited, id, Status::Completed, "2025-10-15", summary);
    Some(Step {
        old: plan,
        next,
        filled,
        edited,
    })
}

fn lines(plan: &Plan, numbers: &[usize]) -> Vec<String> {
    numbers
        .iter()
        .map(|number| plan.document.content(number - 1).to_owned())
        .collect()
}

#[test]
fn completing_the_last_batch_with_a_summary_fills_all_but_the_next_task() {
    let Some(step) = step(
        "0059",
        "0060",
        "TODO-HLS-005-IMPL-005",
        Some("US-025 validated"),
    ) else {
        return;
    };
    let wanted = Plan::read(&version("0060").unwrap());
    assert_eq!(
        lines(&step.next, &[4, 11, 13, 14]),
        lines(&wanted, &[4, 11, 13, 14])
    );
    // What a person would have to write stays.
    assert_eq!(
        lines(&step.next, &[10, 12, 15]),
        lines(&step.old, &[10, 12, 15])
    );
    let unfilled: Vec<_> = step
        .filled
        .unfilled
        .iter()
        .map(|left| (left.line, left.why.clone()))
        .collect();
    assert_eq!(unfilled, [(11, Why::NoNextTask)]);
    assert_eq!(step.filled.unfilled[0].label, "Next Task");
    // Nothing else changed.
    let edited = Document::from(step.edited.as_str());
    let changed: Vec<usize> = (0..edited.len())
        .filter(|&line| edited.line(line) != step.next.document.line(line))
        .collect();
    assert_eq!(changed, [10, 12, 13]);
}

#[test]
fn completing_a_batch_without_a_summary_uses_the_plans_own_words() {
    let Some(step) = step("0058", "0059", "TODO-HLS-005-IMPL-004", None) else {
        return;
    };
    let wanted = Plan::read(&version("0059").unwrap());
    assert_eq!(
        lines(&step.next, &[4, 11, 12, 13, 14]),
        lines(&wanted, &[4, 11, 12, 13, 14])
    );
    assert!(step.filled.unfilled.is_empty());
}

#[test]
fn a_shortened_title_does_not_bind() {
    let Some(step) = step("0056", "0057", "TODO-HLS-005-IMPL-003", None) else {
        return;
    };
    let wanted = Plan::read(&version("0057").unwrap());
    assert!(!step.old.bindings.iter().any(|binding| binding.line == 11));
    assert_eq!(
        lines(&step.next, &[11, 13, 14]),
        lines(&wanted, &[11, 13, 14])
    );
    assert_eq!(lines(&step.next, &[12]), lines(&step.old, &[12]));
}

#[test]
fn reopening_the_batch_brings_the_lines_back() {
    let Some(step) = step("0058", "0059", "TODO-HLS-005-IMPL-004", None) else {
        return;
    };
    let edited = with_block(
        &step.next.document.text(),
        &step.old.document.text(),
        "TODO-HLS-005-IMPL-004",
    );
    let (back, _) = step.next.after(
        &edited,
        "TODO-HLS-005-IMPL-004",
        Status::Pending,
        "2025-10-15",
        None,
    );
    assert_eq!(back.document, step.old.document);
}

fn laws_hold_in(path: &Path) {
    if let Ok(document) = Document::from_bytes(&std::fs::read(path).unwrap()) {
        super::laws::hold(&document, &Outline::parse(&document));
    }
}

#[test]
fn laws_hold_on_the_newest_version_of_every_plan() {
    all_series()
        .iter()
        .filter_map(|series| versions(series).pop())
        .for_each(|path| laws_hold_in(&path));
}

#[test]
#[ignore = "reads several hundred files"]
fn laws_hold_on_every_version_of_every_plan() {
    all_series()
        .iter()
        .flat_map(|series| versions(series))
        .for_each(|path| laws_hold_in(&path));
}
