//! One module a command.

mod absent;
mod append;
mod audit;
mod blame;
mod brief;
mod check;
mod checkpoint;
mod completions;
mod demo;
mod diff;
mod doctor;
mod drift;
mod export;
mod gaps;
mod graph;
mod head;
mod help;
mod history;
pub(crate) mod hooks;
mod identify;
mod ids;
mod import;
mod init;
mod key;
mod list;
mod man;
mod next;
mod observe;
mod prove;
mod rebuild;
mod receipt;
mod redact;
mod render;
mod report;
mod schema;
mod section;
mod show;
mod stats;
mod status;
mod verify;
mod verify_proof;
mod views;

use crate::args::{Cli, Command, Later, View};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::pager;

/// Whether what a command prints may be longer than a screen, and ends.
fn is_long(command: &Command) -> bool {
    match command {
        Command::Audit(Later(audit)) => !audit.follow,
        Command::Render(Later(render)) => render.stdout || render.view != View::Plan,
        Command::Blame(_)
        | Command::Check(_)
        | Command::Diff(_)
        | Command::Graph(_)
        | Command::Help(_)
        | Command::History(_)
        | Command::List(_)
        | Command::Next(_)
        | Command::Schema(_)
        | Command::Show(_)
        | Command::Stats(_)
        | Command::Status(_) => true,
        _ => false,
    }
}

/// Runs a command.
pub(crate) fn run(mut cli: Cli) -> Result<(), Failure> {
    // All files that are named are to be found from there. Where nobody can go, whoever looks for
    // the ledger says so.
    let there = cli.global.directory.as_ref();
    if let Some(file) = there.filter(|path| path.is_file()) {
        let file = file.display().to_string();
        return Err(
            Failure::trouble(format!("-C: {} is a file and no folder", plain(&file)))
                .hint("name the folder that it is in"),
        );
    }
    if there.is_some_and(|folder| std::env::set_current_dir(folder).is_ok()) {
        cli.global.directory = None;
    }
    let global = &cli.global;
    if is_long(&cli.command) && !cli.no_pager {
        pager::allow();
    }
    match cli.command {
        Command::Init(Later(init)) => init::run(global, &init),
        Command::Append(Later(append)) => append::run(global, append),
        Command::Observe(Later(observe)) => observe::run(global, &observe),
        Command::Render(Later(render)) => render::run(global, &render),
        Command::Audit(Later(audit)) => audit::run(global, &audit),
        Command::Diff(Later(diff)) => diff::run(global, &diff),
        Command::History(Later(history)) => history::run(global, &history),
        Command::Status(Later(query)) => status::run(global, &query),
        Command::Next(Later(next)) => next::run(global, &next),
        Command::Show(Later(show)) => show::run(global, &show),
        Command::List(Later(list)) => list::run(global, &list),
        Command::Blame(Later(blame)) => blame::run(global, &blame),
        Command::Graph(Later(graph)) => graph::run(global, &graph),
        Command::Report(Later(report)) => report::run(global, &report),
        Command::Stats(Later(stats)) => stats::run(global, &stats),
        Command::Identify(Later(identify)) => identify::run(global, &identify),
        Command::Verify(Later(verify)) => verify::run(global, &verify),
        Command::Check(Later(check)) => check::run(global, &check),
        Command::Checkpoint(Later(checkpoint)) => checkpoint::run(global, &checkpoint),
        Command::Prove(Later(prove)) => prove::run(global, &prove),
        Command::VerifyProof(Later(proof)) => verify_proof::run(global, &proof),
        Command::Export => export::run(global),
        Command::Import(Later(import)) => import::run(global, &import),
        Command::Doctor(Later(doctor)) => doctor::run(global, &doctor),
        Command::Rebuild(Later(rebuild)) => rebuild::run(global, &rebuild),
        Command::Redact(Later(redact)) => redact::run(global, &redact),
        Command::Ids(Later(ids)) => ids::run(global, &ids),
        Command::Hooks(Later(hooks)) => hooks::run(global, &hooks),
        Command::Schema(Later(schema)) => schema::run(&schema),
        Command::Completions { shell } => completions::run(shell),
        Command::Help(Later(help)) => help::run(&help),
        Command::Man { directory } => man::run(&directory),
        Command::Demo(Later(demo)) => demo::run(&demo),
    }
}
