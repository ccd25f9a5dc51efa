//! The chain alone, in memory that does not grow with the journal.
//!
//! Looking at each line by itself is most of the work and needs no order, so it is shared out
//! to threads, a piece of the journal each; then the lines are linked in order.

use std::io::{self, Read};
use std::num::NonZero;
use std::thread;

use ledger_core::codec::MAX_LINE;
use ledger_core::examine::Examined;
use ledger_core::link::Links;
use ledger_core::{Defect, Fault};

/// Bytes that a thread is given at once; a longer line is a piece of its own. Waking a thread
/// takes as long as examining many lines.
const PIECE: usize = 1 << 20;

/// The most threads that are used.
const THREADS: usize = 8;

/// How far a chain was followed.
pub(super) struct Followed {
    /// Events of whole batches.
    pub(super) events: u64,
    /// Whole batches.
    pub(super) batches: u64,
    /// The state after the last event that links.
    pub(super) links: Links,
    /// What ended it before the journal's end.
    pub(super) fault: Option<Fault>,
}

/// Follows the chain of what a reader gives to its end or its first fault.
pub(super) fn follow(reader: impl Read) -> io::Result<Followed> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    follow_with(reader, threads.min(THREADS), PIECE)
}

fn follow_with(reader: impl Read, threads: usize, piece: usize) -> io::Result<Followed> {
    let mut pieces = Pieces {
        reader,
        piece,
        rest: Vec::new(),
    };
    let mut followed = Followed {
        events: 0,
        batches: 0,
        links: Links::new(),
        fault: None,
    };
    let mut buffers = vec![Vec::new(); threads];
    loop {
        let mut filled = 0;
        for buffer in &mut buffers {
            if !pieces.fill(buffer)? {
                break;
            }
            filled += 1;
        }
        let round = buffers.get(..filled).unwrap_or_default();
        if round.is_empty() {
            return Ok(followed);
        }
        thread::scope(|scope| {
            let (first, others) = round.split_first()?;
            let others: Vec<_> = others
                .iter()
                .map(|piece| scope.spawn(|| examine(piece)))
                .collect();
            followed.link(&examine(first))?;
            for (other, piece) in others.into_iter().zip(&round[1..]) {
                // A thread that could not go on is no reason to leave its lines out.
                followed.link(&other.join().unwrap_or_else(|_| examine(piece)))?;
            }
            Some(())
        });
        if followed.fault.is_some() {
            return Ok(followed);
        }
    }
}

fn examine(piece: &[u8]) -> Vec<Result<Examined<'_>, Defect>> {
    piece
        .split_inclusive(|&byte| byte == b'\n')
        .map(Examined::new)
        .collect()
}

impl Followed {
    /// Links further lines; `None` at the first that does not follow.
    fn link(&mut self, lines: &[Result<Examined<'_>, Defect>]) -> Option<()> {
        for line in lines {
            let linked = match line {
                Ok(line) => self.links.link(line),
                Err(defect) => Err(self.links.fault(defect.clone())),
            };
            match linked {
                Ok(complete) => self.batches += u64::from(complete),
                Err(fault) => {
                    self.fault = Some(fault);
                    break;
                }
            }
        }
        self.events = self.links.head().map_or(0, |head| head.seq.0 + 1);
        self.fault.is_none().then_some(())
    }
}

/// A reader's bytes in pieces of whole lines.
struct Pieces<R> {
    reader: R,
    piece: usize,
    /// The beginning of the next piece.
    rest: Vec<u8>,
}

impl<R: Read> Pieces<R> {
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
            let end = bytes.iter().rposition(|&byte| byte == b'\n');
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

    use ledger_core::Verifier;

    use super::*;

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
                let followed = follow_with(&bytes[..], threads, piece).unwrap();
                assert_eq!(followed.fault, fault, "{name}");
                assert_eq!(followed.events, events, "{name}");
            }
        }
    }

    #[test]
    fn a_line_without_end_is_refused_in_bounded_memory() {
        let followed = follow(io::repeat(b'x')).unwrap();
        assert!(followed.fault.is_some());
    }
}
