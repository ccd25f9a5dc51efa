//! Which lines that went from one place came at another.
//!
//! A line is known again by its id and title, else by its words, else by being most like it, each
//! only where that is clear. A detail (`- Priority: High`) is one of many that read the same, so
//! that lines below something that went or came are looked for below what it became, and nowhere
//! else.

use std::collections::{BTreeMap, HashMap};

use super::align::{MOST_PAIRS, Read, Side, pairs};
use super::blocks::Blocks;
use super::traits::Form;

/// Fewest words by which a line is known again, if they are the same.
const FEWEST_SAME: usize = 2;

/// Fewest words by which a line is known again that has some others.
const FEWEST_ALIKE: usize = 3;

/// The share of words in common from which on a line that went is the one that came, in percent.
const ALIKE: u32 = 60;

/// Pairs the lines that went with those that came and are the same or alike.
pub(super) fn find(
    side: &mut Side,
    (old, base): (&[Read], &Blocks),
    (new, blocks): (&[Read], &Blocks),
) {
    let mut moves = Moves {
        side,
        old,
        new,
        base,
        blocks,
    };
    moves.namesakes();
    moves.same_words();
    moves.most_alike();
}

struct Moves<'a> {
    side: &'a mut Side,
    old: &'a [Read],
    new: &'a [Read],
    base: &'a Blocks,
    blocks: &'a Blocks,
}

impl<'a> Moves<'a> {
    fn has_gone(&self, line: usize) -> bool {
        self.side.became.get(line) == Some(&None)
    }

    fn has_come(&self, line: usize) -> bool {
        self.side.was.get(line) == Some(&None)
    }

    /// The lines that went, without those below others that did.
    fn gone(&self) -> Vec<&'a Read> {
        let top = |read: &&Read| {
            let parent = self.base.parent.get(read.line).copied().flatten();
            self.has_gone(read.line) && !parent.is_some_and(|line| self.has_gone(line))
        };
        self.old.iter().filter(top).collect()
    }

    /// The lines that came, without those below others that did.
    fn come(&self) -> Vec<&'a Read> {
        let top = |read: &&Read| {
            let parent = self.blocks.parent.get(read.line).copied().flatten();
            self.has_come(read.line) && !parent.is_some_and(|line| self.has_come(line))
        };
        self.new.iter().filter(top).collect()
    }

    fn namesakes(&mut self) {
        for read in self.old {
            if let Some(other) = read.namesake
                && self.has_gone(read.line)
                && self.has_come(other)
            {
                self.take(read.line, other);
            }
        }
    }

    fn same_words(&mut self) {
        let (gone, came) = (only(&self.gone()), only(&self.come()));
        for (words, line) in gone {
            if let (Some(line), Some(Some(other))) = (line, came.get(&words))
                && self.has_gone(line)
                && self.has_come(*other)
            {
                self.take(line, *other);
            }
        }
    }

    /// Pairs the lines that are most alike both ways.
    fn most_alike(&mut self) {
        let long = |read: &&Read| read.traits.count() >= FEWEST_ALIKE;
        let gone: Vec<&Read> = self.gone().into_iter().filter(long).collect();
        let came: Vec<&Read> = self.come().into_iter().filter(long).collect();
        if gone.len().saturating_mul(came.len()) > MOST_PAIRS {
            return;
        }
        let best = |one: &Read, others: &[&Read]| -> Option<usize> {
            let alike = others.iter().filter_map(|other| {
                let share = one.traits.likeness_elsewhere(&other.traits);
                (share >= ALIKE).then_some((share, other.line))
            });
            let (most, line) = alike.clone().max_by_key(|&(share, _)| share)?;
            (alike.filter(|&(share, _)| share == most).count() == 1).then_some(line)
        };
        let back: HashMap<usize, usize> = came
            .iter()
            .filter_map(|read| Some((read.line, best(read, &gone)?)))
            .collect();
        for read in &gone {
            if let Some(other) = best(read, &came)
                && back.get(&other) == Some(&read.line)
                && self.has_gone(read.line)
                && self.has_come(other)
            {
                self.take(read.line, other);
            }
        }
    }

    /// A line became one that stands elsewhere, and what is below it what is below that.
    fn take(&mut self, line: usize, other: usize) {
        self.side.pair(line, other);
        if let Some(moved) = self.side.moved.get_mut(line) {
            *moved = true;
        }
        let within = |lines: &'a [Read], blocks: &Blocks, line: usize| -> &'a [Read] {
            let from = lines.partition_point(|read| read.line <= line);
            let to = lines.partition_point(|read| read.line < blocks.end(line));
            lines.get(from..to).unwrap_or_default()
        };
        let gone: Vec<&Read> = within(self.old, self.base, line)
            .iter()
            .filter(|read| self.has_gone(read.line))
            .collect();
        let came: Vec<&Read> = within(self.new, self.blocks, other)
            .iter()
            .filter(|read| self.has_come(read.line))
            .collect();
        for (old, new) in pairs(&gone, &came) {
            if let (Some(old), Some(new)) = (gone.get(old), came.get(new)) {
                self.side.pair(old.line, new.line);
            }
        }
    }
}

/// The lines that alone have their words, by these.
fn only<'a>(lines: &[&'a Read]) -> BTreeMap<(Form, &'a str), Option<usize>> {
    let mut only = BTreeMap::new();
    for read in lines
        .iter()
        .filter(|read| read.traits.count() >= FEWEST_SAME)
    {
        only.entry((read.traits.form, read.traits.words.as_str()))
            .and_modify(|known| *known = None)
            .or_insert(Some(read.line));
    }
    only
}
