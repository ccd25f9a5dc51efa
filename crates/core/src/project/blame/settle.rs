//! Which of the lines that a batch put in it did not write: those that stood there before, that
//! came with a history it joined, or that it moved.

use std::collections::HashMap;
use std::sync::Arc;

use ledger_document::Hunk;
use ledger_document::hunk::stretches;
use ledger_document::text::content;

use super::{Blamed, Done, Origin};
use crate::id::Seq;

/// Gives lines that a batch put in, from event `first` on, the origins that they had before.
/// `done`: its hunks, in order; `joined`: the documents of the histories that it joins.
pub(super) fn settle(
    documents: &mut [Arc<Blamed>],
    first: Seq,
    done: &[Done],
    joined: &[Vec<Arc<Blamed>>],
) {
    let mut edited: Vec<usize> = done.iter().map(|done| done.document).collect();
    edited.sort_unstable();
    edited.dedup();
    let mut gone = Gone::of(done, first);
    let mut came = done.iter().flat_map(|done| &done.inserted);
    let comes_back = came.any(|line| gone.has(line));
    if comes_back {
        for &place in &edited {
            let before = before(&documents[place], place, done);
            for (line, origin) in keep(&mut documents[place], first, &before) {
                gone.take_back(before.text.line(line), origin);
            }
        }
    }
    for &place in &edited {
        for others in joined {
            if let Some(other) = same(others, &documents[place]) {
                keep(&mut documents[place], first, other);
            }
        }
    }
    if comes_back {
        for &place in &edited {
            follow(Arc::make_mut(&mut documents[place]), first, &mut gone);
        }
    }
}

/// The lines of earlier events that a batch took out, by their bytes, in order.
struct Gone<'d>(HashMap<&'d str, Vec<Origin>>);

impl<'d> Gone<'d> {
    fn of(done: &'d [Done], first: Seq) -> Self {
        let mut gone: HashMap<&str, Vec<Origin>> = HashMap::new();
        let lines = done.iter().flat_map(|done| &done.removed);
        for (line, origin) in lines.filter(|(_, origin)| origin.placed < first) {
            gone.entry(line).or_default().push(*origin);
        }
        // The last is the first one again.
        gone.values_mut().for_each(|origins| origins.reverse());
        Self(gone)
    }

    fn has(&self, line: &str) -> bool {
        self.0.contains_key(line)
    }

    /// One of them has not gone after all.
    fn take_back(&mut self, line: &str, origin: Origin) {
        if let Some(origins) = self.0.get_mut(line)
            && let Some(at) = origins.iter().rposition(|own| *own == origin)
        {
            origins.remove(at);
        }
    }

    /// The next one with these bytes that went somewhere else.
    fn next(&mut self, line: &str) -> Option<Origin> {
        self.0.get_mut(line)?.pop()
    }
}

/// A document as it was before a batch.
fn before(document: &Blamed, place: usize, done: &[Done]) -> Blamed {
    let mut before = document.clone();
    for done in done.iter().rev().filter(|done| done.document == place) {
        let lines = done.at..done.at + done.inserted.len();
        let removed = done.removed.iter();
        let undo = Hunk {
            at: done.at,
            remove: done.inserted.len(),
            insert: removed.clone().map(|(line, _)| line.clone()).collect(),
        };
        // It takes out what the hunk put in, so it fits.
        if before.text.apply(&undo).is_ok() {
            before
                .origins
                .splice(lines, removed.map(|(_, origin)| *origin));
        }
    }
    before
}

/// Lines that another text has in the same place keep the origins they have there, unless they
/// are of before the batch anyway. Gives those lines of the other text.
fn keep(document: &mut Arc<Blamed>, first: Seq, other: &Blamed) -> Vec<(usize, Origin)> {
    let mut kept = Vec::new();
    if !document.origins.iter().any(|own| own.placed >= first) {
        return kept;
    }
    let document = Arc::make_mut(document);
    for stretch in stretches(&other.text, &document.text) {
        let there = other
            .origins
            .get(stretch.before.clone())
            .unwrap_or_default();
        let here = document.origins.get_mut(stretch.after).unwrap_or_default();
        for (line, (origin, own)) in stretch.before.zip(there.iter().zip(here)) {
            if own.placed >= first {
                *own = *origin;
                kept.push((line, *origin));
            }
        }
    }
    kept
}

/// The document of another history that is this one: by its id, else by its path.
fn same<'o>(others: &'o [Arc<Blamed>], document: &Blamed) -> Option<&'o Blamed> {
    let by_id = others.iter().find(|other| other.id == document.id);
    let by_path = || {
        let mut tracked = others.iter().filter(|other| !other.dropped);
        tracked.find(|other| other.path == document.path)
    };
    by_id.or_else(by_path).map(|other| &**other)
}

/// Lines that went from one place and came at another were written by who wrote them there. One
/// without a letter or a digit is none that anybody moves.
fn follow(document: &mut Blamed, first: Seq, gone: &mut Gone<'_>) {
    for (line, origin) in document.text.lines().iter().zip(&mut document.origins) {
        if origin.placed >= first
            && content(line).contains(char::is_alphanumeric)
            && let Some(moved) = gone.next(line)
        {
            origin.written = moved.written;
        }
    }
}
