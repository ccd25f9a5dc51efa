//! Halves of characters in JSON: `\ud83d` without its other half.
//!
//! Who cuts a text by UTF-16 units and prints it as JSON leaves them, and JSON allows it; the
//! parser does not, and would lose the whole payload.

use std::borrow::Cow;

/// A text of JSON in which each escape for half a character, such as a text that was cut has, is
/// one for U+FFFD, as another decoder would read it.
pub(super) fn paired(text: &str) -> Cow<'_, str> {
    let mut paired = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let Some(unit) = escaped_unit(&text[at..]) else {
            // Whatever is escaped is none that begins an escape.
            at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
            continue;
        };
        let next = escaped_unit(&text[at + ESCAPE..]);
        match (unit, next) {
            (0xd800..0xdc00, Some(0xdc00..0xe000)) => at += ESCAPE,
            (0xd800..0xe000, _) => {
                paired.push_str(&text[kept..at]);
                paired.push_str(r"\ufffd");
                kept = at + ESCAPE;
            }
            _ => {}
        }
        at += ESCAPE;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    paired.push_str(&text[kept..]);
    Cow::Owned(paired)
}

/// Length of an escape such as `\u00e9`.
const ESCAPE: usize = 6;

/// The UTF-16 unit of the escape that a text begins with.
fn escaped_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(r"\u")?.get(..ESCAPE - 2)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    proptest! {
        #[test]
        fn pairing_leaves_what_is_read_as_it_is(text in "\\PC{0,20}") {
            let json = Value::String(text).to_string();
            prop_assert_eq!(paired(&json), json.as_str());
        }

        #[test]
        fn paired_escapes_are_read(escapes in "(\\\\u(d83d|de00|00e9)|\\\\[n\\\\]|[ud8é])*") {
            let json = format!("\"{escapes}\"");
            prop_assert!(serde_json::from_str::<String>(&paired(&json)).is_ok(), "{}", json);
        }
    }
}
