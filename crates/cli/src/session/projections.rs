//! Projections at the head and at earlier moments, and the snapshots that are kept of them: who wrote
//! the lines of the plan, how its tasks went, which events last changed what of them.

use ledger_core::plan::{Diverged, Misfit};
use ledger_core::project::{Along, Blame, Changed, Handings, Projection, Stats, distant_parents};
use ledger_core::{Batch, EventId, Seq, Verified};
use ledger_store::{Batches, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Session;
use super::indexes::{Due, length};
use crate::failure::Failure;

/// A projection of which snapshots are kept.
trait Stored: Projection + Default + Serialize + DeserializeOwned {
    /// Name of the snapshots.
    const NAME: &str;
    /// In front of every snapshot: what was laid out otherwise is not decoded but folded anew.
    const FORM: &str;
}

impl Stored for Blame {
    const NAME: &str = "blame";
    const FORM: &str = concat!("blame 1, ledger ", env!("CARGO_PKG_VERSION"), "\n");
}

impl Stored for Stats {
    const NAME: &str = "stats";
    const FORM: &str = concat!("stats 1, ledger ", env!("CARGO_PKG_VERSION"), "\n");
}

impl Stored for Changed {
    const NAME: &str = "changed";
    const FORM: &str = concat!("changed 1, ledger ", env!("CARGO_PKG_VERSION"), "\n");
}

impl Stored for Handings {
    const NAME: &str = "handings";
    const FORM: &str = concat!("handings 1, ledger ", env!("CARGO_PKG_VERSION"), "\n");
}

/// After fewer bytes of journal than this no snapshot is kept.
const LEAST: usize = 256 << 10;

/// A snapshot that is fewer events behind than this is not followed by another one, nor one that
/// is long beside what came since.
const FAR: u64 = 1_024;
const BYTES_OF_EVENT: u64 = 128;

/// A projection of which a snapshot is due.
struct Following<P> {
    fold: Result<Along<P>, Diverged>,
    from: Seq,
    read: usize,
}

impl<P: Stored> Due for Following<P> {
    fn from(&self) -> Seq {
        self.from
    }

    fn take(&mut self, batch: &Verified<Batch>) {
        self.read += length(batch);
        if let Ok(fold) = &mut self.fold
            && let Err(diverged) = fold.take(batch)
        {
            self.fold = Err(diverged);
        }
    }

    fn keep(self: Box<Self>, session: &mut Session, head: Seq) -> Result<(), Failure> {
        let Ok(fold) = self.fold else {
            // What is older than the snapshot it went on from was joined since.
            return session.stored::<P>(head).map(drop);
        };
        let folded = Folded {
            tip: fold.tip(),
            state: fold.into_state(),
            read: self.read,
        };
        session.keep_snapshot(head, &folded)
    }
}

/// What batches up to a moment led to.
struct Folded<P> {
    state: P,
    /// The moment's event.
    tip: Option<EventId>,
    /// How many bytes of journal that took.
    read: usize,
}

impl Session {
    /// The writers of all lines at a moment; `at` must be the last event of its batch.
    pub(crate) fn blame_at(&mut self, at: Seq) -> Result<Blame, Failure> {
        self.stored(at)
    }

    /// The lives of all tasks up to a moment, likewise.
    pub(crate) fn stats_at(&mut self, at: Seq) -> Result<Stats, Failure> {
        self.stored(at)
    }

    /// Those whose last snapshots are far behind, so that hardly anybody who asks has to wait for
    /// the whole history.
    pub(super) fn due_projections(&mut self, head: Seq) -> Result<Vec<Box<dyn Due>>, Failure> {
        let mut due: Vec<Box<dyn Due>> = Vec::new();
        due.extend(self.due_if_far::<Blame>(head)?);
        due.extend(self.due_if_far::<Stats>(head)?);
        due.extend(self.due_if_far::<Changed>(head)?);
        due.extend(self.due_if_far::<Handings>(head)?);
        Ok(due)
    }

    fn due_if_far<P: Stored + 'static>(
        &mut self,
        head: Seq,
    ) -> Result<Option<Box<dyn Due>>, Failure> {
        let kept = self.store.snapshot(P::NAME, head)?;
        let (seq, length) = kept.map_or((0, 0), |(seq, bytes)| (seq.0, bytes.len() as u64));
        if head.0.saturating_sub(seq) < FAR.max(length / BYTES_OF_EVENT) {
            return Ok(None);
        }
        let (fold, from) = match self.resumed::<P>(head)? {
            Some(resumed) => resumed,
            None => {
                let distant = self.distant_parents(head)?;
                (Along::new(P::default(), distant), Seq(0))
            }
        };
        Ok(Some(Box::new(Following {
            fold: Ok(fold),
            from,
            read: 0,
        })))
    }

    fn stored<P: Stored>(&mut self, at: Seq) -> Result<P, Failure> {
        let folded = match self.since_snapshot(at)? {
            Some(folded) => folded,
            None => self.folded(P::default(), at, |_, _| {})?,
        };
        self.keep_snapshot(at, &folded)?;
        Ok(folded.state)
    }

    /// Which events last changed what of the tasks at a moment.
    pub(crate) fn changed_at(&mut self, at: Seq) -> Result<Changed, Failure> {
        self.stored(at)
    }

    /// The tasks that were handed on from key to key on the way to a moment.
    pub(super) fn handings_at(&mut self, at: Seq) -> Result<Handings, Failure> {
        self.stored(at)
    }

    /// A fold that goes on from the latest snapshot, and the event it goes on with; `None` if there
    /// is none.
    fn resumed<P: Stored>(&mut self, at: Seq) -> Result<Option<(Along<P>, Seq)>, Failure> {
        // From one that stands where the history goes straight on, nothing else is needed.
        let branches = self.store.branches()?;
        let straight = branches.path(at).first().map_or(at, |(first, _)| *first);
        let kept = self.store.snapshot(P::NAME, at)?;
        let kept = kept.filter(|(seq, _)| *seq >= straight);
        Ok(kept.and_then(|(seq, bytes)| {
            let (tip, state) = decode(&bytes)?;
            Some((Along::resumed(tip, state), seq.next()))
        }))
    }

    /// Goes on from the latest snapshot. `None` if there is none, or if what is older than that
    /// was joined since.
    fn since_snapshot<P: Stored>(&mut self, at: Seq) -> Result<Option<Folded<P>>, Failure> {
        let Some((fold, from)) = self.resumed(at)? else {
            return Ok(None);
        };
        match self.fold_on(fold, from, at, |_, _| {})? {
            Ok(folded) => Ok(Some(folded)),
            Err(diverged) if matches!(diverged.why, Misfit::UnknownParent(_)) => Ok(None),
            Err(diverged) => Err(diverged.into()),
        }
    }

    /// Folds the whole history up to a moment; `each` sees every batch and what it led to.
    pub(super) fn fold_to<P: Projection>(
        &mut self,
        state: P,
        at: Seq,
        each: impl FnMut(&Verified<Batch>, &P),
    ) -> Result<P, Failure> {
        Ok(self.folded(state, at, each)?.state)
    }

    fn folded<P: Projection>(
        &mut self,
        state: P,
        at: Seq,
        each: impl FnMut(&Verified<Batch>, &P),
    ) -> Result<Folded<P>, Failure> {
        let distant = self.distant_parents(at)?;
        Ok(self.fold_on(Along::new(state, distant), Seq(0), at, each)??)
    }

    fn fold_on<P: Projection>(
        &mut self,
        mut fold: Along<P>,
        from: Seq,
        at: Seq,
        mut each: impl FnMut(&Verified<Batch>, &P),
    ) -> Result<Result<Folded<P>, Diverged>, Failure> {
        let mut read = 0;
        let batches: Batches = match from <= at {
            true => self.store.read(from)?,
            false => Box::new(std::iter::empty()),
        };
        for batch in batches {
            let batch = batch?;
            if let Err(diverged) = fold.take(&batch) {
                return Ok(Err(diverged));
            }
            each(&batch, fold.state());
            read += length(&batch);
            if batch.head().seq >= at {
                break;
            }
        }
        Ok(Ok(Folded {
            tip: fold.tip(),
            state: fold.into_state(),
            read,
        }))
    }

    /// The parents of batches up to a moment that are not the event of the line before. Most
    /// histories have none.
    fn distant_parents(&mut self, at: Seq) -> Result<Vec<EventId>, Failure> {
        let mut distant = Vec::new();
        if self.store.branches()?.all().is_empty() {
            return Ok(distant);
        }
        let mut before = None;
        for batch in self.store.read(Seq(0))? {
            let batch = batch?;
            distant.extend(distant_parents(&batch, before));
            before = Some(batch.head().id);
            if batch.head().seq >= at {
                break;
            }
        }
        Ok(distant)
    }

    /// Keeps a snapshot at the head where much had to be read and the indexes are open anyway.
    /// Each is shorter than what was read since the one before.
    fn keep_snapshot<P: Stored>(&mut self, at: Seq, folded: &Folded<P>) -> Result<(), Failure> {
        let is_head = Some(at) == self.head_seq();
        if !is_head || folded.read < LEAST || !self.store.index_is_open() {
            return Ok(());
        }
        if let Some(bytes) = folded.tip.and_then(|tip| encode(tip, &folded.state))
            && bytes.len() < folded.read
        {
            self.store.put_snapshot(P::NAME, at, &bytes)?;
        }
        Ok(())
    }
}

fn encode<P: Stored>(tip: EventId, state: &P) -> Option<Vec<u8>> {
    postcard::to_extend(&(tip, state), P::FORM.as_bytes().to_vec()).ok()
}

fn decode<P: Stored>(bytes: &[u8]) -> Option<(EventId, P)> {
    postcard::from_bytes(bytes.strip_prefix(P::FORM.as_bytes())?).ok()
}
