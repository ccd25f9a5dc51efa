//! Walks through the journal: line by line, each checked, up to what does not verify.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;

use ledger_core::codec::MAX_LINE;
use ledger_core::link::Links;
use ledger_core::{Batch, Fault, Head, Seq, Verified, Verifier};

use crate::error::StoreError;
use crate::forks;

/// What stands after the last batch that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing.
    Nothing,
    /// The beginning of a line.
    PartialLine,
    /// The first events of a batch, without its last.
    PartialBatch,
    /// A line that is no event of this history.
    Bad {
        /// Why.
        fault: Box<Fault>,
        /// Whether it has zero bytes, which no event has: blocks of the file that never reached
        /// the disk.
        zeros: bool,
        /// Whether it is the last line.
        last: bool,
    },
}

/// What verifies a journal line by line, and makes batches of the lines.
pub(crate) trait Check {
    /// A batch that was verified.
    type Batch;

    /// Verifies the next line, with its line feed. `Some` when it completes a batch.
    fn line(&mut self, line: &[u8]) -> Result<Option<Self::Batch>, Fault>;

    /// The head after the last complete batch.
    fn head(&self) -> Option<&Head>;

    /// How far the lines have linked.
    fn links(&mut self) -> &mut Links;
}

impl Check for Verifier {
    type Batch = Verified<Batch>;

    fn line(&mut self, line: &[u8]) -> Result<Option<Verified<Batch>>, Fault> {
        Self::line(self, line)
    }

    fn head(&self) -> Option<&Head> {
        Self::head(self)
    }

    fn links(&mut self) -> &mut Links {
        self.links_mut()
    }
}

/// Nothing of the lines is kept: a batch is the head that it leads to.
impl Check for Links {
    type Batch = Head;

    fn line(&mut self, line: &[u8]) -> Result<Option<Head>, Fault> {
        let complete = Self::line(self, line)?;
        Ok(self.head().filter(|_| complete).cloned())
    }

    fn head(&self) -> Option<&Head> {
        Self::head(self)
    }

    fn links(&mut self) -> &mut Links {
        self
    }
}

/// A walk through a journal, batch by batch.
#[derive(Debug)]
pub(crate) struct Replay<C = Verifier> {
    reader: Option<BufReader<io::Take<File>>>,
    path: PathBuf,
    /// Of the journal.
    length: u64,
    verifier: C,
    line: Vec<u8>,
    position: u64,
    verified: u64,
    /// Whether the links watch the points where the history went apart.
    knows_forks: bool,
    rest: Option<Rest>,
}

impl<C: Check> Replay<C> {
    /// Walks on from byte `from` of the journal at `path`, where `reader` is, if it has any lines;
    /// `length` bytes of it count.
    pub(crate) const fn new(
        reader: Option<BufReader<io::Take<File>>>,
        path: PathBuf,
        length: u64,
        verifier: C,
        from: u64,
    ) -> Self {
        Self {
            reader,
            path,
            length,
            verifier,
            line: Vec::new(),
            position: from,
            verified: from,
            knows_forks: false,
            rest: None,
        }
    }

    /// The next batch, `None` at the end of what verifies.
    pub(crate) fn next_batch(&mut self) -> Result<Option<C::Batch>, StoreError> {
        while self.rest.is_none() {
            if !self.next_line()? {
                let complete = self.position == self.verified;
                self.rest = Some(match (complete, self.line.is_empty()) {
                    (_, false) => Rest::PartialLine,
                    (true, true) => Rest::Nothing,
                    (false, true) => Rest::PartialBatch,
                });
                break;
            }
            match self.verify_line()? {
                Ok(batch) => {
                    self.position += self.line.len() as u64;
                    if batch.is_some() {
                        self.verified = self.position;
                        return Ok(batch);
                    }
                }
                Err(fault) => {
                    let zeros = self.line.contains(&0);
                    let last = !self.next_line()? && self.line.is_empty();
                    self.rest = Some(Rest::Bad {
                        fault: Box::new(fault),
                        zeros,
                        last,
                    });
                }
            }
        }
        Ok(None)
    }

    /// Verifies the line that was read. Most histories never went apart, so where this one did is
    /// only looked for once a line follows another one than the line before it.
    fn verify_line(&mut self) -> Result<Result<Option<C::Batch>, Fault>, StoreError> {
        match self.verifier.line(&self.line) {
            Err(fault) if !self.knows_forks && forks::may_be_one(&fault) => {
                self.knows_forks = true;
                let next = self.verifier.links().next_seq();
                forks::learn(self.verifier.links(), next, &self.path, self.length)?;
                Ok(self.verifier.line(&self.line))
            }
            verified => Ok(verified),
        }
    }

    /// Reads a whole line; `false` at the end, with what is left in `line`.
    fn next_line(&mut self) -> Result<bool, StoreError> {
        self.line.clear();
        let Some(reader) = &mut self.reader else {
            return Ok(false);
        };
        reader
            .take(MAX_LINE as u64 + 1)
            .read_until(b'\n', &mut self.line)
            .map_err(StoreError::io("read", &self.path))?;
        // A line that is too long is handed on: the verifier refuses it.
        Ok(self.line.ends_with(b"\n") || self.line.len() > MAX_LINE)
    }

    /// The length of the journal up to the last batch handed out.
    pub(crate) const fn verified(&self) -> u64 {
        self.verified
    }

    /// Whether a line followed another one than the line before it, or seemed to.
    pub(crate) const fn went_apart(&self) -> bool {
        self.knows_forks
    }

    /// The head after the last batch handed out.
    pub(crate) fn head(&self) -> Option<&Head> {
        self.verifier.head()
    }

    /// What stands after it; known at the end.
    pub(crate) fn rest(&self) -> Rest {
        self.rest.clone().unwrap_or(Rest::Nothing)
    }

    /// The error for a line that does not verify.
    pub(crate) fn bad_line(&self, fault: &Fault) -> StoreError {
        StoreError::BadLine {
            path: self.path.clone(),
            line: fault.seq.0 + 1,
            what: fault.kind.to_string(),
        }
    }
}

/// The batches from the one with event `from` to the one that ends with event `last`; see
/// [`Store::read`](crate::store::Store::read).
#[derive(Debug)]
pub(crate) struct Reader<C = Verifier> {
    replay: Replay<C>,
    from: Seq,
    last: Seq,
    done: bool,
}

impl<C: Check> Reader<C> {
    pub(crate) const fn new(replay: Replay<C>, from: Seq, last: Seq) -> Self {
        Self {
            replay,
            from,
            last,
            done: false,
        }
    }

    fn step(&mut self) -> Result<C::Batch, StoreError> {
        while let Some(batch) = self.replay.next_batch()? {
            if self.has_reached(self.from) {
                return Ok(batch);
            }
        }
        Err(match self.replay.rest() {
            Rest::Bad { fault, .. } => self.replay.bad_line(&fault),
            _ => StoreError::BadLine {
                path: self.replay.path.clone(),
                line: self.replay.verifier.links().next_seq().0 + 1,
                what: "the journal ends before it".to_owned(),
            },
        })
    }

    /// Whether the batch handed out last is the one with an event, or a later one.
    fn has_reached(&self, seq: Seq) -> bool {
        self.replay.head().is_some_and(|head| head.seq >= seq)
    }
}

impl<C: Check> Iterator for Reader<C> {
    type Item = Result<C::Batch, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let step = self.step();
        self.done = step.is_err() || self.has_reached(self.last);
        Some(step)
    }
}
