//! The audit trail: who did what, when and why.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::batch::Recorded;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::event::{Actor, Origin, Part};
use crate::id::{EventId, Seq, TaskKey};
use crate::plan::wire::part;
use crate::redact;
use crate::rules::Violation;
use crate::time::Time;

/// One event as the audit trail shows it. The field names are those of `--json` output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// Position in this ledger's journal.
    pub seq: Seq,
    /// The event's id.
    pub id: EventId,
    /// What happened, such as `task.completed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The task it happened to.
    pub task: Option<TaskKey>,
    /// What was before: a status, or the old key.
    pub from: Option<String>,
    /// What is now.
    pub to: Option<String>,
    /// When the writer says it happened.
    pub time: Time,
    /// Who the writer says did it.
    pub actor: Actor,
    /// How it came about.
    pub origin: Origin,
    /// What set it off.
    pub cause: Option<String>,
    /// Idempotency key of its batch, in the batch's first event.
    pub idem: Option<String>,
    /// Index in its batch and the batch's length.
    pub batch: (u32, u32),
    /// The task's title, where the event says it.
    pub title: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What was said with it: results, notes, fields, what a value was.
    pub details: Vec<Detail>,
    /// The rules that it breaks.
    pub violations: Vec<Violation>,
    /// Lines that came.
    pub inserted: usize,
    /// Lines that went.
    pub removed: usize,
    /// Parts of its body that were removed for good.
    pub redacted: usize,
}

/// A named value of an event's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Detail {
    /// `result`, `note`, `label`, `value`, `was`, …
    pub name: String,
    /// The value.
    pub text: String,
}

const DETAILS: &[&str] = &[
    part::RESULT,
    part::NOTE,
    part::SUMMARY,
    part::LABEL,
    part::VALUE,
    part::WAS,
    part::PATH,
    part::OVERRODE,
    part::RETURNED,
    part::REMARK,
    part::ASKED,
    part::COMMIT,
];

impl Entry {
    /// What the trail shows of an event.
    #[must_use]
    pub fn of(recorded: &Recorded) -> Self {
        let (event, header) = (&recorded.event, &recorded.event.header);
        let (mut inserted, mut removed, mut redacted) = (0, 0, 0);
        let mut details = Vec::new();
        let (mut title, mut reason) = (None, None);
        // What follows a task part describes that task, which is the event's own only by chance.
        let mut described: Option<&str> = None;
        for open in &event.body {
            let Part::Open { name, value, .. } = open else {
                redacted += 1;
                continue;
            };
            match name.as_str() {
                part::REDACTED => {
                    if let Some((event, parts)) = redact::named_by(value) {
                        let parts: Vec<String> = parts.iter().map(usize::to_string).collect();
                        details.push(Detail {
                            name: part::REDACTED.to_owned(),
                            text: format!("event {}, parts {}", event.short(), parts.join(", ")),
                        });
                    }
                }
                part::HUNK => {
                    let count = |key| value.get(key).and_then(serde_json::Value::as_u64);
                    inserted += usize::try_from(count("ins").unwrap_or(0)).unwrap_or(0);
                    removed += usize::try_from(count("del").unwrap_or(0)).unwrap_or(0);
                }
                part::ITEM => {
                    let status = value.get("status").and_then(serde_json::Value::as_str);
                    details.push(Detail {
                        name: part::ITEM.to_owned(),
                        text: status.unwrap_or_default().to_owned(),
                    });
                }
                part::ID if header.kind == "id.reserved" => details.push(Detail {
                    name: part::ID.to_owned(),
                    text: value.as_str().unwrap_or_default().to_owned(),
                }),
                part::RUN => details.push(Detail {
                    name: part::RUN.to_owned(),
                    text: ended(value),
                }),
                part::ARTIFACT => details.push(Detail {
                    name: part::ARTIFACT.to_owned(),
                    text: hashed(value),
                }),
                part::PATH
                    if details
                        .last()
                        .is_some_and(|last| last.name == part::ARTIFACT) =>
                {
                    if let (Some(artifact), Some(path)) = (details.last_mut(), value.as_str()) {
                        artifact.text = format!("{path} ({})", artifact.text);
                    }
                }
                part::SHELL if details.last().is_some_and(|last| last.name == part::RUN) => {
                    if let (Some(run), Some(shell)) = (details.last_mut(), value.as_str()) {
                        run.text = format!("{shell} ({})", run.text);
                    }
                }
                part::TITLE if details.last().is_some_and(|last| last.name == part::ITEM) => {
                    if let (Some(item), Some(title)) = (details.last_mut(), value.as_str()) {
                        item.text = format!("{title} ({})", item.text);
                    }
                }
                part::CHECKPOINT => details.push(Detail {
                    name: part::CHECKPOINT.to_owned(),
                    text: stands_for(value),
                }),
                part::RULES => details.push(Detail {
                    name: part::RULES.to_owned(),
                    text: value.to_string(),
                }),
                part::TASK => described = value.get("key").and_then(serde_json::Value::as_str),
                name if name == part::TITLE || name == part::REASON => {
                    let own = described.is_none()
                        || described == header.task.as_ref().map(TaskKey::as_str);
                    let slot = if name == part::TITLE {
                        &mut title
                    } else {
                        &mut reason
                    };
                    if own && slot.is_none() {
                        *slot = value.as_str().map(str::to_owned);
                    }
                }
                name if DETAILS.contains(&name) => {
                    if let Some(text) = value.as_str() {
                        details.push(Detail {
                            name: name.to_owned(),
                            text: text.to_owned(),
                        });
                    }
                }
                _ => {}
            }
        }
        Self {
            seq: recorded.seq,
            id: event.id,
            kind: header.kind.clone(),
            task: header.task.clone(),
            from: header.from.clone(),
            to: header.to.clone(),
            time: header.time,
            actor: header.actor.clone(),
            origin: header.origin,
            cause: header.cause.clone(),
            idem: header.idem.clone(),
            batch: header.batch,
            title,
            reason,
            details,
            violations: Violation::all_of(event),
            inserted,
            removed,
            redacted,
        }
    }
}

/// How a command ended: `exit 0 in 3.2 s, 1024 bytes of output, blake3 3f2a…`.
fn ended(run: &Value) -> String {
    let exit = match run.get("exit").and_then(Value::as_i64) {
        Some(code) => format!("exit {code}"),
        None => "ended by a signal".to_owned(),
    };
    let millis = run.get("ms").and_then(Value::as_u64).unwrap_or(0);
    let output = hashed(run);
    format!(
        "{exit} in {}.{} s, output {output}",
        millis / 1_000,
        millis % 1_000 / 100
    )
}

/// What a checkpoint stands for: `12 events, root 47DE…`.
fn stands_for(note: &Value) -> String {
    let note = note.as_str().unwrap_or_default();
    match SignedCheckpoint::parse(note.as_bytes()) {
        Ok(signed) => {
            let Checkpoint { size, root, .. } = signed.checkpoint();
            format!("{size} events, root {root}")
        }
        Err(error) => error.to_string(),
    }
}

/// What bytes there were: `1024 bytes, blake3 3f2a…`.
fn hashed(value: &Value) -> String {
    let bytes = value.get("bytes").and_then(Value::as_u64).unwrap_or(0);
    let hash = value
        .get("hash")
        .and_then(Value::as_str)
        .unwrap_or_default();
    format!("{bytes} bytes, blake3 {hash}")
}

/// Follows a task back through its changes of key.
///
/// When it was called otherwise, events under that name are its events, and events under its
/// present name were another task's. Batches are handed in newest first. Events that are not about
/// the task's key at that time may be left out, and so may batches without any.
///
/// It goes back to where the task came. Of one that had left before, others may have had the key
/// meanwhile: what is older is found from the beginning ([`Holders`](super::Holders)).
#[derive(Debug, Clone)]
pub struct Lineage {
    key: TaskKey,
    before: Option<Seq>,
    /// Whether the event that it came with was taken in.
    begun: bool,
    returned: bool,
}

impl Lineage {
    /// Begins at the end, where the task has this key.
    #[must_use]
    pub const fn new(key: TaskKey) -> Self {
        Self {
            key,
            before: None,
            begun: false,
            returned: false,
        }
    }

    /// Whether the task came with the oldest batch taken in, so that nothing older is found.
    #[must_use]
    pub const fn begun(&self) -> bool {
        self.begun
    }

    /// Whether it came back then, so that it has older events.
    #[must_use]
    pub const fn returned(&self) -> bool {
        self.returned
    }

    /// The key the task had before all batches taken in so far.
    #[must_use]
    pub const fn key(&self) -> &TaskKey {
        &self.key
    }

    /// The first event of the oldest batch that may have had its events; only batches before it may
    /// follow.
    #[must_use]
    pub const fn before(&self) -> Option<Seq> {
        self.before
    }

    /// Takes in the events of the next older batch and gives back those about the task, in order.
    pub fn take(&mut self, batch: Vec<Recorded>) -> Vec<Recorded> {
        if self.begun {
            return Vec::new();
        }
        self.before = batch.first().map(Recorded::batch_start);
        // In its batch a task goes by the key it has afterwards.
        let mut own = batch;
        own.retain(|recorded| recorded.event.header.task.as_ref() == Some(&self.key));
        let is = |recorded: &Recorded, kind| recorded.event.header.kind == kind;
        self.returned = own.iter().any(|recorded| is(recorded, "task.restored"));
        if self.returned || own.iter().any(|recorded| is(recorded, "task.added")) {
            self.begun = true;
            // A task that left in the same batch had the key before.
            own.retain(|recorded| !is(recorded, "task.removed"));
        }
        let renamed = own.iter().find(|recorded| is(recorded, "task.rekeyed"));
        let was = renamed.and_then(|recorded| recorded.event.header.from.as_deref());
        if let Some(was) = was.and_then(|was| TaskKey::new(was).ok()) {
            self.key = was;
        }
        own
    }
}
