//! `ledger audit`: events go from the journal to the output one by one.

mod about;
pub(super) mod cloud;
mod follow;
mod order;
pub(crate) mod sink;
pub(crate) mod words;

use std::collections::VecDeque;
use std::io::Write as _;

use ledger_core::plan::TYPES;
use ledger_core::project::{Cause, Completions, Entry, Filter, Name, is_kind};
use ledger_core::{Origin, Recorded, Seq};
use ledger_store::Store;

use super::drift;
use crate::args::{self, Audit, Format, Global};
use crate::failure::Failure;
use crate::outside;
use crate::session::{Access, Session, TimeOrMoment};

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
    narrow(&mut filter, &mut session, args)?;
    let now = outside::now()?;
    if args.follow && (filter.last.is_some() || filter.until.is_some_and(|until| until < now)) {
        return Err(Failure::trouble(
            "--follow: what is recorded from now on is all later than that",
        )
        .hint("leave the end of --range or --until out"));
    }
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
        About::These(tasks) => {
            for recorded in tasks.events.values() {
                if filter.admits(recorded) {
                    shown.push(Entry::of(recorded))?;
                }
            }
        }
        About::Everything | About::Like(_) => match args.limit {
            Some(most) => {
                for entry in latest(&mut session, &filter, most)? {
                    shown.push(entry)?;
                }
            }
            None => all(&mut session, &filter, &mut shown)?,
        },
    }
    let is_empty = shown.is_empty();
    let sink = shown.finish()?;
    if is_empty && filters(args) && !args.follow {
        // There is nowhere to report a failing standard error to.
        let _ = writeln!(anstream::stderr().lock(), "note: no event matches");
    }
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

/// How many events are looked at first where the history is gone through from its end.
const STRETCH: u64 = 64;

/// The latest events that the filter admits, at most so many, in order. The history is read from
/// its end, in stretches of which each is twice as long as the one after it.
fn latest(session: &mut Session, filter: &Filter, most: usize) -> Result<VecDeque<Entry>, Failure> {
    let mut found = VecDeque::new();
    let first = filter.first.unwrap_or(Seq(0));
    let mut end = session.head_seq().map_or(Seq(0), Seq::next);
    end = filter.last.map_or(end, |last| end.min(last.next()));
    let mut length = STRETCH;
    while end > first && found.len() < most {
        let start = first.max(Seq(end.0.saturating_sub(length)));
        let mut own = VecDeque::new();
        for batch in session.store().read(start)? {
            let batch = batch?;
            let inside = |recorded: &&Recorded| (start..end).contains(&recorded.seq);
            for recorded in batch.events().iter().filter(inside) {
                if filter.admits(recorded) {
                    own.push_back(Entry::of(recorded));
                    if own.len() > most - found.len() {
                        own.pop_front();
                    }
                }
            }
            if batch.head().seq.next() >= end {
                break;
            }
        }
        own.append(&mut found);
        found = own;
        end = start;
        length = length.saturating_mul(2);
    }
    Ok(found)
}

/// Completions that nothing speaks for.
fn unproven(session: &mut Session, filter: &Filter, about: &About) -> Result<Vec<Entry>, Failure> {
    let mut completions = Completions::new(filter);
    for batch in session.store().read(Seq(0))? {
        let batch = batch?;
        completions.take(&batch);
    }
    let mut found = completions.unproven(session.plan(), &|_| true);
    if let About::These(tasks) = about {
        found.retain(|entry| tasks.events.contains_key(&entry.seq));
    }
    Ok(found)
}

/// Whether some events only are asked for.
const fn filters(args: &Audit) -> bool {
    args.task.is_some()
        || args.under.is_some()
        || args.actor.is_some()
        || args.session.is_some()
        || args.kind.is_some()
        || args.origin.is_some()
        || args.cause.is_some()
        || args.from_status.is_some()
        || args.to_status.is_some()
        || args.grep.is_some()
        || args.since.is_some()
        || args.until.is_some()
        || args.range.is_some()
        || args.violations
        || args.unproven
}

fn filter(args: &Audit) -> Result<Filter, Failure> {
    Ok(Filter {
        task: None,
        actor: args.actor.as_deref().map(Name::new),
        session: args.session.clone(),
        kind: args.kind.as_deref().map(kind).transpose()?,
        origin: args.origin.map(|origin| match origin {
            args::Origin::Commanded => Origin::Commanded,
            args::Origin::Observed => Origin::Observed,
            args::Origin::Imported => Origin::Imported,
        }),
        cause: args.cause.as_deref().map(Cause::new),
        violations: args.violations,
        since: None,
        until: None,
        first: args.range.and_then(|range| range.first),
        last: args.range.and_then(|range| range.last),
        from: args.from_status,
        to: args.to_status,
        text: args.grep.clone(),
    })
}

/// Narrows a filter down to what is between two times or moments.
fn narrow(filter: &mut Filter, session: &mut Session, args: &Audit) -> Result<(), Failure> {
    match session.time_or_moment("--since", args.since.as_deref())? {
        Some(TimeOrMoment::Time(span)) => filter.since = Some(span.start),
        Some(TimeOrMoment::Moment(moment)) => {
            filter.first = filter.first.max(Some(moment.seq.next()));
        }
        None => {}
    }
    match session.time_or_moment("--until", args.until.as_deref())? {
        Some(TimeOrMoment::Time(span)) => filter.until = Some(span.end),
        Some(TimeOrMoment::Moment(moment)) => {
            let last = filter.last.map_or(moment.seq, |last| last.min(moment.seq));
            filter.last = Some(last);
        }
        None => {}
    }
    let last = filter.last.map(Seq::next);
    let by_moment = args.since.is_some() && last.is_some_and(|last| filter.first > Some(last));
    let by_time = filter.until.is_some_and(|until| filter.since > Some(until));
    if by_moment || by_time {
        return Err(
            Failure::trouble("--since: that is after what --until or --range ends with")
                .hint("give the earlier of the two to --since"),
        );
    }
    Ok(())
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
