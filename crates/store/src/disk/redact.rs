//! Redacting parts of a ledger that is open for appending.

use ledger_core::redact::{Removal, Secret};

use super::DiskStore;
use crate::error::StoreError;
use crate::index::Index;
use crate::journal::Journal;
use crate::redaction::{self, Swept};
use crate::store::Store;

impl DiskStore {
    /// What the history says was redacted.
    ///
    /// # Errors
    /// [`StoreError`] if the journal cannot be read.
    pub fn redacted(&self) -> Result<Removal, StoreError> {
        redaction::named(&self.journal)
    }

    /// Takes parts out of everything that the ledger's directory holds, and where the text is
    /// known, whatever file holds it. The history must say already that they are to go. The caller
    /// forgets what it has folded or cached.
    ///
    /// # Errors
    /// [`StoreError`]: the journal has all of these parts then, or none. To do it again finishes it.
    pub fn redact(
        &mut self,
        removal: &Removal,
        secret: Option<&Secret>,
    ) -> Result<Swept, StoreError> {
        if !self.writing || self.lock.is_none() {
            return Err(StoreError::ReadOnly(self.layout.journal()));
        }
        self.confirm_lock()?;
        self.index.take().map_or(Ok(()), Index::close)?;
        let swept = redaction::carry_out(&self.layout, &self.journal, removal, secret)?;
        self.journal = Journal::open_for_append(self.layout.journal())?;
        self.absorbed = 0;
        if self.head().is_some() {
            self.write_head();
        }
        Ok(swept)
    }
}
