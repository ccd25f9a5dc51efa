//! `ledger doctor`: what is wrong with a ledger's files, and putting it right.

use std::io::{self, Write};
use std::time::Duration;

use ledger_core::Digest;
use ledger_store::repair::{self, Checkup, Extent, Finding, NewConfig};
use ledger_store::{Layout, Options, Place, StoreError};
use schemars::JsonSchema;
use serde::Serialize;

use super::head::HeadReport;
use crate::args::{Doctor, Global};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::json;
use crate::output::paint::{BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::outside;
use crate::session::{hindrance, place};

/// Notes of the quarantine that are printed.
const KEPT: usize = 8;

#[derive(Serialize, JsonSchema)]
pub(super) struct Report {
    /// Whether nothing is wrong.
    ok: bool,
    /// The ledger's directory.
    ledger: String,
    /// Events in the journal.
    events: u64,
    /// The last of them; `None` without events.
    head: Option<HeadReport>,
    /// Events that the store has; `None` without one.
    absorbed: Option<u64>,
    /// Checkouts that the ledger knows of.
    checkouts: usize,
    /// What is wrong, and was not put right.
    findings: Vec<FindingReport>,
    /// What `--fix` did, in words.
    done: Vec<String>,
    /// What lies in the quarantine.
    quarantine: Vec<KeptReport>,
    /// What waits to be recorded.
    spool: Vec<WaitingReport>,
    #[serde(skip)]
    was_holder: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct FindingReport {
    /// What sort of thing is wrong.
    code: &'static str,
    /// Where.
    place: String,
    /// What is wrong.
    what: String,
    /// What `--fix` does about it.
    fix: Option<String>,
    /// What somebody can do about it.
    hint: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct KeptReport {
    /// Its folder.
    place: String,
    /// Why it was put there.
    why: String,
}

#[derive(Serialize, JsonSchema)]
struct WaitingReport {
    /// Its file.
    place: String,
    /// How long it waits.
    seconds: u64,
}

pub(crate) fn run(global: &Global, args: &Doctor) -> Result<(), Failure> {
    let mut place = place(global)?;
    if !place.layout.exists() {
        return Err(StoreError::NoLedger(place.root).into());
    }
    let options = options(global, "ledger doctor");
    let mut done = Vec::new();
    // A ledger that was named is where somebody wants it to be.
    let found = global.ledger.is_none();
    if args.fix {
        let extent = extent(args.accept_loss);
        done = repair::fix(&place.layout, &options, extent, &new_config(&place)?)?;
        if found && let Some(moved) = repair::shelter(&place, &options)? {
            let directory = moved.layout.directory().display();
            done.push(format!("the ledger was moved to {directory}"));
            place = moved;
        }
    }
    let mut checkup = repair::examine(&place.layout, &options)?;
    checkup
        .findings
        .extend(repair::exposed(&place).filter(|_| found));
    checkup.findings.extend(kept_waiting(&place.layout));
    let report = Report::of(checkup, done);
    let printed = if args.json {
        print_json(&report)
    } else {
        print(&report)
    };
    // What was found counts more than that nobody reads on.
    failure(&report, args.fix)?;
    Ok(printed?)
}

/// The changes in the spool that this program cannot take in.
fn kept_waiting(layout: &Layout) -> Vec<Finding> {
    let spool = repair::spool(layout);
    // What is wrong with the spool itself is found already.
    let waiting = spool.contents().unwrap_or_default().waiting.into_iter();
    let kept = waiting.filter_map(|waiting| {
        let bytes = spool.read(&waiting).ok()?;
        Some(Finding {
            code: "spool-newer",
            place: waiting.path,
            what: hindrance(&bytes)?,
            fix: None,
            hint: Some("run that version of ledger; what waits behind it waits too".to_owned()),
        })
    });
    kept.collect()
}

/// How far a repair may go.
pub(super) const fn extent(accept_loss: bool) -> Extent {
    if accept_loss {
        Extent::AcceptLoss
    } else {
        Extent::Lossless
    }
}

/// How these commands wait for others.
pub(super) fn options(global: &Global, command: &str) -> Options {
    let mut options = Options::new(command);
    options.deadline = Duration::from_secs_f64(global.wait);
    options
}

/// What a new configuration says, should one be needed.
pub(super) fn new_config(place: &Place) -> Result<NewConfig, Failure> {
    Ok(NewConfig {
        writer: outside::new_writer()?,
        home: place.home.clone(),
        now: outside::now()?,
        spool_key: Digest::from_bytes(outside::entropy()?),
    })
}

impl Report {
    fn of(checkup: Checkup, done: Vec<String>) -> Self {
        let head = checkup.head.as_ref();
        Self {
            ok: checkup.findings.is_empty(),
            ledger: checkup.directory.display().to_string(),
            events: head.map_or(0, |head| head.seq.0 + 1),
            head: head.map(HeadReport::from),
            absorbed: checkup.absorbed,
            checkouts: checkup.checkouts,
            findings: checkup.findings.into_iter().map(finding).collect(),
            done,
            quarantine: checkup
                .quarantine
                .into_iter()
                .map(|kept| KeptReport {
                    place: kept.place.display().to_string(),
                    why: kept.why,
                })
                .collect(),
            spool: checkup
                .spool
                .into_iter()
                .map(|waiting| WaitingReport {
                    place: waiting.place.display().to_string(),
                    seconds: waiting.age.as_secs(),
                })
                .collect(),
            was_holder: checkup
                .was_holder
                .map(|holder| format!("process {} ({})", holder.pid, holder.command)),
        }
    }
}

fn finding(finding: Finding) -> FindingReport {
    FindingReport {
        code: finding.code,
        place: finding.place.display().to_string(),
        what: finding.what,
        fix: finding.fix,
        hint: finding.hint,
    }
}

fn print_json(report: &Report) -> io::Result<()> {
    let mut out = screen::raw();
    json::print(&mut out, report)?;
    out.flush()
}

fn print(report: &Report) -> io::Result<()> {
    let mut out = Screen::new();
    for done in &report.done {
        writeln!(out, "done: {}", plain(done))?;
    }
    for finding in &report.findings {
        let place = plain(&finding.place);
        let what = plain(&finding.what);
        // Some name the place themselves.
        if what.starts_with(&*place) {
            writeln!(out, "{BOLD}{what}{BOLD:#}")?;
        } else {
            writeln!(out, "{BOLD}{place}{BOLD:#}: {what}")?;
        }
        if let Some(fix) = &finding.fix {
            writeln!(out, "  --fix {}", plain(fix))?;
        }
        if let Some(hint) = &finding.hint {
            writeln!(out, "  hint: {}", plain(hint))?;
        }
    }
    match &report.head {
        Some(head) => writeln!(
            out,
            "{DIM}history{DIM:#}     {} up to event {} {DIM}{}{DIM:#}",
            count(report.events, "event"),
            head.seq,
            head.id.short()
        )?,
        None => writeln!(out, "{DIM}history{DIM:#}     no events")?,
    }
    match report.absorbed {
        Some(events) => writeln!(
            out,
            "{DIM}store{DIM:#}       {} of them",
            count(events, "event")
        )?,
        None => writeln!(
            out,
            "{DIM}store{DIM:#}       none; a query that needs it makes it"
        )?,
    }
    writeln!(
        out,
        "{DIM}checkouts{DIM:#}   {}",
        count(report.checkouts as u64, "record")
    )?;
    if let Some(holder) = &report.was_holder {
        writeln!(
            out,
            "{DIM}lock{DIM:#}        free; {} was killed while it had it",
            plain(holder)
        )?;
    }
    for waiting in &report.spool {
        writeln!(
            out,
            "{DIM}spool{DIM:#}       {} waits for {} s",
            plain(&waiting.place),
            waiting.seconds
        )?;
    }
    for kept in report.quarantine.iter().take(KEPT) {
        let why = kept.why.lines().next().unwrap_or_default();
        writeln!(
            out,
            "{DIM}quarantine{DIM:#}  {}: {}",
            plain(&kept.place),
            plain(why)
        )?;
    }
    let more = report.quarantine.len().saturating_sub(KEPT);
    if more > 0 {
        writeln!(out, "{DIM}quarantine{DIM:#}  and {more} more")?;
    }
    writeln!(out, "{DIM}ledger{DIM:#}      {}", plain(&report.ledger))?;
    out.flush()
}

/// `1 event`, `3 events`
pub(super) fn count(number: u64, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

fn failure(report: &Report, fixed: bool) -> Result<(), Failure> {
    if report.ok {
        return Ok(());
    }
    let found = report.findings.len() as u64;
    let failure = Failure::finding(format!("{} in the ledger", count(found, "finding")));
    let fixable = report.findings.iter().any(|found| found.fix.is_some());
    Err(if fixable && !fixed {
        failure.hint("`ledger doctor --fix` does what is said there; nothing is deleted")
    } else {
        failure.hint("what is left needs somebody's decision, as said there")
    })
}
