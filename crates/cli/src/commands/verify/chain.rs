//! The chain alone, in memory that does not grow with the journal.
//!
//! Looking at each line by itself is nearly all of the work and needs no order. So every thread
//! takes the next piece of the journal, examines its lines, and links them once the piece before
//! is linked. There is no thread that only reads or only links, for which the others would wait,
//! and there are never more pieces in memory than threads.

use std::io::{self, Read};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use ledger_core::codec::MAX_LINE;
use ledger_core::examine::Examined;
use ledger_core::link::Links;
use ledger_core::merkle::{Hash, Prover, Tree};
use ledger_core::{Defect, Fault, FaultKind};
use memchr::{memchr, memrchr};

use super::check::find_forks;
use super::source::Again;

/// Bytes of a piece; a longer line is a piece of its own. Small enough for a core's own cache,
/// large enough that passing the turn on is little beside examining.
const PIECE: usize = 1 << 17;

/// Threads a core, so that it has something to do while one of them waits for its turn.
const PER_CORE: usize = 2;

/// The most threads that are used.
const THREADS: usize = 8;

/// How far a chain was followed.
pub(in crate::commands) struct Followed<L = ()> {
    /// Events of whole batches.
    pub(super) events: u64,
    /// Whole batches.
    pub(super) batches: u64,
    /// The state after the last event that links.
    pub(in crate::commands) links: Links,
    /// What ended it before the journal's end.
    pub(in crate::commands) fault: Option<Fault>,
    /// What became of the leaves.
    pub(in crate::commands) leaves: L,
}

/// What is done with the leaves of the tree (ledger-format.md §11) on the way, in their order.
pub(in crate::commands) trait Leaves: Send {
    /// Takes the next one, with the line that it is of.
    fn push(&mut self, line: &Examined<'_>, leaf: Hash);
}

impl Leaves for Tree {
    fn push(&mut self, _: &Examined<'_>, leaf: Hash) {
        Self::push(self, leaf);
    }
}

impl Leaves for Prover {
    fn push(&mut self, _: &Examined<'_>, leaf: Hash) {
        Self::push(self, leaf);
    }
}

/// Follows the chain of what a reader gives to its end or its first fault, from `links` on.
pub(super) fn follow<L: Leaves>(
    reader: impl Read + Send,
    links: Links,
    leaves: L,
) -> io::Result<Followed<L>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = if cores > 1 { PER_CORE * cores } else { 1 };
    follow_with(reader, links, leaves, threads.min(THREADS), PIECE)
}

/// Follows the chain of a journal, also where its history went apart, and whoever `begin` makes
/// gets all of its leaves.
pub(in crate::commands) fn follow_all<L: Leaves>(
    mut journal: impl Again,
    begin: &dyn Fn() -> L,
) -> io::Result<Followed<L>> {
    let followed = follow(&mut journal, Links::new(), begin())?;
    let went_apart =
        |fault: &Fault| matches!(fault.kind, FaultKind::WrongParent { found: Some(_), .. });
    if !followed.fault.as_ref().is_some_and(went_apart) {
        return Ok(followed);
    }
    let forks = find_forks(&mut journal)?;
    journal.again()?;
    follow(journal, Links::new().watching(forks.points()), begin())
}

fn follow_with<L: Leaves>(
    reader: impl Read + Send,
    links: Links,
    leaves: L,
    threads: usize,
    piece: usize,
) -> io::Result<Followed<L>> {
    let journal = &Mutex::new(Journal::new(reader, links, leaves, piece));
    let outcome = thread::scope(|scope| {
        // A thread that cannot be had is no reason to stop: this one could do it alone.
        let others: Vec<_> = (1..threads)
            .map_while(|_| {
                let thread = thread::Builder::new();
                thread.spawn_scoped(scope, || work(journal)).ok()
            })
            .collect();
        let own = work(journal);
        others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .fold(own, Option::or)
    });
    outcome.unwrap_or_else(|| Err(io::Error::other("nobody came to the end of the journal")))
}

/// Examines and links pieces. The one thread that comes to the end, to a fault or to trouble has
/// the outcome; the others wait for their turn in vain and leave.
fn work<L: Leaves>(journal: &Mutex<Journal<impl Read, L>>) -> Option<io::Result<Followed<L>>> {
    let mut piece = Vec::new();
    loop {
        let mut reading = journal.lock().unwrap_or_else(PoisonError::into_inner);
        let (turn, read) = reading.next(&mut piece)?;
        drop(reading);
        let lines = Lines::examine(&piece);
        let mut followed = turn.own.recv().ok()?;
        match read {
            Ok(true) => {}
            Ok(false) => return Some(Ok(followed)),
            Err(error) => return Some(Err(error)),
        }
        followed.link(lines);
        if followed.fault.is_some() {
            return Some(Ok(followed));
        }
        turn.next.send(followed).ok()?;
    }
}

/// The lines of a piece.
#[derive(Default)]
struct Lines<'a> {
    /// Those up to the first that is wrong in itself.
    right: Vec<Examined<'a>>,
    /// What is wrong with that one.
    defect: Option<Defect>,
    /// The hashes of their leaves.
    leaves: Vec<Hash>,
}

impl<'a> Lines<'a> {
    fn examine(piece: &'a [u8]) -> Self {
        let mut lines = Self::default();
        let mut rest = piece;
        while !rest.is_empty() && lines.defect.is_none() {
            let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            match Examined::new(line) {
                Ok(line) => lines.right.push(line),
                Err(defect) => lines.defect = Some(defect),
            }
            rest = after;
        }
        let headers = lines.right.iter().map(Examined::header_bytes);
        lines.leaves = headers.map(Hash::of_leaf).collect();
        lines
    }
}

impl<L> Followed<L> {
    /// What became of the leaves, and all the rest.
    pub(super) fn split(self) -> (L, Followed) {
        let rest = Followed {
            events: self.events,
            batches: self.batches,
            links: self.links,
            fault: self.fault,
            leaves: (),
        };
        (self.leaves, rest)
    }
}

impl<L: Leaves> Followed<L> {
    /// Links further lines, up to the first that does not follow.
    fn link(&mut self, lines: Lines<'_>) {
        let mut linked = 0;
        let followed = lines.right.iter().try_for_each(|line| {
            let complete = self.links.link(line)?;
            self.batches += u64::from(complete);
            linked += 1;
            Ok(())
        });
        for (line, leaf) in lines.right.iter().zip(lines.leaves).take(linked) {
            self.leaves.push(line, leaf);
        }
        let wrong = lines.defect.map(|defect| self.links.fault(defect));
        self.fault = followed.err().or(wrong);
        self.events = self.links.head().map_or(0, |head| head.seq.0 + 1);
    }
}

/// When a piece may be linked: the chain so far goes from each piece to the next. Whoever does
/// not pass it on ends the work for all that come after.
struct Turn<L> {
    own: Receiver<Followed<L>>,
    next: SyncSender<Followed<L>>,
}

/// A reader's bytes in pieces of whole lines.
struct Journal<R, L> {
    reader: R,
    piece: usize,
    /// The beginning of the next piece.
    rest: Vec<u8>,
    /// Where the chain arrives for the next piece; `None` after the last one.
    chain: Option<Receiver<Followed<L>>>,
}

impl<R: Read, L> Journal<R, L> {
    fn new(reader: R, links: Links, leaves: L, piece: usize) -> Self {
        let (turn, chain) = sync_channel(1);
        // The channel has room for one, and nobody can have closed it.
        let _ = turn.send(Followed {
            events: 0,
            batches: 0,
            links,
            fault: None,
            leaves,
        });
        Self {
            reader,
            piece,
            rest: Vec::new(),
            chain: Some(chain),
        }
    }

    /// Makes `bytes` the next piece and gives its turn, once also for the end or for trouble with
    /// reading, which have their turn too.
    fn next(&mut self, bytes: &mut Vec<u8>) -> Option<(Turn<L>, io::Result<bool>)> {
        let own = self.chain.take()?;
        let read = self.fill(bytes);
        let (next, chain) = sync_channel(1);
        if let Ok(true) = read {
            self.chain = Some(chain);
        }
        Some((Turn { own, next }, read))
    }

    /// Makes `bytes` the next piece; `false` at the end. What is no whole line at the end is one
    /// of its own, and so are the first bytes of a line that is longer than any may be.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        bytes.clear();
        bytes.append(&mut self.rest);
        bytes.reserve(self.piece);
        loop {
            let wanted = self.piece.saturating_sub(bytes.len()).max(self.piece / 2);
            let read = self
                .reader
                .by_ref()
                .take(wanted as u64)
                .read_to_end(bytes)?;
            let end = memrchr(b'\n', bytes);
            match end {
                _ if read < wanted => break,
                None if bytes.len() > MAX_LINE => break,
                None => {}
                Some(end) => {
                    self.rest.extend_from_slice(&bytes[end + 1..]);
                    bytes.truncate(end + 1);
                    break;
                }
            }
        }
        Ok(!bytes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ledger_core::{Actor, ActorKind, Draft, Origin, Stamp, Time, Verifier, WriterId, seal};
    use proptest::prelude::*;

    use super::*;

    impl Leaves for () {
        fn push(&mut self, _: &Examined<'_>, _: Hash) {}
    }

    fn vectors() -> Vec<(String, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
        let mut found = Vec::new();
        for kind in ["good", "bad"] {
            for entry in std::fs::read_dir(folder.join(kind)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.display().to_string();
                found.push((name, std::fs::read(path).unwrap()));
            }
        }
        found
    }

    /// Line by line, in one thread.
    fn plainly(bytes: &[u8]) -> (Option<Fault>, u64) {
        let mut verifier = Verifier::new();
        let fault = bytes
            .split_inclusive(|&byte| byte == b'\n')
            .find_map(|line| verifier.line(line).err());
        let events = verifier.head().map_or(0, |head| head.seq.0 + 1);
        (fault, events)
    }

    #[test]
    fn every_vector_is_followed_as_far_as_line_by_line() {
        let vectors = vectors();
        assert!(vectors.len() > 50, "{}", vectors.len());
        for (name, bytes) in vectors {
            let (fault, events) = plainly(&bytes);
            for (threads, piece) in [(1, 1 << 20), (2, 64), (3, 700), (8, 2_000)] {
                let followed = follow_with(&bytes[..], Links::new(), (), threads, piece).unwrap();
                assert_eq!(followed.fault, fault, "{name}");
                assert_eq!(followed.events, events, "{name}");
            }
        }
    }

    /// A good journal of batches of one event and of three.
    fn journal() -> Vec<u8> {
        let draft = |kind| Draft {
            kind,
            task: None,
            from: None,
            to: None,
            parts: vec![("note", "what was found on the way\n".into())],
            origin: Origin::Commanded,
            attributed: true,
        };
        let mut stamp = Stamp {
            time: Time::from_millis(1_760_000_000_000).unwrap(),
            actor: Actor {
                kind: ActorKind::Program,
                id: "test".to_owned(),
                session: None,
                tool: None,
            },
            cause: None,
            idem: None,
            writer: WriterId::new("00000000000000a1").unwrap(),
            entropy: [0; 32],
        };
        let first = [draft("ledger.created")];
        let mut batches = vec![seal(None, &stamp, &first, &[], Some([7; 32])).unwrap()];
        for n in 1..30u8 {
            stamp.entropy = [n; 32];
            let drafts = vec![draft("note.recorded"); if n % 3 == 0 { 3 } else { 1 }];
            let head = batches.last().map(|batch| batch.head());
            batches.push(seal(head, &stamp, &drafts, &[], None).unwrap());
        }
        let events = batches.iter().flat_map(|batch| batch.events());
        events.flat_map(|recorded| recorded.line.clone()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_damaged_journal_is_followed_as_far_as_line_by_line(
            at in any::<prop::sample::Index>(),
            byte in prop::sample::select(b"\n\"0a}\xff".to_vec()),
            end in any::<prop::sample::Index>(),
            threads in 1..6usize,
            piece in 1..5_000usize,
        ) {
            let mut bytes = journal();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(bytes.len() - end.index(bytes.len()) / 8);
            let followed = follow_with(&bytes[..], Links::new(), (), threads, piece).unwrap();
            prop_assert_eq!((followed.fault, followed.events), plainly(&bytes));
        }
    }

    #[test]
    fn the_tree_is_that_of_the_lines_one_by_one() {
        let journal = journal();
        let mut expected = Tree::new();
        let lines = journal.split_inclusive(|&byte| byte == b'\n');
        for line in lines.clone() {
            expected.push(Hash::of_leaf(Examined::new(line).unwrap().header_bytes()));
        }
        for (threads, piece) in [(1, 1 << 20), (2, 64), (3, 700), (8, 2_000)] {
            let links = Links::new();
            let followed = follow_with(&journal[..], links, Tree::new(), threads, piece).unwrap();
            assert_eq!(followed.leaves, expected);
        }
        // Where it ends with a fault, it has the lines before that.
        let torn = [&journal[..], b"{}\n"].concat();
        let followed = follow_with(&torn[..], Links::new(), Tree::new(), 2, 700).unwrap();
        assert!(followed.fault.is_some());
        assert_eq!(followed.leaves, expected);
        // A history that went apart is followed too.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
        let merge = std::fs::read(folder.join("good/merge.jsonl")).unwrap();
        let lines = merge.iter().filter(|&&byte| byte == b'\n').count();
        let copied = super::super::source::Copied::new(io::Cursor::new(merge)).unwrap();
        let followed = follow_all(copied, &Tree::new).unwrap();
        assert!(followed.fault.is_none());
        assert_eq!(followed.leaves.size(), lines as u64);
    }

    /// Gives empty lines without end, and counts what it gives.
    struct Endless(usize);

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            into.fill(b'\n');
            self.0 += into.len();
            Ok(into.len())
        }
    }

    #[test]
    fn no_more_is_read_ahead_than_one_piece_a_thread() {
        let journal = journal();
        for (threads, piece) in [(1, 1_000), (2, 4_000), (4, 700), (8, 3_000)] {
            let mut endless = Endless(0);
            let followed = follow_with(
                journal.chain(&mut endless),
                Links::new(),
                (),
                threads,
                piece,
            )
            .unwrap();
            assert_eq!(followed.fault.unwrap().kind.code(), "NOT_CANONICAL");
            assert_eq!((None, followed.events), plainly(&journal));
            assert!(
                endless.0 <= threads * piece,
                "{} {threads} {piece}",
                endless.0
            );
        }
    }

    #[test]
    fn a_line_without_end_is_refused_in_bounded_memory() {
        let followed = follow(io::repeat(b'x'), Links::new(), ()).unwrap();
        assert!(followed.fault.is_some());
    }

    /// A disk that cannot be read.
    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }

    #[test]
    fn trouble_with_reading_is_told_unless_a_fault_stands_before_it() {
        for threads in [1, 2, 5] {
            let journal = journal();
            let read = follow_with(journal.chain(Broken), Links::new(), (), threads, 2_000);
            assert_eq!(read.err().unwrap().to_string(), "broken");
            let torn = [b"\n", &journal[..]].concat();
            let followed =
                follow_with(torn.chain(Broken), Links::new(), (), threads, 2_000).unwrap();
            assert!(followed.fault.is_some());
        }
    }
}
