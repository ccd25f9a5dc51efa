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
    assert_eq!(critical["total"].as_f64(), Some(720.0));
    assert_eq!(critical["assumed"], 1);
    let tree = project.ok(["graph"]).stdout;
    let lines: Vec<&str> = tree.lines().collect();
    assert_eq!(lines[0], "○ T-3  Beams");
    assert_eq!(lines[1], "└─ ○ T-2  Bricks [5 h]");
    assert_eq!(lines[2], "   └─ ○ T-1  Base [2 h]");
    assert!(tree.contains("T-1 → T-2 → T-3"), "{tree}");
    // The longest way is one of what is shown.
    let part = json(&project, &["graph", "--task", "T-4", "--json"]);
    assert_eq!(part["critical_path"]["tasks"], serde_json::json!(["T-4"]));
    let around = project.ok(["graph", "--task", "T-4"]).stdout;
    assert_eq!(around, "T-4 depends on no task, and none depends on it\n");

    let next = json(&project, &["next", "--json"]);
    assert_eq!(next["ready"][0]["key"], "T-1");
    assert_eq!(next["ready"][0]["holds_up"], 2);
    assert_eq!(next["ready"][0]["why"], "it depends on nothing");
    assert_eq!(next["waiting"][0]["why"], "waits for T-1");
    let said = project.ok(["next"]).stdout;
    assert!(said.contains("holds up 2"), "{said}");
    let before = project.ok(["next", "--json"]).bytes;
    project.ok(["append", "complete", "T-1"]);
    assert_ne!(project.ok(["next", "--json"]).bytes, before);
    let then = project.ok(["next", "--json", "--at", "head~1"]).bytes;
    assert_eq!(then, before);
}

#[test]
fn a_version_is_that_of_the_plan_that_is_asked_about() {
    let project = Project::empty();
    let text = |name: &str, version: &str, mark: char| {
        format!("# {name}\n\n**Document Version**: {version}\n\n- [{mark}] **{name}-1**: a\n")
    };
    project.write("A.md", text("A", "1.0", ' '));
    project.write("B.md", text("B", "1.0", ' '));
    project.ok(["init", "A.md", "B.md"]);
    project.write("A.md", text("A", "1.1", 'x'));
    project.ok(["observe"]);
    project.write("B.md", text("B", "1.0", 'x'));
    project.ok(["observe"]);
    for (plan, completed) in [("A.md", 0), ("B.md", 1)] {
        let words = ["stats", "--json", "--plan", plan, "--at", "1.0"];
        let stats = json(&project, &words);
        let counted = &stats["totals"]["statuses"]["completed"];
        assert_eq!(counted, completed, "{plan}");
        let words = ["report", "--html", "-", "--plan", plan, "--at", "1.0"];
        let page = project.ok(words).stdout;
        let shown = format!("<dd id=\"count-completed\">{completed}</dd>");
        assert!(page.contains(&shown), "{plan}");
    }
}

#[test]
fn a_plan_without_tasks_is_said_to_have_none() {
    let project = Project::adopted("# Plan\n\n- [x] **T-1**: Base\n- [ ] **T-2**: Bricks\n");
    project.write("TODO.md", "# Plan\n");
    project.ok(["observe"]);
    let said = project.ok(["stats"]).stdout;
    assert!(said.contains("the plan has no tasks"), "{said}");
    assert!(
        said.contains("2 left the plan, 1 of them completed"),
        "{said}"
    );
    assert!(!said.contains("0/0"), "{said}");
    let page = project.ok(["report", "--html", "-"]).stdout;
    assert!(page.contains("<p>The plan has no tasks.</p>"), "{page}");
    assert!(!page.contains("id=\"timeline-title\""), "{page}");

    let project = Project::adopted("# Plan\n");
    let page = project.ok(["report", "--html", "-"]).stdout;
    assert!(page.contains("No task ever stood in the plan"), "{page}");
    assert!(!page.contains("1970-01-01"), "{page}");
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
fn what_cannot_be_waited_for_and_what_stands_in_a_task_are_said() {
    let plan = "\
# Plan

- [ ] **T-1**: Base
  - **Depends on**: T-1
- [ ] **T-2**: Bricks
  - **Depends on**: T-1 (as T-4 said), T-9
- [ ] **T-3**: Roof
  - [x] **T-4**: Beams
  - [ ] **T-5**: Tiles
- [!] **T-6**: Lamp
- [ ] **T-7**: Garden
  - [x] **T-8**: Pond
  - **Story Points**: 3
";
    let project = Project::adopted(plan);
    let graph = json(&project, &["graph", "--json"]);
    assert_eq!(graph["tasks"][1]["depends_on"], serde_json::json!(["T-1"]));
    assert_eq!(graph["tasks"][1]["unknown"], serde_json::json!(["T-9"]));
    assert_eq!(graph["cycles"], serde_json::json!([["T-1"]]));
    let critical = &graph["critical_path"];
    assert_eq!(critical["unit"], "points");
    assert_eq!(critical["total"].as_f64(), Some(6.0));
    let tree = project.ok(["graph"]).stdout;
    let lines: Vec<&str> = tree.lines().collect();
    assert_eq!(lines[0], "○ T-2  Bricks");
    assert_eq!(lines[1], "├─ ? T-9  no task has this id");
    assert_eq!(lines[2], "└─ ○ T-1  Base (waits for itself)");
    let mermaid = project.ok(["graph", "--format", "mermaid"]).stdout;
    assert!(mermaid.contains("t0 --> t0"), "{mermaid}");
    assert!(mermaid.contains(":::unknown --> t1"), "{mermaid}");
    assert!(mermaid.contains("linkStyle 0 stroke:"), "{mermaid}");
    let dot = project.ok(["graph", "--format", "dot"]).stdout;
    assert!(dot.contains("t0 -> t0 [color="), "{dot}");
    assert!(dot.contains("u0 -> t1;"), "{dot}");

    let next = json(&project, &["next", "--json"]);
    let why = |list: &str| -> Vec<(String, String)> {
        let each = next[list].as_array().unwrap().iter();
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        each.map(|item| (text(item, "key"), text(item, "why")))
            .collect()
    };
    let ready = why("ready");
    let ready: Vec<_> = ready.iter().map(|(key, why)| (&**key, &**why)).collect();
    assert_eq!(
        ready,
        [
            ("T-1", "it says that it waits for itself"),
            ("T-5", "it depends on nothing"),
            ("T-3", "1 of the 2 tasks in it is open"),
            ("T-7", "the task in it is done"),
        ]
    );
    let waiting = why("waiting");
    let waiting: Vec<_> = waiting.iter().map(|(key, why)| (&**key, &**why)).collect();
    let on = "waits for T-1; no task has the id T-9";
    assert_eq!(waiting, [("T-2", on), ("T-6", "blocked")]);
    let said = project.ok(["next"]).stdout;
    assert!(said.contains("T-6  Lamp\n       blocked\n"), "{said}");
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
