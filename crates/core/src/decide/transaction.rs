//! The drafts of one batch, worked out on a copy of the plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_document::derived::InStep;
use ledger_document::{Document, Hunk, Outline};

use super::Context;
use super::command::Command;
use super::judge::Standing;
use super::keys::Keys;
use super::names::Names;
use super::open_lines::OpenLines;
use super::past::Elsewhere;
use super::rejection::Rejection;
use crate::event::{Draft, Origin};
use crate::id::{DocumentId, TaskKey};
use crate::plan::Plan;
use crate::plan::wire::Parts;
use crate::rules::Breach;

/// A batch in the making.
///
/// Events describe tasks as they are at the end of their batch, so the facts are added when
/// all changes are known: see [`Transaction::finish`].
#[derive(Debug, Clone)]
pub struct Transaction<'a> {
    pub(super) base: &'a Plan,
    pub(super) context: &'a Context,
    pub(super) plan: Plan,
    pub(super) keys: Keys,
    pub(super) names: Names,
    pub(super) open_lines: OpenLines,
    pub(super) outlines: BTreeMap<DocumentId, Reading>,
    /// The derived lines that say what the tasks say; any edit makes them unknown, but for those
    /// after which just one task is to be looked at.
    pub(super) in_step: BTreeMap<DocumentId, InStep>,
    /// Whether removed tasks that come back are known by their id and title.
    pub(super) restoring: bool,
    /// What tasks are called in plans that are joined to this one.
    pub(super) elsewhere: Elsewhere,
    /// Who asks, and what is known of files.
    pub(super) standing: Standing,
    pub(super) protos: Vec<Proto>,
    pub(super) remarks: Vec<String>,
}

/// What is known of what a document says.
#[derive(Debug, Clone)]
pub(super) enum Reading {
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
    /// Why whoever asked for it overrides rules.
    pub(super) waiver: Option<String>,
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
            waiver: None,
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
    /// The rules that the batch breaks, and stands all the same.
    pub breaches: Vec<Breach>,
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
            names: Names::default(),
            open_lines: OpenLines::default(),
            outlines: BTreeMap::new(),
            in_step: BTreeMap::new(),
            restoring: false,
            elsewhere: Elsewhere::default(),
            standing: Standing::default(),
            protos: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Takes what documents of the plan say from where it was read before.
    #[must_use]
    pub fn knowing(mut self, outlines: Outlines) -> Self {
        self.standing.before.clone_from(&outlines);
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
        self.in_step.remove(id);
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
        let (plan, open) = (&mut self.plan, &mut self.open_lines);
        plan.edit_lines(id, hunks, |text, hunk| open.follow(id, text, hunk))
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
}
