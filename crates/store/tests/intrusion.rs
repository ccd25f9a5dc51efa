//! Whoever writes in spite of the lock, because its file was taken away, is not written over.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;

use common::Folder;
use ledger_core::{Batch, Verified};
use ledger_store::conformance::{append, batch};
use ledger_store::{AppendError, DiskStore, Store, StoreError};

fn try_append(store: &mut DiskStore, task: &str) -> Result<(), AppendError> {
    let next: Verified<Batch> = batch(store.head(), &[task], None);
    let head = store.head().map(|head| head.id);
    store.append(head, &next).map(|_| ())
}

#[track_caller]
fn intruded(done: Result<(), AppendError>, name: &str) {
    match done {
        Err(AppendError::Store(StoreError::Intrusion { path, .. })) => {
            assert!(path.ends_with(name));
        }
        done => panic!("{done:?}"),
    }
}

#[test]
fn who_lost_the_lock_file_writes_nothing_over_what_others_acknowledged() {
    let folder = Folder::with(&[&[""], &["T-1"]]);
    for replaced in [false, true] {
        let mut first = folder.writer();
        fs::remove_file(folder.layout.lock()).unwrap();
        let before = folder.all();
        if replaced {
            append(&mut folder.writer(), &["T-2"], None);
        }
        let now = folder.journal();
        intruded(try_append(&mut first, "T-3"), "lock");
        assert!(
            !first.is_locked(),
            "it is not used for anything else either"
        );
        intruded(try_append(&mut first, "T-3"), "lock");
        drop(first);
        assert_eq!(folder.journal(), now);
        assert_eq!(folder.all().len(), before.len() + usize::from(replaced));
    }
    append(&mut folder.writer(), &["T-4"], None);
}

#[test]
fn a_journal_that_was_replaced_or_is_longer_than_known_is_not_written() {
    let folder = Folder::with(&[&[""], &["T-1"]]);
    let path = folder.layout.journal();
    let journal = folder.journal();
    let mut first = folder.writer();
    fs::remove_file(&path).unwrap();
    intruded(try_append(&mut first, "T-2"), "journal.jsonl");
    fs::write(&path, &journal).unwrap();
    intruded(try_append(&mut first, "T-2"), "journal.jsonl");
    drop(first);

    let mut first = folder.writer();
    let longer = [&journal[..], b"{"].concat();
    fs::write(&path, &longer).unwrap();
    intruded(try_append(&mut first, "T-2"), "journal.jsonl");
    assert_eq!(folder.journal(), longer);
    fs::write(&path, &journal).unwrap();
    try_append(&mut first, "T-2").unwrap();
    drop(first);
    assert_eq!(folder.all().len(), 3);
}
