//! `ledger check`

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use ledger_core::check::RULES;

use super::Who;

/// `ledger check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Markdown files, of a ledger or not, `-` for standard input [default: the ledger's plans, as
    /// the files are now]
    #[arg(value_name = "PLAN.md")]
    pub(crate) plans: Vec<PathBuf>,
    /// The plans as they were at this moment: whatever `render --at` takes
    #[arg(long, value_name = "REF", conflicts_with_all = ["plans", "fix"])]
    pub(crate) at: Option<String>,
    /// Only this rule (repeat for more, or part them by commas)
    #[arg(long = "rule", value_name = "NAME", value_delimiter = ',', value_parser = rule_names(), hide_possible_values = true)]
    pub(crate) rules: Vec<String>,
    /// Not this rule (repeat for more, or part them by commas)
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = rule_names(), hide_possible_values = true)]
    pub(crate) except: Vec<String>,
    /// Say what rules there are
    #[arg(long = "rules", conflicts_with_all = ["plans", "at", "rules", "except", "fix", "format"])]
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

fn rule_names() -> PossibleValuesParser {
    PossibleValuesParser::new(RULES.iter().map(|rule| rule.name))
}
