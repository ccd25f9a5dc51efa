//! Where damaged things go: nothing is ever deleted to heal a ledger.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::small_file::sync_directory;

/// Keeps `bytes` in the quarantine, durably, with a note of what they are and why they went.
///
/// # Errors
/// [`StoreError::Io`]; nothing must then be cut from where they were.
pub(crate) fn keep_bytes(
    directory: &Path,
    what: &str,
    bytes: &[u8],
    note: &str,
) -> Result<PathBuf, StoreError> {
    let place = new_place(directory, what, note)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&place)
        .map_err(StoreError::io("create", &place))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(StoreError::io("write", &place))?;
    sync_directory(directory)?;
    Ok(place)
}

/// Keeps a copy of a file in the quarantine, durably, with a note; the file stays.
///
/// # Errors
/// [`StoreError::Io`]; the file must then not be replaced.
pub(crate) fn keep_copy(
    directory: &Path,
    what: &str,
    from: &Path,
    note: &str,
) -> Result<PathBuf, StoreError> {
    let place = new_place(directory, what, note)?;
    // A second name for the same file needs no room; where the system has none, a copy.
    if fs::hard_link(from, &place).is_err() {
        fs::copy(from, &place).map_err(StoreError::io("copy", from))?;
        OpenOptions::new()
            .write(true)
            .open(&place)
            .and_then(|file| file.sync_all())
            .map_err(StoreError::io("write", &place))?;
    }
    sync_directory(directory)?;
    Ok(place)
}

/// Moves a file or a directory into the quarantine, with a note.
///
/// # Errors
/// [`StoreError::Io`]; it is then where it was.
pub(crate) fn move_away(
    directory: &Path,
    what: &str,
    from: &Path,
    note: &str,
) -> Result<PathBuf, StoreError> {
    let place = new_place(directory, what, note)?;
    if let Err(error) = fs::rename(from, &place) {
        // A note of what is not there would only puzzle somebody.
        let _ = fs::remove_file(place.with_extension("txt"));
        return Err(StoreError::io("move", from)(error));
    }
    sync_directory(directory)?;
    Ok(place)
}

/// What lies in the quarantine, each with its note.
pub(crate) fn list(directory: &Path) -> Vec<(PathBuf, String)> {
    const MOST: u64 = 4096;
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let notes = entries.map(|entry| entry.path()).filter(|path| {
        path.extension().is_some_and(|extension| extension == "txt")
            && fs::metadata(path).is_ok_and(|meta| meta.is_file())
    });
    let mut kept: Vec<(PathBuf, String)> = notes
        .map(|note| {
            let mut why = Vec::new();
            if let Ok(file) = fs::File::open(&note) {
                // A note that cannot be read is still there.
                let _ = file.take(MOST).read_to_end(&mut why);
            }
            let why = String::from_utf8_lossy(&why).trim_end().to_owned();
            (note.with_extension(""), why)
        })
        .collect();
    kept.sort();
    kept
}

/// Makes the quarantine if there is none. What stands in its place is kept in it, like everything
/// else, and its place there is given.
///
/// # Errors
/// [`StoreError::Io`]; what stood there may then be beside it, where the next try finds it.
pub(crate) fn make(directory: &Path) -> Result<Option<PathBuf>, StoreError> {
    let beside = directory.with_extension("in-the-way");
    let exists = |path: &Path| fs::symlink_metadata(path).is_ok();
    if !directory.is_dir() {
        if exists(directory) && !exists(&beside) {
            fs::rename(directory, &beside).map_err(StoreError::io("move", directory))?;
        }
        fs::create_dir_all(directory).map_err(StoreError::io("create", directory))?;
        // What is kept there is cut from where it was.
        directory.parent().map_or(Ok(()), sync_directory)?;
    }
    if !exists(&beside) {
        return Ok(None);
    }
    let place = claim(directory, "quarantine", "it was not a folder")?;
    fs::rename(&beside, &place).map_err(StoreError::io("move", &beside))?;
    sync_directory(directory)?;
    Ok(Some(place))
}

fn new_place(directory: &Path, what: &str, note: &str) -> Result<PathBuf, StoreError> {
    make(directory)?;
    claim(directory, what, note)
}

/// A free name in the quarantine. Making the note claims it.
fn claim(directory: &Path, what: &str, note: &str) -> Result<PathBuf, StoreError> {
    let mut number = fs::read_dir(directory)
        .map_err(StoreError::io("read", directory))?
        .count();
    loop {
        number += 1;
        let note_path = directory.join(format!("{number:04}-{what}.txt"));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&note_path)
        {
            Ok(mut file) => {
                file.write_all(note.as_bytes())
                    .and_then(|()| file.write_all(b"\n"))
                    .and_then(|()| file.sync_all())
                    .map_err(StoreError::io("write", &note_path))?;
                return Ok(directory.join(format!("{number:04}-{what}")));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::io("create", &note_path)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_gets_a_place_of_its_own_and_a_note() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("quarantine");
        let one = keep_bytes(&directory, "journal-tail", b"{\"bo", "cut short").unwrap();
        let old = folder.path().join("store");
        fs::create_dir(&old).unwrap();
        let two = move_away(&directory, "store", &old, "does not open").unwrap();
        assert!(!old.exists() && two.is_dir());
        assert_eq!(fs::read(&one).unwrap(), b"{\"bo");
        assert_eq!(
            fs::read_to_string(one.with_extension("txt")).unwrap(),
            "cut short\n"
        );
        let three = keep_bytes(&directory, "journal-tail", b"", "again").unwrap();
        assert_ne!(one, three);
    }

    #[test]
    fn what_stands_in_the_place_of_the_quarantine_is_kept_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("quarantine");
        fs::write(&directory, "in the way").unwrap();
        let kept = keep_bytes(&directory, "journal-tail", b"{", "cut short").unwrap();
        assert_eq!(fs::read(&kept).unwrap(), b"{");
        let kept = list(&directory);
        assert_eq!(kept.len(), 2);
        assert_eq!(fs::read(&kept[0].0).unwrap(), b"in the way");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(make(&directory).unwrap(), None);
    }
}
