//! Sealed segments: many events in one value of the store.
//!
//! sled's cold open grows with its number of pages, so events are not kept one a value. A
//! segment is the journal lines of up to some hundred events, and beside it a row for each, which
//! lookups scan: short hashes, and how long its line is.

use ledger_core::{EventId, Head, Seq};
use serde::{Deserialize, Serialize};

/// A segment with this many events takes no more.
const FULL_ROWS: usize = 256;

/// Nor one with this many bytes of lines. Much larger values would become files of their own.
const FULL_BYTES: usize = 128 << 10;

/// Bytes of a row: the id's first 8, 12 for the task, 8 for the idempotency key, 4 for the length
/// of the line (big-endian).
pub(crate) const ROW: usize = 32;

/// Which form of rows this is. The first were without the length, 28 bytes.
pub(crate) const ROW_FORM: u32 = 2;

/// Where a segment begins in its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Start {
    /// With the ledger's first event.
    Ledger,
    /// With the first event of a batch, after this head.
    After(Box<Head>),
    /// Inside a batch: it cannot be verified without the segment before it.
    Inside,
}

/// What is said of a segment as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Info {
    /// The position of its first event.
    pub(crate) first: u64,
    /// Where that event's line starts in the journal.
    pub(crate) offset: u64,
    /// How it begins.
    pub(crate) start: Start,
}

/// A segment that is being filled.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) info: Info,
    rows: Vec<u8>,
    lines: Vec<u8>,
}

impl Segment {
    /// A segment without events.
    pub(crate) const fn new(first: u64, offset: u64, start: Start) -> Self {
        Self {
            info: Info {
                first,
                offset,
                start,
            },
            rows: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Takes the next event.
    pub(crate) fn push(&mut self, row: &[u8; ROW], line: &[u8]) {
        self.rows.extend_from_slice(row);
        self.lines.extend_from_slice(line);
    }

    /// How many events it has.
    pub(crate) const fn count(&self) -> usize {
        self.rows.len() / ROW
    }

    /// Whether it takes no more events.
    pub(crate) const fn is_full(&self) -> bool {
        self.count() >= FULL_ROWS || self.lines.len() >= FULL_BYTES
    }

    /// Whether it takes so many events more, whose lines have so many bytes.
    pub(crate) fn has_room(&self, count: u64, bytes: usize) -> bool {
        self.count() as u64 + count <= FULL_ROWS as u64
            && self.lines.len().saturating_add(bytes) <= FULL_BYTES
    }

    /// Where the next line starts in the journal.
    pub(crate) const fn end_offset(&self) -> u64 {
        self.info.offset + self.lines.len() as u64
    }

    /// Whether the segment before this one is not larger, and both fit in one, by what its index
    /// entry says.
    pub(crate) fn has_room_for(&self, before: &Entry<'_>) -> bool {
        let count = usize::try_from(before.count()).unwrap_or(usize::MAX);
        let length = self.end_offset().saturating_sub(before.info.offset);
        count <= self.count()
            && count.saturating_add(self.count()) <= FULL_ROWS
            && length <= FULL_BYTES as u64
    }

    /// Puts the segment before this one in front, if it is its neighbour, not larger, and both
    /// fit in one. So each event is rewritten a few times at most.
    pub(crate) fn merge(&mut self, before: Self) -> Result<(), Self> {
        let count = before.count() + self.count();
        let fits = count <= FULL_ROWS && before.lines.len() + self.lines.len() <= FULL_BYTES;
        let neighbours = before.info.first + before.count() as u64 == self.info.first
            && before.end_offset() == self.info.offset;
        if !fits || !neighbours || before.count() > self.count() {
            return Err(before);
        }
        let after = std::mem::replace(self, before);
        self.rows.extend_from_slice(&after.rows);
        self.lines.extend_from_slice(&after.lines);
        Ok(())
    }

    /// The value of its index entry.
    pub(crate) fn index_value(&self) -> Result<Vec<u8>, serde_json::Error> {
        let info = serde_json::to_vec(&self.info)?;
        let mut value = Vec::with_capacity(4 + info.len() + self.rows.len());
        value.extend_from_slice(&u32::try_from(info.len()).unwrap_or(u32::MAX).to_be_bytes());
        value.extend_from_slice(&info);
        value.extend_from_slice(&self.rows);
        Ok(value)
    }

    /// Its journal lines.
    pub(crate) fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// The segment from its two values; `None` if they are garbled.
    pub(crate) fn from_values(index: &[u8], lines: Vec<u8>) -> Option<Self> {
        let entry = Entry::read(index)?;
        Some(Self {
            rows: entry.rows.to_vec(),
            info: entry.info,
            lines,
        })
    }
}

/// An index entry as it is read.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) info: Info,
    rows: &'a [u8],
}

impl<'a> Entry<'a> {
    /// Reads the value of an index entry; `None` if it is garbled.
    pub(crate) fn read(value: &'a [u8]) -> Option<Self> {
        let (length, rest) = value.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (info, rows) = rest.split_at_checked(length)?;
        let info = serde_json::from_slice(info).ok()?;
        (rows.len() % ROW == 0).then_some(Self { info, rows })
    }

    /// How many events it has.
    pub(crate) const fn count(&self) -> u64 {
        (self.rows.len() / ROW) as u64
    }

    /// Its events.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Placed<'a>> + use<'a> {
        placed(Seq(self.info.first), self.info.offset, self.rows)
    }
}

/// An event as lookups see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) seq: Seq,
    /// Where its line starts in the journal.
    pub(crate) offset: u64,
    pub(crate) row: Row<'a>,
}

/// The events with these rows, which follow each other; the line of the first starts at `offset`.
pub(crate) fn placed(
    first: Seq,
    offset: u64,
    rows: &[u8],
) -> impl Iterator<Item = Placed<'_>> + use<'_> {
    let mut next = (first, offset);
    rows.chunks_exact(ROW).map(Row).map(move |row| {
        let (seq, offset) = next;
        next = (seq.next(), offset.saturating_add(u64::from(row.length())));
        Placed { seq, offset, row }
    })
}

/// What is noted of one event. The hash of the task is long enough to be taken at its word; where
/// another matches, the event itself is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a>(&'a [u8]);

impl Row<'_> {
    /// All of it.
    pub(crate) const fn bytes(&self) -> &[u8] {
        self.0
    }

    /// The first bytes of its id.
    pub(crate) fn id(&self) -> [u8; 8] {
        std::array::from_fn(|at| self.0[at])
    }

    /// Whether it is about this task.
    pub(crate) fn is_task(&self, hash: [u8; 12]) -> bool {
        self.0[8..20] == hash
    }

    /// Whether it may have this idempotency key.
    pub(crate) fn may_be_idem(&self, hash: [u8; 8]) -> bool {
        self.0[20..28] == hash
    }

    /// How long its line is, in bytes, with the line feed.
    pub(crate) fn length(&self) -> u32 {
        u32::from_be_bytes(std::array::from_fn(|at| self.0[28 + at]))
    }
}

/// The row of an event whose line is so long.
pub(crate) fn row(id: EventId, task: Option<&str>, idem: Option<&str>, length: u32) -> [u8; ROW] {
    let mut row = [0; ROW];
    row[..8].copy_from_slice(&id.digest().as_bytes()[..8]);
    row[8..20].copy_from_slice(&short_hash::<12>(task));
    row[20..28].copy_from_slice(&short_hash::<8>(idem));
    row[28..].copy_from_slice(&length.to_be_bytes());
    row
}

/// The short hash of a text in a row; zeros only for no text.
pub(crate) fn short_hash<const N: usize>(text: Option<&str>) -> [u8; N] {
    let mut short = [0; N];
    if let Some(text) = text {
        let hash = blake3::hash(text.as_bytes());
        for (to, from) in short.iter_mut().zip(hash.as_bytes()) {
            *to = *from;
        }
        if short == [0; N] {
            short = [1; N];
        }
    }
    short
}
