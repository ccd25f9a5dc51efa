//! Trading a new file for the old one, and giving back what somebody saved in that moment.
//!
//! Once the two have traded places, the new file's name may lead to the only copy of what
//! somebody saved. It is removed only if its bytes are known; else it goes back, or into the
//! quarantine, or stays where it is, and whoever wanted to write is told where.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::{WriteOutcome, folder_of, holds, not_writable, read};
use crate::error::StoreError;
use crate::quarantine;
use crate::small_file::sync_directory;

/// A file that is to be replaced.
pub(super) struct Swap<'a> {
    /// The file.
    pub(super) target: &'a Path,
    /// What it is expected to have.
    pub(super) expected: &'a [u8],
    /// What the other file has.
    pub(super) new: &'a [u8],
    /// Where things are kept.
    pub(super) quarantine: &'a Path,
}

impl Swap<'_> {
    /// Puts the new file in the target's place, unless it turns out that somebody wrote the
    /// target since it was looked at.
    pub(super) fn make(&self, mut new: TempPath) -> Result<WriteOutcome, StoreError> {
        match exchange(&new, self.target) {
            Exchange::Done => new.disable_cleanup(true),
            Exchange::Unsupported => {
                new.persist(self.target)
                    .map_err(|error| not_writable(self.target, &error.error))?;
                sync_directory(folder_of(self.target))?;
                return Ok(WriteOutcome::Written);
            }
            Exchange::Gone => return Ok(WriteOutcome::changed(None)),
            Exchange::Failed(error) => return Err(not_writable(self.target, &error)),
        }
        self.let_go(&new, || sync_directory(folder_of(self.target)))
    }

    /// Removes the old file once the new one's place is durable, if it has nothing that is not
    /// known. It is looked at a second time then: somebody who had opened it before may have
    /// gone on writing.
    fn let_go(
        &self,
        old: &Path,
        sync: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<WriteOutcome, StoreError> {
        if !has(old, self.expected) {
            return self.put_back(old);
        }
        let synced = sync();
        if !has(old, self.expected) {
            return self.put_back(old);
        }
        remove(old);
        synced.map(|()| WriteOutcome::Written)
    }

    /// Gives the target back to whoever saved it in the last moment, be it something that cannot
    /// be read.
    fn put_back(&self, theirs: &Path) -> Result<WriteOutcome, StoreError> {
        let aside = match exchange(theirs, self.target) {
            Exchange::Done if has(theirs, self.new) => {
                remove(theirs);
                None
            }
            Exchange::Done => {
                // Yet another version was saved on top of ours while we looked. It is the newest
                // and stays; the one before it is kept aside, since the newest may have been made
                // from ours. Should they not trade places again, it is the other way round.
                let _ = exchange(theirs, self.target);
                Some(self.set_aside(theirs)?)
            }
            // What was saved on top of ours is that the file is no more.
            Exchange::Gone => Some(self.set_aside(theirs)?),
            Exchange::Unsupported => {
                return Err(self.stays_out(theirs, &io::ErrorKind::Unsupported.into()));
            }
            Exchange::Failed(error) => return Err(self.stays_out(theirs, &error)),
        };
        Ok(WriteOutcome::ChangedMeanwhile {
            found: read(self.target)?,
            aside,
        })
    }

    /// The error for a version that cannot go back.
    fn stays_out(&self, theirs: &Path, error: &io::Error) -> StoreError {
        match self.set_aside(theirs) {
            Ok(place) => StoreError::PlanNotWritable {
                path: self.target.to_owned(),
                what: format!(
                    "somebody saved another version meanwhile, which is kept as {} ({error})",
                    place.display()
                ),
            },
            Err(error) => error,
        }
    }

    fn set_aside(&self, theirs: &Path) -> Result<PathBuf, StoreError> {
        let note = format!(
            "{}: saved right before another version",
            self.target.display()
        );
        set_aside(self.quarantine, theirs, &note).map_err(|error| StoreError::PlanNotWritable {
            path: self.target.to_owned(),
            what: format!(
                "somebody saved another version meanwhile, which is left as {} ({error})",
                theirs.display()
            ),
        })
    }
}

/// Moves what may be the only copy of something into the quarantine.
///
/// # Errors
/// [`StoreError::Io`]; it is then where it was.
pub(super) fn set_aside(quarantine: &Path, path: &Path, note: &str) -> Result<PathBuf, StoreError> {
    if !is_file(path) {
        return quarantine::move_away(quarantine, "plan-file", path, note);
    }
    // The quarantine may be on another disk.
    let place = quarantine::keep_copy(quarantine, "plan-file", path, note)?;
    fs::remove_file(path).map_err(StoreError::io("remove", path))?;
    Ok(place)
}

/// Whether a path leads to a file with these bytes, and is no link to one.
fn has(path: &Path, bytes: &[u8]) -> bool {
    is_file(path) && holds(path, bytes)
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
}

/// Removes a file whose bytes are known. One that stays is found by the next write.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
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

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs::File;

    use super::super::{MAX_PLAN, incoming};
    use super::*;

    /// A plan that says "old" and was looked at, then saved by somebody else.
    struct Meanwhile {
        folder: tempfile::TempDir,
        target: PathBuf,
    }

    impl Meanwhile {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let target = folder.path().join("TODO.md");
            fs::write(&target, "old").unwrap();
            Self { folder, target }
        }

        fn swap(&self, save: impl FnOnce(&Path)) -> Result<WriteOutcome, StoreError> {
            let quarantine = self.folder.path().join("quarantine");
            let new = incoming::prepare(&self.target, b"new", &quarantine).unwrap();
            fs::remove_file(&self.target).unwrap();
            save(&self.target);
            let swap = Swap {
                target: &self.target,
                expected: b"old",
                new: b"new",
                quarantine: &quarantine,
            };
            swap.make(new.into_temp_path())
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.folder.path()).unwrap();
            let mut names: Vec<_> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    #[test]
    fn a_plan_saved_between_the_last_look_and_the_swap_is_put_back() {
        let meanwhile = Meanwhile::new();
        let outcome = meanwhile.swap(|path| fs::write(path, "theirs").unwrap());
        let theirs = Some(b"theirs".to_vec());
        assert_eq!(outcome.unwrap(), WriteOutcome::changed(theirs));
        assert_eq!(fs::read(&meanwhile.target).unwrap(), b"theirs");
        assert_eq!(meanwhile.names(), ["TODO.md"]);
    }

    #[test]
    fn what_cannot_be_read_is_put_back_too() {
        let huge = |path: &Path| File::create(path).unwrap().set_len(MAX_PLAN + 1).unwrap();
        let pipe = |path: &Path| {
            let made = std::process::Command::new("mkfifo").arg(path).status();
            assert!(made.unwrap().success());
        };
        let folder = |path: &Path| fs::create_dir(path).unwrap();
        let link = |path: &Path| {
            fs::write(path.with_file_name("elsewhere.md"), "old").unwrap();
            std::os::unix::fs::symlink("elsewhere.md", path).unwrap();
        };
        type Save<'a> = (&'a str, &'a dyn Fn(&Path));
        let saves: [Save<'_>; 4] = [
            ("more than", &huge),
            ("not a regular file", &pipe),
            ("is a folder", &folder),
            ("", &link),
        ];
        for (said, save) in saves {
            let meanwhile = Meanwhile::new();
            let outcome = meanwhile.swap(save);
            let meta = fs::symlink_metadata(&meanwhile.target).unwrap();
            assert!(!meta.is_file() || meta.len() > MAX_PLAN, "{said}");
            let names = meanwhile.names();
            assert!(!names.iter().any(|name| name.starts_with('.')), "{names:?}");
            match outcome {
                Ok(outcome) => assert_eq!(outcome, WriteOutcome::changed(Some(b"old".to_vec()))),
                Err(error) => {
                    let error = error.to_string();
                    let target = meanwhile.target.display().to_string();
                    assert!(error.contains(said) && error.contains(&target), "{error}");
                }
            }
        }
    }

    #[test]
    fn words_written_through_a_handle_that_was_opened_before_are_put_back() {
        use std::io::Write;
        let meanwhile = Meanwhile::new();
        let quarantine = meanwhile.folder.path().join("quarantine");
        let mut opened = fs::OpenOptions::new()
            .append(true)
            .open(&meanwhile.target)
            .unwrap();
        let old = meanwhile.folder.path().join("old");
        fs::rename(&meanwhile.target, &old).unwrap();
        fs::write(&meanwhile.target, "new").unwrap();
        let swap = Swap {
            target: &meanwhile.target,
            expected: b"old",
            new: b"new",
            quarantine: &quarantine,
        };
        let outcome = swap.let_go(&old, || {
            opened.write_all(b", and more").unwrap();
            Ok(())
        });
        let theirs = b"old, and more".to_vec();
        assert_eq!(outcome.unwrap(), WriteOutcome::changed(Some(theirs)));
        assert_eq!(meanwhile.names(), ["TODO.md"]);
    }

    #[test]
    fn what_cannot_go_back_is_kept_and_its_place_named() {
        let meanwhile = Meanwhile::new();
        let theirs = meanwhile.folder.path().join("theirs");
        fs::write(&theirs, "theirs").unwrap();
        fs::remove_file(&meanwhile.target).unwrap();
        let quarantine = meanwhile.folder.path().join("quarantine");
        let swap = |quarantine| Swap {
            target: &meanwhile.target,
            expected: b"old",
            new: b"new",
            quarantine,
        };
        // The file was removed after ours was put there.
        let outcome = swap(&quarantine).put_back(&theirs).unwrap();
        let kept = quarantine.join("0001-plan-file");
        assert_eq!(
            outcome,
            WriteOutcome::ChangedMeanwhile {
                found: None,
                aside: Some(kept.clone())
            }
        );
        assert_eq!(fs::read(&kept).unwrap(), b"theirs");
        assert!(!theirs.exists());

        // And where nothing can be kept, it stays.
        fs::write(&theirs, "theirs").unwrap();
        let below_a_file = kept.join("quarantine");
        let error = swap(&below_a_file)
            .put_back(&theirs)
            .unwrap_err()
            .to_string();
        assert!(error.contains(&theirs.display().to_string()), "{error}");
        assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
    }

    #[test]
    fn of_two_versions_saved_meanwhile_the_newer_one_stays_and_the_other_is_kept() {
        let meanwhile = Meanwhile::new();
        let theirs = meanwhile.folder.path().join("theirs");
        fs::write(&theirs, "theirs").unwrap();
        fs::write(&meanwhile.target, "newest").unwrap();
        let quarantine = meanwhile.folder.path().join("quarantine");
        let swap = Swap {
            target: &meanwhile.target,
            expected: b"old",
            new: b"new",
            quarantine: &quarantine,
        };
        let outcome = swap.put_back(&theirs).unwrap();
        let kept = quarantine.join("0001-plan-file");
        assert_eq!(
            outcome,
            WriteOutcome::ChangedMeanwhile {
                found: Some(b"newest".to_vec()),
                aside: Some(kept.clone())
            }
        );
        assert_eq!(fs::read(&kept).unwrap(), b"theirs");
        assert_eq!(meanwhile.names(), ["TODO.md", "quarantine"]);
    }
}
