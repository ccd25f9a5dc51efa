//! Projections that take a shorter way, held to what the long way gives.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::BTreeMap;

use common::ledger::{Ledger, texts_of};
use common::plans::{Step, commanded, plan, steps};
use common::real_plans::all_series;
use ledger_core::document::{Document, Line, version};
use ledger_core::project::Between;
use ledger_core::project::History;
use ledger_core::project::diff::{Change, Diff};
use ledger_core::{DocumentId, Plan, Seq, Verifier};
use proptest::prelude::*;

/// Does to a ledger what the steps say; now and then somebody writes, moves or takes away a line
/// that says a version.
fn work(ledger: &mut Ledger, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Commands(draws) => {
                commanded(ledger, draws);
            }
            Step::Hand(draws) => {
                let documents: Vec<_> = ledger.plan.documents().cloned().collect();
                let edited: Vec<_> = documents
                    .iter()
                    .map(|own| {
                        let mut lines: Vec<Line> = own.text.lines().to_vec();
                        for draw in draws {
                            draw.edit(&mut lines);
                            let at = draw.other % (lines.len() + 1);
                            if draw.kind % 3 == 0 {
                                let line = format!("**Version**: 1.{}\n", draw.task % 4);
                                lines.insert(at, Line::from(line.as_str()));
                            }
                        }
                        let text: String = lines.iter().map(|line| &**line).collect();
                        (own.id.clone(), Document::from(text.as_str()))
                    })
                    .collect();
                // What cannot be a plan is refused, and nothing of it stays.
                let _ = ledger.try_observe(&edited);
            }
        }
    }
}

/// A version, the first and the last moment of a stretch under it, and how many there are.
type Stretch = (Option<String>, Seq, Seq, u64);

/// The stretches of each document by reading its whole text at each moment.
fn plain(ledger: &Ledger) -> BTreeMap<DocumentId, Vec<Stretch>> {
    let mut verifier = Verifier::new();
    let mut plan = Plan::default();
    let mut stretches: BTreeMap<DocumentId, Vec<Stretch>> = BTreeMap::new();
    for line in &ledger.lines {
        let Some(batch) = verifier.line(line).unwrap() else {
            continue;
        };
        plan.evolve(&batch).unwrap();
        let last = batch.events().last().unwrap();
        for (id, _) in &last.event.header.docs {
            let text = &plan.document(id).unwrap().text;
            let mut lines = text.lines().iter().take(version::HEAD);
            let is = lines.find_map(|line| Some(line.get(version::number(line)?)?.to_owned()));
            let own = stretches.entry(id.clone()).or_default();
            match own.last_mut().filter(|own| own.0 == is) {
                Some(own) => (own.2, own.3) = (last.seq, own.3 + 1),
                None => own.push((is, last.seq, last.seq, 1)),
            }
        }
    }
    stretches
}

fn history(ledger: &Ledger) -> History {
    let mut verifier = Verifier::new();
    let mut history = History::default();
    for line in &ledger.lines {
        if let Some(batch) = verifier.line(line).unwrap() {
            history.push(&batch);
            // What a snapshot keeps is all of it.
            let kept = serde_json::to_string(&history).unwrap();
            history = serde_json::from_str(&kept).unwrap();
        }
    }
    history
}

fn check_history(ledger: &Ledger) {
    let history = history(ledger);
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for own in history.versions() {
        let stretch = (
            own.version.clone(),
            own.first.seq,
            own.last.seq,
            own.moments,
        );
        found.entry(own.document.clone()).or_default().push(stretch);
    }
    assert_eq!(found, plain(ledger));
    let known = history.documents().iter();
    let known: Vec<_> = known.map(|own| (&own.id, &own.path, own.dropped)).collect();
    let documents = ledger.plan.all_documents().iter();
    let documents: Vec<_> = documents
        .map(|own| (&own.id, &own.path, own.dropped))
        .collect();
    assert_eq!(known, documents);
}

/// What a diff says of statuses is what both plans say, and nothing is left out.
fn check_diff(before: &Plan, after: &Plan, between: &Between) {
    assert!(Diff::of(before, before, &Between::default()).is_empty());
    assert!(Diff::of(after, after, &Between::default()).is_empty());
    let diff = Diff::of(before, after, between);
    let mut gone = 0;
    let mut came = 0;
    for task in &diff.tasks {
        let mut was = task.task.clone();
        let mut status = None;
        for change in &task.changes {
            match change {
                Change::Rekeyed { from } => was = from.clone(),
                Change::Status { from, to, .. } => status = Some((*from, *to)),
                Change::Added { status } => {
                    came += 1;
                    assert_eq!(after.task(&task.task).unwrap().status(), *status);
                }
                Change::Removed { status, last: _ } => {
                    gone += 1;
                    assert_eq!(before.task(&task.task).unwrap().status(), *status);
                }
                _ => {}
            }
        }
        let is_one_side = matches!(
            task.changes.as_slice(),
            [Change::Removed { .. } | Change::Added { .. }]
        );
        if !is_one_side {
            let (was, now) = (before.task(&was).unwrap(), after.task(&task.task).unwrap());
            let ends = (was.status(), now.status());
            assert_eq!(status, (ends.0 != ends.1).then_some(ends), "{}", task.task);
        }
    }
    let count = |plan: &Plan| plan.tasks_in_order().len();
    assert_eq!(count(before) - gone + came, count(after));
    // Tasks that keep their keys and that it does not name have the status they had.
    let named: Vec<_> = diff.tasks.iter().map(|own| &own.task).collect();
    for (key, task) in after.tasks().iter().filter(|(key, _)| !named.contains(key)) {
        if let Some(was) = before.task(key) {
            assert_eq!(was.status(), task.status(), "{key}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 120,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn versions_followed_by_their_lines_are_those_of_the_whole_texts(
        first in plan(),
        second in plan(),
        steps in steps(8),
    ) {
        let (first, second) = (first.text(), second.text());
        let first = format!("**Version**: 1.0\n\n{first}");
        let mut ledger = Ledger::adopting(&[("TODO.md", &first), ("LATER.md", &second)]);
        work(&mut ledger, &steps);
        check_history(&ledger);
    }

    #[test]
    fn a_diff_agrees_with_both_plans(first in plan(), steps in steps(8)) {
        let first = first.text();
        let mut ledger = Ledger::adopting(&[("TODO.md", &first)]);
        let before = ledger.plan.clone();
        let adopted = ledger.lines.len();
        work(&mut ledger, &steps);
        let mut verifier = Verifier::new();
        let mut between = Between::default();
        for (at, line) in ledger.lines.iter().enumerate() {
            if let Some(batch) = verifier.line(line).unwrap()
                && at >= adopted
            {
                between.take(&batch);
            }
        }
        check_diff(&before, &ledger.plan, &between);
        check_diff(&ledger.plan, &before, &between.reversed());
    }
}

#[test]
fn versions_of_real_plans_are_those_of_their_texts() {
    for series in all_series() {
        // A few of each tell as much as all.
        let texts = texts_of(&series);
        let step = 1 + texts.len() / 12;
        let mut texts = texts.into_iter().step_by(step).map(|(_, text)| text);
        let Some(first) = texts.next() else { continue };
        let mut ledger = Ledger::adopting(&[("TODO.md", &first.text())]);
        let id = ledger.id("TODO.md");
        for text in texts {
            let before = ledger.plan.clone();
            let batch = ledger.observe(&[(id.clone(), text)]);
            let mut between = Between::default();
            if let Some(batch) = batch {
                between.take(&batch);
            }
            check_diff(&before, &ledger.plan, &between);
        }
        check_history(&ledger);
    }
}
