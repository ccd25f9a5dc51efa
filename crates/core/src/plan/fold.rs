//! The fold of a history that went apart: along first parents (ledger-format.md §7.1).

use std::collections::BTreeMap;

use super::Plan;
use super::evolve::{Diverged, Misfit};
use crate::batch::{Batch, Verified};
use crate::id::EventId;

/// Folds batches in the order of the journal, each on the plan of its first parent.
///
/// Of the plans before, those are kept that a later batch goes back to, until the last one has:
/// as many as there are open branches.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    plan: Plan,
    /// The event that led to it.
    tip: Option<EventId>,
    /// Events that are gone back to, and how often that is still to come.
    awaited: BTreeMap<EventId, usize>,
    kept: BTreeMap<EventId, Plan>,
}

impl Fold {
    /// Starts at the beginning of a journal. `first_parents`: the first parent of each line that
    /// does not follow the line before it, once for each ([`crate::Branches`],
    /// [`crate::examine::ForkFinder`]).
    #[must_use]
    pub fn new(first_parents: impl IntoIterator<Item = EventId>) -> Self {
        let mut awaited = BTreeMap::new();
        for id in first_parents {
            *awaited.entry(id).or_default() += 1;
        }
        Self {
            awaited,
            ..Self::default()
        }
    }

    /// Goes on from the plan that an event led to. An earlier one that is gone back to must be
    /// [given](Self::keep).
    #[must_use]
    pub fn resumed(mut self, tip: EventId, plan: Plan) -> Self {
        self.tip = Some(tip);
        self.plan = plan;
        self.keep_tip();
        self
    }

    /// Keeps the plan that an earlier event led to.
    pub fn keep(&mut self, id: EventId, plan: Plan) {
        self.kept.insert(id, plan);
    }

    /// The plan that the last batch led to.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Gives the plan up that the last batch led to.
    #[must_use]
    pub fn into_plan(self) -> Plan {
        self.plan
    }

    /// Applies the next batch of the journal.
    ///
    /// # Errors
    /// [`Diverged`]; the fold should then be dropped.
    pub fn take(&mut self, batch: &Verified<Batch>) -> Result<(), Diverged> {
        if let Some(first) = batch.events().first() {
            let parent = first.event.header.parents.first().copied();
            if parent != self.tip
                && let Some(parent) = parent
            {
                self.plan = self.go_back(parent).ok_or(Diverged {
                    at: first.seq,
                    why: Misfit::UnknownParent(parent),
                })?;
            }
        }
        self.plan.evolve(batch)?;
        self.tip = Some(batch.head().id);
        self.keep_tip();
        Ok(())
    }

    fn go_back(&mut self, parent: EventId) -> Option<Plan> {
        let still = self.awaited.get_mut(&parent)?;
        *still = still.saturating_sub(1);
        if *still > 0 {
            return self.kept.get(&parent).cloned();
        }
        self.awaited.remove(&parent);
        self.kept.remove(&parent)
    }

    fn keep_tip(&mut self) {
        if let Some(tip) = self.tip.filter(|tip| self.awaited.contains_key(tip)) {
            self.kept.insert(tip, self.plan.clone());
        }
    }
}
