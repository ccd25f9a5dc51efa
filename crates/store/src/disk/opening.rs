//! Opening a ledger: by `head` and what other small files know where the journal is as they say,
//! else by asking everybody.

use std::fs;

use ledger_core::Head;

use crate::checkouts::CheckoutRecord;
use crate::error::StoreError;
use crate::head::{self, HeadFile, Mark};
use crate::index::Index;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::mend;
use crate::reconcile::{
    Action, Consent, End, Found, Mend, Standing, decide, end, standing, surprises,
};
use crate::survey::{Known, Survey, witnesses};

use super::{DiskStore, Options};

impl DiskStore {
    /// Opens a ledger to look at it. Takes no lock until a query needs sled or something must be
    /// healed, and sees the history as it is now.
    ///
    /// # Errors
    /// [`StoreError`]: no ledger, one that belongs to somebody else, or a history that is
    /// damaged.
    pub fn open(layout: &Layout, options: Options) -> Result<Self, StoreError> {
        layout.open()?;
        // Each is written after the next one, so it never says more than that has.
        let known = Known::read(layout);
        let file = read_head(layout);
        let journal = Journal::open(layout.journal())?;
        Self::start(layout, options, journal, None, (file, &known))
    }

    /// Opens a ledger to append to it: takes the lock and keeps it until dropped. What is damaged
    /// and can be healed without loss is healed.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`StoreError::Locked`] after the deadline.
    pub fn open_for_append(layout: &Layout, options: Options) -> Result<Self, StoreError> {
        layout.open()?;
        let lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
        let known = Known::read(layout);
        let file = read_head(layout);
        let is_there = fs::exists(layout.journal()).unwrap_or(true);
        // One that is missing is made only where there was none: it may have to be put back.
        let journal = match is_there || (file.is_none() && is_alone(layout)?) {
            true => Journal::open_for_append(layout.journal())?,
            false => Journal::open(layout.journal())?,
        };
        Self::start(layout, options, journal, Some(lock), (file, &known))
    }

    fn start(
        layout: &Layout,
        options: Options,
        journal: Journal,
        lock: Option<Lock>,
        (file, known): (Option<HeadFile>, &Known),
    ) -> Result<Self, StoreError> {
        let mut store = Self {
            index: None,
            journal,
            writing: lock.is_some(),
            lock,
            layout: layout.clone(),
            options,
            head: None,
            absorbed: file.as_ref().map_or(0, |file| file.absorbed),
            straight: file.as_ref().is_none_or(|file| file.straight),
            shut_out: false,
            notices: Vec::new(),
        };
        let mark = file.as_ref().map(|file| &file.mark);
        let opened = match (standing(mark, &store.journal)?, file) {
            (Standing::Level, Some(file)) => {
                store.head = Some(file.mark.head);
                !known.surprises(store.head.as_ref())
            }
            (Standing::Lags, file) => store.catch_up(file.as_ref(), known)?,
            (Standing::Unknown, _) if is_alone(layout)? => store.catch_up(None, known)?,
            _ => false,
        };
        if !opened {
            store.ask_everybody()?;
        }
        Ok(store)
    }

    /// Verifies the journal after `head`, and settles what stands after its last whole batch.
    /// `false` if that takes asking everybody.
    fn catch_up(&mut self, file: Option<&HeadFile>, known: &Known) -> Result<bool, StoreError> {
        let from = file.map_or(0, |file| file.mark.length);
        let head = file.map(|file| file.mark.head.clone());
        let mut replay = self.journal.replay(head, from)?;
        while replay.next_batch()?.is_some() {}
        let verified = replay.verified();
        let end = end(&replay.rest());
        self.head = replay.head().cloned();
        self.straight &= !replay.went_apart();
        if known.surprises(self.head.as_ref()) {
            return Ok(false);
        }
        match end {
            End::Clean => {}
            // Somebody may be writing it right now; those who append see to it.
            End::Torn if self.lock.is_none() => {}
            End::Torn if self.nobody_knows_more(file)? => {
                let why = "the last batch of the journal was not complete";
                let cut = mend::cut(&self.layout, &mut self.journal, verified, why)?;
                self.notices.extend(cut);
            }
            End::Torn | End::Holed | End::Bad => return Ok(false),
        }
        if self.lock.is_some() && verified > from {
            self.vouch()?;
        }
        Ok(true)
    }

    /// Whether no witness knows an event after the last whole batch.
    fn nobody_knows_more(&self, file: Option<&HeadFile>) -> Result<bool, StoreError> {
        let mut seqs: Vec<u64> = witnesses(&self.layout, file)?
            .iter()
            .map(|one| one.moment.seq.0)
            .collect();
        if self.layout.store().exists() {
            let Ok(index) = Index::open(&self.layout.store(), self.options.cache_bytes) else {
                return Ok(false);
            };
            let mark = index.mark();
            index.close()?;
            seqs.extend(mark?.map(|mark| mark.head.seq.0));
        }
        let together = self.count();
        let found = Found {
            together,
            mend: Mend::Nothing,
            own: together,
            end: End::Torn,
            fork: None,
            contradicted: None,
            known: seqs.into_iter().max().map_or(0, |seq| seq + 1),
            has_head: file.is_some(),
        };
        Ok(decide(&found, Consent::Passing) == Action::Cut)
    }

    /// Finds out what the history is from everything that knows some of it, and heals what can be
    /// healed. Takes the lock for it, and gives it back if the ledger was opened for reading.
    pub(super) fn ask_everybody(&mut self) -> Result<(), StoreError> {
        match self.take_lock(self.options.deadline) {
            // Nobody can write here, so nobody can have the lock: the store stays closed.
            Err(error) if !self.writing && error.is_denied() => return self.look_without_lock(),
            locked => locked?,
        }
        self.heal()?;
        self.vouch()?;
        if !self.writing {
            self.journal = Journal::open(self.layout.journal())?;
            self.lock = None;
        }
        Ok(())
    }

    fn heal(&mut self) -> Result<(), StoreError> {
        let layout = self.layout.clone();
        let opened = match layout.store().exists() {
            true => match Index::open(&layout.store(), self.options.cache_bytes) {
                Ok(index) => Some(index),
                Err(StoreError::StoreDamaged { .. }) => None,
                Err(error) => return Err(error),
            },
            false => None,
        };
        let survey = Survey::take(&layout, &Journal::open(layout.journal())?, opened.as_ref())?;
        let action = decide(&survey.found, Consent::Passing);
        if let Action::Refuse(refusal) = action {
            return Err(survey.error(&layout, refusal));
        }
        let mut journal = Journal::open_for_append(layout.journal())?;
        let done = mend::carry_out(&layout, &mut journal, &survey, opened.as_ref(), action)?;
        self.journal = journal;
        self.notices.extend(done);
        if survey.head_is_foreign {
            let notice = "head was another ledger's: written anew from the journal";
            self.notices.push(notice.to_owned());
        }
        let absorbed = opened.as_ref().and_then(|index| index.mark().ok()?);
        self.absorbed = absorbed
            .filter(|_| !survey.store_is_foreign)
            .map_or(0, |mark| mark.head.seq.0 + 1);
        self.head = survey.woven.head;
        self.straight = false;
        opened.map_or(Ok(()), Index::close)
    }

    /// For those who may read and not write: the journal must be whole by itself.
    fn look_without_lock(&mut self) -> Result<(), StoreError> {
        let survey = Survey::take(&self.layout, &self.journal, None)?;
        match decide(&survey.found, Consent::Passing) {
            Action::Refuse(refusal) => Err(survey.error(&self.layout, refusal)),
            _ => {
                self.head = survey.woven.head;
                self.straight = false;
                Ok(())
            }
        }
    }

    /// Compares the ledger with what one checkout knows of it. If that is more, or something
    /// else, it finds out why.
    ///
    /// # Errors
    /// [`StoreError`] for damage that cannot be healed without loss.
    pub fn compare(&mut self, record: &CheckoutRecord) -> Result<(), StoreError> {
        let surprised = |head: Option<&Head>| {
            let mut moments = record.moments();
            moments.any(|moment| surprises(&moment, head))
        };
        if !surprised(self.head.as_ref()) {
            return Ok(());
        }
        if !self.writing {
            // Most likely, somebody has appended since the ledger was opened.
            let again = Self::open(&self.layout, self.options.clone())?;
            let mut notices = std::mem::replace(self, again).notices;
            notices.append(&mut self.notices);
            self.notices = notices;
            if !surprised(self.head.as_ref()) {
                return Ok(());
            }
        }
        self.ask_everybody()
    }

    /// Writes `head` for lines that another process has written. Whoever did may have been killed
    /// before they were durable, and from here on they count as acknowledged.
    fn vouch(&self) -> Result<(), StoreError> {
        if self.journal.length() > 0 {
            self.journal.sync()?;
        }
        self.write_head();
        Ok(())
    }

    /// Writes `head`. It only saves work, so a failure is no failure of what was done.
    pub(super) fn write_head(&self) {
        if let Some(head) = self.head.clone()
            && let Ok(mark) = Mark::new(&self.journal, head, self.journal.length())
        {
            let file = HeadFile {
                mark,
                absorbed: self.absorbed,
                straight: self.straight,
            };
            let _ = head::write(&self.layout.head(), &file);
        }
    }
}

/// Whether the journal is all that there is: nobody knows any event but by it.
fn is_alone(layout: &Layout) -> Result<bool, StoreError> {
    Ok(!layout.store().exists() && witnesses(layout, None)?.is_empty())
}

/// What `head` says; one that cannot be read is as good as none.
fn read_head(layout: &Layout) -> Option<HeadFile> {
    head::read(&layout.head()).ok().flatten()
}
