//! A history beside checkpoints: those that it has in itself, and one that somebody kept
//! (ledger-format.md §12.4, §12.6).

use ledger_core::checkpoint::{Checkpoint, CheckpointError, NotExtended, SignedCheckpoint};
use ledger_core::examine::Examined;
use ledger_core::merkle::{Hash, Tree};
use ledger_core::note::{NoteError, VerifierKey};
use ledger_core::published::{Follower, WrongCheckpoint};
use ledger_core::{Batch, EventId, Seq, Verified};
use schemars::JsonSchema;
use serde::Serialize;

use super::chain::Leaves;
use super::check::{Finding, Kind, Report};

/// What was found of a checkpoint that somebody kept.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Compared {
    /// The ledger's id.
    ledger: EventId,
    /// Of how many events it is.
    size: u64,
    /// The root of their tree.
    root: String,
    /// Whether the history begins with what it stands for.
    extended: bool,
    /// The key that its signature was checked with; `None` if it was not.
    key: Option<String>,
}

impl Compared {
    /// How many events are known to be as they were, and by whose signature.
    pub(super) fn shown(&self) -> Option<(u64, &str)> {
        let key = self.key.as_deref().filter(|_| self.extended);
        key.map(|key| (self.size, key))
    }
}

/// What is kept for a checkpoint while a history goes by.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// How many events it is of; `None` if there is none.
    size: Option<u64>,
    /// The root of the tree of that many.
    root: Option<Hash>,
    /// The last checkpoint in the history that is of fewer events and was right.
    before: Option<SignedCheckpoint>,
}

impl Watch {
    fn new(size: Option<u64>) -> Self {
        let mut own = Self {
            size,
            ..Self::default()
        };
        own.see(&Tree::new());
        own
    }

    fn see(&mut self, tree: &Tree) {
        if self.size == Some(tree.size()) {
            self.root = Some(tree.root());
        }
    }
}

/// The checkpoints that a history has in itself.
pub(super) struct Published {
    follower: Follower,
    watch: Watch,
    compared: u64,
    wrong: Option<Finding>,
}

impl Published {
    pub(super) fn new(size: Option<u64>) -> Self {
        Self {
            follower: Follower::default(),
            watch: Watch::new(size),
            compared: 0,
            wrong: None,
        }
    }

    pub(super) fn take(&mut self, batch: &Verified<Batch>) {
        for recorded in batch.events() {
            let found = self.follower.take(recorded);
            self.note(found);
        }
    }

    /// Takes in what was found at the last event.
    fn note(&mut self, found: Result<Option<SignedCheckpoint>, WrongCheckpoint>) {
        match found {
            Ok(None) => {}
            Ok(Some(checkpoint)) => {
                self.compared += 1;
                let size = checkpoint.checkpoint().size;
                if self.watch.size.is_some_and(|wanted| size < wanted) {
                    self.watch.before = Some(checkpoint);
                }
            }
            Err(wrong) => {
                let seq = Seq(self.follower.tree().size().saturating_sub(1));
                self.wrong.get_or_insert_with(|| Finding {
                    seq: Some(seq),
                    kind: Kind::Published,
                    message: format!("event {seq}: {wrong}"),
                });
            }
        }
        self.watch.see(self.follower.tree());
    }

    pub(super) fn settle(self, report: &mut Report) {
        report.checkpoints = self.compared;
        report.findings.extend(self.wrong);
        report.watched = self.watch;
    }
}

impl Leaves for Published {
    fn push(&mut self, line: &Examined<'_>, leaf: Hash) {
        let found = self.follower.take_line(line, leaf);
        self.note(found);
    }
}

/// Compares a verified history with a checkpoint. Without a key the signature shows nothing, and
/// that is a finding too.
pub(super) fn compare(
    report: &mut Report,
    signed: Result<&SignedCheckpoint, CheckpointError>,
    key: Option<&VerifierKey>,
) {
    let signed = match signed {
        Ok(signed) => signed,
        Err(why) => {
            report.findings.push(Finding {
                seq: None,
                kind: Kind::Checkpoint("NOT_A_CHECKPOINT"),
                message: format!("of the checkpoint: {why}"),
            });
            return;
        }
    };
    let Checkpoint { ledger, size, root } = signed.checkpoint();
    let watched = &report.watched;
    let extended = signed.is_extended_by(key, report.ledger, report.events, watched.root);
    report.checkpoint = Some(Compared {
        ledger: *ledger,
        size: *size,
        root: root.to_string(),
        extended: extended.is_ok(),
        key: key.map(VerifierKey::called),
    });
    let finding = match (&extended, key) {
        (Err(why), _) => Finding {
            seq: seq_of(why),
            kind: Kind::Checkpoint(why.code()),
            message: said(why, signed, key, watched.before.as_ref()),
        },
        (Ok(()), None) => Finding {
            seq: None,
            kind: Kind::Checkpoint("UNCHECKED"),
            message: "the history begins with what the checkpoint stands for, but nobody checked who signed it: no key is known here".to_owned(),
        },
        (Ok(()), Some(_)) => return,
    };
    report.findings.push(finding);
}

/// The event from which on it is another history.
fn seq_of(why: &NotExtended) -> Option<Seq> {
    match why {
        NotExtended::CutShort { found, .. } => Some(Seq(*found)),
        _ => None,
    }
}

/// What is wrong, and what is known besides.
fn said(
    why: &NotExtended,
    signed: &SignedCheckpoint,
    key: Option<&VerifierKey>,
    before: Option<&SignedCheckpoint>,
) -> String {
    let mut said = why.to_string();
    match why {
        NotExtended::Signature(NoteError::NotSigned) => {
            let key = key.map(VerifierKey::called).unwrap_or_default();
            let signers = signed.note().signers().join(", ");
            said.push_str(&format!(" ({key}); it names {signers}"));
        }
        NotExtended::Rewritten { signed } => {
            let own = before.filter(|own| key.is_some_and(|key| own.verify(key).is_ok()));
            let last = signed.saturating_sub(1);
            said.push_str(&match own.map(|own| own.checkpoint().size) {
                Some(size) if size > 0 => format!(
                    "; up to event {} it is one that the same key signed, so the difference is from event {size} to {last}",
                    size - 1
                ),
                _ => format!("; the difference is at or before event {last}"),
            });
        }
        NotExtended::CutShort { signed, found } => {
            let last = signed.saturating_sub(1);
            said.push_str(&match *found == last {
                true => format!("; event {last} is gone"),
                false => format!("; events {found} to {last} are gone"),
            });
        }
        NotExtended::OtherLedger { .. } | NotExtended::Signature(_) => {}
    }
    said
}
