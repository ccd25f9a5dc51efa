//! Taking plan files into a ledger, and out of it.

use std::sync::Arc;

use ledger_document::{Document, GRAMMAR, Hunk, Outline};
use serde_json::json;

use super::rejection::Rejection;
use super::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::id::DocumentId;
use crate::plan::PlanDocument;
use crate::plan::agree;
use crate::plan::wire::part;

impl Transaction<'_> {
    /// Begins a ledger: the first event of all.
    pub fn create(&mut self) {
        let mut proto = Proto::new("ledger.created", Origin::Commanded);
        proto.parts.0.push((part::GRAMMAR, json!(GRAMMAR)));
        self.plan.grammar = GRAMMAR;
        self.push(proto);
    }

    /// Adopts a plan file as it is. `path` is relative to the root, with `/` between names.
    ///
    /// # Errors
    /// [`Rejection::AlreadyTracked`].
    pub fn adopt(&mut self, path: &str, text: &Document) -> Result<DocumentId, Rejection> {
        if self.plan.document_at(path).is_some() {
            return Err(Rejection::AlreadyTracked(path.to_owned()));
        }
        self.names.forget();
        let id = self.keys.document();
        let hunk = Hunk {
            at: 0,
            remove: 0,
            insert: text.lines().to_vec(),
        };
        self.plan.documents.push(PlanDocument {
            id: id.clone(),
            path: path.to_owned(),
            former: Vec::new(),
            text: text.clone(),
            bindings: Vec::new(),
            dropped: false,
            uncertain: false,
        });
        let outline = Outline::parse(text);
        for task in 0..outline.tasks.len() {
            let key = self.keys.draw(agree::written_id(&outline, task));
            if let Some(facts) = agree::facts(&outline, task, key.clone(), &id) {
                self.plan.tasks.insert(key, Arc::new(facts));
            }
        }
        self.read_as(&id, Arc::new(outline));
        let mut proto = Proto::new("document.adopted", Origin::Imported);
        proto
            .parts
            .text(part::DOCUMENT, id.as_str())
            .text(part::PATH, path);
        proto.hunks.push((id.clone(), hunk));
        self.push(proto);
        Ok(id)
    }

    /// Records that a plan file lies elsewhere now. Both paths are relative to the root.
    pub(super) fn rename_document(&mut self, path: &str, to: &str) -> Result<(), Rejection> {
        let id = self.which_document(Some(path))?.id.clone();
        if self.plan.document_at(to).is_some() {
            return Err(Rejection::AlreadyTracked(to.to_owned()));
        }
        let mut proto = Proto::new("document.renamed", Origin::Commanded);
        proto
            .parts
            .text(part::DOCUMENT, id.as_str())
            .text(part::PATH, to)
            .text(part::WAS, path);
        let mut documents = self.plan.documents.iter_mut();
        if let Some(own) = documents.find(|own| own.id == id) {
            own.rename(to);
        }
        self.push(proto);
        Ok(())
    }

    /// Records that a plan file is tracked no more.
    pub(super) fn drop_document(&mut self, path: &str) -> Result<(), Rejection> {
        let id = self.which_document(Some(path))?.id.clone();
        let mut proto = Proto::new("document.dropped", Origin::Commanded);
        proto
            .parts
            .text(part::DOCUMENT, id.as_str())
            .text(part::PATH, path);
        let mut documents = self.plan.documents.iter_mut();
        if let Some(own) = documents.find(|own| own.id == id) {
            own.dropped = true;
        }
        let (left, stay) = std::mem::take(&mut self.plan.tasks)
            .into_iter()
            .partition(|(_, task)| task.document == id);
        self.plan.tasks = stay;
        self.plan.leave(&left);
        self.push(proto);
        Ok(())
    }
}
