//! A good journal, changed afterwards.

use super::*;

pub(super) fn all() -> Vec<Vector> {
    let journal = |change: &dyn Fn(&mut Vec<String>)| {
        let mut forge = worked();
        change(&mut forge.lines);
        forge.journal()
    };
    let line = |at: usize, from: &'static str, to: &'static str| {
        journal(&move |lines| {
            assert!(lines[at].contains(from), "{from}");
            lines[at] = lines[at].replacen(from, to, 1);
        })
    };
    let part = r#","result","one cup"]"#;
    let without = journal(&|lines| {
        let end = lines[2].find(part).unwrap();
        let start = lines[2][..end].rfind(",[").unwrap();
        lines[2].replace_range(start..end + part.len(), "");
    });
    vec![
        bad(
            "changed-bit-in-body",
            3,
            "WRONG_BODY",
            "one cup became nne cup",
            line(2, "one cup", "nne cup"),
        ),
        bad(
            "changed-bit-in-salt",
            3,
            "WRONG_BODY",
            "one digit of a salt",
            line(2, "[\"08", "[\"18"),
        ),
        bad(
            "changed-bit-in-header",
            4,
            "WRONG_PARENT",
            "the next event does not follow the changed one",
            line(2, "\"ada\"", "\"adb\""),
        ),
        bad(
            "missing-part",
            3,
            "WRONG_BODY",
            "a part was taken out",
            without,
        ),
        bad(
            "removed",
            3,
            "WRONG_PARENT",
            "the third event was taken out",
            journal(&|lines| {
                lines.remove(2);
            }),
        ),
        bad(
            "removed-first",
            1,
            "WRONG_PARENT",
            "the first event was taken out",
            journal(&|lines| {
                lines.remove(0);
            }),
        ),
        bad(
            "removed-in-batch",
            2,
            "WRONG_PARENT",
            "the second event of a batch was taken out",
            journal(&|lines| {
                lines.remove(1);
            }),
        ),
        bad(
            "duplicated",
            4,
            "WRONG_WSEQ",
            "the third event is there twice",
            journal(&|lines| lines.insert(2, lines[2].clone())),
        ),
        bad(
            "duplicated-first",
            2,
            "WRONG_PARENT",
            "the first event is there twice",
            journal(&|lines| lines.insert(0, lines[0].clone())),
        ),
        bad(
            "reordered",
            3,
            "WRONG_PARENT",
            "the third and fourth event changed places",
            journal(&|lines| lines.swap(2, 3)),
        ),
        bad(
            "incomplete-batch",
            1,
            "INCOMPLETE_BATCH",
            "one of a batch of two",
            journal(&|lines| lines.truncate(1)),
        ),
        bad(
            "incomplete-line",
            4,
            "INCOMPLETE_LINE",
            "the last line has no line feed",
            journal(&|lines| {
                lines[3].pop();
            }),
        ),
    ]
}
