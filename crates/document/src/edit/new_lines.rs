//! The lines of a new task, written like those of its siblings.

use super::add::NewTask;
use super::date::undate;
use super::field::find as find_field;
use super::form::{FieldForm, form_for, indent_of};
use super::rename::id_markup;
use super::siblings::{Kind, nearest, status_field};
use super::status::{end_column, text_column};
use super::wording::Wording;
use super::{one_line, phrase};
use crate::outline::{Entry, Field, Form, Outline, Site};
use crate::text::Document;

/// `- [ ] ID: title`, where no task shows another form.
pub(super) fn plain_lines(task: &NewTask) -> Vec<String> {
    let mut lines = vec![match &task.id {
        Some(id) => format!("- [ ] {id}: {}", task.title),
        None => format!("- [ ] {}", task.title),
    }];
    for (label, value) in &task.fields {
        lines.push(format!("  - **{}**: {}", one_line(label), one_line(value)));
    }
    lines
}

/// The lines of an entry written like its model.
pub(super) fn entry_lines(
    document: &Document,
    outline: &Outline,
    model: &Entry,
    task: &NewTask,
) -> Vec<String> {
    let mut lines = vec![first_line(document, outline, model, task)];
    let wording = Wording::new(document, outline, model, task.status, None);
    let mut fields: Vec<String> = Vec::new();
    let mut given: Vec<&(String, String)> = task.fields.iter().collect();
    let status = status_field(model);
    for field in &model.fields {
        let is_status = status.is_some_and(|status| status.lines == field.lines);
        if is_status && let Some(form) = FieldForm::of(document, field) {
            let values = wording.values(&field.value.text, Kind::Field);
            let value = if model.status == task.status {
                undate(phrase::head(&field.value.text))
            } else {
                values.into_iter().next().unwrap_or_default()
            };
            fields.push(form.line(&field.label, &value));
        } else if let Some(at) = given
            .iter()
            .position(|(label, _)| find_field(std::slice::from_ref(field), label).is_some())
        {
            let (label, value) = given.remove(at);
            fields.push(field_line(document, outline, model, field, label, value));
        }
    }
    for (label, value) in given {
        let label = one_line(label);
        fields.push(form_for(document, outline, model, &label).line(&label, value));
    }
    if !fields.is_empty() && model.form == Form::Heading {
        let next = document.content(model.lines.start + 1);
        if next.trim().is_empty() {
            lines.push(String::new());
        }
    }
    lines.extend(fields);
    lines
}

fn field_line(
    document: &Document,
    outline: &Outline,
    model: &Entry,
    field: &Field,
    label: &str,
    value: &str,
) -> String {
    FieldForm::of(document, field)
        .unwrap_or_else(|| form_for(document, outline, model, label))
        .line(&field.label, value)
}

/// The line an entry stands on, written like its model's.
fn first_line(document: &Document, outline: &Outline, model: &Entry, task: &NewTask) -> String {
    let line = model.title.span.line;
    let content = document.content(line);
    let column = text_column(document, model);
    let mut lead = content.get(..column).unwrap_or_default().to_owned();
    let same = model.status == task.status;
    let wording = Wording::new(document, outline, model, task.status, None);
    // What the model's line says about its status, taken apart from back to front.
    let mut tail = String::new();
    for site in model.sites.iter().rev() {
        match site {
            Site::Box(span) if span.line == line && span.columns.end <= column => {
                let letter = wording.boxes().next().unwrap_or(' ');
                lead.replace_range(span.columns.clone(), &letter.to_string());
            }
            Site::Mark(span) | Site::Word(span) if span.line == line => {
                let text = content.get(span.columns.clone()).unwrap_or_default();
                let text = if same || model.sites.len() == 1 {
                    undate(text)
                } else {
                    String::new()
                };
                if span.columns.end <= column {
                    lead.replace_range(span.columns.clone(), &text);
                } else if span.columns.start >= model.title.span.columns.end {
                    tail.insert_str(0, &text);
                }
            }
            _ => {}
        }
    }
    let lead = counted(&lead);
    let lead = lead.trim_end_matches("~~");
    let markup = id_markup(document, model).or_else(|| {
        nearest(outline, model, |other| other.id.is_some())
            .first()
            .and_then(|other| id_markup(document, other))
    });
    let text = match (&task.id, markup) {
        (Some(id), Some((open, close))) => {
            let (open, close) = (open.replace("~~", ""), close.replace("~~", ""));
            format!("{open}{id}{close}{}", task.title)
        }
        (Some(id), None) => format!("{id}: {}", task.title),
        (None, _) => task.title.clone(),
    };
    // A heading's closing `#` run stays at the end.
    let end = end_column(content, model);
    let closing = content.get(end..).unwrap_or_default().trim_end();
    let tail = tail.trim_end();
    let tail = if tail.is_empty() || tail.starts_with(' ') {
        tail.to_owned()
    } else {
        format!(" {tail}")
    };
    let open = text.matches("**").count() % 2 == 1;
    let close = if open { "**" } else { "" };
    format!("{lead}{text}{close}{tail}{closing}")
}

/// An ordered list's number counted up.
fn counted(lead: &str) -> String {
    let indent = indent_of(lead);
    let rest = &lead[indent.len()..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    match rest[..digits].parse::<u32>() {
        Ok(number) if rest[digits..].starts_with(['.', ')']) => {
            format!("{indent}{}{}", number.saturating_add(1), &rest[digits..])
        }
        _ => lead.to_owned(),
    }
}
