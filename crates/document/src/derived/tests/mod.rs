//! Derived text as a whole: on real plans, on plans in other words, and by laws.

mod corpus;
mod in_step;
mod laws;
mod plans;

use crate::outline::Outline;
use crate::status::Status;
use crate::text::Document;

use super::*;

/// A document, what it says, and its bound lines.
struct Plan {
    document: Document,
    outline: Outline,
    bindings: Vec<Binding>,
}

impl Plan {
    fn read(text: &str) -> Self {
        let document = Document::from(text);
        let outline = Outline::parse(&document);
        let bindings = bind(&document, &outline);
        Self {
            document,
            outline,
            bindings,
        }
    }

    /// The bound lines as written, without blanks around them.
    fn bound(&self) -> Vec<&str> {
        self.bindings
            .iter()
            .map(|binding| self.document.content(binding.line).trim())
            .collect()
    }

    fn task(&self, id: &str) -> usize {
        let is = |entry: &&usize| {
            let entry = &self.outline.entries[**entry];
            entry.id.as_ref().is_some_and(|written| written.text == id)
                || entry.title.text.trim() == id
        };
        self.outline
            .tasks
            .iter()
            .position(|writings| writings.iter().any(|entry| is(&entry)))
            .unwrap_or_else(|| panic!("no task {id}"))
    }

    /// The plan after an edit to a task's own lines, with this plan's bindings carried and
    /// filled anew.
    fn after(
        &self,
        text: &str,
        id: &str,
        to: Status,
        date: &str,
        summary: Option<&str>,
    ) -> (Self, Refill) {
        let document = Document::from(text);
        let outline = Outline::parse(&document);
        let bindings = Binding::carry_all(
            &self.bindings,
            &crate::hunk::diff(&self.document, &document),
        );
        let mut next = Self {
            document,
            outline,
            bindings,
        };
        let change = Change {
            flipped: Some((next.task(id), to)),
            returned: Vec::new(),
            date: Some(date.to_owned()),
            summary: summary.map(str::to_owned),
        };
        let filled = refill(&next.document, &next.outline, &next.bindings, &change);
        next.document.apply_all(&filled.hunks).unwrap();
        next.outline = Outline::parse(&next.document);
        if let Some(bindings) = &filled.bindings {
            next.bindings.clone_from(bindings);
        }
        (next, filled)
    }
}
