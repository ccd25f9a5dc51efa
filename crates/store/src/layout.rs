//! The names inside a ledger's directory.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::locate::is_git_directory;
#[cfg(unix)]
use crate::lock::turnstile;

/// A ledger's directory: the one place that knows the names in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    directory: PathBuf,
}

impl Layout {
    /// The layout of `directory`, whether or not there is a ledger.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// Whether git would take it for a part of a checkout that it lies in, or may lie in one day.
    pub(crate) fn is_seen_by_git(&self) -> bool {
        let parent = self.directory.parent();
        !parent.is_some_and(is_git_directory) && !self.gitignore().exists()
    }

    /// Has git ignore all of it: no commit has it then, and neither `git stash -u` nor
    /// `git clean -fd` takes it away.
    pub(crate) fn hide_from_git(&self) -> Result<(), StoreError> {
        let path = self.gitignore();
        fs::write(&path, "*\n").map_err(StoreError::io("write", &path))
    }

    /// Whether there is a ledger, be it one that lost its configuration.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.config().exists() || self.has_history()
    }

    /// Whether there is a history, or was one.
    pub(crate) fn has_history(&self) -> bool {
        self.journal().exists() || self.store().exists()
    }

    /// What of it belongs to somebody else, or cannot be read and written.
    #[cfg(unix)]
    pub(crate) fn denied(&self) -> Vec<(PathBuf, String)> {
        use rustix::fs::{Access, access};
        use std::os::unix::fs::MetadataExt;
        let me = rustix::process::geteuid().as_raw();
        let mut denied = Vec::new();
        let places = [
            self.directory.clone(),
            self.config(),
            self.journal(),
            self.head(),
            self.state(),
            self.store(),
            self.checkouts(),
            self.lock(),
            turnstile(&self.lock()),
            self.spool(),
            self.quarantine(),
            self.keys(),
        ];
        for place in places {
            let Ok(meta) = fs::metadata(&place) else {
                continue;
            };
            if meta.uid() != me {
                denied.push((place, format!("it belongs to user {}", meta.uid())));
            } else if access(&place, Access::READ_OK | Access::WRITE_OK).is_err() {
                denied.push((place, "it cannot be read and written".to_owned()));
            }
        }
        denied
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "the unix form needs it")]
    pub(crate) fn denied(&self) -> Vec<(PathBuf, String)> {
        Vec::new()
    }

    #[cfg(unix)]
    pub(crate) fn refuse_foreign_owner(&self) -> Result<(), StoreError> {
        use std::os::unix::fs::MetadataExt;
        let owner = fs::metadata(&self.directory)
            .map_err(StoreError::io("read", &self.directory))?
            .uid();
        let me = rustix::process::geteuid().as_raw();
        if owner == me {
            Ok(())
        } else {
            Err(StoreError::ForeignOwner {
                path: self.directory.clone(),
                owner,
                me,
            })
        }
    }

    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "the unix form needs it")]
    pub(crate) fn refuse_foreign_owner(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The directory itself.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Format version, writer id, date of creation.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.directory.join("config.json")
    }

    /// The history itself, append-only.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.directory.join("journal.jsonl")
    }

    /// What hides it from git.
    #[must_use]
    pub fn gitignore(&self) -> PathBuf {
        self.directory.join(".gitignore")
    }

    /// Where the journal ended when last looked at.
    #[must_use]
    pub fn head(&self) -> PathBuf {
        self.directory.join("head")
    }

    /// The caller's cache of the folded state.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.directory.join("state")
    }

    /// The query store (sled).
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.directory.join("store")
    }

    /// One record for each checkout.
    #[must_use]
    pub fn checkouts(&self) -> PathBuf {
        self.directory.join("checkouts")
    }

    /// The lock file.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.directory.join("lock")
    }

    /// Changes that could not get in yet.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.directory.join("spool")
    }

    /// Damaged things that were moved out of the way.
    #[must_use]
    pub fn quarantine(&self) -> PathBuf {
        self.directory.join("quarantine")
    }

    /// What sessions and hooks left behind.
    #[must_use]
    pub fn traces(&self) -> PathBuf {
        self.directory.join("traces")
    }

    /// The [key](crate::Keys) that checkpoints are signed with.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.directory.join("keys")
    }
}
