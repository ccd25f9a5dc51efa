//! The files that a task promises.
//!
//! A field such as `Output` may name files or tell a story, so only what is written as a path
//! counts: code, the target of a link, or a whole item that looks like one. A path with `*` in it
//! promises some file that it fits, and one with braces each that they stand for.

use ledger_document::outline::{Entry, Field};
use ledger_document::vocabulary::is_output_label;

use super::braces::written_out;
use crate::id::DocumentId;

/// A file that a task promises.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Promise {
    /// The plan that promises it.
    pub document: DocumentId,
    /// Its path, as it is written there, but without braces. A `*` in it stands for any letters
    /// but `/`.
    pub path: String,
}

/// Where an entry promises files.
pub(crate) struct Placed {
    /// The line, from 0.
    pub(crate) line: usize,
    /// The path or pattern as written.
    pub(crate) written: String,
    /// The paths that it stands for.
    pub(crate) paths: Vec<String>,
}

/// What stands between the old name of a file and its new one.
const ARROWS: [&str; 3] = ["→", "->", "=>"];

/// In the names of how many folders and files of one path a `*` is looked for.
const MOST_STARS: usize = 2;

/// What stands between two paths of one item.
const JOINED_BY: [&str; 6] = ["and", "&", "+", "und", "et", "y"];

/// The longest path that is looked at.
const LONGEST: usize = 1_024;

/// The paths that an entry's own fields promise.
pub(super) fn paths(entry: &Entry) -> Vec<String> {
    let fields = entry.fields.iter();
    fields
        .filter(|field| is_output_label(&field.label))
        .flat_map(of_field)
        .collect()
}

fn of_field(field: &Field) -> Vec<String> {
    placed_in(field).flat_map(|placed| placed.paths).collect()
}

/// The paths that an entry's own fields promise, each with the line that it stands in.
pub(crate) fn placed(entry: &Entry) -> Vec<Placed> {
    let fields = entry.fields.iter();
    fields
        .filter(|field| is_output_label(&field.label))
        .flat_map(placed_in)
        .collect()
}

fn placed_in(field: &Field) -> impl Iterator<Item = Placed> + '_ {
    let texts = std::iter::once(&field.value).chain(&field.items);
    texts.flat_map(|text| {
        of_text(&text.text).into_iter().filter_map(|written| {
            Some(Placed {
                line: text.span.line,
                paths: written_out(written)?,
                written: written.to_owned(),
            })
        })
    })
}

fn of_text(text: &str) -> Vec<&str> {
    let marked: Vec<&str> = code(text).into_iter().chain(links(text)).collect();
    if marked.is_empty() {
        return parts(text).into_iter().flat_map(items).collect();
    }
    let paths = marked.into_iter().filter(|word| is_path(word, true));
    paths.collect()
}

/// The parts between commas and semicolons that stand in no braces.
fn parts(text: &str) -> Vec<&str> {
    let mut inside = false;
    let is_between = |letter: char| {
        inside = letter == '{' || inside && letter != '}';
        !inside && matches!(letter, ',' | ';')
    };
    text.split(is_between).collect()
}

/// The code spans of a text: those outside of brackets, where there are any, since a remark says
/// what else there was.
fn code(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut spans: Vec<(bool, &str)> = Vec::new();
    for (at, piece) in text.split('`').enumerate() {
        if at % 2 == 1 {
            spans.push((depth > 0, piece.trim()));
            continue;
        }
        // What a file was called before is gone.
        if ARROWS.contains(&piece.trim()) {
            spans.pop();
        }
        for letter in piece.chars() {
            match letter {
                '(' | '（' => depth += 1,
                ')' | '）' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    let any_outside = spans.iter().any(|(inside, _)| !inside);
    spans.retain(|(inside, _)| !(any_outside && *inside));
    spans.into_iter().map(|(_, span)| span).collect()
}

/// The targets of the links in a text.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    targets.filter_map(|rest| rest.split([')', ' ', '#']).next())
}

/// The paths that an item of a list is: several with nothing but `and` or its like between them, or
/// one.
fn items(text: &str) -> Vec<&str> {
    let words = text
        .split_whitespace()
        .filter(|word| !JOINED_BY.contains(word));
    let words = words.map(bare);
    let several: Option<Vec<&str>> = words
        .map(|word| is_path(word, false).then_some(word))
        .collect();
    several
        .filter(|paths| paths.len() > 1)
        .unwrap_or_else(|| item(text).into_iter().collect())
}

/// The path that an item of a list is: alone, or before a remark.
fn item(text: &str) -> Option<&str> {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim_start();
    let alone = rest.is_empty() || rest.starts_with(['(', '-', '–', '—', ':', '✅']);
    let word = bare(word);
    (alone && is_path(word, false)).then_some(word)
}

/// A word without the markup and the marks around it.
fn bare(word: &str) -> &str {
    word.trim_matches(['*', '_', '"', '\''])
        .trim_end_matches(['.', ':'])
}

/// Whether a word is written as a path: below the plan's own place, no address, and no pattern but
/// one of names in a folder that is named.
fn is_path(word: &str, marked: bool) -> bool {
    let odd = |letter: char| letter.is_control() || "?<>|$\\\"".contains(letter);
    if word.is_empty() || word.len() > LONGEST || word.contains(odd) || word.contains("://") {
        return false;
    }
    if word.contains(char::is_whitespace) || word.starts_with(['/', '~', '-', '#', '@']) {
        return false;
    }
    let name = word.rsplit('/').next().unwrap_or_default();
    let has_ending = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        let is_ending = ending.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && ending.len() <= 10
            && ending.chars().all(|letter| letter.is_ascii_alphanumeric());
        is_ending && (stem.len() > 1 || marked || word.contains('/'))
    });
    if word.contains(['*', '{', '}']) && !is_pattern(word) {
        return false;
    }
    let is_call = word.contains(['(', ')']);
    !is_call && (has_ending || word.ends_with('/') || marked && word.contains('/'))
}

/// Whether a path has patterns that can be looked for: in a folder that is named, below the plan's
/// own place, and not in all folders that there are.
fn is_pattern(word: &str) -> bool {
    let stars = word.split('/').filter(|name| name.contains('*'));
    word.contains('/')
        && !word.contains("**")
        && !word.split('/').any(|name| name == "..")
        && stars.count() <= MOST_STARS
        && written_out(word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_a_story() {
        for (text, paths) in [
            ("`src/a.rs`, `docs/`", &["src/a.rs", "docs/"][..]),
            ("see [the report](docs/report.md#top)", &["docs/report.md"]),
            ("src/a.rs, docs/b.md (draft)", &["src/a.rs", "docs/b.md"]),
            ("out/report.pdf - the final one", &["out/report.pdf"]),
            ("src/a.rs and docs/b.md.", &["src/a.rs", "docs/b.md"]),
            ("src/a.rs docs/", &["src/a.rs", "docs/"]),
            ("src/a.rs and its tests", &[]),
            ("`bin/ledger` and `cargo test` pass", &["bin/ledger"]),
            ("`ledger.toml`", &["ledger.toml"]),
            ("**Makefile.am**", &["Makefile.am"]),
            ("a working login page", &[]),
            ("Node.js server with CI/CD", &[]),
            ("e.g. a report", &[]),
            ("version 1.2.3", &[]),
            ("1.2", &[]),
            ("https://example.org/a.html", &[]),
            ("`/etc/passwd`", &[]),
            ("`src/*.rs`", &["src/*.rs"]),
            (
                "out/US-{1-3}_*.md, a/{b,c}.md",
                &["out/US-{1-3}_*.md", "a/{b,c}.md"],
            ),
            ("**src/a.rs** and **docs/b.md**", &["src/a.rs", "docs/b.md"]),
            ("`*.rs`, `src/**/*.rs` and `out/{name}.md`", &[]),
            ("`main()`", &[]),
            ("`~/.config/a.toml`", &[]),
            ("`b.md` (renamed from `a.md`)", &["b.md"]),
            ("`a.md` → `b.md`", &["b.md"]),
            ("the report (`a.md`)", &["a.md"]),
            ("`a.md` → reviewed by all", &["a.md"]),
            ("`a.md`, `b.md` → `c.md`", &["a.md", "c.md"]),
            ("`../*/b.md`, `*/*/*/b.md`, `a/{1,...,9}.md`", &[]),
            ("", &[]),
        ] {
            assert_eq!(of_text(text), paths, "{text}");
        }
    }
}
