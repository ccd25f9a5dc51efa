//! The canonical form: what is written is what RFC 8785 says, and only that is read.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::defect::Defect;
use super::scan::{Raw, Scanner};
use super::{MAX_INTEGER, write};

fn written(value: &Value) -> String {
    let mut bytes = Vec::new();
    write::value(&mut bytes, value, 1).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Whether a text is canonical JSON.
fn scan(text: &str) -> Result<(), Defect> {
    let mut s = Scanner::new(text);
    s.value(1)?;
    if s.is_at_end() {
        Ok(())
    } else {
        Err(s.not_canonical("more"))
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x20\"\\\\/\u{7f}-\u{9f}\u{2028}\u{2029}\u{d7ff}\u{e000}\u{fffe}\u{ffff}😀\u{10ffff}]{0,12}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let max = i64::try_from(MAX_INTEGER).unwrap();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-max..=max).prop_map(Value::from),
        (-12i64..=12).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[ !#-\\[\\]-~]{0,5}", inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    /// The claim that lets everything else use serde_json for reading.
    #[test]
    fn the_canonical_form_is_what_serde_json_prints(value in value()) {
        prop_assert_eq!(written(&value), serde_json::to_string(&value).unwrap());
    }

    #[test]
    fn what_is_written_is_read_back(value in value()) {
        let text = written(&value);
        prop_assert_eq!(scan(&text), Ok(()));
        prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_string_decodes_to_what_was_written(text in text()) {
        let mut bytes = Vec::new();
        write::string(&mut bytes, &text);
        let stored = std::str::from_utf8(&bytes).unwrap();
        let Raw(raw) = Scanner::new(stored).string().unwrap();
        prop_assert_eq!(Raw(raw).decode(), text);
    }

    #[test]
    fn hex_is_read_where_a_string_of_its_digits_is(
        text in prop_oneof!["[0-9a-f]{15,17}", "[0-9a-fA-Fg:`/\"\\\\é]{12,16}"],
    ) {
        let stored = format!("\"{text}\",1");
        let mut s = Scanner::new(&stored);
        let string = s.clone().string().ok().map(|raw| raw.0);
        let expected = string.filter(|digits| {
            digits.len() == 16 && digits.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
        });
        let read = s.hex::<8>().map(|bytes| crate::id::hex(&bytes));
        prop_assert_eq!(read.as_deref(), expected);
        prop_assert_eq!(s.at(), if expected.is_some() { 18 } else { 0 });
    }

    #[test]
    fn a_string_ends_at_its_quote(text in "[a-zé\u{80}-\u{ff}]{0,40}", after in any::<String>()) {
        let stored = format!("\"{text}\"{after}");
        prop_assert_eq!(Scanner::new(&stored).string().unwrap(), Raw(&text));
        let control = format!("\"{text}\u{1f}\"");
        let offset = 1 + text.len();
        let result = Scanner::new(&control).string();
        let found = match result {
            Err(Defect::NotCanonical { offset, .. }) => offset,
            _ => 0,
        };
        prop_assert_eq!(found, offset);
    }

    /// Whatever is not the one form is refused: what the scanner takes, printing gives back.
    #[test]
    fn only_one_text_of_a_value_is_read(
        value in value(),
        at in any::<prop::sample::Index>(),
        len in 0..3usize,
        insert in prop::sample::select(vec![
            " ", "\n", "0", "-", "+", ".", "e", "1", "\"", "\\", "\\u", "\\u001f", "\\u001F",
            "\\n", "\\/", "[", "]", "{", "}", ",", ":", "a", "null", "é", "\u{7f}", "",
        ]),
    ) {
        let mut text = written(&value);
        let from = (0..=at.index(text.len() + 1)).rev().find(|&i| text.is_char_boundary(i));
        let from = from.unwrap_or(0);
        let to = (from + len..=text.len()).find(|&i| text.is_char_boundary(i));
        text.replace_range(from..to.unwrap_or(text.len()), insert);
        if scan(&text).is_ok() {
            let back: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(written(&back), text);
        }
    }
}

#[test]
fn each_departure_is_named_with_its_place() {
    for (text, offset) in [
        (" 1", 0),
        ("[1, 2]", 3),
        ("-0", 1),
        ("01", 0),
        ("1.0", 1),
        ("1e3", 1),
        ("-", 1),
        ("\"\\u000a\"", 1),
        ("\"\\u001F\"", 1),
        ("\"\\/\"", 1),
        ("\"\\ud83d\\ude00\"", 1),
        ("\"\t\"", 1),
        ("\"abc", 4),
        ("{\"b\":1,\"a\":2}", 7),
        ("{\"é\":1}", 2),
        ("{\"a\" :1}", 4),
        ("nul", 0),
        ("", 0),
    ] {
        match scan(text) {
            Err(Defect::NotCanonical { offset: found, .. }) => assert_eq!(found, offset, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(
        scan("{\"a\":1,\"a\":2}"),
        Err(Defect::DuplicateKey { offset: 7 })
    );
    for text in ["9007199254740992", "-9007199254740992", &"9".repeat(400)] {
        assert_eq!(scan(text), Err(Defect::NumberOutOfRange { offset: 0 }));
    }
    assert_eq!(
        scan(&"[".repeat(100_000)),
        Err(Defect::TooDeep { offset: 32 })
    );
}

#[test]
fn members_are_sorted_and_odd_values_refused() {
    assert_eq!(
        written(&json!({"b": 1, "a": [null, true], "B": "\u{1f}"})),
        "{\"B\":\"\\u001f\",\"a\":[null,true],\"b\":1}"
    );
    for value in [
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!({"\"": 1}),
    ] {
        assert!(write::value(&mut Vec::new(), &value, 1).is_err(), "{value}");
    }
}
