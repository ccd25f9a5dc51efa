//! The plan at the head and at earlier moments.

use std::sync::Arc;

use ledger_core::branches::is_on;
use ledger_core::plan::Fold;
use ledger_core::{Batch, Branches, Digest, DocumentId, Outlines, Plan, Seq, Verified};
use ledger_store::Store;
use ledger_store::checkouts::Moment;

use super::indexes::{Appended, PLAN, keys_after};
use super::kept::{Kept, decode};
use super::{Access, Session};
use crate::failure::Failure;

impl Session {
    /// Takes what is at the head: from the cached state if it is the head's, else folded.
    pub(super) fn load(&mut self) -> Result<(), Failure> {
        let cached = self.store.cached_state()?;
        match cached.and_then(Kept::cached) {
            Some(kept) => self.kept = kept,
            None => self.fold()?,
        }
        match self.access {
            // Nearly every query shows something of the plan.
            Access::Read => self.read_plan(),
            Access::Compare | Access::Write => Ok(()),
        }
    }

    fn fold(&mut self) -> Result<(), Failure> {
        let plan = match self.store.head().map(|head| head.seq) {
            Some(seq) => self.plan_at(seq)?,
            None => Plan::default(),
        };
        self.kept = Kept::of(plan, Outlines::new());
        self.rest();
        Ok(())
    }

    /// Reads the plan at the head, unless it is read.
    pub(super) fn read_plan(&mut self) -> Result<(), Failure> {
        match self.kept.read() {
            true => Ok(()),
            false => self.fold(),
        }
    }

    /// Reads the plan at the head and what its documents say, unless they are read.
    pub(super) fn read_all(&mut self) -> Result<(), Failure> {
        match self.kept.read_all() {
            true => Ok(()),
            false => self.fold(),
        }
    }

    /// The text of a document at the head.
    pub(super) fn text(&mut self, id: &DocumentId) -> Result<Option<Arc<String>>, Failure> {
        if let Some(text) = self.kept.text(id) {
            return Ok(Some(text));
        }
        if self.kept.document(id).is_some() {
            self.fold()?;
        }
        Ok(self.kept.text(id))
    }

    /// Gives back the lock that a query took to ask the indexes. What it shows goes to a pager or
    /// a pipe, whose reader may take their time.
    pub(super) fn rest(&mut self) {
        if self.access == Access::Read {
            // What sled could not write out, whoever opens it next absorbs again.
            let _ = self.store.close_index();
        }
    }

    /// The plan at a moment; `at` must be the last event of its batch.
    pub(crate) fn plan_at(&mut self, at: Seq) -> Result<Plan, Failure> {
        let branches = self.store.branches()?;
        // A store that was just filled has no snapshot that is near.
        self.catch_up()?;
        self.plan_along(&branches, at)
    }

    /// The same, where it is known how the history went apart.
    fn plan_along(&mut self, branches: &Branches, at: Seq) -> Result<Plan, Failure> {
        let path = branches.path(at);
        let mut start = (Plan::default(), Seq(0));
        // A snapshot counts where it is one of this moment's own history.
        for &(first, last) in &path {
            let kept = self.store.snapshot(PLAN, last)?;
            let kept = kept.filter(|(seq, _)| *seq >= first);
            if let Some((seq, plan)) = kept.and_then(|(seq, bytes)| Some((seq, decode(&bytes)?))) {
                start = (plan, seq.next());
                break;
            }
        }
        let (mut plan, from) = start;
        if from <= at {
            for batch in self.store.read(from)? {
                let batch = batch?;
                let last = batch.head().seq;
                if last > at {
                    break;
                }
                if is_on(&path, last) {
                    plan.evolve(&batch)?;
                }
                // The batch after it may be a long one.
                if last == at {
                    break;
                }
            }
        }
        Ok(plan)
    }

    /// A fold of the batches after a moment; without one, of all.
    pub(super) fn fold_after(&mut self, at: Option<Seq>) -> Result<Fold, Failure> {
        let branches = self.store.branches()?;
        let from = at.map_or(Seq(0), Seq::next);
        let later = || branches.all().iter().filter(|branch| branch.first >= from);
        let mut fold = Fold::new(later().map(|branch| branch.id));
        for branch in later().filter(|branch| branch.parent < from) {
            fold.keep(branch.id, self.plan_along(&branches, branch.parent)?);
        }
        let Some(at) = at else { return Ok(fold) };
        let plan = self.plan_along(&branches, at)?;
        let tip = self.store.event(at)?.map(|recorded| recorded.event.id);
        Ok(match tip {
            Some(tip) => fold.resumed(tip, plan),
            None => fold,
        })
    }

    /// Goes through the whole history: each batch with the plan it led to.
    pub(crate) fn replay(
        &mut self,
        each: impl FnMut(&Verified<Batch>, &Plan),
    ) -> Result<Plan, Failure> {
        self.replay_to(None, each)
    }

    /// Goes through the history up to a moment: each batch with the plan it led to. Gives back
    /// the plan at the end.
    pub(crate) fn replay_to(
        &mut self,
        until: Option<Seq>,
        mut each: impl FnMut(&Verified<Batch>, &Plan),
    ) -> Result<Plan, Failure> {
        let mut fold = self.fold_after(None)?;
        for batch in self.store.read(Seq(0))? {
            let batch = batch?;
            if until.is_some_and(|until| batch.head().seq > until) {
                break;
            }
            fold.take(&batch)?;
            each(&batch, fold.plan());
            if until == Some(batch.head().seq) {
                break;
            }
        }
        Ok(fold.into_plan())
    }

    /// The latest moment with this [key](moment_key).
    pub(super) fn moment_of(&mut self, key: &Digest) -> Result<Option<Moment>, Failure> {
        let Some(seq) = self.moments_of(key)?.last().copied() else {
            return Ok(None);
        };
        Ok(self.store.event(seq)?.map(|recorded| Moment {
            seq,
            id: recorded.event.id,
        }))
    }

    /// All moments with these keys, in order; of each key its own.
    pub(super) fn all_moments_of(&mut self, keys: &[Digest]) -> Result<Vec<Vec<Seq>>, Failure> {
        if self.store.has_index()? {
            self.index()?;
            let moments = keys.iter().map(|key| self.store.moments(key));
            return Ok(moments.collect::<Result<_, _>>()?);
        }
        let mut found = vec![Vec::new(); keys.len()];
        self.replay(|batch, plan| {
            let batch = Appended::of(batch);
            let own = keys_after(&batch, plan);
            for (key, found) in keys.iter().zip(&mut found) {
                found.extend(own.contains(key).then_some(batch.last));
            }
        })?;
        Ok(found)
    }

    /// The moments with this [key](moment_key), in order.
    pub(super) fn moments_of(&mut self, key: &Digest) -> Result<Vec<Seq>, Failure> {
        Ok(self.all_moments_of(&[*key])?.concat())
    }
}
