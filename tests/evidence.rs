//! Completions with evidence, and what is recorded of it.

use serde_json::Value;

use crate::support::holder::Holder;
use crate::support::{Project, Run};

const PLAN: &str = "# Plan\n\n- [ ] T-1: Brew coffee\n- [ ] T-2: Drink it\n";

fn kinds(project: &Project) -> Vec<String> {
    let events = project.events();
    let kind = |event: &Value| event["type"].as_str().unwrap_or_default().to_owned();
    events.iter().map(kind).skip(2).collect()
}

/// The parts of a body called `name`, of all events.
fn parts(project: &Project, name: &str) -> Vec<Value> {
    let journal = project.ok(["export"]).stdout;
    let events = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let bodies = events.flat_map(|event| event["body"].as_array().unwrap().clone());
    bodies
        .filter(|part| part[1] == name)
        .map(|part| part[2].clone())
        .collect()
}

fn unproven(project: &Project) -> Vec<String> {
    let found = project.ok(["audit", "--unproven", "--json"]).stdout;
    let found: Vec<Value> = serde_json::from_str(&found).unwrap();
    found
        .iter()
        .map(|entry| entry["task"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_command_that_succeeds_completes_its_task_and_is_recorded() {
    let project = Project::empty();
    project.git_init();
    project.write("TODO.md", PLAN);
    project.git(["add", "."]);
    project.git(["commit", "-qm", "plan"]);
    let commit = project.git(["rev-parse", "HEAD"]);
    project.ok(["init", "TODO.md"]);
    let Run { stdout, stderr, .. } = project.ok([
        "append",
        "complete",
        "T-1",
        "--run",
        "echo hot; echo cup >&2",
    ]);
    assert!(stdout.contains("evidence.recorded  T-1") && stdout.contains("task.completed  T-1"));
    assert!(!stdout.contains("hot"), "{stdout}");
    assert!(stderr.starts_with("hot\ncup\n"), "{stderr}");
    assert!(project.plan().contains("- [x] T-1"));
    assert_eq!(kinds(&project), ["evidence.recorded", "task.completed"]);
    let run = &parts(&project, "run")[0];
    assert_eq!(
        (&run["exit"], &run["bytes"]),
        (&Value::from(0), &Value::from(8))
    );
    let hash = blake3::hash(b"hot\ncup\n").to_hex();
    assert_eq!(run["hash"], hash.as_str());
    assert!(run["ms"].is_u64());
    assert_eq!(parts(&project, "shell"), ["echo hot; echo cup >&2"]);
    assert_eq!(parts(&project, "output"), ["hot\ncup\n"]);
    assert_eq!(parts(&project, "commit"), [commit.trim()]);
    let shown = project.ok(["audit", "--task", "T-1"]).stdout;
    assert!(
        shown.contains("echo hot; echo cup >&2 (exit 0 in "),
        "{shown}"
    );
    assert!(unproven(&project).is_empty());
    project.ok(["verify", "--deep"]);
}

#[test]
fn a_command_that_fails_leaves_the_task_as_it_was_and_is_recorded_too() {
    let project = Project::adopted(PLAN);
    project.fails(
        ["append", "complete", "T-1", "--run", "echo cold; exit 3"],
        1,
        &["`echo cold; exit 3` exited with 3", "T-1 is as it was"],
    );
    project.fails(
        ["append", "complete", "T-1", "--run", "kill -9 $$"],
        1,
        &["was ended by a signal"],
    );
    assert_eq!(project.plan(), PLAN);
    assert_eq!(kinds(&project), ["evidence.recorded", "evidence.recorded"]);
    let runs = parts(&project, "run");
    assert_eq!(
        (&runs[0]["exit"], &runs[1]["exit"]),
        (&Value::from(3), &Value::Null)
    );
    project.ok(["append", "complete", "T-1"]);
    assert_eq!(unproven(&project), ["T-1"]);
    project.ok(["append", "evidence", "T-1", "--run", "true"]);
    assert!(unproven(&project).is_empty());
}

#[test]
fn completions_without_evidence_are_listed_while_they_stand() {
    let project = Project::adopted("# Plan\n\n- [ ] T-1: One\n- [ ] T-2: Two\n- [x] T-3: Three\n");
    project.ok(["append", "complete", "T-1", "--actor", "ada"]);
    project.ok(["append", "complete", "T-2"]);
    assert_eq!(unproven(&project), ["T-1", "T-2"]);
    let ada = project.ok(["audit", "--unproven", "--actor", "ada"]).stdout;
    assert!(ada.contains("T-1") && !ada.contains("T-2"), "{ada}");
    project.ok(["append", "rekey", "T-2", "T-9"]);
    let one = project.ok(["audit", "--unproven", "--task", "T-9"]).stdout;
    assert_eq!(one.lines().count(), 1, "{one}");
    project.ok(["append", "reopen", "T-1"]);
    assert_eq!(unproven(&project), ["T-2"]);
    project.ok(["append", "evidence", "T-9", "--artifact", "TODO.md"]);
    assert!(unproven(&project).is_empty());
}

#[test]
fn the_command_may_write_to_the_ledger_itself() {
    let project = Project::adopted(PLAN);
    let note = format!(
        "{} append note T-2 'while it runs'",
        env!("CARGO_BIN_EXE_ledger")
    );
    project.ok(["--wait", "5", "append", "complete", "T-1", "--run", &note]);
    assert_eq!(
        kinds(&project),
        ["note.recorded", "evidence.recorded", "task.completed"]
    );
}

#[test]
fn what_cannot_be_recorded_is_told_before_the_command_runs() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "complete", "T-2"]);
    for (task, word) in [("T-2", "completed already"), ("T-7", "T-7")] {
        project.fails(
            ["append", "complete", task, "--run", "touch ran"],
            1,
            &[word],
        );
    }
    project.fails(
        ["append", "evidence", "T-1"],
        1,
        &["nothing that speaks for T-1"],
    );
    assert!(!project.path("ran").exists());
    // What was written by hand is taken in first.
    project.write("TODO.md", format!("{}- [ ] T-3: Wash up\n", project.plan()));
    let done = project
        .ok(["append", "complete", "T-3", "--run", "touch ran"])
        .stdout;
    assert!(
        done.contains("task.added  T-3") && project.path("ran").exists(),
        "{done}"
    );
}

#[test]
fn a_key_runs_the_command_once() {
    let project = Project::adopted(PLAN);
    let run = [
        "append",
        "complete",
        "T-1",
        "--idem",
        "once",
        "--run",
        "echo x >> times",
    ];
    let first = project.ok(run);
    let second = project.ok(run);
    assert!(
        second.stdout.starts_with(&first.stdout),
        "{}",
        second.stdout
    );
    assert_eq!(project.read("times"), "x\n");
    let failing = [
        "append",
        "complete",
        "T-2",
        "--idem",
        "two",
        "--run",
        "echo x >> more; exit 1",
    ];
    project.fails(failing, 1, &["exited with 1"]);
    project.fails(failing, 1, &["exited with 1"]);
    assert_eq!(project.read("more"), "x\n");
    let other = [
        "append",
        "complete",
        "T-2",
        "--idem",
        "two",
        "--run",
        "echo y >> more",
    ];
    project.fails(other, 1, &["used for another change"]);
    assert_eq!(project.read("more"), "x\n");
}

#[test]
fn artifacts_are_hashed_where_they_lie_inside_the_root() {
    let project = Project::adopted(PLAN);
    let made = "mkdir -p cup && printf hot > cup/coffee";
    project.ok([
        "append",
        "complete",
        "T-1",
        "--run",
        made,
        "--artifact",
        "cup/coffee",
    ]);
    let artifact = &parts(&project, "artifact")[0];
    assert_eq!(artifact["bytes"], 3);
    assert_eq!(artifact["hash"], blake3::hash(b"hot").to_hex().as_str());
    assert!(parts(&project, "path").contains(&Value::from("cup/coffee")));
    for (path, word) in [
        ("cup/none", "none"),
        ("cup", "no file"),
        ("/etc/passwd", "outside"),
    ] {
        let run = ["append", "complete", "T-2", "--artifact", path];
        let failed = project.run(run);
        assert_ne!(failed.code, 0);
        assert!(failed.stderr.contains(word), "{}", failed.stderr);
    }
    assert!(project.plan().contains("- [ ] T-2"));
    project.ok(["append", "complete", "T-2", "--artifact", "cup/coffee"]);
    assert!(unproven(&project).is_empty());
}

#[test]
fn evidence_waits_as_any_change_does() {
    let project = Project::adopted(PLAN);
    let holder = Holder::of(&project);
    let run = [
        "--wait",
        "0",
        "append",
        "complete",
        "T-1",
        "--idem",
        "k",
        "--run",
        "echo x >> times",
    ];
    project.fails(run, 2, &["the change waits at"]);
    drop(holder);
    project.ok(["observe"]);
    assert_eq!(kinds(&project), ["evidence.recorded", "task.completed"]);
    assert!(project.plan().contains("- [x] T-1"));
    project.ok(run);
    assert_eq!(project.read("times"), "x\n");
}

#[test]
fn what_the_command_leaves_running_is_not_waited_for() {
    let project = Project::adopted(PLAN);
    project.ok([
        "append",
        "complete",
        "T-1",
        "--run",
        "(sleep 30; touch late) & echo begun",
    ]);
    assert!(!project.path("late").exists());
    assert_eq!(parts(&project, "output"), ["begun\n"]);
}

#[test]
fn the_end_of_a_long_output_is_kept_and_nothing_of_the_environment() {
    let project = Project::adopted(PLAN);
    let script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; printf '\\377'";
    let mut command = project.command(["append", "complete", "T-1", "-q", "--run", script]);
    let output = command
        .env("API_TOKEN", "hunter2-hunter2")
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    let run = &parts(&project, "run")[0];
    assert!(run["bytes"].as_u64().unwrap() > 200_000);
    let kept = parts(&project, "output");
    let kept = kept[0].as_str().unwrap();
    assert!(kept.len() <= 64 << 10 && kept.ends_with("line 19999\n\u{fffd}"));
    assert!(!project.ok(["export"]).stdout.contains("hunter2"));
}

#[test]
fn where_a_rule_asks_for_evidence_a_command_gives_it() {
    let project = Project::adopted(PLAN);
    project.write("ledger.toml", "[rules]\nevidence = \"deny\"\n");
    project.fails(
        ["append", "complete", "T-1"],
        1,
        &["no evidence for T-1", "--run COMMAND"],
    );
    project.fails(
        ["append", "complete", "T-1", "--run", "false"],
        1,
        &["exited with 1"],
    );
    project.fails(["append", "complete", "T-1"], 1, &["no evidence for T-1"]);
    project.ok(["append", "complete", "T-1", "--run", "true"]);
    project.ok(["append", "evidence", "T-2", "--artifact", "TODO.md"]);
    project.ok(["append", "complete", "T-2"]);
    project.ok(["append", "reopen", "T-2"]);
    project.fails(["append", "complete", "T-2"], 1, &["no evidence for T-2"]);
}

#[test]
fn a_command_that_completes_the_task_itself_is_evidence_all_the_same() {
    let project = Project::adopted(PLAN);
    let complete = format!("{} append complete T-1", env!("CARGO_BIN_EXE_ledger"));
    let done = project
        .ok(["append", "complete", "T-1", "--run", &complete])
        .stdout;
    assert!(done.contains("evidence.recorded  T-1"), "{done}");
    assert_eq!(kinds(&project), ["task.completed", "evidence.recorded"]);
    assert!(unproven(&project).is_empty());
    let block = format!(
        "{} append block T-2 --reason rain",
        env!("CARGO_BIN_EXE_ledger")
    );
    let run = ["append", "complete", "T-2", "--run", &block];
    let said = project
        .fails(
            run,
            1,
            &["T-2 cannot go from blocked", "evidence is recorded"],
        )
        .stderr;
    assert!(
        !said.contains("line 0") && !said.contains("batch"),
        "{said}"
    );
    assert_eq!(kinds(&project)[2..], ["task.blocked", "evidence.recorded"]);
}

#[test]
fn what_is_found_before_the_command_runs_is_said_with_the_receipt() {
    let project = Project::adopted(PLAN);
    project.write("ledger.toml", "[rules]\nevidence = \"warn\"\n");
    project.write("TODO.md", PLAN.replace("[ ] T-2", "[x] T-2"));
    let done = project.ok(["append", "complete", "T-1", "--run", "true"]);
    for said in [
        "rules.changed",
        "task.completed  T-2",
        "evidence.recorded  T-1",
    ] {
        assert!(done.stdout.contains(said), "{}", done.stdout);
    }
    assert!(
        done.stderr.contains("there is no evidence for T-2"),
        "{}",
        done.stderr
    );
}
