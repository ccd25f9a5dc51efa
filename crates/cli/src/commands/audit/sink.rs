//! The forms of the audit trail. Each event is written as it comes.
//!
//! `json` and `ndjson` have the keys of the receipts (`seq`, `id`, `type`, `task`, `from`,
//! `to`, `origin`) and `time`, `actor`, `cause`, `idem`, `batch`, `title`, `reason`, `details`,
//! `inserted`, `removed`, `redacted` (how many parts of it were removed for good) and `violations`
//! (an array of objects with `rule`, `level`, `task`, `missing` and `override`, the reason, null
//! where nobody overrode it). The columns of `csv` are [`COLUMNS`], in that order; new ones are
//! only ever added at the end. `cloudevents` is described in [`super::cloud`].

use std::io::{self, BufWriter, StdoutLock, Write};

use ledger_core::EventId;
use ledger_core::project::Entry;

use super::cloud::CloudEvent;
use super::words;
use crate::args::Format;
use crate::output::escape::{cell, markdown, plain};
use crate::output::paint::DIM;
use crate::output::screen::{self, Screen};
use crate::output::{columns, json, when};

/// The columns of `--format csv`.
pub(crate) const COLUMNS: [&str; 23] = [
    "seq",
    "id",
    "time",
    "type",
    "task",
    "title",
    "from",
    "to",
    "origin",
    "actor_kind",
    "actor",
    "session",
    "tool",
    "cause",
    "idem",
    "batch",
    "reason",
    "details",
    "inserted",
    "removed",
    "violations",
    "override",
    "redacted",
];

type Raw = BufWriter<StdoutLock<'static>>;

/// Where entries go.
pub(crate) enum Sink {
    /// For people.
    Table(Screen),
    /// One JSON array.
    Json(json::Array<Raw>),
    /// One JSON object a line.
    Ndjson(Raw),
    /// One CloudEvent a line, and where they all come from.
    CloudEvents(Raw, String),
    /// Comma-separated values.
    Csv(Box<csv::Writer<Raw>>),
    /// A markdown table.
    Markdown(Raw),
}

impl Sink {
    /// Standard output in a form, for events of this ledger.
    pub(crate) fn new(format: Format, ledger: Option<EventId>) -> io::Result<Self> {
        Ok(match format {
            Format::Table => Self::Table(Screen::new()),
            Format::Json => Self::Json(json::Array::begin(screen::raw())?),
            Format::Ndjson => Self::Ndjson(screen::raw()),
            Format::Cloudevents => Self::CloudEvents(screen::raw(), CloudEvent::source(ledger)),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(screen::raw());
                writer.write_record(COLUMNS)?;
                Self::Csv(Box::new(writer))
            }
            Format::Md => {
                let mut out = screen::raw();
                out.write_all(b"| event | time | who | what | task | change | details |\n")?;
                out.write_all(b"|--:|---|---|---|---|---|---|\n")?;
                Self::Markdown(out)
            }
        })
    }

    /// Writes one event.
    pub(crate) fn push(&mut self, entry: &Entry) -> io::Result<()> {
        match self {
            Self::Table(out) => row(out, entry),
            Self::Json(array) => array.push(entry),
            Self::Ndjson(out) => writeln!(out, "{}", json::line(entry)?),
            Self::CloudEvents(out, source) => {
                writeln!(out, "{}", json::line(&CloudEvent::of(entry, source))?)
            }
            Self::Csv(writer) => Ok(writer.write_record(record(entry))?),
            Self::Markdown(out) => writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} |",
                entry.seq,
                when::utc(entry.time),
                markdown(&words::actor(&entry.actor)),
                markdown(&entry.kind),
                markdown(entry.task.as_ref().map_or("", |task| task.as_str())),
                markdown(&words::change(entry)),
                markdown(&words::details(entry)),
            ),
        }
    }

    /// Hands on all that was written so far.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Table(out) => out.flush(),
            Self::Json(array) => array.flush(),
            Self::Ndjson(out) | Self::Markdown(out) | Self::CloudEvents(out, _) => out.flush(),
            Self::Csv(writer) => writer.flush(),
        }
    }

    /// Ends the output.
    pub(crate) fn end(mut self) -> io::Result<()> {
        match self {
            Self::Json(array) => array.end(),
            _ => self.flush(),
        }
    }
}

/// One line for people: `12  2025-10-15 09:30:00  ada  task.completed  TASK-7  …`
fn row(out: &mut Screen, entry: &Entry) -> io::Result<()> {
    let who = words::actor(&entry.actor);
    let who = columns::pad(&columns::fit(&plain(&who), 16), 10);
    let kind = columns::pad(&plain(&entry.kind), 16);
    let task = entry.task.as_ref().map_or("", |task| task.as_str());
    let task = columns::pad(&plain(task), 10);
    let parts = [words::change(entry), words::details(entry)];
    let said: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    let said = said.join("  ");
    let said = plain(&said);
    let used = 6
        + 2
        + 19
        + 2
        + columns::width(&who)
        + 2
        + columns::width(&kind)
        + 2
        + columns::width(&task)
        + 2;
    let rest = out.rest(&said, used).into_owned();
    let line = format!(
        "{:>6}  {DIM}{}{DIM:#}  {who}  {kind}  {task}  {rest}",
        entry.seq.0,
        when::local(entry.time)
    );
    writeln!(out, "{}", line.trim_end())
}

fn record(entry: &Entry) -> [String; COLUMNS.len()] {
    let text = |text: &str| cell(text).into_owned();
    let maybe = |value: Option<&str>| value.map_or_else(String::new, text);
    let serial = |value: serde_json::Result<serde_json::Value>| {
        value
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    let details: Vec<String> = entry
        .details
        .iter()
        .map(|detail| format!("{}: {}", detail.name, detail.text))
        .collect();
    [
        entry.seq.to_string(),
        entry.id.to_string(),
        entry.time.to_string(),
        text(&entry.kind),
        maybe(entry.task.as_ref().map(|task| task.as_str())),
        maybe(entry.title.as_deref()),
        maybe(entry.from.as_deref()),
        maybe(entry.to.as_deref()),
        serial(serde_json::to_value(entry.origin)),
        serial(serde_json::to_value(entry.actor.kind)),
        text(&entry.actor.id),
        maybe(entry.actor.session.as_deref()),
        maybe(entry.actor.tool.as_deref()),
        maybe(entry.cause.as_deref()),
        maybe(entry.idem.as_deref()),
        format!("{}/{}", entry.batch.0 + 1, entry.batch.1),
        maybe(entry.reason.as_deref()),
        text(&details.join("; ")),
        entry.inserted.to_string(),
        entry.removed.to_string(),
        text(&words::violations(entry).join("; ")),
        text(&words::overrides(entry).join("; ")),
        entry.redacted.to_string(),
    ]
}
