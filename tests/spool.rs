//! Changes that cannot get in wait, and the next command that can takes them in.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::holder::Holder;
use crate::support::{Project, Run, types};

const PLAN: &str = "# Plan\n\n- [ ] **T-1**: Brew\n- [ ] **T-2**: Drink\n- [ ] **T-3**: Wash up\n";

/// Runs a command that finds the ledger locked.
fn shut_out(project: &Project, arguments: &[&str]) -> Run {
    let _holder = Holder::of(project);
    let run = project.run([&["--wait", "0.01"], arguments].concat());
    assert_eq!(run.code, 2, "{}", run.stderr);
    run
}

fn waiting(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "change"))
        .collect();
    paths.sort();
    paths
}

fn waiting_by_status(project: &Project) -> Value {
    let status: Value = serde_json::from_str(&project.ok(["status", "--json"]).stdout).unwrap();
    status["waiting"].clone()
}

fn spooled(project: &Project) -> Vec<PathBuf> {
    waiting(&project.path(".ledger/spool"))
}

#[test]
fn a_change_that_cannot_get_in_waits_and_is_taken_in_with_its_own_time_and_actor() {
    let project = Project::adopted(PLAN);
    let run = shut_out(
        &project,
        &["append", "start", "T-1", "--actor", "agent:one"],
    );
    let [path] = &spooled(&project)[..] else {
        panic!("one change waits");
    };
    assert!(run.stderr.contains("still locked"), "{}", run.stderr);
    assert!(
        run.stderr.contains(path.to_str().unwrap()),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("do not repeat it"), "{}", run.stderr);
    assert_eq!(project.plan(), PLAN, "nothing is recorded yet");
    let status = project.ok(["status"]).stdout;
    assert!(status.contains("spool"), "{status}");
    assert_eq!(waiting_by_status(&project), 1);

    let run = project.ok(["append", "start", "T-2", "--actor", "agent:two"]);
    assert!(
        run.stderr.contains("of one that had waited"),
        "{}",
        run.stderr
    );
    assert_eq!(spooled(&project), [] as [PathBuf; 0]);
    let events = project.events();
    assert_eq!(
        types(&events[2..]),
        ["task.started", "task.started"],
        "{events:#?}"
    );
    assert_eq!(events[2]["task"], "T-1");
    assert_eq!(events[2]["actor"]["id"], "one");
    let time = |event: &Value| event["time"].as_str().unwrap().to_owned();
    assert!(time(&events[2]) < time(&events[3]), "the time it was done");
    assert!(project.plan().contains("**T-1**"), "{}", project.plan());
    project.ok(["verify"]);
    assert_eq!(waiting_by_status(&project), 0);
}

#[test]
fn a_release_that_waited_is_taken_in_with_its_day() {
    let plan = format!("**Version**: 1.0\n**Last Updated**: 2025-10-01\n\n{PLAN}");
    let project = Project::adopted(&plan);
    let release = ["append", "release", "1.1", "--date", "2025-10-07"];
    shut_out(&project, &release);
    assert_eq!(project.plan(), plan);
    project.ok(["observe"]);
    let there = plan
        .replace("1.0", "1.1")
        .replace("2025-10-01", "2025-10-07");
    assert_eq!(project.plan(), there);
    let last = project.events().pop().unwrap();
    assert_eq!(last["type"], "version.released");
    assert_eq!([&last["from"], &last["to"]], ["1.0", "1.1"]);
    assert_eq!(spooled(&project).len(), 0);
}

#[test]
fn changes_are_taken_in_in_order_and_one_that_is_refused_then_is_recorded_as_such() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "complete", "T-1"]);
    shut_out(&project, &["append", "reopen", "T-1", "--reason", "cold"]);
    shut_out(&project, &["append", "unblock", "T-1"]);
    assert_eq!(spooled(&project).len(), 3);
    let run = project.ok(["observe"]);
    assert!(run.stderr.contains("refused: "), "{}", run.stderr);
    let events = project.events();
    assert_eq!(
        types(&events[2..]),
        ["task.completed", "task.reopened", "command.rejected"]
    );
    let refused = &events[4];
    assert_eq!(refused["task"], "T-1");
    assert!(
        refused["reason"]
            .as_str()
            .unwrap()
            .contains("is not blocked"),
        "{refused}"
    );
    let asked = &refused["details"][0];
    assert_eq!(asked["name"], "asked");
    assert!(
        asked["text"].as_str().unwrap().contains("\"unblock\""),
        "{asked}"
    );
    assert!(project.plan().contains("- [ ] **T-1**: Brew"));
    project.ok(["verify"]);
}

#[test]
fn a_change_that_was_taken_in_is_not_taken_in_again() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "note", "T-1", "milk first"]);
    let file = spooled(&project).remove(0);
    let bytes = fs::read(&file).unwrap();
    project.ok(["observe"]);
    let events = project.events().len();
    // As if the process had been killed before it took the file away.
    fs::write(&file, bytes).unwrap();
    let run = project.ok(["observe"]);
    assert!(run.stderr.contains("recorded before"), "{}", run.stderr);
    assert_eq!(project.events().len(), events);
    assert_eq!(spooled(&project), [] as [PathBuf; 0]);
}

#[test]
fn a_key_holds_for_a_change_that_waited_too() {
    let project = Project::adopted(PLAN);
    let change = ["append", "start", "T-1", "--idem", "k-1"];
    shut_out(&project, &change);
    shut_out(&project, &change);
    let run = project.ok(change);
    assert!(run.stdout.contains("recorded before"), "{}", run.stdout);
    assert_eq!(types(&project.events()[2..]), ["task.started"]);
}

#[test]
fn an_edit_that_was_there_at_the_time_is_recorded_though_the_file_was_written_over() {
    let project = Project::adopted(PLAN);
    let edited = PLAN.replace("- [ ] **T-2**", "- [x] **T-2**");
    project.write("TODO.md", &edited);
    shut_out(&project, &["observe", "--actor", "agent:one"]);
    project.write("TODO.md", edited.replace("Wash up", "Wash up well"));
    project.ok(["append", "start", "T-3"]);
    let events = project.events();
    assert_eq!(
        types(&events[2..]),
        ["task.completed", "task.retitled", "task.started"]
    );
    assert_eq!(events[2]["origin"], "observed");
    assert_eq!(events[2]["actor"]["id"], "one");
    let plan = project.plan();
    assert!(plan.contains("- [x] **T-2**: Drink"), "{plan}");
    assert!(plan.contains("Wash up well"), "{plan}");
    project.ok(["verify"]);
    project.ok(["render", "--check"]);
}

#[test]
fn a_batch_that_waited_is_taken_in_whole() {
    let project = Project::adopted(PLAN);
    project.write(
        "batch",
        "{\"change\":\"start\",\"task\":\"T-1\"}\n\n{\"change\":\"complete\",\"task\":\"T-2\"}\n",
    );
    let run = shut_out(&project, &["append", "--json", "batch"]);
    let receipt: Value = serde_json::from_str(&run.stdout).unwrap();
    let path = receipt["waiting"].as_str().unwrap();
    assert_eq!(
        Path::new(path).file_name(),
        spooled(&project)[0].file_name()
    );
    project.ok(["observe"]);
    let events = project.events();
    assert_eq!(types(&events[2..]), ["task.started", "task.completed"]);
    assert_eq!(events[2]["batch"], serde_json::json!([0, 2]));
}

#[test]
fn nothing_waits_where_there_is_nothing_to_record() {
    let project = Project::adopted(PLAN);
    let run = shut_out(&project, &["observe"]);
    assert!(!run.stderr.contains("waits at"), "{}", run.stderr);
    assert_eq!(spooled(&project), [] as [PathBuf; 0]);
}

#[test]
fn a_damaged_change_is_kept_aside_and_named() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "start", "T-1"]);
    let file = spooled(&project).remove(0);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let run = project.ok(["append", "start", "T-2"]);
    assert!(run.stderr.contains("damaged"), "{}", run.stderr);
    assert!(run.stderr.contains("quarantine"), "{}", run.stderr);
    let kept = fs::read_dir(project.path(".ledger/quarantine")).unwrap();
    assert!(
        kept.map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .any(|kept| kept == bytes),
        "nothing is deleted"
    );
    assert_eq!(types(&project.events()[2..]), ["task.started"]);
}

/// Runs the binary where the ledger's folder is mounted read-only; `None` where that cannot be
/// done.
fn in_a_sandbox(project: &Project, ledger: &Path, arguments: &[&str]) -> Option<Run> {
    let plain = project.command(arguments);
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c"])
        .arg("mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\" || exit 77")
        .arg(ledger)
        .arg(plain.get_program())
        .args(arguments)
        .current_dir(plain.get_current_dir().unwrap());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output();
    match output {
        Ok(output) if output.status.code() != Some(77) => Some(Run::of(&output)),
        _ if std::env::var_os("CI").is_some_and(|ci| ci == "true") => {
            panic!("no sandbox here: {output:?}")
        }
        _ => {
            println!("this needs unshare(1) and the right to mount: nothing was tested");
            None
        }
    }
}

#[test]
fn where_the_ledger_cannot_be_written_a_change_waits_beside_the_plan() {
    let project = Project::adopted(PLAN);
    let ledger = project.path(".ledger");
    let Some(run) = in_a_sandbox(&project, &ledger, &["append", "start", "T-1"]) else {
        return;
    };
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("the change waits at"), "{}", run.stderr);
    let beside = project.path(".ledger-spool");
    assert_eq!(waiting(&beside).len(), 1);
    assert_eq!(
        fs::read_to_string(beside.join(".gitignore")).unwrap(),
        "*\n"
    );
    // What a checkout brings is not taken in.
    fs::write(
        beside.join("000000000000001-00.change"),
        fs::read(&waiting(&beside)[0])
            .unwrap()
            .iter()
            .map(|byte| if *byte == b'1' { b'2' } else { *byte })
            .collect::<Vec<u8>>(),
    )
    .unwrap();
    let run = project.ok(["append", "start", "T-2"]);
    assert!(run.stderr.contains("not put there by"), "{}", run.stderr);
    assert_eq!(
        types(&project.events()[2..]),
        ["task.started", "task.started"]
    );
    assert_eq!(project.events()[2]["task"], "T-1");
    assert_eq!(
        waiting(&beside).len(),
        1,
        "the stranger is left where it is"
    );
    project.ok(["verify"]);
}

#[test]
fn what_waits_beside_the_plan_of_a_worktree_without_a_record_is_found_from_another() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    project.git(["worktree", "add", "-q", "agent"]);
    let worktree = project.path("agent");
    let ledger = project.path(".git/ledger");
    let arguments = ["-C", "agent", "append", "start", "T-1"];
    let Some(run) = in_a_sandbox(&project, &ledger, &arguments) else {
        return;
    };
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("removing this worktree"),
        "{}",
        run.stderr
    );
    assert_eq!(waiting(&worktree.join(".ledger-spool")).len(), 1);
    assert_eq!(waiting_by_status(&project), 1);
    let doctor = project.ok(["doctor", "--json"]).stdout;
    let report: Value = serde_json::from_str(&doctor).unwrap();
    assert_eq!(report["spool"].as_array().unwrap().len(), 1, "{doctor}");
    project.ok(["append", "start", "T-2"]);
    let events = project.events();
    assert_eq!(types(&events[2..]), ["task.started", "task.started"]);
    assert_eq!(events[2]["task"], "T-1");
    assert_eq!(waiting(&worktree.join(".ledger-spool")), [] as [PathBuf; 0]);
    // And the other way round, once from a worktree that has a record.
    project.ok(["-C", "agent", "observe"]);
    in_a_sandbox(&project, &ledger, &["append", "complete", "T-1"]).unwrap();
    let run = project.ok(["-C", "agent", "observe"]);
    assert_eq!(
        run.stderr.matches("had waited").count(),
        1,
        "{}",
        run.stderr
    );
}

#[test]
fn changes_of_one_agent_keep_their_order_though_its_clock_was_set_back() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "start", "T-1"]);
    // As if it had been put there an hour later.
    let path = spooled(&project).remove(0);
    let name = path.file_name().unwrap().to_str().unwrap();
    let (time, rest) = name.split_once('-').unwrap();
    let later = time.parse::<u64>().unwrap() + 3_600_000;
    let later = format!("{later:015}");
    let json = fs::read_to_string(&path).unwrap().split_off(65);
    respool(&path.with_file_name(format!("{later}-{rest}")), &json);
    fs::remove_file(&path).unwrap();
    shut_out(&project, &["append", "complete", "T-1"]);
    shut_out(&project, &["append", "reopen", "T-1"]);
    project.ok(["observe"]);
    let events = project.events();
    assert_eq!(
        types(&events[2..]),
        ["task.started", "task.completed", "task.reopened"]
    );
    let time = |at: usize| events[at]["time"].as_str().unwrap().to_owned();
    assert!(time(2) < time(3), "the time is the clock's all the same");
}

/// More changes than are taken in at once.
const MANY: usize = 100;

/// Puts them into the spool, with the lock held on.
fn many_wait(project: &Project) -> Holder {
    let holder = Holder::of(project);
    for nth in 0..MANY {
        let note = format!("note {nth}");
        let run = project.run(["--wait", "0", "append", "note", "T-1", &note]);
        assert_eq!(run.code, 2, "{}", run.stderr);
    }
    holder
}

/// A file of the ledger's that is locked in its turn, once the process that waits for the lock has
/// let it go.
fn locked(project: &Project, name: &str) -> File {
    let file = File::options()
        .write(true)
        .open(project.path(name))
        .unwrap();
    file.lock().unwrap();
    file
}

/// Waits until a process waits for the lock, which it does as soon as it has the turnstile.
fn until_somebody_waits(project: &Project) {
    let turn = File::options()
        .write(true)
        .open(project.path(".ledger/lock.turn"));
    let turn = turn.unwrap();
    while turn.try_lock().is_ok() {
        turn.unlock().unwrap();
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn who_waits_for_the_lock_gets_it_before_all_of_a_long_spool_is_taken_in() {
    let project = Project::adopted(PLAN);
    let holder = many_wait(&project);
    let (run, left) = thread::scope(|scope| {
        let taker = scope.spawn(|| project.run(["append", "complete", "T-1"]));
        until_somebody_waits(&project);
        let bystander = scope.spawn(|| {
            let _turn = locked(&project, ".ledger/lock.turn");
            let _lock = locked(&project, ".ledger/lock");
            spooled(&project).len()
        });
        thread::sleep(Duration::from_millis(20));
        drop(holder);
        (taker.join().unwrap(), bystander.join().unwrap())
    });
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!((1..MANY).contains(&left), "{left} were left");
    let events = project.events();
    assert_eq!(events.len(), 2 + MANY + 1);
    for (nth, event) in events[2..2 + MANY].iter().enumerate() {
        let told = event["details"].to_string();
        assert!(told.contains(&format!("note {nth}\"")), "{nth}: {event}");
    }
    assert_eq!(events[2 + MANY]["type"], "task.completed");
    assert_eq!(spooled(&project), [] as [PathBuf; 0]);
    project.ok(["verify"]);
}

#[test]
fn a_change_that_gets_no_second_turn_waits_behind_those_before_it() {
    let project = Project::adopted(PLAN);
    let holder = many_wait(&project);
    let run = thread::scope(|scope| {
        let taker = scope.spawn(|| project.run(["--wait", "2", "append", "complete", "T-1"]));
        until_somebody_waits(&project);
        let bystander = scope.spawn(|| locked(&project, ".ledger/lock.turn"));
        thread::sleep(Duration::from_millis(20));
        drop(holder);
        let _turn = bystander.join().unwrap();
        taker.join().unwrap()
    });
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("waits at"), "{}", run.stderr);
    project.ok(["observe"]);
    let events = project.events();
    assert_eq!(events.len(), 2 + MANY + 1);
    assert_eq!(events[2 + MANY]["type"], "task.completed");
}

#[test]
fn the_doctor_shows_what_waits_and_what_makes_no_sense() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "start", "T-1"]);
    shut_out(&project, &["append", "start", "T-2"]);
    fs::write(&spooled(&project)[0], "no change").unwrap();
    let run = project.fails(["doctor", "--json"], 1, &[]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["spool"].as_array().unwrap().len(), 1);
    assert_eq!(report["findings"][0]["code"], "spool");
    project.ok(["doctor", "--fix"]);
    assert_eq!(spooled(&project).len(), 1, "what waits goes on waiting");
    project.ok(["observe"]);
    assert_eq!(types(&project.events()[2..]), ["task.started"]);
}

/// A plan file with another line, and that it waits to be recorded.
fn spooled_edit(project: &Project) -> String {
    let edited = format!("{PLAN}- [ ] **T-9**: Sing\n");
    project.write("TODO.md", &edited);
    shut_out(project, &["observe"]);
    edited
}

#[test]
fn what_is_edited_after_an_edit_that_waits_is_an_edit_of_that() {
    let project = Project::adopted(PLAN);
    let edited = spooled_edit(&project);
    project.write(
        "TODO.md",
        edited.replace("Sing", "Sing a long song of the sea"),
    );
    project.ok(["observe"]);
    assert_eq!(
        project.plan().matches("T-9").count(),
        1,
        "{}",
        project.plan()
    );
    assert!(project.plan().contains("Sing a long song of the sea"));
    assert_eq!(
        types(&project.events()[2..]),
        ["task.added", "task.retitled"]
    );
    project.ok(["verify"]);
}

#[test]
fn what_is_taken_back_after_an_edit_that_waits_stays_so() {
    for elsewhere in [false, true] {
        let project = Project::adopted(PLAN);
        spooled_edit(&project);
        let mut back = PLAN.to_owned();
        if elsewhere {
            back = back.replace("Brew", "Brew tea");
        }
        project.write("TODO.md", &back);
        project.ok(["observe"]);
        assert_eq!(project.plan(), back);
        let events = project.events();
        let kinds = types(&events[2..]);
        assert!(
            kinds.contains(&"task.added") && kinds.contains(&"task.removed"),
            "{kinds:?}"
        );
        project.ok(["verify"]);
    }
}

#[test]
fn a_change_that_was_refused_is_not_acknowledged_when_it_is_repeated() {
    let project = Project::adopted(PLAN);
    let change = ["append", "unblock", "T-1", "--idem", "k"];
    shut_out(&project, &change);
    project.ok(["observe"]);
    project.fails(change, 1, &["refused before (event 2)", "is not blocked"]);
}

#[test]
fn a_change_that_can_be_no_event_is_refused_and_the_next_ones_get_in() {
    let project = Project::adopted(PLAN);
    let note = serde_json::json!({"change": "note", "task": "T-1", "text": "x".repeat(17 << 20)});
    project.write("batch", note.to_string());
    shut_out(&project, &["append", "--json", "batch"]);
    shut_out(&project, &["append", "start", "T-2"]);
    project.ok(["observe"]);
    assert_eq!(
        types(&project.events()[2..]),
        ["command.rejected", "task.started"]
    );
    assert_eq!(spooled(&project), [] as [PathBuf; 0]);
}

/// Whether something in the quarantine has these bytes.
fn is_kept(project: &Project, bytes: &[u8]) -> bool {
    let kept = fs::read_dir(project.path(".ledger/quarantine")).unwrap();
    kept.map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .any(|kept| kept == bytes)
}

#[test]
fn an_edit_that_can_be_no_event_is_kept_aside_and_takes_nothing_along() {
    let project = Project::adopted(PLAN);
    project.write("B.md", "# B\n\n- [ ] **B-1**: Bake\n");
    project.ok(["init", "B.md"]);
    let huge = format!("{PLAN}{}\n", "x".repeat(17 << 20));
    project.write("TODO.md", &huge);
    project.write("B.md", "# B\n\n- [x] **B-1**: Bake\n");
    shut_out(&project, &["append", "note", "T-1", "milk first"]);
    project.write("TODO.md", PLAN);
    project.write("B.md", "# B\n\n- [ ] **B-1**: Bake\n");
    shut_out(&project, &["append", "start", "T-2"]);
    let run = project.ok(["append", "start", "T-3"]);
    assert!(run.stderr.contains("an edit of TODO.md"), "{}", run.stderr);
    let events = project.events();
    // The file of B was taken back meanwhile, as its own edit.
    assert_eq!(
        types(&events[3..]),
        [
            "command.rejected",
            "task.completed",
            "note.recorded",
            "task.started",
            "task.reopened",
            "task.started"
        ]
    );
    assert!(
        events[3]["reason"].as_str().unwrap().contains("TODO.md"),
        "{}",
        events[3]
    );
    assert!(is_kept(&project, huge.as_bytes()), "nothing is lost");
    assert_eq!(spooled(&project), [] as [PathBuf; 0]);
    project.ok(["verify"]);
    project.ok(["doctor"]);
}

#[test]
fn an_edit_of_a_plan_that_is_tracked_no_more_is_kept_aside_and_its_commands_are_tried() {
    let project = Project::adopted(PLAN);
    project.write("B.md", "# B\n\n- [ ] **B-1**: Bake\n");
    project.ok(["init", "B.md"]);
    let edited = "# B\n\n- [x] **B-1**: Bake\n";
    project.write("B.md", edited);
    shut_out(&project, &["append", "start", "T-1"]);
    let waits = spooled(&project).remove(0);
    let bytes = fs::read(&waits).unwrap();
    fs::remove_file(&waits).unwrap();
    project.ok(["append", "drop", "B.md"]);
    let known = project.events().len();
    fs::write(&waits, &bytes).unwrap();
    project.ok(["observe"]);
    assert_eq!(
        types(&project.events()[known..]),
        ["command.rejected", "task.started"]
    );
    assert!(is_kept(&project, edited.as_bytes()));
    // As if the process had been killed before it took the file away.
    fs::write(&waits, bytes).unwrap();
    let run = project.ok(["observe"]);
    assert!(run.stderr.contains("refused before"), "{}", run.stderr);
    assert_eq!(project.events().len(), known + 2);
}

#[test]
fn a_refusal_that_repeats_a_huge_name_is_recorded_and_the_next_ones_get_in() {
    let project = Project::adopted(PLAN);
    let start = serde_json::json!({"change": "start", "task": "é".repeat(9 << 20)});
    project.write("batch", start.to_string());
    shut_out(&project, &["append", "--json", "batch"]);
    shut_out(&project, &["append", "start", "T-2"]);
    let run = project.ok(["observe"]);
    assert!(run.stderr.len() < 20_000, "{} bytes", run.stderr.len());
    assert_eq!(
        types(&project.events()[2..]),
        ["command.rejected", "task.started"]
    );
    assert_eq!(spooled(&project), [] as [PathBuf; 0]);
}

/// Puts a change into the spool as it would be if its JSON were another.
fn respool(path: &Path, json: &str) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_bytes()).update(b"\0");
    let check = hasher.update(json.as_bytes()).finalize().to_hex();
    fs::write(path, format!("{check}\n{json}")).unwrap();
}

#[test]
fn a_change_of_a_newer_version_waits_for_that_version() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "start", "T-1"]);
    shut_out(&project, &["append", "complete", "T-1"]);
    let path = spooled(&project).remove(0);
    let text = fs::read_to_string(&path).unwrap();
    let json = &text[65..];
    respool(
        &path,
        &json.replacen("\"version\":2", "\"version\":4,\"new\":[]", 1),
    );
    let run = project.ok(["append", "note", "T-2", "meanwhile"]);
    assert!(run.stderr.contains("version 4"), "{}", run.stderr);
    assert_eq!(spooled(&project).len(), 2, "what is behind it waits too");
    project.fails(["doctor"], 1, &[]);
    let report: Value =
        serde_json::from_str(&project.run(["doctor", "--fix", "--json"]).stdout).unwrap();
    assert_eq!(report["findings"][0]["code"], "spool-newer");
    assert_eq!(spooled(&project).len(), 2);
    respool(&path, json);
    project.ok(["observe"]);
    assert_eq!(
        types(&project.events()[2..]),
        ["note.recorded", "task.started", "task.completed"]
    );
}

#[test]
fn a_change_of_an_older_version_is_taken_in_as_it_was_meant() {
    let project = Project::adopted(PLAN);
    project.write("TODO.md", PLAN.replace("Brew", "Brew it"));
    shut_out(&project, &["observe", "--actor", "human:ada"]);
    let path = spooled(&project).remove(0);
    let json = &fs::read_to_string(&path).unwrap()[65..];
    let older = json.replacen("\"version\":2", "\"version\":1", 1);
    let older = older.replacen("\"claim\":\"everything\"", "\"claimed\":true", 1);
    assert!(older.contains("claimed"), "{older}");
    respool(&path, &older);
    project.ok(["observe"]);
    let events = project.events();
    assert_eq!(types(&events[2..]), ["task.retitled"]);
    assert_eq!(events[2]["actor"]["id"], "ada");
}

#[test]
fn a_change_that_cannot_be_read_for_now_waits_on() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "start", "T-1"]);
    let path = spooled(&project).remove(0);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&path).is_ok() {
        return; // Nothing is forbidden to root.
    }
    let run = project.ok(["append", "start", "T-2"]);
    assert!(run.stderr.contains("it waits on"), "{}", run.stderr);
    project.fails(["doctor", "--fix"], 1, &[]);
    assert_eq!(spooled(&project).len(), 1, "it is not taken for damaged");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    project.ok(["observe"]);
    assert_eq!(project.events()[3]["task"], "T-1");
}

#[test]
fn a_change_under_another_name_is_none() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "note", "T-1", "once"]);
    let file = spooled(&project).remove(0);
    fs::copy(
        &file,
        file.with_file_name("000000000000001-0000000000000000.change"),
    )
    .unwrap();
    project.ok(["observe"]);
    assert_eq!(types(&project.events()[2..]), ["note.recorded"]);
}

#[test]
fn a_command_of_any_kind_says_what_it_took_in() {
    let project = Project::adopted(PLAN);
    shut_out(&project, &["append", "start", "T-1"]);
    project.write("B.md", "# B\n\n- [ ] **B-1**: Bake\n");
    let run = project.ok(["init", "B.md"]);
    assert_eq!(
        run.stderr.matches("had waited").count(),
        1,
        "{}",
        run.stderr
    );
}
