//! What can be typed.

mod audit;
mod change;
mod check;
mod hooks;
mod ids;
mod later;
mod proofs;
mod query;
mod schema;
mod trace;
mod upkeep;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(crate) use audit::{Audit, Format, Origin};
pub(crate) use change::{
    Append, AppendOptions, Change, Completing, Init, Observe, Place, Proof, Single, StatusChange,
    Who,
};
pub(crate) use check::{Check, CheckFormat};
pub(crate) use hooks::{
    Change as HooksChange, GitHook, Hooks, HooksCommand, Run as GitRun, Status as HooksStatus,
    Whose,
};
pub(crate) use ids::{Ids, IdsCommand, Reserve};
pub(crate) use later::Later;
pub(crate) use proofs::{Checkpoint, Prove, VerifyProof};
pub(crate) use query::{
    Diff, Graph, GraphFormat, History, List, Next, Render, Report, Show, Stats, Status, View,
};
pub(crate) use schema::{Described, Schema};
pub(crate) use trace::{Blame, Identify};
pub(crate) use upkeep::{Doctor, Import, Rebuild, Redact, Verify};

use audit::AUDIT_HELP;
use change::APPEND_EXAMPLES;

/// Keep a markdown plan as a sequence of facts.
///
/// ledger adopts the plan you have without changing a byte of it, records every change of
/// status as a hash-chained event, and gives back any moment of it exactly.
#[derive(Debug, Parser)]
#[command(name = "ledger", version, max_term_width = 100, after_help = TOP_EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// Print long answers on the terminal itself
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
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

/// What a REF can be. The help of every command that takes one says so.
pub(crate) const REFERENCES: &str = "\
REF names a moment:
  head, head~3           the last moment, or so many before it; ~N goes with every REF
  checkpoint             the last event under the newest checkpoint; checkpoint~1 the one before
  12                     an event that ends its batch, by its number
  2025-10-15, yesterday  the end of that day where you are; also \"2025-10-15 12:30\", RFC 3339,
  \"2 days ago\"           and how long ago it was
  ab12cd                 an event, by six digits or more of its id; a git commit, by four or more
  1.4, v1.4              the last moment at which the plan's own version was that; of the plan
                         that is asked about, where there are several
  HEAD~2, main, v1.0     what git calls a commit; git counts its commits itself
A text that names several moments, as 3 may an event, a version and a tag, is an error that lists
them; but no event's number is read as digits of an id, and head and checkpoint are only that.
event:12, id:ab12cd, time:today, version:1.4, commit:main and checkpoint:120 (the one of so many
events) say which is meant.";

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
  ledger init NEW.md                        adopt one more plan into a ledger that exists
  ledger init TODO.md --git                 with its past: each commit's change becomes events,
                                            and render --at COMMIT gives the plan of a commit")]
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
    #[command(after_help = format!("\
Examples:
  ledger render                             bring stale plan files forward
  ledger render --check                     exit 1 if a plan file differs
  ledger render --at 12 --stdout            the plan after event 12
  ledger render --at 2025-10-15 --stdout    the plan at the end of that day
  ledger render --at a1cf30a --stdout       the plan of a git commit
  ledger render --view history              versions of the plan, as markdown
  ledger render --at 1.4 --stdout           the plan as its version 1.4 left it
  ledger render --view brief                what an agent needs to begin

{}", REFERENCES))]
    Render(Later<Render>),
    /// Show who did what, when and why
    #[command(after_help = AUDIT_HELP)]
    Audit(Later<Audit>),
    /// Show the versions of the plan and what changed in each, or one task's life
    #[command(after_help = format!("\
Examples:
  ledger history                            the plan's versions, newest first
  ledger history --task TASK-7              each status it had: since when, by whom, why, how long
  ledger history --at 1.4 --json

ledger schema history describes the JSON.

{REFERENCES}"))]
    History(Later<History>),
    /// Show what is different between two moments of the plan
    #[command(after_help = format!("\
Examples:
  ledger diff yesterday                     from the end of yesterday to now, task by task
  ledger diff 1.3 1.4                       what a version brought
  ledger diff HEAD~2 --stat
  ledger diff 12 head --text | patch -R TODO.md

ledger schema diff describes the JSON.

{REFERENCES}"))]
    Diff(Later<Diff>),
    /// Show how the plan stands
    Status(Later<Status>),
    /// Show what can be started now, and what the rest waits for
    #[command(after_help = format!("\
Examples:
  ledger next                               what to do now, what holds up most first
  ledger next --all                         every open task, with why it can be started or not
  ledger next --at 2025-10-15               what could be started at the end of that day
  ledger next --json | jq -r '.ready[0].key'

A task can be started if all that it depends on is completed or cancelled and it is not blocked; one
that other tasks stand in comes last, with how many of them are open. An id that no task has keeps
nothing from being started, and is said where the plan has others like it. ledger graph shows the
dependencies; ledger schema next describes the JSON.

{REFERENCES}"))]
    Next(Later<Next>),
    /// Show one task, or one event with all that it says and did
    #[command(after_help = "\
Examples:
  ledger show TASK-7
  ledger show TASK-7 --at 1.4               as it was when the plan was version 1.4
  ledger show TASK-7 --json
  ledger show 12                            event 12: its header, its parts, and the lines it changed
  ledger show ab12cd34                      the event whose id begins so
  ledger show event:12                      where a task is called 12 too

A text that is a task's id is the task; event:12, event:ab12cd34, seq:12 and id:ab12cd34 are events
whatever tasks are called.")]
    Show(Later<Show>),
    /// List the tasks
    #[command(
        after_help = "Examples:\n  ledger list --status pending\n  ledger list --at yesterday\n  ledger list --json"
    )]
    List(Later<List>),
    /// Show for each line of a plan the event that wrote it
    #[command(after_help = "\
Examples:
  ledger blame                              who wrote each line, when and why
  ledger blame TODO.md -L 10,20             only lines 10 to 20 (10,+5: five lines from 10 on)
  ledger blame --at 2025-10-15              of the plan as it was at the end of that day
  ledger blame -M                           moved lines as of whom wrote them
  ledger blame --task TASK-7                its id, title, status, each field and step
  ledger blame --words -L 12,12             the same below a line, as of the cells of a table
  ledger blame --json

Lines of the file that nobody has recorded yet are shown as not recorded.")]
    Blame(Later<Blame>),
    /// Show how long tasks took, who did what, and how the plan went day by day
    #[command(after_help = format!("\
Examples:
  ledger stats                              progress, pace, who, phases, the longest waits
  ledger stats --at 2025-10-15              as it was at the end of that day
  ledger stats --at 1.4                     as it was when the plan was at that version
  ledger stats --task TASK-7                the life of one task
  ledger stats --json

What is counted:
  added to completed    from when the ledger first saw a task, which for an adopted plan is its
                        adoption, to its last completion; one that came completed has none
  started to completed  from its first start, where one is known
  reopened              a completed or cancelled task that is open again, not a flagged one
  without evidence      completions that stand, of tasks that are still in the plan
  phases                sections, each with those below it; cancelled tasks do not count. A task
                        that holds others counts as one, beside them

Spans end at the moment that is looked at, not now, so the same moment always gives the same
numbers. Days are in UTC. Times are what writers claimed: one that lies before the one before it in
a task's life counts as the same moment.

{REFERENCES}

ledger schema stats describes the JSON; all spans in it are in milliseconds."))]
    Stats(Later<Stats>),
    /// Show what waits for what, circles, the critical path, and what holds up most
    #[command(after_help = format!("\
Examples:
  ledger graph                              each task above what it waits for
  ledger graph --task TASK-7                only what it waits for and what waits for it
  ledger graph --format mermaid             for a markdown page
  ledger graph --format dot | dot -Tsvg > plan.svg
  ledger graph --json

The critical path is the way through open tasks that takes longest, by what the plan says in fields
such as Estimate, Effort or Story Points; a day has 8 hours, a week 5 days, a range counts as its
middle. A task without an estimate counts as the middle one of those that have one; where no task
has one, each counts one.

What stands in brackets in a dependency field tells why, as in `T-1 (once T-2 agrees)`, unless no id
stands outside of them. Of several plan files a task's own comes first: only an id that it does not
have is looked for in the others. Arrows of a circle are dashed, and so is an id that no task has,
where the plan has others like it.

{REFERENCES}

ledger schema graph describes the JSON."))]
    Graph(Later<Graph>),
    /// Write a page about the plan that opens in any browser, without a network
    #[command(after_help = format!("\
Examples:
  ledger report --html report.html
  ledger report --html - --at 2025-10-15 > then.html
  ledger report --html report.html --plan docs/ROADMAP.md

One file with everything in it: progress, burn-up, cumulative flow, a timeline of the tasks, the
dependency graph, the versions of the plan, and the audit trail, which can be searched. Its numbers
are those of `ledger stats --json`, which it holds too. The same moment always gives the same page.

{REFERENCES}"))]
    Report(Later<Report>),
    /// Say which moment of the ledger a copy of a plan is
    #[command(after_help = "\
Examples:
  ledger identify ~/Downloads/TODO.md       the moments at which the plan had this very text
  git show v1.2:TODO.md | ledger identify -
  ledger identify old.md --diff             and how it differs from the nearest one

Exit 0: a moment has this text, or has it but for its line ends or the line feed at its end; 1: none
has, and the nearest is named.")]
    Identify(Later<Identify>),
    /// Check the chain, the bodies and the documents
    #[command(after_help = "\
Examples:
  ledger verify
  ledger verify --chain                     only that no event was changed, added or removed
  ledger verify --deep                      also the store, the checkouts and every moment's tasks
  ledger verify --journal copy.jsonl        an exported journal, anywhere
  ledger verify --checkpoint FILE           that it goes on from what a checkpoint stands for
  git log -1 --format=%B | ledger verify --checkpoint -")]
    Verify(Later<Verify>),
    /// Find what a plan says that cannot all be true, and what in it is stale or broken
    #[command(after_help = "\
Examples:
  ledger check                              the ledger's plans, as the files are now
  ledger check docs/PLAN.md                 any markdown file, also without a ledger
  ledger check --rules                      what is looked for
  ledger check --rule duplicate-id --json
  ledger check --except missing-output      all rules but this one
  ledger check --fix --dry-run              what could be put right without a doubt
  ledger check --format sarif > check.sarif
  git show HEAD:TODO.md | ledger check -    what is on standard input

Exit 0: nothing found, or nothing left; 1: findings; 2: a plan cannot be checked. With --fix in a
ledger what was edited by hand is recorded first, then the fixes as one event.")]
    Check(Later<Check>),
    /// Sign the history up to now
    #[command(after_help = "\
Examples:
  ledger checkpoint --to plan.checkpoint    a file to keep elsewhere, or to hand to somebody
  ledger checkpoint --git-note              into git's notes (refs/notes/ledger-checkpoint)
  git commit -m \"Release\" -m \"$(ledger checkpoint --trailer)\"
  ledger checkpoint --show-key              what others check it with

A chain cannot show that its end was cut off, or that all of it was written anew; a checkpoint that
was kept elsewhere does (ledger verify --checkpoint). The key is made the first time, and lies in
the ledger's folder keys/.")]
    Checkpoint(Later<Checkpoint>),
    /// Prove that an event is in the history, or that the history goes on from an older one
    #[command(after_help = "\
Examples:
  ledger prove 12 --to done.tlog-proof      that event 12 is in it, and what it says
  ledger prove 12 --header-only             only its header: who, when, which task and status
  ledger prove --from plan.checkpoint       that nothing of what was signed then was changed
  ledger verify-proof done.tlog-proof --key KEY    anywhere, without the ledger")]
    Prove(Later<Prove>),
    /// Check a proof, with or without a ledger
    #[command(after_help = "\
Examples:
  ledger verify-proof done.tlog-proof       where the ledger is
  ledger verify-proof done.tlog-proof --key KEY    anywhere
  ledger verify-proof newer.proof --checkpoint plan.checkpoint --key KEY")]
    VerifyProof(Later<VerifyProof>),
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
    /// Remove what should never have been recorded
    #[command(after_help = "\
Examples:
  ledger redact --text - --dry-run < secret.txt     what would go; - keeps it out of sight
  ledger redact --text - --reason \"a password\" --yes < secret.txt
  ledger redact 12 --dry-run                        the parts of event 12, by their numbers
  ledger redact 12 --part 3 --reason \"a customer's name\"

The parts go from the journal, the store and whatever else is in the ledger's directory. Ids,
statuses and proofs stay, and verify as before: an event commits only to the hash of each part.
Where the plan has the text, an edit that takes it out is recorded first; moments that had it show
[redacted] there. That it was done, why and by whom is recorded, and the text is not. If it breaks
off, the same command finishes it, and so does `ledger doctor --fix`; `ledger verify` says so.

A text of several lines is found in one part, in one line, and as lines of a plan one below the
other, however they are indented and whenever each of them came. What somebody could check a guess
with goes too: the salts of the hashes of texts that had it, and digests of the commands.

It cannot reach git's history, exported journals, backups and other clones; it says what it knows of.
A text that is in a task's id now is refused until `ledger append rekey` has given it another one.
Exit 0: it is gone from the ledger; 1: something is left that cannot go, such as an actor's name.")]
    Redact(Later<Redact>),
    /// Hand out ids for tasks that are yet to be written
    #[command(after_help = "\
Examples:
  ledger ids reserve US 6                   six ids that no task ever had, one a line
  ledger append add \"Measure it\" --id auto:US    one of them for a task at once")]
    Ids(Later<Ids>),
    /// Let agents and git tell the ledger by themselves
    #[command(after_help = "\
Examples:
  ledger hooks install claude-code codex
  ledger hooks install all --dry-run        what would be written, and nothing is
  ledger hooks status                       which are installed, and which have really fired
  ledger hooks uninstall all                every file as it was")]
    Hooks(Later<Hooks>),
    /// Run the whole main job on an example, and explain it
    #[command(after_help = "\
Examples:
  ledger demo                               on a built-in example plan
  ledger demo TODO.md                       on a copy of your own plan")]
    Demo(Later<Demo>),
    /// Say how to use a command, or what there is to know of a topic
    #[command(after_help = "\
Examples:
  ledger help                               the commands and the topics
  ledger help append complete
  ledger help rules                         a topic: what changes have to keep to")]
    Help(Later<Help>),
    /// Describe the JSON that commands print, as JSON Schemas
    #[command(after_help = "\
Examples:
  ledger schema                             the commands that print JSON
  ledger schema stats > stats.schema.json   what each member of its answer is

A schema (JSON Schema, draft 2020-12) describes the whole answer or, where a command prints a line
for each thing, one line. There are no members but those that it describes.")]
    Schema(Later<Schema>),
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  ledger completions bash > ~/.local/share/bash-completion/completions/ledger
  ledger completions fish > ~/.config/fish/completions/ledger.fish
  source <(ledger completions zsh)          in ~/.zshrc, after compinit

It offers the ids of the plan's tasks with their titles, those first that a change is meant for,
and types of events, actors, plans and rules. It asks the ledger each time and changes nothing.")]
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

/// `ledger help`
#[derive(Debug, Args)]
pub(crate) struct Help {
    /// A command, or one of the topics that `ledger help` lists
    #[arg(value_name = "COMMAND|TOPIC")]
    pub(crate) words: Vec<String>,
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
