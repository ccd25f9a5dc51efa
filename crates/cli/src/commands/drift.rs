//! How plan files compare with the ledger, in words and as JSON.

use std::io::Write;

use ledger_core::Seq;
use ledger_store::checkouts::{Checkout, Moment};
use serde::Serialize;

use crate::failure::Failure;
use crate::output::escape::plain;
use crate::session::{FileState, Session};

/// A plan file. As JSON `path`, `state` (`current`, `stale`, `edited`, `absent`, `unmerged` or
/// `unreadable`), `as_of` (the moment a stale file is of; null if it is from before the ledger)
/// and `trouble` (why a file cannot be read).
#[derive(Debug, Serialize)]
pub(crate) struct FileReport {
    pub(crate) path: String,
    state: &'static str,
    as_of: Option<Seq>,
    trouble: Option<String>,
    #[serde(skip)]
    advice: Option<String>,
    #[serde(skip)]
    pub(crate) is_current: bool,
}

impl FileReport {
    /// What to say of a file.
    pub(crate) fn of(file: &FileState) -> Self {
        let (state, as_of) = match file.state {
            Checkout::Current => ("current", None),
            Checkout::Stale(moment) => ("stale", moment.map(|moment| moment.seq)),
            Checkout::Edited { .. } => ("edited", None),
            Checkout::Absent => ("absent", None),
            Checkout::Unmerged => ("unmerged", None),
            Checkout::Unreadable => ("unreadable", None),
        };
        let trouble = file.trouble.as_ref().map(Failure::message);
        let advice = file.trouble.as_ref().and_then(Failure::advice);
        Self {
            path: file.path.clone(),
            state,
            as_of,
            trouble: trouble.map(str::to_owned),
            advice: advice.map(str::to_owned),
            is_current: file.state == Checkout::Current,
        }
    }

    /// How it is, for people: it fits behind the path.
    pub(crate) fn says(&self) -> String {
        match (self.state, &self.trouble) {
            ("current", _) => "is as the ledger has it".to_owned(),
            ("stale", _) => format!("is stale: {}", as_of(self.as_of)),
            ("edited", _) => "was edited since it was last recorded".to_owned(),
            ("absent", _) => "is not there".to_owned(),
            ("unmerged", _) => "has conflicts in git's index".to_owned(),
            (_, Some(why)) => format!("cannot be read: {}", plain(why)),
            (_, None) => "cannot be read".to_owned(),
        }
    }

    /// What to do about it, if there is something.
    pub(crate) fn hint(&self) -> Option<&str> {
        match self.state {
            "edited" => Some("ledger observe records what was edited"),
            "stale" => Some("ledger observe brings it forward"),
            "absent" => Some("ledger render writes it again"),
            _ => self.advice.as_deref(),
        }
    }
}

/// Notes on standard error which plan files differ. A query answers all the same, so files that
/// cannot be looked at are only named too.
pub(crate) fn note(session: &mut Session) {
    match session.look() {
        Ok(files) => say(&files),
        Err(failure) => {
            let _ = failure
                .about("the plan files were not looked at")
                .report(anstream::stderr());
        }
    }
}

/// The same of files that were looked at.
pub(crate) fn say(files: &[FileState]) {
    let mut err = anstream::stderr().lock();
    for file in files
        .iter()
        .map(FileReport::of)
        .filter(|file| !file.is_current)
    {
        let hint = file
            .hint()
            .map_or(String::new(), |hint| format!("; {}", plain(hint)));
        // There is nowhere to report a failing standard error to.
        let _ = writeln!(err, "note: {} {}{hint}", plain(&file.path), file.says());
    }
}

/// What a stale file is: `as of event 5`.
pub(crate) fn as_of(moment: Option<Seq>) -> String {
    match moment {
        Some(seq) => format!("as of event {seq}"),
        None => "as it was before the ledger".to_owned(),
    }
}

/// The same of a moment.
pub(crate) fn as_of_moment(moment: Option<Moment>) -> String {
    as_of(moment.map(|moment| moment.seq))
}
