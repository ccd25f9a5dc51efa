//! `ledger next`
//!
//! With `--json` one object with all open tasks: `in_progress`, `ready` and `waiting`, arrays of
//! tasks in the plan's order; each has `waits_for`, the open tasks it depends on.

use std::io::Write;

use ledger_core::project::{self, Readiness};
use ledger_core::{Plan, Status};
use serde::Serialize;

use super::brief::{self, Brief, Tally};
use super::drift;
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

#[derive(Default, Serialize)]
struct Report<'p> {
    in_progress: Vec<Item<'p>>,
    ready: Vec<Item<'p>>,
    waiting: Vec<Item<'p>>,
}

#[derive(Serialize)]
struct Item<'p> {
    #[serde(flatten)]
    task: Brief<'p>,
    waits_for: Vec<Brief<'p>>,
}

pub(crate) fn run(global: &Global, args: &Next) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    drift::note(&mut session);
    let plan = session.plan();
    let report = report(plan);
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &report)?;
        return Ok(out.flush()?);
    }
    print(plan, &report, args.all)
}

fn report(plan: &Plan) -> Report<'_> {
    let mut report = Report::default();
    for open in project::next(plan) {
        let list = match open.task.status() {
            Status::InProgress => &mut report.in_progress,
            _ if open.is_ready() => &mut report.ready,
            _ => &mut report.waiting,
        };
        list.push(item(plan, &open));
    }
    report
}

fn item<'p>(plan: &'p Plan, open: &Readiness<'p>) -> Item<'p> {
    Item {
        task: Brief::of(plan, open.task),
        waits_for: open
            .waits_for
            .iter()
            .map(|task| Brief::of(plan, task))
            .collect(),
    }
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
        if !item.waits_for.is_empty() {
            writeln!(
                out,
                "  {:keys$}  {DIM}waits for {}{DIM:#}",
                "",
                names(&item.waits_for)
            )?;
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

fn names(tasks: &[Brief<'_>]) -> String {
    let named: Vec<_> = tasks
        .iter()
        .take(NAMED)
        .map(|task| plain(task.key.as_str()))
        .collect();
    match tasks.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
