//! What a plan file has besides its text stays with it: its access list, and attributes that
//! somebody gave it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Project;

const PLAN: &str = "# Plan\n\n- [ ] **T-1**: Brew\n- [ ] **T-2**: Drink\n";

/// Runs a tool of the system on a file; `None` where there is no such tool, or the file system of
/// temporary files has nothing for it to do. On a machine that runs all checks there must be.
fn tool(words: &[&str], path: &Path) -> Option<String> {
    let (tool, words) = words.split_first().unwrap();
    let output = Command::new(tool).args(words).arg(path).output();
    let why = match output {
        Ok(output) if output.status.success() => {
            return Some(String::from_utf8(output.stdout).unwrap());
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "{tool}: {why}"
    );
    eprintln!("{tool} does not work here, so this test checks nothing: {why}");
    None
}

#[test]
fn the_access_list_of_a_plan_stays_with_it() {
    let project = Project::adopted(PLAN);
    let path = project.path("TODO.md");
    let list = "u::rw-,u:1234:rw-,g::r--,m::rw-,o::r--";
    if tool(&["setfacl", "--set", list], &path).is_none() {
        return;
    }
    let lists = || tool(&["getfacl", "-cpn"], &path).unwrap();
    let before = lists();
    assert!(before.contains("user:1234:rw-"), "{before}");
    project.ok(["append", "start", "T-1"]);
    assert!(project.plan().contains("T-1"));
    assert_eq!(lists(), before);
}

#[test]
fn a_plan_without_an_access_list_gets_none_from_its_folder() {
    let project = Project::adopted(PLAN);
    let path = project.path("TODO.md");
    let lists = || tool(&["getfacl", "-cpn"], &path);
    let Some(before) = lists() else {
        return;
    };
    let folder = project.path(".");
    if tool(&["setfacl", "-dm", "u:1234:rw"], &folder).is_none() {
        return;
    }
    project.ok(["append", "start", "T-1"]);
    assert_eq!(lists(), Some(before));
    // A plan that is written where none was is a new file like any other.
    fs::remove_file(&path).unwrap();
    project.ok(["render"]);
    let new = lists().unwrap();
    assert!(new.contains("user:1234:rw-"), "{new}");
}

#[test]
fn the_attributes_that_somebody_gave_a_plan_stay_with_it() {
    let project = Project::adopted(PLAN);
    let path = project.path("TODO.md");
    let long = "y".repeat(1_000);
    for (name, value) in [("user.kind", "plan"), ("user.long", &long)] {
        if tool(&["setfattr", "-n", name, "-v", value], &path).is_none() {
            return;
        }
    }
    let given = || {
        let text = tool(&["getfattr", "-d", "--absolute-names"], &path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let before = given();
    assert_eq!(
        before
            .iter()
            .filter(|line| line.starts_with("user."))
            .count(),
        2
    );
    project.ok(["append", "start", "T-1"]);
    assert_eq!(given(), before);
}
