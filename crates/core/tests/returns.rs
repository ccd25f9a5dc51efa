//! Tasks that leave a plan, and come back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use common::ledger::Ledger;
use ledger_core::document::Document;
use ledger_core::{Batch, Command, Rejection, TaskKey, Verified};

fn ask(ledger: &mut Ledger, command: &Command) -> Result<Verified<Batch>, Rejection> {
    ledger
        .record(|transaction| transaction.command(command))
        .map(Option::unwrap)
}

fn kinds(batch: &Batch) -> Vec<String> {
    batch
        .events()
        .iter()
        .map(|recorded| recorded.event.header.kind.clone())
        .collect()
}

fn remove(task: &str) -> Command {
    Command::Remove {
        task: task.to_owned(),
        reason: None,
    }
}

fn restore(task: &str) -> Command {
    Command::Restore {
        task: task.to_owned(),
    }
}

fn key(name: &str) -> TaskKey {
    TaskKey::new(name).unwrap()
}

const TWICE: &str = "\
# Plan

## Work

- [ ] **002**: Harvest the orchard
  - [ ] **003**: Pick the pears before the frost

## Overview

| ID | Task | Status |
|----|------|--------|
| 003 | Pick the pears | ⏳ Pending |
| 004 | Press the cider | ⏳ Pending |
";

#[test]
fn a_task_that_is_still_written_elsewhere_outlives_its_parent() {
    let mut ledger = Ledger::adopting(&[("TODO.md", TWICE)]);
    assert_eq!(ledger.plan.task(&key("003")).unwrap().writings.len(), 2);
    let batch = ask(&mut ledger, &remove("002")).unwrap();
    assert_eq!(kinds(&batch), ["task.removed"]);
    let left = ledger.plan.task(&key("003")).unwrap();
    assert_eq!(left.writings.len(), 1);
    assert_eq!(left.title, "Pick the pears");
    let gone: Vec<&str> = ledger
        .plan
        .gone()
        .iter()
        .map(|gone| gone.key.as_str())
        .collect();
    assert_eq!(gone, ["002"]);

    let batch = ask(&mut ledger, &restore("002")).unwrap();
    assert_eq!(kinds(&batch), ["task.restored"]);
    assert_eq!(ledger.text("TODO.md"), TWICE);
    let whole = ledger.plan.task(&key("003")).unwrap();
    assert_eq!(whole.writings.len(), 2);
    assert_eq!(whole.title, "Pick the pears before the frost");
    assert!(ledger.replayed() == ledger.plan);
}

#[test]
fn a_task_whose_first_writing_is_deleted_by_hand_stays_the_task() {
    let block =
        "- [ ] **002**: Harvest the orchard\n  - [ ] **003**: Pick the pears before the frost\n";
    let mut ledger = Ledger::adopting(&[("TODO.md", TWICE)]);
    let id = ledger.id("TODO.md");
    let without = TWICE.replace(block, "");
    let batch = ledger
        .observe(&[(id.clone(), Document::from(without.as_str()))])
        .unwrap();
    assert!(
        !kinds(&batch).contains(&"task.added".to_owned()),
        "{:?}",
        kinds(&batch)
    );
    assert_eq!(ledger.plan.task(&key("003")).unwrap().writings.len(), 1);
    let batch = ledger.observe(&[(id, Document::from(TWICE))]).unwrap();
    assert!(
        kinds(&batch).contains(&"task.restored".to_owned()),
        "{:?}",
        kinds(&batch)
    );
    let keys: Vec<&str> = ledger.plan.tasks().keys().map(TaskKey::as_str).collect();
    assert_eq!(keys, ["002", "003", "004"]);
}
