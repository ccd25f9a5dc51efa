//! Table cells.

use super::one_line;
use super::patch::Patch;
use crate::outline::Span;
use crate::text::Document;

/// Replaces a cell's text. In a table whose columns are aligned with blanks, they stay so.
pub(super) fn set_cell(patch: &mut Patch<'_>, span: &Span, text: &str) {
    let document = patch.document();
    let content = document.content(span.line);
    let text = escape(&one_line(text));
    let Some(before) = content.get(..span.columns.start) else {
        return;
    };
    let Some(after) = content.get(span.columns.end..) else {
        return;
    };
    let left = before.len() - before.trim_end_matches(' ').len();
    let right = after.len() - after.trim_start_matches(' ').len();
    let old = content.get(span.columns.clone()).unwrap_or_default();
    let cell = Span {
        line: span.line,
        columns: span.columns.start - left..span.columns.end + right,
    };
    let lead = if left == 0 || old.is_empty() { 1 } else { left };
    let width = left + width(old) + right;
    let used = lead + self::width(&text);
    let trail = if aligned(document, span.line) {
        width.saturating_sub(used).max(1)
    } else if old.is_empty() || right == 0 {
        1
    } else {
        right
    };
    let closes = after.trim_start_matches(' ').starts_with('|');
    let trail = if closes { trail } else { 0 };
    patch.replace(
        &cell,
        format!("{}{text}{}", " ".repeat(lead), " ".repeat(trail)),
    );
}

/// A cell's text with pipes that would end it escaped.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut backslash = false;
    for c in text.chars() {
        if c == '|' && !backslash {
            escaped.push('\\');
        }
        backslash = c == '\\' && !backslash;
        escaped.push(c);
    }
    escaped
}

/// Whether a table's line is as wide as the line before or after it.
fn aligned(document: &Document, line: usize) -> bool {
    let content = document.content(line);
    let padded = content.contains("  |");
    let same = |other: usize| {
        let other = document.content(other);
        other.contains('|') && width(other) == width(content)
    };
    padded && (same(line + 1) || line.checked_sub(1).is_some_and(same))
}

fn width(text: &str) -> usize {
    text.chars()
        .filter(|c| !matches!(c, '\u{fe0f}' | '\u{200d}'))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, line: usize, old: &str, new: &str) -> String {
        let document = Document::from(text);
        let start = document.content(line).find(old).unwrap();
        let span = Span {
            line,
            columns: start..start + old.len(),
        };
        let mut patch = Patch::new(&document);
        set_cell(&mut patch, &span, new);
        patch.apply().document().text()
    }

    #[test]
    fn an_aligned_column_stays_aligned() {
        let table = "| A    | Pending     |\n| BB   | In progress |\n";
        assert_eq!(
            set(table, 0, "Pending", "Done"),
            "| A    | Done        |\n| BB   | In progress |\n"
        );
    }

    #[test]
    fn other_tables_keep_one_blank_and_pipes_are_escaped() {
        assert_eq!(
            set("| A | Pending | x |\n", 0, "Pending", "Done"),
            "| A | Done | x |\n"
        );
        assert_eq!(set("|A|b|\n", 0, "A", "x|y"), "| x\\|y |b|\n");
    }
}
