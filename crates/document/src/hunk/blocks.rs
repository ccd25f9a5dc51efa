//! Which lines belong to which: a heading with its section, a line with what is indented deeper
//! below it, a code fence with what it holds.
//!
//! Read from the text alone, so that any three texts can be merged. Where it differs from
//! CommonMark (lazy paragraphs, underlined headings) lines are neighbours that could be one in the
//! other.

use crate::text::{Document, content};

/// The lines of a document as a tree.
pub(super) struct Blocks {
    /// The line that each line belongs to.
    pub(super) parent: Vec<Option<usize>>,
    /// The line before it that belongs to the same one.
    pub(super) previous: Vec<Option<usize>>,
    /// The line behind it that belongs to the same one.
    pub(super) next: Vec<Option<usize>>,
}

/// How far an item's text is indented, at least.
const ITEM: usize = 2;

/// Columns of a tab stop.
const TAB: usize = 4;

impl Blocks {
    pub(super) fn of(document: &Document) -> Self {
        let parent = parents(document);
        let mut previous = vec![None; parent.len()];
        let mut next = vec![None; parent.len()];
        // The last line so far of each parent, the document's own lines last.
        let mut last: Vec<Option<usize>> = vec![None; parent.len() + 1];
        for (line, of) in parent.iter().enumerate() {
            let slot = of.unwrap_or(parent.len());
            if let Some(before) = last.get_mut(slot).and_then(|last| last.replace(line)) {
                previous[line] = Some(before);
                next[before] = Some(line);
            }
        }
        Self {
            parent,
            previous,
            next,
        }
    }

    /// The line after the last one of a line's block.
    pub(super) fn end(&self, line: usize) -> usize {
        let mut of = Some(line);
        while let Some(at) = of {
            if let Some(next) = self.next.get(at).copied().flatten() {
                return next;
            }
            of = self.parent.get(at).copied().flatten();
        }
        self.parent.len()
    }
}

fn parents(document: &Document) -> Vec<Option<usize>> {
    let mut parents = vec![None; document.len()];
    let mut headings: Vec<(usize, usize)> = Vec::new();
    let mut indented: Vec<(usize, usize)> = Vec::new();
    let mut fence: Option<(usize, char, usize)> = None;
    let mut blank = 0;
    for line in 0..document.len() {
        let text = document.content(line);
        if let Some((open, sign, length)) = fence {
            parents[line] = Some(open);
            if closes(text, sign, length) {
                fence = None;
                blank = line + 1;
            }
            continue;
        }
        if text.trim().is_empty() {
            continue;
        }
        let parent = if let Some(level) = heading(text) {
            indented.clear();
            headings.retain(|&(other, _)| other < level);
            let parent = headings.last().map(|&(_, line)| line);
            headings.push((level, line));
            parent
        } else {
            let width = width(text);
            indented.retain(|&(inner, _)| inner <= width);
            let parent = indented.last().map(|&(_, line)| line);
            let inner = if is_item(text) { ITEM } else { 1 };
            indented.push((width + inner, line));
            parent.or(headings.last().map(|&(_, line)| line))
        };
        // Blank lines belong where the line below them does.
        parents[blank..=line].fill(parent);
        blank = line + 1;
        fence = opens(text).map(|(sign, length)| (line, sign, length));
    }
    parents
}

/// The level of a heading.
fn heading(line: &str) -> Option<usize> {
    let text = line.trim_start_matches(['\u{feff}', ' ']);
    let rest = text.trim_start_matches('#');
    let level = text.len() - rest.len();
    let ends = rest.is_empty() || rest.starts_with([' ', '\t']);
    (width(line) < TAB && (1..=6).contains(&level) && ends).then_some(level)
}

fn is_item(line: &str) -> bool {
    let text = line.trim_start();
    let rest = match text.strip_prefix(['-', '*', '+']) {
        Some(rest) => rest,
        None => {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == text.len() {
                return false;
            }
            let Some(rest) = rest.strip_prefix(['.', ')']) else {
                return false;
            };
            rest
        }
    };
    rest.is_empty() || rest.starts_with([' ', '\t'])
}

/// The column at which a line's text begins.
fn width(line: &str) -> usize {
    let mut width = 0;
    for c in line.chars() {
        match c {
            ' ' => width += 1,
            '\t' => width += TAB - width % TAB,
            _ => break,
        }
    }
    width
}

fn opens(line: &str) -> Option<(char, usize)> {
    let text = line.trim_start();
    let sign = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = text.trim_start_matches(sign);
    let length = text.len() - rest.len();
    (length >= 3 && (sign == '~' || !rest.contains('`'))).then_some((sign, length))
}

fn closes(line: &str, sign: char, length: usize) -> bool {
    let text = content(line).trim();
    text.len() >= length && text.chars().all(|c| c == sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parents_of(text: &str) -> Vec<Option<usize>> {
        Blocks::of(&Document::from(text)).parent
    }

    #[test]
    fn a_line_belongs_to_the_heading_or_to_the_line_it_is_indented_below() {
        let text = "# A\n\n- one\n  - nested\n\n    more\n 1. two\n## B\ntext\n# C\n";
        assert_eq!(
            parents_of(text),
            [
                None,
                Some(0),
                Some(0),
                Some(2),
                Some(3),
                Some(3),
                Some(0),
                Some(0),
                Some(7),
                None
            ]
        );
        let blocks = Blocks::of(&Document::from(text));
        assert_eq!((blocks.end(0), blocks.end(2), blocks.end(7)), (9, 6, 9));
    }

    #[test]
    fn a_code_fence_holds_its_lines_whatever_they_look_like() {
        assert_eq!(
            parents_of("- a\n  ```\n# no heading\n\n  ```\n  - b\n"),
            [None, Some(0), Some(1), Some(1), Some(1), Some(0)]
        );
    }
}
