//! What a shell offers for a word that is being typed: ids of tasks with their titles, types of
//! events, actors, plans, names of rules.
//!
//! The script that `ledger completions` prints runs `ledger` with [`VARIABLE`] set, and gets what
//! fits, one candidate a line (the dynamic engine of clap_complete). The ledger is only looked at:
//! without its lock, and without a word where there is none. Shells put what is chosen into the
//! command line as it is, so only words are offered that mean nothing else there.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, Command};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use ledger_core::plan::TYPES;
use ledger_core::{Plan, Status, check};

use crate::args::{self, Global};
use crate::output::columns::fit;
use crate::output::escape::plain;
use crate::session::{Access, Session};

/// The variable by which a script asks.
pub(crate) const VARIABLE: &str = "LEDGER_COMPLETE";

/// The most tasks that are offered.
const MOST: usize = 2_000;
/// The most cells of a title that are shown beside an id.
const TITLE: usize = 60;

/// Answers a shell that asks; `false` where none does.
pub(crate) fn answer() -> bool {
    if std::env::var_os(VARIABLE).is_none() {
        return false;
    }
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(whole).var(VARIABLE);
    // A shell that is asked in the wrong way has nothing to offer, and nobody to tell it to.
    asked
        .try_complete(std::env::args_os(), here.as_deref())
        .unwrap_or(true)
}

/// The command line with what its words can be.
fn whole() -> Command {
    with_words(args::whole())
}

fn with_words(command: Command) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|arg| match offered(&name, &arg) {
            Some(words) => arg.add(words),
            None => arg,
        })
        .mut_subcommands(with_words)
}

/// What can stand for an argument of a command.
fn offered(command: &str, arg: &Arg) -> Option<ArgValueCandidates> {
    let command = command.to_owned();
    Some(match arg.get_id().as_str() {
        "task" | "on" | "after" | "under" | "what" => {
            ArgValueCandidates::new(move || tasks(&command))
        }
        "kind" if command == "audit" => ArgValueCandidates::new(types),
        "actor" => ArgValueCandidates::new(actors),
        "plan" | "plans" if command != "init" && command != "demo" => {
            ArgValueCandidates::new(plans)
        }
        "rules" if command == "check" => ArgValueCandidates::new(rules),
        "status" | "from_status" | "to_status" => ArgValueCandidates::new(statuses),
        _ => return None,
    })
}

fn tasks(command: &str) -> Vec<CompletionCandidate> {
    of_plan(|plan| {
        let mut tasks = plan.tasks_in_order();
        tasks.sort_by_key(|task| rank(command, task.status()));
        let offered = tasks.into_iter().filter(|task| is_word(task.key.as_str()));
        let candidates = offered.take(MOST).enumerate().map(|(at, task)| {
            let title = plain(&task.title);
            let help = format!("{} ({})", fit(&title, TITLE), task.status().name());
            CompletionCandidate::new(task.key.as_str())
                .help(Some(help.into()))
                .display_order(Some(at))
        });
        candidates.collect()
    })
}

/// How soon a task is offered to a command, by its status: first those that it is meant for.
fn rank(command: &str, status: Status) -> u8 {
    use Status::{Blocked, Cancelled, Completed, InProgress, IssuesFound, Pending};
    let order = match command {
        "start" => [
            Pending,
            IssuesFound,
            Blocked,
            InProgress,
            Cancelled,
            Completed,
        ],
        "unblock" => [
            Blocked,
            IssuesFound,
            InProgress,
            Pending,
            Cancelled,
            Completed,
        ],
        "reopen" => [
            Completed,
            Cancelled,
            IssuesFound,
            Blocked,
            InProgress,
            Pending,
        ],
        _ => [
            InProgress,
            Pending,
            Blocked,
            IssuesFound,
            Completed,
            Cancelled,
        ],
    };
    let place = order.iter().position(|&own| own == status);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(u8::MAX)
}

fn types() -> Vec<CompletionCandidate> {
    TYPES.iter().map(CompletionCandidate::new).collect()
}

fn statuses() -> Vec<CompletionCandidate> {
    let names = Status::ALL.into_iter().map(Status::name);
    names.map(CompletionCandidate::new).collect()
}

fn rules() -> Vec<CompletionCandidate> {
    let rules = check::RULES.iter();
    rules
        .map(|rule| CompletionCandidate::new(rule.name).help(Some(rule.about.into())))
        .collect()
}

/// Who has a task in progress.
fn actors() -> Vec<CompletionCandidate> {
    of_plan(|plan| {
        let doers = plan.tasks().keys().filter_map(|key| plan.doer(key));
        let mut names: Vec<&str> = doers
            .map(|doer| doer.id.as_str())
            .filter(|name| is_word(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(CompletionCandidate::new).collect()
    })
}

fn plans() -> Vec<CompletionCandidate> {
    of_plan(|plan| {
        let paths = plan.documents().map(|document| document.path.as_str());
        let paths = paths.filter(|path| is_word(path));
        paths.map(CompletionCandidate::new).collect()
    })
}

/// Whether no shell takes anything in a word for more than a letter, and no command for an option.
fn is_word(word: &str) -> bool {
    let harmless = |c: char| c.is_alphanumeric() || "_-./:@%+,#".contains(c);
    word.starts_with(char::is_alphanumeric) && word.chars().all(harmless)
}

/// What the plan of the ledger offers that the typed words mean; nothing where there is none.
fn of_plan(offer: impl FnOnce(&Plan) -> Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    let Ok(session) = Session::open(&global(std::env::args_os()), Access::Read) else {
        return Vec::new();
    };
    let offered = offer(session.plan());
    // At its end a session says what it met on the way, and a prompt is no place for that.
    std::mem::forget(session);
    offered
}

/// Which ledger the words mean that were typed so far.
fn global(words: impl Iterator<Item = OsString>) -> Global {
    let mut global = Global {
        ledger: std::env::var_os("LEDGER_DIR").map(PathBuf::from),
        directory: None,
        wait: 0.0,
    };
    let mut words = words.skip_while(|word| word != "--").skip(1);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--ledger") => global.ledger = words.next().map(PathBuf::from),
            Some("-C") => global.directory = words.next().map(PathBuf::from),
            Some(word) => {
                if let Some(ledger) = word.strip_prefix("--ledger=") {
                    global.ledger = Some(PathBuf::from(ledger));
                }
            }
            None => {}
        }
    }
    global
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_act_on_is_no_word() {
        for word in ["US-1", "ID#2", "docs/TODO.md", "Übung-3"] {
            assert!(is_word(word), "{word}");
        }
        for word in [
            "",
            "-x",
            "a b",
            "$(x)",
            "`x`",
            "a;b",
            "a\nb",
            "*",
            "~",
            "a'b",
            "#a",
            "\u{1b}[2J",
        ] {
            assert!(!is_word(word), "{word:?}");
        }
    }

    #[test]
    fn the_typed_words_say_which_ledger() {
        let words = [
            "ledger",
            "--",
            "ledger",
            "-C",
            "a",
            "--ledger=b",
            "show",
            "",
        ];
        let global = global(words.into_iter().map(OsString::from));
        assert_eq!(global.directory, Some(PathBuf::from("a")));
        assert_eq!(global.ledger, Some(PathBuf::from("b")));
    }
}
