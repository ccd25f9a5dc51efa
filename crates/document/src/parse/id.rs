//! Written ids at the start of a title: `TODO-001:`, `T001 `, `1.2 `, `Phase 3:`, `#7 `.

use std::ops::Range;

use super::scan;
use crate::vocabulary as words;

/// What sort of id it is, which says how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Letters and a number: `TODO-001`, `T001`, `P1-7`.
    Named,
    /// A number with dots, or one behind a noun that means task: `1.2`, `Task 3:`.
    Numbered,
    /// A position in a list: `1.`, `#7`.
    Counted,
    /// A part of the plan: `Phase 3`.
    Container,
}

/// An id found in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) sort: Sort,
    /// The id itself.
    pub(super) columns: Range<usize>,
    /// Where what follows the id and its separator starts.
    pub(super) after: usize,
}

/// The id that the columns `from..to` of a line start with.
pub(super) fn leading(content: &str, from: usize, to: usize) -> Option<Id> {
    let text = content.get(from..to)?;
    let (columns, sort, separated) = wrapped(text)
        .or_else(|| counted_noun(text))
        .or_else(|| token(text))?;
    let after = from + columns.end + separated;
    let rest = content.get(after..to)?;
    Some(Id {
        sort,
        columns: from + columns.start..from + columns.end,
        after: after + (rest.len() - rest.trim_start().len()),
    })
}

/// A found id: its columns, its sort, and the length of what separates it from the title.
type Found = (Range<usize>, Sort, usize);

/// `[T-1] Title`, `` `T-1`: title ``
fn wrapped(text: &str) -> Option<Found> {
    let (open, close) = [('[', ']'), ('`', '`')]
        .into_iter()
        .find(|(open, _)| text.starts_with(*open))?;
    let inner = text.get(open.len_utf8()..)?;
    let end = inner.find(close)?;
    let id = inner.get(..end)?;
    let rest = inner.get(end + close.len_utf8()..)?;
    if !is_named(id) || rest.starts_with('(') {
        return None;
    }
    let separator = close.len_utf8() + separator(rest).unwrap_or(0);
    Some((
        open.len_utf8()..open.len_utf8() + end,
        Sort::Named,
        separator,
    ))
}

/// `Phase 1.4: …`, `Task 3: …`, `フェーズ2：…`
fn counted_noun(text: &str) -> Option<Found> {
    let (noun, container, gap) = match text.find(' ') {
        Some(at) if words::is_container(&text[..at]) => (at, true, 1),
        Some(at) if words::is_generic(&text[..at]) => (at, false, 1),
        _ => {
            let (noun, container) = words::unspaced_noun(text)?;
            let rest = &text[noun.len()..];
            (noun.len(), container, rest.len() - rest.trim_start().len())
        }
    };
    let start = noun + gap;
    let rest = text.get(start..)?;
    let hash = usize::from(!container && rest.starts_with('#'));
    let number = rest[hash..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')))
        .map_or(rest.len(), |at| at + hash);
    let number = rest.get(..number)?.trim_end_matches(['.', '-']).len();
    let written = rest.get(hash..number)?;
    let counted = written.starts_with(|c: char| c.is_ascii_digit())
        || (container
            && written.len() == 1
            && written.starts_with(|c: char| c.is_ascii_uppercase()));
    let behind = rest.get(number..)?;
    let separator =
        separator(behind).or_else(|| (container && behind.starts_with(" (")).then_some(0))?;
    if !counted {
        return None;
    }
    let id_start = if container { 0 } else { start };
    let sort = if container {
        Sort::Container
    } else {
        Sort::Numbered
    };
    Some((id_start..start + number, sort, separator))
}

/// `TODO-001: …`, `T001 …`, `1.2 …`, `3. …`, `#7 …`
fn token(text: &str) -> Option<Found> {
    let hash = usize::from(text.starts_with('#'));
    let len = text[hash..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .map_or(text.len(), |at| at + hash);
    let token = text.get(..len)?.trim_end_matches(['.', '-', '_']);
    let rest = text.get(token.len()..)?;
    let separator = separator(rest);
    if hash == 1 {
        let digits = token.get(1..)?;
        let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let parted = separator.or(rest.starts_with(' ').then_some(0));
        return parted
            .filter(|_| number)
            .map(|separator| (0..token.len(), Sort::Counted, separator));
    }
    if token.starts_with(|c: char| c.is_ascii_digit()) {
        return numbered(token, rest, separator);
    }
    let trusted = match separator {
        Some(_) if rest.starts_with([':', '：']) => is_named(token) || is_slug(token),
        Some(_) => is_named(token),
        None => rest.starts_with(' ') && is_named(token) && has_long_number(token),
    };
    trusted.then(|| (0..token.len(), Sort::Named, separator.unwrap_or(0)))
}

fn numbered(token: &str, rest: &str, separator: Option<usize>) -> Option<Found> {
    let shaped = token
        .trim_end_matches(|c: char| c.is_ascii_lowercase())
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'.');
    if !shaped || token.len() > 24 || scan::is_date(token) || token.contains("..") {
        return None;
    }
    let found = |sort, separator| Some((0..token.len(), sort, separator));
    if token.contains('.') {
        let parted = separator.or(rest.starts_with(' ').then_some(0))?;
        return found(Sort::Numbered, parted);
    }
    let listed = rest.starts_with([')', ':', '.']);
    separator
        .filter(|_| listed && token.len() <= 4)
        .and_then(|separator| found(Sort::Counted, separator))
}

/// The length of a separator and nothing else: `:`, `.`, `)`, ` -`, ` —`, or the end.
fn separator(rest: &str) -> Option<usize> {
    if rest.is_empty() {
        return Some(0);
    }
    if rest.starts_with('：') {
        return Some('：'.len_utf8());
    }
    if let Some(after) = rest.strip_prefix([':', '.', ')']) {
        return (after.is_empty() || after.starts_with([' ', '*', '\t'])).then_some(1);
    }
    let gap = rest.trim_start();
    let dash = gap.chars().next()?;
    let after = &gap[dash.len_utf8()..];
    let parted = after.is_empty() || after.starts_with(' ');
    (matches!(dash, '-' | '—' | '–') && parted && gap.len() < rest.len())
        .then(|| rest.len() - after.len())
}

/// Upper-case letters first, a digit somewhere, only letters, digits, `-`, `_` and `.`.
pub(super) fn is_named(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    (1..=12).contains(&letters)
        && text.len() <= 64
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().all(|b| {
            b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.')
        } || (b.is_ascii_lowercase() && text.ends_with(b as char)))
}

/// `auth-12`: lower case, but a hyphen and a number at the end.
fn is_slug(text: &str) -> bool {
    text.len() <= 64
        && text.split_once('-').is_some_and(|(head, _)| {
            !head.is_empty() && head.bytes().all(|b| b.is_ascii_alphabetic())
        })
        && text
            .rsplit('-')
            .next()
            .is_some_and(|tail| !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit()))
}

/// A number of three digits or more, or one with a leading zero: no name of a standard or model.
fn has_long_number(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit())
        .any(|number| number.len() >= 3 || (number.len() == 2 && number.starts_with('0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&str, &str, Sort)> {
        let id = leading(text, 0, text.len())?;
        Some((&text[id.columns], &text[id.after..], id.sort))
    }

    #[test]
    fn reads_ids_of_every_dialect() {
        for (text, id, title, sort) in [
            ("TODO-001: Paint", "TODO-001", "Paint", Sort::Named),
            ("ROOF-2-A-003 — Paint", "ROOF-2-A-003", "Paint", Sort::Named),
            ("T001 [P] Paint", "T001", "[P] Paint", Sort::Named),
            ("T039a Paint", "T039a", "Paint", Sort::Named),
            ("A1. Paint", "A1", "Paint", Sort::Named),
            ("P1-7: Paint", "P1-7", "Paint", Sort::Named),
            ("1.2 Paint", "1.2", "Paint", Sort::Numbered),
            ("3. Paint", "3", "Paint", Sort::Counted),
            ("#7 Paint", "#7", "Paint", Sort::Counted),
            ("Task 1.1: Paint", "1.1", "Paint", Sort::Numbered),
            ("Phase 1.4: Paint", "Phase 1.4", "Paint", Sort::Container),
            ("Sprint 3 (May)", "Sprint 3", "(May)", Sort::Container),
            ("フェーズ2：塗装", "フェーズ2", "塗装", Sort::Container),
            ("[T-1] Paint", "T-1", "Paint", Sort::Named),
            ("auth-12: Paint", "auth-12", "Paint", Sort::Named),
        ] {
            assert_eq!(read(text), Some((id, title, sort)), "{text}");
        }
    }

    #[test]
    fn leaves_names_and_numbers_of_other_things_alone() {
        for text in [
            "MP3 player",
            "UTF-8 support",
            "2031-05-06: moved in",
            "3 coats",
            "Win32 API",
            "Add T-1",
            "00-01-PLAN.md — Fix",
            "Phase out lead",
            "Tasks 3: x",
            "",
            "[x](y)",
            "- 1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
