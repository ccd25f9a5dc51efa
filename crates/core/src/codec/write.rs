//! Writing canonical JSON: RFC 8785 under the restrictions of ledger-format.md §2.1.

use std::fmt::Display;
use std::io::Write;

use serde_json::{Map, Value};

use crate::id::push_hex;

use super::{MAX_DEPTH, MAX_INTEGER};

/// A value that the canonical form cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// A number that is not an integer of at most 2^53 − 1 in size.
    #[error("{0} is not an integer between -(2^53 - 1) and 2^53 - 1")]
    Number(String),
    /// A member name other than printable ASCII without quote and backslash.
    #[error("the member name {0:?} is not plain ASCII")]
    Name(String),
    /// Arrays and objects nested too deeply.
    #[error("the value nests deeper than {MAX_DEPTH} levels")]
    Depth,
}

/// Appends the canonical form of `value`, whose outermost container is at `depth`.
pub(crate) fn value(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), Unwritable> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            let size = match (number.as_u64(), number.as_i64()) {
                (Some(n), _) => n,
                (None, Some(n)) => n.unsigned_abs(),
                (None, None) => u64::MAX,
            };
            if size > MAX_INTEGER {
                return Err(Unwritable::Number(number.to_string()));
            }
            shown(out, number);
        }
        Value::String(text) => string(out, text),
        Value::Array(items) => {
            if depth > MAX_DEPTH {
                return Err(Unwritable::Depth);
            }
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                self::value(out, item, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            if depth > MAX_DEPTH {
                return Err(Unwritable::Depth);
            }
            object(out, members, depth)?;
        }
    }
    Ok(())
}

fn object(out: &mut Vec<u8>, members: &Map<String, Value>, depth: usize) -> Result<(), Unwritable> {
    // `Map` is sorted unless some crate of the build turns on serde_json's `preserve_order`.
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (i, (name, item)) in sorted.into_iter().enumerate() {
        if !name.bytes().all(is_name_byte) {
            return Err(Unwritable::Name(name.clone()));
        }
        if i > 0 {
            out.push(b',');
        }
        string(out, name);
        out.push(b':');
        value(out, item, depth + 1)?;
    }
    out.push(b'}');
    Ok(())
}

/// Whether a byte may stand in a member name (ledger-format.md §2.1).
pub(crate) const fn is_name_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// Appends a string with its quotes (RFC 8785 §3.2.2.2).
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (itself, after) = rest.split_at(plain(rest));
        out.extend_from_slice(itself);
        let Some((&byte, after)) = after.split_first() else {
            break;
        };
        match escape(byte) {
            Some(Escape::Short(letter)) => out.extend_from_slice(&[b'\\', letter]),
            Some(Escape::Hex) => {
                out.extend_from_slice(b"\\u00");
                push_hex(out, &[byte]);
            }
            None => out.push(byte),
        }
        rest = after;
    }
    out.push(b'"');
}

/// Appends what is shown of an integer or another text without escapes.
pub(crate) fn shown(out: &mut Vec<u8>, what: impl Display) {
    // Writing to memory cannot fail.
    let _ = write!(out, "{what}");
}

pub(crate) enum Escape {
    Short(u8),
    Hex,
}

/// How the canonical form writes a byte that it does not write as itself.
pub(crate) const fn escape(byte: u8) -> Option<Escape> {
    Some(match byte {
        b'"' | b'\\' => Escape::Short(byte),
        0x08 => Escape::Short(b'b'),
        b'\t' => Escape::Short(b't'),
        b'\n' => Escape::Short(b'n'),
        0x0c => Escape::Short(b'f'),
        b'\r' => Escape::Short(b'r'),
        0..=0x1f => Escape::Hex,
        _ => return None,
    })
}

/// How many bytes at the start of `bytes` a string holds as themselves: nearly all there is,
/// so eight are looked at together.
pub(crate) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // The high bit of each byte that is below `n`; bytes above the lowest of these may be
    // marked in error.
    const fn below(word: u64, n: u64) -> u64 {
        word.wrapping_sub(ONES * n) & !word & HIGHS
    }
    let (words, rest) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = below(word ^ (ONES * b'"' as u64), 1);
        let slash = below(word ^ (ONES * b'\\' as u64), 1);
        let special = below(word, 0x20) | quote | slash;
        if special != 0 {
            return 8 * i + special.trailing_zeros() as usize / 8;
        }
    }
    let more = rest.iter().take_while(|&&byte| escape(byte).is_none());
    8 * words.len() + more.count()
}
