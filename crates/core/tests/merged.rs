//! Edits that were made on an older text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use common::ledger::Ledger;
use ledger_core::decide::{Change, Completion};
use ledger_core::document::Document;
use ledger_core::{Batch, Claim, Command, Edited, Verified};

const PLAN: &str = "\
# Plan

**Progress**: 1/4 done (25%)
**Next**: T-2

- [x] T-1: Walls
- [ ] T-2: Roof
- [ ] T-3: Door
- [ ] T-4: Garden
";

fn complete(ledger: &mut Ledger, task: &str) {
    let change = Change {
        task: task.to_owned(),
        reason: None,
        overrides: false,
        date: None,
        completion: Completion::default(),
    };
    ledger
        .record(|transaction| transaction.command(&Command::Complete(change)))
        .unwrap();
}

/// Observes what somebody made of an older text, merged with what the plan says now.
fn observe(ledger: &mut Ledger, base: &str, found: &str) -> Option<Verified<Batch>> {
    let [base, found] = [base, found].map(Document::from);
    let own = ledger.plan.document_at("TODO.md").unwrap();
    let edited = Edited::merged(own, &base, &found);
    ledger
        .record(|transaction| transaction.observe(&[edited], &Claim::Everything))
        .unwrap()
}

fn kinds(batch: &Batch) -> Vec<&str> {
    let events = batch.events().iter();
    events
        .map(|recorded| recorded.event.header.kind.as_str())
        .collect()
}

fn ticked(text: &str, task: &str) -> String {
    text.replace(&format!("- [ ] {task}"), &format!("- [x] {task}"))
}

#[test]
fn what_is_derived_from_the_tasks_of_both_sides_follows_in_the_same_batch() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    complete(&mut ledger, "T-2");
    assert!(ledger.text("TODO.md").contains("2/4 done (50%)"));
    let batch = observe(&mut ledger, PLAN, &ticked(PLAN, "T-3")).unwrap();
    let expected = ticked(&ticked(PLAN, "T-2"), "T-3");
    let expected = expected.replace("1/4 done (25%)", "3/4 done (75%)");
    assert_eq!(
        ledger.text("TODO.md"),
        expected.replace("**Next**: T-2", "**Next**: T-4")
    );
    assert_eq!(kinds(&batch), ["task.completed", "document.edited"]);
    assert_eq!(ledger.replayed().tasks(), ledger.plan.tasks());
    // And it goes on following.
    complete(&mut ledger, "T-4");
    assert!(ledger.text("TODO.md").contains("4/4 done (100%)"));
}

#[test]
fn derived_text_that_the_hand_brought_in_step_with_its_own_tasks_follows_too() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    complete(&mut ledger, "T-2");
    let found = ticked(PLAN, "T-3").replace("1/4 done (25%)", "2/4 done (50%)");
    let batch = observe(&mut ledger, PLAN, &found).unwrap();
    assert!(ledger.text("TODO.md").contains("3/4 done (75%)"));
    let first = &batch.events()[0].event;
    assert_eq!(first.text("overrode"), None, "both sides' count gave way");
}

#[test]
fn derived_text_that_the_hand_wrote_otherwise_stays_as_it_is() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    complete(&mut ledger, "T-2");
    let found = ticked(PLAN, "T-3").replace("1/4 done (25%)", "4/4 done (100%)");
    observe(&mut ledger, PLAN, &found).unwrap();
    assert!(ledger.text("TODO.md").contains("4/4 done (100%)"));
}

#[test]
fn derived_text_that_was_wrong_before_the_merge_stays_as_it_is() {
    let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
    let id = ledger.id("TODO.md");
    let by_hand = Document::from(ticked(PLAN, "T-2").as_str());
    ledger.observe(&[(id, by_hand)]);
    assert!(
        ledger.text("TODO.md").contains("1/4 done (25%)"),
        "as the hand left it"
    );
    observe(&mut ledger, PLAN, &ticked(PLAN, "T-3")).unwrap();
    assert!(ledger.text("TODO.md").contains("1/4 done (25%)"));
}

#[test]
fn an_edit_below_a_removed_task_restores_it_under_its_key() {
    let plan = PLAN.replace("T-3: Door\n", "T-3: Door\n  - Note: oak\n");
    let mut ledger = Ledger::adopting(&[("TODO.md", &plan)]);
    let remove = Command::Remove {
        task: "T-3".to_owned(),
        reason: None,
        overrides: false,
    };
    ledger
        .record(|transaction| transaction.command(&remove))
        .unwrap();
    let batch = observe(&mut ledger, &plan, &plan.replace("oak", "pine")).unwrap();
    assert_eq!(kinds(&batch), ["task.restored", "document.edited"]);
    let first = &batch.events()[0].event;
    assert_eq!(
        first.text("returned").map(str::trim),
        Some("- [ ] T-3: Door")
    );
    assert_eq!(ledger.text("TODO.md"), plan.replace("oak", "pine"));
}
