//! What rules say of an edit, told to the agent in its own protocol.

use std::fs;

use serde_json::{Value, json};

use super::{act, fire, fires};
use crate::rules::{PLAN, bytes};
use crate::support::{Project, types};

const OPEN: &str = "Drink\n**Status**: ⏳ Pending";
const DONE: &str = "Drink\n**Status**: ✅ Completed";

fn under(rules: &str) -> Project {
    let project = Project::adopted(PLAN);
    project.write("ledger.toml", format!("[rules]\n{rules}\n"));
    project.ok(["observe"]);
    project
}

fn denying() -> Project {
    under("dependencies-completed = \"deny\"")
}

/// The agents that ask before they write, each with its names for asking, telling, and the tool.
const AGENTS: [(&str, &str, &str, &str); 3] = [
    ("claude-code", "PreToolUse", "PostToolUse", "Edit"),
    ("codex", "PreToolUse", "PostToolUse", "apply_patch"),
    ("gemini-cli", "BeforeTool", "AfterTool", "replace"),
];

/// A tool call that completes a task, in the form that the agent's own tool has.
fn completing(project: &Project, agent: &str) -> Value {
    match agent {
        "codex" => json!({
            "command": "*** Begin Patch\n*** Update File: TODO.md\n@@ ### T-2: Drink\n-**Status**: ⏳ Pending\n+**Status**: ✅ Completed\n*** End Patch",
        }),
        _ => json!({
            "file_path": project.path("TODO.md"), "old_string": OPEN, "new_string": DONE,
        }),
    }
}

fn payload(project: &Project, event: &str, tool: &str, input: &Value) -> Value {
    json!({
        "session_id": "s-1", "cwd": project.path(""), "hook_event_name": event,
        "tool_name": tool, "tool_use_id": format!("{event}-1"), "tool_input": input,
        "tool_response": {"ok": true},
    })
}

/// Why an agent was refused a tool, by its own protocol.
fn denied(agent: &str, stdout: &str) -> Option<String> {
    if stdout.is_empty() {
        return None;
    }
    let answer: Value = serde_json::from_str(stdout).unwrap();
    let (decision, reason) = match agent {
        "claude-code" | "codex" => {
            let own = &answer["hookSpecificOutput"];
            assert_eq!(own["hookEventName"], "PreToolUse");
            (&own["permissionDecision"], &own["permissionDecisionReason"])
        }
        "copilot-cli" => (
            &answer["permissionDecision"],
            &answer["permissionDecisionReason"],
        ),
        _ => (&answer["decision"], &answer["reason"]),
    };
    assert_eq!(decision, "deny", "{answer}");
    Some(reason.as_str().unwrap().to_owned())
}

#[test]
fn a_tool_whose_edit_a_rule_forbids_is_refused_and_nothing_changes() {
    for (agent, before, _, tool) in AGENTS {
        let project = denying();
        let was = bytes(&project);
        let asked = payload(&project, before, tool, &completing(&project, agent));
        let run = fires(&project, agent, &asked);
        let reason = denied(agent, &run.stdout).unwrap();
        for word in [
            "TODO.md is left as it is",
            "the rule 'dependencies-completed' forbids it",
            "T-2 depends on T-1, which is pending",
            "complete T-1 first",
        ] {
            assert!(reason.contains(word), "{reason}");
        }
        assert!(bytes(&project) == was, "{agent}");
        // What it then does as it was told to is allowed.
        project.ok(["append", "complete", "T-1"]);
        let run = fires(&project, agent, &asked);
        assert_eq!(denied(agent, &run.stdout), None, "{agent}");
    }
}

#[test]
fn every_form_of_a_file_tool_is_understood() {
    let project = denying();
    let plan = project.path("TODO.md");
    let done = PLAN.replace(OPEN, DONE);
    for input in [
        json!({"file_path": plan, "content": done}),
        json!({"path": "TODO.md", "old_str": OPEN, "new_str": DONE}),
        json!({"file_path": plan, "edits": [
            {"old_string": "T-2: Drink", "new_string": "T-2: Sip"},
            {"old_string": "Sip\n**Status**: ⏳ Pending", "new_string": "Sip\n**Status**: ✅ Completed"},
        ]}),
        json!({"input": "*** Begin Patch\n*** Update File: ./TODO.md\n ### T-2: Drink\n-**Status**: ⏳ Pending\n+**Status**: ✅ Completed\n*** End Patch\n"}),
        json!({"command": ["apply_patch", "*** Begin Patch\n*** Update File: TODO.md\n ### T-2: Drink\n-**Status**: ⏳ Pending\n+**Status**: ✅ Completed\n*** End Patch\n"]}),
    ] {
        let asked = payload(&project, "PreToolUse", "Edit", &input);
        let run = fires(&project, "claude-code", &asked);
        assert!(denied("claude-code", &run.stdout).is_some(), "{input}");
    }
    for (agent, event) in [
        ("copilot-cli", "preToolUse"),
        ("generic", "before"),
        ("opencode", "tool.execute.before"),
    ] {
        let asked = payload(&project, event, "edit", &completing(&project, agent));
        let run = fires(&project, agent, &asked);
        assert!(denied(agent, &run.stdout).is_some(), "{agent}");
    }
    let input = json!({"filePath": plan, "oldString": OPEN, "newString": DONE});
    let asked = json!({
        "input": {"tool": "edit", "sessionID": "s", "callID": "c"}, "output": {"args": input},
    });
    let run = fires(&project, "opencode", &asked);
    assert!(denied("opencode", &run.stdout).is_some());
}

#[test]
fn what_is_not_understood_or_breaks_nothing_is_allowed() {
    let project = denying();
    let was = bytes(&project);
    let plan = project.path("TODO.md");
    for (tool, input) in [
        (
            "Edit",
            json!({"file_path": plan, "old_string": "Brew", "new_string": "Grind"}),
        ),
        (
            "Edit",
            json!({"file_path": plan, "old_string": "no such words", "new_string": DONE}),
        ),
        (
            "Edit",
            json!({"file_path": plan, "old_string": "", "new_string": DONE}),
        ),
        (
            "Edit",
            json!({"file_path": project.path("other.md"), "old_string": OPEN, "new_string": DONE}),
        ),
        ("Read", json!({"file_path": plan})),
        ("Bash", json!({"command": "sed -i s/a/b/ TODO.md"})),
        ("Edit", json!({"file_path": 7})),
        (
            "apply_patch",
            json!({"command": "*** Begin Patch\n*** Delete File: TODO.md\n*** End Patch"}),
        ),
        ("mcp__ledger__complete", completing(&project, "claude-code")),
    ] {
        let asked = payload(&project, "PreToolUse", tool, &input);
        let run = fires(&project, "claude-code", &asked);
        assert_eq!(run.stdout, "", "{input}");
    }
    for odd in ["", "{", "[]", "{\"hook_event_name\":\"PreToolUse\"}"] {
        let run = project.run_with(["append", "--hook", "claude-code"], odd);
        assert_eq!((run.code, &*run.stdout), (0, ""), "{odd}");
    }
    assert!(bytes(&project) == was);
}

#[test]
fn only_what_the_text_does_not_break_already_is_refused() {
    let project = denying();
    // Somebody did it by hand, and nobody has recorded it yet.
    project.write("TODO.md", PLAN.replace(OPEN, DONE));
    let was = project.bytes("TODO.md");
    let input =
        json!({"file_path": project.path("TODO.md"), "old_string": "Brew", "new_string": "Grind"});
    let asked = payload(&project, "PreToolUse", "Edit", &input);
    assert_eq!(fires(&project, "claude-code", &asked).stdout, "");
    assert_eq!(project.events().len(), 3, "nothing was recorded");
    project.ok(["observe"]);
    assert_eq!(fires(&project, "claude-code", &asked).stdout, "");
    assert_eq!(project.bytes("TODO.md"), was);
}

#[test]
fn the_rules_that_the_file_has_now_count() {
    let project = under("steps-checked = \"off\"");
    let input = completing(&project, "claude-code");
    let asked = payload(&project, "PreToolUse", "Edit", &input);
    assert_eq!(fires(&project, "claude-code", &asked).stdout, "");
    project.write("ledger.toml", "[rules]\nsteps-checked = \"deny\"\n");
    let run = fires(&project, "claude-code", &asked);
    assert!(
        denied("claude-code", &run.stdout)
            .unwrap()
            .contains("steps-checked")
    );
    // A broken one leaves in force what was recorded last.
    project.ok(["observe"]);
    project.write("ledger.toml", "[rules]\nsteps-checked = \"dney\"\n");
    let run = fires(&project, "claude-code", &asked);
    assert!(
        denied("claude-code", &run.stdout)
            .unwrap()
            .contains("steps-checked")
    );
    project.write("ledger.toml", "[rules]\nsteps-checked = \"warn\"\n");
    assert_eq!(fires(&project, "claude-code", &asked).stdout, "");
    fs::remove_file(project.path("ledger.toml")).unwrap();
    assert_eq!(fires(&project, "claude-code", &asked).stdout, "");
}

#[test]
fn without_a_rule_that_denies_the_ledger_is_not_looked_at() {
    let project = under("dependencies-completed = \"warn\"");
    let input = completing(&project, "claude-code");
    let asked = payload(&project, "PreToolUse", "Edit", &input);
    // Whatever is wrong with the history, nobody asks it.
    let journal = project.path(".ledger/journal.jsonl");
    let kept = fs::read(&journal).unwrap();
    fs::write(&journal, "no journal").unwrap();
    assert_eq!(fires(&project, "claude-code", &asked).stdout, "");
    fs::remove_file(project.path("ledger.toml")).unwrap();
    assert_eq!(fires(&project, "claude-code", &asked).stdout, "");
    // And where it has to be asked, its trouble is in nobody's way.
    project.write(
        "ledger.toml",
        "[rules]\ndependencies-completed = \"deny\"\n",
    );
    let run = fire(&project, "claude-code", &asked);
    assert_ne!(run.code, 0, "strict");
    let run = project.run_with(["append", "--hook", "claude-code"], asked.to_string());
    assert_eq!((run.code, &*run.stdout), (0, ""));
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    fs::write(&journal, kept).unwrap();
}

#[test]
fn an_edit_that_is_there_already_is_recorded_and_fed_back() {
    for (agent, _, after, tool) in AGENTS {
        for level in ["warn", "deny"] {
            let project = under(&format!("dependencies-completed = \"{level}\""));
            let input = completing(&project, agent);
            let edit = completing(&project, "claude-code");
            act(&project.path(""), &edit);
            let told = payload(&project, after, tool, &input);
            let run = fires(&project, agent, &told);
            let answer: Value = serde_json::from_str(&run.stdout).unwrap();
            let text = match (agent, level) {
                ("gemini-cli", _) | (_, "warn") => {
                    let own = &answer["hookSpecificOutput"];
                    assert_eq!(own["hookEventName"], after);
                    &own["additionalContext"]
                }
                _ => {
                    assert_eq!(answer["decision"], "block");
                    &answer["reason"]
                }
            };
            let text = text.as_str().unwrap();
            assert!(
                text.contains("T-2 depends on T-1, which is pending"),
                "{text}"
            );
            assert!(text.contains("complete T-1 first"), "{text}");
            let listed = project.receipts(["audit", "--violations", "--format", "ndjson"]);
            assert_eq!(types(&listed), ["task.completed"], "{agent} {level}");
            assert_eq!(listed[0]["violations"][0]["level"], level);
            assert_eq!(listed[0]["actor"]["id"], agent);
            // It is told once.
            assert_eq!(fires(&project, agent, &told).stdout, "");
        }
    }
}

#[test]
fn an_edit_that_is_found_when_the_agent_rests_is_fed_back_once() {
    let agents = [
        ("claude-code", "Stop", "reason", Some("block")),
        ("claude-code", "SubagentStop", "reason", Some("block")),
        ("codex", "Stop", "reason", Some("block")),
        ("gemini-cli", "AfterAgent", "reason", Some("deny")),
        ("copilot-cli", "agentStop", "reason", Some("block")),
        ("generic", "rest", "reason", Some("block")),
        ("cursor", "stop", "followup_message", None),
    ];
    for (agent, event, place, decision) in agents {
        let project = denying();
        act(&project.path(""), &completing(&project, "claude-code"));
        let rests = json!({
            "session_id": "s-1", "cwd": project.path(""), "hook_event_name": event,
            "stop_hook_active": false,
        });
        let run = fires(&project, agent, &rests);
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(answer["decision"].as_str(), decision, "{agent}");
        let text = answer[place].as_str().unwrap();
        for word in ["T-2 depends on T-1, which is pending", "if it was not you"] {
            assert!(text.contains(word), "{agent}: {text}");
        }
        let listed = project.receipts(["audit", "--violations", "--format", "ndjson"]);
        assert_eq!(types(&listed), ["task.completed"], "{agent}");
        assert_eq!(
            listed[0]["actor"]["kind"], "unknown",
            "whose it is, is not known"
        );
        assert_eq!(fires(&project, agent, &rests).stdout, "", "{agent}: once");
    }
}

#[test]
fn an_agent_is_not_kept_from_resting_for_a_warning_or_twice_in_a_row() {
    for (level, active) in [("warn", false), ("deny", true)] {
        let project = under(&format!("dependencies-completed = \"{level}\""));
        act(&project.path(""), &completing(&project, "claude-code"));
        let rests = json!({
            "session_id": "s-1", "cwd": project.path(""), "hook_event_name": "Stop",
            "stop_hook_active": active,
        });
        assert_eq!(fires(&project, "claude-code", &rests).stdout, "", "{level}");
        let listed = project.receipts(["audit", "--violations", "--format", "ndjson"]);
        assert_eq!(types(&listed), ["task.completed"], "{level}");
    }
}

#[test]
fn an_edit_that_breaks_nothing_is_recorded_without_a_word() {
    let project = denying();
    let input =
        json!({"file_path": project.path("TODO.md"), "old_string": "Brew", "new_string": "Grind"});
    act(&project.path(""), &input);
    let told = payload(&project, "PostToolUse", "Edit", &input);
    assert_eq!(fires(&project, "claude-code", &told).stdout, "");
    assert_eq!(project.events().len(), 4);
}

#[test]
fn an_agent_has_one_task_in_progress_also_by_way_of_the_file() {
    let project = under("one-in-progress = \"deny\"");
    project.ok([
        "append",
        "start",
        "T-1",
        "--actor",
        "agent:claude-code",
        "--session",
        "s-1",
    ]);
    let started = DONE.replace("✅ Completed", "🔄 In Progress");
    let input =
        json!({"file_path": project.path("TODO.md"), "old_string": OPEN, "new_string": started});
    let asked = payload(&project, "PreToolUse", "Edit", &input);
    let run = fires(&project, "claude-code", &asked);
    let reason = denied("claude-code", &run.stdout).unwrap();
    assert!(
        reason.contains("while claude-code has T-1 in progress"),
        "{reason}"
    );
    let run = fires(&project, "codex", &asked);
    assert_eq!(run.stdout, "", "another agent has none");
}

#[test]
fn each_worktree_has_the_rules_of_its_own_checkout() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.write(
        "ledger.toml",
        "[rules]\ndependencies-completed = \"deny\"\n",
    );
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let other = tempfile::tempdir().unwrap();
    let other = other.path().canonicalize().unwrap().join("tree");
    project.git([
        "worktree",
        "add",
        "-q",
        other.to_str().unwrap(),
        "-b",
        "side",
    ]);
    let asked = |folder: &std::path::Path| {
        let input = json!({
            "file_path": folder.join("TODO.md"), "old_string": OPEN, "new_string": DONE,
        });
        let mut asked = payload(&project, "PreToolUse", "Edit", &input);
        asked["cwd"] = json!(folder);
        fires(&project, "claude-code", &asked).stdout
    };
    assert!(denied("claude-code", &asked(&other)).is_some());
    fs::write(other.join("ledger.toml"), "[rules]\n").unwrap();
    assert_eq!(asked(&other), "");
    assert!(denied("claude-code", &asked(&project.path(""))).is_some());
    fs::remove_dir_all(&other).unwrap();
}

#[test]
fn a_list_of_work_takes_no_task_on_that_a_rule_forbids() {
    let project = denying();
    let list = json!({
        "session_id": "s-1", "cwd": project.path(""), "hook_event_name": "PostToolUse",
        "tool_name": "TodoWrite", "tool_use_id": "t-1",
        "tool_input": {"todos": [{"content": "T-2: Drink", "status": "completed"}]},
        "tool_response": {},
    });
    fires(&project, "claude-code", &list);
    let events = project.events();
    assert_eq!(types(&events[3..]), ["work.recorded"]);
    assert_eq!(project.plan(), PLAN);
}

#[test]
fn rules_that_an_agent_changes_are_recorded_by_its_hook() {
    let project = Project::adopted(PLAN);
    project.write("ledger.toml", "[rules]\nevidence = \"deny\"\n");
    let path = project.path("ledger.toml");
    let payload = |name: &str| {
        json!({
            "session_id": "s", "cwd": project.folder(), "hook_event_name": name,
            "tool_name": "Write", "tool_use_id": "toolu_1",
            "tool_input": { "file_path": path, "content": "" }
        })
    };
    fires(&project, "claude-code", &payload("PostToolUse"));
    project.write("ledger.toml", "");
    fires(&project, "claude-code", &payload("PostToolUse"));
    let kinds: Vec<_> = project
        .events()
        .iter()
        .map(|event| event["type"].clone())
        .collect();
    assert_eq!(kinds[kinds.len() - 2..], ["rules.changed", "rules.changed"]);
}

#[cfg(unix)]
#[test]
fn a_link_to_the_plan_is_the_plan() {
    let project = denying();
    std::os::unix::fs::symlink("TODO.md", project.path("link.md")).unwrap();
    fs::create_dir(project.path("docs")).unwrap();
    std::os::unix::fs::symlink("../TODO.md", project.path("docs/other.md")).unwrap();
    let patch = "*** Begin Patch\n*** Update File: link.md\n@@ ### T-2: Drink\n-**Status**: ⏳ Pending\n+**Status**: ✅ Completed\n*** End Patch";
    for input in [
        json!({"file_path": project.path("link.md"), "old_string": OPEN, "new_string": DONE}),
        json!({"file_path": "docs/other.md", "old_string": OPEN, "new_string": DONE}),
        json!({ "command": patch }),
    ] {
        let asked = payload(&project, "PreToolUse", "Edit", &input);
        let run = fires(&project, "claude-code", &asked);
        assert!(denied("claude-code", &run.stdout).is_some(), "{input}");
    }
}

#[test]
fn a_command_that_names_the_plan_by_a_pattern_is_the_agents() {
    for command in [
        "sed -i 's/one/1/' *.md",
        "sed -i 's/one/1/' [T]ODO.m?",
        "grep -rl one --include='*.md' . | xargs sed -i 's/one/1/'",
        "cd \"$(git rev-parse --show-toplevel)\" && sed -i 's/one/1/' TODO.md",
    ] {
        let project = Project::in_git("- [ ] T-1: one\n");
        let input = json!({ "command": command });
        let asked = payload(&project, "PreToolUse", "Bash", &input);
        fires(&project, "claude-code", &asked);
        act(&project.path(""), &input);
        let told = payload(&project, "PostToolUse", "Bash", &input);
        fires(&project, "claude-code", &told);
        let last = project.events().pop().unwrap();
        assert_eq!(last["actor"]["id"], "claude-code", "{command}");
    }
}
