//! Removing what should never have been recorded: a password, a name, a customer's data.
//!
//! Headers commit to parts only by their salted hashes, so a part can go from a body and no id
//! changes (ledger-format.md §3.3, §6.4). Which parts went is an event of its own,
//! `body.redacted`, and recorded before they go: whoever finds one of them still there, because
//! something broke off or because an older copy was put back, can take it out again.

mod secret;
mod trace;

use std::collections::{BTreeMap, BTreeSet};

use ledger_document::hunk::diff;
use ledger_document::text::content;
use ledger_document::{Document, Line};
use serde_json::{Value, json};

use crate::codec::Defect;
use crate::codec::line::Frame;
use crate::event::{Draft, Event, Origin, Part};
use crate::id::EventId;
use crate::plan::wire::{REDACTED, part};

pub use secret::{Secret, Unfit};
pub use trace::Trace;

/// The type of the event that says what was removed.
pub const KIND: &str = "body.redacted";

/// How many events one `body.redacted` names at most, so that no body gets too long.
const MOST_NAMED: usize = 10_000;

/// Parts that are to go, or went: the numbers of those of each event, from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removal(BTreeMap<EventId, BTreeSet<usize>>);

impl Removal {
    /// Adds a part.
    pub fn add(&mut self, event: EventId, part: usize) {
        self.0.entry(event).or_default().insert(part);
    }

    /// Whether a part is to go.
    #[must_use]
    pub fn has(&self, event: &EventId, part: usize) -> bool {
        let parts = self.0.get(event);
        parts.is_some_and(|parts| parts.contains(&part))
    }

    /// Whether something of an event is to go.
    #[must_use]
    pub fn concerns(&self, event: &EventId) -> bool {
        self.0.contains_key(event)
    }

    /// Whether nothing is to go.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds all parts of another.
    pub fn join(&mut self, other: Self) {
        for (event, parts) in other.0 {
            self.0.entry(event).or_default().extend(parts);
        }
    }

    /// Leaves out what another has too.
    pub fn leave_out(&mut self, other: &Self) {
        self.0.retain(|event, parts| {
            let known = other.0.get(event);
            parts.retain(|part| known.is_none_or(|known| !known.contains(part)));
            !parts.is_empty()
        });
    }

    /// Adds what the journal line of a `body.redacted` names; of other events, nothing.
    ///
    /// # Errors
    /// The line is none.
    pub fn learn(&mut self, line: &[u8]) -> Result<(), Defect> {
        // Most lines are of other types, and need not be read to see it.
        if memchr::memmem::find(line, KIND.as_bytes()).is_none() {
            return Ok(());
        }
        let frame = Frame::read(line)?;
        if frame.header.to_header()?.kind != KIND {
            return Ok(());
        }
        for part in frame.parts()? {
            if let Part::Open { name, value, .. } = part
                && name == part::REDACTED
                && let Some((id, parts)) = named_by(&value)
            {
                self.0.entry(id).or_default().extend(parts);
            }
        }
        Ok(())
    }

    /// The journal line of an event without these parts; `None` if it has none of them any more.
    ///
    /// # Errors
    /// The line is none.
    pub fn take_from(&self, line: &[u8]) -> Result<Option<Vec<u8>>, Defect> {
        let frame = Frame::read(line)?;
        let Some(parts) = self.0.get(&frame.id) else {
            return Ok(None);
        };
        let without = frame.without(line, parts)?;
        Ok(Some(without).filter(|without| without != line))
    }

    /// The events that record the removal of these parts, and why.
    #[must_use]
    pub fn drafts(&self, reason: &str) -> Vec<Draft> {
        let all: Vec<(&EventId, &BTreeSet<usize>)> = self.0.iter().collect();
        let drafts = all.chunks(MOST_NAMED).map(|named| {
            let named = named.iter().map(|(event, parts)| {
                let value = json!({ "event": event, "parts": parts });
                (part::REDACTED, value)
            });
            let reason = (part::REASON, Value::String(reason.to_owned()));
            Draft {
                kind: KIND,
                task: None,
                from: None,
                to: None,
                parts: std::iter::once(reason).chain(named).collect(),
                origin: Origin::Commanded,
                attributed: true,
            }
        });
        drafts.collect()
    }
}

/// The event and the parts that a part `redacted` names.
pub(crate) fn named_by(value: &Value) -> Option<(EventId, Vec<usize>)> {
    let event = value.get("event")?.as_str()?.parse().ok()?;
    let parts = value.get("parts")?.as_array()?.iter();
    let parts = parts.map(|part| usize::try_from(part.as_u64()?).ok());
    Some((event, parts.collect::<Option<_>>()?))
}

/// Why a part cannot be removed: the state of the plan is folded from it. `None` if it can be, or
/// is not there.
#[must_use]
pub fn needed(event: &Event, at: usize) -> Option<&'static str> {
    let Some(Part::Open { name, .. }) = event.body.get(at) else {
        return None;
    };
    match (name.as_str(), event.header.kind.as_str()) {
        (part::HUNK, _) => Some("it says which lines changed"),
        (crate::verify::DOCUMENT_SALT, _) => Some("the plan's text is checked with it"),
        (part::TASK | part::ID | part::GONE, _) => Some("it says which task stands where"),
        (part::DOCUMENT | part::GRAMMAR, _) => Some("it says what is tracked"),
        (part::PATH, "document.adopted" | "document.renamed" | "rules.changed") => {
            Some("it says where a tracked file lies")
        }
        (part::RULES, _) => Some("it says what the project allows"),
        (part::WAS, "task.restored" | "task.rekeyed") | (part::VALUE, "task.rekeyed") => {
            Some("it says which task it was")
        }
        (part::ITEM | part::RUN | part::ARTIFACT | part::VIOLATION, _) => {
            Some("it says what the parts behind it are about")
        }
        (part::CHECKPOINT, _) => Some("it is what the history before it is checked against"),
        (part::COMMAND, _) => Some("it is a digest, which tells a command that is repeated"),
        (part::REDACTED, _) => Some("it says what was redacted"),
        _ => None,
    }
}

/// An older text of a document as whoever made `found` of it had it, as far as that can be told:
/// where a line was redacted since, the line that `found` has in its place. Else everything that
/// stands there still would be taken for their edit, and be recorded anew.
#[must_use]
pub fn unmarked(older: &Document, found: &Document) -> Document {
    if !older.lines().iter().any(is_mark) {
        return older.clone();
    }
    // A mark stands for any line as far as nothing else differs, from both ends.
    let fits = |(own, other): &(&Line, &Line)| is_mark(own) || own == other;
    let (own, other) = (older.lines(), found.lines());
    let front = own.iter().zip(other).take_while(fits).count();
    let rest = own.len().min(other.len()) - front;
    let pairs = own.iter().rev().zip(other.iter().rev()).take(rest);
    let back = pairs.take_while(fits).count();
    let piece =
        |lines: &[Line], from: usize, to: usize| lines.get(from..to).unwrap_or_default().to_vec();
    let document = |lines: Vec<Line>| Document::from(lines.concat().as_str());
    let middle = |lines: &[Line]| document(piece(lines, front, lines.len() - back));
    let mut lines = piece(other, 0, front);
    lines.extend(paired(&middle(own), &middle(other)));
    lines.extend(piece(other, other.len() - back, other.len()));
    document(lines)
}

fn is_mark(line: &Line) -> bool {
    content(line) == REDACTED
}

/// The lines of `older`, where marks are the lines of `found` that differ in their place.
fn paired(older: &Document, found: &Document) -> Vec<Line> {
    let mut lines = older.lines().to_vec();
    let mut grown = 0_usize;
    let mut shrunk = 0_usize;
    for hunk in diff(older, found) {
        let at = (hunk.at + shrunk).saturating_sub(grown);
        let (gone, come) = (hunk.remove, hunk.insert.len());
        for nth in 0..gone {
            let all_marks = |range: std::ops::Range<usize>| {
                let mut lines = older.lines().iter().skip(range.start).take(range.len());
                lines.all(is_mark)
            };
            // Lines are paired from both ends of what differs, as far as there are marks only.
            let from_start = (gone == come || all_marks(at..at + nth)).then_some(nth);
            let from_end = all_marks(at + nth..at + gone).then(|| (come + nth).checked_sub(gone));
            let pair = from_start.or(from_end.flatten());
            let pair = pair.and_then(|pair| hunk.insert.get(pair));
            if let (Some(line), Some(pair)) = (lines.get_mut(at + nth), pair)
                && is_mark(line)
            {
                *line = pair.clone();
            }
        }
        grown += come;
        shrunk += gone;
    }
    lines
}
