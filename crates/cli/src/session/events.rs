//! Events by their positions.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{Batch, Recorded, Seq, Verified};
use ledger_store::{Batches, Store};

use super::Session;
use crate::failure::Failure;

/// Reading on over this many events costs less than asking the index where the next one is.
const NEAR: u64 = 256;

impl Session {
    /// These events, by their positions.
    pub(crate) fn events(
        &mut self,
        seqs: &BTreeSet<Seq>,
    ) -> Result<BTreeMap<Seq, Recorded>, Failure> {
        let mut found = BTreeMap::new();
        let mut batches: Option<Batches> = None;
        let mut batch: Option<Verified<Batch>> = None;
        for &seq in seqs {
            let at = batch.as_ref().map_or(Seq(0), |batch| batch.head().seq);
            let is_far = self.store.index_is_open() && seq.0 > at.0 + NEAR;
            let mut on = match batches.take().filter(|_| !is_far) {
                Some(batches) => batches,
                None => self.store.read(seq)?,
            };
            while batch.as_ref().is_none_or(|batch| batch.head().seq < seq) {
                match on.next().transpose()? {
                    Some(next) => batch = Some(next),
                    None => break,
                }
            }
            batches = Some(on);
            let events = batch.iter().flat_map(|batch| batch.events());
            let own = events.filter(|recorded| recorded.seq == seq);
            found.extend(own.map(|recorded| (seq, recorded.clone())));
        }
        Ok(found)
    }
}
