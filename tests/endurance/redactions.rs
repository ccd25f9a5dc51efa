//! A redaction that breaks off at any of its calls: the history is whole, with the text or without
//! it, `ledger doctor` says of what is left, and the same command finishes it.

use std::fs;
use std::process::Command;

use super::faults::{Fault, calls_of, can_inject, known_calls, most_were_hit, was_hit};
use super::{Frozen, Random, id, plan_of, sane};
use crate::redact::{REDACTION as WORDS, SECRET};
use crate::support::{Project, Run, limits, types};

struct Stage {
    project: Project,
    before: Frozen,
    known: Vec<String>,
}

impl Stage {
    fn set() -> Self {
        let project = Project::empty().kept();
        project.write("TODO.md", plan_of(12));
        project.ok(["init", "TODO.md"]);
        let note = format!("the {SECRET} note");
        project.ok(["append", "note", "T-3", &note]);
        project.ok(["append", "complete", "T-4", "--result", &note]);
        project.ok(["rebuild"]);
        let quarantine = project.path(".ledger/quarantine");
        fs::create_dir_all(&quarantine).unwrap();
        fs::write(quarantine.join("0009-edit"), &note).unwrap();
        fs::write(quarantine.join("0009-edit.txt"), "an edit\n").unwrap();
        let known = project.events();
        Self {
            before: Frozen::of(&project),
            known: known.iter().map(|event| id(event).to_owned()).collect(),
            project,
        }
    }

    fn play(&self, options: &[&str]) -> Run {
        self.before.restore(&self.project);
        let command = self.project.command(WORDS);
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq"]).args(options).arg("--");
        strace.arg(command.get_program());
        limits::copy(&command, &mut strace);
        Run::of(&strace.output().unwrap())
    }

    fn calls(&self, known: &[&'static str]) -> Vec<(&'static str, usize)> {
        let log = tempfile::NamedTempFile::new().unwrap();
        let path = log.path().to_str().unwrap();
        let trace = format!("trace={}", known.join(","));
        let run = self.play(&["-o", path, "-e", &trace, "-e", "signal=none"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        calls_of(&fs::read_to_string(path).unwrap(), known)
    }

    /// Plays it with one call failing; whether that failed, and whether anything was left to do.
    fn fails_at(&self, call: &str, at: usize, fault: Fault, by_doctor: bool) -> (bool, bool) {
        let how = match fault {
            Fault::Error(name) => format!("error={name}"),
            Fault::Kill => "signal=KILL".to_owned(),
        };
        let what = format!("{how} at {call} {at}");
        let log = tempfile::NamedTempFile::new().unwrap();
        let path = log.path().to_str().unwrap();
        let trace = format!("trace={call}");
        let inject = format!("inject={call}:{how}:when={at}");
        let run = self.play(&["-o", path, "-e", &trace, "-e", &inject]);
        let hit = was_hit(&fs::read_to_string(path).unwrap(), call, at);
        if !matches!(fault, Fault::Kill) {
            sane(&run);
        }
        (hit, self.judge(&what, &run, by_doctor))
    }

    #[track_caller]
    fn judge(&self, what: &str, run: &Run, by_doctor: bool) -> bool {
        let project = &self.project;
        project.ok(["verify"]);
        let is_whole = |what: &str| {
            let events = project.events();
            let ids: Vec<&str> = events.iter().map(id).collect();
            assert_eq!(
                &ids[..self.known.len()],
                self.known,
                "{what}: another history"
            );
            events
        };
        let events = is_whole(what);
        let said = types(&events).contains(&"body.redacted");
        let journal = || holds(&project.bytes(".ledger/journal.jsonl"));
        let there = journal();
        assert!(said || there, "{what}: gone without a word");
        if run.code == 0 {
            assert!(!there, "{what}: acknowledged, and still there");
        }
        if said && there {
            let doctor = project.run(["doctor"]);
            assert_eq!(doctor.code, 1, "{what}: {}", doctor.stdout);
            assert!(
                doctor.stdout.contains("the history says was redacted"),
                "{what}"
            );
            if by_doctor {
                project.ok(["doctor", "--fix"]);
                assert!(!journal(), "{what}: the doctor left it");
            }
        }
        project.ok(WORDS);
        for entry in files(&project.path(".ledger")) {
            assert!(
                !holds(&fs::read(&entry).unwrap()),
                "{what}: {}",
                entry.display()
            );
        }
        assert!(!project.plan().contains(SECRET), "{what}");
        let events = is_whole(what);
        let redactions = types(&events)
            .iter()
            .filter(|kind| **kind == "body.redacted")
            .count();
        assert_eq!(redactions, 1, "{what}");
        project.ok(["verify", "--deep"]);
        project.ok(["doctor"]);
        said && there
    }
}

fn holds(bytes: &[u8]) -> bool {
    bytes
        .windows(SECRET.len())
        .any(|window| window == SECRET.as_bytes())
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

fn sweep(every: usize, faults: &[Fault]) {
    if !can_inject() {
        return;
    }
    let stage = Stage::set();
    let calls = stage.calls(&known_calls());
    assert!(calls.len() > 20, "{calls:?}");
    let start = Random::seeded("redactions").index(every);
    let (mut runs, mut hit, mut left) = (0, 0, 0);
    for (nth, (call, at)) in calls.iter().enumerate().skip(start).step_by(every) {
        for fault in faults {
            runs += 1;
            let (failed, unfinished) = stage.fails_at(call, *at, *fault, nth % 2 == 0);
            hit += usize::from(failed);
            left += usize::from(unfinished);
        }
    }
    println!(
        "{} calls, {runs} runs, {hit} of them failed, {left} left it unfinished",
        calls.len()
    );
    most_were_hit(hit, runs);
}

#[test]
fn a_redaction_that_breaks_off_is_noticed_and_finished() {
    sweep(12, &[Fault::Kill, Fault::Error("EIO")]);
}

#[test]
#[ignore = "a run under strace for each call and each fault"]
fn a_redaction_that_breaks_off_anywhere_is_noticed_and_finished() {
    sweep(
        1,
        &[Fault::Kill, Fault::Error("EIO"), Fault::Error("ENOSPC")],
    );
}
