//! `ledger next`
//!
//! With `--json` one object with all open tasks: `in_progress`, `ready` and `waiting`, arrays of
//! tasks in the plan's order, but `ready` with those first that hold up most, and with those last
//! that other tasks stand in; each has `waits_for`, the open tasks it depends on,
//! `holds_up`, how many open tasks wait for it, directly or not, and `why`, why it can be worked on
//! or not.

use std::io::Write;

use ledger_core::plan::Task;
use ledger_core::project::graph::Why;
use ledger_core::project::{self, Graph, Readiness};
use ledger_core::{Plan, Status};
use schemars::JsonSchema;
use serde::Serialize;

use super::brief::{self, Brief, Tally};
use super::{drift, gaps};
use crate::args::{Global, Next};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{columns, json};
use crate::session::{Access, Session};

/// Ready tasks that are shown unless all are asked for.
const READY: usize = 12;
/// Waiting tasks that are shown unless all are asked for.
const WAITING: usize = 6;
/// Tasks that are named as what another waits for.
const NAMED: usize = 4;

#[derive(Default, Serialize, JsonSchema)]
pub(super) struct Report<'p> {
    /// What is under way.
    in_progress: Vec<Item<'p>>,
    /// What can be started.
    ready: Vec<Item<'p>>,
    /// What waits for something.
    waiting: Vec<Item<'p>>,
}

#[derive(Serialize, JsonSchema)]
struct Item<'p> {
    #[serde(flatten)]
    task: Brief<'p>,
    /// What it depends on that is not done.
    waits_for: Vec<Brief<'p>>,
    /// Ids that it depends on and that no task has.
    unknown: Vec<String>,
    /// How many tasks stand in it.
    parts: usize,
    /// How many of those are open.
    open_parts: usize,
    /// How many open tasks wait for it, directly or not.
    holds_up: usize,
    /// Why it is ready or not, in words.
    why: String,
    /// Whether `why` is worth a line of its own below the task.
    #[serde(skip)]
    is_telling: bool,
}

pub(crate) fn run(global: &Global, args: &Next) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    if args.at.is_none() {
        drift::note(&mut session);
    }
    let then = session.plan_then(args.at.as_deref())?;
    then.iter().for_each(gaps::note);
    let plan = then.as_ref().unwrap_or_else(|| session.plan());
    let report = report(plan);
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &report)?;
        return Ok(out.flush()?);
    }
    print(plan, &report, args.all)
}

fn report(plan: &Plan) -> Report<'_> {
    let graph = Graph::of(plan);
    let mut report = Report::default();
    for open in project::next(plan) {
        let list = match open.task.status() {
            Status::InProgress => &mut report.in_progress,
            _ if open.is_ready() => &mut report.ready,
            _ => &mut report.waiting,
        };
        list.push(item(plan, &graph, &open));
    }
    let order = |item: &Item<'_>| (item.parts > 0, std::cmp::Reverse(item.holds_up));
    (report.ready).sort_by_key(order);
    report
}

fn item<'p>(plan: &'p Plan, graph: &Graph<'p>, open: &Readiness<'p>) -> Item<'p> {
    let place = graph.place(&open.task.key);
    let node = place.map(|place| &graph.nodes[place]);
    let why = place.and_then(|place| graph.why(place));
    let unknown = node.map_or(&[][..], |node| &node.unknown);
    let told = why.as_ref().map_or(String::new(), |why| said(graph, why));
    // Of what is under way or blocked it is not the reason, and still worth knowing.
    let also = matches!(why, Some(Why::InProgress | Why::Blocked(_))) && !open.waits_for.is_empty();
    let also = also.then(|| format!("waits for {}", keys(&open.waits_for)));
    let more = [also, parts(open), missing(unknown)].into_iter().flatten();
    // That it depends on nothing need not be said where there is something else to say.
    let is_free = matches!(why, Some(Why::Free)) && more.clone().count() > 0;
    let told = Some(told).filter(|_| !is_free);
    let whole: Vec<String> = told.into_iter().chain(more.clone()).collect();
    let is_obvious = match &why {
        None | Some(Why::InProgress | Why::Free) => true,
        // A reason stands behind the title.
        Some(Why::Blocked(reason) | Why::Flagged(reason)) => reason.is_some(),
        Some(_) => false,
    };
    Item {
        holds_up: node.map_or(0, |node| node.holds_up),
        unknown: unknown.to_vec(),
        parts: open.parts,
        open_parts: open.open_parts,
        is_telling: !is_obvious || more.count() > 0,
        why: whole.join("; "),
        task: Brief::of(plan, open.task),
        waits_for: open
            .waits_for
            .iter()
            .map(|task| Brief::of(plan, task))
            .collect(),
    }
}

/// Why a task can be worked on, or not, in words.
fn said(graph: &Graph<'_>, why: &Why<'_>) -> String {
    let because = |what: &str, reason: &Option<&str>| match reason {
        Some(reason) => format!("{what}: {reason}"),
        None => what.to_owned(),
    };
    match why {
        Why::InProgress => "it is being worked on".to_owned(),
        Why::Blocked(reason) => because("blocked", reason),
        Why::Flagged(reason) => because("issues found", reason),
        Why::Circle([_]) => "it says that it waits for itself".to_owned(),
        Why::Circle(all) => {
            let named = all.get(..(NAMED + 1).min(all.len())).unwrap_or(all);
            let tasks: Vec<_> = named.iter().map(|at| graph.nodes[*at].task).collect();
            format!("part of a circle: {}", keys(&tasks))
        }
        Why::Waits(on) => format!("waits for {}", keys(on)),
        Why::AllDone(1) => "what it depends on is done".to_owned(),
        Why::AllDone(count) => format!("all {count} that it depends on are done"),
        Why::Free => "it depends on nothing".to_owned(),
    }
}

fn keys(tasks: &[&Task]) -> String {
    let keys: Vec<&str> = tasks.iter().map(|task| task.key.as_str()).collect();
    some_of(&keys)
}

/// What is said of the tasks that stand in one.
fn parts(open: &Readiness<'_>) -> Option<String> {
    match (open.parts, open.open_parts) {
        (0, _) => None,
        (1, 0) => Some("the task in it is done".to_owned()),
        (all, 0) => Some(format!("all {all} tasks in it are done")),
        (1, _) => Some("the task in it is open".to_owned()),
        (all, 1) => Some(format!("1 of the {all} tasks in it is open")),
        (all, some) => Some(format!("{some} of the {all} tasks in it are open")),
    }
}

/// What is said of ids that no task has.
fn missing(ids: &[String]) -> Option<String> {
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    (!named.is_empty()).then(|| format!("no task has the id {}", some_of(&named)))
}

fn print(plan: &Plan, report: &Report<'_>, all: bool) -> Result<(), Failure> {
    let mut out = Screen::new();
    if report.in_progress.is_empty() && report.ready.is_empty() {
        writeln!(out, "{}", nothing(plan, report))?;
    }
    let most = |few: usize| if all { usize::MAX } else { few };
    group(&mut out, "in progress", &report.in_progress, usize::MAX)?;
    group(&mut out, "can be started", &report.ready, most(READY))?;
    group(&mut out, "waiting", &report.waiting, most(WAITING))?;
    Ok(out.flush()?)
}

/// Why there is nothing to go on with.
fn nothing(plan: &Plan, report: &Report<'_>) -> String {
    let tally = Tally::of(plan.tasks().values().map(|task| &**task));
    match (tally.total, report.waiting.len()) {
        (0, _) => "the plan has no tasks".to_owned(),
        (_, 0) => format!("nothing is open: {}", tally.words()),
        (_, waiting) => format!("nothing can be started: what is open waits ({waiting})"),
    }
}

fn group(out: &mut Screen, title: &str, items: &[Item<'_>], most: usize) -> Result<(), Failure> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "{BOLD}{title}{BOLD:#}")?;
    let shown = items.get(..most.min(items.len())).unwrap_or_default();
    let keys = brief::key_width(shown.iter().map(|item| item.task.key));
    for item in shown {
        let key = columns::pad(&plain(item.task.key.as_str()), keys);
        let says = item.task.says();
        let flagged = if item.task.status == Status::IssuesFound {
            "issues found: "
        } else {
            ""
        };
        let room = 4 + columns::width(&key) + flagged.len();
        writeln!(
            out,
            "  {key}  {flagged}{}",
            out.rest(&says, room).into_owned()
        )?;
        if let Some(note) = note(item) {
            let note = out.rest(&note, keys + 4).into_owned();
            writeln!(out, "  {:keys$}  {DIM}{note}{DIM:#}", "")?;
        }
    }
    let hidden = items.len() - shown.len();
    if hidden > 0 {
        writeln!(
            out,
            "  {DIM}and {hidden} more; ledger next --all shows them{DIM:#}"
        )?;
    }
    Ok(())
}

/// What is said below a task: why it can be worked on or not, and what it holds up. One that depends
/// on nothing and holds up nothing needs no words, nor does a reason that stands behind its title.
fn note(item: &Item<'_>) -> Option<String> {
    let why = item.is_telling.then(|| plain(&item.why).into_owned());
    let holds = (item.holds_up > 0).then(|| format!("holds up {}", item.holds_up));
    let said: Vec<String> = why.into_iter().chain(holds).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// The first few names, and how many more there are.
fn some_of(names: &[&str]) -> String {
    let named = names.get(..NAMED.min(names.len())).unwrap_or_default();
    match names.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
