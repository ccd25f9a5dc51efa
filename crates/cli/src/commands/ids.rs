//! `ledger ids`
//!
//! `reserve` prints the ids one a line, or with `--json` one object.

use std::io::Write;

use ledger_core::plan::wire::part;
use ledger_core::{Command, EventId, Seq};
use schemars::JsonSchema;
use serde::Serialize;

use super::append;
use super::receipt::{self, Form};
use crate::args::{Global, Ids, IdsCommand, Reserve};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::json;
use crate::output::screen;
use crate::session::{Access, Given, Session, carry_out};

/// Ids that nobody else gets, and the event that says so.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reserved<'r> {
    /// The ids.
    ids: Vec<&'r str>,
    /// The event's position in the journal.
    seq: Seq,
    /// Its id.
    id: EventId,
}

pub(crate) fn run(global: &Global, args: &Ids) -> Result<(), Failure> {
    match &args.command {
        IdsCommand::Reserve(own) => reserve(global, own),
    }
}

/// Reserves ids. Whoever asks needs them now: where the ledger cannot be written, nothing waits.
fn reserve(global: &Global, args: &Reserve) -> Result<(), Failure> {
    let given: [Given; 1] = [(
        None,
        Command::Reserve {
            family: args.family.clone(),
            count: args.count,
        },
    )];
    let options = &args.single.options;
    let request = append::request(&given, options)?;
    let mut session = Session::open(global, Access::Write).map_err(Failure::not_recorded)?;
    let mut committed = session
        .change(&request, |tx| carry_out(tx, &given))
        .map_err(Failure::not_recorded)?;
    drop(session);
    let batch = committed.commanded.take();
    if let Some(recorded) = batch.as_ref().and_then(|batch| batch.events().first()) {
        let ids = recorded.event.values(part::ID);
        let ids: Vec<&str> = ids.filter_map(serde_json::Value::as_str).collect();
        let mut out = screen::raw();
        if args.single.json {
            let own = Reserved {
                ids,
                seq: recorded.seq,
                id: recorded.event.id,
            };
            json::print(&mut out, &own)?;
        } else {
            for id in ids {
                writeln!(out, "{}", plain(id))?;
            }
        }
        out.flush()?;
    }
    // What was found in the plan files is on standard error's side of this command.
    committed.observed.clear();
    committed.repeated = false;
    receipt::print(committed, Form::of(false, options.quiet))
}
