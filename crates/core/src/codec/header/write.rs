//! Writing a header (ledger-format.md §4.2).

use crate::codec::defect::Defect;
use crate::codec::{MAX_HEADER, write};
use crate::event::{ActorKind, Header, Origin};
use crate::id::{MAX_HEADER_STRING, TaskKey};

/// The canonical bytes of a header.
///
/// # Errors
/// [`Defect::TooLong`] if a string or the whole is too long.
pub(crate) fn encode(header: &Header) -> Result<Vec<u8>, Defect> {
    let mut w = Writer {
        out: Vec::with_capacity(768),
    };
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
    w.raw(&format!(
        "}},\"batch\":[{},{}]",
        header.batch.0, header.batch.1
    ));
    w.raw(&format!(",\"body\":\"{}\"", header.body));
    w.member(",\"cause\":", "cause", header.cause.as_deref())?;
    for (i, (id, hash)) in header.docs.iter().enumerate() {
        w.raw(if i == 0 { ",\"docs\":[" } else { "," });
        w.raw(&format!("[\"{id}\",\"{hash}\"]"));
    }
    if !header.docs.is_empty() {
        w.raw("]");
    }
    w.member(",\"from\":", "from", header.from.as_deref())?;
    if let Some(genesis) = &header.genesis {
        w.raw(",\"genesis\":{\"hash\":");
        w.text("genesis", &genesis.hash)?;
        let nonce = crate::id::hex(&genesis.nonce);
        w.raw(&format!(",\"nonce\":\"{nonce}\"}}"));
    }
    w.raw(&format!(",\"height\":{}", header.height));
    w.member(",\"idem\":", "idem", header.idem.as_deref())?;
    if let Some(ledger) = header.ledger {
        w.raw(&format!(",\"ledger\":\"{ledger}\""));
    }
    w.raw(match header.origin {
        Origin::Commanded => ",\"origin\":\"commanded\",\"parents\":[",
        Origin::Observed => ",\"origin\":\"observed\",\"parents\":[",
        Origin::Imported => ",\"origin\":\"imported\",\"parents\":[",
    });
    for (i, parent) in header.parents.iter().enumerate() {
        w.raw(if i == 0 { "" } else { "," });
        w.raw(&format!("\"{parent}\""));
    }
    w.raw("]");
    let task = header.task.as_ref().map(TaskKey::as_str);
    w.member(",\"task\":", "task", task)?;
    w.raw(&format!(",\"time\":\"{}\"", header.time));
    w.member(",\"to\":", "to", header.to.as_deref())?;
    w.member(",\"type\":", "type", Some(&header.kind))?;
    w.raw(&format!(
        ",\"type_v\":{},\"v\":{},\"writer\":\"{}\",\"wseq\":{}}}",
        header.kind_v, header.v, header.writer, header.wseq
    ));
    if w.out.len() > MAX_HEADER {
        return Err(Defect::TooLong {
            what: "header",
            bytes: w.out.len(),
            limit: MAX_HEADER,
        });
    }
    Ok(w.out)
}

struct Writer {
    out: Vec<u8>,
}

impl Writer {
    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn text(&mut self, what: &'static str, text: &str) -> Result<(), Defect> {
        if text.len() > MAX_HEADER_STRING {
            return Err(Defect::TooLong {
                what,
                bytes: text.len(),
                limit: MAX_HEADER_STRING,
            });
        }
        write::string(&mut self.out, text);
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
