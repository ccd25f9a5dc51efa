//! Where nobody edits a plan file, no event says that somebody did: whatever is killed in
//! whichever checkout, one command after the other, and whatever becomes of the records.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::faults::can_inject;
use super::{Random, plan_of};
use crate::support::{Project, git_in, limits, lines_of_json};

/// A clone with worktrees beside it, all with the same plan.
struct Clone {
    project: Project,
    folders: Vec<String>,
}

impl Clone {
    fn with(worktrees: usize) -> Self {
        let project = Project::empty().kept();
        fs::create_dir(project.path("main")).unwrap();
        project.write("main/TODO.md", plan_of(20));
        let main = project.path("main");
        git_in(&main, ["init", "-q", "-b", "main"]);
        git_in(&main, ["add", "-A"]);
        git_in(&main, ["commit", "-qm", "start"]);
        let mut clone = Self {
            project,
            folders: vec!["main".to_owned()],
        };
        clone.ok("main", &["init", "TODO.md"]);
        for n in 0..worktrees {
            let folder = format!("side-{n}");
            let path = format!("../{folder}");
            git_in(&main, ["worktree", "add", "-q", "-b", &folder, &path]);
            clone.ok(&folder, &["render"]);
            clone.folders.push(folder);
        }
        clone
    }

    fn command(&self, folder: &str, words: &[&str]) -> Command {
        let words = ["-C", folder].into_iter().chain(words.iter().copied());
        self.project.command(words)
    }

    #[track_caller]
    fn ok(&self, folder: &str, words: &[&str]) -> String {
        let words = ["-C", folder].into_iter().chain(words.iter().copied());
        self.project.ok(words).stdout
    }

    #[track_caller]
    fn events(&self) -> Vec<Value> {
        lines_of_json(&self.ok("main", &["audit", "--format", "ndjson"]))
    }

    /// Runs a command, and kills it when it makes this call for the nth time.
    fn killed_at(&self, folder: &str, words: &[&str], call: &str, nth: usize) {
        self.fails_at(folder, words, call, &format!("signal=KILL:when={nth}"));
    }

    /// Gives whether the command came to its end.
    fn fails_at(&self, folder: &str, words: &[&str], call: &str, how: &str) -> bool {
        let command = self.command(folder, words);
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-qq", "-o", "/dev/null"])
            .args(["-e", &format!("trace={call}")])
            .args(["-e", &format!("inject={call}:{how}"), "--"])
            .arg(command.get_program());
        limits::copy(&command, &mut strace);
        strace.output().unwrap().status.code().is_some()
    }

    /// The status of a task, if there is such a one.
    fn status_of(&self, task: &str) -> Option<String> {
        let run = self.project.run(["-C", "main", "show", task, "--json"]);
        let shown: Value = serde_json::from_str(&run.stdout).ok()?;
        shown["status"].as_str().map(str::to_owned)
    }

    /// Lets every checkout be written once, and counts what was found edited.
    #[track_caller]
    fn edits(&self) -> usize {
        for folder in &self.folders {
            self.ok(folder, &["append", "note", "T-20", "seen"]);
        }
        self.ok("main", &["verify"]);
        let observed = |event: &&Value| event["origin"] == "observed";
        self.events().iter().filter(observed).count()
    }
}

fn commands_killed_in_a_row(rounds: usize) {
    let random = &mut Random::seeded("killed in a row");
    let clone = Clone::with(3);
    let changes = [["append", "complete"], ["append", "reopen"]];
    let started = Instant::now();
    clone.ok("main", &["append", "complete", "T-1"]);
    let mut lasts = started.elapsed();
    let mut killed = 0;
    for round in 0..rounds {
        let folder = &clone.folders[random.index(clone.folders.len())];
        let [append, change] = changes[random.index(2)];
        let task = ["T-1", "T-2"][random.index(2)];
        let mut child = clone
            .command(folder, &[append, change, task])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nanos = u64::try_from(lasts.as_nanos()).unwrap();
        thread::sleep(Duration::from_nanos(random.below(nanos)));
        child.kill().unwrap();
        match child.wait().unwrap().code() {
            None => killed += 1,
            // The machine is quicker than it was.
            Some(_) => lasts = lasts.mul_f64(0.9),
        }
        if round % 20 == 19 {
            assert_eq!(clone.edits(), 0, "after round {round}");
        }
    }
    println!("{killed} of {rounds} commands were killed");
    assert!(killed * 4 > rounds, "only {killed} of {rounds} were killed");
}

#[test]
fn commands_killed_in_a_row_make_up_no_edit() {
    commands_killed_in_a_row(40);
}

#[test]
#[ignore = "a thousand commands"]
fn a_thousand_commands_killed_in_a_row_make_up_no_edit() {
    commands_killed_in_a_row(1_000);
}

/// The calls at which what a command leaves differs.
const CALLS: [&str; 5] = ["fdatasync", "fsync", "renameat2", "unlink", "flock"];

#[test]
fn a_change_made_after_one_that_was_killed_is_not_taken_back() {
    if !can_inject() {
        return;
    }
    for first in ["fsync", "renameat2", "unlink"] {
        for (call, how) in [
            ("fsync", "signal=KILL:when=1"),
            ("fsync", "error=ENOSPC:when=1"),
            ("renameat2", "signal=KILL:when=2"),
            ("renameat2", "error=EIO:when=3"),
        ] {
            for nth in 1..=4 {
                let clone = Clone::with(0);
                clone.killed_at("main", &["append", "complete", "T-1"], first, nth);
                clone.fails_at("main", &["append", "reopen", "T-1"], call, how);
                let what = format!("killed at {first} {nth}, then {call} {how}");
                assert_eq!(clone.edits(), 0, "{what}");
            }
        }
    }
}

#[test]
fn an_edit_taken_in_by_a_command_that_was_killed_is_taken_in_once() {
    if !can_inject() {
        return;
    }
    for call in CALLS {
        for nth in 1..=6 {
            let clone = Clone::with(1);
            let plan = clone.project.read("main/TODO.md");
            let ticked = plan.replace("- [ ] **T-1**", "- [x] **T-1**");
            clone.project.write("main/TODO.md", &ticked);
            clone.killed_at("main", &["observe"], call, nth);
            let taken_in = clone.status_of("T-1").as_deref() == Some("completed");
            if taken_in {
                clone.ok("side-0", &["append", "reopen", "T-1"]);
            }
            let what = format!("killed at {call} {nth}");
            assert_eq!(clone.edits(), 1, "{what}");
            let status = if taken_in { "pending" } else { "completed" };
            assert_eq!(clone.status_of("T-1").as_deref(), Some(status), "{what}");
        }
    }
}

/// What somebody makes of an edit that a command which is cut short here may have taken in. Gives
/// whether the command was cut short.
fn goes_on_from_an_edit(call: &str, how: &str, next: fn(&str, &str) -> String) -> bool {
    let clone = Clone::with(1);
    let plan = clone.project.read("main/TODO.md");
    clone.ok("side-0", &["append", "complete", "T-1"]);
    let edited = format!("{plan}- [ ] **T-99**: Sing along\n");
    clone.project.write("main/TODO.md", &edited);
    let ended = clone.fails_at("main", &["observe"], call, how);
    if clone.project.read("main/TODO.md") != edited {
        // It has come as far as writing the file.
        return !ended;
    }
    let what = format!("{call}, {how}");
    let taken_in = clone.status_of("T-99").is_some();
    let next = next(&plan, &edited);
    clone.project.write("main/TODO.md", &next);
    clone.ok("main", &["observe"]);
    let done = next.replace("- [ ] **T-1**", "- [x] **T-1**");
    assert_eq!(clone.project.read("main/TODO.md"), done, "{what}");
    let events = clone.events();
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!(count("task.reopened"), 0, "{what}");
    let (added, removed) = match next == plan {
        true => (usize::from(taken_in), usize::from(taken_in)),
        false => (1, 0),
    };
    assert_eq!(
        (count("task.added"), count("task.removed")),
        (added, removed),
        "{what}"
    );
    clone.ok("main", &["observe"]);
    assert_eq!(clone.events(), events, "{what}");
    clone.ok("main", &["verify"]);
    !ended
}

#[test]
fn what_is_made_of_an_edit_that_a_killed_command_took_in_is_made_of_that_edit() {
    if !can_inject() {
        return;
    }
    let back = |plan: &str, _: &str| plan.to_owned();
    let on = |_: &str, edited: &str| edited.replace("Sing along", "Sing along with me");
    for call in CALLS {
        for nth in 1.. {
            let how = format!("signal=KILL:when={nth}");
            if !goes_on_from_an_edit(call, &how, back) {
                break;
            }
            goes_on_from_an_edit(call, &how, on);
        }
    }
    for call in ["fsync", "fdatasync", "renameat2"] {
        for nth in 1..=5 {
            let error = if nth % 2 == 0 { "EIO" } else { "ENOSPC" };
            let how = format!("error={error}:when={nth}");
            goes_on_from_an_edit(call, &how, back);
            goes_on_from_an_edit(call, &how, on);
        }
    }
}

#[test]
fn an_edit_of_a_killed_command_that_then_waits_is_taken_in_by_another_checkout() {
    if !can_inject() {
        return;
    }
    for call in CALLS {
        for nth in 1.. {
            let clone = Clone::with(1);
            let edited = clone.project.read("side-0/TODO.md") + "- [ ] **T-99**: Sing along\n";
            clone.project.write("side-0/TODO.md", &edited);
            let how = format!("signal=KILL:when={nth}");
            let ended = clone.fails_at("side-0", &["observe"], call, &how);
            clone.ok("main", &["append", "complete", "T-1"]);
            {
                let lock = clone.project.path("main/.git/ledger/lock");
                let lock = File::options().write(true).open(lock).unwrap();
                lock.lock().unwrap();
                let words = ["-C", "side-0", "--wait", "0.01", "observe"];
                clone.project.run(words);
            }
            let what = format!("{call}, {how}");
            clone.ok("main", &["append", "note", "T-2", "heard"]);
            // What was about to be taken in and never was is no moment that anybody knows.
            clone.ok("main", &["verify", "--deep"]);
            clone.ok("side-0", &["observe"]);
            let plan = clone.project.read("side-0/TODO.md");
            assert_eq!(plan, clone.project.read("main/TODO.md"), "{what}");
            assert_eq!(plan.matches("T-99").count(), 1, "{what}");
            assert_eq!(clone.edits(), 1, "{what}");
            clone.ok("main", &["verify", "--deep"]);
            if ended {
                break;
            }
        }
    }
}

#[test]
fn a_checkout_that_was_moved_or_whose_record_is_lost_takes_nothing_back() {
    let mut clone = Clone::with(1);
    clone.ok("main", &["append", "complete", "T-1"]);
    clone.ok("side-0", &["render"]);
    clone.ok("main", &["append", "reopen", "T-1"]);
    let main = clone.project.path("main");
    git_in(&main, ["worktree", "move", "../side-0", "../elsewhere"]);
    clone.folders[1] = "elsewhere".to_owned();
    assert_eq!(clone.edits(), 0, "moved");

    clone.ok("main", &["append", "complete", "T-1"]);
    clone.ok("elsewhere", &["render"]);
    clone.ok("main", &["append", "reopen", "T-1"]);
    for record in fs::read_dir(main.join(".git/ledger/checkouts")).unwrap() {
        fs::write(record.unwrap().path(), "").unwrap();
    }
    assert_eq!(clone.edits(), 0, "records lost");
    assert_eq!(clone.status_of("T-1").as_deref(), Some("pending"));
}

#[test]
fn two_clones_that_name_one_ledger_have_records_of_their_own() {
    let project = Project::empty().kept();
    for clone in ["one", "two"] {
        fs::create_dir(project.path(clone)).unwrap();
        project.write(&format!("{clone}/TODO.md"), plan_of(5));
        git_in(&project.path(clone), ["init", "-q"]);
    }
    // A ledger that was moved says no more which project it is of.
    project.ok(["-C", "one", "init", "TODO.md"]);
    fs::rename(project.path("one/.git/ledger"), project.path("ledger")).unwrap();
    let ledger = project.path("ledger").display().to_string();
    let ok = |clone: &str, words: &[&str]| {
        let named = ["-C", clone, "--ledger", &ledger].into_iter();
        let words = named.chain(words.iter().copied());
        project.ok(words).stdout
    };
    ok("two", &["render"]);
    ok("one", &["append", "complete", "T-1"]);
    ok("two", &["render"]);
    assert_eq!(project.read("one/TODO.md"), project.read("two/TODO.md"));
    ok("one", &["append", "reopen", "T-1"]);
    ok("two", &["append", "note", "T-2", "seen"]);
    assert!(!ok("one", &["audit"]).contains("found"));
    assert!(ok("one", &["show", "T-1"]).contains("pending"));
}
