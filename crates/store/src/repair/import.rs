//! A ledger with the history of an exported journal.

use std::fs;
use std::io;
use std::path::Path;

use ledger_core::{Head, Seq};

use super::{NewConfig, write_head};
use crate::config::Config;
use crate::disk::Options;
use crate::error::StoreError;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::mend;
use crate::small_file;
use crate::survey::{Witness, witnesses};

/// Makes a ledger of a journal that was verified, in a project that has none yet, or one without
/// events. What there is then is all of it, or nothing.
///
/// # Errors
/// [`StoreError::Exists`] if there is a history, [`StoreError::Contradicted`] or
/// [`StoreError::Gone`] if the record of a checkout is of another one, [`StoreError::BadLine`] if `journal` is not what
/// was verified: its last event must be `head`.
pub fn import(
    layout: &Layout,
    options: &Options,
    config: &NewConfig,
    mut journal: impl io::Read,
    head: &Head,
) -> Result<(), StoreError> {
    let exists = || StoreError::Exists(layout.directory().to_owned());
    small_file::create_directories(layout.directory())?;
    layout.refuse_foreign_owner()?;
    let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
    let path = layout.journal();
    let is_empty = |path: &Path| fs::metadata(path).map_or(true, |meta| meta.len() == 0);
    if !is_empty(&path) || layout.store().exists() || layout.head().exists() {
        return Err(exists());
    }
    // What checkouts were given must be part of the history, or it would be refused from then on.
    let witnesses = witnesses(layout, None)?;
    if let Some(beyond) = witnesses.iter().find(|one| one.moment.seq > head.seq) {
        return Err(StoreError::Gone {
            path,
            first: head.seq.next(),
            last: beyond.moment.seq,
            known_by: beyond.name(),
        });
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
    let mut created = config.now;
    while let Some(batch) = replay.next_batch()? {
        for recorded in batch.events() {
            if recorded.seq == Seq(0) {
                created = recorded.event.header.time;
            }
            let (seq, id) = (recorded.seq, recorded.event.id);
            let other = |one: &&Witness| one.moment.seq == seq && one.moment.id != id;
            if let Some(witness) = witnesses.iter().find(other) {
                fs::remove_file(&temporary).map_err(StoreError::io("remove", &temporary))?;
                return Err(StoreError::Contradicted {
                    path,
                    line: seq.0 + 1,
                    known_by: witness.name(),
                });
            }
        }
    }
    if replay.head() != Some(head) || replay.verified() != imported.length() {
        return Err(StoreError::NotMended {
            path: temporary,
            what: "it was read otherwise the second time".to_owned(),
        });
    }
    if !layout.config().exists() {
        layout.write_config(&Config::new(
            config.writer.clone(),
            created,
            config.home.clone(),
            config.spool_key,
        ))?;
    }
    // From here on there is a ledger, and it has all of its history.
    mend::swap_in(&temporary, &path)?;
    if let Some(parent) = layout.directory().parent() {
        small_file::sync_directory(parent)?;
    }
    write_head(layout, &Journal::open(path)?, Some(head.clone()))
}
