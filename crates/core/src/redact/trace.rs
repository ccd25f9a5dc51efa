//! Which parts of which events put the lines there that the documents have: what has to go together
//! is more than what holds a text by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use ledger_document::{Hunk, Line};

use super::{Removal, Secret};
use crate::batch::{Batch, Verified};
use crate::event::{Event, Part};
use crate::id::{DocumentId, EventId, Seq};
use crate::plan::Diverged;
use crate::plan::evolve::diverged;
use crate::plan::wire::{part, placed_hunks};
use crate::project::Projection;
use crate::verify::DOCUMENT_SALT;

/// The lines of all documents at one moment, each with the part that put it there.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    removal: Arc<Removal>,
    /// Shared by copies until one of them is edited.
    documents: BTreeMap<DocumentId, Arc<Traced>>,
    /// The lines that the last batch edited, from the first to behind the last of each document.
    edited: BTreeMap<DocumentId, Range<usize>>,
}

#[derive(Debug, Clone, Default)]
struct Traced {
    lines: Vec<Placed>,
    /// How many of them are to go.
    going: usize,
}

#[derive(Debug, Clone)]
struct Placed {
    line: Line,
    by: Seq,
    part: usize,
    goes: bool,
}

impl Trace {
    /// What is traced when these parts are to go.
    #[must_use]
    pub fn of(removal: Removal) -> Self {
        Self {
            removal: Arc::new(removal),
            ..Self::default()
        }
    }

    /// The parts that hold the lines of a text which stand one below the other since the last
    /// batch, each with its event's position.
    #[must_use]
    pub fn holding(&self, secret: &Secret) -> BTreeSet<(Seq, usize)> {
        let mut found = BTreeSet::new();
        for (id, edited) in &self.edited {
            let Some(document) = self.documents.get(id) else {
                continue;
            };
            // A run may begin before what was edited, and end behind it.
            let reach = secret.lines_reach();
            let from = edited.start.saturating_sub(reach);
            let to = (edited.end + reach).min(document.lines.len());
            let around = document.lines.get(from..to).unwrap_or_default();
            let lines: Vec<&str> = around.iter().map(|placed| &*placed.line).collect();
            let holding = secret.lines_with(&lines).into_iter();
            let holding = holding.filter_map(|at| around.get(at));
            found.extend(holding.map(|placed| (placed.by, placed.part)));
        }
        found
    }

    /// The parts of a batch that somebody could check a guess at what goes with: the salt of a
    /// document's hash that has such a line, and the digest of the command that brought something
    /// of it. To be asked after the batch was taken.
    #[must_use]
    pub fn clues(&self, batch: &Batch) -> Vec<(EventId, usize)> {
        let mut clues = Vec::new();
        if let Some(last) = batch.events().last() {
            let mut documents = last.event.header.docs.iter();
            let has = |id| self.documents.get(id).is_some_and(|own| own.going > 0);
            if documents.any(|(id, _)| has(id)) {
                clues.extend(named(&last.event, DOCUMENT_SALT));
            }
        }
        let mut events = batch.events().iter();
        if let Some(first) = batch.events().first()
            && events.any(|recorded| self.removal.concerns(&recorded.event.id))
        {
            clues.extend(named(&first.event, part::COMMAND));
        }
        clues
    }

    fn edit(&mut self, id: &DocumentId, hunk: &Hunk, come: Vec<Placed>) {
        let document = Arc::make_mut(self.documents.entry(id.clone()).or_default());
        // A hunk that reaches beyond the lines is of a document that cannot be checked.
        let start = hunk.at.min(document.lines.len());
        let end = start.saturating_add(hunk.remove).min(document.lines.len());
        let (gone, new) = (end - start, start + come.len());
        document.going += come.iter().filter(|placed| placed.goes).count();
        let removed = document.lines.splice(start..end, come);
        document.going -= removed.filter(|placed| placed.goes).count();
        let edited = self.edited.entry(id.clone()).or_insert(start..new);
        let moved = match edited.end >= end {
            true => (edited.end - gone) + (new - start),
            false => new,
        };
        *edited = edited.start.min(start)..moved.max(new);
    }
}

/// A part that is still there, by its name.
fn named(event: &Event, wanted: &str) -> Option<(EventId, usize)> {
    let is_it = |part: &Part| matches!(part, Part::Open { name, .. } if name == wanted);
    Some((event.id, event.body.iter().position(is_it)?))
}

impl Projection for Trace {
    fn take(&mut self, batch: &Verified<Batch>, _: Option<&Self>) -> Result<(), Diverged> {
        self.edited.clear();
        for recorded in batch.events() {
            let hunks = placed_hunks(&recorded.event.body);
            for (first, id, hunk) in hunks.map_err(|why| diverged(recorded, why.into()))? {
                let lines = hunk.insert.iter().zip(first..);
                let come = lines.map(|(line, part)| Placed {
                    line: line.clone(),
                    by: recorded.seq,
                    part,
                    goes: self.removal.has(&recorded.event.id, part),
                });
                let come = come.collect();
                self.edit(&id, &hunk, come);
            }
        }
        Ok(())
    }
}
