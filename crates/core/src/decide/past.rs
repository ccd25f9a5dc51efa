//! What a commit made of plans, taken over from a history that was kept elsewhere.

use std::collections::{BTreeMap, VecDeque};

use ledger_document::Document;
use ledger_document::outline::Entry;

use super::claim::Claim;
use super::observed::Edited;
use super::rejection::Rejection;
use super::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::id::TaskKey;
use crate::plan::wire::part;
use crate::plan::{Plan, Spent};

/// What one commit made of one plan file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastChange {
    /// Where it lay before; `None` where there was none.
    pub was: Option<String>,
    /// Where it lies now and, where it was changed, what it says; `None` where it is gone.
    pub now: Option<(String, Option<Document>)>,
}

/// What there is in plans that are joined.
#[derive(Debug, Clone, Default)]
pub(super) struct Elsewhere {
    /// What tasks are called there, by their written ids and titles.
    keys: BTreeMap<(Option<String>, String), VecDeque<TaskKey>>,
    /// The highest number of each family of ids.
    ids: Spent,
}

impl Transaction<'_> {
    /// Joins another history to the plan's own; what that brings is added after it.
    pub fn join(&mut self) {
        self.push(Proto::new("history.merged", Origin::Imported));
    }

    /// Lets tasks that come be called what they are called in the plan of a history that is
    /// joined, as long as nothing here is called so.
    pub fn call_as_in(&mut self, other: &Plan) {
        for (family, number) in other.highest_ids() {
            let own = self.elsewhere.ids.entry(family).or_default();
            *own = number.max(*own);
        }
        for task in other.tasks_in_order() {
            let name = (task.id.clone(), task.title.clone());
            let keys = self.elsewhere.keys.entry(name).or_default();
            keys.push_back(task.key.clone());
        }
    }

    /// What a task is called elsewhere, if that is free here.
    pub(super) fn called_elsewhere(
        &mut self,
        id: Option<&str>,
        entry: Option<&Entry>,
    ) -> Option<TaskKey> {
        if self.elsewhere.keys.is_empty() {
            return None;
        }
        let name = (id.map(str::to_owned), entry?.title.text.clone());
        let keys = self.elsewhere.keys.get_mut(&name)?;
        while let Some(key) = keys.pop_front() {
            if self.keys.is_free(&key) {
                return Some(key);
            }
        }
        None
    }

    /// Adds what a commit made of plan files: those that are gone are dropped, those that came
    /// are adopted, and what was edited is observed.
    ///
    /// # Errors
    /// [`Rejection`] if the ledger does not track one of them under the path it had, or another
    /// under the one it gets.
    pub fn take_over(&mut self, changes: &[PastChange]) -> Result<(), Rejection> {
        for change in changes {
            if let (Some(was), None) = (&change.was, &change.now) {
                self.drop_document(was)?;
            }
        }
        let adopted = self.rename_all(changes)?;
        let mut edited = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            if let (Some(_), Some((path, Some(text)))) = (&change.was, &change.now)
                && !adopted.contains(&at)
            {
                let document = self.which_document(Some(path))?.id.clone();
                edited.push(Edited::plain(document, text.clone()));
            }
        }
        self.observe(&edited, &Claim::Everything)?;
        for change in changes {
            if let (None, Some((path, Some(text)))) = (&change.was, &change.now) {
                self.adopt(path, text)?;
            }
        }
        self.spend_joined();
        for proto in &mut self.protos {
            proto.origin = Origin::Imported;
        }
        Ok(())
    }

    /// Notes the ids of histories that are joined and that nothing here shows.
    fn spend_joined(&mut self) {
        let known = self.plan.highest_ids();
        let joined = self.protos.first_mut();
        let Some(joined) = joined.filter(|proto| proto.kind == "history.merged") else {
            return;
        };
        for (family, number) in &self.elsewhere.ids {
            if known.get(family).is_none_or(|own| own < number) {
                let id = format!("{family}-{number}");
                self.plan.spend_id(&id);
                joined.parts.text(part::ID, id);
            }
        }
    }

    /// Renames documents, each once nobody else has its new path. Those that hand their paths on
    /// in a circle are dropped and adopted anew; their places among the changes are given back.
    fn rename_all(&mut self, changes: &[PastChange]) -> Result<Vec<usize>, Rejection> {
        let mut left: Vec<(usize, &str, &str, Option<&Document>)> = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            if let (Some(was), Some((path, text))) = (&change.was, &change.now)
                && was != path
            {
                left.push((at, was, path, text.as_ref()));
            }
        }
        loop {
            let free = |(_, _, path, _): &&(usize, &str, &str, Option<&Document>)| {
                self.plan.document_at(path).is_none()
            };
            let Some((at, was, path, _)) = left.iter().find(free).copied() else {
                break;
            };
            self.rename_document(was, path)?;
            left.retain(|(other, ..)| *other != at);
        }
        let mut anew = Vec::new();
        for (at, was, path, text) in left {
            let own = self.which_document(Some(was))?.text.clone();
            anew.push((at, path, text.cloned().unwrap_or(own)));
            self.drop_document(was)?;
        }
        for (_, path, text) in &anew {
            self.adopt(path, text)?;
        }
        Ok(anew.into_iter().map(|(at, ..)| at).collect())
    }
}
