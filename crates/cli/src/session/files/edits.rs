//! What somebody's edit of a plan file comes to: what it was made on, and what the plan should say
//! now.

use std::collections::HashMap;

use ledger_core::Edited;
use ledger_core::document::Document;
use ledger_core::id::DocumentId;
use ledger_core::redact::unmarked;
use ledger_store::Store;
use ledger_store::checkouts::{Base, Checkout, Moment, moment_key};
use ledger_store::git::with_carriage_returns;

use super::{FileState, LARGEST_BLOB, git};
use crate::failure::Failure;
use crate::session::Session;

impl Session {
    /// The edits that nobody recorded yet, each as the text the plan should now have: where the
    /// edit was made on an older text, merged with what the ledger has got since.
    pub(crate) fn edits(&mut self, files: &[FileState]) -> Result<Vec<Edited>, Failure> {
        let mut edits = Vec::new();
        for file in files {
            let (Checkout::Edited { base }, Some(bytes)) = (file.state, &file.bytes) else {
                continue;
            };
            let found = Document::from_bytes(bytes)
                .map_err(|error| Failure::from(error).about(&file.path))?;
            edits.push(self.merged(file, base, found)?);
        }
        Ok(edits)
    }

    /// An edit that somebody is about to make of a plan file, as [`Session::edits`] would find it.
    pub(in crate::session) fn edited_to(
        &mut self,
        file: &FileState,
        text: Document,
    ) -> Result<Edited, Failure> {
        let base = match file.state {
            Checkout::Edited { base } => base,
            Checkout::Stale(moment) => moment.map(Base::from),
            _ => self.head_moment().map(Base::from),
        };
        self.merged(file, base, text)
    }

    fn merged(
        &mut self,
        file: &FileState,
        base: Option<Base>,
        found: Document,
    ) -> Result<Edited, Failure> {
        let id = &file.document;
        let head = self.store.head().map(|head| head.seq);
        let plain = |text| Edited::plain(id.clone(), text);
        self.read_plan()?;
        let Some(own) = self.kept.plan().document(id).cloned() else {
            return Ok(plain(found));
        };
        let taken = base.and_then(|base| self.taken_in(&base));
        let base = match base {
            Some(base) => Some(base.moment),
            None => match self.moment_of(&moment_key(id, found.text().as_bytes()))? {
                Some(moment) => Some(moment),
                None => self.committed(file)?,
            },
        };
        let base = match base {
            _ if taken.is_some() => taken,
            Some(base) if Some(base.seq) == head => None,
            Some(base) => self
                .plan_at(base.seq)?
                .document(id)
                .map(|document| document.text.clone()),
            None => self.nearest(id, &found)?,
        };
        let base = base.map(|base| unmarked(&base, &found));
        let Some(base) = base.filter(|base| *base != own.text) else {
            return Ok(plain(found));
        };
        Ok(Edited::merged(&own, &base, &found))
    }

    /// The text that an edit was made on, where that is no moment's own and still kept.
    fn taken_in(&self, base: &Base) -> Option<Document> {
        let bytes = self.checkouts.text(&base.taken?)?;
        Document::from_bytes(&bytes).ok()
    }

    /// The moment whose text git's commit has of a plan: what an edit was most likely made on
    /// where no record says so.
    fn committed(&mut self, file: &FileState) -> Result<Option<Moment>, Failure> {
        let blob = git(&self.place).and_then(|git| {
            let head = git.head()?;
            git.blob(&head, &file.path, LARGEST_BLOB)
        });
        let Some(blob) = blob else { return Ok(None) };
        match self.moment_of(&moment_key(&file.document, &blob))? {
            // The plan has the carriage returns that git puts there.
            None => self.moment_of(&moment_key(&file.document, &with_carriage_returns(&blob))),
            found => Ok(found),
        }
    }

    /// The known text of a document that shares most lines with this one, the earliest of several
    /// (a later one has what others did since): what an edit was made on where nothing says so.
    fn nearest(&mut self, id: &DocumentId, found: &Document) -> Result<Option<Document>, Failure> {
        let mut lines: HashMap<&str, usize> = HashMap::new();
        for line in found.lines() {
            *lines.entry(line).or_default() += 1;
        }
        let mut best: Option<(usize, Document)> = None;
        self.replay(|batch, plan| {
            let last = batch.events().last();
            let changed = last.is_some_and(|last| {
                last.event
                    .header
                    .docs
                    .iter()
                    .any(|(changed, _)| changed == id)
            });
            let Some(document) = plan.document(id).filter(|_| changed) else {
                return;
            };
            let mut left = lines.clone();
            let mut apart = 0;
            for line in document.text.lines() {
                match left.get_mut(&**line).filter(|count| **count > 0) {
                    Some(count) => *count -= 1,
                    None => apart += 1,
                }
            }
            apart += left.values().sum::<usize>();
            if best.as_ref().is_none_or(|(least, _)| apart < *least) {
                best = Some((apart, document.text.clone()));
            }
        })?;
        Ok(best.map(|(_, text)| text))
    }
}
