//! The outline of a real plan in all its versions, against what a careful reader noted down.
//!
//! Needs the corpus of real plans beside the project (or `LEDGER_CORPUS`); without it the tests
//! say so and pass, and the grammar's own unit tests have to do.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read the corpus; the crate itself does no I/O"
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "../../../tests/support/real_plans.rs"]
mod real_plans;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use ledger_document::{Document, Outline};
use real_plans::{corpus, versions};

/// The versions of a series in order, as text.
fn read(series: &Path) -> Vec<(String, Document)> {
    versions(series)
        .into_iter()
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.get(..4)?.to_owned();
            let bytes = std::fs::read(&path).unwrap();
            Some((name, Document::from_bytes(&bytes).ok()?))
        })
        .collect()
}

/// Status, title and line (from 1) of each task by key; the second task with an id is `ID#2`.
type Tasks = BTreeMap<String, (String, String, usize)>;

fn tasks(outline: &Outline) -> Tasks {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut tasks = Tasks::new();
    for task in 0..outline.tasks.len() {
        let entry = outline.primary(task).unwrap();
        let Some(id) = &entry.id else { continue };
        if !(id.text.starts_with("TASK-") || id.text.starts_with("TODO-")) {
            continue;
        }
        let times = seen.entry(id.text.clone()).or_default();
        *times += 1;
        let key = match times {
            1 => id.text.clone(),
            times => format!("{}#{times}", id.text),
        };
        let said = (
            entry.status.to_string(),
            entry.title.text.clone(),
            entry.lines.start + 1,
        );
        tasks.insert(key, said);
    }
    tasks
}

#[derive(Debug)]
struct Row {
    kind: String,
    key: String,
    title: String,
    from: String,
    to: String,
    line: Option<usize>,
    ambiguous: bool,
}

/// The rows for each pair of versions.
fn rows(file: &Path) -> HashMap<(String, String), Vec<Row>> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut rows: HashMap<_, Vec<Row>> = HashMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let row = Row {
            kind: cells[2].to_owned(),
            key: cells[3].to_owned(),
            title: cells[4].to_owned(),
            from: cells[5].to_owned(),
            to: cells[6].to_owned(),
            line: cells[7].parse().ok(),
            ambiguous: cells.get(8).is_some_and(|note| note.starts_with('?')),
        };
        rows.entry((cells[0].to_owned(), cells[1].to_owned()))
            .or_default()
            .push(row);
    }
    rows
}

/// The keys a row speaks of.
fn keys(row: &Row) -> Vec<String> {
    row.key.split(" -> ").map(str::to_owned).collect()
}

/// Steps of each task by key: how many, and how many are ticked.
fn steps(outline: &Outline) -> BTreeMap<String, (i64, i64)> {
    let mut steps = BTreeMap::new();
    for task in 0..outline.tasks.len() {
        let entry = outline.primary(task).unwrap();
        if let Some(id) = &entry.id {
            let ticked = entry.steps.iter().filter(|step| step.checked).count();
            let counts = (entry.steps.len() as i64, ticked as i64);
            steps.entry(id.text.clone()).or_insert(counts);
        }
    }
    steps
}

/// Whether a task goes and another gets its id, or may have.
fn taken_over(flips: &[Row], key: &str) -> bool {
    let doubtful = flips
        .iter()
        .any(|row| row.ambiguous && keys(row).iter().any(|other| other == key));
    let rekeyed = |row: &Row| row.kind == "rekeyed" && keys(row)[1] == key;
    doubtful || (removed(flips, key) && flips.iter().any(rekeyed))
}

fn removed(flips: &[Row], key: &str) -> bool {
    flips
        .iter()
        .any(|row| row.kind == "removed" && row.key == key)
}

/// Brings the steps of tasks that changed keys under their new keys.
fn carry_steps(before: &mut BTreeMap<String, (i64, i64)>, flips: &[Row]) {
    let old = before.clone();
    for row in flips {
        match row.kind.as_str() {
            // The id may have been another task's.
            "added" if !removed(flips, &row.key) => {
                before.remove(&row.key);
            }
            "rekeyed" => {
                before.remove(&keys(row)[0]);
            }
            _ => {}
        }
    }
    for row in flips {
        if row.kind == "rekeyed" {
            let keys = keys(row);
            let count = old.get(&keys[0]).copied().unwrap_or_default();
            before.insert(keys[1].clone(), count);
        }
    }
}

/// A task's key; steps ticked, unticked, added and removed; whether the row leaves doubt.
type StepRow = (String, [i64; 4], bool);

#[test]
fn the_noted_steps_are_found() {
    let Some(corpus) = corpus() else { return };
    let series = corpus.join("master-plan");
    let outlines: HashMap<String, Outline> = read(&series)
        .into_iter()
        .map(|(name, document)| (name, Outline::parse(&document)))
        .collect();
    let text = std::fs::read_to_string(series.join("STEPS.tsv")).unwrap();
    let mut noted: BTreeMap<(String, String), Vec<StepRow>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let counts = [3, 4, 5, 6].map(|at| cells[at].parse::<i64>().unwrap());
        let doubtful = cells
            .get(7)
            .is_some_and(|note| note.starts_with('?') || note.contains("arrive ticked"));
        noted
            .entry((cells[0].to_owned(), cells[1].to_owned()))
            .or_default()
            .push((cells[2].to_owned(), counts, doubtful));
    }
    let flips = rows(&series.join("FLIPS.tsv"));
    let mut checked = 0;
    let mut differences = Vec::new();
    for ((from, to), rows) in &noted {
        let (mut before, after) = (steps(&outlines[from]), steps(&outlines[to]));
        let none = Vec::new();
        let flips = flips.get(&(from.clone(), to.clone())).unwrap_or(&none);
        carry_steps(&mut before, flips);
        let mut changes: BTreeMap<&str, ([i64; 4], bool)> = BTreeMap::new();
        for (key, counts, doubtful) in rows {
            let (sum, any) = changes.entry(key).or_default();
            for (sum, count) in sum.iter_mut().zip(counts) {
                *sum += count;
            }
            *any |= doubtful;
        }
        for (key, ([ticked, unticked, added, removed], doubtful)) in changes {
            if taken_over(flips, key) {
                continue;
            }
            let (all, done) = before.get(key).copied().unwrap_or_default();
            let (now, now_done) = after.get(key).copied().unwrap_or_default();
            checked += 1;
            if now != all + added - removed {
                differences.push(format!(
                    "{from}->{to} {key}: {now} steps, not {all} + {added} - {removed}"
                ));
            }
            // Removed steps may have been ticked.
            if !doubtful && removed == 0 && now_done != done + ticked - unticked {
                differences.push(format!(
                    "{from}->{to} {key}: {now_done} ticked, not {done} + {ticked} - {unticked}"
                ));
            }
        }
    }
    eprintln!(
        "{checked} tasks with steps checked, {} differences",
        differences.len()
    );
    for difference in &differences {
        eprintln!("  {difference}");
    }
    assert!(differences.is_empty());
}

#[test]
fn the_noted_changes_turn_each_versions_tasks_into_the_nexts() {
    let Some(corpus) = corpus() else { return };
    let series = corpus.join("master-plan");
    let rows = rows(&series.join("FLIPS.tsv"));
    let versions = read(&series);
    assert_eq!(versions.len(), 69);
    let mut checked = 0;
    let mut differences = Vec::new();
    for pair in versions.windows(2) {
        let [(from, before), (to, after)] = pair else {
            unreachable!()
        };
        let (before, after) = (
            tasks(&Outline::parse(before)),
            tasks(&Outline::parse(after)),
        );
        let none = Vec::new();
        let rows = rows.get(&(from.clone(), to.clone())).unwrap_or(&none);
        let doubtful: BTreeSet<String> = rows
            .iter()
            .filter(|row| row.ambiguous)
            .flat_map(keys)
            .collect();
        let mut expected = before.clone();
        let sure: Vec<&Row> = rows.iter().filter(|row| !row.ambiguous).collect();
        // First everything goes away, then it comes under its new key.
        let mut moved = Vec::new();
        for row in &sure {
            match row.kind.as_str() {
                "removed" => {
                    expected.remove(&row.key);
                }
                "rekeyed" => {
                    let keys = keys(row);
                    let status = before
                        .get(&keys[0])
                        .map_or_else(|| row.from.clone(), |task| task.0.clone());
                    expected.remove(&keys[0]);
                    moved.push((keys[1].clone(), status, row.title.clone(), 0));
                }
                "added" => moved.push((row.key.clone(), row.to.clone(), row.title.clone(), 0)),
                _ => {}
            }
        }
        for (key, status, title, line) in moved {
            expected.insert(key, (status, title, line));
        }
        for row in &sure {
            if let Some(task) = expected.get_mut(&row.key) {
                match row.kind.as_str() {
                    "flip" => task.0 = row.to.clone(),
                    "retitled" => task.1 = row.title.clone(),
                    _ => {}
                }
            }
            let key = keys(row).pop().unwrap_or_default();
            if let (Some(line), Some(task)) = (row.line, after.get(&key))
                && task.2 != line
                && !doubtful.contains(&key)
            {
                differences.push(format!(
                    "{from}->{to} {} {key}: read in line {}, noted in line {line}",
                    row.kind, task.2
                ));
            }
        }
        let all: BTreeSet<&String> = expected.keys().chain(after.keys()).collect();
        for key in all {
            if doubtful.contains(key) {
                continue;
            }
            checked += 1;
            match (expected.get(key), after.get(key)) {
                (Some(want), Some(got)) => {
                    if want.0 != got.0 {
                        differences.push(format!("{from}->{to} {key}: {} not {}", got.0, want.0));
                    }
                    // The labels cut titles short.
                    if !got.1.starts_with(&want.1) {
                        differences.push(format!(
                            "{from}->{to} {key}: titled {:?} not {:?}",
                            got.1, want.1
                        ));
                    }
                }
                (want, got) => {
                    differences.push(format!("{from}->{to} {key}: want {want:?} got {got:?}"));
                }
            }
        }
    }
    eprintln!("{checked} tasks checked, {} differences", differences.len());
    for difference in &differences {
        eprintln!("  {difference}");
    }
    assert!(differences.is_empty());
}
