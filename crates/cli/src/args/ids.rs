//! What hands out ids: `ids`.

use clap::{Args, Subcommand};

use super::Single;

/// `ledger ids`
#[derive(Debug, Args)]
pub(crate) struct Ids {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: IdsCommand,
}

/// What is done with ids.
#[derive(Debug, Subcommand)]
pub(crate) enum IdsCommand {
    /// Keep the next ids of a family for yourself; nobody else gets them
    Reserve(Reserve),
}

/// `ledger ids reserve`
#[derive(Debug, Args)]
pub(crate) struct Reserve {
    /// The family: what its ids have before the number
    pub(crate) family: String,
    /// How many
    #[arg(default_value_t = 1)]
    pub(crate) count: usize,
    /// How it is recorded.
    #[command(flatten)]
    pub(crate) single: Single,
}
