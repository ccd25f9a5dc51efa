//! Prints what the grammar reads in a plan: `cargo run -p ledger-document --example outline -- PLAN.md`.
//!
//! One line a task entry (line, form, status, id, title; `=` marks a further writing of a task
//! above), below it with `-v` its sites, fields and steps; then the document's fields.

#![allow(
    clippy::disallowed_methods,
    reason = "a tool reads files; the crate does not"
)]

use std::process::ExitCode;

use ledger_document::{Document, Outline};

fn main() -> ExitCode {
    let mut verbose = false;
    let mut failed = false;
    for argument in std::env::args().skip(1) {
        if argument == "-v" {
            verbose = true;
            continue;
        }
        match std::fs::read(&argument).map(|bytes| Document::from_bytes(&bytes)) {
            Ok(Ok(document)) => print(&document, verbose),
            Ok(Err(error)) => {
                eprintln!("error: {argument}: {error}");
                failed = true;
            }
            Err(error) => {
                eprintln!("error: {argument}: {error}");
                failed = true;
            }
        }
    }
    if failed {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    }
}

fn print(document: &Document, verbose: bool) {
    let outline = Outline::parse(document);
    let tasks = outline.tasks_by_entry();
    for (index, entry) in outline.entries.iter().enumerate() {
        let task = tasks.get(index).copied().unwrap_or_default();
        let primary = outline.tasks.get(task).and_then(|task| task.first()) == Some(&index);
        println!(
            "{}{:>4}-{:<4} {:<11} {:<12} {} | {} [{} fields, {} steps{}]",
            if primary { ' ' } else { '=' },
            entry.lines.start + 1,
            entry.lines.end,
            format!("{:?}", entry.form),
            entry.status,
            entry.id.as_ref().map_or("-", |id| id.text.as_str()),
            entry.title.text,
            entry.fields.len(),
            entry.steps.len(),
            entry
                .parent
                .and_then(|parent| outline.entries.get(parent))
                .map_or(String::new(), |p| format!(
                    ", in line {}",
                    p.lines.start + 1
                )),
        );
        if verbose {
            for site in &entry.sites {
                println!("            {site:?}");
            }
            for field in &entry.fields {
                let items = field.items.len();
                println!(
                    "            {}: {} ({}-{}, {items} items)",
                    field.label,
                    field.value.text,
                    field.lines.start + 1,
                    field.lines.end
                );
            }
            for step in &entry.steps {
                println!(
                    "            [{}] {}",
                    if step.checked { 'x' } else { ' ' },
                    step.text.text
                );
            }
        }
    }
    println!(
        "{} entries, {} tasks",
        outline.entries.len(),
        outline.tasks.len()
    );
    for section in outline.sections.iter().filter(|s| s.status.is_some()) {
        println!("column {:?}: {}", section.status, section.title.text);
    }
    if !outline.legend.is_empty() {
        println!("legend {:?}", outline.legend);
    }
    for field in &outline.fields {
        println!("field {}: {}", field.label, field.value.text);
    }
}
