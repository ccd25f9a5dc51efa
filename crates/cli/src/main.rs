//! The `ledger` command.
//!
//! Parse what was typed ([`args`]), run it ([`commands`]), say how it ended ([`failure`]). The
//! work on a ledger is in [`session`]; this crate knows no file of the store and no rule.

mod args;
mod briefing;
mod commands;
mod complete;
mod failure;
mod hook;
mod output;
mod outside;
mod session;

use std::ffi::OsString;
use std::process::ExitCode;

use failure::{Exit, Failure};
use output::{escape, pager};

fn main() -> ExitCode {
    if complete::answer() {
        return ExitCode::SUCCESS;
    }
    let typed = args::normalized(std::env::args_os());
    let cli = args::parse(&typed).unwrap_or_else(|error| misread(&error, &typed));
    let outcome = commands::run(cli);
    // What went wrong is said below the answer, not while somebody still reads it.
    pager::end();
    match outcome {
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

/// Whether it was an agent's hook that typed it, which must not be in the agent's way.
fn is_hook(typed: &[OsString]) -> bool {
    let has = |wanted: &str| typed.iter().any(|word| word == wanted);
    let hook =
        |word: &OsString| word == "--hook" || word.as_encoded_bytes().starts_with(b"--hook=");
    has("append") && typed.iter().any(hook) && !has("--strict")
}

/// The most of an argument that an error repeats.
const MOST_REPEATED: usize = 200;

/// Says what is wrong with the arguments, or prints the help or version that they ask for.
///
/// The parser repeats what was typed, and an agent may have typed what it read in a plan. So the
/// error is the one that the same arguments give once they are harmless; those that are wrong
/// only as they were typed (not UTF-8) are never repeated.
fn misread(error: &clap::Error, typed: &[OsString]) -> ! {
    if error.use_stderr() && is_hook(typed) {
        hook::complain(&Failure::trouble(
            "a hook's own command is not understood; run it by hand to see why",
        ));
        std::process::exit(0);
    }
    let harmless = typed.iter().map(|word| {
        let word = word.to_string_lossy();
        let safe = escape::plain(&word);
        OsString::from(safe.chars().take(MOST_REPEATED).collect::<String>())
    });
    match args::parse(harmless) {
        Err(harmless) => harmless.exit(),
        Ok(_) => error.exit(),
    }
}
