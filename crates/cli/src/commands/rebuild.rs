//! `ledger rebuild`: one copy of the history anew from the other.

use std::io::Write;

use ledger_store::{StoreError, repair};

use super::doctor::{count, extent, options};
use crate::args::{Global, Rebuild};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::session::{Access, Session, place};

pub(crate) fn run(global: &Global, args: &Rebuild) -> Result<(), Failure> {
    let place = place(global)?;
    if !place.layout.exists() {
        return Err(StoreError::NoLedger(place.root).into());
    }
    let options = options(global, "ledger rebuild");
    let extent = extent(args.accept_loss);
    let (what, (events, done)) = if args.journal {
        let rebuilt = repair::rebuild_journal(&place.layout, &options, extent)?;
        ("the journal was made anew from the store", rebuilt)
    } else {
        let rebuilt = repair::rebuild_store(&place.layout, &options, extent)?;
        // Whoever asks next would have to wait for it, or to do without. The history is as good if
        // it cannot be done.
        let _ = Session::open(global, Access::Read).and_then(|mut session| session.index());
        ("the store was made anew from the journal", rebuilt)
    };
    let mut out = anstream::stdout().lock();
    for done in &done {
        writeln!(out, "{}", plain(done))?;
    }
    writeln!(out, "{what}: {}", count(events, "event"))?;
    Ok(out.flush()?)
}
