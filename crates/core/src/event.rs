//! What an event is: a header that is hashed and a body that is committed to
//! (ledger-format.md §1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{Digest, DocumentId, EventId, Seq, TaskKey, WriterId};
use crate::plan::wire::part;
use crate::time::Time;

/// Version of the header's form.
pub const FORMAT: u32 = 1;

/// The hashed part of an event. Every field is claimed by the writer; the chain shows only
/// that none of it was changed afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Version of the form, [`FORMAT`].
    pub v: u32,
    /// The ledger: the id of its first event; absent in that event itself.
    pub ledger: Option<EventId>,
    /// Past-tense name, such as `task.completed`.
    pub kind: String,
    /// Version of what this type's body means.
    pub kind_v: u32,
    /// Empty for the first event, one id normally, two for a merge.
    pub parents: Vec<EventId>,
    /// One more than the highest parent's; 0 for the first event.
    pub height: u64,
    /// The copy of the ledger that wrote it.
    pub writer: WriterId,
    /// Counts that writer's events, from 0.
    pub wseq: u64,
    /// Index in its batch and the batch's length.
    pub batch: (u32, u32),
    /// When the writer says it was written.
    pub time: Time,
    /// Who the writer says did it.
    pub actor: Actor,
    /// How it came about.
    pub origin: Origin,
    /// What set it off: a hook's tool-use id, a commit.
    pub cause: Option<String>,
    /// Idempotency key; only in the first event of a batch.
    pub idem: Option<String>,
    /// The task it is about.
    pub task: Option<TaskKey>,
    /// What was before: a status, or the old key in `task.rekeyed`.
    pub from: Option<String>,
    /// What is now.
    pub to: Option<String>,
    /// Salted hash of each document the batch changed; only in its last event.
    pub docs: Vec<(DocumentId, Digest)>,
    /// Names and nonce of the first event.
    pub genesis: Option<Genesis>,
    /// Commitment to the body.
    pub body: Digest,
}

/// What only the first event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesis {
    /// The hash algorithm, `blake3`.
    pub hash: String,
    /// 32 random bytes, so that no two ledgers share an id.
    pub nonce: [u8; 32],
}

/// Who did something, as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// What sort of actor.
    pub kind: ActorKind,
    /// A name: a login, an agent's name.
    pub id: String,
    /// The session it acted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The tool it acted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
}

/// What sort of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    Human,
    /// A coding agent.
    Agent,
    /// This program itself.
    Program,
    /// Nobody claimed it.
    Unknown,
}

/// How an event came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Asked for by a command.
    Commanded,
    /// Found in an edited file.
    Observed,
    /// Taken over from another history.
    Imported,
}

/// One value of a body, with its own salt, so that it can be removed alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A value that is there.
    Open {
        /// 16 random bytes.
        salt: [u8; 16],
        /// What the value is: `hunk`, `line`, `task`, `title`, `reason`, …
        name: String,
        /// The value (restricted JSON: no floats, no duplicate keys).
        value: Value,
    },
    /// A value that was removed; its commitment stays.
    Redacted(Digest),
}

/// A header and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id: the hash of the header's bytes.
    pub id: EventId,
    /// The hashed part.
    pub header: Header,
    /// The parts that `header.body` commits to.
    pub body: Vec<Part>,
}

impl Event {
    /// Whether this is the last event of its batch: a moment that can be named.
    #[must_use]
    pub const fn is_moment(&self) -> bool {
        self.header.batch.0 + 1 == self.header.batch.1
    }

    /// The open values called `name`, in order.
    pub fn values<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a Value> + use<'a, 'n> {
        self.body.iter().filter_map(move |part| match part {
            Part::Open {
                name: own, value, ..
            } if own == name => Some(value),
            _ => None,
        })
    }

    /// The first open text value called `name`.
    #[must_use]
    pub fn text<'a>(&'a self, name: &str) -> Option<&'a str> {
        self.values(name).find_map(Value::as_str)
    }

    /// The ids of the documents that its open parts are about: the one it is about as a whole, those
    /// of its hunks, and those that hold the tasks it describes.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.body.iter().filter_map(|own| match own {
            Part::Open { name, value, .. } if name == part::DOCUMENT => value.as_str(),
            Part::Open { value, .. } => value.get("doc")?.as_str(),
            Part::Redacted(_) => None,
        })
    }
}

/// An event before it has a place in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Past-tense name.
    pub kind: &'static str,
    /// The task it is about.
    pub task: Option<TaskKey>,
    /// What was before.
    pub from: Option<String>,
    /// What is now.
    pub to: Option<String>,
    /// The values of its body.
    pub parts: Vec<(&'static str, Value)>,
    /// How it came about.
    pub origin: Origin,
    /// Whether the stamp's actor and cause are claimed for it; otherwise it is recorded as
    /// nobody's.
    pub attributed: bool,
}

/// What the outside world adds to drafts.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Now, as this machine's clock says.
    pub time: Time,
    /// Who does it.
    pub actor: Actor,
    /// What set it off.
    pub cause: Option<String>,
    /// Idempotency key of the batch.
    pub idem: Option<String>,
    /// The writing copy of the ledger.
    pub writer: WriterId,
    /// 32 fresh random bytes; salts are drawn from them and they are then forgotten.
    pub entropy: [u8; 32],
}

/// Where a chain ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Position of the last event.
    pub seq: Seq,
    /// Its id.
    pub id: EventId,
    /// Its height.
    pub height: u64,
    /// The ledger.
    pub ledger: EventId,
    /// Its time.
    pub time: Time,
    /// The next `wseq` of each writer seen so far, by writer.
    pub writers: std::collections::BTreeMap<WriterId, u64>,
}
