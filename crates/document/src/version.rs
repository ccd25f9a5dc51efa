//! Where a plan says which version it is.

use std::ops::Range;

use crate::text::Document;
use crate::vocabulary::is_version_label;

/// How many lines from its beginning a document says its own version at most.
pub const HEAD: usize = 200;

/// The columns of the number in a line of the form `Version: 1.4` or `Document Version: v1.4`, in
/// any markup; `None` for another line.
#[must_use]
pub fn number(line: &str) -> Option<Range<usize>> {
    let (label, value) = line.split_once([':', '：'])?;
    if !is_version_label(label) {
        return None;
    }
    let markup = ['*', '_', '`', '"', '\''];
    let behind = value.trim_start_matches(|c: char| c.is_whitespace() || markup.contains(&c));
    let word = behind.split_whitespace().next()?;
    let word = word.trim_matches(|c: char| matches!(c, '|' | ',' | ';') || markup.contains(&c));
    let number = word.strip_prefix(['v', 'V']).unwrap_or(word);
    // Both are pieces of the line.
    let start = line.len() - behind.len() + behind.find(number)?;
    let is_number = number.starts_with(|c: char| c.is_ascii_digit());
    is_number.then(|| start..start + number.len())
}

/// The version that a document says it is, in the first of its lines that says one.
#[must_use]
pub fn written(document: &Document) -> Option<String> {
    let mut head = document.lines().iter().take(HEAD);
    head.find_map(|line| Some(line.get(number(line)?)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_version_is_found_in_any_markup() {
        for (line, version) in [
            ("**Document Version**: 1.4\n", Some("1.4")),
            ("> **Version:** v2.0.1 (draft)\r\n", Some("2.0.1")),
            ("version: \"3\"\n", Some("3")),
            ("- Plan version: 7,\n", Some("7")),
            ("**バージョン**：1.4\n", Some("1.4")),
            ("Version control: git\n", None),
            ("tagged with version/SHA: 1\n", None),
            ("Version: next\n", None),
        ] {
            let found = number(line).and_then(|columns| line.get(columns));
            assert_eq!(found, version, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_a_piece_of_any_line(
            line in prop_oneof![any::<String>(), "[*> -]{0,3}[Vv]ersion[*]{0,2}:[ *v0-9.,;|`'\"é]{0,12}"],
        ) {
            if let Some(columns) = number(&line) {
                prop_assert!(line.get(columns).is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit())));
            }
        }
    }
}
