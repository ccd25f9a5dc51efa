//! What is to be known besides the commands. What the code has a list of is taken from there.

use std::fmt::Write as _;

use clap::ValueEnum;
use ledger_core::{Status, check, rules};

use crate::args::{Format, REFERENCES, Whose};

/// Something to be known.
pub(super) struct Topic {
    /// What `ledger help` takes.
    pub(super) name: &'static str,
    /// What it is about.
    pub(super) about: &'static str,
    /// All of it.
    pub(super) text: fn() -> String,
}

/// All topics there are.
pub(super) const TOPICS: &[Topic] = &[
    Topic {
        name: "refs",
        about: "how to name a moment of the plan",
        text: refs,
    },
    Topic {
        name: "dialects",
        about: "what a plan may look like, and the statuses a task can have",
        text: dialects,
    },
    Topic {
        name: "rules",
        about: "what changes have to keep to, and what a check looks for",
        text: all_rules,
    },
    Topic {
        name: "hooks",
        about: "how agents and git tell the ledger by themselves",
        text: hooks,
    },
    Topic {
        name: "formats",
        about: "in which forms answers are given",
        text: formats,
    },
    Topic {
        name: "exit-codes",
        about: "how a command says that it did what was asked",
        text: exit_codes,
    },
    Topic {
        name: "environment",
        about: "the variables that are read",
        text: environment,
    },
];

fn refs() -> String {
    format!("{REFERENCES}\n")
}

/// Names and what they mean, below each other.
fn list<'a>(entries: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> String {
    let widest = entries.clone().map(|(name, _)| name.len()).max();
    let widest = widest.unwrap_or(0);
    entries.fold(String::new(), |mut text, (name, about)| {
        let _ = writeln!(text, "  {name:widest$}  {about}");
        text
    })
}

/// The values that an option takes, and what they mean.
fn values<V: ValueEnum>() -> String {
    let values: Vec<_> = V::value_variants()
        .iter()
        .filter_map(V::to_possible_value)
        .map(|value| {
            let about = value.get_help().map(ToString::to_string);
            (value.get_name().to_owned(), about.unwrap_or_default())
        })
        .collect();
    list(
        values
            .iter()
            .map(|(name, about)| (name.as_str(), about.as_str())),
    )
}

fn dialects() -> String {
    let statuses: Vec<&str> = Status::ALL.into_iter().map(Status::name).collect();
    format!(
        "\
A task of a plan is written in any of these ways, and one file may mix them:

  - [ ] **TODO-001**: Title            a box: [ ], [x], [~], [-], [!], [/], [>]
  ### TASK-012: Title                  a heading with **Status**: Pending below it, or with a
                                       status word, tag, mark or strikethrough in it
  - TASK-7: Title ⏳                   an item with a status mark behind its title
  | TASK-7 | Title | done |            a row of a table with a status column
  ## Done                              a heading that is a status, for the bullets under it
  status: done                         YAML front matter, for the whole file

The plan's own legend says what its marks mean. Text is UTF-8; every byte of it is kept.

A task is {}.
",
        statuses.join(", ")
    )
}

fn all_rules() -> String {
    let project = list(rules::RULES.iter().map(|rule| (rule.name, rule.about)));
    let checks = list(check::RULES.iter().map(|rule| (rule.name, rule.about)));
    format!(
        "\
Rules of a project stand in a ledger.toml beside the plan, under [rules], each as \"off\", \"warn\" or
\"deny\". ledger audit --violations lists what broke one.

{project}
ledger check looks for more, without any file:

{checks}"
    )
}

fn hooks() -> String {
    format!(
        "\
ledger hooks install NAME lets an agent or git tell the ledger by itself, ledger hooks status says
which hooks are installed and have fired, ledger hooks uninstall NAME gives every file back. NAME is

{}",
        values::<Whose>()
    )
}

fn formats() -> String {
    format!(
        "\
Queries answer for people, and with --json for programs. ledger audit --format is one of

{}
What comes from plans is made harmless for where it is shown: no escape sequence gets to a terminal,
no formula into a table of values. ledger render --stdout, ledger export and ledger diff --text give
the bytes as they are.
",
        values::<Format>()
    )
}

fn exit_codes() -> String {
    "\
A command ends with

  0  done; also where whoever reads the output has seen enough
  1  findings: a refused change, drift, a failed verification, a task that is not there
  2  usage or trouble: it was not understood, or could not run

Errors are a line `error: …` on standard error, and what to do about it a line `hint: …`.
A hook (ledger append --hook) ends with 0 whatever happens, unless it is told --strict.
"
    .to_owned()
}

fn environment() -> String {
    "\
Variables that are read:

  LEDGER_DIR       the ledger's directory, as --ledger names it
  LEDGER_ACTOR     who does it, as --actor names it
  LEDGER_COMPLETE  set by completion scripts, for one run
  LEDGER_PAGER     what shows long answers on a terminal [default: PAGER, else less]; nothing does
                   where it is empty or cat
  LESS             how less shows them [default: FRX]
  NO_COLOR         where it is set, nothing is coloured
  TZ               where days begin and times are shown

  CLAUDE_CONFIG_DIR, CODEX_HOME, XDG_CONFIG_HOME
                   where ledger hooks install --user finds the agents' settings

Without --actor and LEDGER_ACTOR it is the agent whose mark is in the environment (such as
CLAUDECODE; only that it is there counts), else your login.
"
    .to_owned()
}
