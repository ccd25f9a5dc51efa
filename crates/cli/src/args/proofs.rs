//! What signs a history and proves what is in it.

use std::path::PathBuf;

use clap::Args;

use super::Who;

/// `ledger checkpoint`
#[derive(Debug, Args)]
pub(crate) struct Checkpoint {
    /// Write it to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Put it into the note of git's HEAD under refs/notes/ledger-checkpoint
    #[arg(long)]
    pub(crate) git_note: bool,
    /// Print it as one line, for a commit's message
    #[arg(long, conflicts_with_all = ["to", "git_note"])]
    pub(crate) trailer: bool,
    /// Only print the public key, for those who are to check what it signs
    #[arg(long, conflicts_with_all = ["to", "git_note", "trailer"])]
    pub(crate) show_key: bool,
    /// What set it off: a release, a ticket
    #[arg(long, value_name = "TEXT")]
    pub(crate) cause: Option<String>,
    /// Who does it.
    #[command(flatten)]
    pub(crate) who: Who,
    /// Print JSON
    #[arg(long, conflicts_with = "trailer")]
    pub(crate) json: bool,
}

/// `ledger prove`
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The event: its number, or the beginning of its id
    #[arg(required_unless_present = "from")]
    pub(crate) event: Option<String>,
    /// Prove that the history goes on from this older checkpoint (- for standard input)
    #[arg(long, value_name = "CHECKPOINT", conflicts_with = "event")]
    pub(crate) from: Option<PathBuf>,
    /// The checkpoint to prove it against [default: the latest one that tells of it, else a new one]
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Leave out what the event says beyond its header
    #[arg(long, conflicts_with = "from")]
    pub(crate) header_only: bool,
    /// Write the proof to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Who does it, where a checkpoint has to be made first.
    #[command(flatten)]
    pub(crate) who: Who,
}

/// `ledger verify-proof`
#[derive(Debug, Args)]
pub(crate) struct VerifyProof {
    /// The proof (- for standard input)
    pub(crate) proof: PathBuf,
    /// A checkpoint that it has to be about: for a proof from an older one, that one
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// The event that it has to be about: a journal line, or a header
    #[arg(long, value_name = "FILE")]
    pub(crate) event: Option<PathBuf>,
    /// The public key, or a file with it [default: the one of the ledger here]
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
