//! The life of one task: each status it had, since when, by whom, why and for how long.

use ledger_document::Status;
use schemars::JsonSchema;
use serde::Serialize;

use crate::batch::Recorded;
use crate::event::Actor;
use crate::id::{Seq, TaskKey};
use crate::plan::wire::part;
use crate::time::Time;

/// A stretch of a task's life in one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stage {
    /// The status; `None` while the task was not in the plan.
    pub status: Option<Status>,
    /// The event that began it; `None` where the task came with its document and no event says
    /// when.
    pub seq: Option<Seq>,
    /// The type of that event.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// What the task was called then.
    pub task: TaskKey,
    /// When it began.
    pub since: Option<Time>,
    /// Who began it.
    pub actor: Option<Actor>,
    /// What set that off.
    pub cause: Option<String>,
    /// Why, where that was said.
    pub reason: Option<String>,
    /// How long it lasted in milliseconds; `None` while it lasts, or where its beginning is not
    /// known. Times are claimed, so it may be negative.
    pub lasted: Option<i64>,
}

/// Where a task came from that no event added: the moment its document was adopted.
#[derive(Debug, Clone)]
pub struct Origins {
    /// The last event of that moment.
    pub seq: Seq,
    /// When.
    pub time: Time,
    /// Who adopted it.
    pub actor: Option<Actor>,
}

/// The stages of a task's life, oldest first, from its events in order; `key` is what it is called
/// after them, and `status` what it has without any.
#[must_use]
pub fn life(
    events: &[Recorded],
    key: &TaskKey,
    status: Option<Status>,
    origins: Option<&Origins>,
) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let mut known = false;
    let called = called_before(events);
    let called = called.as_ref().unwrap_or(key);
    for recorded in events {
        let event = &recorded.event;
        let header = &event.header;
        let task = header.task.as_ref().unwrap_or(key);
        let name = |text: &Option<String>| text.as_deref().and_then(|name| name.parse().ok());
        let (before, after) = match header.kind.as_str() {
            "task.removed" => (name(&header.from), None),
            "task.added" | "task.restored" => {
                (None, name(&header.to).or_else(|| written(recorded, task)))
            }
            // A new key is no status, and neither is what a field says.
            kind if kind.starts_with("task.") => match (name(&header.from), name(&header.to)) {
                (Some(before), Some(after)) => (Some(before), Some(after)),
                _ => continue,
            },
            _ => continue,
        };
        if !known && header.kind != "task.added" {
            stages.push(first(called, before.or(status), origins));
        }
        known = true;
        if let Some(last) = stages.last_mut() {
            let since = last.since.map(Time::millis);
            last.lasted = since.map(|since| header.time.millis().saturating_sub(since));
        }
        stages.push(Stage {
            status: after,
            seq: Some(recorded.seq),
            kind: Some(header.kind.clone()),
            task: task.clone(),
            since: Some(header.time),
            actor: Some(header.actor.clone()),
            cause: header.cause.clone(),
            reason: event.text(part::REASON).map(str::to_owned),
            lasted: None,
        });
    }
    if !known {
        stages.push(first(called, status, origins));
    }
    stages
}

/// What a task was called before its first event; `None` if it came with that, or there is none.
#[must_use]
pub fn called_before(events: &[Recorded]) -> Option<TaskKey> {
    let start = events.first()?.batch_start();
    let batch = || events.iter().take_while(|own| own.batch_start() == start);
    let is = |own: &Recorded, kind| own.event.header.kind == kind;
    if batch().any(|own| is(own, "task.added") || is(own, "task.restored")) {
        return None;
    }
    // In its batch a task goes by the key it has afterwards.
    match batch().find(|own| is(own, "task.rekeyed")) {
        Some(renamed) => TaskKey::new(renamed.event.header.from.as_deref()?).ok(),
        None => events.first()?.event.header.task.clone(),
    }
}

/// What a task had before its first event.
fn first(task: &TaskKey, status: Option<Status>, origins: Option<&Origins>) -> Stage {
    Stage {
        status,
        seq: origins.map(|origins| origins.seq),
        kind: origins.map(|_| "document.adopted".to_owned()),
        task: task.clone(),
        since: origins.map(|origins| origins.time),
        actor: origins.and_then(|origins| origins.actor.clone()),
        cause: None,
        reason: None,
        lasted: None,
    }
}

/// The status that an event's body writes a task with.
fn written(recorded: &Recorded, key: &TaskKey) -> Option<Status> {
    let mut tasks = recorded.event.values(part::TASK);
    let own =
        tasks.find(|task| task.get("key").and_then(|own| own.as_str()) == Some(key.as_str()))?;
    let status = own.get("at")?.get(0)?.get(1)?;
    status.as_str()?.parse().ok()
}
