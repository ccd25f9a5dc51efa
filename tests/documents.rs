//! The README and its siblings say what the program does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Project;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The words in the list of commands of a help text.
fn commands(help: &str) -> BTreeSet<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// What stands between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn the_readme_names_every_command_and_no_other() {
    let project = Project::empty();
    let readme = read("README.md");
    let known = commands(&project.ok(["--help"]).stdout);
    let table: BTreeSet<String> = readme
        .lines()
        .filter(|line| line.starts_with("| `ledger "))
        .flat_map(|line| {
            code(line.split('|').nth(1).unwrap())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter_map(|code| {
            code.strip_prefix("ledger ")?
                .split_whitespace()
                .next()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(table, known);

    let changes = commands(&project.ok(["append", "--help"]).stdout);
    let row = readme
        .lines()
        .find(|line| line.starts_with("| `ledger append CHANGE"))
        .unwrap();
    let listed: BTreeSet<String> = code(row.split('|').nth(2).unwrap())
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, changes);
}

#[test]
fn every_flag_in_the_readme_is_a_flag() {
    let project = Project::empty();
    let mut help = project.ok(["--help"]).stdout;
    for command in commands(&help.clone()) {
        help.push_str(&project.ok([command.as_str(), "--help"]).stdout);
    }
    for above in ["append", "hooks"] {
        for below in commands(&project.ok([above, "--help"]).stdout) {
            help.push_str(&project.ok([above, below.as_str(), "--help"]).stdout);
        }
    }
    let readme = read("README.md");
    let ours = readme.lines().filter(|line| !line.contains("cargo "));
    for word in ours.flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '-'))) {
        let flag = word.strip_prefix("--").unwrap_or_default();
        if flag.starts_with(char::is_alphabetic) {
            assert!(help.contains(word), "{word} is no flag");
        }
    }
}

#[test]
fn every_help_has_an_example_or_needs_none() {
    let project = Project::empty();
    let obvious = ["status", "next", "man", "completions"];
    for command in commands(&project.ok(["--help"]).stdout) {
        let help = project.ok([command.as_str(), "--help"]).stdout;
        assert!(
            help.contains("Examples:") || obvious.contains(&command.as_str()),
            "{command}"
        );
    }
}

#[test]
fn the_batch_in_the_readme_is_a_batch() {
    let project = Project::adopted(
        "**Current Status**: Phase 1\n\n- [ ] **TASK-7**: Image\n- [x] **TASK-6**: Base ✅ 2025-10-14\n",
    );
    let readme = read("README.md");
    let batch = readme
        .split("```json\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let run = project.run_with(["append", "--json"], batch);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let plan = project.plan();
    assert!(
        plan.contains("- [x] **TASK-7**: Image ✅ 2025-10-15\n"),
        "{plan}"
    );
    assert!(
        plan.contains("**Current Status**: Phase 2 is done"),
        "{plan}"
    );
}

#[test]
fn the_architecture_names_every_module() {
    let text = read("ARCHITECTURE.md");
    let named: BTreeSet<&str> = code(&text).collect();
    for (package, own) in [("document", true), ("core", true), ("cli", false)] {
        let folder = root().join("crates").join(package).join("src");
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let counts = own && !["lib", "main"].contains(&name.as_str());
            assert!(
                !counts || named.contains(name.as_str()),
                "{package}: {name}"
            );
        }
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "ledger-format.md",
    ] {
        let text = read(name);
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if !link.starts_with("http") {
                let path = link.split('#').next().unwrap();
                assert!(root().join(path).exists(), "{name}: {link}");
            }
        }
    }
}

#[test]
fn the_changelog_has_the_version() {
    let version = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(
        read("CHANGELOG.md")
            .lines()
            .any(|line| line.starts_with(&version))
    );
}
