//! What follows a plan's text back to where it comes from.

use std::path::PathBuf;

use clap::Args;

/// `ledger blame`
#[derive(Debug, Args)]
pub(crate) struct Blame {
    /// The plan file, where the ledger tracks several
    #[arg(value_name = "PLAN.md")]
    pub(crate) plan: Option<String>,
    /// Only these lines: 10,20 or 10,+5 or 10, (to the end) or ,20 (from the beginning)
    #[arg(short = 'L', value_name = "LINES", allow_hyphen_values = true)]
    pub(crate) lines: Option<String>,
    /// Only this task: each of its pieces, below lines
    #[arg(long, value_name = "ID", conflicts_with_all = ["plan", "lines"])]
    pub(crate) task: Option<String>,
    /// Below each line of a task its pieces: id, title, status and fields, which events change one by
    /// one
    #[arg(long, conflicts_with = "task")]
    pub(crate) words: bool,
    /// The moment to look at; ledger help refs says how to name one
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Follow lines that were moved, to the event that wrote them
    #[arg(short = 'M', long = "moves")]
    pub(crate) moves: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger identify`
#[derive(Debug, Args)]
pub(crate) struct Identify {
    /// The copy of a plan, anywhere; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where no moment has this text, print how it differs from the nearest one
    #[arg(long, conflicts_with = "json")]
    pub(crate) diff: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
