//! Edits that break a rule and that something else records before the agent's own hook.

use serde_json::{Value, json};

use super::fires;
use super::git::ledgers_git;
use super::install::PLAN;
use crate::support::Project;

fn denying() -> Project {
    let project = Project::in_git(PLAN);
    project.write("ledger.toml", "[rules]\nevidence = \"deny\"\n");
    project.ok(["observe"]);
    project.ok(["hooks", "install", "git"]);
    project
}

fn payload(project: &Project, session: &str, event: &str) -> Value {
    let command = "sed -i 's/\\[ \\] T-1/[x] T-1/' TODO.md && git commit -am done";
    json!({
        "session_id": session, "cwd": project.folder(), "hook_event_name": event,
        "tool_name": "Bash", "tool_use_id": "toolu_1", "tool_input": { "command": command },
        "tool_response": { "ok": true }, "stop_hook_active": false,
    })
}

fn tick(project: &Project) {
    project.write("TODO.md", project.plan().replace("[ ] T-1", "[x] T-1"));
}

/// Commits everything, with whatever an agent leaves in the environment; what the hooks say.
fn commit(project: &Project, agent: Option<&str>) -> String {
    let mut command = ledgers_git(project.folder(), &["commit", "-qam", "done"]);
    if let Some(agent) = agent {
        command.env(agent, "1");
    }
    let output = command.output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn begin(project: &Project, session: &str) -> String {
    fires(
        project,
        "claude-code",
        &payload(project, session, "SessionStart"),
    )
    .stdout
}

#[test]
fn what_gits_hook_records_first_is_told_by_the_agents_next_hook_once() {
    for event in ["PostToolUse", "Stop", "SessionStart"] {
        for agent in [None, Some("CLAUDECODE")] {
            let project = denying();
            begin(&project, "s-1");
            fires(
                &project,
                "claude-code",
                &payload(&project, "s-1", "PreToolUse"),
            );
            tick(&project);
            let said = commit(&project, agent);
            assert_eq!(
                said,
                "ledger: the rule 'evidence' forbids it: there is no evidence for T-1\n"
            );
            let told = payload(&project, "s-1", event);
            let events = project.events().len();
            let answer = fires(&project, "claude-code", &told).stdout;
            assert!(
                answer.contains("there is no evidence for T-1"),
                "{event}: {answer}"
            );
            assert!(answer.contains("if it was not you"), "{answer}");
            if event != "SessionStart" {
                let answer: Value = serde_json::from_str(&answer).unwrap();
                assert_eq!(answer["decision"], "block");
            }
            assert_eq!(project.events().len(), events, "it was recorded already");
            let again = fires(&project, "claude-code", &told).stdout;
            assert!(!again.contains("evidence"), "once: {again}");
        }
    }
}

#[test]
fn what_a_look_before_a_command_records_is_told_after_it() {
    let project = denying();
    tick(&project);
    // The session's first hook is the one that records.
    let before = payload(&project, "s-1", "PreToolUse");
    assert_eq!(fires(&project, "claude-code", &before).stdout, "");
    assert_eq!(project.events().last().unwrap()["actor"]["kind"], "unknown");
    let after = payload(&project, "s-1", "PostToolUse");
    let answer = fires(&project, "claude-code", &after).stdout;
    assert!(answer.contains("there is no evidence for T-1"), "{answer}");
    assert_eq!(fires(&project, "claude-code", &after).stdout, "");
}

#[test]
fn what_the_beginning_of_a_session_finds_is_told_with_the_brief() {
    let project = denying();
    tick(&project);
    let answer = begin(&project, "s-1");
    assert!(answer.contains("there is no evidence for T-1"), "{answer}");
    assert!(answer.contains("<plan>"), "{answer}");
    let rests = payload(&project, "s-1", "Stop");
    assert_eq!(fires(&project, "claude-code", &rests).stdout, "");
}

#[test]
fn what_was_kept_back_while_the_agent_could_not_be_told_is_told_later() {
    let project = denying();
    begin(&project, "s-1");
    tick(&project);
    let mut rests = payload(&project, "s-1", "Stop");
    rests["stop_hook_active"] = json!(true);
    assert_eq!(fires(&project, "claude-code", &rests).stdout, "");
    rests["stop_hook_active"] = json!(false);
    let answer = fires(&project, "claude-code", &rests).stdout;
    assert!(answer.contains("there is no evidence for T-1"), "{answer}");
    assert_eq!(fires(&project, "claude-code", &rests).stdout, "");
}

#[test]
fn what_was_before_a_session_and_what_another_one_did_is_not_told() {
    let project = denying();
    tick(&project);
    commit(&project, None);
    let late = begin(&project, "s-1");
    assert!(!late.contains("evidence"), "{late}");
    // Another session's own hook records and tells it.
    let text = project.plan().replace("[ ] T-2", "[x] T-2");
    project.write("TODO.md", &text);
    let mut other = payload(&project, "s-2", "PostToolUse");
    other["tool_input"] = json!({ "file_path": project.path("TODO.md"), "content": text });
    let answer = fires(&project, "claude-code", &other).stdout;
    assert!(answer.contains("there is no evidence for T-2"), "{answer}");
    let own = payload(&project, "s-1", "PostToolUse");
    assert_eq!(fires(&project, "claude-code", &own).stdout, "");
}

#[test]
fn nothing_is_read_where_the_head_is_the_one_that_was_looked_at() {
    let project = denying();
    begin(&project, "s-1");
    let told = payload(&project, "s-1", "PostToolUse");
    fires(&project, "claude-code", &told);
    let traces = project.path(".git/ledger/traces/warned");
    let written = || {
        let mut files = std::fs::read_dir(&traces).unwrap();
        let file = files.next().unwrap().unwrap().metadata().unwrap();
        file.modified().unwrap()
    };
    let before = written();
    assert_eq!(fires(&project, "claude-code", &told).stdout, "");
    assert_eq!(written(), before);
}
