//! Removing what should never have been recorded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Project, Run, terminal, types};

pub(crate) const SECRET: &str = "hunter2-s3cret";

/// What removes it.
pub(crate) const REDACTION: [&str; 6] = [
    "redact",
    "--text",
    SECRET,
    "--reason",
    "a password",
    "--yes",
];

pub(crate) const PLAN: &str = "\
# Plan

Prose that says what this is about.

- [ ] **T-1**: First task
- [ ] **T-2**: Second task
- [ ] **T-3**: Third task
";

/// A ledger with the text in a title, a note, a result, a reason, evidence, prose and a table.
pub(crate) fn tainted(project: &Project) {
    project.ok(["append", "retitle", "T-2", &format!("Second {SECRET} task")]);
    project.ok(["append", "note", "T-3", &format!("the {SECRET} note")]);
    project.ok([
        "append",
        "complete",
        "T-1",
        "--result",
        &format!("with {SECRET}"),
    ]);
    project.ok([
        "append",
        "block",
        "T-3",
        "--reason",
        &format!("{SECRET} is wrong"),
    ]);
    project.ok([
        "append",
        "evidence",
        "T-1",
        "--run",
        &format!("echo {SECRET}"),
    ]);
    let text = project.plan();
    project.write(
        "TODO.md",
        text.replace("is about.", &format!("is about: {SECRET}.")),
    );
    project.ok(["observe"]);
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

pub(crate) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// That neither a file of the ledger has the text, nor what is made of it.
#[track_caller]
pub(crate) fn is_nowhere(project: &Project, text: &str) {
    for file in files(&project.path(".ledger")) {
        let bytes = fs::read(&file).unwrap();
        assert!(!holds(&bytes, text), "{} has it", file.display());
    }
    assert!(!project.plan().contains(text));
    assert!(!holds(&project.ok(["export"]).bytes, text));
    project.ok(["verify", "--deep"]);
    // The store compresses what it holds: the journal that is made of it is the same.
    project.ok(["rebuild"]);
    let journal = project.bytes(".ledger/journal.jsonl");
    project.ok(["rebuild", "--journal"]);
    assert!(journal == project.bytes(".ledger/journal.jsonl"));
    project.ok(["verify", "--deep"]);
    let audit = project.ok(["audit", "--format", "ndjson"]);
    assert!(!audit.stdout.contains(text));
}

pub(crate) fn ids(project: &Project) -> Vec<String> {
    let events = project.events();
    let ids = events
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned());
    ids.collect()
}

fn statuses(project: &Project) -> Vec<(String, String)> {
    let listed: Value = serde_json::from_str(&project.ok(["list", "--json"]).stdout).unwrap();
    let tasks = listed.as_array().unwrap().iter();
    let tasks = tasks.map(|task| {
        let text = |member: &str| task[member].as_str().unwrap().to_owned();
        (text("key"), text("status"))
    });
    tasks.collect()
}

pub(crate) fn redact(project: &Project) -> Run {
    let words = ["redact", "--text", "-", "--reason", "a password", "--yes"];
    project.run_with(words, format!("{SECRET}\n"))
}

#[track_caller]
fn python_verifies(project: &Project) {
    let verifier =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/verifier/verify_ledger.py");
    let output = Command::new("python3")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(verifier)
        .arg(project.path(".ledger/journal.jsonl"))
        .output();
    match output {
        Ok(output) => assert!(output.status.success(), "{output:?}"),
        Err(error) => assert!(std::env::var_os("CI").is_none(), "python3: {error}"),
    }
}

#[test]
fn a_text_goes_from_everywhere_and_all_else_stays() {
    let project = Project::adopted(PLAN);
    let first = project.ok(["render", "--at", "1", "--stdout"]).bytes;
    tainted(&project);
    // The text is in the adopted document of a second plan too.
    project.write(
        "MORE.md",
        format!("# More\n\n| {SECRET} | b |\n|---|---|\n| x | {SECRET} |\n"),
    );
    project.ok(["init", "MORE.md"]);
    let (known, stood) = (ids(&project), statuses(&project));
    let dry = project.run_with(["redact", "--text", "-", "--dry-run", "--json"], SECRET);
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(!dry.stdout.contains(SECRET), "{}", dry.stdout);
    let dry: Value = serde_json::from_str(&dry.stdout).unwrap();
    assert!(dry["parts"].as_array().unwrap().len() > 8, "{dry}");
    assert_eq!(dry["plans"].as_array().unwrap().len(), 2, "{dry}");
    assert_eq!(ids(&project), known, "a dry run changes nothing");

    let run = redact(&project);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET));
    is_nowhere(&project, SECRET);
    python_verifies(&project);
    assert_eq!(ids(&project)[..known.len()], known);
    assert_eq!(statuses(&project), stood);
    assert_eq!(project.ok(["render", "--at", "1", "--stdout"]).bytes, first);
    let marked = project.ok(["render", "--at", "2", "--stdout"]).stdout;
    assert!(marked.contains("[redacted]\n"), "{marked}");
    assert!(project.plan().contains("is about: [redacted]."));
    assert!(project.read("MORE.md").contains("| x | [redacted] |"));
    let events = project.events();
    assert_eq!(types(&events).last(), Some(&"body.redacted"));
    assert_eq!(events.last().unwrap()["reason"], "a password");
    assert!(
        events
            .iter()
            .any(|event| event["redacted"].as_u64().is_some_and(|parts| parts > 0))
    );
    // Everything that looks at moments goes on.
    for words in [
        &["history"][..],
        &["blame", "TODO.md"],
        &["blame", "TODO.md", "--at", "2"],
        &["diff", "1", "3"],
        &["diff", "2", "head", "--text"],
        &["show", "T-2"],
        &["show", "1"],
        &["show", "2", "--json"],
        &["stats"],
        &["identify", "TODO.md"],
        &["check"],
    ] {
        let run = project.run(words);
        assert!(matches!(run.code, 0 | 1), "{words:?}: {}", run.stderr);
        assert!(
            !run.stdout.contains(SECRET) && !run.stderr.contains("panicked"),
            "{words:?}"
        );
    }
    // It is finished: again it finds nothing, and records nothing.
    let known = ids(&project);
    assert_eq!(redact(&project).code, 0);
    assert_eq!(ids(&project), known);
    project.ok(["doctor"]);
}

#[test]
fn what_the_chain_hashes_cannot_go_and_it_says_so() {
    // The id of a task is in headers, and says which task an event is about.
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "T-3"]);
    let words = ["redact", "--text", "T-3", "--reason", "an id", "--yes"];
    let (known, text) = (ids(&project), project.plan());
    for words in [&words[..], &["redact", "--text", "T-", "--dry-run"]] {
        project.fails(
            words,
            1,
            &["in the id of task", "rekey", "nothing was redacted"],
        );
    }
    assert_eq!((ids(&project), project.plan()), (known, text));
    project.ok(["append", "rekey", "T-3", "N-3"]);
    let run = project.run(words);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("the hash of its header"),
        "{}",
        run.stdout
    );
    assert!(!project.plan().contains("T-3"), "{}", project.plan());
    project.ok(["verify", "--deep"]);

    let project = Project::adopted(PLAN);
    project.ok([
        "append",
        "note",
        "T-1",
        "from ada-secret",
        "--actor",
        "ada-secret",
    ]);
    let run = project.run([
        "redact",
        "--text",
        "ada-secret",
        "--reason",
        "a name",
        "--yes",
    ]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("part actor header"), "{}", run.stdout);
    assert!(!project.plan().contains("ada-secret"), "the rest is done");
    let note = &project.events()[2];
    assert!(
        !note["details"].to_string().contains("ada-secret"),
        "{note}"
    );
    project.ok(["verify", "--deep"]);
}

#[test]
fn one_part_of_one_event_goes() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "complete", "T-1", "--result", "one cup"]);
    let listed = project.run(["redact", "--text", "one cup", "--dry-run", "--json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let part = |name: &str| {
        let parts = listed["parts"].as_array().unwrap();
        let part = parts.iter().find(|part| part["name"] == name).unwrap();
        part["part"].as_str().unwrap().to_owned()
    };
    let event = project.ok(["show", "event:2", "--json"]).stdout;
    let event: Value = serde_json::from_str(&event).unwrap();
    let parts = event["body"].as_array().unwrap().len();
    let listed = project.ok(["redact", "2", "--dry-run"]).stdout;
    let result = format!("2 task.completed  part {} result  one cup", part("result"));
    assert!(
        listed.lines().any(|line| line.starts_with(&result)),
        "{listed}"
    );
    assert!(listed.contains("stays: "), "{listed}");
    assert_eq!(listed.lines().count(), parts + 1, "{listed}");
    project.fails(
        ["redact", "2", "--reason", "x", "--yes"],
        2,
        &["--part N", "--dry-run"],
    );
    // The plan has the line still.
    let line = part("line");
    project.fails(
        ["redact", "2", "--part", &line, "--reason", "x", "--yes"],
        1,
        &["as it is now", "nothing was redacted"],
    );
    let result = part("result");
    let said = project.ok([
        "redact", "2", "--part", &result, "--reason", "not ours", "--yes",
    ]);
    for also in [
        "TODO.md has the same text in line ",
        &format!("the same text stays in 2 task.completed  part {line} line "),
        "ledger redact --text takes it out",
    ] {
        assert!(said.stdout.contains(also), "{also} in {}", said.stdout);
    }
    assert!(!said.stdout.contains("one cup"), "{}", said.stdout);
    project.ok(["verify", "--deep"]);
    let audit = project.ok(["audit", "--task", "T-1"]).stdout;
    assert!(audit.contains("redacted: 1 part"), "{audit}");
    project.fails(
        [
            "redact", "event:2", "--part", "99", "--reason", "x", "--yes",
        ],
        2,
        &["numbered from 0"],
    );
    // What the plan is folded from stays.
    let task = project.run(["redact", "1", "--part", "0", "--reason", "x", "--yes"]);
    assert_eq!(task.code, 1, "{}", task.stdout);
    assert!(task.stdout.contains("stays: it says"), "{}", task.stdout);
    project.ok(["verify", "--deep"]);
}

#[test]
fn that_a_task_goes_with_what_made_it_one_is_said_before_and_after() {
    let project =
        Project::adopted("### T-4: Zip\n**Status**: Completed\n\n- [ ] **T-2**: Completed forms\n");
    let seen = project.ok(["redact", "--text", "Completed", "--dry-run"]);
    assert!(
        seen.stdout.contains("T-4: would be no task any more"),
        "{}",
        seen.stdout
    );
    assert!(!seen.stdout.contains("T-2: would"), "{}", seen.stdout);
    let done = project.ok(["redact", "--text", "Completed", "--reason", "x", "--yes"]);
    assert!(
        done.stdout.contains("T-4: is no task any more"),
        "{}",
        done.stdout
    );
    let tasks = project.ok(["list"]).stdout;
    assert!(
        tasks.contains("  T-2  ") && !tasks.contains("  T-4  "),
        "{tasks}"
    );
}

#[test]
fn nothing_is_redacted_without_a_word() {
    let project = Project::adopted(PLAN);
    tainted(&project);
    let known = ids(&project);
    let words = ["redact", "--text", SECRET, "--reason", "x"];
    project.fails(words, 2, &["cannot be brought back", "--yes"]);
    let words = ["redact", "--text", SECRET, "--reason", SECRET, "--yes"];
    project.fails(words, 2, &["are recorded"]);
    let words = ["redact", "--text", " \n\n", "--reason", "x", "--yes"];
    project.fails(words, 2, &["no text"]);
    // What comes behind the longest text would stay where it is.
    let words = ["redact", "--text", "-", "--reason", "x", "--yes"];
    let run = project.run_with(words, format!("{SECRET}{}", "x".repeat(64 << 10)));
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("not looked for"), "{}", run.stderr);
    assert_eq!(ids(&project), known);
}

#[test]
fn who_sits_at_a_terminal_is_asked_first() {
    let project = Project::adopted(PLAN);
    tainted(&project);
    let known = ids(&project);
    let words = ["redact", "--text", SECRET, "--reason", "a password"];
    for answer in ["\n", "n\n", "yesterday\n", "\u{4}"] {
        let seen = terminal::answer(&mut project.command(words), 80, answer);
        assert_eq!(seen.code, Some(1), "{answer:?}: {}", seen.text);
        for said in ["TODO.md: 5 lines", "go for good", "nothing was redacted"] {
            assert!(seen.text.contains(said), "{said}: {}", seen.text);
        }
        assert!(!seen.text.contains(SECRET), "{}", seen.text);
        assert_eq!(ids(&project), known);
    }
    let seen = terminal::answer(&mut project.command(words), 80, "y\n");
    assert_eq!(seen.code, Some(0), "{}", seen.text);
    assert!(!project.plan().contains(SECRET));
    project.ok(["verify", "--deep"]);
}

#[test]
fn what_is_put_aside_goes_too_and_an_old_store_is_noticed() {
    let project = Project::adopted(PLAN);
    tainted(&project);
    project.ok(["rebuild"]);
    project.ok(["rebuild"]);
    let quarantine = project.path(".ledger/quarantine");
    assert!(quarantine.join("0001-store").is_dir());
    fs::write(quarantine.join("0009-edit"), format!("x {SECRET}")).unwrap();
    fs::write(quarantine.join("0009-edit.txt"), "an edit\n").unwrap();
    fs::write(quarantine.join("0010-edit"), "harmless").unwrap();
    fs::write(quarantine.join("0010-edit.txt"), "another\n").unwrap();
    let old = tempfile::tempdir().unwrap();
    crate::endurance::copy_tree(&project.path(".ledger"), old.path());
    let run = redact(&project);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("0009-edit"), "{}", run.stdout);
    assert!(!quarantine.join("0001-store").exists() && quarantine.join("0010-edit").exists());
    // It may be somebody's edit, of which the rest is nobody's to take.
    let edit = fs::read_to_string(quarantine.join("0009-edit")).unwrap();
    assert_eq!(edit, "x [redacted]");
    is_nowhere(&project, SECRET);
    // The redacted journal beside a store from before.
    let clean = project.bytes(".ledger/journal.jsonl");
    fs::remove_dir_all(project.path(".ledger/store")).unwrap();
    fs::create_dir(project.path(".ledger/store")).unwrap();
    crate::endurance::copy_tree(&old.path().join("store"), &project.path(".ledger/store"));
    project.fails(["doctor"], 1, &["finding"]);
    let deep = project.fails(["verify", "--deep", "--json"], 1, &["doctor --fix"]);
    assert!(deep.stdout.contains("\"UNREDACTED\""), "{}", deep.stdout);
    project.ok(["doctor", "--fix"]);
    assert!(clean == project.bytes(".ledger/journal.jsonl"));
    project.ok(["verify", "--deep"]);
}

#[test]
fn an_exported_journal_without_it_is_imported() {
    let project = Project::adopted(PLAN);
    tainted(&project);
    assert_eq!(redact(&project).code, 0);
    let copy = Project::empty();
    copy.write("journal.jsonl", project.ok(["export"]).bytes);
    copy.ok(["verify", "--journal", "journal.jsonl"]);
    copy.ok(["import", "journal.jsonl"]);
    assert_eq!(copy.plan(), project.plan());
    assert_eq!(statuses(&copy), statuses(&project));
    copy.ok(["append", "start", "T-2"]);
    is_nowhere(&copy, SECRET);
}

#[test]
fn another_worktree_does_not_bring_it_back() {
    let project = Project::in_git(PLAN);
    tainted(&project);
    project.git(["commit", "-qam", "with it"]);
    project.git(["worktree", "add", "-q", "other", "-b", "other"]);
    let in_other = |words: &[&str]| {
        let words = ["-C", "other"].iter().chain(words).copied();
        project.run(words)
    };
    assert_eq!(in_other(&["render"]).code, 0);
    assert_eq!(in_other(&["append", "start", "T-2"]).code, 0);
    let plan = project.read("other/TODO.md");
    assert!(plan.contains(SECRET), "{plan}");
    let run = redact(&project);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("another checkout"), "{}", run.stdout);
    assert!(run.stdout.contains("git's history"), "{}", run.stdout);
    // Somebody edits the plan there, who has the older text.
    let edited = plan.replace("First task", "First task of all");
    project.write("other/TODO.md", edited);
    let observed = in_other(&["observe"]);
    assert_eq!(observed.code, 0, "{}{}", observed.stdout, observed.stderr);
    let plan = project.read("other/TODO.md");
    assert!(
        plan.contains("First task of all") && !plan.contains(SECRET),
        "{plan}"
    );
    assert!(!holds(&project.ok(["export"]).bytes, SECRET));
    project.ok(["verify", "--deep"]);
}

#[test]
fn writers_and_two_redactions_at_once_lose_nothing() {
    let project = Project::adopted(PLAN);
    tainted(&project);
    let spawn = |words: &[&str]| project.command(words).spawn().unwrap();
    let mut children = vec![spawn(&REDACTION), spawn(&REDACTION)];
    for nth in 0..4 {
        children.push(spawn(&[
            "append",
            "note",
            "T-2",
            &format!("written meanwhile {nth}"),
        ]));
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    for nth in 0..4 {
        assert!(project.plan().contains(&format!("written meanwhile {nth}")));
    }
    is_nowhere(&project, SECRET);
    let events = project.events();
    let redactions = types(&events)
        .iter()
        .filter(|kind| **kind == "body.redacted")
        .count();
    assert_eq!(redactions, 1);
}
