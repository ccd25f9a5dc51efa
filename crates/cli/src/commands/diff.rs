//! `ledger diff`: what is different between two moments.

use std::io::Write;

use ledger_core::document::Document;
use ledger_core::document::unified::unified as hunks_between;
use ledger_core::plan::PlanDocument;
use ledger_core::project::diff::{Change, Diff, PlanDiff, TaskDiff, pairs};
use ledger_core::{Plan, Seq, Status};
use schemars::JsonSchema;
use serde::Serialize;

use super::drift;
use crate::args::{self, Global};
use crate::failure::{self, Failure};
use crate::output::escape::plain;
use crate::output::paint::{self, BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{columns, json, unified};
use crate::session::{Access, Session, asked_plan};

/// A diff as `--json` has it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Shown<'d> {
    /// The moment that is compared.
    from: Seq,
    /// The moment that it is compared with.
    to: Seq,
    #[serde(flatten)]
    diff: &'d Diff,
}

/// The two moments, which may be typed as `A..B` too, as git has it.
fn ends(args: &args::Diff) -> Result<(&str, &str), Failure> {
    let (from, to) = match args.from.split_once("..") {
        None => return Ok((&args.from, args.to.as_deref().unwrap_or("head"))),
        Some((from, to)) if args.to.is_none() => (from, if to.is_empty() { "head" } else { to }),
        Some((_, _)) => ("", ""),
    };
    if from.is_empty() || to.starts_with('.') {
        let shown = failure::cut(&args.from);
        return Err(Failure::trouble(format!("'{shown}' names no moment"))
            .hint("name two moments: ledger diff A B, or ledger diff A..B"));
    }
    Ok((from, to))
}

pub(crate) fn run(global: &Global, args: &args::Diff) -> Result<(), Failure> {
    let only = asked_plan(global, args.plan.as_deref())?;
    let mut session = Session::open(global, Access::Read)?;
    drift::note(&mut session);
    let (from, to) = ends(args)?;
    let from = session.resolve_for(from, only.as_deref())?.seq;
    let to = session.resolve_for(to, only.as_deref())?.seq;
    let before = session.plan_at(from)?;
    let after = session.plan_at(to)?;
    let between = session.between(from, to)?;
    session.release();
    if let Some(path) = &only
        && before.document_at(path).is_none()
        && after.document_at(path).is_none()
    {
        return Err(Failure::trouble(format!(
            "the ledger tracked '{path}' at neither moment"
        )));
    }
    if args.text {
        return text(&before, &after, only.as_deref());
    }
    let mut diff = Diff::of(&before, &after, &between);
    if let Some(only) = only.as_deref() {
        // A plan goes by the names that it has at both moments.
        let mut names = Vec::new();
        for (was, now) in pairs(&before, &after) {
            let own = [was, now].map(|own| own.map_or("", |own| &own.path));
            names.extend(own.into_iter().filter(|_| own.contains(&only)));
        }
        let is = |path: &Option<String>| path.as_deref() == Some(only);
        diff.tasks.retain(|task| names.contains(&&*task.plan));
        diff.plans.retain(|plan| is(&plan.from) || is(&plan.to));
    }
    if args.json {
        let mut out = screen::raw();
        let diff = &diff;
        json::print(&mut out, &Shown { from, to, diff })?;
        return Ok(out.flush()?);
    }
    match args.stat {
        true => stat(&diff),
        false => print(&diff),
    }
}

/// The lines that differ, with headers as git writes them. They go out as they are, since `patch`
/// is to take them; not so to a terminal.
fn text(before: &Plan, after: &Plan, only: Option<&str>) -> Result<(), Failure> {
    let none = Document::default();
    let mut out = screen::Exact::new();
    for (was, now) in pairs(before, after) {
        let is =
            |own: Option<&PlanDocument>| own.is_some_and(|own| Some(own.path.as_str()) == only);
        if only.is_some() && !is(was) && !is(now) {
            continue;
        }
        let hunks = hunks_between(
            was.map_or(&none, |own| &own.text),
            now.map_or(&none, |own| &own.text),
        );
        let name = |side: &str, own: Option<&PlanDocument>| match own {
            Some(own) => quoted(&format!("{side}/{}", own.path)),
            None => "/dev/null".to_owned(),
        };
        let same_path = was.map(|own| &own.path) == now.map(|own| &own.path);
        if hunks.is_empty() && same_path {
            continue;
        }
        let either = |one: Option<&PlanDocument>, other: Option<&PlanDocument>| {
            one.or(other).map_or("", |own| &own.path).to_owned()
        };
        let (a, b) = (either(was, now), either(now, was));
        writeln!(
            out,
            "diff --git {} {}",
            quoted(&format!("a/{a}")),
            quoted(&format!("b/{b}"))
        )?;
        match (was, now) {
            (None, _) => writeln!(out, "new file mode 100644")?,
            (_, None) => writeln!(out, "deleted file mode 100644")?,
            _ if a != b => writeln!(out, "rename from {}\nrename to {}", quoted(&a), quoted(&b))?,
            _ => {}
        }
        if !hunks.is_empty() {
            writeln!(out, "--- {}\n+++ {}", name("a", was), name("b", now))?;
            unified::write_hunks(&mut out, &hunks)?;
        }
    }
    Ok(out.flush()?)
}

/// A path as git writes it in a diff: in quotes and with escapes where it has characters that would
/// end the line or be taken for something else.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| !c.is_control() && c != '"' && c != '\\';
    if path.chars().all(is_plain) {
        return path.to_owned();
    }
    let mut text = String::from("\"");
    for c in path.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// The groups of a diff, in the order in which they are shown.
const GROUPS: [&str; 9] = [
    "completed",
    "started",
    "blocked",
    "issues found",
    "cancelled",
    "pending again",
    "added",
    "changed",
    "removed",
];

/// The group that a task is shown in: by what matters most of what happened to it.
fn group(task: &TaskDiff) -> &'static str {
    let mut group = "changed";
    for change in &task.changes {
        group = match change {
            Change::Added { .. } => "added",
            Change::Removed { .. } => "removed",
            Change::Status { to, .. } => match to {
                Status::Completed => "completed",
                Status::InProgress => "started",
                Status::Blocked => "blocked",
                Status::IssuesFound => "issues found",
                Status::Cancelled => "cancelled",
                Status::Pending => "pending again",
            },
            _ => continue,
        };
    }
    group
}

fn in_groups(diff: &Diff) -> impl Iterator<Item = (&'static str, Vec<&TaskDiff>)> {
    GROUPS.into_iter().filter_map(|name| {
        let own: Vec<_> = diff
            .tasks
            .iter()
            .filter(|task| group(task) == name)
            .collect();
        (!own.is_empty()).then_some((name, own))
    })
}

fn stat(diff: &Diff) -> Result<(), Failure> {
    let mut out = Screen::new();
    for plan in &diff.plans {
        writeln!(out, "{}", plain(&lines(plan)))?;
    }
    let counts: Vec<String> = in_groups(diff)
        .map(|(name, tasks)| format!("{} {name}", tasks.len()))
        .collect();
    match (counts.is_empty(), diff.is_empty()) {
        (_, true) => writeln!(out, "no difference")?,
        (true, _) => writeln!(out, "no task differs")?,
        (false, _) => writeln!(out, "tasks: {}", counts.join(", "))?,
    }
    Ok(out.flush()?)
}

/// How a plan file differs: `TODO.md: 12 lines came, 3 went; 2 and 0 of them of no task`.
fn lines(plan: &PlanDiff) -> String {
    let name = match (&plan.from, &plan.to) {
        (Some(from), Some(to)) if from != to => format!("{from} → {to}"),
        (Some(from), None) => format!("{from} (dropped)"),
        (None, Some(to)) => format!("{to} (new)"),
        (from, _) => from.clone().unwrap_or_default(),
    };
    let version = match (&plan.from_version, &plan.to_version) {
        (Some(from), Some(to)) if from != to => format!(" version {from} → {to},"),
        _ => String::new(),
    };
    let mut text = format!(
        "{name}:{version} +{} -{} lines",
        plan.inserted, plan.removed
    );
    if plan.prose_inserted + plan.prose_removed > 0 {
        text = format!(
            "{text}, of these +{} -{} of no task",
            plan.prose_inserted, plan.prose_removed
        );
    }
    text
}

fn print(diff: &Diff) -> Result<(), Failure> {
    let mut out = Screen::new();
    if diff.is_empty() {
        writeln!(out, "no difference")?;
    }
    let widths = diff
        .tasks
        .iter()
        .map(|own| columns::width(&plain(own.task.as_str())));
    let width = widths.max().unwrap_or(0).min(24);
    for (name, tasks) in in_groups(diff) {
        writeln!(out, "{BOLD}{name}{BOLD:#} ({})", tasks.len())?;
        for task in tasks {
            let key = plain(task.task.as_str()).into_owned();
            let title = plain(&task.title).into_owned();
            writeln!(
                out,
                "  {}  {}",
                columns::pad(&key, width),
                out.rest(&title, width + 4)
            )?;
            for change in &task.changes {
                if let Some(said) = words(change, name) {
                    let said = plain(&said).into_owned();
                    writeln!(out, "      {DIM}{}{DIM:#}", out.rest(&said, 6))?;
                }
            }
        }
        writeln!(out)?;
    }
    for plan in &diff.plans {
        writeln!(out, "{}", plain(&lines(plan)))?;
    }
    Ok(out.flush()?)
}

/// A change in words; `None` where the group it is shown in says it all.
fn words(change: &Change, group: &str) -> Option<String> {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let path = |path: &[String]| path.join(" › ");
    Some(match change {
        Change::Added { status } if *status == Status::Pending => return None,
        Change::Added { status } => paint::words(*status).to_owned(),
        Change::Removed { status, last } => match last.filter(|last| last != status) {
            Some(last) => format!("{} → {}", paint::words(*status), paint::words(last)),
            None => paint::words(*status).to_owned(),
        },
        Change::Status { from, to, reason } => {
            let change = format!("{} → {}", paint::words(*from), paint::words(*to));
            match reason {
                Some(reason) => format!("{change}: {reason}"),
                None if group == "completed" && *from == Status::InProgress => return None,
                None => change,
            }
        }
        Change::Reason { from, to } => format!("reason: {} → {}", or_none(from), or_none(to)),
        Change::Retitled { from, .. } => format!("was titled: {from}"),
        Change::Rekeyed { from } => format!("was called {from}"),
        Change::Moved { from, to } => format!("moved: {} → {}", path(from), path(to)),
        Change::DependencyAdded { on } => format!("waits for {on}"),
        Change::DependencyRemoved { on } => format!("waits no more for {on}"),
        Change::FieldSet { label, from, to } => match from {
            Some(from) => format!("{label}: {from} → {to}"),
            None => format!("{label}: {to}"),
        },
        Change::FieldRemoved { label, from } => format!("without {label}: {from}"),
        Change::ResultAdded { text } => format!("result: {text}"),
        Change::ResultRemoved { text } => format!("without the result: {text}"),
        Change::StepAdded { text, checked } => {
            format!("new step: [{}] {text}", if *checked { 'x' } else { ' ' })
        }
        Change::StepRemoved { text } => format!("without the step: {text}"),
        Change::StepChecked { text } => format!("[x] {text}"),
        Change::StepUnchecked { text } => format!("[ ] {text}"),
    })
}
