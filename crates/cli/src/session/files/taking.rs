//! Which bytes of plan files were taken in: noted before they are, settled afterwards.

use ledger_core::Edited;
use ledger_store::checkouts::{CheckoutRecord, Moment, Rendered, Taking, plain_hash};
use ledger_store::{Store, planfile, tracked_plan_path};

use super::{FileState, git};
use crate::failure::Failure;
use crate::outside;
use crate::session::Session;

impl Session {
    /// Notes, durably, which bytes of plan files are about to be taken in as of a moment: if the
    /// history has that moment from here on, they are nobody's edit any more.
    ///
    /// The files are made durable first: one that a power failure took back would be somebody's
    /// taking back of that edit.
    pub(in crate::session) fn note_taking(
        &mut self,
        files: &[FileState],
        edits: &[Edited],
        moment: Moment,
    ) -> Result<(), Failure> {
        for file in files {
            let edit = edits.iter().find(|edit| edit.document == file.document);
            let (Some(edit), Some(bytes)) = (edit, &file.bytes) else {
                continue;
            };
            planfile::make_durable(&tracked_plan_path(&self.place.root, &file.path)?)?;
            let whole = edit.text.text().as_bytes() == bytes;
            if !whole {
                // An aid for later, which keeps nobody from recording this.
                let _ = self.checkouts.keep_text(bytes);
            }
            self.checkout.taking.push(Taking {
                document: file.document.clone(),
                path: file.path.clone(),
                bytes: Rendered {
                    moment,
                    hash: plain_hash(bytes),
                    at: outside::now()?,
                    git: git(&self.place).and_then(|git| git.position()),
                    turn: None,
                },
                whole,
                durable: true,
            });
        }
        self.save_record(true)
    }

    /// Writes the record of this checkout; durably if that is asked for, and where it says what
    /// nothing else does: which bytes were taken in. The texts go that it names no more.
    pub(super) fn save_record(&mut self, durably: bool) -> Result<(), Failure> {
        let names_texts = self.checkout.texts().next().is_some();
        match durably || names_texts {
            true => self.checkouts.write_durably(&self.checkout)?,
            false => self.checkouts.write(&self.checkout)?,
        }
        if self.has_texts || names_texts {
            self.checkouts.tidy_texts();
        }
        self.has_texts = names_texts;
        Ok(())
    }

    /// Settles what was about to be taken in.
    pub(in crate::session) fn settle_taking(&mut self) -> Result<(), Failure> {
        let mut checkout = std::mem::replace(
            &mut self.checkout,
            CheckoutRecord::new(self.place.checkout(), &self.place.root),
        );
        let settled = checkout.settle_taking(|moment| self.has(moment));
        self.checkout = checkout;
        settled
    }

    /// Whether a moment is part of the history.
    pub(in crate::session) fn has(&mut self, moment: &Moment) -> Result<bool, Failure> {
        if self.head_moment().as_ref() == Some(moment) {
            return Ok(true);
        }
        let event = self.store.event(moment.seq)?;
        Ok(event.is_some_and(|recorded| recorded.event.id == moment.id))
    }
}
