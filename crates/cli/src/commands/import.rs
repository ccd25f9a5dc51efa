//! `ledger import`: a ledger with the history of an exported journal.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Component, Path};

use ledger_core::{EventId, Plan};
use ledger_store::checkouts::Checkout;
use ledger_store::repair::{self, NewConfig};
use ledger_store::{Options, Place, StoreError};
use schemars::JsonSchema;
use serde::Serialize;

use super::doctor::{count, new_config, options};
use super::head::HeadReport;
use super::verify::check::{Extent, check};
use super::verify::source::Copied;
use crate::args::{Global, Import};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::json;
use crate::output::screen;
use crate::session::{Access, Session, place};

#[derive(Serialize, JsonSchema)]
pub(super) struct Imported {
    /// The ledger's id.
    ledger: Option<EventId>,
    /// Events that were taken over.
    events: u64,
    /// The last of them.
    head: Option<HeadReport>,
    /// What this copy writes as.
    writer: String,
    /// What became of the plan files.
    plans: Vec<PlanReport>,
}

#[derive(Serialize, JsonSchema)]
struct PlanReport {
    /// The plan file.
    path: String,
    /// What became of it.
    file: Became,
}

/// What became of a plan file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Became {
    /// It was not there.
    Written,
    /// It has the ledger's text.
    Current,
    /// It has another text.
    Edited,
    /// It cannot be read, or git has conflicts for it.
    Left,
}

pub(crate) fn run(global: &Global, args: &Import) -> Result<(), Failure> {
    let place = place(global)?;
    let name = match args.journal.as_path() {
        path if path == Path::new("-") => "standard input".to_owned(),
        path => path.display().to_string(),
    };
    let mut journal = open(&args.journal).map_err(|error| Failure::from(error).about(&name))?;
    let report = check(&mut journal, Extent::Documents)
        .map_err(|error| Failure::from(error).about(&name))?;
    if let Some(finding) = report.findings.first() {
        return Err(Failure::finding(finding.message.clone())
            .about(&name)
            .hint("nothing was imported; export it again from a ledger that verifies"));
    }
    let Some(last) = &report.last else {
        return Err(Failure::finding("there are no events in it").about(&name));
    };
    if !args.allow_outside {
        refuse_outside(&report.plan)?;
    }
    let journal = journal.into_file()?;
    let config = new_config(&place)?;
    take_in(
        &place,
        &options(global, "ledger import"),
        &config,
        journal,
        last,
    )?;
    let plans = write_plans(place, global)?;
    let imported = Imported {
        ledger: report.ledger,
        events: report.events,
        head: report.head,
        writer: config.writer.as_str().to_owned(),
        plans,
    };
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &imported)?;
        return Ok(out.flush()?);
    }
    print(&imported)
}

fn open(path: &Path) -> io::Result<Copied> {
    match path {
        path if path == Path::new("-") => Copied::new(io::stdin()),
        path => Copied::new(File::open(path)?),
    }
}

/// Somebody else's journal may name any file of this machine as its plan.
fn refuse_outside(plan: &Plan) -> Result<(), Failure> {
    let leads_out = |path: &str| {
        let mut components = Path::new(path).components();
        !components.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
    };
    match plan.documents().find(|document| leads_out(&document.path)) {
        Some(document) => Err(Failure::finding(format!(
            "the journal's plan {} lies outside the project",
            document.path
        ))
        .hint("nothing was imported; --allow-outside takes it all the same")),
        None => Ok(()),
    }
}

fn take_in(
    place: &Place,
    options: &Options,
    config: &NewConfig,
    journal: File,
    last: &ledger_core::Head,
) -> Result<(), Failure> {
    repair::import(&place.layout, options, config, journal, last).map_err(|error| match error {
        StoreError::Exists(directory) => Failure::trouble(format!(
            "there is a ledger at {} already",
            directory.display()
        ))
        .hint("import starts a ledger; name another place with --ledger DIR"),
        error => error.into(),
    })
}

/// Writes the plan files that are not there. The others are left as they are: what somebody has
/// written there is recorded by the next command, like in a fresh clone.
fn write_plans(place: Place, global: &Global) -> Result<Vec<PlanReport>, Failure> {
    let mut session = Session::at(place, global, Access::Write)?;
    let mut plans = Vec::new();
    for seen in session.look()? {
        let file = match seen.state {
            Checkout::Absent => {
                session.put(&seen)?;
                Became::Written
            }
            Checkout::Current => {
                session.put(&seen)?;
                Became::Current
            }
            Checkout::Stale(_) | Checkout::Edited { .. } => Became::Edited,
            Checkout::Unmerged | Checkout::Unreadable => Became::Left,
        };
        plans.push(PlanReport {
            path: seen.path,
            file,
        });
    }
    Ok(plans)
}

fn print(imported: &Imported) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    if let (Some(ledger), Some(head)) = (&imported.ledger, &imported.head) {
        writeln!(
            out,
            "imported ledger {}: {} up to event {} {}",
            ledger.short(),
            count(imported.events, "event"),
            head.seq,
            head.id.short()
        )?;
    }
    for plan in &imported.plans {
        let became = match plan.file {
            Became::Written => "was not there and is written",
            Became::Current => "is as the ledger has it",
            Became::Edited => {
                "is not as the ledger has it; the next command takes it for an edit (ledger observe)"
            }
            Became::Left => "cannot be read; it is left as it is",
        };
        writeln!(out, "{} {became}", plain(&plan.path))?;
    }
    Ok(out.flush()?)
}
