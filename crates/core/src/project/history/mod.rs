//! The version history: what the plan's own versions (`1.4`) were, and what changed in each.
//!
//! It is folded from the events alone, without the plan: of each document only the lines are
//! followed that say a version.

mod changes;
mod lines;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::batch::{Batch, Recorded, Verified};
use crate::event::{Actor, ActorKind, Event, Part};
use crate::id::{DocumentId, Seq, TaskKey};
use crate::plan::wire::part;
use crate::time::Time;

pub use changes::Changes;
use lines::VersionLines;

/// A stretch of a document's life under one version number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The document.
    pub document: DocumentId,
    /// Its path when the stretch began.
    pub path: String,
    /// The version as the plan writes it; `None` while it writes none.
    pub version: Option<String>,
    /// What changed in it.
    pub changes: Changes,
    /// The first event of the moment that began it.
    pub begin: Seq,
    /// The moment that began it.
    pub first: Mark,
    /// The last moment that changed the document in it.
    pub last: Mark,
    /// How many moments changed the document in it.
    pub moments: u64,
    /// Who changed it, each once, in the order they first did.
    pub actors: Vec<Actor>,
}

/// A moment's place and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// Its last event.
    pub seq: Seq,
    /// When, as its writer says.
    pub time: Time,
}

/// One batch that changed a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The place of its version among [`History::versions`].
    #[serde(skip)]
    pub version: usize,
    /// Its last event.
    pub seq: Seq,
    /// When.
    pub time: Time,
    /// Who.
    pub actor: Actor,
    /// What set it off.
    #[serde(skip)]
    pub cause: Option<String>,
    /// What changed.
    pub changes: Changes,
}

/// A document as far as its versions go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// The document.
    pub id: DocumentId,
    /// Its path now.
    pub path: String,
    /// The paths that it had before, each once.
    pub earlier: Vec<String>,
    /// Whether it left the ledger.
    pub dropped: bool,
    lines: VersionLines,
    /// The place of its present version.
    current: Option<usize>,
}

/// The versions of all documents, oldest first.
///
/// Batches are handed in along first parents, from the ledger's first one on. What is serialized
/// of it is for caches of one build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    versions: Vec<Version>,
    documents: Vec<Followed>,
}

impl History {
    /// Takes in the next batch, and gives back what it did to each document that it changed.
    pub fn push(&mut self, batch: &Verified<Batch>) -> Vec<Moment> {
        let (Some(first), Some(last)) = (batch.events().first(), batch.events().last()) else {
            return Vec::new();
        };
        for recorded in batch.events() {
            self.follow(&recorded.event);
        }
        let header = &last.event.header;
        let changes = Homes::of(batch.events()).changes(batch.events());
        let mut moments = Vec::new();
        for (id, _) in &header.docs {
            let Some(at) = self.version_of(id, first.seq, last) else {
                continue;
            };
            let Some(version) = self.versions.get_mut(at) else {
                continue;
            };
            let moment = Moment {
                version: at,
                seq: last.seq,
                time: header.time,
                actor: actor(batch.events()).clone(),
                cause: (batch.events().iter()).find_map(|own| own.event.header.cause.clone()),
                changes: changes.of(id),
            };
            version.take(&moment);
            moments.push(moment);
        }
        moments
    }

    /// The versions so far, each after those that began before it.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The documents that were adopted, in that order.
    #[must_use]
    pub fn documents(&self) -> &[Followed] {
        &self.documents
    }

    fn document_mut(&mut self, id: &DocumentId) -> Option<&mut Followed> {
        self.documents.iter_mut().find(|own| own.id == *id)
    }

    /// Follows what an event does to documents' names and lines.
    fn follow(&mut self, event: &Event) {
        let named = event.text(part::DOCUMENT);
        if let Some(id) = named.and_then(|id| DocumentId::new(id).ok()) {
            let path = event.text(part::PATH);
            match (event.header.kind.as_str(), path, self.document_mut(&id)) {
                ("document.adopted", Some(path), None) => self.documents.push(Followed {
                    id,
                    path: path.to_owned(),
                    earlier: Vec::new(),
                    dropped: false,
                    lines: VersionLines::default(),
                    current: None,
                }),
                ("document.renamed", Some(path), Some(own)) => {
                    let was = std::mem::replace(&mut own.path, path.to_owned());
                    own.earlier.retain(|earlier| *earlier != was);
                    own.earlier.push(was);
                }
                ("document.dropped", _, Some(own)) => own.dropped = true,
                _ => {}
            }
        }
        let mut parts = event.body.as_slice();
        while let Some((part, rest)) = parts.split_first() {
            parts = rest;
            let Some((id, at, remove, count)) = hunk(part) else {
                continue;
            };
            // A hunk that says more lines than follow ends the fold of the plan, not this one.
            let (insert, rest) = rest.split_at(count.min(rest.len()));
            parts = rest;
            if let Some(followed) = self.document_mut(&id) {
                followed.lines.edit(at, remove, insert.iter().map(line));
            }
        }
    }

    /// The place of the version that a document has after a batch, from `begin` to `last`; `None` for a document that
    /// nobody adopted.
    fn version_of(&mut self, id: &DocumentId, begin: Seq, last: &Recorded) -> Option<usize> {
        let followed = self.documents.iter_mut().find(|own| own.id == *id)?;
        let version = followed.lines.version();
        let current = followed.current.filter(|at| {
            let current = self.versions.get(*at);
            current.is_some_and(|current| current.version.as_deref() == version)
        });
        if current.is_some() {
            return current;
        }
        let at = self.versions.len();
        let mark = Mark {
            seq: last.seq,
            time: last.event.header.time,
        };
        self.versions.push(Version {
            document: id.clone(),
            path: followed.path.clone(),
            version: version.map(str::to_owned),
            changes: Changes::default(),
            begin,
            first: mark,
            last: mark,
            moments: 0,
            actors: Vec::new(),
        });
        followed.current = Some(at);
        Some(at)
    }
}

impl Followed {
    /// Whether it has this path, or had it once.
    #[must_use]
    pub fn was_called(&self, path: &str) -> bool {
        self.path == path || self.earlier.iter().any(|earlier| earlier == path)
    }
}

impl Version {
    fn take(&mut self, moment: &Moment) {
        self.changes.add(&moment.changes);
        self.last = Mark {
            seq: moment.seq,
            time: moment.time,
        };
        self.moments += 1;
        let same = |own: &Actor| own.kind == moment.actor.kind && own.id == moment.actor.id;
        if !self.actors.iter().any(same) {
            self.actors.push(moment.actor.clone());
        }
    }
}

/// What a part says of a hunk: its document, its line, how many lines go and how many come.
fn hunk(part: &Part) -> Option<(DocumentId, usize, usize, usize)> {
    let Part::Open { name, value, .. } = part else {
        return None;
    };
    let number = |key| usize::try_from(value.get(key)?.as_u64()?).ok();
    match name == part::HUNK {
        true => Some((
            DocumentId::new(value.get("doc")?.as_str()?).ok()?,
            number("at")?,
            number("del")?,
            number("ins")?,
        )),
        false => None,
    }
}

/// The line that a part inserts; `None` where it was redacted.
fn line(part: &Part) -> Option<&str> {
    match part {
        Part::Open { value, .. } => value.as_str(),
        Part::Redacted(_) => None,
    }
}

/// Which document each task of a batch is in, as far as the batch says.
struct Homes<'b>(BTreeMap<&'b str, &'b str>);

/// What a batch did to each document, and what it did to none in particular.
struct Counted<'b> {
    own: BTreeMap<&'b str, Changes>,
    common: Changes,
}

impl<'b> Homes<'b> {
    fn of(events: &'b [Recorded]) -> Self {
        let tasks = events
            .iter()
            .flat_map(|recorded| recorded.event.values(part::TASK));
        Self(
            tasks
                .filter_map(|task| Some((task.get("key")?.as_str()?, document(task)?)))
                .collect(),
        )
    }

    /// The document an event is about, as far as its batch says: the one it names, the one it
    /// edits, or the one that holds its task.
    fn of_event(&self, event: &'b Event) -> Option<&'b str> {
        let task = event.header.task.as_ref().map(TaskKey::as_str);
        event
            .text(part::DOCUMENT)
            .or_else(|| event.values(part::HUNK).find_map(document))
            .or_else(|| self.0.get(task?).copied())
    }

    fn changes(&self, events: &'b [Recorded]) -> Counted<'b> {
        let mut counted = Counted {
            own: BTreeMap::new(),
            common: Changes::default(),
        };
        for recorded in events {
            let kind = recorded.event.header.kind.as_str();
            if kind == "ledger.created" {
                continue;
            }
            match self.of_event(&recorded.event) {
                Some(document) => counted.own.entry(document).or_default().count(kind),
                None => counted.common.count(kind),
            }
        }
        counted
    }
}

impl Counted<'_> {
    fn of(&self, document: &DocumentId) -> Changes {
        let mut changes = self.common.clone();
        if let Some(own) = self.own.get(document.as_str()) {
            changes.add(own);
        }
        changes
    }
}

fn document(value: &Value) -> Option<&str> {
    value.get("doc").and_then(Value::as_str)
}

/// Who a batch is of: the first in it that anybody claimed.
fn actor(events: &[Recorded]) -> &Actor {
    static NOBODY: Actor = Actor {
        kind: ActorKind::Unknown,
        id: String::new(),
        session: None,
        tool: None,
    };
    let mut actors = events.iter().map(|recorded| &recorded.event.header.actor);
    let first = actors.next().unwrap_or(&NOBODY);
    if first.kind != ActorKind::Unknown {
        return first;
    }
    actors
        .find(|actor| actor.kind != ActorKind::Unknown)
        .unwrap_or(first)
}
