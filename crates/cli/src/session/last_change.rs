//! When the status of a plan's tasks was changed last.

use ledger_core::{DocumentId, Plan, Seq, Time};
use ledger_store::Store;

use super::Session;
use crate::failure::Failure;

/// How many batches are looked at, from the head back: further ones hardly matter to anybody who
/// asks what happened last.
const MOST_BATCHES: usize = 256;

impl Session {
    /// The time of the last change of a status of a document's tasks, as far as it is among the
    /// latest batches.
    pub(crate) fn last_change(
        &mut self,
        plan: &Plan,
        document: &DocumentId,
    ) -> Result<Option<Time>, Failure> {
        let mut next = self.head_seq();
        for _ in 0..MOST_BATCHES {
            let Some(seq) = next else {
                break;
            };
            let Some(batch) = self.store.batch_at(seq)? else {
                break;
            };
            let events = batch.events();
            let changed = events.iter().rev().find(|recorded| {
                let header = &recorded.event.header;
                let task = header.task.as_ref().and_then(|key| plan.task(key));
                // Tasks that came or left have only one of the two.
                header.from.is_some()
                    && header.to.is_some()
                    && header.kind != "task.rekeyed"
                    && task.is_some_and(|task| task.document == *document)
            });
            if let Some(recorded) = changed {
                return Ok(Some(recorded.event.header.time));
            }
            let first = events.first().map(|recorded| recorded.seq.0);
            next = first.and_then(|first| first.checked_sub(1)).map(Seq);
        }
        Ok(None)
    }
}
