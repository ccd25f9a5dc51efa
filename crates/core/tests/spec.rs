//! `ledger-format.md` and the program do not drift apart.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // test helpers; this test reads files

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ledger_core::chain::event_id;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_examples_are_lines_of_the_vectors() {
    let spec = read("ledger-format.md");
    for (file, line) in [
        ("worked", 2),
        ("redacted", 2),
        ("created", 0),
        ("merge", 7),
        ("rules", 2),
        ("rules", 3),
    ] {
        let journal = read(&format!("tests/vectors/good/{file}.jsonl"));
        let line = journal.lines().nth(line).unwrap();
        assert!(spec.contains(&format!("```json\n{line}\n```")), "{file}");
        let header = line.split_once(",\"header\":").unwrap().1;
        let id = event_id(&header.as_bytes()[..header.len() - 1]).to_string();
        assert!(spec.contains(&id), "{file}: {id}");
    }
    assert!(spec.contains(&event_id(b"").to_string()));
}

#[test]
fn every_reason_code_has_a_vector_and_a_row() {
    let manifest: Value = serde_json::from_str(&read("tests/vectors/manifest.json")).unwrap();
    let tested: BTreeSet<String> = manifest["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|vector| vector["code"].as_str().map(str::to_owned))
        .collect();
    let spec = read("ledger-format.md");
    let section = &spec[spec.find("## 9.").unwrap()..spec.find("## 10.").unwrap()];
    let listed: BTreeSet<String> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .flat_map(|line| {
            let cell = line.split(" | ").next().unwrap_or_default();
            cell.split(", ")
                .map(|code| code.trim_matches('`').to_owned())
        })
        .collect();
    assert_eq!(tested, listed);
}

#[test]
fn every_section_the_code_cites_is_there() {
    let spec = read("ledger-format.md");
    let sections: BTreeSet<&str> = spec
        .lines()
        .filter(|line| line.starts_with("##"))
        .filter_map(|line| line.trim_start_matches('#').split_whitespace().next())
        .map(|number| number.trim_end_matches('.'))
        .collect();
    let mut cited = 0;
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for line in text
                    .lines()
                    .filter(|line| line.contains("ledger-format.md"))
                {
                    for after in line.split('§').skip(1) {
                        let end = after
                            .find(|c: char| !c.is_ascii_digit() && c != '.')
                            .unwrap_or(after.len());
                        let number = after[..end].trim_end_matches('.');
                        assert!(sections.contains(number), "{}: §{number}", path.display());
                        cited += 1;
                    }
                }
            }
        }
    }
    assert!(cited > 20, "{cited}");
}

#[test]
fn the_types_the_fold_knows_are_those_of_the_table() {
    let spec = read("ledger-format.md");
    let section = &spec[spec.find("### 8.4").unwrap()..spec.find("### 8.5").unwrap()];
    let listed: BTreeSet<&str> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next())
        .collect();
    let known: BTreeSet<&str> = ledger_core::plan::TYPES.iter().copied().collect();
    assert_eq!(listed, known);
}
