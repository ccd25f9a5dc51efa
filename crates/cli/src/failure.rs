//! How a command fails: what is said, what to do, and the exit code.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;

use ledger_core::document::EncodingError;
use ledger_core::plan::{Diverged, Unresolved};
use ledger_core::rules::Breach;
use ledger_core::{Fault, Rejection, SealError};
use ledger_store::git::GitError;
use ledger_store::{AppendError, StoreError};

use crate::output::escape::plain;

/// The exit code of a command that did not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 1: it ran and found something: drift, a failed verification, a refused change.
    Findings,
    /// 2: it could not be understood or could not run.
    Trouble,
    /// 0: whoever read the output has seen enough (`ledger audit | head`). Nothing is said.
    Unread,
}

/// The most characters of one message that are said.
const MOST: usize = 4_000;

/// A failed command.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    hints: Vec<String>,
    keeps_out: bool,
    unsealable: bool,
    breaches: Vec<Breach>,
}

impl Failure {
    /// Trouble with this message.
    pub(crate) fn trouble(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Trouble,
            message: message.into(),
            hints: Vec::new(),
            keeps_out: false,
            unsealable: false,
            breaches: Vec::new(),
        }
    }

    /// A finding with this message.
    pub(crate) fn finding(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Findings,
            ..Self::trouble(message)
        }
    }

    /// Adds what to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// That a file that was named cannot be read.
    pub(crate) fn unread(path: &Path, error: io::Error) -> Self {
        let path = path.display();
        match error.kind() {
            io::ErrorKind::NotFound => Self::trouble(format!("there is no file {path}"))
                .hint("a path goes from the folder that the command is run in"),
            io::ErrorKind::PermissionDenied => Self::trouble(format!("{path} cannot be read"))
                .hint("it is somebody else's; ask them, or name another one"),
            _ => Self::from(error).about(path),
        }
    }

    /// Adds what to do, if there is something to say.
    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }

    /// Says before the message what it is about.
    pub(crate) fn about(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Whether it only says that this process cannot write the ledger, or not now.
    pub(crate) const fn keeps_out(&self) -> bool {
        self.keeps_out
    }

    /// Whether it says that a change cannot be an event at all, now or later.
    pub(crate) const fn is_unsealable(&self) -> bool {
        self.unsealable
    }

    /// The rules that forbid it, if some do.
    pub(crate) fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// Says that what was asked for did not become part of the history. A finding says so itself.
    pub(crate) fn not_recorded(self) -> Self {
        self.stands("nothing was recorded")
    }

    /// Says that what was asked for is part of the history all the same.
    pub(crate) fn recorded(self) -> Self {
        self.stands("the change is recorded; ledger render makes up for the rest")
    }

    fn stands(self, word: &str) -> Self {
        let said = |text: &String| text.contains("is recorded") || text.contains("was recorded");
        if self.exit == Exit::Trouble && !self.hints.iter().any(said) {
            self.hint(word)
        } else {
            self
        }
    }

    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// What went wrong.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The first thing that can be done, if there is one.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.hints.first().map(String::as_str)
    }

    /// `error: …` and a `hint: …` line each. Text that comes from plans is made harmless, and
    /// cut where there is too much of it to read.
    pub(crate) fn report(&self, out: impl io::Write) -> io::Result<()> {
        if self.exit == Exit::Unread {
            return Ok(());
        }
        self.say(out, "error", anstyle::AnsiColor::Red)
    }

    /// The same where it stops nothing: `warning: …`.
    pub(crate) fn warn(&self, out: impl io::Write) -> io::Result<()> {
        self.say(out, "warning", anstyle::AnsiColor::Yellow)
    }

    fn say(
        &self,
        mut out: impl io::Write,
        word: &str,
        colour: anstyle::AnsiColor,
    ) -> io::Result<()> {
        let bold = colour.on_default().bold();
        let cyan = anstyle::AnsiColor::Cyan.on_default().bold();
        writeln!(out, "{bold}{word}:{bold:#} {}", plain(&cut(&self.message)))?;
        for hint in &self.hints {
            writeln!(out, "{cyan}hint:{cyan:#} {}", plain(&cut(hint)))?;
        }
        Ok(())
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        Self::trouble(error.to_string()).hint("leave --git out to adopt the plans as they are")
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self {
            keeps_out: error.keeps_out(),
            ..Self::trouble(chain(&error)).maybe_hint(error.hint())
        }
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Store(error) => error.into(),
            other => Self::trouble(chain(&other)),
        }
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        let hint = rejection.hint();
        Self {
            breaches: rejection.breaches().to_vec(),
            ..Self::finding(rejection.to_string()).maybe_hint(hint)
        }
    }
}

impl From<Unresolved> for Failure {
    fn from(unresolved: Unresolved) -> Self {
        let hint = unresolved.hint();
        Self::finding(unresolved.to_string()).maybe_hint(hint)
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        Self {
            unsealable: true,
            ..Self::trouble(error.to_string()).hint("nothing was recorded")
        }
    }
}

impl From<Diverged> for Failure {
    fn from(error: Diverged) -> Self {
        Self::finding(error.to_string())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::finding(fault.to_string())
    }
}

impl From<EncodingError> for Failure {
    fn from(error: EncodingError) -> Self {
        Self::trouble(error.to_string()).hint(error.guess.hint())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self {
                exit: Exit::Unread,
                ..Self::trouble(error.to_string())
            },
            _ => Self::trouble(error.to_string()),
        }
    }
}

/// As much of a message as is said.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
