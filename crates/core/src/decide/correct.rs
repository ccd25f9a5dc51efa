//! Edits that put a plan right where its own text says how.

use ledger_document::Hunk;
use ledger_document::edit::Edit;

use super::apply::record_edit;
use super::rejection::Rejection;
use super::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::id::DocumentId;

impl Transaction<'_> {
    /// Adds an edit of a document's lines that changes no task: the fixes of what was found in it.
    /// `remarks` say what they put right.
    ///
    /// # Errors
    /// [`Rejection::UnknownDocument`] if the ledger does not track it, and what speaks against the
    /// edit.
    pub fn correct(
        &mut self,
        document: &DocumentId,
        hunks: Vec<Hunk>,
        remarks: Vec<String>,
    ) -> Result<(), Rejection> {
        let edit = Edit {
            hunks,
            remarks,
            outline: None,
        };
        let proto = Proto::new("document.edited", Origin::Commanded);
        record_edit(self, document, edit, proto)
    }
}
