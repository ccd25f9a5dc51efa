//! Giving drafts their place in the chain (ledger-format.md §7).

use std::collections::BTreeMap;

use ledger_document::Document;
use serde_json::Value;

use crate::batch::{Batch, Recorded, Verified};
use crate::chain;
use crate::codec::line::{BodyError, LineWriter};
use crate::codec::{Defect, MAX_BATCH, MAX_INTEGER, Unwritable, header, is_part_name};
use crate::event::{Actor, ActorKind, Draft, Event, FORMAT, Genesis, Head, Header, Part, Stamp};
use crate::id::{Digest, DocumentId, EventId, Seq, hex};
use crate::verify::DOCUMENT_SALT;

/// Why drafts cannot become events. Nothing was sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A batch has at least one event.
    #[error("a batch needs at least one event")]
    Empty,
    /// More events than a batch may have.
    #[error("a batch of {events} events is too long; at most {MAX_BATCH} are allowed")]
    TooManyEvents {
        /// How many there are.
        events: usize,
    },
    /// A nonce makes a ledger's first event, a head is what later ones follow: exactly one.
    #[error("a first event needs a nonce and no head, every other a head and no nonce")]
    Genesis,
    /// The chain cannot go on: a count has reached 2^53 − 1.
    #[error("the ledger is full: a count has reached 2^53 - 1")]
    Full,
    /// A header member or a body is too long.
    #[error("change {index} ({kind}): {defect}")]
    TooLong {
        /// Which draft, from 0.
        index: usize,
        /// Its name.
        kind: &'static str,
        /// What is too long.
        defect: Defect,
    },
    /// A value the format cannot hold.
    #[error("change {index} ({kind}): {part}: {why}")]
    Value {
        /// Which draft, from 0.
        index: usize,
        /// Its name.
        kind: &'static str,
        /// The part's name.
        part: String,
        /// Why not.
        why: Unwritable,
    },
    /// A part with a name the format does not allow.
    #[error("change {index} ({kind}): '{part}' cannot name a part")]
    PartName {
        /// Which draft, from 0.
        index: usize,
        /// Its name.
        kind: &'static str,
        /// The part's name.
        part: String,
    },
}

/// Gives drafts their place in the chain: the batch that follows `head`.
///
/// `documents` is each document the batch changed, as it is afterwards; its salted hash goes
/// into the last header. `genesis` is the nonce of a new ledger and is given exactly when
/// `head` is not. All randomness comes from `stamp.entropy`, which must never be used twice.
///
/// # Errors
/// [`SealError`] if something does not fit the format.
pub fn seal(
    head: Option<&Head>,
    stamp: &Stamp,
    drafts: &[Draft],
    documents: &[(DocumentId, &Document)],
    genesis: Option<[u8; 32]>,
) -> Result<Verified<Batch>, SealError> {
    if head.is_some() == genesis.is_some() {
        return Err(SealError::Genesis);
    }
    let parents: Vec<Parent> = head.map(Parent::from).into_iter().collect();
    let sealer = Sealer::new(head, &parents, stamp, genesis);
    sealer.seal(drafts, documents)
}

/// An earlier event that a batch follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// The event.
    pub id: EventId,
    /// Its height.
    pub height: u64,
}

impl From<&Head> for Parent {
    fn from(head: &Head) -> Self {
        Self {
            id: head.id,
            height: head.height,
        }
    }
}

/// Gives drafts their place in a history that went apart: the batch stands in the journal after
/// `head` and follows `parent`, an event of it, whose documents it changes. With `joined`, the
/// event it joins to that (ledger-format.md §7.3).
///
/// # Errors
/// [`SealError`] if something does not fit the format.
pub fn seal_on(
    head: &Head,
    (parent, joined): (Parent, Option<Parent>),
    stamp: &Stamp,
    drafts: &[Draft],
    documents: &[(DocumentId, &Document)],
) -> Result<Verified<Batch>, SealError> {
    let joined = joined.filter(|joined| joined.id != parent.id);
    let parents: Vec<Parent> = [parent].into_iter().chain(joined).collect();
    Sealer::new(Some(head), &parents, stamp, None).seal(drafts, documents)
}

fn length_of(drafts: &[Draft]) -> Result<u32, SealError> {
    let length = u32::try_from(drafts.len())
        .ok()
        .filter(|&n| n <= MAX_BATCH)
        .ok_or(SealError::TooManyEvents {
            events: drafts.len(),
        })?;
    if length == 0 {
        return Err(SealError::Empty);
    }
    Ok(length)
}

struct Sealer<'a> {
    before: Option<&'a Head>,
    stamp: &'a Stamp,
    length: u32,
    genesis: Option<[u8; 32]>,
    ledger: Option<EventId>,
    parents: Vec<EventId>,
    seq: Seq,
    height: u64,
    wseq: u64,
    salts: u64,
    line: LineWriter,
}

impl<'a> Sealer<'a> {
    fn new(
        before: Option<&'a Head>,
        parents: &[Parent],
        stamp: &'a Stamp,
        genesis: Option<[u8; 32]>,
    ) -> Self {
        let highest = parents.iter().map(|parent| parent.height).max();
        Self {
            before,
            stamp,
            length: 0,
            genesis,
            ledger: before.map(|head| head.ledger),
            parents: parents.iter().map(|parent| parent.id).collect(),
            seq: before.map_or(Seq(0), |head| head.seq.next()),
            height: highest.map_or(0, |height| height.saturating_add(1)),
            wseq: before
                .and_then(|head| head.writers.get(&stamp.writer))
                .copied()
                .unwrap_or(0),
            salts: 0,
            line: LineWriter::default(),
        }
    }

    fn seal(
        mut self,
        drafts: &[Draft],
        documents: &[(DocumentId, &Document)],
    ) -> Result<Verified<Batch>, SealError> {
        self.length = length_of(drafts)?;
        let mut events = Vec::with_capacity(drafts.len());
        for (draft, index) in drafts.iter().zip(0..self.length) {
            let last = index + 1 == self.length;
            let documents = if last { documents } else { &[] };
            events.push(self.event(draft, index, documents)?);
        }
        self.head(&events)
            .map(|head| Verified(Batch { events, head }))
    }

    fn salt(&mut self) -> [u8; 16] {
        let salt = chain::salt(&self.stamp.entropy, self.salts);
        self.salts += 1;
        salt
    }

    fn event(
        &mut self,
        draft: &Draft,
        index: u32,
        documents: &[(DocumentId, &Document)],
    ) -> Result<Recorded, SealError> {
        let place = index as usize;
        if self.height > MAX_INTEGER || self.wseq >= MAX_INTEGER {
            return Err(SealError::Full);
        }
        let mut body: Vec<Part> = Vec::with_capacity(draft.parts.len() + 1);
        for (name, value) in &draft.parts {
            if !is_part_name(name) {
                return Err(SealError::PartName {
                    index: place,
                    kind: draft.kind,
                    part: (*name).to_owned(),
                });
            }
            body.push(Part::Open {
                salt: self.salt(),
                name: (*name).to_owned(),
                value: value.clone(),
            });
        }
        let docs = self.documents(&mut body, documents);
        let too_long = |defect| SealError::TooLong {
            index: place,
            kind: draft.kind,
            defect,
        };
        let parts = body.iter().filter_map(open);
        let commitment = self.line.body(parts).map_err(|error| match error {
            BodyError::Value(part, why) => SealError::Value {
                index: place,
                kind: draft.kind,
                part: part.to_owned(),
                why,
            },
            BodyError::TooLong(defect) => too_long(defect),
        })?;
        let header = self.header(draft, index, docs, commitment);
        let id = self.line.header(&header).map_err(too_long)?;
        let recorded = Recorded {
            seq: self.seq,
            event: Event { id, header, body },
            line: self.line.line().to_vec(),
        };
        self.genesis = None;
        self.ledger.get_or_insert(id);
        self.parents = vec![id];
        self.seq = self.seq.next();
        self.height += 1;
        self.wseq += 1;
        Ok(recorded)
    }

    /// The hashes of the documents; their salt becomes a part of the body.
    fn documents(
        &mut self,
        body: &mut Vec<Part>,
        documents: &[(DocumentId, &Document)],
    ) -> Vec<(DocumentId, Digest)> {
        if documents.is_empty() {
            return Vec::new();
        }
        let salt = self.salt();
        body.push(Part::Open {
            salt: self.salt(),
            name: DOCUMENT_SALT.to_owned(),
            value: Value::String(hex(&salt)),
        });
        let by_id: BTreeMap<&DocumentId, &Document> = documents
            .iter()
            .map(|(id, document)| (id, *document))
            .collect();
        by_id
            .into_iter()
            .map(|(id, document)| (id.clone(), chain::document_hash(&salt, document)))
            .collect()
    }

    fn header(
        &self,
        draft: &Draft,
        index: u32,
        docs: Vec<(DocumentId, Digest)>,
        body: Digest,
    ) -> Header {
        let stamp = self.stamp;
        let (actor, cause) = if draft.attributed {
            (stamp.actor.clone(), stamp.cause.clone())
        } else {
            (nobody(), None)
        };
        Header {
            v: FORMAT,
            ledger: self.ledger,
            kind: draft.kind.to_owned(),
            kind_v: 1,
            parents: self.parents.clone(),
            height: self.height,
            writer: stamp.writer.clone(),
            wseq: self.wseq,
            batch: (index, self.length),
            time: stamp.time,
            actor,
            origin: draft.origin,
            cause,
            idem: stamp.idem.clone().filter(|_| index == 0),
            task: draft.task.clone(),
            from: draft.from.clone(),
            to: draft.to.clone(),
            docs,
            genesis: self.genesis.map(|nonce| Genesis {
                hash: header::HASH.to_owned(),
                nonce,
            }),
            body,
        }
    }

    /// The head after all events.
    fn head(&self, events: &[Recorded]) -> Result<Head, SealError> {
        let (Some(last), Some(ledger)) = (events.last(), self.ledger) else {
            return Err(SealError::Empty);
        };
        let mut writers = self
            .before
            .map_or_else(BTreeMap::new, |head| head.writers.clone());
        writers.insert(self.stamp.writer.clone(), self.wseq);
        Ok(Head {
            seq: last.seq,
            id: last.event.id,
            height: last.event.header.height,
            ledger,
            time: last.event.header.time,
            writers,
        })
    }
}

/// Who did what nobody claimed.
fn nobody() -> Actor {
    Actor {
        kind: ActorKind::Unknown,
        id: "unknown".to_owned(),
        session: None,
        tool: None,
    }
}

fn open(part: &Part) -> Option<([u8; 16], &str, &Value)> {
    match part {
        Part::Open { salt, name, value } => Some((*salt, name, value)),
        Part::Redacted(_) => None,
    }
}
