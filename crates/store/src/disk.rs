//! A ledger on disk: the journal is the history, and sled's write-ahead log.
//!
//! An append is acknowledged when its batch is in the journal and durable. sled is opened only
//! when a query needs it, since its cold open alone costs more than an append; whoever opens it
//! absorbs what the journal has beyond it first.

use std::time::Duration;

use ledger_core::{Batch, Digest, EventId, Head, Recorded, Seq, TaskKey, Verified};

use crate::cache;
use crate::error::{AppendError, StoreError};
use crate::head::{self, HeadFile, Mark};
use crate::index::{Index, StartingPoint};
use crate::journal::{Journal, Reader};
use crate::layout::Layout;
use crate::lock::{DEADLINE, Lock};
use crate::memory::receipt;
use crate::quarantine;
use crate::reconcile::{Tail, tail, vouched};
use crate::search;
use crate::store::{Batches, Receipt, Store};

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
    layout: Layout,
    options: Options,
    head: Option<Head>,
    absorbed: u64,
    notices: Vec<String>,
}

impl DiskStore {
    /// Opens a ledger to look at it. Takes no lock until a query needs sled, and sees the
    /// history as it is now.
    ///
    /// # Errors
    /// [`StoreError`]: no ledger, one that belongs to somebody else, or a history that is
    /// damaged.
    pub fn open(layout: &Layout, options: Options) -> Result<Self, StoreError> {
        layout.open()?;
        // The head first: written after the journal, it never says more than the journal has.
        let file = head::read(&layout.head())?;
        let journal = Journal::open(layout.journal())?;
        Self::start(layout, options, journal, None, file.as_ref())
    }

    /// Opens a ledger to append to it: takes the lock and keeps it until dropped. A torn end of
    /// the journal is moved to the quarantine.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`StoreError::Locked`] after the deadline.
    pub fn open_for_append(layout: &Layout, options: Options) -> Result<Self, StoreError> {
        layout.open()?;
        let lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
        let file = head::read(&layout.head())?;
        let journal = Journal::open_for_append(layout.journal())?;
        Self::start(layout, options, journal, Some(lock), file.as_ref())
    }

    fn start(
        layout: &Layout,
        options: Options,
        journal: Journal,
        lock: Option<Lock>,
        file: Option<&HeadFile>,
    ) -> Result<Self, StoreError> {
        let mut store = Self {
            index: None,
            journal,
            lock,
            layout: layout.clone(),
            options,
            head: None,
            absorbed: file.map_or(0, |file| file.absorbed),
            notices: Vec::new(),
        };
        let mark = file.map(|file| &file.mark);
        let name = layout.head().display().to_string();
        let mark = vouched(mark, &store.journal, &name)?.cloned();
        match mark {
            Some(mark) if mark.length == store.journal.length() => store.head = Some(mark.head),
            mark => store.catch_up(mark)?,
        }
        Ok(store)
    }

    /// Verifies the journal after `mark`, and settles what stands after its last whole batch.
    fn catch_up(&mut self, mark: Option<Mark>) -> Result<(), StoreError> {
        let (head, from) = match mark {
            Some(mark) => (Some(mark.head), mark.length),
            None => (None, 0),
        };
        let mut replay = self.journal.replay(head, from)?;
        while replay.next_batch()?.is_some() {}
        self.head = replay.head().cloned();
        let verified = replay.verified();
        match (tail(&replay.rest()), replay.rest()) {
            (Tail::Clean, _) => {}
            // Somebody may be writing it right now; those who append see to it.
            (Tail::Torn(_), _) if self.lock.is_none() => {}
            (Tail::Torn(why), _) => self.cut_tail(verified, why)?,
            (Tail::Damaged, crate::journal::Rest::Bad { fault, .. }) => {
                return Err(replay.bad_line(&fault));
            }
            (Tail::Damaged, _) => {}
        }
        if self.lock.is_some() && verified > from {
            self.write_head();
        }
        Ok(())
    }

    fn cut_tail(&mut self, verified: u64, why: &str) -> Result<(), StoreError> {
        let bytes = self.journal.bytes_from(verified)?;
        let note = format!(
            "{} bytes from byte {verified} of {}: {why}; they were never acknowledged",
            bytes.len(),
            self.journal.path().display()
        );
        let place =
            quarantine::keep_bytes(&self.layout.quarantine(), "journal-tail", &bytes, &note)?;
        self.journal.cut(verified)?;
        self.notices
            .push(format!("{why}: moved to {}", place.display()));
        Ok(())
    }

    /// Writes `head`. It only saves work, so a failure is no failure of what was done.
    fn write_head(&self) {
        if let Some(head) = self.head.clone()
            && let Ok(mark) = Mark::new(&self.journal, head, self.journal.length())
        {
            let absorbed = self.absorbed;
            let _ = head::write(&self.layout.head(), &HeadFile { mark, absorbed });
        }
    }

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
        self.take_lock()?;
        self.discard_index("a rebuild was asked for")?;
        self.open_index()
    }

    /// Closes sled, and gives the lock back unless the ledger was opened for appending.
    ///
    /// # Errors
    /// [`StoreError`] if sled could not write everything out.
    pub fn close_index(&mut self) -> Result<(), StoreError> {
        let closed = self.index.take().map_or(Ok(()), Index::close);
        if !self.journal.is_writable() {
            self.lock = None;
        }
        closed
    }

    fn take_lock(&mut self) -> Result<(), StoreError> {
        if self.lock.is_none() {
            self.lock = Some(Lock::acquire(
                &self.layout.lock(),
                self.options.deadline,
                &self.options.command,
            )?);
        }
        Ok(())
    }

    /// Moves the store to the quarantine.
    fn discard_index(&mut self, why: &str) -> Result<(), StoreError> {
        self.index = None;
        let path = self.layout.store();
        if path.exists() {
            let place = quarantine::move_away(&self.layout.quarantine(), "store", &path, why)?;
            self.notices.push(format!(
                "the store was filled anew ({why}); the old one is at {}",
                place.display()
            ));
        }
        Ok(())
    }

    /// Opens sled and absorbs; a damaged store is replaced by a new one.
    fn open_index(&mut self) -> Result<(), StoreError> {
        if self.index.is_some() {
            return Ok(());
        }
        self.take_lock()?;
        let (index, absorbed) = match self.try_open_index() {
            Err(StoreError::StoreDamaged { what, .. }) => {
                self.discard_index(&what)?;
                self.try_open_index()?
            }
            opened => opened?,
        };
        self.index = Some(index);
        self.absorbed = absorbed;
        if self.journal.is_writable() {
            self.write_head();
        }
        Ok(())
    }

    fn try_open_index(&self) -> Result<(Index, u64), StoreError> {
        let index = Index::open(&self.layout.store(), self.options.cache_bytes)?;
        let absorbed = self.absorb_into(&index)?;
        Ok((index, absorbed))
    }

    fn absorb_into(&self, index: &Index) -> Result<u64, StoreError> {
        if self.journal.is_writable() {
            index.absorb(&self.journal)
        } else {
            // Others may have appended since this store was opened.
            index.absorb(&Journal::open(self.layout.journal())?)
        }
    }

    /// Asks sled, brought up to date. Where it turns out damaged, asks a new one.
    fn with_index<T>(
        &mut self,
        ask: impl Fn(&Index) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.open_index()?;
        let answer = match &self.index {
            Some(index) => {
                let absorbed = self.absorb_into(index);
                absorbed.and_then(|absorbed| ask(index).map(|answer| (answer, absorbed)))
            }
            None => Err(StoreError::StoreDamaged {
                path: self.layout.store(),
                what: "it is not open".to_owned(),
            }),
        };
        match answer {
            Ok((answer, absorbed)) => {
                self.absorbed = absorbed;
                Ok(answer)
            }
            Err(StoreError::StoreDamaged { what, .. }) => {
                self.discard_index(&what)?;
                self.open_index()?;
                match &self.index {
                    Some(index) => ask(index),
                    None => Err(StoreError::StoreDamaged {
                        path: self.layout.store(),
                        what,
                    }),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Whether to read through the journal rather than open sled, to find `events` events.
    const fn reads_through(&self, events: u64) -> bool {
        self.index.is_none() && events <= self.options.read_through
    }

    fn events(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.seq.0 + 1)
    }

    /// The history from `from` on, starting the walk at `point`.
    fn walk(&self, point: StartingPoint, from: Seq) -> Result<Batches, StoreError> {
        let Some(head) = &self.head else {
            return Ok(Box::new(std::iter::empty()));
        };
        let last = head.seq;
        let reader = Reader::new(self.journal.replay(point.head, point.offset)?, from, last);
        Ok(Box::new(reader))
    }

    /// Those of `maybe` (in order) whose event is `wanted`.
    fn confirm(
        &mut self,
        maybe: Vec<Seq>,
        wanted: impl Fn(&Recorded) -> bool,
    ) -> Result<Vec<Seq>, StoreError> {
        /// Reading on over this many events costs less than starting anew.
        const NEAR: u64 = 256;
        let mut found = Vec::new();
        let mut batches: Batches = Box::new(std::iter::empty());
        let mut batch: Option<Verified<Batch>> = None;
        for seq in maybe {
            let at = batch.as_ref().map(|batch| batch.head().seq);
            if at.is_none_or(|at| seq.0 > at.0 + NEAR) {
                batches = self.read(seq)?;
                batch = batches.next().transpose()?;
            }
            while batch.as_ref().is_some_and(|batch| batch.head().seq < seq) {
                batch = batches.next().transpose()?;
            }
            let events = batch.as_ref().map_or(&[][..], |batch| batch.events());
            let first = events.first().map_or(seq, |event| event.seq);
            let place = usize::try_from(seq.0.saturating_sub(first.0)).ok();
            let event = place.and_then(|place| events.get(place));
            if event.is_some_and(&wanted) {
                found.push(seq);
            }
        }
        Ok(found)
    }

    fn all(&self) -> Result<Batches, StoreError> {
        let point = StartingPoint {
            head: None,
            offset: 0,
        };
        self.walk(point, Seq(0))
    }

    fn last_seq(&self) -> Option<Seq> {
        self.head.as_ref().map(|head| head.seq)
    }
}

impl Store for DiskStore {
    fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    fn read(&mut self, from: Seq) -> Result<Batches, StoreError> {
        let point = if self.reads_through(from.0) || from.0 >= self.events() {
            StartingPoint {
                head: None,
                offset: 0,
            }
        } else {
            self.with_index(|index| index.starting_point(from))?
        };
        if from.0 >= self.events() {
            return Ok(Box::new(std::iter::empty()));
        }
        self.walk(point, from)
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
        self.journal.append(batch.events())?;
        self.head = Some(batch.head().clone());
        self.write_head();
        Ok(receipt(batch))
    }

    fn find_id(&mut self, prefix: &str, limit: usize) -> Result<Vec<Seq>, StoreError> {
        let Some(last) = self.last_seq() else {
            return Ok(Vec::new());
        };
        if self.reads_through(self.events()) {
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

    fn batch_for_idem(&mut self, key: &str) -> Result<Option<Verified<Batch>>, StoreError> {
        let Some(last) = self.last_seq() else {
            return Ok(None);
        };
        if self.reads_through(self.events()) {
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
        if self.reads_through(self.events()) {
            return search::seqs_of_task(self.all()?, key);
        }
        self.with_index(|index| index.of_task(key, last))
    }

    fn snapshot(&mut self, name: &str, at: Seq) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        match self.last_seq() {
            Some(last) => self.with_index(|index| index.snapshot(name, at.min(last))),
            None => Ok(None),
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

    fn cached_state(&self) -> Result<Option<Vec<u8>>, StoreError> {
        match &self.head {
            Some(head) => cache::read(&self.layout.state(), &head.id),
            None => Ok(None),
        }
    }

    fn cache_state(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.lock.is_none() {
            return Err(StoreError::ReadOnly(self.layout.state()));
        }
        match &self.head {
            Some(head) => cache::write(&self.layout.state(), &head.id, bytes),
            None => Ok(()),
        }
    }

    fn waiting(&self) -> u64 {
        self.events().saturating_sub(self.absorbed)
    }

    fn settle(&mut self) -> Result<(), StoreError> {
        if self.index.is_some() || self.waiting() > self.options.absorb_after {
            self.with_index(|_| Ok(()))?;
            if self.journal.is_writable() {
                self.write_head();
            }
        }
        self.close_index()
    }
}
