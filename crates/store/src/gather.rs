//! Verified batches as the query store takes them: their lines, and a row of short hashes for
//! each. No event is read out of its line, so that a batch takes no more memory than its lines.

use ledger_core::examine::Examined;
use ledger_core::link::Links;
use ledger_core::{Branch, Fault, Head};

use crate::replay::Check;
use crate::segment::{ROW, row};

/// The lines of a batch and their rows.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    rows: Vec<[u8; ROW]>,
    lines: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    /// The branch that it began, if it does not follow the line before it.
    branch: Option<Branch>,
}

impl Gathered {
    /// The events, each by its row and its line.
    pub(crate) fn events(&self) -> impl Iterator<Item = (&[u8; ROW], &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let lines = starts
            .zip(&self.ends)
            .map(|(start, end)| self.lines.get(start..*end).unwrap_or_default());
        self.rows.iter().zip(lines)
    }

    /// The branch that the batch began, if it does not follow the line before it.
    pub(crate) const fn branch(&self) -> Option<Branch> {
        self.branch
    }

    /// How long their lines are together.
    pub(crate) const fn bytes(&self) -> usize {
        self.lines.len()
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> u64 {
        self.rows.len() as u64
    }
}

/// Verifies a journal line by line and gathers its batches.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    links: Links,
    batch: Gathered,
}

impl Gatherer {
    /// Starts after an event that was verified before; without one, at the beginning.
    pub(crate) fn after(head: Option<Head>) -> Self {
        Self {
            links: head.map_or_else(Links::new, Links::resume),
            batch: Gathered::default(),
        }
    }
}

impl Check for Gatherer {
    type Batch = Gathered;

    fn line(&mut self, line: &[u8]) -> Result<Option<Gathered>, Fault> {
        let examined = Examined::new(line).map_err(|defect| self.links.fault(defect))?;
        let complete = self.links.link(&examined)?;
        let (task, idem) = (examined.task(), examined.idem());
        // The longest line that is read is far shorter.
        let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
        let row = row(examined.id(), task.as_deref(), idem.as_deref(), length);
        self.batch.rows.push(row);
        self.batch.lines.extend_from_slice(line);
        self.batch.ends.push(self.batch.lines.len());
        self.batch.branch = self.batch.branch.or(self.links.branch());
        Ok(complete.then(|| std::mem::take(&mut self.batch)))
    }

    fn head(&self) -> Option<&Head> {
        self.links.head()
    }

    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}
