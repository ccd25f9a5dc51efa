//! A ledger under fire: processes that are killed, calls that fail, files that are damaged, disks
//! that are full, git that cleans up, many writers, and editors that save at any moment.
//!
//! Each test has a quick form and a long one (`--ignored`, in a release build). What is random
//! comes from a seed that is printed; `LEDGER_SEED` repeats it. The folder of a test that fails
//! is kept, and its place printed.

mod broken_store;
mod damage;
mod editor;
mod faults;
mod full_disk;
mod git_hazards;
mod kill;
mod locks;
mod namespace;
mod order;
mod plan_files;
mod redactions;
mod spool_faults;
mod unmade_edits;
mod writers;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Project, Run, lines_of_json};

/// Random numbers that a seed gives again (SplitMix64).
pub(crate) struct Random(u64);

impl Random {
    /// From `LEDGER_SEED`, else from the clock. `what` is printed with it.
    pub(crate) fn seeded(what: &str) -> Self {
        let seed = match std::env::var("LEDGER_SEED") {
            Ok(text) => text.parse().expect("LEDGER_SEED is a number"),
            Err(_) => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| u64::from(since.subsec_nanos()) ^ since.as_secs()),
        };
        println!("{what}: LEDGER_SEED={seed}");
        Self(seed)
    }

    /// Another one, for another thread.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// An index of something that has so many.
    pub(crate) fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap()
    }
}

/// A plan with so many open tasks, `T-1` and on.
pub(crate) fn plan_of(tasks: usize) -> String {
    let tasks: String = (1..=tasks)
        .map(|n| format!("- [ ] **T-{n}**: Task number {n}\n"))
        .collect();
    format!("# Plan\n\nProse that says what this is about.\n\nA second paragraph.\n\n{tasks}")
}

/// The id of an event or a receipt.
pub(crate) fn id(event: &Value) -> &str {
    event["id"].as_str().expect("an id")
}

/// The whole lines that a run printed as JSON. One that was killed may have stopped inside one.
pub(crate) fn whole_receipts(stdout: &str) -> Vec<Value> {
    match stdout.rfind('\n') {
        Some(end) => lines_of_json(&stdout[..end]),
        None => Vec::new(),
    }
}

/// The events of each batch, checked to be whole, in order.
#[track_caller]
pub(crate) fn batches(events: &[Value]) -> Vec<&[Value]> {
    let mut batches = Vec::new();
    let mut rest = events;
    while let Some(first) = rest.first() {
        let count = usize::try_from(first["batch"][1].as_u64().unwrap()).unwrap();
        assert!(count <= rest.len(), "a batch stands half: {first}");
        let (batch, after) = rest.split_at(count);
        for (at, event) in batch.iter().enumerate() {
            assert_eq!(event["batch"][0], at, "a batch has a gap: {event}");
            assert_eq!(event["batch"][1], count, "a batch has a gap: {event}");
        }
        batches.push(batch);
        rest = after;
    }
    batches
}

/// Where the only plan file stands, as `render --check` says.
#[track_caller]
pub(crate) fn standing(project: &Project) -> String {
    let run = project.run(["render", "--check", "--json"]);
    assert!(matches!(run.code, 0 | 1), "{}", run.stderr);
    let files: Value = serde_json::from_str(&run.stdout).expect("JSON");
    files[0]["state"].as_str().expect("a state").to_owned()
}

/// The text of the plan at a moment; `None`: at the head.
#[track_caller]
pub(crate) fn text_at(project: &Project, at: Option<u64>) -> Vec<u8> {
    match at {
        Some(seq) => {
            let seq = seq.to_string();
            project.ok(["render", "--stdout", "--at", &seq]).bytes
        }
        None => project.ok(["render", "--stdout"]).bytes,
    }
}

/// The texts that a plan file may have which was `before` and into which `new` batches go: the old
/// projection, that of a moment since, or the head's.
#[track_caller]
pub(crate) fn projections(
    project: &Project,
    before: Option<Vec<u8>>,
    new: &[Value],
) -> BTreeSet<Option<Vec<u8>>> {
    let moments = batches(new)
        .into_iter()
        .filter_map(|batch| batch.last()?["seq"].as_u64());
    let mut texts: BTreeSet<_> = moments
        .map(|seq| Some(text_at(project, Some(seq))))
        .collect();
    texts.insert(before);
    texts.insert(Some(text_at(project, None)));
    texts
}

/// Saves a plan as an editor does that renames.
pub(crate) fn save(project: &Project, text: &str) {
    project.write("TODO.md.swp", text);
    fs::rename(project.path("TODO.md.swp"), project.path("TODO.md")).unwrap();
}

/// Records a change while the plan file cannot be written, so that what is saved next is made on an
/// older text than the ledger's.
pub(crate) fn leave_behind(project: &Project, change: &[&str]) {
    let set_mode = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(project.path("TODO.md"), permissions).unwrap();
    };
    let before = project.plan();
    set_mode(0o400);
    assert_eq!(project.run(change).code, 2);
    set_mode(0o600);
    assert_eq!(project.plan(), before);
}

/// Another process at work on the ledger, until it is dropped.
pub(crate) fn hold(project: &Project) -> File {
    let lock = project.path(".ledger/lock");
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .open(lock);
    let lock = lock.unwrap();
    lock.lock().unwrap();
    lock
}

/// How many changes wait in the ledger's own folder.
pub(crate) fn waiting(project: &Project) -> usize {
    let entries = fs::read_dir(project.path(".ledger/spool"));
    let names = entries
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    names
        .filter(|path| path.extension().is_some_and(|ending| ending == "change"))
        .count()
}

/// How many events of this type there are.
pub(crate) fn count_of(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind).count()
}

/// What a file has; `None` if there is none.
pub(crate) fn bytes_of(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

/// Demands of a run what is demanded of every run.
#[track_caller]
pub(crate) fn sane(run: &Run) {
    assert!(
        matches!(run.code, 0..=2) && !run.stderr.contains("panicked"),
        "exit {}: {}{}",
        run.code,
        run.stdout,
        run.stderr
    );
}

/// A folder as it was, to be put back as often as need be.
pub(crate) struct Frozen(TempDir);

impl Frozen {
    /// Keeps the project's folder as it is.
    pub(crate) fn of(project: &Project) -> Self {
        let copy = tempfile::tempdir().unwrap();
        copy_tree(&project.path("."), copy.path());
        Self(copy)
    }

    /// Makes the project's folder what it was.
    pub(crate) fn restore(&self, project: &Project) {
        let folder = project.path(".");
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
        copy_tree(self.0.path(), &folder);
    }
}

/// Copies what a folder holds into another.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&place).unwrap();
            copy_tree(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}

/// What a command claims about the change that it was to record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It was recorded: exit 0, or the message says so.
    Recorded,
    /// It was not.
    NotRecorded,
}

impl Claim {
    /// What a run claims.
    #[track_caller]
    pub(crate) fn of(run: &Run) -> Self {
        let not = run.stderr.contains("nothing was recorded");
        let recorded = run.stderr.contains("is recorded");
        match (run.code, recorded, not) {
            (0, _, false) | (_, true, false) => Self::Recorded,
            (_, false, true) => Self::NotRecorded,
            _ => panic!(
                "exit {}, and no word whether the change stands: {}{}",
                run.code, run.stdout, run.stderr
            ),
        }
    }
}
