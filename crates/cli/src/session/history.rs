//! The plan at the head and at earlier moments.

use std::sync::Arc;

use ledger_core::branches::is_on;
use ledger_core::plan::Fold;
use ledger_core::{Batch, Branches, Digest, DocumentId, Outlines, Plan, Seq, Verified};
use ledger_store::Store;
use ledger_store::checkouts::{Moment, moment_key};

use super::kept::{Kept, decode, encode};
use super::{Access, Session};
use crate::failure::Failure;

/// Name of the plan's snapshots.
const PLAN: &str = "plan";
/// Name of the mark that says up to where documents' hashes are indexed.
const HASHED: &str = "hashed";

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
    fn fold_after(&mut self, at: Option<Seq>) -> Result<Fold, Failure> {
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

    /// Keeps snapshots of the plan and the hashes of its documents up to the head.
    ///
    /// A snapshot is kept after as many bytes of journal as it is long, so that all of them
    /// together are no longer than the journal.
    pub(crate) fn index(&mut self) -> Result<(), Failure> {
        let Some(head) = self.store.head().map(|head| head.seq) else {
            return Ok(());
        };
        let hashed = self.store.snapshot(HASHED, head)?.map(|(seq, _)| seq);
        if hashed == Some(head) {
            return Ok(());
        }
        let from = hashed.map_or(Seq(0), Seq::next);
        // What this session appended last led to the plan it has: no need to read that again.
        let own = self.appended.take();
        let own = own.filter(|own| own.last == head && own.first >= from);
        let until = own.as_ref().map_or(head.next(), |own| own.first);
        let mut found = Found {
            kept: self.store.snapshot(PLAN, head)?.map(|(seq, _)| seq),
            ..Found::default()
        };
        if from < until {
            let mut fold = self.fold_after(hashed)?;
            for batch in self.store.read(from)? {
                let batch = batch?;
                fold.take(&batch)?;
                let batch = Appended::of(&batch);
                found.take(fold.plan(), &batch)?;
                if batch.last.next() >= until {
                    break;
                }
            }
        }
        if let Some(own) = own {
            self.read_plan()?;
            found.take(self.kept.plan(), &own)?;
        }
        self.store.put_moments(&found.moments)?;
        for (seq, bytes) in found.snapshots {
            self.store.put_snapshot(PLAN, seq, &bytes)?;
        }
        self.store.put_snapshot(HASHED, head, &[])?;
        self.keep_history(head)?;
        self.keep_projections(head)
    }

    /// Caches the plan at the head. Until then all others have to work it out, so it is done as
    /// soon as everything is recorded and before any plan file is written.
    pub(super) fn keep(&mut self) -> Result<(), Failure> {
        if !self.kept.is_cached() {
            let store = &mut self.store;
            self.kept.cache(|parts| Ok(store.cache_state(parts)?))?;
        }
        Ok(())
    }

    /// Caches the plan at the head, and brings the indexes up to date when it is time.
    ///
    /// What was appended stays durable whatever happens here, so the result is only a warning.
    pub(crate) fn settle(&mut self) -> Result<(), Failure> {
        self.keep()?;
        let waiting = self.store.waiting() > SETTLE_AFTER;
        // Whatever else opened sled took in what waited; the indexes may lag all the same.
        if waiting || (self.store.index_is_open() && self.lag()? > SETTLE_AFTER) {
            self.index()?;
            self.store.settle()?;
        }
        Ok(())
    }

    /// How many events are not indexed yet.
    fn lag(&mut self) -> Result<u64, Failure> {
        let Some(head) = self.store.head().map(|head| head.seq) else {
            return Ok(0);
        };
        let hashed = self.store.snapshot(HASHED, head)?;
        Ok(hashed.map_or(head.0 + 1, |(seq, _)| head.0 - seq.0.min(head.0)))
    }
}

/// What the indexes need to know of a batch, besides the plan it led to.
#[derive(Debug)]
pub(super) struct Appended {
    first: Seq,
    last: Seq,
    /// How long its lines are.
    bytes: usize,
    /// What it changed.
    documents: Vec<DocumentId>,
}

impl Appended {
    pub(super) fn of(batch: &Batch) -> Self {
        let events = batch.events();
        let last = batch.head().seq;
        let docs = events.last().map(|recorded| &recorded.event.header.docs);
        Self {
            first: events.first().map_or(last, |recorded| recorded.seq),
            last,
            bytes: events.iter().map(|recorded| recorded.line.len()).sum(),
            documents: (docs.into_iter().flatten())
                .map(|(id, _)| id.clone())
                .collect(),
        }
    }
}

/// What is to be kept of batches.
#[derive(Debug, Default)]
struct Found {
    /// The latest snapshot there is.
    kept: Option<Seq>,
    /// Bytes of journal since the last snapshot.
    since: usize,
    moments: Vec<(Digest, Seq)>,
    snapshots: Vec<(Seq, Vec<u8>)>,
}

impl Found {
    /// Takes in the next batch, and the plan it led to.
    fn take(&mut self, plan: &Plan, batch: &Appended) -> Result<(), Failure> {
        self.since += batch.bytes;
        let keys = keys_after(batch, plan);
        self.moments
            .extend(keys.into_iter().map(|key| (key, batch.last)));
        let length: usize = plan
            .documents()
            .map(|document| document.text.byte_len())
            .sum();
        if self.since > length.max(64 << 10) && self.kept.is_none_or(|kept| kept < batch.last) {
            self.snapshots.push((batch.last, encode(plan)?));
            self.since = 0;
        }
        Ok(())
    }
}

/// The [keys](moment_key) of the documents that a batch changed, as it left them.
fn keys_after(batch: &Appended, plan: &Plan) -> Vec<Digest> {
    let keys = batch.documents.iter().filter_map(|id| {
        let document = plan.document(id)?;
        Some(moment_key(id, document.text.text().as_bytes()))
    });
    keys.collect()
}

/// How many events may wait before the indexes are brought up to date.
const SETTLE_AFTER: u64 = 64;
