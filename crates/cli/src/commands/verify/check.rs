//! Verifying a journal from any reader, in memory bounded by its longest batch and its plan.

use std::io::{self, BufRead, BufReader, Read};

use ledger_core::codec::MAX_LINE;
use ledger_core::examine::ForkFinder;
use ledger_core::link::Links;
use ledger_core::plan::Fold as Plans;
use ledger_core::{
    Batch, Defect, EventId, Fault, FaultKind, Head, Plan, Seq, Time, Verified, Verifier,
};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::chain::follow;
use super::checkpoints::{Compared, Published, Watch};
use super::source::Again;
use crate::commands::head::HeadReport;

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// Whether nothing is wrong.
    pub(crate) ok: bool,
    /// Events of whole, verified batches.
    pub(crate) events: u64,
    /// Whole, verified batches.
    pub(crate) batches: u64,
    /// Document hashes that were compared with the folded text; `None` if none was to be.
    pub(crate) documents_checked: Option<u64>,
    /// The ledger's id.
    pub(crate) ledger: Option<EventId>,
    /// The last verified event.
    pub(crate) head: Option<HeadReport>,
    /// How many things are odd, and not wrong.
    pub(crate) warned: u64,
    /// The first of them: times before that of the event before.
    pub(crate) warnings: Vec<Warning>,
    /// What is wrong.
    pub(crate) findings: Vec<Finding>,
    /// Checkpoints in the history that were compared with it.
    pub(crate) checkpoints: u64,
    /// The checkpoint that it was to be compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checkpoint: Option<Compared>,
    /// The first event of the ledger's own journal that has what the history says was redacted.
    pub(crate) unredacted: Option<Seq>,
    /// What `--deep` looked at besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deep: Option<Deep>,
    /// The plan as far as it could be folded.
    #[serde(skip)]
    pub(crate) plan: Plan,
    /// The last verified event.
    #[serde(skip)]
    pub(crate) last: Option<Head>,
    /// What was kept on the way for a checkpoint.
    #[serde(skip)]
    pub(super) watched: Watch,
}

/// What was looked at besides the chain and the documents.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Deep {
    /// Documents whose tasks were read at a moment and are as the events say.
    pub(crate) agreed: u64,
    /// Events of the store that were compared; `None` where there is no store.
    pub(crate) store: Option<u64>,
    /// Records of checkouts whose moments were looked for; `None` for an exported journal.
    pub(crate) checkouts: Option<u64>,
    /// How long all of it took.
    pub(crate) milliseconds: u64,
}

impl Report {
    /// What a walk along the chain found, which `fault` ended, or the journal's end.
    fn of(links: &Links, fault: Option<Fault>) -> Self {
        let head = links.head().cloned();
        let warnings = links.warnings().iter().map(|warning| Warning {
            seq: warning.seq,
            time: warning.time,
            parent: warning.parent,
        });
        let fault = fault.or_else(|| links.clone().finish().err());
        Self {
            ok: false,
            events: head.as_ref().map_or(0, |head| head.seq.0 + 1),
            batches: 0,
            documents_checked: None,
            checkpoints: 0,
            checkpoint: None,
            ledger: head.as_ref().map(|head| head.ledger),
            head: head.as_ref().map(HeadReport::from),
            warned: links.warned(),
            warnings: warnings.collect(),
            findings: fault.iter().map(finding).collect(),
            unredacted: None,
            deep: None,
            plan: Plan::default(),
            last: head,
            watched: Watch::default(),
        }
    }

    /// Says whether it is all well.
    pub(crate) fn settled(mut self) -> Self {
        self.ok = self.findings.is_empty();
        self
    }
}

/// A time before its parent's.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Warning {
    /// The event.
    pub(crate) seq: Seq,
    /// Its time.
    pub(crate) time: Time,
    /// The time of the event before it.
    pub(crate) parent: Time,
}

/// Something wrong, and where.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// The event where it is wrong.
    pub(crate) seq: Option<Seq>,
    /// What sort of thing is wrong, as a word that stays the same.
    #[serde(rename = "code", serialize_with = "code")]
    #[schemars(with = "String")]
    pub(crate) kind: Kind,
    /// What is wrong.
    pub(crate) message: String,
}

/// What sort of thing is wrong.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A fault of the chain.
    Fault(FaultKind),
    /// An event does not fit the plan before it.
    Diverged,
    /// The texts do not say what the events say.
    Disagrees,
    /// The journal is not the one that the ledger remembers.
    Damaged,
    /// Something is still there that the history says was redacted.
    Unredacted,
    /// A checkpoint in the history is not that of the events before it.
    Published,
    /// The history does not extend a checkpoint, or nobody can say so.
    Checkpoint(&'static str),
}

impl Kind {
    /// A reason code of ledger-format.md §9 or §12.6, or one of this command's own.
    const fn code(&self) -> &'static str {
        match self {
            Self::Fault(kind) => kind.code(),
            Self::Diverged => "DIVERGED",
            Self::Disagrees => "DISAGREES",
            Self::Damaged => "DAMAGED",
            Self::Unredacted => "UNREDACTED",
            Self::Published => "WRONG_CHECKPOINT",
            Self::Checkpoint(code) => code,
        }
    }

    /// Whether a write that was cut short leaves a journal like this.
    pub(crate) const fn is_torn_end(&self) -> bool {
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
    plans: Plans,
    checked: u64,
    /// Documents whose tasks were read; `None` where only the last moment's are.
    agreed: Option<u64>,
    diverged: Option<Finding>,
}

/// How much of a journal is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Each line, and that they follow each other.
    Chain,
    /// Every document besides, and the tasks in the text at the last moment.
    Documents,
    /// The tasks in the text at every moment.
    Moments,
}

/// Verifies a journal. The chain is followed to the first fault; the plan is folded to the first
/// event that does not fit it.
///
/// Most histories never went apart, so where this one did is only looked for once a line follows
/// another one than the line before it.
pub(crate) fn check(journal: impl Again, extent: Extent) -> io::Result<Report> {
    check_watching(journal, extent, None)
}

/// The same, and the tree's root is kept where it has as many leaves as `size` says.
pub(super) fn check_watching(
    mut journal: impl Again,
    extent: Extent,
    size: Option<u64>,
) -> io::Result<Report> {
    let report = check_once(&mut journal, extent, &ForkFinder::default(), size)?;
    let may_be_one = |finding: &Finding| {
        let Kind::Fault(fault) = &finding.kind else {
            return false;
        };
        matches!(fault, FaultKind::WrongParent { found: Some(_), .. })
    };
    if !report.findings.iter().any(may_be_one) {
        return Ok(report);
    }
    let forks = find_forks(&mut journal)?;
    journal.again()?;
    check_once(&mut journal, extent, &forks, size)
}

/// Where the history of a journal that was read in part went apart.
pub(super) fn find_forks(journal: &mut impl Again) -> io::Result<ForkFinder> {
    journal.again()?;
    let mut forks = ForkFinder::default();
    each_line(journal, |line| {
        forks.see(line);
        true
    })?;
    Ok(forks)
}

fn check_once(
    journal: &mut impl Again,
    extent: Extent,
    forks: &ForkFinder,
    size: Option<u64>,
) -> io::Result<Report> {
    let links = Links::new().watching(forks.points());
    if extent == Extent::Chain {
        let (published, followed) = follow(journal, links, Published::new(size))?.split();
        let mut report = Report::of(&followed.links, followed.fault);
        report.batches = followed.batches;
        published.settle(&mut report);
        return Ok(report.settled());
    }
    let mut verifier = Verifier::with_links(links);
    let mut fold = Fold {
        plans: Plans::new(forks.first_parents()),
        checked: 0,
        agreed: (extent == Extent::Moments).then_some(0),
        diverged: None,
    };
    let mut published = Published::new(size);
    let mut batches = 0;
    let mut fault = None;
    each_line(journal, |line| {
        match verifier.line(line) {
            Ok(None) => {}
            Ok(Some(batch)) => {
                batches += 1;
                fold.take(&batch);
                published.take(&batch);
            }
            Err(found) => fault = Some(found),
        }
        fault.is_none()
    })?;
    let mut report = Report::of(verifier.links(), fault);
    report.batches = batches;
    report.documents_checked = Some(fold.checked);
    report.deep = fold.agreed.map(|agreed| Deep {
        agreed,
        store: None,
        checkouts: None,
        milliseconds: 0,
    });
    let (plan, wrong) = fold.finish();
    report.findings.extend(wrong);
    report.plan = plan;
    published.settle(&mut report);
    Ok(report.settled())
}

/// Goes through the lines of a journal until `look` has seen enough.
pub(in crate::commands) fn each_line(
    journal: &mut impl Read,
    mut look: impl FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(1 << 20, journal);
    let mut line = Vec::new();
    loop {
        line.clear();
        // One byte more than a line may have: it is then refused for its length.
        let longest = MAX_LINE as u64 + 1;
        let read = reader.by_ref().take(longest).read_until(b'\n', &mut line)?;
        if read == 0 || !look(&line) {
            return Ok(());
        }
    }
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
        match self.plans.take(batch) {
            Ok(()) => {
                let last = batch.events().last();
                let changed = last.map_or(&[][..], |last| &last.event.header.docs);
                self.checked += changed.len() as u64;
                if let Some(agreed) = &mut self.agreed {
                    let wrong = changed.iter().find_map(|(id, _)| {
                        let plan = self.plans.plan();
                        let document = plan.document(id)?;
                        plan.agrees_with(id, &document.outline()).err()
                    });
                    match wrong {
                        None => *agreed += changed.len() as u64,
                        Some(wrong) => {
                            self.diverged = Some(Finding {
                                seq: last.map(|last| last.seq),
                                kind: Kind::Disagrees,
                                message: wrong.to_string(),
                            });
                        }
                    }
                }
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

    fn finish(self) -> (Plan, Option<Finding>) {
        let wrong = self.diverged.or_else(|| {
            let disagreement = self.plans.plan().agrees().err()?;
            Some(Finding {
                seq: None,
                kind: Kind::Disagrees,
                message: disagreement.to_string(),
            })
        });
        (self.plans.into_plan(), wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::Copied;
    use super::*;

    #[test]
    fn an_empty_journal_is_well() {
        let report = check(io::empty(), Extent::Documents).unwrap();
        assert!(report.ok && report.head.is_none());
    }

    #[test]
    fn a_line_without_end_is_refused_in_bounded_memory() {
        let report = check(Copied::new(io::repeat(b'x')).unwrap(), Extent::Documents).unwrap();
        assert!(!report.ok);
        assert_eq!(report.findings[0].seq, Some(Seq(0)));
    }
}
