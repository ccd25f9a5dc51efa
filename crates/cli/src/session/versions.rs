//! The versions that plans had on the way to a moment.

use ledger_core::branches::is_on;
use ledger_core::project::Between;
use ledger_core::project::history::{History, Moment};
use ledger_core::{Batch, Branches, Seq, Verified};
use ledger_store::Store;

use super::Session;
use super::indexes::{Due, length};
use super::reference::without_v;
use crate::failure::Failure;

/// Name of the history's snapshots.
const HISTORY: &str = "history";

/// Up to this many events, reading them all costs less than opening the store for a snapshot.
const FEW: u64 = 1_000;

/// How many bytes of journal come after a snapshot at least before the next one is kept.
const APART: usize = 64 << 10;

/// A history, and where it came from.
struct Folded {
    /// The events along first parents.
    path: Vec<(Seq, Seq)>,
    history: History,
    /// The first event after its snapshot.
    from: Seq,
    /// How much of the journal was read since.
    read: usize,
    /// How long the snapshot was.
    kept: usize,
}

impl Due for Folded {
    fn from(&self) -> Seq {
        self.from
    }

    fn take(&mut self, batch: &Verified<Batch>) {
        self.read += length(batch);
        if is_on(&self.path, batch.head().seq) {
            self.history.push(batch);
        }
    }

    fn keep(self: Box<Self>, session: &mut Session, head: Seq) -> Result<(), Failure> {
        session.put_history(head, &self)
    }
}

impl Session {
    /// The versions of all plans along the first parents of a moment.
    pub(crate) fn history_at(&mut self, at: Seq) -> Result<History, Failure> {
        let branches = self.store.branches()?;
        let folded = self.fold_history(&branches, at)?;
        if at.0 >= FEW {
            // A snapshot is only a cache; one that cannot be kept is missed by nobody.
            let _ = self.put_history(at, &folded);
        }
        Ok(folded.history)
    }

    /// The number of a version that a plan has had before, if it has, and the last event that
    /// changed the plan under it. `path`: the plan's, where there are several.
    pub(crate) fn had_version(
        &mut self,
        version: &str,
        path: Option<&str>,
    ) -> Result<Option<(String, Seq)>, Failure> {
        let number = without_v(version.trim());
        let Some(head) = self.head_seq() else {
            return Ok(None);
        };
        let history = self.history_at(head)?;
        let documents = history.documents().iter();
        let asked: Vec<_> = documents
            .filter(|own| !own.dropped && path.is_none_or(|path| own.path == path))
            .map(|own| &own.id)
            .collect();
        let mut versions = history.versions().iter().rev();
        let had = versions.find(|own| {
            asked.contains(&&own.document)
                && own
                    .version
                    .as_deref()
                    .is_some_and(|own| own.eq_ignore_ascii_case(number))
        });
        Ok(had.map(|own| (number.to_owned(), own.last.seq)))
    }

    /// The same from the first event on: each moment of a plan as it comes.
    pub(crate) fn history_through(
        &mut self,
        at: Seq,
        mut each: impl FnMut(Moment),
    ) -> Result<History, Failure> {
        let path = self.store.branches()?.path(at);
        let mut history = History::default();
        for batch in self.store.read(Seq(0))? {
            let batch = batch?;
            let last = batch.head().seq;
            if last > at {
                break;
            }
            if is_on(&path, last) {
                history.push(&batch).into_iter().for_each(&mut each);
            }
        }
        Ok(history)
    }

    /// What became of tasks from one moment to another, as far as one of them came after the other.
    pub(crate) fn between(&mut self, from: Seq, to: Seq) -> Result<Between, Failure> {
        let (early, late) = (from.min(to), from.max(to));
        let mut between = Between::default();
        let path = self.store.branches()?.path(late);
        if early == late || !is_on(&path, early) {
            return Ok(between);
        }
        for batch in self.store.read(early.next())? {
            let batch = batch?;
            let last = batch.head().seq;
            if last > late {
                break;
            }
            if is_on(&path, last) {
                between.take(&batch);
            }
        }
        Ok(match from <= to {
            true => between,
            false => between.reversed(),
        })
    }

    /// The history, if there is enough of it for snapshots.
    pub(super) fn due_history(&mut self, head: Seq) -> Result<Option<Box<dyn Due>>, Failure> {
        if head.0 < FEW {
            return Ok(None);
        }
        let branches = self.store.branches()?;
        Ok(Some(Box::new(self.unfolded(&branches, head)?)))
    }

    /// The latest snapshot of a moment's own history, or nothing.
    fn unfolded(&mut self, branches: &Branches, at: Seq) -> Result<Folded, Failure> {
        let mut folded = Folded {
            path: branches.path(at),
            history: History::default(),
            from: Seq(0),
            read: 0,
            kept: 0,
        };
        for &(first, last) in folded.path.iter().filter(|_| at.0 >= FEW) {
            let kept = self.store.snapshot(HISTORY, last)?;
            let kept = kept.filter(|(seq, _)| *seq >= first);
            if let Some((seq, bytes)) = kept
                && let Some(history) = decode(&bytes)
            {
                folded.history = history;
                folded.kept = bytes.len();
                folded.from = seq.next();
                break;
            }
        }
        Ok(folded)
    }

    fn fold_history(&mut self, branches: &Branches, at: Seq) -> Result<Folded, Failure> {
        let mut folded = self.unfolded(branches, at)?;
        if folded.from > at {
            return Ok(folded);
        }
        for batch in self.store.read(folded.from)? {
            let batch = batch?;
            if batch.head().seq > at {
                break;
            }
            folded.take(&batch);
        }
        Ok(folded)
    }

    /// Keeps a snapshot after as many bytes of journal as the last one is long, so that all of
    /// them together are no longer than the journal.
    fn put_history(&mut self, at: Seq, folded: &Folded) -> Result<(), Failure> {
        if folded.read > folded.kept.max(APART) {
            let bytes = encode(&folded.history)?;
            self.store.put_snapshot(HISTORY, at, &bytes)?;
        }
        Ok(())
    }
}

/// In front of a snapshot: what another build kept is folded anew.
fn form() -> String {
    format!("history 2, ledger {}\n", env!("CARGO_PKG_VERSION"))
}

fn encode(history: &History) -> Result<Vec<u8>, Failure> {
    let mut bytes = form().into_bytes();
    serde_json::to_writer(&mut bytes, history)
        .map_err(|error| Failure::trouble(format!("the history cannot be encoded: {error}")))?;
    Ok(bytes)
}

/// A history from [`encode`]; `None` if another build wrote it.
fn decode(bytes: &[u8]) -> Option<History> {
    serde_json::from_slice(bytes.strip_prefix(form().as_bytes())?).ok()
}
