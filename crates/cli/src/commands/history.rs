//! `ledger history`: the versions of the plans, or one task's life.

use std::io::Write;

use ledger_core::branches::is_on;
use ledger_core::plan::Gone;
use ledger_core::project::Entry;
use ledger_core::project::history::{Changes, Followed, History, Mark, Moment, Version};
use ledger_core::project::life::{Origins, Stage, called_before, life};
use ledger_core::{Actor, DocumentId, Seq, Status, Time};
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

/// A history of so few events is read through without being asked for it.
const FEW: u64 = 10_000;

/// A version as `--json` has it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Shown<'h> {
    #[serde(skip)]
    document: Option<&'h DocumentId>,
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
    /// Each of them, the newest first, where they are asked for or the plan has no versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    each: Option<Vec<Told<'h>>>,
    /// Who changed it, in the order they first did.
    actors: &'h [Actor],
}

/// A moment as `--json` has it.
#[derive(Serialize, JsonSchema)]
struct Told<'h> {
    /// Its last event.
    seq: Seq,
    /// When.
    time: Time,
    /// Who.
    actor: &'h Actor,
    /// What set it off.
    cause: Option<&'h str>,
    /// How often each thing happened.
    changes: &'h Changes,
    /// The same in words.
    summary: String,
}

impl<'h> Told<'h> {
    fn of(moment: &'h Moment) -> Self {
        Self {
            seq: moment.seq,
            time: moment.time,
            actor: &moment.actor,
            cause: moment.cause.as_deref(),
            changes: &moment.changes,
            summary: moment.changes.summary(),
        }
    }
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
    let at = moment(&mut session, args, only.as_deref())?;
    let mut history = match at {
        Some(at) if !args.moments => session.history_at(at)?,
        _ => History::default(),
    };
    // A plan without versions has nothing else to tell what happened when.
    let mut documents = history.documents().iter();
    let unversioned = documents.any(|own| !has_versions(&history, own));
    let is_short = at.is_some_and(|at| at.0 < FEW);
    if unversioned && !is_short && !args.moments {
        // There is nowhere to report a failing standard error to.
        let _ = writeln!(
            anstream::stderr().lock(),
            "note: ledger history --moments lists what happened when"
        );
    }
    let mut moments = Vec::new();
    if let Some(at) = at
        && (args.moments || (unversioned && is_short))
    {
        history = session.history_through(at, |moment| moments.push(moment))?;
    }
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
    let mut versions = versions(&history, only.as_deref());
    for own in &mut versions {
        own.each = each(&history, own, &moments, args.moments);
    }
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &versions)?;
        return Ok(out.flush()?);
    }
    print(&versions, history.documents().len() > 1)
}

/// Whether a plan ever said a version.
fn has_versions(history: &History, document: &Followed) -> bool {
    let mut versions = history.versions().iter();
    versions.any(|own| own.document == document.id && own.version.is_some())
}

/// The moments of a version, the newest first, where they are to be listed.
fn each<'h>(
    history: &History,
    of: &Shown<'_>,
    moments: &'h [Moment],
    all: bool,
) -> Option<Vec<Told<'h>>> {
    let mut versions = history.versions().iter();
    let at =
        versions.position(|own| own.begin == of.begin && Some(&own.document) == of.document)?;
    let document = history.documents().iter();
    let mut document = document.filter(|own| Some(&own.id) == of.document);
    if moments.is_empty() {
        return None;
    }
    let is_listed = all || document.any(|own| !has_versions(history, own));
    let own = moments.iter().rev().filter(|moment| moment.version == at);
    is_listed.then(|| own.map(Told::of).collect())
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
        document: Some(&own.document),
        each: None,
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
        for moment in own.each.iter().flatten() {
            let mut said = vec![words::actor(moment.actor), moment.summary.clone()];
            let cause = moment.cause.map(words::cause);
            said.extend(cause.map(|cause| format!("cause: {cause}")));
            let said = said.join("  ");
            let said = plain(&said);
            writeln!(
                out,
                "  {:>6}  {DIM}{}{DIM:#}  {}",
                moment.seq.0,
                when::local(moment.time),
                out.rest(&said, 2 + 6 + 2 + 19 + 2).into_owned()
            )?;
        }
    }
    Ok(out.flush()?)
}

fn of_task(global: &Global, args: &args::History, name: &str) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    drift::note(&mut session);
    let life_of = session.life_of(name)?;
    life_of.note();
    let at = moment(&mut session, args, None)?.unwrap_or(Seq(0));
    let path = session.store().branches()?.path(at);
    let plan = session.plan_named(args.at.as_deref())?;
    let mut events = life_of.events;
    let before = called_before(&events);
    let all = events.len();
    events.retain(|recorded| is_on(&path, recorded.seq));
    let then = events
        .last()
        .and_then(|last| last.event.header.task.clone());
    let is_last = events.len() == all;
    // Of one that came with its document, all events may be later ones.
    let came = !events.is_empty() || is_last || before.is_some();
    let key = then.or(before.filter(|_| !is_last)).unwrap_or(life_of.key);
    let removed = events
        .last()
        .is_some_and(|last| last.event.header.kind == "task.removed");
    // Another task may have the key by then.
    let is_there = came && if is_last { life_of.is_there } else { !removed };
    let task = plan.task(&key).filter(|_| is_there);
    let titles = events.iter().rev();
    let told = titles.filter_map(|own| Entry::of(own).title).next();
    let is_it =
        |gone: &&Gone| gone.key == key && told.as_ref().is_none_or(|own| *own == gone.title);
    let gone = plan.gone().iter().rev().find(is_it);
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
    let title = title.or(told.as_deref());
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
    let cause = stage.cause.as_deref().map(words::cause);
    said.extend(cause.map(|cause| format!("cause: {cause}")));
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
