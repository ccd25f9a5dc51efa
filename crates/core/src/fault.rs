//! What can be wrong with a journal, and where (ledger-format.md §9).

use crate::id::{EventId, Seq};

pub use crate::codec::Defect;

/// The first thing wrong with a journal. Nothing from this event on is verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("journal line {} (event {seq}): {kind}", seq.0 + 1)]
pub struct Fault {
    /// The event, which is line `seq + 1` of the journal.
    pub seq: Seq,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What is wrong with an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// The line is wrong in itself.
    #[error(transparent)]
    Line(#[from] Defect),
    /// It belongs to another ledger.
    #[error("it belongs to ledger {found}, not to {expected}")]
    WrongLedger {
        /// This ledger.
        expected: EventId,
        /// The ledger it names.
        found: EventId,
    },
    /// It does not follow what stands before it.
    #[error("it follows {}, but what stands before it is {}", name(*found), name(*expected))]
    WrongParent {
        /// The event before it; `None` at the start of a journal.
        expected: Option<EventId>,
        /// The parent that was not found before it; `None` if it names none.
        found: Option<EventId>,
    },
    /// Its height is not one more than its highest parent's.
    #[error("its height is {found}, but its place asks for {expected}")]
    WrongHeight {
        /// What its parents ask for.
        expected: u64,
        /// What it says.
        found: u64,
    },
    /// Its place in its batch does not continue the batch.
    #[error(
        "it says it is event {index} of {length} of its batch, but {expected} of {} comes here",
        expected_length.map_or_else(|| "a new batch".to_owned(), |n| n.to_string())
    )]
    BrokenBatch {
        /// Its index, from 0.
        index: u32,
        /// The length of its batch.
        length: u32,
        /// The index that comes here.
        expected: u32,
        /// The length of the batch under way, if one is.
        expected_length: Option<u32>,
    },
    /// Its writer is not that of its batch.
    #[error("it has another writer than the batch it stands in")]
    MixedBatch,
    /// Its writer's count has a gap or a repetition.
    #[error("its writer's count is {found}, but {expected} comes next")]
    WrongWseq {
        /// What comes next for this writer.
        expected: u64,
        /// What it says.
        found: u64,
    },
    /// The journal ends inside a batch.
    #[error("the journal ends before its last batch: {found} of {length} events are there")]
    IncompleteBatch {
        /// How many events of the batch there are.
        found: u32,
        /// How many it has.
        length: u32,
    },
}

impl FaultKind {
    /// The reason code of ledger-format.md §9.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Line(defect) => defect.code(),
            Self::WrongLedger { .. } => "WRONG_LEDGER",
            Self::WrongParent { .. } => "WRONG_PARENT",
            Self::WrongHeight { .. } => "WRONG_HEIGHT",
            Self::BrokenBatch { .. } | Self::MixedBatch => "BROKEN_BATCH",
            Self::WrongWseq { .. } => "WRONG_WSEQ",
            Self::IncompleteBatch { .. } => "INCOMPLETE_BATCH",
        }
    }
}

fn name(id: Option<EventId>) -> String {
    id.map_or_else(|| "nothing".to_owned(), |id| id.short())
}
