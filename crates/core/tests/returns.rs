//! Tasks that leave a plan, and come back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use common::ledger::Ledger;
use ledger_core::decide::{Change, Completion, Placement};
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
        overrides: false,
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

const ORCHARD: &str = "\
# Plan

- [ ] **008**: Prune the apple trees
- [x] **008**: Sharpen every spade
- [ ] **009**: Rake the leaves
";

#[test]
fn a_removed_task_comes_back_beside_another_one_with_its_id() {
    for (name, left) in [("008#2", ["008", "009"]), ("008#1", ["008#2", "009"])] {
        let mut ledger = Ledger::adopting(&[("TODO.md", ORCHARD)]);
        ask(&mut ledger, &remove(name)).unwrap();
        let keys: Vec<&str> = ledger.plan.tasks().keys().map(TaskKey::as_str).collect();
        assert_eq!(keys, left);
        ask(&mut ledger, &restore(name.trim_end_matches("#1"))).unwrap();
        assert_eq!(ledger.text("TODO.md"), ORCHARD);
        let keys: Vec<&str> = ledger.plan.tasks().keys().map(TaskKey::as_str).collect();
        assert_eq!(keys, ["008", "008#2", "009"]);
        assert_eq!(
            ledger.plan.task(&key("008#2")).unwrap().title,
            "Sharpen every spade"
        );
        assert!(ledger.plan.gone().is_empty());
        assert!(ledger.replayed() == ledger.plan);
    }
}

#[test]
fn the_same_task_in_two_plans_comes_back_into_its_own() {
    let plan = "# Plan\n\n- [ ] **T-1**: Prune the trees\n- [ ] **T-2**: Rake\n";
    let mut ledger = Ledger::adopting(&[("A.md", plan), ("B.md", plan)]);
    ask(&mut ledger, &remove("T-1#2")).unwrap();
    ask(&mut ledger, &restore("T-1#2")).unwrap();
    assert_eq!(ledger.text("B.md"), plan);
    assert_eq!(
        ledger.plan.task(&key("T-1#2")).unwrap().document,
        ledger.id("B.md")
    );
}

#[test]
fn a_removed_task_does_not_come_back_as_a_part_of_another_one() {
    let add = |id: &str, title: &str| Command::Add {
        title: title.to_owned(),
        id: Some(id.to_owned()),
        place: Placement::default(),
        fields: Vec::new(),
    };
    // One that reads like it, and one that has its key.
    for title in ["Prune all the apple trees", "Buy new gloves"] {
        let mut ledger = Ledger::adopting(&[(
            "TODO.md",
            "- [ ] **008**: Prune the apple trees\n- [ ] **009**: Rake\n",
        )]);
        ask(&mut ledger, &remove("008")).unwrap();
        ask(&mut ledger, &add("008", title)).unwrap();
        let before = ledger.text("TODO.md");
        let refused = ask(&mut ledger, &restore("008")).unwrap_err();
        assert!(matches!(refused, Rejection::IdTaken { .. }), "{refused}");
        assert_eq!(ledger.text("TODO.md"), before);
    }
}

#[test]
fn a_removed_task_is_found_by_its_title_as_well() {
    let plan = "# Plan\n\n- [ ] Zed\n- [ ] **T-1**: Rake the leaves\n- [ ] Oil the gate\n";
    for name in ["Zed", "zed"] {
        let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
        ask(&mut ledger, &remove("Zed")).unwrap();
        ask(&mut ledger, &restore(name)).unwrap();
        assert_eq!(ledger.text("TODO.md"), plan);
    }
    for name in ["T-1", "t-1", "T-1#1", "rake the LEAVES"] {
        let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
        ask(&mut ledger, &remove("T-1")).unwrap();
        ask(&mut ledger, &restore(name)).unwrap();
        assert_eq!(ledger.text("TODO.md"), plan);
    }
}

#[test]
fn of_several_removed_tasks_the_last_one_comes_back() {
    let plan =
        "# Plan\n\n## North\n\n- [ ] Oil the gate\n\n## South\n\n- [ ] Oil the gate\n- [ ] Rake\n";
    let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
    let keys: Vec<TaskKey> = ledger
        .plan
        .tasks_in_order()
        .iter()
        .map(|task| task.key.clone())
        .collect();
    ask(&mut ledger, &remove(keys[1].as_str())).unwrap();
    ask(&mut ledger, &remove(keys[0].as_str())).unwrap();
    ask(&mut ledger, &restore("Oil the gate")).unwrap();
    let now: Vec<&TaskKey> = ledger.plan.gone().iter().map(|gone| &gone.key).collect();
    assert_eq!(now, [&keys[1]]);
}

#[test]
fn a_task_that_was_not_removed_names_the_nearest_that_were() {
    let plan = "# Plan\n\n- [ ] Zed the mill\n- [ ] **T-1**: Rake the leaves\n- [ ] Oil the gate\n";
    let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
    let refused = ask(&mut ledger, &restore("T-1")).unwrap_err();
    assert_eq!(refused.hint(), None);
    let zed = ledger.plan.resolve("Zed the mill").unwrap().key.clone();
    ask(&mut ledger, &remove("Zed the mill")).unwrap();
    ask(&mut ledger, &remove("T-1")).unwrap();
    let mut hint = |name: &str| {
        ask(&mut ledger, &restore(name))
            .unwrap_err()
            .hint()
            .unwrap()
    };
    assert_eq!(
        hint("Zed the mil"),
        format!("removed were {zed} (Zed the mill)")
    );
    assert_eq!(
        hint("qqq"),
        format!("removed were T-1, {zed} (Zed the mill)")
    );
}

#[test]
fn the_line_of_the_last_completed_task_is_its_own_again_when_it_comes_back() {
    let by_order = "\
# Plan

**Last Completed**: A-2 (Rake the leaves)

- [x] **A-1**: Oil the gate
- [x] **A-2**: Rake the leaves
- [ ] **A-3**: Sow the peas
";
    let by_date = "\
# Plan

**Last Completed**: A-1 (Oil the gate)

### A-1: Oil the gate

**Status**: ✅ Completed
**Completed**: 2025-10-15

### A-2: Rake the leaves

**Status**: ✅ Completed
**Completed**: 2025-10-02

### A-3: Sow the peas

**Status**: ⏳ Pending
";
    for (plan, named, other) in [(by_order, "A-2", "A-1"), (by_date, "A-1", "A-2")] {
        let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
        ask(&mut ledger, &remove(named)).unwrap();
        let text = ledger.text("TODO.md");
        assert!(
            text.contains(&format!("Last Completed**: {other} (")),
            "{text}"
        );
        ask(&mut ledger, &restore(named)).unwrap();
        assert_eq!(ledger.text("TODO.md"), plan);
        // One that the line does not name comes and goes without it.
        for task in [other, "A-3"] {
            ask(&mut ledger, &remove(task)).unwrap();
            ask(&mut ledger, &restore(task)).unwrap();
            assert_eq!(ledger.text("TODO.md"), plan);
        }
    }
}

#[test]
fn words_of_a_last_completed_line_outlive_its_task() {
    let plan = "\
# Plan

**Last Completed**: A-1 (hinges and lock - 2025-10-15)

### A-1: Oil the gate

**Status**: ✅ Completed
**Completed**: 2025-10-15

### A-2: Rake the leaves

**Status**: ⏳ Pending
";
    let mut ledger = Ledger::adopting(&[("TODO.md", plan)]);
    let complete = Command::Complete(Change {
        task: "A-2".to_owned(),
        completion: Completion {
            summary: Some("all of them".to_owned()),
            ..Completion::default()
        },
        ..Change::default()
    });
    ask(&mut ledger, &complete).unwrap();
    ask(&mut ledger, &remove("A-1")).unwrap();
    let text = ledger.text("TODO.md");
    assert!(
        text.contains("**Last Completed**: A-2 (all of them - 2026-01-01)"),
        "{text}"
    );
    let line = text.lines().nth(2).unwrap().to_owned();
    // Nothing completed is left, so the line stays.
    ask(&mut ledger, &remove("A-2")).unwrap();
    ask(&mut ledger, &restore("A-2")).unwrap();
    assert_eq!(ledger.text("TODO.md").lines().nth(2), Some(line.as_str()));
}
