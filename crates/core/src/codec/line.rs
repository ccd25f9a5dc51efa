//! A journal line: `{"body":…,"header":…}` and a line feed (ledger-format.md §2.3, §5).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::chain::{self, BodyHasher};
use crate::event::{Header, Part};
use crate::id::{Digest, EventId, push_hex};

use super::defect::Defect;
use super::header::{self, View};
use super::scan::Scanner;
use super::{MAX_BODY, MAX_HEADER, MAX_LINE, is_part_name, write};

/// How every line begins, up to its body's bracket.
const START: &str = "{\"body\":[";

/// A line that is right in itself: canonical, of the form, and with the body its header
/// commits to. What stands before it in the journal was not looked at.
#[derive(Debug, Clone)]
pub(crate) struct Frame<'a> {
    pub(crate) id: EventId,
    pub(crate) header: View<'a>,
    /// The header's bytes as they are stored: what is hashed.
    pub(crate) header_text: &'a str,
    body: &'a str,
}

impl<'a> Frame<'a> {
    /// Reads a line with its line feed.
    ///
    /// # Errors
    /// The first [`Defect`] in the order of ledger-format.md §9.1.
    pub(crate) fn read(line: &'a [u8]) -> Result<Self, Defect> {
        if line.len() > MAX_LINE {
            return Err(too_long("line", line.len(), MAX_LINE));
        }
        let Some((b'\n', content)) = line.split_last() else {
            return Err(Defect::IncompleteLine);
        };
        let text = std::str::from_utf8(content).map_err(|error| Defect::NotUtf8 {
            offset: error.valid_up_to(),
        })?;
        // One pass takes the line as it should be; only a line that fails is looked at again,
        // to say what is wrong with it.
        let frame = Self::read_text(text).map_err(|defect| diagnose(text, defect))?;
        if frame.1 == frame.0.header.body {
            Ok(frame.0)
        } else {
            Err(Defect::WrongBody)
        }
    }

    /// The frame and the commitment of the body it really has.
    fn read_text(text: &'a str) -> Result<(Self, Digest), Defect> {
        let s = &mut Scanner::new(text);
        if !s.eat(START) {
            return Err(Defect::BadLine);
        }
        let start = s.at() - 1;
        let mut commitments = BodyHasher::new();
        let mut parts = 0;
        if !s.eat("]") {
            loop {
                commitments.part(&Stored::read(s, parts)?.commitment());
                parts += 1;
                if s.eat("]") {
                    break;
                }
                if !s.eat(",") {
                    return Err(Defect::BadLine);
                }
            }
        }
        let body = s.slice(start..s.at());
        if body.len() > MAX_BODY {
            return Err(too_long("body", body.len(), MAX_BODY));
        }
        if !s.eat(",\"header\":") {
            return Err(Defect::BadLine);
        }
        let start = s.at();
        let header = View::read(s)?;
        let header_text = s.slice(start..s.at());
        if header_text.len() > MAX_HEADER {
            return Err(too_long("header", header_text.len(), MAX_HEADER));
        }
        if !s.eat("}") || !s.is_at_end() {
            return Err(Defect::BadLine);
        }
        let frame = Self {
            id: chain::event_id(header_text.as_bytes()),
            header,
            header_text,
            body,
        };
        Ok((frame, commitments.finish()))
    }

    /// The line with these of its parts removed: each replaced by its commitment, so that no hash
    /// changes (ledger-format.md §3.3). `line` is what the frame was read from. Parts that it does
    /// not have, or that are gone already, are passed over.
    pub(crate) fn without(&self, line: &[u8], gone: &BTreeSet<usize>) -> Result<Vec<u8>, Defect> {
        let (before, rest) = line.split_at(START.len() - 1);
        let mut out = Vec::with_capacity(line.len());
        out.extend_from_slice(before);
        let s = &mut Scanner::new(self.body);
        s.eat("[");
        out.push(b'[');
        let mut part = 0;
        while !s.eat("]") {
            if s.eat(",") {
                out.push(b',');
            }
            let from = s.at();
            let stored = Stored::read(s, part)?;
            if gone.contains(&part) {
                out.extend_from_slice(b"[\"");
                push_hex(&mut out, stored.commitment().as_bytes());
                out.extend_from_slice(b"\"]");
            } else {
                out.extend_from_slice(s.slice(from..s.at()).as_bytes());
            }
            part += 1;
        }
        out.push(b']');
        out.extend_from_slice(rest.get(self.body.len()..).unwrap_or_default());
        Ok(out)
    }

    /// Copies the parts out.
    pub(crate) fn parts(&self) -> Result<Vec<Part>, Defect> {
        self.parts_where(|_| true)
    }

    /// Copies those parts out whose names are wanted, and those that were removed.
    pub(crate) fn parts_where(&self, wanted: impl Fn(&str) -> bool) -> Result<Vec<Part>, Defect> {
        let s = &mut Scanner::new(self.body);
        let mut parts = Vec::new();
        s.eat("[");
        for index in 0.. {
            if s.eat("]") {
                break;
            }
            s.eat(",");
            let stored = Stored::read(s, index)?;
            if !matches!(stored, Stored::Open { name, .. } if !wanted(name)) {
                parts.push(stored.to_part(index)?);
            }
        }
        Ok(parts)
    }
}

/// A part as it is stored.
enum Stored<'a> {
    Open {
        salt: [u8; 16],
        name: &'a str,
        value: &'a str,
        /// `"name",value]`
        tail: &'a str,
    },
    Redacted(Digest),
}

const REMOVED: &str = "a removed part is one commitment of 64 lower-case hex digits";

impl<'a> Stored<'a> {
    fn read(s: &mut Scanner<'a>, part: usize) -> Result<Self, Defect> {
        let bad = |why| Defect::BadBody { part, why };
        if !s.eat("[") {
            return Err(bad("it is not an array"));
        }
        if s.peek() != Some(b'"') {
            return Err(bad("it does not start with a salt or a commitment"));
        }
        let salt = match s.hex() {
            Some(salt) if s.peek() != Some(b']') => salt,
            Some(_) => return Err(bad(REMOVED)),
            None => {
                let commitment = s.hex();
                if commitment.is_none() {
                    s.string()?;
                }
                return match (s.eat("]"), commitment) {
                    (true, Some(bytes)) => Ok(Self::Redacted(Digest::from_bytes(bytes))),
                    (true, None) => Err(bad(REMOVED)),
                    (false, _) => Err(bad("a salt is 32 lower-case hex digits")),
                };
            }
        };
        if !s.eat(",") || s.peek() != Some(b'"') {
            return Err(bad("an open part is a salt, a name and a value"));
        }
        let start = s.at();
        let name = s.string()?.0;
        if !is_part_name(name) {
            return Err(bad("a name is 1 to 64 of a-z, 0-9 and '_'"));
        }
        if !s.eat(",") {
            return Err(bad("an open part is a salt, a name and a value"));
        }
        let from = s.at();
        // The value stands in the part, the part in the body, the body in the line.
        s.value(4)?;
        let value = s.slice(from..s.at());
        if !s.eat("]") {
            return Err(bad("an open part is a salt, a name and a value"));
        }
        let tail = s.slice(start..s.at());
        Ok(Self::Open {
            salt,
            name,
            value,
            tail,
        })
    }

    fn commitment(&self) -> Digest {
        match self {
            Self::Open { salt, tail, .. } => chain::part_commitment(salt, tail.as_bytes()),
            Self::Redacted(commitment) => *commitment,
        }
    }

    fn to_part(&self, part: usize) -> Result<Part, Defect> {
        Ok(match self {
            Self::Redacted(commitment) => Part::Redacted(*commitment),
            Self::Open {
                salt, name, value, ..
            } => Part::Open {
                salt: *salt,
                name: (*name).to_owned(),
                value: serde_json::from_str(value).map_err(|_| Defect::BadBody {
                    part,
                    why: "its value cannot be read",
                })?,
            },
        })
    }
}

const fn too_long(what: &'static str, bytes: usize, limit: usize) -> Defect {
    Defect::TooLong { what, bytes, limit }
}

/// What is wrong with a line that was not read, in the order of ledger-format.md §9.1.
fn diagnose(text: &str, found: Defect) -> Defect {
    let s = &mut Scanner::new(text);
    if let Err(defect) = s.value(1) {
        return defect;
    }
    if !s.is_at_end() {
        return s.not_canonical("nothing follows the object but a line feed");
    }
    let Ok(Value::Object(line)) = serde_json::from_str(text) else {
        return Defect::BadLine;
    };
    let (Some(Value::Array(_)), Some(Value::Object(header)), 2) =
        (line.get("body"), line.get("header"), line.len())
    else {
        return Defect::BadLine;
    };
    match header.get("v").and_then(Value::as_u64) {
        Some(v) if v == u64::from(crate::event::FORMAT) => {}
        Some(v) => return Defect::UnknownVersion { v },
        None => {
            return Defect::BadHeader {
                member: "v",
                why: "an integer of at least 0",
            };
        }
    }
    unknown_member(header).unwrap_or(found)
}

fn unknown_member(header: &serde_json::Map<String, Value>) -> Option<Defect> {
    const MEMBERS: [&str; 20] = [
        "actor", "batch", "body", "cause", "docs", "from", "genesis", "height", "idem", "ledger",
        "origin", "parents", "task", "time", "to", "type", "type_v", "v", "writer", "wseq",
    ];
    let inner = |member: &'static str, known: &'static [&'static str]| {
        header
            .get(member)
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|object| object.keys())
            .filter(|name| !known.contains(&name.as_str()))
            .map(move |name| format!("{member}.{name}"))
    };
    header
        .keys()
        .filter(|name| !MEMBERS.contains(&name.as_str()))
        .cloned()
        .chain(inner("actor", &["id", "kind", "session", "tool"]))
        .chain(inner("genesis", &["hash", "nonce"]))
        .next()
        .map(|name| Defect::UnknownMember { name })
}

/// A journal line under way; one serves for many lines.
#[derive(Debug, Default)]
pub(crate) struct LineWriter {
    out: Vec<u8>,
}

impl LineWriter {
    /// Starts a line with a body of open parts, each with its salt; the commitment to it.
    ///
    /// # Errors
    /// The name of the part that the canonical form cannot hold, and why.
    pub(crate) fn body<'a>(
        &mut self,
        parts: impl IntoIterator<Item = ([u8; 16], &'a str, &'a Value)>,
    ) -> Result<Digest, BodyError<'a>> {
        let out = &mut self.out;
        out.clear();
        out.extend_from_slice(b"{\"body\":[");
        let start = out.len() - 1;
        let mut commitments = BodyHasher::new();
        for (i, (salt, name, value)) in parts.into_iter().enumerate() {
            out.extend_from_slice(if i > 0 { b",[\"" } else { b"[\"" });
            push_hex(out, &salt);
            out.extend_from_slice(b"\",");
            let tail = out.len();
            write::string(out, name);
            out.push(b',');
            write::value(out, value, 4).map_err(|why| BodyError::Value(name, why))?;
            out.push(b']');
            commitments.part(&chain::part_commitment(&salt, &out[tail..]));
        }
        out.push(b']');
        let bytes = out.len() - start;
        if bytes > MAX_BODY {
            return Err(BodyError::TooLong(too_long("body", bytes, MAX_BODY)));
        }
        Ok(commitments.finish())
    }

    /// Ends the line with a header; its id.
    ///
    /// # Errors
    /// [`Defect::TooLong`] if a string of the header or the whole is too long.
    pub(crate) fn header(&mut self, header: &Header) -> Result<EventId, Defect> {
        self.out.extend_from_slice(b",\"header\":");
        let start = self.out.len();
        header::encode(&mut self.out, header)?;
        let id = chain::event_id(&self.out[start..]);
        self.out.extend_from_slice(b"}\n");
        Ok(id)
    }

    /// The line.
    pub(crate) fn line(&self) -> &[u8] {
        &self.out
    }
}

/// Why a body cannot be written.
#[derive(Debug)]
pub(crate) enum BodyError<'a> {
    /// The canonical form cannot hold the part of this name.
    Value(&'a str, write::Unwritable),
    /// It has too many bytes.
    TooLong(Defect),
}
