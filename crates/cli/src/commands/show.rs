//! `ledger show`: a task, or an event ([`event`]).

pub(super) mod detail;
pub(super) mod event;
mod removed;

use std::io::Write;

use ledger_core::plan::Unresolved;
use ledger_core::project::Entry;
use ledger_core::{Seq, Status};

use super::absent::absent;
use super::audit::words;
use super::drift;
use crate::args::{Global, Show};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{self, BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{json, when};
use crate::session::{Access, Session};

use detail::Detail;

/// How many events are shown.
const EVENTS: usize = 8;

pub(crate) fn run(global: &Global, args: &Show) -> Result<(), Failure> {
    if is_event(&args.what) {
        whenever(args)?;
        // Nothing of the plan is asked for.
        let mut session = Session::open(global, Access::Compare)?;
        let seq = session.event_named(&args.what)?;
        return event::show(&mut session, seq, args.json);
    }
    let mut session = Session::open(global, Access::Read)?;
    let moment = args.at.as_deref().map(|at| session.resolve(at));
    let moment = moment.transpose()?.map(|moment| moment.seq);
    let then = moment.map(|at| session.plan_at(at)).transpose()?;
    let plan = then.as_ref().unwrap_or_else(|| session.plan());
    let key = match plan.resolve(&args.what) {
        Ok(task) => task.key.clone(),
        Err(unresolved @ Unresolved::Ambiguous { .. }) => return Err(unresolved.into()),
        Err(unresolved) => match session.event_called(&args.what)? {
            Some(seq) => {
                whenever(args)?;
                return event::show(&mut session, seq, args.json);
            }
            None => return Err(nothing(&mut session, moment, &args.what, unresolved)),
        },
    };
    if moment.is_none() {
        drift::note(&mut session);
    }
    let also = session.event_called(&args.what).ok().flatten();
    let also = also.filter(|_| moment.is_none());
    let mut events = match moment {
        None => session.events_of(&key, EVENTS)?,
        Some(_) => session.events_of(&key, usize::MAX)?,
    };
    events.retain(|event| moment.is_none_or(|at| event.seq <= at));
    events.truncate(EVENTS);
    let events = events.iter().rev().map(Entry::of).collect();
    let plan = then.as_ref().unwrap_or_else(|| session.plan());
    let Some(detail) = Detail::of(plan, &key, events) else {
        return Err(Failure::trouble(format!(
            "the plan does not write task {key}"
        )));
    };
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &detail)?;
        return Ok(out.flush()?);
    }
    print(&detail)?;
    if let Some(seq) = also {
        let mut out = anstream::stderr().lock();
        writeln!(out, "note: ledger show event:{seq} shows the event")?;
    }
    Ok(())
}

/// Refuses to show an event at a moment.
fn whenever(args: &Show) -> Result<(), Failure> {
    match args.at {
        None => Ok(()),
        Some(_) => Err(Failure::trouble("an event is the same at every moment")
            .hint("leave --at out, or name a task")),
    }
}

/// Whether a text says itself that it names an event.
fn is_event(text: &str) -> bool {
    ["event:", "seq:", "id:"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

/// What is said where a text names no task of the plan and no event.
fn nothing(session: &mut Session, at: Option<Seq>, name: &str, unresolved: Unresolved) -> Failure {
    // What is a number only was most likely meant for an event's.
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    if is_number
        && at.is_none()
        && session.life_of(name).is_err()
        && let Err(failure) = session.event_named(name)
    {
        return failure;
    }
    absent(session, at, "ledger show", name, unresolved)
}

fn print(detail: &Detail<'_>) -> Result<(), Failure> {
    let mut out = Screen::new();
    let task = &detail.task;
    let style = paint::status(task.status);
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}  {}",
        plain(task.key.as_str()),
        plain(task.title)
    )?;
    let mut lines = vec![(
        "status",
        format!("{style}{}{style:#}", paint::words(task.status)),
    )];
    if let Some(reason) = task.reason {
        lines.push(("reason", plain(reason).into_owned()));
    }
    lines.push(("where", format!("{}:{}", plain(task.plan), task.line)));
    if !detail.section.is_empty() {
        lines.push(("section", plain(&detail.section.join(" › ")).into_owned()));
    }
    if let Some(parent) = &detail.parent {
        lines.push(("part of", named(parent)));
    }
    lines.extend(
        detail
            .depends_on
            .iter()
            .map(|task| ("waits for", named(task))),
    );
    lines.extend(
        detail
            .dependents
            .iter()
            .map(|task| ("needed by", named(task))),
    );
    for writing in detail.writings.iter().skip(1) {
        let said = paint::words(writing.status);
        lines.push((
            "also at",
            format!("{}:{} ({said})", plain(task.plan), writing.line),
        ));
    }
    let mut last = "";
    for (label, text) in lines {
        let shown = if label == last { "" } else { label };
        last = label;
        writeln!(out, "  {DIM}{shown:<10}{DIM:#}{text}")?;
    }
    if detail.contradicts_itself {
        let style = paint::status(Status::IssuesFound);
        writeln!(
            out,
            "  {style}it is written with different statuses{style:#}"
        )?;
    }
    if !detail.fields.is_empty() || !detail.steps.is_empty() {
        writeln!(out)?;
    }
    for field in &detail.fields {
        writeln!(
            out,
            "  {DIM}{}:{DIM:#} {}",
            plain(&field.label),
            plain(&field.value)
        )?;
        for item in &field.items {
            writeln!(out, "    - {}", plain(item))?;
        }
    }
    for step in &detail.steps {
        writeln!(
            out,
            "  [{}] {}",
            if step.checked { 'x' } else { ' ' },
            plain(&step.text)
        )?;
    }
    if !detail.events.is_empty() {
        writeln!(out)?;
    }
    for entry in &detail.events {
        let line = format!(
            "{:>6}  {}  {}  {}",
            entry.seq.0,
            when::local(entry.time),
            words::actor(&entry.actor),
            words::what(entry)
        );
        writeln!(out, "  {}", out.rest(&plain(&line), 2).into_owned())?;
    }
    Ok(out.flush()?)
}

fn named(task: &super::brief::Brief<'_>) -> String {
    let style = paint::status(task.status);
    format!(
        "{}  {}  {style}{}{style:#}",
        plain(task.key.as_str()),
        plain(task.title),
        paint::words(task.status)
    )
}
