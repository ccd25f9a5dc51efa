//! Help and errors are interface: what they say is held in `snapshots/`.
//!
//! `LEDGER_BLESS=1 cargo test -p ledger-cli --test ledger snapshots::` writes the files anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::help::commands;
use crate::support::Project;

const PLAN: &str = "\
# Plan

- [ ] **US-1**: Draw the map
- [x] **US-2**: Ink the coast
- [ ] **X-1**: Paint the fence
- [ ] **X-1**: Ship the parser
";

/// What goes wrong, under a name.
const ERRORS: [(&str, &[&str]); 18] = [
    ("no-such-command", &["frobnicate"]),
    ("no-such-option", &["status", "--frobnicate"]),
    ("no-such-topic", &["help", "frobnicate"]),
    ("nothing-to-append", &["append"]),
    ("no-such-task", &["show", "US-3"]),
    ("no-task-to-start", &["append", "start", "US-11"]),
    ("two-tasks", &["append", "start", "X-1"]),
    ("completed-already", &["append", "complete", "US-2"]),
    ("not-blocked", &["append", "unblock", "US-1"]),
    ("no-reason", &["append", "block", "US-1"]),
    ("no-such-event", &["show", "event:99"]),
    ("no-such-moment", &["render", "--at", "99", "--stdout"]),
    ("no-such-plan", &["blame", "OTHER.md"]),
    ("no-such-type", &["audit", "--type", "frobnicated"]),
    ("no-such-status", &["list", "--status", "frobnicated"]),
    ("no-such-section", &["audit", "--under", "Harbour"]),
    ("wrong-range", &["audit", "--range", "5..3"]),
    (
        "array-to-follow",
        &["audit", "--follow", "--format", "json"],
    ),
];

/// Compares texts with the files of a folder, or writes the files.
#[track_caller]
fn hold(folder: &str, said: &BTreeMap<String, String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/snapshots")
        .join(folder);
    let there = || -> Vec<PathBuf> {
        let entries = fs::read_dir(&folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    if std::env::var_os("LEDGER_BLESS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for path in there() {
            fs::remove_file(path).unwrap();
        }
        for (name, text) in said {
            fs::write(folder.join(format!("{name}.txt")), text).unwrap();
        }
        return;
    }
    for (name, text) in said {
        let held = fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap_or_default();
        assert_eq!(
            *text,
            held.replace("\r\n", "\n"),
            "{name}; LEDGER_BLESS=1 accepts what is said now"
        );
    }
    assert_eq!(
        there().len(),
        said.len(),
        "files that nothing says any more"
    );
}

#[test]
fn the_help_of_every_command_is_as_it_was() {
    let project = Project::empty();
    let mut said = BTreeMap::from([("ledger".to_owned(), project.ok(["help"]).stdout)]);
    for words in commands(&project) {
        let typed: Vec<&str> = words.iter().map(String::as_str).collect();
        let help = project.ok([typed.as_slice(), &["--help"]].concat()).stdout;
        said.insert(words.join("-"), help);
    }
    hold("help", &said);
}

#[test]
fn errors_say_what_they_said() {
    let project = Project::adopted(PLAN);
    let mut said = BTreeMap::new();
    for (name, words) in ERRORS {
        let run = project.run(words);
        assert_ne!(run.code, 0, "{name}");
        let typed = words.join(" ");
        let text = format!("$ ledger {typed}\n{}exit {}\n", run.stderr, run.code);
        said.insert(name.to_owned(), text);
    }
    let elsewhere = Project::empty();
    let run = elsewhere.run(["status"]);
    let folder = fs::canonicalize(elsewhere.folder()).unwrap();
    let text = run.stderr.replace(&folder.display().to_string(), "FOLDER");
    said.insert(
        "no-ledger".to_owned(),
        format!("$ ledger status\n{text}exit {}\n", run.code),
    );
    hold("errors", &said);
}
