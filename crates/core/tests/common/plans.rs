//! Plans and changes to them, drawn at random.

use std::fmt::Write as _;

use ledger_core::decide::{Act, Change, Completion, Placement, StepName};
use ledger_core::document::{Document, Line};
use ledger_core::{Command, Plan};
use proptest::prelude::*;

use super::ledger::Ledger;

const TITLES: [&str; 8] = [
    "Oil the gate",
    "Sow peas",
    "Paint the 門 🚪",
    "Dig the pond",
    "Weed the beds",
    "Order lime",
    "Mend the roof",
    "Sweep",
];
const WORDS: [&str; 6] = [
    "Pending",
    "In Progress",
    "Blocked",
    "Issues Found",
    "Completed",
    "Cancelled",
];
const MARKS: [&str; 6] = ["⏳", "🔄", "⏸️", "⚠️", "✅", "❌"];

/// One section of a plan in one dialect.
fn section(kind: u8, number: usize, rows: &[(u8, u8)]) -> String {
    let mut text = format!("## Part {number}\n\n");
    if kind == 3 {
        text.push_str("| ID | Task | Status |\n|----|------|--------|\n");
    }
    if kind == 6 {
        text = String::new();
    }
    for (row, &(status, extra)) in rows.iter().enumerate() {
        let status = usize::from(status % 6);
        let title = TITLES[(row + usize::from(extra)) % TITLES.len()];
        // Now and then two tasks share an id, and one task is written twice.
        let id = match extra % 11 {
            9 => "T-000".to_owned(),
            10 => format!("T-{number}00"),
            _ => format!("T-{number}{row:02}"),
        };
        let wide = [' ', '~', '!', ' ', 'x', '-'][status];
        let _ = match kind {
            0 => writeln!(text, "- [{wide}] **{id}**: {title}"),
            1 => writeln!(text, "- [{wide}] {title} {row}"),
            2 => writeln!(
                text,
                "### {id}: {title}\n**Size**: 3\n**Status**: {} {}\n\nText.\n",
                MARKS[status], WORDS[status]
            ),
            3 => writeln!(
                text,
                "| {id} | {title} | {} {} |",
                MARKS[status], WORDS[status]
            ),
            4 => writeln!(text, "- {id}: {title} {}", MARKS[status]),
            5 => writeln!(text, "### {id}: {title} ({})\n", WORDS[status]),
            _ => writeln!(
                text,
                "## {}\n\n- {title} {number}{row}\n",
                ["Todo", "Doing", "Done"][status % 3]
            ),
        };
        if kind == 0 && extra % 3 == 0 {
            text.push_str("  - **Size**: 3\n  - [ ] first step\n  - [x] second step\n");
        }
        if kind == 2 && extra % 4 == 0 && row > 0 {
            let _ = writeln!(text, "**Depends on**: T-{number}{:02}\n", row - 1);
        }
    }
    text.push('\n');
    text
}

/// A plan in some of the dialects, with text that repeats its tasks.
pub(crate) fn plan() -> impl Strategy<Value = Document> {
    let rows = prop::collection::vec((0..6u8, 0..33u8), 1..5);
    let sections = prop::collection::vec((0..7u8, rows), 1..4);
    (sections, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(sections, rollup, crlf, cut)| {
            let mut text = String::from("# Garden plan\n\n**Version**: 1.0\n");
            if rollup {
                let total: usize = sections.iter().map(|(_, rows)| rows.len()).sum();
                let done = sections
                    .iter()
                    .flat_map(|(_, rows)| rows)
                    .filter(|(status, _)| status % 6 == 4)
                    .count();
                let _ = writeln!(
                    text,
                    "**Progress**: {done}/{total} tasks completed ({}%)",
                    done * 100 / total
                );
            }
            text.push('\n');
            for (number, (kind, rows)) in sections.iter().enumerate() {
                text.push_str(&section(*kind, number, rows));
            }
            if cut {
                text.truncate(text.trim_end().len());
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            Document::from(text.as_str())
        },
    )
}

/// A change whose numbers find their task or line when it is its turn.
#[derive(Debug, Clone)]
pub(crate) struct Draw {
    pub(crate) kind: u8,
    pub(crate) task: usize,
    pub(crate) other: usize,
}

/// What is done to the ledger in one batch.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Commands, all or none.
    Commands(Vec<Draw>),
    /// Edits by hand, observed together.
    Hand(Vec<Draw>),
}

fn draw() -> impl Strategy<Value = Draw> {
    (any::<u8>(), 0..64usize, 0..64usize).prop_map(|(kind, task, other)| Draw { kind, task, other })
}

pub(crate) fn steps(length: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => prop::collection::vec(draw(), 1..=1).prop_map(Step::Commands),
        2 => prop::collection::vec(draw(), 2..5).prop_map(Step::Commands),
        3 => prop::collection::vec(draw(), 1..5).prop_map(Step::Hand),
    ];
    prop::collection::vec(step, 1..length)
}

/// Gives a ledger the commands that these stand for, all or none. Some are refused, which leaves
/// nothing behind.
pub(crate) fn commanded(ledger: &mut Ledger, draws: &[Draw]) {
    let _ = ledger.record(|transaction| {
        draws.iter().try_for_each(|draw| {
            let command = draw.command(transaction.plan());
            transaction.command(&command)
        })
    });
}

impl Draw {
    /// The command this stands for in a plan.
    pub(crate) fn command(&self, plan: &Plan) -> Command {
        let tasks = plan.tasks_in_order();
        let name = |at: usize| -> String {
            if tasks.is_empty() {
                return "nothing".to_owned();
            }
            tasks[at % tasks.len()].key.to_string()
        };
        let gone = |at: usize| -> String {
            match plan.gone() {
                [] => "nothing".to_owned(),
                gone => gone[at % gone.len()].key.to_string(),
            }
        };
        let sections: Vec<String> = plan
            .documents()
            .flat_map(|document| {
                let titles = document.outline().sections;
                let titles = titles.iter().map(|section| section.title.text.clone());
                titles.collect::<Vec<_>>()
            })
            .collect();
        let paths: Vec<String> = plan.documents().map(|own| own.path.clone()).collect();
        let section = (!sections.is_empty()).then(|| sections[self.other % sections.len()].clone());
        let title = TITLES[self.other % TITLES.len()].to_owned();
        let id = format!("N-{}", self.other % 5);
        let (task, other) = (name(self.task), name(self.other));
        let change = Change {
            task: task.clone(),
            reason: (!self.other.is_multiple_of(4)).then(|| "rain".to_owned()),
            overrides: false,
            date: (self.other.is_multiple_of(3)).then(|| "2025-10-15".to_owned()),
            completion: if self.other.is_multiple_of(5) {
                Completion {
                    summary: Some("all well".to_owned()),
                    results: vec!["✅ grows".to_owned()],
                    fields: vec![("Branch".to_owned(), "main".to_owned())],
                    notes: vec!["watered".to_owned()],
                }
            } else {
                Completion::default()
            },
        };
        let plan_path =
            (!self.other.is_multiple_of(3)).then(|| paths[self.other % paths.len()].clone());
        match self.kind % 24 {
            0 | 1 => Command::Start(change),
            2 | 3 => Command::Complete(change),
            4 => Command::Block(change),
            5 => Command::Unblock(change),
            6 => Command::Reopen(change),
            7 => Command::Flag(change),
            8 => Command::Cancel(change),
            9 => Command::Add {
                title,
                id: (self.task.is_multiple_of(2)).then_some(id),
                place: Placement {
                    plan: plan_path,
                    section: section.filter(|_| self.task.is_multiple_of(3)),
                    after: (self.task.is_multiple_of(5)).then_some(other),
                },
                fields: Vec::new(),
            },
            10 => Command::Remove {
                task,
                reason: None,
                overrides: false,
            },
            11 => Command::Restore {
                task: gone(self.task),
            },
            12 => Command::Move {
                task,
                place: Placement {
                    plan: None,
                    section: section.filter(|_| self.other.is_multiple_of(2)),
                    after: (self.other % 2 == 1).then_some(other),
                },
            },
            13 => Command::Retitle { task, title },
            14 => Command::Rekey { task, id },
            15 => Command::Set {
                task: (!self.other.is_multiple_of(3)).then_some(task),
                plan: paths.first().cloned(),
                label: ["Size", "Owner", "Progress"][self.other % 3].to_owned(),
                text: format!("{} beds", self.other),
            },
            16 => Command::Unset {
                task: (!self.other.is_multiple_of(3)).then_some(task),
                plan: paths.first().cloned(),
                label: ["Size", "Owner", "Progress"][self.other % 3].to_owned(),
            },
            17 => Command::Note {
                task,
                text: "mind the frost".to_owned(),
            },
            18 => Command::Result {
                task,
                text: "✅ grows".to_owned(),
            },
            19 => Command::Step {
                task,
                step: StepName::Number(self.other % 3),
                undo: self.other.is_multiple_of(2),
            },
            20 => Command::Depend { task, on: other },
            21 => Command::Undepend { task, on: other },
            22 if paths.len() > 1 && self.other.is_multiple_of(4) => Command::Drop {
                plan: paths[self.task % paths.len()].clone(),
            },
            _ => Command::Rename {
                plan: paths[self.task % paths.len()].clone(),
                to: format!("plans/{}.md", self.other % 3),
            },
        }
    }

    /// Edits lines as a hurried hand would.
    pub(crate) fn edit(&self, lines: &mut Vec<Line>) {
        if lines.is_empty() {
            lines.push(Line::from("- [ ] T-900: Begin anew\n"));
            return;
        }
        let (at, other) = (self.task % lines.len(), self.other % lines.len());
        let swap = |line: &Line, from: &str, to: &str| Line::from(line.replace(from, to).as_str());
        match self.kind % 9 {
            0 => {
                lines.remove(at);
            }
            1 => lines.insert(other, lines[at].clone()),
            2 => lines.swap(at, other),
            3 => lines[at] = swap(&lines[at], "[ ]", "[x]"),
            4 => lines[at] = swap(&lines[at], "T-", "R-"),
            5 => lines[at] = swap(&lines[at], "the", "every"),
            6 => lines.insert(at, Line::from("A word in between.\n")),
            7 => {
                let end = (at + 1 + self.other % 6).min(lines.len());
                let block: Vec<Line> = lines.drain(at..end).collect();
                let to = self.other % (lines.len() + 1);
                lines.splice(to..to, block);
            }
            _ => {
                let line = swap(&lines[at], "⏳ Pending", "✅ Completed");
                lines[at] = swap(&line, "[x]", "[ ]");
            }
        }
    }
}

/// The act's command for a task.
pub(crate) fn act(act: Act, change: Change) -> Command {
    match act {
        Act::Start => Command::Start(change),
        Act::Complete => Command::Complete(change),
        Act::Block => Command::Block(change),
        Act::Unblock => Command::Unblock(change),
        Act::Reopen => Command::Reopen(change),
        Act::Flag => Command::Flag(change),
        Act::Cancel => Command::Cancel(change),
    }
}
