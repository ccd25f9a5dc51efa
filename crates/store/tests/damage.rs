//! Whatever is damaged is healed, or refused with its place; no history is ever shorter or
//! another one without a word.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Folder, asking};
use ledger_core::{Batch, Seq, TaskKey, Verified};
use ledger_store::conformance::append;
use ledger_store::{DiskStore, Options, Store, StoreError};
use proptest::prelude::*;

/// Two events a batch. The store has all of them but the last `lag` batches.
fn ledger(batches: u64, lag: u64) -> (Folder, Vec<Verified<Batch>>) {
    let folder = Folder::new();
    let mut all = Vec::new();
    for n in 0..batches {
        let mut store = folder.writer();
        all.push(append(&mut store, &["T-1", "T-2"], Some(&format!("{n}"))));
        drop(store);
        if n + lag + 1 == batches {
            folder.asking().settle().unwrap();
        }
    }
    (folder, all)
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

struct Saved(PathBuf, Vec<(PathBuf, Vec<u8>)>);

impl Saved {
    fn of(folder: &Folder) -> Self {
        let directory = folder.layout.directory();
        let files = files(directory).into_iter();
        Self(
            directory.to_owned(),
            files
                .map(|path| (path.clone(), fs::read(&path).unwrap()))
                .collect(),
        )
    }

    fn restore(&self) {
        fs::remove_dir_all(&self.0).unwrap();
        for (path, bytes) in &self.1 {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

/// Asks a ledger everything, from the beginning again where it says so.
fn everything(folder: &Folder, options: &Options) -> Result<Vec<Verified<Batch>>, StoreError> {
    let ask = || {
        let mut store = DiskStore::open(&folder.layout, options.clone())?;
        store.seqs_of_task(&TaskKey::new("T-1").unwrap())?;
        store.read(Seq(0))?.collect::<Result<Vec<_>, _>>()
    };
    match ask() {
        Err(StoreError::Healed(_)) => ask(),
        answer => answer,
    }
}

/// The whole history, or an error that names a place.
fn whole_or_refused(folder: &Folder, all: &[Verified<Batch>], about: &str) -> bool {
    let mut healed = true;
    for options in [Options::new("test"), asking()] {
        match everything(folder, &options) {
            Ok(read) => assert_eq!(read, all, "{about}"),
            Err(error) => {
                healed = false;
                let text = error.to_string();
                assert!(text.contains(".ledger"), "{about}: {text}");
                assert!(error.hint().is_some(), "{about}: {text}");
            }
        }
    }
    healed
}

#[test]
fn a_flip_or_cut_anywhere_is_healed_or_refused() {
    for lag in [0, 3, 40] {
        let (folder, all) = ledger(40, lag);
        let saved = Saved::of(&folder);
        for (path, bytes) in &saved.1 {
            let name = path.strip_prefix(&saved.0).unwrap();
            if name.ends_with("config.json") {
                continue;
            }
            let step = bytes.len() / 7 + 1;
            for at in (0..bytes.len())
                .step_by(step)
                .chain(bytes.len().checked_sub(1))
            {
                for flip in [true, false] {
                    saved.restore();
                    let mut bad = bytes.clone();
                    if flip {
                        bad[at] ^= 1 << (at % 8);
                    } else {
                        bad.truncate(at);
                    }
                    fs::write(path, &bad).unwrap();
                    let what = if flip { "flipped" } else { "cut" };
                    whole_or_refused(&folder, &all, &format!("{what} {} at {at}", name.display()));
                }
            }
        }
    }
}

#[test]
fn whatever_is_deleted_comes_back_from_the_rest() {
    let (folder, all) = ledger(40, 0);
    let saved = Saved::of(&folder);
    for (path, _) in &saved.1 {
        if path.ends_with("config.json") {
            continue;
        }
        saved.restore();
        fs::remove_file(path).unwrap();
        assert!(whole_or_refused(&folder, &all, &path.display().to_string()));
    }
    saved.restore();
    fs::remove_dir_all(folder.layout.store()).unwrap();
    assert!(whole_or_refused(&folder, &all, "store"));
}

#[test]
fn another_ledgers_store_or_head_is_replaced_and_its_journal_refused() {
    let (folder, all) = ledger(40, 0);
    let other = Folder::new();
    append(&mut other.writer(), &["X"], None);
    for n in 0..20 {
        append(&mut other.writer(), &["T-9"], Some(&format!("{n}")));
    }
    other.asking().settle().unwrap();
    let saved = Saved::of(&folder);
    fs::remove_dir_all(folder.layout.store()).unwrap();
    copy(&other.layout.store(), &folder.layout.store());
    assert!(whole_or_refused(&folder, &all, "store"));
    assert_eq!(folder.quarantined().len(), 1);
    saved.restore();
    fs::copy(other.layout.head(), folder.layout.head()).unwrap();
    assert!(whole_or_refused(&folder, &all, "head"));
    saved.restore();
    fs::copy(other.layout.journal(), folder.layout.journal()).unwrap();
    let error = folder.try_writer().unwrap_err();
    assert!(matches!(error, StoreError::Fork { line: 1, .. }), "{error}");
}

fn copy(from: &Path, to: &Path) {
    for path in files(from) {
        let to = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(path, to).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn lines_taken_out_of_the_journal_or_put_in_are_found(
        lag in prop_oneof![Just(0u64), 1..20u64],
        at in 0..40usize,
        count in 1..5usize,
        twice in any::<bool>(),
    ) {
        let (folder, all) = ledger(20, lag);
        let journal = folder.journal();
        let mut lines: Vec<&[u8]> = journal.split_inclusive(|byte| *byte == b'\n').collect();
        let end = (at + count).min(lines.len());
        if twice {
            let again: Vec<&[u8]> = lines[at..end].to_vec();
            lines.splice(at..at, again);
        } else {
            lines.drain(at..end);
        }
        folder.set_journal(&lines.concat());
        whole_or_refused(&folder, &all, "lines");
    }
}

/// Cuts the ledger back to its first `lines` lines, as an older copy of journal and `head` does.
fn put_back(folder: &Folder, lines: usize, head: &[u8]) {
    let journal = folder.journal();
    let lines = journal.split_inclusive(|byte| *byte == b'\n').take(lines);
    folder.set_journal(&lines.flatten().copied().collect::<Vec<_>>());
    fs::write(folder.layout.head(), head).unwrap();
}

#[test]
fn a_ledger_put_back_around_its_store_gets_back_what_the_store_has() {
    let (folder, mut all) = ledger(20, 20);
    let head = fs::read(folder.layout.head()).unwrap();
    let lines = all.iter().map(|batch| batch.events().len()).sum();
    for n in 0..5 {
        let mut store = folder.writer();
        all.push(append(&mut store, &["T-3"], Some(&format!("later {n}"))));
    }
    folder.asking().settle().unwrap();
    let longer = folder.journal();
    let saved = Saved::of(&folder);
    for reading in [true, false] {
        saved.restore();
        put_back(&folder, lines, &head);
        let notices = match reading {
            true => folder.reader().notices().concat(),
            false => folder.writer().notices().concat(),
        };
        assert!(notices.contains("put back from the store"), "{notices}");
        assert_eq!(folder.journal(), longer);
        assert_eq!(folder.all(), all);
        assert!(folder.reader().notices().is_empty());
    }
    // A store that has lost everything still shows that there was more.
    saved.restore();
    put_back(&folder, lines, &head);
    let noted = fs::read(folder.layout.store().join("noted")).unwrap();
    fs::remove_dir_all(folder.layout.store()).unwrap();
    fs::create_dir(folder.layout.store()).unwrap();
    fs::write(folder.layout.store().join("noted"), noted).unwrap();
    for refused in [folder.try_reader(), folder.try_writer()] {
        let error = refused.unwrap_err();
        assert!(matches!(error, StoreError::Gone { .. }), "{error}");
        assert!(error.to_string().contains("the store"), "{error}");
    }
    // What is noted is of no use, and that does no harm.
    saved.restore();
    for garbled in [&b""[..], b"garbled"] {
        fs::write(folder.layout.store().join("noted"), garbled).unwrap();
        assert_eq!(folder.all(), all);
    }
    append(&mut folder.writer(), &["T-3"], None);
    folder.asking().settle().unwrap();
    assert_ne!(
        fs::read(folder.layout.store().join("noted")).unwrap(),
        b"garbled"
    );
}
