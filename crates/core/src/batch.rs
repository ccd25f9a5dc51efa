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

impl Recorded {
    /// The first event of its batch.
    #[must_use]
    pub fn batch_start(&self) -> Seq {
        Seq(self.seq.0.saturating_sub(self.event.header.batch.0.into()))
    }

    /// The last event of its batch.
    #[must_use]
    pub fn batch_end(&self) -> Seq {
        let (index, length) = self.event.header.batch;
        Seq(self.seq.0 + u64::from(length.saturating_sub(index).saturating_sub(1)))
    }

    /// The exact bytes of its header, which its id is the hash of.
    #[must_use]
    pub fn header_bytes(&self) -> &[u8] {
        // It stands behind the body and ends the line. Nothing in it can look like this: it has no
        // such member, and inside a string the quotes would be escaped.
        const MEMBER: &[u8] = b",\"header\":";
        let mut ends = (0..=self.line.len().saturating_sub(MEMBER.len())).rev();
        let start = ends.find(|at| self.line[*at..].starts_with(MEMBER));
        let header = start.and_then(|at| self.line.get(at + MEMBER.len()..));
        header
            .and_then(|header| header.strip_suffix(b"}\n"))
            .unwrap_or_default()
    }
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
