//! Verifying a journal from any reader, in memory bounded by its longest batch and its plan.

use std::io::{self, BufRead, Read};

use ledger_core::codec::MAX_LINE;
use ledger_core::{Batch, Defect, EventId, Fault, FaultKind, Plan, Seq, Time, Verified, Verifier};
use serde::{Serialize, Serializer};

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) ok: bool,
    /// Events of whole, verified batches.
    pub(super) events: u64,
    pub(super) batches: u64,
    /// Document hashes that were compared with the folded text.
    pub(super) documents_checked: u64,
    pub(super) ledger: Option<EventId>,
    pub(super) head: Option<HeadReport>,
    pub(super) warned: u64,
    pub(super) warnings: Vec<Warning>,
    pub(super) findings: Vec<Finding>,
}

impl Report {
    /// Says whether it is all well.
    pub(super) fn settled(mut self) -> Self {
        self.ok = self.findings.is_empty();
        self
    }
}

/// The last verified moment.
#[derive(Debug, Serialize)]
pub(super) struct HeadReport {
    pub(super) seq: Seq,
    pub(super) id: EventId,
    pub(super) time: Time,
}

/// A time before its parent's.
#[derive(Debug, Serialize)]
pub(super) struct Warning {
    pub(super) seq: Seq,
    pub(super) time: Time,
    pub(super) parent: Time,
}

/// Something wrong, and where.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) seq: Option<Seq>,
    #[serde(rename = "code", serialize_with = "code")]
    pub(super) kind: Kind,
    pub(super) message: String,
}

/// What sort of thing is wrong.
#[derive(Debug)]
pub(super) enum Kind {
    /// A fault of the chain.
    Fault(FaultKind),
    /// An event does not fit the plan before it.
    Diverged,
    /// The texts do not say what the events say.
    Disagrees,
    /// The journal is not the one that the ledger remembers.
    Damaged,
}

impl Kind {
    /// A reason code of ledger-format.md §9, or one of this command's own.
    const fn code(&self) -> &'static str {
        match self {
            Self::Fault(kind) => kind.code(),
            Self::Diverged => "DIVERGED",
            Self::Disagrees => "DISAGREES",
            Self::Damaged => "DAMAGED",
        }
    }

    /// Whether a write that was cut short leaves a journal like this.
    pub(super) const fn is_torn_end(&self) -> bool {
        matches!(
            self,
            Self::Fault(
                FaultKind::IncompleteBatch { .. } | FaultKind::Line(Defect::IncompleteLine)
            )
        )
    }
}

fn code<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.code())
}

/// The plan as far as events fit it.
struct Fold {
    plan: Plan,
    checked: u64,
    diverged: Option<Finding>,
}

/// Verifies what a reader gives. The chain is followed to the first fault; the plan is folded to
/// the first event that does not fit it.
pub(super) fn check(mut reader: impl BufRead) -> io::Result<Report> {
    let mut verifier = Verifier::new();
    let mut fold = Fold {
        plan: Plan::default(),
        checked: 0,
        diverged: None,
    };
    let (mut events, mut batches) = (0, 0);
    let mut line = Vec::new();
    let fault = loop {
        line.clear();
        // One byte more than a line may have: it is then refused for its length.
        let longest = MAX_LINE as u64 + 1;
        if reader.by_ref().take(longest).read_until(b'\n', &mut line)? == 0 {
            break None;
        }
        match verifier.line(&line) {
            Ok(None) => {}
            Ok(Some(batch)) => {
                events += batch.events().len() as u64;
                batches += 1;
                fold.take(&batch);
            }
            Err(fault) => break Some(fault),
        }
    };
    let warned = verifier.warned();
    let warnings = verifier
        .warnings()
        .iter()
        .map(|warning| Warning {
            seq: warning.seq,
            time: warning.time,
            parent: warning.parent,
        })
        .collect();
    let head = verifier.head().cloned();
    let fault = fault.or_else(|| verifier.finish().err());
    let mut findings: Vec<Finding> = fault.iter().map(finding).collect();
    let checked = fold.checked;
    findings.extend(fold.finish());
    Ok(Report {
        ok: false,
        events,
        batches,
        documents_checked: checked,
        ledger: head.as_ref().map(|head| head.ledger),
        head: head.map(|head| HeadReport {
            seq: head.seq,
            id: head.id,
            time: head.time,
        }),
        warned,
        warnings,
        findings,
    }
    .settled())
}

fn finding(fault: &Fault) -> Finding {
    Finding {
        seq: Some(fault.seq),
        kind: Kind::Fault(fault.kind.clone()),
        message: fault.to_string(),
    }
}

impl Fold {
    fn take(&mut self, batch: &Verified<Batch>) {
        if self.diverged.is_some() {
            return;
        }
        match self.plan.evolve(batch) {
            Ok(()) => {
                let last = batch.events().last();
                self.checked += last.map_or(0, |last| last.event.header.docs.len()) as u64;
            }
            Err(diverged) => {
                self.diverged = Some(Finding {
                    seq: Some(diverged.at),
                    kind: Kind::Diverged,
                    message: diverged.to_string(),
                });
            }
        }
    }

    fn finish(self) -> Option<Finding> {
        self.diverged.or_else(|| {
            let disagreement = self.plan.agrees().err()?;
            Some(Finding {
                seq: None,
                kind: Kind::Disagrees,
                message: disagreement.to_string(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_journal_is_well() {
        let report = check(io::empty()).unwrap();
        assert!(report.ok && report.head.is_none());
    }

    #[test]
    fn a_line_without_end_is_refused_in_bounded_memory() {
        let endless = io::BufReader::new(io::repeat(b'x'));
        let report = check(endless).unwrap();
        assert!(!report.ok);
        assert_eq!(report.findings[0].seq, Some(Seq(0)));
    }
}
