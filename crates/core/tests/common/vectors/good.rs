//! Journals that verify.

use super::*;

pub(super) fn all() -> Vec<Vector> {
    let mut created = Forge::new();
    created.event("ledger.created", &[]);

    let mut unknown = Forge::started();
    unknown.event(
        "moon.landed",
        &[part("crater", &json!({"depth": 3, "name": "Tycho"}))],
    );

    let mut strings = Forge::started();
    let odd = "\u{0}\u{1}\u{8}\t\n\u{b}\u{c}\r\u{e}\u{1f} \"\\/\u{7f}\u{80}é\u{2028}\u{2029}\u{fffd}漢😀\u{10ffff}";
    strings.with("note.recorded", &[part("note", &json!(odd))], |header| {
        header.insert("cause".into(), json!(odd));
    });

    let mut numbers = Forge::started();
    let nested = (0..29).fold(json!(0), |value, _| json!([value]));
    let values = json!([
        0,
        -1,
        9_007_199_254_740_991_i64,
        -9_007_199_254_740_991_i64,
        true,
        null
    ]);
    numbers.event(
        "note.recorded",
        &[part("value", &values), part("value", &nested)],
    );

    let mut backwards = Forge::started();
    backwards.with("note.recorded", &note(), |header| {
        header.insert("time".into(), json!("2024-02-29T23:59:59.999Z"));
    });

    let mut past = Forge::new();
    past.event("ledger.created", &[]);
    past.with("note.recorded", &note(), |header| {
        header.insert("origin".into(), json!("imported"));
        header.insert("time".into(), json!("2024-02-29T23:59:59.999Z"));
    });

    let mut limits = Forge::started();
    limits.with("note.recorded", &[], |header| {
        header.insert("task".into(), json!("é".repeat(128)));
        header.insert("from".into(), json!("\u{1}".repeat(256)));
        header.insert("idem".into(), json!(""));
    });

    let mut redacted = worked();
    redacted.lines[2] = redact(&redacted.lines[2], "result");
    let mut line = worked();
    line.lines[2] = redact(&line.lines[2], "line");

    let mut salt = worked();
    salt.lines[2] = redact(&salt.lines[2], "document_salt");
    let mut unfit = worked();
    unfit.documents(
        "document.edited",
        hunk(0, 1, &["# The plan\n"]),
        "# The plan\n- [x] T-1: brew ☕\n- [ ] T-2: drink\n",
    );
    unfit.lines[1] = redact(&unfit.lines[1], "hunk");

    let again = uncertain();
    let mut odd = Forge::started();
    let lines = ["\u{feff}# Plan\r\n", "\r\r\n", "nul \u{0}\n", "no end"];
    odd.documents("document.edited", hunk(0, 3, &lines), &lines.concat());
    odd.documents("document.edited", hunk(0, 4, &[]), "");

    vec![
        ok("created", "one event with an empty body", &created),
        ok(
            "worked",
            "a plan is adopted and a task completed",
            &worked(),
        ),
        ok(
            "unknown-type",
            "an event type nobody knows still verifies",
            &unknown,
        ),
        ok(
            "strings",
            "every kind of character, in a header and in a body",
            &strings,
        ),
        ok(
            "numbers",
            "the greatest integers and the deepest nesting",
            &numbers,
        ),
        ok(
            "time-backwards",
            "a time before its parent's is a warning",
            &backwards,
        ),
        ok(
            "imported-past",
            "a past that was taken over is older than the ledger, which is no warning",
            &past,
        ),
        ok(
            "limits",
            "header strings of 256 bytes, and an empty one",
            &limits,
        ),
        ok(
            "redacted",
            "a part was removed, its commitment is left",
            &redacted,
        ),
        ok(
            "redacted-line",
            "a line of a document was removed: its hash cannot be checked",
            &line,
        ),
        ok(
            "redacted-salt",
            "the salt of a document's hash was removed: the hash cannot be checked",
            &salt,
        ),
        ok(
            "redacted-hunk",
            "a hunk was removed: later ones need not fit",
            &unfit,
        ),
        ok(
            "uncertain-documents",
            "after a removal a document is checked again once its hash is right",
            &again,
        ),
        ok(
            "documents",
            "byte order mark, CRLF, NUL, no last line feed, empty",
            &odd,
        ),
        ok(
            "merge",
            "two histories from one event, joined by an event with two parents",
            &merge(),
        ),
        ok(
            "octopus",
            "three histories from one event, joined in a row of batches",
            &octopus(),
        ),
        ok(
            "rules",
            "a project sets a rule, and somebody overrides it",
            &ruled(),
        ),
        ok("empty", "a journal without events", &Forge::new()),
        sealed(),
    ]
}

/// A rule is set, and a task completed in spite of it.
fn ruled() -> Forge {
    let mut forge = Forge::started();
    let rules = json!({"steps-checked": {"level": "deny", "override": ["ada", "kind:human"]}});
    forge.event(
        "rules.changed",
        &[part("path", &json!("ledger.toml")), part("rules", &rules)],
    );
    let mut parts = vec![
        part(
            "violation",
            &json!({"level": "deny", "rule": "steps-checked", "task": "T-1"}),
        ),
        part("missing", &json!("T-1 has 1 open step: 'pour'")),
        part("override", &json!("it was poured long ago")),
    ];
    parts.extend(hunk(1, 1, &["- [x] T-1: brew ☕\n"]));
    forge.documents(
        "task.completed",
        parts,
        "# Plan\n- [x] T-1: brew ☕\n- [ ] T-2: drink\n",
    );
    forge
}

/// What this crate's own sealing makes.
fn sealed() -> Vector {
    let batches = crate::common::small();
    Vector {
        file: "good/sealed.jsonl".into(),
        journal: crate::common::lines(&batches).concat(),
        verdict: Verdict::Ok {
            events: 5,
            head: Some(batches[2].head().id.to_string()),
            warnings: 0,
        },
        about: "three batches as the program seals them",
    }
}

/// A commit that three others were made for: the first batch joins two of them, and the second,
/// which has the text, the third.
fn octopus() -> Forge {
    const DONE: [&str; 2] = ["- [x] T-1: brew ☕\n", "- [x] T-2: drink\n"];
    let imported = |header: &mut Members| {
        header.insert("cause".into(), json!("1f".repeat(20)));
        header.insert("origin".into(), json!("imported"));
    };
    let mut forge = Forge::started();
    let mut text = PLAN;
    text[1] = DONE[0];
    forge.documents("task.completed", hunk(1, 1, &DONE[..1]), &text.concat());
    for at in 1..3 {
        forge.follow(1);
        let mut text = PLAN;
        text[2] = [DONE[1], "- [ ] T-2: drink water\n"][at - 1];
        forge.documents("document.edited", hunk(2, 1, &text[2..]), &text.concat());
    }
    let sides = [forge.ids[3].clone(), forge.ids[4].clone()];
    forge.follow(2);
    forge.with("history.merged", &[], |header| {
        let first = header["parents"][0].clone();
        header.insert("parents".into(), json!([first, sides[0]]));
        imported(header);
    });
    forge.batch(2);
    forge.with("history.merged", &[], |header| {
        let first = header["parents"][0].clone();
        header.insert("parents".into(), json!([first, sides[1]]));
        imported(header);
    });
    let salt = part("document_salt", &json!("d0".repeat(16)));
    let text = [PLAN[0], DONE[0], DONE[1]].concat();
    let hash = super::super::forge::document_hash(&[0xd0; 16], &text);
    let parts: Vec<_> = hunk(2, 1, &DONE[1..]).into_iter().chain([salt]).collect();
    forge.with("task.completed", &parts, |header| {
        header.insert("docs".into(), json!([[DOC, hash]]));
        imported(header);
    });
    forge
}
