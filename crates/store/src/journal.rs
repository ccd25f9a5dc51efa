//! The journal file: one event a line, append-only, durable before anything is acknowledged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ledger_core::codec::MAX_LINE;
use ledger_core::link::Links;
use ledger_core::{Batch, Digest, Fault, Head, Recorded, Seq, Verified, Verifier};

use crate::checkouts::plain_hash;
use crate::error::StoreError;
use crate::forks;
use crate::gather::Gatherer;
use crate::lock::is_still_at;
use crate::small_file::sync_directory;

/// How many bytes before a position tell one history from another.
const TAIL: u64 = 4096;

/// Batches up to this size are written in one piece.
const PIECE: usize = 1 << 20;

/// An open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    file: Option<File>,
    path: PathBuf,
    length: u64,
    unfinished: bool,
}

impl Journal {
    /// Opens a journal for reading; one that is not there is empty.
    pub(crate) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let length = match fs::metadata(&path) {
            Ok(meta) if !meta.is_file() => return Err(not_a_file(&path)),
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        };
        Ok(Self {
            file: None,
            path,
            length,
            unfinished: false,
        })
    }

    /// Opens a journal for appending, and makes it if need be. The caller holds the lock.
    pub(crate) fn open_for_append(path: PathBuf) -> Result<Self, StoreError> {
        if fs::metadata(&path).is_ok_and(|meta| !meta.is_file()) {
            return Err(not_a_file(&path));
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(StoreError::io("open", &path))?;
        let length = file
            .metadata()
            .map_err(StoreError::io("read", &path))?
            .len();
        // Whoever made an empty journal may have been killed before its name was durable.
        if length == 0
            && let Some(folder) = path.parent()
        {
            sync_directory(folder)?;
        }
        Ok(Self {
            file: Some(file),
            path,
            length,
            unfinished: false,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Appends the lines of one batch and makes them durable. On failure the journal is as it
    /// was before, unless the error is [`StoreError::Undecided`].
    pub(crate) fn append(&mut self, events: &[Recorded]) -> Result<(), StoreError> {
        if self.unfinished {
            return Err(StoreError::Unfinished(self.path.clone()));
        }
        self.refuse_intrusion()?;
        let Some(file) = &mut self.file else {
            return Err(StoreError::ReadOnly(self.path.clone()));
        };
        match write_lines(file, self.length, events) {
            Ok(written) => {
                self.length += written;
                Ok(())
            }
            Err(error) => Err(self.undo(error)),
        }
    }

    /// Takes back what a failed write has left at the end. The error says whether it could.
    fn undo(&mut self, why: io::Error) -> StoreError {
        let path = self.path.clone();
        let undone = self.file.as_ref().map_or(Ok(()), |file| {
            file.set_len(self.length).and_then(|()| file.sync_data())
        });
        self.unfinished = undone.is_err();
        match undone {
            Ok(()) => StoreError::io("append to", &path)(why),
            Err(_) => StoreError::Undecided { path, source: why },
        }
    }

    /// Refuses to write at an end that is not the journal's any more: what somebody else wrote
    /// there in spite of the lock would be overwritten.
    fn refuse_intrusion(&self) -> Result<(), StoreError> {
        let Some(file) = &self.file else {
            return Err(StoreError::ReadOnly(self.path.clone()));
        };
        let length = file.metadata().map(|meta| meta.len());
        let what = if !is_still_at(file, &self.path) {
            "was removed or replaced"
        } else if length.map_err(StoreError::io("read", &self.path))? != self.length {
            "was written by somebody else"
        } else {
            return Ok(());
        };
        Err(StoreError::Intrusion {
            path: self.path.clone(),
            what,
        })
    }

    /// Appends lines that were verified before, and makes them durable.
    pub(crate) fn put_back(
        &mut self,
        mut lines: impl FnMut() -> Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        self.refuse_intrusion()?;
        let Some(file) = &mut self.file else {
            return Err(StoreError::ReadOnly(self.path.clone()));
        };
        let mut at = self.length;
        let mut write = || -> io::Result<()> {
            file.seek(SeekFrom::Start(at))?;
            let mut out = io::BufWriter::with_capacity(PIECE, &mut *file);
            while let Some(line) = lines() {
                out.write_all(&line)?;
                at += line.len() as u64;
            }
            out.flush()?;
            drop(out);
            file.sync_all()
        };
        if let Err(error) = write() {
            return Err(self.undo(error));
        }
        self.length = at;
        if let Some(folder) = self.path.parent() {
            sync_directory(folder)?;
        }
        Ok(())
    }

    /// Makes durable what another process may have written and not synced before it was killed.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        let sync = || match &self.file {
            Some(file) => file.sync_data(),
            None => File::open(&self.path)?.sync_data(),
        };
        sync().map_err(StoreError::io("sync", &self.path))
    }

    /// Cuts what stands after `length` off. The caller holds the lock and has a copy of it.
    pub(crate) fn cut(&mut self, length: u64) -> Result<(), StoreError> {
        let Some(file) = &self.file else {
            return Err(StoreError::ReadOnly(self.path.clone()));
        };
        file.set_len(length)
            .and_then(|()| file.sync_data())
            .map_err(StoreError::io("cut", &self.path))?;
        self.length = length;
        Ok(())
    }

    /// The bytes from `from` to the end.
    pub(crate) fn bytes_from(&self, from: u64) -> Result<Vec<u8>, StoreError> {
        self.bytes(from, self.length)
    }

    fn bytes(&self, from: u64, until: u64) -> Result<Vec<u8>, StoreError> {
        let length = usize::try_from(until.saturating_sub(from)).unwrap_or(0);
        // One more than needed, so that the end is seen without growing.
        let mut bytes = Vec::with_capacity(length + 1);
        let mut read = || -> io::Result<usize> {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(from))?;
            file.take(until.saturating_sub(from))
                .read_to_end(&mut bytes)
        };
        read().map_err(StoreError::io("read", &self.path))?;
        Ok(bytes)
    }

    /// The hash of the last bytes before `at`: cheap to take, and another history has another.
    pub(crate) fn tail(&self, at: u64) -> Result<Digest, StoreError> {
        Ok(plain_hash(&self.bytes(at.saturating_sub(TAIL), at)?))
    }

    /// Verifies and hands out the batches after `head`, which ends at byte `from`.
    pub(crate) fn replay(&self, head: Option<Head>, from: u64) -> Result<Replay, StoreError> {
        self.walk(head.map_or_else(Verifier::new, Verifier::resume), from)
    }

    /// Verifies the batches after `head`, which ends at byte `from`, and gathers their lines.
    pub(crate) fn gather(
        &self,
        head: Option<Head>,
        from: u64,
    ) -> Result<Replay<Gatherer>, StoreError> {
        self.walk(Gatherer::after(head), from)
    }

    /// Checks the lines from byte `from` on.
    pub(crate) fn walk<C: Check>(&self, verifier: C, from: u64) -> Result<Replay<C>, StoreError> {
        let open = || -> io::Result<Option<BufReader<io::Take<File>>>> {
            if self.length == 0 {
                return Ok(None);
            }
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(from))?;
            let rest = self.length.saturating_sub(from);
            Ok(Some(BufReader::with_capacity(1 << 16, file.take(rest))))
        };
        Ok(Replay {
            reader: open().map_err(StoreError::io("read", &self.path))?,
            path: self.path.clone(),
            length: self.length,
            verifier,
            line: Vec::new(),
            position: from,
            verified: from,
            knows_forks: false,
            rest: None,
        })
    }
}

fn not_a_file(path: &Path) -> StoreError {
    let what = io::Error::new(io::ErrorKind::IsADirectory, "it is not a file");
    StoreError::io("read", path)(what)
}

fn write_lines(file: &mut File, at: u64, events: &[Recorded]) -> io::Result<u64> {
    file.seek(SeekFrom::Start(at))?;
    let mut written = 0;
    let mut piece = Vec::new();
    for event in events {
        if !piece.is_empty() && piece.len() + event.line.len() > PIECE {
            file.write_all(&piece)?;
            piece.clear();
        }
        piece.extend_from_slice(&event.line);
        written += event.line.len() as u64;
    }
    file.write_all(&piece)?;
    file.sync_data()?;
    Ok(written)
}

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
