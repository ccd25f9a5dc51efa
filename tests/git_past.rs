//! `init --git`: a plan's past in git becomes its history, and each commit's file comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use crate::support::commits::{Commit, repository};
use crate::support::real_plans::{all_series, corpus};
use crate::support::{Project, types};

const PLAN: &str = "# Plan\n\n- [ ] T-1: Walls\n- [ ] T-2: Roof\n- [ ] T-3: Door\n";

fn ticked(text: &str, task: &str) -> String {
    text.replace(&format!("- [ ] {task}"), &format!("- [x] {task}"))
}

fn plan(text: &str) -> Vec<(&str, &str)> {
    vec![("TODO.md", text)]
}

/// A project with these commits, imported.
fn imported(commits: &[Commit]) -> (Project, Vec<String>) {
    let project = Project::empty();
    let ids = repository(project.folder(), commits);
    project.ok(["init", "TODO.md", "--git"]);
    (project, ids)
}

/// Sees that each commit's file comes back, and that the ledger verifies, here and elsewhere.
fn check(project: &Project, commits: &[Commit], ids: &[String], path: &str) {
    for (commit, id) in commits.iter().zip(ids) {
        let run = project.run(["render", "--stdout", "--at", id]);
        match commit.files.get(path) {
            Some(bytes) => {
                assert_eq!(run.code, 0, "{id}: {}", run.stderr);
                assert!(run.bytes == *bytes, "{id}: {}", run.stdout);
            }
            None => assert_eq!(run.code, 2, "{id}: {}", run.stdout),
        }
    }
    let verified = project.ok(["verify", "--deep"]);
    // Its commits are older than the ledger, as every past is.
    let said = &verified.stdout;
    assert!(!said.contains("warning: event 1 says"), "{said}");
    project.ok(["verify", "--chain"]);
    let journal = project.ok(["export"]).bytes;
    let run = project.run_with(["verify", "--journal", "-"], &journal);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let elsewhere = Project::empty();
    elsewhere.write("journal.jsonl", &journal);
    elsewhere.ok(["import", "journal.jsonl"]);
    elsewhere.ok(["rebuild"]);
    elsewhere.ok(["rebuild", "--journal"]);
    assert_eq!(elsewhere.ok(["export"]).bytes, journal);
    elsewhere.ok(["doctor"]);
}

fn causes(events: &[Value]) -> BTreeSet<&str> {
    events
        .iter()
        .filter_map(|event| event["cause"].as_str())
        .collect()
}

#[test]
fn each_commit_becomes_what_it_did_by_its_author_at_its_time() {
    let done = ticked(PLAN, "T-1");
    let commits = [
        Commit::new(0, &[], &plan(PLAN)),
        Commit::new(1, &[0], &[("TODO.md", PLAN), ("code.rs", "fn main() {}\n")]),
        Commit::new(2, &[1], &plan(&done)),
    ];
    let (project, ids) = imported(&commits);
    let events = project.events();
    assert_eq!(
        types(&events),
        ["ledger.created", "document.adopted", "task.completed"]
    );
    let last = &events[2];
    assert_eq!(last["cause"], ids[2].as_str());
    assert_eq!(last["origin"], "imported");
    assert_eq!(last["actor"]["kind"], "human");
    assert_eq!(last["actor"]["id"], "Ann <ann@example.org>");
    assert_eq!(last["time"], "2023-11-15T00:13:20.000Z");
    assert_eq!(project.plan(), done);
    check(&project, &commits, &ids, "TODO.md");
    // The beginning of an id will do, and a commit that changed no plan goes by the one before.
    assert_eq!(
        project
            .ok(["render", "--stdout", "--at", &ids[0][..8]])
            .stdout,
        PLAN
    );
    assert_eq!(
        project
            .ok(["render", "--stdout", "--at", &ids[1][..4]])
            .stdout,
        PLAN
    );
    // The ledger goes on from there, and what is at hand is not an edit.
    project.ok(["render", "--check"]);
    project.ok(["append", "complete", "T-2"]);
    assert_eq!(types(&project.events())[3..], ["task.completed"]);
    project.ok(["verify", "--deep"]);
}

#[test]
fn a_plan_is_followed_through_a_rename_a_deletion_and_a_return() {
    let (started, done) = (ticked(PLAN, "T-1"), ticked(PLAN, "T-2"));
    let commits = [
        Commit::new(0, &[], &[("OLD.md", PLAN)]),
        Commit::new(1, &[0], &[("docs/PLAN.md", PLAN)]),
        Commit::new(2, &[1], &[("docs/PLAN.md", &started)]),
        Commit::new(3, &[2], &plan(&started)),
        Commit::new(4, &[3], &[("other.md", "x\n")]),
        Commit::new(5, &[4], &plan(&done)),
    ];
    let (project, ids) = imported(&commits);
    let events = project.events();
    assert_eq!(
        types(&events),
        [
            "ledger.created",
            "document.adopted",
            "document.renamed",
            "task.completed",
            "document.renamed",
            "document.dropped",
            "document.adopted"
        ]
    );
    for (at, path) in [(0, "OLD.md"), (2, "docs/PLAN.md"), (5, "TODO.md")] {
        check(&project, &commits[at..=at], &ids[at..=at], path);
    }
    project.fails(
        ["render", "--stdout", "--at", &ids[4]],
        2,
        &["tracked no plan"],
    );
}

#[test]
fn a_rename_on_one_branch_and_an_edit_on_the_other_are_one_plans() {
    let (walls, roof) = (ticked(PLAN, "T-1"), ticked(PLAN, "T-2"));
    let both = ticked(&walls, "T-2");
    let commits = [
        Commit::new(0, &[], &[("OLD.md", PLAN)]),
        Commit::new(1, &[0], &plan(PLAN)),
        Commit::new(2, &[0], &[("OLD.md", &walls)]),
        Commit::new(3, &[1], &plan(&roof)),
        Commit::new(4, &[3, 2], &plan(&both)),
    ];
    let (project, ids) = imported(&commits);
    let events = project.events();
    let count = |kind| types(&events).iter().filter(|own| **own == kind).count();
    assert_eq!(count("document.adopted"), 1);
    assert_eq!(count("document.renamed"), 1);
    assert_eq!(count("history.merged"), 1);
    assert_eq!(count("document.dropped"), 0);
    for (at, path) in [(0, "OLD.md"), (2, "OLD.md"), (3, "TODO.md"), (4, "TODO.md")] {
        check(&project, &commits[at..=at], &ids[at..=at], path);
    }
    // The other way round, it is the merge that renames.
    let mut commits = commits;
    commits[4].parents.reverse();
    let (project, ids) = imported(&commits);
    check(&project, &commits[2..3], &ids[2..3], "OLD.md");
    check(&project, &commits[3..], &ids[3..], "TODO.md");
}

#[test]
fn a_merge_joins_two_histories_and_takes_nothing_back() {
    let (walls, roof) = (ticked(PLAN, "T-1"), ticked(PLAN, "T-2"));
    let both = ticked(&walls, "T-2");
    // Merged both ways, and by dates that go criss-cross.
    let commits = [
        Commit::new(0, &[], &plan(PLAN)),
        Commit::new(4, &[0], &plan(&walls)),
        Commit::new(2, &[0], &plan(&roof)),
        Commit::new(3, &[1, 2], &plan(&both)),
        Commit::new(6, &[2, 1], &plan(&both)),
        Commit::new(5, &[3, 4], &plan(&both)),
    ];
    let (project, ids) = imported(&commits);
    let events = project.events();
    let merges: Vec<_> = (events.iter())
        .filter(|event| event["type"] == "history.merged")
        .filter_map(|event| event["cause"].as_str())
        .collect();
    assert_eq!(merges.len(), 3);
    assert!(
        [3, 4, 5]
            .iter()
            .all(|at| merges.contains(&ids[*at].as_str()))
    );
    assert!(!types(&events).contains(&"task.reopened"));
    check(&project, &commits, &ids, "TODO.md");
    // At a day, what was joined only later does not count yet.
    let at = project
        .ok(["render", "--stdout", "--at", "2023-11-15T02:13:20Z"])
        .stdout;
    assert_eq!(at, both);
    let status = project.ok(["status", "--json"]).stdout;
    assert!(
        status.contains("\"completed\":2") || status.contains("\"completed\": 2"),
        "{status}"
    );
}

#[test]
fn an_octopus_is_a_row_of_merges() {
    let texts = ["T-1", "T-2", "T-3"].map(|task| ticked(PLAN, task));
    let all = ticked(&ticked(&texts[0], "T-2"), "T-3");
    let commits = [
        Commit::new(0, &[], &plan(PLAN)),
        Commit::new(1, &[0], &plan(&texts[0])),
        Commit::new(2, &[0], &plan(&texts[1])),
        Commit::new(3, &[0], &plan(&texts[2])),
        Commit::new(4, &[1, 2, 3], &plan(&all)),
    ];
    let (project, ids) = imported(&commits);
    let events = project.events();
    let merges = events
        .iter()
        .filter(|event| event["type"] == "history.merged");
    assert_eq!(
        merges
            .filter(|event| event["cause"] == ids[4].as_str())
            .count(),
        2
    );
    check(&project, &commits, &ids, "TODO.md");
}

#[test]
fn several_plans_are_imported_together_and_keep_who_they_are() {
    let commits = [
        Commit::new(0, &[], &plan(PLAN)),
        Commit::new(1, &[0], &[("DONE.md", PLAN)]),
        Commit::new(
            2,
            &[1],
            &[
                ("DONE.md", PLAN),
                ("TODO.md", "# New\n\n- [ ] N-1: Fence\n"),
            ],
        ),
    ];
    let project = Project::empty();
    let ids = repository(project.folder(), &commits);
    project.ok(["init", "TODO.md", "DONE.md", "--git"]);
    assert_eq!(
        types(&project.events()),
        [
            "ledger.created",
            "document.adopted",
            "document.renamed",
            "document.adopted"
        ]
    );
    for (at, path) in [
        (0, "TODO.md"),
        (1, "DONE.md"),
        (2, "DONE.md"),
        (2, "TODO.md"),
    ] {
        let run = project.ok(["render", "--stdout", "--at", &ids[at], "--plan", path]);
        assert_eq!(run.bytes, commits[at].files[path]);
    }
    project.ok(["verify", "--deep"]);
}

#[test]
fn what_differs_from_the_last_commit_is_an_edit_and_the_file_stays_as_it_is() {
    let project = Project::empty();
    let ids = repository(project.folder(), &[Commit::new(0, &[], &plan(PLAN))]);
    let edited = ticked(PLAN, "T-3").replace('\n', "\r\n");
    project.write("TODO.md", &edited);
    project.ok(["init", "TODO.md", "--git"]);
    assert_eq!(project.plan(), edited);
    let events = project.events();
    let last = events.last().unwrap();
    assert_eq!(last["origin"], "observed");
    assert_eq!(last["actor"]["kind"], "unknown");
    assert_eq!(last["cause"], Value::Null);
    project.ok(["render", "--check"]);
    assert_eq!(
        project.ok(["render", "--stdout", "--at", &ids[0]]).stdout,
        PLAN
    );
}

#[test]
fn what_no_plan_can_be_is_left_out_with_a_note() {
    let done = ticked(PLAN, "T-1");
    let mut commits = [
        Commit::new(0, &[], &plan(PLAN)),
        Commit::new(1, &[0], &plan("")),
        Commit::new(2, &[1], &plan(&done)),
    ];
    let text = b"# Plan\n\n- [ ] caf\xe9\n".to_vec();
    commits[1].files.insert("TODO.md".to_owned(), text);
    let project = Project::empty();
    let ids = repository(project.folder(), &commits);
    let run = project.ok(["init", "TODO.md", "--git"]);
    assert!(
        run.stderr
            .contains(&format!("commit {}: TODO.md is left out", &ids[1][..12]))
    );
    check(&project, &commits[..1], &ids[..1], "TODO.md");
    check(&project, &commits[2..], &ids[2..], "TODO.md");
    project.fails(
        ["render", "--stdout", "--at", &ids[1]],
        2,
        &["was changed in it"],
    );
}

#[test]
fn a_plan_that_moves_with_a_text_that_is_left_out_gives_its_place_to_another() {
    let other = "# Other\n\n- [ ] O-1: Fence\n- [ ] O-2: Gate\n";
    let garbled = [PLAN.as_bytes(), b"\xff\n"].concat();
    let mut moved = Commit::new(1, &[0], &[("c.md", other)]);
    moved.files.insert("b.md".to_owned(), garbled.clone());
    let mut both = Commit::new(2, &[1], &[("a.md", other)]);
    both.files.insert("b.md".to_owned(), garbled);
    let mended = format!("{PLAN}Read again.\n");
    let commits = [
        Commit::new(0, &[], &[("a.md", PLAN), ("c.md", other)]),
        moved,
        both,
        Commit::new(3, &[2], &[("a.md", other), ("b.md", &mended)]),
    ];
    let project = Project::empty();
    let ids = repository(project.folder(), &commits);
    let said = project.ok(["init", "b.md", "a.md", "--git"]).stderr;
    assert!(said.contains("b.md is left out"), "{said}");
    let at = |commit: usize, path: &str| {
        let render = ["render", "--stdout", "--at", &ids[commit], "--plan", path];
        project.ok(render).stdout
    };
    assert_eq!(
        (at(1, "c.md").as_str(), at(1, "b.md").as_str()),
        (other, PLAN)
    );
    assert_eq!(
        (at(2, "a.md").as_str(), at(2, "b.md").as_str()),
        (other, PLAN)
    );
    assert_eq!((at(3, "a.md").as_str(), at(3, "b.md")), (other, mended));
    project.ok(["verify", "--deep"]);
}

#[test]
fn a_commit_without_a_date_of_its_author_has_that_of_who_committed_it() {
    let project = Project::empty();
    repository(
        project.folder(),
        &[Commit::new(0, &[], &[("TODO.md", PLAN)])],
    );
    project.write("TODO.md", ticked(PLAN, "T-1"));
    project.git(["add", "TODO.md"]);
    let tree = project.git(["write-tree"]);
    let parent = project.git(["rev-parse", "HEAD"]);
    let text = format!(
        "tree {}\nparent {}\nauthor Ann <ann@example.org>\ncommitter Bob <bob@example.org> 1700007200 +0000\n\nodd\n",
        tree.trim(),
        parent.trim()
    );
    project.write("commit.txt", text);
    let odd = [
        "hash-object",
        "-t",
        "commit",
        "-w",
        "--literally",
        "commit.txt",
    ];
    let id = project.git(odd);
    project.git(["update-ref", "refs/heads/main", id.trim()]);
    project.ok(["init", "TODO.md", "--git"]);
    let last = project.events().pop().unwrap();
    assert_eq!(
        (last["task"].as_str(), last["cause"].as_str()),
        (Some("T-1"), Some(id.trim()))
    );
    assert_eq!(last["time"], "2023-11-15T00:13:20.000Z");
}

#[test]
fn a_plan_that_git_gives_carriage_returns_has_a_past_with_them() {
    let project = Project::empty();
    let commits = [
        Commit::new(0, &[], &[("TODO.md", PLAN)]),
        Commit::new(1, &[0], &[("TODO.md", &ticked(PLAN, "T-2"))]),
    ];
    let ids = repository(project.folder(), &commits);
    project.git(["config", "core.autocrlf", "true"]);
    fs::remove_file(project.path("TODO.md")).unwrap();
    project.git(["-c", "core.autocrlf=true", "checkout", "-q", "-f", "main"]);
    let file = project.plan();
    assert_eq!(file, ticked(PLAN, "T-2").replace('\n', "\r\n"));
    project.ok(["init", "TODO.md", "--git"]);
    assert_eq!(project.plan(), file);
    let events = project.events();
    assert!(events.iter().all(|event| event["origin"] != "observed"));
    let first = project.ok(["render", "--stdout", "--at", &ids[0]]).stdout;
    assert_eq!(first, PLAN.replace('\n', "\r\n"));
    project.ok(["render", "--check"]);
    project.ok(["append", "complete", "T-1"]);
    assert_eq!(
        project.plan(),
        ticked(&ticked(PLAN, "T-2"), "T-1").replace('\n', "\r\n")
    );
}

#[test]
fn a_text_that_is_too_large_for_an_event_is_left_out() {
    let large = "- [ ] a line of it\n".repeat(500_000);
    let commits = [
        Commit::new(0, &[], &plan(&large)),
        Commit::new(1, &[0], &plan(PLAN)),
    ];
    let project = Project::empty();
    let ids = repository(project.folder(), &commits);
    let run = project.ok(["init", "TODO.md", "--git", "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["skipped"][0]["commit"], ids[0].as_str());
    assert_eq!(report["skipped"][0]["why"], "it is too large there");
    check(&project, &commits[1..], &ids[1..], "TODO.md");
}

#[cfg(unix)]
#[test]
fn a_link_in_an_old_commit_is_left_out() {
    let project = Project::empty();
    project.write("real.md", PLAN);
    std::os::unix::fs::symlink("real.md", project.path("TODO.md")).unwrap();
    project.git_init();
    fs::remove_file(project.path("TODO.md")).unwrap();
    project.write("TODO.md", PLAN);
    project.git(["commit", "-qam", "a file"]);
    let run = project.ok(["init", "TODO.md", "--git", "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["commits"], 1);
    assert_eq!(report["skipped"][0]["why"], "it is a link there");
    project.ok(["verify", "--deep"]);
}

#[test]
fn without_a_past_plans_are_adopted_and_without_git_it_is_said() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.fails(
        ["init", "TODO.md", "--git"],
        2,
        &["is in no git repository", "leave --git out"],
    );
    project.git(["init", "-q", "-b", "main"]);
    let run = project.ok(["init", "TODO.md", "--git"]);
    assert!(
        run.stderr.contains("no commit with these plans"),
        "{}",
        run.stderr
    );
    assert_eq!(
        types(&project.events()),
        ["ledger.created", "document.adopted"]
    );
    project.fails(["init", "TODO.md", "--git"], 2, &["there is a ledger"]);
    project.fails(["init", "--git"], 2, &["whose past"]);
}

#[test]
fn a_shallow_clone_and_a_worktree_say_what_they_have() {
    let done = ticked(PLAN, "T-1");
    let commits = [
        Commit::new(0, &[], &plan(PLAN)),
        Commit::new(1, &[0], &plan(&done)),
    ];
    let origin = Project::empty();
    repository(origin.folder(), &commits);
    let url = format!("file://{}", origin.folder().display());
    let shallow = Project::empty();
    shallow.git(["clone", "-q", "--depth", "1", &url, "."]);
    let run = shallow.ok(["init", "TODO.md", "--git"]);
    assert!(run.stderr.contains("shallow"), "{}", run.stderr);
    assert_eq!(
        types(&shallow.events()),
        ["ledger.created", "document.adopted"]
    );

    origin.git(["worktree", "add", "-q", "-b", "side", "tree"]);
    let tree = origin.path("tree");
    let tree = tree.to_str().unwrap();
    // What git says to those it calls must not lead elsewhere.
    let mut command = origin.command(["-C", tree, "init", "TODO.md", "--git"]);
    command
        .env("GIT_DIR", "/nowhere")
        .env("GIT_INDEX_FILE", "nothing");
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(types(&origin.events()).len(), 3);
}

#[test]
fn a_partial_clone_is_refused_rather_than_taken_for_one_whose_plan_was_deleted() {
    let origin = Project::empty();
    let commits = [
        Commit::new(0, &[], &plan(PLAN)),
        Commit::new(1, &[0], &plan(&ticked(PLAN, "T-1"))),
    ];
    repository(origin.folder(), &commits);
    origin.git(["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.folder().display());
    let partial = Project::empty();
    partial.git(["clone", "-q", "--filter=blob:none", &url, "."]);
    partial.fails(
        ["init", "TODO.md", "--git"],
        2,
        &["lacks a text of TODO.md"],
    );
    assert!(!partial.path(".git/ledger").exists());
    partial.ok(["init", "TODO.md"]);
}

#[test]
fn what_an_import_that_was_killed_has_left_is_in_nobodys_way() {
    let commits = [
        Commit::new(0, &[], &plan(PLAN)),
        Commit::new(1, &[0], &plan(&ticked(PLAN, "T-1"))),
    ];
    let (whole, _) = imported(&commits);
    let project = Project::empty();
    let ids = repository(project.folder(), &commits);
    let ledger = project.path(".git/ledger");
    fs::create_dir_all(&ledger).unwrap();
    fs::write(ledger.join("journal.jsonl.new"), "{\"body\":[[\"0").unwrap();
    for left in ["", "config.json"] {
        if !left.is_empty() {
            fs::remove_file(ledger.join("journal.jsonl")).unwrap();
            for derived in ["head", "state"] {
                let _ = fs::remove_file(ledger.join(derived));
            }
            for derived in ["store", "checkouts"] {
                let _ = fs::remove_dir_all(ledger.join(derived));
            }
            fs::copy(whole.path(".git/ledger").join(left), ledger.join(left)).unwrap();
        }
        project.ok(["init", "TODO.md", "--git"]);
        check(&project, &commits, &ids, "TODO.md");
    }
}

#[test]
fn an_event_and_a_commit_whose_ids_begin_alike_are_both_named() {
    let commits: Vec<Commit> = (0..60)
        .map(|n| {
            let text = format!("# Plan {n}\n\n- [ ] T-1: Walls\n");
            let parents: &[usize] = &[(n as usize).saturating_sub(1)];
            Commit::new(n, if n == 0 { &[] } else { parents }, &plan(&text))
        })
        .collect();
    let (project, ids) = imported(&commits);
    let four: BTreeMap<&str, usize> = ids.iter().fold(BTreeMap::new(), |mut count, id| {
        *count.entry(&id[..4]).or_default() += 1;
        count
    });
    for (prefix, count) in four {
        // Digits alone may be the number of an event.
        if count > 1 && prefix.parse::<u64>().is_err() {
            project.fails(["render", "--stdout", "--at", prefix], 2, &["begin with"]);
        }
    }
    project.fails(
        ["render", "--stdout", "--at", "fffffffffffe"],
        2,
        &["no event's id begins with"],
    );
    check(&project, &commits[50..], &ids[50..], "TODO.md");
}

/// A graph of commits of a plan, each with parents among the last few; now and then the plan is
/// deleted, or begins anew in a history of its own.
fn graphs() -> impl Strategy<Value = Vec<Commit>> {
    let index = any::<prop::sample::Index>;
    let commit = (
        prop::collection::vec(index(), 1..4),
        0..8u8,
        0..40i64,
        0..12u8,
    );
    prop::collection::vec(commit, 1..14).prop_map(|drawn| {
        let text = |marks: u8| {
            (0..3)
                .filter(|bit| marks & (1 << bit) != 0)
                .fold(PLAN.to_owned(), |text, bit| {
                    ticked(&text, &format!("T-{}", bit + 1))
                })
        };
        let mut commits: Vec<Commit> = Vec::new();
        for (at, (picks, marks, hours, what)) in drawn.iter().enumerate() {
            let mut parents: Vec<usize> = Vec::new();
            for pick in picks.iter().filter(|_| at > 0 && *what != 0) {
                let parent = at - 1 - pick.index(at.min(4));
                if !parents.contains(&parent) {
                    parents.push(parent);
                }
            }
            let mut commit = Commit::new(*hours, &parents, &[("other", &at.to_string())]);
            let kept = parents
                .first()
                .map(|first| commits[*first].files.get("TODO.md"));
            let text = match kept {
                Some(kept) if *what < 6 => kept.cloned(),
                _ if *what == 6 && at > 0 => None,
                _ => Some(text(*marks).into_bytes()),
            };
            commit
                .files
                .extend(text.map(|text| ("TODO.md".to_owned(), text)));
            commits.push(commit);
        }
        // What nobody went on from is joined at the end.
        let has_child = |at: usize| commits.iter().any(|commit| commit.parents.contains(&at));
        let ends: Vec<usize> = (0..commits.len())
            .rev()
            .filter(|at| !has_child(*at))
            .collect();
        let mut last = commits[ends[0]].clone();
        last.parents = ends;
        last.files.insert("other".to_owned(), b"end".to_vec());
        commits.push(last);
        commits
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_commit_of_any_graph_comes_back(commits in graphs()) {
        let (project, ids) = imported(&commits);
        let events = project.events();
        prop_assert!(causes(&events).iter().all(|cause| ids.iter().any(|id| id == cause)));
        check(&project, &commits, &ids, "TODO.md");
    }
}

/// The commits of a series as its index tells them; a plan that was renamed had another name.
pub(crate) fn rebuilt(series: &Path) -> (Vec<Commit>, String) {
    let index = fs::read_to_string(series.join("INDEX.tsv")).unwrap();
    let seconds = |text: &str| {
        chrono::DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp()
    };
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut commits: Vec<Commit> = Vec::new();
    let mut path = "TODO.md".to_owned();
    for (at, line) in index.lines().skip(1).enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [_, id, committed, authored, status, file, rest @ ..] = fields.as_slice() else {
            panic!("{line}");
        };
        if status.starts_with('R') && at > 0 {
            path = format!("plan-{at}.md");
        }
        let named = rest
            .first()
            .map_or("", |parents| *parents)
            .split_whitespace();
        let mut parents: Vec<usize> = named
            .filter_map(|parent| places.get(parent).copied())
            .collect();
        // Commits that did not touch the plan are not in the index.
        if parents.is_empty() && at > 0 {
            parents.push(at - 1);
        }
        let files = match *file {
            "deleted" => BTreeMap::new(),
            file => BTreeMap::from([(path.clone(), fs::read(series.join(file)).unwrap())]),
        };
        places.insert((*id).to_owned(), at);
        commits.push(Commit {
            parents,
            files,
            authored: seconds(authored),
            committed: seconds(committed),
        });
    }
    let has_child = |at: usize| commits.iter().any(|commit| commit.parents.contains(&at));
    let ends: Vec<usize> = (0..commits.len())
        .rev()
        .filter(|at| !has_child(*at))
        .collect();
    if ends.len() > 1 {
        let mut last = commits[ends[0]].clone();
        last.parents = ends;
        commits.push(last);
    }
    (commits, path)
}

#[test]
fn every_version_of_the_real_plans_comes_back_from_git() {
    if corpus().is_none() {
        return;
    }
    let all = all_series();
    assert_eq!(all.len(), 18);
    for series in all {
        let (commits, last) = rebuilt(&series);
        let project = Project::empty();
        let ids = repository(project.folder(), &commits);
        project.ok(["init", &last, "--git"]);
        let mut came = 0;
        for (commit, id) in commits.iter().zip(&ids) {
            let file = commit.files.values().next();
            // One version was written in another encoding.
            let text = file.filter(|bytes| std::str::from_utf8(bytes).is_ok());
            let run = project.run(["render", "--stdout", "--at", id]);
            match text {
                Some(bytes) => assert!(
                    run.bytes == *bytes,
                    "{}: {id}: {}",
                    series.display(),
                    run.stderr
                ),
                None => assert_eq!(run.code, 2, "{}: {id}", series.display()),
            }
            came += usize::from(text.is_some());
        }
        eprintln!("{}: {came} of {} commits", series.display(), commits.len());
        project.ok(["verify"]);
    }
}
