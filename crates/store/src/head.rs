//! Where a journal ended when it was last looked at, so that opening it reads two small files.

use std::path::Path;

use ledger_core::{Digest, Head};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::journal::Journal;
use crate::small_file;

/// The largest head that is read; it grows with the number of writers.
const MAX_HEAD: u64 = 4 << 20;

/// A position in a journal that was verified up to there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The last event before the position.
    pub(crate) head: Head,
    /// The position: how many bytes the journal had.
    pub(crate) length: u64,
    /// Hash of its last bytes up to the position ([`Journal::tail`]).
    pub(crate) tail: Digest,
}

impl Mark {
    /// The mark of the journal's position `length`, where `head` is the last event.
    pub(crate) fn new(journal: &Journal, head: Head, length: u64) -> Result<Self, StoreError> {
        Ok(Self {
            head,
            length,
            tail: journal.tail(length)?,
        })
    }
}

/// What the file `head` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeadFile {
    /// Where the journal ended.
    pub(crate) mark: Mark,
    /// How many events the query store has absorbed, as far as known. Only a hint.
    pub(crate) absorbed: u64,
    /// Whether the history is known never to have gone apart.
    #[serde(default)]
    pub(crate) straight: bool,
}

/// Reads the head; `None` if it is missing or garbled, which is harmless.
pub(crate) fn read(path: &Path) -> Result<Option<HeadFile>, StoreError> {
    let text = small_file::read(path, MAX_HEAD)?;
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// Replaces the head. The caller holds the lock.
pub(crate) fn write(path: &Path, head: &HeadFile) -> Result<(), StoreError> {
    let text =
        serde_json::to_vec(head).map_err(|error| StoreError::io("write", path)(error.into()))?;
    small_file::replace(path, &text)
}
