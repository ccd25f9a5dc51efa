//! Lines taken by themselves, before their place in a journal is looked at
//! (ledger-format.md §9.1).

use std::collections::BTreeSet;

use crate::codec::Defect;
use crate::codec::line::Frame;
use crate::codec::scan::Raw;
use crate::id::EventId;

/// A line that is right in itself; only its place in a journal was not checked yet.
///
/// Examining lines is most of the work of verifying and needs no order, so it can be shared
/// out to threads.
#[derive(Debug, Clone)]
pub struct Examined<'a> {
    pub(crate) frame: Frame<'a>,
}

impl<'a> Examined<'a> {
    /// Examines one journal line with its line feed.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(line: &'a [u8]) -> Result<Self, Defect> {
        Frame::read(line).map(|frame| Self { frame })
    }

    /// The event's id.
    #[must_use]
    pub const fn id(&self) -> EventId {
        self.frame.id
    }

    /// The task that it is about.
    #[must_use]
    pub fn task(&self) -> Option<String> {
        self.frame.header.task.map(Raw::decode)
    }

    /// Its idempotency key.
    #[must_use]
    pub fn idem(&self) -> Option<String> {
        self.frame.header.idem.map(Raw::decode)
    }

    /// The event that it names as its first parent; `None` in a ledger's first event.
    #[must_use]
    pub const fn first_parent(&self) -> Option<EventId> {
        self.frame.header.parents[0]
    }
}

/// The parents in a journal that are not the event of the line before: where histories went
/// apart or were joined. Only journals with merges have any; a verifier that ended with
/// [`FaultKind::WrongParent`] is run again watching these (ledger-format.md §7.3).
///
/// Lines that are wrong are passed over; the verifier reports them.
pub fn fork_points<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> BTreeSet<EventId> {
    let mut points = BTreeSet::new();
    let mut before = None;
    for line in lines {
        let Ok(frame) = Frame::read(line) else {
            before = None;
            continue;
        };
        let parents = frame.header.parents.into_iter().flatten();
        points.extend(parents.filter(|&parent| Some(parent) != before));
        before = Some(frame.id);
    }
    points
}
