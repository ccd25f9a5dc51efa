//! Batches: events that become history together or not at all.

use std::ops::Deref;

use crate::event::{Event, Head};
use crate::id::Seq;

/// An event with its place and its journal line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its line number in the journal.
    pub seq: Seq,
    /// The event.
    pub event: Event,
    /// The exact journal line, with its `\n`.
    pub line: Vec<u8>,
}

/// The events of one command, one observed edit or one commit, in order; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub(crate) events: Vec<Recorded>,
    pub(crate) head: Head,
}

impl Batch {
    /// The events in order.
    #[must_use]
    pub fn events(&self) -> &[Recorded] {
        &self.events
    }

    /// The head of the chain after this batch.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }
}

/// Something whose chain was checked. Only this crate's sealing and verifying make one, so
/// that folding unverified events does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(pub(crate) T);

impl<T> Verified<T> {
    /// Gives the value up, and with it the proof that it was verified.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
