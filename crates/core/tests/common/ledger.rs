//! A ledger in memory: decisions are sealed and folded, and their lines kept.

use std::path::{Path, PathBuf};

use ledger_core::document::Document;
use ledger_core::{
    Actor, Batch, Claim, Context, DocumentId, Edited, Head, Plan, Rejection, Stamp, Time,
    Transaction, Verified, Verifier, seal,
};

use super::real_plans::versions;
use super::{NONCE, stamp};

/// A plan, the chain that led to it, and its journal.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) plan: Plan,
    pub(crate) head: Option<Head>,
    pub(crate) lines: Vec<Vec<u8>>,
    /// When the next batch is recorded, in milliseconds after the first stamp; it may be before.
    pub(crate) later: i64,
    count: u64,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A ledger that has adopted plans, each a path and its text.
    pub(crate) fn adopting(plans: &[(&str, &str)]) -> Self {
        let mut ledger = Self::new();
        ledger
            .record(|transaction| {
                transaction.create();
                plans.iter().try_for_each(|(path, text)| {
                    transaction.adopt(path, &Document::from(*text)).map(drop)
                })
            })
            .unwrap();
        ledger
    }

    /// Decides, seals and folds one batch. `None` if nothing changed.
    ///
    /// What is folded must be what the transaction worked out, and agree with the text.
    pub(crate) fn record(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<(), Rejection>,
    ) -> Result<Option<Verified<Batch>>, Rejection> {
        self.record_as(stamp(0).actor, work)
    }

    /// The same, by this actor.
    pub(crate) fn record_as(
        &mut self,
        actor: Actor,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<(), Rejection>,
    ) -> Result<Option<Verified<Batch>>, Rejection> {
        self.count += 1;
        let mut entropy = [3; 32];
        entropy[..8].copy_from_slice(&self.count.to_le_bytes());
        let context = Context {
            today: "2026-01-01".to_owned(),
            entropy,
        };
        let mut transaction = Transaction::new(&self.plan, &context).asked_by(&actor);
        work(&mut transaction)?;
        let wanted = transaction.plan().clone();
        let decision = transaction.finish()?;
        if decision.drafts.is_empty() {
            assert_eq!(
                wanted.tasks(),
                self.plan.tasks(),
                "a change without an event"
            );
            return Ok(None);
        }
        let stamp = Stamp {
            actor,
            entropy,
            time: Time::from_millis(stamp(0).time.millis() + self.later).unwrap(),
            ..stamp(0)
        };
        let documents: Vec<_> = decision
            .documents
            .iter()
            .map(|(id, text)| (id.clone(), text))
            .collect();
        let nonce = self.head.is_none().then_some(NONCE);
        let batch = seal(
            self.head.as_ref(),
            &stamp,
            &decision.drafts,
            &documents,
            nonce,
        )
        .unwrap();
        let mut plan = self.plan.clone();
        plan.evolve(&batch)
            .unwrap_or_else(|error| panic!("{error}\n{:#?}", decision.drafts));
        assert_eq!(
            plan.tasks(),
            wanted.tasks(),
            "the fold has other tasks than the decision: {:#?}",
            decision.drafts
        );
        for document in wanted.documents() {
            let folded = plan.document(&document.id).unwrap();
            assert_eq!(folded.text, document.text);
        }
        plan.agrees().unwrap();
        self.plan = plan;
        self.head = Some(batch.head().clone());
        self.lines
            .extend(batch.events().iter().map(|recorded| recorded.line.clone()));
        Ok(Some(batch))
    }

    /// Records what the documents say now.
    pub(crate) fn observe(&mut self, edited: &[(DocumentId, Document)]) -> Option<Verified<Batch>> {
        self.try_observe(edited).unwrap()
    }

    /// The same where it may be refused.
    pub(crate) fn try_observe(
        &mut self,
        edited: &[(DocumentId, Document)],
    ) -> Result<Option<Verified<Batch>>, Rejection> {
        let edited: Vec<Edited> = edited
            .iter()
            .map(|(document, text)| Edited::plain(document.clone(), text.clone()))
            .collect();
        self.record(|transaction| transaction.observe(&edited, &Claim::Everything))
    }

    /// The state after all journal lines, read and verified from zero.
    pub(crate) fn replayed(&self) -> Plan {
        let mut verifier = Verifier::new();
        let mut plan = Plan::default();
        for line in &self.lines {
            if let Some(batch) = verifier.line(line).unwrap() {
                plan.evolve(&batch).unwrap();
            }
        }
        plan
    }

    /// The text of the plan at a path.
    pub(crate) fn text(&self, path: &str) -> String {
        self.plan.document_at(path).unwrap().text.text()
    }

    /// The id of the plan at a path.
    pub(crate) fn id(&self, path: &str) -> DocumentId {
        self.plan.document_at(path).unwrap().id.clone()
    }
}

/// A ledger of the first versions of a real plan, each observed in the one before it. `before`:
/// what is done before each is.
pub(crate) fn grown(series: &Path, mut before: impl FnMut(&mut Ledger)) -> Option<Ledger> {
    /// More of them take long.
    const MOST: usize = 12;
    let mut texts = texts_of(series).into_iter().take(MOST);
    let (_, first) = texts.next()?;
    let mut ledger = Ledger::adopting(&[("TODO.md", &first.text())]);
    let id = ledger.id("TODO.md");
    for (_, text) in texts {
        before(&mut ledger);
        ledger.observe(&[(id.clone(), text)]);
    }
    Some(ledger)
}

/// The plan texts of a series, by version.
#[allow(clippy::disallowed_methods, reason = "tests may look around")]
pub(crate) fn texts_of(series: &Path) -> Vec<(PathBuf, Document)> {
    versions(series)
        .into_iter()
        .map(|path| {
            let text = Document::from_bytes(&std::fs::read(&path).unwrap()).unwrap();
            (path, text)
        })
        .collect()
}
