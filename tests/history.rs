//! `history`, `append release` and `show EVENT`: versions of a plan, one task's life, one event.

use std::collections::BTreeMap;

use serde_json::{Value, json as object};

use crate::git_past::rebuilt;
use crate::support::commits::repository;
use crate::support::real_plans::all_series;
use crate::support::{Project, types};

const PLAN: &str = "\
# Plan

**Version**: 1.0
**Last Updated**: 2025-10-01

## Work

- [ ] **T-1**: Walls
- [ ] **T-2**: Roof

---

**Version**: 1.0
";

#[track_caller]
fn json(project: &Project, arguments: &[&str]) -> Value {
    serde_json::from_str(&project.ok(arguments).stdout).unwrap()
}

#[test]
fn versions_are_listed_newest_first_with_what_changed() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "complete", "T-1", "--actor", "human:ada"]);
    project.ok(["append", "release", "1.1", "--actor", "human:ada"]);
    project.ok(["append", "retitle", "T-2", "Dome", "--actor", "agent:bot"]);
    let versions = json(&project, &["history", "--json"]);
    let told: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|own| {
            (
                own["version"].as_str().unwrap(),
                own["summary"].as_str().unwrap(),
                own["first"]["seq"].as_u64().unwrap(),
                own["last"]["seq"].as_u64().unwrap(),
                own["moments"].as_u64().unwrap(),
                own["current"].as_bool().unwrap(),
                own["actors"].as_array().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("1.1", "released, 1 retitled", 3, 4, 2, true, 2),
            ("1.0", "adopted, 1 completed", 1, 2, 2, false, 2),
        ]
    );
    // The moment that adopted it has two events, and the first is the ledger's own.
    let begins: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["begin"])
        .collect();
    assert_eq!(begins, [3, 0]);
    let shown = project.ok(["history"]).stdout;
    assert!(
        shown.contains("events 3–4") && shown.contains("events 0–2"),
        "{shown}"
    );
    let (new, old) = (shown.find("1.1").unwrap(), shown.find("1.0").unwrap());
    assert!(new < old && shown.contains("bot (agent)"), "{shown}");
    let earlier = json(&project, &["history", "--json", "--at", "1.0"]);
    assert_eq!(earlier.as_array().unwrap().len(), 1);
    assert_eq!(earlier[0]["current"], true);
    project.fails(["history", "--plan", "OTHER.md"], 2, &["did not track"]);
    let view = project.ok(["render", "--view", "history"]).stdout;
    assert!(
        view.contains("## Version 1.1\n\nreleased, 1 retitled"),
        "{view}"
    );
}

#[test]
fn a_release_changes_the_version_and_the_day_and_nothing_else() {
    let project = Project::adopted(PLAN);
    let receipts = project.receipts(["append", "release", "v1.1", "--json", "--idem", "r"]);
    assert_eq!(types(&receipts), ["version.released"]);
    assert_eq!(
        (&receipts[0]["from"], &receipts[0]["to"]),
        (&"1.0".into(), &"1.1".into())
    );
    let plan = project.plan();
    let day = plan.lines().nth(3).unwrap().to_owned();
    let expected = PLAN
        .replace("1.0", "1.1")
        .replace("**Last Updated**: 2025-10-01", &day);
    assert_eq!(plan, expected);
    assert!(day.starts_with("**Last Updated**: 2") && !day.contains("2025-10-01"));
    // Once only, and not for what it is already.
    let again = project.receipts(["append", "release", "v1.1", "--json", "--idem", "r"]);
    assert_eq!(receipts, again);
    project.fails(["append", "release", "1.1"], 1, &["is version 1.1 already"]);
    for bad in ["next", "", "1.2 beta", "1.2\n- [x] T-2"] {
        project.fails(["append", "release", bad], 1, &["is no version"]);
    }
    let batch = "{\"change\":\"complete\",\"task\":\"T-1\"}\n{\"change\":\"release\",\"version\":\"1.2\"}\n";
    let run = project.run_with(["append", "--json", "-"], batch);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(project.plan().contains("**Version**: 1.2"));
    project.ok(["verify", "--deep"]);
    assert_eq!(
        project.ok(["render", "--stdout", "--at", "1.1"]).stdout,
        expected
    );
}

#[test]
fn a_release_under_a_former_number_says_so_and_every_receipt_names_it() {
    let project = Project::adopted(PLAN);
    let run = project.ok(["append", "release", "1.1"]);
    assert!(
        run.stdout.contains("version.released  1.0 → 1.1"),
        "{}",
        run.stdout
    );
    assert!(!run.stderr.contains("note: "), "{}", run.stderr);
    let run = project.ok(["append", "release", "v1.0"]);
    assert!(run.stdout.contains("  1.1 → 1.0"), "{}", run.stdout);
    let said =
        "note: the plan was version 1.0 before, up to event 1; as a REF that number is ambiguous";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    // Of what is refused nothing is said.
    let run = project.fails(["append", "release", "1.0"], 1, &["is version 1.0 already"]);
    assert!(!run.stderr.contains("note: "), "{}", run.stderr);
}

#[test]
fn a_release_names_the_day_that_is_given() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "release", "1.1", "--date", "2025-10-07"]);
    let there = PLAN
        .replace("1.0", "1.1")
        .replace("2025-10-01", "2025-10-07");
    assert_eq!(project.plan(), there);
    project.fails(
        ["append", "release", "1.2", "--date", "soon"],
        1,
        &["'soon' is not a date"],
    );
    let empty = Project::empty();
    empty.ok(["init"]);
    empty.fails(
        ["append", "release", "1.2"],
        1,
        &["the ledger tracks no plan\n"],
    );
}

#[test]
fn a_plan_without_a_version_says_how_to_get_one() {
    let project = Project::adopted("# Plan\n\n- [ ] T-1: Walls\n");
    project.fails(
        ["append", "release", "1.1"],
        1,
        &["does not say which version", "append set"],
    );
    project.ok(["append", "set", "Document Version", "1.0"]);
    project.ok(["append", "release", "1.1"]);
    assert!(project.plan().contains("**Document Version**: 1.1"));
}

#[test]
fn a_task_s_life_is_each_status_under_every_id_it_had() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "T-1", "--actor", "human:ada"]);
    project.ok([
        "append",
        "block",
        "T-1",
        "--reason",
        "no bricks",
        "--cause",
        "call 7",
    ]);
    project.ok(["append", "rekey", "T-1", "W-1"]);
    project.ok(["append", "unblock", "W-1"]);
    project.ok(["append", "complete", "W-1"]);
    project.ok(["append", "reopen", "W-1"]);
    let life = json(&project, &["history", "--task", "W-1", "--json"]);
    let stages = life["stages"].as_array().unwrap();
    let statuses: Vec<_> = stages
        .iter()
        .map(|own| own["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        statuses,
        [
            "pending",
            "in_progress",
            "blocked",
            "in_progress",
            "completed",
            "pending"
        ]
    );
    assert_eq!(stages[0]["type"], "document.adopted");
    assert_eq!(stages[1]["actor"]["id"], "ada");
    assert_eq!(stages[2]["reason"], "no bricks");
    assert_eq!(stages[2]["cause"], "call 7");
    assert_eq!(
        (&stages[2]["task"], &stages[3]["task"]),
        (&"T-1".into(), &"W-1".into())
    );
    assert!(stages[..5].iter().all(|own| own["lasted"].is_u64()));
    assert!(stages[5]["lasted"].is_null());
    assert_eq!(
        json(&project, &["history", "--task", "T-1", "--json"]),
        life
    );
    let earlier = json(
        &project,
        &["history", "--task", "W-1", "--json", "--at", "3"],
    );
    assert_eq!(earlier["task"], "T-1");
    assert_eq!(earlier["stages"].as_array().unwrap().len(), 3);
    let shown = project.ok(["history", "--task", "W-1"]).stdout;
    assert!(
        shown.contains("no bricks") && shown.contains("as T-1"),
        "{shown}"
    );
    project.fails(["history", "--task", "T-9"], 1, &["T-9"]);
}

#[test]
fn a_task_that_is_added_and_removed_has_a_beginning_and_an_end() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "add", "Door", "--id", "T-3"]);
    project.ok(["append", "remove", "T-3"]);
    let life = json(&project, &["history", "--task", "T-3", "--json"]);
    let stages = life["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 2, "{life}");
    assert_eq!(stages[0]["status"], "pending");
    assert_eq!(stages[0]["type"], "task.added");
    assert!(stages[1]["status"].is_null());
}

#[test]
fn a_task_of_the_adopted_plan_that_is_removed_had_its_status_until_then() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "remove", "T-2"]);
    let life = json(&project, &["history", "--task", "T-2", "--json"]);
    let stages = life["stages"].as_array().unwrap();
    let statuses: Vec<_> = stages.iter().map(|stage| &stage["status"]).collect();
    assert_eq!(statuses, [&Value::from("pending"), &Value::Null], "{life}");
    assert_eq!(stages[0]["type"], "document.adopted");
}

#[test]
fn a_number_that_is_no_tasks_and_no_events_is_answered_with_the_last_event() {
    let project = Project::adopted("- [ ] T-1: Brew\n");
    project.fails(
        ["show", "99"],
        2,
        &["there is no event 99", "the last one is 1"],
    );
}

#[test]
fn an_event_is_shown_with_its_parts_and_the_lines_it_changed() {
    let project = Project::adopted(PLAN);
    project.ok([
        "append",
        "block",
        "T-1",
        "--reason",
        "no bricks",
        "--cause",
        "call 7",
    ]);
    let events = project.events();
    let id = events[2]["id"].as_str().unwrap();
    let shown = project.ok(["show", "2"]).stdout;
    for words in [
        "event 2",
        "task.blocked",
        id,
        "pending → blocked",
        "call 7",
        "reason: no bricks",
        "@@ TODO.md:",
        "-- [ ] **T-1**: Walls",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    for same in [
        "event:2",
        "seq:2",
        &id[..8],
        &format!("id:{}", &id[..3]),
        &format!("event:{id}"),
    ] {
        assert_eq!(project.ok(["show", same]).stdout, shown, "{same}");
    }
    let value = json(&project, &["show", "2", "--json"]);
    assert_eq!(value["header"]["type"], "task.blocked");
    assert_eq!(value["seq"], 2);
    let removed = value["hunks"][0]["removed"].as_array().unwrap();
    let line = value["hunks"][0]["line"].as_u64().unwrap() as usize;
    assert_eq!(
        removed[0].as_str().unwrap().trim_end(),
        PLAN.lines().nth(line - 1).unwrap()
    );
    assert!(
        value["body"]
            .as_array()
            .unwrap()
            .iter()
            .any(|part| part["name"] == "reason")
    );
    // What it did is what made the plan what it is.
    let mut lines: Vec<&str> = PLAN.split_inclusive('\n').collect();
    for hunk in value["hunks"].as_array().unwrap() {
        let texts = |key: &str| -> Vec<&str> {
            let lines = hunk[key].as_array().unwrap().iter();
            lines.map(|line| line.as_str().unwrap()).collect()
        };
        let at = hunk["line"].as_u64().unwrap() as usize - 1;
        let gone: Vec<&str> = lines
            .splice(at..at + texts("removed").len(), texts("inserted"))
            .collect();
        assert_eq!(gone, texts("removed"));
    }
    assert_eq!(lines.concat(), project.plan());
    // Whatever the ids are that events happen to get.
    for beyond in 3..=9 {
        project.fails(
            ["show", &format!("event:{beyond}")],
            2,
            &[&format!("there is no event {beyond}"), "the last one is 2"],
        );
    }
    project.fails(["show", "id:ffffffffffff"], 2, &["there is no event"]);
}

#[test]
fn a_task_that_is_called_like_an_event_comes_first() {
    let project = Project::adopted("# Plan\n\n- [ ] **1**: Walls\n- [ ] **2**: Roof\n");
    let run = project.ok(["show", "1"]);
    assert!(run.stdout.contains("Walls"), "{}", run.stdout);
    assert!(run.stderr.contains("ledger show event:1"), "{}", run.stderr);
    assert!(
        project
            .ok(["show", "event:1"])
            .stdout
            .contains("document.adopted")
    );
}

#[test]
fn versions_of_a_real_plan_are_those_its_text_says() {
    let Some(series) = all_series()
        .into_iter()
        .find(|path| path.ends_with("master-plan"))
    else {
        return;
    };
    let (commits, last) = rebuilt(&series);
    let project = Project::empty();
    repository(project.folder(), &commits);
    project.ok(["init", &last, "--git"]);
    let versions = json(&project, &["history", "--json"]);
    let versions = versions.as_array().unwrap();
    let said = |text: &str| {
        let line = text.lines().find(|line| line.contains("Version**:"));
        line.map(|line| line.rsplit("**:").next().unwrap().trim().to_owned())
    };
    let mut numbers = std::collections::BTreeSet::new();
    for own in versions {
        let number = own["version"].as_str().map(str::to_owned);
        for end in ["first", "last"] {
            let reference = format!("seq:{}", own[end]["seq"]);
            let text = project
                .ok(["render", "--stdout", "--at", &reference])
                .stdout;
            assert_eq!(said(&text), number, "{reference}");
        }
        numbers.extend(number);
    }
    let written: std::collections::BTreeSet<String> = commits
        .iter()
        .flat_map(|commit| commit.files.values())
        .filter_map(|bytes| said(&String::from_utf8_lossy(bytes)))
        .collect();
    assert_eq!(numbers, written);
    for number in ["1.0", "1.5"] {
        assert!(numbers.contains(number), "{numbers:?}");
    }
    for number in &numbers {
        let stretches = versions
            .iter()
            .filter(|own| own["version"] == number.as_str())
            .count();
        if stretches == 1 {
            let text = project.ok(["render", "--stdout", "--at", number]).stdout;
            assert_eq!(said(&text).as_ref(), Some(number));
        }
    }
}

#[test]
fn what_each_event_of_a_long_batch_took_out_stood_there() {
    let rows = (0..40).map(|n| format!("| T-{n} | Row {n} | pending |\n"));
    let table = format!(
        "| ID | Task | Status |\n|---|---|---|\n{}",
        String::from_iter(rows)
    );
    let texts = [
        ("TODO.md", format!("# One\n\n{table}")),
        ("OPS.md", "# Two\n\n- [ ] O-1: Dig\n".to_owned()),
    ];
    let project = Project::empty();
    for (name, text) in &texts {
        project.write(name, text);
    }
    project.ok(["init", "TODO.md", "OPS.md"]);
    let mut asked = Vec::new();
    for n in 0..50 {
        let (task, other) = (n * 7 % 40, n * 11 % 40);
        asked.push(object!({"change": "retitle", "task": format!("T-{task}"), "title": format!("Row {task} again {n}")}));
        asked.push(
            object!({"change": "add", "title": format!("More {n}"), "after": format!("T-{other}")}),
        );
        if n % 5 == 0 {
            asked.push(object!({"change": "retitle", "task": "O-1", "title": format!("Dig {n}")}));
        }
    }
    let batch: String = asked.iter().map(|change| format!("{change}\n")).collect();
    let run = project.run_with(["append", "--json", "-"], &batch);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut lines: BTreeMap<&str, Vec<String>> =
        texts.iter().map(|(name, _)| (*name, Vec::new())).collect();
    let last = project.events().len();
    assert!(last > 105, "{last}");
    for seq in 0..last {
        let event = json(&project, &["show", &format!("event:{seq}"), "--json"]);
        for hunk in event["hunks"].as_array().unwrap() {
            let texts = |key: &str| -> Vec<String> {
                let lines = hunk[key].as_array().unwrap().iter();
                lines
                    .map(|line| line.as_str().unwrap().to_owned())
                    .collect()
            };
            let own = lines.get_mut(hunk["plan"].as_str().unwrap()).unwrap();
            let at = hunk["line"].as_u64().unwrap() as usize - 1;
            let gone: Vec<String> = own
                .splice(at..at + texts("removed").len(), texts("inserted"))
                .collect();
            assert_eq!(gone, texts("removed"), "event {seq}");
        }
    }
    for (name, lines) in lines {
        assert_eq!(lines.concat(), project.read(name));
    }
}

#[test]
fn a_plan_without_versions_tells_each_moment() {
    let project = Project::adopted("- [ ] T-1: Walls\n- [ ] T-2: Roof\n");
    project.ok([
        "append",
        "complete",
        "T-1",
        "--cause",
        "call 7",
        "--actor",
        "human:ada",
    ]);
    project.ok(["append", "block", "T-2", "--reason", "rain"]);
    let shown = project.ok(["history"]).stdout;
    let told: Vec<&str> = shown.lines().skip(2).collect();
    assert_eq!(told.len(), 3, "{shown}");
    assert!(told[0].contains("1 blocked"), "{shown}");
    for word in ["ada", "1 completed", "cause: call 7"] {
        assert!(told[1].contains(word), "{word}: {shown}");
    }
    let versions = json(&project, &["history", "--json"]);
    let each = versions[0]["each"].as_array().unwrap();
    let seqs: Vec<_> = each
        .iter()
        .map(|own| own["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, [3, 2, 1]);
    assert_eq!(each[1]["cause"], "call 7");
    assert_eq!(each[1]["changes"]["completed"], 1);
}

#[test]
fn moments_of_versions_are_listed_where_they_are_asked_for() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "complete", "T-1"]);
    project.ok(["append", "release", "1.1"]);
    let plain = json(&project, &["history", "--json"]);
    assert!(plain[0].get("each").is_none(), "{plain}");
    let versions = json(&project, &["history", "--moments", "--json"]);
    for own in versions.as_array().unwrap() {
        let each = own["each"].as_array().unwrap();
        assert_eq!(own["moments"].as_u64(), Some(each.len() as u64));
        assert_eq!(each[0]["seq"], own["last"]["seq"]);
    }
    let lines = |words: &[&str]| project.ok(words).stdout.lines().count();
    assert_eq!(lines(&["history", "--moments"]), lines(&["history"]) + 3);
}

#[test]
fn a_task_that_came_with_its_document_is_known_by_its_first_id_before_anything_happened() {
    let project = Project::adopted("# P\n\n- [ ] **A-2**: two\n- [ ] **A-3**: three\n");
    project.ok(["append", "rekey", "A-2", "A-9"]);
    project.ok(["append", "rekey", "A-3", "A-2"]);
    project.ok(["append", "start", "A-9"]);
    for name in ["A-9", "A-2@1"] {
        let stages = project.ok(["history", "--task", name, "--json"]).stdout;
        let stages: Value = serde_json::from_str(&stages).unwrap();
        assert_eq!(stages["stages"][0]["task"], "A-2", "{stages}");
        assert_eq!(stages["stages"][1]["task"], "A-9");
        let then = project.ok(["history", "--task", name, "--at", "1"]).stdout;
        assert!(then.contains("two") && !then.contains("three"), "{then}");
    }
    project.ok(["append", "add", "four", "--id", "A-4"]);
    project.fails(
        ["history", "--task", "A-4", "--at", "1"],
        1,
        &["no task A-4"],
    );
}
