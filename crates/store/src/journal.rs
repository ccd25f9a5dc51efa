//! The journal file: one event a line, append-only, durable before anything is acknowledged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ledger_core::{Digest, Head, Recorded, Verifier};

use crate::checkouts::plain_hash;
use crate::error::StoreError;
use crate::gather::Gatherer;
use crate::lock::is_still_at;
use crate::replay::{Check, Replay};
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
        let reader = open().map_err(StoreError::io("read", &self.path))?;
        Ok(Replay::new(
            reader,
            self.path.clone(),
            self.length,
            verifier,
            from,
        ))
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
