//! `ledger stats`

use std::collections::BTreeSet;
use std::io::Write;

use ledger_core::project::stats::{ActorStats, Day, PhaseStats, Scope, Spans, TaskStats, Totals};
use ledger_core::project::{Stats, Summary};
use ledger_core::{DocumentId, Plan, Seq, Status, TaskKey};
use ledger_store::Store;

use super::absent::absent;
use super::brief::{key_width, painted};
use super::drift;
use super::render::which;
use crate::args::{self, Global};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{self, BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{chart, columns, json, when};
use crate::session::{Access, Session, asked_plan};

/// Cells of a bar.
const BAR: usize = 20;
/// Cells of the words beside it.
const TALLY: usize = 14;
/// The most cells of a line of days.
const DAYS: usize = 60;
/// Actors, phases and waits that are shown.
const SHOWN: usize = 10;

pub(crate) fn run(global: &Global, args: &args::Stats) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    if args.at.is_none() {
        drift::note(&mut session);
    }
    let (stats, plan, moment) = at(&mut session, args.at.as_deref())?;
    let scope = Scope {
        document: document(global, &plan, args.plan.as_deref())?,
        tasks: tasks(&mut session, &plan, moment.0, &args.task)?,
    };
    session.release();
    let summary = Summary::of(&stats, &plan, moment, &scope);
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &summary)?;
        return Ok(out.flush()?);
    }
    let mut out = Screen::new();
    match &summary.totals {
        Some(totals) => print(&mut out, &summary, totals)?,
        None => {
            for task in &summary.tasks {
                print_task(&mut out, task)?;
            }
        }
    }
    Ok(out.flush()?)
}

/// The lives of the tasks, the plan, and the moment with its time, at what a reference names or
/// the head.
pub(super) fn at(
    session: &mut Session,
    reference: Option<&str>,
) -> Result<(Stats, Plan, (Seq, ledger_core::Time)), Failure> {
    let named = reference.map(|at| session.resolve(at)).transpose()?;
    let plan = match named {
        Some(moment) => session.plan_at(moment.seq)?,
        None => session.plan().clone(),
    };
    let head = session.store().head().map(|head| (head.seq, head.time));
    let head = head.ok_or_else(|| Failure::trouble("the ledger has no events yet"))?;
    let moment = match named.filter(|named| named.seq != head.0) {
        Some(named) => {
            let event = session.store().event(named.seq)?;
            event.map_or(head, |event| (named.seq, event.event.header.time))
        }
        None => head,
    };
    let stats = session.stats_at(moment.0)?;
    Ok((stats, plan, moment))
}

/// The document that is asked for by its path.
pub(super) fn document(
    global: &Global,
    plan: &Plan,
    path: Option<&str>,
) -> Result<Option<DocumentId>, Failure> {
    let named = asked_plan(global, path)?;
    let document = named.map(|path| which(plan, Some(&path))).transpose()?;
    Ok(document.map(|document| document.id.clone()))
}

/// The tasks that are asked for by name. `plan`: that of the moment `at`.
fn tasks(
    session: &mut Session,
    plan: &Plan,
    at: Seq,
    names: &[String],
) -> Result<BTreeSet<TaskKey>, Failure> {
    let mut keys = BTreeSet::new();
    for name in names {
        match plan.resolve(name) {
            Ok(task) => keys.insert(task.key.clone()),
            Err(unresolved) => {
                let command = "ledger stats --task";
                return Err(absent(session, Some(at), command, name, unresolved));
            }
        };
    }
    Ok(keys)
}

fn print(out: &mut Screen, summary: &Summary, totals: &Totals) -> Result<(), Failure> {
    writeln!(
        out,
        "{BOLD}after event {}{BOLD:#} {DIM}{}{DIM:#}",
        summary.moment,
        when::utc(summary.time)
    )?;
    let count = |status: Status| totals.statuses.get(status.name()).copied().unwrap_or(0);
    let all = totals.tasks - count(Status::Cancelled);
    writeln!(out, "  {}", progress(count(Status::Completed), all, 0))?;
    let with = Status::ALL.into_iter().rev();
    let words: Vec<String> = with
        .map(|status| (count(status), paint::words(status)))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    writeln!(out, "  {}", words.join(", "))?;
    print_spans(out, "added to completed", &totals.lead)?;
    print_spans(out, "started to completed", &totals.cycle)?;
    if totals.reopened > 0 {
        writeln!(out, "  {:<21} {}", "reopened", times(totals.reopened))?;
    }
    if totals.backwards > 0 {
        writeln!(
            out,
            "  {DIM}{} a time before the one before it{DIM:#}",
            match totals.backwards {
                1 => "1 change claims".to_owned(),
                several => format!("{several} changes claim"),
            }
        )?;
    }
    print_days(out, summary.days.as_deref().unwrap_or_default())?;
    print_phases(out, summary.phases.as_deref().unwrap_or_default())?;
    print_actors(out, summary.actors.as_deref().unwrap_or_default())?;
    print_waits(out, &summary.tasks)
}

/// `██████░░░░  12/17 (70%)  `: the words take at least `least` cells.
fn progress(done: usize, all: usize, least: usize) -> String {
    let (full, rest) = chart::bar(done, all, BAR);
    let green = paint::status(Status::Completed);
    let percent = (done * 100).checked_div(all).unwrap_or(0);
    let words = columns::pad(&format!("{done}/{all} ({percent}%)"), least);
    format!("{green}{full}{green:#}{DIM}{rest}{DIM:#}  {words}")
}

/// A span of milliseconds.
fn said(millis: u64) -> String {
    when::span(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        several => format!("{several} times"),
    }
}

fn print_spans(out: &mut Screen, name: &str, spans: &Spans) -> Result<(), Failure> {
    if let (Some(median), Some(p85), Some(longest)) = (spans.median, spans.p85, spans.longest) {
        writeln!(
            out,
            "  {name:<21} median {}, 85% within {}, longest {} {DIM}({}){DIM:#}",
            said(median),
            said(p85),
            said(longest),
            match spans.count {
                1 => "1 task".to_owned(),
                several => format!("{several} tasks"),
            }
        )?;
    }
    Ok(())
}

/// Completions and additions, a cell for one or more days.
fn print_days(out: &mut Screen, days: &[Day]) -> Result<(), Failure> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Ok(());
    };
    writeln!(out, "\n{BOLD}days with changes{BOLD:#}")?;
    let lines = [
        ("completed", days.iter().map(|day| day.completed).collect()),
        ("added", days.iter().map(|day| day.added).collect()),
        ("reopened", days.iter().map(|day| day.reopened).collect()),
    ];
    for (name, counts) in lines {
        let counts: Vec<usize> = counts;
        let counts: Vec<u64> = counts.into_iter().map(|count| count as u64).collect();
        let all: u64 = counts.iter().sum();
        if all > 0 {
            let line = chart::sparkline(&chart::grouped(&counts, DAYS));
            writeln!(out, "  {name:<10} {line}  {all}")?;
        }
    }
    writeln!(
        out,
        "  {DIM}{} to {}, {} of them{DIM:#}",
        first.day,
        last.day,
        days.len()
    )?;
    Ok(())
}

fn print_phases(out: &mut Screen, phases: &[PhaseStats]) -> Result<(), Failure> {
    if phases.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}phases{BOLD:#}")?;
    for phase in phases {
        let count = |status: Status| phase.statuses.get(status.name()).copied().unwrap_or(0);
        let all = phase.tasks - count(Status::Cancelled);
        let name = match phase.path.is_empty() {
            true => phase.plan.clone(),
            false => phase.path.join(" › "),
        };
        let bar = progress(count(Status::Completed), all, TALLY);
        let name = plain(&name);
        let name = out.rest(&name, BAR + TALLY + 6).into_owned();
        writeln!(out, "  {bar}  {name}")?;
    }
    Ok(())
}

fn print_actors(out: &mut Screen, actors: &[ActorStats]) -> Result<(), Failure> {
    if actors.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}who{BOLD:#}")?;
    let name = |actor: &ActorStats| {
        let name = format!("{} ({})", actor.id, actor.kind);
        columns::fit(&plain(&name), 32).into_owned()
    };
    let shown = actors.get(..SHOWN.min(actors.len())).unwrap_or_default();
    let names: Vec<String> = shown.iter().map(name).collect();
    let wide = names.iter().map(|name| columns::width(name)).max();
    for (actor, name) in shown.iter().zip(&names) {
        let mut said = vec![format!("{} completed", actor.completed)];
        if actor.unproven > 0 {
            said.push(format!("{} of them without evidence", actor.unproven));
        }
        if actor.reopened > 0 {
            said.push(format!("{} reopened", actor.reopened));
        }
        let name = columns::pad(name, wide.unwrap_or(0));
        writeln!(out, "  {name}  {}", said.join(", "))?;
    }
    more(out, actors.len() - shown.len())
}

/// Where the most time went to waiting, and what was taken up again.
fn print_waits(out: &mut Screen, tasks: &[TaskStats]) -> Result<(), Failure> {
    let blocked = |task: &TaskStats| task.blocked.values().sum::<u64>();
    let mut waits: Vec<&TaskStats> = tasks
        .iter()
        .filter(|task| !task.blocked.is_empty())
        .collect();
    waits.sort_by_key(|task| std::cmp::Reverse(blocked(task)));
    let of_wait = |task: &TaskStats| {
        let reasons: Vec<&str> = task.blocked.keys().map(String::as_str).collect();
        let span = said(blocked(task));
        match reasons.join("; ") {
            none if none.is_empty() => span,
            reasons => format!("{span}: {reasons}"),
        }
    };
    list(out, "blocked longest", &waits, of_wait)?;
    let mut again: Vec<&TaskStats> = tasks.iter().filter(|task| task.reopened > 0).collect();
    again.sort_by_key(|task| std::cmp::Reverse(task.reopened));
    list(out, "reopened", &again, |task| times(task.reopened))
}

fn list(
    out: &mut Screen,
    title: &str,
    tasks: &[&TaskStats],
    says: impl Fn(&TaskStats) -> String,
) -> Result<(), Failure> {
    if tasks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}{title}{BOLD:#}")?;
    let shown = tasks.get(..SHOWN.min(tasks.len())).unwrap_or_default();
    let keys = key_width(shown.iter().map(|task| &task.key));
    for task in shown {
        let key = columns::pad(&plain(task.key.as_str()), keys);
        let says = plain(&says(task)).into_owned();
        let says = out.rest(&says, columns::width(&key) + 4).into_owned();
        writeln!(out, "  {key}  {says}")?;
    }
    more(out, tasks.len() - shown.len())
}

fn more(out: &mut Screen, hidden: usize) -> Result<(), Failure> {
    if hidden > 0 {
        writeln!(out, "  {DIM}and {hidden} more; --json has them all{DIM:#}")?;
    }
    Ok(())
}

fn print_task(out: &mut Screen, task: &TaskStats) -> Result<(), Failure> {
    let key = plain(task.key.as_str());
    let title = plain(&task.title);
    let title = out.rest(&title, columns::width(&key) + 2).into_owned();
    writeln!(out, "{BOLD}{key}{BOLD:#}  {title}")?;
    writeln!(out, "  {}", painted(task.status))?;
    let times = [
        ("added", task.added),
        ("started", task.started),
        ("completed", task.completed),
    ];
    for (name, time) in times {
        if let Some(time) = time {
            writeln!(out, "  {name:<14} {}", when::utc(time))?;
        }
    }
    for (name, span) in [("lead time", task.lead), ("cycle time", task.cycle)] {
        if let Some(span) = span {
            writeln!(out, "  {name:<14} {}", said(span))?;
        }
    }
    let longest = task.spent.values().copied().max().unwrap_or(0);
    for status in Status::ALL {
        if let Some(&span) = task.spent.get(status.name()) {
            let cells = u128::from(span) * BAR as u128 / u128::from(longest.max(1));
            let bar = "█".repeat(usize::try_from(cells).unwrap_or(0));
            let style = paint::status(status);
            writeln!(
                out,
                "  {:<14} {style}{bar}{style:#} {}",
                paint::words(status),
                said(span)
            )?;
        }
    }
    for (reason, span) in &task.blocked {
        if !reason.is_empty() {
            let said = format!("blocked {}: {}", said(*span), plain(reason));
            writeln!(out, "  {}", out.rest(&said, 2).into_owned())?;
        }
    }
    if task.reopened > 0 {
        writeln!(out, "  {:<14} {}", "reopened", self::times(task.reopened))?;
    }
    Ok(())
}
