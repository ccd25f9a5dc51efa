//! Changes that could not get in: files that wait until somebody with the lock takes them in.
//!
//! A file is named by the time it was put there, so that names are in order (a clock that was set
//! back is taken to stand still), and holds a check
//! in hex, a line feed and the caller's bytes. In the ledger's own folder the check is the
//! BLAKE3 hash of name and bytes. Where the ledger cannot be written the file goes beside the plan,
//! into a folder that anybody could put files into (a checkout brings what was committed), so
//! there the hash is keyed with a secret of the ledger.
//!
//! Putting is durable. Taking a file away is not: the caller records with each change under
//! which name it came, and knows one that it has taken in before.

mod check;
mod folder;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ledger_core::redact::Secret;
use ledger_core::{Digest, Time};

use crate::error::StoreError;
use crate::git;
use crate::layout::Layout;
use crate::quarantine;
use crate::redaction::Swept;

use check::{CHECK, Checking};
use folder::{ENDING, list, make_beside, name, name_of, put_file, time_of, write_anew};

/// The folder beside the plan.
pub const BESIDE_THE_PLAN: &str = ".ledger-spool";

/// Length of the longest file of a change.
const LONGEST: u64 = MAX_CHANGE + CHECK as u64;

/// The largest change that is put or read, in bytes.
pub const MAX_CHANGE: u64 = 128 << 20;

/// How many files of a folder beside a plan one command looks at: anybody may fill it.
const MOST_BESIDE: usize = 256;

/// How many bytes of them, two of the largest changes.
const MOST_BYTES_BESIDE: u64 = 2 * MAX_CHANGE;

/// How many names of such a folder are listed, to find the first ones.
const MOST_LISTED: usize = 16 << 10;

/// How many changes with a later name than the clock's time are looked at to find the last one
/// that is real.
const MOST_LATER: usize = 16;

/// The places where changes of one ledger wait.
#[derive(Debug, Clone)]
pub struct Spool {
    inside: PathBuf,
    beside: Vec<PathBuf>,
    key: Option<Digest>,
    quarantine: PathBuf,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name, unique in its ledger; in order of the time it was put there.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Whether it is in the ledger's own folder.
    pub inside: bool,
}

/// A file that is no change of this ledger, or a damaged one; or a folder beside a plan that
/// cannot be looked at as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
    /// Whether it is in the ledger's own folder, so that it may be moved.
    pub inside: bool,
    /// Whether the system did not let it be read, so that it may be a change all the same.
    pub unread: bool,
}

/// What keeps a file from being taken for a change.
struct Unfit {
    what: String,
    unread: bool,
}

impl Unfit {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            unread: false,
        }
    }

    fn of(self, path: PathBuf, inside: bool) -> Stray {
        Stray {
            path,
            what: self.what,
            inside,
            unread: self.unread,
        }
    }
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        Self {
            unread: true,
            ..Self::new(error.to_string())
        }
    }
}

/// What is in the spool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The changes that wait, in order.
    pub waiting: Vec<Waiting>,
    /// What else is there.
    pub strays: Vec<Stray>,
}

impl Spool {
    /// The spool of a ledger that has this secret and these checkouts (their top folders), besides
    /// those that git lists: one that never could write the ledger has no record. The first is the
    /// one to put changes into where the ledger itself cannot be written.
    pub fn new(
        layout: &Layout,
        key: Option<Digest>,
        checkouts: impl IntoIterator<Item = PathBuf>,
    ) -> Self {
        let mut beside: Vec<PathBuf> = Vec::new();
        for root in checkouts.into_iter().chain(git::checkouts_of(layout)) {
            // Git may know one by another path.
            let root = fs::canonicalize(&root).unwrap_or(root);
            let folder = root.join(BESIDE_THE_PLAN);
            if !beside.contains(&folder) {
                beside.push(folder);
            }
        }
        Self {
            inside: layout.spool(),
            beside,
            key,
            quarantine: layout.quarantine(),
        }
    }

    /// Puts a change there, durably, and gives its file. `random` makes the name unique.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it can be put neither into the ledger nor beside the plan;
    /// [`StoreError::TooLarge`].
    pub fn put(&self, at: Time, random: [u8; 8], bytes: &[u8]) -> Result<PathBuf, StoreError> {
        if bytes.len() as u64 > MAX_CHANGE {
            return Err(StoreError::TooLarge {
                path: self.inside.clone(),
                limit: MAX_CHANGE,
            });
        }
        let name = name(self.turn(at), u64::from_be_bytes(random));
        let inside = put_file(&self.inside, &name, None, bytes);
        match (inside, self.beside.first(), &self.key) {
            (Err(error), Some(beside), Some(key)) if error.keeps_out() => {
                make_beside(beside)?;
                put_file(beside, &name, Some(key), bytes)
            }
            (put, ..) => put,
        }
    }

    /// The time in the name of a new change: now, or right after the last one that waits, so that
    /// what one process does stays in order whatever its clock says. Two processes at once may
    /// have the same.
    fn turn(&self, now: Time) -> u64 {
        let now = u64::try_from(now.millis()).unwrap_or_default();
        let beside = self.beside.first().map(|folder| (folder, false));
        let folders = [(&self.inside, true)].into_iter().chain(beside);
        let later = folders.filter_map(|(folder, inside)| self.last_since(now, folder, inside));
        later.max().map_or(now, |last| last + 1)
    }

    /// The time of the last change of a folder, if it is `now` or later.
    fn last_since(&self, now: u64, folder: &Path, inside: bool) -> Option<u64> {
        // What cannot be listed can hardly be put into; that says what is wrong.
        let (paths, _) = list(folder, MOST_LISTED).ok()?;
        let times = paths.iter().rev().filter_map(|path| {
            let time = time_of(&name_of(path)).filter(|time| *time >= now)?;
            Some((path, time))
        });
        // Beside a plan a name alone says nothing.
        let mut times = times.take(MOST_LATER);
        let last = times.find(|(path, _)| self.is_whole(path, inside).is_ok());
        last.map(|(_, time)| time)
    }

    /// What is there. Each change was checked, and [`read`](Self::read) gives what it says: all of
    /// them at once may be more than fits into memory.
    ///
    /// Of a folder beside a plan, the first so many files and bytes are looked at; that there are
    /// more is a stray of its own.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the ledger's own folder cannot be read.
    pub fn contents(&self) -> Result<Contents, StoreError> {
        let mut contents = Contents::default();
        for path in list(&self.inside, usize::MAX)?.0 {
            self.look_at(path, true, &mut contents);
        }
        for folder in &self.beside {
            // A link could lead anywhere. What is wrong there is no trouble of the ledger.
            if fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir()) {
                self.look_beside(folder, &mut contents);
            }
        }
        contents.waiting.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(contents)
    }

    fn look_beside(&self, folder: &Path, contents: &mut Contents) {
        let mut stray = |what: String| {
            contents.strays.push(Stray {
                path: folder.to_owned(),
                what,
                inside: false,
                unread: false,
            });
        };
        let (paths, mut more) = match list(folder, MOST_LISTED) {
            Ok(listed) => listed,
            Err(error) => return stray(error.to_string()),
        };
        more |= paths.len() > MOST_BESIDE;
        let mut bytes = 0;
        let mut fits = |path: &PathBuf| {
            let length = fs::symlink_metadata(path).map_or(0, |meta| meta.len());
            // What is too long for a change is not read.
            bytes += if length > LONGEST { 0 } else { length };
            bytes <= MOST_BYTES_BESIDE
        };
        let all = paths.len().min(MOST_BESIDE);
        let near: Vec<PathBuf> = paths
            .into_iter()
            .take(MOST_BESIDE)
            .take_while(&mut fits)
            .collect();
        if more || near.len() < all {
            stray(format!(
                "it holds more than a command looks at, which was the first {} of its changes",
                near.len()
            ));
        }
        for path in near {
            self.look_at(path, false, contents);
        }
    }

    fn look_at(&self, path: PathBuf, inside: bool, contents: &mut Contents) {
        match self.is_whole(&path, inside) {
            Ok(()) => contents.waiting.push(Waiting {
                name: name_of(&path).trim_end_matches(ENDING).to_owned(),
                path,
                inside,
            }),
            Err(unfit) => contents.strays.push(unfit.of(path, inside)),
        }
    }

    fn is_whole(&self, path: &Path, inside: bool) -> Result<(), Unfit> {
        let (file, mut checking) = self.open(path, inside)?;
        io::copy(&mut file.take(LONGEST), &mut checking)?;
        checking.done().map_err(Unfit::new)
    }

    /// What a change says, checked again; or what is wrong with its file.
    ///
    /// # Errors
    /// A [`Stray`] if it is not what it was any more.
    pub fn read(&self, waiting: &Waiting) -> Result<Vec<u8>, Stray> {
        let read = || {
            let (file, mut checking) = self.open(&waiting.path, waiting.inside)?;
            let mut bytes = Vec::new();
            file.take(LONGEST).read_to_end(&mut bytes)?;
            checking.write_all(&bytes)?;
            checking.done().map_err(Unfit::new)?;
            Ok(bytes.split_off(CHECK))
        };
        read().map_err(|unfit: Unfit| unfit.of(waiting.path.clone(), waiting.inside))
    }

    /// The file of a change, and what to check its bytes with.
    fn open(&self, path: &Path, inside: bool) -> Result<(File, Checking), Unfit> {
        let meta = fs::symlink_metadata(path)?;
        if !meta.is_file() {
            return Err(Unfit::new("it is not a file"));
        }
        if meta.len() > LONGEST {
            return Err(Unfit::new(format!("it has more than {LONGEST} bytes")));
        }
        let key = match (inside, &self.key) {
            (true, _) => None,
            (false, Some(key)) => Some(key),
            (false, None) => return Err(Unfit::new("this ledger has no key to check it with")),
        };
        Ok((File::open(path)?, Checking::new(&name_of(path), key)))
    }

    /// Takes away a change that the caller has taken in.
    ///
    /// # Errors
    /// [`StoreError::Io`]; it then waits on.
    pub fn done(&self, waiting: &Waiting) -> Result<(), StoreError> {
        match fs::remove_file(&waiting.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &waiting.path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Takes a text out of every change that waits, each under the name and with the rest that it
    /// has. What else is in the folders of the spool is not touched.
    ///
    /// # Errors
    /// [`StoreError::Io`]; a change is then as it was, or without the text.
    pub fn take_out(&self, secret: &Secret, swept: &mut Swept) -> Result<(), StoreError> {
        for waiting in self.contents()?.waiting {
            let Ok(bytes) = self.read(&waiting) else {
                continue;
            };
            let without = match serde_json::from_slice(&bytes) {
                Ok(change) if secret.is_in_value(&change) => {
                    let change = secret.taken_from_value(change);
                    change.to_string().into_bytes()
                }
                Ok(_) => continue,
                // Whoever takes it in says what is wrong with it.
                Err(_) => secret.taken_from_bytes(&bytes),
            };
            if without != bytes {
                let key = self.key.as_ref().filter(|_| !waiting.inside);
                write_anew(&waiting.path, key, &without)?;
                swept.rewritten.push(waiting.path);
            }
        }
        Ok(())
    }

    /// Moves a change that can never be taken in to the quarantine, and gives its place there.
    ///
    /// # Errors
    /// [`StoreError::Io`]; it is then where it was.
    pub fn set_aside(
        &self,
        waiting: &Waiting,
        bytes: &[u8],
        why: &str,
    ) -> Result<PathBuf, StoreError> {
        let note = format!("{} waited in the spool: {why}", waiting.path.display());
        let place = quarantine::keep_bytes(&self.quarantine, "change", bytes, &note)?;
        self.done(waiting)?;
        Ok(place)
    }

    /// Keeps the text of an edit in the quarantine that can never be taken in, and gives its place
    /// there. The change it is part of stays.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn keep_edit(
        &self,
        waiting: &Waiting,
        plan: &str,
        text: &[u8],
        why: &str,
    ) -> Result<PathBuf, StoreError> {
        let note = format!("{plan} as it waited in {}: {why}", waiting.path.display());
        quarantine::keep_bytes(&self.quarantine, "edit", text, &note)
    }

    /// Moves a stray file of the ledger's own folder to the quarantine, and gives its place.
    ///
    /// # Errors
    /// [`StoreError::Io`]; it is then where it was.
    pub fn set_stray_aside(&self, stray: &Stray) -> Result<PathBuf, StoreError> {
        let note = format!("{} was in the spool: {}", stray.path.display(), stray.what);
        quarantine::move_away(&self.quarantine, "change", &stray.path, &note)
    }
}

#[cfg(test)]
mod tests;
