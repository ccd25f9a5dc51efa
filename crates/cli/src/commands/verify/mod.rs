//! `ledger verify`: the chain, the bodies, every document hash, and that texts and facts agree
//! at the head.
//!
//! With `--json` one object: `ok`, `events`, `batches`, `documents_checked`, `ledger`, `head`
//! (`seq`, `id`, `time`), `warned` (how many times ran backwards), `warnings` (`seq`, `time`,
//! `parent`; the first ones) and `findings` (`seq`, `code`, `message`).

mod chain;
mod check;

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::time::Duration;

use ledger_store::{DiskStore, Layout, Lock, Options, Store, StoreError};

use crate::args::{Global, Verify};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::DIM;
use crate::output::screen::{self, Screen};
use crate::output::{json, when};
use crate::session::place;

use check::{Finding, Kind, Report, check};

/// Warnings that are printed; all of them are counted.
const WARNINGS: usize = 10;

pub(crate) fn run(global: &Global, args: &Verify) -> Result<(), Failure> {
    let report = match &args.journal {
        Some(path) if path == Path::new("-") => check(io::stdin().lock())?,
        Some(path) => exported(path)?,
        None => own(global)?,
    };
    let printed = if args.json {
        print_json(&report)
    } else {
        print(&report)
    };
    // What was found counts more than that nobody reads on.
    match report.findings.as_slice() {
        [finding, others @ ..] => {
            // An end that is torn is harmless where nothing else is wrong with the ledger.
            let torn = finding.kind.is_torn_end() && others.is_empty() && args.journal.is_none();
            Err(failure(finding, torn))
        }
        [] => Ok(printed?),
    }
}

fn failure(finding: &Finding, torn: bool) -> Failure {
    let failure = Failure::finding(finding.message.clone());
    match finding.kind {
        _ if torn => failure.hint(
            "a write cut short leaves an end like this; the next change moves it to the ledger's quarantine, and what was acknowledged stays",
        ),
        Kind::Damaged => failure,
        _ => failure.hint("nothing from that event on can be trusted; keep the file as it is"),
    }
}

fn exported(path: &Path) -> Result<Report, Failure> {
    let about = |error| Failure::from(error).about(path.display());
    let file = File::open(path).map_err(about)?;
    check(BufReader::with_capacity(1 << 20, file)).map_err(about)
}

/// Verifies the ledger's own journal, and that nothing of it is missing.
fn own(global: &Global) -> Result<Report, Failure> {
    let place = place(global)?;
    let layout = &place.layout;
    if !layout.exists() {
        return Err(StoreError::NoLedger(place.root).into());
    }
    layout.open()?;
    let mut report = match File::open(layout.journal()) {
        Ok(file) => {
            let length = settled_length(layout, &file, Duration::from_secs_f64(global.wait))?;
            check(BufReader::with_capacity(1 << 20, file.take(length)))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => check(io::empty())?,
        Err(error) => return Err(Failure::from(error).about(layout.journal().display())),
    };
    if report.findings.iter().all(|found| found.kind.is_torn_end()) {
        // What the store remembers of the journal shows whether its end was cut off.
        let damage = match DiskStore::open(layout, Options::new("ledger verify")) {
            Ok(store) => {
                let known = store.head().map(|head| head.seq);
                let read = report.head.as_ref().map(|head| head.seq);
                (known < read).then(|| "the journal is longer than the ledger knows".to_owned())
            }
            Err(error) => Some(error.to_string()),
        };
        report.findings.extend(damage.map(|message| Finding {
            seq: None,
            kind: Kind::Damaged,
            message,
        }));
    }
    Ok(report.settled())
}

/// The journal's length when nobody is in the middle of writing it. Without the right to take
/// the lock, its length now.
fn settled_length(layout: &Layout, file: &File, wait: Duration) -> Result<u64, Failure> {
    let _lock = Lock::acquire(&layout.lock(), wait, "ledger verify");
    Ok(file.metadata()?.len())
}

fn print_json(report: &Report) -> io::Result<()> {
    let mut out = screen::raw();
    json::print(&mut out, report)?;
    out.flush()
}

fn print(report: &Report) -> io::Result<()> {
    let mut out = Screen::new();
    for warning in report.warnings.iter().take(WARNINGS) {
        writeln!(
            out,
            "warning: event {} says {}, before the event it follows ({})",
            warning.seq, warning.time, warning.parent
        )?;
    }
    let further = report.warned.saturating_sub(WARNINGS as u64);
    if further > 0 {
        writeln!(out, "warning: {further} more times ran backwards")?;
    }
    for finding in report.findings.iter().skip(1) {
        writeln!(out, "also: {}", plain(&finding.message))?;
    }
    let batches = if report.batches == 1 {
        "batch"
    } else {
        "batches"
    };
    let events = if report.events == 1 {
        "event"
    } else {
        "events"
    };
    match &report.head {
        None => writeln!(out, "no events")?,
        Some(head) => writeln!(
            out,
            "verified {} {events} in {} {batches} up to event {} {DIM}{}{DIM:#} of {}",
            report.events,
            report.batches,
            head.seq,
            head.id.short(),
            when::utc(head.time)
        )?,
    }
    if report.ok {
        writeln!(
            out,
            "checked the text of the plans at {} moments; at the last one they say what the events say",
            report.documents_checked
        )?;
    }
    out.flush()
}
