//! The caller's cache of its folded state, beside `head`.
//!
//! Opaque bytes in parts that belong to one event. They are given back only while that event is
//! the head, and can be lost at any time. Each part has a checksum of its own and is read when it
//! is asked for: most commands need little of a large state.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use ledger_core::{Digest, EventId};

use crate::checkouts::plain_hash;
use crate::error::StoreError;
use crate::small_file;

/// The largest cache that is read or written.
pub const MAX_STATE: u64 = 64 << 20;

/// Length of the first line: the checksum of the table behind it, and its length.
const FIRST: usize = 64 + 1 + 8 + 1;

/// Read at once, for the table and the small parts right behind it.
const START: u64 = 8 << 10;

/// A cached state.
#[derive(Debug, Default)]
pub struct Cached {
    parts: Vec<Part>,
    /// What was read of the file so far.
    start: Vec<u8>,
    file: Option<File>,
}

/// Where a part is, from the beginning of the file.
#[derive(Debug)]
struct Part {
    at: u64,
    length: usize,
    check: Digest,
}

impl Cached {
    /// A state that is not in a file.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        Self {
            parts: laid_out(parts, 0),
            start: parts.concat(),
            file: None,
        }
    }

    /// A part; `None` if there is none with this number or it is not what was written. Somebody
    /// may be replacing the cache.
    #[must_use]
    pub fn part(&self, number: usize) -> Option<Vec<u8>> {
        let part = self.parts.get(number)?;
        let bytes = match self.read_before(part) {
            Some(bytes) => bytes.to_vec(),
            None => {
                let mut file = self.file.as_ref()?;
                let mut bytes = vec![0; part.length];
                file.seek(SeekFrom::Start(part.at)).ok()?;
                file.read_exact(&mut bytes).ok()?;
                bytes
            }
        };
        (plain_hash(&bytes) == part.check).then_some(bytes)
    }

    fn read_before(&self, part: &Part) -> Option<&[u8]> {
        let at = usize::try_from(part.at).ok()?;
        self.start.get(at..at.checked_add(part.length)?)
    }

    fn is_whole(&self) -> bool {
        (0..self.parts.len()).all(|number| self.part(number).is_some())
    }
}

/// Parts as they lie one after another from `at` on.
fn laid_out(parts: &[&[u8]], mut at: u64) -> Vec<Part> {
    let mut laid_out = Vec::with_capacity(parts.len());
    for bytes in parts {
        laid_out.push(Part {
            at,
            length: bytes.len(),
            check: plain_hash(bytes),
        });
        at += bytes.len() as u64;
    }
    laid_out
}

/// The cached state, if there is one for this head.
///
/// # Errors
/// [`StoreError::Io`] if the file is there and cannot be read.
pub fn read(path: &Path, head: &EventId) -> Result<Option<Cached>, StoreError> {
    let opened = open(path).map_err(StoreError::io("read", path))?;
    Ok(opened
        .filter(|(id, _)| id == head)
        .map(|(_, cached)| cached))
}

/// Whether the file at `path` is as it was written.
pub(crate) fn is_whole(path: &Path) -> bool {
    matches!(open(path), Ok(Some((_, cached))) if cached.is_whole())
}

/// The cache, and which event it belongs to; `None` if it is missing or garbled.
fn open(path: &Path) -> io::Result<Option<(EventId, Cached)>> {
    // A pipe would keep everybody waiting; a folder has no state either.
    let length = match fs::metadata(path) {
        Ok(meta) if meta.is_file() => meta.len(),
        _ => return Ok(None),
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut start = Vec::with_capacity(START as usize);
    (&mut file).take(START).read_to_end(&mut start)?;
    let Some((check, end)) = first_line(&start) else {
        return Ok(None);
    };
    if let Some(missing) = end.checked_sub(start.len()).filter(|missing| *missing > 0) {
        if end as u64 > length.min(MAX_STATE) {
            return Ok(None);
        }
        (&mut file).take(missing as u64).read_to_end(&mut start)?;
    }
    let table = start
        .get(FIRST..end)
        .filter(|table| plain_hash(table) == check);
    let Some((head, parts)) = table.and_then(|table| read_table(table, end as u64)) else {
        return Ok(None);
    };
    let file = Some(file);
    Ok(Some((head, Cached { parts, start, file })))
}

/// The checksum of the table, and where it ends.
fn first_line(start: &[u8]) -> Option<(Digest, usize)> {
    let line = std::str::from_utf8(start.get(..FIRST)?).ok()?;
    let (check, length) = line.strip_suffix('\n')?.split_once(' ')?;
    Some((
        check.parse().ok()?,
        FIRST + length.trim_start().parse::<usize>().ok()?,
    ))
}

/// The event in a table's first line, and the parts in the others.
fn read_table(table: &[u8], mut at: u64) -> Option<(EventId, Vec<Part>)> {
    let mut lines = std::str::from_utf8(table).ok()?.lines();
    let head = lines.next()?.parse().ok()?;
    let mut parts = Vec::new();
    for line in lines {
        let (check, length) = line.split_once(' ')?;
        let length: usize = length.parse().ok()?;
        parts.push(Part {
            at,
            length,
            check: check.parse().ok()?,
        });
        at = at
            .checked_add(length as u64)
            .filter(|at| *at <= MAX_STATE)?;
    }
    Some((head, parts))
}

/// Replaces the cache; a state past [`MAX_STATE`] is not kept. The caller holds the lock.
///
/// # Errors
/// [`StoreError::Io`]; the old file is then still there.
pub fn write(path: &Path, head: &EventId, parts: &[&[u8]]) -> Result<(), StoreError> {
    let mut table = format!("{head}\n");
    for part in laid_out(parts, 0) {
        table.push_str(&format!("{} {}\n", part.check, part.length));
    }
    let first = format!("{} {:>8}\n", plain_hash(table.as_bytes()), table.len());
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if (first.len() + table.len() + length) as u64 > MAX_STATE {
        return Ok(());
    }
    let beginning = first + &table;
    let mut pieces = vec![beginning.as_bytes()];
    pieces.extend(parts);
    small_file::swap_in(path, &pieces)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(byte: u8) -> EventId {
        EventId::new(Digest::from_bytes([byte; 32]))
    }

    fn all(cached: &Cached) -> Option<Vec<Vec<u8>>> {
        (0..cached.parts.len())
            .map(|number| cached.part(number))
            .collect()
    }

    #[test]
    fn a_cache_is_given_back_for_its_head_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let (one, two) = (event(1), event(2));
        assert!(read(&path, &one).unwrap().is_none());
        write(&path, &one, &[b"folded"]).unwrap();
        let cached = read(&path, &one).unwrap().unwrap();
        assert_eq!(cached.part(0).unwrap(), b"folded");
        assert_eq!(cached.part(1), None);
        assert!(read(&path, &two).unwrap().is_none());
        write(&path, &two, &[b""]).unwrap();
        assert!(read(&path, &one).unwrap().is_none());
        assert_eq!(read(&path, &two).unwrap().unwrap().part(0).unwrap(), b"");
    }

    #[test]
    fn a_damaged_part_is_as_good_as_none_and_the_others_stand() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let head = event(1);
        write(&path, &head, &[b"one", b"two"]).unwrap();
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(!is_whole(&path), "flipped at {at}");
            let cached = read(&path, &head).unwrap();
            let of = |number| cached.as_ref().and_then(|cached| cached.part(number));
            let parts = [of(0), of(1)];
            assert!(
                parts[0].as_deref().is_none_or(|part| part == b"one"),
                "{at}"
            );
            assert!(
                parts[1].as_deref().is_none_or(|part| part == b"two"),
                "{at}"
            );
            assert_ne!(parts.iter().flatten().count(), 2, "flipped at {at}");
            fs::write(&path, &good[..at]).unwrap();
            assert!(!is_whole(&path), "cut at {at}");
        }
        fs::write(&path, &good).unwrap();
        assert!(is_whole(&path));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_part_is_given_back(
            lengths in prop::collection::vec(prop_oneof![0..50_usize, 5_000..20_000_usize], 0..130),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("state");
            let kept: Vec<Vec<u8>> = lengths
                .iter()
                .enumerate()
                .map(|(number, length)| vec![number as u8; *length])
                .collect();
            let parts: Vec<&[u8]> = kept.iter().map(Vec::as_slice).collect();
            write(&path, &event(3), &parts).unwrap();
            prop_assert!(is_whole(&path));
            let cached = read(&path, &event(3)).unwrap().unwrap();
            prop_assert_eq!(all(&cached), Some(kept.clone()));
            prop_assert_eq!(all(&Cached::of(&parts)), Some(kept));
        }
    }
}
