//! The one history that can be put together from two copies of it.
//!
//! The journal and the store hold the same lines. Where one of them has lost a line or has a bad
//! one, the other may have the good one, and the chain tells which is which: a line is taken only
//! if it follows the line before it. Nothing here knows which copy is to be believed.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use ledger_core::codec::MAX_LINE;
use ledger_core::examine::{Examined, ForkFinder};
use ledger_core::link::Links;
use ledger_core::{Defect, EventId, Fault, FaultKind, Head, Seq};

use crate::error::StoreError;
use crate::forks::each_line;
use crate::index::Index;

/// A run of lines that come from one copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// These bytes of the journal.
    Journal {
        /// The first byte.
        start: u64,
        /// The one after the last.
        end: u64,
        /// The first event.
        first: Seq,
    },
    /// These events of the store.
    Store {
        /// The first.
        first: Seq,
        /// The last.
        last: Seq,
    },
}

impl Piece {
    const fn first(&self) -> Seq {
        match self {
            Self::Journal { first, .. } | Self::Store { first, .. } => *first,
        }
    }
}

/// What was put together, in whole batches.
#[derive(Debug, Clone)]
pub(crate) struct Woven {
    /// Where its lines are.
    pub(crate) pieces: Vec<Piece>,
    /// Its last event.
    pub(crate) head: Option<Head>,
    /// Its length in bytes.
    pub(crate) length: u64,
    /// Why it does not go on, where a copy has more.
    pub(crate) fault: Option<Fault>,
    /// Where both copies have a line that follows, and not the same one.
    pub(crate) fork: Option<Seq>,
    /// The ids at the positions that were asked for, as far as it goes.
    pub(crate) ids: HashMap<Seq, EventId>,
}

impl Woven {
    /// How many events it has.
    pub(crate) fn events(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.seq.0 + 1)
    }

    /// How many events the journal has in their place before the first that it has not.
    pub(crate) fn in_place(&self) -> u64 {
        match self.pieces.as_slice() {
            [Piece::Journal { start: 0, .. }] => self.events(),
            [Piece::Journal { start: 0, .. }, next, ..] => next.first().0,
            _ => 0,
        }
    }

    /// The events it takes from the store.
    pub(crate) fn restored(&self) -> impl Iterator<Item = (Seq, Seq)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Store { first, last } => Some((*first, *last)),
            Piece::Journal { .. } => None,
        })
    }
}

/// Puts together what the journal and the store have. `ask`: positions whose ids are wanted;
/// `only`: an event that must have this id, whatever would follow too.
pub(crate) fn weave(
    journal: &Path,
    store: Option<&Index>,
    ask: &[Seq],
    only: Option<(Seq, EventId)>,
) -> Result<Woven, StoreError> {
    let mut weaver = Weaver {
        journal: JournalLines::open(journal)?,
        store: StoreLines::new(store),
        links: Links::new().watching(fork_points_of(journal, store)?),
        tip: None,
        offset: 0,
        pieces: Vec::new(),
        only,
    };
    let mut woven = Woven {
        pieces: Vec::new(),
        head: None,
        length: 0,
        fault: None,
        fork: None,
        ids: HashMap::new(),
    };
    let mut pending = HashMap::new();
    let mut length = 0;
    loop {
        let seq = weaver.links.next_seq();
        match weaver.step()? {
            Step::Took { bytes, complete } => {
                length += bytes;
                if let Some(id) = weaver.tip.filter(|_| ask.contains(&seq)) {
                    pending.insert(seq, id);
                }
                if complete {
                    woven.head = weaver.links.head().cloned();
                    woven.length = length;
                    woven.pieces.clone_from(&weaver.pieces);
                    woven.ids.extend(pending.drain());
                }
            }
            Step::End(fault) => {
                woven.fault = fault;
                return Ok(woven);
            }
            Step::Fork => {
                woven.fork = Some(seq);
                return Ok(woven);
            }
        }
    }
}

/// Where the history went apart, as far as either copy says.
fn fork_points_of(journal: &Path, store: Option<&Index>) -> Result<Vec<EventId>, StoreError> {
    let mut own = ForkFinder::default();
    each_line(journal, u64::MAX, |_, line| {
        own.see(line);
        true
    })
    .map_err(StoreError::io("read", journal))?;
    let kept = StoreLines::new(store).fork_points();
    Ok(own.points().chain(kept).collect())
}

enum Step {
    Took {
        bytes: u64,
        complete: bool,
    },
    /// No copy has the next line; the fault of what stands there instead.
    End(Option<Fault>),
    Fork,
}

struct Weaver<'a> {
    journal: JournalLines,
    store: StoreLines<'a>,
    links: Links,
    /// The last line that was taken.
    tip: Option<EventId>,
    /// Where the next line would stand in the journal.
    offset: u64,
    pieces: Vec<Piece>,
    only: Option<(Seq, EventId)>,
}

impl Weaver<'_> {
    fn step(&mut self) -> Result<Step, StoreError> {
        let seq = self.links.next_seq();
        let own = self.journal.at(self.offset)?;
        let kept = self.store.line(seq);
        match (own, kept) {
            (Some(own), Some(kept)) if own != kept => {
                match (self.follows(&own), self.follows(&kept)) {
                    // One copy has parts of the event that were redacted in the other.
                    (Ok(()), Ok(())) if id_of(&own) == id_of(&kept) => self.take_own(&own),
                    (Ok(()), Ok(())) => self.choose(&own, &kept),
                    // The journal may be right from here on, be it at another place.
                    (Err(_), Ok(())) => self.take_kept(&kept),
                    _ => self.take_own(&own),
                }
            }
            (Some(own), _) => self.take_own(&own),
            (None, Some(kept)) if self.follows(&kept).is_ok() => self.take_kept(&kept),
            (None, _) => self.elsewhere(None),
        }
    }

    /// Both lines follow. The one that the next line follows is the right one: a header that was
    /// changed into another well-formed one shows only there.
    fn choose(&mut self, own: &[u8], kept: &[u8]) -> Result<Step, StoreError> {
        let next_own = self.journal.at(self.offset + own.len() as u64)?;
        let next_kept = self.store.line(self.links.next_seq().next());
        let is_followed = |line: &[u8]| {
            let id = id_of(line);
            let mut next = [&next_own, &next_kept].into_iter().flatten();
            id.is_some() && next.any(|next| parent_of(next) == id)
        };
        match (is_followed(own), is_followed(kept)) {
            // Where the store ends with another event, that is another history.
            (true, false) if next_kept.is_some() => self.take_own(own),
            (false, true) => self.take_kept(kept),
            _ => Ok(Step::Fork),
        }
    }

    /// Looks for the next line anywhere in the journal: where lines were taken out or put in, it
    /// stands at another place.
    fn elsewhere(&mut self, fault: Option<Fault>) -> Result<Step, StoreError> {
        let is_torn = |fault: &Fault| fault.kind == FaultKind::Line(Defect::IncompleteLine);
        if !fault.as_ref().is_some_and(is_torn)
            && let Some(offset) = self.journal.after(self.tip)?
            && offset != self.offset
            && let Some(line) = self.journal.at(offset)?
            && self.follows(&line).is_ok()
        {
            self.offset = offset;
            return self.take_own(&line);
        }
        Ok(Step::End(fault))
    }

    fn follows(&self, line: &[u8]) -> Result<(), Fault> {
        let mut links = self.links.clone();
        self.link(&mut links, line).map(drop)
    }

    /// Links a line, and sees that it is the event that is wanted in its place, if one is.
    fn link(&self, links: &mut Links, line: &[u8]) -> Result<(bool, EventId), Fault> {
        let examined = Examined::new(line).map_err(|defect| links.fault(defect))?;
        let id = examined.id();
        match self.only {
            Some((at, wanted)) if at == links.next_seq() && id != wanted => {
                Err(links.fault(FaultKind::WrongParent {
                    expected: Some(wanted),
                    found: Some(id),
                }))
            }
            _ => Ok((links.link(&examined)?, id)),
        }
    }

    fn take_own(&mut self, line: &[u8]) -> Result<Step, StoreError> {
        let (start, first) = (self.offset, self.links.next_seq());
        let taken = self.take(line);
        let step = match taken {
            Ok(step) => step,
            Err(fault) => return self.elsewhere(Some(fault)),
        };
        match self.pieces.last_mut() {
            Some(Piece::Journal { end, .. }) if *end == start => *end = self.offset,
            _ => self.pieces.push(Piece::Journal {
                start,
                end: self.offset,
                first,
            }),
        }
        Ok(step)
    }

    fn take_kept(&mut self, line: &[u8]) -> Result<Step, StoreError> {
        let seq = self.links.next_seq();
        let step = match self.take(line) {
            Ok(step) => step,
            Err(fault) => return Ok(Step::End(Some(fault))),
        };
        match self.pieces.last_mut() {
            Some(Piece::Store { last, .. }) if last.next() == seq => *last = seq,
            _ => self.pieces.push(Piece::Store {
                first: seq,
                last: seq,
            }),
        }
        Ok(step)
    }

    fn take(&mut self, line: &[u8]) -> Result<Step, Fault> {
        let bytes = line.len() as u64;
        let mut links = std::mem::take(&mut self.links);
        let linked = self.link(&mut links, line);
        self.links = links;
        let (complete, id) = linked?;
        self.tip = Some(id);
        self.offset += bytes;
        Ok(Step::Took { bytes, complete })
    }
}

fn id_of(line: &[u8]) -> Option<EventId> {
    Examined::new(line).ok().map(|examined| examined.id())
}

fn parent_of(line: &[u8]) -> Option<EventId> {
    Examined::new(line).ok()?.first_parent()
}

/// The journal's lines by where they start.
pub(crate) struct JournalLines {
    reader: Option<BufReader<File>>,
    path: PathBuf,
    position: u64,
    /// Where the line after each event stands; made when first asked for.
    following: Option<HashMap<Option<EventId>, u64>>,
}

impl JournalLines {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let reader = match File::open(path) {
            Ok(file) => Some(BufReader::with_capacity(1 << 16, file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(StoreError::io("read", path)(error)),
        };
        Ok(Self {
            reader,
            path: path.to_owned(),
            position: 0,
            following: None,
        })
    }

    /// What stands at `offset` up to the next line feed; `None` at the end.
    pub(crate) fn at(&mut self, offset: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut line = Vec::new();
        let Some(reader) = &mut self.reader else {
            return Ok(None);
        };
        let mut read = || -> io::Result<usize> {
            if offset != self.position {
                reader.seek(SeekFrom::Start(offset))?;
            }
            reader
                .by_ref()
                .take(MAX_LINE as u64 + 1)
                .read_until(b'\n', &mut line)
        };
        let count = read().map_err(StoreError::io("read", &self.path))?;
        self.position = offset + count as u64;
        Ok((count > 0).then_some(line))
    }

    /// Where the line stands that follows an event.
    fn after(&mut self, event: Option<EventId>) -> Result<Option<u64>, StoreError> {
        if self.following.is_none() {
            let mut following = HashMap::new();
            let mut offset = 0;
            while let Some(line) = self.at(offset)? {
                if let Ok(examined) = Examined::new(&line) {
                    following.entry(examined.first_parent()).or_insert(offset);
                }
                offset += line.len() as u64;
            }
            self.following = Some(following);
        }
        let found = self.following.as_ref().and_then(|map| map.get(&event));
        Ok(found.copied())
    }
}

/// The store's lines by position. What cannot be read is as good as not there.
pub(crate) struct StoreLines<'a> {
    index: Option<&'a Index>,
    first: u64,
    lines: Vec<Vec<u8>>,
}

impl<'a> StoreLines<'a> {
    pub(crate) const fn new(index: Option<&'a Index>) -> Self {
        Self {
            index,
            first: 0,
            lines: Vec::new(),
        }
    }

    /// Where the history went apart, as the store noted it.
    pub(crate) fn fork_points(&mut self) -> BTreeSet<EventId> {
        let mut finder = ForkFinder::default();
        let events = self.index.and_then(|index| index.mark().ok().flatten());
        let events = events.map_or(0, |mark| mark.head.seq.0 + 1);
        for seq in (0..events).map(Seq) {
            if let Some(line) = self.line(seq) {
                finder.see(&line);
            }
        }
        finder.points().collect()
    }

    /// The line of event `seq`.
    pub(crate) fn line(&mut self, seq: Seq) -> Option<Vec<u8>> {
        let index = self.index?;
        if seq.0 < self.first || seq.0 - self.first >= self.lines.len() as u64 {
            let (first, lines) = index.segment_at(seq).ok().flatten()?;
            self.first = first.0;
            self.lines = lines
                .split_inclusive(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect();
        }
        let place = usize::try_from(seq.0.checked_sub(self.first)?).ok()?;
        self.lines.get(place).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::conformance::append;
    use crate::journal::Journal;
    use crate::memory::MemoryStore;
    use crate::store::Store;

    struct Copies {
        _folder: tempfile::TempDir,
        path: PathBuf,
        index: Index,
        lines: Vec<Vec<u8>>,
    }

    impl Copies {
        /// Batches of two events, in segments of their own in the store.
        fn new(batches: usize) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("journal.jsonl");
            let index = Index::open(&folder.path().join("store"), 1 << 20).unwrap();
            let mut memory = MemoryStore::new();
            let mut lines = Vec::new();
            for n in 0..batches {
                append(&mut memory, &["T-1", "T-2"], Some(&n.to_string()));
                let batch = memory
                    .batch_at(memory.head().unwrap().seq)
                    .unwrap()
                    .unwrap();
                lines.extend(batch.events().iter().map(|event| event.line.clone()));
                fs::write(&path, lines.concat()).unwrap();
                index.absorb(&Journal::open(path.clone()).unwrap()).unwrap();
            }
            Self {
                _folder: folder,
                path,
                index,
                lines,
            }
        }

        fn weave(&self, journal: &[Vec<u8>]) -> Woven {
            fs::write(&self.path, journal.concat()).unwrap();
            weave(&self.path, Some(&self.index), &[], None).unwrap()
        }

        fn flipped(&self, at: usize) -> Vec<Vec<u8>> {
            let mut lines = self.lines.clone();
            let middle = lines[at].len() / 2;
            lines[at][middle] ^= 1;
            lines
        }
    }

    #[test]
    fn copies_that_are_damaged_in_different_places_make_a_whole_history() {
        let copies = Copies::new(12);
        let first = copies.index.segment_at(Seq(20)).unwrap().unwrap().0;
        assert!(first > Seq(8), "the store has one segment");
        copies.index.lose(Seq(20)).unwrap();
        let woven = copies.weave(&copies.flipped(7));
        assert_eq!(woven.events(), 24);
        assert_eq!(woven.restored().collect::<Vec<_>>(), [(Seq(7), Seq(7))]);
        // Lines that are gone move all that follow.
        let mut shorter = copies.lines.clone();
        shorter.drain(3..6);
        let woven = copies.weave(&shorter);
        assert_eq!(woven.events(), 24);
        assert_eq!(woven.length, copies.lines.concat().len() as u64);
    }

    #[test]
    fn copies_that_are_damaged_in_the_same_place_end_there() {
        let copies = Copies::new(12);
        copies.index.lose(Seq(20)).unwrap();
        let first = copies.index.segment_at(Seq(20)).unwrap().unwrap().0.0;
        let lost = usize::try_from(first).unwrap().max(20) + 1;
        let woven = copies.weave(&copies.flipped(lost));
        let fault = woven.fault.clone().unwrap();
        assert_eq!(fault.seq.0, lost as u64);
        assert!(woven.events() <= lost as u64);
    }

    #[test]
    fn a_changed_header_shows_in_the_line_that_follows_it() {
        let copies = Copies::new(4);
        let mut lines = copies.lines.clone();
        let text = String::from_utf8(lines[2].clone()).unwrap();
        let changed = text.replace("\"id\":\"conformance\"", "\"id\":\"konformance\"");
        assert_ne!(text, changed);
        lines[2] = changed.into_bytes();
        let woven = copies.weave(&lines);
        assert_eq!(woven.events(), 8);
        assert_eq!(woven.restored().collect::<Vec<_>>(), [(Seq(2), Seq(2))]);
    }
}
