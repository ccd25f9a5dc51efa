//! Events that do not follow those before them.

use super::*;

pub(super) fn all() -> Vec<Vector> {
    let mut merged = merge();
    merged.lines.remove(4);
    let mut high = Forge::started();
    high.event("note.recorded", &note());
    high.follow(1);
    high.event("note.recorded", &note());
    let (a, b) = (high.ids[2].clone(), high.ids[3].clone());
    high.with("history.merged", &[], |header| {
        header.insert("parents".into(), json!([a, b]));
        header.insert("height".into(), json!(4));
    });
    let in_batch = |change: &dyn Fn(&mut Members)| {
        let mut forge = Forge::started();
        forge.batch(2);
        forge.event("note.recorded", &note());
        forge.with("note.recorded", &note(), |header| change(header));
        forge.journal()
    };
    let put = |name: &'static str, value: Value| {
        move |header: &mut Members| {
            header.insert(name.into(), value.clone());
        }
    };
    vec![
        third(
            "wrong-parent",
            "WRONG_PARENT",
            "no event has the parent's id",
            |forge| {
                let parent = "ab".repeat(32);
                forge.with("note.recorded", &note(), set("parents", json!([parent])));
            },
        ),
        third(
            "earlier-parent",
            "WRONG_HEIGHT",
            "the parent is the last but one event, the height is not",
            |forge| {
                let parent = forge.ids[0].clone();
                forge.with("note.recorded", &note(), set("parents", json!([parent])));
            },
        ),
        third(
            "second-first-event",
            "WRONG_PARENT",
            "a second event without parents",
            |forge| {
                forge.with("ledger.created", &[], |header| {
                    header.insert("parents".into(), json!([]));
                    header.insert("height".into(), json!(0));
                    header.remove("ledger");
                    header.insert(
                        "genesis".into(),
                        json!({"hash": "blake3", "nonce": "08".repeat(32)}),
                    );
                });
            },
        ),
        third(
            "wrong-height",
            "WRONG_HEIGHT",
            "a height that skips one",
            |forge| {
                forge.with("note.recorded", &note(), set("height", json!(3)));
            },
        ),
        third(
            "wrong-ledger",
            "WRONG_LEDGER",
            "an event of another ledger",
            |forge| {
                forge.with(
                    "note.recorded",
                    &note(),
                    set("ledger", json!("ab".repeat(32))),
                );
            },
        ),
        third(
            "wrong-wseq",
            "WRONG_WSEQ",
            "the writer's count skips one",
            |forge| {
                forge.with("note.recorded", &note(), set("wseq", json!(3)));
            },
        ),
        third(
            "wrong-wseq-of-new-writer",
            "WRONG_WSEQ",
            "a new writer counts from 0",
            |forge| {
                forge.with(
                    "note.recorded",
                    &note(),
                    set("writer", json!("00000000000000a2")),
                );
            },
        ),
        bad(
            "merge-parent-missing",
            5,
            "WRONG_PARENT",
            "the other side's first event is not there",
            merged.journal(),
        ),
        bad(
            "merge-wrong-height",
            5,
            "WRONG_HEIGHT",
            "a merge is one higher than the highest parent",
            high.journal(),
        ),
        third(
            "batch-starts-in-the-middle",
            "BROKEN_BATCH",
            "a batch starts with its second event",
            |forge| {
                forge.with("note.recorded", &note(), set("batch", json!([1, 2])));
            },
        ),
        third(
            "batch-index-beyond-length",
            "BROKEN_BATCH",
            "event 2 of a batch of 1",
            |forge| {
                forge.with("note.recorded", &note(), set("batch", json!([1, 1])));
            },
        ),
        third(
            "batch-of-none",
            "BROKEN_BATCH",
            "a batch of no events",
            |forge| {
                forge.with("note.recorded", &note(), set("batch", json!([0, 0])));
            },
        ),
        bad(
            "batch-broken-off",
            4,
            "BROKEN_BATCH",
            "another batch starts inside a batch",
            in_batch(&put("batch", json!([0, 1]))),
        ),
        bad(
            "batch-changes-length",
            4,
            "BROKEN_BATCH",
            "a batch of 2 goes on as a batch of 3",
            in_batch(&put("batch", json!([1, 3]))),
        ),
        bad(
            "batch-changes-writer",
            4,
            "BROKEN_BATCH",
            "the second event has another writer",
            in_batch(&|header| {
                header.insert("writer".into(), json!("00000000000000a2"));
                header.insert("wseq".into(), json!(0));
            }),
        ),
        bad(
            "batch-with-an-earlier-parent",
            4,
            "WRONG_PARENT",
            "the second event follows one from before its batch",
            {
                let mut forge = Forge::started();
                forge.batch(2);
                forge.event("note.recorded", &note());
                forge.follow(1);
                forge.event("note.recorded", &note());
                forge.event("note.recorded", &note());
                forge.journal()
            },
        ),
        bad(
            "batch-with-a-second-parent",
            4,
            "WRONG_PARENT",
            "the second event of a batch joins histories",
            {
                let mut forge = Forge::started();
                let other = forge.ids[1].clone();
                forge.batch(2);
                forge.event("note.recorded", &note());
                forge.with("note.recorded", &note(), |header| {
                    let first = header["parents"][0].clone();
                    header.insert("parents".into(), json!([first, other]));
                });
                forge.event("note.recorded", &note());
                forge.journal()
            },
        ),
    ]
}
