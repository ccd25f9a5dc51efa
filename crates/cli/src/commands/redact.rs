//! `ledger redact`: removing what should never have been recorded.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::PathBuf;

use ledger_core::Seq;
use ledger_core::redact::Secret;
use schemars::JsonSchema;
use serde::Serialize;

use super::doctor::count;
use crate::args::{Global, Redact};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::json;
use crate::output::screen;
use crate::outside;
use crate::session::{Access, Redacted, RedactedPlace as Place, Request, Session, Sight, What};

/// The longest text that is looked for.
const LONGEST: u64 = 64 << 10;

/// Parts that are listed before somebody is asked.
const LISTED: usize = 20;

#[derive(Serialize, JsonSchema)]
pub(super) struct Report {
    /// Whether it was done, and not only looked at.
    done: bool,
    /// The parts that go.
    parts: Vec<Place>,
    /// What cannot go.
    kept: Vec<Place>,
    /// Where the plans have the text, or had it.
    plans: Vec<PlanLines>,
    /// Tasks that are none any more without the text.
    lost: Vec<String>,
    /// Other parts that hold what the named one says, and stay.
    also_in: Vec<Place>,
    /// Where the plans have what the named part says, and keep it.
    also_in_plans: Vec<PlanLines>,
    /// Files that went with them.
    removed: Vec<PathBuf>,
    /// Files that were written anew without the text.
    rewritten: Vec<PathBuf>,
    /// Files that have the text and were left.
    left: Vec<PathBuf>,
    /// What cannot be reached, in words.
    beyond: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct PlanLines {
    /// The plan file.
    path: String,
    /// From 1.
    lines: Vec<usize>,
}

pub(crate) fn run(global: &Global, args: &Redact) -> Result<(), Failure> {
    let secret = secret(args)?;
    let reason = args.reason.as_deref().unwrap_or_default();
    let request = Request {
        actor: outside::actor(&args.who, None)?,
        cause: None,
        idem: None,
        time: None,
    };
    if let Some(secret) = &secret {
        let session = request.actor.session.as_deref().unwrap_or_default();
        let said = [reason, &request.actor.id, session];
        if said.iter().any(|said| secret.is_in(said)) {
            return Err(Failure::trouble(
                "the reason and the actor are recorded, and one of them holds the text",
            )
            .hint("nothing was redacted"));
        }
    }
    if let (Some(event), None, true) = (&args.event, args.part, args.dry_run) {
        let mut session = Session::open(global, Access::Compare)?;
        let seq = session.event_named(event)?;
        let sight = session.parts_of(seq)?;
        drop(session);
        return list(seq, sight, args.json);
    }
    if args.dry_run || !args.yes {
        let mut session = Session::open(global, Access::Read)?;
        let what = what(args, secret.as_ref(), &mut session)?;
        let sight = session.sight(&what)?;
        session.release();
        drop(session);
        if args.dry_run {
            return print(&Report::of(sight), args.json);
        }
        ask(&sight)?;
    }
    let mut session = Session::open(global, Access::Write)?;
    let what = what(args, secret.as_ref(), &mut session)?;
    let redacted = session.redact(&what, reason, &request)?;
    session.release();
    drop(session);
    finish(redacted, args.json)
}

/// The text that is to go, if one was given.
fn secret(args: &Redact) -> Result<Option<Secret>, Failure> {
    let text = match &args.text {
        Some(text) if text == "-" => {
            let mut text = String::new();
            io::stdin()
                .take(LONGEST + 1)
                .read_to_string(&mut text)
                .map_err(|error| Failure::from(error).about("standard input"))?;
            // The end of it would stay where it is.
            if text.len() as u64 > LONGEST {
                return Err(Failure::trouble(format!(
                    "a text of more than {LONGEST} bytes is not looked for"
                ))
                .hint("give the pieces of it one by one; nothing was redacted"));
            }
            text
        }
        Some(text) => text.clone(),
        None => return Ok(None),
    };
    Secret::new(&text)
        .map(Some)
        .map_err(|error| Failure::trouble(error.to_string()).hint("nothing was redacted"))
}

/// What is to go, as it was asked for.
fn what(args: &Redact, secret: Option<&Secret>, session: &mut Session) -> Result<What, Failure> {
    if let Some(secret) = secret {
        return Ok(What::Text(secret.clone()));
    }
    let (Some(event), Some(part)) = (&args.event, args.part) else {
        return Err(
            Failure::trouble("say which part of the event is to go, with --part N")
                .hint("`ledger redact EVENT --dry-run` lists them; nothing was redacted"),
        );
    };
    Ok(What::Part(session.event_named(event)?, part))
}

/// Asks whoever sits at the terminal.
fn ask(sight: &Sight) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::trouble("what is redacted cannot be brought back")
            .hint("say --yes, or look at --dry-run first; nothing was redacted"));
    }
    let mut err = anstream::stderr().lock();
    for (path, lines) in &sight.plans {
        let lines = count(lines.len() as u64, "line");
        writeln!(err, "{}: {lines} will be edited", plain(path))?;
    }
    for task in &sight.lost {
        writeln!(err, "{}: would be no task any more", plain(task))?;
    }
    for place in sight.parts.iter().take(LISTED) {
        writeln!(err, "{}", line(place))?;
    }
    let parts = count(sight.parts.len() as u64, "part");
    write!(err, "{parts} will go for good. Redact? [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().take(16).read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::finding("nothing was redacted")),
    }
}

impl Report {
    fn of(sight: Sight) -> Self {
        let lines = |plans: Vec<(String, Vec<usize>)>| {
            let plans = plans.into_iter();
            plans
                .map(|(path, lines)| PlanLines { path, lines })
                .collect()
        };
        Self {
            done: false,
            parts: sight.parts,
            kept: sight.kept,
            plans: lines(sight.plans),
            lost: sight.lost,
            also_in: sight.elsewhere.parts,
            also_in_plans: lines(sight.elsewhere.plans),
            removed: Vec::new(),
            rewritten: Vec::new(),
            left: Vec::new(),
            beyond: Vec::new(),
        }
    }
}

/// Says what was done, and fails if something is left.
fn finish(redacted: Redacted, as_json: bool) -> Result<(), Failure> {
    let Redacted {
        committed,
        sight,
        swept,
        beyond,
    } = redacted;
    let report = Report {
        done: true,
        removed: swept.removed,
        rewritten: swept.rewritten,
        left: swept.left,
        beyond,
        ..Report::of(sight)
    };
    print(&report, as_json)?;
    let mut err = anstream::stderr().lock();
    let mut unwritten = committed.unwritten.into_iter();
    let first = unwritten.next();
    for failure in unwritten {
        failure.report(&mut err)?;
    }
    if let Some(failure) = first {
        return Err(failure.hint("the redaction is recorded and finished in the ledger"));
    }
    match report.kept.len() + report.left.len() {
        0 => Ok(()),
        left => Err(Failure::finding(format!(
            "{} cannot be redacted, as said above",
            count(left as u64, "place")
        ))
        .hint("ids, headers and what the plan is folded from stay; a new ledger without them is the only way")),
    }
}

fn print(report: &Report, as_json: bool) -> Result<(), Failure> {
    let mut out = screen::raw();
    if as_json {
        json::print(&mut out, report)?;
        return Ok(out.flush()?);
    }
    for PlanLines { path, lines } in &report.plans {
        let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
        let edited = match report.done {
            true => "edited",
            false => "would be edited",
        };
        let lines = lines.join(", ");
        writeln!(out, "{}: {edited} in line {lines}", plain(path))?;
    }
    for task in &report.lost {
        let none = match report.done {
            true => "is no task any more",
            false => "would be no task any more",
        };
        writeln!(out, "{}: {none}, without the text", plain(task))?;
    }
    for place in &report.parts {
        writeln!(out, "{}", line(place))?;
    }
    for place in &report.kept {
        let why = place.why.unwrap_or_default();
        writeln!(out, "{} stays: {why}", line(place))?;
    }
    for file in &report.removed {
        writeln!(out, "removed {}", plain(&file.display().to_string()))?;
    }
    for file in &report.rewritten {
        writeln!(out, "taken out of {}", plain(&file.display().to_string()))?;
    }
    for file in &report.left {
        writeln!(out, "left as it is: {}", plain(&file.display().to_string()))?;
    }
    let parts = count(report.parts.len() as u64, "part");
    match report.done {
        true => writeln!(out, "redacted: {parts}")?,
        false => writeln!(out, "{parts} would go")?,
    }
    for PlanLines { path, lines } in &report.also_in_plans {
        let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
        let lines = lines.join(", ");
        writeln!(out, "{} has the same text in line {lines}", plain(path))?;
    }
    for place in report.also_in.iter().take(LISTED) {
        writeln!(out, "the same text stays in {}", line(place))?;
    }
    let more = report.also_in.len().saturating_sub(LISTED);
    if more > 0 {
        writeln!(out, "and in {} more", count(more as u64, "part"))?;
    }
    if !(report.also_in.is_empty() && report.also_in_plans.is_empty()) {
        writeln!(out, "ledger redact --text takes it out of all of them")?;
    }
    for beyond in &report.beyond {
        writeln!(out, "out of reach: {}", plain(beyond))?;
    }
    if report.done {
        writeln!(
            out,
            "out of reach: exported journals, backups, other clones, what editors keep"
        )?;
    }
    Ok(out.flush()?)
}

/// Shows the parts of an event.
fn list(seq: Seq, sight: Sight, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return print(&Report::of(sight), true);
    }
    let mut out = screen::raw();
    let mut parts: Vec<&Place> = sight.parts.iter().chain(&sight.kept).collect();
    parts.sort_by_key(|place| place.part.parse().unwrap_or(usize::MAX));
    for place in parts {
        match place.why {
            Some(why) => writeln!(out, "{} stays: {why}", line(place))?,
            None => writeln!(out, "{}", line(place))?,
        }
    }
    writeln!(out, "ledger redact {seq} --part N takes one of them out")?;
    Ok(out.flush()?)
}

/// `12 task.completed  part 3 result  one [redacted] cup`
fn line(place: &Place) -> String {
    format!(
        "{} {}  part {} {}  {}",
        place.seq,
        place.kind,
        place.part,
        place.name,
        plain(&place.words)
    )
    .trim_end()
    .to_owned()
}
