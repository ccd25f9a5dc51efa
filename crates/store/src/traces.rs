//! What sessions and hooks leave behind: up to which event a session has been told, up to which one it
//! has been warned of broken rules, and when a hook last fired. It is nobody's history: losing it costs a few words said twice.
//!
//! It is written without the lock, by several processes at once. So each session and each hook has
//! a file of its own, written over with one line in one go: what one process notes takes nothing
//! away from what another one does.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ledger_core::{Seq, Time};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::layout::Layout;

/// The longest line that is read.
const LONGEST: u64 = 4 << 10;

/// How many sessions, and how many hooks, are remembered.
const MOST: usize = 64;

/// The traces of one ledger.
#[derive(Debug)]
pub struct Traces {
    /// Of each session the last event it was told of.
    told: Lines,
    /// Of each session the last event up to which it was warned of broken rules.
    warned: Lines,
    /// When each hook last fired.
    fired: Lines,
}

impl Traces {
    /// The traces of the ledger at a place.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        let folder = layout.traces();
        Self {
            told: Lines(folder.join("told")),
            warned: Lines(folder.join("warned")),
            fired: Lines(folder.join("fired")),
        }
    }

    /// The last event that a session was told of.
    #[must_use]
    pub fn told(&self, session: &str) -> Option<Seq> {
        self.told.noted(session)
    }

    /// The last event up to which a session was warned of broken rules.
    #[must_use]
    pub fn warned(&self, session: &str) -> Option<Seq> {
        self.warned.noted(session)
    }

    /// When each hook last fired, by its name.
    #[must_use]
    pub fn fired(&self) -> BTreeMap<String, Time> {
        let files = self.fired.files().into_iter();
        let lines = files.filter_map(|file| read::<Time>(&file));
        lines.map(|line| (line.of, line.is)).collect()
    }

    /// Notes what a session was told.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn note_told(&self, session: &str, seq: Seq) -> Result<(), StoreError> {
        self.told.note(session, seq)
    }

    /// Notes up to which event a session was warned of broken rules.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn note_warned(&self, session: &str, seq: Seq) -> Result<(), StoreError> {
        self.warned.note(session, seq)
    }

    /// Notes that a hook fired.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn note_fired(&self, hook: &str, now: Time) -> Result<(), StoreError> {
        self.fired.note(hook, now)
    }
}

/// What is noted of something.
#[derive(Serialize, Deserialize)]
struct Line<T> {
    of: String,
    is: T,
}

/// A folder with a file for each thing that something is noted of.
#[derive(Debug)]
struct Lines(PathBuf);

impl Lines {
    /// The file of a name, which may be anything.
    fn file(&self, name: &str) -> PathBuf {
        self.0.join(blake3::hash(name.as_bytes()).to_hex().as_str())
    }

    /// What is noted of a name.
    fn noted<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let line: Line<T> = read(&self.file(name))?;
        (line.of == name).then_some(line.is)
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).into_iter().flatten();
        entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect()
    }

    fn note<T: Serialize>(&self, name: &str, is: T) -> Result<(), StoreError> {
        let path = self.file(name);
        let of = name.to_owned();
        let failed = StoreError::io("write", &path);
        let mut line = match serde_json::to_vec(&Line { of, is }) {
            Ok(line) => line,
            Err(error) => return Err(failed(error.into())),
        };
        // Only the first line is read, so a shorter one may be written over a longer one.
        line.push(b'\n');
        let written = match OpenOptions::new().write(true).open(&path) {
            Ok(mut file) => file.write_all(&line),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.begin(&path, &line),
            Err(error) => Err(error),
        };
        written.map_err(failed)
    }

    /// Makes the first note of something, and takes the oldest ones away where there are too many.
    fn begin(&self, path: &Path, line: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        // Somebody else may make it at the same time.
        let options = OpenOptions::new().write(true).create(true).to_owned();
        options.open(path)?.write_all(line)?;
        let written = |path: &PathBuf| fs::metadata(path).and_then(|meta| meta.modified()).ok();
        let mut files = self.files();
        files.sort_by_cached_key(written);
        let over = files.len().saturating_sub(MOST);
        for file in files.iter().take(over).filter(|file| *file != path) {
            // Another process may have taken it away.
            let _ = fs::remove_file(file);
        }
        Ok(())
    }
}

/// What a file notes. What cannot be read is as if it were not there.
fn read<T: DeserializeOwned>(path: &Path) -> Option<Line<T>> {
    let mut line = Vec::new();
    let file = File::open(path).ok()?.take(LONGEST);
    BufReader::new(file).read_until(b'\n', &mut line).ok()?;
    serde_json::from_slice(&line).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Time {
        Time::from_millis(millis).unwrap()
    }

    #[test]
    fn traces_are_kept_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let traces = Traces::of(&Layout::new(dir.path()));
        assert!(traces.fired().is_empty());
        for n in 0..100 {
            traces.note_told(&format!("s{n}"), Seq(n)).unwrap();
            traces.note_warned(&format!("s{n}"), Seq(n + 1)).unwrap();
            traces
                .note_fired(&format!("hook {n}"), at(n as i64))
                .unwrap();
        }
        assert_eq!(traces.told("s99"), Some(Seq(99)));
        assert_eq!(traces.warned("s99"), Some(Seq(100)));
        assert_eq!(traces.told("../s"), None);
        assert_eq!(traces.fired().len(), MOST);
        assert!(traces.fired().contains_key("hook 99"));
        assert_eq!(traces.told.files().len(), MOST);
    }

    #[test]
    fn the_last_note_counts_however_long_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let traces = Traces::of(&Layout::new(dir.path()));
        for seq in [7, 1_000_000, 12, 13] {
            traces.note_told("s", Seq(seq)).unwrap();
            assert_eq!(traces.told("s"), Some(Seq(seq)));
            traces.note_fired("hook", at(seq as i64)).unwrap();
            assert_eq!(traces.fired()["hook"], at(seq as i64));
        }
    }

    #[test]
    fn processes_that_note_at_once_lose_nothing_of_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        std::thread::scope(|scope| {
            for own in 0..16_u64 {
                let traces = Traces::of(&layout);
                scope.spawn(move || {
                    for round in 0..20 {
                        traces.note_told(&format!("s{own}"), Seq(round)).unwrap();
                        traces
                            .note_fired(&format!("hook {own}"), at(round as i64))
                            .unwrap();
                    }
                });
            }
        });
        let traces = Traces::of(&layout);
        for own in 0..16 {
            assert_eq!(traces.told(&format!("s{own}")), Some(Seq(19)));
            assert_eq!(traces.fired()[&format!("hook {own}")], at(19));
        }
    }

    #[test]
    fn garbled_traces_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let traces = Traces::of(&Layout::new(dir.path()));
        traces.note_told("s", Seq(1)).unwrap();
        traces.note_told("t", Seq(1)).unwrap();
        fs::write(traces.told.file("s"), b"\xff{").unwrap();
        fs::copy(traces.told.file("t"), traces.told.file("u")).unwrap();
        assert_eq!((traces.told("s"), traces.told("u")), (None, None));
    }
}
