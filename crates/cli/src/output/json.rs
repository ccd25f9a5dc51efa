//! JSON that can be printed to a terminal.
//!
//! serde_json escapes controls below U+0020 only. Here everything that [`escape::is_unsafe`]
//! says is written as `\uXXXX` too, which any JSON reader gives back unchanged.

use std::io::{self, Write};

use serde::Serialize;

use super::escape::is_unsafe;

/// A value in one line, without a line feed.
pub(crate) fn line(value: &impl Serialize) -> io::Result<String> {
    Ok(safe(serde_json::to_string(value)?))
}

/// Prints a value over several lines, for people who look at it.
pub(crate) fn print(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    writeln!(out, "{}", safe(serde_json::to_string_pretty(value)?))
}

/// Prints an array of which all elements are never held at once: one element a line.
pub(crate) struct Array<W: Write> {
    out: W,
    any: bool,
}

impl<W: Write> Array<W> {
    /// Begins it.
    pub(crate) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(b"[")?;
        Ok(Self { out, any: false })
    }

    /// Prints the next element.
    pub(crate) fn push(&mut self, value: &impl Serialize) -> io::Result<()> {
        let end = if self.any { ",\n" } else { "\n" };
        self.any = true;
        write!(self.out, "{end}{}", line(value)?)
    }

    /// Hands on what was printed so far.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends it.
    pub(crate) fn end(mut self) -> io::Result<()> {
        self.out
            .write_all(if self.any { b"\n]\n" } else { b"]\n" })?;
        self.out.flush()
    }
}

/// Outside of strings JSON has no such characters, so they can be replaced in the whole text.
fn safe(json: String) -> String {
    // Most is plain ASCII, which takes no looking at each character.
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return json;
    }
    let unsafe_at = |c: char| c != '\n' && is_unsafe(c);
    if !json.contains(unsafe_at) {
        return json;
    }
    let mut text = String::with_capacity(json.len() + 32);
    for c in json.chars() {
        if unsafe_at(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn deceptive_characters_are_escaped_and_come_back() {
        let title = "a\u{1b}[2J\u{9b}1m \u{202e}exe \u{e0041} ✅";
        let text = line(&title).unwrap();
        assert_eq!(text, r#""a\u001b[2J\u009b1m \u202eexe \udb40\udc41 ✅""#);
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), title);
    }

    #[test]
    fn an_array_is_one_json_value() {
        for count in [0, 1, 3] {
            let mut bytes = Vec::new();
            let mut array = Array::begin(&mut bytes).unwrap();
            for n in 0..count {
                array.push(&n).unwrap();
            }
            array.end().unwrap();
            let read: Vec<i32> = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(read, (0..count).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "(\\PC|\\p{Cc}|\\p{Cf})*") {
            let json = line(&text).unwrap();
            prop_assert!(!json.contains(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
