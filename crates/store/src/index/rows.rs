//! Finding events by what their rows say.

use ledger_core::{Seq, TaskKey};

use super::{Index, SEQ_KEY, last_seq, seq_key};
use crate::error::StoreError;
use crate::pick::Place;
use crate::segment::{Entry, Placed, Row, short_hash};

impl Index {
    /// Looks at the row of every event up to `until`; `wanted` returns `false` to stop.
    fn scan(
        &self,
        until: Seq,
        mut wanted: impl FnMut(&Placed<'_>) -> bool,
    ) -> Result<(), StoreError> {
        match self.scan_blocks(|own| own.seq <= until && wanted(own))? {
            Some(next) if next <= until.0 => self.scan_entries(Seq(next), until, wanted),
            _ => Ok(()),
        }
    }

    /// The same from event `from` on, by the index entries.
    pub(super) fn scan_entries(
        &self,
        from: Seq,
        until: Seq,
        mut wanted: impl FnMut(&Placed<'_>) -> bool,
    ) -> Result<(), StoreError> {
        let first = self.last(seq_key(b'i', 0), seq_key(b'i', from.0))?;
        let first = first.and_then(|(key, _)| last_seq(&key));
        let mut next = first.map_or(0, |first| first.0);
        let whole = self.call("read", |db| {
            for item in db.range(seq_key(b'i', next)..vec![b'i' + 1]) {
                let (key, value) = item?;
                if key.len() > SEQ_KEY {
                    continue;
                }
                let Some(entry) = Entry::read(&value).filter(|entry| entry.info.first == next)
                else {
                    return Ok(false);
                };
                next += entry.count();
                for own in entry.rows().skip_while(|own| own.seq < from) {
                    if own.seq > until || !wanted(&own) {
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
        self.scan(until, |own| {
            let id = own.row.id().into_iter();
            let nibbles = id.flat_map(|byte| [byte >> 4, byte & 15]);
            if nibbles.zip(&digits).all(|(own, digit)| own == *digit) {
                found.push(own.seq);
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

    /// Where the lines of these events are in the journal.
    pub(crate) fn places<'s>(
        &self,
        seqs: impl Iterator<Item = &'s Seq>,
    ) -> Result<Vec<Place>, StoreError> {
        let mut places = Vec::new();
        let mut seqs = seqs.peekable();
        while let Some(&&seq) = seqs.peek() {
            let known = places.len();
            let mut take = |own: Placed<'_>| {
                if seqs.next_if(|seq| **seq == own.seq).is_some() {
                    places.push(Place::of(&own));
                }
            };
            if let Some(block) = self.block(seq)? {
                block.rows().for_each(&mut take);
            } else {
                let found = self.last(seq_key(b'i', 0), seq_key(b'i', seq.0))?;
                let entry = found.as_ref().and_then(|(_, value)| Entry::read(value));
                entry.iter().flat_map(Entry::rows).for_each(&mut take);
            }
            if places.len() == known {
                return Err(self.damaged("a segment is missing or garbled"));
            }
        }
        Ok(places)
    }

    fn collect(
        &self,
        until: Seq,
        wanted: impl Fn(&Row<'_>) -> bool,
    ) -> Result<Vec<Seq>, StoreError> {
        let mut found = Vec::new();
        self.scan(until, |own| {
            if wanted(&own.row) {
                found.push(own.seq);
            }
            true
        })?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Absorbed, MARK};
    use super::*;
    use crate::conformance::append;
    use crate::journal::Journal;
    use crate::memory::MemoryStore;
    use crate::pick;

    /// A journal of batches of these lengths, in a folder, and its lines.
    fn journal(folder: &tempfile::TempDir, lengths: &[usize]) -> (Journal, Vec<Vec<u8>>) {
        let mut memory = MemoryStore::new();
        let mut lines = Vec::new();
        for &length in lengths {
            let batch = append(&mut memory, &vec!["T-1"; length], None);
            lines.extend(batch.events().iter().map(|own| own.line.clone()));
        }
        let path = folder.path().join("journal.jsonl");
        std::fs::write(&path, lines.concat()).unwrap();
        (Journal::open(path).unwrap(), lines)
    }

    #[test]
    fn any_events_are_read_from_their_places() {
        let folder = tempfile::tempdir().unwrap();
        // Some stand in a block, some in segments of one batch, of several and of a part of one.
        let (journal, lines) = journal(&folder, &[1, 3_000, 7, 300, 1, 900, 5, 5, 2, 600]);
        let index = Index::open(&folder.path().join("store"), 1 << 20).unwrap();
        index.absorb(&journal).unwrap();
        let count = lines.len() as u64;
        let all: BTreeSet<Seq> = (0..count).map(Seq).collect();
        let few: BTreeSet<Seq> = (0..count).step_by(97).map(Seq).collect();
        let one = |seq| BTreeSet::from([Seq(seq)]);
        let ends = [one(0), one(4_095), one(4_096), one(count - 1)];
        for wanted in [all, few].iter().chain(&ends) {
            let places = index.places(wanted.iter()).unwrap();
            let read = pick::noted(journal.path(), &places, |line| Ok(line.recorded()?.line));
            let read = read.unwrap().unwrap();
            let own: Vec<&Vec<u8>> = wanted.iter().map(|seq| &lines[seq.0 as usize]).collect();
            assert_eq!(read.iter().collect::<Vec<_>>(), own);
        }
        assert!(index.places([Seq(count)].iter()).is_err());
    }

    #[test]
    fn a_journal_that_ends_before_a_place_is_none_that_was_noted() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, lines) = journal(&folder, &[1, 5]);
        let index = Index::open(&folder.path().join("store"), 1 << 20).unwrap();
        index.absorb(&journal).unwrap();
        let places = index.places([Seq(5)].iter()).unwrap();
        std::fs::write(journal.path(), lines[..5].concat()).unwrap();
        let read = pick::noted(journal.path(), &places, |line| line.recorded());
        assert_eq!(read.unwrap(), None);
    }

    #[test]
    fn a_store_whose_rows_are_of_another_form_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) = journal(&folder, &[1, 5]);
        let index = Index::open(&folder.path().join("store"), 1 << 20).unwrap();
        assert_eq!(index.absorb(&journal).unwrap(), Absorbed::UpTo(6));
        let mark = index.mark().unwrap().unwrap();
        let text = serde_json::to_vec(&mark).unwrap();
        index.call("write", |db| db.insert(MARK, text)).unwrap();
        assert_eq!(index.mark().unwrap(), Some(mark));
        assert!(matches!(
            index.absorb(&journal),
            Err(StoreError::StoreDamaged { .. })
        ));
        // Its lines are the history's, so nothing is wrong with it.
        index.check(Seq(5)).unwrap();
    }
}
