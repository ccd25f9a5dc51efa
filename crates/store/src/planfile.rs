//! Reading a plan file, and swapping in a new one without losing what somebody else saved.

#[cfg(target_os = "linux")]
mod attributes;
mod incoming;
mod swap;

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::StoreError;
use crate::quarantine;
use crate::small_file::sync_directory;

pub(crate) use swap::{Exchange, exchange};

/// The largest plan file that is read.
pub const MAX_PLAN: u64 = 64 << 20;

/// How much of a file is compared at a time.
const PIECE: usize = 32 << 10;

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The file has the new bytes.
    Written,
    /// Somebody changed or removed the file meanwhile, and it was left alone.
    ChangedMeanwhile {
        /// What it has.
        found: Option<Vec<u8>>,
        /// Where another version is kept that was saved right before this one.
        aside: Option<PathBuf>,
    },
}

impl WriteOutcome {
    const fn changed(found: Option<Vec<u8>>) -> Self {
        Self::ChangedMeanwhile { found, aside: None }
    }
}

/// Reads a plan file; `None` if there is no such file.
///
/// # Errors
/// [`StoreError::NotAPlan`] for a directory, a device, a pipe or a link that leads nowhere, [`StoreError::TooLarge`] past
/// [`MAX_PLAN`], [`StoreError::Io`].
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let absent = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        )
    };
    match fs::metadata(path) {
        Ok(meta) => refuse_special(path, &meta)?,
        Err(error) if absent(&error) && is_link(path) => return Err(leads_nowhere(path)),
        Err(error) if absent(&error) => return Ok(None),
        Err(error) => return Err(StoreError::io("read", path)(error)),
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if absent(&error) => return Ok(None),
        Err(error) => return Err(StoreError::io("read", path)(error)),
    };
    let meta = file.metadata().map_err(StoreError::io("read", path))?;
    refuse_special(path, &meta)?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(MAX_PLAN)).unwrap_or(0) + 1);
    file.take(MAX_PLAN + 1)
        .read_to_end(&mut bytes)
        .map_err(StoreError::io("read", path))?;
    if bytes.len() as u64 > MAX_PLAN {
        return Err(StoreError::TooLarge {
            path: path.to_owned(),
            limit: MAX_PLAN,
        });
    }
    Ok(Some(bytes))
}

/// Whether two paths lead to one file: by a symlink, by a hard link, or by another spelling where
/// the file system knows several.
#[must_use]
pub fn same(a: &Path, b: &Path) -> bool {
    if a == b {
        return true;
    }
    match (identity(a), identity(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink())
}

fn leads_nowhere(path: &Path) -> StoreError {
    StoreError::NotAPlan {
        path: path.to_owned(),
        what: "is a link that leads nowhere",
    }
}

fn refuse_special(path: &Path, meta: &Metadata) -> Result<(), StoreError> {
    let what = if meta.is_file() {
        return Ok(());
    } else if meta.is_dir() {
        "is a folder"
    } else {
        "is not a regular file"
    };
    Err(StoreError::NotAPlan {
        path: path.to_owned(),
        what,
    })
}

/// Swaps `new` in for the file at `path`, which is expected to have the bytes `expected` (`None`:
/// not to be there).
///
/// The new bytes are written beside the file and fsynced; then the file is looked at again, and
/// what was swapped out is looked at once more where the system can exchange two files. So a
/// version saved by an editor in between is never lost, be it one that cannot be read: it is left
/// in place, and reported; where it cannot be, it is kept, and the error says where.
/// Through a symlink, the file it points to is replaced. Permissions, ownership, access list and the
/// attributes that somebody gave it are kept.
///
/// The caller holds the ledger's lock, so each ledger has one name for the new file. One that is
/// there already was left by a write that was cut short; it goes to the `quarantine` (whose place
/// stands for the ledger), since it may be what an editor had just saved.
///
/// # Errors
/// [`StoreError::PlanNotWritable`] for a read-only file or folder, or an owner or an
/// attribute that cannot be kept, [`StoreError::NotAPlan`], [`StoreError::TooLarge`], [`StoreError::Io`].
pub fn write(
    path: &Path,
    expected: Option<&[u8]>,
    new: &[u8],
    quarantine: &Path,
) -> Result<WriteOutcome, StoreError> {
    let target = match is_link(path).then(|| fs::canonicalize(path)) {
        Some(Ok(target)) => target,
        Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err(leads_nowhere(path));
        }
        Some(Err(error)) => return Err(StoreError::io("follow", path)(error)),
        None => path.to_owned(),
    };
    let temporary = incoming::prepare(&target, new, quarantine)?;
    let found = read(&target)?;
    if found.as_deref() != expected {
        return Ok(WriteOutcome::changed(found));
    }
    let Some(expected) = expected else {
        return match temporary.persist_noclobber(&target) {
            Ok(_) => {
                sync_directory(folder_of(&target))?;
                Ok(WriteOutcome::Written)
            }
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(WriteOutcome::changed(read(&target)?))
            }
            Err(error) => Err(not_writable(&target, &error.error)),
        };
    };
    let swap = swap::Swap {
        target: &target,
        expected,
        new,
        quarantine,
    };
    swap.make(temporary.into_temp_path())
}

/// Keeps bytes of a plan file in the quarantine before they are written over.
///
/// # Errors
/// [`StoreError::Io`]; they must then not be written over.
pub fn keep_aside(quarantine: &Path, bytes: &[u8], note: &str) -> Result<PathBuf, StoreError> {
    quarantine::keep_bytes(quarantine, "plan-file", bytes, note)
}

/// Makes what a plan file has now durable, so that a power failure does not take it back. One that
/// is gone by now, or whose file system keeps nothing back, has nothing to be made durable.
///
/// # Errors
/// [`StoreError::Io`].
pub fn make_durable(path: &Path) -> Result<(), StoreError> {
    let sync = || -> io::Result<()> {
        let path = fs::canonicalize(path)?;
        File::open(&path)?.sync_all()?;
        File::open(folder_of(&path))?.sync_all()
    };
    match sync() {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Err(StoreError::io("sync", path)(error))
        }
        _ => Ok(()),
    }
}

/// Whether a file is there that has just these bytes. Compared piece by piece, without a copy of
/// all of it.
fn holds(path: &Path, expected: &[u8]) -> bool {
    let compare = || -> io::Result<bool> {
        if !fs::metadata(path)?.is_file() {
            return Ok(false);
        }
        let mut file = File::open(path)?;
        let mut piece = [0; PIECE];
        let mut rest = expected;
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(rest.is_empty()),
                Ok(read) => match rest.strip_prefix(&piece[..read]) {
                    Some(after) => rest = after,
                    None => return Ok(false),
                },
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    compare().unwrap_or(false)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn not_writable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::PlanNotWritable {
        path: path.to_owned(),
        what: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, expected: Option<&[u8]>, new: &[u8]) -> Result<WriteOutcome, StoreError> {
        super::write(path, expected, new, &path.with_file_name("quarantine"))
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_plan_is_swapped_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("TODO.md");
        assert_eq!(read(&path).unwrap(), None);
        assert_eq!(
            write(&path, None, b"one\r\n").unwrap(),
            WriteOutcome::Written
        );
        assert_eq!(
            write(&path, Some(b"one\r\n"), b"two").unwrap(),
            WriteOutcome::Written
        );
        assert_eq!(read(&path).unwrap().unwrap(), b"two");
        assert_eq!(names(folder.path()), ["TODO.md"]);
    }

    #[test]
    fn a_plan_somebody_else_wrote_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("TODO.md");
        fs::write(&path, "theirs").unwrap();
        for expected in [None, Some(&b"ours"[..])] {
            assert_eq!(
                write(&path, expected, b"new").unwrap(),
                WriteOutcome::changed(Some(b"theirs".to_vec()))
            );
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(
            write(&path, Some(b"theirs"), b"new").unwrap(),
            WriteOutcome::changed(None)
        );
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn an_editor_that_saves_all_the_time_never_loses_a_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("TODO.md");
        fs::write(&path, "start").unwrap();
        let beside = folder.path().join("editor");
        std::thread::scope(|scope| {
            let editor = scope.spawn(|| {
                for i in 0..200 {
                    fs::write(&beside, format!("editor {i}")).unwrap();
                    fs::rename(&beside, &path).unwrap();
                    std::thread::yield_now();
                }
            });
            let mut last = b"start".to_vec();
            let mut i = 0;
            while !editor.is_finished() {
                i += 1;
                let new = format!("ledger {i}").into_bytes();
                match write(&path, Some(&last), &new).unwrap() {
                    WriteOutcome::Written => last = new,
                    WriteOutcome::ChangedMeanwhile { found, .. } => last = found.unwrap(),
                }
            }
        });
        assert_eq!(names(folder.path()), ["TODO.md"]);
    }

    #[test]
    fn what_a_write_left_that_was_cut_short_is_kept_out_of_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("TODO.md");
        fs::write(&path, "old").unwrap();
        let quarantine = folder.path().join("quarantine");
        let left = incoming::prepare(&path, b"theirs", &quarantine).unwrap();
        left.keep().unwrap();
        assert_eq!(
            write(&path, Some(b"old"), b"new").unwrap(),
            WriteOutcome::Written
        );
        assert_eq!(names(folder.path()), ["TODO.md", "quarantine"]);
        let kept = folder.path().join("quarantine/0001-plan-file");
        assert_eq!(fs::read(kept).unwrap(), b"theirs");
    }

    #[test]
    fn folders_and_huge_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            read(folder.path()),
            Err(StoreError::NotAPlan { .. })
        ));
        let path = folder.path().join("huge.md");
        File::create(&path).unwrap().set_len(MAX_PLAN + 1).unwrap();
        assert!(matches!(read(&path), Err(StoreError::TooLarge { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_symlinks_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.md");
        fs::write(&real, "one").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("TODO.md");
        symlink("real.md", &link).unwrap();
        write(&link, Some(b"one"), b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"two");
        let mode = fs::metadata(&real).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);

        fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
        let error = write(&link, Some(b"two"), b"three").unwrap_err();
        assert!(error.to_string().contains("read-only"), "{error}");
        assert_eq!(fs::read(&real).unwrap(), b"two");
    }
}
