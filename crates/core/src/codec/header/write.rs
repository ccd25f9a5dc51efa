//! Writing a header (ledger-format.md §4.2).

use std::fmt::Display;

use crate::codec::defect::Defect;
use crate::codec::{MAX_HEADER, write};
use crate::event::{ActorKind, Header, Origin};
use crate::id::{MAX_HEADER_STRING, TaskKey, push_hex};

/// Appends the canonical bytes of a header.
///
/// # Errors
/// [`Defect::TooLong`] if a string or the whole is too long.
pub(crate) fn encode(out: &mut Vec<u8>, header: &Header) -> Result<(), Defect> {
    let start = out.len();
    let mut w = Writer { out };
    w.raw("{\"actor\":{\"id\":");
    w.text("actor", &header.actor.id)?;
    w.raw(",\"kind\":\"");
    w.raw(match header.actor.kind {
        ActorKind::Human => "human",
        ActorKind::Agent => "agent",
        ActorKind::Program => "program",
        ActorKind::Unknown => "unknown",
    });
    w.raw("\"");
    w.member(",\"session\":", "actor", header.actor.session.as_deref())?;
    w.member(",\"tool\":", "actor", header.actor.tool.as_deref())?;
    w.number("},\"batch\":[", header.batch.0);
    w.number(",", header.batch.1);
    w.hex("],\"body\":\"", header.body.as_bytes());
    w.member(",\"cause\":", "cause", header.cause.as_deref())?;
    for (i, (id, hash)) in header.docs.iter().enumerate() {
        w.raw(if i == 0 { ",\"docs\":[[\"" } else { ",[\"" });
        w.raw(id.as_str());
        w.hex("\",\"", hash.as_bytes());
        w.raw("]");
    }
    if !header.docs.is_empty() {
        w.raw("]");
    }
    w.member(",\"from\":", "from", header.from.as_deref())?;
    if let Some(genesis) = &header.genesis {
        w.raw(",\"genesis\":{\"hash\":");
        w.text("genesis", &genesis.hash)?;
        w.hex(",\"nonce\":\"", &genesis.nonce);
        w.raw("}");
    }
    w.number(",\"height\":", header.height);
    w.member(",\"idem\":", "idem", header.idem.as_deref())?;
    if let Some(ledger) = header.ledger {
        w.hex(",\"ledger\":\"", ledger.digest().as_bytes());
    }
    w.raw(match header.origin {
        Origin::Commanded => ",\"origin\":\"commanded\",\"parents\":[",
        Origin::Observed => ",\"origin\":\"observed\",\"parents\":[",
        Origin::Imported => ",\"origin\":\"imported\",\"parents\":[",
    });
    for (i, parent) in header.parents.iter().enumerate() {
        w.hex(
            if i == 0 { "\"" } else { ",\"" },
            parent.digest().as_bytes(),
        );
    }
    w.raw("]");
    let task = header.task.as_ref().map(TaskKey::as_str);
    w.member(",\"task\":", "task", task)?;
    w.raw(",\"time\":\"");
    write::shown(w.out, header.time);
    w.raw("\"");
    w.member(",\"to\":", "to", header.to.as_deref())?;
    w.member(",\"type\":", "type", Some(&header.kind))?;
    w.number(",\"type_v\":", header.kind_v);
    w.number(",\"v\":", header.v);
    w.raw(",\"writer\":\"");
    w.raw(header.writer.as_str());
    w.number("\",\"wseq\":", header.wseq);
    w.raw("}");
    let bytes = out.len() - start;
    if bytes > MAX_HEADER {
        return Err(Defect::TooLong {
            what: "header",
            bytes,
            limit: MAX_HEADER,
        });
    }
    Ok(())
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, token: &str, n: impl Display) {
        self.raw(token);
        write::shown(self.out, n);
    }

    /// The token opens the string, which is closed here.
    fn hex<const N: usize>(&mut self, token: &str, bytes: &[u8; N]) {
        self.raw(token);
        push_hex(self.out, bytes);
        self.raw("\"");
    }

    fn text(&mut self, what: &'static str, text: &str) -> Result<(), Defect> {
        if text.len() > MAX_HEADER_STRING {
            return Err(Defect::TooLong {
                what,
                bytes: text.len(),
                limit: MAX_HEADER_STRING,
            });
        }
        write::string(self.out, text);
        Ok(())
    }

    fn member(
        &mut self,
        token: &str,
        what: &'static str,
        text: Option<&str>,
    ) -> Result<(), Defect> {
        if let Some(text) = text {
            self.raw(token);
            self.text(what, text)?;
        }
        Ok(())
    }
}
