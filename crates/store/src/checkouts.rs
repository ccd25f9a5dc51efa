//! What each checkout was last given, and what its plan file is now.
//!
//! One ledger serves all checkouts of a clone. Bytes alone never prove that a file is merely
//! old: somebody who unticks a box by hand makes the bytes of an earlier moment, and that is an
//! edit. So each checkout has a record of the moment last rendered there, and beside the records
//! lie the few texts that a record needs and no moment has.

mod classify;
mod record;
mod texts;

pub(crate) use texts::is_text;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ledger_core::{Digest, DocumentId};

use crate::error::StoreError;
use crate::small_file;

pub use classify::{Checkout, GitFacts, classify, is_torn};
pub use record::{
    Base, CheckoutName, CheckoutRecord, DocumentRecord, GitHead, Moment, Rendered, Taking,
};

/// The largest record that is read.
const MAX_RECORD: u64 = 16 << 20;

/// The plain BLAKE3 hash of a document's bytes. Only for local use: it is never part of an event.
#[must_use]
pub fn plain_hash(bytes: &[u8]) -> Digest {
    Digest::from_bytes(*blake3::hash(bytes).as_bytes())
}

/// What the moments of a document are looked up by: a hash of its id and its bytes, since two
/// documents may say the same. Only for local use.
#[must_use]
pub fn moment_key(document: &DocumentId, bytes: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(document.as_str().as_bytes());
    hasher.update(&[0]);
    hasher.update(bytes);
    Digest::from_bytes(*hasher.finalize().as_bytes())
}

/// The records of all checkouts of one ledger.
#[derive(Debug, Clone)]
pub struct Checkouts {
    directory: PathBuf,
}

impl Checkouts {
    /// The records in `directory` ([`Layout::checkouts`](crate::layout::Layout::checkouts)).
    #[must_use]
    pub const fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn path(&self, name: &CheckoutName) -> PathBuf {
        let mut file = plain_hash(name.0.as_bytes()).to_string();
        file.truncate(32);
        self.directory.join(file)
    }

    /// The record of a checkout; `None` if there is none or it cannot be made out.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn read(&self, name: &CheckoutName) -> Result<Option<CheckoutRecord>, StoreError> {
        let Some(text) = small_file::read(&self.path(name), MAX_RECORD)? else {
            return Ok(None);
        };
        let record: Option<CheckoutRecord> = serde_json::from_slice(&text).ok();
        Ok(record.filter(|record| record.name == *name))
    }

    /// Removes the record of a checkout that has another name now.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn forget(&self, name: &CheckoutName) -> Result<(), StoreError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Whether no other checkout has a record.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn has_only(&self, name: &CheckoutName) -> Result<bool, StoreError> {
        let own = self.path(name);
        Ok(self.files()?.iter().all(|file| *file == own))
    }

    /// The files of all records.
    fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut files = self.entries()?;
        // What was replaced last trades places with the next one.
        let beside = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "new");
        files.retain(|path| !beside(path) && !texts::is_text(path));
        Ok(files)
    }

    /// Everything in the folder, in order.
    fn entries(&self) -> Result<Vec<PathBuf>, StoreError> {
        let io = |error| StoreError::io("read", &self.directory)(error);
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(io)?.path());
        }
        paths.sort();
        Ok(paths)
    }

    /// Every record, with the file it is in; `None` for a file that is not what was written.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn all(&self) -> Result<Vec<(PathBuf, Option<CheckoutRecord>)>, StoreError> {
        let mut records = Vec::new();
        for path in self.files()? {
            let text = small_file::read(&path, MAX_RECORD)?;
            let record = text.and_then(|text| serde_json::from_slice(&text).ok());
            records.push((path, record));
        }
        Ok(records)
    }

    /// The records that can be read, each with its file. The others know nothing.
    pub(crate) fn readable(&self) -> Vec<(PathBuf, CheckoutRecord)> {
        let files = self.files().unwrap_or_default().into_iter();
        let read = files.filter_map(|path| {
            let text = small_file::read(&path, MAX_RECORD).ok().flatten()?;
            let record = serde_json::from_slice(&text).ok()?;
            Some((path, record))
        });
        read.collect()
    }

    /// Replaces the record of its checkout. The caller holds the ledger's lock.
    ///
    /// Not durable: a plan file is swapped in durably before its record says so, so after a power
    /// failure the record is at most older than the file, or not there.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write(&self, record: &CheckoutRecord) -> Result<(), StoreError> {
        self.put(record, small_file::replace_afresh)
    }

    /// [`write`](Self::write), and durable: for what no plan file shows, such as which of its
    /// bytes were taken in.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write_durably(&self, record: &CheckoutRecord) -> Result<(), StoreError> {
        self.put(record, small_file::replace_durably)
    }

    fn put(
        &self,
        record: &CheckoutRecord,
        replace: fn(&Path, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let path = self.path(&record.name);
        let text = serde_json::to_vec(record)
            .map_err(|error| StoreError::io("write", &path)(error.into()))?;
        self.put_file(&path, &text, replace)
    }

    /// Replaces a file in the folder, which is made if it is not there.
    fn put_file(
        &self,
        path: &Path,
        payload: &[u8],
        replace: fn(&Path, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match replace(path, payload) {
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                small_file::create_directories(&self.directory)?;
                replace(path, payload)
            }
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::record::samples::record;
    use super::*;

    #[test]
    fn equal_documents_have_moments_of_their_own() {
        let one = DocumentId::new("00000000000000aa").unwrap();
        let two = DocumentId::new("00000000000000ab").unwrap();
        assert_ne!(moment_key(&one, b"same"), moment_key(&two, b"same"));
    }

    #[test]
    fn records_are_kept_for_each_checkout() {
        let folder = tempfile::tempdir().unwrap();
        let checkouts = Checkouts::new(folder.path().join("checkouts"));
        let [one, two] = ["one", "two"].map(|name| CheckoutName(name.to_owned()));
        assert_eq!(checkouts.read(&one).unwrap(), None);
        let mut first = CheckoutRecord::new(one.clone(), Path::new("/one"));
        first.set(record());
        let second = CheckoutRecord::new(two.clone(), Path::new("/two"));
        checkouts.write(&first).unwrap();
        assert!(checkouts.has_only(&one).unwrap());
        checkouts.write(&second).unwrap();
        assert!(!checkouts.has_only(&one).unwrap());
        assert_eq!(checkouts.read(&one).unwrap(), Some(first.clone()));
        first.set(DocumentRecord {
            path: "moved.md".to_owned(),
            ..record()
        });
        assert_eq!(first.documents.len(), 1);
        checkouts.write(&first).unwrap();
        assert_eq!(checkouts.read(&one).unwrap(), Some(first));
        assert_eq!(checkouts.read(&two).unwrap(), Some(second));
    }
}
