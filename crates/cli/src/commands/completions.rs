//! `ledger completions`

use std::io::Write;

use clap_complete::Shell;

use crate::args;
use crate::failure::Failure;
use crate::output::screen;

pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    // Written to memory first: clap_complete panics where a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::whole(), "ledger", &mut script);
    let mut out = screen::raw();
    out.write_all(&script)?;
    Ok(out.flush()?)
}
