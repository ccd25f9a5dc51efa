//! Another process at work on a ledger.

use std::fs::{File, OpenOptions};

use super::Project;

/// It holds the lock until it is dropped.
pub(crate) struct Holder(#[expect(dead_code, reason = "held until dropped")] File);

impl Holder {
    pub(crate) fn of(project: &Project) -> Self {
        let in_git = project.path(".git/ledger").is_dir();
        let folder = if in_git { ".git/ledger" } else { ".ledger" };
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(project.path(folder).join("lock"))
            .unwrap();
        lock.lock().unwrap();
        Self(lock)
    }
}
