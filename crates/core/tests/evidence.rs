//! Evidence: what is recorded of it, and how long a task counts as proven.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use common::ledger::Ledger;
use common::plans::act;
use ledger_core::decide::{Act, Artifact, Change, Command, Evidence, MOST_OUTPUT, Run};
use ledger_core::{Digest, Rejection, TaskKey};

const PLAN: &str = "# Plan\n\n- [ ] T-1: Brew coffee\n- [ ] T-2: Drink it\n";

fn ran(exit: Option<i32>) -> Run {
    Run {
        command: "make coffee".to_owned(),
        exit,
        millis: 1_250,
        bytes: 8,
        hash: Digest::from_bytes([7; 32]),
        output: "hot ☕\n".to_owned(),
    }
}

fn evidence(task: &str, run: Option<Run>, artifacts: Vec<Artifact>) -> Command {
    Command::Evidence(Evidence {
        task: task.to_owned(),
        run,
        artifacts,
        commit: Some("a1cf30a".to_owned()),
    })
}

fn status(kind: Act, task: &str) -> Command {
    act(
        kind,
        Change {
            task: task.to_owned(),
            ..Change::default()
        },
    )
}

fn record(ledger: &mut Ledger, commands: &[Command]) {
    let commands = commands.iter().map(|command| (1, command));
    ledger.record(|tx| tx.commands(commands)).unwrap();
}

fn is_proven(ledger: &Ledger, task: &str) -> bool {
    let proven = ledger.plan.is_proven(&TaskKey::new(task).unwrap());
    assert_eq!(ledger.replayed(), ledger.plan);
    proven
}

#[test]
fn evidence_and_completion_are_one_batch_and_the_parts_say_what_was_measured() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let file = Artifact {
        path: "cup/coffee.bin".to_owned(),
        bytes: 250,
        hash: Digest::from_bytes([9; 32]),
    };
    let commands = [
        evidence("T-1", Some(ran(Some(0))), vec![file]),
        status(Act::Complete, "T-1"),
    ];
    let commands = commands.iter().map(|command| (1, command));
    let batch = ledger.record(|tx| tx.commands(commands)).unwrap().unwrap();
    let kinds: Vec<&str> = batch
        .events()
        .iter()
        .map(|own| &*own.event.header.kind)
        .collect();
    assert_eq!(kinds, ["evidence.recorded", "task.completed"]);
    let event = &batch.events()[0].event;
    assert_eq!(event.header.task.as_ref().unwrap().as_str(), "T-1");
    let run = event.values("run").next().unwrap();
    assert_eq!(
        (
            run["exit"].as_i64(),
            run["ms"].as_u64(),
            run["bytes"].as_u64()
        ),
        (Some(0), Some(1_250), Some(8))
    );
    assert_eq!(run["hash"].as_str().unwrap(), "07".repeat(32));
    assert_eq!(event.text("shell"), Some("make coffee"));
    assert_eq!(event.text("output"), Some("hot ☕\n"));
    let artifact = event.values("artifact").next().unwrap();
    assert_eq!(artifact["hash"].as_str().unwrap(), "09".repeat(32));
    assert_eq!(event.text("path"), Some("cup/coffee.bin"));
    assert_eq!(event.text("commit"), Some("a1cf30a"));
    assert!(is_proven(&ledger, "T-1"));
}

#[test]
fn the_latest_evidence_counts_until_the_task_is_taken_up_again() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    for (exit, proven) in [
        (Some(0), true),
        (Some(2), false),
        (None, false),
        (Some(0), true),
    ] {
        record(&mut ledger, &[evidence("T-1", Some(ran(exit)), vec![])]);
        assert_eq!(is_proven(&ledger, "T-1"), proven, "{exit:?}");
    }
    record(&mut ledger, &[status(Act::Complete, "T-1")]);
    assert!(is_proven(&ledger, "T-1"));
    let rekey = Command::Rekey {
        task: "T-1".to_owned(),
        id: "T-9".to_owned(),
    };
    record(&mut ledger, &[rekey]);
    assert!(is_proven(&ledger, "T-9") && !is_proven(&ledger, "T-1"));
    record(&mut ledger, &[status(Act::Reopen, "T-9")]);
    assert!(!is_proven(&ledger, "T-9"));
    record(&mut ledger, &[status(Act::Complete, "T-9")]);
    assert!(!is_proven(&ledger, "T-9"));
}

#[test]
fn the_end_of_a_long_output_is_kept() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let mut run = ran(Some(0));
    run.output = format!("{}the end", "☕".repeat(MOST_OUTPUT));
    let command = evidence("T-1", Some(run), vec![]);
    let batch = ledger.record(|tx| tx.command(&command)).unwrap().unwrap();
    let kept = batch.events()[0].event.text("output").unwrap();
    assert!(kept.len() <= MOST_OUTPUT && kept.len() > MOST_OUTPUT - 4);
    assert!(kept.starts_with('☕') && kept.ends_with("the end"));
}

#[test]
fn evidence_of_nothing_or_for_no_task_is_refused() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let nothing = evidence("T-1", None, vec![]);
    let refused = ledger.record(|tx| tx.command(&nothing)).unwrap_err();
    assert!(matches!(refused, Rejection::NoEvidence { .. }));
    let unknown = evidence("T-7", Some(ran(Some(0))), vec![]);
    let refused = ledger.record(|tx| tx.command(&unknown)).unwrap_err();
    assert!(matches!(refused, Rejection::Unresolved(_)));
}
