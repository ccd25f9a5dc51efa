//! Headers as bytes (ledger-format.md §4).

mod read;
mod write;

use crate::event::{Actor, ActorKind, FORMAT, Genesis, Header, Origin};
use crate::id::{Digest, DocumentId, EventId, TaskKey, WriterId};
use crate::time::Time;

use super::MAX_HEADER;
use super::defect::Defect;
use super::scan::{Raw, Scanner};
use crate::chain;

use read::Docs;
pub(crate) use write::encode;

/// The only hash algorithm of version 1.
pub(crate) const HASH: &str = "blake3";

/// A header read from a line and not yet copied out of it.
#[derive(Debug, Clone)]
pub(crate) struct View<'a> {
    pub(crate) actor: ViewActor<'a>,
    pub(crate) batch: (u32, u32),
    pub(crate) body: Digest,
    pub(crate) cause: Option<Raw<'a>>,
    docs: Docs<'a>,
    pub(crate) from: Option<Raw<'a>>,
    pub(crate) genesis: Option<[u8; 32]>,
    pub(crate) height: u64,
    pub(crate) idem: Option<Raw<'a>>,
    pub(crate) ledger: Option<EventId>,
    pub(crate) origin: Origin,
    pub(crate) parents: [Option<EventId>; 2],
    pub(crate) task: Option<Raw<'a>>,
    pub(crate) time: Time,
    pub(crate) to: Option<Raw<'a>>,
    pub(crate) kind: Raw<'a>,
    pub(crate) kind_v: u32,
    pub(crate) writer: Name<'a>,
    pub(crate) wseq: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct ViewActor<'a> {
    id: Raw<'a>,
    kind: ActorKind,
    session: Option<Raw<'a>>,
    tool: Option<Raw<'a>>,
}

/// A name of 16 hex digits, with what they spell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    text: &'a str,
    bytes: [u8; 8],
}

impl<'a> Name<'a> {
    pub(crate) const fn text(self) -> &'a str {
        self.text
    }

    pub(crate) const fn bytes(self) -> [u8; 8] {
        self.bytes
    }
}

/// Reads a header without the line that it stands in; its event's id.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_alone(bytes: &[u8]) -> Result<(EventId, View<'_>), Defect> {
    if bytes.len() > MAX_HEADER {
        return Err(Defect::TooLong {
            what: "header",
            bytes: bytes.len(),
            limit: MAX_HEADER,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Defect::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    let scanner = &mut Scanner::new(text);
    let view = View::read(scanner)?;
    match scanner.is_at_end() {
        true => Ok((chain::event_id(bytes), view)),
        false => Err(scanner.not_canonical("nothing follows the header")),
    }
}

impl View<'_> {
    /// Copies the header out.
    pub(crate) fn to_header(&self) -> Result<Header, Defect> {
        let text = |raw: Option<Raw<'_>>| raw.map(Raw::decode);
        Ok(Header {
            v: FORMAT,
            ledger: self.ledger,
            kind: self.kind.decode(),
            kind_v: self.kind_v,
            parents: self.parents.iter().flatten().copied().collect(),
            height: self.height,
            writer: self.writer()?,
            wseq: self.wseq,
            batch: self.batch,
            time: self.time,
            actor: Actor {
                kind: self.actor.kind,
                id: self.actor.id.decode(),
                session: text(self.actor.session),
                tool: text(self.actor.tool),
            },
            origin: self.origin,
            cause: text(self.cause),
            idem: text(self.idem),
            task: match self.task {
                Some(task) => Some(TaskKey::new(task.decode()).map_err(|e| bad("task", e.what))?),
                None => None,
            },
            from: text(self.from),
            to: text(self.to),
            docs: self
                .docs
                .entries()
                .map(|entry| {
                    let (id, hash) = entry?;
                    let id = DocumentId::new(id.text).map_err(|error| bad("docs", error.what))?;
                    Ok((id, hash))
                })
                .collect::<Result<_, Defect>>()?,
            genesis: self.genesis.map(|nonce| Genesis {
                hash: HASH.to_owned(),
                nonce,
            }),
            body: self.body,
        })
    }

    /// The writer's id.
    pub(crate) fn writer(&self) -> Result<WriterId, Defect> {
        WriterId::new(self.writer.text).map_err(|error| bad("writer", error.what))
    }
}

const fn bad(member: &'static str, why: &'static str) -> Defect {
    Defect::BadHeader { member, why }
}
