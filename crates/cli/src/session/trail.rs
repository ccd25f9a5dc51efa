//! From a task's name to its events, also when it has another name by now or is gone.

mod life;

use std::collections::BTreeSet;

use ledger_core::plan::Unresolved;
use ledger_core::project::{Handing, Lineage};
use ledger_core::{Recorded, Seq, TaskKey};
use ledger_store::Store;

use super::Session;
use crate::failure::Failure;

pub(crate) use life::Life;

impl Session {
    /// The key by which a name is found: of a task that the plan holds, else of one that was
    /// removed, else one that some task had, else one that only events know.
    fn key_ever(&mut self, name: &str) -> Result<TaskKey, Failure> {
        let unresolved = match self.plan().resolve(name) {
            Ok(task) => return Ok(task.key.clone()),
            Err(unresolved @ Unresolved::Ambiguous { .. }) => return Err(unresolved.into()),
            Err(unresolved) => unresolved,
        };
        let gone = self.plan().gone().iter().rev().find(|gone| {
            gone.key.as_str().eq_ignore_ascii_case(name)
                || gone
                    .id
                    .as_deref()
                    .is_some_and(|id| id.eq_ignore_ascii_case(name))
        });
        if let Some(gone) = gone {
            return Ok(gone.key.clone());
        }
        let renamings = self.store.find_type("task.rekeyed")?.into_iter().collect();
        let renamings = self.store.events(&renamings)?;
        let mut from = renamings.iter().rev().filter_map(Handing::of);
        let is_called = |own: &Handing| own.from().as_str().eq_ignore_ascii_case(name);
        if let Some(renamed) = from.find(is_called) {
            return Ok(renamed.from().clone());
        }
        // One of another branch, or of a past that was taken over, may never have been in the plan.
        let key = TaskKey::new(name).ok();
        match key {
            Some(key) if !self.store.seqs_of_task(&key)?.is_empty() => Ok(key),
            _ => Err(unresolved.into()),
        }
    }

    /// The latest events about the task that has this key, newest first, at most `most`; under
    /// every key it has had.
    pub(crate) fn events_of(
        &mut self,
        key: &TaskKey,
        most: usize,
    ) -> Result<Vec<Recorded>, Failure> {
        let mut lineage = Lineage::new(key.clone());
        let mut found = Vec::new();
        loop {
            let key = lineage.key().clone();
            let mut seqs = self.store.seqs_of_task(&key)?;
            seqs.retain(|seq| lineage.before().is_none_or(|before| *seq < before));
            let is_open = |lineage: &Lineage| *lineage.key() == key && !lineage.begun();
            while found.len() < most && is_open(&lineage) && !seqs.is_empty() {
                let mut latest = self.latest(&mut seqs, most - found.len())?;
                while let Some(start) = latest.last().map(Recorded::batch_start) {
                    let cut = latest.partition_point(|own| own.seq < start);
                    found.extend(lineage.take(latest.split_off(cut)).into_iter().rev());
                    if !is_open(&lineage) {
                        break;
                    }
                }
            }
            if found.len() < most && lineage.returned() {
                break;
            }
            if found.len() >= most || lineage.begun() || *lineage.key() == key {
                found.truncate(most);
                return Ok(found);
            }
        }
        // It had left, and others may have had its key until it came back.
        let head = self.head_seq().unwrap_or(Seq(0));
        let life = self.life_at(key.clone(), head)?;
        Ok(life.events.into_iter().rev().take(most).collect())
    }

    /// Takes the last of these positions away and gives their events, at least so many if there
    /// are, and of the oldest one's batch all.
    fn latest(&mut self, seqs: &mut Vec<Seq>, least: usize) -> Result<Vec<Recorded>, Failure> {
        let mut latest = BTreeSet::from_iter(seqs.split_off(seqs.len().saturating_sub(least)));
        let oldest = latest.first().map(|seq| self.store.event(*seq));
        let start = oldest.transpose()?.flatten().map(|own| own.batch_start());
        let cut = start.map_or(seqs.len(), |start| seqs.partition_point(|seq| *seq < start));
        latest.extend(seqs.split_off(cut));
        Ok(self.store.events(&latest)?)
    }
}
