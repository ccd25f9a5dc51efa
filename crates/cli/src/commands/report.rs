//! `ledger report`: all that is known of a plan in one page.
//!
//! It says nothing that depends on when or where it is written: the same moment gives the same
//! bytes.

mod charts;
mod network;
mod page;
mod svg;
mod tables;

use std::collections::VecDeque;
use std::io::Write;
use std::path::Path;

use ledger_core::project::history::Version;
use ledger_core::project::stats::Scope;
use ledger_core::project::{Entry, Graph, Stats, Summary};
use ledger_core::{DocumentId, EventId, Plan, Recorded, Seq};
use ledger_store::Store;

use super::stats;
use crate::args::{self, Global};
use crate::failure::Failure;
use crate::output::{screen, whole_file};
use crate::session::{Access, Session, asked_plan};

/// Events in the audit table: the newest.
const EVENTS: usize = 2_000;

/// All that a page shows.
struct Report<'p> {
    /// The plan files that it is about.
    plans: Vec<&'p str>,
    ledger: Option<EventId>,
    stats: &'p Stats,
    summary: &'p Summary,
    graph: &'p Graph<'p>,
    /// The places of the graph's tasks that are shown, in order.
    shown: Vec<usize>,
    versions: Vec<&'p Version>,
    /// Those of the plans above, the newest first.
    events: Vec<Entry>,
    /// How many older events there are.
    older: usize,
    /// Whether the page is about one plan of those that there are.
    is_part: bool,
}

pub(crate) fn run(global: &Global, args: &args::Report) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    session.spare(&args.html)?;
    if args.at.is_none() {
        super::drift::note(&mut session);
    }
    let own = args.plan.as_deref();
    let own = asked_plan(global, own)?;
    let (lives, plan, moment) = stats::at(&mut session, args.at.as_deref(), own.as_deref())?;
    let scope = Scope {
        document: stats::document(&plan, own.as_deref())?,
        ..Scope::default()
    };
    let history = session.history_at(moment.0)?;
    let (events, older) = events(&mut session, &plan, moment.0, scope.document.as_ref())?;
    session.release();

    let summary = Summary::of(&lives, &plan, moment, &scope);
    let mut graph = Graph::of(&plan);
    let is_meant = |id| scope.document.as_ref().is_none_or(|own| own == id);
    let shown = graph.nodes.iter().enumerate();
    let shown = shown.filter(|(_, node)| is_meant(&node.task.document));
    let shown: Vec<usize> = shown.map(|(at, _)| at).collect();
    if scope.document.is_some() {
        graph.critical = graph.critical_among(&shown);
        (graph.cycles).retain(|cycle| cycle.iter().any(|at| shown.binary_search(at).is_ok()));
    }
    let page = page::of(&Report {
        plans: plan
            .documents()
            .filter(|document| is_meant(&document.id))
            .map(|document| document.path.as_str())
            .collect(),
        ledger: plan.ledger(),
        stats: &lives,
        summary: &summary,
        graph: &graph,
        shown,
        versions: (history.versions().iter())
            .filter(|version| is_meant(&version.document))
            .collect(),
        events,
        older,
        is_part: scope.document.is_some() && plan.documents().count() > 1,
    })?;
    if args.html == Path::new("-") {
        let mut out = screen::raw();
        out.write_all(page.as_bytes())?;
        return Ok(out.flush()?);
    }
    whole_file::put(&args.html, page.as_bytes())
}

/// The newest events up to a moment, the newest first, and how many there are before them.
/// `only`: a plan document whose events are meant alone.
fn events(
    session: &mut Session,
    plan: &Plan,
    at: Seq,
    only: Option<&DocumentId>,
) -> Result<(Vec<Entry>, usize), Failure> {
    // Where all of them are meant it is known where the newest begin.
    let first = match only {
        Some(_) => 0,
        None => (at.0 + 1).saturating_sub(EVENTS as u64),
    };
    let mut older = usize::try_from(first).unwrap_or(usize::MAX);
    let mut newest = VecDeque::new();
    for batch in session.store().read(Seq(first))? {
        let batch = batch?;
        if batch.head().seq > at {
            break;
        }
        let last = batch.events().last();
        let docs = last.map_or(&[][..], |last| &last.event.header.docs);
        let changes = |id| docs.iter().any(|(own, _)| own == id);
        for recorded in batch.events().iter().filter(|own| own.seq.0 >= first) {
            if only.is_some_and(|id| !is_of(recorded, plan, id, changes(id))) {
                continue;
            }
            newest.push_front(Entry::of(recorded));
            if newest.len() > EVENTS {
                newest.pop_back();
                older += 1;
            }
        }
    }
    Ok((newest.into(), older))
}

/// Whether an event is about a plan document: about a task that it holds, or what it says is of
/// that document; one that is of none counts where its batch changes it (`in_batch`).
fn is_of(recorded: &Recorded, plan: &Plan, id: &DocumentId, in_batch: bool) -> bool {
    let task = recorded.event.header.task.as_ref();
    if let Some(task) = task.and_then(|key| plan.task(key)) {
        return task.document == *id;
    }
    let mut documents = recorded.event.documents().peekable();
    match documents.peek() {
        Some(_) => documents.any(|own| own == id.as_str()),
        None => in_batch,
    }
}
