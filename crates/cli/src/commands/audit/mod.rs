//! `ledger audit`: events go from the journal to the output one by one.

pub(crate) mod sink;
pub(crate) mod words;

use ledger_core::plan::TYPES;
use ledger_core::project::{Completions, Entry, Filter, is_kind};
use ledger_core::{Origin, Recorded, Seq};
use ledger_store::Store;

use super::drift;
use crate::args::{self, Audit, Format, Global};
use crate::failure::Failure;
use crate::session::{Access, Session, time_option};

use sink::Sink;

pub(crate) fn run(global: &Global, args: &Audit) -> Result<(), Failure> {
    let filter = filter(args)?;
    let mut session = Session::open(global, Access::Read)?;
    let task = args
        .task
        .as_deref()
        .map(|name| session.task_ever(name))
        .transpose()?;
    drift::note(&mut session);
    let mut sink = Sink::new(if args.json { Format::Json } else { args.format })?;
    let mut show = |recorded: &Recorded| -> Result<(), Failure> {
        if filter.admits(recorded) {
            sink.push(&Entry::of(recorded))?;
        }
        Ok(())
    };
    match task {
        _ if args.unproven => {
            let mut completions = Completions::new(&filter);
            for batch in session.store().read(Seq(0))? {
                let batch = batch?;
                completions.take(&batch);
            }
            let unproven = completions.unproven(session.plan(), task.as_ref());
            unproven.iter().try_for_each(|entry| sink.push(entry))?;
        }
        Some(key) => {
            session
                .events_of(&key, usize::MAX)?
                .iter()
                .rev()
                .try_for_each(&mut show)?;
        }
        None => {
            for batch in session.store().read(Seq(0))? {
                batch?.events().iter().try_for_each(&mut show)?;
            }
        }
    }
    Ok(sink.end()?)
}

fn filter(args: &Audit) -> Result<Filter, Failure> {
    Ok(Filter {
        actor: args.actor.clone(),
        session: args.session.clone(),
        kind: args.kind.as_deref().map(kind).transpose()?,
        origin: args.origin.map(|origin| match origin {
            args::Origin::Commanded => Origin::Commanded,
            args::Origin::Observed => Origin::Observed,
            args::Origin::Imported => Origin::Imported,
        }),
        cause: args.cause.clone(),
        violations: args.violations,
        since: time_option("--since", args.since.as_deref())?.map(|span| span.start),
        until: time_option("--until", args.until.as_deref())?.map(|span| span.end),
    })
}

/// A type of event, or one part of several.
fn kind(text: &str) -> Result<String, Failure> {
    if TYPES.iter().any(|kind| is_kind(kind, text)) {
        return Ok(text.to_owned());
    }
    Err(
        Failure::trouble(format!("--type: there are no '{text}' events"))
            .hint(format!("there are {}", TYPES.join(", "))),
    )
}
