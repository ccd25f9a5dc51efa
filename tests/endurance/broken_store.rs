//! A store that cannot be opened is moved aside and made anew, as long as the journal is whole.

use std::fs;
use std::path::{Path, PathBuf};

use super::faults::can_inject;
use super::locks::strace;
use super::plan_of;
use crate::support::doctor::{codes, doctor};
use crate::support::{Project, Run};

/// A ledger whose store has every event.
fn absorbed() -> Project {
    let project = Project::adopted(&plan_of(4));
    project.ok(["append", "start", "T-2"]);
    // sled leaves its snapshot once it has opened what was there.
    for _ in 0..2 {
        project.ok(["render", "--stdout", "--at", "1"]);
    }
    project
}

/// sled's file or folder whose name begins so.
fn of_sled(project: &Project, name: &str) -> PathBuf {
    let entries = fs::read_dir(project.path(".ledger/store")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let found = paths.find(|path| {
        let of_it = path.file_name().unwrap().to_str().unwrap();
        of_it.starts_with(name)
    });
    found.unwrap_or_else(|| panic!("no {name} in the store"))
}

/// A file where a folder should be, or a folder where a file should.
fn turn(place: &Path) {
    if place.is_dir() {
        fs::remove_dir_all(place).unwrap();
        fs::write(place, "no folder").unwrap();
    } else {
        fs::remove_file(place).unwrap();
        fs::create_dir(place).unwrap();
    }
}

/// That the store is a new one with every event, and the old one is kept.
fn is_made_anew(project: &Project, what: &str) {
    let kept = fs::read_dir(project.path(".ledger/quarantine")).unwrap();
    let of_store = kept
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("store"));
    assert!(of_store.count() > 0, "{what}: the old one is not kept");
    project.ok(["render", "--stdout", "--at", "1"]);
    let report = doctor(project, &[], 0);
    assert_eq!(report["absorbed"], report["events"], "{what}");
    project.ok(["verify", "--deep"]);
}

#[test]
fn a_store_with_something_else_in_place_of_a_file_is_found_and_made_anew() {
    for name in ["db", "conf", "snap.", "blobs"] {
        let broken = || {
            let project = absorbed();
            turn(&of_sled(&project, name));
            project
        };
        let project = broken();
        project.fails(["verify", "--deep"], 1, &["/store"]);
        let report = doctor(&project, &[], 1);
        assert_eq!(codes(&report), ["store"], "{name}: {report}");
        doctor(&project, &["--fix"], 0);
        is_made_anew(&project, name);

        for words in [&["rebuild"][..], &["render", "--stdout", "--at", "1"]] {
            let project = broken();
            project.ok(words);
            is_made_anew(&project, name);
        }
    }
}

#[test]
fn a_store_is_not_given_up_where_the_journal_is_not_whole() {
    let project = absorbed();
    let mut journal = project.bytes(".ledger/journal.jsonl");
    journal[20] ^= 1;
    project.write(".ledger/journal.jsonl", &journal);
    turn(&project.path(".ledger/store/db"));
    for words in [&["doctor", "--fix"][..], &["rebuild"]] {
        let run = project.run(words);
        assert_ne!(run.code, 0, "{words:?}");
        assert!(project.path(".ledger/store/db").is_dir(), "{words:?}");
    }
}

/// Runs it while calls that concern sled's file fail.
fn failing(project: &Project, inject: &str, words: &[&str]) -> Run {
    let ledger = fs::canonicalize(project.path(".ledger")).unwrap();
    let db = ledger.join("store/db");
    let options = ["-o", "/dev/null", "-P", db.to_str().unwrap(), "-e", inject];
    Run::of(&strace(project, &options, words).output().unwrap())
}

#[test]
fn a_store_on_a_disk_that_fails_is_found_and_made_anew_by_those_who_are_asked_to() {
    if !can_inject() {
        return;
    }
    let reads = "inject=pread64,read:error=EIO";
    let project = absorbed();
    let run = failing(&project, reads, &["render", "--stdout", "--at", "1"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    for words in ["/store", "Input/output error", "ledger doctor --fix"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    // What failed once may be read another time, so nothing is moved unasked.
    assert!(!project.path(".ledger/quarantine").exists());
    let run = failing(&project, reads, &["doctor"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for words in ["/store", "Input/output error", "moves it to the quarantine"] {
        assert!(run.stdout.contains(words), "{}", run.stdout);
    }

    let opening = "inject=openat:error=EIO:when=1";
    for words in [&["doctor", "--fix"][..], &["rebuild"]] {
        let project = absorbed();
        let run = failing(&project, opening, words);
        assert_eq!(run.code, 0, "{words:?}: {}{}", run.stdout, run.stderr);
        assert!(
            run.stdout.contains("quarantine"),
            "{words:?}: {}",
            run.stdout
        );
        is_made_anew(&project, words[0]);
    }
}
