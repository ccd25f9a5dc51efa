//! Tables of known words.
//!
//! Most processes build them only to look a few words up, so they have a hash that costs little.
//! The words in them are this crate's own: nobody can choose ones that collide.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Words with what is known of each.
pub(super) type WordMap<V> = HashMap<&'static str, V, BuildHasherDefault<Fnv>>;

/// Words.
pub(super) type WordSet = HashSet<&'static str, BuildHasherDefault<Fnv>>;

/// FNV-1a.
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The words of a list parted by `|`.
pub(super) fn set(words: &'static str) -> WordSet {
    let count = 1 + words.bytes().filter(|byte| *byte == b'|').count();
    let mut set = WordSet::with_capacity_and_hasher(count, BuildHasherDefault::default());
    set.extend(words.split('|'));
    set
}
