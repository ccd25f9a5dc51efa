//! What can be typed.

mod later;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

pub(crate) use later::Later;

/// Keep a markdown plan as a sequence of facts.
///
/// ledger adopts the plan you have without changing a byte of it, records every change of
/// status as a hash-chained event, and gives back any moment of it exactly.
#[derive(Debug, Parser)]
#[command(name = "ledger", version, max_term_width = 100, after_help = TOP_EXAMPLES)]
pub(crate) struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const TOP_EXAMPLES: &str = "\
Examples:
  ledger init TODO.md                       adopt a plan; the file is not touched
  ledger append start TASK-7                change a status; TODO.md follows
  ledger append complete TASK-7 --result \"image builds, 230 MB\"
  ledger observe                            record what was edited by hand
  ledger render --at 12 --stdout            the plan as it was after event 12
  ledger audit --task TASK-7                who, when, what, why
  ledger demo                               see all of it on an example

Exit codes: 0 done; 1 findings (a refused change, drift, failed verification); 2 usage or trouble.";

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The ledger's directory [default: found from the current folder]
    #[arg(
        long,
        value_name = "DIR",
        env = "LEDGER_DIR",
        global = true,
        hide_env_values = true
    )]
    pub(crate) ledger: Option<PathBuf>,
    /// Run as if started in this folder
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Seconds to wait for another process that writes
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, global = true, hide_default_value = true, value_parser = seconds)]
    pub(crate) wait: f64,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number of seconds from 0 to 86400".to_owned()),
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one of it, for the time of a run"
)]
pub(crate) enum Command {
    /// Start a ledger and adopt plans as they are
    #[command(after_help = "\
Examples:
  ledger init TODO.md
  ledger init TODO.md docs/ROADMAP.md
  ledger init NEW.md                        adopt one more plan into a ledger that exists")]
    Init(Later<Init>),
    /// Record a change and write it into the plan
    #[command(after_help = APPEND_EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Append(Later<Append>),
    /// Record what was edited in the plan files by hand
    #[command(after_help = "\
Examples:
  $EDITOR TODO.md; ledger observe
  ledger observe --json                     one receipt a line")]
    Observe(Later<Observe>),
    /// Write the plan files as the ledger has them, or print a moment or a view
    #[command(after_help = "\
Examples:
  ledger render                             bring stale plan files forward
  ledger render --check                     exit 1 if a plan file differs
  ledger render --at 12 --stdout            the plan after event 12
  ledger render --at 2025-10-15 --stdout    the plan at the end of that day
  ledger render --view history              versions of the plan, as markdown")]
    Render(Later<Render>),
    /// Show who did what, when and why
    #[command(after_help = "\
Examples:
  ledger audit --task TASK-7
  ledger audit --type completed --since 2025-10-01 --format csv
  ledger audit --actor claude --format ndjson

json and ndjson have the keys of the receipts (seq, id, type, task, from, to, origin) and time,
actor, cause, idem, batch, title, reason, details, inserted, removed. The columns of csv are
seq, id, time, type, task, title, from, to, origin, actor_kind, actor, session, tool, cause,
idem, batch, reason, details, inserted, removed; new ones are only added at the end.")]
    Audit(Later<Audit>),
    /// Show how the plan stands
    Status(Later<Query>),
    /// Show what can be started now, and what the rest waits for
    Next(Later<Next>),
    /// Show one task
    #[command(after_help = "Examples:\n  ledger show TASK-7\n  ledger show TASK-7 --json")]
    Show(Later<Show>),
    /// List the tasks
    #[command(after_help = "Examples:\n  ledger list --status pending\n  ledger list --json")]
    List(Later<List>),
    /// Check the chain, the bodies and the documents
    #[command(after_help = "\
Examples:
  ledger verify
  ledger verify --chain                     only that no event was changed, added or removed
  ledger verify --deep                      also the store, the checkouts and every moment's tasks
  ledger verify --journal copy.jsonl        an exported journal, anywhere")]
    Verify(Later<Verify>),
    /// Print the journal
    #[command(after_help = "Examples:\n  ledger export > plan-history.jsonl")]
    Export,
    /// Start a ledger with the history of an exported journal
    #[command(after_help = "\
Examples:
  ledger export > plan-history.jsonl        here
  ledger import plan-history.jsonl          there, in a project without a ledger
  ssh host ledger export | ledger import -

All of it is verified before anything is made. The ledger keeps its id; what is recorded here
carries a writer id of its own. A plan file that is not there is written; one with other bytes is
left as it is, and the next command records the difference as an edit.")]
    Import(Later<Import>),
    /// Say what is wrong with the ledger's files, and put it right
    #[command(after_help = "\
Examples:
  ledger doctor                             look at everything; changes nothing
  ledger doctor --fix                       put right whatever loses nothing
  ledger doctor --fix --accept-loss         go on with what is left of a history
  ledger doctor --json

Nothing is deleted: what is cut, replaced or given up goes to the ledger's quarantine, with a
note. Exit 0: nothing found; 1: findings that are left; 2: the ledger cannot be looked at.")]
    Doctor(Later<Doctor>),
    /// Make the store anew from the journal, or the journal from the store
    #[command(after_help = "\
Examples:
  ledger rebuild                            the store, from the journal
  ledger rebuild --journal                  the journal, from the store

The copy it is made from is verified first, and the old one goes to the quarantine. Where journal
and store tell two histories, this chooses one of them; `ledger doctor --fix` puts together what
each of them lacks.")]
    Rebuild(Later<Rebuild>),
    /// Run the whole main job on an example, and explain it
    #[command(after_help = "\
Examples:
  ledger demo                               on a built-in example plan
  ledger demo TODO.md                       on a copy of your own plan")]
    Demo(Later<Demo>),
    /// Print a completion script for a shell
    #[command(
        after_help = "Examples:\n  ledger completions bash > ~/.local/share/bash-completion/completions/ledger"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a folder
    Man {
        /// The folder
        directory: PathBuf,
    },
}

const APPEND_EXAMPLES: &str = "\
Examples:
  ledger append start TASK-7
  ledger append block TASK-7 --reason \"staging cluster is down\"
  ledger append unblock TASK-7
  ledger append complete TASK-7 --result \"image builds, 230 MB\" --date 2025-10-15
  ledger append add \"Write the release notes\" --id TASK-8 --section \"Phase 2\"
  ledger append note TASK-7 \"see the incident report\"
  ledger append set \"Current Status\" \"Phase 2 is done\"
  ledger append set --task TASK-7 Owner \"Ada\"
  printf '%s\\n' '{\"change\":\"start\",\"task\":\"TASK-7\"}' | ledger append --json";

/// `ledger init`
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Plan files to adopt
    #[arg(value_name = "PLAN.md")]
    pub(crate) plans: Vec<PathBuf>,
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
#[derive(Debug, Clone, Args)]
pub(crate) struct Who {
    /// Who did it [default: LEDGER_ACTOR, else your login]
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
    /// The day to write into the plan [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<String>,
    /// Words for lines such as `Last Completed: … (summary - date)`
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
    Complete(Later<StatusChange>),
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
        /// Its id
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

/// `ledger render`
#[derive(Debug, Args)]
pub(crate) struct Render {
    /// The moment to show: a seq, the beginning of an event id, or a time
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
}

/// `ledger audit`
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Events about this task, under every id it has had
    #[arg(long)]
    pub(crate) task: Option<String>,
    /// Events by this actor
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Events of this session
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
    /// Events of this type: task.completed, or one part of it, such as completed
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    /// How they came about: commanded, observed or imported
    #[arg(long, value_enum)]
    pub(crate) origin: Option<Origin>,
    /// What set them off
    #[arg(long, value_name = "TEXT")]
    pub(crate) cause: Option<String>,
    /// From this day or time on
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Up to this day or time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// How an event came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Origin {
    /// Asked for by a command
    Commanded,
    /// Found in an edited file
    Observed,
    /// Taken over from another history
    Imported,
}

/// Forms of the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
    /// A markdown table
    Md,
}

/// A query without options of its own.
#[derive(Debug, Args)]
pub(crate) struct Query {
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
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The task, by its id
    pub(crate) task: String,
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
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `ledger verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// An exported journal instead of the ledger (- for standard input)
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
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

/// `ledger rebuild`
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Make the journal from the store instead
    #[arg(long)]
    pub(crate) journal: bool,
    /// Give up events that only the journal, head or a checkout knows
    #[arg(long, requires = "journal")]
    pub(crate) accept_loss: bool,
}

/// `ledger demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// A plan of your own; a copy of it is used
    #[arg(value_name = "PLAN.md")]
    pub(crate) plan: Option<PathBuf>,
    /// The folder to use [default: a new one]
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
}

/// The names of all changes.
pub(crate) fn changes() -> Vec<String> {
    let append = append();
    let changes = append.get_subcommands();
    changes.map(|change| change.get_name().to_owned()).collect()
}

/// The whole command line, for whoever shows all of it.
pub(crate) fn whole() -> clap::Command {
    later::at_once(Cli::command)
}

/// `ledger append` as far as its changes go.
fn append() -> clap::Command {
    Change::augment_subcommands(clap::Command::new("append"))
}

/// Reads a command line.
///
/// # Errors
/// What is wrong with it, or the help or version that it asks for.
pub(crate) fn parse<W: Into<std::ffi::OsString> + Clone>(
    typed: impl IntoIterator<Item = W>,
) -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    let mut matches = command.try_get_matches_from_mut(typed)?;
    let cli = Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command));
    // All that was laid out is freed with the process.
    std::mem::forget(command);
    cli
}

/// Lets `ledger append --json start T-1` mean `ledger append start T-1 --json`: before a change
/// `--json` asks for JSON receipts, before a file it names a batch.
pub(crate) fn normalized(
    arguments: impl Iterator<Item = std::ffi::OsString>,
) -> Vec<std::ffi::OsString> {
    let mut arguments: Vec<_> = arguments.collect();
    let is_change = |word: &std::ffi::OsStr| {
        let change = |word| append().find_subcommand(word).is_some();
        word.to_str().is_some_and(change)
    };
    let append = arguments.iter().position(|word| word == "append");
    let json = append
        .map(|at| at + 1)
        .filter(|&at| arguments.get(at).is_some_and(|word| word == "--json"));
    if let Some(at) = json
        && arguments.get(at + 1).is_some_and(|word| is_change(word))
    {
        arguments.swap(at, at + 1);
    }
    arguments
}
