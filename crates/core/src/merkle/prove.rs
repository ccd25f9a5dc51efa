//! Making proofs in one pass over the leaves (RFC 6962 §2.1.1 and §2.1.2).

use std::ops::Range;

use super::{Hash, Tree};

/// A proof of something that is not in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be proven of {what} in a tree of {size}")]
pub struct OutOfRange {
    /// The leaf, or the older tree's size.
    pub what: u64,
    /// The tree's size.
    pub size: u64,
}

/// Works out a proof while the leaves go by.
///
/// Which subtrees' roots a proof consists of follows from the sizes alone, and no two of these
/// subtrees share a leaf.
#[derive(Debug, Clone)]
pub struct Prover {
    size: u64,
    whole: Tree,
    /// The subtrees that are still to come or under way, the next one last; each with its place in
    /// the proof.
    wanted: Vec<(Range<u64>, usize)>,
    under_way: Tree,
    path: Vec<Option<Hash>>,
}

impl Prover {
    /// For the proof that leaf `index` is in the tree of `size` leaves.
    ///
    /// # Errors
    /// [`OutOfRange`] if there is no such leaf.
    pub fn inclusion(index: u64, size: u64) -> Result<Self, OutOfRange> {
        if index >= size {
            return Err(OutOfRange { what: index, size });
        }
        let mut subtrees = Vec::new();
        let (mut start, mut end) = (0, size);
        // PATH(m, D[n]) of RFC 6962 §2.1.1, from the root down.
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                subtrees.push(middle..end);
                end = middle;
            } else {
                subtrees.push(start..middle);
                start = middle;
            }
        }
        Ok(Self::of(size, subtrees))
    }

    /// For the proof that the tree of `old` leaves is the beginning of the one of `size`.
    ///
    /// # Errors
    /// [`OutOfRange`] if it is the larger one.
    pub fn consistency(old: u64, size: u64) -> Result<Self, OutOfRange> {
        if old > size {
            return Err(OutOfRange { what: old, size });
        }
        let mut subtrees = Vec::new();
        let (mut start, mut end) = (0, size);
        // SUBPROOF(m, D[n], b) of RFC 6962 §2.1.2, from the root down.
        while old > start && old < end {
            let middle = start + split(end - start);
            if old <= middle {
                subtrees.push(middle..end);
                end = middle;
            } else {
                subtrees.push(start..middle);
                start = middle;
            }
        }
        // Where the older tree is a subtree of the newer one, its root is known.
        if start > 0 {
            subtrees.push(start..end);
        }
        Ok(Self::of(size, subtrees))
    }

    fn of(size: u64, subtrees: Vec<Range<u64>>) -> Self {
        let path = vec![None; subtrees.len()];
        let places = subtrees.into_iter().rev().zip(0..);
        let mut wanted: Vec<(Range<u64>, usize)> = places.collect();
        wanted.sort_unstable_by_key(|(subtree, _)| std::cmp::Reverse(subtree.start));
        Self {
            size,
            whole: Tree::new(),
            wanted,
            under_way: Tree::new(),
            path,
        }
    }

    /// Takes the next leaf by its hash; those beyond the tree are passed over.
    pub fn push(&mut self, leaf: Hash) {
        let at = self.whole.size();
        if at >= self.size {
            return;
        }
        self.whole.push(leaf);
        let Some((subtree, place)) = self.wanted.last() else {
            return;
        };
        if !subtree.contains(&at) {
            return;
        }
        self.under_way.push(leaf);
        if at + 1 == subtree.end {
            self.path[*place] = Some(std::mem::take(&mut self.under_way).root());
            self.wanted.pop();
        }
    }

    /// The proof's hashes and the tree's root; `None` if not all leaves went by.
    #[must_use]
    pub fn finish(self) -> Option<(Vec<Hash>, Hash)> {
        let path: Option<Vec<Hash>> = self.path.into_iter().collect();
        let whole = (self.whole.size() == self.size).then(|| self.whole.root());
        path.zip(whole)
    }
}

/// The largest power of two below a size of at least two: how many leaves stand left of the root.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}
