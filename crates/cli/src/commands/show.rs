//! `ledger show`: a task, or an event ([`event`]).

pub(super) mod detail;
pub(super) mod event;
mod removed;

use std::io::Write;

use ledger_core::plan::Unresolved;
use ledger_core::project::Entry;
use ledger_core::{Recorded, Status, TaskKey};

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
        // Nothing of the plan is asked for.
        let mut session = Session::open(global, Access::Compare)?;
        let seq = session.event_named(&args.what)?;
        return event::show(&mut session, seq, args.json);
    }
    let mut session = Session::open(global, Access::Read)?;
    let key = match session.plan().resolve(&args.what) {
        Ok(task) => task.key.clone(),
        Err(unresolved @ Unresolved::Ambiguous { .. }) => return Err(unresolved.into()),
        Err(unresolved) => match session.event_called(&args.what)? {
            Some(seq) => return event::show(&mut session, seq, args.json),
            None => return Err(elsewhere(&mut session, &args.what, unresolved.into())),
        },
    };
    drift::note(&mut session);
    let also = session.event_called(&args.what).ok().flatten();
    let events = session.events_of(&key, EVENTS)?;
    let events = events.iter().rev().map(Entry::of).collect();
    let Some(detail) = Detail::of(session.plan(), &key, events) else {
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

/// Whether a text says itself that it names an event.
fn is_event(text: &str) -> bool {
    ["event:", "seq:", "id:"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

/// A task that the plan does not hold may have been called so once.
fn elsewhere(session: &mut Session, name: &str, unknown: Failure) -> Failure {
    match session.life_of(name) {
        Ok(life) if life.is_there => {
            let key = life.key;
            Failure::finding(format!("'{name}' is called {key} now"))
                .hint(format!("ledger show {key}"))
        }
        Ok(life) => {
            let audit = format!("ledger audit --task {name} shows what became of it");
            let removed = life.events.iter().rev();
            let mut removed = removed.filter(|own| own.event.header.kind == "task.removed");
            let said = match removed.next() {
                Some(removed) => removal(&life.key, removed),
                None => format!("task {} is in the history, and not in the plan", life.key),
            };
            Failure::finding(said).hint(audit)
        }
        // What is a number only was most likely meant for an event's.
        Err(_) if name.bytes().all(|byte| byte.is_ascii_digit()) => {
            session.event_named(name).err().unwrap_or(unknown)
        }
        Err(_) => unknown,
    }
}

/// When a task was removed, by whom and why. `removed`: the event that did it.
pub(super) fn removal(key: &TaskKey, removed: &Recorded) -> String {
    let entry = Entry::of(removed);
    let by = match words::actor(&entry.actor) {
        nobody if nobody == "-" => String::new(),
        actor => format!(" by {actor}"),
    };
    let why = entry.reason.map_or(String::new(), |why| format!(": {why}"));
    format!(
        "task {key} left the plan: it was removed on {}{by} in event {}{why}",
        when::local(entry.time),
        entry.seq
    )
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
