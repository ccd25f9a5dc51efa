//! Reading a plan file, and swapping in a new one without losing what somebody else saved.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use crate::error::StoreError;
use crate::quarantine;
use crate::small_file::sync_directory;

/// The largest plan file that is read.
pub const MAX_PLAN: u64 = 64 << 20;

/// How much of a file is compared at a time.
const PIECE: usize = 32 << 10;

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The file has the new bytes.
    Written,
    /// Somebody changed or removed the file meanwhile. It has these bytes and was left alone.
    ChangedMeanwhile(Option<Vec<u8>>),
}

/// Reads a plan file; `None` if there is no such file.
///
/// # Errors
/// [`StoreError::NotAPlan`] for a directory, a device or a pipe, [`StoreError::TooLarge`] past
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
/// version saved by an editor in between is never lost: it is left in place, and reported.
/// Through a symlink, the file it points to is replaced. Permissions and ownership are kept.
///
/// The caller holds the ledger's lock, so there is one name for the new file. One that is there
/// already was left by a write that was cut short; it goes to the `quarantine`, since it may be
/// what an editor had just saved.
///
/// # Errors
/// [`StoreError::PlanNotWritable`] for a read-only file or folder, or an owner that cannot be
/// kept, [`StoreError::NotAPlan`], [`StoreError::TooLarge`], [`StoreError::Io`].
pub fn write(
    path: &Path,
    expected: Option<&[u8]>,
    new: &[u8],
    quarantine: &Path,
) -> Result<WriteOutcome, StoreError> {
    let target = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => {
            fs::canonicalize(path).map_err(StoreError::io("follow", path))?
        }
        _ => path.to_owned(),
    };
    let temporary = prepare(&target, new, quarantine)?;
    if let Some(found) = differs(&target, expected)? {
        return Ok(WriteOutcome::ChangedMeanwhile(found));
    }
    let outcome = match expected {
        Some(expected) => swap(
            temporary.into_temp_path(),
            &target,
            expected,
            new,
            quarantine,
        )?,
        None => match temporary.persist_noclobber(&target) {
            Ok(_) => None,
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Some(read(&target)?)
            }
            Err(error) => return Err(not_writable(&target, &error.error)),
        },
    };
    if let Some(found) = outcome {
        return Ok(WriteOutcome::ChangedMeanwhile(found));
    }
    sync_directory(folder_of(&target))?;
    Ok(WriteOutcome::Written)
}

/// Keeps bytes of a plan file in the quarantine before they are written over.
///
/// # Errors
/// [`StoreError::Io`]; they must then not be written over.
pub fn keep_aside(quarantine: &Path, bytes: &[u8], note: &str) -> Result<PathBuf, StoreError> {
    quarantine::keep_bytes(quarantine, "plan-file", bytes, note)
}

/// What the file has instead of `expected`.
#[expect(
    clippy::option_option,
    reason = "no difference, or what is there: bytes or nothing"
)]
fn differs(path: &Path, expected: Option<&[u8]>) -> Result<Option<Option<Vec<u8>>>, StoreError> {
    if expected.is_some_and(|expected| holds(path, expected)) {
        return Ok(None);
    }
    let found = read(path)?;
    Ok((found.as_deref() != expected).then_some(found))
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

/// Creates the file that is to be swapped in.
fn create(target: &Path, quarantine: &Path) -> Result<NamedTempFile, StoreError> {
    let folder = folder_of(target);
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".ledger-new");
    let make = || {
        tempfile::Builder::new()
            .prefix(&name)
            .rand_bytes(0)
            .tempfile_in(folder)
    };
    let made = match make() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let left = folder.join(&name);
            let note = format!("{}: left by a write that was cut short", left.display());
            let bytes = read(&left)?.unwrap_or_default();
            quarantine::keep_bytes(quarantine, "plan-file", &bytes, &note)?;
            fs::remove_file(&left).map_err(StoreError::io("remove", &left))?;
            make()
        }
        made => made,
    };
    made.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => StoreError::PlanNotWritable {
            path: target.to_owned(),
            what: format!("the folder {} is read-only", folder.display()),
        },
        _ => not_writable(target, &error),
    })
}

/// Writes the new bytes beside the target, with the target's permissions and owner, durably.
fn prepare(target: &Path, new: &[u8], quarantine: &Path) -> Result<NamedTempFile, StoreError> {
    let mut temporary = create(target, quarantine)?;
    match fs::metadata(target) {
        Ok(meta) => {
            if meta.permissions().readonly() {
                return Err(StoreError::PlanNotWritable {
                    path: target.to_owned(),
                    what: "the file is read-only".to_owned(),
                });
            }
            keep_owner(target, &meta, temporary.as_file())?;
            temporary
                .as_file()
                .set_permissions(meta.permissions())
                .map_err(StoreError::io("set the permissions of", target))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            new_file_permissions(temporary.as_file())
                .map_err(StoreError::io("set the permissions of", target))?;
        }
        Err(error) => return Err(StoreError::io("read", target)(error)),
    }
    temporary
        .write_all(new)
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(StoreError::io("write", target))?;
    Ok(temporary)
}

#[cfg(unix)]
fn keep_owner(target: &Path, meta: &Metadata, temporary: &File) -> Result<(), StoreError> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let own = temporary
        .metadata()
        .map_err(StoreError::io("read", target))?;
    if (own.uid(), own.gid()) == (meta.uid(), meta.gid()) {
        return Ok(());
    }
    fchown(temporary, Some(meta.uid()), Some(meta.gid())).map_err(|_| StoreError::PlanNotWritable {
        path: target.to_owned(),
        what: format!(
            "it belongs to user {} and group {}, which this process cannot keep",
            meta.uid(),
            meta.gid()
        ),
    })
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Metadata, _: &File) -> Result<(), StoreError> {
    Ok(())
}

/// Temporary files are private; a new plan file is as readable as any new file. The process's
/// umask cannot be read without changing it, so its usual value is taken.
#[cfg(unix)]
fn new_file_permissions(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn new_file_permissions(_: &File) -> io::Result<()> {
    Ok(())
}

/// Puts the temporary file in the target's place. Returns what the target has if it turns out
/// that somebody wrote it since it was looked at, and leaves that there.
#[expect(
    clippy::option_option,
    reason = "swapped, or what is there: bytes or nothing"
)]
fn swap(
    temporary: TempPath,
    target: &Path,
    expected: &[u8],
    new: &[u8],
    quarantine: &Path,
) -> Result<Option<Option<Vec<u8>>>, StoreError> {
    match exchange(&temporary, target) {
        Exchange::Done => {}
        Exchange::Unsupported => {
            return match temporary.persist(target) {
                Ok(()) => Ok(None),
                Err(error) => Err(not_writable(target, &error.error)),
            };
        }
        Exchange::Gone => return Ok(Some(None)),
        Exchange::Failed(error) => return Err(not_writable(target, &error)),
    }
    let Some(found) = differs(&temporary, Some(expected))? else {
        return Ok(None);
    };
    // Somebody saved it in the last moment: their version goes back. If yet another one was
    // saved on top of ours while we looked, that one is the newest and stays; theirs is kept
    // aside, since the newest may have been made from ours.
    let kept: PathBuf = temporary.to_path_buf();
    if let Exchange::Failed(error) = exchange(&kept, target) {
        let _ = temporary.keep();
        return Err(StoreError::PlanNotWritable {
            path: target.to_owned(),
            what: format!(
                "somebody else's version was saved as {} ({error})",
                kept.display()
            ),
        });
    }
    if differs(&kept, Some(new))?.is_some() {
        let _ = exchange(&kept, target);
        let note = format!("{}: saved right before another version", target.display());
        quarantine::keep_bytes(quarantine, "plan-file", &found.unwrap_or_default(), &note)?;
        return Ok(Some(read(target)?));
    }
    Ok(Some(found))
}

/// What became of an exchange.
pub(crate) enum Exchange {
    Done,
    Unsupported,
    Gone,
    Failed(io::Error),
}

/// Exchanges two files atomically, where the system can.
#[cfg(target_os = "linux")]
pub(crate) fn exchange(a: &Path, b: &Path) -> Exchange {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
        Ok(()) => Exchange::Done,
        Err(Errno::NOENT) => Exchange::Gone,
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Exchange::Unsupported,
        Err(error) => Exchange::Failed(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn exchange(_: &Path, _: &Path) -> Exchange {
    Exchange::Unsupported
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
                WriteOutcome::ChangedMeanwhile(Some(b"theirs".to_vec()))
            );
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(
            write(&path, Some(b"theirs"), b"new").unwrap(),
            WriteOutcome::ChangedMeanwhile(None)
        );
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_plan_saved_between_the_last_look_and_the_swap_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("TODO.md");
        fs::write(&target, "old").unwrap();
        let temporary = prepare(&target, b"new", folder.path()).unwrap();
        fs::write(&target, "theirs").unwrap();
        let found = swap(
            temporary.into_temp_path(),
            &target,
            b"old",
            b"new",
            folder.path(),
        )
        .unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(found, Some(Some(b"theirs".to_vec())));
            assert_eq!(fs::read(&target).unwrap(), b"theirs");
        }
        assert_eq!(names(folder.path()), ["TODO.md"]);
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
                    WriteOutcome::ChangedMeanwhile(found) => last = found.unwrap(),
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
        fs::write(folder.path().join(".TODO.md.ledger-new"), "theirs").unwrap();
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
