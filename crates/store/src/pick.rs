//! One event out of the journal: all of its batch is verified, but only what is wanted is taken out
//! of the lines, which is most of the time that reading a long batch takes.

use ledger_core::examine::Examined;
use ledger_core::link::Links;
use ledger_core::{Fault, Head, Part, Recorded, Seq};

use crate::journal::Check;

/// An event, and what was asked for of those before it in its batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// The event.
    pub event: Recorded,
    /// Of each event before it, in order, the parts that were asked for.
    pub before: Vec<Vec<Part>>,
}

/// Which event is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'n> {
    pub(crate) seq: Seq,
    /// The names of the parts that are wanted of the events before it in its batch.
    pub(crate) before: &'n [&'n str],
}

/// Verifies a journal line by line, and keeps what is wanted.
#[derive(Debug)]
pub(crate) struct Picker<'n> {
    links: Links,
    wanted: Wanted<'n>,
    before: Vec<Vec<Part>>,
    found: Option<Recorded>,
}

impl<'n> Picker<'n> {
    /// Starts after an event that was verified before; without one, at the beginning.
    pub(crate) fn after(head: Option<Head>, wanted: Wanted<'n>) -> Self {
        Self {
            links: head.map_or_else(Links::new, Links::resume),
            wanted,
            before: Vec::new(),
            found: None,
        }
    }

    /// Whether the wanted event comes behind this one in the same batch.
    fn is_before(&self, seq: Seq, line: &Examined<'_>) -> bool {
        let (index, length) = line.batch();
        let left = length.saturating_sub(index).saturating_sub(1);
        seq < self.wanted.seq && self.wanted.seq.0 <= seq.0.saturating_add(left.into())
    }
}

impl Check for Picker<'_> {
    /// `None` of a batch without the wanted event.
    type Batch = Option<Picked>;

    fn line(&mut self, line: &[u8]) -> Result<Option<Option<Picked>>, Fault> {
        let fault = |defect| self.links.fault(defect);
        let examined = Examined::new(line).map_err(fault)?;
        let seq = self.links.next_seq();
        let event = (seq == self.wanted.seq).then(|| examined.event());
        let event = event.transpose().map_err(fault)?;
        let is_asked = !self.wanted.before.is_empty() && self.is_before(seq, &examined);
        let parts = is_asked.then(|| examined.parts(self.wanted.before));
        let parts = parts.transpose().map_err(fault)?;
        let complete = self.links.link(&examined)?;
        self.before.extend(parts);
        if let Some(event) = event {
            let line = line.to_vec();
            self.found = Some(Recorded { seq, event, line });
        }
        Ok(complete.then(|| {
            let before = std::mem::take(&mut self.before);
            let found = self.found.take();
            found.map(|event| Picked { event, before })
        }))
    }

    fn head(&self) -> Option<&Head> {
        self.links.head()
    }

    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}
