//! `ledger init`

pub(super) mod past;

use std::io::{self, Write};
use std::path::Path;

use ledger_core::document::Document;
use ledger_core::{Actor, Digest, Plan, Stamp, Status, Transaction, seal};
use ledger_store::{Place, PlanPath, planfile, resolve_plan_path};

use super::receipt::{self, Form};
use crate::args::{Global, Init};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::outside;
use crate::session::{Access, Committed, Request, Session, current_folder, place};

/// What `init` did.
struct Started {
    session: Session,
    committed: Committed,
    fresh: bool,
    plans: Vec<(PlanPath, Document)>,
}

pub(crate) fn run(global: &Global, args: &Init) -> Result<(), Failure> {
    if args.git && past::run(global, args).map_err(Failure::not_recorded)? {
        return Ok(());
    }
    let started = start(global, args).map_err(Failure::not_recorded)?;
    if !args.json && started.committed.refused.is_none() {
        tell(&started).map_err(|error| {
            let failure = Failure::from(error).about("cannot print what was done");
            failure.recorded()
        })?;
        return receipt::print(started.committed, Form::Quiet);
    }
    receipt::print(started.committed, Form::of(args.json, false))
}

fn start(global: &Global, args: &Init) -> Result<Started, Failure> {
    let place = place(global)?;
    let plans = read(global, args, &place)?.into_iter().zip(&args.plans);
    let plans = plans
        .map(|((path, text), typed)| match text {
            Some(text) => Ok((path, text)),
            None => Err(missing(typed)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let actor = outside::actor(&args.who, None)?;
    let exists = place.layout.exists();
    if exists && plans.is_empty() {
        return Err(Failure::trouble(format!(
            "there is a ledger at {} already",
            place.layout.directory().display()
        ))
        .hint("ledger init PLAN.md adopts a further plan into it; ledger status shows it"));
    }
    if !exists {
        rehearse(&plans, &actor)?;
        place.layout.create(
            outside::new_writer()?,
            outside::now()?,
            place.home.clone(),
            Digest::from_bytes(outside::entropy()?),
        )?;
    }
    let request = Request {
        actor,
        cause: None,
        idem: None,
        time: None,
    };
    let mut session = Session::at(place, global, Access::Write)?;
    let fresh = session.head_moment().is_none();
    for (path, _) in &plans {
        if let Some(other) = session.tracked_as(&path.path) {
            return Err(same_file(&path.name, &other));
        }
    }
    let committed = session.change(&request, |tx| {
        if fresh {
            tx.create();
        }
        for (path, text) in &plans {
            tx.adopt(&path.name, text)?;
        }
        Ok(())
    })?;
    session.release();
    Ok(Started {
        session,
        committed,
        fresh,
        plans,
    })
}

/// The plan files that are to be adopted, as they are; `None` for one that is not there.
fn read(
    global: &Global,
    args: &Init,
    place: &Place,
) -> Result<Vec<(PlanPath, Option<Document>)>, Failure> {
    let base = current_folder(global)?;
    let mut plans: Vec<(PlanPath, Option<Document>)> = Vec::new();
    for path in &args.plans {
        let resolved = resolve_plan_path(&place.root, &base, path, args.allow_outside)?;
        let bytes = planfile::read(&resolved.path)?;
        let text = bytes.map(|bytes| Document::from_bytes(&bytes)).transpose();
        let text = text.map_err(|error| Failure::from(error).about(path.display()))?;
        let twice = plans
            .iter()
            .find(|(other, _)| planfile::same(&other.path, &resolved.path));
        if let Some((other, _)) = twice {
            return Err(same_file(&resolved.name, &other.name));
        }
        plans.push((resolved, text));
    }
    Ok(plans)
}

fn missing(typed: &Path) -> Failure {
    Failure::trouble(format!("there is no {}", typed.display()))
        .hint("init adopts a plan that exists; create it first")
}

fn tell(started: &Started) -> io::Result<()> {
    let session = &started.session;
    let mut out = anstream::stdout().lock();
    if started.fresh {
        let directory = session.directory().display().to_string();
        writeln!(out, "started a ledger in {}", plain(&directory))?;
    }
    if started.plans.is_empty() {
        writeln!(out, "it has no plan yet: ledger init PLAN.md adopts one")?;
    }
    for (path, _) in &started.plans {
        writeln!(
            out,
            "{} is adopted as it is: {}",
            plain(&path.name),
            tally(session.plan(), &path.name)
        )?;
    }
    out.flush()
}

/// Decides and seals what `init` is about to record, so that plans which cannot be adopted are
/// refused before there is a ledger.
fn rehearse(plans: &[(PlanPath, Document)], actor: &Actor) -> Result<(), Failure> {
    let context = outside::context()?;
    let none = Plan::default();
    let mut tx = Transaction::new(&none, &context);
    tx.create();
    for (path, text) in plans {
        tx.adopt(&path.name, text)?;
    }
    let decision = tx.finish()?;
    let stamp = Stamp {
        time: outside::now()?,
        actor: actor.clone(),
        cause: None,
        idem: None,
        writer: outside::new_writer()?,
        entropy: outside::entropy()?,
    };
    let documents: Vec<_> = decision
        .documents
        .iter()
        .map(|(id, text)| (id.clone(), text))
        .collect();
    let nonce = Some(outside::entropy()?);
    seal(None, &stamp, &decision.drafts, &documents, nonce)?;
    Ok(())
}

/// Two names of one file would overwrite each other's edits.
pub(super) fn same_file(path: &str, other: &str) -> Failure {
    if path == other {
        return Failure::finding(format!("the ledger tracks '{path}' already"));
    }
    Failure::finding(format!("{path} is the same file as {other}"))
        .hint("track a file under one name")
}

/// `17 tasks, 12 completed, 1 in progress`
fn tally(plan: &Plan, path: &str) -> String {
    let tasks = plan
        .document_at(path)
        .map(|own| plan.tasks_of(&own.id))
        .unwrap_or_default();
    let mut text = match tasks.len() {
        0 => "no tasks were found in it".to_owned(),
        1 => "1 task".to_owned(),
        many => format!("{many} tasks"),
    };
    for status in Status::ALL {
        let count = tasks.iter().filter(|task| task.status() == status).count();
        if count > 0 && status != Status::Pending {
            text.push_str(&format!(", {count} {}", status.name().replace('_', " ")));
        }
    }
    text
}
