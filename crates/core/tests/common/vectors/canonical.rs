//! Lines that are not canonical.

use super::*;

pub(super) fn all() -> Vec<Vector> {
    const NOT: &str = "NOT_CANONICAL";
    let swap = |name: &str, code, about, from: &'static str, to: &'static str| {
        third(name, code, about, |forge| {
            forge.text(|text| {
                assert!(text.contains(from), "{from}");
                text.replacen(from, to, 1)
            });
        })
    };
    let value = |name: &str, code, about, text: &str| {
        third(name, code, about, |forge| {
            forge.event("note.recorded", &[("value", text.to_owned())]);
        })
    };
    let lines = |name: &str, code, about, change: &dyn Fn(&mut Vec<String>)| {
        let mut forge = worked();
        change(&mut forge.lines);
        bad(name, 3, code, about, forge.journal())
    };
    let mut not_utf8 = worked().journal();
    let at = not_utf8.windows(7).position(|w| w == b"one cup").unwrap();
    not_utf8[at] = 0xff;
    let deep = format!("{}0{}", "[".repeat(30), "]".repeat(30));
    vec![
        swap(
            "space-after-colon",
            NOT,
            "white space in a header",
            "\"height\":",
            "\"height\": ",
        ),
        swap(
            "space-before-comma",
            NOT,
            "white space in a header",
            ",\"height\"",
            " ,\"height\"",
        ),
        swap(
            "member-order",
            NOT,
            "two members changed places",
            "\"type_v\":1,\"v\":1",
            "\"v\":1,\"type_v\":1",
        ),
        swap(
            "escaped-slash",
            NOT,
            "a slash is written as itself",
            "\"ada\"",
            "\"a\\/a\"",
        ),
        swap(
            "escape-in-upper-case",
            NOT,
            "hex digits of escapes are lower case",
            "\"ada\"",
            "\"\\u001F\"",
        ),
        swap(
            "long-escape",
            NOT,
            "a line feed has a short escape",
            "\"ada\"",
            "\"\\u000a\"",
        ),
        swap(
            "needless-escape",
            NOT,
            "a letter is written as itself",
            "\"ada\"",
            "\"\\u0061da\"",
        ),
        swap(
            "surrogates-escaped",
            NOT,
            "a character beyond the BMP is written as itself",
            "\"ada\"",
            "\"\\ud83d\\ude00\"",
        ),
        swap(
            "lone-surrogate",
            NOT,
            "half a character",
            "\"ada\"",
            "\"\\ud83d\"",
        ),
        swap(
            "raw-control",
            NOT,
            "a tab inside a string is escaped",
            "\"ada\"",
            "\"a\tda\"",
        ),
        swap(
            "member-name-escaped",
            NOT,
            "member names have no escapes",
            "\"actor\"",
            "\"\\u0061ctor\"",
        ),
        swap(
            "member-name-not-ascii",
            NOT,
            "member names are ASCII",
            "\"actor\"",
            "\"actör\"",
        ),
        swap(
            "float",
            NOT,
            "an integer written with a fraction",
            "\"height\":2",
            "\"height\":2.0",
        ),
        swap(
            "exponent",
            NOT,
            "an integer written with an exponent",
            "\"height\":2",
            "\"height\":2e0",
        ),
        swap(
            "leading-zero",
            NOT,
            "an integer with a leading zero",
            "\"height\":2",
            "\"height\":02",
        ),
        swap(
            "plus-sign",
            NOT,
            "an integer with a plus sign",
            "\"height\":2",
            "\"height\":+2",
        ),
        value("minus-zero", NOT, "there is no minus zero", "-0"),
        value("float-in-body", NOT, "a fraction", "1.5"),
        value("space-in-body", NOT, "white space in a part", "[1, 2]"),
        value(
            "order-in-body",
            NOT,
            "members out of order in a part",
            r#"{"b":1,"a":2}"#,
        ),
        value("not-json", NOT, "NaN is no JSON", "NaN"),
        swap(
            "duplicate-key",
            "DUPLICATE_KEY",
            "a header member twice",
            "\"height\":2",
            "\"height\":2,\"height\":2",
        ),
        value(
            "duplicate-key-in-body",
            "DUPLICATE_KEY",
            "a member of a value twice",
            r#"{"a":1,"a":2}"#,
        ),
        swap(
            "number-out-of-range",
            "NUMBER_OUT_OF_RANGE",
            "2^53",
            "\"height\":2",
            "\"height\":9007199254740992",
        ),
        value(
            "number-out-of-range-in-body",
            "NUMBER_OUT_OF_RANGE",
            "-2^53",
            "-9007199254740992",
        ),
        value(
            "number-of-many-digits",
            "NUMBER_OUT_OF_RANGE",
            "thirty digits",
            "123456789012345678901234567890",
        ),
        value("too-deep", "TOO_DEEP", "one level too many", &deep),
        lines(
            "carriage-return",
            NOT,
            "the line ends with CR LF",
            &|lines| {
                lines[2] = lines[2].replace('\n', "\r\n");
            },
        ),
        lines("empty-line", NOT, "a line without an object", &|lines| {
            lines.insert(2, "\n".into());
        }),
        lines(
            "text-after-object",
            NOT,
            "something follows the object",
            &|lines| {
                lines[2] = lines[2].replace('\n', "{}\n");
            },
        ),
        lines(
            "byte-order-mark",
            NOT,
            "a byte order mark before the object",
            &|lines| {
                lines[2].insert(0, '\u{feff}');
            },
        ),
        bad("not-utf8", 3, "NOT_UTF8", "the byte ff", not_utf8),
    ]
}
