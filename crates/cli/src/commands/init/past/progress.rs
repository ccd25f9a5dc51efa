//! How far a long import is, for somebody who watches.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// A line on the terminal that is written again and again.
pub(super) struct Progress {
    total: usize,
    next: Option<Instant>,
    shown: bool,
}

/// How long the line stays as it is.
const PACE: Duration = Duration::from_millis(200);

impl Progress {
    /// Shows nothing where nobody watches, and at first.
    pub(super) fn new(total: usize) -> Self {
        let watched = std::io::stderr().is_terminal();
        Self {
            total,
            next: watched.then(|| Instant::now() + PACE),
            shown: false,
        }
    }

    /// Says that git is asked what there is, which it answers all at once.
    pub(super) fn listing() -> Self {
        let shown = std::io::stderr().is_terminal();
        if shown {
            let _ = write!(anstream::stderr().lock(), "\rreading git's history");
        }
        Self {
            total: 0,
            next: None,
            shown,
        }
    }

    /// So many are done.
    pub(super) fn at(&mut self, done: usize) {
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            self.next = Some(now + PACE);
            self.shown = true;
            let total = self.total;
            let _ = write!(anstream::stderr().lock(), "\r{done} of {total} commits");
        }
    }
}

impl Drop for Progress {
    /// Takes the line away, whatever ended the import.
    fn drop(&mut self) {
        if self.shown {
            let blank = " ".repeat(60);
            let _ = write!(anstream::stderr().lock(), "\r{blank}\r");
        }
    }
}
