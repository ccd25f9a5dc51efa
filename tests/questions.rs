//! What a lead asks of a plan's past, answered from the real master plan imported with its history
//! and checked against the plan's own texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::git_past::rebuilt;
use crate::support::Project;
use crate::support::commits::{Commit, repository};
use crate::support::real_plans::corpus;

/// The master plan with its ledger.
struct Asked {
    project: Project,
    commits: Vec<Commit>,
    ids: Vec<String>,
    /// Times of events, by their positions.
    times: BTreeMap<u64, String>,
}

impl Asked {
    fn plan() -> Option<Self> {
        let series = corpus()?.join("master-plan");
        let (commits, path) = rebuilt(&series);
        assert_eq!(path, "TODO.md");
        let project = Project::empty();
        let ids = repository(project.folder(), &commits);
        project.ok(["init", "TODO.md", "--git"]);
        let events = project.events();
        let times = events.iter().map(|event| {
            let time = event["time"].as_str().unwrap();
            (event["seq"].as_u64().unwrap(), time.to_owned())
        });
        Some(Self {
            times: times.collect(),
            project,
            commits,
            ids,
        })
    }

    fn json<const N: usize>(&self, question: [&str; N]) -> Value {
        let answer = self.project.run(question);
        serde_json::from_str(&answer.stdout).unwrap()
    }

    /// The text of the nth version, from 1.
    fn text(&self, version: usize) -> &str {
        let files = &self.commits[version - 1].files;
        std::str::from_utf8(&files["TODO.md"]).unwrap()
    }

    fn last(&self) -> usize {
        self.commits.len()
    }

    /// Versions that say they are this one.
    fn called(&self, number: &str) -> Vec<usize> {
        let says = format!("**Document Version**: {number}");
        let own = |at: &usize| self.text(*at).lines().any(|line| line == says);
        (1..=self.last()).filter(own).collect()
    }

    fn lines(&self, version: usize) -> BTreeSet<&str> {
        self.text(version).lines().collect()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What a checkbox item of a plan says.
fn item<'t>(plan: &'t str, id: &str) -> &'t str {
    let name = format!("**{id}**");
    plan.lines()
        .find(|line| line.contains(&name))
        .unwrap_or_default()
}

/// That day in UTC, in seconds since 1970.
const DAY_2025_10_15: std::ops::Range<i64> = 1_760_486_400..1_760_572_800;

/// The ids of a plan's checkbox items and headings, and whether it says that they are done.
fn entries(plan: &str) -> BTreeMap<&str, bool> {
    let mut entries = BTreeMap::new();
    let mut heading = None;
    for line in plan.lines() {
        let boxed = [("- [ ] **", false), ("- [x] **", true)].into_iter();
        for (start, done) in boxed {
            if let Some((id, _)) = line
                .strip_prefix(start)
                .and_then(|own| own.split_once("**"))
            {
                entries.insert(id, done);
            }
        }
        if line.starts_with('#') {
            let title = line.trim_start_matches('#').trim_start();
            heading = title.split_once(": ").map(|(id, _)| id);
            entries.extend(heading.map(|id| (id, false)));
        } else if line.starts_with("**Status**: ✅ Completed") {
            entries.extend(heading.map(|id| (id, true)));
        }
    }
    entries
}

#[test]
fn ten_questions_of_a_lead_are_answered_as_the_plan_itself_says() {
    let Some(asked) = Asked::plan() else { return };

    // 1. Who completed US-025, when, and on what evidence?
    let id = "TODO-HLS-005-IMPL-005";
    assert!(item(asked.text(59), id).starts_with("- [ ]"));
    assert!(item(asked.text(60), id).starts_with("- [x]"));
    assert!(item(asked.text(60), id).contains("Implement US-025"));
    let of_task = asked
        .project
        .receipts(["audit", "--task", id, "--format", "ndjson"]);
    let kinds = |kind: &'static str| of_task.iter().filter(move |own| own["type"] == kind);
    let done: Vec<&Value> = kinds("task.completed").collect();
    let [done] = done.as_slice() else {
        panic!("{done:?}");
    };
    assert_eq!(text(&done["cause"]), asked.ids[59]);
    assert!(text(&done["actor"]["id"]).starts_with("Ann"));
    assert!(text(&done["time"]).starts_with("2025-10-15T21:25"));
    assert_eq!(kinds("evidence.recorded").count(), 0, "nobody kept any");

    // 2. Which tasks were ever reopened?
    let reopened = asked
        .project
        .receipts(["audit", "--type", "reopened", "--format", "ndjson"]);
    let tasks: Vec<&str> = reopened.iter().map(|own| text(&own["task"])).collect();
    assert_eq!(tasks, ["TASK-003"]);
    assert_eq!(text(&reopened[0]["cause"]), asked.ids[4]);
    let status = |version| {
        let mut lines = asked.text(version).lines();
        let is_entry = |line: &str| line.starts_with("### TASK-003:");
        lines.find(|line| is_entry(line)).unwrap();
        lines.find(|line| line.starts_with("**Status**")).unwrap()
    };
    assert_eq!(status(4), "**Status**: ✅ Completed");
    assert_eq!(status(5), "**Status**: ⏳ Pending");

    // 3. What was the plan when version 1.3 was current?
    let current = asked.called("1.3");
    let shown = asked
        .project
        .ok(["render", "--at", "1.3", "--stdout"])
        .stdout;
    assert_eq!(shown, asked.text(*current.last().unwrap()));

    // 4. Which lines of the newest plan came from the first day?
    let blame = asked.json(["blame", "--json"]);
    let first_day = |own: &&Value| *asked.times[&own["seq"].as_u64().unwrap()] < *"2025-10-08";
    let of_first_day: Vec<&Value> = (blame["lines"].as_array().unwrap().iter())
        .filter(first_day)
        .collect();
    // They are in each plan from the last one of that day on, and no other line is that says anything.
    let since: Vec<BTreeSet<&str>> = (4..=asked.last()).map(|at| asked.lines(at)).collect();
    let stayed = |line: &str| since.iter().all(|lines| lines.contains(line));
    let named: BTreeSet<&str> = of_first_day.iter().map(|own| text(&own["text"])).collect();
    assert!(named.iter().all(|line| stayed(line)), "{named:?}");
    let newest = asked.lines(asked.last()).into_iter();
    let all: BTreeSet<&str> = newest
        .filter(|line| !line.is_empty() && stayed(line))
        .collect();
    assert!(all.len() > 5, "{all:?}");
    assert_eq!(
        named
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect::<BTreeSet<_>>(),
        all
    );

    // 5. How long did each part of HLS-005 take, from the plan that had it to the one that ticked it?
    for (task, came, ticked) in [
        ("TODO-HLS-005-IMPL-001", 53, 54),
        ("TODO-HLS-005-IMPL-002", 53, 56),
        ("TODO-HLS-005-IMPL-003", 55, 57),
        ("TODO-HLS-005-IMPL-004", 58, 59),
        ("TODO-HLS-005-IMPL-005", 53, 60),
    ] {
        assert!(
            item(asked.text(ticked), task).starts_with("- [x]"),
            "{task}"
        );
        let life = asked.json(["history", "--task", task, "--json"]);
        let open = &life["stages"][0];
        assert_eq!(open["status"], "pending", "{life}");
        let between = |from: usize, to: usize| {
            let [from, to] = [from, to].map(|version| asked.commits[version - 1].authored);
            Value::from((to - from) * 1_000)
        };
        assert_eq!(open["lasted"], between(came, ticked), "{task}");
        // It was done from then on until the plan lost it, and never under way in between.
        let mut later = ticked..=asked.last();
        let left = later.find(|version| item(asked.text(*version), task).is_empty());
        let [_, done, gone] = life["stages"].as_array().unwrap().as_slice() else {
            panic!("{life}");
        };
        assert_eq!(done["status"], "completed", "{life}");
        assert_eq!(text(&done["cause"]), asked.ids[ticked - 1]);
        assert_eq!(done["lasted"], between(ticked, left.unwrap()), "{task}");
        assert_eq!(text(&gone["cause"]), asked.ids[left.unwrap() - 1]);
    }

    // 6. What was finished on 2025-10-15? (UTC, as the test runs.)
    let day = [
        "--since",
        "2025-10-15T00:00:00Z",
        "--until",
        "2025-10-15T23:59:59Z",
    ];
    let question = [
        &["audit", "--type", "completed", "--format", "ndjson"],
        &day[..],
    ]
    .concat();
    let finished = asked.project.receipts(question);
    let finished: BTreeMap<&str, &str> = finished
        .iter()
        .map(|own| (text(&own["task"]), text(&own["cause"])))
        .collect();
    // What a plan of that day says is done, and the one before it had and did not.
    let mut said = BTreeMap::new();
    for at in 1..asked.last() {
        let [before, after] = [at, at + 1].map(|version| entries(asked.text(version)));
        let day = DAY_2025_10_15.contains(&asked.commits[at].authored);
        let done = after
            .iter()
            .filter(|(id, done)| day && **done && before.get(*id) == Some(&false));
        said.extend(done.map(|(id, _)| (*id, asked.ids[at].as_str())));
    }
    assert_eq!(finished, said);
    assert_eq!(said.len(), 15);

    // 7. Since when does the plan say that it is version 1.5, and who wrote that?
    let first = asked.called("1.5")[0];
    let line = &asked.json(["blame", "--json", "-L", "3,3"])["lines"][0];
    assert_eq!(text(&line["text"]), "**Document Version**: 1.5");
    let seq = line["seq"].to_string();
    let event = asked.json(["show", &format!("event:{seq}"), "--json"]);
    assert_eq!(text(&event["header"]["cause"]), asked.ids[first - 1]);

    // 8. What came and what went between versions 1.3 and 1.4?
    let diff = asked.json(["diff", "1.3", "1.4", "--json"]);
    let [old, new] = ["1.3", "1.4"].map(|number| *asked.called(number).last().unwrap());
    let mut seen = [0, 0];
    for task in diff["tasks"].as_array().unwrap() {
        let title = text(&task["title"]);
        for change in task["changes"].as_array().unwrap() {
            match text(&change["what"]) {
                "added" => {
                    seen[0] += 1;
                    assert!(asked.text(new).contains(title), "{title}");
                }
                "removed" => {
                    seen[1] += 1;
                    assert!(asked.text(old).contains(title), "{title}");
                }
                _ => {}
            }
        }
    }
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
    let unified = asked.project.ok(["diff", "1.3", "1.4", "--text"]).stdout;
    let added = unified.lines().filter_map(|line| line.strip_prefix('+'));
    for line in added.filter(|line| !line.starts_with("++")) {
        assert!(asked.lines(new).contains(line), "{line}");
    }

    // 9. Which moment is this copy that somebody sent?
    let copy = asked.project.path("copy.md");
    fs::write(&copy, asked.text(36)).unwrap();
    let found = asked.json(["identify", copy.to_str().unwrap(), "--json"]);
    assert_eq!(text(&found["found"]), "bytes");
    assert_eq!(text(&found["version"]), "1.3");
    let event = format!("event:{}", found["last"]["seq"]);
    let event = asked.json(["show", &event, "--json"]);
    assert_eq!(text(&event["header"]["cause"]), asked.ids[35]);
    fs::remove_file(copy).unwrap();

    // 10. What does the plan say now that cannot be right?
    let check = asked.json(["check", "--json", "--rule", "stale-last-updated"]);
    let finding = &check["findings"][0];
    let newest: Vec<&str> = asked.text(asked.last()).lines().collect();
    assert_eq!(finding["line"], 4);
    assert_eq!(newest[3], "**Last Updated**: 2025-10-18");
    assert!(newest[35].contains("2025-10-21"), "{}", newest[35]);

    // And how far is it?
    let stats = asked.json(["stats", "--json"]);
    let status = asked.json(["status", "--json"]);
    let newest = asked.text(asked.last());
    let done = newest
        .lines()
        .filter(|line| {
            line.starts_with("  - Status: ✅ Completed (")
                || line.starts_with('#') && line.ends_with("✅ COMPLETED")
        })
        .count();
    let open = newest
        .lines()
        .filter(|line| line.starts_with("- [ ] **") || line.starts_with("### ⏳ "))
        .count();
    for (answer, key) in [
        (&status["plans"][0]["tasks"], "status"),
        (&stats["totals"]["statuses"], "stats"),
    ] {
        assert_eq!(answer["completed"], done, "{key}");
        assert_eq!(answer["pending"], open, "{key}");
    }
    assert_eq!(stats["totals"]["tasks"], done + open);
}
