//! Who had a key: against what the plan itself says before and after each batch, and between any two
//! moments.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::ledger::Ledger;
use ledger_core::decide::{Change, Placement};
use ledger_core::project::diff::{self, Diff};
use ledger_core::project::{Between, Handing, Holders, Lineage};
use ledger_core::{Branches, Command, Plan, Recorded, Seq, TaskKey};
use proptest::prelude::*;
use proptest::sample::Index;

/// Tasks with titles that no other one ever has, two of them with ids that others will get.
const PLAN: &str = "\
# Plan

- [ ] **K-0**: Dig the old pond
- [ ] **K-1**: Sow some peas
";

const WORDS: [&str; 8] = [
    "Anchor",
    "Bellows",
    "Candle",
    "Drawbridge",
    "Engine",
    "Fountain",
    "Gallery",
    "Harness",
];

#[derive(Debug, Clone)]
enum Op {
    Add(u8),
    Rekey(Index, u8),
    Remove(Index),
    Restore(Index),
    Start(Index),
    /// One leaves, and the next gets its key.
    Replace(Index, Index),
    /// One gives its key to another.
    HandOn(Index, Index, u8),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let index = any::<Index>;
    let op = prop_oneof![
        (0..4u8).prop_map(Op::Add),
        (index(), 0..4u8).prop_map(|(task, id)| Op::Rekey(task, id)),
        index().prop_map(Op::Remove),
        index().prop_map(Op::Restore),
        index().prop_map(Op::Start),
        (index(), index()).prop_map(|(one, other)| Op::Replace(one, other)),
        (index(), index(), 0..4u8).prop_map(|(one, other, id)| Op::HandOn(one, other, id)),
    ];
    prop::collection::vec(op, 1..20)
}

fn commands(op: &Op, nth: usize, plan: &Plan) -> Vec<Command> {
    let keys: Vec<String> = plan.tasks().keys().map(ToString::to_string).collect();
    // Of several that left with one key, what came back only says which key it had.
    let alone = |key: &TaskKey| plan.gone().iter().filter(|own| own.key == *key).count() == 1;
    let gone = plan.gone().iter().filter(|own| alone(&own.key));
    let gone: Vec<String> = gone.map(|own| own.title.clone()).collect();
    let pick = |index: &Index, of: &[String]| (!of.is_empty()).then(|| index.get(of).clone());
    let remove = |task: String| Command::Remove {
        task,
        reason: None,
        overrides: false,
    };
    let rekey = |task: String, id: String| Command::Rekey { task, id };
    let found = match op {
        Op::Add(id) => Some(vec![Command::Add {
            title: format!("{} {nth} {}", WORDS[nth % 8], WORDS[nth / 8 % 8]),
            id: Some(format!("K-{id}")),
            place: Placement::default(),
            fields: Vec::new(),
        }]),
        Op::Rekey(task, id) => pick(task, &keys).map(|task| vec![rekey(task, format!("K-{id}"))]),
        Op::Remove(task) => pick(task, &keys).map(|task| vec![remove(task)]),
        Op::Restore(task) => pick(task, &gone).map(|task| vec![Command::Restore { task }]),
        Op::Start(task) => pick(task, &keys).map(|task| {
            vec![Command::Start(Change {
                task,
                ..Change::default()
            })]
        }),
        Op::Replace(one, other) => pick(one, &keys)
            .zip(pick(other, &keys))
            .filter(|(one, other)| one != other)
            .map(|(one, other)| vec![remove(one.clone()), rekey(other, one)]),
        Op::HandOn(one, other, id) => pick(one, &keys)
            .zip(pick(other, &keys))
            .filter(|(one, other)| one != other)
            .map(|(one, other)| vec![rekey(one.clone(), format!("K-{id}")), rekey(other, one)]),
    };
    found.unwrap_or_default()
}

/// The lives that the holders of all keys are parts of, each as its events.
fn lives(events: &[Recorded]) -> BTreeSet<BTreeSet<Seq>> {
    let branches = Branches::default();
    let handings: Vec<Handing> = events.iter().filter_map(Handing::of).collect();
    let mut keys: BTreeSet<TaskKey> = handings.iter().map(|own| own.from().clone()).collect();
    keys.extend(
        events
            .iter()
            .filter_map(|own| own.event.header.task.clone()),
    );
    let holders: BTreeMap<TaskKey, Holders> = keys
        .into_iter()
        .map(|key| {
            let own = events.iter();
            let own = own.filter(|own| own.event.header.task.as_ref() == Some(&key));
            let own: Vec<Recorded> = own.cloned().collect();
            let holders = Holders::of(&key, &own, &handings, &branches);
            (key, holders)
        })
        .collect();
    let mut lives = BTreeSet::new();
    for (key, own) in &holders {
        for start in 0..own.holdings().len() {
            let mut open = vec![(key, start)];
            let mut seen = BTreeSet::new();
            while let Some((key, at)) = open.pop() {
                if seen.insert((key, at)) {
                    for link in holders[key].holdings()[at].links() {
                        let (other, there) = holders.get_key_value(link.key).unwrap();
                        let linked = there.linked(key, link);
                        open.push((other, linked.expect("the other end of a link")));
                    }
                }
            }
            let events = seen
                .iter()
                .flat_map(|(key, at)| &holders[*key].holdings()[*at].events);
            lives.insert(events.copied().collect());
        }
    }
    lives.remove(&BTreeSet::new());
    lives
}

/// The tasks of a plan by their titles, of which no two are the same.
fn titled(plan: &Plan) -> BTreeMap<&str, &TaskKey> {
    let tasks = plan.tasks().values();
    tasks.map(|task| (task.title.as_str(), &task.key)).collect()
}

/// Sees that what differs are the tasks that only one of the plans has and the keys of the others.
fn check_diff(before: &Plan, after: &Plan, between: &Between) -> Result<(), TestCaseError> {
    let (old, new) = (titled(before), titled(after));
    let mut expected = BTreeSet::new();
    for title in old.keys().chain(new.keys()) {
        match (old.get(title), new.get(title)) {
            (Some(was), Some(now)) if was == now => {}
            (Some(was), Some(_)) => {
                expected.insert((*title, format!("was {was}")));
            }
            (None, _) => {
                expected.insert((*title, "added".to_owned()));
            }
            (_, None) => {
                expected.insert((*title, "removed".to_owned()));
            }
        }
    }
    let diff = Diff::of(before, after, between);
    let mut found = BTreeSet::new();
    for task in &diff.tasks {
        let mut said = task.changes.iter().filter_map(|change| match change {
            diff::Change::Added { .. } => Some("added".to_owned()),
            diff::Change::Removed { .. } => Some("removed".to_owned()),
            diff::Change::Rekeyed { from } => Some(format!("was {from}")),
            diff::Change::Retitled { .. } => Some("retitled".to_owned()),
            _ => None,
        });
        let said = said.next();
        found.extend(said.map(|said| (task.title.as_str(), said)));
    }
    prop_assert_eq!(found, expected);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_diff_takes_no_task_for_another_that_had_its_key(ops in ops()) {
        let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
        let mut moments = vec![(ledger.plan.clone(), Between::default())];
        for (nth, op) in ops.iter().enumerate() {
            let asked = commands(op, nth, &ledger.plan);
            let taken = ledger.record(|transaction| transaction.commands((1..).zip(&asked)));
            let Ok(Some(batch)) = taken else { continue };
            for (_, between) in &mut moments {
                between.take(&batch);
            }
            moments.push((ledger.plan.clone(), Between::default()));
            for (earlier, between) in &moments {
                check_diff(earlier, &ledger.plan, between)?;
                check_diff(&ledger.plan, earlier, &between.clone().reversed())?;
            }
        }
    }

    #[test]
    fn each_event_is_of_the_task_that_the_plan_has_under_its_key(ops in ops()) {
        let mut ledger = Ledger::adopting(&[("TODO.md", PLAN)]);
        let mut events: Vec<Recorded> = Vec::new();
        let mut titled: BTreeMap<String, BTreeSet<Seq>> = BTreeMap::new();
        let mut batches = Vec::new();
        for (nth, op) in ops.iter().enumerate() {
            let before = ledger.plan.clone();
            let asked = commands(op, nth, &before);
            let taken = ledger.record(|transaction| transaction.commands((1..).zip(&asked)));
            // What is refused, since the id is another's, changes nothing.
            let Ok(Some(batch)) = taken else { continue };
            for recorded in batch.events() {
                let header = &recorded.event.header;
                let Some(key) = &header.task else { continue };
                let plan = if header.kind == "task.removed" { &before } else { &ledger.plan };
                let title = plan.task(key).map(|task| task.title.clone());
                titled.entry(title.expect("a task")).or_default().insert(recorded.seq);
                events.push(recorded.clone());
            }
            batches.push(batch);
        }
        // From the end back, a task of the plan has the same events.
        for task in ledger.plan.tasks().values() {
            let mut lineage = Lineage::new(task.key.clone());
            let newest_first = batches.iter().rev();
            let own: BTreeSet<Seq> = newest_first
                .map_while(|batch| (!lineage.returned()).then(|| lineage.take(batch.events().to_vec())))
                .flatten()
                .map(|recorded| recorded.seq)
                .collect();
            let mut expected = titled.get(&task.title).cloned().unwrap_or_default();
            if lineage.returned() {
                expected.retain(|seq| Some(*seq) >= lineage.before());
            }
            prop_assert_eq!(own, expected);
        }
        let expected: BTreeSet<BTreeSet<Seq>> = titled.into_values().collect();
        prop_assert_eq!(lives(&events), expected);
    }
}
