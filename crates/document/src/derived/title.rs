//! What a title offers to derived text: the names in it and its structural pieces.

use serde::{Deserialize, Serialize};

use super::lex::{self, Kind};

/// A structural piece of a title. A piece is always whole: a shortened title is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// All of it.
    Title,
    /// What stands in its first parentheses.
    Inside,
    /// What stands before its first parentheses.
    Before,
    /// What follows the first colon.
    AfterColon,
    /// What follows the first dash between blanks.
    AfterDash,
}

impl Piece {
    pub(super) const ALL: [Self; 5] = [
        Self::Title,
        Self::Before,
        Self::Inside,
        Self::AfterColon,
        Self::AfterDash,
    ];

    /// This piece of `title`, if it has one.
    pub(super) fn of(self, title: &str) -> Option<&str> {
        let title = title.trim();
        let piece = match self {
            Self::Title => title,
            Self::Inside => inside(title)?,
            Self::Before => &title[..title.find(['(', '（'])?],
            Self::AfterColon => after(title, &[": ", "：", "**: "])?,
            Self::AfterDash => after(title, &[" - ", " – ", " — "])?,
        };
        let piece = piece.trim();
        (!piece.is_empty()).then_some(piece)
    }
}

fn inside(title: &str) -> Option<&str> {
    let (open, bracket) = title
        .char_indices()
        .find(|(_, c)| matches!(c, '(' | '（'))?;
    let start = open + bracket.len_utf8();
    let mut depth = 1;
    for (at, c) in title[start..].char_indices() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&title[start..start + at]);
        }
    }
    None
}

fn after<'a>(title: &'a str, separators: &[&str]) -> Option<&'a str> {
    separators
        .iter()
        .filter_map(|separator| Some((title.find(separator)?, separator.len())))
        .min()
        .map(|(at, length)| &title[at + length..])
}

/// The names in a title that say what the task is about: those before its parentheses, or all of
/// them if there are none before.
pub(super) fn names(title: &str) -> Vec<&str> {
    let head = Piece::Before.of(title).unwrap_or(title);
    let found = names_in(head);
    if found.is_empty() {
        names_in(title)
    } else {
        found
    }
}

/// The names in a title where it lists them: `A, B and C`, and not `A to C`, which means others
/// too. `None` if there are none.
pub(super) fn list(title: &str) -> Option<Vec<&str>> {
    const ANDS: [&str; 12] = [
        "and", "und", "et", "y", "e", "och", "og", "en", "и", "та", "和", "と",
    ];
    let names = names(title);
    let mut rest = title;
    for (nth, name) in names.iter().enumerate() {
        let (gap, behind) = rest.split_once(name)?;
        let mut words = gap.split(|c: char| c.is_whitespace() || ",;/&+、，；".contains(c));
        if nth > 0 && !words.all(|word| word.is_empty() || ANDS.contains(&word)) {
            return None;
        }
        rest = behind;
    }
    (!names.is_empty()).then_some(names)
}

fn names_in(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for token in lex::split(text) {
        if token.kind == Kind::Name && !found.contains(&&text[token.range.clone()]) {
            found.push(&text[token.range]);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_names_and_whole_pieces() {
        let title = "Build AB-12, AB-13 (Shared (inner) parts: all)";
        assert_eq!(names(title), ["AB-12", "AB-13"]);
        assert_eq!(Piece::Inside.of(title), Some("Shared (inner) parts: all"));
        assert_eq!(Piece::Before.of(title), Some("Build AB-12, AB-13"));
        assert_eq!(Piece::AfterColon.of("Phase 2: Roof"), Some("Roof"));
        assert_eq!(Piece::AfterDash.of("Bau K-7 – Dach"), Some("Dach"));
        assert_eq!(Piece::Inside.of("設計（画面）"), Some("画面"));
        assert_eq!(Piece::Inside.of("open (only"), None);
        assert_eq!(names("Write (K-9)"), ["K-9"]);
    }

    #[test]
    fn names_are_listed_or_they_mean_others_too() {
        let listed = |title| list(title).unwrap_or_default();
        assert_eq!(
            listed("Build AB-12, AB-13 and AB-14 (K-1)"),
            ["AB-12", "AB-13", "AB-14"]
        );
        assert_eq!(listed("設計 K-1、K-2"), ["K-1", "K-2"]);
        assert_eq!(listed("Dach K-7"), ["K-7"]);
        for title in [
            "Roof",
            "Do K-1 through K-3",
            "K-1 to K-3",
            "K-1–K-3",
            "K-1 – K-3",
            "K-1 … K-3",
        ] {
            assert_eq!(list(title), None, "{title}");
        }
    }
}
