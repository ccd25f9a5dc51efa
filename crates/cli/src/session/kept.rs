//! What is at the head, as it is kept for other processes: never the only copy, and only for the
//! very build that wrote it.
//!
//! Each part of it is read when it is asked for. Whether plan files are what the ledger has takes
//! their hashes, writing one takes its text, and only a change takes the plan and what it says.

use std::cell::OnceCell;
use std::sync::Arc;
use std::thread;

use ledger_core::document::{BUILD, Document};
use ledger_core::id::{Digest, DocumentId};
use ledger_core::plan::kept::WithoutTexts;
use ledger_core::rules::{RuleFile, Rules};
use ledger_core::{Outlines, Plan};
use ledger_store::{Cached, plain_hash};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The parts of the cached state: the documents' facts and the rules, the plan without texts, what the
/// documents say, and from here on their texts.
const FACTS: usize = 0;
const PLAN: usize = 1;
const OUTLINES: usize = 2;
const TEXTS: usize = 3;

/// Outlines from this size on are decoded beside the plan, by a thread of its own; below it,
/// starting one costs more.
const LARGE: usize = 256 << 10;

/// A document at the head, as far as plan files are compared with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    /// The document.
    pub(super) id: DocumentId,
    /// Its path, as the ledger names it.
    pub(super) path: String,
    /// What it was called before, the latest last.
    pub(super) former: Vec<String>,
    /// Whether it left the ledger.
    dropped: bool,
    /// How long its text is, in bytes.
    pub(super) length: usize,
    /// The [`plain_hash`] of its text.
    pub(super) hash: Digest,
}

/// What is at the head.
#[derive(Debug, Default)]
pub(super) struct Kept {
    facts: Vec<Facts>,
    /// The rules in force.
    rules: Vec<RuleFile>,
    /// The texts of the same documents, as far as they were asked for.
    texts: Vec<OnceCell<Arc<String>>>,
    cached: Option<Cached>,
    /// Whether the cache is of the head.
    is_cached: bool,
    plan: Plan,
    plan_is_read: bool,
    outlines: Option<Outlines>,
}

impl Kept {
    /// What a plan has, and as far as anybody read it what its documents say.
    pub(super) fn of(plan: Plan, outlines: Outlines) -> Self {
        let mut kept = Self {
            outlines: Some(outlines),
            plan_is_read: true,
            ..Self::default()
        };
        for document in plan.all_documents() {
            let text = document.text.text();
            kept.facts.push(Facts {
                id: document.id.clone(),
                path: document.path.clone(),
                former: document.former.clone(),
                dropped: document.dropped,
                length: text.len(),
                hash: plain_hash(text.as_bytes()),
            });
            kept.texts.push(OnceCell::from(Arc::new(text)));
        }
        kept.rules = plan.rule_files().to_vec();
        kept.plan = plan;
        kept
    }

    /// What was [cached](Self::cache); `None` if another build wrote it.
    pub(super) fn cached(cached: Cached) -> Option<Self> {
        let facts = cached.part(FACTS)?;
        let (facts, rules): (Vec<Facts>, Vec<RuleFile>) =
            postcard::from_bytes(facts.strip_prefix(form().as_bytes())?).ok()?;
        Some(Self {
            texts: facts.iter().map(|_| OnceCell::new()).collect(),
            facts,
            rules,
            cached: Some(cached),
            is_cached: true,
            ..Self::default()
        })
    }

    /// The documents that are tracked now.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Facts> {
        self.facts.iter().filter(|document| !document.dropped)
    }

    /// A document by its id, dropped ones included.
    pub(super) fn document(&self, id: &DocumentId) -> Option<&Facts> {
        self.facts.iter().find(|document| document.id == *id)
    }

    /// The rules of a file, if it sets some.
    pub(super) fn rules_at(&self, path: &str) -> Option<&Rules> {
        let file = self.rules.iter().find(|file| file.path == path);
        file.map(|file| &file.rules)
    }

    /// The text of a document; `None` if there is none, or the cache is gone or damaged.
    pub(super) fn text(&self, id: &DocumentId) -> Option<Arc<String>> {
        self.text_of(self.facts.iter().position(|document| document.id == *id)?)
    }

    fn text_of(&self, number: usize) -> Option<Arc<String>> {
        let kept = self.texts.get(number)?;
        if let Some(text) = kept.get() {
            return Some(text.clone());
        }
        let bytes = self.cached.as_ref()?.part(TEXTS + number)?;
        let text = Arc::new(String::from_utf8(bytes).ok()?);
        Some(kept.get_or_init(|| text).clone())
    }

    /// The plan, after it was [read](Self::read).
    pub(super) const fn plan(&self) -> &Plan {
        debug_assert!(self.plan_is_read, "nobody has read the plan");
        &self.plan
    }

    /// Reads the plan; `false` if it cannot be read from what was cached.
    pub(super) fn read(&mut self) -> bool {
        if !self.plan_is_read
            && let Some(plan) = self.decode_plan()
        {
            self.plan = plan;
            self.plan_is_read = true;
        }
        self.plan_is_read
    }

    fn decode_plan(&self) -> Option<Plan> {
        let bytes = self.cached.as_ref()?.part(PLAN)?;
        let rest: WithoutTexts<'_> = postcard::from_bytes(&bytes).ok()?;
        let text = |number| Some(Document::from(self.text_of(number)?.as_str()));
        let texts: Option<Vec<Document>> = (0..self.facts.len()).map(text).collect();
        rest.with(texts?)
    }

    /// [Reads](Self::read) the plan, and what its documents say.
    pub(super) fn read_all(&mut self) -> bool {
        let unread = self.cached.as_ref().filter(|_| self.outlines.is_none());
        let Some(bytes) = unread.and_then(|cached| cached.part(OUTLINES)) else {
            return self.read();
        };
        let is_large = bytes.len() >= LARGE;
        // What cannot be decoded is read from the texts again by whoever needs it.
        let decode = move || postcard::from_bytes::<Outlines>(&bytes).unwrap_or_default();
        if is_large {
            let decoding = thread::Builder::new().spawn(decode);
            let is_read = self.read();
            self.outlines = decoding.ok().and_then(|decoding| decoding.join().ok());
            is_read
        } else {
            self.outlines = Some(decode());
            self.read()
        }
    }

    /// What the documents say, as far as anybody read it.
    pub(super) fn outlines(&self) -> Outlines {
        self.outlines.clone().unwrap_or_default()
    }

    /// Whether what is cached is of the head.
    pub(super) const fn is_cached(&self) -> bool {
        self.is_cached
    }

    /// Caches all of it by `cache`.
    pub(super) fn cache(
        &mut self,
        cache: impl FnOnce(&[&[u8]]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let texts: Option<Vec<_>> = (0..self.facts.len()).map(|at| self.text_of(at)).collect();
        let texts = texts.ok_or_else(|| Failure::trouble("a text of the plan is gone"))?;
        let encoded = || -> postcard::Result<[Vec<u8>; TEXTS]> {
            Ok([
                postcard::to_extend(&(&self.facts, &self.rules), form().into_bytes())?,
                postcard::to_stdvec(&WithoutTexts::from(self.plan()))?,
                postcard::to_stdvec(&self.outlines())?,
            ])
        };
        let encoded = encoded().map_err(|error| cannot(&error))?;
        let mut parts: Vec<&[u8]> = encoded.iter().map(Vec::as_slice).collect();
        parts.extend(texts.iter().map(|text| text.as_bytes()));
        cache(&parts)?;
        self.is_cached = true;
        Ok(())
    }
}

/// In front of everything that is kept: bytes that another build may have laid out otherwise are
/// not decoded but folded anew.
fn form() -> String {
    format!("plan 6, ledger {}, {BUILD}\n", env!("CARGO_PKG_VERSION"))
}

/// A plan as bytes.
pub(super) fn encode(plan: &Plan) -> Result<Vec<u8>, Failure> {
    postcard::to_extend(plan, form().into_bytes()).map_err(|error| cannot(&error))
}

/// A plan from [`encode`]; `None` if another build wrote it.
pub(super) fn decode(bytes: &[u8]) -> Option<Plan> {
    postcard::from_bytes(bytes.strip_prefix(form().as_bytes())?).ok()
}

fn cannot(error: &postcard::Error) -> Failure {
    Failure::trouble(format!("the plan cannot be encoded: {error}"))
}

#[cfg(test)]
mod tests {
    use ledger_core::{Actor, ActorKind, Context, Stamp, Time, Transaction, WriterId, seal};

    use super::*;

    fn adopted(text: &str) -> (Plan, Outlines) {
        let mut plan = Plan::default();
        let context = Context {
            today: "2025-10-15".to_owned(),
            entropy: [7; 32],
        };
        let mut tx = Transaction::new(&plan, &context);
        tx.create();
        tx.adopt("TODO.md", &Document::from(text)).unwrap();
        tx.adopt("docs/more.md", &Document::from("- [ ] T-9: more"))
            .unwrap();
        let decision = tx.finish().unwrap();
        let stamp = Stamp {
            time: Time::from_millis(0).unwrap(),
            actor: Actor {
                kind: ActorKind::Human,
                id: "ada".to_owned(),
                session: None,
                tool: None,
            },
            cause: None,
            idem: None,
            writer: WriterId::new("00112233aabbccdd").unwrap(),
            entropy: [8; 32],
        };
        let documents: Vec<_> = decision
            .documents
            .iter()
            .map(|(id, text)| (id.clone(), text))
            .collect();
        let batch = seal(None, &stamp, &decision.drafts, &documents, Some([9; 32])).unwrap();
        plan.evolve(&batch).unwrap();
        (plan, decision.outlines)
    }

    fn parts_of(kept: &mut Kept) -> Vec<Vec<u8>> {
        let mut kept_parts = Vec::new();
        kept.cache(|parts| {
            kept_parts = parts.iter().map(|part| part.to_vec()).collect();
            Ok(())
        })
        .unwrap();
        kept_parts
    }

    fn cached(parts: &[Vec<u8>]) -> Option<Kept> {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Kept::cached(Cached::of(&parts))
    }

    #[test]
    fn what_was_cached_is_what_was_kept() {
        let long: String = (0..3_000)
            .map(|n| format!("- [ ] T-{n}: task {n}\r\n"))
            .collect();
        for text in ["# Plan\n\n- [ ] T-1: one\n- [x] T-2: two", &long, ""] {
            let (plan, outlines) = adopted(text);
            let mut kept = Kept::of(plan.clone(), outlines.clone());
            assert!(!kept.is_cached());
            let parts = parts_of(&mut kept);
            assert!(kept.is_cached());
            let mut back = cached(&parts).unwrap();
            assert!(back.is_cached());
            assert_eq!(back.facts, kept.facts);
            let own = plan.document_at("TODO.md").unwrap();
            let facts = back.document(&own.id).unwrap();
            assert_eq!(facts.hash, plain_hash(text.as_bytes()));
            assert_eq!(facts.length, text.len());
            assert_eq!(back.text(&own.id).unwrap().as_str(), text);
            assert!(back.read_all());
            assert!(*back.plan() == plan);
            assert_eq!(back.outlines(), outlines);
            assert_eq!(parts_of(&mut back), parts, "what is kept again is the same");
        }
    }

    #[test]
    fn what_another_build_kept_is_nothing() {
        let (plan, outlines) = adopted("- [ ] T-1: one\n");
        let mut parts = parts_of(&mut Kept::of(plan, outlines));
        parts[FACTS][0] ^= 1;
        assert!(cached(&parts).is_none());
    }

    #[test]
    fn a_plan_with_a_part_missing_cannot_be_read() {
        let (plan, outlines) = adopted("- [ ] T-1: one\n");
        let parts = parts_of(&mut Kept::of(plan.clone(), outlines));
        for missing in [PLAN, TEXTS] {
            let mut parts = parts.clone();
            parts[missing] = vec![0xff];
            let mut kept = cached(&parts).unwrap();
            assert!(!kept.read() && !kept.read_all());
        }
        let mut without = cached(&parts[..OUTLINES]).unwrap();
        assert!(!without.read());
        assert_eq!(without.text(&plan.all_documents()[0].id), None);
        let mut parts = parts;
        parts[OUTLINES] = vec![0xff];
        let mut kept = cached(&parts).unwrap();
        assert!(kept.read_all() && kept.outlines().is_empty());
    }
}
