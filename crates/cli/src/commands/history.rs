//! `ledger history`: the versions of the plans, or one task's life.

use std::io::Write;

use ledger_core::branches::is_on;
use ledger_core::project::history::{Changes, History, Mark, Version};
use ledger_core::project::life::{Origins, Stage, life};
use ledger_core::{Actor, Seq, Status};
use ledger_store::Store;
use schemars::JsonSchema;
use serde::Serialize;

use super::audit::words;
use super::drift;
use super::render::untracked;
use crate::args::{self, Global};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{self, BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{columns, json, when};
use crate::session::{Access, Session, asked_plan};

/// A version as `--json` has it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Shown<'h> {
    /// The plan file.
    plan: &'h str,
    /// What the plan says; `None` while it says none.
    version: Option<&'h str>,
    /// Whether the plan has it at that moment.
    current: bool,
    /// How often each thing happened.
    changes: &'h Changes,
    /// The same in words.
    summary: String,
    /// The event that began it.
    begin: Seq,
    /// The first moment in it.
    first: Mark,
    /// The last moment in it.
    last: Mark,
    /// How many moments changed the plan in it.
    moments: u64,
    /// Who changed it, in the order they first did.
    actors: &'h [Actor],
}

/// A task's life as `--json` has it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Life<'l> {
    /// What to type for it.
    task: &'l str,
    /// Its title, or its last one.
    title: Option<&'l str>,
    /// Each status it had, the oldest first.
    stages: &'l [Stage],
}

pub(crate) fn run(global: &Global, args: &args::History) -> Result<(), Failure> {
    if let Some(task) = &args.task {
        return of_task(global, args, task);
    }
    let only = asked_plan(global, args.plan.as_deref())?;
    let mut session = Session::open(global, Access::Compare)?;
    drift::note(&mut session);
    let history = match moment(&mut session, args, only.as_deref())? {
        Some(at) => session.history_at(at)?,
        None => History::default(),
    };
    session.release();
    let tracked = |path: &str| history.documents().iter().any(|own| own.path == path);
    if let Some(path) = only.as_deref().filter(|path| !tracked(path)) {
        let mut all = history.documents().iter();
        let now = all.find(|own| own.was_called(path));
        let tracked = history.documents().iter().map(|own| own.path.as_str());
        let failure = untracked(path, tracked);
        return Err(match now {
            Some(now) => failure.hint(format!("it is {} then", now.path)),
            None => failure,
        });
    }
    let versions = versions(&history, only.as_deref());
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &versions)?;
        return Ok(out.flush()?);
    }
    print(&versions, history.documents().len() > 1)
}

/// The moment that was asked for, else the last one.
fn moment(
    session: &mut Session,
    args: &args::History,
    path: Option<&str>,
) -> Result<Option<Seq>, Failure> {
    match args.at.as_deref() {
        Some(text) => session
            .resolve_for(text, path)
            .map(|moment| Some(moment.seq)),
        None => Ok(session.head_seq()),
    }
}

/// The versions, newest first, each under the path its plan has now.
fn versions<'h>(history: &'h History, only: Option<&str>) -> Vec<Shown<'h>> {
    let mut newest = history.versions().iter().rev();
    let mut seen = Vec::new();
    let shown = newest.by_ref().filter_map(|own| {
        let document = history
            .documents()
            .iter()
            .find(|document| document.id == own.document)?;
        let current = !seen.contains(&&own.document);
        seen.push(&own.document);
        let wanted = only.is_none_or(|only| only == document.path);
        wanted.then(|| shown(own, &document.path, current && !document.dropped))
    });
    shown.collect()
}

fn shown<'h>(own: &'h Version, plan: &'h str, current: bool) -> Shown<'h> {
    Shown {
        plan,
        version: own.version.as_deref(),
        current,
        changes: &own.changes,
        summary: own.changes.summary(),
        begin: own.begin,
        first: own.first,
        last: own.last,
        moments: own.moments,
        actors: &own.actors,
    }
}

fn print(versions: &[Shown<'_>], several: bool) -> Result<(), Failure> {
    let mut out = Screen::new();
    let name = |own: &Shown<'_>| plain(own.version.unwrap_or("-")).into_owned();
    let widths = versions.iter().map(|own| columns::width(&name(own)));
    let width = widths.max().unwrap_or(0).clamp(3, 16);
    for own in versions {
        let name = columns::pad(&columns::fit(&name(own), width), width);
        let actors: Vec<String> = own.actors.iter().map(words::actor).collect();
        let mut line = format!(
            "{}  {}  events {}–{}  {}",
            when::local(own.first.time),
            when::local(own.last.time),
            own.begin,
            own.last.seq,
            actors.join(", ")
        );
        if several {
            line = format!("{}  {line}", own.plan);
        }
        let line = plain(&line);
        writeln!(
            out,
            "{BOLD}{name}{BOLD:#}  {DIM}{}{DIM:#}",
            out.rest(&line, width + 2).into_owned()
        )?;
        let indent = " ".repeat(width);
        writeln!(out, "{indent}  {}", own.summary)?;
    }
    Ok(out.flush()?)
}

fn of_task(global: &Global, args: &args::History, name: &str) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    drift::note(&mut session);
    let key = session.task_ever(name)?;
    let at = moment(&mut session, args, None)?.unwrap_or(Seq(0));
    let path = session.store().branches()?.path(at);
    let mut events = session.events_of(&key, usize::MAX)?;
    events.reverse();
    events.retain(|recorded| is_on(&path, recorded.seq));
    let plan = session.plan_named(args.at.as_deref())?;
    let then = events
        .last()
        .and_then(|last| last.event.header.task.clone());
    let key = then.unwrap_or(key);
    let task = plan.task(&key);
    let gone = plan.gone().iter().rev().find(|gone| gone.key == key);
    if events.is_empty() && task.is_none() {
        return Err(Failure::finding(format!(
            "there was no task {key} at that moment"
        )));
    }
    let document = task.map(|task| &task.document);
    let document = document.or_else(|| gone.map(|gone| &gone.document));
    let history = session.history_at(at)?;
    session.release();
    let mut versions = history.versions().iter();
    let adopted = versions
        .find(|own| Some(&own.document) == document)
        .map(|own| Origins {
            seq: own.first.seq,
            time: own.first.time,
            actor: own.actors.first().cloned(),
        });
    let status = task.map(|task| task.status());
    let stages = life(&events, &key, status, adopted.as_ref());
    let title = task.map(|task| task.title.as_str());
    let title = title.or_else(|| gone.map(|gone| gone.title.as_str()));
    if args.json {
        let mut out = screen::raw();
        let life = Life {
            task: key.as_str(),
            title,
            stages: &stages,
        };
        json::print(&mut out, &life)?;
        return Ok(out.flush()?);
    }
    let mut out = Screen::new();
    let title = plain(title.unwrap_or_default());
    writeln!(out, "{BOLD}{}{BOLD:#}  {title}", plain(key.as_str()))?;
    for stage in &stages {
        print_stage(&mut out, stage, &key.to_string())?;
    }
    Ok(out.flush()?)
}

fn print_stage(out: &mut Screen, stage: &Stage, now: &str) -> Result<(), Failure> {
    let style = stage.status.map(paint::status).unwrap_or_default();
    let status = stage.status.map_or("not in the plan", paint::words);
    let seq = stage.seq.map_or_else(String::new, |seq| seq.to_string());
    let since = stage.since.map_or_else(|| "-".to_owned(), when::local);
    let mut said = vec![stage.actor.as_ref().map_or("-".to_owned(), words::actor)];
    if let Some(lasted) = stage.lasted {
        said.push(format!("for {}", when::span(lasted)));
    } else if stage.since.is_some() && stage.status.is_some_and(|status| !is_end(status)) {
        said.push("until now".to_owned());
    }
    said.extend(
        stage
            .reason
            .iter()
            .map(|reason| format!("reason: {reason}")),
    );
    said.extend(stage.cause.iter().map(|cause| format!("cause: {cause}")));
    if stage.task.as_str() != now {
        said.push(format!("as {}", stage.task));
    }
    let said = said.join("  ");
    let said = plain(&said);
    let rest = out.rest(&said, 2 + 6 + 2 + 19 + 2 + 15 + 2).into_owned();
    writeln!(
        out,
        "  {seq:>6}  {DIM}{}{DIM:#}  {style}{}{style:#}  {rest}",
        columns::pad(&since, 19),
        columns::pad(status, 15)
    )?;
    Ok(())
}

/// Whether a task stays in a status that nobody waits to see it leave.
const fn is_end(status: Status) -> bool {
    matches!(status, Status::Completed | Status::Cancelled)
}
