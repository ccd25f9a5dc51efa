//! Several at once: an editor and the ledger, and the ledger and itself.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{Project, types};

fn plan_of(tasks: usize) -> String {
    let tasks: String = (1..=tasks)
        .map(|n| format!("- [ ] **T-{n}**: Task number {n}\n"))
        .collect();
    format!("# Plan\n\nSaved 0 times.\n\nProse that keeps the two apart.\n\n{tasks}")
}

/// Starts the binary without waiting for it.
fn start(project: &Project, words: &[&str]) -> Child {
    project
        .command(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run")
}

/// Every text that was found in the file, as the ledger gives it back.
fn moments(project: &Project) -> BTreeSet<String> {
    let found = |event: &&serde_json::Value| {
        let batch = &event["batch"];
        event["origin"] == "observed" && batch[0].as_u64().map(|at| at + 1) == batch[1].as_u64()
    };
    project
        .events()
        .iter()
        .filter(found)
        .map(|event| {
            project
                .ok(["render", "--stdout", "--at", &event["seq"].to_string()])
                .stdout
        })
        .collect()
}

/// An editor saves the plan over and over while changes are appended. `save` is how it saves.
#[track_caller]
fn nothing_that_was_saved_is_lost(save: fn(&Project, &str)) {
    const SAVES: usize = 25;
    let plan = plan_of(40);
    let project = Project::adopted(&plan);
    let done = AtomicBool::new(false);
    let saved = thread::scope(|scope| {
        let editor = scope.spawn(|| {
            let mut saved = Vec::new();
            for n in 1..=SAVES {
                // An editor that has the file open knows nothing of what the ledger writes.
                let text = plan.replace("Saved 0 times", &format!("Saved {n} times"));
                save(&project, &text);
                // A person looks at what they saved: the ledger gets a turn between two saves.
                saved.push(text);
                project.ok(["observe", "--quiet"]);
            }
            done.store(true, Ordering::Release);
            saved
        });
        let mut n = 0;
        while !done.load(Ordering::Acquire) && n < 40 {
            n += 1;
            project.ok([
                "append",
                "note",
                &format!("T-{n}"),
                &format!("note {n}"),
                "--quiet",
            ]);
        }
        editor.join().unwrap()
    });
    project.ok(["verify"]);
    let current = project.plan();
    let line_of = |text: &str| text.lines().nth(2).unwrap_or_default().to_owned();
    let known: BTreeSet<String> = moments(&project).iter().map(|text| line_of(text)).collect();
    for text in &saved {
        let line = line_of(text);
        assert!(
            line_of(&current) == line || known.contains(&line),
            "'{line}' is lost"
        );
    }
    assert_eq!(line_of(&current), format!("Saved {SAVES} times."));
    // What the ledger has is what the file has.
    project.ok(["render", "--check"]);
}

#[test]
fn nothing_an_editor_saves_by_renaming_is_lost_to_appends() {
    nothing_that_was_saved_is_lost(|project, text| {
        project.write("TODO.md.swp", text);
        fs::rename(project.path("TODO.md.swp"), project.path("TODO.md")).unwrap();
    });
}

#[test]
fn a_plan_saved_between_looking_and_writing_is_not_overwritten() {
    let project = Project::adopted(&plan_of(60));
    // Saves that come at any moment of one command, the later ones from what the file then says.
    for n in 1..=12 {
        let child = start(
            &project,
            &["append", "note", &format!("T-{n}"), "from the ledger"],
        );
        let text = project.plan();
        let mark = format!("Prose number {n}.\n");
        project.write("TODO.md.swp", format!("{text}\n{mark}"));
        fs::rename(project.path("TODO.md.swp"), project.path("TODO.md")).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        project.ok(["observe"]);
        assert!(project.plan().contains(&mark), "save {n} is lost");
    }
    assert_eq!(
        types(&project.events())
            .iter()
            .filter(|kind| **kind == "note.recorded")
            .count(),
        12
    );
    project.ok(["verify"]);
    project.ok(["render", "--check"]);
}

#[test]
fn what_eight_processes_append_at_once_is_all_there_once() {
    const PROCESSES: usize = 8;
    const EACH: usize = 6;
    let project = Project::adopted(&plan_of(PROCESSES * EACH));
    let receipts: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..PROCESSES)
            .map(|writer| {
                let project = &project;
                scope.spawn(move || {
                    let change = |n: usize| {
                        let task = format!("T-{}", writer * EACH + n);
                        let words = [
                            "append", "complete", &task, "--json", "--wait", "60", "--idem", &task,
                        ];
                        project.ok(words).stdout
                    };
                    (1..=EACH).map(change).collect::<String>()
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    let mut acknowledged: Vec<String> = receipts
        .concat()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].to_string())
        .collect();
    let events = project.events();
    let mut there: Vec<String> = events[2..]
        .iter()
        .map(|event| event["id"].to_string())
        .collect();
    acknowledged.sort();
    there.sort();
    assert_eq!(
        acknowledged, there,
        "what was acknowledged, and nothing else"
    );
    let tasks: BTreeSet<&str> = events
        .iter()
        .filter_map(|event| event["task"].as_str())
        .collect();
    assert_eq!(tasks.len(), PROCESSES * EACH);
    assert_eq!(events.len(), 2 + PROCESSES * EACH);
    assert!(!project.plan().contains("- [ ]"));
    project.ok(["verify"]);
    project.ok(["render", "--check"]);
}

#[test]
fn of_two_processes_that_complete_one_task_one_is_told_that_it_is_done() {
    let project = Project::adopted(&plan_of(6));
    for n in 1..=6 {
        let task = format!("T-{n}");
        let words = ["append", "complete", &task, "--wait", "60"];
        let both = [start(&project, &words), start(&project, &words)];
        let mut ends: Vec<(i32, String)> = both
            .into_iter()
            .map(|child| {
                let output = child.wait_with_output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                (output.status.code().unwrap_or(-1), said)
            })
            .collect();
        ends.sort();
        assert_eq!((ends[0].0, ends[1].0), (0, 1), "{ends:?}");
        assert!(
            ends[1].1.contains(&task) && ends[1].1.contains("completed already"),
            "{ends:?}"
        );
        assert_eq!(project.events().len(), 2 + n);
    }
    project.ok(["verify"]);
}
