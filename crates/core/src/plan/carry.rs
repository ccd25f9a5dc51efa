//! Where lines are after many hunks.

use std::collections::{BTreeSet, HashMap};

use ledger_document::Hunk;

/// Where a line is after a hunk: one that it removed is where it was, or behind what came for it.
pub(super) fn line(line: usize, hunk: &Hunk) -> usize {
    hunk.carry(line)
        .unwrap_or_else(|| line.min(hunk.at + hunk.insert.len()))
}

/// Where each of some [lines](line) is after hunks, each of which counts in the lines that
/// the ones before it left.
///
/// Hunks mostly follow one another down a document, and so does the place up to which lines are
/// where they will be; what is behind it has one distance to go. So hunks and lines cost their
/// sum, not their product.
pub(super) fn lines<'h>(
    lines: impl IntoIterator<Item = usize>,
    hunks: impl IntoIterator<Item = &'h Hunk>,
) -> HashMap<usize, usize> {
    let before: Vec<usize> = lines
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut marks = Marks {
        lines: before.clone(),
        settled: 0,
        back: 0,
        forth: 0,
    };
    for hunk in hunks {
        marks.follow(hunk);
    }
    marks.settle_before(usize::MAX);
    before.into_iter().zip(marks.lines).collect()
}

struct Marks {
    /// In order. Those behind the first `settled` still have to go `back` lines up and `forth`
    /// lines down; on the way they may pass below zero, and wrap.
    lines: Vec<usize>,
    settled: usize,
    back: usize,
    forth: usize,
}

impl Marks {
    fn follow(&mut self, hunk: &Hunk) {
        self.settle_before(hunk.at);
        let end = hunk.at.saturating_add(hunk.remove);
        while let Some(line) = self.next().filter(|line| *line < end) {
            self.put(line.min(hunk.at + hunk.insert.len()));
        }
        self.back += hunk.remove;
        self.forth += hunk.insert.len();
    }

    /// Settles the lines before this one, and no others.
    fn settle_before(&mut self, end: usize) {
        while let Some(last) = self.settled.checked_sub(1)
            && let Some(line) = self.lines.get_mut(last).filter(|line| **line >= end)
        {
            *line = line.wrapping_add(self.back).wrapping_sub(self.forth);
            self.settled = last;
        }
        while let Some(line) = self.next().filter(|line| *line < end) {
            self.put(line);
        }
    }

    /// Where the first line is that is not settled.
    fn next(&self) -> Option<usize> {
        let line = self.lines.get(self.settled)?;
        Some(line.wrapping_add(self.forth).wrapping_sub(self.back))
    }

    fn put(&mut self, line: usize) {
        if let Some(slot) = self.lines.get_mut(self.settled) {
            *slot = line;
            self.settled += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use ledger_document::Line;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn many_hunks_carry_lines_as_one_after_the_other_does(
            of in prop::collection::vec(0usize..40, 0..12),
            hunks in prop::collection::vec((0usize..40, 0usize..5, 0usize..5), 0..12),
        ) {
            let hunks: Vec<Hunk> = hunks
                .into_iter()
                .map(|(at, remove, insert)| Hunk {
                    at,
                    remove,
                    insert: vec![Line::from("x\n"); insert],
                })
                .collect();
            let carried = lines(of.iter().copied(), &hunks);
            for line in of {
                let one_by_one = hunks.iter().fold(line, super::line);
                prop_assert_eq!(carried.get(&line), Some(&one_by_one));
            }
        }
    }
}
