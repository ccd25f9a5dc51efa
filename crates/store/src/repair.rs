//! What can be done about a ledger that does not open: look at all of it, put right what loses
//! nothing, make one copy anew from the other. Nothing is deleted; what is replaced goes to the
//! quarantine.

mod examine;
mod import;
mod rebuild;
mod shelter;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ledger_core::{Digest, Head, Seq, Time, WriterId};

use crate::checkouts::{Checkouts, Moment};
use crate::config::Config;
use crate::disk::Options;
use crate::error::StoreError;
use crate::head::{self, HeadFile, Mark};
use crate::index::{Absorbed, Index};
use crate::journal::Journal;
use crate::layout::Layout;
use crate::lock::{self, Lock};
use crate::mend;
use crate::quarantine;
use crate::reconcile::{Action, Consent, decide};
use crate::redaction;
use crate::spool::Spool;
use crate::survey;

pub use import::import;
pub use rebuild::{rebuild_journal, rebuild_store};
pub use shelter::{exposed, shelter};

use examine::{Patient, of_config, of_kinds};

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

impl Extent {
    const fn consent(self) -> Consent {
        match self {
            Self::Lossless => Consent::Repair,
            Self::AcceptLoss => Consent::Loss,
        }
    }
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

enum OpenedStore {
    None,
    /// It is there, and without the lock nobody may open it.
    Shut,
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
                Err(error) => error.of_store().map(Self::Broken),
            },
            Err(error) => error.of_store().map(Self::Broken),
        }
    }

    fn index(&self) -> Option<&Index> {
        match self {
            Self::Open(index) => Some(index),
            Self::None | Self::Shut | Self::Broken(_) => None,
        }
    }
}

impl Patient<'_> {
    /// Takes out what the history says was redacted. The store is closed.
    fn finish_redaction(&mut self) -> Result<Done, StoreError> {
        let named = redaction::named(&self.journal)?;
        redaction::carry_out(self.layout, &self.journal, &named, None)?;
        self.journal = Journal::open_for_append(self.layout.journal())?;
        write_head(self.layout, &self.journal, self.survey.woven.head.clone())?;
        Ok(vec![
            "what was redacted is gone from the journal and the store".to_owned(),
        ])
    }

    fn fix(mut self, extent: Extent) -> Result<Done, StoreError> {
        let mut done = Vec::new();
        let findings = self.findings()?;
        for finding in &findings {
            // A record that is garbled, or of a checkout that is gone, a text that belongs to none, a
            // garbled cache, and what was to wait and makes no sense.
            let name = match finding.code {
                "checkout" if finding.fix.is_some() => "checkout-record",
                "text" => "plan-text",
                "state" => "state",
                "spool" if finding.fix.is_some() => "change",
                _ => continue,
            };
            done.push(aside(self.layout, name, &finding.place, &finding.what)?);
        }
        let action = decide(&self.survey.found, extent.consent());
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
        if findings.iter().any(|found| found.code == "redaction") {
            done.extend(self.finish_redaction()?);
        }
        if let Some(what) = broken.filter(|_| self.layout.store().exists()) {
            done.extend(refill(self.layout, self.options, &self.journal, &what)?);
        }
        Ok(done)
    }
}

/// Looks at all of a ledger. Changes nothing. Where nobody may write here, the store stays closed.
///
/// # Errors
/// [`StoreError`] if it cannot be looked at: it is not there, somebody else's, or locked.
pub fn examine(layout: &Layout, options: &Options) -> Result<Checkup, StoreError> {
    let mut findings = Vec::new();
    findings.extend(of_config(layout)?);
    findings.extend(shelter::of_ignore(layout));
    findings.extend(layout.denied().into_iter().map(|(place, what)| Finding {
        code: "permissions",
        place,
        what,
        fix: None,
        hint: Some("give it to the ledger's owner, with the right to read and write".to_owned()),
    }));
    let misplaced = of_kinds(layout);
    let mut checkup = Checkup {
        directory: layout.directory().to_owned(),
        head: None,
        absorbed: None,
        checkouts: 0,
        findings,
        was_holder: lock::holder(&layout.lock()),
        quarantine: quarantine::list(&layout.quarantine())
            .into_iter()
            .map(|(place, why)| Kept { place, why })
            .collect(),
        spool: waiting(layout),
    };
    if !misplaced.is_empty() {
        checkup.findings.extend(misplaced);
        return Ok(checkup);
    }
    let patient = match Patient::new(layout, options) {
        Err(error) if error.is_denied() => Patient::without_lock(layout, options)?,
        locked => locked?,
    };
    checkup.findings.extend(patient.findings()?);
    if let OpenedStore::Open(index) = &patient.store {
        checkup.absorbed = Some(index.mark()?.map_or(0, |mark| mark.head.seq.0 + 1));
    }
    checkup.head = patient.survey.woven.head;
    checkup.checkouts = Checkouts::new(layout.checkouts()).all()?.len();
    Ok(checkup)
}

/// What `head`, the store's note and the records of checkouts know of the history, each with its
/// name, as far as they can be read. Takes no lock, and leaves the store closed.
#[must_use]
pub fn remembered(layout: &Layout) -> Vec<(Moment, String)> {
    let witnesses = survey::readable(layout).into_iter();
    witnesses.map(|one| (one.moment, one.name())).collect()
}

/// The first event of the journal that has what the history says was redacted: a redaction broke
/// off, or an older copy was put back. Takes no lock.
///
/// # Errors
/// [`StoreError`] if the journal cannot be read, or is damaged.
pub fn unredacted(layout: &Layout) -> Result<Option<Seq>, StoreError> {
    let journal = Journal::open(layout.journal())?;
    redaction::pending(&journal, &redaction::named(&journal)?)
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
    // Among them may be the lock itself, which nobody can have then.
    for found in of_kinds(layout) {
        if found.place == layout.quarantine() {
            let place = quarantine::make(&found.place)?.unwrap_or_default();
            done.push(kept(&found.place, &place, &found.what));
            continue;
        }
        let name = found
            .place
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        done.push(aside(layout, &name, &found.place, &found.what)?);
    }
    let of_config = of_config(layout)?;
    if of_config
        .as_ref()
        .is_some_and(|found| found.code == "config-old")
    {
        let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
        layout.complete(layout.open()?, config.spool_key)?;
        done.push("config.json has a check and a secret of its own".to_owned());
    } else if let Some(found) = of_config
        && found.fix.is_some()
    {
        let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
        let secret = layout.spool_key_of_damaged();
        if layout.config().exists() {
            done.push(aside(layout, "config.json", &layout.config(), &found.what)?);
        }
        let journal = Journal::open(layout.journal())?;
        let first = journal.replay(None, 0)?.next_batch()?;
        let made = first.map_or(config.now, |batch| batch.events()[0].event.header.time);
        layout.write_config(&Config::new(
            config.writer.clone(),
            made,
            config.home.clone(),
            secret.unwrap_or(config.spool_key),
        ))?;
        done.push(match secret {
            Some(_) => "config.json was written anew, with a new writer id".to_owned(),
            None => "config.json was written anew, with a new writer id and a new secret: what was put beside a plan before is not taken in any more, and stays there".to_owned(),
        });
    }
    if layout.is_seen_by_git() {
        layout.hide_from_git()?;
        done.push(".gitignore was written, so that git leaves the ledger alone".to_owned());
    }
    done.extend(Patient::new(layout, options)?.fix(extent)?);
    Ok(done)
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
    Ok(kept(place, &to, why))
}

fn kept(place: &Path, to: &Path, why: &str) -> String {
    format!("{} is at {} ({why})", place.display(), to.display())
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
            // Whoever wrote its end may have been killed before it was durable.
            journal.sync()?;
            let mark = Mark::new(journal, head, journal.length())?;
            let straight = false;
            let file = HeadFile {
                mark,
                absorbed,
                straight,
            };
            head::write(&place, &file)
        }
        None => Ok(()),
    }
}

/// The spool of a ledger, as far as its configuration and its records can be read.
#[must_use]
pub fn spool(layout: &Layout) -> Spool {
    let key = layout.open().ok().and_then(|config| config.spool_key);
    let known = Checkouts::new(layout.checkouts()).all().unwrap_or_default();
    let roots = known
        .into_iter()
        .filter_map(|(_, record)| Some(record?.root));
    Spool::new(layout, key, roots)
}

fn waiting(layout: &Layout) -> Vec<Waiting> {
    let now = SystemTime::now();
    // What is in the way of a folder is a finding of its own.
    let waiting = spool(layout)
        .contents()
        .unwrap_or_default()
        .waiting
        .into_iter();
    let waiting = waiting.map(|change| {
        let put = fs::metadata(&change.path).and_then(|meta| meta.modified());
        let age = put.ok().and_then(|at| now.duration_since(at).ok());
        Waiting {
            place: change.path,
            age: age.unwrap_or_default(),
        }
    });
    waiting.collect()
}
