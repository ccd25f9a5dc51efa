//! How plan files compare with the ledger, in words and as JSON.

use std::io::Write;

use ledger_core::Seq;
use ledger_store::checkouts::{Checkout, Moment};
use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::Failure;
use crate::output::escape::plain;
use crate::session::{FileState, Session};

/// A plan file beside the ledger.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FileReport {
    /// The plan file, as the ledger names it.
    pub(crate) path: String,
    /// `current`, `stale`, `edited`, `absent`, `unmerged` or `unreadable`; `unseen` where an
    /// earlier moment was asked for, which no file is compared with.
    state: &'static str,
    /// The moment that a stale file is of; `None` if it is from before the ledger.
    as_of: Option<Seq>,
    /// Why it cannot be read.
    trouble: Option<String>,
    /// Its path in this checkout, where that is another one.
    here: Option<String>,
    #[serde(skip)]
    advice: Option<String>,
    #[serde(skip)]
    pub(crate) is_current: bool,
}

impl FileReport {
    /// What to say of a file.
    pub(crate) fn of(session: &Session, file: &FileState) -> Self {
        let (state, as_of) = match file.state {
            Checkout::Current => ("current", None),
            Checkout::Stale(moment) => ("stale", moment.map(|moment| moment.seq)),
            Checkout::Edited { .. } => ("edited", None),
            Checkout::Absent => ("absent", None),
            Checkout::Unmerged => ("unmerged", None),
            Checkout::Unreadable => ("unreadable", None),
        };
        let trouble = file.trouble.as_ref().map(Failure::message);
        let name = session.tracked_name(file);
        let advice = match (session.new_name(file), file.state) {
            (_, Checkout::Edited { .. }) => {
                Some("ledger observe records what was edited".to_owned())
            }
            (_, Checkout::Stale(_)) => Some("ledger observe brings it forward".to_owned()),
            (_, Checkout::Absent) => Some("ledger render writes it again".to_owned()),
            (Some(new), Checkout::Current) => Some(format!(
                "ledger append rename {} {} makes that its name",
                quoted(&name),
                quoted(new)
            )),
            _ => file
                .trouble
                .as_ref()
                .and_then(Failure::advice)
                .map(str::to_owned),
        };
        Self {
            here: (file.path != name).then(|| file.path.clone()),
            path: name,
            state,
            as_of,
            trouble: trouble.map(str::to_owned),
            advice,
            is_current: file.state == Checkout::Current,
        }
    }

    /// A plan that is shown as it was, whatever its file is now.
    pub(crate) fn unseen(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            state: "unseen",
            as_of: None,
            trouble: None,
            here: None,
            advice: None,
            is_current: true,
        }
    }

    /// How it is, for people: it fits behind the path.
    pub(crate) fn says(&self) -> String {
        let here = match &self.here {
            Some(here) => format!("is {} here, and ", plain(here)),
            None => String::new(),
        };
        here + &self.says_of_it()
    }

    fn says_of_it(&self) -> String {
        match (self.state, &self.trouble) {
            ("unseen", _) => "as it was then".to_owned(),
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
        self.advice.as_deref()
    }
}

/// Notes on standard error which plan files differ. A query answers all the same, so files that
/// cannot be looked at are only named too.
pub(crate) fn note(session: &mut Session) {
    match session.look() {
        Ok(files) => say(session, &files),
        Err(failure) => {
            let _ = failure
                .about("the plan files were not looked at")
                .report(anstream::stderr());
        }
    }
}

/// The same of files that were looked at.
pub(crate) fn say(session: &Session, files: &[FileState]) {
    let mut err = anstream::stderr().lock();
    for file in files
        .iter()
        .map(|file| FileReport::of(session, file))
        .filter(|file| !file.is_current)
    {
        let hint = file
            .hint()
            .map_or(String::new(), |hint| format!("; {}", plain(hint)));
        // There is nowhere to report a failing standard error to.
        let _ = writeln!(err, "note: {} {}{hint}", plain(&file.path), file.says());
    }
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./+@%".contains(letter);
    match path.chars().all(is_plain) && !path.starts_with('-') {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
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
