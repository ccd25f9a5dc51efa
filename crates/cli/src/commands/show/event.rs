//! `ledger show EVENT`: one event with all that it says, and what it did to the plan's lines.

use std::borrow::Cow;
use std::io::Write;

use ledger_core::plan::wire::{Effect, part};
use ledger_core::{DocumentId, Event, Part, Plan, Recorded, Seq};
use ledger_store::{DiskStore, Store};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::commands::audit::words;
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{self, BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{json, when};
use crate::session::Session;

use super::removed::removed;

/// The part that only makes the documents' hashes unguessable (ledger-format.md §6).
const SALT: &str = "document_salt";

/// An event as it is shown.
#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct Shown<'e> {
    /// Its position in the journal.
    seq: Seq,
    /// Its id.
    id: String,
    /// What is hashed (ledger-format.md §4).
    header: Value,
    /// What it says.
    body: Vec<Named<'e>>,
    /// What it did to the lines of plans.
    hunks: Vec<Lines<'e>>,
}

/// A part of a body.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Named<'e> {
    Open {
        /// What the value is.
        name: &'e str,
        /// The value.
        value: &'e Value,
    },
    Redacted {
        /// The commitment to what was removed.
        redacted: String,
    },
}

/// An edit of a plan's lines.
#[derive(Serialize, JsonSchema)]
struct Lines<'e> {
    /// The plan file.
    plan: String,
    /// The document.
    document: &'e DocumentId,
    /// Where the edit begins in the text before it, from 1.
    line: usize,
    /// Lines that went; `None` where the text before it cannot be had any more.
    removed: Option<Vec<String>>,
    #[serde(skip)]
    removes: usize,
    /// Lines that came.
    inserted: Vec<&'e str>,
}

/// Shows the event at a position.
pub(super) fn show(session: &mut Session, seq: Seq, as_json: bool) -> Result<(), Failure> {
    let Some(recorded) = &session.store().event(seq)? else {
        return Err(Failure::trouble(format!("there is no event {seq}")));
    };
    // What was redacted is missed by the lines alone, not by the event.
    let effect = Effect::of(&recorded.event).unwrap_or_default();
    let hunks = match effect.hunks.is_empty() {
        true => Vec::new(),
        false => lines(session, recorded, &effect)?,
    };
    session.release();
    let line: Value = serde_json::from_slice(&recorded.line)
        .map_err(|error| Failure::trouble(format!("event {seq} cannot be read: {error}")))?;
    let shown = Shown {
        seq,
        id: recorded.event.id.to_string(),
        header: line.get("header").cloned().unwrap_or_default(),
        body: recorded.event.body.iter().map(named).collect(),
        hunks,
    };
    if as_json {
        let mut out = screen::raw();
        json::print(&mut out, &shown)?;
        return Ok(out.flush()?);
    }
    print(recorded, &shown)
}

fn named(part: &Part) -> Named<'_> {
    match part {
        Part::Open { name, value, .. } => Named::Open { name, value },
        Part::Redacted(commitment) => Named::Redacted {
            redacted: commitment.to_string(),
        },
    }
}

/// The plan that an event's batch was recorded on.
fn before(session: &mut Session, recorded: &Recorded) -> Result<Plan, Failure> {
    let first = recorded.batch_start();
    if first == Seq(0) {
        return Ok(Plan::default());
    }
    let branches = session.store().branches()?;
    let mut begun = branches.all().iter();
    let above = Seq(first.0.saturating_sub(1));
    let parent = begun.find(|branch| branch.first == first);
    session.plan_at(parent.map_or(above, |branch| branch.parent))
}

/// What an event did to lines, with those that went where they can be had.
fn lines<'e>(
    session: &mut Session,
    recorded: &Recorded,
    effect: &'e Effect,
) -> Result<Vec<Lines<'e>>, Failure> {
    let before = before(session, recorded).ok();
    let removed = removed(session.store(), recorded, &effect.hunks, before.as_ref())?;
    let mut shown = Vec::with_capacity(removed.len());
    for ((id, hunk), removed) in effect.hunks.iter().zip(removed) {
        let known = before.as_ref().and_then(|plan| plan.document(id));
        let path = match known {
            Some(document) => Some(document.path.clone()),
            None => adopted_as(session.store(), recorded, id)?,
        };
        shown.push(Lines {
            plan: path.unwrap_or_else(|| id.to_string()),
            document: id,
            line: hunk.at.saturating_add(1),
            removed,
            removes: hunk.remove,
            inserted: hunk.insert.iter().map(|line| &**line).collect(),
        });
    }
    Ok(shown)
}

/// The path of a document that an event's batch adopted up to then.
fn adopted_as(
    store: &mut DiskStore,
    recorded: &Recorded,
    id: &DocumentId,
) -> Result<Option<String>, Failure> {
    let seqs = (recorded.batch_start().0..=recorded.seq.0).map(Seq);
    let bodies = store.parts(&seqs.collect(), &[part::DOCUMENT, part::PATH])?;
    let of = bodies
        .iter()
        .filter(|body| text_of(body, part::DOCUMENT) == Some(id.as_str()));
    let path = of.filter_map(|body| text_of(body, part::PATH)).next();
    Ok(path.map(str::to_owned))
}

/// The first text of this name in a body.
fn text_of<'b>(body: &'b [Part], wanted: &str) -> Option<&'b str> {
    body.iter().find_map(|part| match part {
        Part::Open { name, value, .. } if name == wanted => value.as_str(),
        _ => None,
    })
}

fn print(recorded: &Recorded, shown: &Shown<'_>) -> Result<(), Failure> {
    let mut out = Screen::new();
    let header = &recorded.event.header;
    writeln!(
        out,
        "{BOLD}event {}{BOLD:#}  {BOLD}{}{BOLD:#}",
        recorded.seq,
        plain(&header.kind)
    )?;
    let change = match (&header.from, &header.to) {
        (None, None) => None,
        (from, to) => Some(format!(
            "{} → {}",
            from.as_deref().unwrap_or("-"),
            to.as_deref().unwrap_or("-")
        )),
    };
    let mut who = words::actor(&header.actor);
    for (what, text) in [
        ("session", &header.actor.session),
        ("with", &header.actor.tool),
    ] {
        if let Some(text) = text {
            who = format!("{who}, {what} {text}");
        }
    }
    let origin = serde_json::to_value(header.origin).unwrap_or_default();
    let (index, length) = header.batch;
    let ends = recorded.batch_end();
    let place = (length > 1).then(|| format!("{} of {length}, ends with event {ends}", index + 1));
    let docs: Vec<String> = header.docs.iter().map(|(id, _)| id.to_string()).collect();
    let parents: Vec<String> = header.parents.iter().map(ToString::to_string).collect();
    let facts = [
        ("id", Some(shown.id.clone())),
        (
            "when",
            Some(format!("{} ({})", when::local(header.time), header.time)),
        ),
        ("who", Some(who)),
        ("origin", origin.as_str().map(str::to_owned)),
        ("cause", header.cause.clone()),
        ("task", header.task.as_ref().map(ToString::to_string)),
        ("change", change),
        ("batch", place),
        ("idem", header.idem.clone()),
        (
            "writer",
            Some(format!("{}, its {}", header.writer, header.wseq)),
        ),
        (
            "parents",
            Some(parents.join(" ")).filter(|ids| !ids.is_empty()),
        ),
        ("leaves", Some(docs.join(" ")).filter(|ids| !ids.is_empty())),
    ];
    for (label, text) in facts {
        if let Some(text) = text {
            writeln!(out, "  {DIM}{label:<8}{DIM:#}  {}", plain(&text))?;
        }
    }
    print_parts(&mut out, &recorded.event)?;
    for hunk in &shown.hunks {
        print_hunk(&mut out, hunk)?;
    }
    Ok(out.flush()?)
}

/// The parts of a body, but for hunks, which are shown as what they do.
fn print_parts(out: &mut Screen, event: &Event) -> Result<(), Failure> {
    let shows = |part: &&Part| !matches!(part, Part::Open { name, .. } if name == part::HUNK || name == part::LINE || name == SALT);
    let mut parts = event
        .body
        .iter()
        .enumerate()
        .filter(|(_, part)| shows(part))
        .peekable();
    if parts.peek().is_some() {
        writeln!(out)?;
    }
    for (index, part) in parts {
        let (name, text): (&str, Cow<'_, str>) = match part {
            Part::Open { name, value, .. } => match value {
                Value::String(text) => (name, text.into()),
                other => (name, other.to_string().into()),
            },
            Part::Redacted(_) => ("redacted", "(removed; only its commitment is left)".into()),
        };
        for (nth, line) in text.lines().enumerate() {
            let label = match nth {
                0 => format!("{index:>4}  {name}:"),
                _ => format!("{:>4}  {:width$} ", "", "", width = name.len()),
            };
            writeln!(out, "{DIM}{}{DIM:#} {}", plain(&label), plain(line))?;
        }
    }
    Ok(())
}

fn print_hunk(out: &mut Screen, hunk: &Lines<'_>) -> Result<(), Failure> {
    let (gone, come) = (
        paint::status(ledger_core::Status::Blocked),
        paint::status(ledger_core::Status::Completed),
    );
    writeln!(
        out,
        "\n{DIM}@@ {}:{} -{} +{} @@{DIM:#}",
        plain(&hunk.plan),
        hunk.line,
        hunk.removes,
        hunk.inserted.len()
    )?;
    match &hunk.removed {
        Some(lines) => {
            for (nth, line) in lines.iter().enumerate() {
                let text = plain(line.trim_end_matches(['\r', '\n']));
                writeln!(out, "{gone}{:>6} -{text}{gone:#}", hunk.line + nth)?;
            }
        }
        None if hunk.removes > 0 => {
            writeln!(
                out,
                "       -({} lines that cannot be had any more)",
                hunk.removes
            )?;
        }
        None => {}
    }
    for (nth, line) in hunk.inserted.iter().enumerate() {
        let text = plain(line.trim_end_matches(['\r', '\n']));
        writeln!(out, "{come}{:>6} +{text}{come:#}", hunk.line + nth)?;
    }
    Ok(())
}
