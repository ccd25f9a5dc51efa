//! Plans to measure on.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A plan and what to call it in a table.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What it is.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Plan {
    /// The last version of the master plan, where the real plans lie beside the project or at
    /// `LEDGER_CORPUS`; elsewhere a generated plan of like size, and the name says so.
    #[must_use]
    pub fn master() -> Self {
        match versions(&corpus().join("master-plan")).pop() {
            Some(text) => Self {
                name: format!("master plan ({} lines)", text.lines().count()),
                text,
            },
            None => Self {
                name: "generated plan of 90 tasks (no master plan here)".to_owned(),
                text: generated(90),
            },
        }
    }

    /// A generated plan of 10,000 tasks.
    #[must_use]
    pub fn large() -> Self {
        Self {
            name: "10,000-task plan".to_owned(),
            text: generated(10_000),
        }
    }
}

/// The master plan in all its versions and what to call them, as [`Plan::master`] finds it;
/// elsewhere a generated plan whose boxes are ticked one by one.
#[must_use]
pub fn past() -> (String, Vec<String>) {
    let texts = versions(&corpus().join("master-plan"));
    if !texts.is_empty() {
        return (format!("master plan ({} versions)", texts.len()), texts);
    }
    let mut text = generated(90);
    let next = || {
        let before = text.clone();
        text = text.replacen("[ ]", "[x]", 1);
        before
    };
    let texts = std::iter::repeat_with(next).take(69).collect();
    ("generated plan (69 versions)".to_owned(), texts)
}

fn corpus() -> PathBuf {
    std::env::var_os("LEDGER_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    )
}

/// The versions of a series that can be read, the oldest first.
fn versions(series: &Path) -> Vec<String> {
    let entries = fs::read_dir(series).into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    versions.sort();
    let texts = versions.iter().map(fs::read_to_string);
    texts.filter_map(Result::ok).collect()
}

/// Tasks a phase of a generated plan has.
const PHASE: usize = 20;

/// A plan of that many tasks with the constructs real plans mix: checkbox items with a status
/// line and promised files, headings with a status field and steps, table rows, text between
/// them, and roll-ups that follow the tasks. A third of it is done. Always the same.
#[must_use]
pub fn generated(tasks: usize) -> String {
    let mut text = String::from("# Master plan\n\n**Last Updated**: 2025-10-15\n\n");
    for phase in 0..tasks.div_ceil(PHASE) {
        let first = phase * PHASE;
        let count = PHASE.min(tasks - first);
        let done = (first..first + count).filter(|task| is_done(*task)).count();
        let percent = done * 100 / count;
        let name = PARTS[phase % PARTS.len()];
        let _ = write!(
            text,
            "## Phase {}: {name} {}\n\n**Progress**: {done}/{count} tasks completed ({percent}%)\n\nWhat this phase is for, in a line of prose.\n\n",
            phase + 1,
            phase + 1
        );
        for task in first..first + count {
            one(&mut text, task, task - first);
        }
        text.push('\n');
    }
    text
}

const PARTS: [&str; 6] = [
    "Storage", "Parser", "Network", "Console", "Reports", "Release",
];
const DEEDS: [&str; 7] = [
    "Write", "Measure", "Replace", "Document", "Review", "Split", "Harden",
];
const THINGS: [&str; 11] = [
    "index loader",
    "retry loop",
    "session cache",
    "error table",
    "import path",
    "job queue",
    "rate limit",
    "audit view",
    "schema check",
    "log rotation",
    "start page",
];

const fn is_done(task: usize) -> bool {
    task.is_multiple_of(3)
}

fn one(text: &mut String, task: usize, nth: usize) {
    let id = format!("TODO-{:05}", task + 1);
    let title = format!(
        "{} the {} of part {}",
        DEEDS[task % DEEDS.len()],
        THINGS[task % THINGS.len()],
        task + 1
    );
    let done = is_done(task);
    let mark = if done { 'x' } else { ' ' };
    let status = if done { "✅ Completed" } else { "⏳ Pending" };
    let _ = match nth {
        0..12 => write!(
            text,
            "- [{mark}] **{id}**: {title}\n  - **Output**: `src/part_{task}.rs`\n  - Reads what the part before it left behind.\n"
        ),
        12..16 => write!(
            text,
            "\n### {id}: {title}\n\n**Status**: {status}\n\n- [{mark}] first step\n- [{mark}] second step\n\n"
        ),
        _ if nth == 16 => write!(
            text,
            "\n| ID | Task | Status |\n|---|---|---|\n| {id} | {title} | {status} |\n"
        ),
        _ => writeln!(text, "| {id} | {title} | {status} |"),
    };
}
