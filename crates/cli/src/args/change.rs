//! What changes a plan: `init`, `append` and `observe`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Later;
use crate::hook::Agent;

pub(super) const APPEND_EXAMPLES: &str = "\
Examples:
  ledger append start TASK-7
  ledger append block TASK-7 --reason \"staging cluster is down\"
  ledger append unblock TASK-7
  ledger append complete TASK-7 --result \"image builds, 230 MB\" --date 2025-10-15
  ledger append add \"Write the release notes\" --id TASK-8 --section \"Phase 2\"
  ledger append add \"Measure it\" --id auto:TASK    with the next id that was never used
  ledger append complete TASK-7 --run \"cargo test\"   only if it succeeds, and with the evidence
  ledger append evidence TASK-7 --artifact dist/app.tar
  ledger append note TASK-7 \"see the incident report\"
  ledger append release 1.5                  the plan's version line and Last Updated follow
  ledger append set \"Current Status\" \"Phase 2 is done\"
  ledger append set --task TASK-7 Owner \"Ada\"
  printf '%s\\n' '{\"change\":\"start\",\"task\":\"TASK-7\"}' | ledger append --json
  ledger append complete TASK-7 --override --reason \"released without it\"
                                            in spite of a rule of ledger.toml; that is recorded
  ledger append --hook claude-code          what an agent's hook runs";

/// `ledger init`
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Plan files to adopt
    #[arg(value_name = "PLAN.md")]
    pub(crate) plans: Vec<PathBuf>,
    /// Also record what the plans went through in git, commit by commit
    #[arg(long)]
    pub(crate) git: bool,
    /// Adopt a plan that lies outside the root
    #[arg(long)]
    pub(crate) allow_outside: bool,
    /// Who does it
    #[command(flatten)]
    pub(crate) who: Who,
    /// Print one JSON object an event
    #[arg(long)]
    pub(crate) json: bool,
}

/// Who did something, and how it is told apart from other changes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Who {
    /// Who did it [default: LEDGER_ACTOR, else the agent that runs it, else your login]
    #[arg(long, value_name = "NAME", env = "LEDGER_ACTOR", hide_env = true)]
    pub(crate) actor: Option<String>,
    /// The session it was done in
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
}

/// `ledger append`
#[derive(Debug, Args)]
pub(crate) struct Append {
    /// The change.
    #[command(subcommand)]
    pub(crate) change: Option<Change>,
    /// Read a batch of changes as NDJSON; all of it is recorded, or nothing
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) json: Option<PathBuf>,
    /// Record what an agent did, told by its own hook on standard input; never in its way
    #[arg(long, value_name = "AGENT", value_enum, conflicts_with = "json")]
    pub(crate) hook: Option<Agent>,
    /// What happened, where the hook's payload does not say so
    #[arg(long, value_name = "NAME", requires = "hook")]
    pub(crate) event: Option<String>,
    /// Let a hook that fails exit with an error
    #[arg(long, requires = "hook")]
    pub(crate) strict: bool,
    /// Options of every change.
    #[command(flatten)]
    pub(crate) options: AppendOptions,
}

/// Options of every change.
#[derive(Debug, Clone, Args)]
pub(crate) struct AppendOptions {
    /// Record the change once only: repeating the command with this key repeats its receipt
    #[arg(long, value_name = "KEY")]
    pub(crate) idem: Option<String>,
    /// What set it off: a commit, a ticket
    #[arg(long, value_name = "TEXT")]
    pub(crate) cause: Option<String>,
    /// Who does it.
    #[command(flatten)]
    pub(crate) who: Who,
    /// Print nothing on success
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Options of a single change: those of every change, and the form of the receipt.
#[derive(Debug, Clone, Args)]
pub(crate) struct Single {
    /// Options of every change.
    #[command(flatten)]
    pub(crate) options: AppendOptions,
    /// Print the receipt as JSON, one object an event
    #[arg(long)]
    pub(crate) json: bool,
}

/// A change of status.
#[derive(Debug, Clone, Args)]
pub(crate) struct StatusChange {
    /// The task, by its id
    #[arg(value_name = "TASK")]
    pub(crate) task: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Do it in spite of the project's rules; the reason says why, and both are recorded
    #[arg(long = "override", requires = "reason")]
    pub(crate) overrides: bool,
    /// The day to write into the plan [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<String>,
    /// Words for lines such as `Last Completed: ... (summary - date)`
    #[arg(long, value_name = "TEXT")]
    pub(crate) summary: Option<String>,
    /// A result to write under the task, as it is (repeat for more)
    #[arg(long = "result", value_name = "TEXT")]
    pub(crate) results: Vec<String>,
    /// A field to write under the task (repeat for more)
    #[arg(long = "field", value_name = "LABEL=TEXT", value_parser = pair)]
    pub(crate) fields: Vec<(String, String)>,
    /// A note to write under the task (repeat for more)
    #[arg(long = "note", value_name = "TEXT")]
    pub(crate) notes: Vec<String>,
    /// How it is recorded.
    #[command(flatten)]
    pub(crate) single: Single,
}

/// What speaks for a task.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Proof {
    /// Run a command first, as a shell does; how it ends is recorded, with what it writes
    #[arg(long, value_name = "COMMAND")]
    pub(crate) run: Option<String>,
    /// Files that were made; their hashes are recorded
    #[arg(long = "artifact", value_name = "FILE", num_args = 1..)]
    pub(crate) artifacts: Vec<PathBuf>,
}

impl Proof {
    /// Whether there is to be any evidence.
    pub(crate) const fn is_asked(&self) -> bool {
        self.run.is_some() || !self.artifacts.is_empty()
    }
}

/// A completion, and what speaks for it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Completing {
    /// The change.
    #[command(flatten)]
    pub(crate) change: StatusChange,
    /// What must speak for it.
    #[command(flatten)]
    pub(crate) proof: Proof,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((label, value)) if !label.trim().is_empty() => {
            Ok((label.trim().to_owned(), value.to_owned()))
        }
        _ => Err("write it as LABEL=TEXT".to_owned()),
    }
}

/// Where a task goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The section it goes into, by its title or the beginning of it
    #[arg(long, value_name = "TITLE")]
    pub(crate) section: Option<String>,
    /// The task it comes after
    #[arg(long, value_name = "TASK")]
    pub(crate) after: Option<String>,
    /// The plan file, where the ledger tracks several
    #[arg(long, value_name = "PLAN.md")]
    pub(crate) plan: Option<String>,
}

/// The changes.
#[derive(Debug, Subcommand)]
pub(crate) enum Change {
    /// Begin a task
    Start(Later<StatusChange>),
    /// Finish a task
    #[command(alias = "done")]
    Complete(Later<Completing>),
    /// Say what a task waits for
    Block(Later<StatusChange>),
    /// Let a blocked task go on
    Unblock(Later<StatusChange>),
    /// Take a closed task up again
    Reopen(Later<StatusChange>),
    /// Say that something is wrong with a task
    Flag(Later<StatusChange>),
    /// Give a task up
    Cancel(Later<StatusChange>),
    /// Put a new task into the plan
    Add {
        /// Its title
        #[arg(allow_hyphen_values = true)]
        title: String,
        /// Its id, or auto:US for the next one of the family US
        #[arg(long)]
        id: Option<String>,
        /// A field to write under it (repeat for more)
        #[arg(long = "field", value_name = "LABEL=TEXT", value_parser = pair)]
        fields: Vec<(String, String)>,
        /// Where it goes.
        #[command(flatten)]
        place: Place,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Take a task out of the plan
    Remove {
        /// The task, by its id
        task: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Do it in spite of the project's rules; the reason says why, and both are recorded
        #[arg(long = "override", requires = "reason")]
        overrides: bool,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Put a removed task back as it was
    Restore {
        /// The task, by its id
        task: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Put a task into another section
    Move {
        /// The task, by its id
        task: String,
        /// Where it goes.
        #[command(flatten)]
        place: Place,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Word a task's title otherwise
    Retitle {
        /// The task, by its id
        task: String,
        /// Its new title
        #[arg(allow_hyphen_values = true)]
        title: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Give a task another id
    Rekey {
        /// The task, by its id
        task: String,
        /// Its new id
        id: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Set a field of the document, or with --task of a task
    Set {
        /// The field's label
        label: String,
        /// Its text
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// The task; without it, a field of the document
        #[arg(long)]
        task: Option<String>,
        /// The plan file, where the ledger tracks several
        #[arg(long, value_name = "PLAN.md")]
        plan: Option<String>,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Remove a field of the document, or with --task of a task
    Unset {
        /// The field's label
        label: String,
        /// The task; without it, a field of the document
        #[arg(long)]
        task: Option<String>,
        /// The plan file, where the ledger tracks several
        #[arg(long, value_name = "PLAN.md")]
        plan: Option<String>,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Make the plan a new version: its version line and `Last Updated` follow
    Release {
        /// The new version, such as 1.5
        version: String,
        /// The plan file, where the ledger tracks several
        #[arg(long, value_name = "PLAN.md")]
        plan: Option<String>,
        /// The day to write into the plan [default: today]
        #[arg(long, value_name = "YYYY-MM-DD")]
        date: Option<String>,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Write a note under a task
    Note {
        /// The task, by its id
        task: String,
        /// The note
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Write a result under a task
    Result {
        /// The task, by its id
        task: String,
        /// The result, as it is to be written
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Record what speaks for a task: a command that succeeds, files that were made
    Evidence {
        /// The task, by its id
        task: String,
        /// What speaks for it.
        #[command(flatten)]
        proof: Proof,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Check a step of a task
    Step {
        /// The task, by its id
        task: String,
        /// The step: its number from 1, or the beginning of its text
        #[arg(allow_hyphen_values = true)]
        step: String,
        /// Uncheck it instead
        #[arg(long)]
        undo: bool,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Make a task wait for another
    Depend {
        /// The task that waits
        task: String,
        /// The task it waits for
        on: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Make a task no longer wait for another
    Undepend {
        /// The task that waited
        task: String,
        /// The task it waited for
        on: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Say that a plan file lies elsewhere now
    Rename {
        /// Its path so far
        #[arg(value_name = "PLAN.md")]
        plan: String,
        /// Its path from here on
        #[arg(value_name = "NEW.md")]
        to: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
    /// Track a plan file no more; the file stays as it is
    Drop {
        /// Its path
        #[arg(value_name = "PLAN.md")]
        plan: String,
        /// How it is recorded.
        #[command(flatten)]
        single: Single,
    },
}

impl Change {
    /// What is to speak for the task; `None` where nothing was asked for.
    pub(crate) fn proof(&self) -> Option<Proof> {
        match self {
            Self::Evidence { proof, .. } => Some(proof.clone()),
            Self::Complete(Later(own)) => Some(own.proof.clone()).filter(Proof::is_asked),
            _ => None,
        }
    }
}

/// `ledger observe`
#[derive(Debug, Args)]
pub(crate) struct Observe {
    /// What set it off: a commit, a ticket
    #[arg(long, value_name = "TEXT")]
    pub(crate) cause: Option<String>,
    /// Who did it.
    #[command(flatten)]
    pub(crate) who: Who,
    /// Print nothing on success
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Print one JSON object an event
    #[arg(long)]
    pub(crate) json: bool,
}
