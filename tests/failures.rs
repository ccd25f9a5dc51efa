//! What goes wrong is said, with what to do, and records nothing.

use std::fs;

use crate::support::{Project, types};

const PLAN: &str = "\
# Plan

- [x] **TASK-1**: First
- [ ] **TASK-2**: Second
- [ ] **TASK-3**: Third
  - **Dependencies**: TASK-2
- [ ] **TASK-4**: Fourth
  - **Dependencies**: TASK-3
";

/// Runs a change that fails, and sees that neither plan nor history know of it.
#[track_caller]
fn refused(project: &Project, words: &[&str], code: i32, said: &[&str]) {
    let plan = project.bytes("TODO.md");
    let journal = project.ok(["export"]).bytes;
    project.fails(words, code, said);
    assert_eq!(project.bytes("TODO.md"), plan);
    assert_eq!(project.ok(["export"]).bytes, journal);
}

#[test]
fn an_unknown_task_is_answered_with_the_nearest() {
    let project = Project::adopted(PLAN);
    for (typed, nearest) in [
        ("TASK-22", "TASK-2"),
        ("TSK-3", "TASK-3"),
        ("task 4", "TASK-4"),
    ] {
        refused(
            &project,
            &["append", "start", typed],
            1,
            &["no task is called", typed, nearest],
        );
        project.fails(["show", typed], 1, &[typed, nearest]);
    }
    refused(
        &project,
        &["append", "depend", "TASK-2", "TASK-11"],
        1,
        &["TASK-11", "TASK-1"],
    );
    refused(
        &project,
        &["append", "start", "nothing like it"],
        1,
        &["no task is called"],
    );
}

#[test]
fn a_forbidden_transition_says_from_what_to_what_and_why() {
    let project = Project::adopted(PLAN);
    for (change, from, to, why) in [
        (
            "start",
            "completed",
            "in_progress",
            "hint: ledger append reopen TASK-1 first",
        ),
        ("unblock", "completed", "", "not blocked"),
    ] {
        refused(
            &project,
            &["append", change, "TASK-1"],
            1,
            &["TASK-1", from, to, why],
        );
    }
    refused(
        &project,
        &["append", "complete", "TASK-1"],
        1,
        &["completed already"],
    );
    refused(
        &project,
        &["append", "reopen", "TASK-2"],
        1,
        &["TASK-2", "pending"],
    );
    refused(
        &project,
        &["append", "block", "TASK-2"],
        1,
        &["needs a reason", "--reason"],
    );
    refused(
        &project,
        &["append", "complete", "TASK-2", "--date", "soon"],
        1,
        &["'soon' is not a date"],
    );
}

#[test]
fn a_cycle_of_dependencies_names_its_members() {
    let project = Project::adopted(PLAN);
    refused(
        &project,
        &["append", "depend", "TASK-2", "TASK-4"],
        1,
        &["TASK-2 → TASK-4 → TASK-3 → TASK-2"],
    );
    refused(
        &project,
        &["append", "depend", "TASK-2", "TASK-2"],
        1,
        &["TASK-2 → TASK-2"],
    );
}

#[test]
fn a_batch_that_fails_anywhere_appends_nothing() {
    let project = Project::adopted(PLAN);
    let good = "{\"change\":\"start\",\"task\":\"TASK-2\"}\n\n";
    let rows = [
        (
            "{\"change\":\"start\",\"task\":\"TASK-3\",\"note\":\"x\"}",
            2,
            "line 3: unknown field `note`",
        ),
        (
            "{\"change\":\"start\",\"task\":\"TASK-3\"",
            2,
            "line 3, column",
        ),
        ("start TASK-3", 2, "line 3, column 1"),
        (
            "{\"change\":\"begin\",\"task\":\"TASK-3\"}",
            2,
            "line 3: unknown variant `begin`",
        ),
        (
            "{\"change\":\"start\",\"task\":\"TASK-33\"}",
            1,
            "line 3: no task is called 'TASK-33'",
        ),
        (
            "{\"change\":\"start\",\"task\":\"TASK-1\"}",
            1,
            "line 3: TASK-1 cannot go",
        ),
        (
            "{\"change\":\"drop\",\"plan\":\"OTHER.md\"}",
            1,
            "line 3: the ledger does not track 'OTHER.md'",
        ),
    ];
    let journal = project.ok(["export"]).bytes;
    for (line, code, said) in rows {
        let run = project.run_with(["append", "--json"], format!("{good}{line}\n"));
        assert_eq!(run.code, code, "{line}: {}", run.stderr);
        assert!(
            run.stderr.contains(said),
            "'{said}' is not in: {}",
            run.stderr
        );
        assert!(run.stderr.contains("recorded"), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    project.write("batch.ndjson", "");
    project.fails(
        ["append", "--json", "batch.ndjson"],
        2,
        &["no change in it"],
    );
    project.fails(
        ["append", "--json", "missing.ndjson"],
        2,
        &["missing.ndjson"],
    );
    assert_eq!(project.ok(["export"]).bytes, journal);
    assert_eq!(project.plan(), PLAN);
}

#[test]
fn a_deleted_plan_is_told_of_and_nothing_is_recorded_about_it() {
    let project = Project::adopted(PLAN);
    fs::remove_file(project.path("TODO.md")).unwrap();
    let run = project.ok(["observe"]);
    assert!(
        run.stderr.contains("TODO.md is not there"),
        "{}",
        run.stderr
    );
    assert_eq!(project.events().len(), 2);
    assert!(!project.path("TODO.md").exists());
    project.fails(["render", "--check"], 1, &["differ"]);
    project.ok(["render"]);
    assert_eq!(project.plan(), PLAN);
    assert_eq!(project.events().len(), 2);
}

#[test]
fn a_folder_without_a_ledger_says_how_to_start_one() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    for words in [
        &["append", "start", "TASK-2"][..],
        &["observe"],
        &["render"],
        &["status"],
        &["next"],
        &["list"],
        &["show", "TASK-2"],
        &["audit"],
        &["verify"],
        &["export"],
    ] {
        project.fails(words, 2, &["there is no ledger", "ledger init PLAN.md"]);
    }
    project.fails(["init", "MISSING.md"], 2, &["there is no MISSING.md"]);
    assert!(!project.path(".ledger").exists());
    assert_eq!(project.plan(), PLAN);
}

#[test]
fn a_folder_that_only_is_called_like_a_ledger_is_none() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.write(".ledger", "a file\n");
    project.fails(["append", "start", "TASK-2"], 2, &["no ledger"]);
    project.fails(["init", "TODO.md"], 2, &[".ledger"]);
    assert_eq!(project.read(".ledger"), "a file\n");

    fs::remove_file(project.path(".ledger")).unwrap();
    fs::create_dir(project.path(".ledger")).unwrap();
    project.write(".ledger/notes.txt", "mine\n");
    project.fails(["append", "start", "TASK-2"], 2, &["no ledger"]);
    assert_eq!(project.read(".ledger/notes.txt"), "mine\n");
}

#[test]
fn a_history_that_lost_its_configuration_is_not_started_anew() {
    let project = Project::adopted(PLAN);
    fs::remove_file(project.path(".ledger/config.json")).unwrap();
    let journal = project.bytes(".ledger/journal.jsonl");
    for words in [&["append", "start", "TASK-2"][..], &["init", "TODO.md"]] {
        project.fails(words, 2, &["config.json", "missing", "ledger doctor"]);
    }
    assert_eq!(project.bytes(".ledger/journal.jsonl"), journal);
}

#[test]
fn a_configuration_that_cannot_be_made_out_stops_every_command() {
    let project = Project::adopted(PLAN);
    let journal = project.bytes(".ledger/journal.jsonl");
    let good = project.read(".ledger/config.json");
    for bad in [
        "",
        "{",
        "[]",
        "null",
        "{\"format\":1}",
        "{\"format\":\"one\"}",
        "\0\0\0\0",
        &"[".repeat(100_000),
        &good.replace("\"format\": 1", "\"format\": 2"),
        &good.replace("\"writer\": \"", "\"writer\": \"../"),
    ] {
        project.write(".ledger/config.json", bad);
        for words in [
            &["append", "start", "TASK-2"][..],
            &["status"],
            &["verify"],
            &["init", "TODO.md"],
        ] {
            project.fails(words, 2, &["config.json", "hint:"]);
        }
    }
    project.write(".ledger/config.json", [0xff, 0xfe]);
    project.fails(["append", "start", "TASK-2"], 2, &["config.json"]);
    assert_eq!(project.bytes(".ledger/journal.jsonl"), journal);
    project.write(".ledger/config.json", good);
    project.ok(["append", "start", "TASK-2"]);
    project.ok(["verify"]);
}

#[test]
fn the_same_key_gives_the_first_receipt_and_another_command_under_it_is_an_error() {
    let project = Project::adopted(PLAN);
    let first = project.receipts(["append", "start", "TASK-2", "--idem", "k", "--json"]);
    project.ok(["append", "complete", "TASK-2"]);
    let again = project.receipts(["append", "start", "TASK-2", "--idem", "k", "--json"]);
    assert_eq!(first, again);
    let run = project.ok(["append", "start", "TASK-2", "--idem", "k"]);
    assert!(run.stdout.contains("recorded before"), "{}", run.stdout);
    let batch = "{\"change\":\"start\",\"task\":\"TASK-2\"}\n";
    let run = project.run_with(["append", "--json", "--idem", "k"], batch);
    assert_eq!(
        run.stdout.lines().count(),
        1,
        "the same change in another form: {}",
        run.stderr
    );
    for words in [
        &["append", "start", "TASK-3", "--idem", "k"][..],
        &["append", "start", "TASK-2", "--idem", "k", "--note", "x"],
        &["append", "complete", "TASK-2", "--idem", "k"],
    ] {
        refused(
            &project,
            words,
            1,
            &["the key 'k'", "another change", "event 2"],
        );
    }
    assert_eq!(
        types(&project.events()),
        [
            "ledger.created",
            "document.adopted",
            "task.started",
            "task.completed"
        ]
    );
    // A change that was refused keeps no key.
    refused(
        &project,
        &["append", "start", "TASK-1", "--idem", "n"],
        1,
        &["cannot go"],
    );
    project.ok(["append", "start", "TASK-3", "--idem", "n"]);
}

#[test]
fn a_task_of_another_plan_is_found_and_an_ambiguous_one_is_asked_about() {
    let project = Project::adopted(PLAN);
    project.write(
        "OTHER.md",
        "- [ ] **O-1**: other\n- [ ] **TASK-2**: Quite another thing\n",
    );
    project.ok(["init", "OTHER.md"]);
    project.ok(["append", "complete", "O-1"]);
    assert!(project.read("OTHER.md").contains("[x] **O-1**"));
    assert_eq!(project.plan(), PLAN);
    refused(
        &project,
        &["append", "start", "TASK-2"],
        1,
        &[
            "is the id of 2 tasks",
            "TASK-2#1 (Second)",
            "TASK-2#2 (Quite",
        ],
    );
    refused(
        &project,
        &["append", "set", "Owner", "Ada"],
        1,
        &["say which one", "--plan"],
    );
    refused(
        &project,
        &["append", "add", "More", "--plan", "MISSING.md"],
        1,
        &["does not track 'MISSING.md'"],
    );
}

#[cfg(unix)]
mod users {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::support::limits::{self, Input};
    use crate::support::users::{give_to, is_root, run_as, unprivileged};

    #[test]
    fn a_ledger_of_another_user_is_refused() {
        let project = Project::adopted(PLAN);
        if !is_root(&project) {
            eprintln!("only root can give a ledger away; this test checks nothing here");
            return;
        }
        give_to(&project.path(".ledger"), 4_242);
        for words in [
            &["append", "start", "TASK-2"][..],
            &["observe"],
            &["status"],
            &["audit"],
            &["verify"],
            &["export"],
            &["init", "TODO.md"],
        ] {
            project.fails(words, 2, &["belongs to user 4242", "--ledger DIR"]);
        }
        assert_eq!(project.plan(), PLAN);
        give_to(&project.path(".ledger"), 0);
        assert_eq!(project.events().len(), 2);
    }

    #[test]
    fn a_ledger_that_cannot_be_written_answers_queries_and_refuses_changes() {
        let project = Project::adopted(PLAN);
        project.ok(["append", "start", "TASK-2"]);
        let plan = project.plan();
        let Some(user) = unprivileged(&project) else {
            return;
        };
        set_writable(&project.path(".ledger"), false);
        let journal = project.bytes(".ledger/journal.jsonl");
        for words in [
            &["append", "start", "TASK-3"][..],
            &["observe"],
            &["init", "TODO.md"],
        ] {
            let run = run_as(&project, user, words);
            assert_eq!(run.code, 2, "{words:?}: {}{}", run.stdout, run.stderr);
            assert!(
                run.stderr.contains("ermission denied") && run.stderr.contains("hint:"),
                "{}",
                run.stderr
            );
        }
        for words in [
            &["status"][..],
            &["next"],
            &["list"],
            &["show", "TASK-2"],
            &["audit"],
            &["render", "--stdout"],
            &["render", "--check"],
            &["verify"],
            &["export"],
        ] {
            let run = run_as(&project, user, words);
            assert_eq!(run.code, 0, "{words:?}: {}", run.stderr);
        }
        // These look at everything, and say which part of it they could not.
        for words in [&["doctor"][..], &["verify", "--deep"]] {
            let run = run_as(&project, user, words);
            let said = format!("{}{}", run.stdout, run.stderr);
            assert_eq!(run.code, 1, "{words:?}: {said}");
            assert!(said.contains("/.ledger: it cannot be"), "{said}");
        }
        assert_eq!(project.plan(), plan);
        assert_eq!(project.bytes(".ledger/journal.jsonl"), journal);
        set_writable(&project.path(".ledger"), true);
        let run = run_as(&project, user, &["observe"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains("had waited"), "{}", run.stderr);
        assert_eq!(run_as(&project, user, &["verify"]).code, 0);
    }

    #[test]
    fn a_plan_that_cannot_be_written_keeps_the_event_and_says_so() {
        let project = Project::adopted(PLAN);
        let Some(user) = unprivileged(&project) else {
            return;
        };
        fs::set_permissions(project.path("TODO.md"), fs::Permissions::from_mode(0o400)).unwrap();
        let run = run_as(&project, user, &["append", "start", "TASK-2"]);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stdout.contains("task.started"), "{}", run.stdout);
        assert!(
            run.stderr.contains("read-only") && run.stderr.contains("ledger render"),
            "{}",
            run.stderr
        );
        assert_eq!(project.plan(), PLAN);
        fs::set_permissions(project.path("TODO.md"), fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(run_as(&project, user, &["render"]).code, 0);
        assert_ne!(project.plan(), PLAN);
        let run = run_as(&project, user, &["audit", "--format", "ndjson"]);
        assert_eq!(run.stdout.lines().count(), 3);
    }

    fn set_writable(path: &Path, writable: bool) {
        if path.is_dir() {
            let mode = if writable { 0o700 } else { 0o500 };
            if writable {
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            }
            for entry in fs::read_dir(path).unwrap() {
                set_writable(&entry.unwrap().path(), writable);
            }
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        } else {
            let mode = if writable { 0o600 } else { 0o400 };
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    #[test]
    fn a_ledger_of_pipes_keeps_nobody_waiting() {
        let project = Project::empty();
        project.write("TODO.md", PLAN);
        fs::create_dir(project.path(".ledger")).unwrap();
        let pipe = project.path(".ledger/config.json");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        for words in [
            &["status"][..],
            &["append", "start", "TASK-2"],
            &["init", "TODO.md"],
        ] {
            let run = limits::run(&project.command(words), Input::None);
            assert_eq!(run.code, 2, "{words:?}: {}", run.stderr);
        }
    }
}
