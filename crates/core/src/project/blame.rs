//! Who wrote each line: for every line of every document the event that put it there.
//!
//! As in `git blame`, a line is its bytes in its place. A batch is compared with the moment before
//! it: a line that it took out and put back has its old writer still, one that stood elsewhere has
//! moved, and one that a merge brought has the writer that it has in the history it came from.

mod settle;

use std::sync::Arc;

use ledger_document::{Document, Hunk, Line};
use serde::{Deserialize, Serialize};

use super::fold::Projection;
use crate::batch::{Batch, Recorded, Verified};
use crate::event::Event;
use crate::id::{DocumentId, Seq};
use crate::plan::evolve::{diverged, document_id, known};
use crate::plan::wire::{Malformed, hunks, part};
use crate::plan::{Diverged, Misfit};

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The event that put it where it stands.
    pub placed: Seq,
    /// The event that wrote it, where lines are followed that a batch only moved; an earlier one
    /// than `placed`, or the same.
    pub written: Seq,
}

impl Origin {
    const fn new(seq: Seq) -> Self {
        Self {
            placed: seq,
            written: seq,
        }
    }
}

/// A document with the origins of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blamed {
    id: DocumentId,
    path: String,
    dropped: bool,
    #[serde(with = "crate::plan::kept::lines")]
    text: Document,
    /// One for each line.
    origins: Vec<Origin>,
}

impl Blamed {
    /// The document.
    #[must_use]
    pub const fn id(&self) -> &DocumentId {
        &self.id
    }

    /// Its lines.
    #[must_use]
    pub const fn text(&self) -> &Document {
        &self.text
    }

    /// The origin of each of its lines.
    #[must_use]
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Applies a hunk; what it took, each line with its origin.
    fn edit(&mut self, hunk: &Hunk, by: Seq) -> Result<Vec<(Line, Origin)>, Misfit> {
        let lines = hunk.at..hunk.at.saturating_add(hunk.remove);
        let gone = self.text.lines().get(lines.clone()).unwrap_or_default();
        let gone: Vec<Line> = gone.to_vec();
        self.text.apply(hunk)?;
        let come = std::iter::repeat_n(Origin::new(by), hunk.insert.len());
        // The text has taken the hunk, so the lines are there.
        let origins = self.origins.splice(lines, come);
        Ok(gone.into_iter().zip(origins).collect())
    }
}

/// The writers of all documents at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blame {
    /// Shared by copies until one of them is edited.
    documents: Vec<Arc<Blamed>>,
    /// What was joined by batches right before that took no text from it yet: a commit that joins
    /// more than two histories is a row of batches, and the last has the text (ledger-format.md
    /// §8.5).
    joined: Vec<Vec<Arc<Blamed>>>,
}

/// What a hunk did, so that it can be undone.
#[derive(Debug)]
struct Done {
    /// The document, by its place.
    document: usize,
    at: usize,
    inserted: Vec<Line>,
    removed: Vec<(Line, Origin)>,
}

impl Blame {
    /// A document by its id, dropped ones included.
    #[must_use]
    pub fn document(&self, id: &DocumentId) -> Option<&Blamed> {
        let found = self.documents.iter().find(|document| document.id == *id);
        found.map(|document| &**document)
    }

    fn apply(&mut self, recorded: &Recorded, done: &mut Vec<Done>) -> Result<(), Misfit> {
        let event = &recorded.event;
        known(&event.header)?;
        match event.header.kind.as_str() {
            "document.adopted" => {
                let id = document_id(event)?;
                if self.document(&id).is_some() {
                    return Err(Misfit::KnownDocument(id));
                }
                self.documents.push(Arc::new(Blamed {
                    id,
                    path: path(event)?,
                    dropped: false,
                    text: Document::default(),
                    origins: Vec::new(),
                }));
            }
            "document.renamed" => {
                let place = self.place(&document_id(event)?)?;
                self.edit(place).path = path(event)?;
            }
            "document.dropped" => {
                let place = self.place(&document_id(event)?)?;
                self.edit(place).dropped = true;
            }
            _ => {}
        }
        for (id, hunk) in hunks(&event.body)? {
            let document = self.place(&id)?;
            let removed = self.edit(document).edit(&hunk, recorded.seq)?;
            done.push(Done {
                document,
                at: hunk.at,
                inserted: hunk.insert,
                removed,
            });
        }
        Ok(())
    }

    fn place(&self, id: &DocumentId) -> Result<usize, Misfit> {
        let mut documents = self.documents.iter();
        documents
            .position(|document| document.id == *id)
            .ok_or_else(|| Misfit::UnknownDocument(id.clone()))
    }

    fn edit(&mut self, place: usize) -> &mut Blamed {
        Arc::make_mut(&mut self.documents[place])
    }
}

impl Projection for Blame {
    fn take(&mut self, batch: &Verified<Batch>, other: Option<&Self>) -> Result<(), Diverged> {
        let Some(first) = batch.events().first().map(|first| first.seq) else {
            return Ok(());
        };
        let mut done = Vec::new();
        for recorded in batch.events() {
            self.apply(recorded, &mut done)
                .map_err(|why| diverged(recorded, why))?;
        }
        match other {
            Some(other) => self.joined.push(other.documents.clone()),
            None => self.joined.clear(),
        }
        if !done.is_empty() {
            let joined = std::mem::take(&mut self.joined);
            settle::settle(&mut self.documents, first, &done, &joined);
        }
        Ok(())
    }
}

fn path(event: &Event) -> Result<String, Misfit> {
    let path = event.text(part::PATH);
    Ok(path.ok_or(Malformed::Missing(part::PATH))?.to_owned())
}
