//! Queries beside a process that writes: they neither wait for it nor keep it waiting.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::holder::Holder;
use crate::support::{Project, types};

/// A ledger with a few events, as a process leaves it that is stopped or killed after its event is
/// recorded and before its plan is cached.
fn without_a_cached_plan() -> Project {
    let project = Project::adopted("# Plan\n\n- [ ] **T-1**: Brew\n- [ ] **T-2**: Drink\n");
    project.ok(["append", "start", "T-1"]);
    project.ok(["append", "note", "T-2", "hot"]);
    fs::remove_file(project.path(".ledger/state")).unwrap();
    project
}

const QUERIES: [&[&str]; 17] = [
    &["status"],
    &["next"],
    &["list"],
    &["show", "T-1"],
    &["render", "--stdout"],
    &["render", "--stdout", "--at", "2"],
    &["render", "--check"],
    &["render", "--view", "history"],
    &["render", "--stdout", "--at", "head~1"],
    &["history"],
    &["history", "--task", "T-1"],
    &["show", "event:2"],
    &["diff", "1"],
    &["audit"],
    &["audit", "--task", "T-1"],
    &["export"],
    &["verify"],
];

#[test]
fn queries_are_answered_alike_while_a_writer_is_stopped() {
    let project = without_a_cached_plan();
    let stopped = Holder::of(&project);
    let mut shut_out = Vec::new();
    for query in QUERIES {
        shut_out.push(project.ok([&["--wait", "0"], query].concat()).stdout);
    }
    drop(stopped);
    for (query, answer) in QUERIES.iter().zip(shut_out) {
        assert_eq!(project.ok(*query).stdout, answer, "{query:?}");
    }
}

#[test]
fn a_file_that_git_brought_back_is_known_while_a_writer_is_stopped() {
    let project = Project::empty();
    project.write("TODO.md", "# Plan\n\n- [ ] **T-1**: Brew\n");
    project.git_init();
    project.ok(["init", "TODO.md"]);
    project.ok(["append", "start", "T-1"]);
    project.git(["commit", "-qam", "started"]);
    project.ok(["append", "complete", "T-1"]);
    project.git(["commit", "-qam", "done"]);
    project.ok(["observe"]);
    project.git(["checkout", "-q", "HEAD~1"]);
    let said = || {
        let run = project.run(["--wait", "0", "render", "--check", "--json"]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        run.stdout
    };
    let lock = File::open(project.path(".git/ledger/lock")).unwrap();
    lock.lock().unwrap();
    let shut_out = said();
    lock.unlock().unwrap();
    assert_eq!(shut_out, said());
    assert!(shut_out.contains("stale"), "{shut_out}");
}

#[test]
fn what_is_edited_by_hand_waits_while_a_writer_is_stopped() {
    let project = without_a_cached_plan();
    let edited = project.plan().replace("- [ ] **T-2**", "- [x] **T-2**");
    project.write("TODO.md", &edited);
    let stopped = Holder::of(&project);
    for command in [&["observe"][..], &["append", "note", "T-1", "slowly"]] {
        project.fails(
            [&["--wait", "0"], command].concat(),
            2,
            &["the change waits at"],
        );
    }
    drop(stopped);
    let changes = fs::read_dir(project.path(".ledger/spool")).unwrap();
    for change in changes.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()) {
        assert!(change.contains("- [x] **T-2**"), "{change}");
    }
    project.ok(["observe"]);
    let events = project.events();
    assert_eq!(types(&events[4..]), ["task.completed", "note.recorded"]);
}

#[test]
fn whoever_reads_slowly_keeps_no_writer_waiting() {
    let prose = "A line of prose that is of no importance.\n".repeat(5_000);
    let plan = format!("# Plan\n\n- [ ] **T-1**: Brew\n- [ ] **T-2**: Drink\n\n{prose}");
    let project = Project::adopted(&plan);
    project.ok(["append", "start", "T-1"]);
    fs::remove_file(project.path(".ledger/state")).unwrap();
    for (query, task) in [
        (&["render", "--stdout", "--at", "1"][..], "T-1"),
        (&["render", "--stdout"], "T-2"),
    ] {
        let mut reader = project
            .command(query)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = reader.stdout.take().unwrap();
        // What it prints is more than a pipe holds, so now it is at it and cannot end.
        let mut first = [0; 1];
        output.read_exact(&mut first).unwrap();
        project.ok(["append", "complete", task, "--wait", "0.5"]);
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).unwrap();
        assert!(reader.wait().unwrap().success());
        assert_eq!(first.len() + rest.len(), plan.len());
        fs::remove_file(project.path(".ledger/state")).unwrap();
    }
    let events = project.receipts(["audit", "--format", "ndjson"]);
    let done = |event: &&Value| event["type"] == "task.completed";
    assert_eq!(events.iter().filter(done).count(), 2);
}

/// A pipe that nobody reads and that is full already: whoever prints into it stands still.
fn full_pipe() -> (io::PipeReader, io::PipeWriter) {
    const HOLDS: usize = 64 << 10;
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&vec![b'.'; HOLDS]).unwrap();
    (reader, writer)
}

#[test]
#[cfg(target_os = "linux")]
fn a_writer_whose_output_nobody_reads_keeps_no_writer_waiting() {
    let plan = "# Plan\n\n- [ ] **T-1**: Brew\n- [ ] **T-2**: Drink\n";
    let fresh = || {
        let project = Project::empty();
        project.write("TODO.md", plan);
        project
    };
    let edited = || {
        let project = Project::adopted(plan);
        project.write("TODO.md", plan.replace("Drink", "Drink it"));
        project
    };
    let waited = || {
        let project = Project::adopted(plan);
        let stopped = Holder::of(&project);
        project.fails(["append", "note", "T-1", "hot", "--wait", "0"], 2, &[]);
        drop(stopped);
        project
    };
    type Scene<'s> = (&'s dyn Fn() -> Project, &'s [&'s str], usize);
    let scenes: [Scene<'_>; 3] = [
        (&fresh, &["init", "TODO.md"], 2),
        (&edited, &["render"], 3),
        (&waited, &["observe"], 3),
    ];
    for (set, words, events) in scenes {
        let project = set();
        let (reader, full) = full_pipe();
        let mut stuck = project
            .command(words)
            .stdout(full.try_clone().unwrap())
            .stderr(full)
            .spawn()
            .unwrap();
        let recorded = || {
            let journal = fs::read(project.path(".ledger/journal.jsonl")).unwrap_or_default();
            journal.iter().filter(|byte| **byte == b'\n').count()
        };
        while recorded() < events {
            thread::sleep(Duration::from_millis(1));
        }
        project.ok(["append", "complete", "T-2", "--wait", "30"]);
        assert_eq!(stuck.try_wait().unwrap(), None, "{words:?} cannot print");
        drop(reader);
        stuck.wait().unwrap();
        project.ok(["verify"]);
    }
}
