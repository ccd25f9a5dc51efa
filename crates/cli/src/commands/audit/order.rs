//! In which order events are shown, and how many of them.

use std::collections::VecDeque;
use std::io;

use ledger_core::project::Entry;

use super::sink::Sink;

/// Takes events in their order, and shows them in the one that is asked for. Only those are held
/// that cannot be shown before the last one is known.
pub(super) struct Ordered {
    sink: Sink,
    most: Option<usize>,
    reverse: bool,
    held: VecDeque<Entry>,
    empty: bool,
}

impl Ordered {
    /// `most`: only the latest so many; `reverse`: the latest first.
    pub(super) const fn new(sink: Sink, most: Option<usize>, reverse: bool) -> Self {
        Self {
            sink,
            most,
            reverse,
            held: VecDeque::new(),
            empty: true,
        }
    }

    /// Whether no event was taken in.
    pub(super) const fn is_empty(&self) -> bool {
        self.empty
    }

    /// Takes in the next event.
    pub(super) fn push(&mut self, entry: Entry) -> io::Result<()> {
        self.empty = false;
        if self.most.is_none() && !self.reverse {
            return self.sink.push(&entry);
        }
        self.held.push_back(entry);
        if self.most.is_some_and(|most| self.held.len() > most) {
            self.held.pop_front();
        }
        Ok(())
    }

    /// Shows what is held, and gives back where it was shown.
    pub(super) fn finish(mut self) -> io::Result<Sink> {
        if self.reverse {
            self.held.make_contiguous().reverse();
        }
        for entry in &self.held {
            self.sink.push(entry)?;
        }
        Ok(self.sink)
    }
}
