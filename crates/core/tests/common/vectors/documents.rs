//! Documents that are not what the hunks make.

use super::*;

pub(super) fn all() -> Vec<Vector> {
    const WRONG: &str = "WRONG_DOCUMENT";
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
}
