//! A batch as rules see it: each task that it touches, before and after.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_document::outline::Entry;
use ledger_document::{Outline, Status};

use super::Promise;
use crate::decide::{Meanings, Outlines};
use crate::event::{Actor, ActorKind};
use crate::id::{DocumentId, TaskKey};
use crate::plan::{Doer, Plan, Task};

/// What is missing where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What is missing, as a sentence about the task.
    pub(crate) missing: String,
    /// What can be done about it.
    pub(crate) advice: String,
}

/// A task that a batch touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Its key before, unless it came.
    pub(crate) before: Option<TaskKey>,
    /// Its key afterwards, unless it left.
    pub(crate) after: Option<TaskKey>,
    /// Whether the batch's actor did it, as far as that is claimed.
    pub(crate) attributed: bool,
    /// The last of the batch's events about it.
    pub(crate) event: usize,
}

/// A batch.
#[derive(Debug)]
pub(crate) struct Case<'c> {
    pub(crate) before: Side<'c>,
    pub(crate) after: Side<'c>,
    pub(crate) touched: Vec<Touched>,
    /// The keys that tasks had before, by those that they have afterwards, where they differ.
    pub(crate) rekeyed: BTreeMap<TaskKey, TaskKey>,
    /// Who does it, if that is known.
    pub(crate) actor: Option<&'c Actor>,
    /// Which promised files exist, as far as anybody looked.
    pub(crate) files: &'c BTreeMap<Promise, bool>,
    /// What the actor has in progress afterwards, once somebody asked.
    pub(crate) at_work: OnceCell<Vec<TaskKey>>,
}

impl Case<'_> {
    /// The key that a task had before.
    pub(crate) fn before_key<'k>(&'k self, after: &'k TaskKey) -> &'k TaskKey {
        self.rekeyed.get(after).unwrap_or(after)
    }

    /// The status of a touched task before.
    pub(crate) fn status_before(&self, touched: &Touched) -> Option<Status> {
        self.before.status(touched.before.as_ref()?)
    }

    /// Whether the actor begins a touched task, as far as that is claimed.
    pub(crate) fn is_begun(&self, touched: &Touched) -> bool {
        let after = touched.after.as_ref();
        touched.attributed
            && after.and_then(|key| self.after.status(key)) == Some(Status::InProgress)
            && self.status_before(touched) != Some(Status::InProgress)
    }

    /// What the actor has in progress afterwards, in order; nothing where nobody is known.
    pub(crate) fn at_work(&self) -> &[TaskKey] {
        self.at_work.get_or_init(|| {
            let known = |actor: &&Actor| actor.kind != ActorKind::Unknown || actor.id != "unknown";
            let Some(own) = self.actor.filter(known).map(Doer::of) else {
                return Vec::new();
            };
            let tasks = self.after.plan().tasks().values();
            let before = tasks.filter(|task| {
                let doer = self.before.plan().doer(self.before_key(&task.key));
                task.status() == Status::InProgress && doer.is_some_and(|doer| doer.may_be(&own))
            });
            let now = self.touched.iter().filter(|touched| self.is_begun(touched));
            let mut keys: Vec<TaskKey> = before
                .map(|task| &task.key)
                .chain(now.filter_map(|touched| touched.after.as_ref()))
                .cloned()
                .collect();
            keys.sort();
            keys.dedup();
            keys
        })
    }

    /// A touched task that is completed afterwards, and whether it was before.
    pub(crate) fn completed<'t>(&self, touched: &'t Touched) -> Option<(&'t TaskKey, bool)> {
        let key = touched.after.as_ref()?;
        let is_completed = self.after.status(key) == Some(Status::Completed);
        is_completed.then(|| (key, self.status_before(touched) == Some(Status::Completed)))
    }
}

/// A plan and what its documents say.
#[derive(Debug)]
pub(crate) struct Side<'c> {
    plan: &'c Plan,
    outlines: RefCell<Outlines>,
    meanings: OnceCell<Meanings>,
}

impl<'c> Side<'c> {
    /// A plan, and what its documents say as far as anybody has read it.
    pub(crate) fn new(plan: &'c Plan, known: Outlines) -> Self {
        Self {
            plan,
            outlines: RefCell::new(known),
            meanings: OnceCell::new(),
        }
    }

    pub(crate) const fn plan(&self) -> &'c Plan {
        self.plan
    }

    pub(crate) fn task(&self, key: &TaskKey) -> Option<&'c Task> {
        self.plan.task(key)
    }

    pub(crate) fn status(&self, key: &TaskKey) -> Option<Status> {
        self.task(key).map(Task::status)
    }

    fn outline(&self, id: &DocumentId) -> Arc<Outline> {
        let mut outlines = self.outlines.borrow_mut();
        if let Some(outline) = outlines.get(id) {
            return Arc::clone(outline);
        }
        let document = self.plan.document(id);
        let outline = Arc::new(document.map(|own| own.outline()).unwrap_or_default());
        outlines.insert(id.clone(), Arc::clone(&outline));
        outline
    }

    /// What all writings of a task say of something.
    pub(crate) fn said<T>(&self, key: &TaskKey, of: impl Fn(&Entry) -> Vec<T>) -> Vec<T> {
        let Some(task) = self.task(key) else {
            return Vec::new();
        };
        let outline = self.outline(&task.document);
        let group = Plan::place(task, &outline).and_then(|place| outline.tasks.get(place));
        let entries = group.into_iter().flatten();
        entries
            .filter_map(|entry| outline.entries.get(*entry))
            .flat_map(of)
            .collect()
    }

    /// The tasks that a task depends on.
    pub(crate) fn awaited(&self, key: &TaskKey) -> Vec<TaskKey> {
        let Some(task) = self.task(key) else {
            return Vec::new();
        };
        let outline = self.outline(&task.document);
        let Some(place) = Plan::place(task, &outline) else {
            return Vec::new();
        };
        if !Meanings::has_any(&outline, place) {
            return Vec::new();
        }
        let meanings = self.meanings.get_or_init(|| {
            let documents = self.plan.documents().map(|own| &own.id);
            let outlines: Outlines = documents.map(|id| (id.clone(), self.outline(id))).collect();
            Meanings::read(self.plan, &outlines)
        });
        let awaited = meanings.awaited(key, &outline, place).into_iter();
        awaited.cloned().collect()
    }

    /// The files that a task promises, by its own fields.
    pub(crate) fn promised(&self, key: &TaskKey) -> Vec<Promise> {
        let Some(task) = self.task(key) else {
            return Vec::new();
        };
        let mut promised: Vec<Promise> = Vec::new();
        for path in self.said(key, super::promise::paths) {
            let promise = Promise {
                document: task.document.clone(),
                path,
            };
            if !promised.contains(&promise) {
                promised.push(promise);
            }
        }
        promised
    }
}
