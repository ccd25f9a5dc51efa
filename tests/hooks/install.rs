//! `ledger hooks`: settings that are edited in place, and given back.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::fires;
use crate::support::{Project, Run, git_in};

const PLAN: &str = "- [ ] T-1: Grind beans\n- [ ] T-2: Brew\n";

/// The agents, and where each reads its hooks.
const AGENTS: [(&str, &str); 6] = [
    ("claude-code", ".claude/settings.json"),
    ("codex", ".codex/hooks.json"),
    ("gemini-cli", ".gemini/settings.json"),
    ("copilot-cli", ".github/hooks/ledger.json"),
    ("opencode", ".opencode/plugin/ledger.js"),
    ("cursor", ".cursor/hooks.json"),
];

/// Settings that somebody wrote, in an order and a layout of their own.
const THEIRS: &str = "{\n\t\"zeta\": 1,\n\t\"hooks\": {\n\t\t\"PostToolUse\": [\n\t\t\t{ \"matcher\": \"Bash\", \"hooks\": [{ \"type\": \"command\", \"command\": \"./lint.sh\" }] }\n\t\t],\n\t\t\"Stop\": []\n\t},\n\t\"alpha\": { \"b\":2, \"a\" : 1 }\n}";

fn put(project: &Project, path: &str, text: &str) {
    fs::create_dir_all(project.path(path).parent().unwrap()).unwrap();
    project.write(path, text);
}

fn settings(project: &Project, path: &str) -> Value {
    serde_json::from_str(&project.read(path)).unwrap()
}

fn status(project: &Project, agent: &str) -> Value {
    let run = project.ok(["hooks", "status", agent, "--json"]);
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    all[0].clone()
}

/// Every file below a folder, with its text.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name == ".ledger") {
            continue;
        }
        found.push((path.display().to_string(), Vec::new()));
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.last_mut().unwrap().1 = fs::read(&path).unwrap(),
        }
    }
    found.sort();
    found
}

#[test]
fn files_that_were_not_there_are_made_and_go_again() {
    let project = Project::adopted(PLAN);
    let before = files(project.folder());
    for (agent, path) in AGENTS {
        let said = project.ok(["hooks", "install", agent]).stdout;
        assert!(said.contains(path) && said.contains("made"), "{said}");
        let text = project.read(path);
        let hook = format!("--hook {agent}");
        let has = text.contains(&hook) || text.replace("\",", "").contains("--hook");
        assert!(has && text.ends_with('\n'), "{text}");
        let made = files(project.folder());
        let said = project.ok(["hooks", "install", agent]).stdout;
        assert!(said.contains("installed already"), "{said}");
        assert_eq!(files(project.folder()), made);
        assert_eq!(status(&project, agent)["installed"][0]["level"], "project");
        project.ok(["hooks", "uninstall", agent]);
        assert_eq!(files(project.folder()), before);
        assert_eq!(status(&project, agent)["installed"], json!([]));
    }
    project.ok(["hooks", "install", "all"]);
    assert!(AGENTS.iter().all(|(_, path)| project.path(path).exists()));
    project.ok(["hooks", "uninstall", "all"]);
    assert_eq!(files(project.folder()), before);
    let said = project.ok(["hooks", "uninstall", "codex"]).stdout;
    assert!(said.contains("not installed"), "{said}");
}

#[test]
fn each_agent_is_given_the_form_it_reads() {
    let project = Project::adopted(PLAN);
    project.ok(["hooks", "install", "all"]);
    let claude = settings(&project, ".claude/settings.json");
    assert_eq!(
        claude["hooks"]["PostToolUse"][0],
        json!({
            "matcher": "Write|Edit|MultiEdit|NotebookEdit|Bash|TodoWrite|TaskCreate|TaskUpdate|mcp__.*",
            "hooks": [{
                "type": "command", "command": "ledger",
                "args": ["append", "--hook", "claude-code"], "timeout": 10,
            }],
        })
    );
    assert!(claude["hooks"]["SessionStart"][0]["matcher"].is_null());
    let codex = settings(&project, ".codex/hooks.json");
    assert_eq!(
        codex["hooks"]["Stop"],
        json!([{"hooks": [{"type": "command", "command": "ledger append --hook codex", "timeout": 10}]}])
    );
    let gemini = settings(&project, ".gemini/settings.json");
    let hook = &gemini["hooks"]["AfterTool"][0]["hooks"][0];
    assert_eq!(
        (&hook["timeout"], &hook["name"]),
        (&json!(10_000), &json!("ledger"))
    );
    let copilot = settings(&project, ".github/hooks/ledger.json");
    let command = "ledger append --hook copilot-cli --event agentStop";
    assert_eq!(copilot["version"], 1);
    assert_eq!(copilot["hooks"]["agentStop"][0]["bash"], command);
    let cursor = settings(&project, ".cursor/hooks.json");
    assert_eq!(cursor["version"], 1);
    assert_eq!(
        cursor["hooks"]["afterFileEdit"],
        json!([{"command": "ledger append --hook cursor"}])
    );
}

#[test]
fn what_is_installed_is_a_hook_that_works() {
    let project = Project::adopted(PLAN);
    project.ok(["hooks", "install", "all"]);
    for (path, event) in [
        (".codex/hooks.json", "SessionEnd"),
        (".gemini/settings.json", "AfterAgent"),
        (".github/hooks/ledger.json", "sessionEnd"),
        (".cursor/hooks.json", "stop"),
    ] {
        let entry = settings(&project, path)["hooks"][event][0].clone();
        let command = ["/hooks/0/command", "/command", "/bash"]
            .iter()
            .find_map(|at| entry.pointer(at)?.as_str())
            .unwrap();
        let mut words: Vec<&str> = command.split(' ').skip(1).collect();
        words.push("--strict");
        let payload = match words.contains(&"--event") {
            true => json!({"sessionId": "s"}),
            false => json!({"session_id": "s", "hook_event_name": event}),
        };
        let run = project.run_with(words, payload.to_string());
        assert_eq!((run.code, &*run.stderr), (0, ""), "{command}");
        let agent = AGENTS.iter().find(|(_, own)| *own == path).unwrap().0;
        assert_eq!(status(&project, agent)["fired"][0]["event"], event);
    }
}

#[test]
fn settings_that_are_there_come_back_byte_for_byte() {
    for text in [
        THEIRS,
        "{}",
        "{\r\n}\r\n",
        "\u{feff}{\"a\": [1,2]}\n",
        "{\"hooks\": {}}",
    ] {
        let project = Project::adopted(PLAN);
        for (agent, path) in AGENTS.iter().filter(|(_, path)| path.ends_with(".json")) {
            put(&project, path, text);
            let said = project.ok(["hooks", "install", agent]).stdout;
            assert!(said.contains("changed"), "{said}");
            let now = project.read(path);
            assert_ne!(now, text);
            assert!(
                !text.contains("lint.sh") || now.contains("./lint.sh"),
                "{now}"
            );
            project.ok(["hooks", "install", agent]);
            assert_eq!(project.read(path), now);
            project.ok(["hooks", "uninstall", agent]);
            assert_eq!(project.read(path), text, "{agent}");
        }
    }
}

#[test]
fn what_somebody_wrote_around_it_meanwhile_stays() {
    let project = Project::adopted(PLAN);
    let path = ".claude/settings.json";
    project.ok(["hooks", "install", "claude-code", "opencode"]);
    let text = project.read(path);
    project.write(path, text.replacen('{', "{\n  \"model\": \"m\",", 1));
    let plugin = ".opencode/plugin/ledger.js";
    let code = project.read(plugin);
    project.write(plugin, format!("{code}export const mine = 1\n"));
    project.ok(["hooks", "uninstall", "all"]);
    assert_eq!(project.read(path), "{\n  \"model\": \"m\"\n}\n");
    assert_eq!(project.read(plugin), "export const mine = 1\n");
}

#[test]
fn what_is_not_understood_is_left_alone_and_the_rest_is_done() {
    let project = Project::adopted(PLAN);
    let bad = "{\n  \"a\": 1,\n  \"b\": oops\n}\n";
    put(&project, ".gemini/settings.json", bad);
    put(&project, ".cursor/hooks.json", "\u{0}\n");
    fs::write(project.path(".cursor/hooks.json"), b"{}\n\xff").unwrap();
    let words = [
        ".gemini/settings.json",
        "line 3",
        "hint:",
        "line 2 is not UTF-8",
    ];
    project.fails(["hooks", "install", "all"], 2, &words);
    assert_eq!(project.read(".gemini/settings.json"), bad);
    assert_eq!(project.bytes(".cursor/hooks.json"), b"{}\n\xff");
    assert!(project.path(".claude/settings.json").exists());
    let said = status(&project, "gemini-cli");
    assert_eq!(
        said["problem"],
        Value::Null,
        "there is nothing of ours in it"
    );
    fs::create_dir_all(project.path(".codex/hooks.json/x")).unwrap_err();
}

#[test]
fn a_dry_run_shows_the_lines_and_writes_nothing() {
    let project = Project::adopted(PLAN);
    put(&project, ".codex/hooks.json", "{\n  \"a\": 1\n}\n");
    let before = files(project.folder());
    let said = project.ok(["hooks", "install", "all", "--dry-run"]).stdout;
    assert_eq!(files(project.folder()), before);
    for line in [
        "would be made",
        "would be changed",
        "  @ line 2\n  -   \"a\": 1\n  +   \"a\": 1,\n  +   \"hooks\": {\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
    project.ok(["hooks", "install", "codex"]);
    let said = project
        .ok(["hooks", "uninstall", "codex", "--dry-run"])
        .stdout;
    assert!(
        said.contains("would be changed") && said.contains("  -   \"hooks\": {\n"),
        "{said}"
    );
    assert!(project.read(".codex/hooks.json").contains("--hook"));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let project = Project::adopted(PLAN);
    put(&project, "dotfiles/settings.json", "{\n}\n");
    let target = project.path("dotfiles/settings.json");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(project.path(".claude")).unwrap();
    let link = project.path(".claude/settings.json");
    symlink("../dotfiles/settings.json", &link).unwrap();
    for way in ["install", "uninstall"] {
        project.ok(["hooks", way, "claude-code"]);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mode = fs::metadata(&target).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(project.path("dotfiles")).unwrap().count(), 1);
    }
    assert_eq!(fs::read(&target).unwrap(), b"{\n}\n");
    fs::remove_file(&target).unwrap();
    project.fails(["hooks", "install", "claude-code"], 2, &["leads nowhere"]);
}

#[test]
fn hooks_that_never_fired_are_pointed_out() {
    let project = Project::adopted(PLAN);
    assert_eq!(status(&project, "codex")["problem"], Value::Null);
    let said = project.ok(["hooks", "install", "codex"]).stdout;
    assert!(said.contains("review and trust them"), "{said}");
    let said = project.ok(["hooks", "status"]).stdout;
    assert!(said.contains("codex: installed\n"), "{said}");
    assert!(said.contains("no hook has fired yet"), "{said}");
    assert!(said.contains("review and trust them"), "{said}");
    assert!(said.contains("gemini-cli: not installed\n"), "{said}");
    fires(
        &project,
        "codex",
        &json!({"session_id": "s", "hook_event_name": "Stop"}),
    );
    let said = status(&project, "codex");
    assert_eq!(said["problem"], Value::Null);
    assert_eq!(said["fired"][0]["event"], "Stop");
    let said = project.ok(["hooks", "status", "codex"]).stdout;
    assert!(said.contains("Stop fired just now"), "{said}");
}

#[test]
fn the_users_own_settings_are_another_level() {
    let project = Project::adopted(PLAN);
    let home = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut command = project.command(words);
        Run::of(&command.env("HOME", home.path()).output().unwrap())
    };
    assert_eq!(run(&["hooks", "install", "all", "--user"]).code, 0);
    assert!(
        home.path()
            .join(".config/opencode/plugin/ledger.js")
            .exists()
    );
    assert!(!project.path(".claude").exists());
    let said = run(&["hooks", "status", "claude-code"]).stdout;
    assert!(said.contains("(user)"), "{said}");
    assert_eq!(run(&["hooks", "uninstall", "all", "--user"]).code, 0);
    assert!(!home.path().join(".claude/settings.json").exists());
    let refused = run(&["hooks", "install", "copilot-cli", "--user"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("hint: leave --user out"),
        "{}",
        refused.stderr
    );
}

#[test]
fn the_users_own_settings_are_where_their_variables_say() {
    let project = Project::adopted(PLAN);
    let home = tempfile::tempdir().unwrap();
    for (variable, agent, usual, file) in [
        (
            "CLAUDE_CONFIG_DIR",
            "claude-code",
            ".claude",
            "settings.json",
        ),
        ("CODEX_HOME", "codex", ".codex", "hooks.json"),
        (
            "XDG_CONFIG_HOME",
            "opencode",
            ".config",
            "opencode/plugin/ledger.js",
        ),
    ] {
        let moved = home.path().join("moved");
        fs::create_dir(&moved).unwrap();
        let run = |words: &[&str], moved: &Path| {
            let mut command = project.command(words);
            command.env("HOME", home.path()).env(variable, moved);
            Run::of(&command.output().unwrap())
        };
        let install = ["hooks", "install", agent, "--user"];
        assert_eq!(run(&install, &moved).code, 0);
        assert!(moved.join(file).exists(), "{agent}");
        assert!(!home.path().join(usual).exists(), "{agent}");
        let said = run(&["hooks", "status", agent], &moved).stdout;
        assert!(said.contains("moved") && said.contains("(user)"), "{said}");
        assert_eq!(
            run(&["hooks", "uninstall", agent, "--user"], &moved).code,
            0
        );
        assert!(!moved.join(file).exists(), "{agent}");
        // One that is no place counts for nothing, as it does for the agents.
        assert_eq!(run(&install, Path::new("")).code, 0);
        assert!(home.path().join(usual).join(file).exists(), "{agent}");
        fs::remove_dir_all(&moved).unwrap();
    }
}

#[test]
fn what_an_earlier_version_installed_is_brought_up_to_date() {
    let project = Project::adopted(PLAN);
    let before = files(project.folder());
    project.ok(["hooks", "install", "all"]);
    let now = files(project.folder());
    for (path, text) in &now {
        let old = String::from_utf8_lossy(text)
            .replace("append --hook", "append --old --hook")
            .replace("\"append\"", "\"append\", \"--old\"")
            .replace("--quiet", "--old");
        if Path::new(path).is_file() {
            fs::write(path, old).unwrap();
        }
    }
    assert_ne!(files(project.folder()), now);
    let said = project.ok(["hooks", "install", "all", "--dry-run"]).stdout;
    assert!(said.contains("would be changed"), "{said}");
    project.ok(["hooks", "install", "all"]);
    assert_eq!(files(project.folder()), now);
    project.ok(["hooks", "uninstall", "all"]);
    assert_eq!(files(project.folder()), before);
}

/// git's hooks that run the ledger.
const GIT_HOOKS: [&str; 4] = ["post-commit", "post-merge", "post-rewrite", "post-checkout"];

/// A repository with a plan that is adopted and committed.
fn repository() -> Project {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    project
}

/// Runs git with the binary in its PATH.
fn git_with_ledger(folder: &Path, arguments: &[&str]) {
    let binary = Path::new(env!("CARGO_BIN_EXE_ledger")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command = std::process::Command::new("git");
    command
        .current_dir(folder)
        .args([
            "-c",
            "user.name=tester",
            "-c",
            "user.email=tester@example.org",
        ])
        .args(arguments)
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env_remove("LEDGER_DIR");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("error"), "{said}");
}

#[cfg(unix)]
#[test]
fn gits_hooks_record_and_those_that_were_there_still_run() {
    let project = repository();
    let theirs = "#!/bin/sh\necho ran >> theirs.txt\nexit 0\n";
    let path = ".git/hooks/post-commit";
    project.write(path, theirs);
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(project.path(path), mode).unwrap();
    let before = files(&project.path(".git/hooks"));
    project.ok(["hooks", "install", "git"]);
    let installed = files(&project.path(".git/hooks"));
    project.ok(["hooks", "install", "git"]);
    assert_eq!(files(&project.path(".git/hooks")), installed);
    let said = status(&project, "git");
    assert_eq!(said["installed"][0]["events"], json!(GIT_HOOKS));
    assert_eq!(said["problem"], "installed, but no hook has fired yet");

    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    git_with_ledger(project.folder(), &["commit", "-qam", "grind"]);
    assert_eq!(project.read("theirs.txt"), "ran\n");
    let last = project.events().pop().unwrap();
    assert_eq!(
        (&last["task"], &last["cause"]),
        (&json!("T-1"), &json!("git post-commit"))
    );
    git_with_ledger(
        project.folder(),
        &["checkout", "-q", "-b", "side", "HEAD~1"],
    );
    git_with_ledger(
        project.folder(),
        &["commit", "-q", "--allow-empty", "-m", "side"],
    );
    git_with_ledger(
        project.folder(),
        &["commit", "-q", "--amend", "--allow-empty", "-m", "again"],
    );
    git_with_ledger(project.folder(), &["rebase", "-q", "main"]);
    git_with_ledger(project.folder(), &["checkout", "-q", "main"]);
    git_with_ledger(project.folder(), &["branch", "-q", "-f", "other", "HEAD~1"]);
    git_with_ledger(project.folder(), &["checkout", "-q", "other"]);
    git_with_ledger(project.folder(), &["checkout", "-q", "main"]);
    git_with_ledger(project.folder(), &["merge", "-q", "-m", "merge", "side"]);
    let fired = status(&project, "git")["fired"].clone();
    let fired: Vec<&str> = fired
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        fired,
        ["post-checkout", "post-commit", "post-merge", "post-rewrite"]
    );
    assert_eq!(status(&project, "git")["problem"], Value::Null);
    let recorded = project.events().pop().unwrap();
    assert_eq!(
        recorded["seq"], last["seq"],
        "what git did is nobody's edit"
    );

    project.ok(["hooks", "uninstall", "git"]);
    assert_eq!(files(&project.path(".git/hooks")), before);
}

#[cfg(unix)]
#[test]
fn the_folder_is_the_one_that_git_uses() {
    let project = repository();
    let side = project.path("side");
    project.git(["worktree", "add", "-q", side.to_str().unwrap()]);
    project.ok(["-C", "side", "hooks", "install", "git"]);
    assert!(project.path(".git/hooks/post-merge").exists());
    project.ok(["hooks", "uninstall", "all"]);
    assert!(!project.path(".git/hooks/post-merge").exists());

    project.git(["config", "core.hooksPath", ".githooks"]);
    project.ok(["hooks", "install", "git"]);
    assert!(project.path(".githooks/post-merge").exists());
    assert!(!project.path(".git/hooks/post-merge").exists());
    project.ok(["hooks", "uninstall", "git"]);

    let others = tempfile::tempdir().unwrap();
    project.git(["config", "core.hooksPath", others.path().to_str().unwrap()]);
    let words = ["outside of this repository", "hint: run it with --user"];
    project.fails(["hooks", "install", "git"], 2, &words);
    project.ok(["hooks", "install", "git", "--user"]);
    assert!(others.path().join("post-merge").exists());

    let outer = Project::empty();
    outer.git_init();
    let from = project.folder().to_str().unwrap();
    git_in(
        outer.folder(),
        [
            "-c",
            "protocol.file.allow=always",
            "submodule",
            "add",
            "-q",
            from,
            "inner",
        ],
    );
    outer.ok(["-C", "inner", "hooks", "install", "git"]);
    assert!(outer.path(".git/modules/inner/hooks/post-commit").exists());
}

#[cfg(unix)]
#[test]
fn a_git_hook_that_cannot_take_a_block_is_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = repository();
    for (hook, text, mode) in [
        ("post-commit", "#!/usr/bin/env python3\nprint()\n", 0o755),
        ("post-merge", "#!/bin/sh\nmake\n", 0o644),
    ] {
        let path = format!(".git/hooks/{hook}");
        project.write(&path, text);
        fs::set_permissions(project.path(&path), fs::Permissions::from_mode(mode)).unwrap();
    }
    let words = ["no shell script", "not executable"];
    project.fails(["hooks", "install", "git"], 2, &words);
    assert!(project.path(".git/hooks/post-rewrite").exists());
    assert_eq!(project.read(".git/hooks/post-merge"), "#!/bin/sh\nmake\n");
    let bare = Project::adopted(PLAN);
    bare.fails(["hooks", "install", "git"], 2, &["no git repository"]);
}

#[test]
fn what_agents_read_tells_of_the_ledger_while_one_of_them_is_installed() {
    let project = Project::adopted(PLAN);
    let theirs = "# Rules\r\n\r\nBe kind.";
    project.write("AGENTS.md", theirs);
    let skill = ".claude/skills/ledger/SKILL.md";
    project.ok(["hooks", "install", "codex", "cursor", "claude-code"]);
    let told = project.read("AGENTS.md");
    assert!(
        told.starts_with(theirs) && told.contains("ledger next"),
        "{told}"
    );
    assert_eq!(told.matches("BEGIN ledger").count(), 1);
    assert!(
        !project.path("CLAUDE.md").exists(),
        "only what is there is added to"
    );
    assert!(project.read(skill).starts_with("---\nname: ledger\n"));
    project.ok(["hooks", "install", "all"]);
    project.ok(["hooks", "uninstall", "codex", "copilot-cli", "opencode"]);
    assert_eq!(project.read("AGENTS.md"), told, "Cursor still reads it");
    project.ok(["hooks", "uninstall", "all"]);
    assert_eq!(project.read("AGENTS.md"), theirs);
    assert!(!project.path(".claude").exists());
}
