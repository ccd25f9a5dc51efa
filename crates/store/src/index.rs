//! The query store: sled, filled in one way only, by absorbing verified journal lines.
//!
//! This module and those inside it are the only ones that name sled's database, and [`guarded`] is
//! the only place through which sled is called: it may panic on damaged files. Keys, by first byte:
//!
//! | key | value |
//! |---|---|
//! | `m` | the [`Mark`] up to which the journal was absorbed, and the form of the rows |
//! | `i` seq | a segment's index entry |
//! | `e` seq | the segment's journal lines, [packed](crate::packed) |
//! | `r` seq | where the first line of 4,096 events starts, and the rows of all, packed (`blocks`) |
//! | `f` | the [`Branch`]es of a history that went apart |
//! | `s` name 0 seq | a snapshot, packed, after the hash of its bytes |
//! | `h` seq hash | moments, each with the beginning of a document's plain hash there (`kept`) |
//! | `d` hash seq | such a moment, as an earlier version kept it |
//! | any other … n | nothing: it fences off the large value before it |

mod blocks;
mod kept;
pub(crate) mod noted;
mod rows;
mod writing;

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ledger_core::examine::Examined;
use ledger_core::{Branch, Head, Seq};
use serde::{Deserialize, Serialize};

use crate::boundary::{LOCKED, guarded, quietly};
use crate::error::StoreError;
use crate::head::Mark;
use crate::journal::Journal;
use crate::packed::{pack, unpack};
use crate::reconcile::{End, Standing, end, standing};
use crate::replay::Rest;
use crate::segment::{Entry, ROW_FORM, Segment, Start};

use noted::Noted;
use writing::Writing;

/// sled gives its own file lock back a moment after it was dropped.
const OPEN_TRIES: u32 = 100;

/// Absorbed events are handed to sled in pieces of about this many bytes.
const PIECE: usize = 4 << 20;

const MARK: &[u8] = b"m";

const BRANCHES: &[u8] = b"f";

/// What fences the mark off from the segments before it, which are written again less often.
const BEFORE_MARK: &[u8] = b"l";

/// The open query store. The ledger's lock is held as long as it is open.
#[derive(Debug)]
pub(crate) struct Index {
    db: Option<sled::Db>,
    path: PathBuf,
    /// Whether sled has panicked: whatever state it is in then, it is never called again.
    poisoned: Cell<bool>,
    /// What is noted beside it, as far as this process knows.
    noted: Cell<Option<Noted>>,
}

/// What came of absorbing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absorbed {
    /// The store has this many events.
    UpTo(u64),
    /// Nothing: the store was not made from this journal, or from more of it.
    Apart,
}

/// The mark as it is kept. The first stores had the mark alone.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    mark: Mark,
    /// The [form](ROW_FORM) of the rows.
    rows: u32,
}

/// A place in the journal from which a walk can start.
#[derive(Debug)]
pub(crate) struct StartingPoint {
    pub(crate) head: Option<Head>,
    pub(crate) offset: u64,
}

impl Index {
    /// Opens the store, and makes it if need be.
    pub(crate) fn open(path: &Path, cache_bytes: u64) -> Result<Self, StoreError> {
        if fs::metadata(path).is_ok_and(|meta| !meta.is_dir()) {
            return Err(StoreError::StoreDamaged {
                path: path.to_owned(),
                what: "it is not a folder".to_owned(),
            });
        }
        let mut tries = 0;
        loop {
            let opened = guarded("open", path, || {
                sled::Config::new()
                    .path(path)
                    .cache_capacity(cache_bytes)
                    .flush_every_ms(None)
                    .open()
            });
            match opened {
                Err(StoreError::Store { what, .. })
                    if tries < OPEN_TRIES && what.contains(LOCKED) =>
                {
                    tries += 1;
                    thread::sleep(Duration::from_millis(u64::from(tries.min(10))));
                }
                Err(error) => return Err(error),
                Ok(db) => {
                    return Ok(Self {
                        db: Some(db),
                        path: path.to_owned(),
                        poisoned: Cell::new(false),
                        noted: Cell::new(None),
                    });
                }
            }
        }
    }

    /// Writes everything out and closes it.
    pub(crate) fn close(mut self) -> Result<(), StoreError> {
        let flushed = match self.poisoned.get() {
            true => Ok(()),
            false => self.call("flush", |db| db.flush().map(drop)),
        };
        self.shut();
        flushed
    }

    fn shut(&mut self) {
        match self.db.take() {
            // Closing it would write out what it has, and might wait for a thread that is gone.
            Some(db) if self.poisoned.get() => std::mem::forget(db),
            Some(db) => {
                let _ = quietly(|| drop(db));
            }
            None => {}
        }
    }

    fn call<T>(
        &self,
        action: &'static str,
        work: impl FnOnce(&sled::Db) -> sled::Result<T>,
    ) -> Result<T, StoreError> {
        match &self.db {
            Some(db) if !self.poisoned.get() => {
                let mut done = false;
                let result = guarded(action, &self.path, || {
                    let result = work(db);
                    done = true;
                    result
                });
                self.poisoned.set(!done);
                result
            }
            _ => Err(self.damaged("it was closed")),
        }
    }

    fn damaged(&self, what: &str) -> StoreError {
        StoreError::StoreDamaged {
            path: self.path.clone(),
            what: what.to_owned(),
        }
    }

    fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        self.call("read", |db| db.get(key))
    }

    /// How far the journal was absorbed.
    pub(crate) fn mark(&self) -> Result<Option<Mark>, StoreError> {
        Ok(self.kept()?.map(|kept| kept.mark))
    }

    fn kept(&self) -> Result<Option<Kept>, StoreError> {
        let Some(value) = self.get(MARK)? else {
            return Ok(None);
        };
        let kept = serde_json::from_slice(&value).or_else(|_| {
            let mark = serde_json::from_slice(&value)?;
            Ok(Kept { mark, rows: 1 })
        });
        kept.map(Some)
            .map_err(|_: serde_json::Error| self.damaged("its mark is garbled"))
    }

    /// Takes in what the journal has beyond the mark. An incomplete batch at its end is left for
    /// those who append.
    ///
    /// # Errors
    /// [`StoreError::BadLine`] if a line does not verify; [`StoreError::StoreDamaged`], also of a
    /// store whose rows are of another form: what is written over takes sled longer to open.
    pub(crate) fn absorb(&self, journal: &Journal) -> Result<Absorbed, StoreError> {
        let kept = self.kept()?;
        match standing(kept.as_ref().map(|kept| &kept.mark), journal)? {
            Standing::Ahead | Standing::Differs => return Ok(Absorbed::Apart),
            Standing::Unknown | Standing::Level | Standing::Lags => {}
        }
        if kept.as_ref().is_some_and(|kept| kept.rows != ROW_FORM) {
            return Err(self.damaged("its rows are of another form"));
        }
        let mark = kept.map(|kept| kept.mark);
        let from = mark.as_ref().map_or(0, |mark| mark.length);
        let mut before = mark.map(|mark| mark.head);
        let mut count = before.as_ref().map_or(0, |head| head.seq.0 + 1);
        if from == journal.length() {
            self.note(before.as_ref());
            return Ok(Absorbed::UpTo(count));
        }
        let mut replay = journal.gather(before.clone(), from)?;
        let mut writing = Writing::default();
        self.forget_from(count)?;
        let known = count;
        let mut branches = Vec::new();
        let mut segment = Segment::new(count, from, start_after(before.take()));
        while let Some(batch) = replay.next_batch()? {
            for (i, (row, line)) in (0..).zip(batch.events()) {
                // A batch that does not fit begins a segment, so that whoever looks for one of its
                // events finds where to start without the batches before it.
                let splits = i == 0 && !segment.has_room(batch.count(), batch.bytes());
                if segment.is_full() || (splits && segment.count() > 0) {
                    let start = match i {
                        0 => start_after(before.take()),
                        _ => Start::Inside,
                    };
                    let next = Segment::new(count + i, segment.end_offset(), start);
                    self.put(std::mem::replace(&mut segment, next), &mut writing)?;
                    if writing.bytes >= PIECE {
                        self.apply(std::mem::take(&mut writing))?;
                    }
                }
                segment.push(row, line);
            }
            branches.extend(batch.branch());
            count += batch.count();
            before = replay.head().cloned();
        }
        if let Rest::Bad { fault, .. } = replay.rest()
            && matches!(end(&replay.rest()), End::Holed | End::Bad)
        {
            return Err(replay.bad_line(&fault));
        }
        let head = match replay.head() {
            Some(head) if replay.verified() > from => head.clone(),
            _ => return Ok(Absorbed::UpTo(count)),
        };
        if segment.count() > 0 {
            self.put(segment, &mut writing)?;
        }
        let kept = Kept {
            mark: Mark::new(journal, head, replay.verified())?,
            rows: ROW_FORM,
        };
        let text = serde_json::to_vec(&kept).map_err(|error| self.unwritable(&error))?;
        if !branches.is_empty() {
            let mut all = self.branches()?;
            // What an absorbing that was cut short noted is found again.
            all.retain(|branch| branch.first.0 < known);
            all.append(&mut branches);
            let text = serde_json::to_vec(&all).map_err(|error| self.unwritable(&error))?;
            writing.insert(BRANCHES.to_vec(), text);
        }
        writing.fence(BEFORE_MARK);
        writing.batch.insert(MARK, text);
        self.apply(writing)?;
        if count / blocks::BLOCK > known / blocks::BLOCK {
            self.fill_blocks(count)?;
        }
        self.note(Some(&kept.mark.head));
        Ok(Absorbed::UpTo(count))
    }

    /// Notes what the store has now. It only helps to find out, so a failure is none of absorbing.
    fn note(&self, head: Option<&Head>) {
        let noted = head.map(Noted::from);
        if let Some(noted) = noted.filter(|_| self.noted.get() != noted)
            && noted::write(&self.path, noted).is_ok()
        {
            self.noted.set(Some(noted));
        }
    }

    /// Where the history went apart.
    pub(crate) fn branches(&self) -> Result<Vec<Branch>, StoreError> {
        let Some(value) = self.get(BRANCHES)? else {
            return Ok(Vec::new());
        };
        serde_json::from_slice(&value).map_err(|_| self.damaged("its branches are garbled"))
    }

    /// The segment that has event `seq`, if it is not lost: its first event, and the lines.
    pub(crate) fn segment_at(&self, seq: Seq) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        let found = self.last(seq_key(b'e', 0), seq_key(b'e', seq.0))?;
        Ok(found.and_then(|(key, lines)| Some((last_seq(&key)?, unpack(&lines)?))))
    }

    /// Removes segments past the mark, which an interrupted absorb left.
    fn forget_from(&self, seq: u64) -> Result<(), StoreError> {
        let mut writing = Writing::default();
        for kind in [b'i', b'e'] {
            let from = seq_key(kind, seq);
            let keys = self.call("read", |db| {
                let keys = db.range(from..vec![kind + 1]).keys();
                keys.collect::<sled::Result<Vec<_>>>()
            })?;
            for key in keys {
                writing.batch.remove(key);
            }
        }
        self.forget_blocks(seq, &mut writing)?;
        self.apply(writing)
    }

    fn put(&self, mut segment: Segment, writing: &mut Writing) -> Result<(), StoreError> {
        while let Some(before) = self.segment_before(&segment)? {
            let first = before.info.first;
            if segment.merge(before).is_err() {
                break;
            }
            writing.batch.remove(seq_key(b'i', first));
            writing.batch.remove(seq_key(b'e', first));
        }
        let first = segment.info.first;
        let index = segment
            .index_value()
            .map_err(|error| self.unwritable(&error))?;
        let lines = self.packed(segment.lines())?;
        writing.bytes += index.len() + lines.len();
        writing.insert(seq_key(b'i', first), index);
        writing.insert(seq_key(b'e', first), lines);
        Ok(())
    }

    /// The last entry from one key to another of the same length, fences left out.
    fn last(
        &self,
        from: Vec<u8>,
        to: Vec<u8>,
    ) -> Result<Option<(sled::IVec, sled::IVec)>, StoreError> {
        let length = to.len();
        self.call("read", |db| {
            let mut entries = db.range(from..=to).rev();
            entries
                .find(|entry| entry.as_ref().map_or(true, |(key, _)| key.len() == length))
                .transpose()
        })
    }

    /// The segment before another, unless that leaves it no room.
    fn segment_before(&self, segment: &Segment) -> Result<Option<Segment>, StoreError> {
        let Some(to) = segment.info.first.checked_sub(1) else {
            return Ok(None);
        };
        let found = self.last(seq_key(b'i', 0), seq_key(b'i', to))?;
        let Some((key, index)) = found else {
            return Ok(None);
        };
        match Entry::read(&index) {
            None => return Err(self.damaged("a segment is garbled")),
            Some(before) if !segment.has_room_for(&before) => return Ok(None),
            Some(_) => {}
        }
        let mut key = key.to_vec();
        if let Some(kind) = key.first_mut() {
            *kind = b'e';
        }
        let lines = self.get(&key)?;
        lines
            .and_then(|lines| Segment::from_values(&index, unpack(&lines)?))
            .map(Some)
            .ok_or_else(|| self.damaged("a segment is garbled"))
    }

    fn apply(&self, writing: Writing) -> Result<(), StoreError> {
        self.call("write", |db| {
            db.apply_batch(writing.fences)?;
            db.apply_batch(writing.batch)
        })
    }

    fn packed(&self, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        pack(bytes).map_err(StoreError::io("compress for", &self.path))
    }

    fn unwritable(&self, error: &serde_json::Error) -> StoreError {
        StoreError::Store {
            action: "write",
            path: self.path.clone(),
            what: error.to_string(),
        }
    }

    /// Makes it lose a segment's lines, as damage does.
    #[cfg(test)]
    pub(crate) fn lose(&self, seq: Seq) -> Result<(), StoreError> {
        self.call("write", |db| {
            let mut range = db.range(seq_key(b'e', 0)..=seq_key(b'e', seq.0));
            match range.rfind(|entry| entry.as_ref().is_ok_and(|(key, _)| key.len() == SEQ_KEY)) {
                Some(entry) => db.remove(entry?.0).map(drop),
                None => Ok(()),
            }
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Sees that every segment up to event `until` is there, and has the rows of its lines.
    pub(crate) fn check(&self, until: Seq) -> Result<(), StoreError> {
        if self.kept()?.is_some_and(|kept| kept.rows != ROW_FORM) {
            // Whoever absorbs next makes the store anew; its lines are as good as ever.
            return Ok(());
        }
        let mut next = (0, 0);
        while next.0 <= until.0 {
            let entry = self.get(&seq_key(b'i', next.0))?;
            let lines = self.get(&seq_key(b'e', next.0))?;
            let entry = entry.as_ref().and_then(|value| Entry::read(value));
            let lines = lines.and_then(|lines| unpack(&lines));
            let (Some(entry), Some(lines)) = (entry, lines) else {
                return Err(self.damaged(&format!("the segment of event {} is missing", next.0)));
            };
            let garbled = || self.damaged(&format!("the segment of event {} is garbled", next.0));
            let mut own = lines.split_inclusive(|byte| *byte == b'\n');
            let same = entry.rows().all(|placed| {
                let line = own.next().unwrap_or_default();
                let id = Examined::new(line).ok().map(|line| line.id());
                line.len() as u64 == u64::from(placed.row.length())
                    && id.is_some_and(|id| id.digest().as_bytes().starts_with(&placed.row.id()))
            });
            let count = entry.count();
            let placed = entry.info.first == next.0 && entry.info.offset == next.1;
            if !same || !placed || count == 0 || own.next().is_some() {
                return Err(garbled());
            }
            next = (next.0 + count, next.1 + lines.len() as u64);
        }
        self.check_blocks()
    }

    /// The nearest place at or before event `seq` from which the journal can be verified.
    pub(crate) fn starting_point(&self, seq: Seq) -> Result<StartingPoint, StoreError> {
        let found = self.call("read", |db| {
            let range = db.range(seq_key(b'i', 0)..=seq_key(b'i', seq.0));
            for item in range.rev() {
                let (key, value) = item?;
                if key.len() > SEQ_KEY {
                    continue;
                }
                match Entry::read(&value).map(|entry| entry.info) {
                    Some(info) if info.start == Start::Inside => {}
                    info => return Ok(info),
                }
            }
            Ok(None)
        })?;
        match found.map(|info| (info.start, info.offset)) {
            Some((Start::After(head), offset)) => Ok(StartingPoint {
                head: Some(*head),
                offset,
            }),
            Some((Start::Ledger, _)) => Ok(StartingPoint {
                head: None,
                offset: 0,
            }),
            _ => Err(self.damaged("a segment is missing")),
        }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.shut();
    }
}

fn start_after(head: Option<Head>) -> Start {
    head.map_or(Start::Ledger, |head| Start::After(Box::new(head)))
}

/// Length of a [`seq_key`]; what is longer is of its fence.
const SEQ_KEY: usize = 9;

fn seq_key(kind: u8, seq: u64) -> Vec<u8> {
    let mut key = vec![kind];
    key.extend_from_slice(&seq.to_be_bytes());
    key
}

fn last_seq(key: &[u8]) -> Option<Seq> {
    let bytes = key.last_chunk::<8>()?;
    Some(Seq(u64::from_be_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::append;
    use crate::memory::MemoryStore;

    #[test]
    fn of_long_batches_absorbed_at_once_only_the_events_own_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut memory = MemoryStore::new();
        let mut lines = Vec::new();
        for length in [300, 1, 700, 255, 3, 257, 600, 1, 1, 90, 200].repeat(2) {
            let batch = append(&mut memory, &vec!["T-1"; length], None);
            lines.push(batch);
        }
        let events = || lines.iter().flat_map(|batch| batch.events());
        let bytes: Vec<u8> = events().flat_map(|own| own.line.clone()).collect();
        std::fs::write(&path, bytes).unwrap();
        let index = Index::open(&folder.path().join("store"), 1 << 20).unwrap();
        index.absorb(&Journal::open(path).unwrap()).unwrap();
        for own in events() {
            let head = index.starting_point(own.seq).unwrap().head;
            let start = head.map_or(0, |head| head.seq.0 + 1);
            // Up to a segment of short batches may stand before its own.
            let passed = own.batch_start().0.saturating_sub(start);
            assert!(start <= own.batch_start().0 && passed < 1_000, "{passed}");
            let long = own.event.header.batch.1 > 256;
            assert!(!long || passed == 0, "{passed} before {}", own.seq);
        }
    }
}
