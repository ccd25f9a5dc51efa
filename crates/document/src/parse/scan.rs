//! Small scanners over one line: bullets, boxes, dates, commit ids, labels.

use std::ops::Range;

use super::source::trimmed;

/// A box at the start of a text: the character in it, and the length up to behind `]`.
pub(super) fn boxed(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('[')?;
    let mark = rest.chars().next()?;
    let rest = &rest[mark.len_utf8()..];
    let rest = rest.strip_prefix(']')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| (mark, text.len() - rest.len()))
}

/// The column behind a list item's bullet and the blanks after it.
pub(super) fn behind_bullet(content: &str, from: usize) -> usize {
    let Some(text) = content.get(from..) else {
        return content.len();
    };
    let bullet = text.trim_start();
    let at = content.len() - bullet.len();
    let digits = bullet.bytes().take_while(u8::is_ascii_digit).count();
    let len = if digits > 0 { digits + 1 } else { 1 };
    let rest = bullet.get(len..).unwrap_or_default();
    (at + len).min(content.len()) + (rest.len() - rest.trim_start().len())
}

/// The column where the text of a continued line starts, behind indentation and `>`.
pub(super) fn behind_indent(content: &str) -> usize {
    content.len()
        - content
            .trim_start_matches([' ', '\t', '>', '\u{feff}'])
            .len()
}

/// A date `2025-10-15` at the very end: where it starts.
pub(super) fn trailing_date(text: &str) -> Option<usize> {
    let start = text.len().checked_sub(10)?;
    let date = text.get(start..)?;
    let clear = text[..start]
        .chars()
        .next_back()
        .is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '/' && c != '[');
    (is_date(date) && clear).then_some(start)
}

/// Whether a text is a date like `2025-10-15`.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-' || b == b'/' || b == b'.',
            _ => b.is_ascii_digit(),
        })
}

/// Whether a text looks like a commit id: 7 to 40 lower-case hex digits, a number among them.
pub(super) fn is_commit(text: &str) -> bool {
    (7..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        && text.bytes().any(|b| b.is_ascii_digit())
}

/// A label and the value behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    /// The label without markup or colon.
    pub(super) name: Range<usize>,
    /// The value, without blanks around it.
    pub(super) value: Range<usize>,
}

/// How long a label may be, in bytes.
const LONGEST_LABEL: usize = 80;

/// `**Label**: value`, `**Label:** value`, `**Label** (remark): value` within columns of a line.
pub(super) fn bold_label(content: &str, columns: &Range<usize>) -> Option<Label> {
    let text = content.get(columns.clone())?;
    let fence = ["**", "__"].into_iter().find(|f| text.starts_with(f))?;
    let inner = text.get(2..)?;
    let close = inner.find(fence)?;
    let name = inner.get(..close)?.trim();
    let after = columns.start + 2 + close + 2;
    let rest = content.get(after..columns.end)?;
    let (name, value) = if let Some(name) = name.strip_suffix([':', '：']) {
        (name.trim_end(), after)
    } else {
        let mut gap = rest.trim_start();
        if gap.starts_with('(') {
            gap = gap.get(gap.find(')')? + 1..)?.trim_start();
        }
        let value = gap.strip_prefix([':', '：'])?;
        (name, columns.end - value.len())
    };
    let offset = columns.start + 2 + (inner.len() - inner.trim_start().len());
    (!name.is_empty() && name.len() <= LONGEST_LABEL).then(|| Label {
        name: offset..offset + name.len(),
        value: trimmed(content, value..columns.end),
    })
}

/// `Label: value` in plain words.
pub(super) fn plain_label(content: &str, columns: &Range<usize>) -> Option<Label> {
    let text = content.get(columns.clone())?;
    let (at, colon) = text
        .char_indices()
        .take(LONGEST_LABEL)
        .find(|(_, c)| matches!(c, ':' | '：'))?;
    let name = text.get(..at)?.trim_end();
    let rest = text.get(at + colon.len_utf8()..)?;
    let shaped = name.chars().next().is_some_and(char::is_alphabetic)
        && name.split_whitespace().count() <= 5
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || " ()/&-_'’".contains(c));
    let parted = colon == '：' || rest.is_empty() || rest.starts_with([' ', '\t']);
    (shaped && parted).then(|| Label {
        name: columns.start..columns.start + name.len(),
        value: trimmed(content, columns.end - rest.len()..columns.end),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Option<(&str, &str)> {
        let all = 0..text.len();
        let label = bold_label(text, &all).or_else(|| plain_label(text, &all))?;
        Some((&text[label.name], &text[label.value]))
    }

    #[test]
    fn reads_labels_in_every_writing() {
        assert_eq!(label("**Owner**: Ada "), Some(("Owner", "Ada")));
        assert_eq!(label("**Owner:** Ada"), Some(("Owner", "Ada")));
        assert_eq!(label("**Parts** (all of them):"), Some(("Parts", "")));
        assert_eq!(label("Owner: Ada"), Some(("Owner", "Ada")));
        assert_eq!(label("**状態**：完了"), Some(("状態", "完了")));
        assert_eq!(label("**Not** a label"), None);
        assert_eq!(label("see https://example.org"), None);
        assert_eq!(label("`x`: y"), None);
    }

    #[test]
    fn tells_boxes_dates_and_commits() {
        assert_eq!(boxed("[x] a"), Some(('x', 3)));
        assert_eq!(boxed("[x](y)"), None);
        assert_eq!(trailing_date("a 2031-05-06"), Some(2));
        assert_eq!(trailing_date("@[2031-05-06"), None);
        assert!(is_commit("0c18dd4") && !is_commit("feedbed") && !is_commit("12"));
        assert_eq!(behind_bullet("  12. x", 0), 6);
        assert_eq!(behind_bullet("-", 0), 1);
    }
}
