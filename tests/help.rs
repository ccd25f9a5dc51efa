//! What the program says of itself: help of commands, topics, man pages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Project;

/// The words of the help's list that begins with this line.
fn listed(help: &str, heading: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| !line.starts_with(heading))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("    "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect()
}

/// Every command, as it is typed: `append`, `append start`, …
pub(crate) fn commands(project: &Project) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(words) = open.pop() {
        let all: Vec<&str> = words.iter().map(String::as_str).collect();
        let help = project.ok([all.as_slice(), &["--help"]].concat()).stdout;
        for below in listed(&help, "Commands:") {
            if below != "help" || words.is_empty() {
                open.push([words.clone(), vec![below]].concat());
            }
        }
        found.push(words);
    }
    found.retain(|words| !words.is_empty());
    found
}

fn topics(project: &Project) -> Vec<String> {
    listed(&project.ok(["help"]).stdout, "Topics")
}

#[test]
fn help_of_a_command_is_what_its_option_prints() {
    let project = Project::empty();
    let commands = commands(&project);
    assert!(commands.len() > 30, "{commands:?}");
    for words in commands {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let helped = project.ok([&["help"], words.as_slice()].concat()).stdout;
        let asked = project.ok([words.as_slice(), &["--help"]].concat()).stdout;
        // A command can be a topic too; then there is more to say.
        assert!(helped.starts_with(&asked), "{words:?}: {helped}");
        assert!(helped == asked || words == ["hooks"], "{words:?}: {helped}");
    }
    project.fails(
        ["help", "no\u{1b}such"],
        2,
        &["no command or topic", "exit-codes", "ledger help"],
    );
}

#[test]
fn topics_name_only_what_there_is() {
    let project = Project::empty();
    let topics = topics(&project);
    assert_eq!(
        topics,
        [
            "refs",
            "dialects",
            "rules",
            "hooks",
            "formats",
            "exit-codes",
            "environment"
        ]
    );
    let commands = commands(&project);
    let mut help = project.ok(["--help"]).stdout;
    for words in &commands {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        help.push_str(&project.ok([words.as_slice(), &["--help"]].concat()).stdout);
    }
    for topic in &topics {
        let text = project.ok(["help", topic.as_str()]).stdout;
        assert!(
            text.lines().all(|line| line.chars().count() <= 120),
            "{topic}"
        );
        let words: Vec<&str> = text
            .split(|c: char| !(c.is_alphanumeric() || "-_".contains(c)))
            .filter(|word| !word.is_empty())
            .collect();
        for near in words.windows(3) {
            let named = near[2];
            let is_named = near[1] == "ledger" && near[0] != "the";
            let is_other = ["s", "toml"].contains(&named);
            if is_named && !is_other && named.chars().all(|c| c.is_ascii_lowercase()) {
                let is_command = commands.iter().any(|own| own[0] == named);
                assert!(is_command, "{topic}: {named}");
            }
        }
        for word in words.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(word), "{topic}: {word}");
        }
    }
}

#[test]
fn topics_name_all_that_the_program_knows() {
    let project = Project::adopted("- [ ] **T-1**: one\n");
    let topic = |name: &str| project.ok(["help", name]).stdout;
    let rules = topic("rules");
    let checks = project.ok(["check", "--rules", "--json"]).stdout;
    let checks: serde_json::Value = serde_json::from_str(&checks).unwrap();
    for rule in checks.as_array().unwrap() {
        let name = rule["name"].as_str().unwrap();
        assert!(rules.contains(&format!("  {name} ")), "{name}");
    }
    let named: Vec<String> = listed(&rules, "\"deny\"")
        .into_iter()
        .chain(rules.lines().skip(3).filter_map(|line| {
            let name = line.strip_prefix("  ")?.split_whitespace().next()?;
            Some(name.to_owned())
        }))
        .collect();
    for name in ["dependencies-completed", "evidence", "required-fields"] {
        assert!(named.iter().any(|own| own == name), "{name}");
    }

    let dialects = topic("dialects");
    let statuses = dialects.split_once("A task is ").unwrap().1;
    for status in statuses.trim().trim_end_matches('.').split(", ") {
        project.ok(["list", "--status", status]);
    }
    for format in listed(&topic("formats"), "Queries answer") {
        project.ok(["audit", "--format", format.as_str()]);
    }
    let agents: Vec<String> = topic("hooks")
        .lines()
        .skip_while(|line| !line.ends_with("NAME is"))
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert!(agents.len() > 5, "{agents:?}");
    for agent in agents
        .iter()
        .filter(|agent| *agent != "git" && *agent != "all")
    {
        project.ok(["hooks", "install", agent.as_str(), "--dry-run"]);
    }
}

#[test]
fn the_ways_to_write_a_task_in_the_topic_are_tasks() {
    let dialects = Project::empty().ok(["help", "dialects"]).stdout;
    let sample = |start: &str| -> String {
        let line = dialects.lines().find(|line| line.trim().starts_with(start));
        let line = line.expect("the sample").trim();
        line.split("   ").next().unwrap().trim().to_owned()
    };
    let plan = format!(
        "# Plan\n\n{}\n\n{}\n\n**Status**: Pending\n\n## Table\n\n| id | task | status |\n|---|---|---|\n{}\n",
        sample("- [ ]"),
        sample("### TASK-012"),
        sample("| TASK-7"),
    );
    let project = Project::adopted(&plan);
    let listed = project.ok(["list"]).stdout;
    for id in ["TODO-001", "TASK-012", "TASK-7"] {
        assert!(listed.contains(id), "{id}: {listed}");
    }
}

#[test]
fn every_variable_of_the_program_is_in_the_topic() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let topic = Project::empty().ok(["help", "environment"]).stdout;
    let mut open: Vec<PathBuf> = ["document", "core", "store", "cli"]
        .map(|name| root.join("crates").join(name).join("src"))
        .into();
    let mut variables = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        // What the build has set is nobody's to set.
        let text = text.replace("env!(\"LEDGER_", "");
        for after in text.split("\"LEDGER_").skip(1) {
            let end = after.find(|c: char| !(c.is_ascii_uppercase() || c == '_'));
            let name = format!("LEDGER_{}", &after[..end.unwrap_or(after.len())]);
            assert!(topic.contains(&format!("  {name} ")), "{name} in {path:?}");
            variables += 1;
        }
    }
    assert!(variables >= 3);
}

#[test]
fn a_schema_is_asked_for_as_its_command_is_typed() {
    let project = Project::empty();
    let schema = project.ok(["schema", "hooks-status"]).stdout;
    assert_eq!(project.ok(["schema", "hooks", "status"]).stdout, schema);
    assert_ne!(project.ok(["schema", "ids", "reserve"]).stdout, schema);
    project.fails(
        ["schema", "hooks", "install"],
        2,
        &["'install'", "ledger schema"],
    );
}

#[test]
fn every_command_and_option_has_its_place_in_the_man_pages() {
    let project = Project::empty();
    project.ok(["man", "pages"]);
    let plain = |page: &str| {
        page.replace("\\-", "-")
            .replace("\\fB", "")
            .replace("\\fR", "")
    };
    for words in commands(&project) {
        let name = format!("ledger-{}", words.join("-"));
        let page = project.read(&format!("pages/{name}.1"));
        // A groff without its preprocessor reads bytes.
        assert!(page.is_ascii(), "{name}");
        let page = plain(&page);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let help = project.ok([words.as_slice(), &["--help"]].concat()).stdout;
        for line in help.lines().map(str::trim_start) {
            let option = line
                .split([' ', ',', '=', '['])
                .find(|word| word.starts_with("--"));
            if let Some(option) = option.filter(|_| line.starts_with('-')) {
                assert!(page.contains(option), "{name}: {option}");
            }
        }
        assert!(
            !help.contains("Examples:") || page.contains("Examples:"),
            "{name}"
        );
    }
    assert!(project.read("pages/ledger.1").contains("Exit codes"));

    let is_there = Command::new("man").arg("--version").output().is_ok();
    for entry in fs::read_dir(project.path("pages")).unwrap() {
        if !is_there {
            return;
        }
        let page = entry.unwrap().path();
        let output = Command::new("man")
            .args(["--warnings", "-E", "UTF-8", "-l"])
            .arg(&page)
            .env("MANWIDTH", "80")
            .env("LC_ALL", "C.UTF-8")
            .env("MANPAGER", "cat")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        // A system can have man without what it formats pages with.
        if output.status.success() {
            assert!(said.is_empty(), "{page:?}: {said}");
        }
    }
}
