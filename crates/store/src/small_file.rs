//! Small files that are replaced as a whole, and carry a checksum of their own.
//!
//! Replacing is atomic for other processes and in most cases not fsynced: what such a file holds
//! can be worked out again, so after a power loss a missing, old or garbled one is as good as none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::planfile::{Exchange, exchange};

/// Length of the checksum line: 64 hex digits and a line feed.
const CHECK: usize = 65;

/// How often a file is read that is another one each time and never whole.
const READINGS: usize = 8;

/// Replaces `path` by `payload` and its checksum. The caller holds the ledger's lock, so the
/// temporary name can be a fixed one and nothing piles up after a kill.
///
/// Where the system can, the new file trades places with the old one, which is written over the
/// next time: a file that is renamed over another, or truncated, is written out at once by some
/// file systems (ext4, unless told otherwise), which costs as much as an fsync.
///
/// # Errors
/// [`StoreError::Io`]; the old file is then still there.
pub(crate) fn replace(path: &Path, payload: &[u8]) -> Result<(), StoreError> {
    put(path, payload, false)
}

/// [`replace`] by a file that was not there before. One that is written over in place can, after a
/// power failure, have what it had the time before last, under a name that was made durable since;
/// a new one has its payload or is garbled.
///
/// # Errors
/// [`StoreError::Io`]; the old file is then still there.
pub(crate) fn replace_afresh(path: &Path, payload: &[u8]) -> Result<(), StoreError> {
    match fs::remove_file(beside(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("write", path)(error))
        }
        _ => put(path, payload, false),
    }
}

/// Where the next version of a file is written, and the one before it is left.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

/// [`replace`], and durable.
///
/// # Errors
/// [`StoreError::Io`]; the old file may then still be there.
pub(crate) fn replace_durably(path: &Path, payload: &[u8]) -> Result<(), StoreError> {
    put(path, payload, true)?;
    path.parent().map_or(Ok(()), sync_directory)
}

/// Replaces `path` by `pieces`, one after another, for callers with checksums of their own.
///
/// # Errors
/// [`StoreError::Io`]; the old file is then still there.
pub(crate) fn swap_in(path: &Path, pieces: &[&[u8]]) -> Result<(), StoreError> {
    exchange_for(path, pieces, false)
}

fn put(path: &Path, payload: &[u8], durably: bool) -> Result<(), StoreError> {
    let mut bytes = Vec::with_capacity(CHECK + payload.len());
    bytes.extend_from_slice(blake3::hash(payload).to_hex().as_bytes());
    bytes.push(b'\n');
    bytes.extend_from_slice(payload);
    exchange_for(path, &[&bytes], durably)
}

fn exchange_for(path: &Path, pieces: &[&[u8]], durably: bool) -> Result<(), StoreError> {
    let temporary = beside(path);
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&temporary)?;
        let before = file.metadata()?.len();
        let mut length = 0;
        for piece in pieces {
            file.write_all(piece)?;
            length += piece.len() as u64;
        }
        // Cutting a file is a change of its own for the file system, also where nothing is cut.
        if before > length {
            file.set_len(length)?;
        }
        if durably {
            file.sync_data()?;
        }
        // Only a file trades places: it is the next one to be written over.
        let is_file = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file());
        match is_file.then(|| exchange(&temporary, path)) {
            Some(Exchange::Done) => Ok(()),
            // The first time, or a system that cannot.
            _ => fs::rename(&temporary, path),
        }
    };
    write().map_err(StoreError::io("write", path))
}

/// The payload of `path`, or `None` if the file is missing, too long or not what was written.
///
/// # Errors
/// [`StoreError::Io`] if it is there and cannot be read.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
    // A pipe would keep everybody waiting; a folder has no payload either.
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return Ok(None);
    }
    read_opened(|| File::open(path), limit).map_err(StoreError::io("read", path))
}

/// The payload of the file that `open` opens. A file that traded places after it was opened may
/// be written over while it is read, so one that is not whole is opened again until it is, or
/// stays as it is.
fn read_opened(
    mut open: impl FnMut() -> io::Result<File>,
    limit: u64,
) -> io::Result<Option<Vec<u8>>> {
    let mut before: Option<Vec<u8>> = None;
    for _ in 0..READINGS {
        let mut bytes = Vec::with_capacity(1024);
        match open() {
            Ok(file) => file
                .take(limit.saturating_add(CHECK as u64 + 1))
                .read_to_end(&mut bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if is_whole(&bytes, limit) {
            return Ok(Some(bytes.split_off(CHECK)));
        }
        if before.as_ref() == Some(&bytes) {
            break;
        }
        before = Some(bytes);
    }
    Ok(None)
}

/// Whether these are a checksum and the payload it was taken of.
fn is_whole(bytes: &[u8], limit: u64) -> bool {
    bytes
        .split_at_checked(CHECK)
        .is_some_and(|(check, payload)| {
            payload.len() as u64 <= limit
                && check.ends_with(b"\n")
                && check[..CHECK - 1] == *blake3::hash(payload).to_hex().as_bytes()
        })
}

/// Makes a directory and those above it that are missing, all of them durable.
///
/// # Errors
/// [`StoreError::Io`].
pub(crate) fn create_directories(path: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|above| !above.exists())
        .collect();
    fs::create_dir_all(path).map_err(StoreError::io("create", path))?;
    let above = missing.iter().rev().filter_map(|made| made.parent());
    for folder in above.filter(|folder| !folder.as_os_str().is_empty()) {
        sync_directory(folder)?;
    }
    Ok(())
}

/// Makes the entries of a directory durable.
///
/// # Errors
/// [`StoreError::Io`].
pub(crate) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    {
        File::open(path)
            .and_then(|directory| directory.sync_all())
            .map_err(StoreError::io("sync", path))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_by_longer_and_shorter_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        for length in [10, 5_000, 3, 0, 70_000, 69_999, 1] {
            let payload = vec![b'x'; length];
            replace(&path, &payload).unwrap();
            assert_eq!(read(&path, 100_000).unwrap().unwrap(), payload);
            replace_afresh(&path, &payload).unwrap();
            assert_eq!(read(&path, 100_000).unwrap().unwrap(), payload);
        }
    }

    #[test]
    fn a_file_that_is_written_over_while_it_is_read_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        replace(&path, b"first").unwrap();
        let mut openings = 0;
        let open = || {
            openings += 1;
            let file = File::open(&path)?;
            if openings == 1 {
                // It trades places, and whoever comes next begins to write over it.
                replace(&path, b"second").unwrap();
                let place = folder.path().join("state.new");
                if let Ok(mut out) = OpenOptions::new().write(true).open(place) {
                    out.write_all(b"the beginning of")?;
                }
            }
            Ok(file)
        };
        let read = read_opened(open, 100).unwrap().unwrap();
        assert!([&b"first"[..], b"second"].contains(&&read[..]));
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        assert_eq!(read(&path, 100).unwrap(), None);
        replace(&path, b"payload").unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap(), b"payload");
        assert_eq!(read(&path, 3).unwrap(), None);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert_eq!(read(&path, 100).unwrap(), None, "flipped at {at}");
            fs::write(&path, &good[..at]).unwrap();
            assert_eq!(read(&path, 100).unwrap(), None, "cut at {at}");
        }
    }
}
