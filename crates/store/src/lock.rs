//! The ledger's own lock: taken before anything is written, given back when dropped.
//!
//! An advisory lock of the operating system on a file of its own. It goes with its process, so
//! a killed one leaves nothing stale. The file's text only says who holds it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::StoreError;

/// How long a command waits for the lock unless told otherwise.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_millis(10);

/// Who holds a lock, as they wrote it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// What it is doing.
    pub command: String,
}

/// A held lock.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock at `path`, waiting at most `deadline`. `command` is shown to those who
    /// wait in vain.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with the holder after the deadline, [`StoreError::Io`].
    pub fn acquire(path: &Path, deadline: Duration, command: &str) -> Result<Self, StoreError> {
        let start = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(StoreError::io("open", path))?;
            match file.try_lock() {
                // Somebody may have replaced the file between opening and locking it.
                Ok(()) if is_still_at(&file, path) => {
                    let mut lock = Self {
                        file,
                        path: path.to_owned(),
                    };
                    lock.say(command);
                    return Ok(lock);
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path)(error)),
            }
            let waited = start.elapsed();
            let Some(left) = deadline.checked_sub(waited).filter(|left| !left.is_zero()) else {
                return Err(StoreError::Locked {
                    path: path.to_owned(),
                    waited_ms: waited.as_millis(),
                    holder: holder(path),
                });
            };
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    /// The lock file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down who holds it; only information, so failures do not matter.
    fn say(&mut self, command: &str) {
        let mut text = format!("{} ", std::process::id());
        text.extend(command.chars().filter(|c| !c.is_control()).take(200));
        text.push('\n');
        let _ = self
            .file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.set_len(text.len() as u64));
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.rewind().and_then(|()| self.file.set_len(0));
        let _ = self.file.unlock();
    }
}

/// Who wrote their name into the lock file at `path`.
#[must_use]
pub fn holder(path: &Path) -> Option<Holder> {
    let mut text = Vec::new();
    File::open(path)
        .ok()?
        .take(1024)
        .read_to_end(&mut text)
        .ok()?;
    let text = String::from_utf8_lossy(&text);
    let (pid, command) = text.lines().next()?.split_once(' ')?;
    Some(Holder {
        pid: pid.parse().ok()?,
        command: command.to_owned(),
    })
}

#[cfg(unix)]
fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_at(_: &File, path: &Path) -> bool {
    fs::exists(path).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn the_error_names_the_holder_and_dropping_frees_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::acquire(&path, DEADLINE, "ledger append complete T-1\n").unwrap();
        let error = Lock::acquire(&path, Duration::from_millis(20), "second").unwrap_err();
        let pid = std::process::id();
        let text = error.to_string();
        assert!(
            text.contains(&format!("process {pid} (ledger append complete T-1)")),
            "{text}"
        );
        drop(held);
        assert_eq!(holder(&path), None);
        Lock::acquire(&path, Duration::ZERO, "third").unwrap();
    }

    #[test]
    fn one_at_a_time_and_all_get_their_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let inside = AtomicU32::new(0);
        let turns = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let lock = Lock::acquire(&path, DEADLINE, "turn").unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        turns.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(turns.load(Ordering::SeqCst), 160);
    }

    #[test]
    fn a_replaced_lock_file_is_not_taken_for_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::acquire(&path, DEADLINE, "first").unwrap();
        fs::remove_file(&path).unwrap();
        let second = Lock::acquire(&path, DEADLINE, "second").unwrap();
        assert!(!is_still_at(&first.file, &path));
        assert!(is_still_at(&second.file, &path));
    }
}
