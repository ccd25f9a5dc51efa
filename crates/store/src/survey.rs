//! Asking everybody: what the journal, the store, `head` and the records of checkouts know.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use ledger_core::codec::MAX_LINE;
use ledger_core::examine::Examined;
use ledger_core::{EventId, Head, Seq};

use crate::checkouts::{CheckoutRecord, Checkouts, Moment};
use crate::error::StoreError;
use crate::forks::each_line;
use crate::head::{self, HeadFile};
use crate::index::Index;
use crate::index::noted::{self, Noted};
use crate::journal::Journal;
use crate::layout::Layout;
use crate::reconcile::{Consent, End, Found, Mend, Refusal, end, surprises};
use crate::weave::{Piece, Woven, weave};

/// What remembers an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The file `head`.
    Head,
    /// The store, or what is noted beside it.
    Store,
    /// The record of the checkout at this folder.
    Record(PathBuf),
}

/// Something that knows an event by its position and id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Witness {
    pub(crate) source: Source,
    /// The file or directory it is in.
    pub(crate) place: PathBuf,
    pub(crate) moment: Moment,
    /// Of which ledger it is, where it says so. That is the id of the first event.
    pub(crate) ledger: Option<EventId>,
}

impl Witness {
    /// How messages name it.
    pub(crate) fn name(&self) -> String {
        match &self.source {
            Source::Head => "head".to_owned(),
            Source::Store => "the store".to_owned(),
            Source::Record(root) => format!("the record of {}", root.display()),
        }
    }
}

/// What a witness says of the history that was put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Testimony {
    /// Its event is there.
    Agrees,
    /// There is another event at its position.
    Other,
    /// The history does not go that far.
    Beyond,
}

/// Everything that was found out.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) found: Found,
    pub(crate) woven: Woven,
    pub(crate) witnesses: Vec<Witness>,
    /// Whether `head` is of another ledger than everything else.
    pub(crate) head_is_foreign: bool,
    /// Whether the store is.
    pub(crate) store_is_foreign: bool,
    /// Up to where the journal's own bytes are the history's.
    pub(crate) own_length: u64,
}

impl Survey {
    /// Asks everybody. The caller holds the lock; `store` is open, if it can be opened.
    pub(crate) fn take(
        layout: &Layout,
        journal: &Journal,
        store: Option<&Index>,
    ) -> Result<Self, StoreError> {
        Self::take_choosing(layout, journal, store, false)
    }

    /// Asks for somebody who chose the journal, of two histories: the store is not asked, and
    /// `head` does not decide about the last line. What it knows otherwise, it says.
    pub(crate) fn of_journal(layout: &Layout, journal: &Journal) -> Result<Self, StoreError> {
        Self::take_choosing(layout, journal, None, true)
    }

    fn take_choosing(
        layout: &Layout,
        journal: &Journal,
        store: Option<&Index>,
        journal_is_chosen: bool,
    ) -> Result<Self, StoreError> {
        let head = head::read(&layout.head()).ok().flatten();
        let mark = store.and_then(|index| index.mark().ok().flatten());
        let ours = first_id(journal.path())?;
        let of_head = head.as_ref().map(|file| file.mark.head.ledger);
        let of_store = mark.as_ref().map(|mark| mark.head.ledger);
        // Where they are of one ledger, nobody else has to be asked of which.
        let other = |of: Option<EventId>| of.is_some() && of != ours;
        let recorded = (other(of_head) || other(of_store)) && is_recorded(layout, journal)?;
        let (head_is_foreign, store_is_foreign) = foreign(ours, of_head, of_store, recorded);
        let head = head.filter(|_| !head_is_foreign);
        let store = store.filter(|_| !store_is_foreign);
        let mut witnesses = witnesses(layout, head.as_ref())?;
        let own = ours.or(head.as_ref().map(|file| file.mark.head.ledger));
        let of_own = |noted: &Noted| own.is_none_or(|own| own == noted.ledger);
        let noted = noted::read(&layout.store()).filter(of_own);
        let noted = noted.filter(|_| !journal_is_chosen);
        witnesses.extend(noted.map(|noted| of_note(layout, &noted)));
        if let Some(mark) = mark.filter(|_| !store_is_foreign) {
            witnesses.push(Witness {
                source: Source::Store,
                place: layout.store(),
                moment: Moment {
                    seq: mark.head.seq,
                    id: mark.head.id,
                },
                ledger: Some(mark.head.ledger),
            });
        }
        let ask: Vec<Seq> = witnesses.iter().map(|one| one.moment.seq).collect();
        let mut woven = weave(journal.path(), store, &ask, None)?;
        // Nothing follows the last line that would show whether it was changed: but head knows.
        if let Some(file) = &head
            && !journal_is_chosen
            && let Some(last) = &woven.head
            && last.ledger == file.mark.head.ledger
            && last.seq == file.mark.head.seq
            && last.id != file.mark.head.id
        {
            let only = Some((last.seq, file.mark.head.id));
            woven = weave(journal.path(), store, &ask, only)?;
        }
        let (mend, own_length, own) = mending(&woven);
        let mut found = Found {
            together: woven.events(),
            mend,
            own,
            end: End::Clean,
            fork: woven.fork.map(|seq| seq.0),
            contradicted: None,
            known: 0,
            has_head: head.is_some(),
        };
        found.end = if journal.length() <= own_length {
            End::Clean
        } else if mend == Mend::Nothing {
            let mut replay = journal.replay(woven.head.clone(), woven.length)?;
            while replay.next_batch()?.is_some() {}
            match (end(&replay.rest()), &woven.fault) {
                // It verifies by itself, and is not what head knows.
                (End::Clean, Some(_)) => End::Bad,
                (end, _) => end,
            }
        } else {
            End::Torn
        };
        let mut survey = Self {
            found,
            woven,
            witnesses,
            head_is_foreign,
            store_is_foreign,
            own_length,
        };
        survey.found.known = survey
            .witnesses
            .iter()
            .map(|one| one.moment.seq.0 + 1)
            .max()
            .unwrap_or(0);
        survey.found.contradicted = survey.first_other().map(|one| survey.parts_at(one).0);
        Ok(survey)
    }

    /// What a witness says.
    pub(crate) fn testimony(&self, witness: &Witness) -> Testimony {
        let moment = &witness.moment;
        match self.woven.ids.get(&moment.seq) {
            _ if self.is_of_another(witness) => Testimony::Other,
            Some(id) if *id == moment.id => Testimony::Agrees,
            Some(_) => Testimony::Other,
            None => Testimony::Beyond,
        }
    }

    /// Whether a witness is of another ledger. A first line that was changed would make it look
    /// so, and then the next one does not follow.
    fn is_of_another(&self, witness: &Witness) -> bool {
        let whole = self
            .woven
            .head
            .as_ref()
            .filter(|_| self.woven.fault.is_none());
        let own = whole.map(|head| head.ledger);
        own.is_some_and(|own| witness.ledger.is_some_and(|ledger| ledger != own))
    }

    /// Where a witness parts with the history, as far as it says.
    fn parts_at(&self, witness: &Witness) -> Seq {
        match self.is_of_another(witness) {
            true => Seq(0),
            false => witness.moment.seq,
        }
    }

    fn first_other(&self) -> Option<&Witness> {
        let other = |one: &&Witness| self.testimony(one) == Testimony::Other;
        self.witnesses
            .iter()
            .filter(other)
            .min_by_key(|one| self.parts_at(one))
    }

    /// The witness that knows most.
    fn first_beyond(&self) -> Option<&Witness> {
        let beyond = |one: &&Witness| self.testimony(one) == Testimony::Beyond;
        // Of several, the first: head, where it is one of them.
        let beyond = self.witnesses.iter().rev().filter(beyond);
        beyond.max_by_key(|one| one.moment.seq)
    }

    /// The error for a refusal.
    pub(crate) fn error(&self, layout: &Layout, refusal: Refusal) -> StoreError {
        let path = layout.journal();
        let name = |witness: Option<&Witness>| {
            witness.map_or_else(|| "the ledger".to_owned(), Witness::name)
        };
        match refusal {
            Refusal::Fork(at) => StoreError::Fork {
                path,
                store: layout.store(),
                line: at + 1,
            },
            Refusal::Contradicted(at) => StoreError::Contradicted {
                path,
                line: at + 1,
                known_by: name(self.first_other()),
            },
            Refusal::Gone(from, until) => StoreError::Gone {
                path,
                first: Seq(from),
                last: Seq(until.saturating_sub(1).max(from)),
                known_by: name(self.first_beyond()),
            },
            Refusal::Bad(at, Consent::Repair) => StoreError::Mendable {
                path,
                line: at + 1,
                in_store: self.woven.restored().next().is_some(),
            },
            Refusal::Bad(at, _) => match &self.woven.fault {
                Some(fault) => StoreError::BadLine {
                    path,
                    line: fault.seq.0 + 1,
                    what: fault.kind.to_string(),
                },
                None => StoreError::BadLine {
                    path,
                    line: at + 1,
                    what: "it does not verify".to_owned(),
                },
            },
        }
    }
}

/// What `head` and the records of checkouts know. A record that cannot be made out knows nothing.
pub(crate) fn witnesses(
    layout: &Layout,
    head: Option<&HeadFile>,
) -> Result<Vec<Witness>, StoreError> {
    let mut witnesses = Vec::new();
    witnesses.extend(head.map(|file| of_head(layout, file)));
    for (place, record) in Checkouts::new(layout.checkouts()).all()? {
        witnesses.extend(record.iter().flat_map(|record| of_record(&place, record)));
    }
    Ok(witnesses)
}

/// Those that can be read: what cannot be knows nothing.
pub(crate) fn readable(layout: &Layout) -> Vec<Witness> {
    let head = head::read(&layout.head()).ok().flatten();
    let noted = noted::read(&layout.store());
    let mut witnesses: Vec<Witness> = head.iter().map(|file| of_head(layout, file)).collect();
    witnesses.extend(noted.map(|noted| of_note(layout, &noted)));
    for (place, record) in Checkouts::new(layout.checkouts()).readable() {
        witnesses.extend(of_record(&place, &record));
    }
    witnesses
}

fn of_head(layout: &Layout, file: &HeadFile) -> Witness {
    Witness {
        source: Source::Head,
        place: layout.head(),
        moment: Moment {
            seq: file.mark.head.seq,
            id: file.mark.head.id,
        },
        ledger: Some(file.mark.head.ledger),
    }
}

fn of_note(layout: &Layout, noted: &Noted) -> Witness {
    Witness {
        source: Source::Store,
        place: noted::place(&layout.store()),
        moment: noted.moment,
        ledger: Some(noted.ledger),
    }
}

fn of_record<'a>(
    place: &'a Path,
    record: &'a CheckoutRecord,
) -> impl Iterator<Item = Witness> + 'a {
    record.moments().map(|moment| Witness {
        source: Source::Record(record.root.clone()),
        place: place.to_owned(),
        moment,
        ledger: None,
    })
}

/// What is known beside the journal and `head`, as far as small files say: enough to find out
/// whether everybody has to be asked.
#[derive(Debug, Default)]
pub(crate) struct Known {
    of_records: Vec<Moment>,
    of_store: Option<Noted>,
}

impl Known {
    /// What is known now. Whoever writes these files has written journal and `head` before, so
    /// what is read of those later never has less.
    pub(crate) fn read(layout: &Layout) -> Self {
        let records = Checkouts::new(layout.checkouts()).readable();
        let moments = records.iter().flat_map(|(_, record)| record.moments());
        Self {
            of_records: moments.collect(),
            of_store: noted::read(&layout.store()),
        }
    }

    /// Whether somebody knows an event that a history which ends with `head` does not have.
    pub(crate) fn surprises(&self, head: Option<&Head>) -> bool {
        // Another ledger's store is seen to when it is opened.
        let own = |noted: &&Noted| head.is_none_or(|head| head.ledger == noted.ledger);
        let of_store = self.of_store.as_ref().filter(own);
        let mut moments = self
            .of_records
            .iter()
            .chain(of_store.map(|noted| &noted.moment));
        moments.any(|moment| surprises(moment, head))
    }
}

/// Whether `head`, or the store, is of another ledger than everything else. Where one of the two
/// is missing, the record of a checkout that knows an event of the journal (`recorded`) stands for
/// it: one alone against the journal leaves open which of them is in the wrong place.
fn foreign(
    journal: Option<EventId>,
    head: Option<EventId>,
    store: Option<EventId>,
    recorded: bool,
) -> (bool, bool) {
    let Some(journal) = journal else {
        // There is nothing to put back from the store of another ledger.
        return (false, head.is_some() && store.is_some() && head != store);
    };
    let differs = |of: Option<EventId>| of.is_some_and(|of| of != journal);
    let agrees = |of: Option<EventId>| of.map_or(recorded, |of| of == journal);
    (
        differs(head) && agrees(store),
        differs(store) && agrees(head),
    )
}

/// Whether the record of a checkout knows an event that the journal has.
fn is_recorded(layout: &Layout, journal: &Journal) -> Result<bool, StoreError> {
    let known = Known::read(layout).of_records;
    let mut found = false;
    each_line(journal.path(), journal.length(), |seq, line| {
        if known.iter().any(|moment| moment.seq == seq)
            && let Ok(line) = Examined::new(line)
        {
            let id = line.id();
            found = known.contains(&Moment { seq, id });
        }
        !found
    })
    .map_err(StoreError::io("read", journal.path()))?;
    Ok(found)
}

/// The ledger that a journal says it is of, if its first line is right in itself.
fn first_id(path: &Path) -> Result<Option<EventId>, StoreError> {
    let Ok(file) = File::open(path) else {
        return Ok(None);
    };
    let mut line = Vec::new();
    BufReader::new(file.take(MAX_LINE as u64))
        .read_until(b'\n', &mut line)
        .map_err(StoreError::io("read", path))?;
    let first = Examined::new(&line).ok();
    Ok(first
        .filter(|first| first.first_parent().is_none())
        .map(|first| first.id()))
}

/// Which lines the journal lacks, how many bytes of its own are the history's, and how many
/// events come before the first that it lacks.
fn mending(woven: &Woven) -> (Mend, u64, u64) {
    let own = woven.in_place();
    match woven.pieces.as_slice() {
        [] => (Mend::Nothing, 0, own),
        [Piece::Journal { start: 0, end, .. }] => (Mend::Nothing, (*end).min(woven.length), own),
        [Piece::Store { .. }] => (Mend::End, 0, own),
        [Piece::Journal { start: 0, end, .. }, Piece::Store { .. }] => (Mend::End, *end, own),
        _ => (Mend::Middle, 0, own),
    }
}

#[cfg(test)]
mod tests {
    use ledger_core::Digest;

    use super::*;

    #[test]
    fn what_is_of_another_ledger_than_everything_else_is_foreign() {
        let [a, b, c] = [1, 2, 3].map(|n| Some(EventId::new(Digest::from_bytes([n; 32]))));
        // The ledgers of journal, head and store, whether a record knows the journal, and whether
        // head or the store is foreign.
        for (journal, head, store, recorded, expected) in [
            (a, a, a, false, (false, false)),
            (a, b, a, false, (true, false)),
            (a, a, b, false, (false, true)),
            // The journal is.
            (a, b, b, false, (false, false)),
            (a, b, b, true, (false, false)),
            (a, b, c, true, (false, false)),
            // Two that differ say nothing by themselves.
            (a, b, None, false, (false, false)),
            (a, None, b, false, (false, false)),
            (a, b, None, true, (true, false)),
            (a, None, b, true, (false, true)),
            (a, None, None, true, (false, false)),
            (None, a, b, true, (false, true)),
            (None, a, None, true, (false, false)),
            (None, None, b, true, (false, false)),
        ] {
            let found = foreign(journal, head, store, recorded);
            assert_eq!(found, expected, "{journal:?} {head:?} {store:?} {recorded}");
        }
    }
}
