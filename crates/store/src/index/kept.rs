//! What callers keep beside the events: snapshots of moments, and the hashes that documents had.

use ledger_core::{Digest, Seq};

use super::writing::Writing;
use super::{Index, last_seq, seq_key};
use crate::error::StoreError;
use crate::packed::unpack;

/// Bytes of a moment: the first 16 of the hash, and its position. A key for each would make more
/// pages of the store than all else together.
const MOMENT: usize = 24;

/// How many moments one value has at most.
const MOMENTS: usize = 512;

impl Index {
    /// The latest snapshot called `name` at or before `at`.
    pub(crate) fn snapshot(
        &self,
        name: &str,
        at: Seq,
    ) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        let found = self.last(snapshot_key(name, 0), snapshot_key(name, at.0))?;
        let Some((key, value)) = found else {
            return Ok(None);
        };
        let snapshot = last_seq(&key).zip(value.split_at_checked(32));
        match snapshot {
            Some((seq, (hash, packed))) if blake3::hash(packed).as_bytes() == hash => {
                let bytes = unpack(packed).ok_or_else(|| self.damaged("a snapshot is garbled"))?;
                Ok(Some((seq, bytes)))
            }
            _ => Err(self.damaged("a snapshot is garbled")),
        }
    }

    /// Keeps a snapshot.
    pub(crate) fn put_snapshot(&self, name: &str, at: Seq, bytes: &[u8]) -> Result<(), StoreError> {
        let packed = self.packed(bytes)?;
        let mut value = blake3::hash(&packed).as_bytes().to_vec();
        value.extend_from_slice(&packed);
        let mut writing = Writing::default();
        writing.insert(snapshot_key(name, at.0), value);
        self.apply(writing)
    }

    /// The moments at which a document had this hash.
    pub(crate) fn moments(&self, hash: &Digest, until: Seq) -> Result<Vec<Seq>, StoreError> {
        let mut seqs = self.call("read", |db| {
            let old = db.scan_prefix([b"d", &hash.as_bytes()[..]].concat()).keys();
            let mut seqs = Vec::new();
            for key in old {
                seqs.extend(last_seq(&key?));
            }
            for entry in db.scan_prefix(b"h") {
                let (_, moments) = entry?;
                let same = |moment: &&[u8]| hash.as_bytes().starts_with(&moment[..MOMENT - 8]);
                let moments = moments.chunks_exact(MOMENT).filter(same);
                seqs.extend(moments.filter_map(last_seq));
            }
            Ok(seqs)
        })?;
        seqs.retain(|seq| *seq <= until);
        seqs.sort_unstable();
        seqs.dedup();
        Ok(seqs)
    }

    /// Notes moments.
    pub(crate) fn put_moments(&self, moments: &[(Digest, Seq)]) -> Result<(), StoreError> {
        let mut writing = Writing::default();
        for moments in moments.chunks(MOMENTS) {
            let mut value = Vec::with_capacity(moments.len() * MOMENT);
            for (hash, seq) in moments {
                value.extend_from_slice(&hash.as_bytes()[..MOMENT - 8]);
                value.extend_from_slice(&seq.0.to_be_bytes());
            }
            // Noting the same again changes nothing, and other moments never take its place.
            let mut key = seq_key(b'h', moments.first().map_or(0, |(_, seq)| seq.0));
            key.extend_from_slice(&blake3::hash(&value).as_bytes()[..8]);
            writing.insert(key, value);
        }
        self.apply(writing)
    }
}

fn snapshot_key(name: &str, seq: u64) -> Vec<u8> {
    let mut key = vec![b's'];
    // A name with a NUL would run into another's snapshots.
    key.extend(name.bytes().filter(|byte| *byte != 0));
    key.push(0);
    key.extend_from_slice(&seq.to_be_bytes());
    key
}
