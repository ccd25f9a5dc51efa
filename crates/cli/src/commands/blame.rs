//! `ledger blame`

mod lines;
mod pieces;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::Range;

use ledger_core::document::Document;
use ledger_core::document::hunk::regions;
use ledger_core::project::{Blamed, Changed, Entry, Origin};
use ledger_core::{Seq, TaskKey};
use ledger_store::Store;
use ledger_store::checkouts::Checkout;
use schemars::JsonSchema;
use serde::Serialize;

use super::absent::absent;
use super::audit::words;
use super::drift;
use super::render::which_by;
use crate::args::{Blame, Global};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::DIM;
use crate::output::screen::{self, Screen};
use crate::output::{columns, json, when};
use crate::session::{Access, Session, asked_plan};

use pieces::Piece;

/// A line with where it comes from.
#[derive(Serialize, JsonSchema)]
struct Line<'t> {
    /// Its number, from 1.
    line: usize,
    /// The line, without its end.
    text: &'t str,
    /// The event that wrote it; `None` where nobody has recorded it yet.
    seq: Option<Seq>,
    /// The event that put it where it is: with `-M` another one, where it was moved.
    placed: Option<Seq>,
    /// With `--words` the pieces of tasks in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pieces: Vec<Piece>,
}

/// What is printed as JSON.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answer<'t> {
    /// The plan file.
    plan: &'t str,
    /// The moment that was looked at.
    moment: Seq,
    #[serde(flatten)]
    of: Of<'t>,
    /// The events that are named, in order.
    events: Vec<&'t Entry>,
}

/// What is answered for.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Of<'t> {
    Lines {
        /// The lines that were asked for.
        lines: Vec<Line<'t>>,
    },
    Task {
        /// What to type for the task.
        task: TaskKey,
        /// All its pieces.
        pieces: Vec<Piece>,
    },
}

pub(crate) fn run(global: &Global, args: &Blame) -> Result<(), Failure> {
    let path = asked_plan(global, args.plan.as_deref())?;
    let mut session = Session::open(global, Access::Read)?;
    let reference = args.at.as_deref();
    let moment = reference.map(|at| session.resolve_for(at, path.as_deref()));
    let moment = moment.transpose()?;
    // Looked at first: the ledger is opened again where somebody appended meanwhile.
    let files = match moment {
        Some(_) => Vec::new(),
        None => session.look()?,
    };
    let head = session.head_seq();
    let at = moment.map(|moment| moment.seq).or(head);
    let at = at.ok_or_else(|| Failure::trouble("the ledger has no events yet"))?;
    let plan = match moment {
        Some(moment) => session.plan_at(moment.seq)?,
        None => session.plan().clone(),
    };
    let task = match args.task.as_deref() {
        Some(name) => match plan.resolve(name) {
            Ok(task) => Some(task),
            Err(unresolved) => {
                let command = "ledger blame --task";
                return Err(absent(&mut session, Some(at), command, name, unresolved));
            }
        },
        None => None,
    };
    let document = match task {
        Some(task) => plan.document(&task.document),
        None => Some(which_by(&plan, path.as_deref(), "ledger blame ")?),
    };
    let blame = session.blame_at(at)?;
    let known = document.and_then(|own| Some((own, blame.document(&own.id)?)));
    let (document, blamed) =
        known.ok_or_else(|| Failure::trouble("nothing is known of who wrote it"))?;
    let changed = match args.words || task.is_some() {
        true => session.changed_at(at)?,
        false => Changed::default(),
    };
    drift::say(&session, &files);
    let edited = files
        .iter()
        .find(|file| file.document == document.id && matches!(file.state, Checkout::Edited { .. }));
    let edited = edited.and_then(|file| Document::from_bytes(file.bytes.as_deref()?).ok());
    let text = edited.as_ref().unwrap_or_else(|| blamed.text());
    let of = match task {
        Some(task) => Of::Task {
            task: task.key.clone(),
            pieces: pieces::of(&[task.as_ref()], document, blamed, &changed),
        },
        None => {
            let range = lines::range(args.lines.as_deref(), text.len())?;
            let mut lines = lines_of(text, &origins(blamed, edited.as_ref()), range, args.moves);
            if args.words && edited.is_none() {
                let tasks = plan.tasks_of(&document.id);
                share_out(pieces::of(&tasks, document, blamed, &changed), &mut lines);
            }
            Of::Lines { lines }
        }
    };
    let seqs: BTreeSet<Seq> = match &of {
        Of::Lines { lines } => lines
            .iter()
            .flat_map(|line| {
                line.seq
                    .into_iter()
                    .chain(line.pieces.iter().map(|own| own.seq))
            })
            .collect(),
        Of::Task { pieces, .. } => pieces.iter().map(|own| own.seq).collect(),
    };
    let events = session.store().events(&seqs)?;
    session.release();
    let events: BTreeMap<Seq, Entry> = events
        .iter()
        .map(|recorded| (recorded.seq, Entry::of(recorded)))
        .collect();
    if args.json {
        let answer = Answer {
            plan: &document.path,
            moment: at,
            of,
            events: events.values().collect(),
        };
        let mut out = screen::raw();
        json::print(&mut out, &answer)?;
        return Ok(out.flush()?);
    }
    print(&rows(&of), &events)
}

/// The lines of a text in a range, with where they come from.
fn lines_of<'t>(
    text: &'t Document,
    origins: &[Option<Origin>],
    range: Range<usize>,
    moves: bool,
) -> Vec<Line<'t>> {
    let line = |line: usize| {
        let origin = origins.get(line).copied().flatten();
        let seq = origin.map(|origin| match moves {
            true => origin.written,
            false => origin.placed,
        });
        Line {
            line: line + 1,
            text: text.content(line),
            seq,
            placed: origin.map(|origin| origin.placed),
            pieces: Vec::new(),
        }
    };
    range.map(line).collect()
}

/// Gives each line its pieces, where it has several.
fn share_out(pieces: Vec<Piece>, lines: &mut [Line<'_>]) {
    let mut by_line: BTreeMap<usize, Vec<Piece>> = BTreeMap::new();
    for piece in pieces {
        by_line.entry(piece.line).or_default().push(piece);
    }
    for line in lines {
        let pieces = by_line.remove(&line.line).unwrap_or_default();
        if pieces.len() > 1 {
            line.pieces = pieces;
        }
    }
}

/// What is printed in a line each: its number, its text, and the event.
fn rows<'t>(of: &'t Of<'t>) -> Vec<(usize, Cow<'t, str>, Option<Seq>)> {
    let piece = |piece: &'t Piece| (piece.line, Cow::from(piece.says()), Some(piece.seq));
    match of {
        Of::Task { pieces, .. } => pieces.iter().map(piece).collect(),
        Of::Lines { lines } => lines
            .iter()
            .flat_map(|line| {
                let own = (line.line, Cow::from(line.text), line.seq);
                let below = line.pieces.iter().map(|own| {
                    let (number, says, seq) = piece(own);
                    (number, Cow::from(format!("  · {says}")), seq)
                });
                std::iter::once(own).chain(below)
            })
            .collect(),
    }
}

/// The origin of each line; `None` for those that only an edit has that is not recorded.
fn origins(blamed: &Blamed, edited: Option<&Document>) -> Vec<Option<Origin>> {
    let known = blamed.origins().iter().copied().map(Some);
    let Some(edited) = edited else {
        return known.collect();
    };
    let mut origins = Vec::with_capacity(edited.len());
    let mut at = 0;
    for region in regions(blamed.text(), edited) {
        origins.extend(known.clone().take(region.before.start).skip(at));
        origins.extend(region.after.map(|_| None));
        at = region.before.end;
    }
    origins.extend(known.skip(at));
    origins
}

/// The most cells that who and why may take.
const WHO: usize = 16;
const WHY: usize = 32;

fn print(
    rows: &[(usize, Cow<'_, str>, Option<Seq>)],
    events: &BTreeMap<Seq, Entry>,
) -> Result<(), Failure> {
    let mut out = Screen::new();
    let heads: BTreeMap<Option<Seq>, [String; 5]> = rows
        .iter()
        .map(|(_, _, seq)| (*seq, head(seq.and_then(|seq| events.get(&seq)))))
        .collect();
    let widest = |column: usize| {
        let widths = heads.values().map(|head| columns::width(&head[column]));
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(widest);
    let number = rows.last().map_or(1, |(line, ..)| line.to_string().len());
    for (line, text, seq) in rows {
        let Some([seq, id, who, time, why]) = heads.get(seq) else {
            continue;
        };
        let head = [
            format!("{seq:>width$}", width = widths[0]),
            columns::pad(id, widths[1]),
            columns::pad(who, widths[2]),
            columns::pad(time, widths[3]),
            columns::pad(why, widths[4]),
        ]
        .join("  ");
        let used = columns::width(&head) + number + 5;
        let text = plain(text);
        let text = out.rest(&text, used).into_owned();
        let shown = format!("{DIM}{head}{DIM:#}  {line:>number$} | {text}");
        writeln!(out, "{}", shown.trim_end())?;
    }
    Ok(out.flush()?)
}

/// What is said of an event before each of its lines: seq, id, who, when, why.
fn head(entry: Option<&Entry>) -> [String; 5] {
    let Some(entry) = entry else {
        let nothing = String::new;
        let why = "not recorded".to_owned();
        return [nothing(), nothing(), "-".to_owned(), nothing(), why];
    };
    let who = words::actor(&entry.actor);
    [
        entry.seq.to_string(),
        entry.id.short(),
        columns::fit(&plain(&who), WHO).into_owned(),
        when::local(entry.time),
        columns::fit(&plain(&why(entry)), WHY).into_owned(),
    ]
}

/// What an event is in few words: its type without what all have in common, its task, and why.
fn why(entry: &Entry) -> String {
    let kind = entry.kind.strip_prefix("task.").unwrap_or(&entry.kind);
    let task = entry.task.as_ref().map(|task| task.as_str());
    let said = [Some(kind), task, entry.reason.as_deref()];
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
