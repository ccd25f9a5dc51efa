//! `diff`: what is different between two moments, task by task and line by line.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::git_past::rebuilt;
use crate::support::Project;
use crate::support::commits::repository;
use crate::support::real_plans::all_series;

const PLAN: &str = "\
# Plan

Some words.

## Now

- [ ] **T-1**: Walls
  - **Owner**: ada
  - [ ] bricks
- [ ] **T-2**: Roof
- [ ] **T-3**: Door

## Later

- [ ] **T-4**: Paint
";

#[track_caller]
fn diff(project: &Project, arguments: &[&str]) -> Value {
    let all = [&["diff", "--json"], arguments].concat();
    serde_json::from_str(&project.ok(all).stdout).unwrap()
}

fn changes<'d>(diff: &'d Value, task: &str) -> Vec<&'d Value> {
    let tasks = diff["tasks"].as_array().unwrap();
    let own = tasks.iter().find(|own| own["task"] == task);
    own.map_or_else(Vec::new, |own| {
        own["changes"].as_array().unwrap().iter().collect()
    })
}

fn what<'d>(diff: &'d Value, task: &str) -> Vec<&'d str> {
    let changes = changes(diff, task).into_iter();
    changes
        .map(|change| change["what"].as_str().unwrap())
        .collect()
}

/// Event 1 adopts it; all of this happens since.
fn worked_on() -> Project {
    let project = Project::adopted(PLAN);
    project.ok(["append", "step", "T-1", "1"]);
    project.ok(["append", "set", "--task", "T-1", "Owner", "bob"]);
    project.ok(["append", "complete", "T-1"]);
    project.ok(["append", "block", "T-2", "--reason", "rain"]);
    project.ok(["append", "retitle", "T-3", "Gate"]);
    project.ok(["append", "rekey", "T-3", "G-1"]);
    project.ok(["append", "move", "T-4", "--section", "Now"]);
    project.ok(["append", "add", "Lamp", "--id", "T-5"]);
    project.write(
        "TODO.md",
        project.plan().replace("Some words.", "Other\nwords."),
    );
    project.ok(["observe"]);
    project
}

#[test]
fn tasks_are_compared_whatever_they_are_called() {
    let project = worked_on();
    let there = diff(&project, &["1"]);
    assert_eq!(what(&there, "T-1"), ["status", "field_set", "step_checked"]);
    let owner = changes(&there, "T-1")[1];
    assert_eq!(
        (&owner["from"], &owner["to"]),
        (&"ada".into(), &"bob".into())
    );
    let blocked = changes(&there, "T-2");
    assert_eq!(blocked[0]["to"], "blocked");
    assert_eq!(blocked[0]["reason"], "rain");
    assert_eq!(what(&there, "G-1"), ["rekeyed", "retitled"]);
    assert_eq!(what(&there, "T-4"), ["moved"]);
    assert_eq!(what(&there, "T-5"), ["added"]);
    assert_eq!(there["plans"][0]["prose_inserted"], 2);
    assert_eq!(there["plans"][0]["prose_removed"], 1);
    let back = diff(&project, &["head", "1"]);
    assert_eq!(what(&back, "T-3"), ["rekeyed", "retitled"]);
    assert_eq!(what(&back, "T-5"), ["removed"]);
    assert_eq!(changes(&back, "T-1")[0]["to"], "pending");
    let shown = project.ok(["diff", "1"]).stdout;
    for words in [
        "completed (1)",
        "blocked (1)",
        "rain",
        "was called T-3",
        "was titled: Door",
        "Later → Plan › Now",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let stat = project.ok(["diff", "1", "--stat"]).stdout;
    assert!(
        stat.contains("tasks: 1 completed, 1 blocked, 1 added, 2 changed"),
        "{stat}"
    );
}

#[test]
fn a_moment_is_no_different_from_itself() {
    let project = worked_on();
    for reference in ["1", "4", "head"] {
        let same = diff(&project, &[reference, reference]);
        assert_eq!(same["tasks"].as_array().unwrap().len(), 0);
        assert_eq!(same["plans"].as_array().unwrap().len(), 0);
        assert_eq!(
            project.ok(["diff", reference, reference]).stdout,
            "no difference\n"
        );
        assert_eq!(
            project.ok(["diff", reference, reference, "--text"]).stdout,
            ""
        );
    }
}

#[test]
fn two_moments_can_be_typed_as_git_has_them() {
    let project = worked_on();
    let apart = project.ok(["diff", "1", "3", "--json"]).stdout;
    assert_eq!(project.ok(["diff", "1..3", "--json"]).stdout, apart);
    let head = project.ok(["diff", "1", "--json"]).stdout;
    assert_eq!(project.ok(["diff", "1..", "--json"]).stdout, head);
    for wrong in [
        &["diff", "..3"][..],
        &["diff", "1...3"],
        &["diff", "1..2", "3"],
    ] {
        project.fails(wrong, 2, &["names no moment", "ledger diff A..B"]);
    }
}

/// Lets git apply the text of a diff to a file's bytes.
#[track_caller]
fn applied(patch: &[u8], name: &str, before: &[u8]) -> Vec<u8> {
    let folder = Project::empty();
    folder.write(name, before);
    let mut child = Command::new("git")
        .current_dir(folder.folder())
        .args(["apply", "--unidiff-zero", "--whitespace=nowarn", "-"])
        .env("GIT_CEILING_DIRECTORIES", folder.folder().parent().unwrap())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), patch).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    folder.bytes(name)
}

#[test]
fn the_text_of_a_diff_applies() {
    let project = worked_on();
    let plan = |reference: &str| project.ok(["render", "--stdout", "--at", reference]).bytes;
    for (from, to) in [("1", "head"), ("head", "1"), ("3", "5")] {
        let patch = project.ok(["diff", from, to, "--text"]).bytes;
        assert!(
            patch.starts_with(b"diff --git a/TODO.md b/TODO.md\n--- a/TODO.md\n+++ b/TODO.md\n@@ ")
        );
        assert_eq!(
            applied(&patch, "TODO.md", &plan(from)),
            plan(to),
            "{from} {to}"
        );
    }
    // A last line without an end, and lines with carriage returns.
    let project = Project::adopted("# Plan\r\n\r\n- [ ] T-1: Walls\r\n- [ ] T-2: Roof");
    let before = project.bytes("TODO.md");
    project.write(
        "TODO.md",
        "# Plan\r\n\r\n- [x] T-1: Walls\n- [ ] T-2: Dome\r\nmore",
    );
    project.ok(["observe"]);
    let patch = project.ok(["diff", "1", "--text"]).bytes;
    assert_eq!(
        applied(&patch, "TODO.md", &before),
        project.bytes("TODO.md")
    );
}

#[test]
fn one_of_several_plans_is_asked_for() {
    let project = Project::empty();
    project.write("A.md", PLAN);
    project.write("B.md", PLAN.replace("T-", "B-"));
    project.ok(["init", "A.md", "B.md"]);
    project.ok(["append", "start", "T-1"]);
    project.ok(["append", "start", "B-1"]);
    project.ok(["append", "rename", "B.md", "C.md"]);
    let all = diff(&project, &["head~3"]);
    assert_eq!(all["tasks"].as_array().unwrap().len(), 2);
    let one = diff(&project, &["head~3", "--plan", "C.md"]);
    assert_eq!(what(&one, "B-1"), ["status"]);
    assert_eq!(one["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(one["plans"][0]["from"], "B.md");
    let text = project
        .ok(["diff", "head~3", "--text", "--plan", "C.md"])
        .stdout;
    assert!(
        text.contains("rename from B.md\nrename to C.md\n--- a/B.md\n+++ b/C.md\n"),
        "{text}"
    );
    let one = diff(&project, &["head~3", "--plan", "B.md"]);
    assert_eq!(what(&one, "B-1"), ["status"], "by the name it had");
    assert_eq!(one["tasks"].as_array().unwrap().len(), 1);
    project.fails(
        ["diff", "head~3", "--plan", "D.md"],
        2,
        &["at neither moment"],
    );
}

#[test]
fn a_task_that_went_to_another_plan_is_said_to_have_moved_there() {
    let project = Project::empty();
    project.write("A.md", "# Plan\n\n- [ ] A-1: Walls\n- [ ] A-2: Roof\n");
    project.write("B.md", "# Plan\n\n- [ ] B-1: Door\n");
    project.ok(["init", "A.md", "B.md"]);
    project.write("A.md", "# Plan\n\n- [ ] A-1: Walls\n");
    project.write("B.md", "# Plan\n\n- [ ] B-1: Door\n- [ ] A-2: Roof\n");
    project.ok(["observe"]);
    let moved = diff(&project, &["2"]);
    assert_eq!(what(&moved, "A-2"), ["moved"], "{moved}");
    let change = changes(&moved, "A-2")[0];
    assert_eq!(change["from"], serde_json::json!(["A.md", "Plan"]));
    assert_eq!(change["to"], serde_json::json!(["B.md", "Plan"]));
}

#[test]
fn a_task_that_is_gone_is_shown_with_what_it_said_last() {
    let project = Project::adopted("# Plan\n\n- [ ] T-1: Walls\n- [ ] T-2: Roof\n");
    project.ok(["append", "complete", "T-1"]);
    project.ok(["append", "rekey", "T-1", "W-1"]);
    project.ok(["append", "remove", "W-1"]);
    project.ok(["append", "remove", "T-2"]);
    let gone = diff(&project, &["1"]);
    let removed = changes(&gone, "T-1")[0];
    assert_eq!(
        [&removed["status"], &removed["last"]],
        ["pending", "completed"],
        "{gone}"
    );
    let said = project.ok(["diff", "1"]).stdout;
    assert!(
        said.contains("Walls\n      pending → completed\n"),
        "{said}"
    );
    assert!(said.contains("Roof\n      pending\n"), "{said}");
    let back = diff(&project, &["head", "1"]);
    assert_eq!(what(&back, "T-1"), ["added"]);
}

#[test]
fn what_a_task_waits_for_is_told_by_the_tasks() {
    let plan =
        "# Plan\n\n- [ ] T-1: Walls\n  - Depends on: T-2\n- [ ] T-2: Plot\n- [ ] T-3: Roof\n";
    let project = Project::adopted(plan);
    project.ok(["append", "depend", "T-1", "T-3"]);
    project.ok(["append", "undepend", "T-1", "T-2"]);
    let there = diff(&project, &["1"]);
    assert_eq!(
        what(&there, "T-1"),
        ["dependency_added", "dependency_removed"],
        "{there}"
    );
    let on: Vec<_> = changes(&there, "T-1")
        .iter()
        .map(|own| &own["on"])
        .collect();
    assert_eq!(on, ["T-3", "T-2"]);
    // What else the field says is not lost.
    let text = project.plan().replace("on: T-3", "on: T-2 and the weather");
    project.write("TODO.md", text);
    project.ok(["observe"]);
    assert_eq!(
        what(&diff(&project, &["head~1"]), "T-1"),
        ["dependency_added", "dependency_removed", "field_set"]
    );
    // The task that is waited for got another id: no difference of what waits for it.
    let project = Project::adopted(plan);
    project.ok(["append", "rekey", "T-2", "P-2"]);
    assert!(
        !what(&diff(&project, &["1"]), "T-1")
            .iter()
            .any(|what| what.starts_with("dependency")),
    );
}

#[test]
fn the_versions_that_differ_are_named() {
    let project = Project::adopted("# Plan\n\n**Version**: 1.3\n\n- [ ] T-1: Walls\n");
    project.ok(["append", "release", "1.4"]);
    let there = diff(&project, &["1"]);
    let own = &there["plans"][0];
    assert_eq!(
        [&own["from_version"], &own["to_version"]],
        ["1.3", "1.4"],
        "{there}"
    );
    let said = project.ok(["diff", "1", "--stat"]).stdout;
    assert!(
        said.starts_with("TODO.md: version 1.3 → 1.4, +1 -1 lines"),
        "{said}"
    );
}

#[test]
fn real_plans_differ_as_their_texts_do() {
    let named = ["master-plan", "fq-todo"];
    let chosen = all_series()
        .into_iter()
        .filter(|path| named.iter().any(|name| path.ends_with(name)));
    for series in chosen {
        let (commits, last) = rebuilt(&series);
        let project = Project::empty();
        let ids = repository(project.folder(), &commits);
        project.ok(["init", &last, "--git"]);
        let bytes = |at: usize| commits[at].files.get(&last);
        let ends = (0..ids.len()).step_by(1 + ids.len() / 8);
        for at in ends {
            let (Some(before), Some(after)) = (bytes(at), bytes(ids.len() - 1)) else {
                continue;
            };
            let patch = project.ok(["diff", &ids[at], "head", "--text"]).bytes;
            match patch.is_empty() {
                true => assert_eq!(before, after),
                false => assert!(
                    applied(&patch, &last, before) == *after,
                    "{}: {at}",
                    series.display()
                ),
            }
        }
    }
}

#[test]
fn a_task_that_got_anothers_id_is_not_taken_for_it() {
    let project = Project::adopted("# Plan\n\n- [ ] **T-1**: Walls\n- [ ] **T-2**: Roof\n");
    project.ok(["append", "complete", "T-1"]);
    project.ok(["append", "remove", "T-1"]);
    project.ok(["append", "add", "Paint the hall", "--id", "T-1"]);
    let there = diff(&project, &["1"]);
    assert_eq!(what(&there, "T-1"), ["added"]);
    let gone = there["tasks"].as_array().unwrap().iter();
    let gone: Vec<&Value> = gone.filter(|task| task["title"] == "Walls").collect();
    assert_eq!(gone.len(), 1, "{there}");
    assert_eq!(gone[0]["changes"][0]["what"], "removed");
    assert_eq!(gone[0]["changes"][0]["status"], "pending");
    assert_eq!(gone[0]["changes"][0]["last"], "completed");
    let back = diff(&project, &["head", "1"]);
    assert_eq!(back["tasks"].as_array().unwrap().len(), 2, "{back}");
    // One that left and came back is the same, whoever had its id meanwhile.
    project.ok(["append", "rekey", "T-1", "T-3"]);
    project.ok(["append", "restore", "Walls"]);
    let there = diff(&project, &["1"]);
    assert_eq!(what(&there, "T-3"), ["added"]);
    assert_eq!(what(&there, "T-1")[0], "status", "{there}");
}
