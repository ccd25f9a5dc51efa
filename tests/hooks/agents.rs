//! What a hook records, whoever's it is.

use serde_json::{Value, json};

use super::{act, fire, fires, said, said_after};
use crate::support::{Project, git_in, types};

const PLAN: &str = "# Plan\n\n- [ ] T-1: Brew coffee\n- [ ] T-2: Drink it\n";

fn edit(project: &Project, old: &str, new: &str, id: &str) -> Value {
    json!({
        "session_id": "s-1", "cwd": project.path(""), "hook_event_name": "PostToolUse",
        "tool_name": "Edit", "tool_use_id": id,
        "tool_input": {"file_path": project.path("TODO.md"), "old_string": old, "new_string": new},
        "tool_response": {"filePath": project.path("TODO.md")},
    })
}

#[test]
fn an_edit_is_recorded_with_who_did_it_and_what_set_it_off() {
    let project = Project::adopted(PLAN);
    let payload = edit(&project, "[ ] T-1", "[x] T-1", "toolu_1");
    act(&project.path(""), &payload["tool_input"]);
    for _ in 0..2 {
        fires(&project, "claude-code", &payload);
    }
    let events = project.events();
    assert_eq!(
        said_after(&project, 2),
        ["task.completed T-1 by claude-code for toolu_1"]
    );
    assert_eq!(events[2]["actor"]["kind"], "agent");
    assert_eq!(events[2]["actor"]["session"], "s-1");
    assert_eq!(events[2]["actor"]["tool"], "Edit");
    assert_eq!(events[2]["origin"], "observed");
}

#[test]
fn what_the_tool_did_not_do_is_nobodys() {
    let project = Project::adopted(PLAN);
    let payload = edit(&project, "[ ] T-1", "[x] T-1", "toolu_1");
    act(&project.path(""), &payload["tool_input"]);
    project.write("TODO.md", project.plan().replace("[ ] T-2", "[x] T-2"));
    fires(&project, "claude-code", &payload);
    let mut events = said_after(&project, 2);
    events.sort();
    assert_eq!(
        events,
        [
            "task.completed T-1 by claude-code for toolu_1",
            "task.completed T-2 by unknown",
        ]
    );
}

#[test]
fn of_two_edits_found_at_once_the_later_hook_claims_none() {
    let project = Project::adopted(PLAN);
    let payloads = [1, 2].map(|n| {
        let (old, new) = (format!("[ ] T-{n}"), format!("[x] T-{n}"));
        edit(&project, &old, &new, &format!("toolu_{n}"))
    });
    for payload in &payloads {
        act(&project.path(""), &payload["tool_input"]);
    }
    for payload in &payloads {
        fires(&project, "claude-code", payload);
    }
    assert_eq!(
        said_after(&project, 2),
        [
            "task.completed T-1 by claude-code for toolu_1",
            "task.completed T-2 by unknown",
        ]
    );
}

#[test]
fn a_command_claims_nothing_that_was_there_before_it_ran() {
    let project = Project::adopted(PLAN);
    let asks = |event: &str, command: &str| {
        let payload = json!({
            "session_id": "s", "cwd": project.path(""), "hook_event_name": event,
            "tool_name": "Bash", "tool_use_id": "call_1", "tool_input": {"command": command},
        });
        fires(&project, "claude-code", &payload)
    };
    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    asks("PreToolUse", "make");
    assert_eq!(said_after(&project, 2).len(), 0, "it names no plan");
    let checks = "npx prettier --check TODO.md";
    assert_eq!(asks("PreToolUse", checks).stdout, "");
    asks("PostToolUse", checks);
    let writes = "npx prettier --write TODO.md";
    asks("PreToolUse", writes);
    project.write("TODO.md", project.plan().replace("[ ] T-2", "[x] T-2"));
    asks("PostToolUse", writes);
    assert_eq!(
        said_after(&project, 2),
        [
            "task.completed T-1 by unknown",
            "task.completed T-2 by claude-code for call_1",
        ]
    );
}

#[test]
fn a_shell_command_that_may_write_the_plan_has_done_it_and_another_has_not() {
    for (command, who) in [
        (
            "sed -i 's/ \\] T-1/x] T-1/' TODO.md",
            "claude-code for call_1",
        ),
        ("make plan", "unknown"),
        ("cat TODO.md && git log TODO.md", "unknown"),
        ("sed -i s/a/b/ docs/TODO.md", "unknown"),
        ("cd docs && sed -i s/a/b/ TODO.md", "unknown"),
    ] {
        let project = Project::adopted(PLAN);
        project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
        let payload = json!({
            "session_id": "s", "cwd": project.path(""), "hook_event_name": "PostToolUse",
            "tool_name": "Bash", "tool_use_id": "call_1", "tool_input": {"command": command},
            "tool_response": {"stdout": ""},
        });
        fires(&project, "claude-code", &payload);
        assert_eq!(
            said_after(&project, 2),
            [format!("task.completed T-1 by {who}")],
            "{command}"
        );
    }
}

#[test]
fn what_slipped_through_is_found_when_the_agent_rests() {
    for event in [
        "Stop",
        "SubagentStop",
        "SessionEnd",
        "AfterAgent",
        "agentStop",
    ] {
        let project = Project::adopted(PLAN);
        project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
        let payload = json!({"session_id": "s", "cwd": project.path(""), "hook_event_name": event});
        fires(&project, "claude-code", &payload);
        fires(&project, "claude-code", &payload);
        assert_eq!(
            said_after(&project, 2),
            ["task.completed T-1 by unknown"],
            "{event}"
        );
    }
}

#[test]
fn a_tool_that_failed_or_only_reads_records_nothing() {
    let project = Project::adopted(PLAN);
    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    let tool = |tool: &str, response: Value| {
        json!({
            "session_id": "s", "cwd": project.path(""), "hook_event_name": "PostToolUse",
            "tool_name": tool, "tool_input": {"file_path": project.path("TODO.md")},
            "tool_response": response,
        })
    };
    for payload in [
        tool("Read", json!({})),
        tool("mcp__ledger__append", json!({})),
        tool("Edit", json!({"success": false})),
        tool("Edit", json!({"is_error": true})),
        json!({"hook_event_name": "PostToolUseFailure", "tool_name": "Edit", "cwd": project.path("")}),
        json!({"hook_event_name": "UserPromptSubmit", "prompt": "go", "cwd": project.path("")}),
        json!({"hook_event_name": "PreToolUse", "tool_name": "Edit", "cwd": project.path("")}),
    ] {
        fires(&project, "claude-code", &payload);
    }
    assert_eq!(project.events().len(), 2);
}

#[test]
fn parallel_calls_and_a_hook_at_two_levels_record_each_edit_once() {
    let plan: String = (1..=8)
        .map(|n| format!("- [ ] T-{n}: step {n}\n"))
        .collect();
    let project = Project::adopted(&plan);
    let payloads: Vec<Value> = (1..=8)
        .map(|n| {
            edit(
                &project,
                &format!("[ ] T-{n}:"),
                &format!("[x] T-{n}:"),
                &format!("toolu_{n}"),
            )
        })
        .collect();
    for payload in &payloads {
        act(&project.path(""), &payload["tool_input"]);
    }
    std::thread::scope(|scope| {
        for payload in payloads.iter().chain(&payloads) {
            let project = &project;
            scope.spawn(move || fires(project, "claude-code", payload));
        }
    });
    let mut tasks: Vec<String> = project.events()[2..]
        .iter()
        .map(|event| event["task"].as_str().unwrap().to_owned())
        .collect();
    tasks.sort();
    assert_eq!(
        tasks,
        ["T-1", "T-2", "T-3", "T-4", "T-5", "T-6", "T-7", "T-8"]
    );
    project.ok(["verify", "--deep"]);
}

fn todos(project: &Project, items: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = items
        .iter()
        .map(|(content, status)| json!({"content": content, "status": status}))
        .collect();
    json!({
        "session_id": "s-1", "cwd": project.path(""), "hook_event_name": "PostToolUse",
        "tool_name": "TodoWrite", "tool_use_id": format!("toolu_{}", items.len()),
        "tool_input": {"todos": items}, "tool_response": {},
    })
}

#[test]
fn a_todo_list_takes_tasks_of_the_plan_on() {
    let project = Project::adopted(PLAN);
    for (first, second) in [
        ("pending", "pending"),
        ("in_progress", "pending"),
        ("completed", "in_progress"),
    ] {
        let items = [
            ("T-1: do it now", first),
            ("Drink it", second),
            ("Buy milk", "pending"),
        ];
        let mut payload = todos(&project, &items);
        payload["tool_use_id"] = json!(format!("toolu_{first}"));
        fires(&project, "claude-code", &payload);
        fires(&project, "claude-code", &payload);
    }
    let events = project.events();
    assert_eq!(
        types(&events[2..]),
        [
            "work.recorded",
            "task.started",
            "work.recorded",
            "task.completed",
            "task.started",
            "work.recorded",
        ]
    );
    assert_eq!(
        said(&events[3]),
        "task.started T-1 by claude-code for toolu_in_progress"
    );
    assert!(project.plan().contains("[x] T-1"), "{}", project.plan());
    assert!(
        !project.plan().contains("milk"),
        "an item of its own is not forced into the plan"
    );
    let audit = project.ok(["audit", "--type", "work.recorded"]).stdout;
    assert!(audit.contains("Buy milk"), "{audit}");
}

#[test]
fn a_list_never_takes_back_what_others_did() {
    let project = Project::adopted(PLAN);
    fires(
        &project,
        "claude-code",
        &todos(&project, &[("T-1", "pending")]),
    );
    project.ok(["append", "complete", "T-1"]);
    fires(
        &project,
        "claude-code",
        &todos(&project, &[("T-1", "in_progress"), ("x", "pending")]),
    );
    assert_eq!(
        types(&project.events()[2..]),
        ["work.recorded", "task.completed", "work.recorded"]
    );
    assert!(project.plan().contains("[x] T-1"));
}

#[test]
fn a_late_copy_of_an_older_list_changes_nothing() {
    let project = Project::adopted(PLAN);
    let mut first = todos(&project, &[("T-1", "in_progress")]);
    let second = todos(&project, &[("T-1", "completed"), ("more", "pending")]);
    first["tool_use_id"] = json!("toolu_first");
    for payload in [&first, &second, &first] {
        fires(&project, "claude-code", payload);
    }
    assert_eq!(
        types(&project.events()[2..]),
        [
            "task.started",
            "work.recorded",
            "task.completed",
            "work.recorded"
        ]
    );
}

#[test]
fn a_list_that_is_the_same_again_later_is_recorded_again() {
    let project = Project::adopted(PLAN);
    let list = |status: &str| {
        let mut payload = todos(&project, &[("Buy milk", status)]);
        payload.as_object_mut().unwrap().remove("tool_use_id");
        // Whatever else a payload has an id of is not the tool's use.
        payload["hook_event_name"] = json!("todo.updated");
        payload["todos"] = payload["tool_input"]["todos"].take();
        payload["id"] = json!("s-1");
        payload
    };
    let (first, second) = (list("pending"), list("in_progress"));
    for payload in [&first, &second, &first, &second, &first] {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| fires(&project, "generic", payload));
            }
        });
    }
    assert_eq!(types(&project.events()[2..]), ["work.recorded"; 5]);
    let held = crate::support::holder::Holder::of(&project);
    for payload in [&second, &second, &first, &second] {
        let command = ["--wait", "0", "append", "--hook", "generic"];
        let run = project.run_with(command, payload.to_string());
        assert!(run.stderr.contains("the change waits"), "{}", run.stderr);
    }
    drop(held);
    project.ok(["observe"]);
    assert_eq!(types(&project.events()[7..]), ["work.recorded"; 3]);
}

#[test]
fn a_hook_that_cannot_get_in_leaves_its_change_in_the_spool() {
    let project = Project::adopted(PLAN);
    let payload = edit(&project, "[ ] T-1", "[x] T-1", "toolu_1");
    act(&project.path(""), &payload["tool_input"]);
    let held = crate::support::holder::Holder::of(&project);
    let command = ["--wait", "0", "append", "--hook", "claude-code"];
    let run = project.run_with(command, payload.to_string());
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("the change waits"), "{}", run.stderr);
    let list = todos(&project, &[("T-2", "completed")]);
    project.run_with(command, list.to_string());
    drop(held);
    project.ok(["append", "note", "T-2", "hot"]);
    let mut said = said_after(&project, 2);
    said.sort();
    assert_eq!(
        said,
        [
            "note.recorded T-2 by tester",
            "task.completed T-1 by claude-code for toolu_1",
            "task.completed T-2 by claude-code for toolu_1",
            "work.recorded by claude-code for toolu_1",
        ]
    );
}

#[test]
fn a_hook_works_in_the_worktree_that_its_agent_works_in() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let other = project.path("../").canonicalize().unwrap();
    let other = other.join(format!("tree-{}", std::process::id()));
    git_in(
        &project.path(""),
        [
            "worktree",
            "add",
            "-q",
            other.to_str().unwrap(),
            "-b",
            "side",
        ],
    );
    let file = other.join("TODO.md");
    std::fs::write(&file, PLAN.replace("[ ] T-1", "[x] T-1")).unwrap();
    let payload = json!({
        "session_id": "s", "cwd": other, "hook_event_name": "PostToolUse", "tool_name": "Write",
        "tool_use_id": "toolu_1",
        "tool_input": {"file_path": file, "content": PLAN.replace("[ ] T-1", "[x] T-1")},
    });
    // The agent starts its hooks where it was started.
    fires(&project, "claude-code", &payload);
    assert_eq!(
        said_after(&project, 2),
        ["task.completed T-1 by claude-code for toolu_1"]
    );
    std::fs::remove_dir_all(&other).unwrap();
}

#[test]
fn every_hook_that_fired_is_known_with_when_it_last_did() {
    let project = Project::adopted(PLAN);
    let events = [
        "SessionStart",
        "PreToolUse",
        "PostToolUse",
        "Stop",
        "SubagentStop",
        "SessionEnd",
    ];
    let fire_all = || {
        std::thread::scope(|scope| {
            for event in events {
                let payload =
                    json!({"session_id": "s", "cwd": project.path(""), "hook_event_name": event});
                let project = &project;
                scope.spawn(move || fires(project, "claude-code", &payload));
            }
        });
        let status = project.ok(["hooks", "status", "claude-code", "--json"]);
        let status: Value = serde_json::from_str(&status.stdout).unwrap();
        let fired = status[0]["fired"].as_array().unwrap().clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let fired = fired
            .iter()
            .map(|hook| (text(&hook["event"]), text(&hook["last"])));
        fired.collect::<std::collections::BTreeMap<_, _>>()
    };
    let (first, second) = (fire_all(), fire_all());
    assert_eq!(first.len(), events.len(), "{first:?}");
    for (event, last) in first {
        assert!(second[&event] > last, "{event}: {last}, {second:?}");
    }
}

#[test]
fn events_that_no_hook_is_installed_for_are_one_whatever_they_are_called() {
    let project = Project::adopted(PLAN);
    let secret = "words of somebody";
    for event in [secret, "A", "stop", "PreCompact"] {
        let payload = json!({"session_id": "s", "cwd": project.path(""), "hook_event_name": event});
        fires(&project, "claude-code", &payload);
    }
    let folder = project.path(".ledger/traces/fired");
    let files = std::fs::read_dir(folder).unwrap();
    let texts: Vec<String> = files
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(!texts[0].contains(secret), "{texts:?}");
}

#[test]
fn a_hook_that_is_started_elsewhere_goes_where_its_agent_says_it_works() {
    let elsewhere = Project::empty();
    for said in ["cwd", "workspace_roots"] {
        let project = Project::adopted(PLAN);
        let file = project.path("TODO.md");
        project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
        let mut payload = json!({
            "conversation_id": "c", "hook_event_name": "afterFileEdit", "file_path": file,
            "edits": [
                {"old_string": "", "new_string": "x"},
                {"old_string": "[ ] T-1", "new_string": "[x] T-1"},
            ],
        });
        payload[said] = match said {
            "cwd" => json!(project.path("")),
            _ => json!([elsewhere.path(""), project.path("")]),
        };
        fires(&elsewhere, "cursor", &payload);
        assert_eq!(
            said_after(&project, 2),
            ["task.completed T-1 by cursor for afterFileEdit"],
            "{said}"
        );
    }
    let nowhere = json!({"cwd": "/no/such", "hook_event_name": "stop", "conversation_id": "c"});
    fires(&elsewhere, "cursor", &nowhere);
}

#[test]
fn nothing_is_said_where_no_plan_is_kept() {
    let project = Project::empty();
    let payload =
        json!({"session_id": "s", "cwd": project.path(""), "hook_event_name": "SessionStart"});
    let run = fires(&project, "claude-code", &payload);
    assert_eq!(run.stdout, "");
    assert!(
        std::fs::read_dir(project.path(""))
            .unwrap()
            .next()
            .is_none()
    );
}

#[test]
fn a_strict_hook_says_what_went_wrong() {
    let project = Project::adopted(PLAN);
    let run = fire(&project, "gemini-cli", &json!([]));
    assert_eq!(run.code, 2);
    assert!(
        run.stderr
            .contains("a hook of gemini-cli was not understood"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_hook_that_only_looks_takes_nothing_in() {
    let project = Project::adopted(PLAN);
    let held = crate::support::holder::Holder::of(&project);
    let put = project.run(["--wait", "0", "append", "start", "T-1"]);
    assert_eq!(put.code, 2, "{}", put.stderr);
    let rests = json!({"session_id": "s", "cwd": project.path(""), "hook_event_name": "Stop"});
    fires(&project, "claude-code", &rests);
    assert_eq!(project.events().len(), 2);
    drop(held);
    project.ok(["observe"]);
    assert_eq!(types(&project.events()[2..]), ["task.started"]);
}
