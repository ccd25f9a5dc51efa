//! What every backend must do, as one suite: for the tests of backends.

#![allow(
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test suite, not for use outside tests"
)]

use std::collections::BTreeSet;

use ledger_core::{
    Actor, ActorKind, Batch, Draft, Head, Origin, Part, Recorded, Seq, Stamp, TaskKey, Time,
    Verified, WriterId, seal,
};
use serde_json::Value;

use crate::checkouts::plain_hash;
use crate::error::{AppendError, StoreError};
use crate::store::Store;

/// A batch of `tasks.len()` events about these tasks, sealed on `head`.
#[must_use]
pub fn batch(head: Option<&Head>, tasks: &[&str], idem: Option<&str>) -> Verified<Batch> {
    let next = head.map_or(0, |head| head.seq.0 + 1);
    let drafts: Vec<Draft> = tasks
        .iter()
        .enumerate()
        .map(|(i, task)| Draft {
            kind: if next == 0 && i == 0 {
                "ledger.created"
            } else {
                "note.recorded"
            },
            task: (!task.is_empty()).then(|| TaskKey::new(*task).unwrap()),
            from: None,
            to: None,
            parts: vec![(
                "text",
                Value::String(format!("note {next}.{i} ✅ \u{2028}")),
            )],
            origin: Origin::Commanded,
            attributed: true,
        })
        .collect();
    let entropy = *plain_hash(format!("{next} {idem:?}").as_bytes()).as_bytes();
    let stamp = Stamp {
        time: Time::from_millis(1_760_000_000_000 + i64::try_from(next).unwrap()).unwrap(),
        actor: Actor {
            kind: ActorKind::Program,
            id: "conformance".to_owned(),
            session: None,
            tool: None,
        },
        cause: Some(format!("cause {next:03}")),
        idem: idem.map(str::to_owned),
        writer: WriterId::new("00112233aabbccdd").unwrap(),
        entropy,
    };
    seal(
        head,
        &stamp,
        &drafts,
        &[],
        head.is_none().then_some(entropy),
    )
    .unwrap()
}

/// Seals a batch on the store's head and appends it.
pub fn append(store: &mut impl Store, tasks: &[&str], idem: Option<&str>) -> Verified<Batch> {
    let head = store.head().cloned();
    let batch = batch(head.as_ref(), tasks, idem);
    let receipt = store.append(head.map(|head| head.id), &batch).unwrap();
    assert_eq!(receipt.moment.id, batch.head().id);
    assert_eq!(receipt.moment.seq, batch.head().seq);
    assert_eq!(receipt.first, batch.events()[0].seq);
    batch
}

/// Everything from `from` on.
pub fn read_all(store: &mut impl Store, from: Seq) -> Vec<Verified<Batch>> {
    store.read(from).unwrap().map(Result::unwrap).collect()
}

/// Runs the suite. `open` gives the same, at first empty, ledger each time, opened for
/// appending; each store is dropped before the next is opened.
pub fn suite<S: Store>(mut open: impl FnMut(Option<S>) -> S) {
    let mut store = open(None);
    an_empty_ledger(&mut store);
    let mut batches = vec![
        append(&mut store, &["", "T-1"], None),
        append(&mut store, &["T-1"], Some("key one")),
    ];
    batches.push(append(&mut store, &["T-2", "T-1", "T-3"], Some("key two")));
    batches.push(append(&mut store, &["T-2"], None));
    history(&mut store, &batches);
    refusals(&mut store, &batches);
    lookups(&mut store, &batches);
    derived(&mut store);
    store.settle().unwrap();
    let mut store = open(Some(store));
    history(&mut store, &batches);
    lookups(&mut store, &batches);
    kept(&mut store);
    batches.push(append(&mut store, &["T-9"], None));
    assert!(
        store.cached_state().unwrap().is_none(),
        "the head has moved"
    );
    history(&mut store, &batches);
    assert_eq!(
        store.seqs_of_task(&TaskKey::new("T-9").unwrap()).unwrap(),
        [Seq(7)]
    );
}

fn an_empty_ledger(store: &mut impl Store) {
    assert_eq!(store.head(), None);
    assert!(read_all(store, Seq(0)).is_empty());
    assert_eq!(store.batch_at(Seq(0)).unwrap(), None);
    assert!(store.find_id("", 10).unwrap().is_empty());
    assert_eq!(store.batch_for_idem("x").unwrap(), None);
    assert_eq!(store.snapshot("plan", Seq(5)).unwrap(), None);
    assert!(store.moments(&plain_hash(b"")).unwrap().is_empty());
    assert!(store.cached_state().unwrap().is_none());
    assert_eq!(store.waiting(), 0);
}

fn history(store: &mut impl Store, batches: &[Verified<Batch>]) {
    let last = batches.last().unwrap();
    assert_eq!(store.head(), Some(last.head()));
    for from in 0..=last.head().seq.0 + 2 {
        let from = Seq(from);
        let expected: Vec<_> = batches
            .iter()
            .filter(|batch| batch.head().seq >= from)
            .cloned()
            .collect();
        assert_eq!(read_all(store, from), expected, "from {from}");
        let heads = store.heads(from).unwrap().collect::<Result<Vec<_>, _>>();
        let own = expected.iter().map(|batch| batch.head().clone());
        assert!(heads.unwrap().into_iter().eq(own), "from {from}");
        assert_eq!(store.batch_at(from).unwrap().as_ref(), expected.first());
    }
    for batch in batches {
        for recorded in batch.events() {
            assert_eq!(store.event(recorded.seq).unwrap().as_ref(), Some(recorded));
        }
    }
    let beyond = last.head().seq.next();
    assert_eq!(store.event(beyond).unwrap(), None);
    let all: Vec<&Recorded> = batches.iter().flat_map(|batch| batch.events()).collect();
    for step in 1..=4 {
        for skip in 0..step {
            let chosen = || all.iter().skip(skip).step_by(step);
            let mut seqs: BTreeSet<Seq> = chosen().map(|own| own.seq).collect();
            seqs.insert(beyond);
            let found = store.events(&seqs).unwrap();
            assert!(found.iter().eq(chosen().copied()), "{seqs:?}");
            let bodies: Vec<Vec<Part>> = chosen().map(|own| own.event.body.clone()).collect();
            assert_eq!(store.parts(&seqs, &["text"]).unwrap(), bodies);
            let none = vec![Vec::new(); bodies.len()];
            assert_eq!(store.parts(&seqs, &["other"]).unwrap(), none);
        }
    }
    assert!(store.events(&BTreeSet::new()).unwrap().is_empty());
}

fn refusals(store: &mut impl Store, batches: &[Verified<Batch>]) {
    let [.., before, last] = batches else {
        panic!("two batches are needed");
    };
    let late = batch(Some(before.head()), &["T-1"], None);
    let moved = store.append(Some(before.head().id), &late);
    match moved {
        Err(AppendError::Moved { head }) => assert_eq!(head.as_deref(), Some(last.head())),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        store.append(None, &batch(None, &[""], None)),
        Err(AppendError::Moved { .. })
    ));
    assert!(matches!(
        store.append(Some(last.head().id), &late),
        Err(AppendError::Store(StoreError::Unlinked(_)))
    ));
    history(store, batches);
}

fn lookups(store: &mut impl Store, batches: &[Verified<Batch>]) {
    let task = |name: &str| TaskKey::new(name).unwrap();
    assert_eq!(
        store.seqs_of_task(&task("T-1")).unwrap(),
        [Seq(1), Seq(2), Seq(4)]
    );
    assert_eq!(store.seqs_of_task(&task("T-3")).unwrap(), [Seq(5)]);
    assert!(store.seqs_of_task(&task("T-0")).unwrap().is_empty());
    assert_eq!(
        store.batch_for_idem("key two").unwrap().as_ref(),
        Some(&batches[2])
    );
    assert_eq!(store.batch_for_idem("key three").unwrap(), None);
    for recorded in batches.iter().flat_map(|batch| batch.events()) {
        let id = recorded.event.id.to_string();
        for length in [12, 15, 16, 17, 64] {
            let found = store.find_id(&id[..length], 10).unwrap();
            assert_eq!(found, [recorded.seq], "{length} digits of {id}");
        }
    }
    let moments: Vec<_> = batches.iter().map(|batch| batch.head().seq).collect();
    let caused: Vec<_> = store.find_cause("cause ").unwrap();
    let by: Vec<_> = caused.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(by, moments);
    let first = batches[1].events()[0].seq;
    let found = store.find_cause(&format!("cause {:03}", first.0)).unwrap();
    assert_eq!(found, caused[1..2]);
    assert!(store.find_cause("other").unwrap().is_empty());
    assert_eq!(store.find_type("ledger.created").unwrap(), [Seq(0)]);
    let last = batches.last().unwrap().head().seq.0;
    let notes: Vec<Seq> = (1..=last).map(Seq).collect();
    assert_eq!(store.find_type("note.recorded").unwrap(), notes);
    assert!(store.find_type("note").unwrap().is_empty());
    assert!(store.branches().unwrap().all().is_empty());
    assert_eq!(store.find_id("", 3).unwrap(), [Seq(0), Seq(1), Seq(2)]);
    assert!(store.find_id("xyz", 3).unwrap().is_empty());
    assert!(store.find_id(&"0".repeat(65), 3).unwrap().is_empty());
}

fn derived(store: &mut impl Store) {
    store.put_snapshot("plan", Seq(2), b"two").unwrap();
    store.put_snapshot("plan", Seq(5), b"five").unwrap();
    store.put_snapshot("pla", Seq(4), b"other").unwrap();
    store.put_snapshot("plan", Seq(5), b"five again").unwrap();
    let one = plain_hash(b"one");
    let two = plain_hash(b"two");
    store
        .put_moments(&[(one, Seq(5)), (one, Seq(1)), (two, Seq(2))])
        .unwrap();
    store.put_moments(&[(one, Seq(5))]).unwrap();
    store.cache_state(&[b"old state"]).unwrap();
    store.cache_state(&[b"state", b"in parts"]).unwrap();
    kept(store);
}

fn kept(store: &mut impl Store) {
    let mut snapshot = |at| store.snapshot("plan", Seq(at)).unwrap();
    assert_eq!(snapshot(1), None);
    assert_eq!(snapshot(4), Some((Seq(2), b"two".to_vec())));
    assert_eq!(snapshot(6), Some((Seq(5), b"five again".to_vec())));
    assert_eq!(snapshot(600), Some((Seq(5), b"five again".to_vec())));
    assert_eq!(
        store.moments(&plain_hash(b"one")).unwrap(),
        [Seq(1), Seq(5)]
    );
    let state = store.cached_state().unwrap().unwrap();
    assert_eq!(state.part(0).unwrap(), b"state");
    assert_eq!(state.part(1).unwrap(), b"in parts");
    assert_eq!(state.part(2), None);
}

#[cfg(test)]
mod tests {
    use ledger_core::Digest;

    use super::*;
    use crate::disk::{DiskStore, Options};
    use crate::layout::Layout;
    use crate::memory::MemoryStore;

    #[test]
    fn a_ledger_in_memory_conforms() {
        suite(|store: Option<MemoryStore>| store.unwrap_or_default());
    }

    fn on_disk(options: &Options) {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path().join(".ledger"));
        let writer = WriterId::new("00112233aabbccdd").unwrap();
        layout
            .create(
                writer,
                Time::from_millis(0).unwrap(),
                None,
                Digest::from_bytes([7; 32]),
            )
            .unwrap();
        suite(|store: Option<DiskStore>| {
            drop(store);
            DiskStore::open_for_append(&layout, options.clone()).unwrap()
        });
    }

    #[test]
    fn a_ledger_on_disk_conforms_reading_through_the_journal() {
        on_disk(&Options::new("test"));
    }

    #[test]
    fn a_ledger_on_disk_conforms_asking_sled() {
        on_disk(&Options {
            read_through: 0,
            absorb_after: 0,
            ..Options::new("test")
        });
    }
}
