//! The status stated by the value of a field or the text of a cell.

use super::marks::Marks;
use super::scan;
use crate::status::Status;
use crate::vocabulary as words;

/// The most words a status phrase has.
const PHRASE_WORDS: usize = 4;

/// The status a value states: `⏳ Pending`, `[x] complete (2026-01-02)`, `**Done**`, `完了`.
///
/// A word says more than the usual reading of a mark or a box, so it wins over them.
pub(super) fn status(text: &str, marks: &Marks) -> Option<Status> {
    let text = text.trim_start_matches(is_edge);
    if let Some((mark, len)) = scan::boxed(text) {
        let rest = text.get(len..).unwrap_or_default();
        return worded(rest).or_else(|| marks.boxed(mark));
    }
    if let Some((len, status)) = marks.leading(text) {
        let rest = text.get(len..).unwrap_or_default();
        return worded(rest).or(Some(status));
    }
    worded(text).or_else(|| {
        let clause = first_clause(text).trim_end_matches(is_edge);
        marks.trailing(clause).map(|(_, status)| status)
    })
}

/// The status of the words a text starts with, or of all its first clause ends with.
fn worded(text: &str) -> Option<Status> {
    let text = text
        .trim_start_matches(|c: char| is_edge(c) || words::is_symbol(c) || words::is_selector(c));
    let clause = first_clause(text);
    if let Some(status) = words::phrase(clause) {
        return Some(status);
    }
    let ends: Vec<usize> = clause
        .char_indices()
        .filter(|(_, c)| c.is_whitespace())
        .map(|(at, _)| at)
        .take(PHRASE_WORDS)
        .collect();
    for &end in ends.iter().rev() {
        if let Some(status) = clause.get(..end).and_then(words::phrase) {
            return Some(status);
        }
    }
    unspaced(clause)
}

/// Scripts without blanks: the longest status word the clause starts with.
fn unspaced(clause: &str) -> Option<Status> {
    if clause.chars().next()? < '\u{2e80}' {
        return None;
    }
    let mut ends: Vec<usize> = clause
        .char_indices()
        .skip(1)
        .take(6)
        .map(|(at, _)| at)
        .collect();
    ends.reverse();
    ends.into_iter()
        .find_map(|end| clause.get(..end).and_then(words::phrase))
}

/// Up to the first comma, bracket, dash or other break.
fn first_clause(text: &str) -> &str {
    let end = text
        .char_indices()
        .find(|&(at, c)| match c {
            '(' | '（' | ',' | ';' | '，' | '、' | '。' | '|' | '—' | '–' | '<' | '@' => {
                true
            }
            ':' | '.' => text[at + 1..].starts_with(' '),
            '-' => text[..at].ends_with(' ') && text[at + 1..].starts_with(' '),
            _ => false,
        })
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

fn is_edge(c: char) -> bool {
    c.is_whitespace() || matches!(c, '*' | '_' | '`' | '~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_marks_boxes_and_words() {
        let marks = Marks::default();
        for (text, want) in [
            ("⏳ Pending", Some(Status::Pending)),
            ("✅ Completed (2031-05-06)", Some(Status::Completed)),
            ("[x] complete", Some(Status::Completed)),
            ("[ ] pending", Some(Status::Pending)),
            ("[-] shelved", Some(Status::Blocked)),
            ("**Done**", Some(Status::Completed)),
            ("⏸️ **Deferred**", Some(Status::Blocked)),
            ("In progress - waiting for paint", Some(Status::InProgress)),
            ("[x] 完了 (2031-05-06)", Some(Status::Completed)),
            ("完了しました", Some(Status::Completed)),
            ("Completed ✅ (12 fixes)", Some(Status::Completed)),
            ("not started", Some(Status::Pending)),
            ("🎯 todo", Some(Status::Pending)),
            ("erledigt am Montag", Some(Status::Completed)),
            ("a long story", None),
            ("", None),
        ] {
            assert_eq!(status(text, &marks), want, "{text}");
        }
    }
}
