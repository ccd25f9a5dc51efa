//! Edits that were taken in while their file could not be written: what is done to the file from
//! there on is done to them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::holder::Holder;
use crate::support::users::{run_as, unprivileged};
use crate::support::{Project, Run, types};

const PLAN: &str = "\
# Plan

- [ ] **T-1**: Brew
- [ ] **T-2**: Drink

Between the two ends of this plan stands some prose,
which is long enough to keep changes apart.

- [ ] **T-3**: Wash up
";

/// With another task.
fn sung() -> String {
    format!("{PLAN}- [ ] **T-9**: Sing\n")
}

/// A plan file that somebody edits while the ledger cannot write it.
struct Stuck {
    project: Project,
    user: Option<u32>,
    /// What keeps the file from being written.
    folder: bool,
}

impl Stuck {
    /// By its own mode.
    fn file() -> Self {
        Self::with(Project::adopted(PLAN), None, false)
    }

    /// By that of its folder; `None` where nothing is forbidden to whoever can run the binary.
    fn folder() -> Option<Self> {
        let project = Project::adopted(PLAN);
        let user = unprivileged(&project)?;
        Some(Self::with(project, user, true))
    }

    /// The ledger has gone on, and the file has not.
    fn with(project: Project, user: Option<u32>, folder: bool) -> Self {
        let stuck = Self {
            project,
            user,
            folder,
        };
        stuck.set(false);
        stuck.run(&["append", "complete", "T-1"], 2);
        assert_eq!(stuck.project.plan(), PLAN);
        stuck
    }

    fn set(&self, writable: bool) {
        let (place, modes) = match self.folder {
            true => (self.project.path("."), (0o700, 0o500)),
            false => (self.project.path("TODO.md"), (0o600, 0o400)),
        };
        let mode = if writable { modes.0 } else { modes.1 };
        fs::set_permissions(place, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// What somebody does by hand, who may.
    fn save(&self, text: &str) {
        self.set(true);
        self.project.write("TODO.md", text);
        self.set(false);
    }

    #[track_caller]
    fn run(&self, words: &[&str], code: i32) -> Run {
        let run = run_as(&self.project, self.user, words);
        assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
        run
    }

    /// Saves a text that is taken in and not written.
    #[track_caller]
    fn take_in(&self, text: &str) {
        let known = self.events().len();
        self.save(text);
        self.run(&["observe"], 2);
        assert_eq!(self.project.plan(), text);
        assert!(self.events().len() > known, "it is recorded");
    }

    #[track_caller]
    fn events(&self) -> Vec<Value> {
        let audit = self.run(&["audit", "--format", "ndjson"], 0);
        crate::support::lines_of_json(&audit.stdout)
    }

    /// The plan once it can be written again.
    #[track_caller]
    fn freed(&self) -> String {
        self.set(true);
        self.run(&["observe"], 0);
        let plan = self.project.plan();
        let events = self.events().len();
        self.run(&["observe"], 0);
        self.run(&["render", "--check"], 0);
        assert_eq!(self.events().len(), events, "nothing is left to be found");
        self.run(&["verify", "--deep"], 0);
        self.run(&["doctor"], 0);
        assert_eq!(texts(&self.project), [] as [PathBuf; 0], "none is needed");
        plan
    }
}

/// What is kept of plan files that were taken in.
fn texts(project: &Project) -> Vec<PathBuf> {
    let entries = fs::read_dir(project.path(".ledger/checkouts")).unwrap();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".text"))
        .collect();
    paths.sort();
    paths
}

fn brewed(text: &str) -> String {
    text.replace("- [ ] **T-1**", "- [x] **T-1**")
}

#[test]
fn taking_back_an_edit_that_was_taken_in_is_an_edit() {
    for stuck in [Some(Stuck::file()), Stuck::folder()] {
        let Some(stuck) = stuck else { continue };
        stuck.take_in(&sung());
        assert_eq!(texts(&stuck.project).len(), 1);
        stuck.take_in(PLAN);
        assert_eq!(texts(&stuck.project).len(), 1, "the older one is gone");
        assert_eq!(stuck.freed(), brewed(PLAN));
        assert_eq!(
            types(&stuck.events()[2..]),
            ["task.completed", "task.added", "task.removed"]
        );
    }
}

#[test]
fn an_edit_that_was_taken_in_and_is_still_there_is_no_edit() {
    for stuck in [Some(Stuck::file()), Stuck::folder()] {
        let Some(stuck) = stuck else { continue };
        stuck.take_in(&sung());
        stuck.run(&["append", "start", "T-2"], 2);
        assert_eq!(stuck.project.plan(), sung());
        let plan = stuck.freed();
        assert!(plan.contains("T-9"), "{plan}");
        assert_eq!(
            types(&stuck.events()[2..]),
            ["task.completed", "task.added", "task.started"]
        );
    }
}

#[test]
fn what_is_typed_on_goes_on_from_what_was_taken_in() {
    for stuck in [Some(Stuck::file()), Stuck::folder()] {
        let Some(stuck) = stuck else { continue };
        let mut text = sung();
        stuck.take_in(&text);
        for (old, new) in [
            ("Sing", "Sing a long song of the sea"),
            ("long song", "short song"),
        ] {
            text = text.replace(old, new);
            stuck.take_in(&text);
            assert_eq!(texts(&stuck.project).len(), 1);
        }
        stuck.take_in(PLAN);
        assert_eq!(stuck.freed(), brewed(PLAN));
        assert_eq!(
            types(&stuck.events()[2..]),
            [
                "task.completed",
                "task.added",
                "task.retitled",
                "task.retitled",
                "task.removed"
            ]
        );
    }
}

/// An edit waits while the ledger is locked.
#[track_caller]
fn waits(stuck: &Stuck, text: &str) {
    stuck.save(text);
    let _holder = Holder::of(&stuck.project);
    let run = stuck.run(&["--wait", "0.01", "observe"], 2);
    assert!(run.stderr.contains("waits at"), "{}", run.stderr);
}

#[test]
fn an_edit_that_waited_and_had_to_be_merged_can_be_taken_back_and_gone_on_from() {
    let longer = sung().replace("Sing", "Sing a long song of the sea");
    let further = longer.replace("long", "short");
    for (next, last) in [
        (PLAN.to_owned(), PLAN.to_owned()),
        (longer.clone(), further),
        (longer, PLAN.to_owned()),
    ] {
        let stuck = Stuck::file();
        waits(&stuck, &sung());
        stuck.save(&next);
        stuck.run(&["observe"], 2);
        stuck.save(&last);
        stuck.run(&["observe"], 2);
        assert_eq!(stuck.freed(), brewed(&last));
        let changed = if next == PLAN {
            "task.removed"
        } else {
            "task.retitled"
        };
        assert_eq!(
            types(&stuck.events()[2..5]),
            ["task.completed", "task.added", changed]
        );
    }
}

#[test]
fn edits_of_one_file_that_waited_one_after_the_other_are_each_made_on_the_one_before() {
    let longer = sung().replace("Sing", "Sing a long song of the sea");
    let further = longer.replace("long", "short");
    for merged in [false, true] {
        let stuck = match merged {
            true => Stuck::file(),
            false => Stuck {
                project: Project::adopted(PLAN),
                user: None,
                folder: false,
            },
        };
        let known = stuck.events().len();
        waits(&stuck, &sung());
        waits(&stuck, &longer);
        waits(&stuck, &sung().replace("Brew", "Brew tea"));
        waits(&stuck, &further);
        let last = further.replace("- [ ] **T-2**", "- [x] **T-2**");
        stuck.save(&last);
        let plan = stuck.freed();
        assert_eq!(plan, if merged { brewed(&last) } else { last });
        let events = stuck.events();
        assert!(!types(&events[known..]).contains(&"task.reopened"));
        assert_eq!(
            types(&events[known..])[..2],
            ["task.added", "task.retitled"]
        );
    }
}

#[test]
fn an_edit_that_waits_knows_what_it_was_made_on() {
    let longer = sung().replace("Sing", "Sing a long song of the sea");
    for (text, last) in [(longer.as_str(), "task.retitled"), (PLAN, "task.removed")] {
        let stuck = Stuck::file();
        stuck.take_in(&sung());
        waits(&stuck, text);
        // A program that does not know what this says must not take it in.
        let mut spool = fs::read_dir(stuck.project.path(".ledger/spool")).unwrap();
        let change = fs::read_to_string(spool.next().unwrap().unwrap().path()).unwrap();
        assert!(change.contains("\"version\":3"), "{change}");
        assert_eq!(stuck.freed(), brewed(text));
        assert_eq!(
            types(&stuck.events()[2..]),
            ["task.completed", "task.added", last]
        );
    }
}

#[test]
fn where_the_text_that_was_taken_in_is_lost_nothing_else_is() {
    type Damage = fn(&PathBuf);
    let damages: [Damage; 4] = [
        |path| fs::remove_file(path).unwrap(),
        |path| fs::write(path, "garbled").unwrap(),
        |path| fs::write(path, "").unwrap(),
        |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        },
    ];
    for damage in damages {
        for next in [PLAN.to_owned(), sung(), sung().replace("Brew", "Brew tea")] {
            let stuck = Stuck::file();
            stuck.take_in(&sung());
            let text = texts(&stuck.project).remove(0);
            damage(&text);
            let there = text.exists();
            stuck.run(&["verify", "--deep"], 0);
            let doctor = stuck.run(&["doctor", "--json"], i32::from(there));
            let report: Value = serde_json::from_str(&doctor.stdout).unwrap();
            assert_eq!(
                report["findings"].as_array().unwrap().len(),
                usize::from(there)
            );
            stuck.save(&next);
            stuck.set(true);
            stuck.run(&["doctor", "--fix"], 0);
            let plan = stuck.freed();
            // What was rendered before may be an old file: nobody is taken to have removed a task.
            assert_eq!(
                plan,
                brewed(&next.replace("- [ ] **T-9**: Sing\n", "")) + "- [ ] **T-9**: Sing\n"
            );
            let events = stuck.events();
            assert!(!types(&events).contains(&"task.removed"), "{events:?}");
            assert!(!types(&events).contains(&"task.reopened"), "{events:?}");
        }
    }
}

#[test]
fn a_text_that_no_record_names_is_found_by_the_doctor_and_kept_aside() {
    let stuck = Stuck::file();
    stuck.take_in(&sung());
    let text = texts(&stuck.project).remove(0);
    let stray = text.with_file_name(format!("{}.text", "0".repeat(64)));
    fs::copy(&text, &stray).unwrap();
    let run = stuck.run(&["doctor", "--json"], 1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{report}");
    assert_eq!(findings[0]["code"], "text");
    assert_eq!(findings[0]["place"], stray.to_str().unwrap());
    stuck.run(&["doctor", "--fix"], 0);
    assert_eq!(texts(&stuck.project), [text]);
    // It goes with the record that names it.
    let records = fs::read_dir(stuck.project.path(".ledger/checkouts")).unwrap();
    for record in records.map(|entry| entry.unwrap().path()) {
        if record.extension().is_none() {
            fs::write(record, "garbled").unwrap();
        }
    }
    stuck.run(&["doctor", "--fix"], 0);
    assert_eq!(texts(&stuck.project), [] as [PathBuf; 0]);
    let kept = fs::read_dir(stuck.project.path(".ledger/quarantine")).unwrap();
    let names = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with("-plan-text")).count(), 2);
    stuck.set(true);
    stuck.run(&["verify", "--deep"], 0);
}

/// A plan that git has, and that the ledger could not write.
fn in_git() -> Stuck {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    project.git(["branch", "side"]);
    Stuck::with(project, None, false)
}

#[test]
fn what_git_does_after_an_edit_was_taken_in_takes_nothing_back() {
    let moves: [&[&[&str]]; 5] = [
        &[&["stash", "-q"]],
        &[&["checkout", "-qf", "side"]],
        &[&["reset", "-q", "--hard", "HEAD~1"]],
        &[&["checkout", "-qf", "side"], &["checkout", "-qf", "main"]],
        &[
            &["add", "-A"],
            &["commit", "-qm", "sung"],
            &["checkout", "-q", "side"],
        ],
    ];
    for steps in moves {
        let stuck = in_git();
        stuck
            .project
            .git(["commit", "-q", "--allow-empty", "-m", "other work"]);
        stuck.save(&sung());
        stuck.run(&["observe"], 2);
        assert_eq!(stuck.project.plan(), sung());
        let events = stuck.events();
        stuck.set(true);
        for step in steps {
            stuck.project.git(*step);
        }
        assert_eq!(stuck.project.plan(), PLAN, "{steps:?}");
        stuck.run(&["status"], 0);
        stuck.run(&["observe"], 0);
        assert_eq!(stuck.project.plan(), brewed(&sung()), "{steps:?}");
        assert_eq!(stuck.events(), events, "{steps:?}");
    }
}

#[test]
fn taking_back_by_hand_what_was_taken_in_is_an_edit_wherever_git_was_before() {
    let stuck = in_git();
    stuck
        .project
        .git(["commit", "-q", "--allow-empty", "-m", "other work"]);
    stuck.save(&sung());
    stuck.run(&["observe"], 2);
    stuck.save(PLAN);
    stuck.set(true);
    stuck.run(&["observe"], 0);
    assert_eq!(stuck.project.plan(), brewed(PLAN));
    assert_eq!(types(&stuck.events()).last(), Some(&"task.removed"));
}

#[test]
fn taking_back_what_was_taken_in_by_hand_and_committing_it_is_an_edit() {
    let stuck = in_git();
    stuck.save(&sung());
    stuck.run(&["observe"], 2);
    stuck.project.git(["commit", "-qam", "sung"]);
    stuck.save(PLAN);
    crate::support::commit_at(&stuck.project.path("."), "2099-01-01T12:00:00Z");
    stuck.set(true);
    stuck.run(&["observe"], 0);
    assert_eq!(stuck.project.plan(), brewed(PLAN));
    assert_eq!(types(&stuck.events()).last(), Some(&"task.removed"));
}

#[test]
fn what_another_worktree_takes_in_for_a_plan_is_known_there() {
    let project = Project::empty();
    project.write("TODO.md", PLAN);
    project.git_init();
    project.ok(["init", "TODO.md"]);
    let other = project.path("other");
    project.git(["worktree", "add", "-q", other.to_str().unwrap()]);
    project.ok(["-C", "other", "observe"]);
    project.ok(["append", "complete", "T-1"]);
    for (text, found) in [
        (sung(), "task.added"),
        (
            sung().replace("Sing", "Sing a long song of the sea"),
            "task.retitled",
        ),
        (PLAN.to_owned(), "task.removed"),
    ] {
        project.write("other/TODO.md", &text);
        {
            let lock = fs::File::options()
                .write(true)
                .open(project.path(".git/ledger/lock"))
                .unwrap();
            lock.lock().unwrap();
            project.fails(
                ["-C", "other", "--wait", "0.01", "observe"],
                2,
                &["waits at"],
            );
        }
        project.ok(["observe"]);
        assert_eq!(project.plan(), brewed(&text));
        assert_eq!(types(&project.events()).last(), Some(&found));
    }
    let events = project.events();
    project.ok(["-C", "other", "observe"]);
    assert_eq!(project.read("other/TODO.md"), project.plan());
    assert_eq!(project.events(), events);
    project.ok(["doctor"]);
}
