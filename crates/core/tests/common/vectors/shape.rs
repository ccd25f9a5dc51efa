//! Canonical lines that are no events.

use super::*;

pub(super) fn all() -> Vec<Vector> {
    let header = |name: &str, code, about, change: &dyn Fn(&mut Members)| {
        third(name, code, about, |forge| {
            forge.with("note.recorded", &note(), |header| change(header));
        })
    };
    let put = |name: &str, code, about, member: &'static str, value: Value| {
        header(name, code, about, &move |header| {
            header.insert(member.into(), value.clone());
        })
    };
    let line = |name: &str, code, about, change: &dyn Fn(&str) -> String| {
        let mut forge = worked();
        forge.lines[2] = change(&forge.lines[2]);
        bad(name, 3, code, about, forge.journal())
    };
    const BAD: &str = "BAD_HEADER";
    let many: Vec<_> = (0..760)
        .map(|n| json!([format!("{n:016x}"), "ab".repeat(32)]))
        .collect();
    vec![
        put(
            "unknown-member",
            "UNKNOWN_MEMBER",
            "version 1 has no such member",
            "mood",
            json!("fine"),
        ),
        put(
            "unknown-actor-member",
            "UNKNOWN_MEMBER",
            "version 1 has no such member of actor",
            "actor",
            json!({"id": "ada", "kind": "human", "mood": "fine"}),
        ),
        put(
            "unknown-version",
            "UNKNOWN_VERSION",
            "version 2",
            "v",
            json!(2),
        ),
        put(
            "null-member",
            BAD,
            "an absent member is absent, not null",
            "cause",
            Value::Null,
        ),
        header(
            "missing-member",
            BAD,
            "every event has an origin",
            &|header| {
                header.remove("origin");
            },
        ),
        put(
            "unknown-origin",
            BAD,
            "not one of the three origins",
            "origin",
            json!("dreamt"),
        ),
        put(
            "upper-case-id",
            BAD,
            "ids are lower case",
            "ledger",
            json!("AB".repeat(32)),
        ),
        put(
            "short-writer",
            BAD,
            "a writer has 16 digits",
            "writer",
            json!("a1"),
        ),
        put(
            "negative-height",
            BAD,
            "a height is at least 0",
            "height",
            json!(-1),
        ),
        put(
            "time-without-milliseconds",
            BAD,
            "a time has milliseconds",
            "time",
            json!("2025-10-15T09:30:02Z"),
        ),
        put(
            "no-such-day",
            BAD,
            "there is no 30th of February",
            "time",
            json!("2025-02-30T09:30:02.000Z"),
        ),
        put(
            "leap-second",
            BAD,
            "seconds go to 59",
            "time",
            json!("2016-12-31T23:59:60.000Z"),
        ),
        put(
            "three-parents",
            BAD,
            "an event has at most two parents",
            "parents",
            json!(["ab".repeat(32), "cd".repeat(32), "ef".repeat(32)]),
        ),
        put(
            "parent-twice",
            BAD,
            "parents differ",
            "parents",
            json!(["ab".repeat(32), "ab".repeat(32)]),
        ),
        put("empty-task", BAD, "a task has a name", "task", json!("")),
        put(
            "empty-docs",
            BAD,
            "without documents the member is absent",
            "docs",
            json!([]),
        ),
        put(
            "docs-out-of-order",
            BAD,
            "documents are in order",
            "docs",
            json!([
                ["00000000000000d2", "ab".repeat(32)],
                [DOC, "ab".repeat(32)]
            ]),
        ),
        put(
            "docs-before-the-end",
            BAD,
            "documents stand in a batch's last event",
            "docs",
            json!([[DOC, "ab".repeat(32)]]),
        ),
        put(
            "genesis-later",
            BAD,
            "only the first event has a nonce",
            "genesis",
            json!({"hash": "blake3", "nonce": "07".repeat(32)}),
        ),
        put(
            "string-of-257-bytes",
            "TOO_LONG",
            "a header string has at most 256 bytes",
            "to",
            json!("x".repeat(257)),
        ),
        put(
            "header-too-long",
            "TOO_LONG",
            "a header has at most 65,535 bytes",
            "docs",
            json!(many),
        ),
        line(
            "extra-member-of-line",
            "BAD_LINE",
            "a line has a body and a header",
            &|text| text.replacen("{\"body\":", "{\"a\":1,\"body\":", 1),
        ),
        line("no-body", "BAD_LINE", "a line has a body", &|text| {
            format!("{{{}", &text[text.find("\"header\":").unwrap()..])
        }),
        line(
            "line-is-an-array",
            "BAD_LINE",
            "a line is an object",
            &|_| "[]\n".into(),
        ),
        line(
            "part-without-value",
            "BAD_BODY",
            "an open part has three items",
            &|text| text.replacen(",\"one cup\"", "", 1),
        ),
        line(
            "part-with-four-items",
            "BAD_BODY",
            "an open part has three items",
            &|text| text.replacen("\"one cup\"", "\"one cup\",1", 1),
        ),
        line(
            "part-is-an-object",
            "BAD_BODY",
            "a part is an array",
            &|text| text.replacen("{\"body\":[", "{\"body\":[{},", 1),
        ),
        line(
            "salt-in-upper-case",
            "BAD_BODY",
            "salts are lower case",
            &|text| text.replacen("[\"0a", "[\"0A", 1),
        ),
        line(
            "part-name-in-upper-case",
            "BAD_BODY",
            "names of parts are lower case",
            &|text| text.replacen("\"result\"", "\"Result\"", 1),
        ),
    ]
    .into_iter()
    .map(|mut vector| {
        // Documents in a batch that goes on: the vector above, with a batch of two.
        if vector.file == "bad/docs-before-the-end.jsonl" {
            let mut forge = Forge::started();
            forge.batch(2);
            forge.with(
                "note.recorded",
                &note(),
                set("docs", json!([[DOC, "ab".repeat(32)]])),
            );
            forge.event("note.recorded", &note());
            vector.journal = forge.journal();
        }
        vector
    })
    .chain([{
        let mut forge = Forge::started();
        forge.batch(2);
        forge.event("note.recorded", &note());
        forge.with("note.recorded", &note(), set("idem", json!("k")));
        bad(
            "idem-inside-a-batch",
            4,
            BAD,
            "a batch's key stands in its first event",
            forge.journal(),
        )
    }])
    .collect()
}
