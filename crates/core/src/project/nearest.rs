//! How near the documents of a history come to a text that was found elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use ledger_document::text::content;
use ledger_document::{Document, Hunk, Line};

use super::fold::Projection;
use crate::batch::{Batch, Verified};
use crate::id::DocumentId;
use crate::plan::evolve::{diverged, document_id, known};
use crate::plan::wire::hunks;
use crate::plan::{Diverged, Misfit};

/// For each document, how many of its lines a text shares with it; the ends of lines do not count.
///
/// It is kept with each hunk, so a batch costs as much as the lines that it changes.
#[derive(Debug, Clone)]
pub struct Nearness {
    sought: Arc<Sought>,
    /// Shared by copies until one of them is edited.
    documents: Vec<Arc<Near>>,
}

/// The text that was found.
#[derive(Debug)]
struct Sought {
    /// Number of its lines.
    length: usize,
    /// Each different line of it by a number, and how many there are.
    lines: HashMap<String, (usize, usize)>,
}

#[derive(Debug, Clone)]
struct Near {
    id: DocumentId,
    text: Document,
    /// How many it has of each line that is sought, by the line's number.
    has: Vec<usize>,
    shared: usize,
}

impl Nearness {
    /// Of no documents yet.
    #[must_use]
    pub fn new(text: &Document) -> Self {
        let mut lines: HashMap<String, (usize, usize)> = HashMap::new();
        for line in text.lines() {
            let number = lines.len();
            let known = lines.entry(content(line).to_owned());
            known.or_insert((number, 0)).1 += 1;
        }
        Self {
            sought: Arc::new(Sought {
                length: text.len(),
                lines,
            }),
            documents: Vec::new(),
        }
    }

    /// How many lines of a document and the text are not in both; `None` for one that is not there.
    #[must_use]
    pub fn apart(&self, id: &DocumentId) -> Option<usize> {
        let near = self.documents.iter().find(|near| near.id == *id)?;
        Some(near.text.len() + self.sought.length - 2 * near.shared)
    }

    /// Whether a document has a line of the text that is more than blanks.
    #[must_use]
    pub fn shares(&self, id: &DocumentId) -> bool {
        let near = self.documents.iter().find(|near| near.id == *id);
        near.is_some_and(|near| {
            let mut lines = self.sought.lines.iter();
            lines.any(|(line, (number, _))| near.has[*number] > 0 && !line.trim().is_empty())
        })
    }

    fn edit(&mut self, id: &DocumentId, hunk: &Hunk) -> Result<(), Misfit> {
        let mut documents = self.documents.iter_mut();
        let near = documents.find(|near| near.id == *id);
        let near = near.ok_or_else(|| Misfit::UnknownDocument(id.clone()))?;
        Arc::make_mut(near).edit(&self.sought, hunk)
    }
}

impl Near {
    fn edit(&mut self, sought: &Sought, hunk: &Hunk) -> Result<(), Misfit> {
        let lines = hunk.at..hunk.at.saturating_add(hunk.remove);
        let gone: Vec<Line> = self.text.lines().get(lines).unwrap_or_default().to_vec();
        self.text.apply(hunk)?;
        for line in &gone {
            if let Some((number, wanted)) = sought.lines.get(content(line)) {
                let has = &mut self.has[*number];
                *has -= 1;
                self.shared -= usize::from(*has < *wanted);
            }
        }
        for line in &hunk.insert {
            if let Some((number, wanted)) = sought.lines.get(content(line)) {
                let has = &mut self.has[*number];
                self.shared += usize::from(*has < *wanted);
                *has += 1;
            }
        }
        Ok(())
    }
}

impl Projection for Nearness {
    fn take(&mut self, batch: &Verified<Batch>, _: Option<&Self>) -> Result<(), Diverged> {
        for recorded in batch.events() {
            let event = &recorded.event;
            let mut take = || -> Result<(), Misfit> {
                known(&event.header)?;
                if event.header.kind == "document.adopted" {
                    let id = document_id(event)?;
                    if self.apart(&id).is_some() {
                        return Err(Misfit::KnownDocument(id));
                    }
                    self.documents.push(Arc::new(Near {
                        id,
                        text: Document::default(),
                        has: vec![0; self.sought.lines.len()],
                        shared: 0,
                    }));
                }
                let hunks = hunks(&event.body)?;
                hunks.iter().try_for_each(|(id, hunk)| self.edit(id, hunk))
            };
            take().map_err(|why| diverged(recorded, why))?;
        }
        Ok(())
    }
}
