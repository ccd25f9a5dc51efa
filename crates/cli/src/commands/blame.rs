//! `ledger blame`
//!
//! With `--json` one object: `plan`, its path; `moment`, the seq of the moment; `lines`, each with
//! `line` (its number, from 1), `text`, `seq` (the event that wrote it; null where it is not
//! recorded) and `placed` (the event that put it there, another one only with `-M`); and `events`,
//! those that are named, as `audit` has them.

mod lines;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use ledger_core::document::Document;
use ledger_core::document::hunk::regions;
use ledger_core::project::{Blamed, Entry, Origin};
use ledger_core::{DocumentId, Plan, Seq};
use ledger_store::checkouts::Checkout;
use serde::Serialize;

use super::audit::words;
use super::drift;
use super::render::which;
use crate::args::{Blame, Global};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::DIM;
use crate::output::screen::{self, Screen};
use crate::output::{columns, json, when};
use crate::session::{Access, Session, plan_name};

/// A line with where it comes from.
#[derive(Serialize)]
struct Line<'t> {
    line: usize,
    text: &'t str,
    seq: Option<Seq>,
    placed: Option<Seq>,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Answer<'t> {
    plan: &'t str,
    moment: Seq,
    lines: &'t [Line<'t>],
    events: Vec<&'t Entry>,
}

pub(crate) fn run(global: &Global, args: &Blame) -> Result<(), Failure> {
    let named = args.plan.as_deref();
    let path = named.map(|path| plan_name(global, path)).transpose()?;
    let mut session = Session::open(global, Access::Read)?;
    let reference = args.at.as_deref();
    let moment = reference.map(|at| session.resolve(at)).transpose()?;
    // Looked at first: the ledger is opened again where somebody appended meanwhile.
    let files = match moment {
        Some(_) => Vec::new(),
        None => session.look()?,
    };
    let head = session.head_seq();
    let at = moment.map(|moment| moment.seq).or(head);
    let at = at.ok_or_else(|| Failure::trouble("the ledger has no events yet"))?;
    let blame = session.blame_at(at)?;
    let (document, path) = match moment {
        Some(moment) => tracked(&session.plan_at(moment.seq)?, path.as_deref())?,
        None => tracked(session.plan(), path.as_deref())?,
    };
    drift::say(&files);
    let blamed = blame
        .document(&document)
        .ok_or_else(|| Failure::trouble(format!("nothing is known of who wrote {path}")))?;
    let edited = files
        .iter()
        .find(|file| file.document == document && matches!(file.state, Checkout::Edited { .. }));
    let edited = edited.and_then(|file| Document::from_bytes(file.bytes.as_deref()?).ok());
    let text = edited.as_ref().unwrap_or_else(|| blamed.text());
    let origins = origins(blamed, edited.as_ref());
    let range = lines::range(args.lines.as_deref(), text.len())?;
    let lines: Vec<Line<'_>> = range
        .map(|line| {
            let origin = origins.get(line).copied().flatten();
            let seq = origin.map(|origin| match args.moves {
                true => origin.written,
                false => origin.placed,
            });
            Line {
                line: line + 1,
                text: text.content(line),
                seq,
                placed: origin.map(|origin| origin.placed),
            }
        })
        .collect();
    let seqs: BTreeSet<Seq> = lines.iter().filter_map(|line| line.seq).collect();
    let events = session.events(&seqs)?;
    session.release();
    let events: BTreeMap<Seq, Entry> = events
        .iter()
        .map(|(seq, recorded)| (*seq, Entry::of(recorded)))
        .collect();
    if args.json {
        let answer = Answer {
            plan: &path,
            moment: at,
            lines: &lines,
            events: events.values().collect(),
        };
        let mut out = screen::raw();
        json::print(&mut out, &answer)?;
        return Ok(out.flush()?);
    }
    print(&lines, &events)
}

/// The document that is meant, and its path at that moment.
fn tracked(plan: &Plan, path: Option<&str>) -> Result<(DocumentId, String), Failure> {
    let document = which(plan, path)?;
    Ok((document.id.clone(), document.path.clone()))
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

fn print(lines: &[Line<'_>], events: &BTreeMap<Seq, Entry>) -> Result<(), Failure> {
    let mut out = Screen::new();
    let heads: BTreeMap<Option<Seq>, [String; 5]> = lines
        .iter()
        .map(|line| (line.seq, head(line.seq.and_then(|seq| events.get(&seq)))))
        .collect();
    let widest = |column: usize| {
        let widths = heads.values().map(|head| columns::width(&head[column]));
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(widest);
    let number = lines.last().map_or(1, |line| line.line.to_string().len());
    for line in lines {
        let Some([seq, id, who, time, why]) = heads.get(&line.seq) else {
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
        let text = plain(line.text);
        let text = out.rest(&text, used).into_owned();
        let shown = format!("{DIM}{head}{DIM:#}  {:>number$} | {text}", line.line);
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
