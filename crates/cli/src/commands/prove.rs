//! `ledger prove`: proofs as files, against a checkpoint that this copy of the ledger signed.

use std::io::Write;

use ledger_core::checkpoint::{Checkpoint, NotExtended, SignedCheckpoint};
use ledger_core::merkle::{Hash, Prover};
use ledger_core::proof::{Consistency, Inclusion, NotProven, Proof};
use ledger_core::{Head, Recorded};
use ledger_store::{Keys, Store};

use super::checkpoint::{sign, walk};
use super::doctor::count;
use super::key;
use super::receipt::{self, Form};
use crate::args::{Global, Prove};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::{screen, whole_file};
use crate::session::{Access, Session};

pub(crate) fn run(global: &Global, args: &Prove) -> Result<(), Failure> {
    key::one_from_stdin([args.from.as_deref(), args.checkpoint.as_deref()])?;
    let mut session = Session::open(global, Access::Read)?;
    args.to.as_deref().map_or(Ok(()), |to| session.spare(to))?;
    let head = head(&mut session)?;
    let event = match &args.event {
        Some(text) => {
            let seq = session.event_named(text)?;
            session.store().event(seq)?
        }
        None => None,
    };
    let from = args.from.as_deref().map(key::checkpoint).transpose()?;
    if let Some(from) = &from {
        can_follow(from.checkpoint(), &head)?;
    }
    let least = match (&event, &from) {
        (Some(event), _) => event.seq.0 + 1,
        // One of no more than the old one would prove nothing of what came since, unless that is
        // only the event that records it.
        (None, Some(from)) => {
            let size = from.checkpoint().size;
            size + u64::from(head.seq.0 > size)
        }
        (None, None) => 0,
    };
    let against = match &args.checkpoint {
        Some(path) => {
            let against = key::checkpoint(path)?;
            can_follow(against.checkpoint(), &head)?;
            Some(against)
        }
        None => latest(&mut session, least)?,
    };
    let (mut session, head, against) = match against {
        Some(against) => (session, head, against),
        None => {
            drop(session);
            let Some(made) = make(global, args)? else {
                return Ok(());
            };
            let mut session = Session::open(global, Access::Read)?;
            let head = self::head(&mut session)?;
            (session, head, made)
        }
    };
    let proof = match (event, from) {
        (Some(event), _) => inclusion(&mut session, &head, &event, against, args.header_only)?,
        (None, Some(from)) => consistency(&mut session, &head, &from, against)?,
        (None, None) => return Err(Failure::trouble("say which event, or --from a checkpoint")),
    };
    drop(session);
    let mut out = screen::raw();
    match &args.to {
        None => out.write_all(proof.to_string().as_bytes())?,
        Some(path) => {
            whole_file::put(path, proof.to_string().as_bytes())?;
            let what = match &proof {
                Proof::Inclusion(own) => format!("that event {} is one of", own.index),
                Proof::Consistency(own) => {
                    format!("that the first {} are those signed before, of", own.old)
                }
            };
            let of = count(proof.checkpoint().checkpoint().size, "event");
            let path = path.display().to_string();
            writeln!(out, "wrote the proof {what} {of} to {}", plain(&path))?;
        }
    }
    Ok(out.flush()?)
}

fn head(session: &mut Session) -> Result<Head, Failure> {
    let head = session.store().head().cloned();
    head.ok_or_else(|| Failure::trouble("the ledger has no events yet"))
}

/// Refuses what no new checkpoint would help to go on from.
fn can_follow(old: &Checkpoint, head: &Head) -> Result<(), Failure> {
    let (own, found) = (head.ledger, head.seq.0 + 1);
    let why = match old.size <= found {
        _ if old.ledger != own => NotExtended::OtherLedger {
            own: Some(own),
            found: old.ledger,
        },
        true => return Ok(()),
        false => NotExtended::CutShort {
            signed: old.size,
            found,
        },
    };
    Err(Failure::finding(why.to_string()).hint("`ledger verify --checkpoint` says more"))
}

/// The latest checkpoint in the history that this copy signed, if it is of at least so many events.
fn latest(session: &mut Session, least: u64) -> Result<Option<SignedCheckpoint>, Failure> {
    let Some(key) = Keys::new(session.layout().keys()).public()? else {
        return Ok(None);
    };
    let found = session.latest_checkpoint(|own| own.verify(&key).is_ok())?;
    Ok(found.filter(|own| own.checkpoint().size >= least))
}

/// A new checkpoint; `None` where that failed and was said.
fn make(global: &Global, args: &Prove) -> Result<Option<SignedCheckpoint>, Failure> {
    let session = Session::open(global, Access::Write)
        .map_err(|failure| failure.hint("a proof needs a checkpoint, which has to be recorded"))?;
    let (signed, committed) = sign(session, &args.who, None)?;
    receipt::print(committed, Form::Text)?;
    Ok(signed.map(|signed| signed.checkpoint))
}

fn inclusion(
    session: &mut Session,
    head: &Head,
    event: &Recorded,
    against: SignedCheckpoint,
    header_only: bool,
) -> Result<Proof, Failure> {
    let Checkpoint { size, .. } = *against.checkpoint();
    let prover = Prover::inclusion(event.seq.0, size).map_err(|_| {
        Failure::trouble(format!(
            "the checkpoint is of {}, and event {} came later",
            count(size, "event"),
            event.seq
        ))
    })?;
    let path = proven(session, head, &prover, &against)?;
    let event_bytes = match header_only {
        true => event.header_bytes(),
        false => &event.line,
    };
    let proof = Proof::Inclusion(Inclusion {
        event: Some(event_bytes.to_vec()),
        index: event.seq.0,
        path,
        checkpoint: against,
    });
    proof.check(None, None, None).map_err(|why| wrong(&why))?;
    Ok(proof)
}

fn consistency(
    session: &mut Session,
    head: &Head,
    from: &SignedCheckpoint,
    against: SignedCheckpoint,
) -> Result<Proof, Failure> {
    let (old, new) = (from.checkpoint(), against.checkpoint());
    let prover = Prover::consistency(old.size, new.size).map_err(|_| {
        Failure::finding(format!(
            "the older checkpoint is of {}, and there are {}",
            count(old.size, "event"),
            new.size
        ))
        .hint("`ledger verify --checkpoint` says more")
    })?;
    let path = proven(session, head, &prover, &against)?;
    let proof = Proof::Consistency(Consistency {
        old: old.size,
        old_root: old.root,
        path,
        checkpoint: against,
    });
    proof
        .check(None, None, Some(from))
        .map_err(|why| wrong(&why))?;
    Ok(proof)
}

/// The hashes of a proof, where the journal is the one that was signed.
fn proven(
    session: &mut Session,
    head: &Head,
    prover: &Prover,
    against: &SignedCheckpoint,
) -> Result<Vec<Hash>, Failure> {
    let signed = against.checkpoint();
    let is_own = signed.ledger == head.ledger;
    let found = walk(session, head, &|| prover.clone())?.finish();
    match found.filter(|(_, root)| is_own && *root == signed.root) {
        Some((path, _)) => Ok(path),
        None => Err(
            Failure::finding("the history is not the one that the checkpoint stands for")
                .hint("`ledger verify --checkpoint` says more"),
        ),
    }
}

/// A proof that does not hold: what was to be proven is not so.
fn wrong(why: &NotProven) -> Failure {
    Failure::finding(format!("it cannot be proven: {why}"))
        .hint("`ledger verify --checkpoint` says more")
}
