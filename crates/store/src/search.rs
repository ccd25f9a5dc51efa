//! Lookups by reading through the history: for memory, and for ledgers so short that this is
//! faster than opening an index.

use std::collections::HashMap;

use ledger_core::{Batch, Branch, Branches, EventId, Recorded, Seq, TaskKey, Verified};

use crate::error::StoreError;
use crate::store::Batches;

/// The events whose id starts with these hex digits.
pub(crate) fn find_id(
    batches: Batches,
    prefix: &str,
    limit: usize,
) -> Result<Vec<Seq>, StoreError> {
    collect(batches, limit, |recorded| {
        recorded.event.id.to_string().starts_with(prefix)
    })
}

/// The events about a task.
pub(crate) fn seqs_of_task(batches: Batches, key: &TaskKey) -> Result<Vec<Seq>, StoreError> {
    collect(batches, usize::MAX, |recorded| {
        recorded.event.header.task.as_ref() == Some(key)
    })
}

/// The events of a type.
pub(crate) fn find_type(batches: Batches, kind: &str) -> Result<Vec<Seq>, StoreError> {
    collect(batches, usize::MAX, |recorded| {
        recorded.event.header.kind == kind
    })
}

/// The moments whose cause starts with `prefix`, each with its cause.
pub(crate) fn find_cause(batches: Batches, prefix: &str) -> Result<Vec<(Seq, String)>, StoreError> {
    let mut found = Vec::new();
    for batch in batches {
        let batch = batch?;
        let mut causes = batch
            .events()
            .iter()
            .filter_map(|recorded| recorded.event.header.cause.as_deref());
        if let Some(cause) = causes.find(|cause| cause.starts_with(prefix)) {
            found.push((batch.head().seq, cause.to_owned()));
        }
    }
    Ok(found)
}

/// The branches of a history.
pub(crate) fn branches(batches: Batches) -> Result<Branches, StoreError> {
    let mut ends: HashMap<EventId, Seq> = HashMap::new();
    let mut branches = Vec::new();
    let mut before = None;
    for batch in batches {
        let batch = batch?;
        if let Some(first) = batch.events().first()
            && let Some(parent) = first.event.header.parents.first().copied()
            && Some(parent) != before
            && let Some(seq) = ends.get(&parent)
        {
            branches.push(Branch {
                first: first.seq,
                parent: *seq,
                id: parent,
            });
        }
        ends.extend(
            batch
                .events()
                .iter()
                .map(|recorded| (recorded.event.id, recorded.seq)),
        );
        before = Some(batch.head().id);
    }
    Ok(Branches::new(branches))
}

/// The batch with an idempotency key.
pub(crate) fn batch_for_idem(
    batches: Batches,
    key: &str,
) -> Result<Option<Verified<Batch>>, StoreError> {
    for batch in batches {
        let batch = batch?;
        if has_idem(&batch, key) {
            return Ok(Some(batch));
        }
    }
    Ok(None)
}

/// Whether a batch has this idempotency key.
pub(crate) fn has_idem(batch: &Batch, key: &str) -> bool {
    batch
        .events()
        .first()
        .is_some_and(|first| first.event.header.idem.as_deref() == Some(key))
}

fn collect(
    batches: Batches,
    limit: usize,
    wanted: impl Fn(&Recorded) -> bool,
) -> Result<Vec<Seq>, StoreError> {
    let mut found = Vec::new();
    for batch in batches {
        for recorded in batch?.events() {
            if found.len() >= limit {
                return Ok(found);
            }
            if wanted(recorded) {
                found.push(recorded.seq);
            }
        }
    }
    Ok(found)
}

/// Whether a batch can be appended after `head`.
pub(crate) fn continues(head: Option<&ledger_core::Head>, batch: &Batch) -> Result<(), StoreError> {
    let next = head.map_or(Seq(0), |head| head.seq.next());
    let parent = head.map(|head| head.id);
    let Some(first) = batch.events().first() else {
        return Err(StoreError::Unlinked("it is empty".to_owned()));
    };
    if first.seq != next || first.event.header.parents.first().copied() != parent {
        return Err(StoreError::Unlinked(format!(
            "it was sealed for position {}, and position {next} comes next",
            first.seq
        )));
    }
    Ok(())
}
