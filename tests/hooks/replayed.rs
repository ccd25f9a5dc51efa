//! Captured sessions, hook by hook.

use std::fs;

use serde_json::{Value, json};

use super::{act, fires, said_after, samples};
use crate::support::{Project, types};

/// The folder that the samples were made in.
const THERE: &str = "/home/dev/proj";

/// How often each hook fires.
#[derive(Clone, Copy, Debug)]
enum Fed {
    Once,
    Twice,
    TwiceAtOnce,
}

const ALL: [Fed; 3] = [Fed::Once, Fed::Twice, Fed::TwiceAtOnce];

/// Feeds a captured session to a project with this plan; `None` without the samples.
fn replay(agent: &str, session: &str, plan: &str, fed: Fed) -> Option<Project> {
    let file = samples()?
        .join(agent)
        .join(format!("{session}.session.jsonl"));
    let project = Project::empty();
    project.write("PLAN.md", plan);
    project.ok(["init", "PLAN.md"]);
    let here = project.path("").canonicalize().unwrap();
    let here = here.to_str().unwrap();
    for line in fs::read_to_string(file).unwrap().lines() {
        let line: Value = serde_json::from_str(&line.replace(THERE, here)).unwrap();
        let event = line["_event_argv"].as_str().map(str::to_owned);
        let payload = match &event {
            Some(_) => line["stdin"].clone(),
            None => line,
        };
        let name = event.as_deref().or(payload["hook_event_name"].as_str());
        if matches!(name, Some("PostToolUse" | "AfterTool")) {
            act(&project.path(""), &payload["tool_input"]);
        }
        let fire = || match &event {
            Some(event) => {
                let command = ["append", "--hook", agent, "--strict", "--event", event];
                let run = project.run_with(command, payload.to_string());
                assert_eq!((run.code, &*run.stderr), (0, ""), "{payload}");
            }
            None => drop(fires(&project, agent, &payload)),
        };
        match fed {
            Fed::Once => fire(),
            Fed::Twice => (0..2).for_each(|_| fire()),
            Fed::TwiceAtOnce => std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(fire);
                }
            }),
        }
    }
    project.ok(["verify", "--deep"]);
    Some(project)
}

fn plan_edited(agent: &str, causes: [&str; 3]) {
    for fed in ALL {
        let Some(project) = replay(agent, "plan-file-edit", "# Plan\n", fed) else {
            return;
        };
        let [write, edit, shell] = causes;
        let by = |what: &str, cause: &str| format!("{what} by {agent} for {cause}");
        let mut expected = vec![by("task.added T-1", write), by("task.added T-2", write)];
        if !edit.is_empty() {
            expected.push(by("task.completed T-1", edit));
        }
        if !shell.is_empty() {
            expected.push(by("task.completed T-2", shell));
        }
        assert_eq!(said_after(&project, 2), expected, "{fed:?}");
    }
}

#[test]
fn claude_code_edits_the_plan() {
    plan_edited(
        "claude-code",
        ["toolu_fake000", "toolu_fake020", "toolu_fake030"],
    );
}

#[test]
fn codex_edits_the_plan() {
    // Its second command matches nothing in the file.
    plan_edited("codex", ["call_0_0", "", ""]);
}

#[test]
fn gemini_cli_edits_the_plan() {
    plan_edited("gemini-cli", ["AfterTool"; 3]);
}

/// A session that keeps a list of its own: what it records where the plan knows none of it, and
/// where the plan has the same tasks.
fn list_kept(agent: &str, session: &str, alone: &[&str], with_plan: &[&str]) {
    let known = "# Plan\n\n- [ ] **P-1**: Add hash chain\n- [ ] **P-2**: Write render\n";
    for fed in ALL {
        for (plan, expected) in [
            ("# Plan\n\n- [ ] **Z-9**: Another\n", alone),
            (known, with_plan),
        ] {
            let Some(project) = replay(agent, session, plan, fed) else {
                return;
            };
            let events = project.events();
            let tasks: Vec<String> = events[2..]
                .iter()
                .map(|event| {
                    let kind = event["type"].as_str().unwrap();
                    match event["task"].as_str() {
                        Some(task) => format!("{kind} {task}"),
                        None => kind.to_owned(),
                    }
                })
                .collect();
            assert_eq!(tasks, expected, "{fed:?}");
            assert!(
                events[2..]
                    .iter()
                    .all(|event| event["actor"]["id"] == json!(agent))
            );
            if alone == expected {
                assert_eq!(project.read("PLAN.md"), plan);
            }
        }
    }
}

const LISTED_TWICE: [&str; 2] = ["work.recorded"; 2];
const TAKEN_ON: [&str; 5] = [
    "task.started P-1",
    "work.recorded",
    "task.completed P-1",
    "task.started P-2",
    "work.recorded",
];

#[test]
fn claude_code_writes_todos() {
    list_kept("claude-code", "todowrite", &LISTED_TWICE, &TAKEN_ON);
}

#[test]
fn codex_updates_its_plan() {
    list_kept("codex", "update_plan", &LISTED_TWICE, &TAKEN_ON);
}

#[test]
fn gemini_cli_writes_todos() {
    list_kept("gemini-cli", "write_todos", &LISTED_TWICE, &TAKEN_ON);
}

#[test]
fn claude_code_keeps_tasks() {
    list_kept(
        "claude-code",
        "tasks",
        // Three are made, one is begun and completed, one is deleted; the one that was not found
        // is nothing.
        &["work.recorded"; 6],
        &[
            "work.recorded",
            "work.recorded",
            "work.recorded",
            "task.started P-1",
            "work.recorded",
            "task.completed P-1",
            "work.recorded",
            "work.recorded",
        ],
    );
}

#[test]
fn gemini_cli_tracks_tasks() {
    list_kept(
        "gemini-cli",
        "tracker",
        &["work.recorded"],
        &["work.recorded"],
    );
}

#[test]
fn copilot_cli_keeps_rows() {
    list_kept(
        "copilot-cli",
        "camelCase",
        &LISTED_TWICE,
        &["work.recorded", "task.started P-1", "work.recorded"],
    );
}

#[test]
fn opencode_updates_its_todos() {
    let Some(samples) = samples() else { return };
    let project = Project::empty();
    project.write("PLAN.md", "# Plan\n\n- [ ] **P-1**: Add hash chain\n");
    project.ok(["init", "PLAN.md"]);
    for file in [
        "event-session.created",
        "tool.execute.before-todowrite",
        "tool.execute.after-todowrite",
        "event-todo.updated-first",
        "event-todo.updated-second",
        "event-session.idle",
    ] {
        let payload = fs::read_to_string(samples.join(format!("opencode/{file}.json"))).unwrap();
        for _ in 0..2 {
            fires(
                &project,
                "opencode",
                &serde_json::from_str(&payload).unwrap(),
            );
        }
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
fn every_sample_of_every_agent_is_understood() {
    let Some(samples) = samples() else { return };
    let mut count = 0;
    for (folder, agent) in [
        ("claude-code", "claude-code"),
        ("codex", "codex"),
        ("gemini-cli", "gemini-cli"),
        ("copilot-cli", "copilot-cli"),
        ("opencode", "opencode"),
        ("cursor", "cursor"),
        ("factory-droid", "generic"),
        ("kiro-cli", "generic"),
    ] {
        for entry in fs::read_dir(samples.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if !name.ends_with(".json") || name.starts_with("notify-argv") {
                continue;
            }
            let project = Project::empty();
            project.write("PLAN.md", "# Plan\n");
            project.ok(["init", "PLAN.md"]);
            let here = project.path("").canonicalize().unwrap();
            let payload = fs::read_to_string(&path)
                .unwrap()
                .replace(THERE, here.to_str().unwrap());
            // Some say what happened only beside the payload.
            let event = name.split(['-', '.']).next().unwrap().to_owned();
            let mut command = vec!["append", "--hook", agent, "--strict"];
            let said: Value = serde_json::from_str(&payload).unwrap();
            if folder == "copilot-cli" && said.get("hook_event_name").is_none() {
                command.extend(["--event", &event]);
            }
            let run = project.run_with(command, payload);
            assert_eq!((run.code, &*run.stderr), (0, ""), "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}
