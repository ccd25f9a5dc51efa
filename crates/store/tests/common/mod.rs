//! A ledger in a temporary folder.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    missing_docs
)]

use std::fs;
use std::io::Write;

use ledger_core::{Batch, Digest, Seq, Time, Verified, WriterId};
use ledger_store::conformance::{append, read_all};
use ledger_store::{DiskStore, Layout, Options, StoreError};

pub struct Folder {
    _folder: tempfile::TempDir,
    pub layout: Layout,
}

impl Folder {
    pub fn new() -> Self {
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
        Self {
            _folder: folder,
            layout,
        }
    }

    /// With these batches, each appended by an opening of its own.
    pub fn with(batches: &[&[&str]]) -> Self {
        let folder = Self::new();
        for tasks in batches {
            append(&mut folder.writer(), tasks, None);
        }
        folder
    }

    pub fn writer(&self) -> DiskStore {
        self.try_writer().unwrap()
    }

    pub fn try_writer(&self) -> Result<DiskStore, StoreError> {
        DiskStore::open_for_append(&self.layout, Options::new("test"))
    }

    pub fn reader(&self) -> DiskStore {
        self.try_reader().unwrap()
    }

    pub fn try_reader(&self) -> Result<DiskStore, StoreError> {
        DiskStore::open(&self.layout, Options::new("test"))
    }

    /// A store that asks sled for everything and absorbs at once.
    pub fn asking(&self) -> DiskStore {
        self.try_asking().unwrap()
    }

    pub fn try_asking(&self) -> Result<DiskStore, StoreError> {
        DiskStore::open_for_append(&self.layout, asking())
    }

    /// A reader that asks sled for everything.
    pub fn reader_asking(&self) -> DiskStore {
        DiskStore::open(&self.layout, asking()).unwrap()
    }

    pub fn journal(&self) -> Vec<u8> {
        fs::read(self.layout.journal()).unwrap()
    }

    pub fn set_journal(&self, bytes: &[u8]) {
        // Not emptied first: ext4 would write the file out at once, which takes its time.
        let mut file = fs::OpenOptions::new()
            .write(true)
            .open(self.layout.journal())
            .unwrap();
        file.write_all(bytes).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
    }

    pub fn all(&self) -> Vec<Verified<Batch>> {
        read_all(&mut self.reader(), Seq(0))
    }

    /// What was moved to the quarantine, notes aside.
    pub fn quarantined(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.layout.quarantine()) else {
            return Vec::new();
        };
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.ends_with(".txt"))
            .collect()
    }
}

pub fn asking() -> Options {
    Options {
        read_through: 0,
        absorb_after: 0,
        ..Options::new("test")
    }
}
