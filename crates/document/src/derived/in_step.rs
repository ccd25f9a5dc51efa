//! Which bound lines are known to say what the tasks say.
//!
//! A line of counts or marks is filled from the tasks of its group and nothing else, so as long
//! as it stays as it is, and so do they, filling it again would change nothing. A batch of many
//! changes would otherwise fill all bound lines of its document for each of them.

use std::sync::Arc;

use crate::text::{Document, Line};

use super::binding::{Binding, Subject};
use super::facts::Facts;
use super::group::{Group, Scope};
use super::learnt::Learnt;
use super::refill::Change;

/// The bound lines that filling anew left as they were.
///
/// It holds for one list of bindings and an outline that was only [reread by
/// lines](crate::Outline::reread) since; else it knows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InStep {
    /// By binding, the line that was in step.
    lines: Vec<Option<Line>>,
    /// What was learnt of the document then.
    learnt: Option<Arc<Learnt>>,
}

impl InStep {
    /// What is still known of that many bindings.
    pub(super) fn since(mut self, facts: &Facts<'_>, bindings: usize) -> Self {
        let same = |learnt: &Arc<Learnt>| Arc::ptr_eq(learnt, facts.learnt());
        if !self.learnt.as_ref().is_some_and(same) || self.lines.len() != bindings {
            self.lines.clear();
            self.lines.resize(bindings, None);
            self.learnt = Some(Arc::clone(facts.learnt()));
        }
        self
    }

    /// Whether a binding's line was in step and a change cannot have touched that.
    pub(super) fn holds(
        &self,
        at: usize,
        document: &Document,
        binding: &Binding,
        touched: &Touched<'_>,
    ) -> bool {
        let (Some(Some(was)), Subject::Group(group)) = (self.lines.get(at), &binding.subject)
        else {
            return false;
        };
        let line = document.lines().get(binding.line);
        line.is_some_and(|line| Arc::ptr_eq(line, was)) && !touched.may_hold(group)
    }

    /// Notes whether a binding's line says what it should.
    pub(super) fn note(&mut self, at: usize, document: &Document, binding: &Binding, is: bool) {
        if let Some(line) = self.lines.get_mut(at) {
            *line = document.lines().get(binding.line).filter(|_| is).cloned();
        }
    }
}

/// The groups that a change can have changed something of.
pub(super) enum Touched<'a> {
    All,
    /// Those that one task can be in.
    Task {
        /// The headings around it (their lines).
        sections: Vec<usize>,
        id: Option<&'a str>,
    },
}

impl<'a> Touched<'a> {
    pub(super) fn by(facts: &Facts<'a>, change: &Change) -> Self {
        let flipped = change.flipped.and_then(|(task, _)| facts.task(task));
        let Some(task) = flipped.filter(|_| change.returned.is_empty()) else {
            return Self::All;
        };
        let outline = facts.outline;
        let around = std::iter::successors(outline.section_at(task.line), |&section| {
            outline.sections.get(section)?.parent
        });
        let lines = around.filter_map(|section| Some(outline.sections.get(section)?.lines.start));
        Self::Task {
            sections: lines.collect(),
            id: task.id,
        }
    }

    fn may_hold(&self, group: &Group) -> bool {
        match (self, &group.of) {
            (Self::All, _) | (_, Scope::All) => true,
            (Self::Task { sections, .. }, Scope::Section(line)) => sections.contains(line),
            (Self::Task { id, .. }, Scope::Prefix(prefix)) => {
                id.is_some_and(|id| id.starts_with(prefix.as_str()))
            }
        }
    }
}
