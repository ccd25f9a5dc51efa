//! A ledger of several plan files.

use std::fs;

use serde_json::Value;

use crate::support::{Project, types};

const TODO: &str = "\
# Now

- [ ] **T-1**: Write the Containerfile
- [x] **T-2**: Build the image
- [ ] **T-3**: Deploy to staging
";

const LATER: &str = "\
# Later

- [ ] **L-1**: Announce it
- [ ] **L-2**: Write it up
";

fn both() -> Project {
    let project = Project::empty();
    project.write("TODO.md", TODO);
    project.write("LATER.md", LATER);
    project.ok(["init", "TODO.md", "LATER.md"]);
    project
}

fn task(project: &Project, name: &str) -> Value {
    serde_json::from_str(&project.ok(["show", name, "--json"]).stdout).unwrap()
}

/// Takes the line that begins so out of one file and puts it at the end of the other.
fn carry(project: &Project, from: &str, to: &str, beginning: &str) {
    let text = project.read(from);
    let line = text
        .lines()
        .find(|line| line.starts_with(beginning))
        .unwrap()
        .to_owned()
        + "\n";
    project.write(from, text.replace(&line, ""));
    project.write(to, project.read(to) + &line);
}

#[test]
fn a_task_carried_to_another_file_is_moved_and_keeps_its_status() {
    let project = both();
    carry(&project, "TODO.md", "LATER.md", "- [x] **T-2**");
    project.ok(["observe"]);
    let events = project.events();
    let new = types(&events)[3..].to_vec();
    assert!(new.contains(&"task.moved"), "{new:?}");
    assert!(
        new.iter()
            .all(|kind| matches!(*kind, "task.moved" | "document.edited")),
        "{new:?}"
    );
    let moved = events
        .iter()
        .find(|event| event["type"] == "task.moved")
        .unwrap();
    assert_eq!(moved["task"], "T-2");
    assert!(moved["details"].to_string().contains("LATER.md"), "{moved}");
    let shown = task(&project, "T-2");
    assert_eq!(shown["status"], "completed");
    assert_eq!(shown["plan"], "LATER.md");
    project.ok(["append", "reopen", "T-2"]);
    assert!(project.read("LATER.md").contains("- [ ] **T-2**"));
    project.ok(["verify"]);
    let trail = project.ok(["audit", "--task", "T-2"]).stdout;
    assert!(
        trail.contains("task.moved") && trail.contains("task.reopened"),
        "{trail}"
    );
}

#[test]
fn a_task_carried_the_other_way_is_moved_too() {
    let project = both();
    carry(&project, "LATER.md", "TODO.md", "- [ ] **L-2**");
    project.ok(["append", "complete", "L-2"]);
    let events = project.events();
    let new = types(&events)[3..].to_vec();
    assert!(new.contains(&"task.moved"), "{new:?}");
    assert!(
        !new.contains(&"task.removed") && !new.contains(&"task.added"),
        "{new:?}"
    );
    assert_eq!(new.last(), Some(&"task.completed"));
    assert!(project.read("TODO.md").contains("- [x] **L-2**"));
    project.ok(["verify"]);
}

#[test]
fn a_blocked_task_keeps_its_reason_on_the_way() {
    let project = both();
    project.ok(["append", "start", "T-1"]);
    project.ok(["append", "block", "T-1", "--reason", "no registry"]);
    let before = task(&project, "T-1");
    carry(
        &project,
        "TODO.md",
        "LATER.md",
        project.plan().lines().nth(2).unwrap(),
    );
    project.ok(["observe"]);
    let after = task(&project, "T-1");
    assert_eq!(after["plan"], "LATER.md");
    for member in ["status", "reason"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    let events = project.events();
    assert!(
        !types(&events)[5..]
            .iter()
            .any(|kind| kind.contains("block")),
        "{events:?}"
    );
    project.ok(["append", "unblock", "T-1"]);
    assert_eq!(
        task(&project, "T-1")["status"],
        "in_progress",
        "as before it was blocked"
    );
}

#[test]
fn a_status_that_changes_on_the_way_is_an_event_of_its_own() {
    let project = both();
    carry(&project, "TODO.md", "LATER.md", "- [ ] **T-3**");
    project.write(
        "LATER.md",
        project
            .read("LATER.md")
            .replace("- [ ] **T-3**", "- [x] **T-3**"),
    );
    project.ok(["observe"]);
    let events = project.events();
    let about: Vec<_> = events
        .iter()
        .filter(|event| event["task"] == "T-3")
        .collect();
    let done = about.iter().find(|event| event["type"] == "task.completed");
    let done = done.unwrap_or_else(|| panic!("{about:?}"));
    assert_eq!(
        (done["from"].as_str(), done["to"].as_str()),
        (Some("pending"), Some("completed"))
    );
    assert!(
        about.iter().any(|event| event["type"] == "task.moved"),
        "{about:?}"
    );
    assert_eq!(task(&project, "T-3")["status"], "completed");
    project.ok(["verify"]);
}

#[test]
fn commands_go_to_the_plan_that_has_the_task() {
    let project = both();
    project.ok(["append", "complete", "L-1"]);
    assert_eq!(project.plan(), TODO);
    project.ok(["append", "complete", "T-1"]);
    assert!(project.plan().contains("- [x] **T-1**"));
    project.ok(["append", "add", "More", "--id", "L-3", "--plan", "LATER.md"]);
    assert!(project.read("LATER.md").contains("L-3"));
    let batch =
        "{\"change\":\"complete\",\"task\":\"T-3\"}\n{\"change\":\"complete\",\"task\":\"L-2\"}\n";
    let run = project.run_with(["append", "--json"], batch);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let last = (project.events().len() - 1).to_string();
    for plan in ["TODO.md", "LATER.md"] {
        let run = project.ok(["render", "--stdout", "--plan", plan, "--at", &last]);
        assert_eq!(run.stdout, project.read(plan));
    }
    let run = project.ok(["render", "--stdout", "--plan", "LATER.md", "--at", "2"]);
    assert_eq!(run.stdout, LATER);
    project.fails(["render", "--stdout"], 2, &["--plan"]);
    project.ok(["verify"]);
}

#[test]
fn one_plan_that_cannot_be_read_keeps_nobody_from_the_others() {
    let project = both();
    let garbled = b"# Now\n\n- [ ] **T-1**: caf\xe9\n";
    project.write("TODO.md", garbled);
    let run = project.ok(["append", "complete", "L-1"]);
    assert!(
        run.stderr
            .contains("note: TODO.md: not UTF-8 text: byte 25"),
        "{}",
        run.stderr
    );
    assert!(project.read("LATER.md").contains("- [x] **L-1**"));
    for query in ["status", "next", "list", "audit"] {
        let run = project.ok([query]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(
            said.contains("TODO.md") && said.contains("not UTF-8"),
            "{query}: {said}"
        );
    }
    assert!(
        project
            .ok(["show", "T-1"])
            .stdout
            .contains("Write the Containerfile")
    );
    assert_eq!(
        project
            .ok(["render", "--stdout", "--plan", "TODO.md"])
            .stdout,
        TODO
    );
    let status: Value = serde_json::from_str(&project.ok(["status", "--json"]).stdout).unwrap();
    let states: Vec<_> = status["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| &plan["state"])
        .collect();
    assert_eq!(states, ["unreadable", "current"]);

    // About that plan itself nothing is recorded, and what somebody wrote there stays.
    let events = project.events().len();
    project.fails(
        ["append", "start", "T-1"],
        2,
        &["TODO.md", "byte 25", "iconv"],
    );
    assert_eq!(project.events().len(), events);
    // Observing does what can be done, and fails for the rest.
    project.write(
        "LATER.md",
        project
            .read("LATER.md")
            .replace("- [ ] **L-2**", "- [x] **L-2**"),
    );
    let run = project.fails(["observe"], 2, &["TODO.md", "byte 25"]);
    assert!(run.stdout.contains("L-2"), "{}", run.stdout);
    project.fails(["render", "--check"], 1, &["1 of the plan files"]);
    project.write("NEW.md", "- [ ] **N-1**: new\n");
    project.ok(["init", "NEW.md"]);
    assert_eq!(project.bytes("TODO.md"), garbled);

    // It can be let go, or be made readable again.
    project.write("TODO.md", TODO.replace("Containerfile", "Dockerfile"));
    project.ok(["append", "start", "T-1"]);
    assert!(project.plan().contains("Dockerfile"));
    project.write("TODO.md", garbled);
    project.ok(["append", "drop", "TODO.md"]);
    assert_eq!(project.ok(["append", "complete", "N-1"]).stderr, "");
    assert_eq!(project.bytes("TODO.md"), garbled);
    project.ok(["verify"]);
}

#[cfg(unix)]
#[test]
fn one_file_under_two_names_is_refused() {
    use std::os::unix::fs::symlink;
    let project = both();
    fs::hard_link(project.path("TODO.md"), project.path("HARD.md")).unwrap();
    symlink("TODO.md", project.path("SOFT.md")).unwrap();
    let events = project.events().len();
    for name in ["HARD.md", "SOFT.md"] {
        project.fails(["init", name], 1, &[name, "is the same file as TODO.md"]);
        project.fails(
            ["append", "rename", "LATER.md", name],
            1,
            &[name, "is the same file as TODO.md"],
        );
    }
    assert_eq!(project.events().len(), events);
    let fresh = Project::empty();
    fresh.write("TODO.md", TODO);
    fs::hard_link(fresh.path("TODO.md"), fresh.path("HARD.md")).unwrap();
    fresh.fails(
        ["init", "TODO.md", "HARD.md"],
        1,
        &["HARD.md is the same file as TODO.md"],
    );
    assert!(!fresh.path(".ledger").exists());
    // One name of several is as good as another.
    fresh.ok(["init", "HARD.md"]);
    fresh.ok(["append", "complete", "T-1"]);
    assert!(fresh.read("HARD.md").contains("- [x] **T-1**"));
}

#[test]
fn a_renamed_plan_is_followed_and_the_others_stay() {
    let project = both();
    fs::create_dir(project.path("docs")).unwrap();
    fs::rename(project.path("LATER.md"), project.path("docs/NEXT.md")).unwrap();
    let run = project.ok(["observe"]);
    assert!(
        run.stderr.contains("LATER.md is not there"),
        "{}",
        run.stderr
    );
    project.fails(
        ["append", "rename", "LATER.md", "TODO.md"],
        1,
        &["TODO.md", "already"],
    );
    project.fails(
        ["append", "rename", "NOWHERE.md", "X.md"],
        1,
        &["does not track 'NOWHERE.md'"],
    );
    project.ok(["append", "rename", "LATER.md", "docs/NEXT.md"]);
    project.ok(["-C", "docs", "append", "complete", "L-1"]);
    assert!(project.read("docs/NEXT.md").contains("- [x] **L-1**"));
    assert!(!project.path("LATER.md").exists());
    assert_eq!(project.plan(), TODO);
    assert_eq!(
        types(&project.events())[3..],
        ["document.renamed", "task.completed"]
    );
    // A name that got free can be given away again.
    project.ok([
        "-C",
        "docs",
        "append",
        "rename",
        "../TODO.md",
        "../LATER.md",
    ]);
    let run = project.ok(["render"]);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    assert_eq!(project.read("LATER.md"), TODO);
    project.ok(["verify"]);
}

#[test]
fn a_plan_is_not_given_the_name_of_a_folder() {
    let project = Project::adopted("- [ ] **T-1**: a\n");
    std::fs::create_dir(project.path("docs")).unwrap();
    for (name, why) in [
        ("docs", "docs is a folder"),
        ("docs/", "docs is a folder"),
        (".", "does not name a file"),
        ("docs/..", "does not name a file"),
    ] {
        project.fails(["append", "rename", "TODO.md", name], 2, &[why]);
    }
    let nameless = project.run_with(
        ["append", "--json"],
        r#"{"change":"rename","plan":"TODO.md","to":""}"#,
    );
    assert_eq!(nameless.code, 2, "{}", nameless.stdout);
    assert_eq!(project.events().len(), 2);
    project.ok(["append", "rename", "TODO.md", "docs/TODO.md"]);
}

#[test]
fn a_dependency_is_on_the_task_of_its_own_plan_first() {
    let project = Project::empty();
    let a =
        "# A\n\n- [ ] **T-1**: one\n- [ ] **T-2**: two\n  - Depends on: T-1\n- [ ] **T-5**: x\n";
    let b = "# B\n\n- [x] **T-1**: b one\n- [ ] **T-3**: three\n  - Depends on: T-1\n- [ ] **T-4**: y\n  - Depends on: T-5\n";
    project.write("A.md", a);
    project.write("B.md", b);
    project.ok(["init", "A.md", "B.md"]);
    let next = project.ok(["next", "--json"]).stdout;
    let next: Value = serde_json::from_str(&next).unwrap();
    let keys = |of: &str| -> Vec<String> {
        let tasks = next[of].as_array().unwrap().iter();
        tasks
            .map(|task| task["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(keys("ready"), ["T-1", "T-5", "T-3"]);
    assert_eq!(keys("waiting"), ["T-2", "T-4"]);
    let started = project.ok(["append", "start", "T-3"]);
    assert!(!started.stderr.contains("depends on"), "{}", started.stderr);
}
