//! What a process meets while it has the lock: that its file is taken away, a write that can be
//! neither finished nor taken back, a git that hangs.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::faults::can_inject;
use super::{plan_of, save, whole_receipts};
use crate::support::{Project, Run, limits, types};

/// The binary under strace, which does something to some of its calls.
pub(super) fn strace(project: &Project, options: &[&str], words: &[&str]) -> Command {
    let command = project.command(words);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq"]).args(options).arg("--");
    strace.arg(command.get_program());
    limits::copy(&command, &mut strace);
    strace.stdin(Stdio::null());
    strace
}

/// Waits until something is so; not for ever, in case it never is.
fn wait_until(is_so: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn signal(name: &str, pid: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), pid])
        .status();
    assert!(sent.unwrap().success());
}

/// Starts a change that stops when it looks at the plan file: it has the lock, has read the
/// ledger and has written nothing. Gives the process that has to be told to go on.
fn stopped(project: &Project, words: &[&str]) -> (Child, String) {
    let log = project.path("strace.log");
    let plan = project.path("TODO.md");
    let options = [
        "-o",
        log.to_str().unwrap(),
        "-P",
        plan.to_str().unwrap(),
        "-e",
        "trace=openat",
        "-e",
        "inject=openat:signal=STOP:when=1",
    ];
    let child = strace(project, &options, words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| fs::read_to_string(&log).is_ok_and(|log| log.contains("stopped by SIGSTOP")));
    let holder = project.read(".ledger/lock");
    (child, holder.split(' ').next().unwrap().to_owned())
}

#[test]
fn what_was_acknowledged_after_the_lock_file_was_removed_is_not_written_over() {
    if !can_inject() {
        return;
    }
    let project = Project::adopted(&plan_of(4));
    let (child, pid) = stopped(&project, &["append", "complete", "T-2", "--json"]);
    fs::remove_file(project.path(".ledger/lock")).unwrap();
    let acknowledged = project.receipts(["append", "complete", "T-3", "--json"]);
    signal("CONT", &pid);
    let run = Run::of(&child.wait_with_output().unwrap());
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(whole_receipts(&run.stdout).is_empty(), "{}", run.stdout);
    for words in ["lock was removed or replaced", "nothing was recorded"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    let events = project.events();
    assert_eq!(types(&events[2..]), ["task.completed"]);
    assert_eq!(events[2]["id"], acknowledged[0]["id"]);
    project.ok(["append", "complete", "T-2"]);
    project.ok(["verify"]);
    project.ok(["render", "--check"]);
}

#[test]
fn a_write_that_cannot_be_taken_back_is_not_called_unrecorded() {
    if !can_inject() {
        return;
    }
    let project = Project::adopted(&plan_of(4));
    let fails = "inject=fdatasync,ftruncate:error=EIO";
    let options = [
        "-o",
        "/dev/null",
        "-e",
        "trace=fdatasync,ftruncate",
        "-e",
        fails,
    ];
    let words = ["append", "note", "T-2", "heard"];
    let run = Run::of(&strace(&project, &options, &words).output().unwrap());
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("see whether it was recorded"),
        "{}",
        run.stderr
    );
    assert!(
        !run.stderr.contains("nothing was recorded"),
        "{}",
        run.stderr
    );
    assert_eq!(types(&project.events()[2..]), ["note.recorded"]);
    project.ok(["verify"]);
}

#[test]
fn whoever_was_stopped_while_it_waited_is_named() {
    let project = Project::adopted(&plan_of(4));
    let lock = fs::File::open(project.path(".ledger/lock")).unwrap();
    lock.lock().unwrap();
    let words = ["append", "complete", "T-2", "--wait", "600"];
    let mut waits = project.command(words).spawn().unwrap();
    let pid = waits.id().to_string();
    let named = format!("{pid} ledger append complete\n");
    let turn = project.path(".ledger/lock.turn");
    wait_until(|| fs::read_to_string(&turn).is_ok_and(|text| text == named));
    signal("STOP", &pid);
    lock.unlock().unwrap();
    let told = format!("by process {pid} (ledger append complete)");
    project.fails(["append", "start", "T-3", "--wait", "0.1"], 2, &[&told]);
    project.fails(["doctor", "--wait", "0.1"], 2, &[&told]);
    signal("CONT", &pid);
    assert!(waits.wait().unwrap().success());
    let events = project.events();
    assert_eq!(types(&events[2..]), ["task.started", "task.completed"]);
}

#[test]
fn every_folder_that_a_new_ledger_needed_is_durable() {
    if !can_inject() {
        return;
    }
    let project = Project::empty();
    project.write("TODO.md", plan_of(4));
    let log = project.path("strace.log");
    let options = ["-y", "-o", log.to_str().unwrap(), "-e", "trace=fsync"];
    let words = ["init", "TODO.md", "--ledger", "one/two/.ledger-of-it"];
    let run = Run::of(&strace(&project, &options, &words).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let log = fs::read_to_string(&log).unwrap();
    let top = fs::canonicalize(project.path("")).unwrap();
    for folder in ["", "one", "one/two", "one/two/.ledger-of-it"] {
        let path = top.join(folder);
        let synced = format!("<{}>)", path.to_str().unwrap().trim_end_matches('/'));
        assert!(log.contains(&synced), "{synced}: {log}");
    }
}

#[test]
fn a_git_that_hangs_keeps_nobody_from_recording() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::empty();
    project.write("TODO.md", plan_of(4));
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let bin = project.path("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("git"), "#!/bin/sh\nexec sleep 600\n").unwrap();
    fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    save(
        &project,
        &project.plan().replace("- [ ] **T-2**", "- [x] **T-2**"),
    );
    let mut command = project.command(["observe"]);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", bin.display()));
    let run = limits::run(&command, limits::Input::None);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(types(&project.events()[2..]), ["task.completed"]);
}
