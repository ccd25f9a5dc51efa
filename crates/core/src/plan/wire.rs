//! The parts of a body that the fold reads (ledger-format.md §8).

use std::iter::Peekable;

use ledger_document::derived::Binding;
use ledger_document::{Hunk, Line, Status};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Task, Writing};
use crate::event::{Event, Part};
use crate::id::{DocumentId, TaskKey};

/// What stands for a line, a title or another text that was removed.
pub const REDACTED: &str = "[redacted]";

/// Names of body parts.
pub mod part {
    /// Lines that go and come; followed by that many [`LINE`] parts.
    pub const HUNK: &str = "hunk";
    /// One inserted line with its terminator.
    pub const LINE: &str = "line";
    /// A task as it is after the batch; followed by what of [`ID`], [`TITLE`], [`REASON`] it has.
    pub const TASK: &str = "task";
    /// The task's written id.
    pub const ID: &str = "id";
    /// The task's title as written.
    pub const TITLE: &str = "title";
    /// Why the task is blocked or flagged.
    pub const REASON: &str = "reason";
    /// The key of a task that left the plan.
    pub const GONE: &str = "gone";
    /// All derived text of a document, as it is after the batch.
    pub const BINDINGS: &str = "bindings";
    /// The document an event is about.
    pub const DOCUMENT: &str = "document";
    /// A document's path.
    pub const PATH: &str = "path";
    /// The title of the section a task stood in.
    pub const SECTION: &str = "section";
    /// What a value was before.
    pub const WAS: &str = "was";
    /// A field's label.
    pub const LABEL: &str = "label";
    /// A field's value, a step's text, a dependency's id.
    pub const VALUE: &str = "value";
    /// A result that was recorded.
    pub const RESULT: &str = "result";
    /// A note that was recorded.
    pub const NOTE: &str = "note";
    /// Words for the derived text of a completion.
    pub const SUMMARY: &str = "summary";
    /// Lines of the other side that gave way in a merge.
    pub const OVERRODE: &str = "overrode";
    /// Lines that were removed and stand again after a merge.
    pub const RETURNED: &str = "returned";
    /// What a change left undone, for people.
    pub const REMARK: &str = "remark";
    /// Digest of the command behind an idempotency key.
    pub const COMMAND: &str = "command";
    /// A command as it was asked for, where it was refused.
    pub const ASKED: &str = "asked";
    /// An item of a session's own list of work; followed by its [`TITLE`].
    pub const ITEM: &str = "item";
    /// A command that was run as evidence: how it ended; followed by its [`SHELL`] and [`OUTPUT`].
    pub const RUN: &str = "run";
    /// The words of a command that was run.
    pub const SHELL: &str = "shell";
    /// The end of what it wrote.
    pub const OUTPUT: &str = "output";
    /// A file as evidence; followed by its [`PATH`].
    pub const ARTIFACT: &str = "artifact";
    /// The commit that was checked out.
    pub const COMMIT: &str = "commit";
    /// A rule that an event breaks; followed by its [`MISSING`] and, where it was overridden, its
    /// [`OVERRIDE`].
    pub const VIOLATION: &str = "violation";
    /// What is missing where a rule is broken.
    pub const MISSING: &str = "missing";
    /// Why a rule was overridden.
    pub const OVERRIDE: &str = "override";
    /// The rules of a file in their normal form; null where the file is gone.
    pub const RULES: &str = "rules";
    /// A checkpoint of all the events before, as the text of its signed note.
    pub const CHECKPOINT: &str = "checkpoint";
    /// Parts of an event that were removed: the event and their numbers.
    pub const REDACTED: &str = "redacted";
    /// The plan grammar the ledger reads with.
    pub const GRAMMAR: &str = "grammar";
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HunkPart {
    doc: DocumentId,
    at: usize,
    del: usize,
    ins: usize,
}

#[derive(Serialize, Deserialize)]
struct TaskPart {
    key: TaskKey,
    doc: DocumentId,
    at: Vec<(usize, Status)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resume: Option<Status>,
}

#[derive(Serialize, Deserialize)]
struct BindingsPart {
    doc: DocumentId,
    list: Vec<Binding>,
}

/// What an event does to the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// Line edits, in order.
    pub hunks: Vec<(DocumentId, Hunk)>,
    /// Tasks as they are after the batch.
    pub tasks: Vec<Task>,
    /// Tasks that left.
    pub gone: Vec<TaskKey>,
    /// Derived text of documents, as it is after the batch.
    pub bindings: Vec<(DocumentId, Vec<Binding>)>,
}

/// A body that does not say what its type requires.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A part of the wrong form.
    #[error("part {index} ('{name}') is not of its form: {why}")]
    Part {
        /// Its index in the body.
        index: usize,
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A hunk with fewer lines than it says.
    #[error("the hunk in part {index} says {says} lines and {has} follow")]
    MissingLines {
        /// Its index in the body.
        index: usize,
        /// The lines it announces.
        says: usize,
        /// The lines that follow.
        has: usize,
    },
    /// A part whose value is not of its form.
    #[error("'{0}' is not of its form: {1}")]
    Value(&'static str, String),
    /// A part that the type requires is not there.
    #[error("the body has no '{0}'")]
    Missing(&'static str),
}

impl Effect {
    /// Reads what an event does from its body.
    ///
    /// # Errors
    /// [`Malformed`] names the part. Parts it does not know are passed over: they inform.
    pub fn of(event: &Event) -> Result<Self, Malformed> {
        let mut effect = Self::default();
        let mut parts = event.body.iter().enumerate().peekable();
        while let Some((index, part)) = parts.next() {
            let Part::Open { name, value, .. } = part else {
                continue;
            };
            match name.as_str() {
                part::HUNK => {
                    let hunk = hunk(index, value, &mut parts)?;
                    effect.hunks.push(hunk);
                }
                part::TASK => {
                    let task: TaskPart = read(index, name, value)?;
                    let mut task = Task {
                        key: task.key,
                        document: task.doc,
                        writings: task
                            .at
                            .into_iter()
                            .map(|(line, status)| Writing { line, status })
                            .collect(),
                        id: None,
                        title: String::new(),
                        reason: None,
                        resume: task.resume,
                    };
                    if task.writings.is_empty() {
                        return Err(Malformed::Part {
                            index,
                            name: name.clone(),
                            why: "a task is written at least once".to_owned(),
                        });
                    }
                    describe(&mut task, &mut parts);
                    effect.tasks.push(task);
                }
                part::GONE => effect.gone.push(read(index, name, value)?),
                part::BINDINGS => {
                    let bindings: BindingsPart = read(index, name, value)?;
                    effect.bindings.push((bindings.doc, bindings.list));
                }
                _ => {}
            }
        }
        Ok(effect)
    }
}

/// Takes what describes a task off the parts behind its own. What was removed of it is not known;
/// every task has a title.
fn describe<'e>(task: &mut Task, parts: &mut Peekable<impl Iterator<Item = (usize, &'e Part)>>) {
    let (mut titled, mut removed) = (false, false);
    while let Some((_, part)) = parts.peek() {
        match part {
            Part::Redacted(_) => removed = true,
            Part::Open {
                name,
                value: Value::String(text),
                ..
            } => match name.as_str() {
                part::ID => task.id = Some(text.clone()),
                part::TITLE => {
                    task.title.clone_from(text);
                    titled = true;
                }
                part::REASON => task.reason = Some(text.clone()),
                _ => break,
            },
            Part::Open { .. } => break,
        }
        parts.next();
    }
    if removed && !titled {
        REDACTED.clone_into(&mut task.title);
    }
}

/// The hunks of a body, in order, and nothing else of it.
///
/// # Errors
/// [`Malformed`] names the part.
pub fn hunks(body: &[Part]) -> Result<Vec<(DocumentId, Hunk)>, Malformed> {
    let placed = placed_hunks(body)?.into_iter();
    Ok(placed.map(|(_, id, hunk)| (id, hunk)).collect())
}

/// [`hunks`], each with the number of the part that has its first line.
///
/// # Errors
/// [`Malformed`] names the part.
pub(crate) fn placed_hunks(body: &[Part]) -> Result<Vec<(usize, DocumentId, Hunk)>, Malformed> {
    let mut hunks = Vec::new();
    let mut parts = body.iter().enumerate().peekable();
    while let Some((index, part)) = parts.next() {
        if let Part::Open { name, value, .. } = part
            && name == part::HUNK
        {
            let (id, hunk) = hunk(index, value, &mut parts)?;
            hunks.push((index + 1, id, hunk));
        }
    }
    Ok(hunks)
}

/// Reads a hunk, and takes its lines off the parts behind it. One that was removed is marked: so
/// that the lines after it keep their numbers, and whoever reads the text sees it.
fn hunk<'e>(
    index: usize,
    value: &Value,
    parts: &mut Peekable<impl Iterator<Item = (usize, &'e Part)>>,
) -> Result<(DocumentId, Hunk), Malformed> {
    let hunk: HunkPart = read(index, part::HUNK, value)?;
    let mut insert: Vec<Line> = Vec::with_capacity(hunk.ins.min(1 << 16));
    while insert.len() < hunk.ins {
        match parts.peek() {
            Some((
                _,
                Part::Open {
                    name,
                    value: Value::String(line),
                    ..
                },
            )) if name == part::LINE => {
                insert.push(Line::from(line.as_str()));
            }
            Some((_, Part::Redacted(_))) => {
                insert.push(Line::from(format!("{REDACTED}\n").as_str()));
            }
            _ => {
                return Err(Malformed::MissingLines {
                    index,
                    says: hunk.ins,
                    has: insert.len(),
                });
            }
        }
        parts.next();
    }
    let edit = Hunk {
        at: hunk.at,
        remove: hunk.del,
        insert,
    };
    Ok((hunk.doc, edit))
}

fn read<'a, T: Deserialize<'a>>(
    index: usize,
    name: &str,
    value: &'a Value,
) -> Result<T, Malformed> {
    let malformed = |why| Malformed::Part {
        index,
        name: name.to_owned(),
        why,
    };
    // An object could be read from an array of its values; the format knows no such form.
    if value.is_array() {
        return Err(malformed("it is an array".to_owned()));
    }
    T::deserialize(value).map_err(|error| malformed(error.to_string()))
}

/// Body parts being put together for a draft.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts(pub Vec<(&'static str, Value)>);

impl Parts {
    /// Adds a text.
    pub fn text(&mut self, name: &'static str, text: impl Into<String>) -> &mut Self {
        self.0.push((name, Value::String(text.into())));
        self
    }

    /// Adds a text if there is one.
    pub fn maybe(&mut self, name: &'static str, text: Option<impl Into<String>>) -> &mut Self {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    /// Adds a hunk and its lines.
    pub fn hunk(&mut self, document: &DocumentId, hunk: &Hunk) -> &mut Self {
        self.0.push((
            part::HUNK,
            json!({ "doc": document, "at": hunk.at, "del": hunk.remove, "ins": hunk.insert.len() }),
        ));
        for line in &hunk.insert {
            self.text(part::LINE, &**line);
        }
        self
    }

    /// Adds a task as it is after the batch.
    pub fn task(&mut self, task: &Task) -> &mut Self {
        let at: Vec<Value> = task
            .writings
            .iter()
            .map(|writing| json!([writing.line, writing.status]))
            .collect();
        let mut value = json!({ "key": task.key, "doc": task.document, "at": at });
        if let (Some(resume), Some(object)) = (task.resume, value.as_object_mut()) {
            object.insert("resume".to_owned(), json!(resume));
        }
        self.0.push((part::TASK, value));
        self.maybe(part::ID, task.id.as_deref());
        self.text(part::TITLE, &*task.title);
        self.maybe(part::REASON, task.reason.as_deref())
    }

    /// Adds the key of a task that left.
    pub fn gone(&mut self, key: &TaskKey) -> &mut Self {
        self.text(part::GONE, key.as_str())
    }

    /// Adds all derived text of a document.
    pub fn bindings(&mut self, document: &DocumentId, list: &[Binding]) -> &mut Self {
        self.0
            .push((part::BINDINGS, json!({ "doc": document, "list": list })));
        self
    }
}
