//! Standard output: whether it is a terminal, and how wide.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use super::columns;

/// Fewer columns than this are not laid out for.
const NARROWEST: u16 = 40;

/// Standard output for people: buffered, and without colours where it is no terminal, where
/// `NO_COLOR` is set, or where the terminal has none.
pub(crate) struct Screen {
    out: BufWriter<anstream::AutoStream<StdoutLock<'static>>>,
    columns: Option<usize>,
}

impl Screen {
    /// Standard output.
    pub(crate) fn new() -> Self {
        let columns = io::stdout().is_terminal().then(|| {
            let size = terminal_size::terminal_size_of(io::stdout());
            size.map_or(80, |(width, _)| usize::from(width.0.max(NARROWEST)))
        });
        Self {
            out: BufWriter::new(anstream::stdout().lock()),
            columns,
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
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Standard output for programs: buffered, the bytes as they are.
pub(crate) fn raw() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 << 10, io::stdout().lock())
}
