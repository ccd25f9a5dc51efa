//! That a checkpoint was given out.

use super::Transaction;
use super::transaction::Proto;
use crate::checkpoint::SignedCheckpoint;
use crate::event::Origin;
use crate::plan::wire::part;
use crate::published::PUBLISHED;

impl Transaction<'_> {
    /// Records a checkpoint of all the events that the batch will follow.
    pub fn publish(&mut self, checkpoint: &SignedCheckpoint) {
        let mut proto = Proto::new(PUBLISHED, Origin::Commanded);
        let text = checkpoint.note().to_string();
        proto.parts.text(part::CHECKPOINT, text);
        self.push(proto);
    }
}
