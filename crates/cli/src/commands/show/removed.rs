//! The lines that an event took out of plans.
//!
//! An event says how many lines went, not what they said. Each is followed back through the hunks
//! of the event and of those before it in its batch, newest first, to the one that wrote it, or to
//! the plan that the batch was recorded on. Most lines of a long batch are found soon.

use std::collections::BTreeSet;

use ledger_core::document::hunk::{Hunk, Source};
use ledger_core::plan::wire::{hunks, part};
use ledger_core::{DocumentId, Plan, Recorded, Seq};
use ledger_store::{DiskStore, Store, StoreError};

/// How many events are read at first; then twice as many each time.
const FEW: u64 = 64;

/// A line that is looked for.
#[derive(Debug)]
struct Sought<'h> {
    document: &'h DocumentId,
    at: Place,
}

/// How far it is known.
#[derive(Debug)]
enum Place {
    /// It says this.
    Found(String),
    /// It is this line, from 0, of the text before the hunks that were gone through.
    Line(usize),
    /// It cannot be had any more.
    Lost,
}

impl Sought<'_> {
    fn is_open(&self) -> bool {
        matches!(self.at, Place::Line(_))
    }

    /// Goes back over the hunk before those that were gone through.
    fn back(&mut self, document: &DocumentId, hunk: &Hunk) {
        let Place::Line(line) = self.at else { return };
        if self.document != document {
            return;
        }
        self.at = match hunk.source(line) {
            Source::Before(line) => Place::Line(line),
            Source::Hunk(nth) => match hunk.insert.get(nth) {
                Some(line) => Place::Found(line.to_string()),
                None => Place::Lost,
            },
        };
    }

    /// Ends at the plan before all hunks.
    fn end(&mut self, before: Option<&Plan>) {
        let Place::Line(line) = self.at else { return };
        let document = before.and_then(|plan| {
            let mut documents = plan.all_documents().iter();
            documents.find(|own| own.id == *self.document)
        });
        let found = document.and_then(|own| own.text.lines().get(line));
        self.at = found.map_or(Place::Lost, |line| Place::Found(line.to_string()));
    }
}

/// What each of an event's hunks took out, in order; `None` where it cannot be had any more.
/// `before`: the plan that the event's batch was recorded on.
pub(super) fn removed(
    store: &mut DiskStore,
    event: &Recorded,
    own: &[(DocumentId, Hunk)],
    before: Option<&Plan>,
) -> Result<Vec<Option<Vec<String>>>, StoreError> {
    let mut sought: Vec<Vec<Sought<'_>>> = Vec::with_capacity(own.len());
    for (nth, (document, hunk)) in own.iter().enumerate() {
        let lines = hunk.at..hunk.at.saturating_add(hunk.remove);
        let mut lines: Vec<Sought<'_>> = lines
            .map(|line| Sought {
                document,
                at: Place::Line(line),
            })
            .collect();
        for (document, hunk) in own[..nth].iter().rev() {
            lines.iter_mut().for_each(|line| line.back(document, hunk));
        }
        sought.push(lines);
    }
    let (start, mut end, mut step) = (event.batch_start().0, event.seq.0, FEW);
    while end > start && sought.iter().flatten().any(Sought::is_open) {
        let from = start.max(end.saturating_sub(step));
        let seqs: BTreeSet<Seq> = (from..end).map(Seq).collect();
        for parts in store.parts(&seqs, &[part::HUNK, part::LINE])?.iter().rev() {
            let lines = sought.iter_mut().flatten();
            match hunks(parts) {
                Ok(hunks) => lines.for_each(|line| {
                    let newest_first = hunks.iter().rev();
                    newest_first.for_each(|(document, hunk)| line.back(document, hunk));
                }),
                // It may have moved any line.
                Err(_) => lines
                    .filter(|line| line.is_open())
                    .for_each(|line| line.at = Place::Lost),
            }
        }
        (end, step) = (from, step.saturating_mul(2));
    }
    let texts = sought.into_iter().map(|lines| {
        let lines = lines.into_iter().map(|mut line| {
            line.end(before);
            match line.at {
                Place::Found(text) => Some(text),
                Place::Line(_) | Place::Lost => None,
            }
        });
        lines.collect()
    });
    Ok(texts.collect())
}
