//! Questions an outline answers.

use crate::outline::{Entry, Field, Outline, Section};
use crate::status::Status;

impl Outline {
    /// The primary entry of a task (an index into [`Outline::tasks`]).
    #[must_use]
    pub fn primary(&self, task: usize) -> Option<&Entry> {
        self.entries.get(*self.tasks.get(task)?.first()?)
    }

    /// The section whose heading stands on a line (from 0).
    #[must_use]
    pub fn headed_at(&self, line: usize) -> Option<&Section> {
        let before = |section: &Section| section.lines.start < line;
        let at = self.sections.partition_point(before);
        let section = self.sections.get(at);
        section.filter(|section| section.lines.start == line)
    }

    /// All entries of a task, the primary one first.
    pub fn writings(&self, task: usize) -> impl Iterator<Item = &Entry> {
        self.tasks
            .get(task)
            .into_iter()
            .flatten()
            .filter_map(|&entry| self.entries.get(entry))
    }

    /// The task an entry is a writing of.
    #[must_use]
    pub fn task_of_entry(&self, entry: usize) -> Option<usize> {
        self.tasks.iter().position(|task| task.contains(&entry))
    }

    /// For every entry the task it is a writing of; for many lookups at once.
    #[must_use]
    pub fn tasks_by_entry(&self) -> Vec<usize> {
        let mut by_entry = vec![0; self.entries.len()];
        for (task, entries) in self.tasks.iter().enumerate() {
            for &entry in entries {
                if let Some(slot) = by_entry.get_mut(entry) {
                    *slot = task;
                }
            }
        }
        by_entry
    }

    /// The tasks written with this id (compared without regard to case).
    pub fn tasks_with_id<'a>(&'a self, id: &'a str) -> impl Iterator<Item = usize> + 'a {
        (0..self.tasks.len()).filter(move |&task| {
            self.writings(task).any(|entry| {
                entry
                    .id
                    .as_ref()
                    .is_some_and(|written| same_label(&written.text, id))
            })
        })
    }

    /// A task's status: what its primary entry says.
    #[must_use]
    pub fn status(&self, task: usize) -> Option<Status> {
        self.primary(task).map(|entry| entry.status)
    }

    /// The titles of the sections that enclose `section`, outermost first, itself last.
    #[must_use]
    pub fn section_path(&self, section: usize) -> Vec<&str> {
        let mut path = Vec::new();
        let mut next = Some(section);
        while let Some(section) = next.and_then(|at| self.sections.get(at)) {
            path.push(section.title.text.as_str());
            next = section.parent;
        }
        path.reverse();
        path
    }

    /// The innermost section that holds a line.
    #[must_use]
    pub fn section_at(&self, line: usize) -> Option<usize> {
        let after = self
            .sections
            .partition_point(|section| section.lines.start <= line);
        let mut at = after.checked_sub(1);
        while let Some(section) = at.and_then(|at| self.sections.get(at)) {
            if section.lines.contains(&line) {
                return at;
            }
            at = section.parent;
        }
        None
    }

    /// The first field of the document with this label, without regard to case.
    #[must_use]
    pub fn field(&self, label: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| same_label(&field.label, label))
    }
}

impl Entry {
    /// The first field with this label, without regard to case.
    #[must_use]
    pub fn field(&self, label: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| same_label(&field.label, label))
    }
}

/// Whether two labels (or ids) are the same but for case.
#[must_use]
pub fn same_label(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim(), b.trim());
    a.eq_ignore_ascii_case(b) || (!a.is_ascii() && a.to_lowercase() == b.to_lowercase())
}
