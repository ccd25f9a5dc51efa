//! Makes journals by hand, right or wrong, without the code that seals and verifies: JSON
//! from serde_json, hashes straight from BLAKE3. What a forged event gets wrong is hashed
//! as it stands, so that nothing but the rule it breaks can find it.

use serde_json::{Map, Value, json};

fn derive(purpose: &str, pieces: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(&format!("ledger 2026-11-23 {purpose} v1"));
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().to_hex().to_string()
}

pub(crate) fn document_hash(salt: &[u8; 16], text: &str) -> String {
    derive("document", &[salt, text.as_bytes()])
}

/// A part: its name and its value as JSON text.
pub(crate) type PartText = (&'static str, String);

pub(crate) fn part(name: &'static str, value: &Value) -> PartText {
    (name, value.to_string())
}

/// A journal in the making.
#[derive(Clone)]
pub(crate) struct Forge {
    pub(crate) lines: Vec<String>,
    pub(crate) ids: Vec<String>,
    heights: Vec<u64>,
    parent: Option<usize>,
    wseq: u64,
    salts: u8,
    batch: (u32, u32),
}

pub(crate) type Members = Map<String, Value>;

impl Forge {
    pub(crate) fn new() -> Self {
        Self {
            lines: Vec::new(),
            ids: Vec::new(),
            heights: Vec::new(),
            parent: None,
            wseq: 0,
            salts: 0,
            batch: (0, 1),
        }
    }

    /// A ledger with one plan of three lines; two events in one batch.
    pub(crate) fn started() -> Self {
        let mut forge = Self::new();
        forge.batch(2);
        forge.event("ledger.created", &[part("label", &json!("demo"))]);
        let mut parts = vec![part("path", &json!("PLAN.md"))];
        parts.extend(hunk(0, 0, &PLAN));
        forge.documents("document.adopted", parts, &PLAN.concat());
        forge
    }

    /// The next `length` events are one batch.
    pub(crate) fn batch(&mut self, length: u32) {
        self.batch = (0, length);
    }

    /// The next event follows event `index` instead of the last one.
    pub(crate) fn follow(&mut self, index: usize) {
        self.parent = Some(index);
    }

    pub(crate) fn event(&mut self, kind: &str, parts: &[PartText]) {
        self.forge(kind, parts, |_| {}, |text| text);
    }

    pub(crate) fn with(
        &mut self,
        kind: &str,
        parts: &[PartText],
        change: impl FnOnce(&mut Members),
    ) {
        self.forge(kind, parts, change, |text| text);
    }

    /// An event whose header's text is changed after it was written.
    pub(crate) fn text(&mut self, change: impl FnOnce(String) -> String) {
        let parts = [part("note", &json!("hello"))];
        self.forge("note.recorded", &parts, |_| {}, change);
    }

    /// An event that leaves the one document behind as `text`.
    pub(crate) fn documents(&mut self, kind: &str, mut parts: Vec<PartText>, text: &str) {
        let salt = [0xd0; 16];
        parts.push(part("document_salt", &json!("d0".repeat(16))));
        let hash = document_hash(&salt, text);
        self.with(kind, &parts, |header| {
            header.insert("docs".into(), json!([[DOC, hash]]));
        });
    }

    pub(crate) fn forge(
        &mut self,
        kind: &str,
        parts: &[PartText],
        change: impl FnOnce(&mut Members),
        text: impl FnOnce(String) -> String,
    ) {
        let mut stored = Vec::new();
        let mut commitments = Vec::new();
        for (name, value) in parts {
            self.salts += 1;
            let salt = [self.salts; 16];
            let tail = format!("{}{value}]", json!(name).to_string() + ",");
            commitments.extend(raw(&derive("part", &[&salt, b"[", tail.as_bytes()])));
            let hex = format!("{:02x}", self.salts).repeat(16);
            stored.push(format!("[\"{hex}\",{tail}"));
        }
        let body = derive("body", &[&commitments]);
        let mut header = json!({
            "actor": {"id": "ada", "kind": "human"},
            "batch": [self.batch.0, self.batch.1],
            "body": body,
            "height": self.parent.map_or(0, |i| self.heights[i] + 1),
            "origin": "commanded",
            "parents": self.parent.map(|i| &self.ids[i]).into_iter().collect::<Vec<_>>(),
            "time": format!("2025-10-15T09:30:{:02}.000Z", self.ids.len() % 60),
            "type": kind,
            "type_v": 1,
            "v": 1,
            "writer": "00000000000000a1",
            "wseq": self.wseq,
        });
        let members = header.as_object_mut().unwrap();
        match self.ids.first() {
            Some(ledger) => members.insert("ledger".into(), json!(ledger)),
            None => members.insert(
                "genesis".into(),
                json!({"hash": "blake3", "nonce": "07".repeat(32)}),
            ),
        };
        change(members);
        let height = members.get("height").and_then(Value::as_u64).unwrap_or(0);
        let header = text(header.to_string());
        self.lines.push(format!(
            "{{\"body\":[{}],\"header\":{header}}}\n",
            stored.join(",")
        ));
        self.ids.push(derive("event", &[header.as_bytes()]));
        self.heights.push(height);
        self.parent = Some(self.ids.len() - 1);
        self.wseq += 1;
        self.batch.0 += 1;
        if self.batch.0 >= self.batch.1 {
            self.batch = (0, 1);
        }
    }

    pub(crate) fn journal(&self) -> Vec<u8> {
        self.lines.concat().into_bytes()
    }
}

pub(crate) const DOC: &str = "00000000000000d1";
pub(crate) const PLAN: [&str; 3] = ["# Plan\n", "- [ ] T-1: brew ☕\n", "- [ ] T-2: drink\n"];

/// The parts of a hunk on the one document.
pub(crate) fn hunk(at: usize, del: usize, lines: &[&str]) -> Vec<PartText> {
    let place = json!({"at": at, "del": del, "doc": DOC, "ins": lines.len()});
    std::iter::once(part("hunk", &place))
        .chain(lines.iter().map(|line| part("line", &json!(line))))
        .collect()
}

/// Replaces a stored open part by its commitment, which changes no hash.
pub(crate) fn redact(line: &str, name: &str) -> String {
    let at = line.find(&format!("\",\"{name}\",")).unwrap();
    let start = line[..at].rfind('[').unwrap();
    let salt = raw(&line[start + 2..at]);
    let end = at
        + line[at..]
            .find("],[")
            .or_else(|| line[at..].find("]],"))
            .unwrap()
        + 1;
    let commitment = derive("part", &[&salt, b"[", &line.as_bytes()[at + 2..end]]);
    format!("{}[\"{commitment}\"]{}", &line[..start], &line[end..])
}

fn raw(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}
