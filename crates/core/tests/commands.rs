//! What one line of a batch may say.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

use ledger_core::Command;
use ledger_core::decide::StepName;
use serde_json::{Value, json};

fn read(line: &Value) -> Result<Command, String> {
    serde_json::from_str(&line.to_string()).map_err(|error| error.to_string())
}

/// The least that each change says, and every further member it may have.
const CHANGES: [(&str, &[&str], &[&str]); 23] = [
    ("start", &["task"], &STATUS),
    ("complete", &["task"], &STATUS),
    ("block", &["task"], &STATUS),
    ("unblock", &["task"], &STATUS),
    ("reopen", &["task"], &STATUS),
    ("flag", &["task"], &STATUS),
    ("cancel", &["task"], &STATUS),
    (
        "add",
        &["title"],
        &["id", "plan", "section", "after", "fields"],
    ),
    ("remove", &["task"], &["reason"]),
    ("restore", &["task"], &[]),
    ("move", &["task"], &["plan", "section", "after"]),
    ("retitle", &["task", "title"], &[]),
    ("rekey", &["task", "id"], &[]),
    ("set", &["label", "text"], &["task", "plan"]),
    ("unset", &["label"], &["task", "plan"]),
    ("note", &["task", "text"], &[]),
    ("result", &["task", "text"], &[]),
    ("step", &["task", "step"], &["undo"]),
    ("depend", &["task", "on"], &[]),
    ("undepend", &["task", "on"], &[]),
    ("rename", &["plan", "to"], &[]),
    ("drop", &["plan"], &[]),
    ("work", &["agent", "items"], &["session", "all"]),
];

const STATUS: [&str; 6] = ["reason", "date", "summary", "results", "fields", "notes"];

fn value(member: &str) -> Value {
    match member {
        "results" | "notes" => json!(["x"]),
        "fields" => json!([["Size", "3"]]),
        "undo" | "all" => json!(true),
        "items" => json!([]),
        _ => json!("x"),
    }
}

fn line(change: &str, members: &[&str]) -> Value {
    let mut line = json!({"change": change});
    for member in members {
        line[member] = value(member);
    }
    line
}

#[test]
fn each_change_takes_its_members_and_reads_as_it_was_written() {
    for (change, needed, further) in CHANGES {
        read(&line(change, needed)).unwrap();
        let whole = line(change, &[needed, further].concat());
        let command = read(&whole).unwrap_or_else(|error| panic!("{whole}: {error}"));
        assert_eq!(serde_json::to_value(&command).unwrap(), whole);
    }
}

#[test]
fn a_member_that_a_change_does_not_have_is_named_with_those_it_has() {
    for (change, needed, further) in CHANGES {
        for stranger in ["summry", "sectoin", "result", "title", "task", "to", "undo"] {
            if needed.contains(&stranger) || further.contains(&stranger) {
                continue;
            }
            let mut line = line(change, needed);
            line[stranger] = json!("x");
            let error = read(&line).expect_err(change);
            assert!(error.contains(&format!("`{stranger}`")), "{line}: {error}");
            for member in needed.iter().chain(further) {
                assert!(error.contains(&format!("`{member}`")), "{line}: {error}");
            }
        }
    }
}

#[test]
fn a_member_that_is_missing_is_named() {
    for (change, needed, _) in CHANGES {
        for missing in needed {
            let rest: Vec<&str> = needed.iter().copied().filter(|m| m != missing).collect();
            let error = read(&line(change, &rest)).expect_err(change);
            assert!(error.contains(&format!("`{missing}`")), "{change}: {error}");
        }
    }
}

#[test]
fn a_step_is_a_number_or_a_text() {
    let step = |step: Value| read(&json!({"change": "step", "task": "T-1", "step": step}));
    for (value, wanted) in [
        (json!(2), StepName::Number(2)),
        (json!("2"), StepName::Text("2".to_owned())),
        (json!("write it"), StepName::Text("write it".to_owned())),
    ] {
        let Command::Step { step, .. } = step(value).unwrap() else {
            panic!("another change");
        };
        assert_eq!(step, wanted);
    }
    for value in [
        json!(true),
        json!(null),
        json!(-1),
        json!(1.5),
        json!(["a"]),
        json!({}),
    ] {
        let error = step(value.clone()).unwrap_err();
        assert!(
            error.contains("a step is a number or a text"),
            "{value}: {error}"
        );
    }
}
