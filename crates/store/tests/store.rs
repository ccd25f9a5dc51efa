//! The query store: what is absorbed, lost, damaged, or made from another journal.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Folder, asking};
use ledger_core::{Seq, TaskKey};
use ledger_store::conformance::{append, batch, read_all};
use ledger_store::{DiskStore, MemoryStore, Store, StoreError, plain_hash};
use proptest::prelude::*;

fn task(name: &str) -> TaskKey {
    TaskKey::new(name).unwrap()
}

#[test]
fn an_append_leaves_sled_closed_until_enough_events_wait() {
    let folder = Folder::new();
    let mut store = folder.writer();
    for _ in 0..64 {
        append(&mut store, &["T-1"], None);
    }
    store.settle().unwrap();
    assert!(!folder.layout.store().exists());
    assert_eq!(store.waiting(), 64);
    append(&mut store, &["T-1"], None);
    store.settle().unwrap();
    assert!(folder.layout.store().exists());
    assert_eq!(store.waiting(), 0);
    drop(store);
    assert_eq!(folder.writer().waiting(), 0, "the head remembers");
}

#[test]
fn large_batches_and_many_small_ones_are_found_alike() {
    let folder = Folder::new();
    let mut store = folder.asking();
    let mut names: Vec<String> = (0..700).map(|i| format!("T-{}", i % 50)).collect();
    names[0] = String::new();
    let tasks: Vec<&str> = names.iter().map(String::as_str).collect();
    append(&mut store, &tasks, Some("large"));
    for i in 0..40 {
        append(&mut store, &[tasks[i + 1]], Some(&format!("small {i}")));
        // Each lookup absorbs one more event.
        let batch = store
            .batch_for_idem(&format!("small {i}"))
            .unwrap()
            .unwrap();
        assert_eq!(batch.head().seq.0, 700 + i as u64);
    }
    assert_eq!(store.seqs_of_task(&task("T-7")).unwrap().len(), 15);
    let large = store.batch_for_idem("large").unwrap().unwrap();
    assert_eq!(large.events().len(), 700);
    let event = store.event(Seq(699)).unwrap().unwrap();
    assert_eq!(event.event.header.task, Some(task("T-49")));
    assert_eq!(read_all(&mut store, Seq(735)).len(), 5);
    drop(store);
    let mut reader = DiskStore::open(&folder.layout, asking()).unwrap();
    assert_eq!(reader.seqs_of_task(&task("T-7")).unwrap().len(), 15);
    reader.close_index().unwrap();
    assert!(!reader.is_locked());
}

#[test]
fn lookups_in_a_long_history_find_what_reading_it_finds() {
    let folder = Folder::new();
    let mut store = folder.asking();
    let names: Vec<String> = (0..4_095).map(|i| format!("T-{}", i % 97)).collect();
    let mut tasks: Vec<&str> = names.iter().map(String::as_str).collect();
    // Rows are gathered by 4,096: up to their number, one beyond it, and twice.
    for (nth, size) in [4_095, 1, 1, 4_095, 1, 300].into_iter().enumerate() {
        tasks[0] = if nth == 0 { "" } else { "T-0" };
        let key = format!("key {nth}");
        append(&mut store, &tasks[..size], Some(&key));
        let all = read_all(&mut store, Seq(0));
        let events: Vec<_> = all.iter().flat_map(|batch| batch.events()).collect();
        for name in ["T-0", "T-1", "T-96", "T-97"] {
            let expected: Vec<Seq> = (events.iter())
                .filter(|own| own.event.header.task == Some(task(name)))
                .map(|own| own.seq)
                .collect();
            assert_eq!(store.seqs_of_task(&task(name)).unwrap(), expected, "{name}");
        }
        for own in [events.first(), events.last()].into_iter().flatten() {
            let id = own.event.id.to_string();
            assert_eq!(store.find_id(&id, 2).unwrap(), [own.seq]);
        }
        for key in (0..=nth).map(|nth| format!("key {nth}")) {
            assert!(store.batch_for_idem(&key).unwrap().is_some(), "{key}");
        }
    }
    store.rebuild().unwrap();
    assert_eq!(store.seqs_of_task(&task("T-1")).unwrap().len(), 43 + 43 + 4);
}

#[test]
fn a_lost_store_is_filled_anew() {
    let folder = Folder::with(&[&[""], &["T-1"], &["T-1"]]);
    assert_eq!(folder.asking().seqs_of_task(&task("T-1")).unwrap().len(), 2);
    fs::remove_dir_all(folder.layout.store()).unwrap();
    let mut store = folder.asking();
    assert_eq!(store.seqs_of_task(&task("T-1")).unwrap().len(), 2);
    store.rebuild().unwrap();
    assert_eq!(store.seqs_of_task(&task("T-1")).unwrap().len(), 2);
    assert_eq!(folder.quarantined().len(), 1);
}

#[test]
fn what_the_journal_lost_is_put_back_from_the_store_and_the_command_begins_again() {
    let folder = Folder::with(&[&[""], &["T-1"]]);
    let (short, head) = (folder.journal(), fs::read(folder.layout.head()).unwrap());
    append(&mut folder.writer(), &["T-2"], None);
    folder.asking().seqs_of_task(&task("T-1")).unwrap();
    let whole = folder.journal();
    // As it was before, with its head: only the store knows, and an earlier version noted nothing.
    fs::remove_file(folder.layout.store().join("noted")).unwrap();
    folder.set_journal(&short);
    fs::write(folder.layout.head(), &head).unwrap();
    let error = folder.asking().seqs_of_task(&task("T-2")).unwrap_err();
    assert!(matches!(error, StoreError::Healed(_)), "{error}");
    assert_eq!(folder.journal(), whole);
    let found = folder.asking().seqs_of_task(&task("T-2")).unwrap();
    assert_eq!(found, [Seq(2)]);
}

#[test]
fn two_histories_are_refused_with_the_line_where_they_part_and_both_are_kept() {
    let folder = Folder::with(&[&[""], &["T-1"]]);
    let (short, head) = (folder.journal(), fs::read(folder.layout.head()).unwrap());
    append(&mut folder.writer(), &["T-2"], None);
    folder.asking().seqs_of_task(&task("T-1")).unwrap();
    fs::remove_file(folder.layout.store().join("noted")).unwrap();
    folder.set_journal(&short);
    fs::write(folder.layout.head(), &head).unwrap();
    // The same place taken by another event.
    append(&mut folder.writer(), &["T-3", "T-3", "T-3"], None);
    let journal = folder.journal();
    let error = folder.asking().seqs_of_task(&task("T-1")).unwrap_err();
    assert!(matches!(error, StoreError::Fork { line: 3, .. }), "{error}");
    assert!(folder.layout.store().exists() && folder.quarantined().is_empty());
    assert_eq!(folder.journal(), journal);
}

#[test]
fn a_line_that_is_not_the_one_that_was_absorbed_is_no_event() {
    let folder = Folder::with(&[&[""], &["T-1"; 6], &["T-2"; 40]]);
    let wanted = Seq(4);
    let good = folder.asking().event(wanted).unwrap().unwrap();
    let journal = folder.journal();
    let mut lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
    let start = lines[..4].concat().len();
    for at in start..start + lines[4].len() {
        let mut changed = journal.clone();
        changed[at] ^= 4;
        folder.set_journal(&changed);
        let error = folder.reader_asking().event(wanted).unwrap_err();
        assert!(
            matches!(error, StoreError::BadLine { line: 5 | 6, .. }),
            "{at}: {error}"
        );
    }
    // It is believed without its neighbours, which are not asked for.
    let mut changed = journal.clone();
    changed[start - 20] ^= 4;
    folder.set_journal(&changed);
    assert_eq!(folder.reader_asking().event(wanted).unwrap(), Some(good));
    assert!(folder.reader_asking().event(Seq(3)).is_err());
    // A line of the same history, at another place.
    lines.swap(4, 5);
    folder.set_journal(&lines.concat());
    for seq in [4, 5].map(Seq) {
        let error = folder.reader_asking().event(seq).unwrap_err();
        assert!(
            matches!(error, StoreError::BadLine { line: 5, .. }),
            "{error}"
        );
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Damages each file of the store in turn; every answer stays right.
fn damage(rounds: usize, harm: impl Fn(&mut Vec<u8>, usize)) {
    let folder = Folder::new();
    let mut store = folder.asking();
    for i in 0..30 {
        append(&mut store, &["T-1", "T-2"], Some(&format!("{i}")));
        store
            .put_snapshot("plan", Seq(2 * i + 1), &[7; 3000])
            .unwrap();
    }
    store.settle().unwrap();
    drop(store);
    let good: Vec<(PathBuf, Vec<u8>)> = files(&folder.layout.store())
        .into_iter()
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    let expected: Vec<Seq> = (0..30).map(|i| Seq(2 * i)).collect();
    let some = BTreeSet::from([3, 17, 18, 59].map(Seq));
    let events = folder.asking().events(&some).unwrap();
    assert_eq!(events.len(), some.len());
    for round in 0..rounds {
        for (name, bytes) in good.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            fs::remove_dir_all(folder.layout.store()).unwrap();
            for (path, bytes) in &good {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            let mut bad = bytes.clone();
            harm(&mut bad, round);
            fs::write(name, &bad).unwrap();
            let mut store = folder.asking();
            assert_eq!(
                store.seqs_of_task(&task("T-1")).unwrap(),
                expected,
                "round {round}, {}",
                name.display()
            );
            let batch = store.batch_for_idem("17").unwrap().unwrap();
            assert_eq!(batch.head().seq, Seq(35));
            assert_eq!(store.events(&some).unwrap(), events);
            if let Some((seq, bytes)) = store.snapshot("plan", Seq(59)).unwrap() {
                assert!(seq <= Seq(59) && bytes == [7; 3000]);
            }
        }
    }
}

#[test]
fn flipped_bytes_in_sleds_files_never_change_an_answer() {
    damage(12, |bytes, round| {
        let at = bytes.len() * round / 12 + round;
        let at = at.min(bytes.len() - 1);
        bytes[at] ^= 0x55;
    });
}

#[test]
fn cut_files_of_sled_never_change_an_answer() {
    damage(6, |bytes, round| bytes.truncate(bytes.len() * round / 6));
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<u8>, bool),
    Reopen,
    Settle,
    LoseHead,
    LoseStore,
    Lookup(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (prop::collection::vec(0..4u8, 1..6), any::<bool>())
            .prop_map(|(tasks, idem)| Step::Append(tasks, idem)),
        2 => Just(Step::Reopen),
        1 => Just(Step::Settle),
        1 => Just(Step::LoseHead),
        1 => Just(Step::LoseStore),
        2 => any::<u8>().prop_map(Step::Lookup),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn on_disk_it_is_as_in_memory_whatever_happens_between(
        steps in prop::collection::vec(step(), 1..24),
        through in prop_oneof![Just(0), Just(1_000)],
    ) {
        let folder = Folder::new();
        let options = ledger_store::Options {
            read_through: through,
            absorb_after: 3,
            ..ledger_store::Options::new("test")
        };
        let open = || DiskStore::open_for_append(&folder.layout, options.clone()).unwrap();
        let mut model = MemoryStore::new();
        let mut disk = open();
        for step in steps {
            match step {
                Step::Append(tasks, idem) => {
                    let names: Vec<String> = tasks.iter().map(|n| format!("T-{n}")).collect();
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    let key = format!("key {}", model.head().map_or(0, |head| head.seq.0));
                    let batch = batch(model.head(), &names, idem.then_some(key.as_str()));
                    let expected = model.head().map(|head| head.id);
                    let receipt = model.append(expected, &batch).unwrap();
                    prop_assert_eq!(disk.append(expected, &batch).unwrap(), receipt);
                }
                Step::Reopen => {
                    drop(disk);
                    disk = open();
                }
                Step::Settle => disk.settle().unwrap(),
                Step::LoseHead => {
                    drop(disk);
                    let _ = fs::remove_file(folder.layout.head());
                    disk = open();
                }
                Step::LoseStore => {
                    drop(disk);
                    let _ = fs::remove_dir_all(folder.layout.store());
                    disk = open();
                }
                Step::Lookup(n) => {
                    let key = task(&format!("T-{}", n % 5));
                    prop_assert_eq!(
                        disk.seqs_of_task(&key).unwrap(),
                        model.seqs_of_task(&key).unwrap()
                    );
                    let idem = format!("key {n}");
                    prop_assert_eq!(
                        disk.batch_for_idem(&idem).unwrap(),
                        model.batch_for_idem(&idem).unwrap()
                    );
                    let some = (0..60).map(|i| Seq(i * u64::from(n % 7 + 1) / 2)).collect();
                    prop_assert_eq!(disk.events(&some).unwrap(), model.events(&some).unwrap());
                    let prefix = &plain_hash(&[n]).to_string()[..1];
                    prop_assert_eq!(
                        disk.find_id(prefix, 5).unwrap(),
                        model.find_id(prefix, 5).unwrap()
                    );
                    let from = Seq(u64::from(n));
                    prop_assert_eq!(read_all(&mut disk, from), read_all(&mut model, from));
                }
            }
            prop_assert_eq!(disk.head(), model.head());
        }
        prop_assert_eq!(read_all(&mut disk, Seq(0)), read_all(&mut model, Seq(0)));
    }
}
