//! Real plans, every version observed after the one before it, in memory.
//!
//! For each version: the batch seals and folds, the document is the version byte for byte, the
//! facts agree with the text, and replaying the journal lines from zero gives the same state.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use std::path::Path;

use common::ledger::{Ledger, texts_of};
use common::real_plans::all_series;

fn replay(series: &Path) {
    let mut ledger = Ledger::new();
    for (path, version) in texts_of(series) {
        if ledger.head.is_none() {
            ledger
                .record(|transaction| {
                    transaction.create();
                    transaction.adopt("TODO.md", &version).map(drop)
                })
                .unwrap();
        } else {
            let id = ledger.id("TODO.md");
            ledger.observe(&[(id, version.clone())]);
        }
        let document = ledger.plan.document_at("TODO.md").unwrap();
        assert!(
            document.text == version,
            "{} is another text",
            path.display()
        );
    }
    assert!(
        ledger.replayed() == ledger.plan,
        "{}: replay gives another state",
        series.display()
    );
}

#[test]
fn every_version_of_every_real_plan_is_recorded_exactly() {
    for series in all_series() {
        replay(&series);
    }
}
