//! Payloads that are none, or mean harm.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Project, limits};

const PLAN: &str = "# Plan\n\n- [ ] T-1: Brew coffee\n";

/// Runs a hook that must not be in the agent's way, and gives what it said.
#[track_caller]
fn harmless(project: &Project, payload: &[u8]) -> String {
    let run = project.run_with(["append", "--hook", "claude-code"], payload);
    assert_eq!(run.code, 0);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.lines().count() <= 1, "{}", run.stderr);
    let shown = |letter: char| letter == '\n' || !letter.is_control();
    assert!(run.stderr.chars().all(shown), "{:?}", run.stderr);
    run.stderr
}

#[test]
fn what_is_no_payload_is_one_line() {
    let project = Project::adopted(PLAN);
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let nested = format!("{}1{}", r#"{"tool_input":"#.repeat(200), "}".repeat(200));
    for payload in [
        &b""[..],
        b"not JSON",
        b"\xff\xfe\x00",
        b"{\"hook_event_name\":",
        b"[]",
        b"null",
        b"{}",
        deep.as_bytes(),
        nested.as_bytes(),
    ] {
        assert!(harmless(&project, payload).starts_with("ledger: "));
    }
    assert_eq!(project.events().len(), 2);
}

#[test]
fn half_a_character_in_a_payload_does_not_lose_it() {
    let project = Project::adopted(PLAN);
    project.write("TODO.md", PLAN.replace("[ ] T-1", "[x] T-1"));
    let payload = json!({
        "hook_event_name": "PostToolUse", "session_id": "s", "cwd": project.path(""),
        "tool_name": "Edit", "tool_use_id": "t", "tool_response": "HALF",
        "tool_input": {"file_path": project.path("TODO.md"), "old_string": "[ ]", "new_string": "[x]"},
    });
    let payload = payload.to_string().replace("HALF", r"cut \ud83d");
    assert_eq!(harmless(&project, payload.as_bytes()), "");
    assert_eq!(
        super::said_after(&project, 2),
        ["task.completed T-1 by claude-code for t"]
    );
}

#[test]
fn a_command_line_that_is_not_understood_is_one_line() {
    let project = Project::adopted(PLAN);
    for arguments in [
        &["append", "--hook", "some-agent"][..],
        &["append", "--hook", "claude-code", "--no-such-flag"],
        &["append", "--hook"],
        &["append", "--hook=x\u{1b}[2J"],
    ] {
        let run = project.run_with(arguments, "{}");
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{arguments:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    let strict = project.run_with(["append", "--hook", "some-agent", "--strict"], "{}");
    assert_eq!(strict.code, 2);
}

#[test]
fn a_payload_without_an_end_takes_bounded_memory_and_time() {
    let project = Project::adopted(PLAN);
    let run = project.bounded(
        ["append", "--hook", "claude-code"],
        limits::Input::Endless(b"{\"a\":1}".to_vec()),
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("longer than 16 MiB"), "{}", run.stderr);
}

#[test]
fn a_damaged_ledger_does_not_stop_an_agent() {
    let project = Project::adopted(PLAN);
    let journal = project.path(".ledger/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(
        &journal,
        text.replacen("ledger.created", "ledger.creatad", 1),
    )
    .unwrap();
    project.write("TODO.md", PLAN.replace("[ ]", "[x]"));
    let payload = json!({"hook_event_name": "Stop", "session_id": "s", "cwd": project.path("")});
    harmless(&project, payload.to_string().as_bytes());
}

#[test]
fn nothing_outside_the_root_is_read_or_written() {
    let project = Project::adopted(PLAN);
    let outside = Project::adopted(PLAN);
    outside.write("TODO.md", PLAN.replace("[ ]", "[x]"));
    let before = fs::read(outside.path(".ledger/journal.jsonl")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path("TODO.md"), project.path("LINK.md")).unwrap();
    for (folder, file) in [
        (outside.path(""), outside.path("TODO.md")),
        (project.path(".."), project.path("../../etc/passwd")),
        (project.path(""), project.path("LINK.md")),
        ("/".into(), "/etc/passwd".into()),
        ("/proc/self/root".into(), "/dev/zero".into()),
    ] {
        let payload = json!({
            "hook_event_name": "PostToolUse", "session_id": "s", "cwd": folder,
            "tool_name": "Write", "tool_use_id": "t", "tool_input": {"file_path": file, "content": "x"},
        });
        assert_eq!(harmless(&project, payload.to_string().as_bytes()), "");
    }
    assert_eq!(project.events().len(), 2);
    assert_eq!(
        fs::read(outside.path(".ledger/journal.jsonl")).unwrap(),
        before
    );
}

#[test]
fn a_hook_that_is_asked_first_is_in_nobodys_way() {
    let project = Project::adopted(PLAN);
    project.write("ledger.toml", "[rules]\nno-open-deletion = \"deny\"\n");
    project.ok(["observe"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", project.path("LINK.md")).unwrap();
    let many = format!(
        "*** Begin Patch\n*** Update File: TODO.md\n{}",
        "@@\n-- [ ] T-1: Brew coffee\n+- [ ] T-1: Brew coffee\n".repeat(50_000)
    );
    let plan = project.path("TODO.md");
    for input in [
        json!({"file_path": "/etc/passwd", "content": "x"}),
        json!({"file_path": "../../../../dev/zero", "content": "x"}),
        json!({"file_path": project.path("LINK.md"), "content": "x"}),
        json!({"file_path": "\u{0}\u{1b}[2J", "content": "x"}),
        json!({"file_path": plan, "content": ["x"]}),
        json!({"file_path": plan, "old_string": "Brew", "new_string": "\u{1b}[2J\u{202e}"}),
        json!({"command": many}),
        json!({"command": ["apply_patch", "*** Update File: \u{0}"]}),
        json!({"edits": vec![json!({}); 1_000], "file_path": plan}),
    ] {
        let payload = json!({
            "hook_event_name": "PreToolUse", "session_id": "s", "cwd": project.path(""),
            "tool_name": "Write", "tool_use_id": "t", "tool_input": input,
        });
        assert_eq!(harmless(&project, payload.to_string().as_bytes()), "");
    }
    assert_eq!(project.events().len(), 3, "nothing was recorded");
    // What a plan says is data in the answer too.
    let title = "\u{1b}[2J\u{202e}".repeat(2_000);
    project.write(
        "TODO.md",
        format!("# Plan\n\n- [ ] T-1: {title}\n- [ ] {title}\n"),
    );
    project.ok(["observe"]);
    let payload = json!({
        "hook_event_name": "PreToolUse", "session_id": "s", "cwd": project.path(""),
        "tool_name": "Write", "tool_input": {"file_path": plan, "content": "# Plan\n"},
    });
    let run = project.run_with(["append", "--hook", "claude-code"], payload.to_string());
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    let reason = &answer["hookSpecificOutput"]["permissionDecisionReason"];
    let reason = reason.as_str().unwrap();
    assert!(
        reason.len() < 10_000 && !reason.chars().any(char::is_control),
        "{reason}"
    );
    // A broken file of rules is one line too.
    project.write("ledger.toml", "[rules\n\u{1b}[2J");
    project.write("TODO.md", format!("{}\nA word.\n", project.plan()));
    let payload = json!({
        "hook_event_name": "PostToolUse", "session_id": "t", "cwd": project.path(""),
        "tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "make"},
    });
    let said = harmless(&project, payload.to_string().as_bytes());
    assert!(said.contains("ledger.toml:1: "), "{said}");
}

#[test]
fn long_and_deceptive_values_are_cut_and_made_harmless() {
    let project = Project::adopted(PLAN);
    project.write("TODO.md", PLAN.replace("[ ]", "[x]"));
    let long = "\u{1b}[2J\u{202e}é".repeat(2_000);
    let payload = json!({
        "hook_event_name": "PostToolUse", "session_id": long, "cwd": project.path(""),
        "tool_name": long, "tool_use_id": long,
        "tool_input": {"file_path": project.path("TODO.md"), "content": PLAN.replace("[ ]", "[x]")},
    });
    assert_eq!(harmless(&project, payload.to_string().as_bytes()), "");
    let list = json!({
        "hook_event_name": "PostToolUse", "session_id": "s", "cwd": project.path(""),
        "tool_name": "TodoWrite", "tool_use_id": "t",
        "tool_input": {"todos": (0..5_000).map(|_| json!({"content": long, "status": "pending"})).collect::<Vec<Value>>()},
    });
    harmless(&project, list.to_string().as_bytes());
    let shown = project.ok(["audit"]).stdout;
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    project.ok(["verify", "--deep"]);
}

#[test]
fn no_secret_of_the_payload_or_the_environment_is_recorded() {
    let project = Project::adopted(PLAN);
    let secret = "hunter2-very-secret";
    project.write("TODO.md", PLAN.replace("[ ]", "[x]"));
    let payload = json!({
        "hook_event_name": "PostToolUse", "session_id": "s", "cwd": project.path(""),
        "transcript_path": secret, "tool_name": "Bash", "tool_use_id": "t", "prompt": secret,
        "tool_input": {"command": format!("TOKEN={secret} sed -i x TODO.md"), "description": secret},
        "tool_response": {"stdout": secret},
    });
    let mut command = project.command(["append", "--hook", "claude-code", "--strict"]);
    command
        .env("CLAUDE_CODE_MESSAGING_TOKEN", secret)
        .env("SECRET", secret);
    let file = project.path("payload.json");
    fs::write(&file, payload.to_string()).unwrap();
    command.stdin(fs::File::open(&file).unwrap());
    assert!(command.status().unwrap().success());
    fs::remove_file(&file).unwrap();
    assert_eq!(project.events().len(), 3);
    let mut folders = vec![project.path(".ledger")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}
