//! `ledger check`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Who;

/// `ledger check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Markdown files, of a ledger or not [default: the ledger's plans, as the files are now]
    #[arg(value_name = "PLAN.md")]
    pub(crate) plans: Vec<PathBuf>,
    /// The plans as they were at this moment: whatever `render --at` takes
    #[arg(long, value_name = "REF", conflicts_with_all = ["plans", "fix"])]
    pub(crate) at: Option<String>,
    /// Only this rule (repeat for more)
    #[arg(long = "rule", value_name = "NAME")]
    pub(crate) rules: Vec<String>,
    /// Say what rules there are
    #[arg(long = "rules", conflicts_with_all = ["plans", "at", "rules", "fix", "format"])]
    pub(crate) list: bool,
    /// Put right what can be put right without a doubt
    #[arg(long)]
    pub(crate) fix: bool,
    /// Show what --fix would change, and change nothing
    #[arg(long, requires = "fix")]
    pub(crate) dry_run: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub(crate) format: CheckFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
    /// Who runs it, where something is put right
    #[command(flatten)]
    pub(crate) who: Who,
}

/// Forms of what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// A line each, which editors jump to
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}
