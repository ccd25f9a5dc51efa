//! Values of the query store, compressed (zstd, RFC 8878).
//!
//! Journal lines are hex and the same words over and over: they take about a fourth of their
//! length, and sled, which writes whole pages of values again, writes that much less.

use std::io;

/// Fast, and most of what slower levels get.
const LEVEL: i32 = 3;

/// The largest value that is unpacked: some segments and snapshots are of one large event.
const MAX_VALUE: usize = 256 << 20;

/// Bytes for the store: the length, and the compressed bytes.
pub(crate) fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let packed = zstd::bulk::compress(bytes, LEVEL)?;
    let mut value = Vec::with_capacity(8 + packed.len());
    value.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    value.extend_from_slice(&packed);
    Ok(value)
}

/// What was packed; `None` if the value is garbled.
pub(crate) fn unpack(value: &[u8]) -> Option<Vec<u8>> {
    let (length, packed) = value.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let bytes = (length <= MAX_VALUE && !packed.is_empty())
        .then(|| zstd::bulk::decompress(packed, length).ok())
        .flatten()?;
    (bytes.len() == length).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_unpacked_is_what_was_packed(bytes: Vec<u8>, at: usize, flip in 1u8..) {
            let value = pack(&bytes).unwrap();
            let unpacked = unpack(&value);
            prop_assert_eq!(unpacked.as_deref(), Some(&bytes[..]));
            let mut bad = value.clone();
            let at = at % bad.len();
            bad[at] ^= flip;
            // Some flips are not seen here; the ids of the lines show those.
            drop(unpack(&bad));
            prop_assert_eq!(unpack(&value[..at]), None);
        }
    }
}
