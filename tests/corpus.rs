//! Real plans in all their versions: adopted, then put in place one by one and observed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::Project;
use crate::support::real_plans::{all_series, corpus, versions};

/// Replays one series through the binary: every version comes back byte for byte from the
/// moment at which it was observed.
fn replay(series: &Path) -> usize {
    let files = versions(series);
    let project = Project::empty();
    let first = fs::read(&files[0]).unwrap();
    project.write("TODO.md", &first);
    let receipts = project.receipts(["init", "TODO.md", "--json"]);
    assert_eq!(project.bytes("TODO.md"), first, "init touched the plan");
    let mut seq = receipts.last().unwrap()["seq"].as_u64().unwrap();
    let mut moments: BTreeMap<u64, Vec<u8>> = BTreeMap::from([(seq, first.clone())]);
    let mut current = first;
    for file in &files[1..] {
        let bytes = fs::read(file).unwrap();
        project.write("TODO.md", &bytes);
        let receipts = project.receipts(["observe", "--json"]);
        assert_eq!(
            project.bytes("TODO.md"),
            bytes,
            "{}: observe touched the plan",
            file.display()
        );
        assert_eq!(receipts.is_empty(), bytes == current, "{}", file.display());
        if let Some(last) = receipts.last() {
            seq = last["seq"].as_u64().unwrap();
        }
        moments.insert(seq, bytes.clone());
        current = bytes;
    }
    for (seq, bytes) in &moments {
        let run = project.ok(["render", "--stdout", "--at", &seq.to_string()]);
        assert!(
            run.bytes == *bytes,
            "{}: moment {seq} differs",
            series.display()
        );
    }
    project.ok(["verify"]);
    files.len()
}

#[test]
fn a_real_plan_comes_back_byte_for_byte_from_every_moment() {
    let Some(corpus) = corpus() else { return };
    // Short series with edits of many kinds; the long ones are in the next test.
    for series in [
        "ito-tasks-a",
        "ito-tasks-b",
        "sdlc-tasks",
        "memory-bank-tasks",
        "automerge-todo",
    ] {
        replay(&corpus.join(series));
    }
}

#[test]
#[ignore = "long: some 1,200 runs of the binary; run in CI"]
fn every_version_of_every_real_plan_comes_back_byte_for_byte() {
    let series = all_series();
    let count: usize = series.iter().map(|series| replay(series)).sum();
    println!("{} series, {count} versions", series.len());
}
