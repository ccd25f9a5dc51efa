//! Single events out of the journal, without the time that reading and verifying all around them
//! takes.
//!
//! When the store absorbs an event, all before it were verified, and the first 64 bits of its id
//! are noted. A line that hashes to the noted id is the line that was absorbed, so it needs no
//! neighbours to be believed. Where nothing is noted, or a line has another id, the journal is
//! verified line by line from a head that is known, and whoever asks learns what is wrong with it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use ledger_core::codec::{Defect, MAX_LINE};
use ledger_core::examine::Examined;
use ledger_core::link::Links;
use ledger_core::{Fault, Head, Recorded, Seq};

use crate::replay::Check;

/// A line of the journal that is right in itself, and its place.
#[derive(Debug)]
pub(crate) struct Line<'l> {
    seq: Seq,
    text: &'l [u8],
    /// What it says.
    pub(crate) examined: Examined<'l>,
}

impl Line<'_> {
    /// The event with its line, copied.
    pub(crate) fn recorded(&self) -> Result<Recorded, Defect> {
        Ok(Recorded {
            seq: self.seq,
            event: self.examined.event()?,
            line: self.text.to_vec(),
        })
    }
}

/// Lines of the journal that follow each other, and what is noted of the wanted ones among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// Where the first line starts in the journal.
    pub(crate) offset: u64,
    /// The event of the first line.
    pub(crate) first: Seq,
    /// The wanted events in order, each with the beginning of its id.
    pub(crate) wanted: Vec<(Seq, [u8; 8])>,
}

/// Takes something out of the wanted lines of the journal at `path`. `None` if one of them is not
/// what was noted.
pub(crate) fn noted<T>(
    path: &Path,
    spans: &[Span],
    mut take: impl FnMut(&Line<'_>) -> Result<T, Defect>,
) -> io::Result<Option<Vec<T>>> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
    let (mut position, mut text, mut found) = (0, Vec::new(), Vec::new());
    for span in spans {
        let way = i64::try_from(i128::from(span.offset) - i128::from(position));
        reader.seek_relative(way.map_err(io::Error::other)?)?;
        position = span.offset;
        let mut next = span.first;
        for &(seq, id) in &span.wanted {
            while next < seq {
                position += reader.skip_until(b'\n')? as u64;
                next = next.next();
            }
            text.clear();
            let mut line = reader.by_ref().take(MAX_LINE as u64 + 1);
            position += line.read_until(b'\n', &mut text)? as u64;
            next = next.next();
            let own = Examined::new(&text).ok();
            let own = own.filter(|own| own.id().digest().as_bytes().starts_with(&id));
            let taken = own.and_then(|examined| {
                let text = &text;
                take(&Line {
                    seq,
                    text,
                    examined,
                })
                .ok()
            });
            match taken {
                Some(taken) => found.push(taken),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(found))
}

/// Verifies a journal line by line, and takes something out of the wanted lines.
#[derive(Debug)]
pub(crate) struct Picker<'w, T, F> {
    links: Links,
    wanted: &'w BTreeSet<Seq>,
    take: F,
    found: Vec<T>,
}

impl<'w, T, F> Picker<'w, T, F> {
    /// Starts after an event that was verified before; without one, at the beginning.
    pub(crate) fn after(head: Option<Head>, wanted: &'w BTreeSet<Seq>, take: F) -> Self {
        Self {
            links: head.map_or_else(Links::new, Links::resume),
            wanted,
            take,
            found: Vec::new(),
        }
    }
}

impl<T, F: FnMut(&Line<'_>) -> Result<T, Defect>> Check for Picker<'_, T, F> {
    /// What was taken out of the batch.
    type Batch = Vec<T>;

    fn line(&mut self, line: &[u8]) -> Result<Option<Vec<T>>, Fault> {
        let fault = |defect| self.links.fault(defect);
        let line = Line {
            seq: self.links.next_seq(),
            text: line,
            examined: Examined::new(line).map_err(fault)?,
        };
        let is_wanted = self.wanted.contains(&line.seq);
        let taken = is_wanted.then(|| (self.take)(&line));
        let taken = taken.transpose().map_err(fault)?;
        let complete = self.links.link(&line.examined)?;
        self.found.extend(taken);
        Ok(complete.then(|| std::mem::take(&mut self.found)))
    }

    fn head(&self) -> Option<&Head> {
        self.links.head()
    }

    fn links(&mut self) -> &mut Links {
        &mut self.links
    }
}
