//! What sessions and hooks leave behind: up to which event a session has been told, and when a hook
//! last fired. It is nobody's history: losing it costs a few words said twice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ledger_core::{Seq, Time};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::layout::Layout;
use crate::small_file;

/// The largest file that is read.
const LARGEST: u64 = 1 << 20;

/// How many sessions, and how many hooks, are remembered.
const MOST: usize = 64;

/// How long a hook's last firing stands before it is written down again, in milliseconds.
const FRESH: i64 = 60_000;

/// The traces of one ledger.
#[derive(Debug)]
pub struct Traces {
    path: PathBuf,
    kept: Kept,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// Of each session the last event it was told of, the session that was told last at the end.
    told: Vec<(String, Seq)>,
    /// When each hook last fired.
    fired: BTreeMap<String, Time>,
}

impl Traces {
    /// Reads them. What cannot be read is as if it were not there.
    #[must_use]
    pub fn read(layout: &Layout) -> Self {
        let path = layout.traces();
        let bytes = small_file::read(&path, LARGEST).ok().flatten();
        let kept = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            path,
            kept: kept.unwrap_or_default(),
        }
    }

    /// The last event that a session was told of.
    #[must_use]
    pub fn told(&self, session: &str) -> Option<Seq> {
        let mut told = self.kept.told.iter();
        told.find(|(own, _)| own == session).map(|(_, seq)| *seq)
    }

    /// When each hook last fired, by its name.
    #[must_use]
    pub const fn fired(&self) -> &BTreeMap<String, Time> {
        &self.kept.fired
    }

    /// Notes what a session was told.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn note_told(&mut self, session: &str, seq: Seq) -> Result<(), StoreError> {
        self.kept.told.retain(|(own, _)| own != session);
        self.kept.told.push((session.to_owned(), seq));
        let over = self.kept.told.len().saturating_sub(MOST);
        self.kept.told.drain(..over);
        self.write()
    }

    /// Notes that a hook fired, unless it did a moment ago.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn note_fired(&mut self, hook: &str, now: Time) -> Result<(), StoreError> {
        let last = self.kept.fired.get(hook).map(|last| last.millis());
        if last.is_some_and(|last| (0..FRESH).contains(&(now.millis() - last))) {
            return Ok(());
        }
        self.kept.fired.insert(hook.to_owned(), now);
        while self.kept.fired.len() > MOST {
            let oldest = self.kept.fired.iter().min_by_key(|(_, time)| time.millis());
            let Some(oldest) = oldest.map(|(hook, _)| hook.clone()) else {
                break;
            };
            self.kept.fired.remove(&oldest);
        }
        self.write()
    }

    fn write(&self) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&self.kept)
            .map_err(|error| StoreError::io("write", &self.path)(error.into()))?;
        small_file::replace(&self.path, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_kept_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let at = |millis| Time::from_millis(millis).unwrap();
        let mut traces = Traces::read(&layout);
        for n in 0..100 {
            traces.note_told(&format!("s{n}"), Seq(n)).unwrap();
            traces
                .note_fired(&format!("hook {n}"), at(n as i64))
                .unwrap();
        }
        let traces = Traces::read(&layout);
        assert_eq!(traces.told("s99"), Some(Seq(99)));
        assert_eq!(traces.told("s0"), None);
        assert_eq!(traces.kept.told.len(), MOST);
        assert_eq!(traces.fired().len(), MOST);
        assert!(traces.fired().contains_key("hook 99"));
    }

    #[test]
    fn a_hook_that_fired_a_moment_ago_is_not_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        let at = |millis| Time::from_millis(millis).unwrap();
        let mut traces = Traces::read(&layout);
        for (millis, stands) in [(1_000, 1_000), (2_000, 1_000), (70_000, 70_000), (10, 10)] {
            traces.note_fired("hook", at(millis)).unwrap();
            let fired = Traces::read(&layout).fired()["hook"];
            assert_eq!(fired, at(stands));
        }
    }

    #[test]
    fn garbled_traces_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        std::fs::write(layout.traces(), b"\xff{").unwrap();
        assert_eq!(Traces::read(&layout).told("s"), None);
    }
}
