//! The moment at the end of a history, as JSON.

use ledger_core::{EventId, Head, Seq, Time};
use schemars::JsonSchema;
use serde::Serialize;

/// The last event of a history.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Head")]
pub(super) struct HeadReport {
    /// Its position in the journal.
    pub(super) seq: Seq,
    /// Its id.
    pub(super) id: EventId,
    /// When its writer says it happened.
    pub(super) time: Time,
}

impl From<&Head> for HeadReport {
    fn from(head: &Head) -> Self {
        Self {
            seq: head.seq,
            id: head.id,
            time: head.time,
        }
    }
}
