//! How well [`observe`] tells what happened, held against labels that a person has read.
//!
//! The labels (`FLIPS.tsv`) name every flip, addition, removal, re-keying and retitling between
//! consecutive versions of one real plan. They are not part of the project; without them the
//! test says so and passes.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

#[path = "../../../tests/support/real_plans.rs"]
mod real_plans;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use ledger_document::observe::{Change, Gone, Kind, Side, observe};
use ledger_document::{Document, Outline};
use real_plans::{corpus, versions};

/// Share of labelled changes to be found, and of found changes to be labelled, for flips.
const FLIPS: f64 = 0.98;
/// The same for the other kinds.
const OTHERS: f64 = 0.95;

/// Titles in the labels are cut off at this many characters.
const LABEL_TITLE: usize = 60;

/// One labelled or observed change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    to_version: String,
    kind: &'static str,
    key: String,
    /// `from -> to` of a flip, else empty.
    statuses: String,
}

struct Label {
    row: Row,
    title: String,
    line: Option<usize>,
    ambiguous: bool,
}

struct Seen {
    row: Row,
    title: String,
    line: Option<usize>,
}

fn labels(table: &str) -> Vec<Label> {
    table
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let kind = ["flip", "added", "removed", "rekeyed", "retitled"]
                .into_iter()
                .find(|&kind| kind == cells[2])
                .unwrap();
            Label {
                row: Row {
                    to_version: cells[1].to_owned(),
                    kind,
                    key: cells[3].to_owned(),
                    statuses: statuses(kind, cells[5], cells[6]),
                },
                title: cells[4].to_owned(),
                line: cells[7].parse().ok(),
                ambiguous: cells.get(8).is_some_and(|note| note.starts_with('?')),
            }
        })
        .collect()
}

fn statuses(kind: &str, from: &str, to: &str) -> String {
    if kind == "flip" {
        format!("{from} -> {to}")
    } else {
        String::new()
    }
}

/// Each task's id, the second with one id as `ID#2`; its title without one.
fn keys(outline: &Outline) -> Vec<String> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    outline
        .tasks
        .iter()
        .map(|group| {
            let entry = &outline.entries[group[0]];
            let Some(id) = &entry.id else {
                return entry.title.text.clone();
            };
            let seen = count.entry(&id.text).or_default();
            *seen += 1;
            if *seen == 1 {
                id.text.clone()
            } else {
                format!("{}#{seen}", id.text)
            }
        })
        .collect()
}

fn seen(version: &str, before: &Outline, after: &Outline, change: &Change) -> Option<Seen> {
    let task = change.task?;
    let (old, new) = (keys(before), keys(after));
    let (kind, from, to) = match &change.kind {
        Kind::Added | Kind::Restored { .. } => ("added", "", ""),
        Kind::Removed => ("removed", "", ""),
        Kind::Status { from, to } => ("flip", from.name(), to.name()),
        Kind::Retitled { .. } => ("retitled", "", ""),
        Kind::Rekeyed { .. } => ("rekeyed", "", ""),
        _ => return None,
    };
    let was = task.before.map(|task| old[task].clone());
    let is = task.after.map(|task| new[task].clone());
    let (outline, at) = match task.after {
        Some(at) => (after, at),
        None => (before, task.before?),
    };
    let entry = &outline.entries[outline.tasks[at][0]];
    Some(Seen {
        row: Row {
            to_version: version.to_owned(),
            kind,
            key: match (kind, was, is) {
                ("rekeyed", Some(was), Some(is)) => format!("{was} -> {is}"),
                (_, was, is) => is.or(was)?,
            },
            statuses: statuses(kind, from, to),
        },
        title: entry.title.text.clone(),
        line: task.after.map(|_| entry.lines.start + 1),
    })
}

impl Label {
    /// Whether an observed change is about the task of this (ambiguous) label. Tasks without a
    /// written id go by their title (cut off in the labels).
    fn covers(&self, seen: &Seen) -> bool {
        let title: String = seen
            .title
            .chars()
            .take(self.title.chars().count())
            .collect();
        self.row.to_version == seen.row.to_version
            && (self.row.key == seen.row.key
                || (self.line.is_some() && self.line == seen.line)
                || (self.title.chars().count() >= LABEL_TITLE && title == self.title)
                || seen.title == self.title)
    }
}

/// What became of each version in the next one.
struct Step {
    version: String,
    before: Outline,
    after: Outline,
    changes: Vec<Change>,
}

fn observed(series: &Path) -> Vec<Step> {
    let paths = versions(series);
    let read = |path: &Path| {
        let document = Document::from_bytes(&std::fs::read(path).unwrap()).unwrap();
        let outline = Outline::parse(&document);
        (document, outline)
    };
    let mut gone: Vec<Gone> = Vec::new();
    let mut steps = Vec::new();
    let mut before = read(&paths[0]);
    for path in &paths[1..] {
        let after = read(path);
        let side = |(document, outline)| Side { document, outline };
        let observation = observe(
            side((&before.0, &before.1)),
            side((&after.0, &after.1)),
            &gone,
        );
        for change in &observation.changes {
            let task = change.task.and_then(|task| task.before);
            if let (Kind::Removed, Some(task)) = (&change.kind, task) {
                let entry = before.1.primary(task).unwrap();
                gone.push(Gone {
                    id: entry.id.as_ref().map(|id| id.text.clone()),
                    title: entry.title.text.clone(),
                });
            }
        }
        steps.push(Step {
            version: path.file_name().unwrap().to_string_lossy()[..4].to_owned(),
            before: before.1,
            after: after.1.clone(),
            changes: observation.changes,
        });
        before = after;
    }
    steps
}

/// Prints recall and precision; whether both reach the bar.
fn reaches(bar: f64, kind: &str, wanted: usize, got: usize, right: usize) -> bool {
    let share = |of: usize| {
        if of == 0 {
            1.0
        } else {
            right as f64 / of as f64
        }
    };
    let (recall, precision) = (share(wanted), share(got));
    println!(
        "{kind:9} recall {recall:.3} ({right}/{wanted})  precision {precision:.3} ({right}/{got})"
    );
    recall >= bar && precision >= bar
}

#[test]
fn finds_what_a_person_found_in_a_real_plan() {
    let Some(corpus) = corpus() else { return };
    let series = corpus.join("master-plan");
    let labels = labels(&std::fs::read_to_string(series.join("FLIPS.tsv")).unwrap());
    let found: Vec<Seen> = observed(&series)
        .iter()
        .flat_map(|step| {
            let changes = step.changes.iter();
            changes.filter_map(|change| seen(&step.version, &step.before, &step.after, change))
        })
        .collect();

    let sure: BTreeSet<&Row> = labels
        .iter()
        .filter(|l| !l.ambiguous)
        .map(|l| &l.row)
        .collect();
    let found: BTreeMap<&Row, &Seen> = found
        .iter()
        .filter(|seen| {
            sure.contains(&seen.row) || !labels.iter().any(|l| l.ambiguous && l.covers(seen))
        })
        .map(|seen| (&seen.row, seen))
        .collect();
    let mut failures = Vec::new();
    for (kind, bar) in [
        ("flip", FLIPS),
        ("added", OTHERS),
        ("removed", OTHERS),
        ("rekeyed", OTHERS),
        ("retitled", OTHERS),
    ] {
        let wanted: Vec<_> = sure.iter().filter(|row| row.kind == kind).collect();
        let got: Vec<_> = found.iter().filter(|(row, _)| row.kind == kind).collect();
        let missed: Vec<_> = wanted
            .iter()
            .filter(|row| !found.contains_key(**row))
            .collect();
        let right = wanted.len() - missed.len();
        if !reaches(bar, kind, wanted.len(), got.len(), right) {
            failures.push(kind);
        }
        for row in missed {
            println!("  missed {} {} {}", row.to_version, row.key, row.statuses);
        }
        for (row, seen) in got.iter().filter(|(row, _)| !sure.contains(*row)) {
            println!(
                "  wrong  {} {} {} | {} (line {:?})",
                row.to_version, row.key, row.statuses, seen.title, seen.line
            );
        }
    }
    assert!(failures.is_empty(), "below the bar: {failures:?}");
}

#[test]
fn counts_the_steps_a_person_counted() {
    let Some(corpus) = corpus() else { return };
    let series = corpus.join("master-plan");
    let table = std::fs::read_to_string(series.join("STEPS.tsv")).unwrap();
    let (mut wanted, mut ambiguous) = (BTreeMap::new(), BTreeSet::new());
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let task = (cells[1].to_owned(), cells[2].to_owned());
        let count = |cell: &str| cell.parse::<usize>().unwrap();
        if cells.get(7).is_some_and(|note| note.starts_with('?')) {
            ambiguous.insert(task);
        } else {
            *wanted.entry(task).or_default() += count(cells[3]) + count(cells[4]);
        }
    }
    let mut got: BTreeMap<(String, String), usize> = BTreeMap::new();
    for step in observed(&series) {
        let keys = keys(&step.after);
        for change in &step.changes {
            let task = change.task.and_then(|task| task.after);
            if let (Kind::StepChecked { .. } | Kind::StepUnchecked { .. }, Some(task)) =
                (&change.kind, task)
            {
                let task = (step.version.clone(), keys[task].clone());
                *got.entry(task).or_default() += 1;
            }
        }
    }
    wanted.retain(|task, _| !ambiguous.contains(task));
    got.retain(|task, _| !ambiguous.contains(task));
    let mut right = 0;
    for task in wanted.keys().chain(got.keys()).collect::<BTreeSet<_>>() {
        let (want, have) = (wanted.get(task).copied(), got.get(task).copied());
        let (want, have) = (want.unwrap_or(0), have.unwrap_or(0));
        right += want.min(have);
        if want != have {
            println!("  {} {}: {want} by hand, {have} observed", task.0, task.1);
        }
    }
    let (wanted, got) = (wanted.values().sum(), got.values().sum());
    assert!(reaches(OTHERS, "steps", wanted, got, right));
}
