//! What is kept beside the history, so that hardly anybody who asks has to read all of it: snapshots
//! of the plan and of projections, and the hashes of the plan's documents.

use ledger_core::{Batch, Digest, DocumentId, Plan, Seq, Verified};
use ledger_store::Store;
use ledger_store::checkouts::moment_key;

use super::Session;
use super::kept::encode;
use crate::failure::Failure;

/// Name of the plan's snapshots.
pub(super) const PLAN: &str = "plan";
/// Name of the mark that says up to where documents' hashes are indexed.
const HASHED: &str = "hashed";

/// How many events may wait before the indexes are brought up to date.
const SETTLE_AFTER: u64 = 64;

/// A projection of which a snapshot is due. All of them are folded in one walk: reading the history
/// takes longer than what any of them makes of it.
pub(super) trait Due {
    /// The first event that it has not taken in.
    fn from(&self) -> Seq;

    /// Takes in the next batch from there on.
    fn take(&mut self, batch: &Verified<Batch>);

    /// Keeps what came of it at the head.
    fn keep(self: Box<Self>, session: &mut Session, head: Seq) -> Result<(), Failure>;
}

impl Session {
    /// Keeps snapshots and the hashes of documents up to the head.
    ///
    /// One of the plan is kept after as many bytes of journal as it is long, so that all of them
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
        let mut fold = match from < until {
            true => Some(self.fold_after(hashed)?),
            false => None,
        };
        let mut due = self.due(head)?;
        let starts = due.iter().map(|due| due.from());
        let starts = starts.chain(fold.is_some().then_some(from));
        if let Some(start) = starts.min() {
            let end = if due.is_empty() { until } else { head.next() };
            for batch in self.store.read(start)? {
                let batch = batch?;
                let last = batch.head().seq;
                for due in due.iter_mut().filter(|due| due.from() <= last) {
                    due.take(&batch);
                }
                if let Some(fold) = fold.as_mut().filter(|_| (from..until).contains(&last)) {
                    fold.take(&batch)?;
                    found.take(fold.plan(), &Appended::of(&batch))?;
                }
                if last.next() >= end {
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
        due.into_iter().try_for_each(|due| due.keep(self, head))
    }

    /// The projections of which a snapshot is due at the head.
    fn due(&mut self, head: Seq) -> Result<Vec<Box<dyn Due>>, Failure> {
        let mut due = self.due_projections(head)?;
        due.extend(self.due_history(head)?);
        Ok(due)
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
        if self.store.waiting() > SETTLE_AFTER {
            self.index()?;
            return Ok(self.store.settle()?);
        }
        // Whatever else opened sled took in what waited; the indexes may lag all the same.
        match self.catch_up()? {
            true => Ok(self.store.settle()?),
            false => Ok(()),
        }
    }

    /// Brings the indexes up to date if they are open and far behind, and says whether they were.
    pub(super) fn catch_up(&mut self) -> Result<bool, Failure> {
        let lags = self.store.index_is_open() && self.lag()? > SETTLE_AFTER;
        if lags {
            self.index()?;
        }
        Ok(lags)
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

/// How many bytes the lines of a batch are.
pub(super) fn length(batch: &Batch) -> usize {
    let events = batch.events().iter();
    events.map(|recorded| recorded.line.len()).sum()
}

/// What the indexes need to know of a batch, besides the plan it led to.
#[derive(Debug)]
pub(super) struct Appended {
    first: Seq,
    pub(super) last: Seq,
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
            bytes: length(batch),
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
pub(super) fn keys_after(batch: &Appended, plan: &Plan) -> Vec<Digest> {
    let keys = batch.documents.iter().filter_map(|id| {
        let document = plan.document(id)?;
        Some(moment_key(id, document.text.text().as_bytes()))
    });
    keys.collect()
}
