//! Taking a text out of the plan as it is.

use ledger_document::Document;

use super::claim::Claim;
use super::observed::Edited;
use super::rejection::Rejection;
use super::transaction::Transaction;
use crate::event::Origin;
use crate::redact::Secret;

impl Transaction<'_> {
    /// Puts a mark in the place of a text wherever the plan has it: an edit like any other, but
    /// for that it was asked for. Gives the paths of the documents and the numbers of the lines,
    /// from 1, that had it.
    ///
    /// # Errors
    /// None of its own.
    pub fn redact(&mut self, secret: &Secret) -> Result<Vec<(String, Vec<usize>)>, Rejection> {
        let (mut edited, mut places) = (Vec::new(), Vec::new());
        for document in self.plan.documents() {
            let text = document.text.text();
            let without = secret.taken_from(&text);
            if without != text {
                let lines = secret.lines_with(document.text.lines()).into_iter();
                places.push((document.path.clone(), lines.map(|at| at + 1).collect()));
                let without = Document::from(without.as_str());
                edited.push(Edited::plain(document.id.clone(), without));
            }
        }
        let before = self.protos.len();
        self.observe(&edited, &Claim::Everything)?;
        for proto in self.protos.iter_mut().skip(before) {
            proto.origin = Origin::Commanded;
        }
        Ok(places)
    }
}
