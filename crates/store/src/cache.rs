//! The caller's cache of its folded state, beside `head`.
//!
//! Opaque bytes that belong to one event. They are given back only while that event is the
//! head, and can be lost at any time.

use std::path::Path;

use ledger_core::EventId;

use crate::error::StoreError;
use crate::small_file;

/// The largest cache that is read or written.
pub const MAX_STATE: u64 = 64 << 20;

/// Length of the id in front, in hex, with its line feed.
const ID: usize = 65;

/// The cached bytes, if there are any for this head.
///
/// # Errors
/// [`StoreError::Io`] if the file is there and cannot be read.
pub fn read(path: &Path, head: &EventId) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(mut payload) = small_file::read(path, MAX_STATE + ID as u64)? else {
        return Ok(None);
    };
    let belongs = payload
        .get(..ID)
        .is_some_and(|id| id == format!("{head}\n").as_bytes());
    Ok(belongs.then(|| payload.split_off(ID)))
}

/// Replaces the cache; bytes past [`MAX_STATE`] are not kept. The caller holds the lock.
///
/// # Errors
/// [`StoreError::Io`]; the old file is then still there.
pub fn write(path: &Path, head: &EventId, bytes: &[u8]) -> Result<(), StoreError> {
    if bytes.len() as u64 > MAX_STATE {
        return Ok(());
    }
    let mut payload = format!("{head}\n").into_bytes();
    payload.extend_from_slice(bytes);
    small_file::replace(path, &payload)
}

#[cfg(test)]
mod tests {
    use ledger_core::Digest;

    use super::*;

    #[test]
    fn a_cache_is_given_back_for_its_head_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let one = EventId::new(Digest::from_bytes([1; 32]));
        let two = EventId::new(Digest::from_bytes([2; 32]));
        assert_eq!(read(&path, &one).unwrap(), None);
        write(&path, &one, b"folded").unwrap();
        assert_eq!(read(&path, &one).unwrap().unwrap(), b"folded");
        assert_eq!(read(&path, &two).unwrap(), None);
        write(&path, &two, b"").unwrap();
        assert_eq!(read(&path, &one).unwrap(), None);
        assert_eq!(read(&path, &two).unwrap().unwrap(), b"");
    }
}
