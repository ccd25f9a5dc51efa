//! `ledger checkpoint`: signs the history up to the head and records that it did.

use std::fs::File;
use std::io::{self, Write};

use ledger_core::Head;
use ledger_core::checkpoint::{Checkpoint, SignedCheckpoint};
use ledger_core::id::{EventId, Seq};
use ledger_core::merkle::Tree;
use ledger_core::note::SignerKey;
use ledger_core::published::published;
use ledger_store::Store;
use ledger_store::git::Git;
use schemars::JsonSchema;
use serde::Serialize;

use super::doctor::count;
use super::key;
use super::receipt::{self, Form};
use super::verify::chain::{Followed, Leaves, follow_all};
use crate::args::{Checkpoint as Args, Global, Who};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::{json, screen, whole_file};
use crate::outside;
use crate::session::{Access, Claims, Committed, Request, Session, place};

/// Where git keeps the notes.
const NOTES: &str = "ledger-checkpoint";

/// A checkpoint that this copy of a ledger signed, and the event that has it.
pub(super) struct Signed {
    pub(super) checkpoint: SignedCheckpoint,
    pub(super) key: SignerKey,
    seq: Seq,
    id: EventId,
    is_new: bool,
}

/// A checkpoint as JSON.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Checkpoint")]
pub(super) struct Printed<'c> {
    /// The ledger's id.
    ledger: EventId,
    /// Of how many events it is.
    size: u64,
    /// The root of their tree.
    root: String,
    /// The signed note.
    note: &'c str,
    /// The same as a commit's trailer; `None` where others signed it too.
    trailer: Option<String>,
    /// What others check it with.
    key: String,
    /// The event that records it.
    seq: Seq,
    /// That event's id.
    id: EventId,
    /// Whether it was made now, and not before for the same events.
    new: bool,
}

/// The key of checkpoints as JSON.
#[derive(Serialize, JsonSchema)]
pub(super) struct PublicKey {
    /// What others check checkpoints with.
    key: String,
}

pub(crate) fn run(global: &Global, args: &Args) -> Result<(), Failure> {
    if args.show_key {
        return show_key(global, args.json);
    }
    let session = Session::open(global, Access::Write).map_err(Failure::not_recorded)?;
    let spared = args.to.as_deref().map_or(Ok(()), |to| session.spare(to));
    spared.map_err(Failure::not_recorded)?;
    let (signed, committed) = sign(session, &args.who, args.cause.as_deref())?;
    let Some(signed) = signed else {
        return receipt::print(committed, Form::Quiet);
    };
    let note = signed.checkpoint.note().to_string();
    if let Some(path) = &args.to {
        whole_file::put(path, note.as_bytes()).map_err(stands)?;
    }
    let commit = match args.git_note {
        true => Some(into_git(global, &note).map_err(stands)?),
        false => None,
    };
    let mut out = screen::raw();
    if args.json {
        print_json(&mut out, &signed, &note)?;
    } else if args.trailer {
        writeln!(out, "{}", signed.checkpoint.trailer().unwrap_or_default())?;
    } else if args.to.is_none() && commit.is_none() {
        out.write_all(note.as_bytes())?;
    } else {
        let of = count(signed.checkpoint.checkpoint().size, "event");
        if let Some(path) = &args.to {
            let path = path.display().to_string();
            writeln!(out, "wrote the checkpoint of {of} to {}", plain(&path))?;
        }
        if let Some(commit) = commit {
            writeln!(
                out,
                "put the checkpoint of {of} into the note of commit {commit}"
            )?;
        }
    }
    out.flush()?;
    receipt::print(committed, Form::Text)
}

/// Says that a checkpoint stands all the same.
fn stands(failure: Failure) -> Failure {
    failure.hint("it is recorded; `ledger checkpoint` gives the same one again")
}

/// Prints the public key. Where one was made already, nothing has to be written.
fn show_key(global: &Global, as_json: bool) -> Result<(), Failure> {
    let key = match key::own(global)? {
        Some(key) => key,
        None => {
            let mut session = Session::open(global, Access::Write)?;
            let head = head(&mut session)?;
            session.signer(head.ledger)?.public().clone()
        }
    };
    let mut out = screen::raw();
    match as_json {
        true => json::print(
            &mut out,
            &PublicKey {
                key: key.to_string(),
            },
        )?,
        false => writeln!(out, "{key}")?,
    }
    Ok(out.flush()?)
}

fn print_json(out: &mut impl Write, signed: &Signed, note: &str) -> io::Result<()> {
    let Checkpoint { ledger, size, root } = signed.checkpoint.checkpoint();
    json::print(
        out,
        &Printed {
            ledger: *ledger,
            size: *size,
            root: root.to_string(),
            note,
            trailer: signed.checkpoint.trailer(),
            key: signed.key.public().to_string(),
            seq: signed.seq,
            id: signed.id,
            new: signed.is_new,
        },
    )
}

fn into_git(global: &Global, note: &str) -> Result<String, Failure> {
    let place = place(global)?;
    let dirs = place.git.as_ref().ok_or_else(|| {
        Failure::trouble("there is no git repository here").hint("leave --git-note out")
    })?;
    let put = Git::new(&place.root, dirs).put_note(NOTES, note);
    put.map_err(|said| Failure::trouble(format!("git cannot take the note: {said}")))
}

fn head(session: &mut Session) -> Result<Head, Failure> {
    let head = session.store().head().cloned();
    head.ok_or_else(|| Failure::trouble("the ledger has no events yet"))
}

/// Signs the history up to the head, with all that is found in plan files, and records it. Where
/// nothing came since the last time, what was signed then is given again. Nothing is signed where
/// an edit that is there could not be recorded first.
pub(super) fn sign(
    mut session: Session,
    who: &Who,
    cause: Option<&str>,
) -> Result<(Option<Signed>, Committed), Failure> {
    let request = Request {
        actor: outside::actor(who, None)?,
        cause: cause.map(str::to_owned),
        idem: None,
        time: None,
    };
    let mut committed = session.observe(&request, &Claims::None)?;
    if committed.refused.is_some() {
        return Ok((None, committed));
    }
    for found in committed
        .ruled
        .drain(..)
        .chain(committed.observed.drain(..))
    {
        let events = count(found.events().len() as u64, "event");
        let remark = format!(
            "recorded {events} up to {} that were found first",
            found.head().seq
        );
        committed.remarks.push(remark);
    }
    let head = head(&mut session)?;
    let key = session.signer(head.ledger)?;
    if let Some(former) = former(&mut session, &head, &key)? {
        let remark = format!("nothing came since event {}, which has it", former.seq);
        committed.remarks.push(remark);
        return Ok((Some(former), committed));
    }
    let tree = walk(&mut session, &head, &Tree::new)?;
    if tree.size() != head.seq.0 + 1 {
        return Err(Failure::trouble("the journal grew while it was read").hint("try again"));
    }
    let checkpoint = Checkpoint {
        ledger: head.ledger,
        size: tree.size(),
        root: tree.root(),
    };
    let checkpoint = SignedCheckpoint::new(checkpoint, &key);
    let batch = session.publish(&checkpoint, &request)?;
    if let Err(failure) = session.settle() {
        let failure = failure.about("recorded, but the indexes were not updated");
        committed.unwritten.push(failure);
    }
    drop(session);
    let last = batch.as_ref().map(|batch| batch.head());
    let signed = last.map(|last| Signed {
        checkpoint,
        key,
        seq: last.seq,
        id: last.id,
        is_new: true,
    });
    if let Some(signed) = &signed {
        let recorded = format!("recorded as event {}", signed.seq);
        committed.remarks.push(recorded);
    }
    Ok((signed, committed))
}

/// What was signed last, if nothing but the event that says so came behind it.
fn former(session: &mut Session, head: &Head, key: &SignerKey) -> Result<Option<Signed>, Failure> {
    let last = session.store().event(head.seq)?;
    let Some(Ok(checkpoint)) = last.and_then(|last| published(&last.event)) else {
        return Ok(None);
    };
    let is_own = checkpoint.verify(key.public()).is_ok();
    let is_all = checkpoint.checkpoint().size == head.seq.0;
    Ok((is_own && is_all).then(|| Signed {
        checkpoint,
        key: key.clone(),
        seq: head.seq,
        id: head.id,
        is_new: false,
    }))
}

/// Goes through the leaves of the whole journal, verified on the way, and at least up to `head`.
pub(super) fn walk<L: Leaves>(
    session: &mut Session,
    head: &Head,
    begin: &dyn Fn() -> L,
) -> Result<L, Failure> {
    let path = session.layout().journal();
    let about = |error| Failure::from(error).about(path.display());
    let file = File::open(&path).map_err(about)?;
    let length = file.metadata().map_err(about)?.len();
    let journal = io::Read::take(file, length);
    let Followed {
        links,
        fault,
        leaves,
        ..
    } = follow_all(journal, begin).map_err(about)?;
    if let Some(fault) = fault {
        return Err(Failure::from(fault).hint("`ledger verify` says more"));
    }
    match links.head() {
        Some(read) if read.seq >= head.seq => Ok(leaves),
        _ => Err(
            Failure::finding("the journal is not as long as the ledger knows")
                .hint("`ledger doctor` says what is damaged and what can be done"),
        ),
    }
}
