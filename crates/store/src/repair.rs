//! What can be done about a ledger that does not open: look at all of it, put right what loses
//! nothing, make one copy anew from the other. Nothing is deleted; what is replaced goes to the
//! quarantine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ledger_core::codec::MAX_LINE;
use ledger_core::{Digest, Head, Seq, Time, Verifier, WriterId};

use crate::checkouts::Checkouts;
use crate::disk::Options;
use crate::error::{StoreError, events};
use crate::head::{self, HeadFile, Mark};
use crate::index::{Absorbed, Index};
use crate::journal::Journal;
use crate::layout::{Config, FORMAT, Layout};
use crate::lock::{self, Lock};
use crate::mend;
use crate::quarantine;
use crate::reconcile::{Action, Consent, Refusal, decide};
use crate::small_file;
use crate::survey::{Source, Survey, Testimony};
use crate::weave::StoreLines;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable name of its kind.
    pub code: &'static str,
    /// The file or directory.
    pub place: PathBuf,
    /// What is wrong, and what that means.
    pub what: String,
    /// What putting it right does; `None` where that is for somebody to decide.
    pub fix: Option<String>,
    /// What somebody can do instead.
    pub hint: Option<String>,
}

/// Something in the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it is.
    pub place: PathBuf,
    /// Why it went there.
    pub why: String,
}

/// A change that waits in the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its file.
    pub place: PathBuf,
    /// For how long.
    pub age: Duration,
}

/// Everything that was looked at.
#[derive(Debug, Clone)]
pub struct Checkup {
    /// The ledger's directory.
    pub directory: PathBuf,
    /// The last event of the history that can be read, from both copies.
    pub head: Option<Head>,
    /// How many events the store has; `None` where there is none.
    pub absorbed: Option<u64>,
    /// How many checkouts have a record.
    pub checkouts: usize,
    /// Who is named in the lock file though nobody holds the lock: a process that was killed.
    pub was_holder: Option<lock::Holder>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// What lies in the quarantine.
    pub quarantine: Vec<Kept>,
    /// What waits in the spool.
    pub spool: Vec<Waiting>,
}

/// Makes a ledger of a journal that was verified, in a project that has none yet, or one without
/// events. What there is then is all of it, or nothing.
///
/// # Errors
/// [`StoreError::Exists`] if there is a history, [`StoreError::BadLine`] if `journal` is not what
/// was verified: its last event must be `head`.
pub fn import(
    layout: &Layout,
    options: &Options,
    config: &NewConfig,
    mut journal: impl io::Read,
    head: &Head,
) -> Result<(), StoreError> {
    let exists = || StoreError::Exists(layout.directory().to_owned());
    fs::create_dir_all(layout.directory()).map_err(StoreError::io("create", layout.directory()))?;
    layout.refuse_foreign_owner()?;
    let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
    let path = layout.journal();
    let is_empty = |path: &Path| fs::metadata(path).map_or(true, |meta| meta.len() == 0);
    if !is_empty(&path) || layout.store().exists() || layout.head().exists() {
        return Err(exists());
    }
    let temporary = path.with_extension("jsonl.new");
    let write = || -> io::Result<()> {
        let mut file = fs::File::create(&temporary)?;
        io::copy(&mut journal, &mut file)?;
        file.sync_all()
    };
    let written = { write }();
    written.map_err(StoreError::io("write", &temporary))?;
    let imported = Journal::open(temporary.clone())?;
    let mut replay = imported.replay(None, 0)?;
    // The ledger is as old as its first event, not as this copy: git's commits from before it
    // are told from edits by that.
    let first = replay.next_batch()?;
    let created = first.map_or(config.now, |batch| batch.events()[0].event.header.time);
    while replay.next_batch()?.is_some() {}
    if replay.head() != Some(head) || replay.verified() != imported.length() {
        return Err(StoreError::NotMended {
            path: temporary,
            what: "it was read otherwise the second time".to_owned(),
        });
    }
    if !layout.config().exists() {
        layout.write_config(&Config {
            format: FORMAT,
            writer: config.writer.clone(),
            created,
            home: config.home.clone(),
            spool_key: Some(config.spool_key),
        })?;
    }
    // From here on there is a ledger, and it has all of its history.
    mend::swap_in(&temporary, &path)?;
    if let Some(parent) = layout.directory().parent() {
        small_file::sync_directory(parent)?;
    }
    write_head(layout, &Journal::open(path)?, Some(head.clone()))
}

/// What was done, each in words.
pub type Done = Vec<String>;

/// How far a repair may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Whatever loses nothing.
    Lossless,
    /// What is gone is given up; what knows of it is kept in the quarantine.
    AcceptLoss,
}

/// What a new configuration needs, where the old one is lost.
#[derive(Debug, Clone)]
pub struct NewConfig {
    /// This copy's name as a writer from now on.
    pub writer: WriterId,
    /// The project it belongs to, where its place does not say so.
    pub home: Option<PathBuf>,
    /// When the directory was made, if the journal does not say.
    pub now: Time,
    /// A new secret.
    pub spool_key: Digest,
}

/// A ledger that is being looked at, with its lock held.
struct Patient<'a> {
    layout: &'a Layout,
    options: &'a Options,
    _lock: Lock,
    journal: Journal,
    store: OpenedStore,
    survey: Survey,
}

enum OpenedStore {
    None,
    Open(Box<Index>),
    Broken(String),
}

impl OpenedStore {
    fn open(layout: &Layout, options: &Options) -> Result<Self, StoreError> {
        if !layout.store().exists() {
            return Ok(Self::None);
        }
        match Index::open(&layout.store(), options.cache_bytes) {
            Ok(index) => match index.mark() {
                Ok(_) => Ok(Self::Open(Box::new(index))),
                Err(StoreError::StoreDamaged { what, .. }) => Ok(Self::Broken(what)),
                Err(error) => Err(error),
            },
            Err(StoreError::StoreDamaged { what, .. }) => Ok(Self::Broken(what)),
            Err(error) => Err(error),
        }
    }

    fn index(&self) -> Option<&Index> {
        match self {
            Self::Open(index) => Some(index),
            Self::None | Self::Broken(_) => None,
        }
    }
}

impl<'a> Patient<'a> {
    fn new(layout: &'a Layout, options: &'a Options) -> Result<Self, StoreError> {
        let lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
        let journal = Journal::open(layout.journal())?;
        let store = OpenedStore::open(layout, options)?;
        let survey = Survey::take(layout, &journal, store.index())?;
        Ok(Self {
            layout,
            options,
            _lock: lock,
            journal,
            store,
            survey,
        })
    }

    fn findings(&self) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        findings.extend(self.of_history());
        self.of_head(&mut findings);
        self.of_store(&mut findings)?;
        self.of_state(&mut findings);
        self.of_checkouts(&mut findings)?;
        Ok(findings)
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
        let loss = format!(
            "restore journal.jsonl from a copy, or go on with the {left} events that are left: `ledger doctor --fix --accept-loss`"
        );
        let refused = |refusal| self.survey.error(self.layout, refusal).to_string();
        match action {
            Action::Keep => None,
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

    fn of_head(&self, findings: &mut Vec<Finding>) {
        let place = self.layout.head();
        let mark = head::read(&place).ok().flatten().map(|file| file.mark);
        let what = match (&mark, &self.survey.woven.head) {
            _ if self.survey.head_is_foreign => "it is another ledger's",
            (None, None) => return,
            (None, Some(_)) if place.exists() => "it is garbled; opening has to verify the journal",
            (None, Some(_)) => "it is missing; opening has to verify the journal",
            (Some(mark), Some(head)) if mark.head.seq < head.seq => {
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
            OpenedStore::None => {}
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
        if place.exists() && !small_file::read(&place, u64::MAX).is_ok_and(|text| text.is_some()) {
            findings.push(Finding {
                code: "state",
                place,
                what: "the cached plan is garbled; the next command folds it anew".to_owned(),
                fix: Some("moves it to the quarantine".to_owned()),
                hint: None,
            });
        }
    }

    fn of_checkouts(&self, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
        for (place, record) in Checkouts::new(self.layout.checkouts()).all()? {
            let aside = Some("moves it to the quarantine".to_owned());
            let what = match record {
                None => "a checkout's record is garbled; its plan file is compared with the nearest known text".to_owned(),
                Some(record) if !record.root.exists() => {
                    format!("the checkout at {} is gone", record.root.display())
                }
                Some(_) => continue,
            };
            findings.push(Finding {
                code: "checkout",
                place,
                what,
                fix: aside,
                hint: None,
            });
        }
        for witness in &self.survey.witnesses {
            let Source::Record(root) = &witness.source else {
                continue;
            };
            let says = match self.survey.testimony(witness) {
                Testimony::Agrees => continue,
                Testimony::Other => "is another one",
                Testimony::Beyond => "is gone",
            };
            let known = findings.iter().any(|found| found.place == witness.place);
            if !known {
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

    fn fix(mut self, extent: Extent) -> Result<Done, StoreError> {
        let consent = match extent {
            Extent::Lossless => Consent::Repair,
            Extent::AcceptLoss => Consent::Loss,
        };
        let mut done = Vec::new();
        let findings = self.findings()?;
        for finding in &findings {
            // A record that is garbled, or of a checkout that is gone, and a garbled cache.
            let name = match finding.code {
                "checkout" if finding.fix.is_some() => "checkout-record",
                "state" => "state",
                _ => continue,
            };
            done.push(aside(self.layout, name, &finding.place, &finding.what)?);
        }
        let action = decide(&self.survey.found, consent);
        if matches!(action, Action::Refuse(_)) {
            return Ok(done);
        }
        let head_lags = findings.iter().any(|found| found.code == "head");
        if action != Action::Keep {
            self.journal = Journal::open_for_append(self.layout.journal())?;
            done.extend(mend::carry_out(
                self.layout,
                &mut self.journal,
                &self.survey,
                self.store.index(),
                action,
            )?);
        }
        let given_up = self.survey.found.known > self.survey.found.together
            || self.survey.found.contradicted.is_some();
        let broken = findings.iter().find(|found| found.code == "store");
        let broken = broken.map(|found| found.what.clone());
        self.store = OpenedStore::None;
        if extent == Extent::AcceptLoss {
            done.extend(mend::put_witnesses_aside(self.layout, &self.survey)?);
        }
        if action != Action::Keep || given_up || head_lags {
            write_head(self.layout, &self.journal, self.survey.woven.head.clone())?;
            if head_lags {
                done.push("head was written anew".to_owned());
            }
        }
        if let Some(what) = broken.filter(|_| self.layout.store().exists()) {
            done.extend(refill(self.layout, self.options, &self.journal, &what)?);
        }
        Ok(done)
    }
}

/// Looks at all of a ledger. Changes nothing.
///
/// # Errors
/// [`StoreError`] if it cannot be looked at: it is not there, somebody else's, or locked.
pub fn examine(layout: &Layout, options: &Options) -> Result<Checkup, StoreError> {
    let mut findings = Vec::new();
    findings.extend(of_config(layout)?);
    findings.extend(layout.denied().into_iter().map(|(place, what)| Finding {
        code: "permissions",
        place,
        what,
        fix: None,
        hint: Some("give it to the ledger's owner, with the right to read and write".to_owned()),
    }));
    let was_holder = lock::holder(&layout.lock());
    let patient = Patient::new(layout, options)?;
    findings.extend(patient.findings()?);
    let absorbed = match &patient.store {
        OpenedStore::Open(index) => Some(index.mark()?.map_or(0, |mark| mark.head.seq.0 + 1)),
        OpenedStore::None | OpenedStore::Broken(_) => None,
    };
    Ok(Checkup {
        directory: layout.directory().to_owned(),
        head: patient.survey.woven.head,
        absorbed,
        checkouts: Checkouts::new(layout.checkouts()).all()?.len(),
        findings,
        was_holder,
        quarantine: quarantine::list(&layout.quarantine())
            .into_iter()
            .map(|(place, why)| Kept { place, why })
            .collect(),
        spool: waiting(&layout.spool()),
    })
}

/// Puts right what was found. What is left then, [`examine`] says.
///
/// # Errors
/// [`StoreError`]; what was done until then stands.
pub fn fix(
    layout: &Layout,
    options: &Options,
    extent: Extent,
    config: &NewConfig,
) -> Result<Done, StoreError> {
    let mut done = Vec::new();
    if let Some(found) = of_config(layout)?
        && found.fix.is_some()
    {
        let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
        if layout.config().exists() {
            done.push(aside(layout, "config.json", &layout.config(), &found.what)?);
        }
        let journal = Journal::open(layout.journal())?;
        let first = journal.replay(None, 0)?.next_batch()?;
        let made = first.map_or(config.now, |batch| batch.events()[0].event.header.time);
        layout.write_config(&Config {
            format: FORMAT,
            writer: config.writer.clone(),
            created: made,
            home: config.home.clone(),
            spool_key: Some(config.spool_key),
        })?;
        done.push("config.json was written anew, with a new writer id".to_owned());
    }
    done.extend(Patient::new(layout, options)?.fix(extent)?);
    Ok(done)
}

/// Fills a new store from the journal, whatever the old one has. How many events it has then.
///
/// # Errors
/// [`StoreError::BadLine`] if the journal does not verify; nothing is changed then.
pub fn rebuild_store(layout: &Layout, options: &Options) -> Result<(u64, Done), StoreError> {
    layout.open()?;
    let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
    let mut journal = Journal::open_for_append(layout.journal())?;
    let survey = Survey::take(layout, &journal, None)?;
    let mut done = Vec::new();
    // The store is not asked, nor what was made from it; `head` and the checkouts are.
    match decide(&survey.found, Consent::Passing) {
        Action::Refuse(refusal) => return Err(survey.error(layout, refusal)),
        action => done.extend(mend::carry_out(
            layout,
            &mut journal,
            &survey,
            None,
            action,
        )?),
    }
    done.extend(refill(
        layout,
        options,
        &journal,
        "a rebuild was asked for",
    )?);
    let events = survey.woven.events();
    write_head_with(layout, &journal, survey.woven.head, events)?;
    Ok((events, done))
}

/// Makes the journal anew from the store, whatever the old one has. How many events it has then.
///
/// # Errors
/// [`StoreError::StoreDamaged`] if the store does not have a whole history, or less of it than
/// the journal; [`StoreError::Gone`] or [`StoreError::Contradicted`] if `head` or a checkout knows
/// events that it does not have, unless that is accepted. Nothing is changed then.
pub fn rebuild_journal(
    layout: &Layout,
    options: &Options,
    extent: Extent,
) -> Result<(u64, Done), StoreError> {
    layout.open()?;
    let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
    let damaged = |what: String| StoreError::StoreDamaged {
        path: layout.store(),
        what,
    };
    let store = match OpenedStore::open(layout, options)? {
        OpenedStore::Open(index) => index,
        OpenedStore::None => return Err(damaged("it is not there".to_owned())),
        OpenedStore::Broken(what) => return Err(damaged(what)),
    };
    let Some(mark) = store.mark()? else {
        return Err(damaged("it has no events".to_owned()));
    };
    let path = layout.journal();
    let survey = Survey::take(layout, &Journal::open(path.clone())?, Some(&store))?;
    let last = mark.head.seq;
    if survey.found.fork.is_none() && survey.found.together > last.0 + 1 {
        return Err(damaged(format!(
            "it has {} events, and the journal {} good ones; `ledger doctor --fix` puts both together",
            last.0 + 1,
            survey.found.together
        )));
    }
    let temporary = path.with_extension("jsonl.new");
    let head = write_lines_of(&store, last, &temporary)?;
    if head.as_ref().map(|head| head.id) != Some(mark.head.id) {
        return Err(damaged("its lines do not lead to its own head".to_owned()));
    }
    let made = Survey::take(layout, &Journal::open(temporary.clone())?, None)?;
    if let (Extent::Lossless, Action::Refuse(refusal)) =
        (extent, decide(&made.found, Consent::Passing))
    {
        return Err(made.error(layout, refusal));
    }
    let mut done = Vec::new();
    if path.exists() {
        let note = "the journal was made anew from the store";
        let place = quarantine::keep_copy(&layout.quarantine(), "journal.jsonl", &path, note)?;
        done.push(format!("the old journal is at {}", place.display()));
    }
    mend::swap_in(&temporary, &path)?;
    let journal = Journal::open(path)?;
    let survey = Survey::take(layout, &journal, Some(&store))?;
    // What the old journal's head knew is kept as well.
    done.extend(mend::put_witnesses_aside(layout, &survey)?);
    write_head_with(layout, &journal, head, last.0 + 1)?;
    store.close()?;
    Ok((last.0 + 1, done))
}

/// What is wrong with the store's own lines and rows. Lines that lead to the same event along the
/// chain are the same lines, so that its head is the journal's event is all there is to compare.
fn wrong_with_store(index: &Index, survey: &Survey) -> Result<Option<String>, StoreError> {
    let Some(mark) = index.mark()? else {
        return Ok(None);
    };
    match index.check(mark.head.seq) {
        Ok(()) => {}
        Err(StoreError::StoreDamaged { what, .. }) => return Ok(Some(what)),
        Err(error) => return Err(error),
    }
    let mut lines = StoreLines::new(Some(index));
    let mut verifier = Verifier::new();
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

fn write_lines_of(store: &Index, last: Seq, to: &Path) -> Result<Option<Head>, StoreError> {
    use io::Write;
    let mut lines = StoreLines::new(Some(store));
    let mut verifier = Verifier::new();
    let io = || StoreError::io("write", to);
    let file = fs::File::create(to).map_err(io())?;
    let mut out = io::BufWriter::with_capacity(1 << 16, file);
    for seq in 0..=last.0 {
        let line = lines.line(Seq(seq)).filter(|line| line.len() <= MAX_LINE);
        let good = line.filter(|line| verifier.line(line).is_ok());
        let Some(line) = good else {
            return Err(StoreError::StoreDamaged {
                path: store.path().to_owned(),
                what: format!("its copy of event {seq} is lost or damaged"),
            });
        };
        out.write_all(&line).map_err(io())?;
    }
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(io())?;
    Ok(verifier.head().cloned())
}

/// Moves the store away and fills a new one.
fn refill(
    layout: &Layout,
    options: &Options,
    journal: &Journal,
    why: &str,
) -> Result<Done, StoreError> {
    let mut done = Vec::new();
    if layout.store().exists() {
        done.push(aside(layout, "store", &layout.store(), why)?);
    }
    let index = Index::open(&layout.store(), options.cache_bytes)?;
    if let Absorbed::UpTo(count) = index.absorb(journal)? {
        done.push(format!("the store was filled anew with {count} events"));
    }
    index.close()?;
    Ok(done)
}

fn aside(layout: &Layout, name: &str, place: &Path, why: &str) -> Result<String, StoreError> {
    let to = quarantine::move_away(&layout.quarantine(), name, place, why)?;
    Ok(format!(
        "{} is at {} ({why})",
        place.display(),
        to.display()
    ))
}

fn write_head(layout: &Layout, journal: &Journal, head: Option<Head>) -> Result<(), StoreError> {
    write_head_with(layout, journal, head, 0)
}

fn write_head_with(
    layout: &Layout,
    journal: &Journal,
    head: Option<Head>,
    absorbed: u64,
) -> Result<(), StoreError> {
    let place = layout.head();
    // What stands there instead of a file is kept too.
    if fs::symlink_metadata(&place).is_ok_and(|meta| !meta.is_file()) {
        aside(layout, "head", &place, "it is not a file")?;
    }
    match head {
        Some(head) => {
            let mark = Mark::new(journal, head, journal.length())?;
            head::write(&place, &HeadFile { mark, absorbed })
        }
        None => Ok(()),
    }
}

/// What is wrong with the configuration.
fn of_config(layout: &Layout) -> Result<Option<Finding>, StoreError> {
    let found = |what: String| Finding {
        code: "config",
        place: layout.config(),
        what,
        fix: Some("writes a new one, with a new writer id; the old one is kept".to_owned()),
        hint: None,
    };
    match layout.open() {
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

fn waiting(directory: &Path) -> Vec<Waiting> {
    let now = SystemTime::now();
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut waiting: Vec<Waiting> = entries
        .map(|entry| {
            let written = entry.metadata().and_then(|meta| meta.modified());
            Waiting {
                place: entry.path(),
                age: written
                    .ok()
                    .and_then(|at| now.duration_since(at).ok())
                    .unwrap_or_default(),
            }
        })
        .collect();
    waiting.sort_by(|a, b| a.place.cmp(&b.place));
    waiting
}
