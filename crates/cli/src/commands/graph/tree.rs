//! Dependencies as a tree of text: each task above what it waits for.

use std::collections::VecDeque;
use std::io::Write;

use ledger_core::Status;

use super::Shown;
use crate::failure::Failure;
use crate::output::columns;
use crate::output::escape::plain;
use crate::output::paint::{self, DIM};
use crate::output::screen::Screen;

/// What is deeper than this is a tree of its own.
const DEEPEST: usize = 24;

/// Prints the tasks from those on that nothing waits for. What stands in several places is followed
/// in the first of them only.
pub(super) fn print(out: &mut Screen, shown: &Shown<'_, '_>) -> Result<(), Failure> {
    let mut seen = vec![false; shown.graph.nodes.len()];
    let is_root = |at: &usize| {
        let before = &shown.graph.nodes[*at].before;
        !before.iter().any(|before| shown.has(*before))
    };
    let mut roots: VecDeque<usize> = shown.places.iter().copied().filter(is_root).collect();
    // What only circles lead to is begun anywhere.
    roots.extend(shown.places.iter().copied().filter(|at| !is_root(at)));
    while let Some(root) = roots.pop_front() {
        if seen[root] {
            continue;
        }
        // Places still to be printed, each with what stands before it, and whether it is the last.
        let mut rest: Vec<(usize, String, usize, bool)> = vec![(root, String::new(), 0, true)];
        while let Some((at, before, depth, is_last)) = rest.pop() {
            let node = &shown.graph.nodes[at];
            let (branch, below) = match (depth, is_last) {
                (0, _) => ("", String::new()),
                (_, true) => ("└─ ", format!("{before}   ")),
                (_, false) => ("├─ ", format!("{before}│  ")),
            };
            let on: Vec<usize> = node
                .on
                .iter()
                .copied()
                .filter(|on| shown.has(*on))
                .collect();
            let has_any = !on.is_empty() || !node.unknown.is_empty();
            let note = match (seen[at] && has_any, depth >= DEEPEST && has_any) {
                (true, _) => " (above)",
                (false, true) => " (below)",
                (false, false) if shown.waits_for_itself(at) => " (waits for itself)",
                (false, false) => "",
            };
            let head = format!("{before}{branch}{}", mark(node.task.status()));
            let key = plain(node.task.key.as_str());
            let estimate = node.estimate.and_then(|own| own.words());
            let estimate = estimate.map_or(String::new(), |own| format!(" [{own}]"));
            let used =
                columns::width(&head) + columns::width(&key) + estimate.len() + note.len() + 3;
            let title = plain(&node.task.title);
            let title = out.rest(&title, used).into_owned();
            let style = paint::status(node.task.status());
            writeln!(
                out,
                "{DIM}{before}{branch}{DIM:#}{style}{}{style:#} {key}  {title}{DIM}{estimate}{note}{DIM:#}",
                mark(node.task.status())
            )?;
            if note == " (below)" {
                roots.push_front(at);
            } else if !seen[at] {
                seen[at] = true;
                print_unknown(out, &node.unknown, &below, on.is_empty())?;
                let last = on.len().saturating_sub(1);
                let each = on.iter().enumerate().rev();
                rest.extend(each.map(|(nth, on)| (*on, below.clone(), depth + 1, nth == last)));
            }
        }
    }
    Ok(())
}

/// Ids that a task waits for and that no task has. `are_last`: nothing else stands below it.
fn print_unknown(
    out: &mut Screen,
    ids: &[String],
    before: &str,
    are_last: bool,
) -> Result<(), Failure> {
    for (nth, id) in ids.iter().enumerate() {
        let branch = match are_last && nth + 1 == ids.len() {
            true => "└─ ",
            false => "├─ ",
        };
        let said = format!("{}  no task has this id", plain(id));
        let used = columns::width(before) + 5;
        let said = out.rest(&said, used).into_owned();
        writeln!(out, "{DIM}{before}{branch}{DIM:#}? {said}")?;
    }
    Ok(())
}

/// A status in one character.
const fn mark(status: Status) -> char {
    match status {
        Status::Pending => '○',
        Status::InProgress => '◐',
        Status::Blocked => '■',
        Status::IssuesFound => '!',
        Status::Completed => '✓',
        Status::Cancelled => '✗',
    }
}
