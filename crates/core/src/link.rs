//! Whether lines follow each other: parents, heights, batches (ledger-format.md §7).

use std::collections::BTreeMap;

use crate::branches::Branch;
use crate::codec::MAX_INTEGER;
use crate::codec::line::Frame;
use crate::event::{Head, Origin};
use crate::examine::Examined;
use crate::fault::{Fault, FaultKind};
use crate::id::{EventId, Seq};
use crate::time::Time;

/// A time before its parent's: odd, but times are only claimed, so no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeWarning {
    /// The event.
    pub seq: Seq,
    /// Its time.
    pub time: Time,
    /// Its first parent's time.
    pub parent: Time,
}

/// How many warnings are kept in full; more are only counted.
const MAX_WARNINGS: usize = 1_000;

/// An event that later ones can name as their parent.
#[derive(Debug, Clone, Copy)]
struct Tip {
    seq: Seq,
    id: EventId,
    height: u64,
    time: Time,
}

/// The batch under way.
#[derive(Debug, Clone)]
struct Open {
    tip: Tip,
    ledger: EventId,
    writer: [u8; 8],
    /// The writer's count after the last event.
    wseq: u64,
    found: u32,
    length: u32,
}

/// Checks that each line follows the ones before it, in constant memory. It keeps no events.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// After the last complete batch.
    head: Option<Head>,
    open: Option<Open>,
    /// Fork points: `None` until they were seen.
    watched: BTreeMap<EventId, Option<Tip>>,
    /// Where the last line came from, if not from the line before it.
    branch: Option<Branch>,
    warnings: Vec<TimeWarning>,
    warned: u64,
}

impl Links {
    /// Starts at the beginning of a journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts after an event that was verified before.
    #[must_use]
    pub fn resume(head: Head) -> Self {
        Self {
            head: Some(head),
            ..Self::default()
        }
    }

    /// Lets later events name these earlier ones as parents ([`crate::examine::fork_points`] finds them;
    /// ledger-format.md §7.3).
    #[must_use]
    pub fn watching(mut self, ids: impl IntoIterator<Item = EventId>) -> Self {
        self.watch(ids);
        self
    }

    /// The same for links that are on their way. Those of the events that came before are then
    /// to be [recalled](Self::recall).
    pub fn watch(&mut self, ids: impl IntoIterator<Item = EventId>) {
        for id in ids {
            self.watched.entry(id).or_insert(None);
        }
    }

    /// Tells of an earlier event, at `seq`, that was linked or verified before.
    pub fn recall(&mut self, seq: Seq, line: &Examined<'_>) {
        let header = &line.frame.header;
        let id = line.id();
        if let Some(seen) = self.watched.get_mut(&id) {
            *seen = Some(Tip {
                seq,
                id,
                height: header.height,
                time: header.time,
            });
        }
    }

    /// The branch that the last line began; `None` where it followed the line before it.
    #[must_use]
    pub const fn branch(&self) -> Option<Branch> {
        self.branch
    }

    /// The head after the last complete batch.
    #[must_use]
    pub const fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// The position of the next line.
    #[must_use]
    pub fn next_seq(&self) -> Seq {
        match (&self.open, &self.head) {
            (Some(open), _) => open.tip.seq.next(),
            (None, Some(head)) => head.seq.next(),
            (None, None) => Seq(0),
        }
    }

    /// Times that ran backwards, the first 1,000 of them.
    #[must_use]
    pub fn warnings(&self) -> &[TimeWarning] {
        &self.warnings
    }

    /// How many times ran backwards.
    #[must_use]
    pub const fn warned(&self) -> u64 {
        self.warned
    }

    /// A fault at the next line.
    pub fn fault(&self, kind: impl Into<FaultKind>) -> Fault {
        Fault {
            seq: self.next_seq(),
            kind: kind.into(),
        }
    }

    /// Examines the next line and links it. `true` if it completes a batch.
    ///
    /// # Errors
    /// The [`Fault`]; the state is unchanged.
    pub fn line(&mut self, line: &[u8]) -> Result<bool, Fault> {
        let examined = Examined::new(line).map_err(|defect| self.fault(defect))?;
        self.link(&examined)
    }

    /// Links the next line. `true` if it completes a batch.
    ///
    /// # Errors
    /// The [`Fault`], in the order of ledger-format.md §9.2; the state is unchanged.
    pub fn link(&mut self, line: &Examined<'_>) -> Result<bool, Fault> {
        self.try_link(&line.frame).map_err(|kind| self.fault(kind))
    }

    /// Ends the journal.
    ///
    /// # Errors
    /// [`FaultKind::IncompleteBatch`] if a batch is under way.
    pub fn finish(self) -> Result<Option<Head>, Fault> {
        match &self.open {
            None => Ok(self.head),
            Some(open) => Err(Fault {
                seq: open.tip.seq,
                kind: FaultKind::IncompleteBatch {
                    found: open.found,
                    length: open.length,
                },
            }),
        }
    }

    fn previous(&self) -> Option<Tip> {
        match (&self.open, &self.head) {
            (Some(open), _) => Some(open.tip),
            (None, Some(head)) => Some(Tip {
                seq: head.seq,
                id: head.id,
                height: head.height,
                time: head.time,
            }),
            (None, None) => None,
        }
    }

    fn try_link(&mut self, frame: &Frame<'_>) -> Result<bool, FaultKind> {
        let header = &frame.header;
        let ledger = self.ledger(frame)?;
        let (height, first_parent) = self.parents(header.parents)?;
        if header.height != height {
            return Err(FaultKind::WrongHeight {
                expected: height,
                found: header.height,
            });
        }
        self.batch(frame)?;
        let head = self.head.as_ref();
        let counted = head.and_then(|head| head.writers.get(header.writer.text()).copied());
        let expected = match &self.open {
            Some(open) => open.wseq,
            None => counted.unwrap_or(0),
        };
        if header.wseq != expected || expected >= MAX_INTEGER {
            return Err(FaultKind::WrongWseq {
                expected,
                found: header.wseq,
            });
        }

        let last = header.batch.0 + 1 == header.batch.1;
        // A journal has few writers: a name is copied for the first batch of each.
        let new_writer = (last && counted.is_none())
            .then(|| header.writer())
            .transpose()?;

        let seq = self.next_seq();
        let tip = Tip {
            seq,
            id: frame.id,
            height,
            time: header.time,
        };
        self.branch = first_parent
            .filter(|parent| parent.seq.next() != seq)
            .map(|parent| Branch {
                first: seq,
                parent: parent.seq,
                id: parent.id,
            });
        // A past that was taken over is older than the ledger that it was taken into.
        let is_past = |parent: &Tip| header.origin == Origin::Imported && parent.height == 0;
        let parent_time = first_parent
            .filter(|parent| !is_past(parent))
            .map(|parent| parent.time);
        if let Some(parent) = parent_time.filter(|&parent| header.time < parent) {
            self.warned += 1;
            if self.warnings.len() < MAX_WARNINGS {
                let time = header.time;
                self.warnings.push(TimeWarning { seq, time, parent });
            }
        }
        if let Some(seen) = self.watched.get_mut(&frame.id) {
            *seen = Some(tip);
        }
        let wseq = expected + 1;
        self.open = (!last).then(|| Open {
            tip,
            ledger,
            writer: header.writer.bytes(),
            wseq,
            found: header.batch.0 + 1,
            length: header.batch.1,
        });
        if last {
            let head = self.head.get_or_insert_with(|| Head {
                seq,
                id: tip.id,
                height,
                ledger,
                time: tip.time,
                writers: BTreeMap::new(),
            });
            (head.seq, head.id, head.height, head.time) = (seq, tip.id, height, tip.time);
            if let Some(writer) = new_writer {
                head.writers.insert(writer, wseq);
            } else if let Some(count) = head.writers.get_mut(header.writer.text()) {
                *count = wseq;
            }
        }
        Ok(last)
    }

    fn ledger(&self, frame: &Frame<'_>) -> Result<EventId, FaultKind> {
        let own = match (&self.open, &self.head) {
            (Some(open), _) => Some(open.ledger),
            (None, Some(head)) => Some(head.ledger),
            (None, None) => None,
        };
        match (own, frame.header.ledger) {
            (Some(expected), Some(found)) if expected != found => {
                Err(FaultKind::WrongLedger { expected, found })
            }
            (Some(ledger), _) => Ok(ledger),
            // What is wrong with a first event that names a ledger shows in its parents.
            (None, _) => Ok(frame.id),
        }
    }

    /// The height that these parents ask for, and the first one. Inside a batch nothing but the
    /// event of the line before is a parent.
    fn parents(&self, named: [Option<EventId>; 2]) -> Result<(u64, Option<Tip>), FaultKind> {
        let previous = self.previous();
        let expected = previous.map(|tip| tip.id);
        let find = |found: EventId| match previous {
            Some(tip) if tip.id == found => Ok(tip),
            _ => (self.open.is_none())
                .then(|| self.watched.get(&found).copied().flatten())
                .flatten()
                .ok_or(FaultKind::WrongParent {
                    expected,
                    found: Some(found),
                }),
        };
        match named {
            [None, _] if previous.is_none() => Ok((0, None)),
            [None, _] => Err(FaultKind::WrongParent {
                expected,
                found: None,
            }),
            [Some(first), second] => {
                let first = find(first)?;
                let second = second.map(find).transpose()?;
                let highest = second.map_or(first.height, |tip| tip.height.max(first.height));
                Ok((highest + 1, Some(first)))
            }
        }
    }

    fn batch(&self, frame: &Frame<'_>) -> Result<(), FaultKind> {
        let (index, length) = frame.header.batch;
        let (expected, expected_length) = self
            .open
            .as_ref()
            .map_or((0, None), |open| (open.found, Some(open.length)));
        if index != expected || index >= length || expected_length.is_some_and(|n| n != length) {
            return Err(FaultKind::BrokenBatch {
                index,
                length,
                expected,
                expected_length,
            });
        }
        match &self.open {
            Some(open) if open.writer != frame.header.writer.bytes() => Err(FaultKind::MixedBatch),
            _ => Ok(()),
        }
    }
}
