//! What speaks for a task: a command that was run, files that were made.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::rejection::Rejection;
use super::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::id::Digest;
use crate::plan::wire::part;

/// The most bytes that are kept of what a command wrote.
pub const MOST_OUTPUT: usize = 64 << 10;

/// The most files that one piece of evidence names.
const MOST_ARTIFACTS: usize = 1_000;

/// Evidence for what was done of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The task.
    pub task: String,
    /// A command that was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// Files that were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// The commit that was checked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// A command that was run, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The command, as a shell reads it.
    pub command: String,
    /// Its exit code; `None` where a signal ended it.
    pub exit: Option<i32>,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// How many bytes it wrote.
    pub bytes: u64,
    /// Their BLAKE3 hash.
    pub hash: Digest,
    /// The last of them that are kept, as text.
    pub output: String,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// Its path, relative to the root, with `/` between names.
    pub path: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Their BLAKE3 hash.
    pub hash: Digest,
}

impl Evidence {
    /// Whether it speaks for the task: where a command was run, it succeeded.
    #[must_use]
    pub fn speaks_for_it(&self) -> bool {
        self.run.as_ref().is_none_or(Run::succeeded)
    }

    /// What was asked for. What a command makes is part of what comes of it.
    pub(super) fn as_asked(&self) -> Self {
        let run = self.run.as_ref();
        Self {
            task: self.task.clone(),
            run: run.map(|run| Run::hoped_for(run.command.clone())),
            artifacts: match run {
                Some(_) => Vec::new(),
                None => self.artifacts.clone(),
            },
            commit: None,
        }
    }
}

impl Run {
    /// A command that is still to run, as if it did what it is to do.
    #[must_use]
    pub fn hoped_for(command: String) -> Self {
        Self {
            command,
            exit: Some(0),
            millis: 0,
            bytes: 0,
            hash: Digest::from_bytes([0; 32]),
            output: String::new(),
        }
    }

    /// Whether it did what it was to do.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.exit == Some(0)
    }
}

pub(super) fn evidence(tx: &mut Transaction<'_>, own: &Evidence) -> Result<(), Rejection> {
    let task = tx.plan.resolve(&own.task)?.key.clone();
    if own.run.is_none() && own.artifacts.is_empty() {
        return Err(Rejection::NoEvidence { task });
    }
    if own.artifacts.len() > MOST_ARTIFACTS {
        return Err(Rejection::TooMany {
            what: "artifacts",
            most: MOST_ARTIFACTS,
        });
    }
    match own.speaks_for_it() {
        true => tx.plan.proven.insert(task.clone()),
        false => tx.plan.proven.remove(&task),
    };
    let mut proto = Proto::new("evidence.recorded", Origin::Commanded);
    proto.task = Some(task);
    let parts = &mut proto.parts;
    if let Some(run) = &own.run {
        parts.0.push((part::RUN, measured(run)));
        parts.text(part::SHELL, &*run.command);
        if !run.output.is_empty() {
            parts.text(part::OUTPUT, the_last(&run.output));
        }
    }
    for file in &own.artifacts {
        let value = json!({ "bytes": file.bytes, "hash": file.hash });
        parts.0.push((part::ARTIFACT, value));
        parts.text(part::PATH, &*file.path);
    }
    parts.maybe(part::COMMIT, own.commit.as_deref());
    tx.push(proto);
    Ok(())
}

fn measured(run: &Run) -> Value {
    json!({ "bytes": run.bytes, "exit": run.exit, "hash": run.hash, "ms": run.millis })
}

/// The end of a text, as much of it as is kept.
fn the_last(text: &str) -> &str {
    let from = text.len().saturating_sub(MOST_OUTPUT);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at));
    text.get(from.unwrap_or_default()..).unwrap_or(text)
}
