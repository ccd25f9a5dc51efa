//! REF: everything that names a moment, and what is said where it names several or none.

use serde_json::Value;

use crate::support::Project;
use crate::support::commits::{Commit, repository};

const PLAN: &str = "\
# Plan

**Version**: 1.0

- [ ] T-1: Walls
- [ ] T-2: Roof
";

#[track_caller]
fn at(project: &Project, reference: &str) -> String {
    project.ok(["render", "--stdout", "--at", reference]).stdout
}

#[track_caller]
fn names_nothing(project: &Project, reference: &str, words: &[&str]) {
    project.fails(["render", "--stdout", "--at", reference], 2, words);
}

/// Event 1 adopts the plan; 2 and 3 start and complete the first task.
fn built() -> Project {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "T-1"]);
    project.ok(["append", "complete", "T-1"]);
    project
}

/// Version 1.1 in event 4, and a task started in event 5.
fn with_versions(project: &Project) {
    project.write("TODO.md", project.plan().replace("1.0", "1.1"));
    project.ok(["observe"]);
    project.ok(["append", "start", "T-2"]);
}

#[test]
fn positions_and_ids_name_events_and_moments_before_them() {
    let project = built();
    let id = project.events()[2]["id"].as_str().unwrap().to_owned();
    let started = at(&project, "2");
    assert!(started.contains("[~]") || started != PLAN, "{started}");
    for same in [
        "seq:2",
        &id[..8],
        &id.to_uppercase(),
        &format!("id:{}", &id[..8]),
        "head~1",
        "head~",
        "3~1",
        "seq:3~1",
        "head~1~0",
    ] {
        assert_eq!(at(&project, same), started, "{same}");
    }
    assert_eq!(at(&project, "head~2"), PLAN);
    assert_eq!(at(&project, "head"), project.plan());
    names_nothing(&project, "head~4", &["there are not 4 moments before"]);
    names_nothing(&project, "head~99999999999", &["there are not"]);
    names_nothing(
        &project,
        "seq:4",
        &["there is no event 4", "the last one is 3"],
    );
    names_nothing(&project, "id:ffffffff", &["no event's id begins with"]);
}

#[test]
fn times_are_days_minutes_and_how_long_ago() {
    let project = built();
    let now = project.plan();
    for later in ["today", "now", "time:today", "0 seconds ago"] {
        assert_eq!(at(&project, later), now, "{later}");
    }
    let time = project.events()[2]["time"].as_str().unwrap().to_owned();
    let local = format!("{} {}", &time[..10], &time[11..23]);
    assert_eq!(at(&project, &time), at(&project, "2"));
    assert_eq!(at(&project, &local), at(&project, "2"), "{local}");
    for early in ["yesterday", "2 days ago", "last week", "2020-01-01"] {
        names_nothing(&project, early, &["no event as early as", early]);
    }
    for nonsense in ["2025-13-01", "two days ago", "time:soon"] {
        project.fails(["render", "--stdout", "--at", nonsense], 2, &["error: "]);
    }
    let count = |option: &str, value: &str| {
        let shown = project.ok(["audit", "--format", "ndjson", option, value]);
        shown.stdout.lines().count()
    };
    assert_eq!(count("--since", "1 hour ago"), 4);
    assert_eq!(count("--until", "1 hour ago"), 0);
    assert_eq!(count("--since", "yesterday"), 4);
    assert_eq!(count("--until", "today"), 4);
    project.fails(
        ["audit", "--since", "soon"],
        2,
        &["--since: 'soon' names no moment"],
    );
}

#[test]
fn an_audit_is_between_any_two_moments() {
    let project = built();
    with_versions(&project);
    project.ok(["checkpoint"]);
    let numbers = |words: &[&str]| -> Vec<u64> {
        let words = [&["audit", "--format", "ndjson"], words].concat();
        let lines = project.ok(words).stdout;
        let number = |line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64();
        lines.lines().filter_map(number).collect()
    };
    let first = project.events()[1]["id"].as_str().unwrap()[..8].to_owned();
    // A version is the last moment at which the plan had it.
    assert_eq!(numbers(&["--since", "1.0", "--until", "1.1"]), [4, 5, 6]);
    assert_eq!(numbers(&["--since", "2", "--until", "1.0"]), [3]);
    assert_eq!(numbers(&["--since", &first, "--until", "3"]), [2, 3]);
    assert_eq!(numbers(&["--since", "head~2"]), [5, 6]);
    assert_eq!(
        numbers(&["--until", "checkpoint", "--range", "4.."]),
        [4, 5]
    );
    assert_eq!(numbers(&["--since", "1", "--range", "..2"]), [2]);
    assert_eq!(numbers(&["--since", "yesterday", "--until", "1"]), [0, 1]);
    assert_eq!(numbers(&["--since", "head", "--task", "T-2"]), [0; 0]);
    project.fails(["audit", "--until", "99"], 2, &["--until:", "no event 99"]);
}

#[test]
fn times_far_back_are_found_among_many_moments() {
    let project = built();
    for nth in 0..150 {
        project.ok(["append", "note", "T-2", &format!("note {nth}"), "-q"]);
    }
    let events = project.events();
    for seq in [0, 1, 2, 20, 60, 88, 89, 90, 91, 120, 152, 153] {
        let time = events[seq]["time"].as_str().unwrap();
        // The last one of those in the same millisecond, and a batch has one time.
        let last = events.iter().rposition(|own| own["time"] == time).unwrap();
        let diff = project.ok(["diff", time, time, "--json"]).stdout;
        let diff: Value = serde_json::from_str(&diff).unwrap();
        assert_eq!(diff["from"], last, "{time}");
    }
}

#[test]
fn a_version_is_the_last_moment_that_had_it() {
    let project = built();
    let before = project.plan();
    with_versions(&project);
    for one in ["1.0", "v1.0", "version:1.0", "version:V1.0"] {
        assert_eq!(at(&project, one), before, "{one}");
    }
    assert_eq!(at(&project, "1.1"), project.plan());
    assert_eq!(at(&project, "1.1~1"), before.replace("1.0", "1.1"));
    names_nothing(
        &project,
        "1.2",
        &["names no moment", "ledger history lists the versions"],
    );
    names_nothing(&project, "version:1.2", &["no plan had version 1.2"]);
    // It comes back: two stretches, and no telling which is meant.
    project.write("TODO.md", project.plan().replace("1.1", "1.0"));
    project.ok(["observe"]);
    names_nothing(
        &project,
        "1.0",
        &[
            "the plan was version 1.0 more than once",
            "say which one: event:6 (TODO.md from ",
            " to now), event:3 (TODO.md from ",
        ],
    );
}

#[test]
fn a_version_of_two_plans_is_ambiguous_unless_it_is_one_moment() {
    let project = Project::empty();
    project.write("A.md", PLAN);
    project.write("B.md", PLAN.replace("T-", "B-"));
    project.ok(["init", "A.md", "B.md"]);
    let run = project.ok(["render", "--stdout", "--at", "1.0", "--plan", "A.md"]);
    assert_eq!(run.stdout, PLAN);
    project.write("A.md", PLAN.replace("1.0", "2.0"));
    project.ok(["observe"]);
    project.fails(
        ["diff", "1.0"],
        2,
        &[
            "version 1.0 names several moments, of several plans",
            "event:3 (B.md from ",
            "event:2 (A.md from ",
        ],
    );
    // Of the plan that is asked about there is one, also under the name it gets.
    project.ok(["append", "rename", "A.md", "C.md"]);
    for plan in ["A.md", "C.md"] {
        let stat = project.ok(["diff", "1.0", "--plan", plan, "--stat"]).stdout;
        assert!(
            stat.starts_with("A.md → C.md: version 1.0 → 2.0,"),
            "{stat}"
        );
    }
    let run = project.ok(["render", "--stdout", "--at", "1.0", "--plan", "A.md"]);
    assert_eq!(run.stdout, PLAN);
    let lines = project.ok(["blame", "A.md", "--at", "1.0"]).stdout;
    assert!(lines.contains("**Version**: 1.0"), "{lines}");
    project.fails(["blame"], 2, &["tracks 2 plans", "ledger blame C.md"]);
    let then = project
        .ok(["history", "--plan", "A.md", "--at", "1.0"])
        .stdout;
    assert!(then.contains("1.0") && !then.contains("2.0"), "{then}");
    project.fails(
        ["history", "--plan", "A.md"],
        2,
        &["did not track 'A.md'", "it is C.md then"],
    );
}

#[test]
fn a_commit_from_before_a_rename_is_found_by_all_its_plans() {
    let project = Project::empty();
    project.write("A.md", PLAN);
    project.write("B.md", PLAN.replace("T-", "B-"));
    project.git_init();
    project.ok(["init", "A.md", "B.md"]);
    project.ok(["append", "start", "T-1"]);
    project.git(["commit", "-qam", "started"]);
    let started = project.read("A.md");
    // What only git has seen: B.md alone is as at a moment, and that is not enough.
    project.git(["checkout", "-q", "-b", "side"]);
    project.write("A.md", started.replace("Roof", "Dome"));
    project.git(["commit", "-qam", "elsewhere"]);
    project.git(["checkout", "-q", "main"]);
    project.ok(["append", "complete", "T-1"]);
    project.git(["mv", "A.md", "C.md"]);
    project.ok(["append", "rename", "A.md", "C.md"]);
    project.git(["commit", "-qam", "completed under another name"]);
    project.ok(["append", "start", "T-2"]);
    let stat = |reference: &str| project.ok(["diff", reference, "--stat"]).stdout;
    assert!(stat("HEAD").ends_with("tasks: 1 started\n"));
    let there = stat("HEAD~1");
    assert!(
        there.starts_with("A.md → C.md") && there.ends_with("tasks: 1 completed, 1 started\n"),
        "{there}"
    );
    project.fails(["diff", "side"], 2, &["no moment of commit"]);
}

#[test]
fn git_names_commits_and_counts_them_itself() {
    let plans = [PLAN.to_owned(), PLAN.replace("[ ] T-1", "[x] T-1")];
    let mut last = plans[1].replace("[ ] T-2", "[x] T-2");
    last.push_str("\nThe end.\n");
    let texts = [&plans[0], &plans[1], &last];
    let commits: Vec<Commit> = texts
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let parents: Vec<usize> = n.checked_sub(1).into_iter().collect();
            Commit::new(n as i64, &parents, &[("TODO.md", text)])
        })
        .collect();
    let project = Project::empty();
    let ids = repository(project.folder(), &commits);
    project.ok(["init", "TODO.md", "--git"]);
    project.git(["tag", "v9", &ids[1]]);
    project.git(["tag", "-a", "-m", "told", "told", &ids[0]]);
    project.git(["branch", "feature/one", &ids[1]]);
    for (reference, text) in [
        ("HEAD", &last),
        ("main", &last),
        ("HEAD~1", &plans[1]),
        ("HEAD^", &plans[1]),
        ("main~2", &plans[0]),
        ("v9", &plans[1]),
        ("v9~1", &plans[0]),
        ("told", &plans[0]),
        ("feature/one", &plans[1]),
        ("commit:feature/one~1", &plans[0]),
        (&*format!("commit:{}", &ids[2][..7]), &last),
        (&*format!("{}~1", &ids[2]), &plans[1]),
        (&*ids[1].to_uppercase(), &plans[1]),
    ] {
        assert_eq!(at(&project, reference), **text, "{reference}");
    }
    for other in ["HEAD~3", "commit:--help", "commit:nothing", "HEAD~1~7"] {
        names_nothing(&project, other, &["git has no commit"]);
    }
    for other in [
        "-n1",
        "HEAD:TODO.md",
        ":/change",
        "main..v9",
        "--exec=x",
        "a b",
    ] {
        let option = format!("--at={other}");
        project.fails(["render", "--stdout", &option], 2, &["names no moment"]);
    }
    // A tag that says another moment than the version of the same number.
    project.git(["tag", "1.0", &ids[0]]);
    names_nothing(
        &project,
        "1.0",
        &[
            "'1.0' names several moments",
            &format!("commit:{}", ids[0]),
            "version:1.0 (TODO.md from ",
        ],
    );
    assert_eq!(at(&project, "commit:1.0"), plans[0]);
    assert_eq!(at(&project, "version:1.0"), last);
    // The same moment under both names is no question.
    project.git(["tag", "-f", "1.0", &ids[2]]);
    assert_eq!(at(&project, "1.0"), last);
}

/// Events 1 to 4, with version 2 from event 3 on.
fn with_whole_versions() -> Project {
    let project = Project::in_git(&PLAN.replace("1.0", "1"));
    project.ok(["append", "start", "T-1"]);
    project.write("TODO.md", project.plan().replace("**: 1", "**: 2"));
    project.ok(["observe"]);
    project.ok(["append", "complete", "T-1"]);
    project
}

#[test]
fn a_number_that_is_an_event_and_a_version_or_a_name_in_git_is_ambiguous() {
    let project = with_whole_versions();
    for command in [
        &["render", "--stdout", "--at", "2"][..],
        &["diff", "2", "event:3"],
        &["diff", "2~1"],
        &["stats", "--at", "2"],
    ] {
        let words = [
            "'2' names several moments",
            "event:2 (",
            "version:2 (TODO.md from ",
        ];
        project.fails(command, 2, &words);
    }
    assert!(at(&project, "event:2").contains("**: 1"));
    assert_eq!(at(&project, "version:2"), project.plan());
    let third = at(&project, "3");
    // A tag is found wherever git keeps it.
    project.git(["commit", "-qam", "recorded"]);
    project.git(["tag", "3"]);
    for _ in 0..2 {
        names_nothing(&project, "3", &["event:3 (", "commit:"]);
        assert_eq!(at(&project, "seq:3"), third);
        project.git(["pack-refs", "--all"]);
    }
    // One moment under two names is no question.
    project.git(["tag", "4"]);
    assert_eq!(at(&project, "4"), project.plan());
}

#[test]
fn a_day_that_is_a_name_in_git_or_a_version_too_is_ambiguous() {
    let project = built();
    project.git_init();
    let first = project.git(["rev-parse", "HEAD"]);
    assert_eq!(at(&project, "today"), project.plan());
    project.git(["branch", "today"]);
    project.ok(["append", "start", "T-2"]);
    names_nothing(
        &project,
        "today",
        &["time:today (to ", &format!("commit:{}", first.trim())],
    );
    project.write("TODO.md", project.plan().replace("1.0", "2999-01-01"));
    project.ok(["observe"]);
    let dated = project.plan();
    project.write("TODO.md", project.plan().replace("2999-01-01", "1.1"));
    project.ok(["observe"]);
    let words = ["time:2999-01-01 (to ", "version:2999-01-01 (TODO.md from "];
    names_nothing(&project, "2999-01-01", &words);
    assert_eq!(at(&project, "version:2999-01-01"), dated);
    assert_eq!(at(&project, "time:2999-01-01"), project.plan());
}

#[test]
fn a_commit_without_an_event_of_its_own_is_found_by_its_plan() {
    let project = Project::in_git(PLAN);
    let mut plans = vec![PLAN.to_owned()];
    for change in [["start", "T-1"], ["complete", "T-1"], ["start", "T-2"]] {
        project.ok(["append", change[0], change[1]]);
        project.git(["commit", "-qam", "change"]);
        plans.push(project.plan());
    }
    project.git(["commit", "-q", "--allow-empty", "-m", "nothing of the plan"]);
    assert_eq!(at(&project, "HEAD"), plans[3]);
    for (back, text) in plans.iter().rev().enumerate() {
        let reference = format!("HEAD~{}", back + 1);
        assert_eq!(at(&project, &reference), *text, "{reference}");
        let id = project.git(["rev-parse", &reference]);
        assert_eq!(at(&project, id.trim()), *text, "{reference}");
    }
    // What only git has ever seen is no moment.
    project.git(["checkout", "-q", "-b", "side"]);
    let before = project.plan();
    project.write("TODO.md", before.replace("Roof", "Dome"));
    project.git(["commit", "-qam", "elsewhere"]);
    project.git(["checkout", "-q", "main"]);
    names_nothing(&project, "side", &["no moment of commit"]);
}

#[test]
fn a_commit_whose_plan_is_checked_out_with_other_line_ends_is_found() {
    let project = Project::empty();
    let there = PLAN.replace('\n', "\r\n");
    project.write("TODO.md", &there);
    project.git(["init", "-q", "-b", "main"]);
    project.git(["config", "core.autocrlf", "true"]);
    project.git(["-c", "core.autocrlf=true", "add", "TODO.md"]);
    project.git(["commit", "-qm", "start"]);
    assert_eq!(project.git(["show", "HEAD:TODO.md"]), PLAN);
    project.ok(["init", "TODO.md"]);
    project.ok(["append", "start", "T-1"]);
    assert_eq!(at(&project, "HEAD"), there);
}

#[test]
fn the_newest_of_texts_that_came_back_is_that_before_the_commit() {
    let project = Project::in_git(PLAN);
    project.ok(["append", "start", "T-1"]);
    project.git(["commit", "-qam", "started"]);
    project.ok(["append", "note", "T-2", "tiles"]);
    let run = project.ok(["audit", "--format", "json"]);
    let events: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(events.as_array().unwrap().len(), 4);
    assert_eq!(at(&project, "HEAD"), at(&project, "2"));
}

#[test]
fn a_checkpoint_names_the_moment_that_was_signed() {
    let project = built();
    project.ok(["checkpoint"]);
    let first = project.plan();
    project.ok(["append", "start", "T-2"]);
    let second = project.plan();
    project.ok(["checkpoint"]);
    project.ok([
        "append",
        "complete",
        "T-2",
        "--result",
        "4\n9\nno checkpoint",
    ]);
    // Events 0 to 3 and 0 to 5 were signed; events 4 and 6 say so.
    for (reference, expected) in [
        ("checkpoint", &second),
        ("checkpoint~0", &second),
        ("checkpoint~1", &first),
        ("checkpoint:6", &second),
        ("checkpoint:4", &first),
        ("checkpoint:6~1", &first),
        ("seq:6", &second),
    ] {
        assert_eq!(at(&project, reference), *expected, "{reference}");
    }
    for (reference, words) in [
        ("checkpoint~2", ["not 2 checkpoints", "checkpoint:6"]),
        (
            "checkpoint:5",
            ["no checkpoint of 5 events", "checkpoint:6"],
        ),
        (
            "checkpoint:9",
            ["no checkpoint of 9 events", "checkpoint:6"],
        ),
    ] {
        names_nothing(&project, reference, &words);
    }
    let changed = project.ok(["diff", "checkpoint~1", "checkpoint"]).stdout;
    assert!(
        changed.contains("T-2") && !changed.contains("T-1"),
        "{changed}"
    );
}

#[test]
fn without_a_checkpoint_there_is_none_to_name() {
    let project = built();
    for reference in ["checkpoint", "checkpoint~1", "checkpoint:2"] {
        names_nothing(&project, reference, &["no checkpoint"]);
    }
}

#[test]
fn every_query_of_the_plan_takes_a_moment() {
    let project = built();
    with_versions(&project);
    let json = |words: &[&str]| -> Value {
        let run = project.ok([words, &["--json"][..]].concat());
        assert!(!run.stderr.contains("note: "), "{}", run.stderr);
        serde_json::from_str(&run.stdout).unwrap()
    };
    // What is in the file now is not what was asked about.
    project.write("TODO.md", project.plan().replace("Roof", "Dome"));
    for (reference, first, second) in [
        ("1", "pending", "pending"),
        ("event:2", "in_progress", "pending"),
        ("1.0", "completed", "pending"),
        ("1.1", "completed", "in_progress"),
    ] {
        let listed = json(&["list", "--at", reference]);
        let statuses = [&listed[0]["status"], &listed[1]["status"]];
        assert_eq!(statuses, [first, second], "{reference}");
        for (task, status) in [("T-1", first), ("T-2", second)] {
            let shown = json(&["show", task, "--at", reference]);
            assert_eq!(shown["status"], status, "{task} {reference}");
        }
        let plan = &json(&["status", "--at", reference])["plans"][0];
        assert_eq!(plan["path"], "TODO.md");
        assert_eq!(plan["state"], "unseen");
        for status in ["pending", "in_progress", "completed"] {
            let count = [first, second].iter().filter(|own| **own == status).count();
            let said = plan["tasks"][status].as_u64().unwrap_or(0);
            assert_eq!(said, count as u64, "{status} {reference}");
        }
        let next = json(&["next", "--at", reference]);
        let ready = next["ready"].as_array().unwrap().iter();
        let ready = ready.filter(|task| task["key"] == "T-2").count();
        assert_eq!(ready, usize::from(second == "pending"), "{reference}");
    }
    let status = json(&["status", "--at", "event:2"]);
    assert_eq!(status["head"]["seq"], 2);
    let last = json(&["show", "T-1", "--at", "event:2"])["events"].clone();
    let last = last.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["seq"], &last["to"]),
        (&2.into(), &"in_progress".into())
    );
    let text = project.ok(["status", "--at", "event:2"]).stdout;
    assert!(
        text.contains("as it was then") && text.contains("after   event 2"),
        "{text}"
    );
    project.fails(
        ["show", "event:2", "--at", "1"],
        2,
        &["the same at every moment"],
    );
}

#[test]
fn a_task_that_left_is_said_to_have_left_by_whoever_is_asked() {
    let project = built();
    project.ok(["append", "remove", "T-1", "--reason", "built elsewhere"]);
    for command in [
        &["show", "T-1"][..],
        &["stats", "--task", "T-1"],
        &["blame", "--task", "T-1"],
        &["graph", "--task", "T-1"],
    ] {
        let again = format!("ledger {} --at event:3", command.join(" "));
        let words = ["task T-1 left the plan", "in event 4", &again];
        project.fails(command, 1, &words);
        project.ok([command, &["--at", "event:3"][..]].concat());
    }
}

#[test]
fn hostile_texts_name_nothing() {
    let project = built();
    let long = "9".repeat(100_000);
    for reference in [
        "",
        " ",
        "~",
        "~~~",
        "seq:",
        "time:",
        "version:",
        "commit:",
        "checkpoint:x",
        "id:zz",
        "\u{1b}[31mred",
        "head~18446744073709551616",
        "99999999999999999999999",
        "\u{202e}dlo",
        long.as_str(),
    ] {
        let option = format!("--at={reference}");
        let run = project.fails(["render", "--stdout", &option], 2, &["error: "]);
        assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains('\u{202e}'));
        assert!(run.stderr.len() < 1_000, "{}", run.stderr.len());
    }
}

#[test]
fn a_version_of_a_plan_that_was_dropped_ends_with_it() {
    let project = Project::adopted("# A\n\n**Document Version**: 1.0\n\n- [ ] **A-1**: one\n");
    project.ok(["append", "release", "1.1"]);
    project.ok(["append", "drop", "TODO.md"]);
    project.write(
        "B.md",
        "# B\n\n**Document Version**: 2.0\n\n- [ ] **B-1**: one\n",
    );
    project.ok(["init", "B.md"]);
    project.ok(["append", "start", "B-1"]);
    assert_eq!(at(&project, "1.1"), at(&project, "2"));
    assert!(at(&project, "1.1").contains("1.1"));
    let later = project.ok(["audit", "--since", "1.1", "--format", "ndjson"]);
    assert_eq!(later.stdout.lines().count(), 3);
}

#[test]
fn a_day_that_no_calendar_has_is_said_to_be_none() {
    let project = built();
    for day in ["2025-02-30", "2025-13-01"] {
        let words = format!("there is no such day as {day}");
        names_nothing(&project, day, &[&words]);
        project.fails(["audit", "--since", day], 2, &["--since:", &words]);
    }
}

#[test]
fn too_many_moments_back_says_how_many_events_there_are() {
    names_nothing(
        &built(),
        "head~806",
        &[
            "there are not 806 moments",
            "the journal has 3 events before that one",
        ],
    );
}

#[test]
fn a_range_that_is_reversed_is_said_to_be() {
    let project = built();
    for (since, until) in [("3", "1"), ("3", "2"), ("2025-10-16", "2025-10-15")] {
        let reversed = ["audit", "--since", since, "--until", until];
        project.fails(reversed, 2, &["--since: that is after", "hint:"]);
    }
    project.ok(["audit", "--since", "2", "--until", "2"]);
}

#[test]
fn an_event_without_a_name_and_a_folder_that_is_none_are_told_what_to_give() {
    let project = built();
    project.fails(["show", "event:"], 2, &["no event is named", "event:12"]);
    project.fails(["show", ""], 2, &["no event is named"]);
    project.fails(
        ["-C", "TODO.md", "status"],
        2,
        &["TODO.md is a file", "hint:"],
    );
}

#[test]
fn a_version_that_only_another_plan_had_is_said_to_be_that_ones() {
    let project = Project::adopted("**Document Version**: 1.0\n\n- [ ] **T-1**: a\n");
    project.write("B.md", "**Document Version**: 2.0\n\n- [ ] **U-1**: a\n");
    project.ok(["init", "B.md"]);
    for version in ["2.0", "version:2.0"] {
        let render = ["render", "--at", version, "--plan", "TODO.md", "--stdout"];
        project.fails(render, 2, &["TODO.md never had version 2.0", "hint:"]);
    }
    project.ok(["render", "--at", "2.0", "--plan", "B.md", "--stdout"]);
}
