//! A ledger in memory: for tests and trials.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{Batch, Branches, Digest, EventId, Head, Seq, TaskKey, Verified};

use crate::cache::Cached;
use crate::checkouts::Moment;
use crate::error::{AppendError, StoreError};
use crate::search;
use crate::store::{Batches, Receipt, Store};

/// A ledger that lasts as long as its process.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    batches: Vec<Verified<Batch>>,
    snapshots: BTreeMap<(String, Seq), Vec<u8>>,
    moments: BTreeMap<Digest, BTreeSet<Seq>>,
    state: Option<(EventId, Vec<Vec<u8>>)>,
}

impl MemoryStore {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    fn head(&self) -> Option<&Head> {
        self.batches.last().map(|batch| batch.head())
    }

    fn read(&mut self, from: Seq) -> Result<Batches, StoreError> {
        let skip = self
            .batches
            .partition_point(|batch| batch.head().seq < from);
        let rest: Vec<_> = self.batches.iter().skip(skip).cloned().map(Ok).collect();
        Ok(Box::new(rest.into_iter()))
    }

    fn branches(&mut self) -> Result<Branches, StoreError> {
        search::branches(self.read(Seq(0))?)
    }

    fn append(
        &mut self,
        expected: Option<EventId>,
        batch: &Verified<Batch>,
    ) -> Result<Receipt, AppendError> {
        if self.head().map(|head| head.id) != expected {
            return Err(AppendError::Moved {
                head: self.head().cloned().map(Box::new),
            });
        }
        search::continues(self.head(), batch)?;
        self.batches.push(batch.clone());
        Ok(receipt(batch))
    }

    fn find_id(&mut self, prefix: &str, limit: usize) -> Result<Vec<Seq>, StoreError> {
        search::find_id(self.read(Seq(0))?, prefix, limit)
    }

    fn batch_for_idem(&mut self, key: &str) -> Result<Option<Verified<Batch>>, StoreError> {
        search::batch_for_idem(self.read(Seq(0))?, key)
    }

    fn seqs_of_task(&mut self, key: &TaskKey) -> Result<Vec<Seq>, StoreError> {
        search::seqs_of_task(self.read(Seq(0))?, key)
    }

    fn snapshot(&mut self, name: &str, at: Seq) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        let range = (name.to_owned(), Seq(0))..=(name.to_owned(), at);
        let found = self.snapshots.range(range).next_back();
        Ok(found.map(|((_, seq), bytes)| (*seq, bytes.clone())))
    }

    fn put_snapshot(&mut self, name: &str, at: Seq, bytes: &[u8]) -> Result<(), StoreError> {
        self.snapshots.insert((name.to_owned(), at), bytes.to_vec());
        Ok(())
    }

    fn moments(&mut self, hash: &Digest) -> Result<Vec<Seq>, StoreError> {
        let found = self.moments.get(hash).into_iter().flatten();
        Ok(found.copied().collect())
    }

    fn put_moments(&mut self, moments: &[(Digest, Seq)]) -> Result<(), StoreError> {
        for (hash, seq) in moments {
            self.moments.entry(*hash).or_default().insert(*seq);
        }
        Ok(())
    }

    fn cached_state(&self) -> Result<Option<Cached>, StoreError> {
        let head = self.head().map(|head| head.id);
        let state = self.state.as_ref().filter(|(id, _)| Some(*id) == head);
        Ok(state.map(|(_, parts)| {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            Cached::of(&parts)
        }))
    }

    fn cache_state(&mut self, parts: &[&[u8]]) -> Result<(), StoreError> {
        let parts = parts.iter().map(|part| part.to_vec()).collect();
        self.state = self.head().map(|head| (head.id, parts));
        Ok(())
    }

    fn waiting(&self) -> u64 {
        0
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The receipt for a batch that was appended.
pub(crate) fn receipt(batch: &Batch) -> Receipt {
    let head = batch.head();
    Receipt {
        first: batch.events().first().map_or(head.seq, |event| event.seq),
        moment: Moment {
            seq: head.seq,
            id: head.id,
        },
    }
}
