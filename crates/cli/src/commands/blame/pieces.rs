//! The pieces of tasks, below lines: which event last changed the id, the title, the status, a
//! field, a step.

use ledger_core::document::outline::{Entry, Form};
use ledger_core::document::vocabulary::{Role, role};
use ledger_core::plan::{PlanDocument, Task};
use ledger_core::project::Blamed;
use ledger_core::project::changed::{Changed, Touched};
use ledger_core::{Plan, Seq};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::paint;

/// A piece of a task.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Piece {
    /// Its line, from 1.
    pub(super) line: usize,
    /// `id`, `title`, `status`, `field`, `item` (below a field), `step`.
    pub(super) piece: &'static str,
    /// The field's label.
    pub(super) label: Option<String>,
    /// What it says.
    pub(super) value: String,
    /// The event that last changed it.
    pub(super) seq: Seq,
}

impl Piece {
    /// `status: completed`, `Priority: High`
    pub(super) fn says(&self) -> String {
        format!(
            "{}: {}",
            self.label.as_deref().unwrap_or(self.piece),
            self.value
        )
    }
}

/// The pieces of tasks of one document, in the order of their lines. What has a line of its own
/// has the event that wrote it; what shares its line with others has the one that says so.
pub(super) fn of(
    tasks: &[&Task],
    document: &PlanDocument,
    blamed: &Blamed,
    changed: &Changed,
) -> Vec<Piece> {
    let outline = document.outline();
    let mut pieces = Vec::new();
    for task in tasks {
        let group = Plan::place(task, &outline).and_then(|place| outline.tasks.get(place));
        let entries = group.into_iter().flatten();
        let Some(touched) = changed.task(&task.key) else {
            continue;
        };
        for entry in entries.filter_map(|entry| outline.entries.get(*entry)) {
            collect(&mut pieces, entry, blamed, touched);
        }
    }
    pieces.sort_by_key(|piece| piece.line);
    pieces
}

fn collect(pieces: &mut Vec<Piece>, entry: &Entry, blamed: &Blamed, touched: &Touched) {
    let mut add = |line: usize, piece, label: Option<&str>, value: &str, seq| {
        pieces.push(Piece {
            line: line + 1,
            piece,
            label: label.map(str::to_owned),
            value: value.to_owned(),
            seq,
        });
    };
    let writer = |line: usize| blamed.origins().get(line).map(|origin| origin.written);
    let head = entry.lines.start;
    if let Some(id) = &entry.id {
        add(id.span.line, "id", None, &id.text, touched.id);
    }
    let title = &entry.title;
    add(title.span.line, "title", None, &title.text, touched.title);
    add(
        head,
        "status",
        None,
        paint::words(entry.status),
        touched.status,
    );
    for field in &entry.fields {
        let label = Some(field.label.as_str());
        let line = field.value.span.line;
        let own = writer(line).filter(|_| !shares(entry, line));
        let seq = own.unwrap_or_else(|| match role(&field.label) {
            Some(Role::Status) => touched.status,
            // Dates follow a status, and may be edited by themselves.
            Some(Role::Finished) => touched.finished.max(touched.field(&field.label)),
            Some(Role::Begun) => touched.begun.max(touched.field(&field.label)),
            Some(Role::Updated) => touched.status.max(touched.field(&field.label)),
            _ => touched.field(&field.label),
        });
        add(line, "field", label, &field.value.text, seq);
        for item in &field.items {
            let seq = writer(item.span.line).unwrap_or(touched.came);
            add(item.span.line, "item", label, &item.text, seq);
        }
    }
    for step in &entry.steps {
        let line = step.text.span.line;
        add(
            line,
            "step",
            None,
            &step.text.text,
            writer(line).unwrap_or(touched.came),
        );
    }
}

/// Whether other pieces of an entry are on this line.
fn shares(entry: &Entry, line: usize) -> bool {
    entry.form == Form::Row || line == entry.lines.start
}
