//! Whose a line is.

use crate::outline::Outline;

/// For each line the innermost entry that holds it.
pub(super) fn owners(outline: &Outline, lines: usize) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..outline.entries.len()).collect();
    let range = |entry: usize| {
        outline
            .entries
            .get(entry)
            .map_or((0, 0), |entry| (entry.lines.start, entry.lines.end))
    };
    // Outer entries before inner ones; of two at the same lines the later one counts as inner.
    order.sort_by_key(|&entry| (range(entry).0, std::cmp::Reverse(range(entry).1), entry));
    let mut owners = vec![None; lines];
    let mut open: Vec<usize> = Vec::new();
    let mut coming = order.into_iter().peekable();
    for (line, owner) in owners.iter_mut().enumerate() {
        while let Some(entry) = coming.next_if(|&entry| range(entry).0 <= line) {
            open.push(entry);
        }
        while open.last().is_some_and(|&entry| range(entry).1 <= line) {
            open.pop();
        }
        *owner = open.last().copied();
    }
    owners
}

/// For each entry the lines it owns, in order.
pub(super) fn by_entry(outline: &Outline, lines: usize) -> Vec<Vec<usize>> {
    let mut owned = vec![Vec::new(); outline.entries.len()];
    for (line, owner) in owners(outline, lines).into_iter().enumerate() {
        if let Some(own) = owner.and_then(|entry| owned.get_mut(entry)) {
            own.push(line);
        }
    }
    owned
}

/// For each line the task (index into [`Outline::tasks`]) that owns it.
pub(super) fn tasks(outline: &Outline, lines: usize) -> Vec<Option<usize>> {
    let mut task_of = vec![None; outline.entries.len()];
    for (task, group) in outline.tasks.iter().enumerate() {
        for &entry in group {
            if let Some(slot) = task_of.get_mut(entry) {
                *slot = Some(task);
            }
        }
    }
    owners(outline, lines)
        .into_iter()
        .map(|owner| owner.and_then(|entry| task_of.get(entry).copied().flatten()))
        .collect()
}
