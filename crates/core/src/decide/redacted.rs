//! Taking a text out of the plan as it is.

use ledger_document::{Document, Line};

use super::claim::Claim;
use super::observed::Edited;
use super::rejection::Rejection;
use super::transaction::Transaction;
use crate::event::Origin;
use crate::redact::Secret;

impl Transaction<'_> {
    /// Puts a mark in the place of a text wherever the plan has it: an edit like any other, but
    /// for that it was asked for.
    ///
    /// # Errors
    /// None of its own.
    pub fn redact(&mut self, secret: &Secret) -> Result<(), Rejection> {
        let holding = self.plan.documents().filter(|document| {
            let mut lines = document.text.lines().iter();
            lines.any(|line| secret.is_in(line))
        });
        let edited: Vec<Edited> = holding
            .map(|document| {
                let lines = document.text.lines().iter();
                let lines: Vec<Line> = lines
                    .map(|line| Line::from(secret.taken_from(line).as_str()))
                    .collect();
                Edited::plain(document.id.clone(), Document::from(lines.concat().as_str()))
            })
            .collect();
        let before = self.protos.len();
        self.observe(&edited, &Claim::Everything)?;
        for proto in self.protos.iter_mut().skip(before) {
            proto.origin = Origin::Commanded;
        }
        Ok(())
    }
}
