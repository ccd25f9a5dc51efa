//! What is found after a crash, a lost file, or damage to the journal.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;

use common::Folder;
use ledger_core::Seq;
use ledger_store::conformance::{append, read_all};
use ledger_store::{Store, StoreError};

#[test]
fn a_batch_cut_at_any_byte_is_there_or_not_but_never_half() {
    let folder = Folder::with(&[&["", "T-1"], &["T-1"]]);
    let before = folder.journal().len();
    let head = fs::read(folder.layout.head()).unwrap();
    append(&mut folder.writer(), &["T-2", "T-3"], Some("key"));
    let journal = folder.journal();
    let all = folder.all();
    for with_head in [true, false] {
        for cut in before..=journal.len() {
            folder.set_journal(&journal[..cut]);
            if with_head {
                fs::write(folder.layout.head(), &head).unwrap();
            } else {
                let _ = fs::remove_file(folder.layout.head());
            }
            let whole = cut == journal.len();
            let expected = if whole { &all[..] } else { &all[..2] };
            assert_eq!(folder.all(), expected, "read at {cut}");
            assert_eq!(folder.journal().len(), cut, "reading changed it");
            // Writing is made durable each time, so it is tried at fewer places.
            if cut % 251 != 0 && cut != before + 1 && cut + 1 < journal.len() {
                continue;
            }

            let mut store = folder.writer();
            assert_eq!(read_all(&mut store, Seq(0)), expected, "at {cut}");
            assert_eq!(
                store.notices().len(),
                usize::from(cut != before && !whole),
                "at {cut}"
            );
            let next = append(&mut store, &["T-4"], None);
            drop(store);
            assert_eq!(folder.all().last(), Some(&next));
        }
    }
    assert!(!folder.quarantined().is_empty());
}

#[test]
fn a_last_line_that_never_reached_the_disk_is_torn() {
    let folder = Folder::with(&[&[""], &["T-1"]]);
    let before = folder.journal();
    let mut torn = before.clone();
    torn.extend_from_slice(b"{\"body\":[");
    torn.extend_from_slice(&[0; 500]);
    torn.push(b'\n');
    folder.set_journal(&torn);
    let store = folder.writer();
    assert_eq!(store.head().unwrap().seq, Seq(1));
    assert_eq!(store.notices().len(), 1);
    assert_eq!(folder.journal(), before);
}

#[test]
fn a_whole_line_that_was_changed_is_not_cut_where_head_lags() {
    let folder = Folder::with(&[&[""], &["T-1"]]);
    let head = fs::read(folder.layout.head()).unwrap();
    append(&mut folder.writer(), &["T-2"], None);
    fs::write(folder.layout.head(), head).unwrap();
    let mut bad = folder.journal();
    let at = bad.len() - 20;
    bad[at] ^= 1;
    folder.set_journal(&bad);
    for error in [
        folder.try_writer().unwrap_err(),
        folder.try_reader().unwrap_err(),
    ] {
        assert!(
            matches!(error, StoreError::BadLine { line: 3, .. }),
            "{error}"
        );
    }
    assert_eq!(folder.journal(), bad, "nothing was changed");
}

#[test]
fn a_lost_or_garbled_head_is_harmless() {
    let folder = Folder::with(&[&[""], &["T-1"], &["T-2"]]);
    let all = folder.all();
    fs::remove_file(folder.layout.head()).unwrap();
    assert_eq!(folder.all(), all);
    let good = {
        folder.writer();
        fs::read(folder.layout.head()).unwrap()
    };
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 4;
        fs::write(folder.layout.head(), &bad).unwrap();
        assert_eq!(folder.all(), all);
    }
}

#[test]
fn a_journal_that_lost_its_end_is_refused_with_what_is_gone() {
    let folder = Folder::with(&[&[""], &["T-1"], &["T-2", "T-2"]]);
    let journal = folder.journal();
    // At the end of a line, where the journal alone looks whole, inside one, and at none.
    for (cut, gone) in [
        (ends(&journal)[1], "events 2 to 3"),
        (ends(&journal)[1] + 9, "events 2 to 3"),
        (ends(&journal)[2], "events 2 to 3"),
        (ends(&journal)[0], "events 1 to 3"),
        (0, "events 0 to 3"),
    ] {
        folder.set_journal(&journal[..cut]);
        for error in [
            folder.try_writer().unwrap_err(),
            folder.try_reader().unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::Gone { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(gone) && text.contains("head knows"), "{text}");
        }
        assert_eq!(folder.journal().len(), cut, "nothing was changed");
    }
    fs::remove_file(folder.layout.journal()).unwrap();
    let error = folder.try_reader().unwrap_err();
    assert!(error.to_string().contains("events 0 to 3"), "{error}");
}

/// Where each line ends.
fn ends(journal: &[u8]) -> Vec<usize> {
    let ends = journal
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n');
    ends.map(|(at, _)| at + 1).collect()
}

#[test]
fn a_changed_line_is_refused_with_its_number() {
    let folder = Folder::with(&[&[""], &["T-1"], &["T-2"]]);
    let journal = folder.journal();
    let ends = ends(&journal);
    let last = [journal.len() - 1];
    for at in (0..journal.len()).step_by(13).chain(last) {
        let mut bad = journal.clone();
        bad[at] ^= 1;
        folder.set_journal(&bad);
        // A header that is changed into another well-formed one shows in the line after it; in
        // the last line, head knows.
        let changed = ends.partition_point(|end| *end <= at) as u64 + 1;
        match folder.try_writer() {
            Err(StoreError::BadLine { line, .. }) => {
                assert!(
                    line == changed || line == changed + 1,
                    "byte {at}: line {line}, not {changed}"
                );
            }
            // Without its line feed, the last line is as good as not there.
            Err(StoreError::Gone { first, .. }) => {
                assert_eq!((first, at), (Seq(2), journal.len() - 1));
            }
            Ok(_) => panic!("byte {at}"),
            Err(error) => panic!("{error}"),
        }
        assert_eq!(folder.journal(), bad, "nothing was changed");
        let head = fs::read(folder.layout.head()).unwrap();
        fs::remove_file(folder.layout.head()).unwrap();
        match folder.try_writer() {
            Err(StoreError::BadLine { line, .. }) => {
                assert!(line == changed || line == changed + 1, "byte {at}: {line}");
            }
            // Only a copy elsewhere could tell.
            Ok(_) => assert_eq!(changed, 3, "byte {at}"),
            Err(error) => panic!("{error}"),
        }
        fs::write(folder.layout.head(), head).unwrap();
    }
}

#[test]
fn an_open_ledger_is_locked_for_writers_and_open_to_readers() {
    let folder = Folder::with(&[&[""], &["T-1"]]);
    let mut held = folder.writer();
    let mut options = ledger_store::Options::new("second");
    options.deadline = std::time::Duration::from_millis(30);
    let second = ledger_store::DiskStore::open_for_append(&folder.layout, options);
    assert!(matches!(second, Err(StoreError::Locked { .. })));
    let mut reader = folder.reader();
    append(&mut held, &["T-2"], None);
    drop(held);
    assert_eq!(read_all(&mut reader, Seq(0)).len(), 2, "as it was opened");
    assert_eq!(folder.all().len(), 3);
    let late = ledger_store::conformance::batch(reader.head(), &["T-3"], None);
    let expected = reader.head().map(|head| head.id);
    assert!(reader.append(expected, &late).is_err());
    assert_eq!(folder.all().len(), 3);
}

#[test]
fn what_was_not_written_is_not_acknowledged() {
    let folder = Folder::with(&[&[""]]);
    let mut store = folder.writer();
    // A directory in the head's place: only the head cannot be written, which is harmless.
    fs::remove_file(folder.layout.head()).unwrap();
    fs::create_dir(folder.layout.head()).unwrap();
    append(&mut store, &["T-1"], None);
    drop(store);
    fs::remove_dir(folder.layout.head()).unwrap();
    assert_eq!(folder.all().len(), 2);
}
