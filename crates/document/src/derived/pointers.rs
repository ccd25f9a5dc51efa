//! Lines that name the next or the last task and name one that cannot be it.

use crate::outline::Outline;
use crate::status::Status;
use crate::text::Document;
use crate::vocabulary::Sense;

use super::facts::Facts;
use super::learnt::is_last;
use super::line;
use super::stale::listed;

/// A line that names a task as the last or the next one, which its status says it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misdirection {
    /// The line, from 0.
    pub line: usize,
    /// Its label, without markup.
    pub label: String,
    /// The task, an index into [`Outline::tasks`].
    pub task: usize,
    /// What the task should be, by the label.
    pub as_completed: bool,
    /// What it is.
    pub status: Status,
}

/// The lines outside tasks and logs that name an open task as the last one completed, or a closed
/// one as the next. Only a line whose value begins with one single id says which task it means.
#[must_use]
pub fn misdirections(document: &Document, outline: &Outline) -> Vec<Misdirection> {
    let facts = Facts::new(document, outline);
    let found = facts.labelled().iter().filter_map(|labelled| {
        let last = is_last(&labelled.label);
        let next = Sense::Next.is_in(&labelled.label);
        let completes = last && Sense::Done.is_in(&labelled.label);
        let text = line::value_on(document, outline, labelled.line);
        let [id] = listed(text, &facts)[..] else {
            return None;
        };
        if !text
            .trim_start_matches(['*', '`', '_', ' ', '['])
            .starts_with(id)
        {
            return None;
        }
        let [task] = *facts.with_id(id)? else {
            return None;
        };
        let status = facts.status(task);
        let wrong = match (completes, next) {
            (true, false) => status != Status::Completed,
            (false, true) => status.is_closed(),
            _ => false,
        };
        wrong.then(|| Misdirection {
            line: labelled.line,
            label: labelled
                .label
                .trim_matches(|c: char| !c.is_alphanumeric())
                .to_owned(),
            task,
            as_completed: completes,
            status,
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<(usize, bool)> {
        let text = format!("{line}\n\n- [x] **W-1**: Stone\n- [ ] **W-2**: Paint\n");
        let document = Document::from(text.as_str());
        let outline = Outline::parse(&document);
        let found = misdirections(&document, &outline);
        found
            .iter()
            .map(|found| (found.task, found.as_completed))
            .collect()
    }

    #[test]
    fn an_open_task_was_not_completed_last_and_a_closed_one_is_not_next() {
        assert_eq!(found("**Last Completed**: W-2 (2025-05-01)"), [(1, true)]);
        assert_eq!(found("**Next Task**: W-1"), [(0, false)]);
        for right in [
            "**Last Completed**: W-1",
            "**Next Task**: W-2",
            "**Next Task**: after W-1",
            "**Last Updated**: W-2",
            "**Last Completed**: the paint of W-2",
            "**Next Available ID**: W-3",
        ] {
            assert_eq!(found(right), [], "{right}");
        }
    }
}
