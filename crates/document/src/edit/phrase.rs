//! A status text taken apart: mark or box, word, date; and words in the style of others.

use super::date;
use super::siblings::Kind;

/// The character in a box that a legend shows: `[~]`, with backticks around it or not.
pub(super) fn boxed(text: &str) -> Option<char> {
    let mut chars = text.trim_start_matches('`').strip_prefix('[')?.chars();
    let c = chars.next()?;
    (chars.next() == Some(']')).then_some(c)
}

/// Whether a character is a sign such as an emoji.
pub(super) fn is_symbol(c: char) -> bool {
    !c.is_alphanumeric()
        && !c.is_ascii()
        && !c.is_whitespace()
        && !c.is_control()
        && !"（）［］【】「」『』、。，：；・·–—…！？~‐‑".contains(c)
}

/// A status value up to the first prose: mark, word, and a date that follows directly.
pub(super) fn head(text: &str) -> &str {
    let text = text.trim();
    let mut end = text.len();
    for (at, c) in text.char_indices().skip(1) {
        let next = text[at + c.len_utf8()..].chars().next();
        let separates = match c {
            '(' | '（' | ',' | '、' | ';' | '|' | '–' | '—' | '→' => true,
            '-' => text[..at].ends_with(' ') && next == Some(' '),
            '.' | ':' => next.is_none_or(char::is_whitespace),
            _ => false,
        };
        if separates {
            end = at;
            break;
        }
    }
    if let Some(date) = date::position(text)
        && date.start >= end
        && !text[end..date.start].chars().any(char::is_alphanumeric)
    {
        end = date.end;
        end += text[end..]
            .chars()
            .take_while(|c| matches!(c, ')' | '）' | ']' | '*' | '_' | '`'))
            .map(char::len_utf8)
            .sum::<usize>();
    }
    text[..end].trim_end()
}

/// A status text taken apart.
pub(super) struct Parts {
    before: Vec<Part>,
    /// The word.
    pub(super) core: String,
    after: Vec<Part>,
}

enum Part {
    Text(String),
    Mark,
    Box,
}

impl Parts {
    pub(super) fn of(text: &str) -> Self {
        let text = date::undate(text);
        let (lead, rest) = match box_at(&text) {
            Some(at) => (at + box_len(&text[at..]), true),
            None => (0, false),
        };
        let from = text[lead..].find(char::is_alphabetic).map(|at| lead + at);
        let to = text[lead..]
            .char_indices()
            .rfind(|(_, c)| c.is_alphanumeric())
            .map(|(at, c)| lead + at + c.len_utf8());
        let (before, core, after) = match (from, to) {
            (Some(from), Some(to)) if from < to => (&text[..from], &text[from..to], &text[to..]),
            _ => (&text[..], "", ""),
        };
        Self {
            before: parts(before, rest),
            core: core.to_owned(),
            after: parts(after, false),
        }
    }

    /// Whether there is no text at all.
    pub(super) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.core.is_empty() && self.after.is_empty()
    }

    /// The text with another mark, box character and word.
    pub(super) fn with(&self, mark: &str, letter: char, word: &str) -> String {
        let write = |parts: &[Part]| {
            parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => text.clone(),
                    Part::Mark => mark.to_owned(),
                    Part::Box => format!("[{letter}]"),
                })
                .collect::<String>()
        };
        format!("{}{word}{}", write(&self.before), write(&self.after))
    }
}

/// Where a box stands at the beginning of a status text.
fn box_at(text: &str) -> Option<usize> {
    let at = text.find('[')?;
    let opens = !text[..at].chars().any(char::is_alphanumeric);
    (opens && boxed(&text[at..]).is_some()).then_some(at)
}

fn box_len(text: &str) -> usize {
    text.find(']').map_or(0, |at| at + 1)
}

fn parts(text: &str, with_box: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    if with_box && let Some(at) = box_at(text) {
        if at > 0 {
            parts.push(Part::Text(text[..at].to_owned()));
        }
        parts.push(Part::Box);
        rest = &text[at + box_len(&text[at..])..];
    }
    let mut plain = String::new();
    let mut marked = false;
    for c in rest.chars() {
        if is_symbol(c) || (marked && matches!(c, '\u{fe0f}' | '\u{200d}')) {
            if !marked {
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Mark);
            }
            marked = true;
        } else {
            marked = false;
            plain.push(c);
        }
    }
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    parts
}

/// A word in the style of another: its case, and what it joins words with.
pub(super) fn styled(word: &str, example: &str, kind: Kind) -> Vec<String> {
    let cased = |c: &char| c.is_lowercase() || c.is_uppercase();
    let word = match example.chars().find(cased) {
        Some(first) if first.is_lowercase() => word.to_lowercase(),
        Some(_)
            if example.chars().filter(cased).count() > 1
                && !example.chars().any(char::is_lowercase) =>
        {
            word.to_uppercase()
        }
        _ => word.to_owned(),
    };
    if !word.contains(' ') {
        return vec![word];
    }
    let joined = |with: &str| word.replace(' ', with);
    if example.contains('_') {
        vec![joined("_"), word.clone()]
    } else if example.contains('-') {
        vec![joined("-"), word.clone()]
    } else if kind == Kind::Yaml && !example.contains(' ') && word == word.to_lowercase() {
        vec![joined("_"), joined("-"), word.clone()]
    } else {
        vec![word.clone(), joined("-"), joined("_")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_value_is_its_status_with_its_date() {
        for (value, expected) in [
            ("✅ Completed (2025-10-16)", "✅ Completed (2025-10-16)"),
            ("🔄 In Progress (1/6 stories)", "🔄 In Progress"),
            ("Done - 2025-10-16, see PR", "Done - 2025-10-16"),
            ("[x] complete", "[x] complete"),
            ("Blocked: waiting", "Blocked"),
            ("[x] 完了 (2026-01-17)", "[x] 完了 (2026-01-17)"),
            ("in-progress", "in-progress"),
        ] {
            assert_eq!(head(value), expected);
        }
    }

    #[test]
    fn a_value_is_rebuilt_around_its_word() {
        let rebuilt = |own: &str, word: &str| Parts::of(own).with("✅", 'x', word);
        assert_eq!(rebuilt("⏳ Pending", "Completed"), "✅ Completed");
        assert_eq!(rebuilt("[ ] pending", "complete"), "[x] complete");
        assert_eq!(rebuilt("⏸️ **Offen**", "Erledigt"), "✅ **Erledigt**");
        assert_eq!(rebuilt(" (Pending)", "Done"), " (Done)");
        assert_eq!(rebuilt("未着手", "完了"), "完了");
    }

    #[test]
    fn words_take_the_style_of_the_plan() {
        assert_eq!(
            styled("In Progress", "PENDING", Kind::Field)[0],
            "IN PROGRESS"
        );
        assert_eq!(
            styled("In Progress", "not-started", Kind::Field)[0],
            "in-progress"
        );
        assert_eq!(
            styled("In Progress", "pending", Kind::Yaml)[0],
            "in_progress"
        );
        assert_eq!(styled("Done", "Pending", Kind::Cell)[0], "Done");
    }
}
