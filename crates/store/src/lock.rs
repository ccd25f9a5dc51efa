//! The ledger's own lock: taken before anything is written, given back when dropped.
//!
//! An advisory lock of the operating system on a file of its own. It goes with its process, so
//! a killed one leaves nothing stale. The file's text only says who holds it.
//!
//! Who waits does so in the system's own queue. A second lock, the turnstile, is held from
//! before the wait until the lock is had: without it whoever gives the lock back and wants it
//! again at once would overtake everybody who sleeps.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::StoreError;

/// How long a command waits for the lock unless told otherwise.
pub const DEADLINE: Duration = Duration::from_secs(10);

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
        let until = Until::new(deadline);
        let late = || StoreError::Locked {
            path: path.to_owned(),
            waited_ms: until.start.elapsed().as_millis(),
            holder: who_keeps_out(path),
        };
        let mut turn = Turn {
            file: take(&turnstile(path), &until, || {})?.ok_or_else(late)?,
            named: false,
        };
        // Whoever is stopped or hangs while it waits stands in everybody's way too.
        let file = take(path, &until, || turn.say(command))?.ok_or_else(late)?;
        say(&file, command);
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// The lock file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it still keeps others out. They lock whatever file is at its path, so one that was
    /// removed or replaced keeps out nobody.
    #[must_use]
    pub fn is_held(&self) -> bool {
        is_still_at(&self.file, &self.path)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// The place in the turnstile.
struct Turn {
    file: File,
    /// Whether it says who has it, which only matters to others once there is something to wait
    /// for.
    named: bool,
}

impl Turn {
    fn say(&mut self, command: &str) {
        self.named = true;
        say(&self.file, command);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.named {
            let _ = self.file.set_len(0);
        }
        let _ = self.file.unlock();
    }
}

/// Writes down who has a file locked; only information, so failures do not matter.
fn say(mut file: &File, command: &str) {
    let mut text = format!("{} ", std::process::id());
    text.extend(command.chars().filter(|c| !c.is_control()).take(200));
    text.push('\n');
    let _ = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_len(text.len() as u64));
}

/// Who has the lock at `path`, or where nobody has it, who is next and does not take it. Whoever has
/// just got it may not have written that down, and stands in the turnstile still.
fn who_keeps_out(path: &Path) -> Option<Holder> {
    // A pipe would keep everybody waiting.
    let is_file = fs::metadata(path).is_ok_and(|meta| meta.is_file());
    match is_file && File::open(path).is_ok_and(|file| file.try_lock_shared().is_ok()) {
        true => holder(&turnstile(path)),
        false => holder(path).or_else(|| holder(&turnstile(path))),
    }
}

/// The file of the turnstile before the lock at `path`.
pub(crate) fn turnstile(path: &Path) -> PathBuf {
    path.with_extension("turn")
}

/// A deadline.
struct Until {
    start: Instant,
    deadline: Duration,
}

impl Until {
    fn new(deadline: Duration) -> Self {
        Self {
            start: Instant::now(),
            deadline,
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.start.elapsed())
    }
}

/// The file at `path`, locked; `None` after the deadline. `waiting` is called before it waits.
fn take(path: &Path, until: &Until, mut waiting: impl FnMut()) -> Result<Option<File>, StoreError> {
    loop {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(StoreError::io("open", path))?;
        let locked = match file.try_lock() {
            Ok(()) => Some(file),
            Err(TryLockError::WouldBlock) => {
                waiting();
                wait(file, until.left()).map_err(StoreError::io("lock", path))?
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {
                continue;
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::io("lock", path)(error)),
        };
        match locked {
            // Somebody may have replaced the file between opening and locking it.
            Some(file) if !is_still_at(&file, path) && !until.left().is_zero() => {}
            Some(file) => return Ok(is_still_at(&file, path).then_some(file)),
            None => return Ok(None),
        }
    }
}

/// Waits for the lock on `file`; `None` if it does not come in time.
///
/// The system's call has no deadline, so a thread makes it. If it returns too late nobody takes
/// the file from it, and it lets the lock go again.
fn wait(file: File, left: Duration) -> io::Result<Option<File>> {
    if left.is_zero() {
        return Ok(None);
    }
    let (sender, receiver) = sync_channel(0);
    thread::Builder::new()
        .name("lock".to_owned())
        .spawn(move || {
            let locked = loop {
                match file.lock() {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    locked => break locked.map(|()| file),
                }
            };
            let _ = sender.send(locked);
        })?;
    match receiver.recv_timeout(left) {
        Ok(locked) => locked.map(Some),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Ok(None),
    }
}

/// Who wrote their name into the lock file at `path`.
#[must_use]
pub fn holder(path: &Path) -> Option<Holder> {
    // A pipe would keep everybody waiting.
    if !fs::metadata(path).ok()?.is_file() {
        return None;
    }
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

/// Whether an open file is the one at this path.
#[cfg(unix)]
pub(crate) fn is_still_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(crate) fn is_still_at(_: &File, path: &Path) -> bool {
    fs::exists(path).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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
        // Whoever gave up waiting may have it for a moment yet.
        Lock::acquire(&path, DEADLINE, "third").unwrap();
    }

    #[test]
    fn the_error_names_whoever_waits_and_does_not_take_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let brief = Duration::from_millis(20);
        // A process that was killed has left its name.
        fs::write(&path, "1 killed\n").unwrap();
        let mut next = Turn {
            file: take(&turnstile(&path), &Until::new(DEADLINE), || {})
                .unwrap()
                .unwrap(),
            named: false,
        };
        next.say("ledger observe");
        let error = Lock::acquire(&path, brief, "second").unwrap_err();
        assert!(error.to_string().contains("(ledger observe)"), "{error}");
        drop(next);
        assert_eq!(holder(&turnstile(&path)), None);

        let _held = Lock::acquire(&path, DEADLINE, "first").unwrap();
        assert_eq!(holder(&turnstile(&path)), None, "it did not have to wait");
        let error = Lock::acquire(&path, brief, "third").unwrap_err();
        assert!(error.to_string().contains("(first)"), "{error}");
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
    fn whoever_waits_is_not_overtaken_by_one_that_takes_it_again_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let (waits, has) = (AtomicBool::new(false), AtomicBool::new(false));
        let overtaken = AtomicU32::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !has.load(Ordering::SeqCst) {
                    let lock = Lock::acquire(&path, DEADLINE, "greedy").unwrap();
                    if waits.load(Ordering::SeqCst) {
                        overtaken.fetch_add(1, Ordering::SeqCst);
                    }
                    thread::sleep(Duration::from_millis(2));
                    drop(lock);
                }
            });
            scope.spawn(|| {
                waits.store(true, Ordering::SeqCst);
                Lock::acquire(&path, DEADLINE, "patient").unwrap();
                has.store(true, Ordering::SeqCst);
            });
        });
        // How the threads are scheduled decides about the first few.
        let overtaken = overtaken.into_inner();
        assert!(overtaken < 50, "overtaken {overtaken} times");
    }

    #[test]
    fn a_wait_that_ends_too_late_leaves_the_lock_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::acquire(&path, DEADLINE, "first").unwrap();
        Lock::acquire(&path, Duration::from_millis(5), "second").unwrap_err();
        drop(held);
        // The second one's thread gets it now, and gives it back.
        Lock::acquire(&path, DEADLINE, "third").unwrap();
    }

    #[test]
    fn a_replaced_lock_file_is_not_taken_for_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::acquire(&path, DEADLINE, "first").unwrap();
        fs::remove_file(&path).unwrap();
        let second = Lock::acquire(&path, DEADLINE, "second").unwrap();
        assert!(!first.is_held());
        assert!(second.is_held());
    }
}
