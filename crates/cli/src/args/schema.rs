//! Arguments of `ledger schema`.

use clap::{Args, ValueEnum};

/// `ledger schema`
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The command whose JSON is described; without it they are listed
    #[arg(value_name = "COMMAND")]
    pub(crate) of: Option<Described>,
    /// The second word of a command below another: `hooks status`
    #[arg(hide = true)]
    pub(crate) below: Option<String>,
}

/// A command that prints JSON; one below another has both names with a hyphen between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Described {
    /// A line for each event recorded, or what kept it from being recorded
    Append,
    /// The audit trail
    Audit,
    /// Who wrote each line of a plan, or each piece of a task
    Blame,
    /// What a plan says that cannot all be true, or with --rules what is looked for
    Check,
    /// A signed checkpoint, or with --show-key the key
    Checkpoint,
    /// What is different between two moments
    Diff,
    /// What is wrong with the ledger's files
    Doctor,
    /// What waits for what
    Graph,
    /// The versions of the plan, or with --task one task's life
    History,
    /// Which hooks are installed and have fired
    #[value(alias = "hooks")]
    HooksStatus,
    /// Which moment a copy of a plan is
    Identify,
    /// Ids that were reserved
    #[value(alias = "ids")]
    IdsReserve,
    /// What an import made
    Import,
    /// What was adopted: a line for each event, or with --git what was imported
    Init,
    /// The tasks
    List,
    /// What can be started now, and what the rest waits for
    Next,
    /// A line for each event recorded
    Observe,
    /// What a redaction removed, or would remove
    Redact,
    /// How the plan files compare with the ledger (render --check)
    Render,
    /// One task, or one event
    Show,
    /// How long tasks took, who did what, and how the plan went day by day
    Stats,
    /// How the plan stands
    Status,
    /// What is wrong with the chain, the bodies and the documents
    Verify,
    /// Whether a proof proves something, and what
    VerifyProof,
}

impl Described {
    /// What is typed for it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// The command itself: `hooks status`.
    pub(crate) fn typed(self) -> String {
        match self {
            Self::HooksStatus | Self::IdsReserve => self.name().replace('-', " "),
            _ => self.name(),
        }
    }

    /// What is described.
    pub(crate) fn about(self) -> String {
        self.to_possible_value()
            .and_then(|value| value.get_help().map(ToString::to_string))
            .unwrap_or_default()
    }
}
