//! `ledger completions`: a script that asks `ledger` what can come next.

use std::io::Write;

use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::complete::VARIABLE;
use crate::failure::Failure;
use crate::output::screen;

pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    let name = shell.to_string();
    let shells = Shells::builtins();
    let Some(completer) = shells.completer(&name) else {
        return Err(Failure::trouble(format!("there is no script for {name}")));
    };
    let mut out = screen::raw();
    completer.write_registration(VARIABLE, "ledger", "ledger", "ledger", &mut out)?;
    Ok(out.flush()?)
}
