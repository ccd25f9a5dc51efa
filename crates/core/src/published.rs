//! Checkpoints that a history has in itself (ledger-format.md §12.4).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::batch::Recorded;
use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::event::{Event, Part};
use crate::examine::Examined;
use crate::id::EventId;
use crate::merkle::{Hash, Tree};
use crate::plan::wire::part;

/// The type of the events that have one.
pub const PUBLISHED: &str = "checkpoint.published";

/// Why a recorded checkpoint is not one of the journal before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongCheckpoint {
    /// The event has no text of a checkpoint.
    #[error("it has no checkpoint")]
    Missing,
    /// The text is no checkpoint.
    #[error("of its checkpoint: {0}")]
    Form(#[from] CheckpointError),
    /// It is another ledger's.
    #[error("its checkpoint is one of ledger {}", .0.short())]
    OtherLedger(EventId),
    /// It is not of all the events before it.
    #[error("its checkpoint is of {found} events, and {expected} stand before it")]
    Size {
        /// How many events stand before it.
        expected: u64,
        /// How many it is said to be of.
        found: u64,
    },
    /// The events before it are others.
    #[error("its checkpoint is not that of the {0} events before it")]
    Root(u64),
}

/// The checkpoint that an event has; `None` in an event of another type.
///
/// # Errors
/// [`WrongCheckpoint::Missing`], [`WrongCheckpoint::Form`].
pub fn published(event: &Event) -> Option<Result<SignedCheckpoint, WrongCheckpoint>> {
    (event.header.kind == PUBLISHED).then(|| {
        let text = event.values(part::CHECKPOINT).next();
        let text = text.and_then(Value::as_str);
        let text = text.ok_or(WrongCheckpoint::Missing)?;
        Ok(SignedCheckpoint::parse(text.as_bytes())?)
    })
}

/// Follows the tree of a journal from its beginning, and compares what is recorded of it.
#[derive(Debug, Clone, Default)]
pub struct Follower {
    tree: Tree,
    /// The events that no later one has as a parent.
    tips: BTreeSet<EventId>,
    ledger: Option<EventId>,
}

impl Follower {
    /// Takes the next event. Where it is a checkpoint of all that stands before it, that is given.
    ///
    /// One on a branch, which has not all of the lines before it behind it, may have been recorded
    /// in a journal without them: it is not compared.
    ///
    /// # Errors
    /// [`WrongCheckpoint`]; the event is part of the tree all the same.
    pub fn take(&mut self, event: &Recorded) -> Result<Option<SignedCheckpoint>, WrongCheckpoint> {
        let found = self.compare(&event.event);
        let parents = event.event.header.parents.iter().copied();
        let leaf = Hash::of_leaf(event.header_bytes());
        self.follow(event.event.id, parents, leaf);
        found
    }

    /// The same of an event in its line, whose leaf has this hash. Only what is a checkpoint is
    /// taken out of it.
    ///
    /// # Errors
    /// As of [`take`](Self::take).
    pub fn take_line(
        &mut self,
        line: &Examined<'_>,
        leaf: Hash,
    ) -> Result<Option<SignedCheckpoint>, WrongCheckpoint> {
        let found = match line.has_type(PUBLISHED) {
            true => line
                .event()
                .map_err(|_| WrongCheckpoint::Missing)
                .and_then(|event| self.compare(&event)),
            false => Ok(None),
        };
        self.follow(line.id(), line.parents(), leaf);
        found
    }

    fn follow(&mut self, id: EventId, parents: impl Iterator<Item = EventId>, leaf: Hash) {
        self.tree.push(leaf);
        self.ledger.get_or_insert(id);
        for parent in parents {
            self.tips.remove(&parent);
        }
        self.tips.insert(id);
    }

    fn compare(&self, event: &Event) -> Result<Option<SignedCheckpoint>, WrongCheckpoint> {
        let Some(found) = published(event) else {
            return Ok(None);
        };
        let follows_all = self
            .tips
            .iter()
            .all(|tip| event.header.parents.contains(tip));
        let was_removed = event
            .body
            .iter()
            .any(|part| matches!(part, Part::Redacted(_)));
        let checkpoint = match found {
            Err(WrongCheckpoint::Missing) if was_removed => return Ok(None),
            found => found?,
        };
        let (said, expected) = (checkpoint.checkpoint(), self.tree.size());
        if Some(said.ledger) != self.ledger {
            Err(WrongCheckpoint::OtherLedger(said.ledger))
        } else if !follows_all {
            Ok(None)
        } else if said.size != expected {
            let found = said.size;
            Err(WrongCheckpoint::Size { expected, found })
        } else if said.root != self.tree.root() {
            Err(WrongCheckpoint::Root(expected))
        } else {
            Ok(Some(checkpoint))
        }
    }

    /// The tree so far.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }
}
