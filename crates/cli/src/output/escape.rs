//! Making text from plans harmless where it is shown.
//!
//! A title can hold anything: escape sequences that rewrite the screen, bidirectional marks
//! that turn a line around, formulas that a spreadsheet would run.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text for a terminal: controls, escapes and invisible direction marks are written as
/// `\u{..}`; line ends and tabs become blanks.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => safe.push(' '),
            c if is_unsafe(c) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Whether a terminal may do anything else with a character than show it.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control() || is_deceptive(c)
}

/// Characters that change how their neighbours are shown, or that cannot be seen: bidirectional
/// controls (UAX #9), line separators, zero-width blanks, tags, interlinear marks.
const fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A CSV cell that no spreadsheet takes for a formula (OWASP: CSV injection): one that begins
/// with `=`, `+`, `-`, `@` (also in their full-width forms), a tab or a carriage return gets an
/// apostrophe before it.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let text = plain(text);
    let first = text.trim_start().chars().next();
    if matches!(
        first,
        Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠')
    ) {
        Cow::Owned(format!("'{text}"))
    } else {
        text
    }
}

/// Text inside a cell of a markdown table: nothing in it is markup.
pub(crate) fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in plain(text).chars() {
        if matches!(
            c,
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '!' | '&'
        ) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// Text inside the quotes of a Mermaid label: what could end it, or be read as markup, as entity
/// codes (Mermaid: Flowcharts, "Entity codes to escape characters").
pub(crate) fn mermaid(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in plain(text).chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | ';' | '\\' | '%' | '{' | '}' | '$' => {
                let _ = write!(safe, "#{};", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Text inside the quotes of a DOT label (Graphviz: The DOT Language, ID; HTML entities such as
/// `&lt;` are read in any label).
pub(crate) fn dot(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for c in plain(text).chars() {
        match c {
            '"' | '\\' => safe.extend(['\\', c]),
            '&' => safe.push_str("&amp;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Text in HTML, between tags or in a quoted attribute (WHATWG HTML, 13.1.2.3 and 13.1.4).
pub(crate) fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in plain(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_rewrite_the_screen() {
        assert_eq!(plain("a\u{1b}[2Jb\u{7}"), "a\\u{1b}[2Jb\\u{7}");
        assert_eq!(plain("safe\u{202e}exe"), "safe\\u{202e}exe");
        assert_eq!(plain("one\r\ntwo\t3"), "one  two 3");
        assert!(matches!(plain("✅ ⏸️ übrig 日本語"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for text in [
            "=HYPERLINK(\"x\")",
            "+1",
            "-2",
            "@SUM(A1)",
            " =1",
            "\t=1",
            "\r=1",
        ] {
            assert!(cell(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("5 = 5"), "5 = 5");
    }

    #[test]
    fn a_label_shows_what_was_written() {
        assert_eq!(dot("a &lt; \"b\" \\n"), "a &amp;lt; \\\"b\\\" \\\\n");
        assert_eq!(mermaid("\"#35;"), "#34;#35;35#59;");
    }

    #[test]
    fn a_markdown_cell_stays_one_cell() {
        assert_eq!(markdown("a|b\n<b>`x`"), "a\\|b \\<b\\>\\`x\\`");
    }
}
