//! Looking at all of a ledger, with its lock held.

use std::fs;
use std::path::{Path, PathBuf};

use ledger_core::link::Links;
use ledger_core::{Seq, Verifier};

use super::{Finding, OpenedStore, spool};
use crate::cache;
use crate::checkouts::{CheckoutRecord, Checkouts};
use crate::disk::Options;
use crate::error::{StoreError, events};
use crate::git;
use crate::head;
use crate::index::Index;
use crate::journal::Journal;
use crate::keys::Keys;
use crate::layout::Layout;
use crate::lock::{self, Lock};
use crate::reconcile::{Action, Consent, Refusal, decide};
use crate::redaction;
use crate::small_file;
use crate::survey::{Source, Survey, Testimony, Witness};
use crate::weave::StoreLines;

/// A ledger that is being looked at, with its lock held where that can be had.
pub(super) struct Patient<'a> {
    pub(super) layout: &'a Layout,
    pub(super) options: &'a Options,
    _lock: Option<Lock>,
    pub(super) journal: Journal,
    pub(super) store: OpenedStore,
    pub(super) survey: Survey,
}

impl<'a> Patient<'a> {
    pub(super) fn new(layout: &'a Layout, options: &'a Options) -> Result<Self, StoreError> {
        let lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
        let journal = Journal::open(layout.journal())?;
        let store = OpenedStore::open(layout, options)?;
        let survey = Survey::take(layout, &journal, store.index())?;
        Ok(Self {
            layout,
            options,
            _lock: Some(lock),
            journal,
            store,
            survey,
        })
    }

    /// For those who may read and not write: the store stays closed.
    pub(super) fn without_lock(
        layout: &'a Layout,
        options: &'a Options,
    ) -> Result<Self, StoreError> {
        let journal = Journal::open(layout.journal())?;
        let survey = Survey::take(layout, &journal, None)?;
        let store = match layout.store().exists() {
            true => OpenedStore::Shut,
            false => OpenedStore::None,
        };
        Ok(Self {
            layout,
            options,
            _lock: None,
            journal,
            store,
            survey,
        })
    }

    /// What is not as it should be.
    pub(super) fn findings(&self) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        findings.extend(self.of_history());
        self.of_head(&mut findings);
        self.of_store(&mut findings)?;
        self.of_state(&mut findings);
        self.of_checkouts(&mut findings)?;
        self.of_spool(&mut findings)?;
        findings.extend(self.of_keys());
        findings.extend(self.of_redaction()?);
        Ok(findings)
    }

    /// What keeps the ledger from signing. It never says anything of what is in the key.
    fn of_keys(&self) -> Option<Finding> {
        let trouble = Keys::new(self.layout.keys()).trouble()?;
        Some(Finding {
            code: "key",
            place: self.layout.keys(),
            what: trouble.to_string(),
            fix: None,
            hint: trouble.hint(),
        })
    }

    /// Whether something is still there that the history says was redacted. A journal that is
    /// damaged is put right first.
    fn of_redaction(&self) -> Result<Option<Finding>, StoreError> {
        if decide(&self.survey.found, Consent::Repair) != Action::Keep {
            return Ok(None);
        }
        let named = redaction::named(&self.journal)?;
        let in_store = self.store.index();
        let in_store = in_store.map_or(Ok(None), |index| redaction::pending_in(index, &named));
        let left = [
            (
                self.layout.journal(),
                redaction::pending(&self.journal, &named)?,
            ),
            (self.layout.store(), in_store?),
        ];
        let left = left
            .into_iter()
            .find_map(|(place, seq)| Some((place, seq?)));
        Ok(left.map(|(place, seq)| Finding {
            code: "redaction",
            place,
            what: format!("event {seq} has what the history says was redacted: a redaction broke off, or an older copy was put back"),
            fix: Some("takes it out, and makes the store anew".to_owned()),
            hint: Some("`ledger redact` for the same text also looks through the quarantine and the other files".to_owned()),
        }))
    }

    /// What is wrong with the history itself: the first thing, since others follow from it.
    fn of_history(&self) -> Option<Finding> {
        let action = decide(&self.survey.found, Consent::Repair);
        let journal = self.layout.journal();
        let restored = || {
            let runs = self.survey.woven.restored();
            let runs: Vec<String> = runs.map(|(from, to)| events(from, to)).collect();
            runs.join(", ")
        };
        let found = |code, what: String, fix: Option<String>, hint: Option<String>| Finding {
            code,
            place: journal.clone(),
            what,
            fix,
            hint,
        };
        let left = self.survey.woven.events();
        let loss = match self.has_other_line_ends() {
            true => "some program has made its line ends CR LF: make them LF again, which loses nothing, and look again".to_owned(),
            false => format!(
                "restore journal.jsonl from a copy, or go on with the {left} events that are left: `ledger doctor --fix --accept-loss`"
            ),
        };
        let refused = |refusal| self.survey.error(self.layout, refusal).to_string();
        match action {
            Action::Keep => None,
            // What the journal lacks the store may have.
            Action::Refuse(_) if matches!(self.store, OpenedStore::Shut) => None,
            Action::Cut => Some(found(
                "torn-tail",
                format!(
                    "{} bytes stand after the last whole batch; a write that was cut short leaves them",
                    self.journal.length().saturating_sub(self.survey.woven.length)
                ),
                Some("moves them to the quarantine".to_owned()),
                None,
            )),
            Action::Restore => Some(found(
                "journal-short",
                format!("it has lost {}, which the store still has", restored()),
                Some("puts them back from the store".to_owned()),
                None,
            )),
            Action::Rewrite if self.survey.woven.restored().next().is_none() => Some(found(
                "journal-damaged",
                format!(
                    "from line {} on lines are not in their place, or are no part of the history; no event is lost",
                    self.survey.found.own + 1
                ),
                Some("writes it anew in order; the old one goes to the quarantine".to_owned()),
                None,
            )),
            Action::Rewrite => Some(found(
                "journal-damaged",
                format!("it has lost {}, which the store still has", restored()),
                Some(
                    "writes it anew with the store's lines; the old one goes to the quarantine"
                        .to_owned(),
                ),
                None,
            )),
            Action::Refuse(refusal @ Refusal::Fork(_)) => {
                let error = self.survey.error(self.layout, refusal);
                Some(found("fork", error.to_string(), None, error.hint()))
            }
            Action::Refuse(refusal @ Refusal::Contradicted(_)) => Some(found(
                "contradicted",
                refused(refusal),
                None,
                Some("if the journal is right, `ledger doctor --fix --accept-loss` moves what knows another event to the quarantine".to_owned()),
            )),
            Action::Refuse(refusal @ Refusal::Bad(..)) => {
                Some(found("bad-line", refused(refusal), None, Some(loss)))
            }
            Action::Refuse(refusal @ Refusal::Gone(..)) => {
                Some(found("gone", refused(refusal), None, Some(loss)))
            }
        }
    }

    /// Whether no line verifies and the last one ends in what other systems put there.
    fn has_other_line_ends(&self) -> bool {
        let end = self.journal.length().saturating_sub(2);
        self.survey.woven.events() == 0
            && self.journal.bytes_from(end).is_ok_and(|end| end == b"\r\n")
    }

    fn of_head(&self, findings: &mut Vec<Finding>) {
        let place = self.layout.head();
        let mark = head::read(&place).ok().flatten().map(|file| file.mark);
        let what = match (&mark, &self.survey.woven.head) {
            _ if self.survey.head_is_foreign => "it is another ledger's",
            (None, None) => return,
            (None, Some(_)) if place.exists() => "it is garbled; opening has to verify the journal",
            (None, Some(_)) => "it is missing; opening has to verify the journal",
            (Some(mark), Some(head))
                if mark.head.ledger == head.ledger && mark.head.seq < head.seq =>
            {
                "it lags behind the journal; opening has to verify what follows"
            }
            _ => return,
        };
        findings.push(Finding {
            code: "head",
            place,
            what: what.to_owned(),
            fix: Some("writes it anew from the journal".to_owned()),
            hint: None,
        });
    }

    fn of_store(&self, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
        let anew = "moves it to the quarantine and fills a new one from the journal";
        let mut found = |what: String, fix: &str| {
            findings.push(Finding {
                code: "store",
                place: self.layout.store(),
                what,
                fix: Some(fix.to_owned()),
                hint: None,
            });
        };
        match &self.store {
            OpenedStore::None | OpenedStore::Shut => {}
            OpenedStore::Broken(what) => found(format!("it is damaged: {what}"), anew),
            OpenedStore::Open(_) if self.survey.store_is_foreign => {
                found("it is another ledger's".to_owned(), anew);
            }
            OpenedStore::Open(index) => {
                if let Some(what) = wrong_with_store(index, &self.survey)? {
                    found(what, anew);
                }
            }
        }
        Ok(())
    }

    fn of_state(&self, findings: &mut Vec<Finding>) {
        let place = self.layout.state();
        if place.exists() && !cache::is_whole(&place) {
            findings.push(Finding {
                code: "state",
                place,
                what: "the cached plan is garbled; the next command folds it anew".to_owned(),
                fix: Some("moves it to the quarantine".to_owned()),
                hint: None,
            });
        }
    }

    fn of_spool(&self, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
        for stray in spool(self.layout).contents()?.strays {
            findings.push(Finding {
                code: "spool",
                fix: (stray.inside && !stray.unread)
                    .then(|| "moves it to the quarantine".to_owned()),
                hint: match (stray.unread, stray.inside) {
                    (true, _) => Some(
                        "once it can be read, the next command that writes takes it in".to_owned(),
                    ),
                    (false, true) => None,
                    (false, false) => Some("look at it and remove it".to_owned()),
                },
                what: match stray.path.is_dir() {
                    true => stray.what,
                    false if stray.unread => {
                        format!("a change that waits cannot be read: {}", stray.what)
                    }
                    false => format!("a change that was to wait is none: {}", stray.what),
                },
                place: stray.path,
            });
        }
        Ok(())
    }

    fn of_checkouts(&self, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
        let known: Vec<&Path> = self
            .witnesses_that_differ()
            .map(|(witness, _)| witness.place.as_path())
            .collect();
        let checkouts = Checkouts::new(self.layout.checkouts());
        let mut staying = Vec::new();
        for (place, record) in checkouts.all()? {
            // One that knows what is gone is evidence, wherever its checkout is now.
            if known.contains(&place.as_path()) {
                staying.extend(record);
                continue;
            }
            let aside = Some("moves it to the quarantine".to_owned());
            let (what, fix, hint) = match record {
                None => ("a checkout's record is garbled; its plan file is compared with the nearest known text".to_owned(), aside, None),
                Some(record) if record.root.exists() => {
                    staying.push(record);
                    continue;
                }
                Some(record) if git::has_given_up(self.layout.directory(), &record.root) => (
                    format!("the checkout at {} is gone", record.root.display()),
                    aside,
                    None,
                ),
                // Its disk may only not be mounted, and then the record is all that tells
                // somebody's edits there from an old file.
                Some(record) => {
                    let root = record.root.clone();
                    staying.push(record);
                    (
                        format!("the checkout at {} is not there", root.display()),
                        None,
                        Some(format!(
                            "mount what it is on; if it is gone for good, `git worktree prune` (without git: remove {})",
                            place.display()
                        )),
                    )
                }
            };
            findings.push(Finding {
                code: "checkout",
                place,
                what,
                fix,
                hint,
            });
        }
        findings.extend(of_texts(&checkouts, &staying)?);
        for (witness, testimony) in self.witnesses_that_differ() {
            let Source::Record(root) = &witness.source else {
                continue;
            };
            let says = match testimony {
                Testimony::Beyond => "is gone",
                _ => "is another one",
            };
            let said = findings.iter().any(|found| found.place == witness.place);
            if !said {
                findings.push(Finding {
                    code: "checkout",
                    place: witness.place.clone(),
                    what: format!(
                        "{} was given event {}, which {says}",
                        root.display(),
                        witness.moment.seq
                    ),
                    fix: None,
                    hint: Some("see what is said of the journal".to_owned()),
                });
            }
        }
        Ok(())
    }

    fn witnesses_that_differ(&self) -> impl Iterator<Item = (&Witness, Testimony)> {
        let all = self.survey.witnesses.iter();
        all.map(|witness| (witness, self.survey.testimony(witness)))
            .filter(|(_, testimony)| *testimony != Testimony::Agrees)
    }
}

/// What is wrong with the texts that are kept beside the records of checkouts that stay.
fn of_texts(checkouts: &Checkouts, records: &[CheckoutRecord]) -> Result<Vec<Finding>, StoreError> {
    let found = |place: PathBuf, what: &str| Finding {
        code: "text",
        place,
        what: what.to_owned(),
        fix: Some("moves it to the quarantine".to_owned()),
        hint: None,
    };
    let strays = checkouts.stray_texts(records.iter())?.into_iter();
    let damaged = checkouts.damaged_texts(records.iter()).into_iter();
    let mut findings: Vec<Finding> = strays
        .map(|place| {
            found(
                place,
                "the text of a plan file that was taken in, which no checkout's record names",
            )
        })
        .collect();
    findings.extend(damaged.map(|place| {
        found(place, "the text of a plan file that was taken in is garbled; its next edit is compared with what was rendered there before")
    }));
    Ok(findings)
}

/// What is wrong with the store's own lines and rows. Lines that lead to the same event along the
/// chain are the same lines, so that its head is the journal's event is all there is to compare.
fn wrong_with_store(index: &Index, survey: &Survey) -> Result<Option<String>, StoreError> {
    let Some(mark) = index.mark()? else {
        return Ok(None);
    };
    match index.check(mark.head.seq) {
        Ok(()) => {}
        Err(error) => return error.of_store().map(Some),
    }
    let mut lines = StoreLines::new(Some(index));
    let mut verifier = Verifier::with_links(Links::new().watching(lines.fork_points()));
    for seq in 0..=mark.head.seq.0 {
        let Some(line) = lines.line(Seq(seq)) else {
            return Ok(Some(format!("it has lost event {seq}")));
        };
        if let Err(fault) = verifier.line(&line) {
            return Ok(Some(format!(
                "its copy of event {seq} is damaged: {}",
                fault.kind
            )));
        }
    }
    let same = verifier.head().map(|head| head.id) == Some(mark.head.id);
    let well = same || survey.found.fork.is_some();
    Ok((!well).then(|| "its lines do not lead to its own head".to_owned()))
}

/// What is a file and should be a folder, or the other way round: nothing can be looked at before
/// it is out of the way.
pub(super) fn of_kinds(layout: &Layout) -> Vec<Finding> {
    let found = |place: PathBuf, what: &str| Finding {
        code: "kind",
        place,
        what: what.to_owned(),
        fix: Some("moves it to the quarantine".to_owned()),
        hint: None,
    };
    let files = [
        layout.lock(),
        lock::turnstile(&layout.lock()),
        layout.journal(),
        // Where their next versions are written.
        small_file::beside(&layout.journal()),
        small_file::beside(&layout.config()),
        small_file::beside(&layout.head()),
        small_file::beside(&layout.state()),
    ]
    .into_iter();
    let folders = [
        layout.quarantine(),
        layout.store(),
        layout.checkouts(),
        layout.spool(),
    ]
    .into_iter();
    let kind = |place: &PathBuf| {
        fs::metadata(place)
            .ok()
            .map(|meta| (meta.is_file(), meta.is_dir()))
    };
    let mut findings: Vec<Finding> = files
        .filter(|place| kind(place).is_some_and(|(is_file, _)| !is_file))
        .map(|place| found(place, "it is not a file"))
        .collect();
    findings.extend(
        folders
            .filter(|place| kind(place).is_some_and(|(_, is_folder)| !is_folder))
            .map(|place| found(place, "it is not a folder")),
    );
    findings
}

/// What is wrong with the configuration.
pub(super) fn of_config(layout: &Layout) -> Result<Option<Finding>, StoreError> {
    let found = |what: String| Finding {
        code: "config",
        place: layout.config(),
        what,
        fix: Some("writes a new one, with a new writer id; the old one is kept".to_owned()),
        hint: None,
    };
    match layout.open() {
        Ok(config) if config.is_incomplete() => Ok(Some(Finding {
            code: "config-old",
            fix: Some("adds them, as the next command that writes does".to_owned()),
            ..found("an earlier version wrote it, without a check of its own or the secret that changes beside a plan are checked with".to_owned())
        })),
        Ok(_) => Ok(None),
        Err(StoreError::NoLedger(_)) if layout.has_history() => {
            Ok(Some(found("it is missing".to_owned())))
        }
        // A later form of the ledger is nothing to put right.
        Err(error @ StoreError::Config { .. }) if layout.is_newer() => Err(error),
        Err(StoreError::Config { what, .. }) => Ok(Some(found(what))),
        Err(error) => Err(error),
    }
}
