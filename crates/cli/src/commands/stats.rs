//! `ledger stats`

use std::collections::BTreeSet;
use std::io::Write;

use ledger_core::project::stats::{ActorStats, Day, PhaseStats, Scope, Spans, TaskStats, Totals};
use ledger_core::project::{Stats, Summary};
use ledger_core::{DocumentId, Plan, Seq, Status, TaskKey};
use ledger_store::Store;

use super::absent::absent;
use super::brief::{key_width, painted};
use super::render::which;
use super::{drift, gaps};
use crate::args::{self, Global};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{self, BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{chart, columns, json, when};
use crate::session::{Access, Session, asked_plan};

/// Cells of a bar.
const BAR: usize = 20;
/// On a terminal of fewer cells than this the bars of phases are short.
const NARROW: usize = 60;
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
    let own = args.plan.as_deref();
    let own = asked_plan(global, own)?;
    let (stats, plan, moment) = at(&mut session, args.at.as_deref(), own.as_deref())?;
    let scope = Scope {
        document: document(&plan, own.as_deref())?,
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
/// the head. `path`: what the ledger calls the plan that is asked about alone.
pub(super) fn at(
    session: &mut Session,
    reference: Option<&str>,
    path: Option<&str>,
) -> Result<(Stats, Plan, (Seq, ledger_core::Time)), Failure> {
    let named = reference.map(|at| session.resolve_for(at, path));
    let named = named.transpose()?;
    let plan = match named {
        Some(moment) => {
            let plan = session.plan_at(moment.seq)?;
            gaps::note(&plan);
            plan
        }
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

/// The document that is asked for by what the ledger calls it.
pub(super) fn document(plan: &Plan, path: Option<&str>) -> Result<Option<DocumentId>, Failure> {
    let document = path.map(|path| which(plan, Some(path))).transpose()?;
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
    print_totals(out, totals)?;
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

/// How far the plan is, and what left it.
fn print_totals(out: &mut Screen, totals: &Totals) -> Result<(), Failure> {
    let count = |status: Status| totals.statuses.get(status.name()).copied().unwrap_or(0);
    let all = totals.tasks - count(Status::Cancelled);
    if totals.tasks == 0 {
        writeln!(out, "  the plan has no tasks")?;
    } else {
        let bar = progress(count(Status::Completed), all, (BAR, 0));
        writeln!(out, "  {bar}")?;
        let with = Status::ALL.into_iter().rev();
        let words: Vec<String> = with
            .map(|status| (count(status), paint::words(status)))
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect();
        writeln!(out, "  {}", words.join(", "))?;
    }
    if totals.removed > 0 {
        let left = totals.removed;
        let done = match totals.left_completed {
            0 => String::new(),
            done if done == left => ", completed".to_owned(),
            done => format!(", {done} of them completed"),
        };
        writeln!(out, "  {left} left the plan{done}")?;
    }
    Ok(())
}

/// `██████░░░░  12/17 (70%)  `: a bar of so many cells, and words that take at least so many.
fn progress(done: usize, all: usize, (cells, least): (usize, usize)) -> String {
    let (full, rest) = chart::bar(done, all, cells);
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
        let says = [
            match spans.count {
                1 => "1 task".to_owned(),
                several => format!("{several} tasks"),
            },
            format!("median {}", said(median)),
            format!("85% within {}", said(p85)),
            format!("longest {}", said(longest)),
        ];
        print_wrapped(out, &format!("  {name:<21} "), &says)?;
    }
    Ok(())
}

/// Prints pieces behind the beginning of a line, in as many lines as a terminal needs for them.
fn print_wrapped(out: &mut Screen, head: &str, pieces: &[String]) -> Result<(), Failure> {
    let room = out.room(usize::MAX);
    let start = columns::width(head);
    // Where the beginning leaves little, the rest stands under it.
    let indent = if start > room / 2 { 4 } else { start };
    let mut line = head.to_owned();
    let mut is_empty = true;
    for (nth, piece) in pieces.iter().enumerate() {
        let comma = if nth + 1 < pieces.len() { "," } else { "" };
        let more = columns::width(piece) + comma.len() + usize::from(!is_empty);
        if columns::width(&line) + more > room && line.trim_start() != "" {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(piece);
        line.push_str(comma);
        is_empty = false;
    }
    Ok(writeln!(out, "{}", line.trim_end())?)
}

/// Completions and additions, a cell for one or more days.
fn print_days(out: &mut Screen, days: &[Day]) -> Result<(), Failure> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Ok(());
    };
    writeln!(out, "\n{BOLD}days with changes{BOLD:#}")?;
    let cells = out.room(DAYS + 20).saturating_sub(20).clamp(1, DAYS);
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
            let line = chart::sparkline(&chart::grouped(&counts, cells));
            writeln!(out, "  {name:<10} {line}  {all}")?;
        }
    }
    if first.day == last.day {
        return Ok(writeln!(out, "  {DIM}{}{DIM:#}", first.day)?);
    }
    let many = days.len();
    writeln!(
        out,
        "  {DIM}{} to {}, {many} of them{DIM:#}",
        first.day, last.day
    )?;
    // The first of several such days.
    let most = days
        .iter()
        .rev()
        .max_by_key(|day| day.completed)
        .filter(|most| most.completed > 0);
    if let Some(most) = most {
        writeln!(
            out,
            "  {DIM}most completed on {}: {}{DIM:#}",
            most.day, most.completed
        )?;
    }
    Ok(())
}

fn print_phases(out: &mut Screen, phases: &[PhaseStats]) -> Result<(), Failure> {
    if phases.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}phases{BOLD:#}")?;
    let cells = if out.room(usize::MAX) < NARROW {
        BAR / 4
    } else {
        BAR
    };
    for phase in outlined(phases) {
        let bar = progress(phase.done, phase.all, (cells, TALLY));
        let indent = 2 * phase.depth;
        let name = plain(&phase.name);
        let used = cells + TALLY + 6 + indent;
        let name = out.rest(&name, used).into_owned();
        writeln!(out, "  {bar}  {:indent$}{name}", "")?;
    }
    Ok(())
}

/// A phase as it is shown: below the shown one that it stands in.
pub(super) struct Outlined {
    /// How many of the shown ones it stands in.
    pub(super) depth: usize,
    /// Its title, with those around it that are not shown.
    pub(super) name: String,
    /// Its completed tasks, with those of the sections below it.
    pub(super) done: usize,
    /// Likewise all but the cancelled ones.
    pub(super) all: usize,
}

/// Phases as they are shown, in order.
pub(super) fn outlined(phases: &[PhaseStats]) -> Vec<Outlined> {
    let mut above: Vec<&PhaseStats> = Vec::new();
    let mut rows = Vec::with_capacity(phases.len());
    for phase in phases {
        let is_in = |outer: &&PhaseStats| {
            let is_longer = phase.path.len() > outer.path.len() && !outer.path.is_empty();
            is_longer && outer.plan == phase.plan && phase.path.starts_with(&outer.path)
        };
        while above.pop_if(|outer| !is_in(&&**outer)).is_some() {}
        let (tasks, statuses) = match &phase.whole {
            Some(whole) => (whole.tasks, &whole.statuses),
            None => (phase.tasks, &phase.statuses),
        };
        let count = |status: Status| statuses.get(status.name()).copied().unwrap_or(0);
        let known = above.last().map_or(0, |outer| outer.path.len());
        let name = match phase.path.get(known..).unwrap_or_default() {
            [] => phase.plan.clone(),
            path => path.join(" › "),
        };
        rows.push(Outlined {
            depth: above.len(),
            name,
            done: count(Status::Completed),
            all: tasks - count(Status::Cancelled),
        });
        above.push(phase);
    }
    rows
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
            said.push(format!("{} stand without evidence", actor.unproven));
        }
        if actor.reopened > 0 {
            said.push(format!("{} reopened", actor.reopened));
        }
        let name = columns::pad(name, wide.unwrap_or(0));
        print_wrapped(out, &format!("  {name}  "), &said)?;
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
            none if none.is_empty() => format!("{span}  {}", task.title),
            reasons => format!("{span}: {reasons}"),
        }
    };
    list(out, "blocked longest", &waits, of_wait)?;
    let mut again: Vec<&TaskStats> = tasks.iter().filter(|task| task.reopened > 0).collect();
    again.sort_by_key(|task| std::cmp::Reverse(task.reopened));
    list(out, "reopened", &again, |task| {
        format!("{}  {}", times(task.reopened), task.title)
    })
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
