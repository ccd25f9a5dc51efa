//! Proofs as files (ledger-format.md §13): that an event is in a ledger's history
//! (c2sp.org/tlog-proof), and that one history is the beginning of another.

use std::fmt;

use crate::base64;
use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, number, signature_code};
use crate::codec::line::Frame;
use crate::codec::{self, Defect, MAX_LINE};
use crate::event::{Header, Part};
use crate::id::EventId;
use crate::merkle::{Hash, ProofError, verify_consistency, verify_inclusion};
use crate::note::{MAX_NOTE, NoteError, VerifierKey};

/// The first line of a proof that an event is there.
const INCLUSION: &str = "c2sp.org/tlog-proof@v1";
/// The first line of a proof that a history goes on from an older one.
const CONSISTENCY: &str = "plan-ledger/consistency-proof@v1";

/// The most hashes that a proof has: two for each level of a tree of 2^64 leaves.
const MAX_PATH: usize = 128;

/// The most bytes of a proof: a journal line in base64, and what stands around it.
pub const MAX_PROOF: usize = MAX_LINE.div_ceil(3) * 4 + MAX_NOTE + MAX_PATH * 45 + 256;

/// A proof that was read and not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// That an event is in the history.
    Inclusion(Inclusion),
    /// That one history is the beginning of another.
    Consistency(Consistency),
}

/// A proof that an event is in the history that a checkpoint stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The event itself: its journal line, or its header alone.
    pub event: Option<Vec<u8>>,
    /// Which of the journal's lines it is, from 0.
    pub index: u64,
    /// The hashes from the event up to the root.
    pub path: Vec<Hash>,
    /// The history.
    pub checkpoint: SignedCheckpoint,
}

/// A proof that the history that a checkpoint stands for begins with an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// How many events the older history has.
    pub old: u64,
    /// The root of its tree.
    pub old_root: Hash,
    /// The hashes that lead from the older root to the newer one.
    pub path: Vec<Hash>,
    /// The newer history.
    pub checkpoint: SignedCheckpoint,
}

/// Why something is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Too many bytes.
    #[error("it has more than {MAX_PROOF} bytes")]
    TooLong,
    /// The first line is not that of a proof.
    #[error("its first line is not that of a proof")]
    Kind,
    /// Another line is not as it should be.
    #[error("line {0} is not of its form")]
    Line(usize),
    /// What follows is no checkpoint.
    #[error("of its checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
}

/// Why a proof shows nothing (ledger-format.md §13.3).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotProven {
    /// The key did not sign a checkpoint, or not this one.
    #[error("of the checkpoint: {0}")]
    Signature(NoteError),
    /// There is no event.
    #[error("the event itself is not in it")]
    NoEvent,
    /// The event is not right in itself.
    #[error("of the event: {0}")]
    BadEvent(Defect),
    /// The event is not of the checkpoint's ledger.
    #[error("the event is of ledger {}, and the checkpoint of {}", event.short(), checkpoint.short())]
    OtherLedger {
        /// The event's ledger.
        event: EventId,
        /// The checkpoint's.
        checkpoint: EventId,
    },
    /// It is about another checkpoint.
    #[error("it is not about this checkpoint, which is of {given} events of ledger {}, but about one of {own}", ledger.short())]
    OtherCheckpoint {
        /// The given checkpoint's ledger.
        ledger: EventId,
        /// The given checkpoint's size.
        given: u64,
        /// The size in the proof.
        own: u64,
    },
    /// The hashes do not show it.
    #[error(transparent)]
    Path(#[from] ProofError),
}

impl NotProven {
    /// The code of ledger-format.md §13.3.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Signature(error) => signature_code(*error),
            Self::NoEvent => "NO_EVENT",
            Self::BadEvent(_) => "BAD_EVENT",
            Self::OtherLedger { .. } => "OTHER_LEDGER",
            Self::OtherCheckpoint { .. } => "OTHER_CHECKPOINT",
            Self::Path(_) => "NOT_PROVEN",
        }
    }
}

/// An event by itself, right in itself: what the leaf of a tree stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The event's id.
    pub id: EventId,
    /// Its header.
    pub header: Header,
    /// Its body; `None` where only the header is there.
    pub body: Option<Vec<Part>>,
    /// The hash that its leaf has.
    pub hash: Hash,
}

impl Leaf {
    /// Reads a journal line with its line feed, or the canonical text of a header alone.
    ///
    /// # Errors
    /// What is wrong with it ([`Defect`]).
    pub fn read(bytes: &[u8]) -> Result<Self, Defect> {
        if !bytes.starts_with(b"{\"body\":") {
            let (id, view) = codec::header::read_alone(bytes)?;
            return Ok(Self {
                id,
                header: view.to_header()?,
                body: None,
                hash: Hash::of_leaf(bytes),
            });
        }
        let frame = Frame::read(bytes)?;
        Ok(Self {
            id: frame.id,
            header: frame.header.to_header()?,
            body: Some(frame.parts()?),
            hash: Hash::of_leaf(frame.header_text.as_bytes()),
        })
    }

    /// The ledger that it is of.
    #[must_use]
    pub fn ledger(&self) -> EventId {
        self.header.ledger.unwrap_or(self.id)
    }
}

impl Inclusion {
    /// Checks that an event is in the history: the one in the proof, and `given`, where that was
    /// given beside it. Gives the event.
    fn check(&self, given: Option<&[u8]>, against: Option<&Checkpoint>) -> Result<Leaf, NotProven> {
        let over = self.checkpoint.checkpoint();
        let read = |bytes| Leaf::read(bytes).map_err(NotProven::BadEvent);
        let events = [given, self.event.as_deref()].into_iter().flatten();
        let leaves: Vec<Leaf> = events.map(read).collect::<Result<_, _>>()?;
        let first = leaves.first().ok_or(NotProven::NoEvent)?;
        if let Some(leaf) = leaves.iter().find(|leaf| leaf.ledger() != over.ledger) {
            return Err(NotProven::OtherLedger {
                event: leaf.ledger(),
                checkpoint: over.ledger,
            });
        }
        if let Some(other) = against.filter(|other| *other != over) {
            return Err(not_about(other, over.size));
        }
        for leaf in &leaves {
            verify_inclusion(leaf.hash, self.index, over.size, &self.path, &over.root)?;
        }
        Ok(first.clone())
    }
}

impl Consistency {
    fn check(&self, against: Option<&Checkpoint>) -> Result<(), NotProven> {
        let new = self.checkpoint.checkpoint();
        let own = Checkpoint {
            ledger: new.ledger,
            size: self.old,
            root: self.old_root,
        };
        if let Some(other) = against.filter(|other| **other != own) {
            return Err(not_about(other, own.size));
        }
        verify_consistency(self.old, new.size, &self.path, &self.old_root, &new.root)?;
        Ok(())
    }
}

const fn not_about(given: &Checkpoint, own: u64) -> NotProven {
    NotProven::OtherCheckpoint {
        ledger: given.ledger,
        given: given.size,
        own,
    }
}

impl Proof {
    /// Reads a proof.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > MAX_PROOF {
            return Err(Unreadable::TooLong);
        }
        let mut lines = Lines { bytes, number: 0 };
        match lines.next()? {
            INCLUSION => lines.inclusion().map(Self::Inclusion),
            CONSISTENCY => lines.consistency().map(Self::Consistency),
            _ => Err(Unreadable::Kind),
        }
    }

    /// Checks a proof; for an event's, gives that event.
    ///
    /// `key`: whose signatures count; without one none is looked at. `event`: the event, where it
    /// is not in the proof itself, or is to be the one that is. `against`: a checkpoint that the
    /// proof is to be about, which is the older one where it is of two histories.
    ///
    /// # Errors
    /// [`NotProven`].
    pub fn check(
        &self,
        key: Option<&VerifierKey>,
        event: Option<&[u8]>,
        against: Option<&SignedCheckpoint>,
    ) -> Result<Option<Leaf>, NotProven> {
        for signed in [Some(self.checkpoint()), against].into_iter().flatten() {
            let verified = key.map_or(Ok(()), |key| signed.verify(key));
            verified.map_err(NotProven::Signature)?;
        }
        let against = against.map(SignedCheckpoint::checkpoint);
        match self {
            Self::Inclusion(own) => own.check(event, against).map(Some),
            Self::Consistency(own) => own.check(against).map(|()| None),
        }
    }

    /// The history that it is about.
    #[must_use]
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        match self {
            Self::Inclusion(own) => &own.checkpoint,
            Self::Consistency(own) => &own.checkpoint,
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self {
            Self::Inclusion(own) => {
                writeln!(f, "{INCLUSION}")?;
                if let Some(event) = &own.event {
                    writeln!(f, "extra {}", base64::encode(event))?;
                }
                writeln!(f, "index {}", own.index)?;
                &own.path
            }
            Self::Consistency(own) => {
                writeln!(f, "{CONSISTENCY}\nold {} {}", own.old, own.old_root)?;
                &own.path
            }
        };
        for hash in path {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint().note())
    }
}

/// What is left of a proof.
struct Lines<'a> {
    bytes: &'a [u8],
    /// How many lines were read.
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Result<&'a str, Unreadable> {
        self.number += 1;
        let wrong = Unreadable::Line(self.number);
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let (line, rest) = self.bytes.split_at(end.ok_or(wrong.clone())?);
        self.bytes = &rest[1..];
        std::str::from_utf8(line).map_err(|_| wrong)
    }

    const fn wrong(&self) -> Unreadable {
        Unreadable::Line(self.number)
    }

    fn inclusion(mut self) -> Result<Inclusion, Unreadable> {
        let mut line = self.next()?;
        let mut event = None;
        if let Some(extra) = line.strip_prefix("extra ") {
            event = Some(base64::decode(extra).ok_or(self.wrong())?);
            line = self.next()?;
        }
        let index = line.strip_prefix("index ").and_then(number);
        Ok(Inclusion {
            event,
            index: index.ok_or(self.wrong())?,
            path: self.path()?,
            checkpoint: SignedCheckpoint::parse(self.bytes)?,
        })
    }

    fn consistency(mut self) -> Result<Consistency, Unreadable> {
        let line = self.next()?.strip_prefix("old ");
        let (old, root) = line
            .and_then(|line| line.split_once(' '))
            .ok_or(self.wrong())?;
        let (Some(old), Some(old_root)) = (number(old), Hash::parse(root)) else {
            return Err(self.wrong());
        };
        Ok(Consistency {
            old,
            old_root,
            path: self.path()?,
            checkpoint: SignedCheckpoint::parse(self.bytes)?,
        })
    }

    /// The hashes up to the empty line.
    fn path(&mut self) -> Result<Vec<Hash>, Unreadable> {
        let mut path = Vec::new();
        loop {
            match self.next()? {
                "" => return Ok(path),
                _ if path.len() == MAX_PATH => return Err(self.wrong()),
                line => path.push(Hash::parse(line).ok_or(self.wrong())?),
            }
        }
    }
}
