//! `ledger verify-proof`: checks a proof, without asking any ledger but for its public key.

use std::io::{self, Write};
use std::path::Path;

use ledger_core::checkpoint::Checkpoint;
use ledger_core::codec::MAX_LINE;
use ledger_core::note::VerifierKey;
use ledger_core::project::audit::Entry;
use ledger_core::proof::{Leaf, MAX_PROOF, Proof};
use ledger_core::{Event, EventId, Recorded, Seq};
use schemars::JsonSchema;
use serde::Serialize;

use super::doctor::count;
use super::key;
use crate::args::{Global, VerifyProof};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::{json, screen, when};

/// The code of what was given as a checkpoint and is none (ledger-format.md §12.6).
const NOT_A_CHECKPOINT: &str = "NOT_A_CHECKPOINT";

/// What a proof proves, as JSON.
#[derive(Serialize, JsonSchema)]
pub(super) struct Report {
    /// Whether it proves it.
    ok: bool,
    /// The key that the signature was checked with; `None` if it was not.
    key: Option<String>,
    /// What is wrong.
    findings: Vec<Finding>,
    /// What it is a proof of; this and all below is left out where it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    /// The ledger's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<EventId>,
    /// Of how many events its checkpoint is.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// The root of their tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    /// The event that is proven to be in the history, as the audit trail shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Entry>,
    /// The older history that this one is said to go on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<Old>,
}

/// What is wrong.
#[derive(Serialize, JsonSchema)]
struct Finding {
    /// What sort of thing is wrong, as a word that stays the same.
    code: &'static str,
    /// What is wrong.
    message: String,
}

/// What a proof is of.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// That an event is in the history.
    Inclusion,
    /// That the history goes on from an older one.
    Consistency,
}

/// An older history.
#[derive(Serialize, JsonSchema)]
struct Old {
    /// How many events it has.
    size: u64,
    /// The root of their tree.
    root: String,
}

/// What is wrong, as a program is told of it.
type Wrong = (&'static str, String);

pub(crate) fn run(global: &Global, args: &VerifyProof) -> Result<(), Failure> {
    let (event, against) = (args.event.as_deref(), args.checkpoint.as_deref());
    key::one_from_stdin([Some(args.proof.as_path()), event, against])?;
    let bytes = key::bytes(&args.proof, MAX_PROOF as u64)?;
    let own_key = match &args.key {
        Some(given) => Some(key::given(given)?),
        None => key::own(global)?,
    };
    let event = event.map(event_bytes).transpose()?;
    let against = against.map(key::read).transpose()?.transpose();
    let read = Proof::parse(&bytes).map_err(|why| ("NOT_A_PROOF", why.to_string()));
    let checked = read.as_ref().map_err(Clone::clone).and_then(|proof| {
        let against = against.map_err(|why| (NOT_A_CHECKPOINT, why.to_string()))?;
        let leaf = proof.check(own_key.as_ref(), event.as_deref(), against.as_ref());
        leaf.map_err(|why| (why.code(), why.to_string()))
    });
    // Without a key all the rest may be right, and still anybody may have made it.
    let checked = checked.and_then(|leaf| match &own_key {
        Some(_) => Ok(leaf),
        None => Err((
            "UNCHECKED",
            "nobody checked who signed it: no key is known here".to_owned(),
        )),
    });
    let mut out = screen::raw();
    if args.json {
        let value = report(read.as_ref().ok(), own_key.as_ref(), &checked);
        json::print(&mut out, &value)?;
    } else if let (Ok(proof), Ok(leaf), Some(key)) = (&read, &checked, &own_key) {
        print(&mut out, proof, leaf.as_ref(), key)?;
    }
    out.flush()?;
    checked.map(|_| ()).map_err(|wrong| failure(&wrong))
}

/// An event in a file of its own. An editor may have put a line feed behind a header.
fn event_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = key::bytes(path, MAX_LINE as u64)?;
    if !bytes.starts_with(b"{\"body\":") && bytes.ends_with(b"\n") {
        bytes.pop();
    }
    Ok(bytes)
}

fn failure((code, message): &Wrong) -> Failure {
    let failure = Failure::finding(format!("it proves nothing: {message}"));
    match *code {
        "UNCHECKED" | "NOT_SIGNED" => failure.hint(
            "give the key with --key; `ledger checkpoint --show-key` prints it where the checkpoint was made",
        ),
        NOT_A_CHECKPOINT => failure.hint(key::FORMS),
        "NOT_A_PROOF" => failure.hint(
            "a proof is the whole file that `ledger prove` wrote; `ledger verify --checkpoint` checks a checkpoint",
        ),
        "NO_EVENT" => failure.hint("give the event's journal line with --event"),
        _ => failure,
    }
}

/// What the audit trail shows of an event.
fn entry(leaf: &Leaf, index: u64) -> Entry {
    Entry::of(&Recorded {
        seq: Seq(index),
        event: Event {
            id: leaf.id,
            header: leaf.header.clone(),
            body: leaf.body.clone().unwrap_or_default(),
        },
        line: Vec::new(),
    })
}

fn report(
    proof: Option<&Proof>,
    key: Option<&VerifierKey>,
    checked: &Result<Option<Leaf>, Wrong>,
) -> Report {
    let wrong = checked.as_ref().err();
    let leaf = checked.as_ref().ok().and_then(Option::as_ref);
    let checkpoint = proof.map(|proof| proof.checkpoint().checkpoint());
    Report {
        ok: wrong.is_none(),
        key: key.map(VerifierKey::called),
        findings: wrong
            .into_iter()
            .map(|(code, message)| Finding {
                code,
                message: message.clone(),
            })
            .collect(),
        kind: proof.map(|proof| match proof {
            Proof::Inclusion(_) => Kind::Inclusion,
            Proof::Consistency(_) => Kind::Consistency,
        }),
        ledger: checkpoint.map(|own| own.ledger),
        size: checkpoint.map(|own| own.size),
        root: checkpoint.map(|own| own.root.to_string()),
        event: match (proof, leaf) {
            (Some(Proof::Inclusion(own)), Some(leaf)) => Some(entry(leaf, own.index)),
            _ => None,
        },
        old: match proof {
            Some(Proof::Consistency(own)) => Some(Old {
                size: own.old,
                root: own.old_root.to_string(),
            }),
            _ => None,
        },
    }
}

fn print(
    out: &mut impl Write,
    proof: &Proof,
    leaf: Option<&Leaf>,
    key: &VerifierKey,
) -> io::Result<()> {
    let Checkpoint { size, .. } = proof.checkpoint().checkpoint();
    let signed = format!("the {} that {} signed", count(*size, "event"), key.called());
    match (proof, leaf) {
        (Proof::Inclusion(own), Some(leaf)) => {
            let entry = entry(leaf, own.index);
            writeln!(
                out,
                "proven: event {} {} is one of {}",
                own.index,
                leaf.id,
                plain(&signed)
            )?;
            print_entry(out, &entry)?;
            if leaf.body.is_none() {
                writeln!(out, "only its header is there")?;
            }
        }
        (Proof::Consistency(own), _) => {
            let first = count(own.old, "event");
            writeln!(
                out,
                "proven: {} begin with the {first} whose root is {}",
                plain(&signed),
                own.old_root
            )?;
        }
        (Proof::Inclusion(_), None) => {}
    }
    Ok(())
}

fn print_entry(out: &mut impl Write, entry: &Entry) -> io::Result<()> {
    let mut line = entry.kind.clone();
    line.extend(entry.task.iter().map(|task| format!(" {task}")));
    match (&entry.from, &entry.to) {
        (Some(from), Some(to)) => line.push_str(&format!(", from {from} to {to}")),
        (None, Some(to)) => line.push_str(&format!(", to {to}")),
        _ => {}
    }
    line.push_str(&format!(
        ", by {}, {}",
        entry.actor.id,
        when::utc(entry.time)
    ));
    writeln!(out, "{}", plain(&line))?;
    let own = [("title", &entry.title), ("reason", &entry.reason)];
    for (name, text) in own {
        if let Some(text) = text {
            writeln!(out, "{name}: {}", plain(text))?;
        }
    }
    for detail in &entry.details {
        writeln!(out, "{}: {}", plain(&detail.name), plain(&detail.text))?;
    }
    Ok(())
}
