//! The law of [`observe`], held against real plans in all their versions, where they are at hand.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test")]

#[path = "../../../tests/support/real_plans.rs"]
mod real_plans;

use std::path::Path;

use ledger_document::observe::{Gone, Side, observe};
use ledger_document::{Document, Outline};
use real_plans::{all_series, versions};

/// Pairs of versions of one plan that do not follow each other, per plan.
const FAR_PAIRS: usize = 3;

struct Version {
    name: String,
    document: Document,
    outline: Outline,
}

fn read(series: &Path) -> Vec<Version> {
    versions(series)
        .into_iter()
        .filter_map(|path| {
            let document = Document::from_bytes(&std::fs::read(&path).unwrap()).ok()?;
            let outline = Outline::parse(&document);
            Some(Version {
                name: path.display().to_string(),
                document,
                outline,
            })
        })
        .collect()
}

fn hold(before: &Version, after: &Version) {
    let gone = [Gone {
        id: None,
        title: "A task nobody has".to_owned(),
    }];
    let observation = observe(before.side(), after.side(), &gone);
    let mut replayed = before.document.clone();
    let hunks = observation.changes.iter().flat_map(|change| &change.hunks);
    replayed.apply_all(hunks).unwrap();
    assert!(
        replayed == after.document,
        "{} -> {}",
        before.name,
        after.name
    );
}

impl Version {
    fn side(&self) -> Side<'_> {
        Side {
            document: &self.document,
            outline: &self.outline,
        }
    }
}

#[test]
fn the_hunks_of_all_changes_turn_each_version_into_the_next_and_into_any_other() {
    for series in all_series() {
        let versions = read(&series);
        for pair in versions.windows(2) {
            hold(&pair[0], &pair[1]);
        }
        // Any two, chosen by a fixed sequence of numbers.
        let mut number: usize = 7;
        for _ in 0..FAR_PAIRS.min(versions.len()) {
            let mut next = || {
                number = (number * 1_103_515_245 + 12_345) % (1 << 31);
                number / 8 % versions.len()
            };
            let (a, b) = (next(), next());
            hold(&versions[a], &versions[b]);
        }
    }
}
