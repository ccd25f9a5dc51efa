//! `ledger identify`: which moment a copy of a plan is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::commits::taken_over;
use crate::support::real_plans::{all_series, versions};
use crate::support::{Project, Run};

const PLAN: &str = "\
# Plan

**Version**: 1.4

- [ ] **T-1**: Walls
- [ ] **T-2**: Roof
- [ ] **T-3**: Door
";

fn identified(project: &Project, text: impl AsRef<[u8]>) -> (Value, Run) {
    let run = project.run_with(["identify", "--json", "-"], text);
    let answer = serde_json::from_str(&run.stdout).unwrap_or(Value::Null);
    (answer, run)
}

fn moments(answer: &Value) -> Vec<u64> {
    let moments = answer["moments"].as_array().expect("moments");
    moments.iter().filter_map(Value::as_u64).collect()
}

#[test]
fn a_copy_is_known_by_its_text_at_every_moment_that_had_it() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "complete", "T-1"]);
    let started = project.plan();
    project.write("TODO.md", PLAN);
    project.ok(["observe"]);
    let (answer, run) = identified(&project, PLAN);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(answer["found"], "bytes");
    assert_eq!(moments(&answer), [1, 3]);
    assert_eq!(answer["plan"], "TODO.md");
    assert_eq!(answer["version"], "1.4");
    assert_eq!(answer["is_head"], true);
    assert_eq!(answer["first"]["seq"], 1);
    assert_eq!(answer["last"]["seq"], 3);
    let (answer, _) = identified(&project, &started);
    assert_eq!(
        (moments(&answer), &answer["is_head"]),
        (vec![2], &Value::Bool(false))
    );
    // A copy lies anywhere, and the plan may have gone from there.
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copy.md");
    fs::write(&copy, &started).unwrap();
    project.ok(["append", "rename", "TODO.md", "PLAN.md"]);
    let said = project.ok(["identify", copy.to_str().unwrap()]).stdout;
    for words in [
        "TODO.md, version 1.4",
        "event 2 (",
        "by tester",
        "in ledger",
    ] {
        assert!(said.contains(words), "'{words}' is not in: {said}");
    }
}

#[test]
fn a_copy_with_other_line_ends_or_without_the_last_one_is_the_same_but_for_them() {
    let project = Project::adopted(PLAN);
    let dos = PLAN.replace('\n', "\r\n");
    for (text, found) in [
        (PLAN.trim_end(), "all_but_last_newline"),
        (&format!("{PLAN}\n"), "all_but_last_newline"),
        (&dos, "all_but_line_ends"),
        (dos.trim_end(), "all_but_line_ends"),
    ] {
        let (answer, run) = identified(&project, text);
        assert_eq!(
            (run.code, &answer["found"]),
            (0, &Value::from(found)),
            "{text:?}"
        );
        assert_eq!(moments(&answer), [1]);
    }
    let project = Project::adopted(&dos);
    assert_eq!(identified(&project, PLAN).0["found"], "all_but_line_ends");
    assert_eq!(
        identified(&project, dos.trim_end()).0["found"],
        "all_but_last_newline"
    );
    let said = project.run_with(["identify", "-"], PLAN).stdout;
    assert!(said.contains("but for its line ends"), "{said}");
}

#[test]
fn of_a_text_that_no_moment_has_the_nearest_is_named_and_how_it_differs() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "complete", "T-1"]);
    let then = project.plan();
    project.ok(["append", "complete", "T-2"]);
    project.ok(["append", "complete", "T-3"]);
    let copy = then.replace("Roof", "Roof of slate") + "- [ ] **T-4**: Path\n";
    let (answer, run) = identified(&project, &copy);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(answer["found"].is_null() && moments(&answer).is_empty());
    let nearest = &answer["nearest"];
    assert_eq!(nearest["seq"], 2);
    assert_eq!(
        (&nearest["lines_gone"], &nearest["lines_came"]),
        (&1.into(), &2.into())
    );
    let changes: Vec<[&str; 4]> = nearest["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| ["task", "change", "from", "to"].map(|key| own[key].as_str().unwrap_or("")))
        .collect();
    assert_eq!(
        changes,
        [
            ["T-2", "title", "Roof", "Roof of slate"],
            ["T-4", "added", "", ""],
        ]
    );
    project.write("copy.md", &copy);
    let run = project.fails(
        ["identify", "copy.md"],
        1,
        &["copy.md", "no moment", "--diff"],
    );
    for words in [
        "event 2",
        "+2 -1 lines",
        "T-2 Roof of slate: title: Roof → Roof of slate",
    ] {
        assert!(
            run.stdout.contains(words),
            "'{words}' is not in: {}",
            run.stdout
        );
    }
    // What --diff prints makes the copy of the moment's text.
    let run = project.fails(["identify", "copy.md", "--diff"], 1, &[]);
    let diff = &run.stdout[run.stdout.find("--- ").expect("a diff")..];
    project.write("then.md", &then);
    project.write(
        "change.diff",
        diff.replace("TODO.md at event 2", "then.md")
            .replace("copy.md", "then.md"),
    );
    project.git(["init", "-q"]);
    project.git(["apply", "-p0", "change.diff"]);
    assert_eq!(project.read("then.md"), copy);
    let (answer, run) = identified(&project, "nothing of it\n");
    assert_eq!((run.code, &answer["nearest"]), (1, &Value::Null));
}

#[test]
fn what_is_no_text_is_an_error_and_nothing_waits() {
    let project = Project::adopted(PLAN);
    project.write("image.md", b"\x89PNG\r\n\x1a\n\xff\xfe");
    project.fails(["identify", "image.md"], 2, &["image.md", "not UTF-8"]);
    project.fails(["identify", "gone.md"], 2, &["gone.md", "no such file"]);
    project.fails(["identify", "."], 2, &["not a file"]);
    project.write("large.md", vec![b'x'; (16 << 20) + 1]);
    project.fails(["identify", "large.md"], 2, &["larger than 16 MiB"]);
    let (answer, run) = identified(&project, "");
    assert_eq!(
        (run.code, &answer["nearest"]),
        (1, &Value::Null),
        "{}",
        run.stderr
    );
    #[cfg(unix)]
    {
        let pipe = project.path("pipe.md");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        project.fails(["identify", "pipe.md"], 2, &["not a file"]);
    }
    let hostile = PLAN.replace("Roof", "Roof \u{1b}[2J\u{202e}");
    project.write("hostile.md", hostile);
    let run = project.run(["identify", "hostile.md"]);
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{202e}']),
        "{}",
        run.stdout
    );
}

/// Takes a plan's repository over, and looks every version of it up.
fn check_series(series: &Path) -> usize {
    let (project, texts, ids) = taken_over(series);
    let mut moments_of: BTreeMap<String, u64> = BTreeMap::new();
    for event in project.events() {
        if let (Some(commit), Some(seq)) = (event["cause"].as_str(), event["seq"].as_u64()) {
            moments_of.insert(commit.to_owned(), seq);
        }
    }
    for path in versions(series) {
        let text = fs::read_to_string(&path).unwrap();
        let run = project.ok(["identify", "--json", path.to_str().unwrap()]);
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        let name = path.display();
        assert_eq!(answer["found"], "bytes", "{name}");
        // A commit that left the plan as it was made no moment.
        let same = texts.iter().zip(&ids).filter(|(own, _)| **own == text);
        let expected: BTreeSet<u64> = same
            .filter_map(|(_, id)| moments_of.get(id).copied())
            .collect();
        assert!(!expected.is_empty(), "{name}");
        assert_eq!(
            moments(&answer),
            expected.into_iter().collect::<Vec<_>>(),
            "{name}"
        );
    }
    texts.len()
}

#[test]
fn every_version_of_the_shorter_real_plans_is_found() {
    for series in all_series()
        .iter()
        .filter(|series| versions(series).len() <= 12)
    {
        check_series(series);
    }
}

#[test]
#[ignore = "takes a minute: run in release"]
fn every_version_of_every_real_plan_is_found() {
    let found: usize = all_series().iter().map(|series| check_series(series)).sum();
    assert!(all_series().is_empty() || found == 569, "{found} versions");
    println!("{found} versions found");
}
