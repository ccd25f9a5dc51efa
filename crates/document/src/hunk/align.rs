//! Which lines of a document became which lines of another.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::text::Document;

use super::blocks::Blocks;
use super::moves;
use super::regions;
use super::tokens;
use super::traits::{Form, Numbers, Traits};

/// What one side did to the base.
pub(super) struct Side {
    /// The line of the side that each line of the base became: the same or one that is alike.
    pub(super) became: Vec<Option<usize>>,
    /// The line of the base that each line of the side was; `None` if it is new.
    pub(super) was: Vec<Option<usize>>,
    /// For each line of the side the line of the base in whose place it stands, if it has nothing
    /// to do with it.
    pub(super) instead: Vec<Option<usize>>,
    /// Whether a line of the base became a line that stands elsewhere, not where the lines around
    /// it do.
    pub(super) moved: Vec<bool>,
}

/// Most pairs of lines of one region that are compared; a larger one is paired from its ends.
pub(super) const MOST_PAIRS: usize = 250_000;

/// Up to so many pairs, misspelt words count as the words they are.
const FEW_PAIRS: usize = 4_096;

/// A line that differs, with the line of the other document that has its id and title, where there
/// is just one.
pub(super) struct Read {
    pub(super) line: usize,
    pub(super) traits: Traits,
    pub(super) namesake: Option<usize>,
    /// The id of what it belongs to, where it has none itself and that is known to stand on both
    /// sides: a detail of one task did not become a detail of another that had always been there.
    owner: Option<String>,
}

/// Aligns a side with the base: equal lines by the diff, inside each of its regions the lines that
/// have the same words, then those most alike, in order; and of what is left, what was moved.
pub(super) fn align(base: (&Document, &Blocks), (side, blocks): (&Document, &Blocks)) -> Side {
    let (base, base_blocks) = base;
    let mut aligned = Side {
        became: vec![None; base.len()],
        was: vec![None; side.len()],
        instead: vec![None; side.len()],
        moved: vec![false; base.len()],
    };
    let regions = regions(base, side);
    let (mut at, mut from) = (0, 0);
    let ends = (base.len()..base.len(), side.len()..side.len());
    let differing = regions.iter().map(|region| (&region.before, &region.after));
    for (before, after) in differing.clone().chain([(&ends.0, &ends.1)]) {
        for (line, other) in (at..before.start).zip(from..after.start) {
            aligned.pair(line, other);
        }
        (at, from) = (before.end, after.end);
    }
    let mut numbers = Numbers::default();
    let mut old = read(
        base,
        differing.clone().map(|(before, _)| before),
        &mut numbers,
    );
    let mut new = read(
        side,
        differing.clone().map(|(_, after)| after),
        &mut numbers,
    );
    name(&mut old, &mut new);
    own(&mut old, (base, base_blocks), |_| true);
    let namesakes: HashSet<usize> = old.iter().filter_map(|read| read.namesake).collect();
    own(&mut new, (side, blocks), |line| {
        namesakes.contains(&line) || aligned.was.get(line).is_some_and(Option::is_some)
    });
    let (mut rest_old, mut rest_new) = (old.as_slice(), new.as_slice());
    for (before, after) in differing {
        let (gone, rest) = rest_old.split_at(before.len().min(rest_old.len()));
        let (came, other) = rest_new.split_at(after.len().min(rest_new.len()));
        (rest_old, rest_new) = (rest, other);
        aligned.region(gone, came);
    }
    let apart = aligned.part(base, (base_blocks, &old), (blocks, &new), &mut numbers);
    let (mut more_old, mut more_new) = (Vec::new(), Vec::new());
    for (line, other) in apart {
        if find(&old, line).is_none() {
            more_old.push(Read::of(base, line, &mut numbers));
        }
        if find(&new, other).is_none() {
            more_new.push(Read::of(side, other, &mut numbers));
        }
    }
    old.append(&mut more_old);
    new.append(&mut more_new);
    old.sort_by_key(|read| read.line);
    new.sort_by_key(|read| read.line);
    moves::find(&mut aligned, (&old, base_blocks), (&new, blocks));
    aligned
}

impl Side {
    pub(super) fn pair(&mut self, line: usize, other: usize) {
        if let (Some(became), Some(was)) = (self.became.get_mut(line), self.was.get_mut(other)) {
            *became = Some(other);
            *was = Some(line);
        }
        if let Some(instead) = self.instead.get_mut(other) {
            *instead = None;
        }
    }

    /// Takes lines apart that are alike, or even the same, and belong to two that are not: details
    /// of many tasks read the same. What has an id of its own is none. Gives those it took apart.
    fn part(
        &mut self,
        document: &Document,
        (base, old): (&Blocks, &[Read]),
        (blocks, new): (&Blocks, &[Read]),
        numbers: &mut Numbers,
    ) -> Vec<(usize, usize)> {
        let of = |blocks: &Blocks, line: usize| blocks.parent.get(line).copied().flatten();
        let mut apart: Vec<(usize, usize)> = Vec::new();
        for line in 0..self.became.len() {
            let Some(other) = self.became.get(line).copied().flatten() else {
                continue;
            };
            let (above, below) = (of(base, line), of(blocks, other));
            let gone = above.filter(|&above| self.became.get(above) == Some(&None));
            let Some(gone) = gone else { continue };
            let came = below.filter(|&below| self.was.get(below) == Some(&None));
            let is_another = match (find(old, gone), came) {
                // It was one of those taken apart before.
                (None, came) => came.is_some(),
                (Some(gone), _) if gone.namesake.is_some() => true,
                (Some(gone), Some(came)) => find(new, came).is_none_or(|came| {
                    gone.traits.form != Form::Heading
                        || gone.traits.is_named_otherwise(&came.traits)
                }),
                (Some(_), None) => false,
            };
            if is_another && Traits::of(document.line(line), numbers).id().is_none() {
                self.became[line] = None;
                self.was[other] = None;
                apart.push((line, other));
            }
        }
        apart
    }

    /// Pairs the lines of a region.
    fn region(&mut self, gone: &[Read], came: &[Read]) {
        let (gone, came): (Vec<&Read>, Vec<&Read>) = (gone.iter().collect(), came.iter().collect());
        let pairs = pairs(&gone, &came);
        let (mut at, mut from) = (0, 0);
        let ends = (gone.len(), came.len());
        for &(before, after) in pairs.iter().chain([&ends]) {
            let (gone_here, came_here) = (&gone[at..before], &came[from..after]);
            if gone_here.len() == came_here.len() {
                for (old, new) in gone_here.iter().zip(came_here) {
                    if let Some(instead) = self.instead.get_mut(new.line) {
                        *instead = Some(old.line);
                    }
                }
            }
            if let (Some(old), Some(new)) = (gone.get(before), came.get(after)) {
                self.pair(old.line, new.line);
            }
            (at, from) = (before + 1, after + 1);
        }
    }
}

/// One of lines in order.
fn find(lines: &[Read], line: usize) -> Option<&Read> {
    let at = lines.binary_search_by_key(&line, |read| read.line).ok()?;
    lines.get(at)
}

impl Read {
    fn of(document: &Document, line: usize, numbers: &mut Numbers) -> Self {
        Self {
            line,
            traits: Traits::of(document.line(line), numbers),
            namesake: None,
            owner: None,
        }
    }
}

fn read<'a>(
    document: &Document,
    regions: impl Iterator<Item = &'a Range<usize>>,
    numbers: &mut Numbers,
) -> Vec<Read> {
    let lines = regions.cloned().flatten();
    lines
        .map(|line| Read::of(document, line, numbers))
        .collect()
}

/// Finds the lines that alone have their id on either side, and the same title: whatever else is
/// like them is another thing.
fn name(old: &mut [Read], new: &mut [Read]) {
    let only = |lines: &[Read]| {
        let mut only: HashMap<String, Option<usize>> = HashMap::new();
        for (at, read) in lines.iter().enumerate() {
            if let Some(id) = read.traits.id() {
                only.entry(format!("{:?} {id}", read.traits.form))
                    .and_modify(|known| *known = None)
                    .or_insert(Some(at));
            }
        }
        only
    };
    let others = only(new);
    for (id, at) in only(old) {
        let (Some(at), Some(Some(other))) = (at, others.get(&id)) else {
            continue;
        };
        if let (Some(one), Some(two)) = (old.get_mut(at), new.get_mut(*other))
            && one.traits.is_titled_like(&two.traits)
        {
            one.namesake = Some(two.line);
            two.namesake = Some(one.line);
        }
    }
}

/// Finds what lines without an id belong to: the nearest line above with one, if that stands on
/// both sides.
fn own(
    lines: &mut [Read],
    (document, blocks): (&Document, &Blocks),
    stands: impl Fn(usize) -> bool,
) {
    let mut numbers = Numbers::default();
    let mut ids: HashMap<usize, Option<String>> = HashMap::new();
    for read in lines.iter_mut().filter(|read| read.traits.id().is_none()) {
        let mut above = blocks.parent.get(read.line).copied().flatten();
        while let Some(line) = above {
            let id = ids.entry(line).or_insert_with(|| {
                let traits = Traits::of(document.line(line), &mut numbers);
                traits.id().map(str::to_owned)
            });
            if id.is_some() {
                read.owner = id.clone().filter(|_| stands(line));
                break;
            }
            above = blocks.parent.get(line).copied().flatten();
        }
    }
}

/// The pairs of lines of which one is the other one changed, in order, as places in the lists.
pub(super) fn pairs(gone: &[&Read], came: &[&Read]) -> Vec<(usize, usize)> {
    if gone.is_empty() || came.is_empty() {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    let (mut at, mut from) = (0, 0);
    let ends = (gone.len(), came.len());
    for (same_old, same_new) in same_words(gone, came).into_iter().chain([ends]) {
        let gap = (&gone[at..same_old], &came[from..same_new]);
        let found = if gap.0.len().saturating_mul(gap.1.len()) <= MOST_PAIRS {
            most_alike(gap.0, gap.1)
        } else {
            from_the_ends(gap.0, gap.1)
        };
        pairs.extend(found.iter().map(|&(a, b)| (at + a, from + b)));
        if same_old < gone.len() {
            pairs.push((same_old, same_new));
        }
        (at, from) = (same_old + 1, same_new + 1);
    }
    pairs
}

/// The pairs of lines that have the same words: only signs and marks differ.
fn same_words(old: &[&Read], new: &[&Read]) -> Vec<(usize, usize)> {
    let before: Vec<&str> = old.iter().map(|read| read.traits.words.as_str()).collect();
    let after: Vec<&str> = new.iter().map(|read| read.traits.words.as_str()).collect();
    let mut pairs = tokens::same(&before, &after);
    pairs.retain(|&(a, b)| are_free(old[a], new[b]));
    pairs
}

/// Whether two lines may be paired: none of them is known to be another one, or one of another.
fn are_free(old: &Read, new: &Read) -> bool {
    match (old.namesake, new.namesake) {
        (None, None) => {
            let owners = old.owner.as_ref().zip(new.owner.as_ref());
            owners.is_none_or(|(one, other)| one == other)
        }
        (Some(line), _) => line == new.line,
        (None, Some(line)) => line == old.line,
    }
}

fn likeness(old: &Read, new: &Read, closely: bool) -> u32 {
    if are_free(old, new) {
        old.traits.likeness(&new.traits, closely)
    } else {
        0
    }
}

/// The pairs, in order, that are most alike together.
fn most_alike(old: &[&Read], new: &[&Read]) -> Vec<(usize, usize)> {
    if old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let closely = old.len() * new.len() <= FEW_PAIRS;
    let width = new.len() + 1;
    // What the lines from here on can come to, from the last pair back to the first.
    let mut best = vec![0u32; (old.len() + 1) * width];
    let mut alike = vec![0u32; old.len() * new.len()];
    for at in (0..old.len()).rev() {
        for from in (0..new.len()).rev() {
            let likeness = likeness(old[at], new[from], closely);
            alike[at * new.len() + from] = likeness;
            let skipped = best[(at + 1) * width + from].max(best[at * width + from + 1]);
            let paired = likeness + best[(at + 1) * width + from + 1];
            best[at * width + from] = if likeness > 0 {
                skipped.max(paired)
            } else {
                skipped
            };
        }
    }
    let (mut at, mut from) = (0, 0);
    let mut pairs = Vec::new();
    while at < old.len() && from < new.len() {
        let here = best[at * width + from];
        let likeness = alike[at * new.len() + from];
        if likeness > 0 && here == likeness + best[(at + 1) * width + from + 1] {
            pairs.push((at, from));
            (at, from) = (at + 1, from + 1);
        } else if here == best[(at + 1) * width + from] {
            at += 1;
        } else {
            from += 1;
        }
    }
    pairs
}

/// The pairs of alike lines from both ends of a region that is too large for more.
fn from_the_ends(old: &[&Read], new: &[&Read]) -> Vec<(usize, usize)> {
    let alike = |a: &Read, b: &Read| likeness(a, b, false) > 0;
    let head = old.iter().zip(new).take_while(|(a, b)| alike(a, b)).count();
    let rest = (&old[head..], &new[head..]);
    let tail = rest.0.iter().rev().zip(rest.1.iter().rev());
    let tail = tail.take_while(|(a, b)| alike(a, b)).count();
    let ends = (old.len() - tail)..old.len();
    (0..head)
        .zip(0..)
        .chain(ends.zip(new.len() - tail..))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aligned(base: &str, side: &str) -> Side {
        let (base, side) = (Document::from(base), Document::from(side));
        align((&base, &Blocks::of(&base)), (&side, &Blocks::of(&side)))
    }

    #[test]
    fn a_changed_line_is_paired_with_what_it_became() {
        let base = "- [ ] T-1: One\n- [ ] T-2: Two\n- [ ] Sceond\n";
        let side =
            "- [x] T-1: One\n  - Completed: today\n- [ ] T-2: Something else\n- [ ] Second\n";
        let side = aligned(base, side);
        assert_eq!(side.became, [Some(0), Some(2), Some(3)]);
        assert_eq!(side.was, [Some(0), None, Some(1), Some(2)]);
    }

    #[test]
    fn a_line_that_became_another_one_is_replaced_and_one_too_many_is_new() {
        let side = aligned("- [ ] Dig\n", "- [ ] Order tiles\n");
        assert_eq!((side.became, side.instead), (vec![None], vec![Some(0)]));
        let side = aligned("- [ ] Dig\n", "- [ ] Order tiles\n- [ ] Paint\n");
        assert_eq!((side.became, side.instead), (vec![None], vec![None, None]));
    }

    #[test]
    fn a_task_that_went_is_not_the_one_that_came_in_its_place() {
        let base = "# Open\n- [ ] T-2: Write tests for parser\n# Done\n";
        let side = "# Open\n- [ ] T-6: Write tests for printer\n# Done\n- [x] T-2: Write tests for parser ✅\n";
        let side = aligned(base, side);
        assert_eq!(side.became, [Some(0), Some(3), Some(2)]);
        assert_eq!(side.moved, [false, true, false]);
    }

    #[test]
    fn a_region_too_large_to_compare_is_paired_from_its_ends() {
        let mut numbers = Numbers::default();
        let mut lines = |count: usize, word: &str| -> Vec<Read> {
            (0..count)
                .map(|line| Read {
                    line,
                    traits: Traits::of(&format!("T-{line}: {word}"), &mut numbers),
                    namesake: None,
                    owner: None,
                })
                .collect()
        };
        let (old, new) = (lines(4, "old"), lines(5, "new"));
        let (old, new): (Vec<_>, Vec<_>) = (old.iter().collect(), new.iter().collect());
        assert_eq!(from_the_ends(&old, &new), [(0, 0), (1, 1), (2, 2), (3, 3)]);
        let shifted = from_the_ends(&old[1..], &new[..4]);
        assert_eq!(shifted, [(0, 1), (1, 2), (2, 3)]);
    }
}
