//! The drafts of one batch, worked out on a copy of the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ledger_document::derived;
use ledger_document::{Document, GRAMMAR, Hunk, Outline};

use super::Context;
use super::command::Command;
use super::keys::Keys;
use super::rejection::Rejection;
use crate::event::{Draft, Origin};
use crate::id::{DocumentId, TaskKey};
use crate::plan::wire::Parts;
use crate::plan::{Plan, Task};

/// A batch in the making.
///
/// Events describe tasks as they are at the end of their batch, so the facts are added when
/// all changes are known: see [`Transaction::finish`].
#[derive(Debug)]
pub struct Transaction<'a> {
    base: &'a Plan,
    pub(super) context: &'a Context,
    pub(super) plan: Plan,
    pub(super) keys: Keys,
    outlines: BTreeMap<DocumentId, Reading>,
    /// Whether removed tasks that come back are known by their id and title.
    pub(super) restoring: bool,
    protos: Vec<Proto>,
    remarks: Vec<String>,
}

/// What is known of what a document says.
#[derive(Debug)]
enum Reading {
    /// It was read as it is.
    Now(Arc<Outline>),
    /// It was read before these edits.
    Before {
        outline: Arc<Outline>,
        text: Document,
        hunks: Vec<Hunk>,
    },
}

/// An event before the facts are added.
#[derive(Debug, Clone)]
pub(super) struct Proto {
    pub(super) kind: &'static str,
    pub(super) origin: Origin,
    pub(super) attributed: bool,
    pub(super) task: Option<TaskKey>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) hunks: Vec<(DocumentId, Hunk)>,
    pub(super) gone: Option<TaskKey>,
    pub(super) parts: Parts,
}

impl Proto {
    pub(super) fn new(kind: &'static str, origin: Origin) -> Self {
        Self {
            kind,
            origin,
            attributed: true,
            task: None,
            from: None,
            to: None,
            hunks: Vec::new(),
            gone: None,
            parts: Parts::default(),
        }
    }
}

/// What a transaction came to.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The drafts of the batch; empty if nothing changed.
    pub drafts: Vec<Draft>,
    /// Each changed document as the batch leaves it.
    pub documents: Vec<(DocumentId, Document)>,
    /// What documents say as the batch leaves them, as far as that was read.
    pub outlines: Outlines,
    /// What the person who asked should know.
    pub remarks: Vec<String>,
}

/// What documents say.
pub type Outlines = BTreeMap<DocumentId, Arc<Outline>>;

impl<'a> Transaction<'a> {
    /// Begins a batch on a plan.
    #[must_use]
    pub fn new(plan: &'a Plan, context: &'a Context) -> Self {
        Self {
            base: plan,
            context,
            plan: plan.clone(),
            keys: Keys::new(plan.tasks.keys().cloned(), &context.entropy),
            outlines: BTreeMap::new(),
            restoring: false,
            protos: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Takes what documents of the plan say from where it was read before.
    #[must_use]
    pub fn knowing(mut self, outlines: Outlines) -> Self {
        for (id, outline) in outlines {
            self.read_as(&id, outline);
        }
        self
    }

    /// Adds one command.
    ///
    /// # Errors
    /// [`Rejection`]; the transaction should then be dropped.
    pub fn command(&mut self, command: &Command) -> Result<(), Rejection> {
        super::apply::command(self, command)
    }

    /// Adds commands, all or none; each with its line in the batch it came in.
    ///
    /// # Errors
    /// [`Rejection::InBatch`] names the first that is refused.
    pub fn commands<'c>(
        &mut self,
        commands: impl IntoIterator<Item = (usize, &'c Command)>,
    ) -> Result<(), Rejection> {
        commands.into_iter().try_for_each(|(line, command)| {
            self.command(command).map_err(|source| Rejection::InBatch {
                line,
                source: Box::new(source),
            })
        })
    }

    /// The plan as the changes so far leave it.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn push(&mut self, proto: Proto) {
        self.protos.push(proto);
    }

    /// Files all that the batch says of a task under another key, since in its batch a task goes
    /// by the key it has afterwards, and gives back the key it had before the batch; `None` if
    /// it was not there.
    pub(super) fn refile(&mut self, from: &TaskKey, to: &TaskKey) -> Option<TaskKey> {
        let mut before = self
            .base
            .tasks
            .contains_key(from)
            .then(|| from.clone())
            // The task that had this key before may have left, or given it away.
            .filter(|key| {
                !self.protos.iter().any(|proto| {
                    proto.gone.as_ref() == Some(key)
                        || (proto.kind == "task.rekeyed"
                            && proto.from.as_deref() == Some(key.as_str()))
                })
            });
        for proto in &mut self.protos {
            if proto.task.as_ref() != Some(from) {
                continue;
            }
            if proto.kind == "task.rekeyed" {
                // One event says how the key changed: the last.
                before = proto.from.take().and_then(|was| TaskKey::new(was).ok());
                proto.to = None;
                proto.kind = "document.edited";
            }
            proto.task = Some(to.clone());
        }
        before
    }

    /// Whether a task with this key had left before the batch.
    pub(super) fn base_gone(&self, key: &TaskKey) -> bool {
        self.base.gone.iter().any(|gone| gone.key == *key)
    }

    /// Notes that a task leaves, and gives back the key under which the fold knows it.
    pub(super) fn leaves(&mut self, key: &TaskKey) -> Option<TaskKey> {
        let before = self.refile(key, key);
        let known = before.clone().unwrap_or_else(|| key.clone());
        for proto in &mut self.protos {
            if proto.task.as_ref() == Some(key) {
                if proto.kind == "task.restored" {
                    // It stays among the tasks that left.
                    proto.kind = "document.edited";
                }
                proto.task = Some(known.clone());
            }
        }
        before
    }

    pub(super) fn remark(&mut self, remark: impl Into<String>) {
        self.remarks.push(remark.into());
    }

    pub(super) fn outline(&mut self, id: &DocumentId) -> Arc<Outline> {
        let document = self.plan.document(id);
        let outline = match (self.outlines.get(id), document) {
            (Some(Reading::Now(outline)), _) => return Arc::clone(outline),
            (
                Some(Reading::Before {
                    outline,
                    text,
                    hunks,
                }),
                Some(document),
            ) => Arc::new(outline.reread(text, &document.text, hunks)),
            (_, Some(document)) => Arc::new(document.outline()),
            (_, None) => Arc::default(),
        };
        self.read_as(id, Arc::clone(&outline));
        outline
    }

    /// Edits a document's lines; the tasks move with them and are otherwise as before. `outline`:
    /// what it says then, where it was read to check the edit.
    pub(super) fn edit(
        &mut self,
        id: &DocumentId,
        hunks: &[Hunk],
        outline: Option<Arc<Outline>>,
    ) -> Result<(), Rejection> {
        if hunks.is_empty() {
            return Ok(());
        }
        let reading = match (outline, self.outlines.remove(id)) {
            (Some(outline), _) => Some(Reading::Now(outline)),
            (None, Some(Reading::Now(outline))) => {
                self.plan.document(id).map(|document| Reading::Before {
                    outline,
                    text: document.text.clone(),
                    hunks: hunks.to_vec(),
                })
            }
            (
                None,
                Some(Reading::Before {
                    outline,
                    text,
                    hunks: mut all,
                }),
            ) => {
                all.extend_from_slice(hunks);
                Some(Reading::Before {
                    outline,
                    text,
                    hunks: all,
                })
            }
            (None, None) => None,
        };
        self.plan
            .edit_lines(id, hunks)
            .map_err(|_| Rejection::UnknownDocument {
                path: id.to_string(),
            })?;
        if let Some(reading) = reading {
            self.outlines.insert(id.clone(), reading);
        }
        Ok(())
    }

    /// Takes what a document says from where it was read.
    pub(super) fn read_as(&mut self, id: &DocumentId, outline: Arc<Outline>) {
        self.outlines.insert(id.clone(), Reading::Now(outline));
    }

    /// Gives the drafts of the batch.
    ///
    /// What the lines alone would make of the tasks is compared with what they are; each task
    /// that differs is described in the last event that is about it, or else in the last one
    /// that edits its document.
    ///
    /// # Errors
    /// [`Rejection::Disagrees`] if the plan would not read as recorded: the batch is not safe
    /// to append; [`Rejection::NewerGrammar`] if that cannot be told.
    pub fn finish(mut self) -> Result<Decision, Rejection> {
        if self.base.grammar > GRAMMAR {
            return Err(Rejection::NewerGrammar {
                ledger: self.base.grammar,
                known: GRAMMAR,
            });
        }
        let changed = self.changed_documents();
        for id in &changed {
            if self.plan.document(id).is_none_or(|own| own.dropped) {
                continue;
            }
            let outline = self.outline(id);
            self.plan
                .agrees_with(id, &outline)
                .map_err(Rejection::Disagrees)?;
            self.rebind(id, &outline);
        }
        let carried = self.carried();
        let stale: BTreeSet<TaskKey> = self
            .plan
            .tasks
            .values()
            .filter(|task| carried.tasks.get(&task.key) != Some(*task))
            .map(|task| task.key.clone())
            .collect();
        let mut facts: BTreeMap<usize, Vec<&Task>> = BTreeMap::new();
        for key in &stale {
            if let Some(task) = self.plan.tasks.get(key) {
                facts.entry(self.carrier(task)).or_default().push(task);
            }
        }
        for tasks in facts.values_mut() {
            tasks.sort_by_key(|task| (&task.document, task.line()));
        }
        let mut drafts: Vec<Draft> = Vec::with_capacity(self.protos.len());
        for (at, proto) in self.protos.iter().enumerate() {
            let mut parts = proto.parts.clone();
            for (document, hunk) in &proto.hunks {
                parts.hunk(document, hunk);
            }
            if let Some(key) = &proto.gone {
                parts.gone(key);
            }
            for task in facts.get(&at).into_iter().flatten() {
                parts.task(task);
            }
            drafts.push(Draft {
                kind: proto.kind,
                task: proto.task.clone(),
                from: proto.from.clone(),
                to: proto.to.clone(),
                parts: parts.0,
                origin: proto.origin,
                attributed: proto.attributed,
            });
        }
        if let Some(last) = drafts.last_mut() {
            let mut parts = Parts::default();
            for document in &self.plan.documents {
                let before = carried
                    .document(&document.id)
                    .map(|document| &document.bindings);
                if before != Some(&document.bindings) {
                    parts.bindings(&document.id, &document.bindings);
                }
            }
            last.parts.append(&mut parts.0);
        }
        let documents = changed
            .iter()
            .filter_map(|id| Some((id.clone(), self.plan.document(id)?.text.clone())))
            .collect();
        let outlines = self
            .outlines
            .into_iter()
            .filter_map(|(id, known)| match known {
                Reading::Now(outline) => Some((id, outline)),
                Reading::Before { .. } => None,
            });
        Ok(Decision {
            drafts,
            documents,
            outlines: outlines.collect(),
            remarks: self.remarks,
        })
    }

    fn changed_documents(&self) -> Vec<DocumentId> {
        let touched: BTreeSet<&DocumentId> = self
            .protos
            .iter()
            .flat_map(|proto| &proto.hunks)
            .map(|(id, _)| id)
            .collect();
        touched.into_iter().cloned().collect()
    }

    fn rebind(&mut self, id: &DocumentId, outline: &Outline) {
        if let Some(document) = self
            .plan
            .documents
            .iter_mut()
            .find(|document| document.id == *id)
        {
            document.bindings = derived::rebind(&document.text, outline, &document.bindings);
        }
    }

    /// What the fold makes of the batch without any facts.
    fn carried(&self) -> Plan {
        let mut plan = self.base.clone();
        for document in &self.plan.documents {
            if plan.document(&document.id).is_none() {
                plan.documents.push(crate::plan::PlanDocument {
                    text: Document::default(),
                    bindings: Vec::new(),
                    ..document.clone()
                });
            }
        }
        let hunks = || self.protos.iter().flat_map(|proto| &proto.hunks);
        let edited: BTreeSet<&DocumentId> = hunks().map(|(id, _)| id).collect();
        for id in edited {
            let own = hunks().filter(|(own, _)| own == id).map(|(_, hunk)| hunk);
            // They were applied to the same text before, so they fit.
            let _ = plan.edit_lines(id, own);
        }
        for key in self.protos.iter().filter_map(|proto| proto.gone.as_ref()) {
            plan.tasks.remove(key);
        }
        let mut renamed = Vec::new();
        for proto in self
            .protos
            .iter()
            .filter(|proto| proto.kind == "task.rekeyed")
        {
            if let (Some(to), Some(from)) = (&proto.task, &proto.from)
                && let Some(mut task) = TaskKey::new(from.as_str())
                    .ok()
                    .and_then(|from| plan.tasks.remove(&from))
            {
                Arc::make_mut(&mut task).key = to.clone();
                renamed.push(task);
            }
        }
        plan.tasks
            .extend(renamed.into_iter().map(|task| (task.key.clone(), task)));
        plan
    }

    /// The event that describes a task: the last one about it, else the last one that edits
    /// its document, else the last.
    fn carrier(&self, task: &Task) -> usize {
        let about = self
            .protos
            .iter()
            .rposition(|proto| proto.task.as_ref() == Some(&task.key));
        about
            .or_else(|| {
                self.protos
                    .iter()
                    .rposition(|proto| proto.hunks.iter().any(|(id, _)| *id == task.document))
            })
            .unwrap_or(self.protos.len().saturating_sub(1))
    }
}
