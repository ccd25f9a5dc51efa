//! What the commands that only look at a ledger answer.

use serde_json::Value;

use crate::support::{Project, lines_of_json};

const PLAN: &str = "\
# Release plan

**Version**: 1.4

## Work

- [x] **TASK-1**: Write the Containerfile
- [~] **TASK-2**: Build the image
  - **Results**:
    - 230 MB
  - [x] base image
  - [ ] slim it down
- [ ] **TASK-3**: Deploy to staging
- [ ] **TASK-4**: Announce it
  - **Dependencies**: TASK-2, TASK-3
";

/// Titles and texts that try to be more than text.
const HOSTILE: &str = "\
# Plan \u{1b}]0;title\u{7}

- [ ] **T-1**: =HYPERLINK(\"https://example.org\") | `code` \u{1b}[2J \u{202e}exe \u{200b}x
- [~] **T-2**: <script>alert(1)</script> [link](javascript:x) \u{9b}31m
  - **Dependencies**: T-1
  - **Owner**: @SUM(A1)
";

fn json(project: &Project, arguments: &[&str]) -> Value {
    serde_json::from_str(&project.ok(arguments).stdout).expect("one JSON value")
}

fn keys(tasks: &Value) -> Vec<&str> {
    let tasks = tasks.as_array().expect("an array");
    tasks
        .iter()
        .filter_map(|task| task["key"].as_str())
        .collect()
}

#[test]
fn status_says_how_far_the_plan_is_and_what_became_of_its_file() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "block", "TASK-3", "--reason", "no cluster"]);
    let status = json(&project, &["status", "--json"]);
    let plan = &status["plans"][0];
    assert_eq!(plan["state"], "current");
    assert_eq!(plan["tasks"]["total"], 4);
    assert_eq!(plan["tasks"]["completed"], 1);
    assert_eq!(keys(&plan["in_progress"]), ["TASK-2"]);
    assert_eq!(plan["blocked"][0]["reason"], "no cluster");
    assert_eq!(status["head"]["seq"], 2);
    let text = project.ok(["status"]).stdout;
    for words in ["1/4 (25%)", "as the ledger has it", "no cluster", "event 2"] {
        assert!(text.contains(words), "'{words}' is not in: {text}");
    }

    project.write(
        "TODO.md",
        project.plan().replace("Announce it", "Announce it all"),
    );
    let text = project.ok(["status"]).stdout;
    assert!(
        text.contains("edited") && text.contains("ledger observe"),
        "{text}"
    );
    std::fs::remove_file(project.path("TODO.md")).unwrap();
    assert_eq!(
        json(&project, &["status", "--json"])["plans"][0]["state"],
        "absent"
    );
}

#[test]
fn next_puts_what_is_under_way_first_and_says_what_the_rest_waits_for() {
    let project = Project::adopted(PLAN);
    let next = json(&project, &["next", "--json"]);
    assert_eq!(keys(&next["in_progress"]), ["TASK-2"]);
    assert_eq!(keys(&next["ready"]), ["TASK-3"]);
    assert_eq!(keys(&next["waiting"]), ["TASK-4"]);
    assert_eq!(keys(&next["waiting"][0]["waits_for"]), ["TASK-2", "TASK-3"]);
    let text = project.ok(["next"]).stdout;
    assert!(text.contains("waits for TASK-2, TASK-3"), "{text}");

    let done = Project::adopted("- [x] **A-1**: one\n- [x] **A-2**: two\n");
    assert!(
        done.ok(["next"])
            .stdout
            .contains("nothing is open: 2 completed")
    );
}

#[test]
fn next_shows_a_few_waiting_tasks_and_all_of_them_when_asked() {
    let mut plan = String::from("- [ ] **W-0**: first\n");
    for n in 1..40 {
        plan.push_str(&format!(
            "- [ ] **W-{n}**: later\n  - **Dependencies**: W-0\n"
        ));
    }
    let project = Project::adopted(&plan);
    let few = project.ok(["next"]).stdout;
    assert!(
        few.contains("more; ledger next --all") && !few.contains("W-39"),
        "{few}"
    );
    assert!(project.ok(["next", "--all"]).stdout.contains("W-39"));
}

#[test]
fn show_tells_everything_about_a_task() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "note", "TASK-2", "see the log"]);
    let task = json(&project, &["show", "task-2", "--json"]);
    assert_eq!(task["line"], 8);
    assert_eq!(task["section"], serde_json::json!(["Release plan", "Work"]));
    assert_eq!(task["results"], serde_json::json!(["230 MB"]));
    assert_eq!(task["steps"][0]["checked"], true);
    assert_eq!(task["steps"][1]["text"], "slim it down");
    assert_eq!(keys(&task["dependents"]), ["TASK-4"]);
    assert_eq!(task["contradicts_itself"], false);
    assert_eq!(task["events"][0]["type"], "note.recorded");
    let text = project.ok(["show", "TASK-2"]).stdout;
    for words in [
        "TODO.md:8",
        "[x] base image",
        "[ ] slim it down",
        "needed by TASK-4",
    ] {
        assert!(text.contains(words), "'{words}' is not in: {text}");
    }
    project.fails(["show", "TASK-22"], 1, &["no task is called", "TASK-2"]);
}

#[test]
fn an_id_that_two_tasks_have_is_ambiguous() {
    let project =
        Project::adopted("- [ ] **X-1**: Paint the fence\n- [ ] **X-1**: Ship the parser\n");
    project.fails(["show", "X-1"], 1, &["Paint the fence", "Ship the parser"]);
    project.fails(
        ["audit", "--task", "X-1"],
        1,
        &["Paint the fence", "Ship the parser"],
    );
    assert_eq!(
        json(&project, &["show", "X-1#2", "--json"])["title"],
        "Ship the parser"
    );
}

#[test]
fn list_groups_by_section_and_filters_by_status() {
    let project = Project::adopted(PLAN);
    let text = project.ok(["list"]).stdout;
    assert!(text.contains("Release plan › Work"), "{text}");
    assert!(
        text.contains("TASK-2  in progress   Build the image"),
        "{text}"
    );
    let open = json(
        &project,
        &[
            "list",
            "--status",
            "pending",
            "--status",
            "in_progress",
            "--json",
        ],
    );
    assert_eq!(keys(&open), ["TASK-2", "TASK-3", "TASK-4"]);
    project.fails(["list", "--status", "done"], 2, &["is not a status"]);
}

#[test]
fn audit_filters_by_every_claim() {
    let project = Project::adopted(PLAN);
    project.ok([
        "append",
        "start",
        "TASK-3",
        "--actor",
        "agent:bot",
        "--session",
        "s1",
    ]);
    project.ok(["append", "complete", "TASK-3", "--cause", "ticket 9"]);
    let seqs = |arguments: &[&str]| -> Vec<u64> {
        let mut all = vec!["audit", "--format", "ndjson"];
        all.extend(arguments);
        let lines = lines_of_json(&project.ok(all).stdout);
        lines
            .iter()
            .filter_map(|event| event["seq"].as_u64())
            .collect()
    };
    assert_eq!(seqs(&[]), [0, 1, 2, 3]);
    assert_eq!(seqs(&["--actor", "bot"]), [2]);
    assert_eq!(seqs(&["--session", "s1"]), [2]);
    assert_eq!(seqs(&["--cause", "ticket 9"]), [3]);
    assert_eq!(seqs(&["--type", "completed"]), [3]);
    assert_eq!(seqs(&["--type", "task"]), [2, 3]);
    assert_eq!(seqs(&["--type", "task.started"]), [2]);
    assert_eq!(seqs(&["--origin", "imported"]), [1]);
    assert_eq!(seqs(&["--since", "2000-01-01"]), [0, 1, 2, 3]);
    assert_eq!(seqs(&["--until", "2000-01-01"]), [0; 0]);
    assert_eq!(seqs(&["--task", "TASK-3", "--type", "completed"]), [3]);
    project.fails(
        ["audit", "--since", "someday"],
        2,
        &["--since", "2025-10-15"],
    );
}

#[test]
fn a_task_keeps_its_trail_when_it_gets_another_id_or_leaves() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "TASK-3"]);
    project.ok(["append", "rekey", "TASK-3", "OPS-3"]);
    project.ok(["append", "rekey", "TASK-1", "TASK-3"]);
    project.ok(["append", "complete", "OPS-3"]);
    let types = |task: &str| -> Vec<String> {
        let run = project.ok(["audit", "--task", task, "--format", "ndjson"]);
        let lines = lines_of_json(&run.stdout);
        lines
            .iter()
            .filter_map(|event| event["type"].as_str().map(str::to_owned))
            .collect()
    };
    assert_eq!(
        types("OPS-3"),
        ["task.started", "task.rekeyed", "task.completed"]
    );
    assert_eq!(types("TASK-3"), ["task.rekeyed"]);
    assert_eq!(
        types("TASK-1"),
        ["task.rekeyed"],
        "under the name it had before"
    );
    project.fails(["show", "TASK-1"], 1, &["is called TASK-3 now"]);
    project.ok(["append", "remove", "OPS-3"]);
    let gone = types("OPS-3");
    assert_eq!(gone.last().map(String::as_str), Some("task.removed"));
    assert_eq!(gone.len(), 4);
    project.fails(["show", "OPS-3"], 1, &["left the plan", "ledger audit"]);
}

#[test]
fn the_views_are_markdown_of_a_moment() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "complete", "TASK-3"]);
    project.write("TODO.md", project.plan().replace("1.4", "1.5"));
    project.ok(["observe"]);
    project.ok(["append", "complete", "TASK-4"]);
    let history = project.ok(["render", "--view", "history"]).stdout;
    for words in [
        "# History of TODO.md",
        "## Version 1.4",
        "## Version 1.5",
        "1 completed",
    ] {
        assert!(history.contains(words), "'{words}' is not in: {history}");
    }
    let then = project
        .ok(["render", "--view", "history", "--at", "2"])
        .stdout;
    assert!(!then.contains("1.5"), "{then}");
    let audit = project
        .ok(["render", "--view", "audit", "--at", "2"])
        .stdout;
    assert!(audit.starts_with("# Audit trail\n\n| event |"), "{audit}");
    assert!(
        audit.contains("TASK-3") && !audit.contains("TASK-4"),
        "{audit}"
    );
}

/// A journal whose last event has another body than its header commits to.
fn in_last_body(journal: &str) -> String {
    let title = "Deploy to staging";
    let at = journal.rfind(title).expect("the task's title");
    let (before, rest) = journal.split_at(at);
    format!("{before}{}{}", title.to_uppercase(), &rest[title.len()..])
}

#[test]
fn verify_names_the_place_of_damage_in_an_exported_journal() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "TASK-3"]);
    let report = json(&project, &["verify", "--json"]);
    assert_eq!(
        (report["ok"].as_bool(), report["events"].as_u64()),
        (Some(true), Some(3))
    );
    let journal = project.ok(["export"]).bytes;
    project.write("copy.jsonl", &journal);
    // It needs no ledger.
    let elsewhere = Project::empty();
    let copy = project.path("copy.jsonl");
    elsewhere.ok(["verify", "--journal", copy.to_str().unwrap()]);
    assert_eq!(
        elsewhere
            .run_with(["verify", "--journal", "-"], &journal)
            .code,
        0
    );

    let text = String::from_utf8(journal).unwrap();
    let changed = in_last_body(&text);
    let run = elsewhere.run_with(["verify", "--journal", "-", "--json"], &changed);
    assert_eq!(run.code, 1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["findings"][0]["seq"], 2);
    assert!(run.stderr.contains("event 2"), "{}", run.stderr);

    let cut = &text[..text.len() - 2];
    let run = elsewhere.run_with(["verify", "--journal", "-"], cut);
    assert_eq!(run.code, 1);
    let run = elsewhere.run_with(["verify", "--journal", "-"], "not a journal\n");
    assert_eq!(run.code, 1);
    elsewhere.fails(["verify"], 2, &["ledger init"]);
}

#[test]
fn verify_finds_a_journal_that_was_changed_or_cut_in_its_ledger() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "TASK-3"]);
    let path = project.path(".ledger/journal.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, in_last_body(&whole)).unwrap();
    project.fails(["verify"], 1, &["event 2"]);
    let shorter: String = whole.split_inclusive('\n').take(2).collect();
    std::fs::write(&path, shorter).unwrap();
    project.fails(["verify"], 1, &["error:"]);
    std::fs::write(&path, whole).unwrap();
    project.ok(["verify"]);
}

#[test]
fn verify_tells_an_end_that_was_never_acknowledged_from_one_that_was() {
    const HARMLESS: &str = "what was acknowledged stays";
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "TASK-3"]);
    let path = project.path(".ledger/journal.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();

    std::fs::write(&path, format!("{whole}{{\"body\":[")).unwrap();
    project.fails(["verify"], 1, &["event 3", HARMLESS]);
    let run = project.run(["verify", "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["findings"][0]["code"], "INCOMPLETE_LINE");

    std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    let run = project.run(["verify"]);
    assert_eq!(run.code, 1);
    assert!(!run.stderr.contains(HARMLESS), "{}", run.stderr);

    // The next change puts the end aside, and the ledger is whole again.
    std::fs::write(&path, format!("{whole}{{\"body\":[")).unwrap();
    project.ok(["append", "complete", "TASK-3"]);
    project.ok(["verify"]);
}

#[test]
fn export_gives_the_journal_byte_for_byte() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "TASK-3"]);
    assert_eq!(
        project.ok(["export"]).bytes,
        project.bytes(".ledger/journal.jsonl")
    );
}

#[test]
fn no_output_carries_what_a_terminal_would_act_on() {
    let project = Project::adopted(HOSTILE);
    project.ok([
        "append",
        "block",
        "T-1",
        "--reason",
        "=cmd|' /C calc'!A0\u{1b}[8m",
    ]);
    project.ok([
        "append",
        "set",
        "--task",
        "T-2",
        "--",
        "Owner",
        "-1+1\u{202e}",
    ]);
    let queries: [&[&str]; 18] = [
        &["status"],
        &["status", "--json"],
        &["next", "--all"],
        &["next", "--json"],
        &["list"],
        &["list", "--json"],
        &["show", "T-1"],
        &["show", "T-1", "--json"],
        &["show", "T-2"],
        &["audit"],
        &["audit", "--json"],
        &["audit", "--format", "ndjson"],
        &["audit", "--format", "csv"],
        &["audit", "--format", "md"],
        &["render", "--view", "history"],
        &["render", "--view", "audit"],
        &["verify"],
        &["verify", "--json"],
    ];
    for query in queries {
        let run = project.ok(query);
        let unsafe_in = |text: &str| {
            text.chars().find(|&c| {
                (c.is_control() && c != '\n')
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            })
        };
        assert_eq!(unsafe_in(&run.stdout), None, "{query:?}: {}", run.stdout);
        assert_eq!(unsafe_in(&run.stderr), None, "{query:?}: {}", run.stderr);
    }
    let csv = project.ok(["audit", "--format", "csv"]).stdout;
    let reason = csv
        .lines()
        .find(|line| line.contains("cmd|"))
        .expect("the reason");
    assert!(reason.contains(",'=cmd|"), "{reason}");
    let markdown = project.ok(["audit", "--format", "md"]).stdout;
    for line in markdown.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        assert_eq!(bars, 8, "{line}");
    }
    // JSON gives the text back as it is.
    let task = json(&project, &["show", "T-1", "--json"]);
    assert!(
        task["title"]
            .as_str()
            .unwrap()
            .contains("\u{1b}[2J \u{202e}exe")
    );
}

#[test]
fn a_line_of_a_megabyte_goes_through_every_query() {
    let title = "x".repeat(1 << 20);
    let project = Project::adopted(&format!("- [ ] **L-1**: {title}\n"));
    project.ok(["append", "start", "L-1"]);
    for query in [
        &["status"][..],
        &["next"],
        &["list"],
        &["show", "L-1", "--json"],
        &["audit"],
        &["audit", "--format", "csv"],
        &["audit", "--format", "md"],
        &["render", "--view", "history"],
        &["verify"],
    ] {
        project.ok(query);
    }
    // Nothing is cut off where the output is not a terminal.
    assert!(project.ok(["list"]).stdout.len() > 1 << 20);
}

#[test]
fn a_reader_who_has_seen_enough_ends_a_query_quietly() {
    let title = "y".repeat(200_000);
    let project = Project::adopted(&format!("- [ ] **P-1**: {title}\n"));
    for query in [
        &["list"][..],
        &["list", "--json"],
        &["export"],
        &["completions", "bash"],
        &["doctor"],
    ] {
        let (code, said) = unread(&project, query);
        assert_eq!(code, Some(0), "{query:?}");
        assert_eq!(said, "", "{query:?}");
    }
}

#[test]
fn what_the_doctor_finds_is_told_by_its_code_also_where_nobody_reads_it() {
    let project = Project::adopted(PLAN);
    project.write(".ledger/state", "garbled");
    for words in [&["doctor"][..], &["doctor", "--json"]] {
        let (code, said) = unread(&project, words);
        assert_eq!(code, Some(1), "{words:?}: {said}");
        assert!(said.contains("1 finding"), "{words:?}: {said}");
    }
}

/// How a command ends whose output nobody reads, and what it says besides.
fn unread(project: &Project, words: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = project.command(words).stdout(writer).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[test]
fn queries_leave_the_plan_file_alone_and_tell_of_drift() {
    let project = Project::adopted(PLAN);
    let edited = PLAN.replace("- [ ] **TASK-3**", "- [x] **TASK-3**");
    project.write("TODO.md", &edited);
    for query in [
        &["next"][..],
        &["list"],
        &["show", "TASK-3"],
        &["audit"],
        &["status"],
    ] {
        let run = project.ok(query);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("ledger observe"), "{query:?}: {said}");
        assert_eq!(project.plan(), edited);
    }
    assert_eq!(project.events().len(), 2);
}

#[test]
fn there_is_a_man_page_for_each_command_and_a_script_for_each_shell() {
    let project = Project::empty();
    project.ok(["man", "pages"]);
    for page in ["ledger.1", "ledger-audit.1", "ledger-append-complete.1"] {
        assert!(
            project.read(&format!("pages/{page}")).contains(".TH"),
            "{page}"
        );
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            project.ok(["completions", shell]).stdout.contains("ledger"),
            "{shell}"
        );
    }
}

#[test]
fn a_retitled_task_is_shown_with_both_titles() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "retitle", "TASK-3", "Deploy to the test cluster"]);
    for format in ["table", "md"] {
        let shown = project
            .ok(["audit", "--task", "TASK-3", "--format", format])
            .stdout;
        let both = ["Deploy to staging", "Deploy to the test cluster"];
        assert!(both.iter().all(|title| shown.contains(title)), "{shown}");
    }
}

#[test]
fn what_is_checked_is_said_as_json_too() {
    let project = Project::adopted(PLAN);
    let state = |code: i32| {
        let run = project.run(["render", "--check", "--json"]);
        assert_eq!(run.code, code, "{}", run.stderr);
        let files: Value = serde_json::from_str(&run.stdout).unwrap();
        files[0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(0), "current");
    project.write("TODO.md", PLAN.replace("Announce", "Shout"));
    assert_eq!(state(1), "edited");
}

#[test]
fn what_happened_last_to_a_task_that_came_back_is_nothing_of_who_had_its_id_meanwhile() {
    let project = Project::adopted("- [ ] **T-1**: Walls\n- [ ] **T-2**: Roof\n");
    project.ok(["append", "complete", "T-1"]);
    project.ok(["append", "remove", "T-1"]);
    project.ok(["append", "add", "Paint the hall", "--id", "T-1"]);
    project.ok(["append", "block", "T-1", "--reason", "rain"]);
    project.ok(["append", "rekey", "T-1", "T-3"]);
    project.ok(["append", "restore", "Walls"]);
    project.ok(["append", "note", "T-1", "plastered"]);
    let types = |task: &str| -> Vec<String> {
        let shown = project.ok(["show", task, "--json"]).stdout;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let events = shown["events"].as_array().unwrap().iter();
        events
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut walls = types("T-1");
    walls.sort();
    let own = [
        "note.recorded",
        "task.completed",
        "task.removed",
        "task.restored",
    ];
    assert_eq!(walls, own);
    let mut paint = types("T-3");
    paint.sort();
    assert_eq!(paint, ["task.added", "task.blocked", "task.rekeyed"]);
}
