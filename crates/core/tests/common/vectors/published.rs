//! Journals with checkpoints in them.

use super::proofs::recorded;
use super::*;

const TYPE: &str = "checkpoint.published";
const WRONG: &str = "WRONG_CHECKPOINT";

pub(super) fn all() -> Vec<Vector> {
    let mut published = worked();
    let first = recorded(&published, 4, 4);
    published.event(TYPE, &[first]);
    published.event("note.recorded", &note());
    let second = recorded(&published, 6, 6);
    published.event(TYPE, &[second]);

    let mut removed = published.clone();
    removed.lines[4] = redact(&removed.lines[4], "checkpoint");

    // On a branch it may come from a journal without the other one.
    let mut elsewhere = worked();
    elsewhere.follow(1);
    let own = recorded(&elsewhere, 2, 2);
    elsewhere.event(TYPE, &[own]);

    let with = |name, about, checkpoint: PartText| {
        third(name, WRONG, about, |forge| forge.event(TYPE, &[checkpoint]))
    };
    let started = Forge::started();
    let foreign = {
        let mut other = Forge::new();
        other.with("ledger.created", &[], |header| {
            header["genesis"]["nonce"] = json!("08".repeat(32));
        });
        other.event("note.recorded", &note());
        recorded(&other, 2, 2)
    };
    vec![
        ok(
            "published",
            "two checkpoints of all that stands before them",
            &published,
        ),
        ok(
            "published-and-removed",
            "a recorded checkpoint was removed",
            &removed,
        ),
        ok(
            "published-elsewhere",
            "a checkpoint on a branch is not compared",
            &elsewhere,
        ),
        with(
            "checkpoint-of-other-events",
            "its root is another tree's",
            recorded(&started, 2, 1),
        ),
        with(
            "checkpoint-of-fewer-events",
            "it is not of all the events before it",
            recorded(&started, 1, 1),
        ),
        with(
            "checkpoint-of-another-ledger",
            "its origin is another ledger",
            foreign,
        ),
        with(
            "checkpoint-that-is-none",
            "no signed note",
            part("checkpoint", &json!("hello\n")),
        ),
        with(
            "checkpoint-that-is-no-text",
            "not a string",
            part("checkpoint", &json!(2)),
        ),
        with(
            "checkpoint-missing",
            "an event without it",
            part("note", &json!("hello")),
        ),
    ]
}
