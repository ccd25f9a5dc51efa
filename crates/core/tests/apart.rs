//! Histories that went apart: what is sealed on an earlier event verifies, and folds on the plan
//! that led to it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::BTreeMap;

use common::{NONCE, stamp};
use ledger_core::decide::PastChange;
use ledger_core::document::Document;
use ledger_core::examine::{ForkFinder, fork_points};
use ledger_core::link::Links;
use ledger_core::plan::Fold;
use ledger_core::project::{Along, Stats, distant_parents};
use ledger_core::{
    Batch, Branches, Context, Head, Parent, Plan, Stamp, Transaction, Verified, Verifier, seal,
    seal_on,
};
use proptest::prelude::*;

/// A history of a plan whose lines are numbers, in which each batch follows any one before it
/// and may join another.
#[derive(Debug, Default)]
struct Apart {
    batches: Vec<Verified<Batch>>,
    plans: Vec<Plan>,
    head: Option<Head>,
}

impl Apart {
    fn record(&mut self, parents: Option<(usize, Option<usize>)>, text: &str) {
        let count = self.batches.len() as u64;
        let mut entropy = [5; 32];
        entropy[..8].copy_from_slice(&count.to_le_bytes());
        let context = Context {
            today: "2026-01-01".to_owned(),
            entropy,
        };
        let stamp = Stamp {
            entropy,
            ..stamp(self.batches.len() as u8)
        };
        let mut plan = parents.map_or_else(Plan::default, |(first, _)| self.plans[first].clone());
        let mut tx = Transaction::new(&plan, &context);
        let now = Some(("TODO.md".to_owned(), Some(Document::from(text))));
        match parents {
            None => {
                tx.create();
                tx.adopt("TODO.md", &Document::from(text)).unwrap();
            }
            Some((_, joined)) => {
                if let Some(joined) = joined {
                    tx.join();
                    tx.call_as_in(&self.plans[joined]);
                }
                let was = Some("TODO.md".to_owned());
                tx.take_over(&[PastChange { was, now }]).unwrap();
            }
        }
        let decision = tx.finish().unwrap();
        if decision.drafts.is_empty() {
            return;
        }
        let documents: Vec<_> = decision
            .documents
            .iter()
            .map(|(id, text)| (id.clone(), text))
            .collect();
        let parent = |at: usize| Parent::from(self.batches[at].head());
        let drafts = &decision.drafts;
        let batch = match (parents, &self.head) {
            (Some((first, joined)), Some(head)) => {
                let follows = (parent(first), joined.map(parent));
                seal_on(head, follows, &stamp, drafts, &documents)
            }
            _ => seal(None, &stamp, drafts, &documents, Some(NONCE)),
        };
        let batch = batch.unwrap();
        plan.evolve(&batch).unwrap();
        self.head = Some(batch.head().clone());
        self.plans.push(plan);
        self.batches.push(batch);
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let events = self.batches.iter().flat_map(|batch| batch.events());
        events.map(|recorded| recorded.line.as_slice())
    }
}

fn plan_text(numbers: &[u8]) -> String {
    let tasks = numbers.iter().enumerate().map(|(at, number)| {
        let mark = if number % 2 == 0 { ' ' } else { 'x' };
        format!("- [{mark}] T-{at}: number {number}\n")
    });
    ["# Plan\n\n".to_owned()].into_iter().chain(tasks).collect()
}

fn histories() -> impl Strategy<Value = Apart> {
    let index = any::<prop::sample::Index>;
    let batch = (
        index(),
        prop::option::weighted(0.3, index()),
        prop::collection::vec(0..4u8, 0..5),
        any::<bool>(),
    );
    prop::collection::vec(batch, 0..16).prop_map(|draws| {
        let mut apart = Apart::default();
        apart.record(None, &plan_text(&[0, 1, 0]));
        for (first, joined, numbers, straight) in draws {
            let count = apart.batches.len();
            let first = if straight {
                count - 1
            } else {
                first.index(count)
            };
            let joined = joined.map(|joined| joined.index(count));
            let joined = joined.filter(|joined| *joined != first);
            apart.record(Some((first, joined)), &plan_text(&numbers));
        }
        apart
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_history_that_went_apart_verifies_and_folds_along_first_parents(apart in histories()) {
        let mut finder = ForkFinder::default();
        apart.lines().for_each(|line| finder.see(line));
        let points: Vec<_> = finder.points().collect();
        prop_assert_eq!(
            points.iter().copied().collect::<std::collections::BTreeSet<_>>(),
            fork_points(apart.lines())
        );
        let mut verifier = Verifier::with_links(Links::new().watching(points));
        let mut fold = Fold::new(finder.first_parents());
        let mut branches = Vec::new();
        let mut verified = 0;
        for line in apart.lines() {
            let batch = verifier.line(line).unwrap();
            branches.extend(verifier.links().branch());
            if let Some(batch) = batch {
                fold.take(&batch).unwrap();
                prop_assert_eq!(fold.plan(), &apart.plans[verified]);
                verified += 1;
            }
        }
        prop_assert_eq!(verified, apart.batches.len());
        // The branches lead from each moment back to the first, by the events' own parents.
        let branches = Branches::new(branches);
        let ends: BTreeMap<_, _> = apart.batches.iter().map(|batch| (batch.head().id, batch)).collect();
        for batch in &apart.batches {
            let mut expected = Vec::new();
            let mut at = Some(batch);
            while let Some(batch) = at {
                expected.extend(batch.events().iter().rev().map(|recorded| recorded.seq));
                let first = &batch.events()[0].event.header;
                at = first.parents.first().map(|parent| ends[parent]);
            }
            let path = branches.path(batch.head().seq);
            let found: Vec<_> = path.iter()
                .flat_map(|(first, last)| (first.0..=last.0).rev().map(ledger_core::Seq))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_lives_of_tasks_follow_first_parents_too(apart in histories()) {
        let mut before = None;
        let mut distant = Vec::new();
        for batch in &apart.batches {
            distant.extend(distant_parents(batch, before));
            before = Some(batch.head().id);
        }
        let mut fold = Along::new(Stats::default(), distant);
        for (batch, plan) in apart.batches.iter().zip(&apart.plans) {
            fold.take(batch).unwrap();
            let tasks = plan.tasks().iter().map(|(key, task)| (key, task.status()));
            prop_assert!(fold.state().statuses().eq(tasks));
        }
    }

    #[test]
    fn links_go_on_from_any_moment_when_earlier_lines_are_recalled(
        apart in histories(),
        at in any::<prop::sample::Index>(),
    ) {
        use ledger_core::examine::Examined;
        let at = at.index(apart.batches.len());
        let mut links = Links::resume(apart.batches[at].head().clone());
        links.watch(fork_points(apart.lines()));
        let from = apart.batches[at].head().seq.next();
        for (seq, line) in (0..).map(ledger_core::Seq).zip(apart.lines()) {
            if seq < from {
                links.recall(seq, &Examined::new(line).unwrap());
            } else {
                links.line(line).unwrap();
            }
        }
        let head = links.finish().unwrap();
        prop_assert_eq!(head.as_ref(), apart.head.as_ref());
    }
}

#[test]
fn plans_that_hand_their_paths_on_keep_who_they_are_and_a_circle_begins_anew() {
    let mut apart = Apart::default();
    apart.record(None, "- [ ] T-1: one\n");
    let context = Context {
        today: "2026-01-01".to_owned(),
        entropy: [9; 32],
    };
    let base = &apart.plans[0];
    let change = |was: Option<&str>, now: Option<&str>, text: Option<&str>| PastChange {
        was: was.map(str::to_owned),
        now: now.map(|path| (path.to_owned(), text.map(Document::from))),
    };
    let mut tx = Transaction::new(base, &context);
    tx.take_over(&[
        change(
            Some("TODO.md"),
            Some("docs/TODO.md"),
            Some("- [x] T-1: one\n"),
        ),
        change(None, Some("TODO.md"), Some("- [ ] T-2: two\n")),
    ])
    .unwrap();
    let plan = tx.plan().clone();
    let kinds: Vec<_> = tx
        .finish()
        .unwrap()
        .drafts
        .iter()
        .map(|draft| draft.kind)
        .collect();
    assert_eq!(
        kinds,
        ["document.renamed", "task.completed", "document.adopted"]
    );
    assert_eq!(
        plan.document_at("docs/TODO.md").unwrap().id,
        base.document_at("TODO.md").unwrap().id
    );
    // Each gets the other's path.
    let mut tx = Transaction::new(&plan, &context);
    tx.take_over(&[
        change(Some("TODO.md"), Some("docs/TODO.md"), None),
        change(Some("docs/TODO.md"), Some("TODO.md"), None),
    ])
    .unwrap();
    let after = tx.plan();
    assert!(
        after
            .document_at("docs/TODO.md")
            .unwrap()
            .text
            .text()
            .contains("T-2")
    );
    assert!(
        after
            .document_at("TODO.md")
            .unwrap()
            .text
            .text()
            .contains("T-1")
    );
    tx.finish().unwrap();
}

#[test]
fn a_task_that_came_on_a_branch_keeps_its_key_in_the_merge() {
    let mut apart = Apart::default();
    let text = |tasks: &[&str]| -> String {
        let lines = tasks.iter().map(|task| format!("- [ ] {task}\n"));
        ["# Plan\n\n".to_owned()].into_iter().chain(lines).collect()
    };
    apart.record(None, &text(&["Walls"]));
    apart.record(Some((0, None)), &text(&["Walls", "Roof", "Door"]));
    apart.record(Some((0, None)), &text(&["Walls", "Fence"]));
    apart.record(
        Some((2, Some(1))),
        &text(&["Walls", "Fence", "Roof", "Door"]),
    );
    let key = |at: usize, title: &str| {
        let tasks = apart.plans[at].tasks().values();
        let found: Vec<_> = tasks.filter(|task| task.title == title).collect();
        assert_eq!(found.len(), 1);
        found[0].key.clone()
    };
    for (title, from) in [("Walls", 0), ("Fence", 2), ("Roof", 1), ("Door", 1)] {
        assert_eq!(key(3, title), key(from, title), "{title}");
    }
}
