//! How much room a ledger takes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::Project;

/// A plan of a few phases, and as many tasks.
fn plan(tasks: usize) -> String {
    let mut plan = String::from("# Plan\n");
    for task in 0..tasks {
        if task % 20 == 0 {
            let _ = write!(plan, "\n## Phase {}\n\n", task / 20 + 1);
        }
        let _ = write!(
            plan,
            "- [ ] **T-{task}**: Write part {task} of what is to be done\n  - **Output**: `src/part_{task}.rs`\n"
        );
    }
    plan
}

/// Changes as many commands in a row would make them, each 66 of them in a process.
fn lengthen(project: &Project, processes: usize) {
    for process in 0..processes {
        let mut changes = String::new();
        for nth in 0..22 {
            let task = format!("T-{}", (process + nth) % 8);
            for change in ["start", "complete", "reopen"] {
                let change = serde_json::json!({"change": change, "task": task});
                let _ = writeln!(changes, "{change}");
            }
        }
        let run = project.run_with(["append", "--json", "-q"], changes);
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
}

fn size(path: &Path) -> u64 {
    let meta = fs::symlink_metadata(path).unwrap();
    if !meta.is_dir() {
        return meta.len();
    }
    fs::read_dir(path)
        .unwrap()
        .map(|entry| size(&entry.unwrap().path()))
        .sum()
}

#[test]
fn a_ledger_takes_at_most_two_and_a_half_times_the_room_of_its_journal() {
    for (tasks, processes) in [(60, 16), (60, 60), (2_000, 16)] {
        let project = Project::adopted(&plan(tasks));
        lengthen(&project, processes);
        assert!(project.path(".ledger/store").exists());
        let journal = size(&project.path(".ledger/journal.jsonl"));
        let all = size(&project.path(".ledger"));
        assert!(
            all * 2 <= journal * 5,
            "{tasks} tasks: {all} bytes for a journal of {journal}"
        );
        project.ok(["verify", "--deep"]);
    }
}
