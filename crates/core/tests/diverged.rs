//! Events that are sealed and chained well but do not fit the plan before them: the fold says
//! which event it was, and never panics.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod common;

use common::{NONCE, document_id, draft, flip, hunk, stamp};
use ledger_core::document::Document;
use ledger_core::plan::Diverged;
use ledger_core::{Draft, Plan, TaskKey, seal};
use serde_json::{Value, json};

const TEXT: &str = "# Plan\n\n- [ ] T-1: Sow peas\n- [ ] T-2: Weed\n";

fn adopted() -> Vec<Draft> {
    let id = document_id();
    let lines: Vec<&str> = TEXT.split_inclusive('\n').collect();
    let mut parts = vec![("document", json!(id)), ("path", json!("TODO.md"))];
    parts.extend(hunk(&id, 0, 0, &lines));
    for (key, line) in [("T-1", 2), ("T-2", 3)] {
        parts.push(task(key, &[(line, "pending")]));
        parts.push(("id", json!(key)));
    }
    vec![
        draft("ledger.created", vec![("grammar", json!(1))]),
        draft("document.adopted", parts),
    ]
}

fn task(key: &str, at: &[(u64, &str)]) -> (&'static str, Value) {
    ("task", json!({"key": key, "doc": document_id(), "at": at}))
}

fn rekeyed(from: &str, to: &str) -> Draft {
    Draft {
        task: Some(TaskKey::new(to).unwrap()),
        from: Some(from.to_owned()),
        to: Some(to.to_owned()),
        ..draft("task.rekeyed", vec![])
    }
}

/// Folds a batch behind an adopted plan; its last event says that it left `text` behind.
fn fold(drafts: &[Draft], text: Option<&str>) -> Result<Plan, Diverged> {
    let document = Document::from(TEXT);
    let first = seal(
        None,
        &stamp(0),
        &adopted(),
        &[(document_id(), &document)],
        Some(NONCE),
    )
    .unwrap();
    let mut plan = Plan::default();
    plan.evolve(&first).unwrap();
    let after = text.map(Document::from);
    let documents: Vec<_> = after.iter().map(|text| (document_id(), text)).collect();
    let second = seal(Some(first.head()), &stamp(1), drafts, &documents, None).unwrap();
    plan.evolve(&second).map(|()| plan)
}

/// The batch's event at `index` (the first has position 2) is the one that does not fit.
fn diverges(drafts: &[Draft], text: Option<&str>, index: u64, says: &str) {
    match fold(drafts, text) {
        Ok(_) => panic!("{drafts:#?} was folded"),
        Err(diverged) => {
            assert_eq!(diverged.at.0, 2 + index, "{diverged}");
            assert!(diverged.to_string().contains(says), "{diverged}");
        }
    }
}

fn one(kind: &'static str, parts: Vec<(&'static str, Value)>) -> Vec<Draft> {
    vec![draft(kind, parts)]
}

#[test]
fn a_batch_that_fits_is_folded() {
    let id = document_id();
    let mut parts = hunk(&id, 2, 1, &["- [x] T-1: Sow peas\n"]);
    parts.push(task("T-1", &[(2, "completed")]));
    parts.push(("id", json!("T-1")));
    let plan = fold(
        &[flip("T-1", "pending", "completed", parts)],
        Some("# Plan\n\n- [x] T-1: Sow peas\n- [ ] T-2: Weed\n"),
    )
    .unwrap();
    plan.agrees().unwrap();
}

#[test]
fn a_hunk_beyond_the_end_does_not_fit() {
    let id = document_id();
    for (at, del) in [
        (5, 0),
        (4, 1),
        (0, 5),
        (usize::MAX >> 11, 1),
        (3, usize::MAX >> 11),
    ] {
        diverges(
            &one("document.edited", hunk(&id, at, del, &[])),
            None,
            0,
            "does not fit",
        );
    }
}

#[test]
fn a_hunk_of_an_unknown_document_does_not_fit() {
    let other = ledger_core::DocumentId::new("00000000000000d2").unwrap();
    diverges(
        &one("document.edited", hunk(&other, 0, 0, &[])),
        None,
        0,
        "tracks no document",
    );
    diverges(
        &one("document.dropped", vec![("document", json!(other))]),
        None,
        0,
        "tracks no document",
    );
}

#[test]
fn the_event_that_does_not_fit_is_named_inside_its_batch() {
    let id = document_id();
    let drafts = [
        draft("document.edited", hunk(&id, 0, 1, &["# Garden\n"])),
        draft("document.edited", hunk(&id, 9, 1, &[])),
        draft("document.edited", vec![]),
    ];
    diverges(&drafts, None, 1, "does not fit");
}

#[test]
fn a_hunk_with_fewer_lines_than_it_says_does_not_fit() {
    let place = json!({"doc": document_id(), "at": 0, "del": 0, "ins": 2});
    let parts = vec![("hunk", place), ("line", json!("only one\n"))];
    diverges(&one("document.edited", parts), None, 0, "1 follow");
    let endless = json!({"doc": document_id(), "at": 0, "del": 0, "ins": (1_u64 << 53) - 1});
    diverges(
        &one("document.edited", vec![("hunk", endless)]),
        None,
        0,
        "0 follow",
    );
}

#[test]
fn a_task_beyond_the_end_does_not_fit() {
    for line in [4, (1 << 53) - 1] {
        let parts = vec![task("T-1", &[(2, "pending"), (line, "pending")])];
        diverges(&one("document.edited", parts), None, 0, "4 lines");
    }
}

#[test]
fn a_task_of_an_unknown_form_does_not_fit() {
    for value in [
        json!({"key": "T-1", "doc": document_id(), "at": []}),
        json!({"key": "T-1", "doc": document_id(), "at": [[2, "dreaming"]]}),
        json!({"key": "", "doc": document_id(), "at": [[2, "pending"]]}),
        json!({"doc": document_id(), "at": [[2, "pending"]]}),
        json!({"key": "T-1", "doc": document_id(), "at": [[-1, "pending"]]}),
        json!("T-1"),
        json!([]),
        json!(null),
    ] {
        diverges(
            &one("document.edited", vec![("task", value)]),
            None,
            0,
            "part 0",
        );
    }
}

#[test]
fn an_unknown_type_is_named() {
    diverges(&one("task.dreamt", vec![]), None, 0, "'task.dreamt'");
}

#[test]
fn a_task_that_nobody_knows_cannot_leave_or_get_another_key() {
    diverges(
        &one("task.removed", vec![("gone", json!("T-9"))]),
        None,
        0,
        "no task T-9",
    );
    let twice = vec![("gone", json!("T-1")), ("gone", json!("T-1"))];
    diverges(&one("task.removed", twice), None, 0, "no task T-1");
    diverges(&[rekeyed("T-9", "T-10")], None, 0, "no task T-9");
}

#[test]
fn a_key_that_is_taken_cannot_be_given() {
    diverges(&[rekeyed("T-1", "T-2")], None, 0, "a task T-2 already");
    diverges(
        &[rekeyed("T-1", "T-3"), rekeyed("T-2", "T-3")],
        None,
        1,
        "a task T-3 already",
    );
    // Two tasks may change keys with each other, though.
    let plan = fold(&[rekeyed("T-1", "T-2"), rekeyed("T-2", "T-1")], None).unwrap();
    let key = TaskKey::new("T-2").unwrap();
    assert_eq!(plan.task(&key).unwrap().line(), 2);
}

#[test]
fn a_document_is_adopted_once() {
    let parts = vec![
        ("document", json!(document_id())),
        ("path", json!("TODO.md")),
    ];
    diverges(&one("document.adopted", parts), None, 0, "already");
}

#[test]
fn what_a_type_needs_is_asked_for() {
    diverges(&one("document.adopted", vec![]), None, 0, "'document'");
    diverges(
        &one("document.renamed", vec![("document", json!(document_id()))]),
        None,
        0,
        "'path'",
    );
    diverges(&one("plan.reinterpreted", vec![]), None, 0, "'grammar'");
}

#[test]
fn a_document_that_is_not_what_was_left_behind_is_noticed() {
    let id = document_id();
    let drafts = one("document.edited", hunk(&id, 0, 1, &["# Garden\n"]));
    diverges(
        &drafts,
        Some("# Another\n"),
        0,
        "is not what the event says",
    );
}

#[test]
fn an_edit_of_which_nothing_says_what_it_leaves_does_not_fit() {
    let id = document_id();
    let drafts = [
        draft("document.edited", hunk(&id, 0, 1, &["# Garden\n"])),
        draft("document.edited", vec![]),
    ];
    diverges(&drafts, None, 1, "does not say what it leaves");
}

#[test]
fn an_edit_that_does_not_leave_whole_lines_does_not_fit() {
    let id = document_id();
    for (at, lines) in [
        (0, &["# The "][..]),
        (1, &["one\ntwo\n"]),
        (4, &[""]),
        (4, &["no end", "\n"]),
    ] {
        let drafts = one("document.edited", hunk(&id, at, 0, lines));
        diverges(&drafts, None, 0, "not whole lines");
    }
    let behind_an_open_end = [
        draft("document.edited", hunk(&id, 4, 0, &["no end"])),
        draft("document.edited", hunk(&id, 5, 0, &["more\n"])),
    ];
    diverges(&behind_an_open_end, None, 1, "not whole lines");
    let open_end = one("document.edited", hunk(&id, 4, 0, &["no end"]));
    assert!(fold(&open_end, Some(&format!("{TEXT}no end"))).is_ok());
}

#[test]
fn a_hunk_of_another_form_does_not_fit() {
    let id = document_id();
    for place in [
        json!([id, 0, 0, 0]),
        json!({"doc": id, "at": 0, "del": 0, "ins": 0, "why": "none"}),
        json!({"doc": "d1", "at": 0, "del": 0, "ins": 0}),
        json!("none"),
    ] {
        diverges(
            &one("document.edited", vec![("hunk", place)]),
            None,
            0,
            "part 0",
        );
    }
}
