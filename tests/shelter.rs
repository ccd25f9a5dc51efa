//! A ledger that was made before git came along: git leaves it alone, and `doctor` moves it.

use std::fs;

use crate::support::doctor::{codes, doctor};
use crate::support::{Project, types};

const PLAN: &str = "# Plan\n\n- [ ] **T-1**: First\n- [ ] **T-2**: Second\n";

#[test]
fn a_ledger_that_git_came_after_is_left_alone_by_git_and_moved_by_doctor() {
    let project = Project::adopted(PLAN).kept();
    project.ok(["append", "start", "T-1"]);
    project.git(["init", "-q", "-b", "main"]);
    project.git(["add", "-A"]);
    project.git(["commit", "-q", "-m", "start"]);
    assert_eq!(project.git(["ls-files"]), "TODO.md\n");
    project.write("TODO.md", project.plan().replace("First", "First of all"));
    project.git(["stash", "-q", "-u"]);
    project.git(["stash", "pop", "-q"]);
    project.git(["clean", "-fdq"]);
    let before = project.events();

    // One that an earlier version made.
    fs::remove_file(project.path(".ledger/.gitignore")).unwrap();
    let report = doctor(&project, &[], 1);
    assert_eq!(codes(&report), ["gitignore", "exposed"]);
    // A change waits in it, and an edit in the plan.
    let lock = fs::File::open(project.path(".ledger/lock")).unwrap();
    lock.lock().unwrap();
    project.fails(
        ["append", "note", "T-2", "hot", "--wait", "0"],
        2,
        &["waits at"],
    );
    drop(lock);
    project.fails(["--ledger", ".ledger", "doctor"], 1, &["1 finding"]);
    let report = doctor(&project, &["--fix"], 0);
    assert!(
        report["ledger"].as_str().unwrap().ends_with(".git/ledger"),
        "{report}"
    );
    assert!(!project.path(".ledger").exists());
    assert_eq!(
        fs::read_dir(project.path(".git/ledger/checkouts"))
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                !name.to_string_lossy().ends_with(".new")
            })
            .count(),
        1
    );
    project.ok(["observe"]);
    let events = project.events();
    assert_eq!(events[..before.len()], before);
    let types = types(&events[before.len()..]);
    assert_eq!(types, ["task.retitled", "note.recorded"]);
    project.git(["clean", "-xfdq"]);
    project.ok(["verify", "--deep"]);
    assert_eq!(codes(&doctor(&project, &[], 0)), [""; 0]);
}

#[test]
fn a_ledger_below_the_top_of_a_checkout_stays_where_its_plans_are() {
    let project = Project::empty();
    fs::create_dir(project.path("part")).unwrap();
    project.write("part/TODO.md", PLAN);
    project.ok(["-C", "part", "init", "TODO.md"]);
    project.git_init();
    assert_eq!(project.git(["ls-files"]), "part/TODO.md\n");
    project.ok(["-C", "part", "doctor", "--fix"]);
    project.ok(["-C", "part", "append", "complete", "T-1"]);
}
