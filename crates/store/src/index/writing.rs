//! What is to be written in one go.

/// sled writes a page again whenever some of its keys were written, and splits it at the 17th key
/// however large it is: large values side by side are written four times or more, and sled does not
/// get all of that room back. So behind each large value come so many keys without one, put there
/// first: it goes alone into a page that nothing else is written to after it.
const FENCE: u8 = 16;

/// The smallest value that is fenced off.
const LARGE: usize = 2 << 10;

/// Values to be put, those that are large each fenced off.
#[derive(Default)]
pub(super) struct Writing {
    pub(super) batch: sled::Batch,
    /// Goes first.
    pub(super) fences: sled::Batch,
    pub(super) bytes: usize,
}

impl Writing {
    /// Puts a value that may be large.
    pub(super) fn insert(&mut self, key: Vec<u8>, value: Vec<u8>) {
        if value.len() >= LARGE {
            self.fence(&key);
        }
        self.batch.insert(key, value);
    }

    pub(super) fn fence(&mut self, key: &[u8]) {
        for nth in 0..FENCE {
            self.fences.insert([key, &[nth]].concat(), &[]);
        }
    }
}
