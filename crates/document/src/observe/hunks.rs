//! Shares the differing lines out among the changes.
//!
//! The two texts differ in disjoint regions. Each is cut into pieces, one for each stretch of
//! lines of one change; pieces have a fixed order in the document. Changes may take their pieces
//! in any order: a piece then stands where its old lines stood, shifted by what the pieces before
//! it that were taken already have grown.

use std::collections::HashMap;
use std::ops::Range;

use super::lines;
use super::{Change, Side};
use crate::hunk::{Hunk, Region, regions};
use crate::text::content;

/// Which change has the lines of which task.
pub(super) struct Owners {
    before: Vec<Option<usize>>,
    after: Vec<Option<usize>>,
}

impl Owners {
    pub(super) fn new(before: usize, after: usize) -> Self {
        Self {
            before: vec![None; before],
            after: vec![None; after],
        }
    }

    /// The lines of these tasks belong to `change`.
    pub(super) fn claim(&mut self, change: usize, before: Option<usize>, after: Option<usize>) {
        if let Some(slot) = before.and_then(|task| self.before.get_mut(task)) {
            *slot = Some(change);
        }
        if let Some(slot) = after.and_then(|task| self.after.get_mut(task)) {
            *slot = Some(change);
        }
    }
}

/// Gives each change its hunks. Lines that nobody claimed go to the last change.
pub(super) fn assign(before: Side<'_>, after: Side<'_>, owners: &Owners, changes: &mut [Change]) {
    let rest = changes.len().saturating_sub(1);
    let old = by_change(before, &owners.before, rest);
    let new = by_change(after, &owners.after, rest);
    let mut pieces = Vec::new();
    for region in regions(before.document, after.document) {
        let goes = runs(before, &old, region.before.clone());
        let comes = runs(after, &new, region.after.clone());
        weave(&region, goes, comes, &mut pieces);
    }
    let mut of_change: Vec<Vec<usize>> = vec![Vec::new(); changes.len()];
    for (at, piece) in pieces.iter().enumerate() {
        if let Some(list) = of_change.get_mut(piece.change) {
            list.push(at);
        }
    }
    let mut growth = Growth::new(pieces.len());
    for (change, own) in changes.iter_mut().zip(of_change) {
        for at in own {
            let Some(piece) = pieces.get(at) else {
                continue;
            };
            let insert = after.document.lines().get(piece.comes.clone());
            let insert = insert.unwrap_or_default().to_vec();
            change.hunks.push(Hunk {
                at: growth.shift(piece.goes.start, at),
                remove: piece.goes.len(),
                insert,
            });
            growth.grow(at, piece.comes.len(), piece.goes.len());
        }
    }
}

fn by_change(side: Side<'_>, owners: &[Option<usize>], rest: usize) -> Vec<usize> {
    lines::tasks(side.outline, side.document.len())
        .into_iter()
        .map(|task| {
            let owner = task.and_then(|task| owners.get(task).copied().flatten());
            owner.unwrap_or(rest)
        })
        .collect()
}

/// Neighbouring lines of one change.
struct Run {
    change: usize,
    lines: Range<usize>,
}

/// Cuts lines into runs. A blank line goes with what stands before it, at the start of a region
/// with what comes after.
fn runs(side: Side<'_>, owner: &[usize], lines: Range<usize>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for line in lines.clone() {
        if content(side.document.line(line)).trim().is_empty() {
            if let Some(run) = runs.last_mut() {
                run.lines.end = line + 1;
            }
            continue;
        }
        let change = owner.get(line).copied().unwrap_or_default();
        match runs.last_mut() {
            Some(run) if run.change == change => run.lines.end = line + 1,
            last => {
                let start = last.map_or(lines.start, |run| run.lines.end);
                runs.push(Run {
                    change,
                    lines: start..line + 1,
                });
            }
        }
    }
    if runs.is_empty() && !lines.is_empty() {
        // Nothing but blank lines.
        runs.push(Run {
            change: owner.get(lines.start).copied().unwrap_or_default(),
            lines,
        });
    }
    runs
}

/// Old lines `goes` become new lines `comes`; either may be empty.
struct Piece {
    change: usize,
    goes: Range<usize>,
    comes: Range<usize>,
}

/// Brings the runs of one region into one order, joining what one change removes and inserts.
fn weave(region: &Region, goes: Vec<Run>, comes: Vec<Run>, pieces: &mut Vec<Piece>) {
    let mut coming: HashMap<usize, usize> = HashMap::new();
    for run in &comes {
        *coming.entry(run.change).or_default() += 1;
    }
    let (mut at_old, mut at_new) = (region.before.start, region.after.start);
    let mut push = |change, goes: Option<Run>, comes: Option<Run>| {
        let goes = goes.map_or(at_old..at_old, |run| run.lines);
        let comes = comes.map_or(at_new..at_new, |run| run.lines);
        (at_old, at_new) = (goes.end, comes.end);
        pieces.push(Piece {
            change,
            goes,
            comes,
        });
    };
    let (mut goes, mut comes) = (goes.into_iter().peekable(), comes.into_iter().peekable());
    loop {
        match (goes.peek(), comes.peek()) {
            (None, None) => break,
            (Some(old), Some(new)) if old.change == new.change => {
                let change = old.change;
                coming.entry(change).and_modify(|count| *count -= 1);
                push(change, goes.next(), comes.next());
            }
            // The old lines wait as long as their change has new lines further down.
            (Some(old), new)
                if new.is_none() || coming.get(&old.change).is_none_or(|&n| n == 0) =>
            {
                let change = old.change;
                push(change, goes.next(), None);
            }
            (_, Some(new)) => {
                let change = new.change;
                coming.entry(change).and_modify(|count| *count -= 1);
                push(change, None, comes.next());
            }
            (Some(_), None) => break,
        }
    }
}

/// Sums of lines gained and lost by the pieces taken so far (a Fenwick tree).
struct Growth {
    gained: Vec<usize>,
    lost: Vec<usize>,
}

impl Growth {
    fn new(pieces: usize) -> Self {
        Self {
            gained: vec![0; pieces + 1],
            lost: vec![0; pieces + 1],
        }
    }

    fn grow(&mut self, piece: usize, gained: usize, lost: usize) {
        let mut at = piece + 1;
        while let (Some(more), Some(less)) = (self.gained.get_mut(at), self.lost.get_mut(at)) {
            *more += gained;
            *less += lost;
            at += at & at.wrapping_neg();
        }
    }

    /// Where line `line` of the old text is now, looked at from piece `piece`.
    fn shift(&self, line: usize, piece: usize) -> usize {
        let (mut gained, mut lost, mut at) = (0, 0, piece);
        while at > 0 {
            gained += self.gained.get(at).copied().unwrap_or_default();
            lost += self.lost.get(at).copied().unwrap_or_default();
            at -= at & at.wrapping_neg();
        }
        (line + gained).saturating_sub(lost)
    }
}
