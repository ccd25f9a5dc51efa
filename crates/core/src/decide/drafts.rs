//! From all changes of a batch to its drafts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use ledger_document::derived;
use ledger_document::{Document, GRAMMAR, Hunk, Outline};

use super::rejection::Rejection;
use super::transaction::{Decision, Proto, Reading, Transaction};
use crate::event::{Draft, Origin};
use crate::id::{DocumentId, TaskKey};
use crate::plan::wire::Parts;
use crate::plan::{Plan, PlanDocument, Task};

impl Transaction<'_> {
    /// Gives the drafts of the batch.
    ///
    /// What the lines alone would make of the tasks is compared with what they are; each task
    /// that differs is described in the last event that is about it, or else in the last one
    /// that edits its document.
    ///
    /// # Errors
    /// [`Rejection::Disagrees`] if the plan would not read as recorded: the batch is not safe
    /// to append; [`Rejection::NewerGrammar`] if that cannot be told; [`Rejection::Ruled`] if a
    /// rule of the project forbids it.
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
        let breaches = self.note_breaches()?;
        let carried = self.carried();
        let mut facts = self.facts(&carried);
        let mut drafts: Vec<Draft> = Vec::with_capacity(self.protos.len());
        for (at, proto) in self.protos.into_iter().enumerate() {
            drafts.push(draft(proto, facts.remove(&at).unwrap_or_default()));
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
            breaches,
            remarks: self.remarks,
        })
    }

    fn hunks(&self) -> impl Iterator<Item = &(DocumentId, Hunk)> + Clone {
        self.protos.iter().flat_map(|proto| &proto.hunks)
    }

    fn changed_documents(&self) -> Vec<DocumentId> {
        let touched: BTreeSet<&DocumentId> = self.hunks().map(|(id, _)| id).collect();
        touched.into_iter().cloned().collect()
    }

    fn rebind(&mut self, id: &DocumentId, outline: &Outline) {
        let mut by_hand: BTreeSet<usize> = BTreeSet::new();
        for proto in &self.protos {
            let is_by_hand = proto.origin == Origin::Observed;
            for (_, hunk) in proto.hunks.iter().filter(|(own, _)| own == id) {
                let before = by_hand.iter().filter_map(|&line| hunk.carry(line));
                by_hand = before.collect();
                by_hand.extend(hunk.lines().filter(|_| is_by_hand));
            }
        }
        if let Some(document) = self
            .plan
            .documents
            .iter_mut()
            .find(|document| document.id == *id)
        {
            document.bindings =
                derived::rebind(&document.text, outline, &document.bindings, &by_hand);
        }
    }

    /// What the fold makes of the batch without any facts, but for the text.
    fn carried(&self) -> Plan {
        let mut plan = self.base.clone();
        for document in &self.plan.documents {
            if plan.document(&document.id).is_none() {
                plan.documents.push(PlanDocument {
                    text: Document::default(),
                    bindings: Vec::new(),
                    ..document.clone()
                });
            }
        }
        for id in self.changed_documents() {
            let own = self.hunks().filter(|(own, _)| *own == id);
            plan.carry(&id, own.map(|(_, hunk)| hunk));
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

    /// The tasks that an event must describe, each with the event that does: the last one about
    /// it, else the last one that edits its document, else the last.
    fn facts(&self, carried: &Plan) -> BTreeMap<usize, Vec<Arc<Task>>> {
        let mut about: HashMap<&TaskKey, usize> = HashMap::new();
        let mut edits: BTreeMap<&DocumentId, usize> = BTreeMap::new();
        for (at, proto) in self.protos.iter().enumerate() {
            about.extend(proto.task.iter().map(|key| (key, at)));
            edits.extend(proto.hunks.iter().map(|(id, _)| (id, at)));
        }
        let last = self.protos.len().saturating_sub(1);
        let mut facts: BTreeMap<usize, Vec<Arc<Task>>> = BTreeMap::new();
        for (key, task) in &self.plan.tasks {
            if carried.tasks.get(key) != Some(task) {
                let carrier = about.get(key).or_else(|| edits.get(&task.document));
                let tasks = facts.entry(carrier.copied().unwrap_or(last)).or_default();
                tasks.push(Arc::clone(task));
            }
        }
        for tasks in facts.values_mut() {
            tasks.sort_by(|a, b| (&a.document, a.line()).cmp(&(&b.document, b.line())));
        }
        facts
    }
}

fn draft(proto: Proto, tasks: Vec<Arc<Task>>) -> Draft {
    let mut parts = proto.parts;
    for (document, hunk) in &proto.hunks {
        parts.hunk(document, hunk);
    }
    if let Some(key) = &proto.gone {
        parts.gone(key);
    }
    for task in tasks {
        parts.task(&task);
    }
    Draft {
        kind: proto.kind,
        task: proto.task,
        from: proto.from,
        to: proto.to,
        parts: parts.0,
        origin: proto.origin,
        attributed: proto.attributed,
    }
}
