//! What the store knows, noted beside sled's own files: for those who leave it closed.
//!
//! Where everything but the store was put back from an older copy, journal and `head` agree with
//! each other, and only the store knows better. The note goes wherever the store goes. It is
//! written after what it says and not durable: a missing, old or garbled one is as good as none.

use std::path::{Path, PathBuf};

use ledger_core::{EventId, Head};
use serde::{Deserialize, Serialize};

use crate::checkouts::Moment;
use crate::error::StoreError;
use crate::small_file;

/// The largest note that is read.
const MAX_NOTE: u64 = 4 << 10;

/// The last event of a store, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    /// The ledger.
    pub(crate) ledger: EventId,
    /// Its event.
    pub(crate) moment: Moment,
}

impl From<&Head> for Noted {
    fn from(head: &Head) -> Self {
        Self {
            ledger: head.ledger,
            moment: Moment {
                seq: head.seq,
                id: head.id,
            },
        }
    }
}

/// Where the note of a store is.
pub(crate) fn place(store: &Path) -> PathBuf {
    store.join("noted")
}

/// The note of a store, if there is one that can be made out.
pub(crate) fn read(store: &Path) -> Option<Noted> {
    let text = small_file::read(&place(store), MAX_NOTE).ok().flatten()?;
    serde_json::from_slice(&text).ok()
}

/// Replaces the note, unless it says so already. The caller holds the ledger's lock.
pub(super) fn write(store: &Path, noted: Noted) -> Result<(), StoreError> {
    if read(store) == Some(noted) {
        return Ok(());
    }
    let place = place(store);
    let text = serde_json::to_vec(&noted)
        .map_err(|error| StoreError::io("write", &place)(error.into()))?;
    small_file::replace(&place, &text)
}
