//! What people type, and what they meant.

use crate::support::{Project, types};

const PLAN: &str = "\
# Plan

- [ ] **T-1**: First thing
- [ ] Write the docs
";

#[test]
fn append_alone_lists_the_changes() {
    let project = Project::adopted(PLAN);
    project.fails(["append"], 2, &["start, complete, block", "--json"]);
}

#[test]
fn done_is_complete() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "done", "T-1"]);
    assert!(project.plan().contains("[x] **T-1**"));
}

#[test]
fn a_task_without_an_id_goes_by_its_title() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "Write the docs"]);
    project.ok(["show", "Write the docs"]);
    assert!(types(&project.events()).contains(&"task.started"));
}

#[test]
fn texts_may_begin_with_a_hyphen() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "note", "T-1", "--force is not needed"]);
    project.ok(["append", "set", "Budget", "-1", "--quiet"]);
    project.ok(["append", "result", "T-1", "-5 % size", "--json"]);
    let plan = project.plan();
    for text in ["--force is not needed", "-1", "-5 % size"] {
        assert!(plan.contains(text), "{text} is not in {plan}");
    }
}

#[test]
fn a_type_of_event_that_there_is_not_is_refused() {
    let project = Project::adopted(PLAN);
    project.fails(["audit", "--type", "task.done"], 2, &["task.completed"]);
    project.ok(["audit", "--type", "completed"]);
}

#[test]
fn only_a_blocked_task_is_unblocked() {
    let project = Project::adopted(PLAN);
    project.fails(
        ["append", "unblock", "T-1"],
        1,
        &["T-1 is not blocked: it is pending"],
    );
}
