//! The files of `tests/vectors/proofs/`: they are as this test makes them, and each gets the
//! verdict of `proofs.json`.
//!
//! `cargo test -p ledger-core --test proof_vectors -- --ignored` writes them anew, which only a
//! new version of the format may ask for.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // test helpers; this test reads files

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::vectors::proofs::{ProofVector, files, proofs, public_key};
use ledger_core::checkpoint::SignedCheckpoint;
use ledger_core::examine::Examined;
use ledger_core::merkle::{Hash, Tree};
use ledger_core::note::VerifierKey;
use ledger_core::proof::Proof;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

fn manifest(vectors: &[ProofVector]) -> String {
    let entries: Vec<String> = vectors
        .iter()
        .map(|vector| vector.manifest().to_string())
        .collect();
    let key = json!(public_key());
    format!(
        "{{\"format\":1,\"key\":{key},\"vectors\":[\n{}\n]}}\n",
        entries.join(",\n")
    )
}

#[test]
fn the_files_are_as_they_were_first_made() {
    let vectors = proofs();
    let own = vectors.iter().map(|own| (own.file.as_str(), &own.bytes));
    let others = files();
    for (file, bytes) in own.chain(others.iter().map(|(file, bytes)| (*file, bytes))) {
        let stored = std::fs::read(folder().join(file)).unwrap_or_default();
        assert!(stored == *bytes, "{file} has other bytes");
    }
    let stored = std::fs::read_to_string(folder().join("proofs.json")).unwrap_or_default();
    assert!(stored == manifest(&vectors), "proofs.json has other bytes");
}

#[test]
#[ignore = "writes the vectors"]
fn write_the_vectors() {
    let _ = std::fs::remove_dir_all(folder().join("proofs"));
    std::fs::create_dir_all(folder().join("proofs")).unwrap();
    let vectors = proofs();
    for vector in &vectors {
        std::fs::write(folder().join(&vector.file), &vector.bytes).unwrap();
    }
    for (file, bytes) in files() {
        std::fs::write(folder().join(file), bytes).unwrap();
    }
    std::fs::write(folder().join("proofs.json"), manifest(&vectors)).unwrap();
}

#[test]
fn every_vector_gets_the_verdict_of_the_manifest() {
    let key = VerifierKey::parse(&public_key()).unwrap();
    for vector in proofs() {
        let found = match vector.is_checkpoint() {
            true => of_checkpoint(&vector, &key),
            false => of_proof(&vector, &key),
        };
        assert_eq!(
            found.err(),
            vector.code,
            "{}: {}",
            vector.file,
            vector.about
        );
    }
}

fn of_checkpoint(vector: &ProofVector, key: &VerifierKey) -> Result<(), &'static str> {
    let signed = SignedCheckpoint::find(&vector.bytes).map_err(|_| "NOT_A_CHECKPOINT")?;
    let journal = std::fs::read(folder().join(vector.with.unwrap().1)).unwrap();
    let mut tree = Tree::new();
    let mut roots = vec![tree.root()];
    let mut ledger = None;
    for line in journal.split_inclusive(|&byte| byte == b'\n') {
        let line = Examined::new(line).unwrap();
        ledger.get_or_insert(line.id());
        tree.push(Hash::of_leaf(line.header_bytes()));
        roots.push(tree.root());
    }
    let at = usize::try_from(signed.checkpoint().size).unwrap();
    signed
        .is_extended_by(Some(key), ledger, tree.size(), roots.get(at).copied())
        .map_err(|error| error.code())
}

fn of_proof(vector: &ProofVector, key: &VerifierKey) -> Result<(), &'static str> {
    let proof = Proof::parse(&vector.bytes).map_err(|_| "NOT_A_PROOF")?;
    let beside = |wanted| {
        let found = vector.with.filter(|(name, _)| *name == wanted);
        found.map(|(_, file)| std::fs::read(folder().join(file)).unwrap())
    };
    let old = beside("old").map(|bytes| SignedCheckpoint::find(&bytes).unwrap());
    proof
        .check(Some(key), beside("event").as_deref(), old.as_ref())
        .map(|_| ())
        .map_err(|error| error.code())
}

#[test]
fn every_code_has_a_vector_and_a_row() {
    let tested: BTreeSet<&str> = proofs().iter().filter_map(|vector| vector.code).collect();
    let spec = std::fs::read_to_string(folder().join("../../ledger-format.md")).unwrap();
    let rows = |from: &str, to: &str| {
        let section = &spec[spec.find(from).unwrap()..spec.find(to).unwrap()];
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let codes = rows.flat_map(|row| row.split(" | ").next().unwrap_or_default().split(", "));
        let codes = codes.map(|code| code.trim_matches('`').to_owned());
        codes.collect::<BTreeSet<String>>()
    };
    let mut listed = rows("### 12.6", "### 12.7");
    listed.extend(rows("### 13.3", "### 13.4"));
    let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
    assert_eq!(tested, listed);
}

#[test]
fn the_examples_of_the_format_are_the_vectors() {
    let spec = std::fs::read_to_string(folder().join("../../ledger-format.md")).unwrap();
    let read = |file: &str| std::fs::read_to_string(folder().join(file)).unwrap();
    assert!(spec.contains(&format!("```\n{}```", read("proofs/worked.checkpoint"))));
    assert!(spec.contains(&format!("```\n{}\n```", public_key())));
    let journal = read("good/worked.jsonl");
    let mut tree = Tree::new();
    assert!(spec.contains(&format!("| 0 | `{}` |", tree.root())));
    for line in journal.split_inclusive('\n') {
        tree.push(Hash::of_leaf(
            Examined::new(line.as_bytes()).unwrap().header_bytes(),
        ));
        let row = format!("| {} | `{}` |", tree.size(), tree.root());
        assert!(spec.contains(&row), "{row}");
    }
    let stored: Value = serde_json::from_str(&read("proofs.json")).unwrap();
    assert_eq!(stored["key"], public_key());
}
