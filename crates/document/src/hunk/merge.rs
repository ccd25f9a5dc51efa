//! Three-way merge.
//!
//! Diff3 as described by Khanna, Kunal and Pierce ("A Formal Investigation of Diff3", FSTTCS
//! 2007): what each side did to the base is worked out by itself, and where only one of them did
//! something that is what happens. They call a stretch that both changed a conflict. Here such a
//! stretch is taken apart further, so that one changed word overrides no change of another line,
//! and lines are merged as the tree they form (see [`blocks`](super::blocks)), as Lindholm does
//! with XML ("A Three-way Merge for XML Documents", DocEng 2004), so that none ends below another
//! one than in the side it came from:
//!
//! 1. Each side is aligned with the base line by line (see [`align`](super::align)): a line of
//!    the base is kept, changed, moved, replaced by an unrelated one or removed, and lines are new.
//! 2. The base's tree is made into the tree of the found document; then what was done in ours is
//!    done to it. What was moved on one side takes along what the other one did inside it.
//! 3. A line that both sides changed is merged within, by its tokens (see
//!    [`tokens`](super::tokens)).
//! 4. The found document is the newer one, and somebody's hand. Its lines all stand. Where the
//!    same tokens were changed in two ways, its line stands. What it removed goes, with what ours
//!    changed or added inside; that is listed, and who reads both texts can bring it back. What
//!    ours removed stands again, whole, if the hand changed something inside. Where both moved
//!    something, it is where the hand put it.
//! 5. New lines at the same place are all kept, those that both sides have once; ours come first.

mod mine;
mod returned;
mod twins;
mod written;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::text::Document;

use super::align::{Side, align};
use super::blocks::Blocks;
use super::tree::{Node, Tree};

/// What a three-way merge gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The merged document.
    pub document: Document,
    /// The lines of ours that were changed, moved or added there and gave way: neither they nor
    /// what they changed is in the merged document, or not there. In order, not touching.
    pub overridden: Vec<Range<usize>>,
    /// The lines of the base that ours had removed and that stand again, with all that belongs to
    /// them, since something inside was changed in what was found. In order.
    pub returned: Vec<usize>,
}

/// Merges what was done to `base` in a document that was found and in ours. Where that cannot be
/// had both, what was found wins.
#[must_use]
pub fn merge(base: &Document, found: &Document, ours: &Document) -> Merge {
    let unmerged = |document: &Document| Merge {
        document: document.clone(),
        overridden: Vec::new(),
        returned: Vec::new(),
    };
    if found == ours || base == ours {
        unmerged(found)
    } else if base == found {
        unmerged(ours)
    } else {
        apart(base, found, ours)
    }
}

/// Merges two sides that both differ from the base.
fn apart(base: &Document, found: &Document, ours: &Document) -> Merge {
    let blocks = [base, found, ours].map(Blocks::of);
    let [of_base, of_found, of_ours] = &blocks;
    let theirs = align((base, of_base), (found, of_found));
    let instead = theirs.instead.iter().enumerate();
    let mut merger = Merger {
        replaced: instead
            .filter_map(|(at, base)| Some(((*base)?, at)))
            .collect(),
        united: HashMap::new(),
        claimed: HashSet::new(),
        theirs,
        mine: align((base, of_base), (ours, of_ours)),
        base,
        found,
        ours,
        of_base,
        of_found,
        of_ours,
        tree: Tree::new(),
        origins: vec![Origin::Root],
        old: Vec::with_capacity(base.len()),
        from_found: Vec::with_capacity(found.len()),
        from_ours: Vec::with_capacity(ours.len()),
        back: vec![false; base.len()],
        returned: Vec::new(),
        overridden: Vec::new(),
    };
    merger.plant();
    merger.do_theirs();
    merger.bring_back();
    merger.do_mine();
    merger.finish()
}

/// Where a node of the merged tree comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Root,
    Base(usize),
    Found(usize),
    Ours(usize),
}

struct Merger<'a> {
    base: &'a Document,
    found: &'a Document,
    ours: &'a Document,
    of_base: &'a Blocks,
    of_found: &'a Blocks,
    of_ours: &'a Blocks,
    theirs: Side,
    mine: Side,
    tree: Tree,
    origins: Vec<Origin>,
    /// The node of each line of the base.
    old: Vec<Node>,
    /// The node of each line of the found document.
    from_found: Vec<Node>,
    /// The node of each line of ours; `None` if it gave way.
    from_ours: Vec<Option<Node>>,
    /// The line of the found document that stands in the place of one of the base.
    replaced: HashMap<usize, usize>,
    /// The new lines of ours that are also new in the found document, with their lines there.
    united: HashMap<usize, usize>,
    /// The lines of the found document among these.
    claimed: HashSet<usize>,
    /// Whether a line of the base that ours removed stands again.
    back: Vec<bool>,
    returned: Vec<usize>,
    overridden: Vec<usize>,
}

fn at<T: Copy>(list: &[Option<T>], index: usize) -> Option<T> {
    list.get(index).copied().flatten()
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

impl Merger<'_> {
    fn add(&mut self, origin: Origin, parent: Node, after: Option<Node>) -> Node {
        self.origins.push(origin);
        self.tree.add(parent, after)
    }

    fn origin(&self, node: Node) -> Origin {
        let origin = self.origins.get(node.index());
        origin.copied().unwrap_or(Origin::Root)
    }

    /// The base's own tree.
    fn plant(&mut self) {
        for line in 0..self.base.len() {
            let parent = at(&self.of_base.parent, line).map_or(Node::ROOT, |line| self.old[line]);
            let previous = at(&self.of_base.previous, line).map(|line| self.old[line]);
            let node = self.add(Origin::Base(line), parent, previous);
            self.old.push(node);
        }
    }

    /// Makes the tree that of the found document, but for the lines it lacks.
    fn do_theirs(&mut self) {
        let mut order = Order::default();
        for line in 0..self.found.len() {
            let parent =
                at(&self.of_found.parent, line).map_or(Node::ROOT, |line| self.from_found[line]);
            let previous = at(&self.of_found.previous, line).map(|line| self.from_found[line]);
            let node = match at(&self.theirs.was, line) {
                None => self.add(Origin::Found(line), parent, previous),
                Some(base) => {
                    let node = self.old[base];
                    let moved = self.theirs.moved.get(base) == Some(&true);
                    let stays = !moved && self.tree.parent(node) == Some(parent);
                    if !stays || !order.follows(Some(parent.index()), base) {
                        self.tree.relocate(node, parent, previous);
                    }
                    node
                }
            };
            self.from_found.push(node);
        }
    }
}

/// The order in which lines of the base stand below one parent.
#[derive(Default)]
struct Order(HashMap<Option<usize>, usize>);

impl Order {
    /// Whether a line stands behind all those before it also in the base.
    fn follows(&mut self, parent: Option<usize>, base: usize) -> bool {
        let last = self.0.entry(parent).or_insert(base);
        let follows = *last <= base;
        *last = base.max(*last);
        follows
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod real;
#[cfg(test)]
mod tests;
