//! Steps of real plans, where they are at hand.
#![allow(clippy::disallowed_methods)] // tests read the corpus

use super::*;
use crate::real_plans::{all_series, corpus, versions};

fn version(number: usize) -> Option<Document> {
    let path = versions(&corpus()?.join("master-plan"))
        .into_iter()
        .nth(number - 1)?;
    Some(Document::from_bytes(&std::fs::read(path).unwrap()).unwrap())
}

/// The lines of a task's first full writing.
fn block(text: &str, id: &str) -> String {
    let (document, outline) = plan(text);
    let entry = outline.primary(task(&outline, id)).unwrap();
    document.lines()[entry.lines.clone()].concat()
}

/// Takes the fields that the next version has and this one has not as given, as a person who
/// completes the task would, and compares the task's lines.
fn reproduces(from: usize, id: &str, date: &str) {
    let (Some(before), Some(next)) = (version(from), version(from + 1)) else {
        return;
    };
    let outline = Outline::parse(&before);
    let target = Outline::parse(&next);
    let old = outline.primary(task(&outline, id)).unwrap();
    let new = target.primary(task(&target, id)).unwrap();
    let mut details = dated(date);
    for field in &new.fields {
        if old.fields.iter().any(|f| f.label == field.label) {
            continue;
        }
        if field.value.text.is_empty() {
            details.results = field.items.iter().map(|item| item.text.clone()).collect();
        } else if field.label != "Completed" && field.label != "Status" {
            let value = field.value.text.clone();
            details.fields.push((field.label.clone(), value));
        }
    }
    let text = after(&before.text(), id, Status::Completed, &details);
    similar_asserts(&block(&text, id), &block(&next.text(), id));
}

fn similar_asserts(ours: &str, theirs: &str) {
    assert!(
        ours == theirs,
        "--- ours\n{ours}\n--- the author's\n{theirs}"
    );
}

#[test]
fn checkbox_tasks_are_completed_as_their_author_did() {
    for (from, id) in [(53, 1), (55, 2), (56, 3), (58, 4), (59, 5)] {
        let id = format!("TODO-HLS-005-IMPL-{id:03}");
        reproduces(from, &id, "2025-10-15");
    }
}

/// Sets every status for tasks of the newest version of every series, `most` of each, and
/// prints how many were refused. A board without a column (or table) for a status is
/// the only reason to refuse one.
fn every_series_takes_every_status(most: usize) {
    for series in all_series() {
        let name = series.display();
        let path = versions(&series).pop().unwrap();
        let document = Document::from_bytes(&std::fs::read(path).unwrap()).unwrap();
        let outline = Outline::parse(&document);
        let stride = outline.tasks.len().div_ceil(most).max(1);
        let (mut tried, mut refused) = (0, 0);
        for task in (0..outline.tasks.len()).step_by(stride) {
            for to in Status::ALL {
                tried += 1;
                let set = set_status(&document, &outline, task, to, &dated("2025-11-02"));
                match set {
                    Ok(_) => {}
                    Err(EditError::NoStatusSection { .. } | EditError::NoPlace { .. }) => {
                        refused += 1;
                    }
                    Err(error) => {
                        let line = outline.primary(task).unwrap().lines.start;
                        panic!("{name}: {to}: {}: {error}", document.content(line));
                    }
                }
            }
        }
        println!("{name}: {tried} changes, {refused} without a section for the status");
    }
}

#[test]
fn tasks_of_real_plans_take_every_status() {
    every_series_takes_every_status(1);
}

#[test]
#[ignore = "slow: every change of every task"]
fn all_tasks_of_real_plans_take_every_status() {
    every_series_takes_every_status(usize::MAX);
}

/// The lines a completion puts into the text of a version.
fn written(from: usize, id: &str, date: Option<&str>) -> Option<(Vec<String>, String)> {
    let (before, next) = (version(from)?, version(from + 1)?);
    let details = Details {
        date: date.map(str::to_owned),
        ..Details::default()
    };
    let text = after(&before.text(), id, Status::Completed, &details);
    let after = Document::from(text.as_str());
    let lines = crate::hunk::diff(&before, &after)
        .iter()
        .flat_map(|hunk| &hunk.insert)
        .map(|line| crate::text::content(line).to_owned())
        .collect();
    Some((lines, next.text()))
}

#[test]
fn heading_tasks_are_completed_as_their_author_did() {
    for (from, id, date) in [
        (2, "TASK-000", "2025-10-07"),
        (36, "TODO-024", "2025-10-14"),
        (36, "TODO-025", "2025-10-14"),
        (49, "TODO-042", "2025-10-15"),
        (62, "TASK-050", "2025-10-16"),
    ] {
        let Some((lines, next)) = written(from, id, Some(date)) else {
            return;
        };
        assert!(!lines.is_empty());
        for line in lines {
            // No sibling shows a date behind the words of version 62; the author added one.
            let found = next.lines().any(|theirs| theirs.starts_with(&line));
            assert!(found, "{from} {id}: the author did not write {line:?}");
        }
    }
}
