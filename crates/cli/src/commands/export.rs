//! `ledger export`: the journal, byte for byte. Each line is verified on its way, so that damage
//! is never handed on as if it were history.

use std::io::Write;

use ledger_core::Seq;
use ledger_store::Store;

use crate::args::Global;
use crate::failure::Failure;
use crate::output::screen;
use crate::session::{Access, Session};

pub(crate) fn run(global: &Global) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    let mut out = screen::raw();
    for batch in session.store().read(Seq(0))? {
        for recorded in batch?.events() {
            out.write_all(&recorded.line)?;
        }
    }
    Ok(out.flush()?)
}
