//! Several processes at once, and processes that are killed.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::Folder;
use ledger_store::conformance::append;
use ledger_store::{DiskStore, Layout, Options, Store};

const PLACE: &str = "LEDGER_TEST_PLACE";
const COUNT: &str = "LEDGER_TEST_COUNT";

/// Not a test by itself: what the processes below run.
#[test]
fn child() {
    let (Some(place), Ok(count)) = (std::env::var_os(PLACE), std::env::var(COUNT)) else {
        return;
    };
    let layout = Layout::new(Path::new(&place));
    for i in 0..count.parse::<u32>().unwrap() {
        let options = Options {
            deadline: Duration::from_secs(60),
            absorb_after: 16,
            ..Options::new("child")
        };
        let mut store = DiskStore::open_for_append(&layout, options).unwrap();
        let key = format!("{} {i}", std::process::id());
        append(&mut store, &["T-1", "T-2"], Some(&key));
        println!("acknowledged {key}");
        store.settle().unwrap();
    }
}

fn start(folder: &Folder, count: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(PLACE, folder.layout.directory())
        .env(COUNT, count.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The keys a process said were appended.
fn acknowledged(child: &mut Child) -> Vec<String> {
    let output = BufReader::new(child.stdout.take().unwrap());
    output
        .lines()
        .map(Result::unwrap)
        .filter_map(|line| Some(line.split_once("acknowledged ")?.1.to_owned()))
        .collect()
}

/// The keys in the history, each once.
fn keys(folder: &Folder) -> BTreeSet<String> {
    let batches = folder.all();
    let keys: BTreeSet<String> = batches
        .iter()
        .filter_map(|batch| batch.events()[0].event.header.idem.clone())
        .collect();
    assert_eq!(keys.len(), batches.len());
    keys
}

#[test]
fn eight_processes_append_at_once_and_nothing_is_lost_or_there_twice() {
    let folder = Folder::new();
    let mut children: Vec<Child> = (0..8).map(|_| start(&folder, 12)).collect();
    let mut told = BTreeSet::new();
    for child in &mut children {
        told.extend(acknowledged(child));
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(told.len(), 96);
    assert_eq!(keys(&folder), told);
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged_and_leaves_no_lock() {
    let folder = Folder::new();
    let mut told = BTreeSet::new();
    for round in 0..6 {
        let mut child = start(&folder, 10_000);
        std::thread::sleep(Duration::from_millis(40 + 23 * round));
        child.kill().unwrap();
        told.extend(acknowledged(&mut child));
        child.wait().unwrap();
        let mut store = folder.asking();
        store.settle().unwrap();
        drop(store);
        let found = keys(&folder);
        // The last batch may have become durable without the word getting out.
        assert!(found.is_superset(&told));
        assert!(found.len() <= told.len() + 1 + usize::try_from(round).unwrap());
    }
    assert!(!told.is_empty());
}
