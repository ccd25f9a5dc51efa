//! What checks, mends and moves a ledger.

use std::path::PathBuf;

use clap::Args;

use super::Who;

/// `ledger verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// An exported journal instead of the ledger (- for standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// A checkpoint that the history has to go on from (- for standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// The public key of who signed it, or a file with it [default: the ledger's own]
    #[arg(long, value_name = "KEY", requires = "checkpoint")]
    pub(crate) key: Option<String>,
    /// Also compare the store and the checkouts, and read the tasks of every moment
    #[arg(long)]
    pub(crate) deep: bool,
    /// Only the chain: each event, and that they follow each other; many times faster
    #[arg(long, conflicts_with = "deep")]
    pub(crate) chain: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The exported journal (- for standard input)
    #[arg(value_name = "FILE")]
    pub(crate) journal: PathBuf,
    /// Take plans that lie outside the project's folder too
    #[arg(long)]
    pub(crate) allow_outside: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Put right what loses nothing
    #[arg(long)]
    pub(crate) fix: bool,
    /// Give up what is gone, and go on with what is left
    #[arg(long, requires = "fix")]
    pub(crate) accept_loss: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger redact`
#[derive(Debug, Args)]
pub(crate) struct Redact {
    /// The event whose part is to go: its seq, or the beginning of its id
    #[arg(value_name = "EVENT", required_unless_present = "text")]
    pub(crate) event: Option<String>,
    /// The number of the part, from 0: `ledger redact EVENT --dry-run` lists them
    #[arg(long, value_name = "N", requires = "event")]
    pub(crate) part: Option<usize>,
    /// Every part of every event that holds this text (- for standard input, which no list of
    /// processes and no shell's history shows)
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["event", "part"], allow_hyphen_values = true)]
    pub(crate) text: Option<String>,
    /// Why; it is recorded, and must not hold the text
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    pub(crate) reason: Option<String>,
    /// Only list what would go
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Who does it.
    #[command(flatten)]
    pub(crate) who: Who,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger rebuild`
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Make the journal from the store instead
    #[arg(long)]
    pub(crate) journal: bool,
    /// Give up events that only the other copy, head or a checkout knows
    #[arg(long)]
    pub(crate) accept_loss: bool,
}
