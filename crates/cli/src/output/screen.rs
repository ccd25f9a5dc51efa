//! Standard output: whether it is a terminal, and how wide.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::time::Duration;

use anstream::AutoStream;

use super::escape::plain;
use super::{columns, pager};

/// Fewer columns than this are not laid out for.
const NARROWEST: u16 = 40;

/// Standard output is written in pieces of so many bytes.
const BUFFER: usize = 64 << 10;

/// Standard output for people: buffered, and without colours where it is no terminal, where
/// `NO_COLOR` is set, or where the terminal has none.
pub(crate) struct Screen {
    out: BufWriter<AutoStream<Box<dyn Write>>>,
    columns: Option<usize>,
}

impl Screen {
    /// Standard output, or the pager that shows it.
    pub(crate) fn new() -> Self {
        let raw = raw();
        let choice = AutoStream::choice(raw.get_ref());
        Self {
            // What takes colours away writes the text between them piece by piece.
            out: BufWriter::new(AutoStream::new(Box::new(raw), choice)),
            columns: pager::columns().or_else(terminal_columns),
        }
    }

    /// The text of one line, cut to what is left of a terminal's width when `used` cells are
    /// taken. Nothing is cut where it does not go to a terminal.
    pub(crate) fn rest<'t>(&self, text: &'t str, used: usize) -> std::borrow::Cow<'t, str> {
        match self.columns {
            Some(columns) => columns::fit(text, columns.saturating_sub(used).max(12)),
            None => text.into(),
        }
    }

    /// The cells of a line: those of a terminal, and elsewhere as many as are wanted.
    pub(crate) fn room(&self, wanted: usize) -> usize {
        self.columns.unwrap_or(wanted)
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The width of the terminal that standard output is, if it is one.
pub(crate) fn terminal_columns() -> Option<usize> {
    io::stdout().is_terminal().then(|| {
        let size = terminal_size::terminal_size_of(io::stdout());
        size.map_or(80, |(width, _)| usize::from(width.0.max(NARROWEST)))
    })
}

/// Whether somebody looks at what is printed.
pub(crate) fn is_watched() -> bool {
    pager::columns().is_some() || io::stdout().is_terminal()
}

/// Standard output for programs: buffered, the bytes as they are.
pub(crate) fn raw() -> BufWriter<StdoutLock<'static>> {
    pager::begin();
    BufWriter::with_capacity(BUFFER, io::stdout().lock())
}

/// Standard output for texts that go out as they are, since files are made of them. Where somebody
/// looks, what a terminal would do more with than show it is written as `\u{..}`.
pub(crate) struct Exact {
    out: BufWriter<StdoutLock<'static>>,
    watched: bool,
}

impl Exact {
    pub(crate) fn new() -> Self {
        let out = raw();
        Self {
            out,
            watched: is_watched(),
        }
    }
}

impl Write for Exact {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.watched {
            return self.out.write(bytes);
        }
        let text = String::from_utf8_lossy(bytes);
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\r', '\n']);
            let pieces = content.split('\t').map(plain);
            for (at, piece) in pieces.enumerate() {
                let tab = if at > 0 { "\t" } else { "" };
                write!(self.out, "{tab}{piece}")?;
            }
            if line.ends_with('\n') {
                writeln!(self.out)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Waits, and says whether somebody may still read standard output: a pipe whose reader is gone
/// and a terminal that was closed tell so at once.
#[cfg(unix)]
pub(crate) fn wait(pause: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    let limit = Timespec::try_from(pause).ok();
    // Errors and hang-ups are told without being asked for. A signal only ends the waiting.
    match poll(&mut watched, limit.as_ref()) {
        Ok(_) => watched[0].revents().is_empty(),
        Err(_) => true,
    }
}

/// Waits. That nobody reads is found when something is written.
#[cfg(not(unix))]
pub(crate) fn wait(pause: Duration) -> bool {
    std::thread::sleep(pause);
    true
}
