//! `ledger hooks`: settings that are edited in place, and given back.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::fires;
use crate::support::{Project, Run};

pub(super) const PLAN: &str = "- [ ] T-1: Grind beans\n- [ ] T-2: Brew\n";

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

pub(super) fn status(project: &Project, agent: &str) -> Value {
    let run = project.ok(["hooks", "status", agent, "--json"]);
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    all[0].clone()
}

/// Every file below a folder, with its text.
pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
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
    let before = &claude["hooks"]["PreToolUse"][0];
    assert_eq!(before["matcher"], "Write|Edit|MultiEdit|Bash");
    assert_eq!(before["hooks"], claude["hooks"]["Stop"][0]["hooks"]);
    let codex = settings(&project, ".codex/hooks.json");
    assert_eq!(
        codex["hooks"]["Stop"],
        json!([{"hooks": [{"type": "command", "command": "ledger append --hook codex", "timeout": 10}]}])
    );
    let before = &codex["hooks"]["PreToolUse"][0];
    assert_eq!(before["matcher"], "apply_patch|Write|Edit|Bash");
    let gemini = settings(&project, ".gemini/settings.json");
    let before = &gemini["hooks"]["BeforeTool"][0];
    assert_eq!(before["matcher"], "write_file|replace|run_shell_command");
    let hook = &gemini["hooks"]["AfterTool"][0]["hooks"][0];
    assert_eq!(
        (&hook["timeout"], &hook["name"]),
        (&json!(10_000), &json!("ledger"))
    );
    let copilot = settings(&project, ".github/hooks/ledger.json");
    let command = "ledger append --hook copilot-cli --event agentStop";
    assert_eq!(copilot["version"], 1);
    assert_eq!(copilot["hooks"]["agentStop"][0]["bash"], command);
    let before = &copilot["hooks"]["preToolUse"][0]["bash"];
    assert_eq!(before, &command.replace("agentStop", "preToolUse"));
    let plugin = project.read(".opencode/plugin/ledger.js");
    assert!(plugin.contains("\"tool.execute.before\""), "{plugin}");
    for (agent, event) in [
        ("claude-code", "PreToolUse"),
        ("gemini-cli", "BeforeTool"),
        ("opencode", "tool.execute.before"),
    ] {
        let installed = status(&project, agent)["installed"][0]["events"].clone();
        let installed = installed.as_array().unwrap();
        assert!(installed.contains(&json!(event)), "{installed:?}");
    }
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
fn an_older_install_gets_the_hooks_that_it_lacks() {
    let project = Project::adopted(PLAN);
    project.ok(["hooks", "install", "claude-code"]);
    let path = ".claude/settings.json";
    let whole = settings(&project, path);
    let mut older = whole.clone();
    older["hooks"].as_object_mut().unwrap().remove("PreToolUse");
    project.write(path, older.to_string());
    let said = project.ok(["hooks", "install", "claude-code"]).stdout;
    assert!(said.contains("changed"), "{said}");
    assert_eq!(settings(&project, path), whole);
    fires(
        &project,
        "claude-code",
        &json!({"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "Edit"}),
    );
    assert_eq!(
        status(&project, "claude-code")["fired"][0]["event"],
        "PreToolUse"
    );
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
