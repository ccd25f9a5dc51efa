//! Asking the query store, which is opened and brought up to date only then.

use std::collections::BTreeSet;

use ledger_core::codec::Defect;
use ledger_core::{Branches, Recorded, Seq};

use crate::error::StoreError;
use crate::index::{Absorbed, Index, StartingPoint};
use crate::journal::Journal;
use crate::mend;
use crate::pick::{self, Line, Picker};
use crate::quarantine;
use crate::reconcile::{Action, Consent, decide};
use crate::replay::Reader;
use crate::store::{Batches, Store};
use crate::survey::Survey;

use super::DiskStore;

impl DiskStore {
    /// Moves the store to the quarantine.
    pub(super) fn discard_index(&mut self, why: &str) -> Result<(), StoreError> {
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

    /// Gives a damaged store up. Where the journal is damaged too, the store may have what it
    /// lacks, so it is left where it is.
    fn replace_index(&mut self, why: &str) -> Result<(), StoreError> {
        self.index = None;
        for batch in self.all()? {
            batch?;
        }
        self.discard_index(why)
    }

    /// Opens sled and absorbs; a damaged store is replaced by a new one.
    pub(super) fn open_index(&mut self) -> Result<(), StoreError> {
        if self.index.is_some() {
            return Ok(());
        }
        self.take_lock(self.patience())?;
        let (index, absorbed) = match self.try_open_index() {
            Err(StoreError::StoreDamaged { what, .. }) => {
                self.replace_index(&what)?;
                self.try_open_index()?
            }
            opened => opened?,
        };
        self.index = Some(index);
        self.absorbed = absorbed;
        if self.writing {
            self.write_head();
        }
        Ok(())
    }

    fn try_open_index(&mut self) -> Result<(Index, u64), StoreError> {
        let index = Index::open(&self.layout.store(), self.options.cache_bytes)?;
        match self.absorb_into(&index)? {
            Absorbed::UpTo(count) => Ok((index, count)),
            Absorbed::Apart => {
                self.settle_dispute(index)?;
                let index = Index::open(&self.layout.store(), self.options.cache_bytes)?;
                match self.absorb_into(&index)? {
                    Absorbed::UpTo(count) => Ok((index, count)),
                    Absorbed::Apart => Err(StoreError::StoreDamaged {
                        path: self.layout.store(),
                        what: "it was not made from this journal".to_owned(),
                    }),
                }
            }
        }
    }

    fn absorb_into(&self, index: &Index) -> Result<Absorbed, StoreError> {
        if self.writing {
            index.absorb(&self.journal)
        } else {
            // Others may have appended since this store was opened.
            index.absorb(&Journal::open(self.layout.journal())?)
        }
    }

    /// The store was made from another journal, or from more of this one. Another ledger's is
    /// moved away; what the journal lacks is put back, and the command has to begin again.
    fn settle_dispute(&mut self, index: Index) -> Result<(), StoreError> {
        let mut journal = Journal::open_for_append(self.layout.journal())?;
        let survey = Survey::take(&self.layout, &journal, Some(&index))?;
        let action = decide(&survey.found, Consent::Passing);
        let layout = self.layout.clone();
        match action {
            Action::Refuse(refusal) => Err(survey.error(&layout, refusal)),
            Action::Keep if survey.store_is_foreign => {
                index.close()?;
                self.discard_index("it is another ledger's")
            }
            Action::Keep => {
                index.close()?;
                self.discard_index("it was not made from this journal")
            }
            Action::Cut | Action::Restore | Action::Rewrite => {
                let done = mend::carry_out(&layout, &mut journal, &survey, Some(&index), action)?;
                index.close()?;
                self.journal = journal;
                self.head = survey.woven.head;
                self.straight = false;
                self.write_head();
                Err(StoreError::Healed(done.join("; ")))
            }
        }
    }

    /// Asks sled, brought up to date. Where it turns out damaged, asks a new one.
    pub(super) fn with_index<T>(
        &mut self,
        ask: impl Fn(&Index) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.open_index()?;
        let answer = self.ask_index(&ask);
        match answer {
            Err(StoreError::StoreDamaged { what, .. }) => {
                self.replace_index(&what)?;
                self.open_index()?;
                self.ask_index(&ask)
            }
            answer => answer,
        }
    }

    fn ask_index<T>(
        &mut self,
        ask: impl Fn(&Index) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let damaged = |what: &str| StoreError::StoreDamaged {
            path: self.layout.store(),
            what: what.to_owned(),
        };
        let Some(index) = &self.index else {
            return Err(damaged("it is not open"));
        };
        let Absorbed::UpTo(count) = self.absorb_into(index)? else {
            return Err(damaged("it was not made from this journal"));
        };
        let answer = ask(index)?;
        self.absorbed = count;
        Ok(answer)
    }

    /// Whether to read through the journal rather than ask sled, to find `events` events: they are
    /// few, or sled cannot be had.
    pub(super) fn reads_through(&mut self, events: u64) -> Result<bool, StoreError> {
        let few = self.index.is_none() && events <= self.options.read_through;
        Ok(few || !self.has_index()?)
    }

    pub(super) fn count(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.seq.0 + 1)
    }

    /// Where a walk to an event can start.
    pub(super) fn starting_point(&mut self, seq: Seq) -> Result<StartingPoint, StoreError> {
        match self.reads_through(seq.0)? {
            true => Ok(StartingPoint {
                head: None,
                offset: 0,
            }),
            false => self.with_index(|index| index.starting_point(seq)),
        }
    }

    /// Takes something out of the lines of those of these events that there are, in order.
    pub(super) fn take_out<T>(
        &mut self,
        wanted: &BTreeSet<Seq>,
        mut take: impl FnMut(&Line<'_>) -> Result<T, Defect>,
    ) -> Result<Vec<T>, StoreError> {
        let mut own = wanted.range(..Seq(self.count()));
        let (Some(&first), last) = (own.next(), own.next_back()) else {
            return Ok(Vec::new());
        };
        let last = *last.unwrap_or(&first);
        if !self.reads_through(last.0)? {
            let places = self.with_index(|index| index.places(wanted.range(..=last)))?;
            let path = self.journal.path();
            let found = pick::noted(path, &places, &mut take);
            if let Some(found) = found.map_err(StoreError::io("read", path))? {
                return Ok(found);
            }
        }
        let point = self.starting_point(first)?;
        let picker = Picker::after(point.head, wanted, take);
        let replay = self.journal.walk(picker, point.offset)?;
        let batches = Reader::new(replay, first, last).collect::<Result<Vec<_>, _>>()?;
        Ok(batches.into_iter().flatten().collect())
    }

    /// The history from `from` on, starting the walk at `point`.
    pub(super) fn walk(&self, point: StartingPoint, from: Seq) -> Result<Batches, StoreError> {
        let Some(head) = &self.head else {
            return Ok(Box::new(std::iter::empty()));
        };
        let last = head.seq;
        let reader = Reader::new(self.journal.replay(point.head, point.offset)?, from, last);
        Ok(Box::new(reader))
    }

    /// The branches of the history, by going through it.
    pub(super) fn walk_branches(&self) -> Result<Branches, StoreError> {
        let mut replay = self.journal.gather(None, 0)?;
        let mut branches = Vec::new();
        while let Some(batch) = replay.next_batch()? {
            branches.extend(batch.branch());
        }
        Ok(Branches::new(branches))
    }

    /// Those of `maybe` whose event is `wanted`, in order.
    pub(super) fn confirm(
        &mut self,
        maybe: Vec<Seq>,
        wanted: impl Fn(&Recorded) -> bool,
    ) -> Result<Vec<Seq>, StoreError> {
        let events = self.events(&maybe.into_iter().collect())?;
        let found = events.iter().filter(|event| wanted(event));
        Ok(found.map(|event| event.seq).collect())
    }

    pub(super) fn all(&self) -> Result<Batches, StoreError> {
        let point = StartingPoint {
            head: None,
            offset: 0,
        };
        self.walk(point, Seq(0))
    }

    pub(super) fn last_seq(&self) -> Option<Seq> {
        self.head.as_ref().map(|head| head.seq)
    }
}
