//! Events as CloudEvents 1.0 in structured mode (CloudEvents JSON Event Format 1.0.2 §3).
//!
//! `type` is the event's type behind a reverse-DNS name, as the specification recommends.
//! `id` is the event's id, which is unique in its `source`, the ledger. `subject` is the task.
//! `sequence` is the attribute of the CloudEvents Sequence extension: the event's position, with
//! zeros before it, since sequences are compared as texts. `data` is what `--format ndjson` prints.

use std::borrow::Cow;

use ledger_core::project::Entry;
use ledger_core::{EventId, Time};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::escape::plain;

/// Whose types they are.
const TYPES_OF: &str = "dev.plan-ledger.";

/// The digits of the largest position.
const DIGITS: usize = 20;

/// An event in its envelope.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct CloudEvent<'e> {
    /// `1.0`
    specversion: &'static str,
    /// The event's id.
    id: EventId,
    /// `urn:ledger:` and the ledger's id.
    source: &'e str,
    /// What happened.
    #[serde(rename = "type")]
    kind: String,
    /// When the writer says it happened.
    time: Time,
    /// The task it happened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Cow<'e, str>>,
    /// `application/json`
    datacontenttype: &'static str,
    /// The event's position, with zeros before it.
    sequence: String,
    /// All of it.
    data: &'e Entry,
}

impl<'e> CloudEvent<'e> {
    /// The URI of a ledger: its id, which is the hash of its first event.
    pub(super) fn source(ledger: Option<EventId>) -> String {
        let id = ledger.map_or_else(|| "none".to_owned(), |id| id.to_string());
        format!("urn:ledger:{id}")
    }

    /// The event of a ledger. Attributes hold no control characters (CloudEvents 1.0.2, type
    /// system), so those of a task's name are written as `\u{..}`.
    pub(super) fn of(entry: &'e Entry, source: &'e str) -> Self {
        Self {
            specversion: "1.0",
            id: entry.id,
            source,
            kind: format!("{TYPES_OF}{}", plain(&entry.kind)),
            time: entry.time,
            subject: entry.task.as_ref().map(|task| plain(task.as_str())),
            datacontenttype: "application/json",
            sequence: format!("{:0DIGITS$}", entry.seq.0),
            data: entry,
        }
    }
}
