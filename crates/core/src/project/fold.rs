//! The fold of a history that may have gone apart and been joined (ledger-format.md §7.3), for
//! projections that need no tasks: each batch on the state of its first parent.

use std::collections::BTreeMap;

use crate::batch::{Batch, Verified};
use crate::id::EventId;
use crate::plan::{Diverged, Misfit};

/// A state that batches lead to.
pub trait Projection: Clone {
    /// Takes in the next batch. `other`: what its second parent led to, if it joins two histories.
    ///
    /// # Errors
    /// [`Diverged`] names the event; the state should then be dropped.
    fn take(&mut self, batch: &Verified<Batch>, other: Option<&Self>) -> Result<(), Diverged>;
}

/// Takes batches in the order of the journal.
///
/// Of the states before, those are kept that a later batch goes back to or joins.
#[derive(Debug, Clone)]
pub struct Along<P> {
    state: P,
    /// The event that led to it.
    tip: Option<EventId>,
    /// Events that are gone back to or joined, and how often that is still to come.
    awaited: BTreeMap<EventId, usize>,
    kept: BTreeMap<EventId, P>,
}

impl<P: Projection> Along<P> {
    /// Starts at the beginning of a journal. `distant`: the parents of its batches that are not
    /// the event of the line before ([`distant_parents`]), once for each.
    #[must_use]
    pub fn new(state: P, distant: impl IntoIterator<Item = EventId>) -> Self {
        let mut awaited = BTreeMap::new();
        for id in distant {
            *awaited.entry(id).or_default() += 1;
        }
        Self {
            state,
            tip: None,
            awaited,
            kept: BTreeMap::new(),
        }
    }

    /// Goes on from what an event led to, in a history that goes straight on from there.
    #[must_use]
    pub const fn resumed(tip: EventId, state: P) -> Self {
        Self {
            state,
            tip: Some(tip),
            awaited: BTreeMap::new(),
            kept: BTreeMap::new(),
        }
    }

    /// What the last batch led to.
    #[must_use]
    pub const fn state(&self) -> &P {
        &self.state
    }

    /// The event that led to it.
    #[must_use]
    pub const fn tip(&self) -> Option<EventId> {
        self.tip
    }

    /// Gives the state up.
    #[must_use]
    pub fn into_state(self) -> P {
        self.state
    }

    /// Takes in the next batch of the journal.
    ///
    /// # Errors
    /// [`Diverged`], with [`Misfit::UnknownParent`] for a parent that the fold was not told of; it
    /// should then be dropped.
    pub fn take(&mut self, batch: &Verified<Batch>) -> Result<(), Diverged> {
        let Some(first) = batch.events().first() else {
            return Ok(());
        };
        let unknown = |parent| Diverged {
            at: first.seq,
            why: Misfit::UnknownParent(parent),
        };
        let mut parents = first.event.header.parents.iter().copied();
        let (own, other) = (parents.next(), parents.next());
        let other = match other {
            // The line before may be the other side's.
            Some(parent) if Some(parent) == self.tip => Some(self.state.clone()),
            // An event in the middle of a batch led to no state, and nothing comes from it.
            Some(parent) => self.go_back(parent).ok_or_else(|| unknown(parent))?,
            None => None,
        };
        if let Some(parent) = own.filter(|parent| Some(*parent) != self.tip) {
            let state = self.go_back(parent).flatten();
            self.state = state.ok_or_else(|| unknown(parent))?;
        }
        self.state.take(batch, other.as_ref())?;
        let tip = batch.head().id;
        self.tip = Some(tip);
        if self.awaited.contains_key(&tip) {
            self.kept.insert(tip, self.state.clone());
        }
        Ok(())
    }

    /// What an awaited event led to, if it was the end of a batch; `None` for one that is not
    /// awaited.
    fn go_back(&mut self, parent: EventId) -> Option<Option<P>> {
        let still = self.awaited.get_mut(&parent)?;
        *still = still.saturating_sub(1);
        if *still > 0 {
            return Some(self.kept.get(&parent).cloned());
        }
        self.awaited.remove(&parent);
        Some(self.kept.remove(&parent))
    }
}

/// The parents of a batch that are not the event of the line before it, `before`.
pub fn distant_parents(
    batch: &Verified<Batch>,
    before: Option<EventId>,
) -> impl Iterator<Item = EventId> {
    let first = batch.events().first();
    let parents = first
        .into_iter()
        .flat_map(|first| &first.event.header.parents);
    parents
        .copied()
        .filter(move |parent| Some(*parent) != before)
}
