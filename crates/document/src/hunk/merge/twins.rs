//! Lines that both sides wrote: they stand once.

use std::collections::{BTreeMap, HashMap};

use super::{Merger, Origin, at, is_blank};
use crate::hunk::align::Side;
use crate::hunk::blocks::Blocks;
use crate::hunk::tokens;
use crate::hunk::traits::{Numbers, Traits};
use crate::hunk::tree::Node;
use crate::text::Document;

/// Fewest words of lines without an id that are one line both sides put below the same one.
const FEWEST_WORDS: usize = 2;

impl Merger<'_> {
    /// New lines of ours that are the same as one of the found document, by their lines: each
    /// alone with its text on its side, with an id or below the same line of the base.
    pub(super) fn twins(&mut self) -> HashMap<usize, usize> {
        let theirs = only(self.found, self.of_found, &self.theirs);
        let mine = only(self.ours, self.of_ours, &self.mine);
        let mut twins = HashMap::new();
        for (text, line) in mine {
            let Some((line, twin)) = line.zip(theirs.get(text).copied().flatten()) else {
                continue;
            };
            let above = |blocks: &Blocks, side: &Side, line: usize| {
                at(&blocks.parent, line).and_then(|line| at(&side.was, line))
            };
            let same =
                above(self.of_ours, &self.mine, line) == above(self.of_found, &self.theirs, twin);
            let traits = Traits::of(text, &mut Numbers::default());
            if traits.id().is_some() || (same && traits.count() >= FEWEST_WORDS) {
                twins.insert(line, twin);
            }
        }
        self.claimed.extend(twins.values());
        twins
    }

    /// Finds the lines of a run of new lines of ours that are new at the same place in the found
    /// document too.
    pub(super) fn unite(&mut self, line: usize, parent: Node, after: Option<Node>) {
        let mut run = vec![line];
        let mut next = at(&self.of_ours.next, line);
        while let Some(line) = next.filter(|line| self.is_new_alone(*line)) {
            run.push(line);
            next = at(&self.of_ours.next, line);
        }
        let mut other: Vec<usize> = Vec::new();
        let mut node = match after {
            Some(after) => self.tree.next(after),
            None => self.tree.first(parent),
        };
        while let Some(at) = node {
            match self.origin(at) {
                Origin::Found(line) if self.claimed.contains(&line) => break,
                Origin::Found(line) => other.push(line),
                _ if self.stands(at) => break,
                _ => {}
            }
            node = self.tree.next(at);
        }
        let mine: Vec<&str> = run.iter().map(|&line| self.ours.content(line)).collect();
        let theirs: Vec<&str> = other.iter().map(|&line| self.found.content(line)).collect();
        let same = tokens::same(&mine, &theirs);
        // Blank lines part what is beside them: they are the same only with that.
        let neighbours = |a: &(usize, usize), b: &(usize, usize)| (a.0 + 1, a.1 + 1) == *b;
        let all_blank = mine.iter().chain(&theirs).all(|line| is_blank(line));
        for together in same.chunk_by(neighbours) {
            if all_blank || together.iter().any(|&(at, _)| !is_blank(mine[at])) {
                for &(line, twin) in together {
                    self.united.insert(run[line], other[twin]);
                    self.claimed.insert(other[twin]);
                }
            }
        }
    }

    /// Whether a line is new in ours and no twin of one in the found document.
    pub(super) fn is_new_alone(&self, line: usize) -> bool {
        at(&self.mine.was, line).is_none() && !self.united.contains_key(&line)
    }
}

/// The lines that are new, belong to none that is or have an id, and alone have their text, by this.
fn only<'a>(
    document: &'a Document,
    blocks: &Blocks,
    side: &Side,
) -> BTreeMap<&'a str, Option<usize>> {
    let mut only = BTreeMap::new();
    let mut numbers = Numbers::default();
    for line in 0..document.len() {
        let new = |line: usize| at(&side.was, line).is_none();
        let inner = at(&blocks.parent, line).is_some_and(new);
        let mut named = || Traits::of(document.line(line), &mut numbers).id().is_some();
        if new(line) && !is_blank(document.line(line)) && (!inner || named()) {
            only.entry(document.content(line).trim())
                .and_modify(|known| *known = None)
                .or_insert(Some(line));
        }
    }
    only
}
