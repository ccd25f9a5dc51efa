//! What every backend does.

use std::collections::BTreeSet;

use ledger_core::{Batch, Branches, Digest, EventId, Head, Part, Recorded, Seq, TaskKey, Verified};

use crate::cache::Cached;
use crate::checkouts::Moment;
use crate::error::{AppendError, StoreError};
use crate::search;

/// Batches in order, each verified as it is read. An error ends it.
pub type Batches = Box<dyn Iterator<Item = Result<Verified<Batch>, StoreError>>>;

/// Heads in order, each verified as it is read. An error ends it.
pub type Heads = Box<dyn Iterator<Item = Result<Head, StoreError>>>;

/// What an append gives back: the batch is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The batch's first event.
    pub first: Seq,
    /// The batch's last event, the moment that `--at` can name.
    pub moment: Moment,
}

/// A ledger's history and what is derived from it.
///
/// A store sees the history as it was when it was opened, and what it appended itself.
/// Lookups may have to open and fill an index first, so they take `&mut self`.
///
/// Snapshots, moments and the cached state are the caller's: bytes that can be worked out
/// again from the history at any time, and may be lost at any time.
pub trait Store {
    /// The last event; `None` in an empty ledger.
    fn head(&self) -> Option<&Head>;

    /// The batches from the one that has event `from` on, in order.
    ///
    /// # Errors
    /// [`StoreError`] if the history cannot be opened. The iterator's items fail with
    /// [`StoreError::BadLine`] at the first line that does not verify.
    fn read(&mut self, from: Seq) -> Result<Batches, StoreError>;

    /// The heads that [`read`](Self::read)'s batches lead to, in order.
    ///
    /// # Errors
    /// [`StoreError`], as of `read`.
    fn heads(&mut self, from: Seq) -> Result<Heads, StoreError> {
        let batches = self.read(from)?;
        Ok(Box::new(batches.map(|batch| Ok(batch?.head().clone()))))
    }

    /// Where the history went apart: the batches that do not follow the line before them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn branches(&mut self) -> Result<Branches, StoreError>;

    /// Appends a batch that was sealed on `expected`, and makes it durable.
    ///
    /// # Errors
    /// [`AppendError::Moved`] if `expected` is not the head: decide again. Otherwise
    /// [`AppendError::Store`]. In both cases the batch is not part of the history, except that
    /// nobody knows after [`StoreError::Undecided`].
    fn append(
        &mut self,
        expected: Option<EventId>,
        batch: &Verified<Batch>,
    ) -> Result<Receipt, AppendError>;

    /// The batch that has event `seq`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn batch_at(&mut self, seq: Seq) -> Result<Option<Verified<Batch>>, StoreError> {
        match self.head() {
            Some(head) if seq <= head.seq => self.read(seq)?.next().transpose(),
            _ => Ok(None),
        }
    }

    /// Those of these events that there are, with their journal lines, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn events(&mut self, seqs: &BTreeSet<Seq>) -> Result<Vec<Recorded>, StoreError> {
        let mut found = Vec::new();
        let (Some(first), Some(last)) = (seqs.first(), seqs.last()) else {
            return Ok(found);
        };
        for batch in self.read(*first)? {
            let batch = batch?;
            let wanted = batch.events().iter().filter(|own| seqs.contains(&own.seq));
            found.extend(wanted.cloned());
            if batch.head().seq >= *last {
                break;
            }
        }
        Ok(found)
    }

    /// Event `seq` and its journal line.
    ///
    /// # Errors
    /// [`StoreError`].
    fn event(&mut self, seq: Seq) -> Result<Option<Recorded>, StoreError> {
        Ok(self.events(&BTreeSet::from([seq]))?.pop())
    }

    /// Of each of those of these events that there are, in order, the parts that have one of these
    /// names or were removed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn parts(
        &mut self,
        seqs: &BTreeSet<Seq>,
        names: &[&str],
    ) -> Result<Vec<Vec<Part>>, StoreError> {
        let is_asked = |part: &Part| match part {
            Part::Open { name, .. } => names.contains(&name.as_str()),
            Part::Redacted(_) => true,
        };
        let events = self.events(seqs)?.into_iter();
        Ok(events
            .map(|own| own.event.body.into_iter().filter(is_asked).collect())
            .collect())
    }

    /// The events whose id starts with these hex digits, at most `limit` of them, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_id(&mut self, prefix: &str, limit: usize) -> Result<Vec<Seq>, StoreError>;

    /// The moments whose cause starts with `prefix`, such as those of a commit, each with its
    /// cause; in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_cause(&mut self, prefix: &str) -> Result<Vec<(Seq, String)>, StoreError> {
        search::find_cause(self.read(Seq(0))?, prefix)
    }

    /// The events of a rare type, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find_type(&mut self, kind: &str) -> Result<Vec<Seq>, StoreError> {
        search::find_type(self.read(Seq(0))?, kind)
    }

    /// The batch with this idempotency key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn batch_for_idem(&mut self, key: &str) -> Result<Option<Verified<Batch>>, StoreError>;

    /// The events about a task, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn seqs_of_task(&mut self, key: &TaskKey) -> Result<Vec<Seq>, StoreError>;

    /// The latest snapshot called `name` of a moment at or before `at`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn snapshot(&mut self, name: &str, at: Seq) -> Result<Option<(Seq, Vec<u8>)>, StoreError>;

    /// Keeps a snapshot of moment `at`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_snapshot(&mut self, name: &str, at: Seq, bytes: &[u8]) -> Result<(), StoreError>;

    /// The moments with this [key](crate::checkouts::moment_key), in order, as far as the caller
    /// has put them in.
    ///
    /// # Errors
    /// [`StoreError`].
    fn moments(&mut self, key: &Digest) -> Result<Vec<Seq>, StoreError>;

    /// Notes which keys these moments have.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_moments(&mut self, moments: &[(Digest, Seq)]) -> Result<(), StoreError>;

    /// The cached state, if it is the head's.
    ///
    /// # Errors
    /// [`StoreError`].
    fn cached_state(&self) -> Result<Option<Cached>, StoreError>;

    /// Caches the state of the head, in parts, in place of an older one.
    ///
    /// # Errors
    /// [`StoreError`].
    fn cache_state(&mut self, parts: &[&[u8]]) -> Result<(), StoreError>;

    /// How many events were appended since indexes were last brought up to date: when there are
    /// many, it is time for snapshots and moments, and for [`settle`](Self::settle).
    fn waiting(&self) -> u64;

    /// Brings indexes up to date if enough events wait. To be called before a process that
    /// appended ends, after everything a user waits for.
    ///
    /// # Errors
    /// [`StoreError`]; what was appended is durable all the same.
    fn settle(&mut self) -> Result<(), StoreError>;
}
