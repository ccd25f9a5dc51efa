//! Checkpoints of `good/worked.jsonl` and proofs about it, right and wrong.

use ledger_core::checkpoint::{Checkpoint, SignedCheckpoint, origin};
use ledger_core::merkle::{Hash, Prover, Tree};
use ledger_core::note::SignerKey;
use ledger_core::proof::{Consistency, Inclusion, Proof};
use ledger_core::{EventId, id::parse_hex};

use super::*;

/// A checkpoint or a proof, and what a verifier is to say of it.
pub(crate) struct ProofVector {
    pub(crate) file: String,
    pub(crate) bytes: Vec<u8>,
    /// `None` if it is right.
    pub(crate) code: Option<&'static str>,
    pub(crate) about: &'static str,
    /// Members of the manifest: `journal`, `event` or `old` with a file's path.
    pub(crate) with: Option<(&'static str, &'static str)>,
}

impl ProofVector {
    pub(crate) fn is_checkpoint(&self) -> bool {
        self.with.is_some_and(|(name, _)| name == "journal")
    }

    pub(crate) fn manifest(&self) -> Value {
        let mut entry = json!({
            "file": self.file,
            "about": self.about,
            "kind": if self.is_checkpoint() { "checkpoint" } else { "proof" },
            "verdict": if self.code.is_none() { "ok" } else { "bad" },
        });
        let members = entry.as_object_mut().unwrap();
        members.extend(self.with.map(|(name, path)| (name.to_owned(), json!(path))));
        members.extend(self.code.map(|code| ("code".to_owned(), json!(code))));
        entry
    }
}

/// The hash of the leaf of a journal line.
fn leaf(line: &str) -> Hash {
    let (_, header) = line.rsplit_once(",\"header\":").unwrap();
    Hash::of_leaf(&header.as_bytes()[..header.len() - 2])
}

/// The root of the first lines.
pub(crate) fn root(lines: &[String]) -> Hash {
    let mut tree = Tree::new();
    lines.iter().for_each(|line| tree.push(leaf(line)));
    tree.root()
}

pub(crate) fn key(ledger: EventId) -> SignerKey {
    SignerKey::new(&origin(ledger), &[1; 32]).unwrap()
}

struct World {
    lines: Vec<String>,
    ledger: EventId,
    key: SignerKey,
}

impl World {
    fn new() -> Self {
        let forge = worked();
        let ledger: EventId = forge.ids[0].parse().unwrap();
        let key = key(ledger);
        Self {
            lines: forge.lines,
            ledger,
            key,
        }
    }

    fn checkpoint(&self, size: usize) -> SignedCheckpoint {
        self.signed(self.ledger, size, root(&self.lines[..size.min(4)]))
    }

    fn signed(&self, ledger: EventId, size: usize, root: Hash) -> SignedCheckpoint {
        let size = size as u64;
        SignedCheckpoint::new(Checkpoint { ledger, size, root }, &self.key)
    }

    fn inclusion(&self, index: usize) -> Inclusion {
        let mut prover = Prover::inclusion(index as u64, 4).unwrap();
        self.lines.iter().for_each(|line| prover.push(leaf(line)));
        Inclusion {
            event: Some(self.lines[index].clone().into_bytes()),
            index: index as u64,
            path: prover.finish().unwrap().0,
            checkpoint: self.checkpoint(4),
        }
    }

    fn consistency(&self, old: usize) -> Consistency {
        let mut prover = Prover::consistency(old as u64, 4).unwrap();
        self.lines.iter().for_each(|line| prover.push(leaf(line)));
        Consistency {
            old: old as u64,
            old_root: root(&self.lines[..old]),
            path: prover.finish().unwrap().0,
            checkpoint: self.checkpoint(4),
        }
    }

    fn header(&self, index: usize) -> Vec<u8> {
        let (_, header) = self.lines[index].rsplit_once(",\"header\":").unwrap();
        header.as_bytes()[..header.len() - 2].to_vec()
    }
}

const JOURNAL: Option<(&str, &str)> = Some(("journal", "good/worked.jsonl"));

pub(crate) fn proofs() -> Vec<ProofVector> {
    let world = World::new();
    [
        checkpoints(&world),
        inclusions(&world),
        consistencies(&world),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn checkpoints(world: &World) -> Vec<ProofVector> {
    let good = world.checkpoint(4).note().to_string();
    let all = |name: &str, code, about, text: String| ProofVector {
        file: format!("proofs/{name}.checkpoint"),
        bytes: text.into_bytes(),
        code,
        about,
        with: JOURNAL,
    };
    let ok = |name, about, text| all(name, None, about, text);
    let witness = SignerKey::new("witness.example", &[2; 32]).unwrap();
    let witness = witness.sign(world.checkpoint(4).note().text().to_owned());
    let cosigned = format!("{good}{}\n", witness.to_string().lines().last().unwrap());
    let strange = format!("{good}— witness.example {}\n", "AAAA".repeat(3_000));
    let extended = world
        .key
        .sign(format!("{}more of it\n", world.checkpoint(4).note().text()));
    let trailer = |size| world.checkpoint(size).trailer().unwrap();
    let message = format!("Done\n\n{}\n{}\n", trailer(2), trailer(4));
    let other_ledger = EventId::new(ledger_core::Digest::from_bytes([7; 32]));
    let namesake = SignerKey::new(&origin(world.ledger), &[3; 32]).unwrap();
    let namesake = namesake.sign(world.checkpoint(4).note().text().to_owned());
    let no_form = |name, about, text| all(name, Some("NOT_A_CHECKPOINT"), about, text);
    let not_signed = Some("NOT_SIGNED");
    let no_size = |size: &str| good.replacen("\n4\n", &format!("\n{size}\n"), 1);
    vec![
        ok("worked", "of all events", good.clone()),
        ok(
            "earlier",
            "of the first three events",
            world.checkpoint(3).note().to_string(),
        ),
        ok(
            "empty",
            "of the empty tree",
            world.checkpoint(0).note().to_string(),
        ),
        ok("cosigned", "with a witness's signature", cosigned),
        ok(
            "strange",
            "with a long signature of a key nobody knows",
            strange,
        ),
        ok(
            "extended",
            "with a line of extension, which is signed too",
            extended.to_string(),
        ),
        ok("message", "the last trailer of a commit's message", message),
        all(
            "longer",
            Some("CUT_SHORT"),
            "of one event more than there are",
            world.checkpoint(5).note().to_string(),
        ),
        all(
            "other-root",
            Some("REWRITTEN"),
            "of as many events, but not of these",
            world
                .signed(world.ledger, 3, root(&world.lines[..2]))
                .note()
                .to_string(),
        ),
        all(
            "other-ledger",
            Some("OTHER_LEDGER"),
            "of another ledger",
            world
                .signed(other_ledger, 4, root(&world.lines))
                .note()
                .to_string(),
        ),
        all(
            "namesake",
            not_signed,
            "by another key of the same name",
            namesake.to_string(),
        ),
        all(
            "other-name",
            not_signed,
            "the key's signature under another name",
            good.replacen("— plan", "— plane", 1),
        ),
        all(
            "flipped-size",
            Some("BAD_SIGNATURE"),
            "a size that was not signed",
            no_size("3"),
        ),
        all(
            "flipped-signature",
            Some("BAD_SIGNATURE"),
            "one bit of the signature",
            flip_signature(&good, 40),
        ),
        no_form("leading-zero", "a size with a leading zero", no_size("04")),
        no_form("signed-size", "a size with a sign", no_size("+4")),
        no_form(
            "great-size",
            "a size beyond 2^64 - 1",
            no_size("18446744073709551616"),
        ),
        no_form(
            "no-line-feed",
            "no line feed at the end",
            good.trim_end().to_owned(),
        ),
        no_form(
            "carriage-returns",
            "lines that end in CR LF",
            good.replace('\n', "\r\n"),
        ),
        no_form(
            "no-signature",
            "no signature",
            good[..=good.find("\n\n").unwrap()].to_owned(),
        ),
        no_form(
            "hyphen",
            "a hyphen in place of the dash",
            good.replacen('—', "-", 1),
        ),
        no_form(
            "no-padding",
            "a root without padding",
            good.replacen("=\n\n", "\n\n", 1),
        ),
        no_form("left-over", "a root with bits left over", left_over(&good)),
        no_form(
            "behind",
            "something behind the signatures",
            format!("{good}\nmore\n"),
        ),
        no_form(
            "empty-extension",
            "an empty line in the text",
            world
                .key
                .sign(format!("{}\nmore\n", world.checkpoint(4).note().text()))
                .to_string(),
        ),
        no_form(
            "short-trailer",
            "a trailer without a signature",
            trailer(4).rsplit_once(' ').unwrap().0.to_owned() + "\n",
        ),
    ]
}

/// A note with one character of its signature replaced by another one.
fn flip_signature(note: &str, at: usize) -> String {
    let start = note.rfind(' ').unwrap() + 1 + at;
    let other = if note.as_bytes()[start] == b'A' {
        "B"
    } else {
        "A"
    };
    format!("{}{other}{}", &note[..start], &note[start + 1..])
}

/// A note whose root ends in bits that spell nothing.
fn left_over(note: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let at = note.find("=\n\n").unwrap() - 1;
    let digit = ALPHABET.find(&note[at..=at]).unwrap() + 1;
    format!(
        "{}{}{}",
        &note[..at],
        &ALPHABET[digit..=digit],
        &note[at + 1..]
    )
}

fn vector(
    name: &str,
    code: Option<&'static str>,
    about: &'static str,
    proof: &Proof,
) -> ProofVector {
    ProofVector {
        file: format!("proofs/{name}.tlog-proof"),
        bytes: proof.to_string().into_bytes(),
        code,
        about,
        with: None,
    }
}

fn inclusions(world: &World) -> Vec<ProofVector> {
    let with = |name: &str, code, about, change: &dyn Fn(&mut Inclusion)| {
        let mut proof = world.inclusion(2);
        change(&mut proof);
        vector(name, code, about, &Proof::Inclusion(proof))
    };
    let ok = |name, about, change: &dyn Fn(&mut Inclusion)| with(name, None, about, change);
    let unproven = |name, about, change: &dyn Fn(&mut Inclusion)| {
        with(name, Some("NOT_PROVEN"), about, change)
    };
    let event = |vector: ProofVector| ProofVector {
        with: Some(("event", "proofs/event.json")),
        ..vector
    };
    let body = |own: &mut Inclusion, from: &str, to: &str| {
        let line = String::from_utf8(own.event.take().unwrap()).unwrap();
        own.event = Some(line.replacen(from, to, 1).into_bytes());
    };
    let mut strange = Forge::started();
    strange.lines[0] = strange.lines[0].replace("07", "08");
    vec![
        ok("event", "an event with its body", &|_| {}),
        ok("first", "the first event", &|own| *own = world.inclusion(0)),
        ok("last", "the last event", &|own| *own = world.inclusion(3)),
        ok("header", "an event's header alone", &|own| {
            own.event = Some(world.header(2));
        }),
        ok(
            "redacted",
            "an event of whose body a part was removed",
            &|own| {
                own.event = Some(redact(&world.lines[2], "result").into_bytes());
            },
        ),
        event(ok(
            "beside",
            "an event that lies beside the proof",
            &|own| own.event = None,
        )),
        with(
            "no-event",
            Some("NO_EVENT"),
            "the event is nowhere",
            &|own| own.event = None,
        ),
        with("changed-body", Some("BAD_EVENT"), "another body", &|own| {
            body(own, "one cup", "two cup");
        }),
        with("garbled-event", Some("BAD_EVENT"), "no event", &|own| {
            own.event = Some(b"{}\n".to_vec());
        }),
        with(
            "foreign-event",
            Some("OTHER_LEDGER"),
            "the first event of another ledger",
            &|own| {
                let (_, header) = strange.lines[0].rsplit_once(",\"header\":").unwrap();
                own.event = Some(header.as_bytes()[..header.len() - 2].to_vec());
            },
        ),
        unproven("changed-header", "another header", &|own| {
            let header = String::from_utf8(world.header(2)).unwrap();
            own.event = Some(header.replace("\"ada\"", "\"bob\"").into_bytes());
        }),
        unproven("other-event", "another event of the same ledger", &|own| {
            own.event = Some(world.lines[1].clone().into_bytes());
        }),
        event(unproven(
            "two-events",
            "another event than the one beside it",
            &|own| {
                own.event = Some(world.lines[1].clone().into_bytes());
            },
        )),
        unproven("other-index", "another index", &|own| own.index = 3),
        unproven("index-beyond", "an index beyond the tree", &|own| {
            own.index = 4;
        }),
        unproven("great-index", "the greatest index", &|own| {
            own.index = u64::MAX;
        }),
        unproven("missing-hash", "the last hash is missing", &|own| {
            own.path.pop();
        }),
        unproven("no-hashes", "no hashes", &|own| own.path.clear()),
        unproven("one-more-hash", "a hash too many", &|own| {
            own.path.push(Hash::of_nothing());
        }),
        unproven("swapped-hashes", "two hashes in the other order", &|own| {
            own.path.swap(0, 1);
        }),
        unproven("other-hash", "another hash", &|own| {
            own.path[1] = Hash::of_nothing();
        }),
        unproven(
            "smaller-tree",
            "a path of another size of the tree",
            &|own| {
                own.checkpoint = world.checkpoint(3);
            },
        ),
        with(
            "unsigned",
            Some("BAD_SIGNATURE"),
            "a root that was not signed",
            &|own| {
                let note = own
                    .checkpoint
                    .note()
                    .to_string()
                    .replacen("\n4\n", "\n3\n", 1);
                own.checkpoint = SignedCheckpoint::parse(note.as_bytes()).unwrap();
            },
        ),
        with(
            "by-another",
            Some("NOT_SIGNED"),
            "signed by another key",
            &|own| {
                let other = SignerKey::new(&origin(world.ledger), &[3; 32]).unwrap();
                let said = own.checkpoint.checkpoint().clone();
                own.checkpoint = SignedCheckpoint::new(said, &other);
            },
        ),
        spelt(world, "unknown-version", &|text| {
            text.replacen("@v1", "@v2", 1)
        }),
        spelt(world, "index-with-zero", &|text| {
            text.replacen("index 2", "index 02", 1)
        }),
        spelt(world, "index-first", &|text| {
            let lines: Vec<&str> = text.lines().collect();
            [lines[0], lines[2], lines[1]].join("\n") + "\n" + &lines[3..].join("\n") + "\n"
        }),
        spelt(world, "no-empty-line", &|text| {
            text.replacen("\n\n", "\n", 1)
        }),
        spelt(world, "blank-behind", &|text| {
            text.replacen("index 2", "index 2 ", 1)
        }),
        spelt(world, "trailing-line", &|text| text.to_owned() + "\n"),
        spelt(world, "too-many-hashes", &|text| {
            let hash = text.lines().nth(3).unwrap();
            text.replacen(hash, &[hash; 128].join("\n"), 1)
        }),
    ]
}

/// A proof that is not written as one.
fn spelt(world: &World, name: &str, change: &dyn Fn(&str) -> String) -> ProofVector {
    let text = Proof::Inclusion(world.inclusion(2)).to_string();
    ProofVector {
        file: format!("proofs/{name}.tlog-proof"),
        bytes: change(&text).into_bytes(),
        code: Some("NOT_A_PROOF"),
        about: "not of the form of a proof",
        with: None,
    }
}

fn consistencies(world: &World) -> Vec<ProofVector> {
    let with = |name: &str, old: usize, code, about, change: &dyn Fn(&mut Consistency)| {
        let mut proof = world.consistency(old);
        change(&mut proof);
        ProofVector {
            file: format!("proofs/{name}.consistency-proof"),
            ..vector("", code, about, &Proof::Consistency(proof))
        }
    };
    let ok = |name, old, about| with(name, old, None, about, &|_| {});
    let unproven = |name, old, about, change: &dyn Fn(&mut Consistency)| {
        with(name, old, Some("NOT_PROVEN"), about, change)
    };
    let held = |vector: ProofVector| ProofVector {
        with: Some(("old", "proofs/earlier.checkpoint")),
        ..vector
    };
    vec![
        held(ok("from-three", 3, "the fourth event came")),
        ok("from-two", 2, "from a full tree"),
        ok("from-one", 1, "from one event"),
        ok("from-none", 0, "from nothing"),
        ok("from-all", 4, "nothing came"),
        held(with(
            "from-another",
            2,
            Some("OTHER_CHECKPOINT"),
            "about another tree than the checkpoint beside it",
            &|_| {},
        )),
        unproven("other-old-root", 3, "another older tree", &|own| {
            own.old_root = Hash::of_nothing();
        }),
        unproven("other-old-size", 3, "another older size", &|own| {
            own.old = 2;
        }),
        unproven(
            "older-is-larger",
            3,
            "an older tree that is larger",
            &|own| own.old = 5,
        ),
        unproven("from-no-root", 0, "nothing with a root", &|own| {
            own.old_root = root(&world.lines);
        }),
        unproven(
            "none-with-hashes",
            0,
            "hashes where there are none",
            &|own| {
                own.path.push(Hash::of_nothing());
            },
        ),
        unproven(
            "all-with-hashes",
            4,
            "hashes where there are none",
            &|own| {
                own.path.push(Hash::of_nothing());
            },
        ),
        unproven(
            "all-with-another-root",
            4,
            "one size and two roots",
            &|own| {
                own.old_root = Hash::of_nothing();
            },
        ),
        unproven("old-hash-missing", 3, "a hash is missing", &|own| {
            own.path.remove(0);
        }),
        unproven("old-hash-more", 3, "a hash too many", &|own| {
            own.path.push(own.path[0]);
        }),
        unproven(
            "old-hashes-swapped",
            3,
            "two hashes in the other order",
            &|own| {
                own.path.swap(0, 1);
            },
        ),
    ]
}

/// Files that vectors name besides.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![(
        "proofs/event.json",
        World::new().lines.swap_remove(2).into_bytes(),
    )]
}

/// The key that all of them are checked with.
pub(crate) fn public_key() -> String {
    World::new().key.public().to_string()
}

/// A ledger, its id and journals with checkpoints recorded in them.
pub(crate) fn recorded(forge: &Forge, size: usize, lines: usize) -> PartText {
    let ledger = EventId::new(ledger_core::Digest::from_bytes(
        parse_hex(&forge.ids[0]).unwrap(),
    ));
    let checkpoint = Checkpoint {
        ledger,
        size: size as u64,
        root: root(&forge.lines[..lines]),
    };
    let note = SignedCheckpoint::new(checkpoint, &key(ledger))
        .note()
        .to_string();
    part("checkpoint", &json!(note))
}
