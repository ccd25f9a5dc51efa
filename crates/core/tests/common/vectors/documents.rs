//! Documents that are not what the hunks make.

use super::*;

const WRONG: &str = "WRONG_DOCUMENT";

pub(super) fn all() -> Vec<Vector> {
    vec![
        third(
            "wrong-document-hash",
            WRONG,
            "the hunks give another text",
            |forge| {
                forge.documents(
                    "document.edited",
                    hunk(0, 1, &["# Plan 2\n"]),
                    &PLAN.concat(),
                );
            },
        ),
        third(
            "hunk-beyond-the-end",
            WRONG,
            "the document has three lines",
            |forge| {
                forge.documents("document.edited", hunk(3, 1, &[]), &PLAN.concat());
            },
        ),
        third(
            "hunk-with-too-few-lines",
            WRONG,
            "a line is missing behind its hunk",
            |forge| {
                let mut parts = hunk(0, 1, &["# Plan\n", "\n"]);
                parts.pop();
                forge.documents("document.edited", parts, &PLAN.concat());
            },
        ),
        {
            let mut forge = uncertain();
            forge.documents("document.edited", hunk(0, 1, &["# P\n"]), "# Q\n");
            bad(
                "wrong-document-after-removal",
                7,
                WRONG,
                "the document was certain again",
                forge.journal(),
            )
        },
        third(
            "no-document-salt",
            WRONG,
            "a document hash without a salt",
            |forge| {
                forge.with(
                    "document.edited",
                    &[],
                    set("docs", json!([[DOC, "ab".repeat(32)]])),
                );
            },
        ),
    ]
    .into_iter()
    .chain(uncommitted())
    .chain(malformed())
    .collect()
}

/// Edits of which the batch's last event does not say what they leave.
fn uncommitted() -> Vec<Vector> {
    let edit = || hunk(0, 1, &["# Plan 2\n"]);
    let mut batch = Forge::started();
    batch.batch(2);
    batch.event("document.edited", &edit());
    batch.event("note.recorded", &note());
    batch.event("note.recorded", &note());
    let mut after_removal = worked();
    after_removal.lines[2] = redact(&after_removal.lines[2], "result");
    after_removal.event("document.edited", &edit());
    after_removal.event("note.recorded", &note());
    vec![
        third(
            "uncommitted-document",
            WRONG,
            "a document is edited and its hash is not there",
            |forge| forge.event("document.edited", &edit()),
        ),
        third(
            "uncommitted-second-document",
            WRONG,
            "two documents are edited and one hash is there",
            |forge| {
                let mut parts = hunk(0, 1, &["# Plan\n"]);
                let place = json!({"at": 0, "del": 0, "doc": "00000000000000d2", "ins": 0});
                parts.push(part("hunk", &place));
                forge.documents("document.edited", parts, &PLAN.concat());
            },
        ),
        bad(
            "uncommitted-document-in-batch",
            4,
            WRONG,
            "the first event of a batch edits, the last has no hash",
            batch.journal(),
        ),
        bad(
            "uncommitted-document-after-removal",
            5,
            WRONG,
            "an uncertain document is edited and its hash is not there",
            after_removal.journal(),
        ),
    ]
}

/// What is of the wrong form, whatever the documents are.
fn malformed() -> Vec<Vector> {
    let one = |name: &str, about, parts: Vec<PartText>, text: &str| {
        third(name, WRONG, about, |forge| {
            forge.documents("document.edited", parts, text);
        })
    };
    let place = |value: Value| vec![part("hunk", &value)];
    let plan = PLAN.concat();
    let twice = |salt: Value| vec![part("document_salt", &salt)];
    // Line 3 has a removed part; line 5 is wrong in its form alone.
    let uncertain = |name: &str, about, make: &dyn Fn(&mut Forge)| {
        let mut forge = worked();
        forge.lines[2] = redact(&forge.lines[2], "line");
        make(&mut forge);
        forge.event("note.recorded", &note());
        bad(name, 5, WRONG, about, forge.journal())
    };
    let mut open_end = Forge::started();
    let lines = [PLAN[0], "no end"];
    open_end.documents("document.edited", hunk(0, 3, &lines), &lines.concat());
    open_end.documents(
        "document.edited",
        hunk(2, 0, &["more\n"]),
        "# Plan\nno endmore\n",
    );
    open_end.event("note.recorded", &note());
    vec![
        one(
            "hunk-is-no-object",
            "a hunk is an object",
            place(json!([0, 0, DOC, 0])),
            &plan,
        ),
        one(
            "hunk-with-another-member",
            "a hunk has four members",
            place(json!({"at": 0, "del": 0, "doc": DOC, "ins": 0, "why": "none"})),
            &plan,
        ),
        one(
            "hunk-of-a-short-document-id",
            "a document has 16 digits",
            place(json!({"at": 0, "del": 0, "doc": "d1", "ins": 0})),
            &plan,
        ),
        one(
            "hunk-with-a-negative-line",
            "lines count from 0",
            place(json!({"at": -1, "del": 0, "doc": DOC, "ins": 0})),
            &plan,
        ),
        one(
            "hunk-with-two-lines-in-one",
            "a line part is one line",
            hunk(0, 1, &["# Plan\nof two\n"]),
            "# Plan\nof two\n- [ ] T-1: brew ☕\n- [ ] T-2: drink\n",
        ),
        one(
            "hunk-with-an-empty-line",
            "a line has at least its line feed",
            hunk(0, 0, &[""]),
            &plan,
        ),
        one(
            "line-without-feed",
            "only a last line may lack its line feed",
            hunk(0, 0, &["# The "]),
            &format!("# The {plan}"),
        ),
        bad(
            "line-after-one-without-feed",
            4,
            WRONG,
            "a line without line feed would no longer be the last",
            open_end.journal(),
        ),
        one(
            "two-document-salts",
            "an event with document hashes has one salt",
            twice(json!("d0".repeat(16))),
            &plan,
        ),
        one(
            "two-document-salts-one-malformed",
            "a second salt is one too many, whatever it is",
            twice(json!("none")),
            &plan,
        ),
        third(
            "malformed-document-salt",
            WRONG,
            "a salt has 32 digits",
            |forge| {
                forge.with("document.edited", &twice(json!("d0")), |header| {
                    header.insert("docs".into(), json!([[DOC, "ab".repeat(32)]]));
                });
            },
        ),
        uncertain(
            "hunk-is-no-object-after-removal",
            "a hunk is an object, though documents are uncertain",
            &|forge| forge.documents("document.edited", place(json!("none")), &plan),
        ),
        uncertain(
            "hunk-with-too-few-lines-after-removal",
            "a line is missing behind its hunk, and none was removed",
            &|forge| {
                let mut parts = hunk(0, 1, &["# Plan\n", "\n"]);
                parts.pop();
                forge.documents("document.edited", parts, &plan);
            },
        ),
        uncertain(
            "no-document-salt-after-removal",
            "a hash without a salt in an event of which no part was removed",
            &|forge| {
                let docs = set("docs", json!([[DOC, "ab".repeat(32)]]));
                forge.with("document.edited", &[], docs);
            },
        ),
        {
            let mut forge = Forge::started();
            forge.documents(
                "document.edited",
                [twice(json!("d0".repeat(16))), note().to_vec()].concat(),
                &plan,
            );
            forge.lines[2] = redact(&forge.lines[2], "note");
            forge.event("note.recorded", &note());
            bad(
                "two-document-salts-after-removal",
                3,
                WRONG,
                "a removed part leaves one salt or none",
                forge.journal(),
            )
        },
    ]
}
