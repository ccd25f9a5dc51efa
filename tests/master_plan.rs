//! The author's own hand: three steps of a real master plan, each reproduced byte for byte by
//! the commands that the author would have given.

use std::fs;

use crate::support::Project;
use crate::support::real_plans::{corpus, versions};

fn version(number: usize) -> Option<String> {
    let series = corpus()?.join("master-plan");
    let prefix = format!("{number:04}-");
    let file = versions(&series).into_iter().find(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(&prefix))
    })?;
    fs::read_to_string(file).ok()
}

/// What `**label**:` says in a plan.
fn field(text: &str, label: &str) -> String {
    let start = format!("**{label}**: ");
    text.lines()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap()
        .to_owned()
}

/// The nested bullets under `- **label**:` of the task with this id.
fn items(text: &str, id: &str, label: &str) -> Vec<String> {
    text.lines()
        .skip_while(|line| !line.contains(&format!("**{id}**")))
        .skip_while(|line| !line.trim_start().starts_with(&format!("- **{label}**:")))
        .skip(1)
        .map_while(|line| line.strip_prefix("    - "))
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn same(found: &str, wanted: &str) {
    for (at, (found, wanted)) in found.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(found, wanted, "line {}", at + 1);
    }
    assert!(found == wanted, "one of the two is longer");
}

fn complete(project: &Project, id: &str, results: &[String], more: &[&str]) {
    let mut arguments = vec!["append", "complete", id, "--date", "2025-10-15"];
    arguments.extend(more);
    for result in results {
        arguments.extend(["--result", result]);
    }
    let receipts = project.receipts(arguments.into_iter().chain(["--json"]));
    assert_eq!(receipts.len(), 1, "one command, one event");
    assert_eq!(receipts[0]["type"], "task.completed");
}

#[test]
fn the_last_task_is_completed_as_its_author_did() {
    let (Some(before), Some(after)) = (version(59), version(60)) else {
        return;
    };
    let project = Project::adopted(&before);
    let id = "TODO-HLS-005-IMPL-005";
    let results = items(&after, id, "Results");
    assert_eq!(results.len(), 15);
    complete(&project, id, &results, &["--summary", "US-025 validated"]);
    for label in ["Current Status", "Next Task", "Note"] {
        project.ok(["append", "set", label, &field(&after, label)]);
    }
    same(&project.plan(), &after);
    project.ok(["verify"]);
}

#[test]
fn the_next_task_follows_by_itself() {
    let (Some(before), Some(after)) = (version(58), version(59)) else {
        return;
    };
    let project = Project::adopted(&before);
    let id = "TODO-HLS-005-IMPL-004";
    let results = items(&after, id, "Results");
    complete(
        &project,
        id,
        &results,
        &[
            "--field",
            "Branch=feature/us-027-container-security-scanning",
            "--field",
            "PR=https://github.com/luminosita/mcp/pull/8",
        ],
    );
    project.ok(["append", "set", "Note", &field(&after, "Note")]);
    same(&project.plan(), &after);
    project.ok(["verify"]);
}

#[test]
fn a_line_that_its_author_shortened_is_left_to_its_author() {
    let (Some(before), Some(after)) = (version(56), version(57)) else {
        return;
    };
    let project = Project::adopted(&before);
    let id = "TODO-HLS-005-IMPL-003";
    let results = items(&after, id, "Results");
    let branch = "Branch=feature/us-026-automated-container-build";
    complete(&project, id, &results, &["--field", branch]);
    assert!(
        project
            .plan()
            .contains(&format!("**Next Task**: {}", field(&before, "Next Task")))
    );
    project.ok(["append", "set", "Next Task", &field(&after, "Next Task")]);
    same(&project.plan(), &after);
    project.ok(["verify"]);
}
