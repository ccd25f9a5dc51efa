//! One module a command.

mod append;
mod audit;
mod brief;
mod completions;
mod demo;
mod doctor;
mod drift;
mod export;
mod import;
mod init;
mod list;
mod man;
mod next;
mod observe;
mod rebuild;
mod receipt;
mod render;
mod section;
mod show;
mod status;
mod verify;
mod views;

use crate::args::{Cli, Command};
use crate::failure::Failure;

/// Runs a command.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Init(init) => init::run(global, &init),
        Command::Append(append) => append::run(global, append),
        Command::Observe(observe) => observe::run(global, &observe),
        Command::Render(render) => render::run(global, &render),
        Command::Audit(audit) => audit::run(global, &audit),
        Command::Status(query) => status::run(global, &query),
        Command::Next(next) => next::run(global, &next),
        Command::Show(show) => show::run(global, &show),
        Command::List(list) => list::run(global, &list),
        Command::Verify(verify) => verify::run(global, &verify),
        Command::Export => export::run(global),
        Command::Import(import) => import::run(global, &import),
        Command::Doctor(doctor) => doctor::run(global, &doctor),
        Command::Rebuild(rebuild) => rebuild::run(global, &rebuild),
        Command::Completions { shell } => completions::run(shell),
        Command::Man { directory } => man::run(&directory),
        Command::Demo(demo) => demo::run(&demo),
    }
}
