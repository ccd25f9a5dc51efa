//! Ids that are handed out: each once, whatever became of the tasks that had them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::BTreeSet;

use common::ledger::Ledger;
use ledger_core::decide::{Command, Placement};
use ledger_core::document::Document;
use ledger_core::{Batch, Rejection};
use proptest::prelude::*;

const PLAN: &str =
    "# Plan\n\n- [ ] US-007: Brew coffee\n- [x] US-008: Drink it\n- [ ] T1: Wash up\n";

fn add(id: &str) -> Command {
    Command::Add {
        title: format!("Something new {id}"),
        id: Some(id.to_owned()),
        place: Placement::default(),
        fields: Vec::new(),
    }
}

fn reserve(family: &str, count: usize) -> Command {
    Command::Reserve {
        family: family.to_owned(),
        count,
    }
}

fn remove(task: &str) -> Command {
    Command::Remove {
        task: task.to_owned(),
        reason: None,
        overrides: false,
    }
}

/// The ids that a batch handed out.
fn handed_out(batch: &Batch) -> Vec<String> {
    let events = batch.events().iter().map(|recorded| &recorded.event);
    let ids = events.flat_map(|event| match event.header.kind.as_str() {
        "id.reserved" => event
            .values("id")
            .map(|id| id.as_str().unwrap().to_owned())
            .collect(),
        "task.added" => vec![event.header.task.as_ref().unwrap().to_string()],
        _ => Vec::new(),
    });
    ids.collect()
}

fn ids(ledger: &mut Ledger, command: &Command) -> Vec<String> {
    handed_out(&ledger.record(|tx| tx.command(command)).unwrap().unwrap())
}

#[test]
fn an_id_counts_on_as_the_others_of_its_family_are_written() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    assert_eq!(ids(&mut ledger, &add("auto:US")), ["US-009"]);
    assert_eq!(ids(&mut ledger, &add("auto:us-")), ["US-010"]);
    assert_eq!(ids(&mut ledger, &add("auto:T")), ["T2"]);
    assert_eq!(ids(&mut ledger, &add("auto:BUG")), ["BUG-1"]);
    assert_eq!(
        ids(&mut ledger, &reserve("US", 3)),
        ["US-011", "US-012", "US-013"]
    );
    assert_eq!(ids(&mut ledger, &add("auto:US")), ["US-014"]);
    assert!(
        ledger
            .text("TODO.md")
            .contains("- [ ] US-014: Something new auto:US\n")
    );
}

#[test]
fn a_number_that_was_given_up_is_not_handed_out_again() {
    let mut ledger =
        Ledger::adopting(&[("TODO.md", PLAN), ("B.md", "# B\n\n- [ ] US-020: Other\n")]);
    let rekey = Command::Rekey {
        task: "US-008".to_owned(),
        id: "US-019".to_owned(),
    };
    ids(&mut ledger, &rekey);
    let drop = Command::Drop {
        plan: "B.md".to_owned(),
    };
    ids(&mut ledger, &drop);
    assert_eq!(ids(&mut ledger, &reserve("US", 1)), ["US-021"]);
    let both = [remove("US-019"), reserve("US", 1)];
    let batch = ledger.record(|tx| tx.commands(both.iter().map(|command| (1, command))));
    assert_eq!(handed_out(&batch.unwrap().unwrap()), ["US-022"]);
}

#[test]
fn an_id_that_the_text_mentions_is_passed_over() {
    let plan = format!("{PLAN}\nUS-009 was never begun. US-900 is another plan's.\n");
    let mut ledger = Ledger::adopting(&[("TODO.md", &plan)]);
    assert_eq!(ids(&mut ledger, &reserve("US", 1)), ["US-010"]);
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let mut refused = |command: &Command| ledger.record(|tx| tx.command(command)).unwrap_err();
    assert!(matches!(refused(&add("auto:")), Rejection::NoFamily { .. }));
    assert!(matches!(
        refused(&reserve(" - ", 1)),
        Rejection::NoFamily { .. }
    ));
    assert!(matches!(
        refused(&reserve("US", 0)),
        Rejection::TooMany { .. }
    ));
    assert!(matches!(
        refused(&reserve("US", 1_001)),
        Rejection::TooMany { .. }
    ));
    let plan = format!("{PLAN}- [ ] X-999999999999999: The last\n");
    let mut ledger = Ledger::adopting(&[("TODO.md", &plan)]);
    let refused = ledger
        .record(|tx| tx.command(&reserve("X", 1)))
        .unwrap_err();
    assert!(matches!(refused, Rejection::NoFamily { .. }));
}

/// What somebody does to a plan; tasks by their place.
#[derive(Debug, Clone)]
enum Step {
    Add,
    Reserve(usize),
    Remove(usize),
    Restore(usize),
    Rekey(usize, u8),
    Delete(usize),
    Write(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => Just(Step::Add),
        2 => (1usize..4).prop_map(Step::Reserve),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::Restore),
        1 => (any::<usize>(), 1u8..60).prop_map(|(task, id)| Step::Rekey(task, id)),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => (1u8..60).prop_map(Step::Write),
    ];
    prop::collection::vec(step, 1..25)
}

/// The written id of a task by its place.
fn named(ledger: &Ledger, at: usize) -> Option<String> {
    let tasks = ledger.plan.tasks_in_order();
    let at = at.checked_rem(tasks.len())?;
    tasks.get(at)?.id.clone()
}

proptest! {
    #[test]
    fn no_id_is_handed_out_that_was_there_before(steps in steps()) {
        let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
        let mut known: BTreeSet<String> = BTreeSet::new();
        for step in steps {
            known.extend(ledger.plan.tasks().values().filter_map(|task| task.id.clone()));
            let command = match step {
                Step::Add => Some(add("auto:US")),
                Step::Reserve(count) => Some(reserve("US", count)),
                Step::Remove(at) => named(&ledger, at).map(|task| remove(&task)),
                Step::Restore(at) => {
                    let gone = ledger.plan.gone();
                    let gone = at.checked_rem(gone.len()).and_then(|at| gone.get(at));
                    gone.map(|gone| Command::Restore { task: gone.key.to_string() })
                }
                Step::Rekey(at, to) => named(&ledger, at).map(|task| Command::Rekey {
                    task,
                    id: format!("US-{to:03}"),
                }),
                Step::Delete(at) => {
                    let mut lines = ledger.text("TODO.md").lines().map(str::to_owned).collect::<Vec<_>>();
                    let at = at % lines.len().max(1);
                    lines.drain(at..lines.len().min(at + 1));
                    let text = lines.join("\n") + "\n";
                    ledger.observe(&[(ledger.id("TODO.md"), Document::from(text.as_str()))]);
                    None
                }
                Step::Write(id) => {
                    let text = ledger.text("TODO.md");
                    let text = format!("{text}- [ ] US-{id:03}: Written by hand\n");
                    ledger.observe(&[(ledger.id("TODO.md"), Document::from(text.as_str()))]);
                    None
                }
            };
            let Some(command) = command else { continue };
            known.extend(ledger.plan.tasks().values().filter_map(|task| task.id.clone()));
            let counted = matches!(command, Command::Add { .. } | Command::Reserve { .. });
            if let Ok(Some(batch)) = ledger.record(|tx| tx.command(&command)) {
                for id in handed_out(&batch) {
                    let new = known.insert(id.clone());
                    prop_assert!(new || !counted, "{} was there before", id);
                }
            }
        }
        prop_assert_eq!(ledger.replayed(), ledger.plan);
    }
}
