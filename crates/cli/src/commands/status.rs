//! `ledger status`
//!
//! With `--json` one object: `ledger` (its directory), `root`, `id`, `head` (`seq`, `id`,
//! `time`; null in an empty ledger), `waiting` (how many changes wait in the spool) and `plans`, an array of what [`FileReport`] has of a plan
//! file, `rules` (its `path` and the `rules` that it sets, null where none are in force), `tasks` (`total` and a count for each status), `in_progress`, `blocked` and
//! `issues_found` (arrays of tasks).

use std::io::Write;

use ledger_core::plan::Task;
use ledger_core::rules::RuleFile;
use ledger_core::{EventId, Plan, Seq, Status, Time};
use ledger_store::Store;
use serde::Serialize;

use super::brief::{Brief, Tally};
use super::drift::FileReport;
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
    waiting: usize,
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
    #[serde(flatten)]
    file: FileReport,
    rules: Option<RulesReport<'p>>,
    tasks: Tally,
    in_progress: Vec<Brief<'p>>,
    blocked: Vec<Brief<'p>>,
    issues_found: Vec<Brief<'p>>,
}

/// The rules in force for a plan, and where from.
#[derive(Serialize)]
struct RulesReport<'p> {
    path: &'p str,
    rules: serde_json::Value,
    #[serde(skip)]
    words: Vec<String>,
}

impl<'p> RulesReport<'p> {
    fn of(file: &'p RuleFile) -> Self {
        let words = file.rules.iter();
        let words = words.map(|(name, setting)| format!("{name} ({})", setting.level.name()));
        Self {
            path: &file.path,
            rules: file.rules.to_value(),
            words: words.collect(),
        }
    }
}

pub(crate) fn run(global: &Global, args: &Query) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    let files = session.look()?;
    let head = session.store().head().map(|head| HeadReport {
        seq: head.seq,
        id: head.id,
        time: head.time,
    });
    let waiting = session.waiting()?;
    let plan = session.plan();
    let report = Report {
        ledger: session.directory().display().to_string(),
        root: session.root().display().to_string(),
        id: plan.ledger(),
        head,
        waiting,
        plans: files
            .iter()
            .map(|file| plan_report(&session, plan, file))
            .collect(),
    };
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &report)?;
        return Ok(out.flush()?);
    }
    print(&report)
}

fn plan_report<'p>(session: &Session, plan: &'p Plan, file: &FileState) -> PlanReport<'p> {
    let tasks = plan.tasks_of(&file.document);
    let with = |status: Status| -> Vec<Brief<'p>> {
        let own = tasks.iter().filter(|task| task.status() == status);
        own.map(|task: &&'p Task| Brief::of(plan, task)).collect()
    };
    PlanReport {
        file: FileReport::of(session, file),
        rules: plan
            .rules_for(&session.tracked_name(file))
            .map(RulesReport::of),
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
    if report.waiting > 0 {
        writeln!(
            out,
            "{DIM}spool{DIM:#}   {} waiting to be recorded; `ledger observe` takes it in",
            report.waiting
        )?;
    }
    Ok(out.flush()?)
}

fn print_plan(out: &mut Screen, plan: &PlanReport<'_>) -> Result<(), Failure> {
    let style = if plan.file.is_current {
        DIM
    } else {
        paint::status(Status::IssuesFound)
    };
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}  {style}{}{style:#}",
        plain(&plan.file.path),
        plan.file.says()
    )?;
    if let Some(hint) = plan.file.hint() {
        writeln!(out, "  hint: {}", plain(hint))?;
    }
    if let Some(rules) = plan.rules.as_ref().filter(|own| !own.words.is_empty()) {
        let words = rules.words.join(", ");
        writeln!(
            out,
            "  rules: {} {DIM}{}{DIM:#}",
            plain(&words),
            plain(rules.path)
        )?;
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
