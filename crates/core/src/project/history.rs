//! The version history: what the plan's own versions (`1.4`) were, and what changed in each.

use ledger_document::Document;
use ledger_document::vocabulary::is_version_label;
use serde::Serialize;

use crate::batch::{Batch, Recorded, Verified};
use crate::event::{Actor, Event};
use crate::id::{DocumentId, Seq};
use crate::plan::wire::part;
use crate::plan::{Plan, PlanDocument};
use crate::time::Time;

/// A stretch of a document's life under one version number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The document.
    pub document: DocumentId,
    /// Its path at that time.
    pub path: String,
    /// The version as the plan writes it; `None` while it writes none.
    pub version: Option<String>,
    /// What changed in it.
    pub changes: Changes,
    /// The moments that changed it, oldest first; never empty.
    pub moments: Vec<Moment>,
}

/// One batch that changed a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// Its last event.
    pub seq: Seq,
    /// When.
    pub time: Time,
    /// Who.
    pub actor: Actor,
    /// What changed.
    pub changes: Changes,
}

impl Version {
    /// When it began and when it was last changed.
    #[must_use]
    pub fn span(&self) -> Option<(&Moment, &Moment)> {
        Some((self.moments.first()?, self.moments.last()?))
    }

    /// Who changed it, each once, in the order they first did.
    #[must_use]
    pub fn actors(&self) -> Vec<&Actor> {
        let mut actors: Vec<&Actor> = Vec::new();
        for moment in &self.moments {
            if !actors
                .iter()
                .any(|own| own.kind == moment.actor.kind && own.id == moment.actor.id)
            {
                actors.push(&moment.actor);
            }
        }
        actors
    }
}

/// How often each thing happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Times the document was taken into the ledger: 0 or 1.
    pub adopted: usize,
    /// Tasks added or restored.
    pub added: usize,
    /// Tasks removed.
    pub removed: usize,
    /// Tasks started.
    pub started: usize,
    /// Tasks completed.
    pub completed: usize,
    /// Tasks reopened.
    pub reopened: usize,
    /// Tasks blocked.
    pub blocked: usize,
    /// Tasks that could go on.
    pub unblocked: usize,
    /// Tasks cancelled.
    pub cancelled: usize,
    /// Tasks flagged.
    pub flagged: usize,
    /// Tasks retitled.
    pub retitled: usize,
    /// Tasks that got another id.
    pub rekeyed: usize,
    /// Tasks moved.
    pub moved: usize,
    /// Everything else: fields, steps, notes, prose.
    pub other: usize,
}

impl Changes {
    fn count(&mut self, kind: &str) {
        let slot = match kind {
            "document.adopted" => &mut self.adopted,
            "task.added" | "task.restored" => &mut self.added,
            "task.removed" => &mut self.removed,
            "task.started" => &mut self.started,
            "task.completed" => &mut self.completed,
            "task.reopened" => &mut self.reopened,
            "task.blocked" => &mut self.blocked,
            "task.unblocked" => &mut self.unblocked,
            "task.cancelled" => &mut self.cancelled,
            "task.flagged" => &mut self.flagged,
            "task.retitled" => &mut self.retitled,
            "task.rekeyed" => &mut self.rekeyed,
            "task.moved" => &mut self.moved,
            _ => &mut self.other,
        };
        *slot += 1;
    }

    fn add(&mut self, more: &Self) {
        self.adopted += more.adopted;
        self.added += more.added;
        self.removed += more.removed;
        self.started += more.started;
        self.completed += more.completed;
        self.reopened += more.reopened;
        self.blocked += more.blocked;
        self.unblocked += more.unblocked;
        self.cancelled += more.cancelled;
        self.flagged += more.flagged;
        self.retitled += more.retitled;
        self.rekeyed += more.rekeyed;
        self.moved += more.moved;
        self.other += more.other;
    }

    /// The counts that are not zero, in words: `3 completed, 1 added`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = [
            (self.completed, "completed"),
            (self.started, "started"),
            (self.blocked, "blocked"),
            (self.unblocked, "unblocked"),
            (self.flagged, "flagged"),
            (self.reopened, "reopened"),
            (self.cancelled, "cancelled"),
            (self.added, "added"),
            (self.removed, "removed"),
            (self.moved, "moved"),
            (self.retitled, "retitled"),
            (self.rekeyed, "rekeyed"),
            (
                self.other,
                if self.other == 1 {
                    "other change"
                } else {
                    "other changes"
                },
            ),
        ];
        let adopted = (self.adopted > 0).then(|| "adopted".to_owned());
        let said: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        adopted
            .into_iter()
            .chain(said)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The versions of all documents, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    versions: Vec<Version>,
    current: Vec<(DocumentId, usize)>,
}

impl History {
    /// Takes in a batch and the plan it led to.
    pub fn push(&mut self, batch: &Verified<Batch>, plan: &Plan) {
        let Some(last) = batch.events().last() else {
            return;
        };
        let header = &last.event.header;
        for (id, _) in &header.docs {
            let Some(document) = plan.document(id) else {
                continue;
            };
            let changes = changes(batch.events(), id, plan);
            let at = self.version_of(document);
            let Some(version) = self.versions.get_mut(at) else {
                continue;
            };
            version.changes.add(&changes);
            version.moments.push(Moment {
                seq: last.seq,
                time: header.time,
                actor: actor(batch.events()).clone(),
                changes,
            });
        }
    }

    /// The versions so far.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    fn version_of(&mut self, document: &PlanDocument) -> usize {
        let version = written_version(&document.text);
        let known = self.current.iter().position(|(id, _)| *id == document.id);
        if let Some(&(_, at)) = known.and_then(|known| self.current.get(known))
            && self
                .versions
                .get(at)
                .is_some_and(|current| current.version == version)
        {
            return at;
        }
        let at = self.versions.len();
        self.versions.push(Version {
            document: document.id.clone(),
            path: document.path.clone(),
            version,
            changes: Changes::default(),
            moments: Vec::new(),
        });
        match known.and_then(|known| self.current.get_mut(known)) {
            Some(current) => current.1 = at,
            None => self.current.push((document.id.clone(), at)),
        }
        at
    }
}

/// What of a batch happened to one document.
fn changes(events: &[Recorded], id: &DocumentId, plan: &Plan) -> Changes {
    let mut changes = Changes::default();
    for recorded in events {
        let event = &recorded.event;
        if event.header.kind != "ledger.created"
            && home(event, plan).is_none_or(|home| home == id.as_str())
        {
            changes.count(&event.header.kind);
        }
    }
    changes
}

/// The document an event is about, as far as it says: the one it names, the one it edits, or
/// the one that holds its task.
fn home<'e>(event: &'e Event, plan: &'e Plan) -> Option<&'e str> {
    let doc = |value: &'e serde_json::Value| value.get("doc").and_then(serde_json::Value::as_str);
    event
        .text(part::DOCUMENT)
        .or_else(|| event.values(part::HUNK).find_map(doc))
        .or_else(|| {
            let task = plan.task(event.header.task.as_ref()?)?;
            Some(task.document.as_str())
        })
}

/// Who a batch is of: the first in it that anybody claimed.
fn actor(events: &[Recorded]) -> &Actor {
    static NOBODY: Actor = Actor {
        kind: crate::event::ActorKind::Unknown,
        id: String::new(),
        session: None,
        tool: None,
    };
    let mut actors = events.iter().map(|recorded| &recorded.event.header.actor);
    let first = actors.next().unwrap_or(&NOBODY);
    if first.kind != crate::event::ActorKind::Unknown {
        return first;
    }
    actors
        .find(|actor| actor.kind != crate::event::ActorKind::Unknown)
        .unwrap_or(first)
}

/// The version a document says it is: the first line of the form `Version: 1.4` or
/// `Document Version: 1.4`, in any markup, before the first 200 lines are over.
#[must_use]
pub fn written_version(text: &Document) -> Option<String> {
    text.lines()
        .iter()
        .take(200)
        .find_map(|line| version_in(line))
}

fn version_in(line: &str) -> Option<String> {
    let (label, value) = line.split_once([':', '：'])?;
    if !is_version_label(label) {
        return None;
    }
    let markup = ['*', '_', '`', '"', '\''];
    let value = value
        .trim_start_matches(|c: char| c.is_whitespace() || markup.contains(&c))
        .split_whitespace()
        .next()?
        .trim_matches(|c: char| matches!(c, '|' | ',' | ';') || markup.contains(&c));
    let number = value.strip_prefix(['v', 'V']).unwrap_or(value);
    number
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_any_markup() {
        for (line, version) in [
            ("**Document Version**: 1.4\n", Some("1.4")),
            ("> **Version:** v2.0.1 (draft)\r\n", Some("2.0.1")),
            ("version: \"3\"\n", Some("3")),
            ("- Plan version: 7,\n", Some("7")),
            ("**バージョン**：1.4\n", Some("1.4")),
            ("Version control: git\n", None),
            ("tagged with version/SHA: 1\n", None),
            ("Version: next\n", None),
        ] {
            assert_eq!(version_in(line).as_deref(), version, "{line:?}");
        }
    }

    #[test]
    fn a_summary_names_what_happened_most_important_first() {
        let mut changes = Changes::default();
        for kind in [
            "task.added",
            "task.completed",
            "field.set",
            "task.completed",
        ] {
            changes.count(kind);
        }
        assert_eq!(changes.summary(), "2 completed, 1 added, 1 other change");
        let mut adopted = Changes::default();
        adopted.count("document.adopted");
        assert_eq!(adopted.summary(), "adopted");
    }
}
