//! `ledger report`: all that is known of a plan in one page.
//!
//! It says nothing that depends on when or where it is written: the same moment gives the same
//! bytes.

mod charts;
mod network;
mod page;
mod svg;
mod tables;

use std::io::Write;
use std::path::Path;

use ledger_core::project::history::Version;
use ledger_core::project::{Entry, Graph, Stats, Summary};
use ledger_core::{EventId, Seq};
use ledger_store::Store;

use super::stats;
use crate::args::{self, Global};
use crate::failure::Failure;
use crate::output::{screen, whole_file};
use crate::session::{Access, Session};

/// Events in the audit table: the newest.
const EVENTS: u64 = 2_000;

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
    /// The newest first.
    events: Vec<Entry>,
    /// How many older events there are.
    older: u64,
}

pub(crate) fn run(global: &Global, args: &args::Report) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    if args.at.is_none() {
        super::drift::note(&mut session);
    }
    let (lives, plan, moment) = stats::at(&mut session, args.at.as_deref())?;
    let scope = stats::scope(global, &plan, args.plan.as_deref(), &[])?;
    let history = session.history_at(moment.0)?;
    let (events, older) = events(&mut session, moment.0)?;
    session.release();

    let summary = Summary::of(&lives, &plan, moment, &scope);
    let graph = Graph::of(&plan);
    let is_meant = |id| scope.document.as_ref().is_none_or(|own| own == id);
    let shown = graph.nodes.iter().enumerate();
    let shown = shown.filter(|(_, node)| is_meant(&node.task.document));
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
        shown: shown.map(|(at, _)| at).collect(),
        versions: (history.versions().iter())
            .filter(|version| is_meant(&version.document))
            .collect(),
        events,
        older,
    })?;
    if args.html == Path::new("-") {
        let mut out = screen::raw();
        out.write_all(page.as_bytes())?;
        return Ok(out.flush()?);
    }
    whole_file::put(&args.html, page.as_bytes())
}

/// The newest events up to a moment, the newest first, and how many there are before them.
fn events(session: &mut Session, at: Seq) -> Result<(Vec<Entry>, u64), Failure> {
    let first = (at.0 + 1).saturating_sub(EVENTS);
    let mut events = Vec::new();
    for batch in session.store().read(Seq(first))? {
        let batch = batch?;
        if batch.head().seq > at {
            break;
        }
        let own = batch.events().iter();
        let own = own.filter(|recorded| recorded.seq.0 >= first);
        events.extend(own.map(Entry::of));
    }
    events.reverse();
    Ok((events, first))
}
