//! An editor that saves at any moment, while two agents append: every word that was typed is in
//! the history, and in the plan.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::faults::can_inject;
use super::{Claim, Random, plan_of, save};
use crate::support::{Project, Run, limits};

const TASKS: usize = 40;

/// Types one word a save into what the file then says.
fn types_words(
    project: &Project,
    random: &mut Random,
    saves: usize,
    save: fn(&Project, &str),
) -> Vec<String> {
    let mut words = Vec::new();
    while words.len() < saves {
        let text = project.plan();
        let word = format!("word{}x{}", words.len(), random.below(1 << 30));
        // A paragraph of its own, in front of a heading's text or behind the last task.
        let text = match random.below(2) {
            0 => format!("{text}\n{word}\n"),
            _ => text.replacen(
                "A second paragraph.",
                &format!("{word}\n\nA second paragraph."),
                1,
            ),
        };
        assert!(text.contains(&word), "no place for '{word}' in: {text}");
        save(project, &text);
        words.push(word);
        // Now and then the editor rests, so that what it saved is found on its own.
        if random.below(4) == 0 {
            let run = project.run(["observe", "--quiet"]);
            assert!(matches!(run.code, 0 | 2), "{}", run.stderr);
        }
    }
    words
}

fn no_word_is_lost(saves: usize, save: fn(&Project, &str)) {
    let mut random = Random::seeded("editor");
    let project = Project::adopted(&plan_of(TASKS)).kept();
    let done = AtomicBool::new(false);
    let notes = AtomicUsize::new(0);
    let refused = AtomicUsize::new(0);
    let words = thread::scope(|scope| {
        for agent in 0..2 {
            let (project, done, notes, refused) = (&project, &done, &notes, &refused);
            scope.spawn(move || {
                // Each has its own half of the tasks, and goes through it again and again.
                for n in 0.. {
                    if done.load(Ordering::Acquire) {
                        break;
                    }
                    let task = format!("T-{}", 1 + (n * 2 + agent) % TASKS);
                    let completes = (n / (TASKS / 2)).is_multiple_of(2);
                    let change = if completes { "complete" } else { "reopen" };
                    let run = project.run(["append", change, &task, "--wait", "60"]);
                    match run.code {
                        0 => notes.fetch_add(1, Ordering::Relaxed),
                        // The editor had just emptied the file, or taken the change back.
                        1 => refused.fetch_add(1, Ordering::Relaxed),
                        _ => {
                            assert!(run.stderr.contains("keeps changing"), "{}", run.stderr);
                            0
                        }
                    };
                }
            });
        }
        let words = types_words(&project, &mut random, saves, save);
        done.store(true, Ordering::Release);
        words
    });
    project.ok(["observe"]);
    project.ok(["verify"]);
    project.ok(["render", "--check"]);
    let history = project.ok(["export"]).stdout;
    let plan = project.plan();
    // Of two versions saved within the microseconds of one swap, the second may have been made
    // without the first; that one is kept aside.
    let aside = kept_aside(&project);
    let (there, missing): (Vec<_>, Vec<_>) = words
        .iter()
        .partition(|word| history.contains(*word) && plan.contains(*word));
    for word in &missing {
        assert!(aside.contains(*word), "{word} is lost");
    }
    assert!(missing.len() * 20 <= there.len(), "{missing:?}");
    println!(
        "{} words typed, {} of them kept aside, {} changes made meanwhile, {} refused",
        words.len(),
        missing.len(),
        notes.into_inner(),
        refused.into_inner()
    );
}

/// What is in the quarantine.
fn kept_aside(project: &Project) -> String {
    let Ok(entries) = fs::read_dir(project.path(".ledger/quarantine")) else {
        return String::new();
    };
    entries
        .filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok())
        .collect()
}

fn in_place(project: &Project, text: &str) {
    fs::write(project.path("TODO.md"), text).unwrap();
}

#[test]
fn no_word_saved_by_renaming_is_lost() {
    no_word_is_lost(20, save);
}

#[test]
fn no_word_saved_in_place_is_lost() {
    no_word_is_lost(20, in_place);
}

#[test]
#[ignore = "many saves"]
fn no_word_of_many_saved_by_renaming_is_lost() {
    no_word_is_lost(300, save);
}

#[test]
#[ignore = "many saves"]
fn no_word_of_many_saved_in_place_is_lost() {
    no_word_is_lost(300, in_place);
}

/// A plan whose last lines are tasks, and those before the last two of them.
fn plan_and_less() -> (String, String) {
    let text = "# Plan\n\n- [ ] **T-1**: Brew\n- [ ] **T-2**: Drink\n- [ ] **T-3**: Wash\n- [ ] **T-4**: Dry\n";
    let less = text.split_inclusive('\n').take(4).collect();
    (text.to_owned(), less)
}

/// That the last two tasks are gone, and that history says so.
fn are_gone(project: &Project, less: &str) {
    assert_eq!(project.plan(), less);
    let events = project.events();
    let removed = events
        .iter()
        .filter(|event| event["type"] == "task.removed");
    assert_eq!(removed.count(), 2, "{events:#?}");
    project.ok(["verify"]);
}

/// Runs a command of which every call of this name takes its time, and does something else once
/// `due` says so.
fn meanwhile(
    project: &Project,
    words: &[&str],
    slow: &str,
    due: impl Fn() -> bool,
    something: impl FnOnce(),
) -> Run {
    let command = project.command(words);
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o", "/dev/null"])
        .arg(format!("-etrace={slow}"))
        .arg(format!("-einject={slow}:delay_enter=300000"))
        .arg("--")
        .arg(command.get_program())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    limits::copy(&command, &mut strace);
    let mut child = strace.spawn().unwrap();
    while !due() {
        assert!(child.try_wait().unwrap().is_none(), "it was over before");
        thread::sleep(Duration::from_millis(1));
    }
    something();
    Run::of(&child.wait_with_output().unwrap())
}

/// Whether the new plan file lies beside the old one, whole.
fn is_prepared(project: &Project) -> bool {
    let is_new = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        name.to_string_lossy().ends_with(".ledger-new")
    };
    let mut entries = fs::read_dir(project.path(".")).unwrap().flatten();
    entries.any(|entry| is_new(&entry) && entry.metadata().is_ok_and(|meta| meta.len() > 0))
}

#[test]
fn what_an_editor_removes_while_a_command_writes_stays_removed() {
    if !can_inject() {
        return;
    }
    let (text, less) = plan_and_less();
    let project = Project::adopted(&text).kept();
    let words = ["append", "complete", "T-4"];
    let prepared = || is_prepared(&project);
    let run = meanwhile(&project, &words, "renameat2", prepared, || {
        save(&project, &less);
    });
    assert_eq!(run.code, 0, "{}", run.stderr);
    project.ok(["observe"]);
    are_gone(&project, &less);
}

#[test]
fn what_is_saved_while_a_command_writes_is_there_also_if_it_cannot_be_read() {
    if !can_inject() {
        return;
    }
    let (text, _) = plan_and_less();
    let project = Project::adopted(&text).kept();
    let typed = "Words that somebody typed.\n";
    project.write("huge.md", typed);
    let huge = fs::OpenOptions::new()
        .write(true)
        .open(project.path("huge.md"));
    huge.unwrap().set_len((64 << 20) + 1).unwrap();
    let words = ["append", "complete", "T-4"];
    let prepared = || is_prepared(&project);
    let run = meanwhile(&project, &words, "renameat2", prepared, || {
        fs::rename(project.path("huge.md"), project.path("TODO.md")).unwrap();
    });
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(Claim::of(&run), Claim::Recorded, "{}", run.stderr);
    assert!(
        run.stderr.contains("/TODO.md has more than"),
        "{}",
        run.stderr
    );
    assert!(project.bytes("TODO.md").starts_with(typed.as_bytes()));
    assert!(!is_prepared(&project));
    fs::remove_file(project.path("TODO.md")).unwrap();
    project.ok(["render"]);
    project.ok(["verify"]);
}

#[test]
fn what_is_removed_after_a_plan_file_could_not_be_written_stays_removed() {
    let (text, less) = plan_and_less();
    let project = Project::adopted(&text).kept();
    let plan = project.path("TODO.md");
    let may_write = |mode| fs::set_permissions(&plan, fs::Permissions::from_mode(mode)).unwrap();
    may_write(0o444);
    project.fails(["append", "complete", "T-4"], 2, &["read-only"]);
    may_write(0o644);
    project.write("TODO.md", &less);
    project.ok(["observe"]);
    are_gone(&project, &less);
}
