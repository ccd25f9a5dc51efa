//! What a user does, step by step.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Project, types};

const PLAN: &str = "\
# Release plan

**Last Completed**: TASK-2 (image builds - 2025-10-14)
**Progress**: 2/4 tasks done (50%)

## Work

- [x] **TASK-1**: Write the Containerfile ✅ 2025-10-13
  - **Completed**: 2025-10-13
- [x] **TASK-2**: Build the image (image builds) ✅ 2025-10-14
  - **Completed**: 2025-10-14
- [ ] **TASK-3**: Deploy to staging (staging runs)
- [ ] **TASK-4**: Announce it (readers know)
  - **Dependencies**: TASK-3

Some prose that nobody but its author may touch.
";

#[test]
fn the_main_job_runs_from_adoption_to_verification() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    let init = project.ok(["init", "TODO.md"]);
    assert!(
        init.stdout.contains("4 tasks, 2 completed"),
        "{}",
        init.stdout
    );
    assert_eq!(project.plan(), PLAN);

    let next = project.ok(["next"]);
    assert!(next.stdout.contains("TASK-3"), "{}", next.stdout);

    project.ok(["append", "start", "TASK-3"]);
    project.ok([
        "append",
        "block",
        "TASK-3",
        "--reason",
        "staging cluster is down",
    ]);
    project.ok(["append", "unblock", "TASK-3"]);
    let started = project.plan();
    project.ok(["append", "complete", "TASK-3", "--date", "2025-10-15"]);
    let done = project.plan();
    assert!(done.contains("- [x] **TASK-3**: Deploy to staging (staging runs) ✅ 2025-10-15\n  - **Completed**: 2025-10-15\n"), "{done}");
    assert!(
        done.contains("**Progress**: 3/4 tasks done (75%)"),
        "{done}"
    );
    assert!(done.ends_with("Some prose that nobody but its author may touch.\n"));

    let edited = done.replace("- [ ] **TASK-4**", "- [x] **TASK-4**");
    project.write("TODO.md", &edited);
    let receipts = project.receipts(["observe", "--json"]);
    assert_eq!(types(&receipts), ["task.completed"]);
    assert_eq!(project.plan(), edited);

    let events = project.events();
    assert_eq!(
        types(&events),
        [
            "ledger.created",
            "document.adopted",
            "task.started",
            "task.blocked",
            "task.unblocked",
            "task.completed",
            "task.completed"
        ]
    );
    for (seq, wanted) in [(1, PLAN), (4, &started), (5, &done), (6, &edited)] {
        let run = project.ok(["render", "--stdout", "--at", &seq.to_string()]);
        assert_eq!(run.stdout, *wanted, "moment {seq}");
    }
    let audit = project.ok(["audit", "--task", "TASK-3"]);
    assert!(
        audit.stdout.contains("staging cluster is down"),
        "{}",
        audit.stdout
    );
    project.ok(["verify"]);
    project.ok(["render", "--check"]);
}

#[test]
fn a_refused_change_says_from_what_to_what_and_records_nothing() {
    let project = Project::adopted(PLAN);
    project.fails(["append", "complete", "TASK-1"], 1, &["completed already"]);
    project.fails(
        ["append", "start", "TASK-1"],
        1,
        &["from completed to in_progress", "reopen"],
    );
    project.fails(
        ["append", "block", "TASK-3"],
        1,
        &["needs a reason", "--reason"],
    );
    project.fails(
        ["append", "start", "TASK-33"],
        1,
        &["no task is called", "TASK-3"],
    );
    project.fails(
        ["append", "depend", "TASK-3", "TASK-4"],
        1,
        &["TASK-3 → TASK-4 → TASK-3"],
    );
    assert_eq!(project.plan(), PLAN);
    assert_eq!(project.events().len(), 2);
}

#[test]
fn a_malformed_batch_names_its_line_and_appends_nothing() {
    let project = Project::adopted(PLAN);
    let batch =
        "{\"change\":\"start\",\"task\":\"TASK-3\"}\n{\"change\":\"strat\",\"task\":\"TASK-4\"}\n";
    let run = project.run_with(["append", "--json"], batch);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("line 2"), "{}", run.stderr);
    let batch = "{\"change\":\"start\",\"task\":\"TASK-3\"}\n\n{\"change\":\"start\",\"task\":\"TASK-1\"}\n";
    let run = project.run_with(["append", "--json", "-"], batch);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("nothing of the batch"),
        "{}",
        run.stderr
    );
    assert_eq!(project.plan(), PLAN);
    assert_eq!(project.events().len(), 2);
}

#[test]
fn a_batch_is_one_moment() {
    let project = Project::adopted(PLAN);
    let batch = "{\"change\":\"complete\",\"task\":\"TASK-3\"}\n{\"change\":\"note\",\"task\":\"TASK-4\",\"text\":\"soon\"}\n{\"change\":\"start\",\"task\":\"TASK-4\"}\n";
    let run = project.run_with(["append", "--json"], batch);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout.lines().count(), 3);
    project.fails(
        ["render", "--stdout", "--at", "3"],
        2,
        &["middle of a batch", "event 4"],
    );
    assert_eq!(
        project.ok(["render", "--stdout", "--at", "4"]).stdout,
        project.plan()
    );
    project.ok(["verify"]);
}

#[test]
fn the_same_key_records_once() {
    let project = Project::adopted(PLAN);
    let first = project.receipts(["append", "start", "TASK-3", "--idem", "k1", "--json"]);
    let again = project.receipts(["append", "start", "TASK-3", "--idem", "k1", "--json"]);
    assert_eq!(first, again);
    project.fails(
        ["append", "start", "TASK-4", "--idem", "k1"],
        1,
        &["another change"],
    );
    assert_eq!(project.events().len(), 3);
}

#[test]
fn a_deleted_plan_file_records_nothing() {
    let project = Project::adopted(PLAN);
    std::fs::remove_file(project.path("TODO.md")).unwrap();
    let run = project.ok(["append", "start", "TASK-3"]);
    assert!(run.stderr.contains("is not there"), "{}", run.stderr);
    assert!(!project.path("TODO.md").exists());
    assert_eq!(
        types(&project.events()),
        ["ledger.created", "document.adopted", "task.started"]
    );
    project.ok(["render"]);
    assert!(project.plan().contains("TASK-3"));
}

#[test]
fn an_edit_made_by_hand_is_recorded_before_a_command_and_never_overwritten() {
    let project = Project::adopted(PLAN);
    project.write("TODO.md", PLAN.replace("Some prose", "Better prose"));
    project.ok(["append", "start", "TASK-3"]);
    assert!(project.plan().contains("Better prose"));
    assert_eq!(
        types(&project.events()),
        [
            "ledger.created",
            "document.adopted",
            "document.edited",
            "task.started"
        ]
    );
    project.ok(["verify"]);
}

#[test]
fn a_plan_file_that_was_moved_is_followed_and_one_that_is_dropped_is_let_go() {
    let project = Project::adopted(PLAN);
    std::fs::rename(project.path("TODO.md"), project.path("PLAN.md")).unwrap();
    project.write("PLAN.md", PLAN.replace("Some prose", "Better prose"));
    project.ok(["append", "rename", "TODO.md", "PLAN.md"]);
    assert!(
        project.read("PLAN.md").contains("Better prose"),
        "an edit is never overwritten"
    );
    assert_eq!(
        types(&project.events()),
        [
            "ledger.created",
            "document.adopted",
            "document.renamed",
            "document.edited"
        ]
    );
    project.ok(["append", "drop", "PLAN.md"]);
    assert!(project.read("PLAN.md").contains("Better prose"));
    project.fails(["append", "start", "TASK-3"], 1, &["no task is called"]);
    assert_eq!(project.ok(["render", "--stdout", "--at", "1"]).stdout, PLAN);
    project.ok(["init", "PLAN.md"]);
    project.ok(["append", "start", "TASK-3"]);
    project.ok(["verify"]);
}

#[test]
fn a_change_stands_though_the_edited_file_could_not_be_written_at_once() {
    let project = Project::adopted("# Plan\n\n- [ ] **T-1**: Brew\n- [ ] **T-2**: Drink\n");
    let path = project.path("TODO.md");
    let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    project.write("TODO.md", project.plan().replace("Brew", "Brew coffee"));
    mode(0o444);
    project.fails(
        ["append", "complete", "T-1"],
        2,
        &["read-only", "ledger render"],
    );
    mode(0o644);
    project.ok(["render"]);
    assert!(project.plan().contains("- [x] **T-1**: Brew coffee"));
    let events = project.events();
    let expected = ["task.retitled", "task.completed"];
    assert_eq!(types(&events)[2..], expected);
}
