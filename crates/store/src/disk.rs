//! A ledger on disk: the journal is the history, and sled's write-ahead log.
//!
//! An append is acknowledged when its batch is in the journal and durable. sled is opened only
//! when a query needs it, since its cold open alone costs more than an append; whoever opens it
//! absorbs what the journal has beyond it first.

mod lookup;
mod opening;
mod redact;

use std::collections::BTreeSet;
use std::time::Duration;

use ledger_core::examine::Examined;
use ledger_core::link::Links;
use ledger_core::{Batch, Branches, Digest, EventId, Head, Part, Recorded, Seq, TaskKey, Verified};
use memchr::memmem::Finder;

use crate::cache::{self, Cached};
use crate::error::{AppendError, StoreError};
use crate::forks;
use crate::index::Index;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::lock::{DEADLINE, Lock};
use crate::memory::receipt;
use crate::replay::Reader;
use crate::search;
use crate::store::{Batches, Heads, Receipt, Store};

/// How a ledger on disk is used.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long to wait for the lock.
    pub deadline: Duration,
    /// What this process does, for others who wait for the lock.
    pub command: String,
    /// [`Store::settle`] absorbs once more events than this wait.
    pub absorb_after: u64,
    /// The most memory sled's cache takes, in bytes.
    pub cache_bytes: u64,
    /// Up to this many events, a lookup reads through the journal and leaves sled closed.
    pub read_through: u64,
}

impl Options {
    /// The usual choices for a command.
    #[must_use]
    pub fn new(command: impl Into<String>) -> Self {
        Self {
            deadline: DEADLINE,
            command: command.into(),
            absorb_after: 64,
            cache_bytes: 64 << 20,
            read_through: 1_000,
        }
    }
}

/// An open ledger on disk.
#[derive(Debug)]
pub struct DiskStore {
    // The order matters: sled is closed before the lock is given back.
    index: Option<Index>,
    journal: Journal,
    lock: Option<Lock>,
    /// Whether it was opened for appending.
    writing: bool,
    layout: Layout,
    options: Options,
    head: Option<Head>,
    absorbed: u64,
    /// Whether the history is known never to have gone apart.
    straight: bool,
    /// Whether it was opened for reading and could not have the lock to ask sled.
    shut_out: bool,
    notices: Vec<String>,
}

impl DiskStore {
    /// What was healed on the way, for the user to know.
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The ledger's directory.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether this process holds the lock, so that it may write.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.lock.is_some()
    }

    /// Whether sled can be asked. Who only looks goes without it where somebody else has the lock
    /// or nobody may write: what it knows can be worked out from the journal.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be opened for another reason.
    pub fn has_index(&mut self) -> Result<bool, StoreError> {
        if self.shut_out {
            return Ok(false);
        }
        match self.open_index() {
            Err(error) if !self.writing && error.keeps_out() => {
                self.shut_out = true;
                self.close_index()?;
                Ok(false)
            }
            opened => opened.map(|()| true),
        }
    }

    /// Whether sled is open, so that asking it costs little.
    #[must_use]
    pub const fn index_is_open(&self) -> bool {
        self.index.is_some()
    }

    /// Length of the journal in bytes.
    #[must_use]
    pub const fn journal_length(&self) -> u64 {
        self.journal.length()
    }

    /// Moves the store aside and fills a new one from the journal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rebuild(&mut self) -> Result<(), StoreError> {
        self.take_lock(self.options.deadline)?;
        self.discard_index("a rebuild was asked for")?;
        self.open_index()
    }

    /// Closes sled and gives the lock back: nothing is written from here on.
    ///
    /// # Errors
    /// [`StoreError`] if sled could not write everything out.
    pub fn release(&mut self) -> Result<(), StoreError> {
        self.writing = false;
        self.close_index()
    }

    /// Closes sled, and gives the lock back unless the ledger was opened for appending.
    ///
    /// # Errors
    /// [`StoreError`] if sled could not write everything out.
    pub fn close_index(&mut self) -> Result<(), StoreError> {
        let closed = self.index.take().map_or(Ok(()), Index::close);
        if !self.writing {
            self.lock = None;
        }
        closed
    }

    /// Refuses to write where the lock keeps nobody out any more. It is then given up, so that
    /// nothing else is written under it either.
    fn confirm_lock(&mut self) -> Result<(), StoreError> {
        if !self.writing || self.lock.as_ref().is_some_and(Lock::is_held) {
            return Ok(());
        }
        self.lock = None;
        Err(StoreError::Intrusion {
            path: self.layout.lock(),
            what: "was removed or replaced",
        })
    }

    fn take_lock(&mut self, deadline: Duration) -> Result<(), StoreError> {
        if self.lock.is_none() {
            self.lock = Some(Lock::acquire(
                &self.layout.lock(),
                deadline,
                &self.options.command,
            )?);
        }
        Ok(())
    }

    /// How long to wait for the lock to ask sled. Without it a reader only has more to read, which
    /// is soon done where there are few events.
    fn patience(&self) -> Duration {
        /// As long as it may take to read through a long journal.
        const LONG: Duration = Duration::from_secs(1);
        match self.writing {
            true => self.options.deadline,
            false if self.count() <= self.options.read_through => Duration::ZERO,
            false => self.options.deadline.min(LONG),
        }
    }
}

impl Store for DiskStore {
    fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    fn read(&mut self, from: Seq) -> Result<Batches, StoreError> {
        if from.0 >= self.count() {
            return Ok(Box::new(std::iter::empty()));
        }
        let point = self.starting_point(from)?;
        self.walk(point, from)
    }

    fn heads(&mut self, from: Seq) -> Result<Heads, StoreError> {
        let Some(last) = self.last_seq().filter(|last| from <= *last) else {
            return Ok(Box::new(std::iter::empty()));
        };
        let point = self.starting_point(from)?;
        let links = point.head.map_or_else(Links::new, Links::resume);
        let replay = self.journal.walk(links, point.offset)?;
        Ok(Box::new(Reader::new(replay, from, last)))
    }

    fn events(&mut self, seqs: &BTreeSet<Seq>) -> Result<Vec<Recorded>, StoreError> {
        self.take_out(seqs, |line| line.recorded())
    }

    fn parts(
        &mut self,
        seqs: &BTreeSet<Seq>,
        names: &[&str],
    ) -> Result<Vec<Vec<Part>>, StoreError> {
        self.take_out(seqs, |line| line.examined.parts(names))
    }

    fn branches(&mut self) -> Result<Branches, StoreError> {
        if self.straight {
            return Ok(Branches::default());
        }
        let branches = match self.reads_through(self.count())? {
            true => self.walk_branches()?,
            false => Branches::new(self.with_index(Index::branches)?),
        };
        // Whoever writes `head` next notes it: what is appended never goes apart.
        self.straight = branches.all().is_empty();
        Ok(branches)
    }

    fn append(
        &mut self,
        expected: Option<EventId>,
        batch: &Verified<Batch>,
    ) -> Result<Receipt, AppendError> {
        if self.head.as_ref().map(|head| head.id) != expected {
            return Err(AppendError::Moved {
                head: self.head.clone().map(Box::new),
            });
        }
        search::continues(self.head.as_ref(), batch)?;
        // Last of all, so that as little as can be happens between the look and the write.
        self.confirm_lock()?;
        self.journal.append(batch.events())?;
        self.head = Some(batch.head().clone());
        self.write_head();
        Ok(receipt(batch))
    }

    fn find_id(&mut self, prefix: &str, limit: usize) -> Result<Vec<Seq>, StoreError> {
        let Some(last) = self.last_seq() else {
            return Ok(Vec::new());
        };
        if self.reads_through(self.count())? {
            return search::find_id(self.all()?, prefix, limit);
        }
        if prefix.len() <= 16 {
            return self.with_index(|index| index.ids(prefix, limit, last));
        }
        let maybe = self.with_index(|index| index.ids(prefix, usize::MAX, last))?;
        let mut found = self.confirm(maybe, |recorded| {
            recorded.event.id.to_string().starts_with(prefix)
        })?;
        found.truncate(limit);
        Ok(found)
    }

    fn find_cause(&mut self, prefix: &str) -> Result<Vec<(Seq, String)>, StoreError> {
        // Nothing indexes causes. Of each line only the header is read; whoever goes to the moment
        // that is found verifies it.
        let mut found: Vec<(Seq, String)> = Vec::new();
        let Some(last) = self.last_seq() else {
            return Ok(found);
        };
        let path = self.journal.path();
        forks::each_line(path, self.journal.length(), |seq, line| {
            if let Ok(line) = Examined::new(line)
                && let Some(cause) = line.cause().filter(|cause| cause.starts_with(prefix))
            {
                let (index, length) = line.batch();
                let moment = Seq(seq.0 + u64::from(length.saturating_sub(index + 1)));
                let known = found.last().is_some_and(|(own, _)| *own == moment);
                if !known && moment <= last {
                    found.push((moment, cause));
                }
            }
            seq < last
        })
        .map_err(StoreError::io("read", path))?;
        Ok(found)
    }

    fn find_type(&mut self, kind: &str) -> Result<Vec<Seq>, StoreError> {
        // Nothing indexes types. Only a line with these bytes in it is looked at more closely;
        // whoever goes to the event that is found verifies it.
        let member = format!("\"type\":\"{kind}\"");
        let member = Finder::new(&member);
        let mut found = Vec::new();
        let path = self.journal.path();
        forks::each_line(path, self.journal.length(), |seq, line| {
            let is_one = member.find(line).is_some()
                && Examined::new(line).is_ok_and(|line| line.has_type(kind));
            found.extend(is_one.then_some(seq));
            true
        })
        .map_err(StoreError::io("read", path))?;
        found.retain(|seq| seq.0 < self.count());
        Ok(found)
    }

    fn batch_for_idem(&mut self, key: &str) -> Result<Option<Verified<Batch>>, StoreError> {
        let Some(last) = self.last_seq() else {
            return Ok(None);
        };
        if self.reads_through(self.count())? {
            return search::batch_for_idem(self.all()?, key);
        }
        for seq in self.with_index(|index| index.maybe_idem(key, last))? {
            if let Some(batch) = self.batch_at(seq)?
                && search::has_idem(&batch, key)
            {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    fn seqs_of_task(&mut self, key: &TaskKey) -> Result<Vec<Seq>, StoreError> {
        let Some(last) = self.last_seq() else {
            return Ok(Vec::new());
        };
        if self.reads_through(self.count())? {
            return search::seqs_of_task(self.all()?, key);
        }
        self.with_index(|index| index.of_task(key, last))
    }

    fn snapshot(&mut self, name: &str, at: Seq) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        match self.last_seq() {
            Some(last) if self.has_index()? => {
                self.with_index(|index| index.snapshot(name, at.min(last)))
            }
            _ => Ok(None),
        }
    }

    fn put_snapshot(&mut self, name: &str, at: Seq, bytes: &[u8]) -> Result<(), StoreError> {
        self.with_index(|index| index.put_snapshot(name, at, bytes))
    }

    fn moments(&mut self, hash: &Digest) -> Result<Vec<Seq>, StoreError> {
        match self.last_seq() {
            Some(last) => self.with_index(|index| index.moments(hash, last)),
            None => Ok(Vec::new()),
        }
    }

    fn put_moments(&mut self, moments: &[(Digest, Seq)]) -> Result<(), StoreError> {
        self.with_index(|index| index.put_moments(moments))
    }

    fn cached_state(&self) -> Result<Option<Cached>, StoreError> {
        match &self.head {
            Some(head) => cache::read(&self.layout.state(), &head.id),
            None => Ok(None),
        }
    }

    fn cache_state(&mut self, parts: &[&[u8]]) -> Result<(), StoreError> {
        if self.lock.is_none() {
            return Err(StoreError::ReadOnly(self.layout.state()));
        }
        match &self.head {
            Some(head) => cache::write(&self.layout.state(), &head.id, parts),
            None => Ok(()),
        }
    }

    fn waiting(&self) -> u64 {
        self.count().saturating_sub(self.absorbed)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        if self.index.is_some() || self.waiting() > self.options.absorb_after {
            self.with_index(|_| Ok(()))?;
            if self.writing {
                self.write_head();
            }
        }
        self.close_index()
    }
}
