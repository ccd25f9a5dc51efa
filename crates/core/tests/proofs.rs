//! Signed notes, checkpoints and proofs: what they are, and that nothing else is taken for one.
#![allow(clippy::unwrap_used, clippy::panic)] // test helpers

mod common;

use common::forge::Forge;
use ledger_core::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, origin};
use ledger_core::merkle::{Hash, Prover, Tree};
use ledger_core::note::{KeyError, MAX_NOTE, Note, NoteError, SignerKey, VerifierKey};
use ledger_core::proof::{Consistency, Inclusion, Leaf, Proof, Unreadable};
use ledger_core::{Digest, EventId};
use proptest::prelude::*;
use serde_json::json;

/// The example of Go's `golang.org/x/mod/sumdb/note`.
const SECRET: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE: &str = "\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
";

fn ledger() -> EventId {
    EventId::new(Digest::from_bytes([0xab; 32]))
}

fn key_of(name: &str, secret: u8) -> SignerKey {
    SignerKey::new(name, &[secret; 32]).unwrap()
}

fn own_key() -> SignerKey {
    key_of(&origin(ledger()), 1)
}

fn signed(size: u64, root: Hash) -> SignedCheckpoint {
    let checkpoint = Checkpoint {
        ledger: ledger(),
        size,
        root,
    };
    SignedCheckpoint::new(checkpoint, &own_key())
}

/// Every way in which one bit of some bytes can be another.
fn flipped(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..bytes.len() * 8).map(|bit| {
        let mut other = bytes.to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        (bit, other)
    })
}

#[test]
fn a_note_and_its_keys_are_those_of_go() {
    let (secret, public) = (
        SignerKey::parse(SECRET).unwrap(),
        VerifierKey::parse(PUBLIC).unwrap(),
    );
    assert_eq!(secret.public(), &public);
    assert_eq!(
        (secret.secret_text().as_str(), public.to_string().as_str()),
        (SECRET, PUBLIC)
    );
    let note = Note::parse(NOTE.as_bytes()).unwrap();
    assert_eq!(note.verify(&public), Ok(()));
    assert_eq!(secret.sign(note.text().to_owned()), note);
    assert_eq!(note.to_string(), NOTE);
    assert!(!format!("{secret:?}").contains("AYEKFALV"));
}

#[test]
fn no_other_key_is_read_from_a_flipped_one() {
    for (bit, other) in flipped(PUBLIC.as_bytes()) {
        if let Ok(text) = std::str::from_utf8(&other) {
            assert!(VerifierKey::parse(text).is_err(), "{bit}: {text}");
        }
    }
    for (bit, other) in flipped(SECRET.as_bytes()) {
        if let Ok(text) = std::str::from_utf8(&other) {
            assert!(SignerKey::parse(text).is_err(), "{bit}");
        }
    }
    for text in [
        "",
        "+",
        "a+b",
        "a++",
        "a+00000000+",
        "PRIVATE+KEY+",
        &"+".repeat(5_000),
    ] {
        let form = matches!(VerifierKey::parse(text), Err(KeyError::Form(_)));
        assert!(
            form || matches!(VerifierKey::parse(text), Err(KeyError::Type)),
            "{text}"
        );
        assert!(SignerKey::parse(text).is_err(), "{text}");
    }
    for name in ["", "a b", "a+b", "a\u{a0}b", "a\nb", "a\u{2003}b"] {
        assert!(SignerKey::new(name, &[1; 32]).is_none(), "{name:?}");
    }
}

#[test]
fn what_is_no_note_is_refused() {
    let signature = NOTE.lines().last().unwrap();
    let encoded = signature.rsplit(' ').next().unwrap();
    let form = [
        String::new(),
        "text".to_owned(),
        "text\n".to_owned(),
        "text\n\n".to_owned(),
        format!("text\n{signature}\n"),
        format!("\n\n{signature}\n"),
        format!("text\n\n{signature}"),
    ];
    for text in form {
        let read = Note::parse(text.as_bytes());
        assert!(
            matches!(read, Err(NoteError::Form | NoteError::SignatureLine)),
            "{text:?}"
        );
    }
    for line in [
        "- PeterNeumann AAAAAAA=".to_owned(),
        "— PeterNeumann".to_owned(),
        "— PeterNeumann AAAA".to_owned(),
        "— PeterNeumann AAAAAA==".to_owned(),
        format!("— Peter Neumann {encoded}"),
        format!("— Peter+Neumann {encoded}"),
        format!("—  {encoded}"),
        format!("— PeterNeumann {encoded} "),
        format!("— PeterNeumann {}", encoded.trim_end_matches('=')),
        format!("— PeterNeumann {}", encoded.replace("AM=", "AN=")),
        format!(" {signature}"),
    ] {
        let read = Note::parse(format!("text\n\n{line}\n").as_bytes());
        assert_eq!(read, Err(NoteError::SignatureLine), "{line}");
    }
    for control in ['\r', '\t', '\0', '\u{1b}', '\u{1f}'] {
        let text = NOTE.replacen(' ', &control.to_string(), 1);
        assert_eq!(
            Note::parse(text.as_bytes()),
            Err(NoteError::NotText),
            "{control:?}"
        );
    }
    assert_eq!(Note::parse(b"\xff\n\n"), Err(NoteError::NotText));
    let huge = "x".repeat(MAX_NOTE) + "\n";
    assert_eq!(Note::parse(huge.as_bytes()), Err(NoteError::TooLong));
    // Many signatures, and a text with empty lines, are all right.
    let many = format!("a\n\nb\n\n{}", format!("{signature}\n").repeat(40));
    let many = Note::parse(many.as_bytes()).unwrap();
    assert_eq!((many.text(), many.signers().len()), ("a\n\nb\n", 40));
}

#[test]
fn others_signatures_say_nothing_for_a_note_or_against_it() {
    let (own, note) = (
        VerifierKey::parse(PUBLIC).unwrap(),
        Note::parse(NOTE.as_bytes()).unwrap(),
    );
    let witness = key_of("witness.example", 2);
    // The same name with another key is somebody else.
    let namesake = key_of("PeterNeumann", 3);
    let others = [&witness, &namesake].map(|key| key.sign(note.text().to_owned()).to_string());
    let lines: Vec<&str> = others
        .iter()
        .filter_map(|other| other.lines().last())
        .collect();
    let cosigned = Note::parse(format!("{NOTE}{}\n", lines.join("\n")).as_bytes()).unwrap();
    for key in [&own, witness.public(), namesake.public()] {
        assert_eq!(cosigned.verify(key), Ok(()));
    }
    assert_eq!(cosigned.signers().len(), 3);
    let garbled = format!("{NOTE}— witness.example {}\n", "AAAA".repeat(20));
    assert_eq!(
        Note::parse(garbled.as_bytes()).unwrap().verify(&own),
        Ok(())
    );
    assert_eq!(note.verify(witness.public()), Err(NoteError::NotSigned));
    assert_eq!(note.verify(namesake.public()), Err(NoteError::NotSigned));
    // Of several lines of the known key each has to be right.
    let wrong = namesake.sign("another text\n".to_owned()).to_string();
    let both = format!("{NOTE}{}\n", wrong.lines().last().unwrap());
    let both = Note::parse(both.as_bytes()).unwrap();
    assert_eq!(both.verify(namesake.public()), Err(NoteError::BadSignature));
    assert_eq!(both.verify(&own), Ok(()));
}

#[test]
fn every_flipped_bit_of_a_checkpoint_is_found_in_every_form() {
    let checkpoint = signed(109_482, Hash::of_leaf(b"x"));
    let key = own_key();
    let forms = [checkpoint.note().to_string(), checkpoint.trailer().unwrap()];
    for form in forms {
        let read = SignedCheckpoint::find(form.as_bytes()).unwrap();
        assert_eq!(read, checkpoint);
        assert_eq!(read.verify(key.public()), Ok(()));
        for (bit, other) in flipped(form.as_bytes()) {
            let holds =
                SignedCheckpoint::find(&other).is_ok_and(|read| read.verify(key.public()).is_ok());
            assert!(!holds, "bit {bit} of {form}");
        }
    }
}

#[test]
fn a_checkpoint_is_found_in_a_commits_message() {
    let (first, last) = (
        signed(3, Hash::of_leaf(b"a")),
        signed(7, Hash::of_leaf(b"b")),
    );
    let [one, two] = [&first, &last].map(|own| own.trailer().unwrap());
    let message = format!("Finish the plan\n\nIt is done.\n\n{one}\nSigned-off-by: A\n{two}\r\n");
    assert_eq!(SignedCheckpoint::find(message.as_bytes()), Ok(last));
    assert!(SignedCheckpoint::find(b"Finish the plan\n").is_err());
    let short = SignedCheckpoint::find(b"Plan-Checkpoint: plan-ledger/ 1 x\n");
    assert!(matches!(short, Err(CheckpointError::Text(_))), "{short:?}");
    // With a witness's signature or an extension it is more than the trailer can say.
    let witness = key_of("witness.example", 2);
    let cosigned = witness.sign(first.note().text().to_owned()).to_string();
    let cosigned = format!("{}{}\n", first.note(), cosigned.lines().last().unwrap());
    let cosigned = SignedCheckpoint::parse(cosigned.as_bytes()).unwrap();
    assert_eq!(cosigned.verify(own_key().public()), Ok(()));
    assert_eq!(cosigned.trailer(), None);
    let extended = own_key()
        .sign(format!("{}more\n", first.note().text()))
        .to_string();
    let extended = SignedCheckpoint::parse(extended.as_bytes()).unwrap();
    assert_eq!(
        (extended.checkpoint(), extended.trailer()),
        (first.checkpoint(), None)
    );
}

#[test]
fn a_note_that_says_something_else_is_no_checkpoint() {
    let good = signed(12, Hash::of_nothing()).note().text().to_owned();
    let lines: Vec<&str> = good.lines().collect();
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        lines.join("\n") + "\n"
    };
    let id = "ab".repeat(32);
    let texts = [
        with(0, "example.com/log"),
        with(0, &format!("plan-ledger/{}", id.to_uppercase())),
        with(0, &format!("plan-ledger/{id}0")),
        with(0, &format!("plan-ledger/{id} ")),
        with(1, ""),
        with(1, "012"),
        with(1, "+12"),
        with(1, "-12"),
        with(1, "12 "),
        with(1, "1e1"),
        with(1, "18446744073709551616"),
        with(2, ""),
        with(2, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"),
        with(2, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV="),
        with(2, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU="),
        with(2, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA"),
        lines[..2].join("\n") + "\n",
        format!("{good}\nmore\n"),
    ];
    for text in texts {
        let note = own_key().sign(text.clone()).to_string();
        let read = SignedCheckpoint::parse(note.as_bytes());
        assert!(
            matches!(read, Err(CheckpointError::Text(_))),
            "{text:?} {read:?}"
        );
    }
}

/// A journal of a few events, and their leaves.
fn journal() -> (Forge, Vec<Leaf>) {
    let mut forge = Forge::started();
    for n in 0..5 {
        forge.event(
            "note.recorded",
            &[common::forge::part("note", &json!(n.to_string()))],
        );
    }
    let read = |line: &String| Leaf::read(line.as_bytes()).unwrap();
    let leaves = forge.lines.iter().map(read).collect();
    (forge, leaves)
}

fn inclusion(index: usize) -> (Inclusion, SignerKey) {
    let (forge, leaves) = journal();
    let mut prover = Prover::inclusion(index as u64, leaves.len() as u64).unwrap();
    leaves.iter().for_each(|leaf| prover.push(leaf.hash));
    let (path, root) = prover.finish().unwrap();
    let ledger = leaves[index].ledger();
    let key = key_of(&origin(ledger), 1);
    let checkpoint = Checkpoint {
        ledger,
        size: leaves.len() as u64,
        root,
    };
    let proof = Inclusion {
        event: Some(forge.lines[index].clone().into_bytes()),
        index: index as u64,
        path,
        checkpoint: SignedCheckpoint::new(checkpoint, &key),
    };
    (proof, key)
}

/// Whether some bytes prove that the event in them is in the history of a key's ledger.
fn proves_event(bytes: &[u8], key: &VerifierKey) -> bool {
    let proof = Proof::parse(bytes);
    proof.is_ok_and(|proof| matches!(proof.check(Some(key), None, None), Ok(Some(_))))
}

#[test]
fn every_flipped_bit_of_an_events_proof_is_found() {
    for index in [0, 3, 6] {
        let (mut proof, key) = inclusion(index);
        let bytes = Proof::Inclusion(proof.clone()).to_string().into_bytes();
        assert!(proves_event(&bytes, key.public()));
        for (bit, other) in flipped(&bytes) {
            assert!(!proves_event(&other, key.public()), "bit {bit} of {index}");
        }
        for end in 0..bytes.len() {
            assert!(!proves_event(&bytes[..end], key.public()), "cut at {end}");
        }
        assert!(!proves_event(&[&bytes[..], b"\n"].concat(), key.public()));
        // The header alone is enough, and says no more than it has.
        let line = String::from_utf8(proof.event.unwrap()).unwrap();
        let header = line.split_once(",\"header\":").unwrap().1;
        proof.event = Some(header.as_bytes()[..header.len() - 2].to_vec());
        let bytes = Proof::Inclusion(proof).to_string().into_bytes();
        assert!(proves_event(&bytes, key.public()));
        for (bit, other) in flipped(&bytes) {
            assert!(
                !proves_event(&other, key.public()),
                "bit {bit} of {index}'s header"
            );
        }
    }
}

#[test]
fn a_leaf_is_the_header_whatever_is_left_of_the_body() {
    let (forge, leaves) = journal();
    let line = &forge.lines[2];
    let redacted = common::forge::redact(line, "note");
    let leaf = Leaf::read(redacted.as_bytes()).unwrap();
    assert_eq!((leaf.hash, leaf.id), (leaves[2].hash, leaves[2].id));
    for (bit, other) in flipped(line.as_bytes()) {
        let same = Leaf::read(&other).is_ok_and(|leaf| leaf.hash == leaves[2].hash);
        assert!(!same, "bit {bit}");
    }
    let header = line.split_once(",\"header\":").unwrap().1;
    let header = &header.as_bytes()[..header.len() - 2];
    assert_eq!(Leaf::read(header).unwrap().body, None);
    for wrong in [
        &b""[..],
        b"{}",
        b"\n",
        &[header, b"\n"].concat(),
        &[header, header].concat(),
    ] {
        assert!(Leaf::read(wrong).is_err());
    }
    let long = format!("{{\"actor\":{{\"id\":\"{}\"", "x".repeat(70_000));
    assert!(Leaf::read(long.as_bytes()).is_err());
}

#[test]
fn every_flipped_bit_of_a_proof_of_consistency_is_found() {
    let leaves: Vec<Hash> = (0..13u8).map(|n| Hash::of_leaf(&[n])).collect();
    let root = |size: usize| {
        let mut tree = Tree::new();
        leaves[..size].iter().for_each(|leaf| tree.push(*leaf));
        tree.root()
    };
    let holds = |bytes: &[u8]| {
        let proof = Proof::parse(bytes);
        proof.is_ok_and(|proof| proof.check(Some(own_key().public()), None, None) == Ok(None))
    };
    for old in [0, 1, 6, 8, 12, 13] {
        let mut prover = Prover::consistency(old as u64, 13).unwrap();
        leaves.iter().for_each(|leaf| prover.push(*leaf));
        let (path, whole) = prover.finish().unwrap();
        let proof = Consistency {
            old: old as u64,
            old_root: root(old),
            path,
            checkpoint: signed(13, whole),
        };
        let bytes = Proof::Consistency(proof).to_string().into_bytes();
        assert!(holds(&bytes), "{old}");
        for (bit, other) in flipped(&bytes) {
            assert!(!holds(&other), "bit {bit} of {old}");
        }
    }
}

#[test]
fn what_is_no_proof_is_refused() {
    let (proof, _) = inclusion(3);
    let good = Proof::Inclusion(proof).to_string();
    let line = good.lines().nth(3).unwrap();
    let hash = format!("\n{line}\n");
    for (text, expected) in [
        (String::new(), Unreadable::Line(1)),
        ("c2sp.org/tlog-proof@v2\n".to_owned(), Unreadable::Kind),
        (good.replace('\n', "\r\n"), Unreadable::Kind),
        (good.replace("index 3", "index 03"), Unreadable::Line(3)),
        (good.replace("index 3", "index -3"), Unreadable::Line(3)),
        (good.replace("index 3", "Index 3"), Unreadable::Line(3)),
        (good.replacen("extra ", "extra  ", 1), Unreadable::Line(2)),
        (
            good.replacen(&hash, &hash.repeat(200).replace("\n\n", "\n"), 1),
            Unreadable::Line(132),
        ),
        (good.replacen(line, &line[1..], 1), Unreadable::Line(4)),
        (
            good[..good.find("\n\n").unwrap()].to_owned(),
            Unreadable::Line(6),
        ),
    ] {
        assert_eq!(Proof::parse(text.as_bytes()), Err(expected), "{text:.80}");
    }
    let without = good[..good.find("\n\n").unwrap() + 2].to_owned();
    assert!(matches!(
        Proof::parse(without.as_bytes()),
        Err(Unreadable::Checkpoint(_))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_read_is_printed_as_it_was(
        words in prop::collection::vec("[a-z]{0,8}|— a [A-Za-z0-9+/]{0,12}={0,2}|\\PC{0,10}|\n", 0..20),
        bytes in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let text = words.join("\n");
        for bytes in [text.as_bytes(), &[text.as_bytes(), b"\n"].concat(), &bytes] {
            if let Ok(note) = Note::parse(bytes) {
                prop_assert_eq!(note.to_string().into_bytes(), bytes);
            }
            let _ = SignedCheckpoint::find(bytes);
            let _ = Leaf::read(bytes);
            for kind in ["c2sp.org/tlog-proof@v1\n", "plan-ledger/consistency-proof@v1\n"] {
                let bytes = [kind.as_bytes(), bytes].concat();
                if let Ok(proof) = Proof::parse(&bytes) {
                    prop_assert_eq!(proof.to_string().into_bytes(), bytes);
                }
            }
        }
    }
}
