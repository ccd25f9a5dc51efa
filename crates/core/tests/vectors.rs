//! The files of `tests/vectors/` hold what the format is: they are as this test makes them,
//! and the verifier says of each what the manifest says.
//!
//! `cargo test -p ledger-core --test vectors -- --ignored` writes them anew, which only a new
//! version of the format may ask for.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // test helpers; this test reads files

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::vectors::{Vector, Verdict, all};
use ledger_core::document::{Document, Hunk};
use ledger_core::examine::fork_points;
use ledger_core::link::Links;
use ledger_core::published::Follower;
use ledger_core::verify::document_salt;
use ledger_core::{DocumentId, Event, EventId, Part, Recorded, Verifier, verify_document};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

fn manifest(vectors: &[Vector]) -> String {
    let entries: Vec<String> = vectors
        .iter()
        .map(|vector| vector.manifest().to_string())
        .collect();
    format!(
        "{{\"format\":1,\"vectors\":[\n{}\n]}}\n",
        entries.join(",\n")
    )
}

#[test]
fn the_files_are_as_they_were_first_made() {
    let vectors = all();
    for vector in &vectors {
        let stored = std::fs::read(folder().join(&vector.file)).unwrap_or_default();
        assert!(stored == vector.journal, "{} has other bytes", vector.file);
    }
    let stored = std::fs::read_to_string(folder().join("manifest.json")).unwrap_or_default();
    assert!(
        stored == manifest(&vectors),
        "manifest.json has other bytes"
    );
}

#[test]
#[ignore = "writes the vectors"]
fn write_the_vectors() {
    for kind in ["good", "bad"] {
        let _ = std::fs::remove_dir_all(folder().join(kind));
        std::fs::create_dir_all(folder().join(kind)).unwrap();
    }
    let vectors = all();
    for vector in &vectors {
        std::fs::write(folder().join(&vector.file), &vector.journal).unwrap();
    }
    std::fs::write(folder().join("manifest.json"), manifest(&vectors)).unwrap();
}

#[test]
fn every_vector_gets_the_verdict_of_the_manifest() {
    for vector in all() {
        let found = verdict(&vector.journal);
        let expected = match &vector.verdict {
            Verdict::Ok {
                events,
                head,
                warnings,
            } => json!({"events": events, "head": head, "warnings": warnings}),
            Verdict::Bad { line, code } => json!({"line": line, "code": code}),
        };
        assert_eq!(found, expected, "{}: {}", vector.file, vector.about);
    }
}

#[test]
fn a_good_vector_with_any_line_missing_but_its_end_is_bad() {
    for vector in all() {
        // Of these, a line can be missing that nothing follows on the way to the end.
        let apart = ["merge", "octopus", "published-elsewhere"];
        let is_apart = |name| vector.file == format!("good/{name}.jsonl");
        if matches!(vector.verdict, Verdict::Bad { .. }) || apart.into_iter().any(is_apart) {
            continue;
        }
        let lines: Vec<&[u8]> = vector.journal.split_inclusive(|&b| b == b'\n').collect();
        for at in 0..lines.len().saturating_sub(1) {
            let rest = [&lines[..at], &lines[at + 1..]].concat().concat();
            assert!(
                verdict(&rest)["code"].is_string(),
                "{} without {at}",
                vector.file
            );
        }
    }
}

fn verdict(journal: &[u8]) -> Value {
    let lines = || journal.split_inclusive(|&byte| byte == b'\n');
    let found = run(Verifier::new(), lines());
    if found["code"] != "WRONG_PARENT" {
        return found;
    }
    // Perhaps histories that were joined (ledger-format.md §7.3).
    let links = Links::new().watching(fork_points(lines()));
    run(Verifier::with_links(links), lines())
}

fn run<'a>(mut verifier: Verifier, lines: impl Iterator<Item = &'a [u8]>) -> Value {
    let mut replay = Replay::default();
    let mut published = Follower::default();
    let mut events = 0;
    for line in lines {
        match verifier.line(line) {
            Ok(Some(batch)) => {
                for recorded in batch.events() {
                    if !replay.event(recorded) {
                        return json!({"line": recorded.seq.0 + 1, "code": "WRONG_DOCUMENT"});
                    }
                    if published.take(recorded).is_err() {
                        return json!({"line": recorded.seq.0 + 1, "code": "WRONG_CHECKPOINT"});
                    }
                    events += 1;
                }
            }
            Ok(None) => {}
            Err(fault) => return json!({"line": fault.seq.0 + 1, "code": fault.kind.code()}),
        }
    }
    let warnings = verifier.warnings().len();
    match verifier.finish() {
        Ok(head) => json!({
            "events": events, "head": head.map(|head| head.id.to_string()), "warnings": warnings,
        }),
        Err(fault) => json!({"line": fault.seq.0 + 1, "code": fault.kind.code()}),
    }
}

/// The documents after each event, as ledger-format.md §6 says.
#[derive(Default)]
struct Replay {
    after: BTreeMap<EventId, Documents>,
}

/// The documents after one event. A document is certain if it was checked after the last
/// removal (ledger-format.md §6.4).
#[derive(Default, Clone)]
struct Documents {
    texts: BTreeMap<DocumentId, Document>,
    removals: usize,
    checked: BTreeMap<DocumentId, usize>,
    /// The documents that the batch under way has touched.
    touched: BTreeSet<DocumentId>,
}

impl Replay {
    fn event(&mut self, recorded: &Recorded) -> bool {
        let event = &recorded.event;
        let parent = event.header.parents.first();
        let mut documents = parent
            .and_then(|parent| self.after.get(parent))
            .cloned()
            .unwrap_or_default();
        let right = documents.apply(event);
        self.after.insert(event.id, documents);
        right
    }
}

impl Documents {
    fn apply(&mut self, event: &Event) -> bool {
        let header = &event.header;
        if header.batch.0 == 0 {
            self.touched.clear();
        }
        let is_removed = |part: &Part| matches!(part, Part::Redacted(_));
        let removed = event.body.iter().any(is_removed);
        self.removals += usize::from(removed);
        let Some(hunks) = hunks(event) else {
            return false;
        };
        for (id, hunk) in hunks {
            self.touched.insert(id.clone());
            let document = self.texts.entry(id.clone()).or_default();
            if document.apply(&hunk).is_err() && self.is_certain(&id) {
                return false;
            }
        }
        if !header.docs.is_empty() && document_salt(&event.body).is_none() {
            let is_salt =
                |part: &Part| matches!(part, Part::Open { name, .. } if name == "document_salt");
            if !removed || event.body.iter().any(is_salt) {
                return false;
            }
        }
        for (id, _) in &header.docs {
            let certain = self.is_certain(id);
            let document = self.texts.entry(id.clone()).or_default();
            if verify_document(event, id, document).is_ok() {
                if !certain {
                    *document = Document::from(document.text().as_str());
                }
                self.checked.insert(id.clone(), self.removals);
            } else if certain {
                return false;
            }
        }
        header.batch.0 + 1 < header.batch.1
            || self.touched.iter().all(|id| {
                let is_text = only_the_last_lacks_its_feed(&self.texts[id]);
                header.docs.iter().any(|(own, _)| own == id) && (is_text || !self.is_certain(id))
            })
    }

    fn is_certain(&self, id: &DocumentId) -> bool {
        self.checked.get(id).copied().unwrap_or(0) == self.removals
    }
}

fn only_the_last_lacks_its_feed(document: &Document) -> bool {
    let lines = document.lines();
    let before = &lines[..lines.len().saturating_sub(1)];
    before.iter().all(|line| line.ends_with('\n'))
}

/// The hunks of an event; `None` if one is not of the form of ledger-format.md §6.2.
fn hunks(event: &Event) -> Option<Vec<(DocumentId, Hunk)>> {
    let mut hunks = Vec::new();
    let mut parts = event.body.iter();
    while let Some(part) = parts.next() {
        let Part::Open { name, value, .. } = part else {
            continue;
        };
        if name != "hunk" {
            continue;
        }
        if value.as_object()?.len() != 4 {
            return None;
        }
        let number = |name: &str| usize::try_from(value.get(name)?.as_u64()?).ok();
        let mut hunk = Hunk {
            at: number("at")?,
            remove: number("del")?,
            insert: Vec::new(),
        };
        for _ in 0..number("ins")? {
            match parts.next()? {
                Part::Open { name, value, .. } if name == "line" => {
                    let line = value.as_str()?;
                    if line.split_inclusive('\n').count() != 1 {
                        return None;
                    }
                    hunk.insert.push(line.into());
                }
                Part::Redacted(_) => hunk.insert.push("".into()),
                Part::Open { .. } => return None,
            }
        }
        hunks.push((DocumentId::new(value.get("doc")?.as_str()?).ok()?, hunk));
    }
    Some(hunks)
}
