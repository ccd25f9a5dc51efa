//! What has to be durable before what: the calls of a change in the order in which it makes them.
//! A power failure cannot be had here, and a kill does not show what only the system still has.

use std::fs;

use super::faults::can_inject;
use super::locks::strace;
use super::{hold, plan_of};
use crate::support::{Project, Run};

/// What strace wrote down, a line a call.
struct Calls(Vec<String>);

impl Calls {
    fn of(project: &Project, words: &[&str], code: i32) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let path = log.path().to_str().unwrap();
        let trace = "trace=write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2";
        let options = ["-y", "-o", path, "-e", trace, "-e", "signal=none"];
        let run = Run::of(&strace(project, &options, words).output().unwrap());
        assert_eq!(run.code, code, "{}", run.stderr);
        let log = fs::read_to_string(path).unwrap();
        let calls = log.lines().map(|line| {
            let (_, call) = line.split_once(' ').unwrap();
            call.trim_start().to_owned()
        });
        Self(calls.collect())
    }

    /// Where the calls of this kind are that concern this file.
    #[track_caller]
    fn all(&self, kind: &str, file: &str) -> Vec<usize> {
        let calls = self.0.iter().enumerate();
        let found = calls.filter(|(_, call)| call.starts_with(kind) && call.contains(file));
        let places: Vec<usize> = found.map(|(at, _)| at).collect();
        assert!(
            !places.is_empty(),
            "no {kind} of {file}:\n{}",
            self.0.join("\n")
        );
        places
    }

    /// That everything of each comes before anything of the next.
    #[track_caller]
    fn are_in_order(&self, steps: &[(&str, &str)]) {
        for two in steps.windows(2) {
            let before = self.all(two[0].0, two[0].1);
            let after = self.all(two[1].0, two[1].1);
            assert!(
                before.last() < after.first(),
                "{two:?} in another order:\n{}",
                self.0.join("\n")
            );
        }
    }
}

#[test]
fn a_change_is_durable_before_its_plan_file_and_that_before_the_receipt() {
    if !can_inject() {
        return;
    }
    let project = Project::adopted(&plan_of(4));
    let folder = fs::canonicalize(project.path("")).unwrap();
    let folder = format!("<{}>)", folder.to_str().unwrap().trim_end_matches('/'));
    let calls = Calls::of(&project, &["append", "complete", "T-2", "--json"], 0);
    calls.are_in_order(&[
        ("write", "/journal.jsonl>"),
        ("fdatasync", "/journal.jsonl>"),
        ("write", ".ledger-new>"),
        ("fsync", ".ledger-new>"),
        ("rename", ".ledger-new\""),
        ("fsync", &folder),
        ("write(1", ""),
    ]);
}

#[test]
fn a_change_that_waits_is_durable_before_that_is_said() {
    if !can_inject() {
        return;
    }
    let project = Project::adopted(&plan_of(4));
    let _lock = hold(&project);
    let words = ["append", "complete", "T-2", "--wait", "0"];
    let calls = Calls::of(&project, &words, 2);
    calls.are_in_order(&[
        ("write", "/.unfinished-"),
        ("fsync", "/.unfinished-"),
        ("fsync", "/spool>)"),
        ("write(2", ""),
    ]);
}
