//! Checkpoints and proofs: what is signed, what catches a history that was cut short or rewritten,
//! and what another machine, another program and the verifier in Python make of it.

mod hostile;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Project, Run, lines_of_json, types};

const PLAN: &str = "\
# Plan

- [ ] **T-1**: brew
- [ ] **T-2**: drink
- [ ] **T-3**: wash up
";

/// A project with a checkpoint of its first events, and some events behind it.
fn signed() -> (Project, String) {
    let project = Project::in_git(PLAN);
    project.ok(["append", "start", "T-1"]);
    project.ok(["checkpoint", "--to", "first.checkpoint"]);
    project.ok(["append", "complete", "T-1", "--result", "one cup"]);
    project.ok(["append", "start", "T-2"]);
    let key = project.ok(["checkpoint", "--show-key"]).stdout;
    (project, key.trim_end().to_owned())
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).expect("one JSON value")
}

fn codes(run: &Run) -> Vec<String> {
    let value = json(run);
    let findings = value["findings"].as_array().expect("findings");
    let codes = findings.iter().filter_map(|found| found["code"].as_str());
    codes.map(str::to_owned).collect()
}

fn count_of(project: &Project, kind: &str) -> usize {
    let events = project.events();
    types(&events).iter().filter(|own| **own == kind).count()
}

/// The independent verifier; `None` where there is no Python and nobody insists.
fn python(arguments: &[&str], project: &Project) -> Option<Run> {
    python_script("verify_ledger.py", arguments, project)
}

fn python_script(script: &str, arguments: &[&str], project: &Project) -> Option<Run> {
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/verifier");
    let mut command = Command::new("python3");
    command
        .current_dir(project.folder())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(verifier.join(script))
        .args(arguments);
    match command.output() {
        Ok(output) => Some(Run::of(&output)),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "python3: {error}");
            eprintln!("there is no python3: the independent verifier checks nothing");
            None
        }
    }
}

#[test]
fn a_history_that_goes_on_extends_its_checkpoint_in_every_form() {
    let (project, key) = signed();
    let verified = project.ok(["verify", "--checkpoint", "first.checkpoint"]);
    assert!(
        verified
            .stdout
            .contains("extends the checkpoint of 3 events")
    );
    for chain in [&["--chain"][..], &["--deep"], &["--key", &key]] {
        let arguments = [
            &["verify", "--checkpoint", "first.checkpoint", "--json"],
            chain,
        ];
        let report = json(&project.ok(arguments.concat()));
        assert_eq!(report["checkpoint"]["extended"], true);
        assert_eq!(report["checkpoint"]["size"], 3);
    }
    project.git(["config", "user.name", "tester"]);
    project.git(["config", "user.email", "tester@example.org"]);
    let trailer = project.ok(["checkpoint", "--trailer"]).stdout;
    assert_eq!(trailer.lines().count(), 1);
    project.git([
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "Release",
        "-m",
        trailer.trim_end(),
    ]);
    let put = project.ok(["checkpoint", "--git-note"]);
    assert!(
        put.stdout.contains("into the note of commit"),
        "{}",
        put.stdout
    );
    let message = project.git(["log", "-1", "--format=%B"]);
    let note = project.git(["notes", "--ref=ledger-checkpoint", "show"]);
    let printed = project.ok(["checkpoint"]).stdout;
    assert_eq!(note, printed);
    for form in [message, note, printed] {
        let run = project.run_with(["verify", "--chain", "--checkpoint", "-"], &form);
        assert_eq!(run.code, 0, "{form}{}", run.stderr);
    }
    // The second one on the same commit takes the place of the first.
    project.ok(["append", "complete", "T-2"]);
    project.ok(["checkpoint", "--git-note", "--to", "both.checkpoint"]);
    let note = project.git(["notes", "--ref=ledger-checkpoint", "show"]);
    assert_eq!(note, project.read("both.checkpoint"));
}

#[test]
fn a_checkpoint_is_recorded_once_for_what_it_stands_for() {
    let (project, key) = signed();
    let first = json(&project.ok(["checkpoint", "--json"]));
    assert_eq!(
        (&first["new"], &first["size"]),
        (&Value::from(true), &Value::from(6))
    );
    assert_eq!(first["key"], key);
    for _ in 0..2 {
        let again = json(&project.ok(["checkpoint", "--json"]));
        assert_eq!(again["new"], false);
        assert_eq!(
            (&again["note"], &again["seq"]),
            (&first["note"], &first["seq"])
        );
    }
    assert_eq!(count_of(&project, "checkpoint.published"), 2);
    let report = json(&project.ok(["verify", "--json"]));
    assert_eq!(
        (&report["checkpoints"], &report["events"]),
        (&Value::from(2), &Value::from(7))
    );
    let chain = json(&project.ok(["verify", "--chain", "--json"]));
    assert_eq!(chain["checkpoints"], report["checkpoints"]);
    let trail = project
        .ok(["audit", "--type", "checkpoint.published"])
        .stdout;
    assert!(trail.contains("6 events, root"), "{trail}");

    // What was edited by hand is recorded first, and signed with the rest.
    project.write(
        "TODO.md",
        project.plan().replace("wash up", "wash all of it up"),
    );
    let run = project.ok(["checkpoint", "--json", "--cause", "release 2"]);
    assert!(run.stderr.contains("found first"), "{}", run.stderr);
    assert_eq!(json(&run)["size"], 8);
    let last = project.events().pop().unwrap();
    assert_eq!(
        (&last["type"], &last["cause"]),
        (&"checkpoint.published".into(), &"release 2".into())
    );
    project.ok(["verify", "--deep"]);
}

#[test]
fn a_history_that_was_cut_short_is_caught() {
    let (project, key) = signed();
    let checkpoint = project.ok(["checkpoint", "--to", "all.checkpoint"]);
    assert!(
        checkpoint.stdout.contains("6 events"),
        "{}",
        checkpoint.stdout
    );
    let journal = project.ok(["export"]).bytes;
    let lines: Vec<&[u8]> = journal.split_inclusive(|&byte| byte == b'\n').collect();
    for left in [2, 4, 5] {
        project.write("short.jsonl", lines[..left].concat());
        let arguments = [
            "verify",
            "--journal",
            "short.jsonl",
            "--checkpoint",
            "all.checkpoint",
        ];
        for chain in [&[][..], &["--chain"]] {
            let arguments = [&arguments[..], &["--key", &key, "--json"], chain].concat();
            let run = project.run(arguments);
            assert_eq!((run.code, codes(&run)), (1, vec!["CUT_SHORT".to_owned()]));
        }
        // By itself it is a good journal: that is what a checkpoint is for.
        project.ok(["verify", "--journal", "short.jsonl"]);
    }
    // The same where nothing of the ledger remembers the rest.
    let ledger = project.path(".git/ledger");
    fs::write(ledger.join("journal.jsonl"), lines[..4].concat()).unwrap();
    for name in ["store", "checkouts"] {
        let _ = fs::remove_dir_all(ledger.join(name));
    }
    for name in ["head", "head.new", "state", "state.new"] {
        let _ = fs::remove_file(ledger.join(name));
    }
    let words = [
        "cut short",
        "of 6 events",
        "there are 4",
        "events 4 to 5 are gone",
        "hint:",
    ];
    project.fails(["verify", "--checkpoint", "all.checkpoint"], 1, &words);
    project.ok(["verify", "--checkpoint", "first.checkpoint"]);
}

#[test]
fn a_history_that_was_written_anew_is_caught_wherever_it_parts() {
    let (project, key) = signed();
    let earlier = project.ok(["export"]).bytes;
    project.ok(["append", "complete", "T-2"]);
    project.ok(["append", "start", "T-3"]);
    project.ok(["checkpoint", "--to", "late.checkpoint"]);

    // Another machine goes on from the earlier export: the same ledger, another history.
    let other = Project::empty();
    other.write("earlier.jsonl", &earlier);
    other.ok(["import", "earlier.jsonl"]);
    for name in ["first.checkpoint", "late.checkpoint"] {
        other.write(name, project.read(name));
    }
    let kept = ["verify", "--checkpoint", "late.checkpoint"];
    let with_key = [&kept[..], &["--key", &key]].concat();
    other.fails(&with_key, 1, &["cut short"]);
    other.ok(["append", "block", "T-2", "--reason", "no cups"]);
    other.ok(["append", "note", "T-2", "buy some"]);
    other.ok(["append", "note", "T-2", "really"]);
    other.ok(["verify"]);
    let words = [
        "rewritten",
        "the first 8 events",
        "up to event 2",
        "from event 3 to 7",
    ];
    other.fails(
        &with_key,
        1,
        &["rewritten", "first 8 events", words[2], words[3]],
    );
    let chain = other.run([&with_key[..], &["--chain", "--json"]].concat());
    assert_eq!(
        (chain.code, codes(&chain)),
        (1, vec!["REWRITTEN".to_owned()])
    );
    // What they share is still what was signed.
    other.ok(["verify", "--checkpoint", "first.checkpoint", "--key", &key]);
    // It has no key of its own yet, and its own did not sign that.
    other.fails(kept, 1, &["rewritten"]);
    other.fails(
        ["verify", "--checkpoint", "first.checkpoint"],
        1,
        &["nobody checked", "--key"],
    );
    other.ok(["checkpoint"]);
    let run = other.run(["verify", "--json", "--checkpoint", "first.checkpoint"]);
    assert_eq!((run.code, codes(&run)), (1, vec!["NOT_SIGNED".to_owned()]));
    let before = other.events().len();
    // Nor can it be proven to go on from there, or its events to be in what was signed.
    other.fails(["prove", "--from", "late.checkpoint"], 1, &["proven"]);
    other.fails(
        ["prove", "7", "--checkpoint", "late.checkpoint"],
        1,
        &["not the one"],
    );

    assert_eq!(
        other.events().len(),
        before,
        "nothing is recorded for nothing"
    );

    // Another ledger with the same plan.
    let foreign = Project::adopted(PLAN);
    let kept = project.path("late.checkpoint").display().to_string();
    foreign.fails(["prove", "--from", &kept], 1, &["one of ledger"]);
    let run = foreign.run(
        [&with_key[..], &["--json"]]
            .concat()
            .iter()
            .map(|word| match *word {
                "late.checkpoint" => project.path("late.checkpoint").display().to_string(),
                word => word.to_owned(),
            }),
    );
    assert_eq!(
        (run.code, codes(&run)),
        (1, vec!["OTHER_LEDGER".to_owned()])
    );
}

#[test]
fn a_proof_made_on_one_machine_is_checked_on_another_and_in_python() {
    let (project, key) = signed();
    project.ok(["prove", "4", "--to", "event.tlog-proof"]);
    project.ok(["prove", "4", "--header-only", "--to", "header.tlog-proof"]);
    project.ok(["prove", "--from", "first.checkpoint", "--to", "newer.proof"]);
    assert_eq!(
        count_of(&project, "checkpoint.published"),
        2,
        "one serves all of them"
    );
    let id = project.events()[4]["id"].as_str().unwrap().to_owned();
    let by_id = project.ok(["prove", &id[..12]]).stdout;
    assert_eq!(by_id, project.read("event.tlog-proof"));
    project.write("journal.jsonl", project.ok(["export"]).bytes);

    let other = Project::empty();
    for name in [
        "event.tlog-proof",
        "header.tlog-proof",
        "newer.proof",
        "first.checkpoint",
        "journal.jsonl",
    ] {
        other.write(name, project.bytes(name));
    }
    let key_given = ["--key", key.as_str()];
    let check = |arguments: &[&str]| other.run([arguments, &key_given].concat());
    let run = check(&["verify-proof", "event.tlog-proof"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for word in [
        &id,
        "task.completed T-1, from in_progress to completed",
        "result: one cup",
    ] {
        assert!(
            run.stdout.contains(word),
            "'{word}' is not in: {}",
            run.stdout
        );
    }
    let run = check(&["verify-proof", "header.tlog-proof", "--json"]);
    assert_eq!(json(&run)["event"]["details"], Value::Array(Vec::new()));
    let run = check(&[
        "verify-proof",
        "newer.proof",
        "--checkpoint",
        "first.checkpoint",
    ]);
    assert!(
        run.stdout.contains("begin with the 3 events"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    // Whoever knows no key is told so; a ledger knows its own.
    other.fails(
        ["verify-proof", "event.tlog-proof"],
        1,
        &["nobody checked", "--key"],
    );
    project.ok(["verify-proof", "event.tlog-proof"]);
    let event = fs::read(project.path("journal.jsonl")).unwrap();
    let event: Vec<&[u8]> = event.split_inclusive(|&byte| byte == b'\n').collect();
    other.write("right.json", event[4]);
    other.write("wrong.json", event[5]);
    let run = check(&["verify-proof", "event.tlog-proof", "--event", "right.json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = check(&[
        "verify-proof",
        "event.tlog-proof",
        "--event",
        "wrong.json",
        "--json",
    ]);
    assert_eq!((run.code, codes(&run)), (1, vec!["NOT_PROVEN".to_owned()]));
    let run = check(&[
        "verify-proof",
        "event.tlog-proof",
        "--checkpoint",
        "first.checkpoint",
        "--json",
    ]);
    assert_eq!(
        (run.code, codes(&run)),
        (1, vec!["OTHER_CHECKPOINT".to_owned()])
    );

    for arguments in [
        &["--proof", "event.tlog-proof"][..],
        &["--proof", "event.tlog-proof", "--event", "right.json"],
        &["--proof", "header.tlog-proof"],
        &["--proof", "newer.proof", "--checkpoint", "first.checkpoint"],
        &["--checkpoint", "first.checkpoint", "journal.jsonl"],
    ] {
        let Some(run) = python(&[arguments, &key_given].concat(), &other) else {
            return;
        };
        assert_eq!(run.code, 0, "{arguments:?} {}{}", run.stdout, run.stderr);
    }
    other.write("short.jsonl", event[..2].concat());
    for (arguments, code) in [
        (
            &["--proof", "event.tlog-proof", "--event", "wrong.json"][..],
            "NOT_PROVEN",
        ),
        (
            &[
                "--proof",
                "event.tlog-proof",
                "--checkpoint",
                "first.checkpoint",
            ],
            "OTHER_CHECKPOINT",
        ),
        (
            &["--checkpoint", "first.checkpoint", "short.jsonl"],
            "CUT_SHORT",
        ),
    ] {
        let run = python(&[arguments, &key_given].concat(), &other).unwrap();
        assert_eq!(run.code, 1, "{arguments:?}");
        assert!(run.stdout.contains(code), "{}", run.stdout);
    }
}

#[test]
fn every_flipped_bit_is_found_in_python() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let vectors = vectors.display().to_string();
    let Some(run) = python_script("flip_bits.py", &[&vectors], &Project::empty()) else {
        return;
    };
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.starts_with("ok: "), "{}", run.stdout);
}

/// The libraries are tried with every bit; here the programs are, with bits from all over the files.
#[test]
fn flipped_bits_are_found_by_the_binary_and_in_python() {
    let (project, key) = signed();
    project.ok(["prove", "4", "--to", "event.tlog-proof"]);
    project.ok(["prove", "--from", "first.checkpoint", "--to", "newer.proof"]);
    project.write("journal.jsonl", project.ok(["export"]).bytes);
    const EACH: usize = 12;
    for (name, kind) in [
        ("event.tlog-proof", "--proof"),
        ("newer.proof", "--proof"),
        ("first.checkpoint", "--checkpoint"),
    ] {
        let good = project.bytes(name);
        for nth in 0..EACH {
            let mut bad = good.clone();
            let bit = nth * (good.len() * 8 - 1) / (EACH - 1);
            bad[bit / 8] ^= 1 << (bit % 8);
            project.write("bad", &bad);
            let own = match kind {
                "--proof" => project.run(["verify-proof", "bad", "--key", &key]),
                _ => project.run(["verify", "--chain", "--checkpoint", "bad", "--key", &key]),
            };
            assert_eq!(
                own.code, 1,
                "bit {bit} of {name}: {}{}",
                own.stdout, own.stderr
            );
            let journal = ["journal.jsonl"];
            let journal = if kind == "--proof" { &[][..] } else { &journal };
            let arguments = [&[kind, "bad", "--key", &key], journal].concat();
            if let Some(run) = python(&arguments, &project) {
                assert_eq!(
                    run.code, 1,
                    "bit {bit} of {name}: {}{}",
                    run.stdout, run.stderr
                );
                assert!(
                    !run.stderr.contains("Traceback"),
                    "bit {bit} of {name}: {}",
                    run.stderr
                );
            }
        }
    }
}

#[test]
fn checkpoints_and_proofs_outlive_a_redaction() {
    let (project, key) = signed();
    project.ok(["prove", "4", "--header-only", "--to", "header.tlog-proof"]);
    project.ok(["prove", "4", "--to", "before.tlog-proof"]);
    let words = ["redact", "--text", "-", "--reason", "private", "--yes"];
    let run = project.run_with(words, "one cup");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for extent in [&[][..], &["--chain"], &["--deep"]] {
        let words = [&["verify", "--checkpoint", "first.checkpoint"], extent];
        project.ok(words.concat());
    }
    let report = json(&project.ok(["verify", "--json"]));
    assert_eq!(report["checkpoints"], 2);
    let proof = project.ok(["prove", "4"]).stdout;
    project.write("after.tlog-proof", &proof);
    assert!(!project.read("before.tlog-proof").contains(&proof));
    for name in ["before.tlog-proof", "after.tlog-proof", "header.tlog-proof"] {
        project.ok(["verify-proof", name, "--key", &key]);
    }
    let shown = project.ok(["verify-proof", "after.tlog-proof"]).stdout;
    assert!(!shown.contains("one cup"), "{shown}");
}

#[test]
fn what_cannot_be_proven_is_said() {
    let (project, _) = signed();
    project.fails(["prove"], 2, &["EVENT"]);
    project.fails(["prove", "99"], 2, &["there is no event 99", "is 5"]);
    project.fails(["prove", "T-1"], 2, &["there is no event T-1"]);
    project.fails(["prove", "abcdef0"], 2, &["there is no event"]);
    project.fails(
        ["prove", "5", "--checkpoint", "first.checkpoint"],
        2,
        &["of 3 events", "came later"],
    );
    project.fails(
        ["prove", "1", "--checkpoint", "TODO.md"],
        1,
        &["signed note"],
    );
    assert_eq!(count_of(&project, "checkpoint.published"), 1);
    // What an earlier checkpoint covers takes no new one.
    let proof = project.ok(["prove", "2"]).stdout;
    assert!(
        proof.ends_with(&project.read("first.checkpoint")),
        "{proof}"
    );
    assert_eq!(count_of(&project, "checkpoint.published"), 1);
    let empty = Project::empty();
    empty.fails(["checkpoint"], 2, &["no ledger"]);
    empty.fails(["checkpoint", "--show-key"], 2, &["no ledger"]);
    let outside_git = Project::adopted(PLAN);
    outside_git.fails(["checkpoint", "--git-note"], 2, &["no git repository"]);
    outside_git.fails(
        ["checkpoint", "--to", "no/such/folder/file"],
        2,
        &["cannot be written"],
    );
}

#[test]
fn a_file_that_is_not_there_is_named_as_it_was_typed() {
    let (project, _) = signed();
    for command in [
        &["prove", "--from", "nowhere/c"][..],
        &["verify-proof", "nowhere/c"],
        &["verify", "--journal", "nowhere/c"],
        &["verify", "--checkpoint", "nowhere/c"],
    ] {
        let words = ["there is no file nowhere/c", "hint: "];
        let run = project.fails(command, 2, &words);
        assert!(!run.stderr.contains("os error"), "{}", run.stderr);
    }
    for command in [
        &["checkpoint", "--to", "nowhere/c"][..],
        &["prove", "1", "--to", "nowhere/c"],
    ] {
        let words = ["nowhere/c cannot be written", "hint: the folder"];
        let run = project.fails(command, 2, &words);
        assert!(!run.stderr.contains(".tmp"), "{}", run.stderr);
    }
}

#[test]
fn a_past_in_git_with_branches_is_signed_and_proven() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.git_init();
    project.git(["checkout", "-q", "-b", "side"]);
    project.write("TODO.md", PLAN.replace("- [ ] **T-3**", "- [x] **T-3**"));
    project.git(["commit", "-qam", "side"]);
    project.git(["checkout", "-q", "main"]);
    project.write("TODO.md", PLAN.replace("- [ ] **T-1**", "- [x] **T-1**"));
    project.git(["commit", "-qam", "main"]);
    project.git(["merge", "-q", "--no-edit", "side"]);
    project.ok(["init", "TODO.md", "--git"]);
    let merged = types(&project.events()).contains(&"history.merged");
    assert!(merged, "the past has a merge");
    project.ok(["checkpoint", "--to", "all.checkpoint"]);
    project.ok(["append", "start", "T-2"]);
    for extent in ["--chain", "--deep"] {
        project.ok(["verify", extent, "--checkpoint", "all.checkpoint"]);
    }
    project.ok(["prove", "2", "--to", "proof"]);
    project.ok(["verify-proof", "proof", "--checkpoint", "all.checkpoint"]);
    let report = json(&project.ok(["verify", "--json"]));
    assert_eq!(report["checkpoints"], 1);
}

#[test]
fn a_proof_from_a_checkpoint_is_of_what_came_since() {
    let project = Project::adopted("- [ ] **T-1**: a\n");
    project.ok(["checkpoint", "--to", "first.checkpoint"]);
    // Nothing but the event of the checkpoint itself.
    let prove = ["prove", "--from", "first.checkpoint", "--to", "newer.proof"];
    let same = project.ok(prove).stdout;
    assert!(
        same.contains("first 2 are those signed before, of 2 events"),
        "{same}"
    );
    project.ok(["append", "start", "T-1"]);
    project.ok(["append", "complete", "T-1"]);
    let newer = project.ok(prove).stdout;
    assert!(
        newer.contains("first 2 are those signed before, of 5 events"),
        "{newer}"
    );
    project.ok([
        "verify-proof",
        "newer.proof",
        "--checkpoint",
        "first.checkpoint",
    ]);
}

#[test]
fn a_wrong_checkpoint_inside_a_history_is_found() {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let project = Project::empty();
    for name in [
        "checkpoint-of-other-events",
        "checkpoint-of-fewer-events",
        "checkpoint-missing",
    ] {
        let journal = vectors.join(format!("bad/{name}.jsonl"));
        let journal = journal.to_str().unwrap();
        for extent in [&[][..], &["--chain"], &["--deep"]] {
            let words = [&["verify", "--json", "--journal", journal], extent];
            let run = project.run(words.concat());
            assert!(
                codes(&run).contains(&"WRONG_CHECKPOINT".to_owned()),
                "{name} {extent:?}: {}",
                run.stdout
            );
            assert_eq!(run.code, 1);
        }
    }
    // Receipts of an append that come as JSON stay one object a line beside all this.
    let own = Project::adopted(PLAN);
    own.ok(["checkpoint"]);
    let receipts = lines_of_json(&own.ok(["append", "start", "T-1", "--json"]).stdout);
    assert_eq!(types(&receipts), ["task.started"]);
}
