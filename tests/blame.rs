//! `ledger blame`: which event wrote which line.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::Value;

use crate::support::commits::{Commit, repository, taken_over};
use crate::support::real_plans::all_series;
use crate::support::{Project, git_in};

const PLAN: &str = "\
# Plan

- [ ] **T-1**: Walls
- [ ] **T-2**: Roof
  - **Owner**: ada
- [ ] **T-3**: Door

## Later

- [ ] **T-4**: Garden
";

/// The seq of each line, and the events that are named.
fn blamed(project: &Project, arguments: &[&str]) -> (Vec<Option<u64>>, Value) {
    let words = [&["blame", "--json"], arguments].concat();
    let answer: Value = serde_json::from_str(&project.ok(words).stdout).expect("one JSON value");
    let lines = answer["lines"].as_array().expect("lines");
    let seqs = lines.iter().map(|line| line["seq"].as_u64()).collect();
    (seqs, answer)
}

#[test]
fn each_line_has_the_event_that_wrote_it_and_what_was_not_recorded_has_none() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "start", "T-1", "--actor", "agent:builder"]);
    project.ok(["append", "complete", "T-1"]);
    let text = project.plan().replace("Door", "Doors");
    project.write("TODO.md", &text);
    project.ok(["observe"]);
    let (seqs, answer) = blamed(&project, &[]);
    let some = |seq| Some(seq);
    assert_eq!(seqs[..7], [1, 1, 3, 1, 1, 4, 1].map(some));
    assert_eq!(answer["plan"], "TODO.md");
    assert_eq!(answer["moment"], 4);
    let events = answer["events"].as_array().unwrap();
    let types: Vec<&str> = events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    assert_eq!(
        types,
        ["document.adopted", "task.completed", "task.retitled"]
    );
    assert_eq!(blamed(&project, &["--at", "2"]).0[2], Some(2));

    // A query records nothing.
    let journal = project.ok(["export"]).bytes;
    project.write(
        "TODO.md",
        text.replace("# Plan\n", "# The plan\n\nWords.\n"),
    );
    let run = project.ok(["blame"]);
    assert!(run.stderr.contains("edited"), "{}", run.stderr);
    assert_eq!(
        run.stdout.matches("not recorded").count(),
        3,
        "{}",
        run.stdout
    );
    assert_eq!(
        blamed(&project, &[]).0[..5],
        [None, None, None, Some(1), Some(3)]
    );
    assert_eq!(blamed(&project, &["--at", "head"]).0[0], Some(1));
    assert_eq!(project.ok(["export"]).bytes, journal);
}

#[test]
fn lines_are_named_as_git_names_them() {
    let project = Project::adopted(PLAN);
    let shown = |range: &str| project.ok(["blame", "-L", range]).stdout;
    assert_eq!(shown("3,4").lines().count(), 2);
    assert!(
        shown("3,+1").contains("3 | - [ ] **T-1**: Walls"),
        "{}",
        shown("3,+1")
    );
    assert_eq!(shown("4,").lines().count(), 7);
    assert_eq!(shown(",4").lines().count(), 4);
    assert_eq!(shown("10,20").lines().count(), 1);
    project.fails(["blame", "-L", "11,20"], 2, &["10 lines"]);
    project.fails(["blame", "-L", "x"], 2, &["no range", "10,20"]);
    project.fails(["blame", "OTHER.md"], 2, &["OTHER.md"]);
    project.fails(["blame", "--at", "99"], 2, &["no event 99"]);
}

#[test]
fn what_is_shown_says_who_when_and_why_and_cannot_rewrite_the_screen() {
    let hostile = "# \u{1b}]0;title\u{7}\n\n- [ ] T-1: \u{202e}exe \u{1b}[2J\n- [ ] T-2: two\n";
    let project = Project::adopted(hostile);
    project.ok([
        "append",
        "block",
        "T-2",
        "--reason",
        "no \u{1b}[31m cluster",
        "--actor",
        "agent:b\u{7}o",
    ]);
    let run = project.ok(["blame"]);
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{202e}', '\u{7}']),
        "{}",
        run.stdout
    );
    let last = run.stdout.lines().nth(3).unwrap();
    for word in ["2", "(agent)", "blocked T-2 no", "4 | - "] {
        assert!(last.contains(word), "'{word}' is not in: {last}");
    }
    let widths: Vec<Option<usize>> = run.stdout.lines().map(|line| line.find(" |")).collect();
    assert!(widths.iter().all(|at| at.is_some()), "{}", run.stdout);
}

#[test]
fn a_moved_task_is_followed_where_that_is_asked_for() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "move", "T-2", "--section", "Later"]);
    let text = project.plan();
    let owner = text.lines().position(|line| line.contains("ada")).unwrap();
    assert!(owner > 5, "{text}");
    assert_eq!(blamed(&project, &[]).0[owner], Some(2));
    let (seqs, answer) = blamed(&project, &["-M"]);
    assert_eq!(seqs[owner], Some(1));
    assert_eq!(answer["lines"][owner]["placed"], 2);
}

/// The event of each piece, by its name or label.
fn pieces(pieces: &Value) -> Vec<(String, u64)> {
    let name = |own: &Value| {
        own["label"]
            .as_str()
            .or(own["piece"].as_str())
            .map(str::to_owned)
    };
    let pieces = pieces.as_array().expect("pieces").iter();
    pieces
        .map(|own| {
            (
                name(own).expect("a name"),
                own["seq"].as_u64().expect("a seq"),
            )
        })
        .collect()
}

fn are(found: &[(String, u64)], expected: &[(&str, u64)]) {
    let found: Vec<(&str, u64)> = found
        .iter()
        .map(|(name, seq)| (name.as_str(), *seq))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_pieces_of_a_task_have_the_events_that_last_changed_them() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "retitle", "T-2", "The roof"]);
    project.ok(["append", "start", "T-2"]);
    project.write("TODO.md", project.plan().replace("ada", "bob"));
    project.ok(["observe"]);
    project.ok(["append", "rekey", "T-2", "T-9"]);
    let task = |words: &[&str]| -> Value {
        let words = [&["blame", "--json", "--task"], words].concat();
        serde_json::from_str(&project.ok(words).stdout).expect("one JSON value")
    };
    let now = task(&["T-9"]);
    assert_eq!(now["task"], "T-9");
    are(
        &pieces(&now["pieces"]),
        &[("id", 5), ("title", 2), ("status", 3), ("Owner", 4)],
    );
    assert_eq!(now["events"].as_array().unwrap().len(), 4);
    let then = task(&["T-2", "--at", "3"]);
    are(
        &pieces(&then["pieces"]),
        &[("id", 1), ("title", 2), ("status", 3), ("Owner", 1)],
    );
    let said = project.ok(["blame", "--task", "T-9"]).stdout;
    assert!(
        said.contains("started T-2") && said.contains("| title: The roof"),
        "{said}"
    );
    project.fails(["blame", "--task", "T-77"], 1, &["T-77"]);
}

#[test]
fn the_cells_of_a_row_have_events_of_their_own() {
    let table = "\
# Plan

| ID | Task | Status | Effort | Started | Completed |
|---|---|---|---|---|---|
| T-1 | Walls | pending | 3 | - | - |
| T-2 | Roof | pending | 5 | - | - |
";
    let project = Project::adopted(table);
    project.ok(["append", "start", "T-1"]);
    project.ok(["append", "complete", "T-1"]);
    let edited = project.plan().replace("| 3 |", "| 8 |");
    project.write("TODO.md", &edited);
    project.ok(["observe"]);
    let (seqs, answer) = blamed(&project, &["--words", "-L", "5,6"]);
    assert_eq!(seqs, [Some(4), Some(1)]);
    let cells = pieces(&answer["lines"][0]["pieces"]);
    let of = |name: &str| cells.iter().find(|own| own.0 == name).map(|own| own.1);
    assert_eq!(
        ["id", "title", "status", "Status", "Effort"].map(of),
        [Some(1), Some(1), Some(3), Some(3), Some(4)],
        "{cells:?}"
    );
    // The dates that a change of status wrote are that change's.
    assert_eq!(["Started", "Completed"].map(of), [Some(2), Some(3)]);
    let said = project.ok(["blame", "--words"]).stdout;
    assert!(said.contains("· status: completed"), "{said}");
}

#[test]
fn a_merge_in_git_leaves_each_sides_lines_to_their_own_commits() {
    let ticked = |text: &str, task: &str| {
        text.replace(&format!("- [ ] **{task}"), &format!("- [x] **{task}"))
    };
    let (mine, theirs) = (ticked(PLAN, "T-1"), ticked(PLAN, "T-4"));
    let both = ticked(&mine, "T-4");
    let commits = [
        Commit::new(0, &[], &[("TODO.md", PLAN)]),
        Commit::new(1, &[0], &[("TODO.md", &mine)]),
        Commit::new(2, &[0], &[("TODO.md", &theirs)]),
        Commit::new(3, &[1, 2], &[("TODO.md", &both)]),
        Commit::new(
            4,
            &[3],
            &[("TODO.md", &both.replace("# Plan", "# The plan"))],
        ),
    ];
    let project = Project::empty();
    let ids = repository(project.folder(), &commits);
    project.ok(["init", "TODO.md", "--git"]);
    let commits = commits_of(&project);
    let of = |line: usize| ids.iter().position(|id| *id == commits[line]);
    assert_eq!([0, 2, 3, 9].map(of), [Some(4), Some(1), Some(0), Some(2)]);
    let elsewhere = Project::empty();
    elsewhere.write("journal.jsonl", project.ok(["export"]).bytes);
    elsewhere.ok(["import", "journal.jsonl"]);
    assert_eq!(blamed(&elsewhere, &[]).0, blamed(&project, &[]).0);
}

/// The commit that each line of the newest plan is blamed on.
fn commits_of(project: &Project) -> Vec<String> {
    let (seqs, answer) = blamed(project, &[]);
    let events = answer["events"].as_array().unwrap();
    let causes: HashMap<u64, &str> = events
        .iter()
        .filter_map(|event| Some((event["seq"].as_u64()?, event["cause"].as_str()?)))
        .collect();
    seqs.into_iter()
        .map(|seq| causes[&seq.unwrap()].to_owned())
        .collect()
}

/// A line with the lines above and below it.
fn triples<'t>(lines: &[&'t str]) -> Vec<[Option<&'t str>; 3]> {
    let at = |at: Option<usize>| lines.get(at?).copied();
    (0..lines.len())
        .map(|line| [at(line.checked_sub(1)), at(Some(line)), at(Some(line + 1))])
        .collect()
}

/// Whether a line came to stand somewhere in a text where it did not stand in the one before: it
/// has more of it, or has it between other lines.
fn came(line: &str, before: &[&str], after: &[&str]) -> bool {
    let places = |lines: &[&str]| {
        let mut places: BTreeMap<[Option<String>; 3], usize> = BTreeMap::new();
        for triple in triples(lines)
            .into_iter()
            .filter(|own| own[1] == Some(line))
        {
            *places
                .entry(triple.map(|line| line.map(str::to_owned)))
                .or_default() += 1;
        }
        places
    };
    let (before, after) = (places(before), places(after));
    after
        .iter()
        .any(|(place, count)| before.get(place).is_none_or(|had| had < count))
}

/// Rebuilds a plan's repository, takes it over, and checks what is said of the newest version's
/// lines against the versions' own texts and against git.
fn check_series(series: &Path) {
    let name = series.file_name().unwrap().to_string_lossy().into_owned();
    let (project, texts, ids) = taken_over(series);
    let numbers: HashMap<&str, usize> = ids.iter().map(String::as_str).zip(0..).collect();
    let lines: Vec<Vec<&str>> = texts
        .iter()
        .map(|text| text.split_inclusive('\n').collect())
        .collect();
    let newest = lines.last().unwrap();
    let found = commits_of(&project);
    assert_eq!(found.len(), newest.len(), "{name}");
    let porcelain = git_in(
        project.folder(),
        ["blame", "--line-porcelain", "HEAD", "--", "TODO.md"],
    );
    let of_git: Vec<usize> = porcelain
        .lines()
        .filter_map(|line| numbers.get(line.split(' ').next()?).copied())
        .collect();
    assert_eq!(of_git.len(), newest.len(), "{name}");
    let mut agreed = 0;
    for (at, (line, commit)) in newest.iter().zip(&found).enumerate() {
        let version = numbers[commit.as_str()];
        let place = format!("{name}: line {} of version {version}: {line:?}", at + 1);
        for since in &lines[version..] {
            assert!(
                since.contains(line),
                "it has not stood there since: {place}"
            );
        }
        if let Some(before) = version.checked_sub(1).filter(|_| version != of_git[at]) {
            let before = &lines[before];
            assert!(
                came(line, before, &lines[version]),
                "it stood there before: {place}"
            );
        }
        // Two ways to compare lines can differ only over what stands in several places or moved.
        let once = |lines: &Vec<&str>| lines.iter().filter(|own| *own == line).count() <= 1;
        let later = version.max(of_git[at]);
        let is_new = later
            .checked_sub(1)
            .is_none_or(|before| !lines[before].contains(line));
        if is_new && lines.iter().all(once) {
            assert_eq!(version, of_git[at], "git says another version: {place}");
        }
        agreed += usize::from(version == of_git[at]);
    }
    println!(
        "{name}: {} versions, {} lines, {agreed} as git says",
        texts.len(),
        newest.len()
    );
}

#[test]
fn each_line_of_every_real_plan_is_of_the_version_it_first_stood_in() {
    all_series().iter().for_each(|series| check_series(series));
}
