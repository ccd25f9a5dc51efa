//! Lines taken by themselves, before their place in a journal is looked at
//! (ledger-format.md §9.1).

use std::collections::{BTreeMap, BTreeSet};

use crate::codec::Defect;
use crate::codec::line::Frame;
use crate::codec::scan::Raw;
use crate::event::{Event, Part};
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

    /// The event, copied out of the line.
    ///
    /// # Errors
    /// [`Defect`], as of a line that is wrong.
    pub fn event(&self) -> Result<Event, Defect> {
        Ok(Event {
            id: self.frame.id,
            header: self.frame.header.to_header()?,
            body: self.frame.parts()?,
        })
    }

    /// The parts of its body that have one of these names, and those that were removed, in order.
    ///
    /// # Errors
    /// [`Defect`], as of a line that is wrong.
    pub fn parts(&self, names: &[&str]) -> Result<Vec<Part>, Defect> {
        self.frame.parts_where(|name| names.contains(&name))
    }

    /// The exact bytes of its header.
    #[must_use]
    pub const fn header_bytes(&self) -> &'a [u8] {
        self.frame.header_text.as_bytes()
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

    /// What set it off.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        self.frame.header.cause.map(Raw::decode)
    }

    /// Its index in its batch, and how many events that has.
    #[must_use]
    pub const fn batch(&self) -> (u32, u32) {
        self.frame.header.batch
    }

    /// Whether the event is of this type, whose name is in plain letters, digits, `.` and `_`.
    #[must_use]
    pub fn has_type(&self, name: &str) -> bool {
        // Such a name has only one canonical spelling.
        self.frame.header.kind.0 == name
    }

    /// The events that it names as its parents.
    pub fn parents(&self) -> impl Iterator<Item = EventId> + use<> {
        self.frame.header.parents.into_iter().flatten()
    }

    /// The event that it names as its first parent; `None` in a ledger's first event.
    #[must_use]
    pub const fn first_parent(&self) -> Option<EventId> {
        self.frame.header.parents[0]
    }
}

/// The parents in a journal that are not the event of the line before: where histories went
/// apart or were joined. Only journals with merges have any; a verifier that ended with
/// [`FaultKind::WrongParent`](crate::FaultKind::WrongParent) is run again watching these
/// (ledger-format.md §7.3).
///
/// Lines that are wrong are passed over; the verifier reports them.
pub fn fork_points<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> BTreeSet<EventId> {
    let mut finder = ForkFinder::default();
    for line in lines {
        finder.see(line);
    }
    finder.points().collect()
}

/// [`fork_points`] of lines that are not all at hand at once.
#[derive(Debug, Clone, Default)]
pub struct ForkFinder {
    /// Each with how often it is a first parent.
    points: BTreeMap<EventId, usize>,
    before: Option<EventId>,
}

impl ForkFinder {
    /// Looks at the next line.
    pub fn see(&mut self, line: &[u8]) {
        let Ok(frame) = Frame::read(line) else {
            self.before = None;
            return;
        };
        for (nth, parent) in frame.header.parents.into_iter().enumerate() {
            if let Some(parent) = parent.filter(|_| parent != self.before) {
                *self.points.entry(parent).or_default() += usize::from(nth == 0);
            }
        }
        self.before = Some(frame.id);
    }

    /// The fork points.
    pub fn points(&self) -> impl Iterator<Item = EventId> {
        self.points.keys().copied()
    }

    /// The first parent of each line that does not follow the line before it, once for each.
    pub fn first_parents(&self) -> impl Iterator<Item = EventId> {
        let times = |(id, count): (&EventId, &usize)| std::iter::repeat_n(*id, *count);
        self.points.iter().flat_map(times)
    }
}
