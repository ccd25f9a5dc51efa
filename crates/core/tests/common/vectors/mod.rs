//! The test vectors of `tests/vectors/`, made anew.

mod canonical;
mod chain;
mod changed;
mod documents;
mod good;
pub(crate) mod proofs;
mod published;
mod shape;

use serde_json::{Value, json};

use super::forge::{DOC, Forge, Members, PLAN, PartText, hunk, part, redact};

/// What a verifier is to say of a journal.
pub(crate) enum Verdict {
    Ok {
        events: usize,
        head: Option<String>,
        warnings: usize,
    },
    Bad {
        line: usize,
        code: &'static str,
    },
}

pub(crate) struct Vector {
    pub(crate) file: String,
    pub(crate) journal: Vec<u8>,
    pub(crate) verdict: Verdict,
    /// What it is about.
    pub(crate) about: &'static str,
}

impl Vector {
    pub(crate) fn manifest(&self) -> Value {
        match &self.verdict {
            Verdict::Ok {
                events,
                head,
                warnings,
            } => json!({
                "file": self.file, "about": self.about, "verdict": "ok",
                "events": events, "head": head, "warnings": warnings,
            }),
            Verdict::Bad { line, code } => json!({
                "file": self.file, "about": self.about, "verdict": "bad",
                "line": line, "code": code,
            }),
        }
    }
}

pub(crate) fn all() -> Vec<Vector> {
    let mut vectors = good::all();
    vectors.extend(changed::all());
    vectors.extend(chain::all());
    vectors.extend(canonical::all());
    vectors.extend(shape::all());
    vectors.extend(documents::all());
    vectors.extend(published::all());
    vectors
}

fn ok(name: &str, about: &'static str, forge: &Forge) -> Vector {
    Vector {
        file: format!("good/{name}.jsonl"),
        journal: forge.journal(),
        verdict: Verdict::Ok {
            events: forge.ids.len(),
            head: forge.ids.last().cloned(),
            warnings: usize::from(name == "time-backwards"),
        },
        about,
    }
}

fn bad(
    name: &str,
    line: usize,
    code: &'static str,
    about: &'static str,
    journal: Vec<u8>,
) -> Vector {
    Vector {
        file: format!("bad/{name}.jsonl"),
        journal,
        verdict: Verdict::Bad { line, code },
        about,
    }
}

/// A started ledger, one event that `make` gets wrong, and a good one after it.
fn third(
    name: &str,
    code: &'static str,
    about: &'static str,
    make: impl FnOnce(&mut Forge),
) -> Vector {
    let mut forge = Forge::started();
    make(&mut forge);
    forge.event("note.recorded", &note());
    bad(name, 3, code, about, forge.journal())
}

fn note() -> [PartText; 1] {
    [part("note", &json!("hello"))]
}

/// A started ledger and a change of its plan.
fn worked() -> Forge {
    let mut forge = Forge::started();
    let mut parts = hunk(1, 1, &["- [x] T-1: brew ☕\n"]);
    parts.push(part("result", &json!("one cup")));
    forge.documents(
        "task.completed",
        parts,
        "# Plan\n- [x] T-1: brew ☕\n- [ ] T-2: drink\n",
    );
    forge.event("note.recorded", &note());
    forge
}

fn set(name: &'static str, value: Value) -> impl FnOnce(&mut Members) {
    move |header| {
        header.insert(name.into(), value);
    }
}

fn merge() -> Forge {
    let mut forge = worked();
    // The other side starts at the adopted plan and is longer than this side.
    forge.follow(1);
    let two = hunk(2, 1, &["- [x] T-2: drink\n"]);
    forge.documents(
        "task.completed",
        two.clone(),
        "# Plan\n- [ ] T-1: brew ☕\n- [x] T-2: drink\n",
    );
    forge.event("note.recorded", &note());
    forge.event("note.recorded", &note());
    let other = forge.ids[6].clone();
    forge.follow(3);
    let salt = part("document_salt", &json!("d0".repeat(16)));
    let text = "# Plan\n- [x] T-1: brew ☕\n- [x] T-2: drink\n";
    let hash = super::forge::document_hash(&[0xd0; 16], text);
    let parts: Vec<_> = two.into_iter().chain([salt]).collect();
    forge.with("history.merged", &parts, |header| {
        let first = header["parents"][0].clone();
        header.insert("parents".into(), json!([first, other]));
        header.insert("height".into(), json!(5));
        header.insert("docs".into(), json!([[DOC, hash]]));
    });
    forge.event("note.recorded", &note());
    forge
}

/// A line is removed, so that two hashes cannot be checked; then all lines are replaced.
fn uncertain() -> Forge {
    let mut forge = worked();
    forge.documents(
        "document.edited",
        hunk(0, 1, &["# The plan\n"]),
        "# The plan\n- [x] T-1: brew ☕\n- [ ] T-2: drink\n",
    );
    let all = ["# Plan\n", "- [x] T-2: drink\n"];
    forge.documents("document.edited", hunk(0, 3, &all), &all.concat());
    forge.lines[2] = redact(&forge.lines[2], "line");
    forge
}
