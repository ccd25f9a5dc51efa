//! The rows of many events in one value: a lookup over a long history would else read every index
//! entry, and sled has a page for each.

use ledger_core::Seq;

use super::writing::Writing;
use super::{Index, last_seq, seq_key};
use crate::error::StoreError;
use crate::packed::unpack;
use crate::segment::{Placed, ROW, placed};

/// Events of a block. Their rows are about as long as a segment's lines.
pub(super) const BLOCK: u64 = 4_096;

const KIND: u8 = b'r';

/// The rows of some events that follow each other.
pub(super) struct Block {
    first: Seq,
    /// Where the first line starts in the journal (8 bytes, big-endian), and the rows.
    value: Vec<u8>,
}

impl Block {
    fn new(first: Seq, value: Vec<u8>) -> Option<Self> {
        let length = value.len() as u64;
        (length == 8 + BLOCK * ROW as u64).then_some(Self { first, value })
    }

    /// Its events.
    pub(super) fn rows(&self) -> impl Iterator<Item = Placed<'_>> {
        let (offset, rows) = self.value.split_first_chunk().unwrap_or((&[0; 8], &[]));
        placed(self.first, u64::from_be_bytes(*offset), rows)
    }
}

impl Index {
    /// Gives each row of the blocks that there are, in order, until `wanted` returns `false`.
    /// Gives back the event after them; `None` if it was stopped.
    pub(super) fn scan_blocks(
        &self,
        mut wanted: impl FnMut(&Placed<'_>) -> bool,
    ) -> Result<Option<u64>, StoreError> {
        let mut next = 0;
        while let Some(block) = self.block(Seq(next))? {
            if !block.rows().all(|own| wanted(&own)) {
                return Ok(None);
            }
            next += BLOCK;
        }
        Ok(Some(next))
    }

    /// The block that has event `seq`, if there is one yet.
    pub(super) fn block(&self, seq: Seq) -> Result<Option<Block>, StoreError> {
        let first = seq.0 - seq.0 % BLOCK;
        let Some(value) = self.get(&seq_key(KIND, first))? else {
            return Ok(None);
        };
        let block = unpack(&value).and_then(|value| Block::new(Seq(first), value));
        let garbled = || self.damaged(&format!("the rows of event {first} are garbled"));
        block.map(Some).ok_or_else(garbled)
    }

    /// Makes the blocks that are full now that `count` events are absorbed.
    pub(super) fn fill_blocks(&self, count: u64) -> Result<(), StoreError> {
        let last = self.last(seq_key(KIND, 0), seq_key(KIND, u64::MAX))?;
        let last = last.and_then(|(key, _)| last_seq(&key));
        let mut first = last.map_or(0, |last| last.0 + BLOCK);
        let end = count - count % BLOCK;
        if first >= end {
            return Ok(());
        }
        let mut writing = Writing::default();
        while first < end {
            let mut block = Vec::new();
            self.scan_entries(Seq(first), Seq(first + BLOCK - 1), |own| {
                if block.is_empty() {
                    block.extend_from_slice(&own.offset.to_be_bytes());
                }
                block.extend_from_slice(own.row.bytes());
                true
            })?;
            writing.insert(seq_key(KIND, first), self.packed(&block)?);
            first += BLOCK;
        }
        self.apply(writing)
    }

    /// Removes the blocks that have events from `seq` on.
    pub(super) fn forget_blocks(&self, seq: u64, writing: &mut Writing) -> Result<(), StoreError> {
        let from = seq_key(KIND, seq - seq % BLOCK);
        let keys = self.call("read", |db| {
            let keys = db.range(from..vec![KIND + 1]).keys();
            keys.collect::<sled::Result<Vec<_>>>()
        })?;
        for key in keys {
            writing.batch.remove(key);
        }
        Ok(())
    }

    /// Sees that the blocks have the rows that the index entries have.
    pub(super) fn check_blocks(&self) -> Result<(), StoreError> {
        let mut differs = None;
        let mut next = 0;
        while let Some(block) = self.block(Seq(next))? {
            let mut own = block.rows();
            self.scan_entries(Seq(next), Seq(next + BLOCK - 1), |placed| {
                let same = own.next().is_some_and(|own| {
                    own.offset == placed.offset && own.row.bytes() == placed.row.bytes()
                });
                if !same {
                    differs = Some(placed.seq);
                }
                same
            })?;
            if let Some(seq) = differs {
                return Err(self.damaged(&format!("the rows of event {seq} differ")));
            }
            next += BLOCK;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::append;
    use crate::journal::Journal;
    use crate::memory::MemoryStore;

    #[test]
    fn a_block_whose_rows_are_others_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut memory = MemoryStore::new();
        let batch = append(&mut memory, &["T-1"; 4_200], None);
        let lines: Vec<u8> = batch
            .events()
            .iter()
            .flat_map(|own| own.line.clone())
            .collect();
        std::fs::write(&path, lines).unwrap();
        let index = Index::open(&folder.path().join("store"), 1 << 20).unwrap();
        index.absorb(&Journal::open(path).unwrap()).unwrap();
        let last = Seq(4_199);
        index.check(last).unwrap();
        let block = index.block(Seq(0)).unwrap().unwrap().value;
        let put = |block: &[u8]| {
            let packed = index.packed(block).unwrap();
            index
                .call("write", |db| db.insert(seq_key(KIND, 0), packed))
                .unwrap();
        };
        for at in [0, block.len() / 2, block.len() - 1] {
            let mut changed = block.clone();
            changed[at] ^= 1;
            put(&changed);
            assert!(index.check(last).is_err(), "byte {at}");
        }
        put(&block[..block.len() - ROW]);
        assert!(index.scan_blocks(|_| true).is_err());
        put(&block);
        index.check(last).unwrap();
    }
}
