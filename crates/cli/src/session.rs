//! One command's dealings with a ledger: find it, read the plan, record changes, write the
//! plan files.

mod beforehand;
mod commit;
pub(crate) mod commits;
mod files;
mod history;
mod identify;
mod indexes;
mod kept;
mod last_change;
mod projections;
mod promised;
mod publish;
mod redact;
mod reference;
mod request;
mod rules;
pub(crate) mod rules_file;
mod trail;
mod versions;
mod waiting;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ledger_core::{Batch, Digest, Plan, Verified};
use ledger_store::checkouts::{CheckoutRecord, Checkouts, Rendered};
use ledger_store::{
    Config, DiskStore, Layout, Options, Place, Store, StoreError, git, locate, resolve_plan_path,
};

use crate::args::Global;
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::outside;

use indexes::Appended;
use kept::Kept;

pub(crate) use beforehand::whereabouts;
pub(crate) use commit::Committed;
pub(crate) use files::FileState;
pub(crate) use identify::{Found, Near, Sameness};
pub(crate) use promised::is_there;
pub(crate) use redact::{Place as RedactedPlace, Redacted, Sight, What};
pub(crate) use reference::TimeOrMoment;
pub(crate) use request::{Claims, Given, Request, asked, carry_out, command_digest};
pub(crate) use trail::Life;
use waiting::Progress;
pub(crate) use waiting::{hindrance, postpone};

/// An open ledger.
pub(crate) struct Session {
    place: Place,
    config: Config,
    access: Access,
    wait: Duration,
    store: DiskStore,
    kept: Kept,
    /// What was at the head before the last change: freed with the process, as the rest is.
    former: Kept,
    checkouts: Checkouts,
    checkout: CheckoutRecord,
    /// Whether the record on disk names texts that are kept beside it.
    has_texts: bool,
    arrivals: Vec<String>,
    /// What is wrong with files of rules.
    warnings: Vec<Failure>,
    /// What was recorded of the rules when it was opened.
    ruled: Vec<Verified<Batch>>,
    /// The last batch that it appended.
    appended: Option<Appended>,
}

impl Drop for Session {
    /// Says what was healed and taken in on the way, once the lock is given back: whoever reads it
    /// may do so slowly, or not at all. The memory is the process's to give back, all at once:
    /// freeing a large plan line by line would take longer than reading it.
    fn drop(&mut self) {
        say_notices(&mut self.store);
        say(&self.arrivals);
        for warning in &self.warnings {
            // There is nowhere to report a failing standard error to.
            let _ = warning.warn(anstream::stderr());
        }
        std::mem::forget(std::mem::take(&mut self.kept));
        std::mem::forget(std::mem::take(&mut self.former));
    }
}

/// Whether a session may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only looks; other processes may write meanwhile.
    Read,
    /// It only compares the plan files with what the ledger has of them.
    Compare,
    /// It holds the lock until it ends.
    Write,
}

impl Session {
    /// Opens the ledger that the current folder belongs to.
    pub(crate) fn open(global: &Global, access: Access) -> Result<Self, Failure> {
        let place = place(global)?;
        if !place.layout.exists() {
            return Err(StoreError::NoLedger(place.root).into());
        }
        Self::at(place, global, access)
    }

    /// Opens the ledger that the current folder belongs to, to look at it; `None` where there is
    /// none.
    pub(crate) fn open_if_any(global: &Global) -> Option<Result<Self, Failure>> {
        match place(global) {
            Ok(place) if place.layout.exists() => Some(Self::at(place, global, Access::Read)),
            Ok(_) => None,
            Err(failure) => Some(Err(failure)),
        }
    }

    /// Opens the ledger at a place that has one. One that is to write takes in what waits first.
    pub(crate) fn at(mut place: Place, global: &Global, access: Access) -> Result<Self, Failure> {
        let mut progress = Progress::default();
        let mut first: Option<(Vec<Verified<Batch>>, Vec<Failure>)> = None;
        loop {
            let mut session = Self::opened(place, global, access)?;
            if access != Access::Write {
                return Ok(session);
            }
            match first.take() {
                Some(known) => (session.ruled, session.warnings) = known,
                // What waits is judged by the rules of now, like everything else.
                None => session.settle_rules()?,
            }
            if !session.take_in(&mut progress) {
                return Ok(session);
            }
            first = Some((
                std::mem::take(&mut session.ruled),
                std::mem::take(&mut session.warnings),
            ));
            // The next one, of whatever process, is to start from here.
            if let Err(failure) = session.settle() {
                session.arrivals.push(failure.message().to_owned());
            }
            place = session.place.clone();
        }
    }

    fn opened(place: Place, global: &Global, access: Access) -> Result<Self, Failure> {
        let config = place.layout.open()?;
        let wait = Duration::from_secs_f64(global.wait);
        let store = store(&place, access, wait)?;
        let checkouts = Checkouts::new(place.layout.checkouts());
        let checkout = checkout(&checkouts, &place)?;
        let has_texts = checkout.texts().next().is_some();
        let mut session = Self {
            place,
            config,
            access,
            wait,
            store,
            kept: Kept::default(),
            former: Kept::default(),
            checkouts,
            checkout,
            has_texts,
            arrivals: Vec::new(),
            warnings: Vec::new(),
            ruled: Vec::new(),
            appended: None,
        };
        session.store.compare(&session.checkout)?;
        session.load()?;
        session.settle_taking()?;
        if access == Access::Write {
            session.complete_config();
        }
        Ok(session)
    }

    /// Gives the configuration of a ledger that an earlier version made what it lacks. What is asked
    /// for now does not need it.
    fn complete_config(&mut self) {
        if !self.config.is_incomplete() {
            return;
        }
        let completed = outside::entropy().and_then(|secret| {
            let secret = Digest::from_bytes(secret);
            Ok(self.place.layout.complete(self.config.clone(), secret)?)
        });
        match completed {
            Ok(config) => self.config = config,
            Err(failure) => self.arrivals.push(failure.message().to_owned()),
        }
    }

    /// Opens the ledger again if somebody has appended since. Only a session that looks needs to:
    /// nobody appends while another holds the lock.
    pub(crate) fn reopened(&mut self) -> Result<bool, Failure> {
        if self.access == Access::Write {
            return Ok(false);
        }
        let store = store(&self.place, self.access, self.wait)?;
        if store.head() == self.store.head() {
            return Ok(false);
        }
        self.arrivals.extend_from_slice(self.store.notices());
        self.store = store;
        self.checkout = checkout(&self.checkouts, &self.place)?;
        self.load()?;
        self.settle_taking()?;
        Ok(true)
    }

    /// Gives the lock back, before anything is printed.
    pub(crate) fn release(&mut self) {
        // What sled could not write out, whoever opens it next absorbs again.
        let _ = self.store.release();
    }

    /// The plan at the head, for a query or after a change.
    pub(crate) const fn plan(&self) -> &Plan {
        self.kept.plan()
    }

    /// The ledger's history.
    pub(crate) const fn store(&mut self) -> &mut DiskStore {
        &mut self.store
    }

    /// The folder that plan paths are relative to.
    pub(crate) fn root(&self) -> &Path {
        &self.place.root
    }

    /// Where the ledger's files are.
    pub(crate) const fn layout(&self) -> &Layout {
        &self.place.layout
    }

    /// The ledger's directory.
    pub(crate) fn directory(&self) -> &Path {
        self.place.layout.directory()
    }
}

/// Says what was healed on the way, once the lock is given back. What a command was asked for does
/// not depend on it.
pub(crate) fn say_notices(store: &mut DiskStore) {
    // What sled could not write out, whoever opens it next absorbs again.
    let _ = store.release();
    say(store.notices());
}

fn say(notices: &[String]) {
    let mut out = anstream::stderr().lock();
    for notice in notices {
        // There is nowhere to report a failing standard error to.
        let _ = writeln!(out, "note: {}", plain(notice));
    }
}

fn store(place: &Place, access: Access, wait: Duration) -> Result<DiskStore, StoreError> {
    let mut options = Options::new(command_line());
    options.deadline = wait;
    match access {
        Access::Read | Access::Compare => DiskStore::open(&place.layout, options),
        Access::Write => DiskStore::open_for_append(&place.layout, options),
    }
}

fn checkout(checkouts: &Checkouts, place: &Place) -> Result<CheckoutRecord, StoreError> {
    let name = place.checkout();
    let mut record = match checkouts.read(&name)? {
        Some(record) => CheckoutRecord {
            root: place.root.clone(),
            ..record
        },
        None => CheckoutRecord::new(name, &place.root),
    };
    // A worktree that was removed and made anew at the same place was given nothing yet.
    let made = place.git.as_ref().and_then(git::made);
    let same = |given: &Rendered| {
        let then = given.git.as_ref().and_then(|git| git.made);
        then.is_none() || then == made
    };
    record.documents.retain(|own| same(&own.rendered));
    record.taking.retain(|taking| same(&taking.bytes));
    Ok(record)
}

/// The folder a command runs in.
pub(crate) fn current_folder(global: &Global) -> Result<PathBuf, Failure> {
    match &global.directory {
        Some(directory) => Ok(directory.clone()),
        None => std::env::current_dir()
            .map_err(|error| Failure::trouble(format!("the current folder is gone: {error}"))),
    }
}

/// The place of the ledger that a command means.
pub(crate) fn place(global: &Global) -> Result<Place, Failure> {
    Ok(locate(&current_folder(global)?, global.ledger.as_deref())?)
}

/// What the ledger calls a plan that a user named by a path. A path that leads nowhere any
/// more is taken as it was typed.
pub(crate) fn plan_name(global: &Global, path: &str) -> Result<String, Failure> {
    let place = place(global)?;
    let base = current_folder(global)?;
    let resolved = resolve_plan_path(&place.root, &base, Path::new(path), true);
    Ok(resolved.map_or_else(|_| path.to_owned(), |plan| plan.name))
}

/// What the ledger calls the plan that `--plan` names, where it does.
pub(crate) fn asked_plan(global: &Global, path: Option<&str>) -> Result<Option<String>, Failure> {
    path.map(|path| plan_name(global, path)).transpose()
}

/// What the ledger will call a plan that is to have this path from now on.
pub(crate) fn new_plan_name(global: &Global, path: &str) -> Result<String, Failure> {
    let place = place(global)?;
    let base = current_folder(global)?;
    let plan = resolve_plan_path(&place.root, &base, Path::new(path), false)?;
    if plan.path.is_dir() {
        return Err(
            Failure::trouble(format!("{} is a folder", plan.path.display()))
                .hint("give the plan's name in it too, such as docs/TODO.md"),
        );
    }
    Ok(plan.name)
}

/// What to show somebody who waits for this process: the command without its values, which may
/// be private.
fn command_line() -> String {
    let mut words = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'));
    let command = words.next().unwrap_or_default();
    match words.next().filter(|_| command == "append") {
        Some(change) => format!("ledger {command} {change}"),
        None => format!("ledger {command}"),
    }
}
