//! `ledger verify`: the chain, the bodies, every document hash, and that texts and facts agree
//! at the head.

pub(super) mod chain;
pub(super) mod check;
mod checkpoints;
pub(super) mod source;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use ledger_core::Seq;
use ledger_core::examine::Examined;
use ledger_core::note::VerifierKey;
use ledger_store::repair::{self, Finding as Found};
use ledger_store::{DiskStore, Layout, Lock, Moment, Options, Store, StoreError};

use crate::args::{Global, Verify};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::DIM;
use crate::output::screen::{self, Screen};
use crate::output::{json, when};
use crate::session::{place, say_notices};

use check::{Extent, Finding, Kind, Report, check_watching, each_line};
use checkpoints::Compared;
use source::Copied;

/// Warnings that are printed; all of them are counted.
const WARNINGS: usize = 10;

/// What to do where a redaction is not finished.
const UNREDACTED: &str =
    "`ledger doctor --fix` takes it out, and so does the `ledger redact` that broke off";

pub(crate) fn run(global: &Global, args: &Verify) -> Result<(), Failure> {
    let start = Instant::now();
    let extent = match (args.chain, args.deep) {
        (true, _) => Extent::Chain,
        (_, true) => Extent::Moments,
        _ => Extent::Documents,
    };
    super::key::one_from_stdin([args.journal.as_deref(), args.checkpoint.as_deref()])?;
    let key = key(global, args)?;
    let kept = args.checkpoint.as_deref().map(super::key::read);
    let kept = kept.transpose()?;
    let size = match &kept {
        Some(Ok(kept)) => Some(kept.checkpoint().size),
        _ => None,
    };
    let mut report = match &args.journal {
        Some(path) if path == Path::new("-") => {
            check_watching(Copied::new(io::stdin())?, extent, size)?
        }
        Some(path) => exported(path, extent, size)?,
        None => own(global, extent, size)?,
    };
    if let Some(kept) = &kept {
        checkpoints::compare(&mut report, kept.as_ref().map_err(|why| *why), key.as_ref());
        report = report.settled();
    }
    if let Some(deep) = &mut report.deep {
        deep.milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    }
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
            Err(failure(finding, torn, args.journal.is_none()))
        }
        [] => Ok(printed?),
    }
}

/// What a checkpoint is checked with: the key that is given, else the ledger's own. Whoever has
/// only an exported journal has to be given one.
fn key(global: &Global, args: &Verify) -> Result<Option<VerifierKey>, Failure> {
    match (&args.key, &args.journal) {
        (Some(key), _) => super::key::given(key).map(Some),
        (None, None) if args.checkpoint.is_some() => super::key::own(global),
        (None, _) => Ok(None),
    }
}

fn failure(finding: &Finding, torn: bool, own: bool) -> Failure {
    let failure = Failure::finding(finding.message.clone());
    match finding.kind {
        _ if torn => failure.hint(
            "a write cut short leaves an end like this; the next change moves it to the ledger's quarantine, and what was acknowledged stays",
        ),
        Kind::Damaged => failure.hint("`ledger doctor` says what is damaged and what can be done"),
        Kind::Unredacted => failure.hint(UNREDACTED),
        Kind::Checkpoint("UNCHECKED" | "NOT_SIGNED") => failure.hint(
            "give the key with --key; `ledger checkpoint --show-key` prints it where the checkpoint was made",
        ),
        Kind::Checkpoint("CUT_SHORT" | "REWRITTEN") => failure.hint(
            "keep all as it is, the checkpoint too; a copy of the journal (`ledger export`) from after it was made has what is gone",
        ),
        Kind::Checkpoint("NOT_A_CHECKPOINT") => failure.hint(super::key::FORMS),
        Kind::Checkpoint(_) => failure,
        _ if own => failure.hint(
            "nothing from that event on can be trusted; `ledger doctor` says what can be put back",
        ),
        _ => failure.hint("nothing from that event on can be trusted; keep the file as it is"),
    }
}

fn exported(path: &Path, extent: Extent, size: Option<u64>) -> Result<Report, Failure> {
    let about = |error| Failure::unread(path, error);
    let file = File::open(path).map_err(about)?;
    // A pipe that has a name can be read only once.
    match file.metadata().map_err(about)?.is_file() {
        true => check_watching(file.take(u64::MAX), extent, size),
        false => Copied::new(file).and_then(|copied| check_watching(copied, extent, size)),
    }
    .map_err(about)
}

/// Verifies the ledger's own journal, and that nothing of it is missing.
fn own(global: &Global, extent: Extent, size: Option<u64>) -> Result<Report, Failure> {
    let place = place(global)?;
    let layout = &place.layout;
    if !layout.exists() {
        return Err(StoreError::NoLedger(place.root).into());
    }
    layout.open()?;
    // What any command would heal is healed first; what it would refuse, is found below.
    if let Ok(mut store) = DiskStore::open(layout, super::doctor::options(global, "ledger verify"))
    {
        say_notices(&mut store);
    }
    let about = |error| Failure::from(error).about(layout.journal().display());
    if fs::metadata(layout.journal()).is_ok_and(|meta| !meta.is_file()) {
        return Err(about(io::Error::other("it is not a file"))
            .hint("`ledger doctor` says what is damaged and what can be done"));
    }
    // Read first: what is written later may know more than is verified here.
    let remembered = repair::remembered(layout);
    let mut report = match File::open(layout.journal()) {
        Ok(file) => {
            let length = settled_length(layout, &file, Duration::from_secs_f64(global.wait))?;
            check_watching(file.take(length), extent, size).map_err(about)?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            check_watching(io::empty(), extent, size)?
        }
        Err(error) => return Err(about(error)),
    };
    if report.findings.iter().all(|found| found.kind.is_torn_end()) {
        // What the store remembers of the journal shows whether its end was cut off.
        let damage = match DiskStore::open(layout, Options::new("ledger verify")) {
            Ok(store) => {
                let known = store.head().map(|head| head.seq);
                let read = report.head.as_ref().map(|head| head.seq);
                match known < read {
                    true => Some("the journal is longer than the ledger knows".to_owned()),
                    false => contradicted(layout, &remembered, &report).map_err(about)?,
                }
            }
            Err(error) => Some(error.to_string()),
        };
        report.findings.extend(damage.map(|message| Finding {
            seq: None,
            kind: Kind::Damaged,
            message,
        }));
    }
    if report.findings.is_empty() && extent != Extent::Chain {
        // It was read as a whole before; what cannot be now, somebody is writing.
        report.unredacted = repair::unredacted(layout).unwrap_or_default();
    }
    if extent == Extent::Moments {
        look_deeper(&mut report, layout, global)?;
    }
    Ok(report.settled())
}

/// What somebody remembers otherwise than the journal has it. That nobody remembers more was seen
/// when the ledger was opened.
fn contradicted(
    layout: &Layout,
    remembered: &[(Moment, String)],
    report: &Report,
) -> io::Result<Option<String>> {
    let Some(head) = &report.head else {
        return Ok(None);
    };
    let (at_head, before): (Vec<_>, Vec<_>) = remembered
        .iter()
        .filter(|(moment, _)| moment.seq <= head.seq)
        .partition(|(moment, _)| moment.seq == head.seq);
    let mut other = at_head.into_iter().find(|(moment, _)| moment.id != head.id);
    // Most know the head, for which the journal is not read once more.
    if let Some(last) = before.iter().map(|(moment, _)| moment.seq).max() {
        let mut at = Seq(0);
        each_line(&mut File::open(layout.journal())?, |line| {
            let mut here = before
                .iter()
                .filter(|(moment, _)| moment.seq == at)
                .peekable();
            if here.peek().is_some() {
                let id = Examined::new(line).ok().map(|line| line.id());
                let wrong = here.find(|(moment, _)| Some(moment.id) != id);
                other = wrong.copied().or(other);
            }
            at = at.next();
            at <= last
        })?;
    }
    Ok(other.map(|(moment, known_by)| {
        let contradicted = StoreError::Contradicted {
            path: layout.journal(),
            line: moment.seq.0 + 1,
            known_by: known_by.clone(),
        };
        contradicted.to_string()
    }))
}

/// Looks at what was derived from the journal: the store, `head`, the records of checkouts.
fn look_deeper(report: &mut Report, layout: &Layout, global: &Global) -> Result<(), Failure> {
    let options = super::doctor::options(global, "ledger verify");
    let checkup = repair::examine(layout, &options)?;
    if let Some(deep) = &mut report.deep {
        deep.store = checkup.absorbed;
        deep.checkouts = Some(checkup.checkouts as u64);
    }
    // What a command that was cut short leaves, and a worktree that is gone, is no damage.
    let harmless = ["head", "state", "checkout", "text"];
    let damage = |found: &Found| found.fix.is_none() || !harmless.contains(&found.code);
    for found in checkup.findings.into_iter().filter(damage) {
        let message = format!("{}: {}", found.place.display(), found.what);
        // What is wrong with the journal itself was said with its line already.
        let said = report
            .findings
            .iter()
            .any(|own| own.message.contains(&found.what));
        if !said {
            report.findings.push(Finding {
                seq: None,
                kind: match found.code {
                    "redaction" => Kind::Unredacted,
                    _ => Kind::Damaged,
                },
                message,
            });
        }
    }
    Ok(())
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
    // The history is good with it and without it.
    if let Some(seq) = report.unredacted.filter(|_| report.ok) {
        writeln!(
            out,
            "warning: event {seq} still has what the history says was redacted; {UNREDACTED}"
        )?;
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
    if let Some(checked) = report.documents_checked.filter(|_| report.ok) {
        writeln!(
            out,
            "checked the text of the plans at {checked} moments; at the last one they say what the events say"
        )?;
    }
    if report.checkpoints > 0 && report.ok {
        let compared = super::doctor::count(report.checkpoints, "checkpoint");
        let (stand, them) = match report.checkpoints {
            1 => ("stands", "it"),
            _ => ("stand", "them"),
        };
        writeln!(
            out,
            "{compared} in the history {stand} for what is before {them}"
        )?;
    }
    if let Some((size, key)) = report.checkpoint.as_ref().and_then(Compared::shown) {
        let of = super::doctor::count(size, "event");
        writeln!(
            out,
            "it extends the checkpoint of {of} that {} signed",
            plain(key)
        )?;
    }
    if let Some(deep) = report.deep.as_ref().filter(|_| report.ok) {
        let mut words = format!("read the tasks from the text {} times", deep.agreed);
        if let Some(checkouts) = deep.checkouts {
            match deep.store {
                Some(events) => words.push_str(&format!(
                    "; the first {events} events are the same in the store"
                )),
                None => words.push_str("; there is no store"),
            }
            let records = super::doctor::count(checkouts, "checkout record");
            words.push_str(&format!("; the moments of {records} are there"));
        }
        writeln!(out, "{words}; {} ms", deep.milliseconds)?;
    }
    out.flush()
}
