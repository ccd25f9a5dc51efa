//! The query store: sled, filled in one way only, by absorbing verified journal lines.
//!
//! This is the only module that names sled's database, and [`guarded`] the only place through
//! which sled is called: it may panic on damaged files. Keys, by first byte:
//!
//! | key | value |
//! |---|---|
//! | `m` | the [`Mark`] up to which the journal was absorbed |
//! | `i` seq | a segment's index entry |
//! | `e` seq | the segment's journal lines, [packed](crate::packed) |
//! | `f` | the [`Branch`]es of a history that went apart |
//! | `s` name 0 seq | a snapshot, packed, after the hash of its bytes |
//! | `h` seq hash | moments, each with the beginning of a document's plain hash there ([`MOMENT`]) |
//! | `d` hash seq | such a moment, as an earlier version kept it |
//! | any other … n | nothing: it [fences off](FENCE) the large value before it |

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ledger_core::examine::Examined;
use ledger_core::{Branch, Digest, Head, Seq, TaskKey};

use crate::boundary::{LOCKED, guarded, quietly};
use crate::error::StoreError;
use crate::head::Mark;
use crate::journal::{Journal, Rest};
use crate::packed::{pack, unpack};
use crate::reconcile::{End, Standing, end, standing};
use crate::segment::{Entry, Row, Segment, Start, short_hash};

/// sled gives its own file lock back a moment after it was dropped.
const OPEN_TRIES: u32 = 100;

/// Absorbed events are handed to sled in pieces of about this many bytes.
const PIECE: usize = 4 << 20;

/// sled writes a page again whenever some of its keys were written, and splits it at the 17th key
/// however large it is: large values side by side are written four times or more, and sled does not
/// get all of that room back. So behind each large value come so many keys without one, put there
/// first: it goes alone into a page that nothing else is written to after it.
const FENCE: u8 = 16;

/// The smallest value that is fenced off.
const LARGE: usize = 2 << 10;

const MARK: &[u8] = b"m";

const BRANCHES: &[u8] = b"f";

/// What fences the mark off from the segments before it, which are written again less often.
const BEFORE_MARK: &[u8] = b"l";

/// Bytes of a moment: the first 16 of the hash, and its position. A key for each would make more
/// pages of the store than all else together.
const MOMENT: usize = 24;

/// How many moments one value has at most.
const MOMENTS: usize = 512;

/// The open query store. The ledger's lock is held as long as it is open.
#[derive(Debug)]
pub(crate) struct Index {
    db: Option<sled::Db>,
    path: PathBuf,
    /// Whether sled has panicked: whatever state it is in then, it is never called again.
    poisoned: Cell<bool>,
}

/// What came of absorbing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absorbed {
    /// The store has this many events.
    UpTo(u64),
    /// Nothing: the store was not made from this journal, or from more of it.
    Apart,
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
        let Some(value) = self.get(MARK)? else {
            return Ok(None);
        };
        let mark = serde_json::from_slice(&value);
        mark.map(Some)
            .map_err(|_| self.damaged("its mark is garbled"))
    }

    /// Takes in what the journal has beyond the mark. An incomplete batch at its end is left for
    /// those who append.
    ///
    /// # Errors
    /// [`StoreError::BadLine`] if a line does not verify; [`StoreError::StoreDamaged`].
    pub(crate) fn absorb(&self, journal: &Journal) -> Result<Absorbed, StoreError> {
        let mark = self.mark()?;
        match standing(mark.as_ref(), journal)? {
            Standing::Ahead | Standing::Differs => return Ok(Absorbed::Apart),
            Standing::Unknown | Standing::Level | Standing::Lags => {}
        }
        let from = mark.as_ref().map_or(0, |mark| mark.length);
        let mut before = mark.map(|mark| mark.head);
        let mut count = before.as_ref().map_or(0, |head| head.seq.0 + 1);
        if from == journal.length() {
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
                if segment.is_full() {
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
        let mark = Mark::new(journal, head, replay.verified())?;
        let text = serde_json::to_vec(&mark).map_err(|error| self.unwritable(&error))?;
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
        Ok(Absorbed::UpTo(count))
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
            let mut ids = lines
                .split_inclusive(|byte| *byte == b'\n')
                .map(|line| Examined::new(line).ok().map(|line| line.id()));
            let same = entry.rows().all(|(_, row)| {
                let id = ids.next().flatten();
                id.is_some_and(|id| id.digest().as_bytes().starts_with(row.id()))
            });
            let count = entry.count();
            let placed = entry.info.first == next.0 && entry.info.offset == next.1;
            if !same || !placed || count == 0 || ids.next().is_some() {
                return Err(garbled());
            }
            next = (next.0 + count, next.1 + lines.len() as u64);
        }
        Ok(())
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

    /// Looks at the row of every event up to `until`; `wanted` returns `false` to stop.
    fn scan(
        &self,
        until: Seq,
        mut wanted: impl FnMut(Seq, &Row<'_>) -> bool,
    ) -> Result<(), StoreError> {
        let mut next = 0;
        let whole = self.call("read", |db| {
            for item in db.scan_prefix(b"i") {
                let (key, value) = item?;
                if key.len() > SEQ_KEY {
                    continue;
                }
                let Some(entry) = Entry::read(&value).filter(|entry| entry.info.first == next)
                else {
                    return Ok(false);
                };
                next += entry.count();
                for (seq, row) in entry.rows() {
                    if seq > until.0 || !wanted(Seq(seq), &row) {
                        return Ok(true);
                    }
                }
            }
            Ok(next > until.0)
        })?;
        if whole {
            Ok(())
        } else {
            Err(self.damaged("a segment is missing or garbled"))
        }
    }

    /// Events whose id starts with these hex digits, as far as the first 16 tell.
    pub(crate) fn ids(
        &self,
        prefix: &str,
        limit: usize,
        until: Seq,
    ) -> Result<Vec<Seq>, StoreError> {
        let digits: Option<Vec<u8>> = prefix
            .bytes()
            .take(16)
            .map(|digit| {
                char::from(digit)
                    .to_digit(16)
                    .and_then(|n| u8::try_from(n).ok())
            })
            .collect();
        let Some(digits) = digits else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        self.scan(until, |seq, row| {
            let nibbles = row.id().iter().flat_map(|byte| [byte >> 4, byte & 15]);
            if nibbles.zip(&digits).all(|(own, digit)| own == *digit) {
                found.push(seq);
            }
            found.len() < limit
        })?;
        Ok(found)
    }

    /// Events about this task.
    pub(crate) fn of_task(&self, key: &TaskKey, until: Seq) -> Result<Vec<Seq>, StoreError> {
        let hash = short_hash(Some(key.as_str()));
        self.collect(until, |row| row.is_task(hash))
    }

    /// Events that may have this idempotency key.
    pub(crate) fn maybe_idem(&self, key: &str, until: Seq) -> Result<Vec<Seq>, StoreError> {
        let hash = short_hash(Some(key));
        self.collect(until, |row| row.may_be_idem(hash))
    }

    fn collect(
        &self,
        until: Seq,
        wanted: impl Fn(&Row<'_>) -> bool,
    ) -> Result<Vec<Seq>, StoreError> {
        let mut found = Vec::new();
        self.scan(until, |seq, row| {
            if wanted(row) {
                found.push(seq);
            }
            true
        })?;
        Ok(found)
    }

    /// The latest snapshot called `name` at or before `at`.
    pub(crate) fn snapshot(
        &self,
        name: &str,
        at: Seq,
    ) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        let found = self.last(snapshot_key(name, 0), snapshot_key(name, at.0))?;
        let Some((key, value)) = found else {
            return Ok(None);
        };
        let snapshot = last_seq(&key).zip(value.split_at_checked(32));
        match snapshot {
            Some((seq, (hash, packed))) if blake3::hash(packed).as_bytes() == hash => {
                let bytes = unpack(packed).ok_or_else(|| self.damaged("a snapshot is garbled"))?;
                Ok(Some((seq, bytes)))
            }
            _ => Err(self.damaged("a snapshot is garbled")),
        }
    }

    /// Keeps a snapshot.
    pub(crate) fn put_snapshot(&self, name: &str, at: Seq, bytes: &[u8]) -> Result<(), StoreError> {
        let packed = self.packed(bytes)?;
        let mut value = blake3::hash(&packed).as_bytes().to_vec();
        value.extend_from_slice(&packed);
        let mut writing = Writing::default();
        writing.insert(snapshot_key(name, at.0), value);
        self.apply(writing)
    }

    /// The moments at which a document had this hash.
    pub(crate) fn moments(&self, hash: &Digest, until: Seq) -> Result<Vec<Seq>, StoreError> {
        let mut seqs = self.call("read", |db| {
            let old = db.scan_prefix([b"d", &hash.as_bytes()[..]].concat()).keys();
            let mut seqs = Vec::new();
            for key in old {
                seqs.extend(last_seq(&key?));
            }
            for entry in db.scan_prefix(b"h") {
                let (_, moments) = entry?;
                let same = |moment: &&[u8]| hash.as_bytes().starts_with(&moment[..MOMENT - 8]);
                let moments = moments.chunks_exact(MOMENT).filter(same);
                seqs.extend(moments.filter_map(last_seq));
            }
            Ok(seqs)
        })?;
        seqs.retain(|seq| *seq <= until);
        seqs.sort_unstable();
        seqs.dedup();
        Ok(seqs)
    }

    /// Notes moments.
    pub(crate) fn put_moments(&self, moments: &[(Digest, Seq)]) -> Result<(), StoreError> {
        let mut writing = Writing::default();
        for moments in moments.chunks(MOMENTS) {
            let mut value = Vec::with_capacity(moments.len() * MOMENT);
            for (hash, seq) in moments {
                value.extend_from_slice(&hash.as_bytes()[..MOMENT - 8]);
                value.extend_from_slice(&seq.0.to_be_bytes());
            }
            // Noting the same again changes nothing, and other moments never take its place.
            let mut key = seq_key(b'h', moments.first().map_or(0, |(_, seq)| seq.0));
            key.extend_from_slice(&blake3::hash(&value).as_bytes()[..8]);
            writing.insert(key, value);
        }
        self.apply(writing)
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.shut();
    }
}

#[derive(Default)]
struct Writing {
    batch: sled::Batch,
    /// Goes first.
    fences: sled::Batch,
    bytes: usize,
}

impl Writing {
    /// Puts a value that may be large.
    fn insert(&mut self, key: Vec<u8>, value: Vec<u8>) {
        if value.len() >= LARGE {
            self.fence(&key);
        }
        self.batch.insert(key, value);
    }

    fn fence(&mut self, key: &[u8]) {
        for nth in 0..FENCE {
            self.fences.insert([key, &[nth]].concat(), &[]);
        }
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

fn snapshot_key(name: &str, seq: u64) -> Vec<u8> {
    let mut key = vec![b's'];
    // A name with a NUL would run into another's snapshots.
    key.extend(name.bytes().filter(|byte| *byte != 0));
    key.push(0);
    key.extend_from_slice(&seq.to_be_bytes());
    key
}

fn last_seq(key: &[u8]) -> Option<Seq> {
    let bytes = key.last_chunk::<8>()?;
    Some(Seq(u64::from_be_bytes(*bytes)))
}
