//! What a command that records something prints.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use ledger_core::rules::{Breach, Level, Violation};
use ledger_core::{Batch, EventId, Origin, Recorded, Seq, Status, TaskKey, Verified};
use ledger_store::checkouts::Checkout;
use schemars::JsonSchema;
use serde::Serialize;

use super::drift::as_of_moment;
use crate::failure::{Failure, cut};
use crate::output::escape::plain;
use crate::output::json;
use crate::session::Committed;

/// How receipts are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// One JSON object an event, one a line.
    Json,
    /// Nothing.
    Quiet,
}

impl Form {
    /// The form that `--json` and `--quiet` ask for.
    pub(crate) const fn of(json: bool, quiet: bool) -> Self {
        match (json, quiet) {
            (true, _) => Self::Json,
            (_, true) => Self::Quiet,
            _ => Self::Text,
        }
    }
}

/// Prints what was recorded to standard output, and on standard error what the user should know.
///
/// # Errors
/// Why the command was refused; or, if its events stand, why a plan file could not be written.
/// Either says whether anything stands.
pub(crate) fn print(mut committed: Committed, form: Form) -> Result<(), Failure> {
    let found = !committed.observed.is_empty() || !committed.ruled.is_empty();
    let stands = found || committed.commanded.is_some();
    let refused = committed.refused.take().map(|failure| match found {
        _ if committed.waits.is_some() => failure,
        true => failure.hint("nothing was recorded but what was found in the plan files"),
        false => failure.not_recorded(),
    });
    let breaches = refused.as_ref().map_or(&[][..], Failure::breaches);
    let breaches: Vec<Refused> = breaches.iter().map(Refused::of).collect();
    let unwritten = std::mem::take(&mut committed.unwritten).into_iter();
    let unwritten = unwritten.map(|failure| match stands {
        true => failure.recorded(),
        false => failure.not_recorded(),
    });
    let mut failures = refused.into_iter().chain(unwritten);
    tell(&committed, &breaches, form).map_err(|error| {
        let failure = Failure::from(error).about("cannot print what was done");
        match stands {
            true => failure.recorded(),
            false => failure,
        }
    })?;
    // The process ends now: giving a long batch back event by event would only take time.
    std::mem::forget((committed.ruled, committed.observed, committed.commanded));
    match failures.next() {
        None => Ok(()),
        Some(first) => {
            let mut err = anstream::stderr().lock();
            for further in failures {
                further.report(&mut err)?;
            }
            Err(first)
        }
    }
}

/// What was recorded, and what the user should know.
fn tell(committed: &Committed, refused: &[Refused], form: Form) -> io::Result<()> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    let found = committed.ruled.iter().chain(&committed.observed);
    let batches = found.chain(&committed.commanded);
    for batch in batches {
        print_batch(&mut out, batch, form)?;
    }
    if let Some(path) = committed.waits.as_ref().filter(|_| form == Form::Json) {
        writeln!(out, "{}", json::line(&Told::Waiting { waiting: path })?)?;
    }
    if !refused.is_empty() && form == Form::Json {
        writeln!(out, "{}", json::line(&Told::Refused { refused })?)?;
    }
    if committed.repeated && form == Form::Text {
        writeln!(out, "recorded before under the same key; nothing was added")?;
    }
    out.flush()?;
    let mut err = BufWriter::new(anstream::stderr().lock());
    for trouble in &committed.troubles {
        trouble.warn(&mut err)?;
    }
    let edits = committed.edits_broke.iter();
    let warnings = edits
        .map(|breach| warning(breach, "what was edited"))
        .chain(committed.broke.iter().map(|breach| warning(breach, "this")));
    for warning in warnings {
        let bold = anstyle::AnsiColor::Yellow.on_default().bold();
        writeln!(err, "{bold}warning:{bold:#} {}", plain(&cut(&warning)))?;
    }
    if form != Form::Quiet {
        for remark in &committed.remarks {
            writeln!(err, "note: {}", plain(remark))?;
        }
        for (path, moment) in &committed.brought_forward {
            let was = as_of_moment(*moment);
            writeln!(
                err,
                "note: {} was {was}; it is brought forward",
                plain(path)
            )?;
        }
        for (path, state) in &committed.left_alone {
            let why = match state {
                Checkout::Absent => "is not there; it was left so (ledger render writes it)",
                _ => "has conflicts in git's index; it was left alone",
            };
            writeln!(err, "note: {} {why}", plain(path))?;
        }
    }
    err.flush()
}

/// What a program is told in a line.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Told<'a> {
    /// An event that was recorded.
    Recorded(Receipt<'a>),
    /// It could not be recorded yet.
    Waiting {
        /// The file that it waits in.
        waiting: &'a Path,
    },
    /// Rules forbid it.
    Refused {
        /// Which, and why.
        refused: &'a [Refused],
    },
}

/// An event as a program is told of it, its members in the order of their names.
#[derive(Serialize, JsonSchema)]
pub(super) struct Receipt<'a> {
    /// What was before: a status, or the old key.
    from: Option<&'a str>,
    /// The event's id.
    id: EventId,
    /// How it came about.
    origin: Origin,
    /// Its position in the journal.
    seq: Seq,
    /// The task it happened to.
    task: Option<&'a TaskKey>,
    /// What is now.
    to: Option<&'a str>,
    /// What happened, such as `task.completed`.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The rules that it breaks, where it breaks some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    violations: Vec<Violation>,
}

/// A rule that forbids what was asked for, its members in the order of their names.
#[derive(Serialize, JsonSchema)]
pub(super) struct Refused {
    /// What to do about it.
    advice: String,
    /// What the rule is set to.
    level: Level,
    /// What is missing.
    missing: String,
    /// The rule's name.
    rule: String,
    /// The task that it forbids it for.
    task: TaskKey,
}

impl Refused {
    fn of(breach: &Breach) -> Self {
        Self {
            advice: breach.advice.clone(),
            level: breach.level,
            missing: breach.missing.clone(),
            rule: breach.rule.clone(),
            task: breach.task.clone(),
        }
    }
}

impl<'a> Receipt<'a> {
    fn of(recorded: &'a Recorded) -> Self {
        let header = &recorded.event.header;
        Self {
            from: header.from.as_deref(),
            id: recorded.event.id,
            origin: header.origin,
            seq: recorded.seq,
            task: header.task.as_ref(),
            to: header.to.as_deref(),
            kind: &header.kind,
            violations: Violation::all_of(&recorded.event),
        }
    }
}

fn print_batch(out: &mut impl Write, batch: &Verified<Batch>, form: Form) -> io::Result<()> {
    for recorded in batch.events() {
        match form {
            Form::Json => writeln!(
                out,
                "{}",
                json::line(&Told::Recorded(Receipt::of(recorded)))?
            )?,
            Form::Text => writeln!(out, "{}", line(recorded))?,
            Form::Quiet => {}
        }
    }
    Ok(())
}

/// `12 3f2a… task.completed  TASK-7  in_progress → completed`
fn line(recorded: &Recorded) -> String {
    let header = &recorded.event.header;
    let dim = anstyle::Style::new().dimmed();
    let mut line = format!(
        "{} {dim}{}{dim:#} {}",
        recorded.seq,
        recorded.event.id.short(),
        header.kind
    );
    if let Some(task) = &header.task {
        line.push_str("  ");
        line.push_str(&plain(task.as_str()));
    }
    let is_release = header.kind == "version.released";
    let is_status = |text: &&String| is_release || text.parse::<Status>().is_ok();
    match (
        header.from.as_ref().filter(is_status),
        header.to.as_ref().filter(is_status),
    ) {
        (Some(from), Some(to)) => line.push_str(&plain(&format!("  {from} → {to}"))),
        (None, Some(to)) => line.push_str(&plain(&format!("  {to}"))),
        _ => {}
    }
    if header.origin == ledger_core::Origin::Observed {
        line.push_str("  (found in the file)");
    }
    line
}

/// What somebody should know of a rule that is broken, and by what.
fn warning(breach: &Breach, by: &str) -> String {
    let (rule, missing) = (&breach.rule, &breach.missing);
    match breach.is_overridden() {
        true => format!("the rule '{rule}' was overridden: {missing}"),
        false => {
            let level = breach.level.name();
            format!("{by} goes against the rule '{rule}' ({level}): {missing}")
        }
    }
}
