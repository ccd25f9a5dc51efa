//! Dependencies for programs that draw them: an arrow leads from a task to what waits for it.

use std::fmt::Write as _;

use ledger_core::Status;

use super::{Shown, edges};
use crate::output::escape::{dot as escaped_dot, mermaid as escaped_mermaid};

/// What is said of an id that no task has.
const UNKNOWN: &str = "no task has this id";
/// What cannot be done as it is said is drawn in.
const RED: &str = "#b3261e";

/// A flowchart of Mermaid.
pub(super) fn mermaid(shown: &Shown<'_, '_>) -> String {
    let mut text = String::from("flowchart LR\n");
    for at in &shown.places {
        let task = shown.graph.nodes[*at].task;
        let _ = writeln!(
            text,
            "  t{at}[\"{}: {}\"]:::{}",
            escaped_mermaid(task.key.as_str()),
            escaped_mermaid(&task.title),
            task.status()
        );
    }
    let critical = steps(shown);
    let edges = edges(shown);
    for (task, on) in &edges {
        let _ = writeln!(text, "  t{on} --> t{task}");
    }
    let unknown = unknown(shown);
    for (number, (task, id)) in unknown.iter().enumerate() {
        let id = escaped_mermaid(id);
        let _ = writeln!(
            text,
            "  u{number}[\"{id}: {UNKNOWN}\"]:::unknown --> t{task}"
        );
    }
    for (number, (task, on)) in edges.iter().enumerate() {
        if in_circle(shown, *task, *on) {
            let _ = writeln!(
                text,
                "  linkStyle {number} stroke:{RED},stroke-dasharray:6 4"
            );
        } else if critical.contains(&(*on, *task)) {
            let _ = writeln!(text, "  linkStyle {number} stroke-width:4px");
        }
    }
    for status in Status::ALL {
        let (fill, line) = colours(status);
        let _ = writeln!(
            text,
            "  classDef {status} fill:{fill},stroke:{line},color:#111"
        );
    }
    if !unknown.is_empty() {
        let _ = writeln!(
            text,
            "  classDef unknown fill:#fff,stroke:{RED},stroke-dasharray:6 4,color:#111"
        );
    }
    text
}

/// A digraph of Graphviz.
pub(super) fn dot(shown: &Shown<'_, '_>) -> String {
    let mut text = String::from(
        "digraph plan {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontcolor=\"#111111\"];\n",
    );
    for at in &shown.places {
        let task = shown.graph.nodes[*at].task;
        let (fill, line) = colours(task.status());
        let _ = writeln!(
            text,
            "  t{at} [label=\"{}\\n{}\", fillcolor=\"{fill}\", color=\"{line}\"];",
            escaped_dot(task.key.as_str()),
            escaped_dot(&task.title)
        );
    }
    let critical = steps(shown);
    for (task, on) in edges(shown) {
        let line = if in_circle(shown, task, on) {
            format!(" [color=\"{RED}\", style=dashed]")
        } else if critical.contains(&(on, task)) {
            " [penwidth=3]".to_owned()
        } else {
            String::new()
        };
        let _ = writeln!(text, "  t{on} -> t{task}{line};");
    }
    for (number, (task, id)) in unknown(shown).into_iter().enumerate() {
        let id = escaped_dot(id);
        let _ = writeln!(
            text,
            "  u{number} [label=\"{id}\\n{UNKNOWN}\", style=dashed, color=\"{RED}\"];\n  u{number} -> t{task};"
        );
    }
    text.push_str("}\n");
    text
}

/// Whether an arrow between two tasks is part of a circle.
fn in_circle(shown: &Shown<'_, '_>, task: usize, on: usize) -> bool {
    let nodes = &shown.graph.nodes;
    nodes[task].cycle.is_some() && nodes[task].cycle == nodes[on].cycle
}

/// The ids that no task has, each with the place of the shown task that waits for it.
fn unknown<'g>(shown: &'g Shown<'_, '_>) -> Vec<(usize, &'g str)> {
    let each = shown.places.iter().flat_map(|at| {
        let ids = shown.graph.nodes[*at].unknown.iter();
        ids.map(move |id| (*at, id.as_str()))
    });
    each.collect()
}

/// The pairs of tasks that follow each other on the critical path.
fn steps(shown: &Shown<'_, '_>) -> Vec<(usize, usize)> {
    let tasks = shown.critical.tasks.windows(2);
    tasks.map(|pair| (pair[0], pair[1])).collect()
}

/// What a status is filled and lined with.
const fn colours(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Pending => ("#f2f2f2", "#777777"),
        Status::InProgress => ("#cfe8fc", "#1769aa"),
        Status::Blocked => ("#fbd5d5", "#b3261e"),
        Status::IssuesFound => ("#fdeccb", "#a15c00"),
        Status::Completed => ("#d5f0dc", "#1e7d3c"),
        Status::Cancelled => ("#e3e3e3", "#9a9a9a"),
    }
}
