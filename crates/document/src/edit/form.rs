//! How fields and the items below them are written, and where a new one goes.

use std::ops::Range;

use super::one_line;
use super::siblings::{nearest, status_field};
use crate::outline::{Entry, Field, Form, Outline};
use crate::text::Document;
use crate::vocabulary::{Role, is_like, role};

/// What a line begins with before its text: blanks and quote markers.
pub(super) fn indent_of(content: &str) -> &str {
    let end = content
        .find(|c: char| !matches!(c, ' ' | '\t' | '>'))
        .unwrap_or(content.len());
    &content[..end]
}

/// Length of a list marker with the blanks behind it: 2 for `- `, 3 for `1. `; 0 for none.
pub(super) fn marker_len(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[digits..];
    let sign = match rest.chars().next() {
        Some('-' | '*' | '+') if digits == 0 => 1,
        Some('.' | ')') if digits > 0 => digits + 1,
        _ => return 0,
    };
    match text[sign..]
        .bytes()
        .take_while(|&b| b == b' ' || b == b'\t')
        .count()
    {
        0 => 0,
        // Five blanks and more are a marker, one blank and indented code.
        blanks @ 1..=4 => sign + blanks,
        _ => sign + 1,
    }
}

/// How a field's line is written around its label and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldForm {
    /// Indentation of the line.
    indent: String,
    /// Between indentation and label: `- **`.
    lead: String,
    /// Between label and value: `**: `.
    tail: String,
    /// Blanks behind the value (a hard line break).
    end: String,
}

impl FieldForm {
    /// The form of a field that stands in a document; `None` if its line has no such form.
    pub(super) fn of(document: &Document, field: &Field) -> Option<Self> {
        let content = document.content(field.value.span.line);
        let before = content.get(..field.value.span.columns.start)?;
        let at = before.find(field.label.as_str())?;
        let indent = indent_of(before);
        let lead = before.get(indent.len()..at)?;
        let tail = &before[at + field.label.len()..];
        let plain = |text: &str, more: &str| {
            text.chars()
                .all(|c| c.is_whitespace() || "*_`".contains(c) || more.contains(c))
        };
        (plain(lead, "-+") && plain(tail, ":：") && tail.contains([':', '：'])).then(|| Self {
            indent: indent.to_owned(),
            lead: lead.to_owned(),
            tail: tail.to_owned(),
            end: content
                .get(field.value.span.columns.end..)
                .filter(|rest| !field.value.text.is_empty() && rest.trim().is_empty())
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// The same form below another entry: what the line is indented more than its entry stays.
    fn moved(mut self, from: &str, to: &str) -> Self {
        if let Some(deeper) = self.indent.strip_prefix(from) {
            self.indent = format!("{to}{deeper}");
        }
        self
    }

    /// A field's line.
    pub(super) fn line(&self, label: &str, value: &str) -> String {
        let Self {
            indent,
            lead,
            tail,
            end,
        } = self;
        let value = one_line(value);
        if value.is_empty() {
            return format!("{indent}{lead}{label}{}", tail.trim_end());
        }
        let gap = if tail.ends_with([' ', '\t', '：']) {
            ""
        } else {
            " "
        };
        format!("{indent}{lead}{label}{tail}{gap}{value}{end}")
    }

    /// Whether the field is a list item.
    pub(super) fn is_item(&self) -> bool {
        marker_len(&self.lead) > 0
    }

    /// What an item below the field starts with.
    fn item_prefix(&self) -> String {
        let bullet = self.lead.chars().next().filter(|_| self.is_item());
        match bullet {
            Some(bullet) => {
                let deeper = " ".repeat(marker_len(&self.lead).max(2));
                format!("{}{deeper}{bullet} ", self.indent)
            }
            None => format!("{}- ", self.indent),
        }
    }
}

/// The lines of an entry that are its own: up to its first nested entry, without blank lines
/// and rules at the end.
pub(super) fn own_lines(document: &Document, outline: &Outline, entry: &Entry) -> Range<usize> {
    let mut end = entry.lines.end.min(document.len());
    let next = outline
        .entries
        .partition_point(|other| other.lines.start <= entry.lines.start);
    if let Some(child) = outline.entries.get(next) {
        end = end.min(child.lines.start.max(entry.lines.start + 1));
    }
    if entry.form == Form::Heading {
        // A section below it that is no task still is not its own text's end; a rule is.
        while end > entry.lines.start + 1 && is_gap(document.content(end - 1)) {
            end -= 1;
        }
    }
    while end > entry.lines.start + 1 && document.content(end - 1).trim().is_empty() {
        end -= 1;
    }
    entry.lines.start..end
}

/// Whether a line only separates: blank or a rule.
pub(super) fn is_gap(content: &str) -> bool {
    let text: String = content.chars().filter(|c| !c.is_whitespace()).collect();
    text.is_empty()
        || text.len() >= 3
            && ['-', '*', '_']
                .iter()
                .any(|&c| text.chars().all(|d| c == d))
}

/// The end of the lines of a field, blank lines at its end left out.
pub(super) fn field_end(document: &Document, field: &Field) -> usize {
    let mut end = field.lines.end.min(document.len());
    while end > field.lines.start + 1 && document.content(end - 1).trim().is_empty() {
        end -= 1;
    }
    end
}

/// How an entry writes a field with this label.
pub(super) fn form_for(
    document: &Document,
    outline: &Outline,
    entry: &Entry,
    label: &str,
) -> FieldForm {
    let base = |entry: &Entry| indent_of(document.content(entry.lines.start)).to_owned();
    let mine = base(entry);
    let same = |field: &&Field| is_like(&field.label, label);
    let shown = nearest(outline, entry, |other| {
        other.fields.iter().any(|f| same(&f))
    });
    let by_example = shown.iter().find_map(|other| {
        let field = other.fields.iter().find(same)?;
        Some(FieldForm::of(document, field)?.moved(&base(other), &mine))
    });
    let own = || {
        let inline = |f: &&Field| !f.value.text.is_empty();
        let status = status_field(entry).and_then(|f| FieldForm::of(document, f));
        let last = entry.fields.iter().filter(inline).rev();
        status
            .or_else(|| last.into_iter().find_map(|f| FieldForm::of(document, f)))
            .or_else(|| entry.fields.iter().find_map(|f| FieldForm::of(document, f)))
    };
    let others = || {
        nearest(outline, entry, |other| !other.fields.is_empty())
            .iter()
            .find_map(|other| {
                other.fields.iter().rev().find_map(|field| {
                    Some(FieldForm::of(document, field)?.moved(&base(other), &mine))
                })
            })
    };
    // An entry's own indentation and bullet count for more than a sibling's.
    match (by_example, own()) {
        (Some(example), Some(own)) if example.is_item() == own.is_item() => FieldForm {
            indent: own.indent,
            ..example
        },
        (Some(example), _) => example,
        (None, Some(own)) => own,
        (None, None) => others().unwrap_or_else(|| default_form(document, entry)),
    }
}

/// The form of a field where no entry shows one.
fn default_form(document: &Document, entry: &Entry) -> FieldForm {
    let content = document.content(entry.lines.start);
    let indent = indent_of(content);
    match entry.form {
        Form::FrontMatter => FieldForm {
            indent: String::new(),
            lead: String::new(),
            tail: ": ".to_owned(),
            end: String::new(),
        },
        Form::Heading => FieldForm {
            indent: String::new(),
            lead: "**".to_owned(),
            tail: "**: ".to_owned(),
            end: String::new(),
        },
        _ => {
            let text = &content[indent.len()..];
            let first = text.chars().next().filter(|c| "-*+".contains(*c));
            let bullet = first.filter(|_| marker_len(text) > 0);
            FieldForm {
                indent: format!("{indent}{}", " ".repeat(marker_len(text).max(2))),
                lead: format!("{} **", bullet.unwrap_or('-')),
                tail: "**: ".to_owned(),
                end: String::new(),
            }
        }
    }
}

/// What items below a label start with: as in the entry's own field, as in the nearest sibling
/// that has items below this label or another, else nested one step deeper.
pub(super) fn item_prefix(
    document: &Document,
    outline: &Outline,
    entry: &Entry,
    label: &str,
    form: &FieldForm,
) -> String {
    let of = |field: &Field| {
        let item = field.items.last()?;
        let prefix = document
            .content(item.span.line)
            .get(..item.span.columns.start)?;
        let text = prefix.trim_start_matches([' ', '\t', '>']);
        matches!(text.trim_end(), "-" | "*" | "+").then(|| prefix.to_owned())
    };
    let same = |field: &&Field| is_like(&field.label, label);
    if let Some(prefix) = entry.fields.iter().filter(same).find_map(of) {
        return prefix;
    }
    let relative = |field: &Field| {
        let prefix = of(field)?;
        let line = document.content(field.lines.start);
        let deeper = prefix.strip_prefix(indent_of(line))?;
        // Only the same kind of label has its items at the same depth.
        (FieldForm::of(document, field)?.is_item() == form.is_item())
            .then(|| format!("{}{deeper}", form.indent))
    };
    let labelled = |field: &Field| same(&field) || role(&field.label) == role(label);
    nearest(outline, entry, |other| {
        other
            .fields
            .iter()
            .any(|f| labelled(f) && !f.items.is_empty())
    })
    .iter()
    .flat_map(|other| other.fields.iter().filter(|f| labelled(f)))
    .find_map(relative)
    .or_else(|| entry.fields.iter().rev().find_map(relative))
    .unwrap_or_else(|| form.item_prefix())
}

/// Whether a label holds results.
pub(super) fn is_results(label: &str) -> bool {
    role(label) == Some(Role::Results)
}
