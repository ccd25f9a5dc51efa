//! Single events out of the journal, without the time that reading and verifying all around them
//! takes.
//!
//! When the store absorbs an event, all before it were verified, and the first 64 bits of its id
//! are noted. A line that hashes to the noted id is the line that was absorbed, so it needs no
//! neighbours to be believed. Where nothing is noted, or a line has another id, the journal is
//! verified line by line from a head that is known, and whoever asks learns what is wrong with it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

use ledger_core::codec::{Defect, MAX_LINE};
use ledger_core::examine::Examined;
use ledger_core::link::Links;
use ledger_core::{Fault, Head, Recorded, Seq};

use crate::replay::Check;
use crate::segment::Placed;

/// Lines that are wanted mostly stand far apart, or all together.
const BUFFER: usize = 8 << 10;

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

/// Where the line of an event is, and what is noted of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    seq: Seq,
    /// Where it starts in the journal.
    offset: u64,
    /// How long it is.
    length: usize,
    /// The beginning of the event's id.
    id: [u8; 8],
}

impl Place {
    /// What is noted of an event.
    pub(crate) fn of(placed: &Placed<'_>) -> Self {
        Self {
            seq: placed.seq,
            offset: placed.offset,
            length: usize::try_from(placed.row.length()).unwrap_or(usize::MAX),
            id: placed.row.id(),
        }
    }
}

/// Takes something out of the lines at these places of the journal at `path`, in their order.
/// `None` if one of them is not what was noted.
pub(crate) fn noted<T>(
    path: &Path,
    places: &[Place],
    mut take: impl FnMut(&Line<'_>) -> Result<T, Defect>,
) -> io::Result<Option<Vec<T>>> {
    let mut reader = BufReader::with_capacity(BUFFER, File::open(path)?);
    let (mut position, mut text) = (0, Vec::new());
    let mut found = Vec::with_capacity(places.len());
    for place in places.iter().copied() {
        if place.length > MAX_LINE {
            return Ok(None);
        }
        let way = i64::try_from(i128::from(place.offset) - i128::from(position));
        reader.seek_relative(way.map_err(io::Error::other)?)?;
        text.resize(place.length, 0);
        match reader.read_exact(&mut text) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        position = place.offset.saturating_add(place.length as u64);
        let own = Examined::new(&text).ok();
        let own = own.filter(|own| own.id().digest().as_bytes().starts_with(&place.id));
        let taken = own.and_then(|examined| {
            let (seq, text) = (place.seq, &text);
            let line = Line {
                seq,
                text,
                examined,
            };
            take(&line).ok()
        });
        match taken {
            Some(taken) => found.push(taken),
            None => return Ok(None),
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
