//! Reading a header, member by member in the order that the canonical form fixes, straight
//! from the stored bytes (ledger-format.md §4.2, §4.3).

use std::iter;

use crate::codec::MAX_BATCH;
use crate::codec::defect::Defect;
use crate::codec::scan::{Raw, Scanner};
use crate::event::{ActorKind, FORMAT, Origin};
use crate::id::{Digest, EventId, MAX_HEADER_STRING};

use super::{Name, View, ViewActor, bad};

const STRING: &str = "a string of at most 256 bytes";
const HEX64: &str = "64 lower-case hex digits";
const HEX16: &str = "16 lower-case hex digits";
const COUNT: &str = "an integer of at least 0";

impl<'a> View<'a> {
    /// Reads the header that comes next in `s`, up to and with its closing brace.
    ///
    /// Every error is [`Defect::BadHeader`], [`Defect::TooLong`] or one of the canonical form.
    pub(crate) fn read(s: &mut Scanner<'a>) -> Result<Self, Defect> {
        expect(s, "{\"actor\":", "actor", "the first member is an object")?;
        let actor = ViewActor::read(s)?;
        expect(s, ",\"batch\":[", "batch", "[index, length]")?;
        let index = count(s, "batch")?;
        expect(s, ",", "batch", "[index, length]")?;
        let length = count(s, "batch")?;
        expect(s, "]", "batch", "[index, length]")?;
        let batch = (small(index, "batch")?, small(length, "batch")?);
        expect(s, ",\"body\":", "body", HEX64)?;
        let body = digest(s, "body")?;
        let cause = optional(s, ",\"cause\":", "cause")?;
        let docs = Docs::read(s)?;
        let from = optional(s, ",\"from\":", "from")?;
        let genesis = genesis(s)?;
        expect(s, ",\"height\":", "height", COUNT)?;
        let height = count(s, "height")?;
        let idem = optional(s, ",\"idem\":", "idem")?;
        let ledger = if s.eat(",\"ledger\":") {
            Some(EventId::new(digest(s, "ledger")?))
        } else {
            None
        };
        expect(s, ",\"origin\":", "origin", "a string")?;
        let origin = match string(s, "origin")?.0 {
            "commanded" => Origin::Commanded,
            "observed" => Origin::Observed,
            "imported" => Origin::Imported,
            _ => return Err(bad("origin", "commanded, observed or imported")),
        };
        expect(s, ",\"parents\":[", "parents", "an array")?;
        let parents = parents(s)?;
        let task = optional(s, ",\"task\":", "task")?;
        if task.is_some_and(|task| task.0.is_empty()) {
            return Err(bad("task", "not empty"));
        }
        expect(s, ",\"time\":", "time", "a string")?;
        let time = string(s, "time")?
            .0
            .parse()
            .map_err(|_| bad("time", "YYYY-MM-DDThh:mm:ss.sssZ"))?;
        let to = optional(s, ",\"to\":", "to")?;
        expect(s, ",\"type\":", "type", "a string")?;
        let kind = string(s, "type")?;
        if kind.0.is_empty() {
            return Err(bad("type", "not empty"));
        }
        expect(s, ",\"type_v\":", "type_v", COUNT)?;
        let kind_v = small(count(s, "type_v")?, "type_v")?;
        expect(s, ",\"v\":", "v", COUNT)?;
        let v = count(s, "v")?;
        if v != u64::from(FORMAT) {
            return Err(Defect::UnknownVersion { v });
        }
        expect(s, ",\"writer\":", "writer", HEX16)?;
        let writer = name16(s, "writer")?;
        expect(s, ",\"wseq\":", "wseq", COUNT)?;
        let wseq = count(s, "wseq")?;
        expect(s, "}", "wseq", "the last member")?;
        let view = Self {
            actor,
            batch,
            body,
            cause,
            docs,
            from,
            genesis,
            height,
            idem,
            ledger,
            origin,
            parents,
            task,
            time,
            to,
            kind,
            kind_v,
            writer,
            wseq,
        };
        view.check()?;
        Ok(view)
    }

    /// What holds between the members (ledger-format.md §4.3).
    fn check(&self) -> Result<(), Defect> {
        if self.genesis.is_some() != self.parents[0].is_none() {
            return Err(bad(
                "genesis",
                "in the event without parents, and only there",
            ));
        }
        if self.genesis.is_some() == self.ledger.is_some() {
            return Err(bad("ledger", "in every event but the first"));
        }
        if self.batch.1 > MAX_BATCH {
            return Err(bad("batch", "at most 1000000 events"));
        }
        if self.idem.is_some() && self.batch.0 != 0 {
            return Err(bad("idem", "only in the first event of a batch"));
        }
        let last = u64::from(self.batch.0) + 1 >= u64::from(self.batch.1);
        if !self.docs.is_empty() && !last {
            return Err(bad("docs", "only in the last event of a batch"));
        }
        Ok(())
    }
}

impl<'a> ViewActor<'a> {
    fn read(s: &mut Scanner<'a>) -> Result<Self, Defect> {
        expect(s, "{\"id\":", "actor", "{id, kind, session, tool}")?;
        let id = string(s, "actor")?;
        expect(s, ",\"kind\":", "actor", "{id, kind, session, tool}")?;
        let kind = match string(s, "actor")?.0 {
            "human" => ActorKind::Human,
            "agent" => ActorKind::Agent,
            "program" => ActorKind::Program,
            "unknown" => ActorKind::Unknown,
            _ => return Err(bad("actor", "kind is human, agent, program or unknown")),
        };
        let session = optional(s, ",\"session\":", "actor")?;
        let tool = optional(s, ",\"tool\":", "actor")?;
        expect(s, "}", "actor", "{id, kind, session, tool}")?;
        Ok(Self {
            id,
            kind,
            session,
            tool,
        })
    }
}

#[inline(always)]
fn expect(
    s: &mut Scanner<'_>,
    token: &str,
    member: &'static str,
    why: &'static str,
) -> Result<(), Defect> {
    if s.eat(token) {
        Ok(())
    } else {
        Err(bad(member, why))
    }
}

fn string<'a>(s: &mut Scanner<'a>, member: &'static str) -> Result<Raw<'a>, Defect> {
    if s.peek() != Some(b'"') {
        return Err(bad(member, STRING));
    }
    let raw = s.string()?;
    // Escapes only ever shorten when decoded.
    if raw.0.len() > MAX_HEADER_STRING {
        let bytes = raw.decode().len();
        if bytes > MAX_HEADER_STRING {
            return Err(Defect::TooLong {
                what: member,
                bytes,
                limit: MAX_HEADER_STRING,
            });
        }
    }
    Ok(raw)
}

#[inline(always)]
fn optional<'a>(
    s: &mut Scanner<'a>,
    token: &str,
    member: &'static str,
) -> Result<Option<Raw<'a>>, Defect> {
    if s.eat(token) {
        string(s, member).map(Some)
    } else {
        Ok(None)
    }
}

fn count(s: &mut Scanner<'_>, member: &'static str) -> Result<u64, Defect> {
    if !matches!(s.peek(), Some(b'0'..=b'9')) {
        return Err(bad(member, COUNT));
    }
    u64::try_from(s.integer()?).map_err(|_| bad(member, COUNT))
}

fn small(n: u64, member: &'static str) -> Result<u32, Defect> {
    u32::try_from(n).map_err(|_| bad(member, "an integer below 2^32"))
}

fn digest(s: &mut Scanner<'_>, member: &'static str) -> Result<Digest, Defect> {
    bytes32(s, member).map(Digest::from_bytes)
}

fn bytes32(s: &mut Scanner<'_>, member: &'static str) -> Result<[u8; 32], Defect> {
    match s.hex() {
        Some(bytes) => Ok(bytes),
        None => Err(string(s, member).err().unwrap_or(bad(member, HEX64))),
    }
}

fn name16<'a>(s: &mut Scanner<'a>, member: &'static str) -> Result<Name<'a>, Defect> {
    let start = s.at() + 1;
    match s.hex() {
        Some(bytes) => Ok(Name {
            text: s.slice(start..s.at() - 1),
            bytes,
        }),
        None => Err(string(s, member).err().unwrap_or(bad(member, HEX16))),
    }
}

/// The `docs` of a header: read where they stand, and read again by whoever wants them.
#[derive(Debug, Clone)]
pub(super) struct Docs<'a>(Option<Scanner<'a>>);

impl<'a> Docs<'a> {
    const FORM: &'static str = "[[document id, hash], …], by id";

    fn read(s: &mut Scanner<'a>) -> Result<Self, Defect> {
        if !s.eat(",\"docs\":[") {
            return Ok(Self(None));
        }
        let start = s.clone();
        let mut before = None;
        loop {
            let (id, _) = Self::entry(s)?;
            // Digits are in the order of what they spell.
            if before.is_some_and(|before| before >= id.bytes) {
                return Err(bad("docs", "in ascending order of ids, each once"));
            }
            before = Some(id.bytes);
            if !s.eat(",") {
                break;
            }
        }
        expect(s, "]", "docs", Self::FORM)?;
        Ok(Self(Some(start)))
    }

    fn entry(s: &mut Scanner<'a>) -> Result<(Name<'a>, Digest), Defect> {
        expect(s, "[", "docs", Self::FORM)?;
        let id = name16(s, "docs")?;
        expect(s, ",", "docs", Self::FORM)?;
        let hash = digest(s, "docs")?;
        expect(s, "]", "docs", Self::FORM)?;
        Ok((id, hash))
    }

    const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Each document's id and hash.
    pub(super) fn entries(&self) -> impl Iterator<Item = Result<(Name<'a>, Digest), Defect>> {
        let mut rest = self.0.clone();
        iter::from_fn(move || {
            let mut s = rest.take()?;
            let entry = Self::entry(&mut s);
            rest = s.eat(",").then_some(s);
            Some(entry)
        })
    }
}

fn genesis(s: &mut Scanner<'_>) -> Result<Option<[u8; 32]>, Defect> {
    const FORM: &str = "{hash: \"blake3\", nonce}";
    if !s.eat(",\"genesis\":") {
        return Ok(None);
    }
    expect(s, "{\"hash\":\"blake3\",\"nonce\":", "genesis", FORM)?;
    let nonce = bytes32(s, "genesis")?;
    expect(s, "}", "genesis", FORM)?;
    Ok(Some(nonce))
}

fn parents(s: &mut Scanner<'_>) -> Result<[Option<EventId>; 2], Defect> {
    let mut parents = [None; 2];
    if s.eat("]") {
        return Ok(parents);
    }
    parents[0] = Some(EventId::new(digest(s, "parents")?));
    if s.eat(",") {
        parents[1] = Some(EventId::new(digest(s, "parents")?));
    }
    expect(s, "]", "parents", "at most two ids")?;
    if parents[0] == parents[1] {
        return Err(bad("parents", "different from each other"));
    }
    Ok(parents)
}
