//! Scalars of front matter, written as YAML needs them and in the style they had.

use super::patch::Patch;
use crate::outline::{Field, Span};
use crate::text::Document;
use crate::yaml::{self, Style};

/// Whether a line stands in the document's front matter.
pub(super) fn holds(document: &Document, line: usize) -> bool {
    let rule = |line: usize| document.content(line).trim_end();
    document
        .content(0)
        .trim_start_matches('\u{feff}')
        .trim_end()
        == "---"
        && line > 0
        && line < document.len()
        && (1..=line).all(|line| !matches!(rule(line), "---" | "..."))
}

/// Replaces a scalar. One that goes on over further lines is gone with all of them.
pub(super) fn set_scalar(patch: &mut Patch<'_>, span: &Span, text: &str) {
    write(patch, span, |style| yaml::written(text, style));
}

/// Replaces a title: a text, whatever it looks like.
pub(super) fn set_title(patch: &mut Patch<'_>, span: &Span, title: &str) {
    write(patch, span, |style| match style {
        Style::Plain if yaml::is_no_text(title) => yaml::written(title, Style::Double),
        style => yaml::written(title, style),
    });
}

/// Replaces a field's value. A list on one line (`[a, b]`) may become another one.
pub(super) fn set_value(patch: &mut Patch<'_>, field: &Field, value: &str) {
    let list = |text: &str| yaml::flow_list(text).is_some();
    if field.value.text.is_empty() && !value.is_empty() {
        // The list below the key goes: it would be read as more of the value.
        let document = patch.document();
        let below = |line: &usize| document.content(*line).starts_with([' ', '\t', '-']);
        let end = (field.lines.start + 1..field.lines.end).take_while(below);
        patch.delete(field.lines.start + 1..field.lines.start + 1 + end.count());
    }
    write(patch, &field.value.span, |style| {
        if style == Style::Plain && list(&field.value.text) && list(value) {
            value.to_owned()
        } else {
            yaml::written(value, style)
        }
    });
}

fn write(patch: &mut Patch<'_>, span: &Span, written: impl Fn(Style) -> String) {
    let document = patch.document();
    let content = document.content(span.line);
    let before = content.get(..span.columns.start).unwrap_or_default();
    let after = content.get(span.columns.end..).unwrap_or_default();
    let (style, quotes) = match (before.chars().next_back(), after.chars().next()) {
        (Some('"'), Some('"')) => (Style::Double, 1),
        (Some('\''), Some('\'')) => (Style::Single, 1),
        _ => (Style::Plain, 0),
    };
    let mut text = written(style);
    if quotes == 0 && !text.is_empty() {
        if before.ends_with(':') {
            text.insert(0, ' ');
        }
        if after.starts_with('#') {
            text.push(' ');
        }
    }
    let whole = Span {
        line: span.line,
        columns: span.columns.start - quotes..span.columns.end + quotes,
    };
    patch.replace(&whole, text);
    if span.columns.is_empty() || quotes > 0 {
        return;
    }
    let goes_on = |line: &usize| {
        let content = document.content(*line);
        content.starts_with([' ', '\t']) || content.is_empty()
    };
    let mut end = (span.line + 1..document.len())
        .take_while(goes_on)
        .last()
        .map_or(span.line + 1, |line| line + 1);
    while end > span.line + 1 && document.content(end - 1).trim().is_empty() {
        end -= 1;
    }
    patch.delete(span.line + 1..end);
}
