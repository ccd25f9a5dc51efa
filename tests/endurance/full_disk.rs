//! A disk that is full: the error says so, nothing acknowledged is lost, and all works again as
//! soon as there is space.

use std::fs::{self, File};
use std::io::Write;

use serde_json::Value;

use super::namespace::{small_disk, where_mounting_is_allowed};
use super::{
    Claim, Frozen, bytes_of, count_of, hold, id, plan_of, projections, standing, text_at, waiting,
    whole_receipts,
};
use crate::support::Project;
use crate::support::limits::Input;

const BALLAST: &str = "ballast";

/// Takes up the disk but for so many KiB, as far as it goes.
fn fill(project: &Project, spare: u64) {
    let mut ballast = File::create(project.path(BALLAST)).unwrap();
    let block = vec![0; 1 << 12];
    // The file system says when it is full; then what is to be spare is given back.
    while ballast.write_all(&block).is_ok() {}
    let taken = ballast.metadata().unwrap().len();
    let left = taken.saturating_sub(spare << 10);
    ballast.set_len(left).unwrap();
}

fn make_space(project: &Project) {
    fs::remove_file(project.path(BALLAST)).unwrap();
}

/// What a command says that finds no space.
#[track_caller]
fn names_the_disk(said: &str) {
    for words in [
        "error:",
        "No space left on device",
        "hint: make room on the disk",
    ] {
        assert!(said.contains(words), "'{words}' is not in: {said}");
    }
}

/// Runs a change with so little spare. Gives whether all went well, and whether it was recorded.
fn change(project: &Project, words: &[&str], spare: u64) -> (bool, bool) {
    let known = project.events();
    let before = bytes_of(&project.path("TODO.md"));
    fill(project, spare);
    let run = project.bounded(words, Input::None);
    let plan = bytes_of(&project.path("TODO.md"));
    if run.code != 0 {
        names_the_disk(&run.stderr);
    }
    // What needs no space works all the same.
    project.ok(["verify"]);
    make_space(project);
    project.ok(["verify"]);
    let events = project.events();
    assert_eq!(events[..known.len()], known);
    let new = &events[known.len()..];
    for receipt in whole_receipts(&run.stdout) {
        assert!(
            new.iter().any(|event| id(event) == id(&receipt)),
            "{spare} KiB: acknowledged and not there: {receipt}"
        );
    }
    let recorded = Claim::of(&run) == Claim::Recorded;
    assert_eq!(recorded, !new.is_empty(), "{spare} KiB: {}", run.stderr);
    let texts = projections(project, before, new);
    assert!(texts.contains(&plan), "{spare} KiB: a text of no moment");
    let standing = standing(project);
    assert!(
        matches!(standing.as_str(), "current" | "stale"),
        "{spare} KiB: {standing}"
    );
    let next = project.receipts(["append", "complete", "T-70", "--json"]);
    assert_eq!(next.len(), 1, "{spare} KiB: an edit that nobody made");
    assert_eq!(project.plan().as_bytes(), text_at(project, None));
    project.ok(["verify"]);
    (run.code == 0, recorded)
}

/// A project on a small disk, with so many changes made.
fn on_a_small_disk(changes: usize) -> Project {
    let project = Project::empty().kept();
    small_disk(&project.path("."), 6 << 10);
    project.write("TODO.md", plan_of(70));
    project.ok(["init", "TODO.md"]);
    let lines: String = (1..=changes)
        .map(|n| format!("{{\"change\":\"complete\",\"task\":\"T-{n}\"}}\n"))
        .collect();
    project.write("batch.ndjson", lines);
    project.ok(["append", "--json", "batch.ndjson"]);
    project
}

/// Makes a change with ever more space, until it goes well several times in a row. There have to
/// be failures that left nothing and failures that left an event, or nothing was tried.
fn with_ever_more_space(changes: usize, step: usize) {
    // More than a block, since a part of the last one is free on a full disk too.
    let heard = "heard ".repeat(1_000);
    let project = on_a_small_disk(changes);
    let frozen = Frozen::of(&project);
    let mut ends = Vec::new();
    for spare in (0..2_000).step_by(step) {
        frozen.restore(&project);
        let words = ["append", "note", "T-66", &heard, "--json"];
        ends.push(change(&project, &words, spare));
        if ends.iter().rev().take_while(|end| end.0).count() >= 4 {
            break;
        }
    }
    for end in [(false, false), (false, true), (true, true)] {
        let count = ends.iter().filter(|other| **other == end).count();
        println!("went well, recorded = {end:?}: {count}");
        assert!(count > 0, "{ends:?}");
    }
}

#[test]
fn a_change_on_a_full_disk_is_refused_or_stands_and_says_which() {
    let name = "endurance::full_disk::a_change_on_a_full_disk_is_refused_or_stands_and_says_which";
    where_mounting_is_allowed(name, || with_ever_more_space(3, 4));
}

#[test]
fn absorbing_on_a_full_disk_loses_nothing() {
    let name = "endurance::full_disk::absorbing_on_a_full_disk_loses_nothing";
    where_mounting_is_allowed(name, || with_ever_more_space(62, 32));
}

/// Puts a change into the spool, or takes one in, with ever more space, until it goes well.
fn spool_with_ever_more_space(taking_in: bool) {
    let heard = "heard ".repeat(1_000);
    let note = ["--wait", "0", "append", "note", "T-66", &heard];
    let project = on_a_small_disk(3);
    if taking_in {
        let _lock = hold(&project);
        project.run(note);
    }
    let known = project.events().len();
    let frozen = Frozen::of(&project);
    let (mut well, mut failed) = (0, 0);
    for spare in (0..2_000).step_by(4) {
        frozen.restore(&project);
        let lock = (!taking_in).then(|| hold(&project));
        fill(&project, spare);
        let run = match taking_in {
            true => project.bounded(["append", "complete", "T-65"], Input::None),
            false => project.bounded(note, Input::None),
        };
        make_space(&project);
        drop(lock);
        let waits = waiting(&project);
        let went_well = match taking_in {
            true => run.code == 0 && waits == 0,
            false => run.stderr.contains("the change waits at"),
        };
        let completed = count_of(&project.events()[known..], "task.completed");
        match (taking_in, went_well) {
            (true, _) => assert_eq!(Claim::of(&run) == Claim::Recorded, completed == 1),
            (false, _) => assert_eq!(went_well, waits == 1, "{spare} KiB: {}", run.stderr),
        }
        if !went_well {
            let said = "No space left on device";
            assert!(run.stderr.contains(said), "{spare} KiB: {}", run.stderr);
        }
        project.ok(["observe"]);
        let notes = usize::from(taking_in || went_well);
        let events = project.events();
        assert_eq!(count_of(&events, "note.recorded"), notes, "{spare} KiB");
        assert_eq!(waiting(&project), 0, "{spare} KiB");
        assert!(events.iter().all(|event| event["origin"] != "observed"));
        project.ok(["verify"]);
        *(if went_well { &mut well } else { &mut failed }) += 1;
        if well == 4 {
            break;
        }
    }
    println!("{failed} times there was no space");
    assert!(well == 4 && failed > 0, "{well} {failed}");
}

#[test]
fn a_change_waits_on_a_full_disk_or_says_that_it_cannot() {
    let name = "endurance::full_disk::a_change_waits_on_a_full_disk_or_says_that_it_cannot";
    where_mounting_is_allowed(name, || spool_with_ever_more_space(false));
}

#[test]
fn what_waits_is_taken_in_on_a_full_disk_or_waits_on() {
    let name = "endurance::full_disk::what_waits_is_taken_in_on_a_full_disk_or_waits_on";
    where_mounting_is_allowed(name, || spool_with_ever_more_space(true));
}

#[test]
fn a_ledger_is_started_on_a_full_disk_or_leaves_the_plan_for_another_try() {
    let name = "endurance::full_disk::a_ledger_is_started_on_a_full_disk_or_leaves_the_plan_for_another_try";
    where_mounting_is_allowed(name, || {
        let project = Project::empty().kept();
        small_disk(&project.path("."), 1 << 10);
        project.write("TODO.md", plan_of(70));
        let frozen = Frozen::of(&project);
        let mut failed = 0;
        for spare in (0..200).step_by(4) {
            frozen.restore(&project);
            fill(&project, spare);
            let run = project.bounded(["init", "TODO.md"], Input::None);
            make_space(&project);
            assert_eq!(project.plan(), plan_of(70));
            let claim = Claim::of(&run);
            if run.code != 0 {
                failed += 1;
                names_the_disk(&run.stderr);
            }
            if claim == Claim::NotRecorded {
                project.ok(["init", "TODO.md"]);
            }
            project.ok(["append", "complete", "T-1"]);
            project.ok(["verify"]);
            assert_eq!(project.events().len(), 3);
            if run.code == 0 {
                break;
            }
        }
        assert!(failed > 0);
    });
}

#[test]
fn changes_until_the_disk_is_full_are_all_there_and_go_on_when_there_is_space() {
    let name = "endurance::full_disk::changes_until_the_disk_is_full_are_all_there_and_go_on_when_there_is_space";
    where_mounting_is_allowed(name, || {
        let project = on_a_small_disk(1);
        fill(&project, 512);
        let mut acknowledged: Vec<Value> = Vec::new();
        let mut failures = 0;
        for n in 0..2_000 {
            let text = format!("{n} {}", "word ".repeat(400));
            let run = project.bounded(["append", "note", "T-2", &text, "--json"], Input::None);
            acknowledged.extend(whole_receipts(&run.stdout));
            if run.code != 0 {
                names_the_disk(&run.stderr);
                Claim::of(&run);
                failures += 1;
            }
            if failures == 5 {
                break;
            }
        }
        assert_eq!(failures, 5, "the disk is never full");
        project.ok(["verify"]);
        make_space(&project);
        project.ok(["append", "complete", "T-3"]);
        project.ok(["verify"]);
        let events = project.events();
        println!("{} changes were acknowledged", acknowledged.len());
        for receipt in &acknowledged {
            assert!(
                events.iter().any(|event| id(event) == id(receipt)),
                "{receipt}"
            );
        }
        assert!(events.iter().all(|event| event["origin"] != "observed"));
        project.ok(["render", "--check"]);
    });
}
