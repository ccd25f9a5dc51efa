//! Checking proofs (RFC 9162 §2.1.3.2 and §2.1.4.2).

use super::Hash;

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf would stand outside of the tree.
    #[error("there is no leaf {index} in a tree of {size}")]
    NoSuchLeaf {
        /// Where it would stand.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The older tree would be the larger one.
    #[error("a tree of {old} is not the beginning of one of {new}")]
    Shrinks {
        /// The older tree's size.
        old: u64,
        /// The newer tree's size.
        new: u64,
    },
    /// Too many or too few hashes for trees of these sizes.
    #[error("it does not have the number of hashes that its sizes ask for")]
    WrongLength,
    /// The hashes do not lead to the root.
    #[error("its hashes do not lead to the root of the tree")]
    WrongRoot,
    /// The hashes do not lead to the root of the older tree.
    #[error("its hashes do not lead to the root of the older tree")]
    WrongOldRoot,
}

/// Checks that the leaf with this hash stands at `index` in the tree of `size` leaves with this
/// root; `path` has the hashes from the leaf's sibling up (RFC 9162 §2.1.3.2).
///
/// # Errors
/// [`ProofError`] if that is not shown.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let mut place = Place {
        node: index,
        last: size - 1,
    };
    let mut found = leaf;
    for hash in path {
        found = match place.climb().ok_or(ProofError::WrongLength)? {
            Side::Left => Hash::of_node(hash, &found),
            Side::Right => Hash::of_node(&found, hash),
        };
    }
    match (place.is_root(), found == *root) {
        (false, _) => Err(ProofError::WrongLength),
        (true, false) => Err(ProofError::WrongRoot),
        (true, true) => Ok(()),
    }
}

/// Checks that the tree of `old` leaves with `old_root` is the beginning of the tree of `new`
/// leaves with `new_root` (RFC 9162 §2.1.4.2). Every tree begins with the empty one, and each
/// with itself; neither takes any hashes.
///
/// # Errors
/// [`ProofError`] if that is not shown.
pub fn verify_consistency(
    old: u64,
    new: u64,
    path: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Shrinks { old, new });
    }
    if old == 0 || old == new {
        // What the sizes alone say about a root: of the empty tree, and of one and the same tree.
        return match (path.is_empty(), old == 0, old == new) {
            (false, ..) => Err(ProofError::WrongLength),
            (_, true, _) if *old_root != Hash::of_nothing() => Err(ProofError::WrongOldRoot),
            (_, _, true) if old_root != new_root => Err(ProofError::WrongRoot),
            _ => Ok(()),
        };
    }
    let mut place = Place {
        node: old - 1,
        last: new - 1,
    };
    // Up to the largest full subtree at the end of the older tree, which is in both.
    place.up(place.node.trailing_ones());
    let (seed, path) = match path.split_first() {
        _ if old.is_power_of_two() => (*old_root, path),
        Some((first, rest)) => (*first, rest),
        None => return Err(ProofError::WrongLength),
    };
    let (mut old_found, mut new_found) = (seed, seed);
    for hash in path {
        match place.climb().ok_or(ProofError::WrongLength)? {
            Side::Left => {
                old_found = Hash::of_node(hash, &old_found);
                new_found = Hash::of_node(hash, &new_found);
            }
            Side::Right => new_found = Hash::of_node(&new_found, hash),
        }
    }
    if !place.is_root() {
        Err(ProofError::WrongLength)
    } else if old_found != *old_root {
        Err(ProofError::WrongOldRoot)
    } else if new_found != *new_root {
        Err(ProofError::WrongRoot)
    } else {
        Ok(())
    }
}

/// On which side of a node its sibling stands.
enum Side {
    Left,
    Right,
}

/// A node on the way up, by its place in its level of the tree, and the last place there
/// (`fn` and `sn` of RFC 9162).
struct Place {
    node: u64,
    last: u64,
}

impl Place {
    const fn is_root(&self) -> bool {
        self.last == 0
    }

    const fn up(&mut self, levels: u32) {
        // A number of 64 bits that consists of ones has no level beyond the 64th.
        self.node = match self.node.checked_shr(levels) {
            Some(node) => node,
            None => 0,
        };
        self.last = match self.last.checked_shr(levels) {
            Some(last) => last,
            None => 0,
        };
    }

    /// Goes to the parent; where the sibling stands. `None` at the root, which has none.
    fn climb(&mut self) -> Option<Side> {
        if self.is_root() {
            return None;
        }
        let is_right = self.node & 1 == 1;
        let side = if is_right || self.node == self.last {
            // A last node without a sibling is its own parent, until it is a right child.
            if !is_right {
                self.up(self.node.trailing_zeros());
            }
            Side::Left
        } else {
            Side::Right
        };
        self.up(1);
        Some(side)
    }
}
