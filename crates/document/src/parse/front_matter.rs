//! YAML front matter; with a `status:` key the document is one task.
//!
//! The markdown parser's own option is of no use here: it takes any two rules in a document
//! for front matter.

use std::ops::Range;

use super::marks::Marks;
use super::source::Source;
use super::value;
use crate::outline::{Entry, Field, Form, Site, Span, Text};
use crate::yaml;

/// The lines of the front matter: from `---` on the first line to the next `---` or `...`.
pub(super) fn lines(source: &Source<'_>) -> Option<Range<usize>> {
    let first = source.content(0).trim_start_matches('\u{feff}');
    if first.trim_end() != "---" || source.content(1).trim().is_empty() {
        return None;
    }
    (1..source.len())
        .find(|&line| matches!(source.content(line).trim_end(), "---" | "..."))
        .map(|end| 0..end + 1)
}

/// The task the front matter on these lines speaks of, if it has a known status.
pub(super) fn read(source: &Source<'_>, lines: Range<usize>, marks: &Marks) -> Option<Entry> {
    let fields: Vec<Field> = fields(source, lines.clone());
    let find = |key: &str| {
        fields
            .iter()
            .find(|field| field.label.eq_ignore_ascii_case(key))
    };
    let status_field = find("status")?;
    let status = value::status(&status_field.value.text, marks)?;
    let id = find("id")
        .map(|field| field.value.clone())
        .filter(|id| !id.text.is_empty());
    let title = find("title").or_else(|| find("name"));
    let title = title.map_or_else(
        || source.text(lines.start, 0..0),
        |field| field.value.clone(),
    );
    Some(Entry {
        form: Form::FrontMatter,
        lines: source.without_blank_end(lines.start..source.len()),
        id,
        title,
        status,
        sites: vec![Site::Yaml(status_field.value.span.clone())],
        section: None,
        parent: None,
        fields,
        steps: Vec::new(),
    })
}

/// The keys of the outermost level, each with the lines of its value.
fn fields(source: &Source<'_>, lines: Range<usize>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for line in lines.start + 1..lines.end {
        let content = source.content(line);
        if content.trim_end() == "---" || content.trim_end() == "..." {
            break;
        }
        if content.starts_with([' ', '\t', '-', '#']) || content.trim().is_empty() {
            if let Some(field) = fields.last_mut() {
                if !content.trim().is_empty() {
                    field.lines.end = line + 1;
                }
                field.items.extend(item(source, line));
            }
            continue;
        }
        let Some(colon) = content.find(':') else {
            continue;
        };
        fields.push(Field {
            label: content.get(..colon).unwrap_or_default().trim().to_owned(),
            value: scalar(source, line, colon + 1),
            lines: line..line + 1,
            items: Vec::new(),
        });
    }
    fields
}

fn item(source: &Source<'_>, line: usize) -> Option<Text> {
    let content = source.content(line);
    let value = content.trim_start().strip_prefix("- ")?;
    Some(scalar(source, line, content.len() - value.len()))
}

/// A scalar without quotes and escapes, or a comment behind it.
fn scalar(source: &Source<'_>, line: usize, from: usize) -> Text {
    let scalar = yaml::read(source.content(line), from);
    Text {
        text: scalar.text,
        span: Span {
            line,
            columns: scalar.columns,
        },
    }
}
