//! `ledger stats` and `ledger graph`.

use serde_json::Value;

use crate::support::Project;
use crate::support::commits::{Commit, repository};

const PLAN: &str = "\
# Plan

## Walls

- [ ] **T-1**: Base
  - **Estimate**: 2h
- [ ] **T-2**: Bricks
  - **Depends on**: T-1
  - **Estimate**: 5h

## Roof

- [ ] **T-3**: Beams
  - **Depends on**: T-2
- [ ] **T-4**: Lamp
";

const HOSTILE: &str = "\
# Plan

- [ ] **T-1**: a\u{1b}[2Jb \u{202e}exe \"] ; click t1 \"javascript:alert(1)\" <script>x</script>
  - **Depends on**: T-2
- [ ] **T-2**: \\\" ]; evil -> t0; \\N `rm` #quot; %%{init}%%
";

fn json(project: &Project, words: &[&str]) -> Value {
    serde_json::from_str(&project.ok(words).stdout).expect("one JSON value")
}

#[test]
fn the_numbers_are_those_of_the_events_and_of_the_plan() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "T-1", "--actor", "agent:builder"]);
    project.ok(["append", "complete", "T-1", "--actor", "agent:builder"]);
    project.ok(["append", "reopen", "T-1", "--actor", "human:ada"]);
    project.ok(["append", "complete", "T-1", "--actor", "agent:builder"]);
    project.ok(["append", "block", "T-4", "--reason", "no \u{1b}[31m bulb"]);
    let stats = json(&project, &["stats", "--json"]);
    assert_eq!(stats["moment"], 6);
    let totals = &stats["totals"];
    assert_eq!(totals["tasks"], 4);
    assert_eq!(totals["statuses"]["completed"], 1);
    assert_eq!(totals["statuses"]["blocked"], 1);
    assert_eq!(totals["reopened"], 1);
    assert_eq!(stats["actors"][0]["id"], "builder");
    assert_eq!(stats["actors"][0]["completed"], 2);
    assert_eq!(stats["actors"][0]["unproven"], 1);
    assert_eq!(stats["actors"][1]["reopened"], 1);
    let phases: Vec<&Value> = stats["phases"].as_array().unwrap().iter().collect();
    assert_eq!(phases[0]["path"][0], "Walls");
    assert_eq!(phases[0]["statuses"]["completed"], 1);
    for task in stats["tasks"].as_array().unwrap() {
        let spent = task["spent"].as_object().unwrap().values();
        let spent: u64 = spent.map(|own| own.as_u64().unwrap()).sum();
        assert_eq!(spent + task["away"].as_u64().unwrap(), task["age"]);
    }
    let status = json(&project, &["status", "--json"]);
    assert_eq!(status["plans"][0]["tasks"]["completed"], 1);

    let said = project.ok(["stats"]).stdout;
    for words in [
        "1/4 (25%)",
        "builder (agent)",
        "Walls",
        "no \\u{1b}[31m bulb",
    ] {
        assert!(said.contains(words), "'{words}' is not in: {said}");
    }
    assert!(!said.contains('\u{1b}'), "{said}");
    let one = project.ok(["stats", "--task", "T-1"]).stdout;
    assert!(one.contains("reopened       once"), "{one}");
    project.fails(["stats", "--task", "T-77"], 1, &["T-77"]);
}

#[test]
fn a_task_that_left_is_said_to_have_left_and_where_its_numbers_are() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "T-4"]);
    let text = project.plan();
    let left = text
        .split_inclusive('\n')
        .filter(|line| !line.contains("T-4"));
    let left: String = left.collect();
    assert_ne!(left, text);
    project.write("TODO.md", left);
    project.ok(["observe"]);
    let run = project.run(["stats", "--task", "T-4"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stderr
            .contains("task T-4 left the plan: it was removed on"),
        "{}",
        run.stderr
    );
    let (_, hint) = run.stderr.split_once("ledger ").expect("a command");
    let (command, _) = hint.split_once(" shows it as").expect("its end");
    let words: Vec<&str> = command.split(' ').collect();
    let then = project.ok(words).stdout;
    assert!(then.starts_with("T-4"), "{then}");
    // At a moment before it left it is there, and before it came nobody says that it left.
    project.ok(["stats", "--task", "T-4", "--at", "1"]);
    project.ok(["append", "add", "Door", "--id", "T-5"]);
    let run = project.run(["stats", "--task", "T-5", "--at", "1"]);
    assert!(
        run.code == 1 && !run.stderr.contains("left"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_earlier_moment_has_the_numbers_of_the_history_that_ends_there() {
    let project = Project::adopted(PLAN);
    let mut then = Vec::new();
    for change in ["start", "complete", "reopen", "start", "complete"] {
        project.ok(["append", change, "T-1"]);
        then.push(project.ok(["stats", "--json"]).bytes);
    }
    for (at, bytes) in then.iter().enumerate() {
        let seq = (at + 2).to_string();
        let now = project.ok(["stats", "--json", "--at", &seq]).bytes;
        assert_eq!(&now, bytes, "--at {seq}");
    }
}

#[test]
fn a_past_in_git_counts_by_its_own_dates() {
    let done = PLAN.replace("[ ] **T-1", "[x] **T-1");
    let commits = [
        Commit::new(0, &[], &[("TODO.md", PLAN)]),
        Commit::new(30, &[0], &[("TODO.md", &done)]),
        Commit::new(40, &[1], &[("TODO.md", &done.replace("Lamp", "Lamps"))]),
    ];
    let project = Project::empty();
    repository(project.folder(), &commits);
    project.ok(["init", "TODO.md", "--git"]);
    let stats = json(&project, &["stats", "--json"]);
    let task = &stats["tasks"][0];
    assert_eq!(task["lead"], 30 * 3_600_000);
    assert_eq!(stats["days"].as_array().unwrap().len(), 2);
    assert_eq!(stats["actors"][0]["completed"], 1);
}

#[test]
fn what_a_task_holds_up_and_the_longest_way_are_said() {
    let project = Project::adopted(PLAN);
    let graph = json(&project, &["graph", "--json"]);
    assert_eq!(graph["tasks"].as_array().unwrap().len(), 3);
    assert_eq!(graph["tasks"][0]["holds_up"], 2);
    assert_eq!(graph["tasks"][1]["depends_on"][0], "T-1");
    assert_eq!(graph["tasks"][1]["estimate"]["minutes"], 300);
    let critical = &graph["critical_path"];
    assert_eq!(critical["tasks"][2], "T-3");
    assert_eq!(
        (&critical["total"], &critical["assumed"]),
        (&720.into(), &1.into())
    );
    let tree = project.ok(["graph"]).stdout;
    let lines: Vec<&str> = tree.lines().collect();
    assert_eq!(lines[0], "○ T-3  Beams");
    assert_eq!(lines[1], "└─ ○ T-2  Bricks [5 h]");
    assert_eq!(lines[2], "   └─ ○ T-1  Base [2 h]");
    assert!(tree.contains("T-1 → T-2 → T-3"), "{tree}");
    let around = project.ok(["graph", "--task", "T-4"]).stdout;
    assert!(around.contains("no task"), "{around}");

    let next = json(&project, &["next", "--json"]);
    assert_eq!(next["ready"][0]["key"], "T-1");
    assert_eq!(next["ready"][0]["holds_up"], 2);
    assert_eq!(next["ready"][0]["why"], "it depends on nothing");
    assert_eq!(next["waiting"][0]["why"], "waits for T-1");
    let said = project.ok(["next"]).stdout;
    assert!(said.contains("holds up 2"), "{said}");
}

#[test]
fn a_circle_is_named_by_graph_and_next() {
    let plan = PLAN.replace(
        "  - **Estimate**: 2h\n",
        "  - **Estimate**: 2h\n  - **Depends on**: T-2\n",
    );
    let project = Project::adopted(&plan);
    let graph = json(&project, &["graph", "--json"]);
    assert_eq!(graph["cycles"], serde_json::json!([["T-1", "T-2"]]));
    let tree = project.ok(["graph"]).stdout;
    assert!(tree.contains("wait for each other"), "{tree}");
    assert!(tree.contains("(above)"), "{tree}");
    let said = project.ok(["next"]).stdout;
    assert!(said.contains("part of a circle: T-1, T-2"), "{said}");
}

#[test]
fn no_title_ends_its_label_in_any_format() {
    let project = Project::adopted(HOSTILE);
    for words in [
        &["graph"][..],
        &["graph", "--format", "mermaid"],
        &["graph", "--format", "dot"],
        &["stats"],
        &["next"],
    ] {
        let said = project.ok(words).stdout;
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{words:?}: {said}");
    }
    let mermaid = project.ok(["graph", "--format", "mermaid"]).stdout;
    for line in mermaid.lines().filter(|line| line.contains('[')) {
        let label = line.split_once("[\"").unwrap().1;
        let (label, rest) = label.rsplit_once("\"]").unwrap();
        assert!(!label.contains(['"', '<', '`', '%']), "{label}");
        assert!(rest.starts_with(":::"), "{line}");
    }
    let dot = project.ok(["graph", "--format", "dot"]).stdout;
    for line in dot.lines().filter(|line| line.contains("label=")) {
        // Without its escapes a string has its two quotes only.
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        let label = bare.split_once("label=\"").unwrap().1;
        let (_, rest) = label.split_once('"').unwrap();
        assert!(rest.starts_with(", fillcolor="), "{line}");
    }
}
