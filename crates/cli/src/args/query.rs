//! What asks a ledger, or shows a projection of it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Who;
use crate::briefing;

/// `ledger render`
#[derive(Debug, Args)]
pub(crate) struct Render {
    /// The moment to show; see below
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Write nothing; exit 1 if a plan file is not what the ledger has
    #[arg(long, conflicts_with_all = ["at", "stdout", "view"])]
    pub(crate) check: bool,
    /// Print what was checked as JSON
    #[arg(long, requires = "check")]
    pub(crate) json: bool,
    /// Print instead of writing the file
    #[arg(long)]
    pub(crate) stdout: bool,
    /// What to show
    #[arg(long, value_enum, default_value_t = View::Plan)]
    pub(crate) view: View,
    /// The plan file, where the ledger tracks several
    #[arg(long, value_name = "PLAN.md")]
    pub(crate) plan: Option<String>,
    /// The most tokens that a brief takes
    #[arg(long, value_name = "N", default_value_t = briefing::TOKENS)]
    pub(crate) tokens: usize,
    /// Who runs it, where an edit is found that has to be recorded first
    #[command(flatten)]
    pub(crate) who: Who,
}

/// What `render` can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum View {
    /// The plan itself, byte for byte
    Plan,
    /// The plan's versions and what changed in each
    History,
    /// The audit trail
    Audit,
    /// What an agent needs to begin, in a few hundred tokens
    Brief,
}

/// `ledger diff`
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The moment before, or both as A..B
    #[arg(value_name = "A")]
    pub(crate) from: String,
    /// The moment after [default: head]
    #[arg(value_name = "B")]
    pub(crate) to: Option<String>,
    /// Only this plan file
    #[arg(long, value_name = "PLAN.md")]
    pub(crate) plan: Option<String>,
    /// The lines that differ, as `diff -u` shows them and `patch` takes them
    #[arg(long, conflicts_with_all = ["stat", "json"])]
    pub(crate) text: bool,
    /// Only how much is different
    #[arg(long, conflicts_with = "json")]
    pub(crate) stat: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger history`
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The life of this task instead, under every id it has had; of the one that had the id at a
    /// moment, as TASK-7@120
    #[arg(long, conflicts_with = "plan")]
    pub(crate) task: Option<String>,
    /// Each moment of each version, as it is for a plan without versions
    #[arg(long, conflicts_with = "task")]
    pub(crate) moments: bool,
    /// As it was at this moment; see below
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Only this plan file
    #[arg(long, value_name = "PLAN.md")]
    pub(crate) plan: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger status`
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The moment to look at; ledger help refs says how to name one
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger next`
#[derive(Debug, Args)]
pub(crate) struct Next {
    /// Show waiting tasks too, however many
    #[arg(long)]
    pub(crate) all: bool,
    /// The moment to look at; ledger help refs says how to name one
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The task, by its id; or an event, by its number or the beginning of its id
    #[arg(value_name = "TASK|EVENT")]
    pub(crate) what: String,
    /// The moment to look at; ledger help refs says how to name one
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only tasks with this status (repeat for more)
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Vec<ledger_core::Status>,
    /// The moment to look at; ledger help refs says how to name one
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger stats`
#[derive(Debug, Args)]
pub(crate) struct Stats {
    /// The moment to look at; ledger help refs says how to name one
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Only this task (repeat for more), with its whole life
    #[arg(long, value_name = "ID")]
    pub(crate) task: Vec<String>,
    /// Only the tasks of this plan file
    #[arg(long, value_name = "PLAN.md", conflicts_with = "task")]
    pub(crate) plan: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger graph`
#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// The moment to look at; ledger help refs says how to name one
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Only this task, what it waits for and what waits for it
    #[arg(long, value_name = "ID")]
    pub(crate) task: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = GraphFormat::Tree)]
    pub(crate) format: GraphFormat,
    /// Print JSON
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// Forms of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For people: each task above what it waits for
    Tree,
    /// A flowchart for Mermaid
    Mermaid,
    /// A digraph for Graphviz
    Dot,
}

/// `ledger report`
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The file to write the page to; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) html: PathBuf,
    /// The moment to look at; ledger help refs says how to name one
    #[arg(long, value_name = "REF")]
    pub(crate) at: Option<String>,
    /// Only the tasks of this plan file
    #[arg(long, value_name = "PLAN.md")]
    pub(crate) plan: Option<String>,
}
