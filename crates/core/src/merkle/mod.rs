//! The Merkle tree over a journal (RFC 6962 §2.1 with SHA-256; ledger-format.md §11).
//!
//! [`Tree`] takes leaves one by one and keeps only the roots of the full subtrees to the left, so
//! a million events take no more memory than one. [`Prover`] works out a proof in the same pass,
//! [`verify_inclusion`] and [`verify_consistency`] check one without any leaves but what they
//! are given.

mod path;
mod prove;

use std::fmt;

use sha2::{Digest as _, Sha256};

pub use path::{ProofError, verify_consistency, verify_inclusion};
pub use prove::{OutOfRange, Prover};

use crate::base64;

/// 32 bytes of SHA-256: a leaf, or the root of a tree. Written in base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of these bytes of output.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash that a text of 44 characters of canonical base64 spells.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        base64::decode(text)?.try_into().ok().map(Self)
    }

    /// The hash of a leaf: `SHA-256(0x00 ‖ leaf)`.
    #[must_use]
    pub fn of_leaf(leaf: &[u8]) -> Self {
        let hasher = Sha256::new().chain_update([0]).chain_update(leaf);
        Self(hasher.finalize().into())
    }

    /// The hash of a node: `SHA-256(0x01 ‖ left ‖ right)`.
    #[must_use]
    pub fn of_node(left: &Self, right: &Self) -> Self {
        let mut message = [1; 65];
        message[1..33].copy_from_slice(&left.0);
        message[33..].copy_from_slice(&right.0);
        Self(Sha256::digest(message).into())
    }

    /// The root of the empty tree: `SHA-256()`.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64::encode(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A tree that grows by one leaf at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// The roots of the full subtrees that make up the tree, the largest one first: one for each
    /// bit of `size` that is set.
    roots: Vec<Hash>,
}

impl Tree {
    /// The empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a leaf by its [hash](Hash::of_leaf).
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each full subtree at the end that is as large as the new one is joined with it.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = Hash::of_node(&left, &node);
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// How many leaves it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let joined = self.roots.iter().rev().copied();
        joined
            .reduce(|right, left| Hash::of_node(&left, &right))
            .unwrap_or_else(Hash::of_nothing)
    }
}
