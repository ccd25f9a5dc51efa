//! Real plans in all their versions, where they are at hand; the tests of all crates look for
//! them here.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "each test takes what it needs, and tests may look around"
)]

use std::path::{Path, PathBuf};

/// The folder with a folder for each plan: `LEDGER_CORPUS`, else beside the project. Without it
/// a test says so and checks nothing; one that was named has to be there.
pub(crate) fn corpus() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("LEDGER_CORPUS").map(PathBuf::from) {
        assert!(
            named.is_dir(),
            "LEDGER_CORPUS: no folder {}",
            named.display()
        );
        return Some(named);
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    if !beside.is_dir() {
        eprintln!("no real plans at {}: checked nothing", beside.display());
        return None;
    }
    Some(beside)
}

/// The plans, each a folder.
pub(crate) fn all_series() -> Vec<PathBuf> {
    let mut folders = corpus().map_or_else(Vec::new, |corpus| inside(&corpus));
    folders.retain(|path| path.is_dir());
    folders
}

/// The versions of one plan, in order.
pub(crate) fn versions(series: &Path) -> Vec<PathBuf> {
    let mut files = inside(series);
    files.retain(|path| path.extension().is_some_and(|end| end == "md"));
    files
}

fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
