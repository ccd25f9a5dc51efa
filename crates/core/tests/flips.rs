//! The recorded events of a real plan, held against labels that a person has read.
//!
//! The labels (`FLIPS.tsv`) name every flip, addition, removal, re-keying and retitling between
//! consecutive versions of one plan. They are not part of the project; without them the test
//! says so and passes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a step that fails ends its test"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::ledger::{Ledger, texts_of};
use common::real_plans::corpus;
use ledger_core::{Batch, Plan, TaskKey};

/// Share of labelled changes to be recorded, and of recorded changes to be labelled.
const BARS: [(&str, f64); 5] = [
    ("flip", 0.98),
    ("added", 0.95),
    ("removed", 0.95),
    ("rekeyed", 0.95),
    ("retitled", 0.95),
];

/// Titles in the labels are cut off at this many characters.
const LABEL_TITLE: usize = 60;

/// Version, kind, task as the labels name it, `from -> to` of a flip.
type Row = (String, &'static str, String, String);

struct Label {
    row: Row,
    title: String,
    line: Option<usize>,
}

/// What is known of the task of a recorded change.
struct Seen {
    title: String,
    line: Option<usize>,
}

/// The sure labels, and the ambiguous ones, which count neither way.
fn labels(table: &str) -> (BTreeSet<Row>, Vec<Label>) {
    let (mut sure, mut ambiguous) = (BTreeSet::new(), Vec::new());
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let kind = BARS.iter().find(|(kind, _)| *kind == cells[2]).unwrap().0;
        let statuses = match kind {
            "flip" => format!("{} -> {}", cells[5], cells[6]),
            _ => String::new(),
        };
        let row = (cells[1].to_owned(), kind, cells[3].to_owned(), statuses);
        if cells.get(8).is_some_and(|note| note.starts_with('?')) {
            ambiguous.push(Label {
                row,
                title: cells[4].to_owned(),
                line: cells[7].parse().ok(),
            });
        } else {
            sure.insert(row);
        }
    }
    (sure, ambiguous)
}

impl Label {
    fn covers(&self, row: &Row, seen: &Seen) -> bool {
        let length = self.title.chars().count();
        let title: String = seen.title.chars().take(length).collect();
        self.row.0 == row.0
            && (self.row.2 == row.2
                || (self.line.is_some() && self.line == seen.line)
                || (length >= LABEL_TITLE && title == self.title)
                || seen.title == self.title)
    }
}

/// What the labels call each task: its id, the second with one id as `ID#2`; its title without
/// one.
fn names(plan: &Plan) -> BTreeMap<TaskKey, String> {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for task in plan.tasks_in_order() {
        let name = match &task.id {
            None => task.title.clone(),
            Some(id) => {
                let seen = count.entry(id).or_default();
                *seen += 1;
                match *seen {
                    1 => id.clone(),
                    number => format!("{id}#{number}"),
                }
            }
        };
        names.insert(task.key.clone(), name);
    }
    names
}

fn rows(version: &str, batch: &Batch, before: &Plan, after: &Plan) -> Vec<(Row, Seen)> {
    let (old, new) = (names(before), names(after));
    let mut rows = Vec::new();
    for recorded in batch.events() {
        let header = &recorded.event.header;
        let Some(key) = &header.task else { continue };
        let (from, to) = (header.from.as_deref(), header.to.as_deref());
        let kind = match header.kind.as_str() {
            "task.added" | "task.restored" => "added",
            "task.removed" => "removed",
            "task.retitled" => "retitled",
            "task.rekeyed" => "rekeyed",
            "task.started" | "task.completed" | "task.blocked" | "task.unblocked"
            | "task.reopened" | "task.flagged" | "task.cancelled" => "flip",
            _ => continue,
        };
        let task = if kind == "removed" {
            before.task(key)
        } else {
            after.task(key)
        };
        let name = match kind {
            "removed" => old[key].clone(),
            "rekeyed" => {
                let was = TaskKey::new(from.unwrap()).unwrap();
                format!("{} -> {}", old[&was], new[key])
            }
            _ => new[key].clone(),
        };
        let statuses = match kind {
            "flip" => format!("{} -> {}", from.unwrap(), to.unwrap()),
            _ => String::new(),
        };
        let task = task.unwrap();
        let seen = Seen {
            title: task.title.clone(),
            line: (kind != "removed").then(|| task.line() + 1),
        };
        rows.push(((version.to_owned(), kind, name, statuses), seen));
    }
    rows
}

#[test]
fn the_recorded_events_are_what_a_person_saw() {
    let Some(corpus) = corpus() else { return };
    let series = corpus.join("master-plan");
    let table = std::fs::read_to_string(series.join("FLIPS.tsv")).unwrap();
    let (sure, ambiguous) = labels(&table);
    let mut ledger = Ledger::new();
    let mut recorded: BTreeMap<Row, Seen> = BTreeMap::new();
    for (path, text) in texts_of(&series) {
        if ledger.head.is_none() {
            ledger = Ledger::adopting(&[("TODO.md", &text.text())]);
            continue;
        }
        let version = path.file_name().unwrap().to_string_lossy()[..4].to_owned();
        let before = ledger.plan.clone();
        let id = ledger.id("TODO.md");
        let Some(batch) = ledger.observe(&[(id, text)]) else {
            continue;
        };
        recorded.extend(rows(&version, &batch, &before, &ledger.plan));
    }
    recorded.retain(|row, seen| {
        sure.contains(row) || !ambiguous.iter().any(|label| label.covers(row, seen))
    });
    let mut below = Vec::new();
    for (kind, bar) in BARS {
        let wanted: Vec<&Row> = sure.iter().filter(|row| row.1 == kind).collect();
        let got: Vec<&Row> = recorded.keys().filter(|row| row.1 == kind).collect();
        let right = got.iter().filter(|row| sure.contains(**row)).count();
        let share = |of: usize| {
            if of == 0 {
                1.0
            } else {
                right as f64 / of as f64
            }
        };
        let (recall, precision) = (share(wanted.len()), share(got.len()));
        println!(
            "{kind:9} recall {recall:.3} ({right}/{})  precision {precision:.3} ({right}/{})",
            wanted.len(),
            got.len()
        );
        for row in wanted.iter().filter(|row| !recorded.contains_key(**row)) {
            println!("  missed {} {} {}", row.0, row.2, row.3);
        }
        for row in got.iter().filter(|row| !sure.contains(**row)) {
            println!(
                "  wrong  {} {} {} | {}",
                row.0, row.2, row.3, recorded[*row].title
            );
        }
        if recall < bar || precision < bar {
            below.push(kind);
        }
    }
    assert!(below.is_empty(), "below the bar: {below:?}");
}
