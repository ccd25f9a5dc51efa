//! What shells offer: ids with titles, types, statuses, plans; and that nothing of it is run.

use std::path::Path;
use std::process::Command;

use crate::support::Project;

const PLAN: &str = "\
# Plan

- [x] **US-1**: Draw the map
- [~] **US-2**: Ink the coast
- [ ] **US-3**: Sail home: \u{1b}[2J at last
- [ ] **OPS-1**: Rent a ship
";

/// Loads the script that `ledger completions bash` prints, and asks it as bash does.
const ASK: &str = r#"
source <(ledger completions bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9
_clap_complete_ledger ledger "${COMP_WORDS[COMP_CWORD]}" ""
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// With the folder of the binary before all others.
fn in_path(project: &Project, program: &str) -> Command {
    let ours = project.command(["--version"]);
    let mut command = Command::new(program);
    command.current_dir(project.folder()).env_clear();
    for (name, value) in ours.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_ledger")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder.display()));
    command
}

/// What bash offers for the last of these words.
#[track_caller]
fn offered(project: &Project, words: &[&str]) -> Vec<String> {
    let output = in_path(project, "bash")
        .args(["--norc", "--noprofile", "-c", ASK, "bash", "ledger"])
        .args(words)
        .output()
        .expect("bash");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(unix)]
#[test]
fn bash_offers_the_ids_of_tasks_those_first_that_a_change_is_meant_for() {
    let project = Project::adopted(PLAN);
    let start = offered(&project, &["append", "start", ""]);
    let ids: Vec<&str> = start
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect();
    assert_eq!(ids, ["US-3", "OPS-1", "US-2", "US-1"]);
    let reopen = offered(&project, &["append", "reopen", "US"]);
    assert_eq!(reopen, ["US-1", "US-2", "US-3"]);
    assert_eq!(offered(&project, &["audit", "--task", "OP"]), ["OPS-1"]);
    assert_eq!(offered(&project, &["show", "OP"]), ["OPS-1"]);
}

#[cfg(unix)]
#[test]
fn bash_offers_types_statuses_actors_plans_and_rules() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "OPS-1", "--actor", "agent:navigator"]);
    assert_eq!(
        offered(&project, &["audit", "--type", "task.comp"]),
        ["task.completed"]
    );
    assert_eq!(
        offered(&project, &["list", "--status", "in"]),
        ["in_progress"]
    );
    assert_eq!(
        offered(&project, &["audit", "--actor", "nav"]),
        ["navigator"]
    );
    assert_eq!(
        offered(&project, &["diff", "1", "--plan", "TO"]),
        ["TODO.md"]
    );
    assert_eq!(
        offered(&project, &["check", "--rule", "duplicate"]),
        ["duplicate-id"]
    );
    assert_eq!(offered(&project, &["verify", "--cha"]), ["--chain"]);
}

#[cfg(unix)]
#[test]
fn an_id_that_a_shell_would_run_is_not_offered() {
    let ids = [
        "$(touch pwned)",
        "`touch pwned`",
        "X;touch pwned",
        "X&touch",
        "*",
        "~root",
        "X'Y",
        "X\"Y",
        "-rf",
        "X>pwned",
    ];
    let mut plan = PLAN.to_owned();
    for id in ids {
        plan.push_str(&format!(
            "- [ ] **{id}**: a `touch pwned` $(touch pwned) title\n"
        ));
    }
    let project = Project::adopted(&plan);
    for (query, word) in [("show", ""), ("show", "X"), ("show", "$"), ("show", "`")] {
        for offered in offered(&project, &[query, word]) {
            let is_harmless = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            assert!(offered.chars().all(is_harmless), "{offered}");
        }
    }
    assert!(!project.path("pwned").exists());
    assert!(!offered(&project, &["show", ""]).contains(&"-rf".to_owned()));
}

#[cfg(unix)]
#[test]
fn nothing_is_offered_or_said_where_there_is_no_ledger() {
    let project = Project::empty();
    assert_eq!(offered(&project, &["append", "start", "U"]), [""; 0]);
    project.write(".ledger", "no folder");
    assert_eq!(offered(&project, &["append", "start", "U"]), [""; 0]);
    let elsewhere = Project::adopted(PLAN);
    let folder = elsewhere.folder().to_str().unwrap();
    assert_eq!(offered(&project, &["-C", folder, "show", "OP"]), ["OPS-1"]);
}

#[cfg(unix)]
#[test]
fn a_question_changes_nothing() {
    let project = Project::adopted(PLAN);
    project.write("TODO.md", PLAN.replace("[ ] **OPS-1**", "[x] **OPS-1**"));
    let before = project.events().len();
    let state = || -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let folder = std::fs::read_dir(project.path(".ledger")).unwrap();
        let mut files: Vec<_> = folder
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let files = state();
    assert_eq!(offered(&project, &["show", "OP"]), ["OPS-1"]);
    assert_eq!(state(), files);
    assert_eq!(project.events().len(), before);
}

#[test]
fn fish_and_zsh_are_told_the_titles() {
    let project = Project::adopted(PLAN);
    let ask = |shell: &str| {
        let run = project
            .command(["--", "ledger", "show", "US-3"])
            .env("LEDGER_COMPLETE", shell)
            .env("_CLAP_COMPLETE_INDEX", "2")
            .output()
            .unwrap();
        assert!(run.status.success() && run.stderr.is_empty(), "{run:?}");
        String::from_utf8(run.stdout).unwrap()
    };
    let title = "Sail home: \\u{1b}[2J at last (pending)";
    assert_eq!(ask("fish").trim_end(), format!("US-3\t{title}"));
    // zsh takes a backslash for the beginning of an escape.
    let escaped = title.replace('\\', "\\\\");
    assert_eq!(ask("zsh").trim_end(), format!("US-3:{escaped}"));
    assert_eq!(ask("no-such-shell"), "");
}
