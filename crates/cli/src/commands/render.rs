//! `ledger render`

use std::io::Write;

use ledger_core::Plan;
use ledger_core::plan::PlanDocument;

use super::drift::FileReport;
use super::receipt::{self, Form};
use crate::args::{Global, Render, View};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::{json, screen};
use crate::outside;
use crate::session::{Access, Request, Session, asked_plan};

pub(crate) fn run(global: &Global, args: &Render) -> Result<(), Failure> {
    if args.check {
        return check(global, args.json);
    }
    match (args.view, &args.at, args.stdout) {
        (View::Plan, None, false) => write(global, args),
        (View::Plan, Some(_), false) => Err(Failure::trouble(
            "an earlier moment is not written over the plan file",
        )
        .hint("add --stdout, and redirect it where you want it")),
        (View::Plan, _, true) => print(global, args),
        (View::History, ..) => super::views::history(global, args),
        (View::Audit, ..) => super::views::audit(global, args),
        (View::Brief, ..) => super::views::brief(global, args),
    }
}

fn write(global: &Global, args: &Render) -> Result<(), Failure> {
    let request = Request {
        actor: outside::actor(&args.who, None)?,
        cause: None,
        idem: None,
        time: None,
    };
    let mut session = Session::open(global, Access::Write)?;
    let committed = session.restore_files(&request)?;
    drop(session);
    receipt::print(committed, Form::Text)
}

fn print(global: &Global, args: &Render) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    let path = asked_plan(global, args.plan.as_deref())?;
    let plan = session.plan_named_for(args.at.as_deref(), path.as_deref())?;
    let document = which(&plan, path.as_deref())?;
    let mut out = screen::Exact::new();
    for line in document.text.lines() {
        out.write_all(line.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// The plan that is meant: the one at this path, else the only one.
pub(super) fn which<'p>(plan: &'p Plan, path: Option<&str>) -> Result<&'p PlanDocument, Failure> {
    which_by(plan, path, "--plan ")
}

/// The same for a command that is told of the plan otherwise: what stands before its name.
pub(super) fn which_by<'p>(
    plan: &'p Plan,
    path: Option<&str>,
    before: &str,
) -> Result<&'p PlanDocument, Failure> {
    let documents: Vec<&PlanDocument> = plan.documents().collect();
    match (path, documents.as_slice()) {
        (Some(path), _) => {
            let tracked = documents.iter().map(|own| own.path.as_str());
            plan.document_at(path)
                .ok_or_else(|| untracked(path, tracked))
        }
        (None, [document]) => Ok(document),
        (None, []) => Err(
            Failure::trouble("the ledger tracked no plan at that moment").hint(
                "ledger init PLAN.md adopts one; ledger history says since when one is tracked",
            ),
        ),
        (None, several) => Err(Failure::trouble(format!(
            "the ledger tracks {} plans; say which one is meant",
            several.len()
        ))
        .hint(format!(
            "for example {before}{}",
            several.first().map_or("", |document| &document.path)
        ))),
    }
}

/// That a plan is not among those that the ledger tracks at the moment that was asked for.
pub(super) fn untracked<'p>(path: &str, tracked: impl Iterator<Item = &'p str>) -> Failure {
    /// How many are named.
    const NAMED: usize = 5;
    let mut names: Vec<&str> = tracked.take(NAMED + 1).collect();
    if names.len() > NAMED {
        names.truncate(NAMED);
        names.push("others");
    }
    Failure::trouble(format!("the ledger did not track '{path}' at that moment")).hint(match names
        .is_empty()
    {
        true => "it tracked no plan then; ledger history says since when it does".to_owned(),
        false => format!("it tracked {}", names.join(", ")),
    })
}

/// With `--json` an array of what [`FileReport`] has of each plan file.
fn check(global: &Global, json: bool) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    let seen = session.look()?;
    let files: Vec<FileReport> = seen
        .iter()
        .map(|file| FileReport::of(&session, file))
        .collect();
    let drifted = files.iter().filter(|file| !file.is_current);
    if json {
        let mut out = screen::raw();
        json::print(&mut out, &files)?;
        out.flush()?;
    } else {
        let mut out = anstream::stdout().lock();
        for file in drifted.clone() {
            writeln!(out, "{} {}", plain(&file.path), file.says())?;
        }
        out.flush()?;
    }
    match drifted.count() {
        0 => Ok(()),
        count => Err(
            Failure::finding(format!("{count} of the plan files differ from the ledger"))
                .hint("ledger observe records edits and brings stale files forward"),
        ),
    }
}
