//! `ledger status`
//!
//! With `--json` one object: `ledger` (its directory), `root`, `id`, `head` (`seq`, `id`,
//! `time`; null in an empty ledger) and `plans`, an array of `path`, `state` (`current`,
//! `stale`, `edited`, `absent`, `unmerged` or `unreadable`), `as_of` (the moment a stale file is of,
//! null if it is from before the ledger), `trouble` (why a file cannot be read), `tasks` (`total`
//! and a count for each status), `in_progress`, `blocked` and `issues_found` (arrays of tasks).

use std::io::Write;

use ledger_core::plan::Task;
use ledger_core::{EventId, Plan, Seq, Status, Time};
use ledger_store::Store;
use ledger_store::checkouts::Checkout;
use serde::Serialize;

use super::brief::{Brief, Tally};
use crate::args::{Global, Query};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{self, BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{json, when};
use crate::outside;
use crate::session::{Access, FileState, Session};

#[derive(Serialize)]
struct Report<'p> {
    ledger: String,
    root: String,
    id: Option<EventId>,
    head: Option<HeadReport>,
    plans: Vec<PlanReport<'p>>,
}

#[derive(Serialize)]
struct HeadReport {
    seq: Seq,
    id: EventId,
    time: Time,
}

#[derive(Serialize)]
struct PlanReport<'p> {
    path: String,
    state: &'static str,
    as_of: Option<Seq>,
    trouble: Option<String>,
    tasks: Tally,
    in_progress: Vec<Brief<'p>>,
    blocked: Vec<Brief<'p>>,
    issues_found: Vec<Brief<'p>>,
}

pub(crate) fn run(global: &Global, args: &Query) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    let files = session.look()?;
    let head = session.store().head().map(|head| HeadReport {
        seq: head.seq,
        id: head.id,
        time: head.time,
    });
    let plan = session.plan();
    let report = Report {
        ledger: session.directory().display().to_string(),
        root: session.root().display().to_string(),
        id: plan.ledger(),
        head,
        plans: files.iter().map(|file| plan_report(plan, file)).collect(),
    };
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &report)?;
        return Ok(out.flush()?);
    }
    print(&report)
}

fn plan_report<'p>(plan: &'p Plan, file: &FileState) -> PlanReport<'p> {
    let tasks = plan.tasks_of(&file.document);
    let with = |status: Status| -> Vec<Brief<'p>> {
        let own = tasks.iter().filter(|task| task.status() == status);
        own.map(|task: &&'p Task| Brief::of(plan, task)).collect()
    };
    let (state, as_of) = match file.state {
        Checkout::Current => ("current", None),
        Checkout::Stale(moment) => ("stale", moment.map(|moment| moment.seq)),
        Checkout::Edited { .. } => ("edited", None),
        Checkout::Absent => ("absent", None),
        Checkout::Unmerged => ("unmerged", None),
        Checkout::Unreadable => ("unreadable", None),
    };
    PlanReport {
        path: file.path.clone(),
        state,
        as_of,
        trouble: file
            .trouble
            .as_ref()
            .map(|trouble| trouble.message().to_owned()),
        in_progress: with(Status::InProgress),
        blocked: with(Status::Blocked),
        issues_found: with(Status::IssuesFound),
        tasks: Tally::of(tasks.iter().copied()),
    }
}

fn print(report: &Report<'_>) -> Result<(), Failure> {
    let mut out = Screen::new();
    for plan in &report.plans {
        print_plan(&mut out, plan)?;
    }
    if report.plans.is_empty() {
        writeln!(out, "no plan is tracked; ledger init PLAN.md adopts one\n")?;
    }
    match &report.head {
        Some(head) => writeln!(
            out,
            "{DIM}head{DIM:#}    event {} {DIM}{}{DIM:#}, {} ({})",
            head.seq,
            head.id.short(),
            when::local(head.time),
            when::ago(head.time, outside::now()?)
        )?,
        None => writeln!(out, "{DIM}head{DIM:#}    no events yet")?,
    }
    writeln!(out, "{DIM}ledger{DIM:#}  {}", plain(&report.ledger))?;
    Ok(out.flush()?)
}

fn print_plan(out: &mut Screen, plan: &PlanReport<'_>) -> Result<(), Failure> {
    let said = match (plan.state, plan.as_of) {
        ("current", _) => "as the ledger has it".to_owned(),
        ("stale", Some(seq)) => format!("stale: as of event {seq}"),
        ("stale", None) => "stale: as it was before the ledger".to_owned(),
        ("edited", _) => "edited since it was last recorded".to_owned(),
        ("absent", _) => "not there".to_owned(),
        ("unmerged", _) => "has conflicts in git's index".to_owned(),
        ("unreadable", _) => match &plan.trouble {
            Some(why) => format!("cannot be read: {}", plain(why)),
            None => "cannot be read".to_owned(),
        },
        (state, _) => state.to_owned(),
    };
    let style = if plan.state == "current" {
        DIM
    } else {
        paint::status(Status::IssuesFound)
    };
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}  {style}{said}{style:#}",
        plain(&plan.path)
    )?;
    match plan.state {
        "edited" => writeln!(out, "  hint: ledger observe records what was edited")?,
        "stale" => writeln!(out, "  hint: ledger observe brings it forward")?,
        "absent" => writeln!(out, "  hint: ledger render writes it again")?,
        _ => {}
    }
    if plan.tasks.total == 0 {
        writeln!(out, "  no tasks\n")?;
        return Ok(());
    }
    let progress = plan.tasks.progress();
    if !progress.is_empty() {
        writeln!(out, "  {progress}")?;
    }
    writeln!(out, "  {}", plan.tasks.words())?;
    for (title, tasks) in [
        (Status::InProgress, &plan.in_progress),
        (Status::Blocked, &plan.blocked),
        (Status::IssuesFound, &plan.issues_found),
    ] {
        if tasks.is_empty() {
            continue;
        }
        let style = paint::status(title);
        writeln!(out, "  {style}{}{style:#}", paint::words(title))?;
        super::brief::print_all(out, tasks, 4)?;
    }
    writeln!(out)?;
    Ok(())
}
