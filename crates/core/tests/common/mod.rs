//! Journals with fixed entropy, for the tests of the chain.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // shared by several tests; helpers of tests

pub(crate) mod forge;
pub(crate) mod ledger;
pub(crate) mod plans;
#[path = "../../../../tests/support/real_plans.rs"]
pub(crate) mod real_plans;
pub(crate) mod vectors;

use ledger_core::document::Document;
use ledger_core::{
    Actor, ActorKind, Batch, DocumentId, Draft, Fault, Head, Origin, Stamp, TaskKey, Time,
    Verified, Verifier, WriterId, seal,
};
use serde_json::{Value, json};

pub(crate) const NONCE: [u8; 32] = [7; 32];

/// A stamp whose time and entropy follow from `n`.
pub(crate) fn stamp(n: u8) -> Stamp {
    Stamp {
        time: Time::from_millis(1_760_520_600_000 + i64::from(n) * 1_000).unwrap(),
        actor: Actor {
            kind: ActorKind::Agent,
            id: "builder".into(),
            session: Some("s-1".into()),
            tool: None,
        },
        cause: None,
        idem: None,
        writer: WriterId::new("00000000000000a1").unwrap(),
        entropy: [n; 32],
    }
}

pub(crate) fn draft(kind: &'static str, parts: Vec<(&'static str, Value)>) -> Draft {
    Draft {
        kind,
        task: None,
        from: None,
        to: None,
        parts,
        origin: Origin::Commanded,
        attributed: true,
    }
}

pub(crate) fn flip(key: &str, from: &str, to: &str, parts: Vec<(&'static str, Value)>) -> Draft {
    Draft {
        task: Some(TaskKey::new(key).unwrap()),
        from: Some(from.into()),
        to: Some(to.into()),
        ..draft("task.completed", parts)
    }
}

/// The parts of a hunk.
pub(crate) fn hunk(
    doc: &DocumentId,
    at: usize,
    del: usize,
    lines: &[&str],
) -> Vec<(&'static str, Value)> {
    let place = json!({"at": at, "del": del, "doc": doc.as_str(), "ins": lines.len()});
    std::iter::once(("hunk", place))
        .chain(lines.iter().map(|line| ("line", json!(line))))
        .collect()
}

pub(crate) fn document_id() -> DocumentId {
    DocumentId::new("00000000000000d1").unwrap()
}

/// Three batches: a ledger with a plan, one change, two changes at once.
pub(crate) fn small() -> Vec<Verified<Batch>> {
    let id = document_id();
    let start = [
        "# Plan\n",
        "\n",
        "- [ ] T-1: café ☕\n",
        "- [ ] T-2: \u{7f}\u{2028}\n",
    ];
    let after_one = [
        "# Plan\n",
        "\n",
        "- [x] T-1: café ☕\n",
        "- [ ] T-2: \u{7f}\u{2028}\n",
    ];
    let after_two = [
        "# Plan (done)\n",
        "\n",
        "- [x] T-1: café ☕\n",
        "- [x] T-2: tab\t\u{1}",
    ];

    let mut adopted = vec![("path", json!("PLAN.md"))];
    adopted.extend(hunk(&id, 0, 0, &start));
    let document = Document::from(start.concat().as_str());
    let first = seal(
        None,
        &stamp(0),
        &[
            draft("ledger.created", vec![("label", json!("demo"))]),
            draft("document.adopted", adopted),
        ],
        &[(id.clone(), &document)],
        Some(NONCE),
    )
    .unwrap();

    let document = Document::from(after_one.concat().as_str());
    let mut parts = hunk(&id, 2, 1, &after_one[2..3]);
    parts.push(("result", json!("image builds, 230 MB")));
    let second = seal(
        Some(first.head()),
        &Stamp {
            idem: Some("k-1".into()),
            ..stamp(1)
        },
        &[flip("T-1", "in_progress", "completed", parts)],
        &[(id.clone(), &document)],
        None,
    )
    .unwrap();

    let document = Document::from(after_two.concat().as_str());
    let third = seal(
        Some(second.head()),
        &stamp(2),
        &[
            flip(
                "T-2",
                "pending",
                "completed",
                hunk(&id, 3, 1, &after_two[3..]),
            ),
            Draft {
                origin: Origin::Observed,
                attributed: false,
                ..draft("document.edited", hunk(&id, 0, 1, &after_two[..1]))
            },
        ],
        &[(id, &document)],
        None,
    )
    .unwrap();
    vec![first, second, third]
}

pub(crate) fn lines(batches: &[Verified<Batch>]) -> Vec<Vec<u8>> {
    batches
        .iter()
        .flat_map(|batch| batch.events())
        .map(|recorded| recorded.line.clone())
        .collect()
}

/// Verifies a journal given as its lines.
pub(crate) fn verify<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<Head>, Fault> {
    let mut verifier = Verifier::new();
    for line in lines {
        verifier.line(line)?;
    }
    verifier.finish()
}

/// Verifies a journal given as its bytes.
pub(crate) fn verify_bytes(journal: &[u8]) -> Result<Option<Head>, Fault> {
    verify(journal.split_inclusive(|&byte| byte == b'\n'))
}
