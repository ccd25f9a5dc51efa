//! The `ledger` command.
//!
//! Parse what was typed ([`args`]), run it ([`commands`]), say how it ended ([`failure`]). The
//! work on a ledger is in [`session`]; this crate knows no file of the store and no rule.

mod args;
mod commands;
mod failure;
mod output;
mod outside;
mod session;

use std::process::ExitCode;

use clap::Parser;

use failure::Exit;

fn main() -> ExitCode {
    let cli = args::Cli::parse_from(args::normalized(std::env::args_os()));
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // There is nowhere to report a failing standard error to.
            let _ = failure.report(anstream::stderr());
            match failure.exit() {
                Exit::Unread => ExitCode::SUCCESS,
                Exit::Findings => ExitCode::from(1),
                Exit::Trouble => ExitCode::from(2),
            }
        }
    }
}
