//! How far a redaction reaches, and how what is gone shows.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::redact::{PLAN, SECRET, holds, ids, is_nowhere, redact, tainted};
use crate::support::holder::Holder;
use crate::support::{Project, types};

const KEY: [&str; 3] = ["BEGIN hunter2", "c3cr3t+b0dy/of it", "END hunter2"];

#[test]
fn a_text_of_several_lines_goes_whole_and_line_by_line() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "note", "T-1", &KEY.join("\n")]);
    project.ok(["append", "complete", "T-2", "--result", &KEY.join("\n")]);
    // Line by line, indented, by two edits: the middle comes last.
    let before = project.plan();
    let indented = |keys: &[&str]| {
        keys.iter()
            .map(|key| format!("    {key}\n"))
            .collect::<String>()
    };
    project.write(
        "TODO.md",
        before.clone() + "\n" + &indented(&[KEY[0], KEY[2]]),
    );
    project.ok(["observe"]);
    let half = project.events().len() - 1;
    project.write("TODO.md", before + "\n" + &indented(&KEY) + "the end\n");
    project.ok(["observe"]);
    let words = ["redact", "--text", "-", "--reason", "a key", "--yes"];
    let run = project.run_with(words, KEY.join("\r\n") + "\n");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    for key in KEY {
        is_nowhere(&project, key);
        assert!(!run.stdout.contains(key), "{}", run.stdout);
    }
    let marks = "\n    [redacted]\n    [redacted]\n    [redacted]\nthe end\n";
    assert!(project.plan().ends_with(marks), "{}", project.plan());
    let half = project.ok(["render", "--stdout", "--at", &half.to_string()]);
    assert!(
        half.stdout.ends_with("[redacted]\n[redacted]\n"),
        "{}",
        half.stdout
    );
    let known = ids(&project);
    let again = project.run_with(words, KEY.join("\n"));
    assert_eq!((again.code, ids(&project)), (0, known), "{}", again.stdout);
}

/// The part of an event that has a name, as `show` numbers them.
fn part_of(project: &Project, text: &str, name: &str) -> (String, String) {
    let found = project.ok(["redact", "--text", text, "--dry-run", "--json"]);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let parts = found["parts"].as_array().unwrap();
    let part = parts.iter().find(|part| part["name"] == name).unwrap();
    (
        part["seq"].to_string(),
        part["part"].as_str().unwrap().to_owned(),
    )
}

#[test]
fn a_part_goes_from_the_quarantine_and_from_what_waits() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "note", "T-1", SECRET]);
    let quarantine = project.path(".ledger/quarantine");
    fs::create_dir_all(&quarantine).unwrap();
    fs::copy(
        project.path(".ledger/journal.jsonl"),
        quarantine.join("0001-journal.jsonl"),
    )
    .unwrap();
    fs::write(
        quarantine.join("0002-edit"),
        format!("mine, and {SECRET}\n"),
    )
    .unwrap();
    let waits = newer_change(&project, &["append", "note", "T-2", SECRET]);
    let (seq, part) = part_of(&project, SECRET, "note");
    let reason = format!("it says {SECRET}");
    project.fails(
        [
            "redact", &seq, "--part", &part, "--reason", &reason, "--yes",
        ],
        2,
        &["the reason is recorded", "nothing was redacted"],
    );
    let run = project.ok(["redact", &seq, "--part", &part, "--reason", "x", "--yes"]);
    assert!(run.stdout.contains("taken out of"), "{}", run.stdout);
    let edit = fs::read_to_string(quarantine.join("0002-edit")).unwrap();
    assert_eq!(edit, "mine, and [redacted]\n");
    for place in [quarantine.join("0001-journal.jsonl"), waits] {
        assert!(
            !holds(&fs::read(&place).unwrap(), SECRET),
            "{}",
            place.display()
        );
    }
    // What it left of the journal that was put aside is one still.
    let aside = ".ledger/quarantine/0001-journal.jsonl";
    let text = project.read(aside);
    assert_eq!(text.lines().count(), 3, "{text}");
    project.ok(["verify"]);
}

/// A change that waits for a program of a later version: its file.
fn newer_change(project: &Project, words: &[&str]) -> PathBuf {
    {
        let _holder = Holder::of(project);
        let run = project.run([&["--wait", "0.01"], words].concat());
        assert_eq!(run.code, 2, "{}", run.stderr);
    }
    let mut entries = fs::read_dir(project.path(".ledger/spool")).unwrap();
    let path = entries.next().unwrap().unwrap().path();
    let text = fs::read_to_string(&path).unwrap();
    let json = text[65..].replacen("\"version\":2", "\"version\":9,\"later\":[1.5]", 1);
    let name = path.file_name().unwrap().to_str().unwrap();
    let check = blake3::hash(format!("{name}\0{json}").as_bytes()).to_hex();
    fs::write(&path, format!("{check}\n{json}")).unwrap();
    path
}

#[test]
fn a_change_that_waits_is_taken_in_first_or_written_anew() {
    let project = Project::adopted(PLAN);
    {
        let _holder = Holder::of(&project);
        let note = format!("the {SECRET} note");
        let words = ["--wait", "0.01", "append", "note", "T-1", &note];
        assert_eq!(project.run(words).code, 2);
    }
    assert_eq!(redact(&project).code, 0);
    is_nowhere(&project, SECRET);
    assert!(types(&project.events()).contains(&"note.recorded"));
    assert!(project.plan().contains("the [redacted] note"));

    let waits = newer_change(&project, &["append", "note", "T-2", SECRET]);
    let run = redact(&project);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("taken out of"), "{}", run.stdout);
    let text = fs::read_to_string(&waits).unwrap();
    assert!(
        text.contains("[redacted]") && text.contains("\"later\":[1.5]"),
        "{text}"
    );
    is_nowhere(&project, SECRET);
    // It is as whole as it was, and waits for the same program.
    let doctor = project.run(["doctor", "--json"]);
    let found: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let codes: Vec<&Value> = found["findings"].as_array().unwrap().iter().collect();
    assert!(
        codes.len() == 1 && codes[0]["code"] == "spool-newer",
        "{codes:?}"
    );
}

#[test]
fn no_hash_is_left_that_a_guess_could_be_checked_with() {
    let project = Project::adopted(PLAN);
    let words = ["append", "note", "T-1", SECRET, "--idem", "once"];
    project.ok(words);
    let later = project.ok(["append", "start", "T-2"]).stdout;
    let names = |project: &Project| {
        let journal = project.read(".ledger/journal.jsonl");
        let line: Value = serde_json::from_str(journal.lines().nth(2).unwrap()).unwrap();
        let parts = line["body"].as_array().unwrap().clone();
        parts
            .into_iter()
            .filter_map(|part| part[1].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let both = |name: &&String| ["document_salt", "command"].contains(&name.as_str());
    assert_eq!(names(&project).iter().filter(both).count(), 2, "{later}");
    assert_eq!(redact(&project).code, 0);
    assert_eq!(names(&project).iter().filter(both).count(), 0);
    let verified: Value = serde_json::from_str(&project.ok(["verify", "--json"]).stdout).unwrap();
    assert_eq!(verified["ok"], true);
    // The key stands for what it stood for.
    let known = ids(&project);
    project.ok(words);
    assert_eq!(ids(&project), known);
    assert!(!project.plan().contains(SECRET), "{}", project.plan());
}

#[test]
fn verify_says_what_is_left_of_a_redaction_and_what_to_run() {
    let project = Project::adopted(PLAN);
    tainted(&project);
    let before = project.bytes(".ledger/journal.jsonl");
    assert_eq!(redact(&project).code, 0);
    let clean = project.bytes(".ledger/journal.jsonl");
    // An older copy of the events is put back, as where a run breaks off.
    let lines = |bytes: &[u8]| bytes.split_inclusive(|byte| *byte == b'\n').count();
    let later: Vec<u8> = clean
        .split_inclusive(|byte| *byte == b'\n')
        .skip(lines(&before))
        .flatten()
        .copied()
        .collect();
    project.write(".ledger/journal.jsonl", [before, later].concat());
    let plain = project.ok(["verify"]);
    assert!(plain.stdout.contains("doctor --fix"), "{}", plain.stdout);
    let plain: Value = serde_json::from_str(&project.ok(["verify", "--json"]).stdout).unwrap();
    assert_eq!(
        (&plain["ok"], &plain["unredacted"]),
        (&true.into(), &2.into())
    );
    let chain = project.ok(["verify", "--chain", "--json"]);
    assert!(
        chain.stdout.contains("\"unredacted\": null"),
        "{}",
        chain.stdout
    );
    let deep = project.fails(["verify", "--deep"], 1, &["redacted", "doctor --fix"]);
    assert!(!deep.stdout.contains(SECRET), "{}", deep.stdout);
    project.ok(["doctor", "--fix"]);
    assert!(project.bytes(".ledger/journal.jsonl") == clean);
    project.ok(["verify", "--deep"]);
    let plain = project.ok(["verify"]);
    assert!(!plain.stdout.contains("redacted"), "{}", plain.stdout);
}

#[test]
fn what_is_gone_shows_as_gone_wherever_it_was() {
    let project = Project::adopted(PLAN);
    tainted(&project);
    let checkpoint = project.ok(["checkpoint"]).stdout;
    project.write("kept.checkpoint", checkpoint);
    let proof = project.ok(["prove", "3"]).stdout;
    project.write("three.proof", proof);
    assert_eq!(redact(&project).code, 0);
    project.ok(["verify", "--checkpoint", "kept.checkpoint"]);
    for form in ["table", "json", "ndjson", "csv", "md", "cloudevents"] {
        let audit = project.ok(["audit", "--format", form]).stdout;
        assert!(
            audit.contains("redacted") && !audit.contains(SECRET),
            "{form}: {audit}"
        );
    }
    let found = project.ok(["audit", "--format", "ndjson", "--grep", SECRET]);
    assert_eq!(found.stdout, "");
    let shown = project.ok(["show", "3"]).stdout;
    assert!(shown.contains("only its commitment is left"), "{shown}");
    assert!(shown.contains("+[redacted]"), "{shown}");
    let blame = project.ok(["blame", "TODO.md", "--at", "3"]).stdout;
    let marked = blame.lines().filter(|line| line.ends_with("| [redacted]"));
    let marked: Vec<&str> = marked.collect();
    assert!(
        marked.len() == 2 && marked[0].starts_with("2 ") && marked[1].starts_with("3 "),
        "{blame}"
    );
    let diff = project.ok(["diff", "1", "3", "--text"]).stdout;
    assert!(diff.contains("+[redacted]"), "{diff}");
    project.ok(["report", "--html", "report.html"]);
    let report = project.read("report.html");
    assert!(report.contains("[redacted]") && !report.contains(SECRET));
    for words in [
        &["history"][..],
        &["history", "--task", "T-2"],
        &["stats"],
        &["show", "T-1"],
    ] {
        assert!(!project.ok(words).stdout.contains(SECRET), "{words:?}");
    }
}

#[test]
fn a_hook_during_a_redaction_loses_nothing() {
    let project = Project::adopted(PLAN);
    for round in 0..3 {
        let secret = format!("{SECRET}-{round}");
        project.ok(["append", "note", "T-1", &secret]);
        let line = |nth: usize| format!("- [ ] **N-{round}{nth}**: Written in round {round}{nth}");
        let mut children = Vec::new();
        // One that waits for the lock, and one that has to leave its change in the spool if it
        // cannot have it.
        for (nth, wait) in ["20", "0"].into_iter().enumerate() {
            let old = "- [ ] **T-3**: Third task";
            let new = format!("{}\n{old}", line(nth));
            project.write("TODO.md", project.plan().replacen(old, &new, 1));
            let payload = json!({
                "session_id": "s", "hook_event_name": "PostToolUse", "cwd": project.folder(),
                "tool_name": "Edit", "tool_use_id": format!("toolu_{round}{nth}"),
                "tool_input": {
                    "file_path": project.path("TODO.md"), "old_string": old, "new_string": new,
                },
            });
            children.push((
                vec!["--wait", wait, "append", "--hook", "claude-code"],
                payload.to_string(),
            ));
        }
        let redaction = ["redact", "--text", "-", "--reason", "x", "--yes"].to_vec();
        children.insert(1, (redaction, secret.clone()));
        let children: Vec<_> = children
            .into_iter()
            .map(|(words, input)| {
                let mut command = project.command(words);
                let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
                std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes())
                    .unwrap();
                child
            })
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        project.ok(["observe"]);
        for nth in 0..2 {
            assert_eq!(
                project.plan().matches(&line(nth)).count(),
                1,
                "{}",
                project.plan()
            );
        }
        is_nowhere(&project, &secret);
    }
    let events = project.events();
    let added = types(&events)
        .into_iter()
        .filter(|kind| *kind == "task.added");
    assert_eq!(added.count(), 6);
}

#[test]
fn that_a_heading_of_the_past_may_be_gone_is_said_with_what_was_below_it() {
    let plan = "# P\n\n## One\n\n- [ ] **T-1**: a\n\n## Client ACME\n\n- [x] **T-2**: b\n";
    let project = Project::adopted(plan);
    project.ok(["redact", "--text", "ACME", "--reason", "left us", "--yes"]);
    for command in ["list", "next", "status", "stats", "graph"] {
        let then = project.ok([command, "--at", "1"]);
        assert!(
            then.stderr.contains("was below a heading"),
            "{command}: {}",
            then.stderr
        );
        let now = project.ok([command]);
        assert!(
            !now.stderr.contains("redacted"),
            "{command}: {}",
            now.stderr
        );
    }
}
