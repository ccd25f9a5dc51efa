//! A folder that changes wait in, and how their files are named.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ledger_core::Digest;

use super::check::check;
use crate::error::StoreError;
use crate::small_file::sync_directory;

/// How the names of waiting changes end.
pub(super) const ENDING: &str = ".change";

/// The last time that a name can have: those of other lengths would not be in order.
const LAST: u64 = 999_999_999_999_999;

/// The name of a change: its time in milliseconds, and what makes it unique.
pub(super) fn name(time: u64, random: u64) -> String {
    format!("{:015}-{random:016x}{ENDING}", time.min(LAST))
}

/// The time that a name has.
pub(super) fn time_of(name: &str) -> Option<u64> {
    let (time, _) = name.split_once('-')?;
    let is_time = time.len() == 15 && time.bytes().all(|byte| byte.is_ascii_digit());
    time.parse().ok().filter(|_| is_time)
}

/// Makes the folder beside the plan, which git is not to see.
pub(super) fn make_beside(folder: &Path) -> Result<(), StoreError> {
    let io = |error| StoreError::io("create", folder)(error);
    match fs::symlink_metadata(folder) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Err(io(io::Error::from(io::ErrorKind::NotADirectory))),
        Err(_) => fs::create_dir(folder).map_err(io)?,
    }
    match File::create_new(folder.join(".gitignore")) {
        Ok(mut file) => file.write_all(b"*\n").map_err(io),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(io(error)),
    }
}

/// Writes a change under its name, durably.
pub(super) fn put_file(
    folder: &Path,
    name: &str,
    key: Option<&Digest>,
    bytes: &[u8],
) -> Result<PathBuf, StoreError> {
    if !folder.is_dir() {
        fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
    }
    let path = folder.join(name);
    let write = || -> io::Result<()> {
        unnamed(folder, name, key, bytes)?.persist_noclobber(&path)?;
        Ok(())
    };
    write().map_err(StoreError::io("write", &path))?;
    let synced =
        sync_directory(folder).and_then(|()| folder.parent().map_or(Ok(()), sync_directory));
    match synced {
        Ok(()) => Ok(path),
        // What is said not to wait must not be taken in.
        Err(error) => match fs::remove_file(&path) {
            Ok(()) => Err(error),
            Err(_) => Err(StoreError::MayWait(path)),
        },
    }
}

/// Writes a change in the place of the one that has this path, durably.
pub(super) fn write_anew(
    path: &Path,
    key: Option<&Digest>,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(path);
    let write = || -> io::Result<()> {
        unnamed(folder, &name_of(path), key, bytes)?.persist(path)?;
        Ok(())
    };
    write().map_err(StoreError::io("write", path))?;
    sync_directory(folder)
}

/// The file of a change, durable, before it has its name.
fn unnamed(
    folder: &Path,
    name: &str,
    key: Option<&Digest>,
    bytes: &[u8],
) -> io::Result<tempfile::NamedTempFile> {
    let mut temporary = tempfile::Builder::new()
        .prefix(".unfinished-")
        .tempfile_in(folder)?;
    temporary.write_all(check(name, bytes, key).as_bytes())?;
    temporary.write_all(b"\n")?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// The changes of a folder in the order of their names, and whether there are more names than
/// were listed.
pub(super) fn list(folder: &Path, most: usize) -> Result<(Vec<PathBuf>, bool), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), false)),
        Err(error) => return Err(StoreError::io("read", folder)(error)),
    };
    let mut paths = Vec::new();
    for (nth, entry) in entries.enumerate() {
        if nth == most {
            paths.sort();
            return Ok((paths, true));
        }
        let entry = entry.map_err(StoreError::io("read", folder))?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.ends_with(ENDING)) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok((paths, false))
}

pub(super) fn name_of(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}
