//! Finding events by what their rows say.

use ledger_core::{Seq, TaskKey};

use super::{Index, SEQ_KEY, last_seq, seq_key};
use crate::error::StoreError;
use crate::pick::Span;
use crate::segment::{Entry, Row, short_hash};

impl Index {
    /// Looks at the row of every event up to `until`; `wanted` returns `false` to stop.
    fn scan(
        &self,
        until: Seq,
        mut wanted: impl FnMut(Seq, &Row<'_>) -> bool,
    ) -> Result<(), StoreError> {
        match self.scan_blocks(|seq, row| seq <= until && wanted(seq, row))? {
            Some(next) if next <= until.0 => self.scan_entries(next, until, wanted),
            _ => Ok(()),
        }
    }

    /// The same from event `from` on, by the index entries.
    pub(super) fn scan_entries(
        &self,
        from: u64,
        until: Seq,
        mut wanted: impl FnMut(Seq, &Row<'_>) -> bool,
    ) -> Result<(), StoreError> {
        let first = self.last(seq_key(b'i', 0), seq_key(b'i', from))?;
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
                for (seq, row) in entry.rows().skip_while(|(seq, _)| *seq < from) {
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
            let nibbles = row.id().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
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

    /// Where the lines of these events are in the journal.
    pub(crate) fn spans<'s>(
        &self,
        seqs: impl Iterator<Item = &'s Seq>,
    ) -> Result<Vec<Span>, StoreError> {
        let mut spans = Vec::new();
        let mut seqs = seqs.copied().peekable();
        while let Some(&seq) = seqs.peek() {
            let found = self.last(seq_key(b'i', 0), seq_key(b'i', seq.0))?;
            let entry = found.as_ref().and_then(|(_, value)| Entry::read(value));
            let entry = entry.filter(|entry| entry.row(seq).is_some());
            let entry = entry.ok_or_else(|| self.damaged("a segment is missing or garbled"))?;
            let mut wanted = Vec::new();
            while let Some(row) = seqs.peek().and_then(|&seq| entry.row(seq)) {
                wanted.extend(seqs.next().map(|seq| (seq, row.id())));
            }
            spans.push(Span {
                offset: entry.info.offset,
                first: Seq(entry.info.first),
                wanted,
            });
        }
        Ok(spans)
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
}
