//! What a redaction leaves, or takes with it, that nobody may have meant.

use std::collections::BTreeSet;

use ledger_core::document::{Document, Outline};
use ledger_core::redact::Secret;
use ledger_core::{Part, Seq};
use ledger_store::Store;

use super::Place;
use crate::failure::Failure;
use crate::session::Session;

/// Where else a text stands.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    /// Parts that hold it.
    pub(crate) parts: Vec<Place>,
    /// Plans that have it now, with the numbers of the lines, from 1.
    pub(crate) plans: Vec<(String, Vec<usize>)>,
}

impl Session {
    /// Where else the text of a part stands: it is named by its event and its number.
    pub(super) fn elsewhere(
        &mut self,
        secret: &Secret,
        but: (Seq, usize),
    ) -> Result<Elsewhere, Failure> {
        self.read_plan()?;
        let mut found = Elsewhere::default();
        for document in self.plan().documents() {
            let lines = secret.lines_with(document.text.lines());
            if !lines.is_empty() {
                let lines = lines.into_iter().map(|at| at + 1).collect();
                found.plans.push((document.path.clone(), lines));
            }
        }
        for batch in self.store.read(Seq(0))? {
            for recorded in batch?.events() {
                for (at, part) in recorded.event.body.iter().enumerate() {
                    let Part::Open { name, value, .. } = part else {
                        continue;
                    };
                    if (recorded.seq, at) != but && secret.is_in_value(value) {
                        let words = secret.taken_from(value.as_str().unwrap_or_default().trim());
                        found.parts.push(Place::of(recorded, at, name, &words));
                    }
                }
            }
        }
        Ok(found)
    }

    /// The tasks that are none any more once a text is taken out of the plan: what made them tasks
    /// goes with it. The plan was read.
    pub(super) fn lost_without(&self, secret: &Secret) -> Vec<String> {
        let mut lost = Vec::new();
        for document in self.plan().documents() {
            let text = document.text.text();
            let without = secret.taken_from(&text);
            if without == text {
                continue;
            }
            // Each line keeps its place.
            let left = Outline::parse(&Document::from(without.as_str()));
            let lines = left.entries.iter().map(|entry| entry.lines.start);
            let lines: BTreeSet<usize> = lines.collect();
            let tasks = self.plan().tasks_of(&document.id);
            let gone = tasks.iter().filter(|task| !lines.contains(&task.line()));
            lost.extend(gone.map(|task| task.key.to_string()));
        }
        lost
    }
}
