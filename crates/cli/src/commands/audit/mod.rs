//! `ledger audit`: events go from the journal to the output one by one.

mod about;
pub(super) mod cloud;
mod follow;
mod order;
pub(crate) mod sink;
pub(crate) mod words;

use std::collections::BTreeSet;

use ledger_core::plan::TYPES;
use ledger_core::project::{Completions, Entry, Filter, Pattern, is_kind};
use ledger_core::{Origin, Recorded, Seq, TaskKey};
use ledger_store::Store;

use super::drift;
use crate::args::{self, Audit, Format, Global};
use crate::failure::Failure;
use crate::session::{Access, Session, time_option};

use about::About;
use order::Ordered;
use sink::Sink;

pub(crate) fn run(global: &Global, args: &Audit) -> Result<(), Failure> {
    let mut filter = filter(args)?;
    let format = if args.json { Format::Json } else { args.format };
    if args.follow && format == Format::Json {
        return Err(Failure::trouble("--follow: a JSON array never ends so")
            .hint("use --format ndjson, one object a line"));
    }
    let mut session = Session::open(global, Access::Read)?;
    let about = About::of(&mut session, args)?;
    if let About::Like(pattern) = &about {
        filter.task = Some(pattern.clone());
    }
    drift::note(&mut session);
    let sink = Sink::new(format, session.plan().ledger())?;
    let mut shown = Ordered::new(sink, args.limit, args.reverse);
    match &about {
        _ if args.unproven => {
            for entry in unproven(&mut session, &filter, &about)? {
                shown.push(entry)?;
            }
        }
        About::These(keys) => {
            for recorded in of_tasks(&mut session, keys)? {
                if filter.admits(&recorded) {
                    shown.push(Entry::of(&recorded))?;
                }
            }
        }
        About::Everything | About::Like(_) => all(&mut session, &filter, &mut shown)?,
    }
    let sink = shown.finish()?;
    if args.follow {
        return follow::on(session, sink, &filter, about);
    }
    Ok(sink.end()?)
}

/// The events of all batches between those that the filter allows at all.
fn all(session: &mut Session, filter: &Filter, shown: &mut Ordered) -> Result<(), Failure> {
    for batch in session.store().read(filter.first.unwrap_or(Seq(0)))? {
        let batch = batch?;
        for recorded in batch.events() {
            if filter.admits(recorded) {
                shown.push(Entry::of(recorded))?;
            }
        }
        if filter.last.is_some_and(|last| batch.head().seq >= last) {
            break;
        }
    }
    Ok(())
}

/// The events about tasks, under every key they have had, each once and in order.
fn of_tasks(session: &mut Session, keys: &BTreeSet<TaskKey>) -> Result<Vec<Recorded>, Failure> {
    let mut found = Vec::new();
    for key in keys {
        found.extend(session.events_of(key, usize::MAX)?);
    }
    found.sort_by_key(|recorded| recorded.seq);
    found.dedup_by_key(|recorded| recorded.seq);
    Ok(found)
}

/// Completions that nothing speaks for.
fn unproven(session: &mut Session, filter: &Filter, about: &About) -> Result<Vec<Entry>, Failure> {
    let mut completions = Completions::new(filter);
    for batch in session.store().read(Seq(0))? {
        let batch = batch?;
        completions.take(&batch);
    }
    Ok(match about {
        About::These(keys) => {
            completions.unproven(session.plan(), &|key: &TaskKey| keys.contains(key))
        }
        About::Everything | About::Like(_) => completions.unproven(session.plan(), &|_| true),
    })
}

fn filter(args: &Audit) -> Result<Filter, Failure> {
    Ok(Filter {
        task: None,
        actor: args.actor.clone(),
        session: args.session.clone(),
        kind: args.kind.as_deref().map(kind).transpose()?,
        origin: args.origin.map(|origin| match origin {
            args::Origin::Commanded => Origin::Commanded,
            args::Origin::Observed => Origin::Observed,
            args::Origin::Imported => Origin::Imported,
        }),
        cause: args.cause.as_deref().map(Pattern::new),
        violations: args.violations,
        since: time_option("--since", args.since.as_deref())?.map(|span| span.start),
        until: time_option("--until", args.until.as_deref())?.map(|span| span.end),
        first: args.range.and_then(|range| range.first),
        last: args.range.and_then(|range| range.last),
        from: args.from_status,
        to: args.to_status,
        text: args.grep.clone(),
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
