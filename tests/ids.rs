//! Ids that are handed out, to several at once.

use std::collections::BTreeSet;
use std::thread;

use serde_json::Value;

use crate::support::Project;
use crate::support::commits::{Commit, repository};
use crate::support::holder::Holder;

const PLAN: &str = "# Plan\n\n- [ ] **US-007**: Brew coffee\n- [ ] **US-008**: Drink it\n";

#[test]
fn ids_are_printed_one_a_line_and_given_once() {
    let project = Project::adopted(PLAN);
    assert_eq!(
        project.ok(["ids", "reserve", "US", "2"]).stdout,
        "US-009\nUS-010\n"
    );
    let again = ["ids", "reserve", "US", "2", "--idem", "mine"];
    assert_eq!(project.ok(again).stdout, "US-011\nUS-012\n");
    assert_eq!(project.ok(again).stdout, "US-011\nUS-012\n");
    let json = project.ok(["ids", "reserve", "US", "--json"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["ids"], serde_json::json!(["US-013"]));
    assert!(json["seq"].is_u64() && json["id"].is_string());
    let added = project
        .ok(["append", "add", "Wash up", "--id", "auto:US"])
        .stdout;
    assert!(added.contains("task.added  US-014"), "{added}");
    assert!(
        project.plan().contains("**US-014**: Wash up"),
        "{}",
        project.plan()
    );
    let audit = project.ok(["audit", "--type", "id.reserved"]).stdout;
    assert!(audit.contains("id: US-009; id: US-010"), "{audit}");
    project.ok(["append", "add", "Mine", "--id", "US-013"]);
    project.ok(["verify", "--deep"]);
}

#[test]
fn what_was_ever_used_is_not_handed_out() {
    let project = Project::adopted(PLAN);
    project.ok(["append", "rekey", "US-008", "US-020"]);
    project.ok(["append", "remove", "US-020"]);
    // The store is made anew from the journal, and knows it too.
    project.ok(["rebuild"]);
    assert_eq!(project.ok(["ids", "reserve", "US"]).stdout, "US-021\n");
    project.fails(
        ["ids", "reserve", "--", "-"],
        1,
        &["no family", "US for US-041"],
    );
    for odd in ["../x", "a  b", "US--", "\u{1b}[31m", "x/../y", ""] {
        project.fails(["ids", "reserve", odd], 1, &["no family"]);
    }
    project.fails(["ids", "reserve", "US", "0"], 1, &["from 1 to 1000"]);
}

#[test]
fn many_at_once_get_different_ones() {
    let project = Project::adopted(PLAN);
    let ids: Vec<String> = thread::scope(|scope| {
        let ask = |at: usize| match at % 2 {
            0 => {
                project
                    .ok(["--wait", "60", "ids", "reserve", "US", "3"])
                    .stdout
            }
            _ => {
                let title = format!("Task {at} of many");
                let add = [
                    "--wait", "60", "append", "add", &title, "--id", "auto:US", "--json",
                ];
                let receipt: Value = serde_json::from_str(&project.ok(add).stdout).unwrap();
                receipt["task"].as_str().unwrap().to_owned()
            }
        };
        let asking: Vec<_> = (0..12).map(|at| scope.spawn(move || ask(at))).collect();
        let answers = asking.into_iter().map(|asked| asked.join().unwrap());
        answers
            .flat_map(|ids| ids.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    });
    let different: BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), different.len()), (24, 24), "{ids:?}");
}

#[test]
fn a_reservation_that_cannot_be_had_does_not_wait() {
    let project = Project::adopted(PLAN);
    let holder = Holder::of(&project);
    project.fails(
        ["--wait", "0", "ids", "reserve", "US"],
        2,
        &["nothing was recorded"],
    );
    drop(holder);
    project.ok(["observe"]);
    assert_eq!(project.ok(["ids", "reserve", "US"]).stdout, "US-009\n");
}

#[test]
fn a_number_that_only_a_joined_branch_used_is_not_handed_out() {
    let project = Project::empty();
    let plan = "# Plan\n\n- [ ] T-1: One\n";
    let side = format!("{plan}- [ ] T-9: On the side\n");
    let main = format!("{plan}- [ ] T-2: Two\n");
    let commits = [
        Commit::new(0, &[], &[("TODO.md", plan)]),
        Commit::new(1, &[0], &[("TODO.md", &side)]),
        Commit::new(2, &[0], &[("TODO.md", &main)]),
        // It took nothing over from the side.
        Commit::new(3, &[2, 1], &[("TODO.md", &main)]),
    ];
    repository(project.folder(), &commits);
    project.ok(["init", "TODO.md", "--git"]);
    assert_eq!(
        project.ok(["ids", "reserve", "T", "2"]).stdout,
        "T-10\nT-11\n"
    );
    project.ok(["rebuild"]);
    assert_eq!(project.ok(["ids", "reserve", "T"]).stdout, "T-12\n");
    project.ok(["verify", "--deep"]);
}
