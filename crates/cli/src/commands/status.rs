//! `ledger status`

use std::io::Write;

use ledger_core::plan::{PlanDocument, Task};
use ledger_core::rules::RuleFile;
use ledger_core::{DocumentId, EventId, Head, Plan, Status};
use ledger_store::Store;
use schemars::JsonSchema;
use serde::Serialize;

use super::brief::{Brief, Tally};
use super::drift::FileReport;
use super::gaps;
use super::head::HeadReport;
use crate::args::{self, Global};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{self, BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{json, when};
use crate::outside;
use crate::session::{Access, FileState, Session};

#[derive(Serialize, JsonSchema)]
pub(super) struct Report<'p> {
    /// The ledger's directory.
    ledger: String,
    /// The folder that plans are named from.
    root: String,
    /// The ledger's id.
    id: Option<EventId>,
    /// The last event, or that of the moment that was asked for; `None` without events.
    head: Option<HeadReport>,
    /// Changes that wait to be recorded; none of them is part of an earlier moment.
    waiting: usize,
    /// The plans.
    plans: Vec<PlanReport<'p>>,
    #[serde(skip)]
    is_then: bool,
}

#[derive(Serialize, JsonSchema)]
struct PlanReport<'p> {
    /// How its file compares with the ledger.
    #[serde(flatten)]
    file: FileReport,
    /// The rules in force; `None` without a file of rules.
    rules: Option<RulesReport<'p>>,
    /// How many tasks it has.
    tasks: Tally,
    /// What is under way.
    in_progress: Vec<Brief<'p>>,
    /// What waits for something outside.
    blocked: Vec<Brief<'p>>,
    /// What is not as it should be.
    issues_found: Vec<Brief<'p>>,
}

/// The rules in force for a plan, and where from.
#[derive(Serialize, JsonSchema)]
struct RulesReport<'p> {
    /// The file.
    path: &'p str,
    /// Each rule and what it is set to.
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

pub(crate) fn run(global: &Global, args: &args::Status) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    let moment = args.at.as_deref().map(|at| session.resolve(at));
    let moment = moment.transpose()?;
    let (files, waiting, head, then) = match moment {
        Some(moment) => {
            let head: Option<Head> = session.store().heads(moment.seq)?.next().transpose()?;
            let plan = session.plan_at(moment.seq)?;
            (Vec::new(), 0, head, Some(plan))
        }
        None => {
            let files = session.look()?;
            let waiting = session.waiting()?;
            (files, waiting, session.store().head().cloned(), None)
        }
    };
    session.release();
    then.iter().for_each(gaps::note);
    let plan = then.as_ref().unwrap_or_else(|| session.plan());
    let plans = match &then {
        Some(then) => then.documents().map(|own| report_then(then, own)).collect(),
        None => (files.iter())
            .map(|file| plan_report(&session, plan, file))
            .collect(),
    };
    let report = Report {
        ledger: session.directory().display().to_string(),
        root: session.root().display().to_string(),
        id: plan.ledger(),
        head: head.as_ref().map(HeadReport::from),
        waiting,
        plans,
        is_then: then.is_some(),
    };
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &report)?;
        return Ok(out.flush()?);
    }
    print(&report)
}

fn plan_report<'p>(session: &Session, plan: &'p Plan, file: &FileState) -> PlanReport<'p> {
    let rules = plan.rules_for(&session.tracked_name(file));
    plan_with(plan, &file.document, FileReport::of(session, file), rules)
}

fn report_then<'p>(plan: &'p Plan, document: &PlanDocument) -> PlanReport<'p> {
    let rules = plan.rules_for(&document.path);
    let file = FileReport::unseen(&document.path);
    plan_with(plan, &document.id, file, rules)
}

fn plan_with<'p>(
    plan: &'p Plan,
    document: &DocumentId,
    file: FileReport,
    rules: Option<&'p RuleFile>,
) -> PlanReport<'p> {
    let tasks = plan.tasks_of(document);
    let with = |status: Status| -> Vec<Brief<'p>> {
        let own = tasks.iter().filter(|task| task.status() == status);
        own.map(|task: &&'p Task| Brief::of(plan, task)).collect()
    };
    PlanReport {
        file,
        rules: rules.map(RulesReport::of),
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
    match (report.plans.is_empty(), report.is_then) {
        (true, true) => writeln!(out, "no plan was tracked then\n")?,
        (true, false) => writeln!(out, "no plan is tracked; ledger init PLAN.md adopts one\n")?,
        (false, _) => {}
    }
    let label = if report.is_then { "after" } else { "head" };
    match &report.head {
        Some(head) => writeln!(
            out,
            "{DIM}{label:<6}{DIM:#}  event {} {DIM}{}{DIM:#}, {} ({})",
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
