//! Checkpoints of a ledger: its key, and the event that one was given out.

use ledger_core::checkpoint::SignedCheckpoint;
use ledger_core::note::SignerKey;
use ledger_core::published::{PUBLISHED, published};
use ledger_core::{Batch, EventId, Verified};
use ledger_store::{Keys, Store};

use super::{Request, Session};
use crate::failure::Failure;
use crate::outside;

impl Session {
    /// The key that this copy of a ledger signs with, made on first use. The session writes.
    pub(crate) fn signer(&self, ledger: EventId) -> Result<SignerKey, Failure> {
        let keys = Keys::new(self.layout().keys());
        let name = ledger_core::checkpoint::origin(ledger);
        if let Some(key) = keys.signer(&name)? {
            return Ok(key);
        }
        let key = SignerKey::new(&name, &outside::entropy()?)
            .ok_or_else(|| Failure::trouble("the ledger's id cannot name a key"))?;
        keys.keep(&key)?;
        Ok(key)
    }

    /// The latest checkpoint in the history that is `wanted`. All are shown, from the latest one
    /// back, but for those whose text was removed.
    pub(crate) fn latest_checkpoint(
        &mut self,
        mut wanted: impl FnMut(&SignedCheckpoint) -> bool,
    ) -> Result<Option<SignedCheckpoint>, Failure> {
        for seq in self.store.find_type(PUBLISHED)?.into_iter().rev() {
            let event = self.store.event(seq)?;
            if let Some(Ok(found)) = event.and_then(|event| published(&event.event))
                && wanted(&found)
            {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Records a checkpoint of all events up to the head, which nothing else comes behind first.
    pub(crate) fn publish(
        &mut self,
        checkpoint: &SignedCheckpoint,
        request: &Request,
    ) -> Result<Option<Verified<Batch>>, Failure> {
        let context = outside::context()?;
        self.read_all()?;
        let decision = self.decide(&context, &request.actor, |tx| {
            tx.publish(checkpoint);
            Ok(())
        })?;
        self.append(decision, request, true)
    }
}
