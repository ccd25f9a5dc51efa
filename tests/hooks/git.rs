//! Git's own hooks: edits, trailers of commits, and commits of another plan.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::install::{PLAN, files, status};
use crate::support::holder::Holder;
use crate::support::{Project, clear_of_agents, git_in};

/// git's hooks that run the ledger.
const GIT_HOOKS: [&str; 4] = ["post-commit", "post-merge", "post-rewrite", "post-checkout"];

#[cfg(unix)]
#[test]
fn gits_hooks_record_and_those_that_were_there_still_run() {
    let project = Project::in_git(PLAN);
    let theirs = "#!/bin/sh\necho ran >> theirs.txt\nexit 0\n";
    let path = ".git/hooks/post-commit";
    project.write(path, theirs);
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(project.path(path), mode).unwrap();
    let before = files(&project.path(".git/hooks"));
    project.ok(["hooks", "install", "git"]);
    let installed = files(&project.path(".git/hooks"));
    project.ok(["hooks", "install", "git"]);
    assert_eq!(files(&project.path(".git/hooks")), installed);
    let said = status(&project, "git");
    assert_eq!(said["installed"][0]["events"], json!(GIT_HOOKS));
    assert_eq!(said["problem"], "installed, but no hook has fired yet");

    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    ok_in(project.folder(), &["commit", "-qam", "grind"]);
    assert_eq!(project.read("theirs.txt"), "ran\n");
    let head = project.git(["rev-parse", "HEAD"]);
    let last = project.events().pop().unwrap();
    assert_eq!(
        (&last["task"], &last["cause"]),
        (&json!("T-1"), &json!(format!("git commit {}", head.trim())))
    );
    ok_in(
        project.folder(),
        &["checkout", "-q", "-b", "side", "HEAD~1"],
    );
    ok_in(
        project.folder(),
        &["commit", "-q", "--allow-empty", "-m", "side"],
    );
    ok_in(
        project.folder(),
        &["commit", "-q", "--amend", "--allow-empty", "-m", "again"],
    );
    ok_in(project.folder(), &["rebase", "-q", "main"]);
    ok_in(project.folder(), &["checkout", "-q", "main"]);
    ok_in(project.folder(), &["branch", "-q", "-f", "other", "HEAD~1"]);
    ok_in(project.folder(), &["checkout", "-q", "other"]);
    ok_in(project.folder(), &["checkout", "-q", "main"]);
    ok_in(project.folder(), &["merge", "-q", "-m", "merge", "side"]);
    let fired = status(&project, "git")["fired"].clone();
    let fired: Vec<&str> = fired
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        fired,
        ["post-checkout", "post-commit", "post-merge", "post-rewrite"]
    );
    assert_eq!(status(&project, "git")["problem"], Value::Null);
    let recorded = project.events().pop().unwrap();
    assert_eq!(
        recorded["seq"], last["seq"],
        "what git did is nobody's edit"
    );

    project.ok(["hooks", "uninstall", "git"]);
    assert_eq!(files(&project.path(".git/hooks")), before);
}

#[cfg(unix)]
#[test]
fn the_folder_is_the_one_that_git_uses() {
    let project = Project::in_git(PLAN);
    let side = project.path("side");
    project.git(["worktree", "add", "-q", side.to_str().unwrap()]);
    project.ok(["-C", "side", "hooks", "install", "git"]);
    assert!(project.path(".git/hooks/post-merge").exists());
    project.ok(["hooks", "uninstall", "all"]);
    assert!(!project.path(".git/hooks/post-merge").exists());

    project.git(["config", "core.hooksPath", ".githooks"]);
    project.ok(["hooks", "install", "git"]);
    assert!(project.path(".githooks/post-merge").exists());
    assert!(!project.path(".git/hooks/post-merge").exists());
    project.ok(["hooks", "uninstall", "git"]);

    let others = tempfile::tempdir().unwrap();
    project.git(["config", "core.hooksPath", others.path().to_str().unwrap()]);
    let words = ["outside of this repository", "hint: run it with --user"];
    project.fails(["hooks", "install", "git"], 2, &words);
    project.ok(["hooks", "install", "git", "--user"]);
    assert!(others.path().join("post-merge").exists());

    let outer = Project::empty();
    outer.git_init();
    let from = project.folder().to_str().unwrap();
    git_in(
        outer.folder(),
        [
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "add",
            "-q",
            from,
            "inner",
        ],
    );
    outer.ok(["-C", "inner", "hooks", "install", "git"]);
    assert!(outer.path(".git/modules/inner/hooks/post-commit").exists());
}

#[cfg(unix)]
#[test]
fn a_git_hook_that_cannot_take_a_block_is_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::in_git(PLAN);
    for (hook, text, mode) in [
        ("post-commit", "#!/usr/bin/env python3\nprint()\n", 0o755),
        ("post-merge", "#!/bin/sh\nmake\n", 0o644),
    ] {
        let path = format!(".git/hooks/{hook}");
        project.write(&path, text);
        fs::set_permissions(project.path(&path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let words = ["no shell script", "not executable"];
    project.fails(["hooks", "install", "git"], 2, &words);
    assert!(project.path(".git/hooks/post-rewrite").exists());
    assert_eq!(project.read(".git/hooks/post-merge"), "#!/bin/sh\nmake\n");
    let bare = Project::adopted(PLAN);
    bare.fails(["hooks", "install", "git"], 2, &["no git repository"]);
}

/// Runs git with the binary in its PATH, and gives what it says; an error where it refuses.
pub(super) fn git_with_ledger(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = ledgers_git(folder, arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Ok(said),
        false => Err(said),
    }
}

pub(super) fn ledgers_git(folder: &Path, arguments: &[&str]) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_ledger")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["-c", "user.name=tester"])
        .args(["-c", "user.email=tester@example.org"])
        .args(arguments)
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_EDITOR", "true")
        .env_remove("LEDGER_DIR");
    clear_of_agents(&mut command);
    command
}

/// Runs git with the binary in its PATH, and expects no complaint.
#[track_caller]
fn ok_in(folder: &Path, arguments: &[&str]) {
    let said = git_with_ledger(folder, arguments);
    let said = said.unwrap_or_else(|said| panic!("{arguments:?}: {said}"));
    assert!(
        !said.contains("error") && !said.contains("ledger:"),
        "{said}"
    );
}

#[track_caller]
fn ok(project: &Project, arguments: &[&str]) {
    ok_in(project.folder(), arguments);
}

fn hooked(options: &[&str]) -> Project {
    let project = Project::in_git(PLAN);
    project.ok([&["hooks", "install", "git"], options].concat());
    project
}

/// The changes of status, each as task, status and cause.
fn flips(project: &Project) -> Vec<(String, String, String)> {
    let events = project.events();
    let flips = events.iter().filter(|event| event["from"].is_string());
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    flips
        .map(|event| (text(event, "task"), text(event, "to"), text(event, "cause")))
        .collect()
}

#[test]
fn a_commits_trailers_change_tasks_once_however_often_it_is_made_anew() {
    let project = hooked(&[]);
    project.write("code.rs", "fn main() {}\n");
    ok(&project, &["add", "code.rs"]);
    let message =
        "Grind\n\nPlan-Task: T-1\nPlan-Status: completed\nPlan-Task: T-2\nPlan-Status: started";
    ok(&project, &["commit", "-qm", message]);
    let id = project.git(["rev-parse", "HEAD"]);
    let cause = format!("git commit {}", id.trim());
    let expected = [
        ("T-1".to_owned(), "completed".to_owned(), cause.clone()),
        ("T-2".to_owned(), "in_progress".to_owned(), cause),
    ];
    assert_eq!(flips(&project), expected);
    assert!(project.plan().contains("[x] T-1"));
    let last = project.events().pop().unwrap();
    assert_eq!(
        (&last["actor"]["id"], &last["actor"]["tool"]),
        (&json!("tester"), &json!("git"))
    );
    // The same commit under another id says nothing new, even where the plan went on.
    project.ok(["append", "reopen", "T-1"]);
    ok(&project, &["commit", "-q", "--amend", "-am", message]);
    ok(
        &project,
        &["commit", "-q", "--amend", "--no-edit", "--allow-empty"],
    );
    assert_eq!(flips(&project).len(), 3);
    assert!(project.plan().contains("[ ] T-1"));
    project.ok(["verify", "--deep"]);
}

#[test]
fn a_status_may_stand_before_its_tasks() {
    let project = hooked(&[]);
    let message =
        "Both\n\nPlan-Status: completed\nPlan-Task: T-1\nPlan-Status: started\nPlan-Task: T-2";
    ok(&project, &["commit", "-q", "--allow-empty", "-m", message]);
    let done: Vec<_> = flips(&project)
        .into_iter()
        .map(|(task, to, _)| format!("{task} {to}"))
        .collect();
    assert_eq!(done, ["T-1 completed", "T-2 in_progress"]);
}

/// Gives the plan so many lines that git knows it again after an edit.
fn lengthened(project: &Project) -> String {
    let notes: String = (1..10).map(|n| format!("Note {n} on coffee.\n")).collect();
    let plan = format!("{PLAN}\n{notes}");
    project.write("TODO.md", &plan);
    ok(project, &["commit", "-qam", "longer"]);
    plan
}

#[test]
fn a_plan_that_git_renames_is_the_same_plan_under_its_new_name() {
    let project = hooked(&[]);
    let plan = lengthened(&project);
    fs::create_dir(project.path("docs")).unwrap();
    ok(&project, &["mv", "TODO.md", "docs/the plan.md"]);
    let says = project.ok(["status"]).stdout;
    for word in [
        "TODO.md  is docs/the plan.md here, and is as the ledger has it",
        "ledger append rename TODO.md 'docs/the plan.md' makes that its name",
    ] {
        assert!(says.contains(word), "{says}");
    }
    let report: Value = serde_json::from_str(&project.ok(["status", "--json"]).stdout).unwrap();
    assert_eq!(report["plans"][0]["here"], "docs/the plan.md");
    // Moved and edited in one commit: it is its author's.
    let edited = plan.replace("[ ] T-1", "[x] T-1");
    project.write("docs/the plan.md", &edited);
    ok(&project, &["add", "docs"]);
    ok(&project, &["commit", "-qm", "move"]);
    let last = project.events().pop().unwrap();
    let head = project.git(["rev-parse", "HEAD"]);
    assert_eq!(
        (&last["type"], &last["actor"]["id"], &last["cause"]),
        (
            &json!("task.completed"),
            &json!("tester"),
            &json!(format!("git commit {}", head.trim()))
        )
    );
    // Commands write it where it is.
    project.ok(["append", "complete", "T-2"]);
    let both = edited.replace("[ ] T-2", "[x] T-2");
    assert_eq!(project.read("docs/the plan.md"), both);
    assert!(!project.path("TODO.md").exists());
    project.ok(["render", "--check"]);
    project.fails(["init", "docs/the plan.md"], 1, &["TODO.md"]);
    project.ok(["append", "rename", "TODO.md", "docs/the plan.md"]);
    let says = project.ok(["status"]).stdout;
    assert!(
        says.contains("docs/the plan.md  is as the ledger has it"),
        "{says}"
    );
    project.ok(["verify", "--deep"]);
    // One that merely went is not looked for elsewhere.
    let count = project.events().len();
    ok(&project, &["add", "-A"]);
    ok(&project, &["commit", "-qm", "both"]);
    ok(&project, &["rm", "-q", "docs/the plan.md"]);
    ok(&project, &["commit", "-qm", "gone"]);
    let says = project.ok(["status"]).stdout;
    assert!(says.contains("is not there") && says.contains("ledger render writes it again"));
    assert_eq!(project.events().len(), count);
}

#[test]
fn branches_and_worktrees_that_call_a_plan_differently_have_one_plan() {
    let project = hooked(&[]);
    let other = tempfile::tempdir().unwrap();
    let other = other.path().canonicalize().unwrap().join("tree");
    project.git([
        "worktree",
        "add",
        "-q",
        "-b",
        "side",
        other.to_str().unwrap(),
    ]);
    ok_in(&other, &["mv", "TODO.md", "P1.md"]);
    ok_in(&other, &["commit", "-qm", "once"]);
    ok_in(&other, &["mv", "P1.md", "PLAN.md"]);
    ok_in(&other, &["commit", "-qm", "twice"]);
    let side = other.join("PLAN.md");
    let ledger = |folder: &Path, arguments: &[&str]| {
        project.ok([&["-C", folder.to_str().unwrap()], arguments].concat())
    };
    for renamed in [false, true] {
        let (mine, theirs) = match renamed {
            false => ("T-1", "T-2"),
            true => ("T-2", "T-1"),
        };
        if renamed {
            ledger(&other, &["append", "rename", "TODO.md", "PLAN.md"]);
            // In this order no text comes that there was before.
            for task in ["T-2", "T-1"] {
                project.ok(["append", "reopen", task]);
            }
        }
        // By hand here and by command there, each under its own name, in both orders.
        let mut plan = project.plan();
        plan = plan.replace(&format!("[ ] {mine}"), &format!("[x] {mine}"));
        project.write("TODO.md", &plan);
        ok_in(project.folder(), &["commit", "-qam", "tick"]);
        ledger(&other, &["append", "complete", theirs]);
        let done = PLAN
            .replace("[ ] T-1", "[x] T-1")
            .replace("[ ] T-2", "[x] T-2");
        assert_eq!(fs::read_to_string(&side).unwrap(), done, "{renamed}");
        project.ok(["observe"]);
        assert_eq!(project.plan(), done, "{renamed}");
        assert!(!project.path("PLAN.md").exists() && !other.join("TODO.md").exists());
        ledger(&other, &["render", "--check"]);
        project.ok(["render", "--check"]);
    }
    let kinds: Vec<Value> = project
        .events()
        .iter()
        .map(|own| own["type"].clone())
        .collect();
    let renames = kinds.iter().filter(|kind| *kind == "document.renamed");
    assert_eq!(renames.count(), 1, "{kinds:?}");
    // No commit renames it back and forth, whoever commits.
    for folder in [project.folder(), &other] {
        ok_in(folder, &["commit", "-q", "--allow-empty", "-m", "none"]);
    }
    assert_eq!(project.events().len(), kinds.len());
    project.ok(["verify", "--deep"]);
    fs::remove_dir_all(&other).unwrap();
}

#[test]
fn a_name_that_another_plan_has_is_not_taken_for_a_new_one() {
    let project = hooked(&[]);
    project.write("B.md", "# Other\n\n- [ ] B-1: bake\n");
    project.ok(["init", "B.md"]);
    ok(&project, &["add", "B.md"]);
    ok(&project, &["commit", "-qm", "two"]);
    let count = project.events().len();
    ok(&project, &["rm", "-q", "--cached", "B.md"]);
    ok(&project, &["mv", "-f", "TODO.md", "C.md"]);
    let says = project.ok(["status"]).stdout;
    assert!(
        says.contains("TODO.md  is C.md here") && says.contains("B.md  is as"),
        "{says}"
    );
    ok(&project, &["mv", "C.md", "TODO.md"]);
    ok(&project, &["reset", "-q", "--hard"]);
    ok(&project, &["mv", "-f", "TODO.md", "B.md"]);
    // What is there now is the other plan's file, edited.
    let says = project.ok(["status"]).stdout;
    assert!(says.contains("TODO.md  is not there"), "{says}");
    ok(&project, &["reset", "-q", "--hard"]);
    project.ok(["render", "--check"]);
    assert_eq!(project.events().len(), count);
}

#[test]
fn rules_hold_for_a_plan_that_git_renamed() {
    let project = hooked(&["--pre-commit"]);
    let plan = lengthened(&project);
    project.write("ledger.toml", "[rules]\nevidence = \"deny\"\n");
    project.ok(["observe"]);
    ok(&project, &["add", "ledger.toml"]);
    ok(&project, &["mv", "TODO.md", "PLAN.md"]);
    let asked = json!({
        "session_id": "s", "cwd": project.path(""), "hook_event_name": "PreToolUse",
        "tool_name": "Edit", "tool_use_id": "t",
        "tool_input": {
            "file_path": project.path("PLAN.md"), "old_string": "[ ] T-1", "new_string": "[x] T-1",
        },
    });
    let run = super::fires(&project, "claude-code", &asked);
    assert!(run.stdout.contains("deny"), "{}", run.stdout);
    project.write("PLAN.md", plan.replace("[ ] T-1", "[x] T-1"));
    ok(&project, &["add", "PLAN.md"]);
    let said = git_with_ledger(project.folder(), &["commit", "-qm", "tick"]).unwrap_err();
    assert!(said.contains("evidence"), "{said}");
}

#[test]
fn trailers_of_commits_that_are_merged_count_too() {
    let project = hooked(&[]);
    ok(&project, &["checkout", "-q", "-b", "side"]);
    let message = "Side\n\nPlan-Task: T-1, T-2\nPlan-Status: done";
    // Whoever made it has no ledger.
    project.git([
        "-c",
        "core.hooksPath=/dev/null",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        message,
    ]);
    ok(&project, &["checkout", "-q", "main"]);
    assert_eq!(flips(&project), []);
    ok(&project, &["merge", "-q", "--ff-only", "side"]);
    let done: Vec<_> = flips(&project)
        .into_iter()
        .map(|(task, to, _)| (task, to))
        .collect();
    let completed = |task: &str| (task.to_owned(), "completed".to_owned());
    assert_eq!(done, [completed("T-1"), completed("T-2")]);
}

#[test]
fn trailers_that_cannot_be_followed_are_said_and_are_in_nobodys_way() {
    let project = hooked(&[]);
    for (trailers, word) in [
        ("Plan-Task: T-9\nPlan-Status: done", "T-9"),
        (
            "Plan-Task: T-1\nPlan-Status: sideways",
            "'sideways' is no status",
        ),
    ] {
        let message = format!("Odd\n\n{trailers}");
        let said = git_with_ledger(
            project.folder(),
            &["commit", "-q", "--allow-empty", "-m", &message],
        )
        .unwrap();
        assert!(
            said.contains("ledger: commit ") && said.contains(word),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    // Without a status, or without a task, there is nothing to do.
    let idle = "Idle\n\nPlan-Task: T-1";
    ok(&project, &["commit", "-q", "--allow-empty", "-m", idle]);
    let idle = "Idle\n\nPlan-Status: done";
    ok(&project, &["commit", "-q", "--allow-empty", "-m", idle]);
    assert_eq!(flips(&project), []);
}

#[test]
fn a_rebase_goes_on_over_commits_with_trailers() {
    let project = hooked(&[]);
    ok(&project, &["checkout", "-q", "-b", "side"]);
    for nth in ["one", "two"] {
        project.write(nth, nth);
        ok(&project, &["add", nth]);
        let message = format!("{nth}\n\nPlan-Task: T-1\nPlan-Status: done");
        project.git(["-c", "core.hooksPath=/dev/null", "commit", "-qm", &message]);
    }
    ok(&project, &["checkout", "-q", "main"]);
    project.write("three", "three");
    ok(&project, &["add", "three"]);
    ok(&project, &["commit", "-qm", "three"]);
    ok(&project, &["checkout", "-q", "side"]);
    ok(&project, &["rebase", "-q", "main"]);
    assert_eq!(project.git(["status", "--porcelain", "-uno"]), "");
    assert_eq!(
        project.git(["log", "--format=%s", "-3"]),
        "two\none\nthree\n"
    );
}

#[test]
fn a_commit_of_another_plan_than_the_ledgers_is_refused_where_that_was_asked_for() {
    let project = hooked(&["--pre-commit"]);
    // An edit by hand is recorded on the way.
    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    ok(&project, &["commit", "-qam", "by hand"]);
    assert_eq!(flips(&project).len(), 1);
    // What was staged before the ledger wrote more is an older plan.
    project.ok(["append", "start", "T-2"]);
    ok(&project, &["add", "TODO.md"]);
    project.ok(["append", "complete", "T-2"]);
    let said = git_with_ledger(project.folder(), &["commit", "-qm", "older"]).unwrap_err();
    assert!(
        said.contains("TODO.md as it is staged is not what the ledger has"),
        "{said}"
    );
    assert!(
        said.contains("git add TODO.md") && said.contains("--no-verify"),
        "{said}"
    );
    ok(&project, &["add", "TODO.md"]);
    ok(&project, &["commit", "-qm", "newer"]);
    // A commit that leaves the plan alone is nobody's business.
    project.ok(["append", "reopen", "T-2"]);
    project.write("code.rs", "fn main() {}\n");
    ok(&project, &["add", "code.rs"]);
    ok(&project, &["commit", "-qm", "code"]);
    project.ok(["hooks", "uninstall", "git"]);
    assert!(!fs::exists(project.path(".git/hooks/pre-commit")).unwrap());
}

#[test]
fn a_commit_of_an_edit_that_a_rule_denies_is_refused_until_it_is_put_right_or_recorded() {
    let project = hooked(&["--pre-commit"]);
    project.write("ledger.toml", "[rules]\nevidence = \"deny\"\n");
    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    let events = project.events().len();
    for _ in 0..2 {
        let said = git_with_ledger(project.folder(), &["commit", "-qam", "done"]).unwrap_err();
        assert!(said.contains("there is no evidence for T-1"), "{said}");
    }
    assert_eq!(project.events().len(), events, "nothing is recorded");
    project.ok(["observe"]);
    ok(&project, &["commit", "-qam", "done"]);
    let broken = project.ok(["audit", "--violations"]).stdout;
    assert!(broken.contains("evidence"), "{broken}");
}

/// Who did the last change of a task's status, and what set it off.
fn last_doer(project: &Project) -> (String, String) {
    let last = project
        .events()
        .into_iter()
        .rfind(|event| event["from"].is_string());
    let last = last.unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("nobody").to_owned();
    (text(&last["actor"]["id"]), text(&last["cause"]))
}

#[test]
fn an_edit_is_its_commits_authors_and_one_that_is_not_committed_is_nobodys() {
    let project = hooked(&[]);
    let tick = |task: &str| {
        let text = project.plan();
        project.write(
            "TODO.md",
            text.replace(&format!("[ ] {task}"), &format!("[x] {task}")),
        );
    };
    let cause = || format!("git commit {}", project.git(["rev-parse", "HEAD"]).trim());
    tick("T-1");
    ok(
        &project,
        &["commit", "-qam", "one", "--author", "Zed <z@example.org>"],
    );
    assert_eq!(last_doer(&project), ("Zed".to_owned(), cause()));
    tick("T-2");
    ok(&project, &["checkout", "-q", "-b", "other"]);
    assert_eq!(
        last_doer(&project),
        ("unknown".to_owned(), "nobody".to_owned())
    );
    ok(&project, &["commit", "-qam", "two"]);
    // Somebody without a ledger ticks on a branch of their own, and it is merged.
    project.ok(["append", "reopen", "T-1"]);
    ok(&project, &["commit", "-qam", "three"]);
    ok(&project, &["checkout", "-q", "-b", "theirs"]);
    let none = ["-c", "core.hooksPath=/dev/null"];
    project.git([&none[..], &["checkout", "-q", "-b", "away"]].concat());
    // A text that was there before would be an old one that git brought back.
    let far = project
        .plan()
        .replace("[ ] T-1: Grind beans", "[x] T-1: Grind all beans");
    project.write("TODO.md", far);
    let author = ["commit", "-qam", "far", "--author", "Far <f@example.org>"];
    project.git([&none[..], &author].concat());
    project.git([&none[..], &["checkout", "-q", "other"]].concat());
    ok(&project, &["merge", "-q", "--ff-only", "away"]);
    assert_eq!(last_doer(&project), ("Far".to_owned(), cause()));
}

#[test]
fn what_an_agent_commits_is_the_agents() {
    let project = hooked(&[]);
    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    let mut command = ledgers_git(project.folder(), &["commit", "-qam", "done"]);
    assert!(command.env("CLAUDECODE", "1").status().unwrap().success());
    assert_eq!(last_doer(&project).0, "claude-code");
    let mut command = project.command(["append", "complete", "T-2", "-q"]);
    assert!(command.env("GEMINI_CLI", "1").status().unwrap().success());
    let last = project.events().pop().unwrap();
    assert_eq!(
        last["actor"],
        json!({ "kind": "agent", "id": "gemini-cli" })
    );
}

#[test]
fn git_is_not_held_up_by_another_writer() {
    let project = hooked(&["--pre-commit"]);
    let holder = Holder::of(&project);
    project.write("code.rs", "fn main() {}\n");
    ok(&project, &["add", "code.rs"]);
    ok(&project, &["commit", "-qm", "code"]);
    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    let trailers = "plan\n\nPlan-Task: T-2\nPlan-Status: done";
    let said = git_with_ledger(project.folder(), &["commit", "-qam", trailers]).unwrap();
    assert!(said.contains("the change waits at"), "{said}");
    drop(holder);
    project.ok(["observe"]);
    assert!(project.plan().contains("[x] T-1") && project.plan().contains("[x] T-2"));
}

#[test]
fn a_damaged_ledger_keeps_nobody_from_committing() {
    let project = hooked(&["--pre-commit"]);
    project.write(".git/ledger/journal.jsonl", "nonsense\n");
    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    let said = git_with_ledger(project.folder(), &["commit", "-qam", "all the same"]).unwrap();
    assert!(said.contains("the plan was not checked"), "{said}");
}

/// A checkout with hooks, and a clone of it without, that has committed trailers; both have gone
/// on from the same commit.
fn diverged() -> (Project, tempfile::TempDir) {
    let project = hooked(&[]);
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("clone");
    project.git([
        "clone",
        "-q",
        project.folder().to_str().unwrap(),
        clone.to_str().unwrap(),
    ]);
    for (task, name) in [("T-1", "Far"), ("T-2", "Away")] {
        let message = format!("{task}\n\nPlan-Task: {task}\nPlan-Status: done");
        let author = format!("{name} <f@example.org>");
        git_in(
            &clone,
            [
                "commit",
                "-q",
                "--allow-empty",
                "-m",
                &message,
                "--author",
                &author,
            ],
        );
    }
    let own = "own\n\nPlan-Task: T-2\nPlan-Status: started";
    project.write("own", "own");
    ok(&project, &["add", "own"]);
    ok(&project, &["commit", "-qm", own]);
    project.git(["remote", "add", "origin", clone.to_str().unwrap()]);
    (project, folder)
}

#[test]
fn trailers_that_a_rebasing_pull_brings_count_once() {
    let (project, _clone) = diverged();
    // What the ledger wrote for the own commit is not committed.
    ok(&project, &["commit", "-qam", "plan"]);
    ok(&project, &["pull", "-q", "--rebase", "origin", "main"]);
    let done: Vec<_> = flips(&project)
        .into_iter()
        .map(|(task, to, _)| format!("{task} {to}"))
        .collect();
    assert_eq!(done, ["T-2 in_progress", "T-1 completed", "T-2 completed"]);
    let last = project.events().pop().unwrap();
    assert_eq!(last["actor"]["id"], "Away");
    ok(&project, &["commit", "-qam", "plan"]);
    let events = project.events().len();
    ok(&project, &["commit", "-q", "--amend", "-m", "plan again"]);
    ok(&project, &["rebase", "-q", "--force-rebase", "HEAD~2"]);
    assert_eq!(project.events().len(), events, "once");
    project.ok(["verify", "--deep"]);
}

#[test]
fn what_a_rebase_puts_aside_comes_back_before_trailers_are_followed() {
    let (project, _clone) = diverged();
    let plan = project.plan();
    assert!(plan.contains("T-2"));
    project.write("own", "edited");
    let pull = [
        "-c",
        "rebase.autoStash=true",
        "pull",
        "-q",
        "--rebase",
        "origin",
        "main",
    ];
    let said = git_with_ledger(project.folder(), &pull).unwrap();
    assert!(said.contains("the change waits at"), "{said}");
    assert!(!said.contains("conflicts"), "{said}");
    assert_eq!(
        (project.read("own"), project.plan()),
        ("edited".to_owned(), plan)
    );
    project.ok(["observe"]);
    assert!(project.plan().contains("[x] T-1") && project.plan().contains("[x] T-2"));
}

#[test]
fn a_commit_that_gits_hook_recorded_can_be_named() {
    for options in [&["init"][..], &["init", "--git"]] {
        let project = Project::empty();
        project.write("TODO.md", PLAN);
        project.git_init();
        project.git(["add", "-A"]);
        project.git(["commit", "-qm", "plan", "--allow-empty"]);
        let mut init = options.to_vec();
        init.insert(1, "TODO.md");
        project.ok(init);
        project.ok(["hooks", "install", "git"]);
        let mut commits = Vec::new();
        for task in ["T-1", "T-2"] {
            let ticked = project
                .plan()
                .replace(&format!("[ ] {task}"), &format!("[x] {task}"));
            project.write("TODO.md", &ticked);
            ok(&project, &["commit", "-qam", task]);
            commits.push((project.git(["rev-parse", "HEAD"]), ticked));
        }
        for (commit, text) in commits {
            let rendered = project.ok(["render", "--at", commit.trim(), "--stdout"]);
            assert_eq!(rendered.stdout, text, "{options:?}");
        }
    }
}
