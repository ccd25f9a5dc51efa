//! The audit trail: its filters, its forms, and how it follows a history that grows.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Project, lines_of_json};

const PLAN: &str = "\
# Plan

## Phase 1

- [ ] **US-1**: Draw the map
  - [ ] **US-2**: Ink the coast
- [ ] **OPS-1**: Rent a ship

## Phase 2

### Harbour

- [ ] **US-3**: Sail home
";

fn seqs(project: &Project, options: &[&str]) -> Vec<u64> {
    let words = [&["audit", "--format", "ndjson"], options].concat();
    let lines = lines_of_json(&project.ok(words).stdout);
    lines.iter().filter_map(|own| own["seq"].as_u64()).collect()
}

/// A ledger with six changes after its first two events.
fn sailed() -> Project {
    let project = Project::adopted(PLAN);
    for words in [
        &["start", "US-1"][..],
        &["start", "OPS-1", "--cause", "ticket 9"],
        &["block", "US-1", "--reason", "No PAPER left"],
        &["complete", "US-2", "--result", "the coast is black"],
        &["complete", "US-3", "--cause", "ticket 10"],
        &["unblock", "US-1"],
    ] {
        project.ok([&["append"], words].concat());
    }
    project
}

#[test]
fn filters_combine() {
    let project = sailed();
    assert_eq!(seqs(&project, &[]), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seqs(&project, &["--task", "us-*"]), [2, 4, 5, 6, 7]);
    assert_eq!(seqs(&project, &["--task", "?PS-1"]), [3]);
    assert_eq!(seqs(&project, &["--task", "us-1"]), [2, 4, 7]);
    assert_eq!(seqs(&project, &["--task", "NONE-*"]), [0; 0]);
    assert_eq!(seqs(&project, &["--under", "US-1"]), [2, 4, 5, 7]);
    assert_eq!(seqs(&project, &["--under", "phase 2"]), [6]);
    assert_eq!(seqs(&project, &["--under", "Plan"]), [2, 3, 4, 5, 6, 7]);
    assert_eq!(seqs(&project, &["--cause", "ticket 9"]), [3]);
    assert_eq!(seqs(&project, &["--cause", "ticket *"]), [3, 6]);
    assert_eq!(seqs(&project, &["--range", "3..5"]), [3, 4, 5]);
    assert_eq!(seqs(&project, &["--range", "6.."]), [6, 7]);
    assert_eq!(seqs(&project, &["--range", "..1"]), [0, 1]);
    assert_eq!(seqs(&project, &["--to-status", "completed"]), [5, 6]);
    assert_eq!(seqs(&project, &["--from-status", "blocked"]), [7]);
    assert_eq!(
        seqs(
            &project,
            &["--from-status", "in_progress", "--to-status", "blocked"]
        ),
        [4]
    );
    assert_eq!(seqs(&project, &["--grep", "no paper"]), [4, 7][..1]);
    assert_eq!(seqs(&project, &["--grep", "IS BLACK"]), [5]);
    assert_eq!(
        seqs(&project, &["--grep", "sail home", "--range", "1"]),
        [1]
    );
    assert_eq!(
        seqs(
            &project,
            &[
                "--task",
                "US-*",
                "--to-status",
                "completed",
                "--range",
                "..5"
            ]
        ),
        [5]
    );
    project.fails(
        ["audit", "--under", "Phase 9"],
        1,
        &["no task is called", "no section is called 'Phase 9'"],
    );
    project.fails(["audit", "--range", "5..3"], 2, &["backwards", "3..5"]);
}

#[test]
fn the_latest_come_first_or_alone() {
    let project = sailed();
    assert_eq!(seqs(&project, &["--limit", "2"]), [6, 7]);
    assert_eq!(seqs(&project, &["--limit", "0"]), [0; 0]);
    assert_eq!(seqs(&project, &["--reverse", "--limit", "3"]), [7, 6, 5]);
    assert_eq!(seqs(&project, &["--reverse", "--task", "US-1"]), [7, 4, 2]);
    assert_eq!(seqs(&project, &["--reverse", "--unproven"]), [6, 5]);
}

#[test]
fn a_task_that_left_is_found_by_its_name() {
    let project = sailed();
    project.ok(["append", "remove", "US-3", "--reason", "the ship sank"]);
    assert_eq!(seqs(&project, &["--task", "US-3"]), [6, 8]);
    assert_eq!(seqs(&project, &["--under", "Harbour"]), [6, 8]);
    project.fails(
        ["show", "US-3"],
        1,
        &[
            "left the plan",
            "by tester",
            "event 8",
            "ledger audit --task US-3",
        ],
    );
}

#[test]
fn a_task_of_a_branch_that_never_came_to_the_head_is_found_by_its_name() {
    let project = Project::empty();
    project.write("TODO.md", "- [ ] **T-1**: one\n");
    project.git_init();
    project.git(["checkout", "-q", "-b", "side"]);
    project.write("TODO.md", "- [ ] **T-1**: one\n- [x] **SIDE-7**: another\n");
    project.git(["commit", "-q", "-am", "side"]);
    project.git(["checkout", "-q", "main"]);
    project.write("TODO.md", "- [x] **T-1**: one\n");
    project.git(["commit", "-q", "-am", "main"]);
    // The branch is joined for its history alone.
    project.git(["merge", "-q", "-s", "ours", "-m", "joined", "side"]);
    project.ok(["init", "TODO.md", "--git"]);
    assert!(!project.plan().contains("SIDE-7"));
    let run = project.ok(["audit", "--task", "SIDE-7", "--format", "ndjson"]);
    let found = lines_of_json(&run.stdout);
    assert_eq!(found[0]["type"], "task.added", "{}", run.stdout);
    assert_eq!(found[0]["task"], "SIDE-7");
}

#[test]
fn cloudevents_have_what_their_specification_asks_for() {
    let project = sailed();
    project.write(
        "TODO.md",
        project.plan() + "- [ ] **T-\u{1b}[2J\u{85}**: x\n",
    );
    project.ok(["observe"]);
    let run = project.ok(["audit", "--format", "cloudevents"]);
    let events = lines_of_json(&run.stdout);
    assert_eq!(events.len(), project.events().len());
    let mut before = String::new();
    let mut ids = std::collections::BTreeSet::new();
    for (event, data) in events.iter().zip(project.events()) {
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["datacontenttype"], "application/json");
        assert_eq!(event["data"], data);
        assert_eq!(event["id"], data["id"]);
        let kind = event["type"].as_str().unwrap();
        assert_eq!(kind.strip_prefix("dev.plan-ledger."), data["type"].as_str());
        assert_eq!(event["time"], data["time"]);
        let time = event["time"].as_str().unwrap();
        chrono::DateTime::parse_from_rfc3339(time).unwrap();
        let source = event["source"].as_str().unwrap();
        assert_eq!(source.strip_prefix("urn:ledger:").map(str::len), Some(64));
        assert_eq!(event["source"], events[0]["source"]);
        // The pair of source and id is unique, and a sequence goes up as a text.
        assert!(ids.insert(event["id"].as_str().unwrap().to_owned()));
        let sequence = event["sequence"].as_str().unwrap().to_owned();
        assert!(before < sequence, "{before} {sequence}");
        before = sequence;
        for (name, value) in event.as_object().unwrap() {
            let is_named_well = name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            assert!(is_named_well && name.len() <= 20, "{name}");
            if name != "data" {
                let text = value.as_str().expect("a text");
                assert!(
                    !text.is_empty() && !text.contains(char::is_control),
                    "{name}"
                );
            }
        }
        assert_eq!(event.get("subject").is_some(), !data["task"].is_null());
    }
}

#[test]
fn the_columns_and_keys_in_the_help_are_those_that_are_printed() {
    let project = sailed();
    let help = project.ok(["audit", "--help"]).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let between = |start: &str, end: &str| -> Vec<String> {
        let from = help.split_once(start).expect("its start").1;
        let list = from.split_once(end).expect("its end").0;
        list.split(", ")
            .map(|name| name.trim().to_owned())
            .collect()
    };
    let csv = project.ok(["audit", "--format", "csv"]).stdout;
    let first = csv.lines().next().unwrap();
    assert_eq!(
        between("The columns of csv are ", "; new ones"),
        first.split(',').collect::<Vec<_>>()
    );
    let list = between("have the keys of the receipts (", "; a violation has").join(", ");
    let mut documented: Vec<String> = list
        .replace(") and ", ", ")
        .split(", ")
        .map(str::to_owned)
        .collect();
    documented.sort();
    let event = project.events().remove(0);
    let keys: Vec<String> = event.as_object().unwrap().keys().cloned().collect();
    let mut keys = keys;
    keys.sort();
    assert_eq!(documented, keys);
}

/// An audit that follows, and its lines as they come.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(project: &Project, options: &[&str]) -> Self {
        let words = [&["audit", "--follow", "--format", "ndjson"], options].concat();
        let mut child = project
            .command(words)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a run");
        let out = child.stdout.take().expect("its output");
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The next event. The bound is only for a test that fails.
    #[track_caller]
    fn next(&self) -> Value {
        let line = self.lines.recv_timeout(Duration::from_secs(60));
        serde_json::from_str(&line.expect("an event")).expect("a JSON line")
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_appended_is_followed_through_a_journal_that_is_made_anew() {
    let project = Project::adopted(PLAN);
    let follower = Follower::start(&project, &[]);
    assert_eq!(follower.next()["seq"], 0);
    assert_eq!(follower.next()["seq"], 1);
    project.ok(["append", "start", "US-1"]);
    assert_eq!(follower.next()["type"], "task.started");
    project.ok(["rebuild"]);
    project.ok(["rebuild", "--journal"]);
    project.ok(["append", "complete", "US-1"]);
    let event = follower.next();
    assert_eq!(
        (&event["seq"], &event["type"]),
        (&3.into(), &"task.completed".into())
    );
}

#[test]
fn a_redaction_is_followed_and_what_comes_after_it() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "note", "US-1", "the hunter2 note"]);
    let follower = Follower::start(&project, &[]);
    for seq in 0..3 {
        assert_eq!(follower.next()["seq"], seq);
    }
    let words = ["redact", "--text", "hunter2", "--reason", "x", "--yes"];
    project.ok(words);
    let redacted = std::iter::repeat_with(|| follower.next());
    let redacted = redacted
        .take(10)
        .find(|event| event["type"] == "body.redacted");
    assert_eq!(redacted.expect("a redaction")["reason"], "x");
    project.ok(["append", "complete", "US-1"]);
    assert_eq!(follower.next()["type"], "task.completed");
    let fresh = Follower::start(&project, &[]);
    let note = std::iter::repeat_with(|| fresh.next()).nth(2).unwrap();
    assert_eq!(
        (&note["seq"], note["redacted"].as_u64() > Some(0)),
        (&2.into(), true)
    );
    assert!(!note.to_string().contains("hunter2"), "{note}");
}

#[test]
fn a_task_is_followed_under_the_id_it_gets() {
    let project = sailed();
    let follower = Follower::start(&project, &["--task", "US-3", "--limit", "1"]);
    assert_eq!(follower.next()["seq"], 6);
    project.ok(["append", "block", "OPS-1", "--reason", "fog"]);
    project.ok(["append", "rekey", "US-3", "US-30"]);
    project.ok(["append", "reopen", "US-30", "--reason", "storm"]);
    assert_eq!(follower.next()["type"], "task.rekeyed");
    assert_eq!(follower.next()["type"], "task.reopened");
}

#[cfg(unix)]
#[test]
fn following_ends_where_nobody_reads_any_more() {
    let project = sailed();
    let mut child = project
        .command(["audit", "--follow"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    drop(out);
    // Nothing is appended: it ends all the same.
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn following_ends_where_the_ledger_is_gone() {
    let project = sailed();
    let mut child = project
        .command(["audit", "--follow", "--format", "ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    lines.next().expect("an event").expect("a line");
    std::fs::remove_dir_all(project.path(".ledger")).expect("a removed ledger");
    let ended = child.wait_with_output().expect("an end");
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("the ledger is gone"), "{said}");
}

#[test]
fn an_array_cannot_be_followed() {
    let project = Project::adopted(PLAN);
    project.fails(["audit", "--follow", "--json"], 2, &["--follow"]);
    project.fails(
        ["audit", "--follow", "--format", "json"],
        2,
        &["--follow", "ndjson"],
    );
}

/// A ledger in which an id was given up by renaming its task, and the new one was used again.
fn used_again() -> Project {
    let project = Project::adopted("# Plan\n\n- [ ] **T-1**: Walls\n");
    for words in [
        &["add", "first of all", "--id", "A-1"][..],
        &["rekey", "A-1", "B-1"],
        &["remove", "B-1"],
        &["add", "second, unrelated", "--id", "B-1"],
        &["block", "B-1", "--reason", "x"],
    ] {
        project.ok([&["append"], words].concat());
    }
    project
}

#[test]
fn a_name_means_the_task_that_had_it_and_not_the_next_one_with_its_last_id() {
    let project = used_again();
    assert_eq!(seqs(&project, &["--task", "A-1"]), [2, 3, 4]);
    assert_eq!(seqs(&project, &["--task", "B-1"]), [5, 6]);
    let life = project.ok(["history", "--task", "A-1"]).stdout;
    assert!(life.contains("first of all"), "{life}");
    assert!(!life.contains("unrelated"), "{life}");
    let run = project.fails(["show", "A-1"], 1, &["left the plan", "event 4"]);
    assert!(!run.stderr.contains("is called"), "{}", run.stderr);
    project.fails(["stats", "--task", "A-1"], 1, &["A-1"]);
}

#[test]
fn who_else_had_an_id_is_named_and_can_be_asked_for() {
    let project = used_again();
    for words in [
        &["audit", "--task", "B-1"][..],
        &["audit", "--task", "B-1", "--json"],
        &["history", "--task", "B-1"],
    ] {
        let said = project.ok(words).stderr;
        let note = said.lines().find(|line| line.starts_with("note:"));
        let note = note.expect("a note");
        assert!(note.contains("'first of all' (events 3 to 4)"), "{note}");
        assert!(note.contains("B-1@3"), "{note}");
    }
    assert_eq!(seqs(&project, &["--task", "B-1@3"]), [2, 3, 4]);
    let life = project.ok(["history", "--task", "B-1@3"]).stdout;
    assert!(life.contains("first of all"), "{life}");
    let said = project.ok(["audit", "--task", "T-1"]).stderr;
    assert!(!said.contains("also the id"), "{said}");
    // One that came with its document, of which nothing is told under its id.
    project.ok(["append", "rekey", "T-1", "T-2"]);
    project.ok(["append", "add", "Roof", "--id", "T-1"]);
    let said = project.ok(["audit", "--task", "T-1"]).stderr;
    assert!(
        said.contains("(until event 7)") && said.contains("T-1@6"),
        "{said}"
    );
    assert_eq!(seqs(&project, &["--task", "T-1@6"]), [7]);
    project.fails(["audit", "--task", "T-9@6"], 1, &["T-9"]);
}

#[test]
fn a_removed_task_is_not_followed_into_the_next_one_with_its_id() {
    let project = used_again();
    let follower = Follower::start(&project, &["--task", "A-1"]);
    for seq in 2..5 {
        assert_eq!(follower.next()["seq"], seq);
    }
    project.ok(["append", "unblock", "B-1"]);
    project.ok(["append", "remove", "B-1"]);
    project.ok(["append", "restore", "first of all"]);
    assert_eq!(follower.next()["type"], "task.restored");
}

#[test]
fn an_answer_without_events_is_said_to_have_none() {
    let project = sailed();
    for words in [
        &["--actor", "nobody"][..],
        &["--session", "nope", "--json"],
        &["--cause", "0123456", "--format", "csv"],
        &["--task", "NONE-*", "--format", "ndjson"],
        &["--task", "US-1", "--type", "reopened"],
    ] {
        let run = project.ok([&["audit"], words].concat());
        assert!(run.stderr.contains("note: no event matches"), "{words:?}");
    }
    for words in [&["--actor", "test*"][..], &["--limit", "0"]] {
        let run = project.ok([&["audit"], words].concat());
        assert_eq!(run.stderr, "", "{words:?}");
    }
}

#[test]
fn an_imported_change_is_found_by_its_author_s_name_and_its_commit_s_beginning() {
    let project = Project::empty();
    project.write("TODO.md", "- [ ] **T-1**: one\n");
    project.git_init();
    project.write("TODO.md", "- [x] **T-1**: one\n");
    project.git(["commit", "-q", "-am", "done"]);
    project.ok(["init", "TODO.md", "--git"]);
    let commit = project.git(["rev-parse", "HEAD"]);
    let found = seqs(&project, &["--cause", &commit[..7]]);
    assert!(!found.is_empty());
    assert_eq!(seqs(&project, &["--cause", commit.trim()]), found);
    let of_author = seqs(&project, &["--actor", "tester", "--origin", "imported"]);
    assert!(of_author.ends_with(&found), "{of_author:?}");
    let whole = ["--actor", "tester <tester@example.org>"];
    assert_eq!(seqs(&project, &whole), of_author);
}

#[test]
fn a_limit_shows_the_end_of_what_all_would_be() {
    let project = sailed();
    for round in 0..30 {
        let note = format!("note {round}");
        project.ok(["append", "note", "US-1", &note]);
        // Batches of several events lie across the stretches that are read.
        let lines = (0..round % 7)
            .map(|n| format!("{{\"change\":\"note\",\"task\":\"OPS-1\",\"text\":\"{n}\"}}\n"));
        let run = project.run_with(["append", "--json", "-"], String::from_iter(lines));
        assert!(run.code == 0 || round % 7 == 0, "{}", run.stderr);
    }
    for filter in [
        &[][..],
        &["--type", "completed"],
        &["--type", "note"],
        &["--task", "OPS-*"],
        &["--task", "US-1"],
        &["--task", "US-1", "--type", "blocked"],
        &["--under", "Phase 1"],
        &["--range", "3..70"],
        &["--range", "20.."],
        &["--grep", "note 1"],
        &["--actor", "nobody"],
    ] {
        let all = seqs(&project, filter);
        for most in [0, 1, 2, 3, 7, 40, 64, 65, 1000] {
            let limit = most.to_string();
            let found = seqs(&project, &[filter, &["--limit", &limit]].concat());
            let tail = &all[all.len().saturating_sub(most)..];
            assert_eq!(found, tail, "{filter:?} {most}");
        }
    }
}

#[test]
fn a_task_that_something_happened_to_on_both_sides_of_a_merge_is_one() {
    let project = Project::empty();
    project.git_init();
    let plan =
        "# A\n\n- [ ] **A-1**: one\n\ntext\n\n- [ ] **A-2**: two\n\ntext\n\n- [ ] **A-3**: three\n";
    let commit = |text: String| {
        project.write("TODO.md", text);
        project.git(["add", "-A"]);
        project.git(["commit", "-qm", "x"]);
    };
    commit(plan.to_owned());
    project.git(["checkout", "-qb", "side"]);
    commit(plan.replace("[ ] **A-1", "[x] **A-1"));
    project.git(["checkout", "-q", "-"]);
    commit(plan.replace("[ ] **A-3", "[x] **A-3"));
    project.git(["merge", "-q", "side", "-m", "both"]);
    project.ok(["init", "--git", "TODO.md"]);
    project.ok(["append", "reopen", "A-1", "--reason", "leaks"]);
    let of_task = project.ok(["audit", "--task", "A-1", "--format", "ndjson"]);
    assert!(
        !of_task.stderr.contains("was also the id"),
        "{}",
        of_task.stderr
    );
    let all = project.events();
    let own = all.iter().filter(|event| event["task"] == "A-1").count();
    assert_eq!(of_task.stdout.lines().count(), own, "{}", of_task.stdout);
    assert!(own >= 3);
}

#[test]
fn what_is_past_cannot_be_followed() {
    let project = Project::adopted("- [ ] **T-1**: a\n");
    for end in [
        ["--range", "..1"],
        ["--until", "1"],
        ["--until", "2020-01-01"],
    ] {
        let words = [["audit", "--follow"].as_slice(), &end].concat();
        project.fails(words, 2, &["--follow", "later than that"]);
    }
}
