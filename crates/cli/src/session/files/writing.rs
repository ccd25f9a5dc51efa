//! Writing plan files, and noting before and after what they may have.

use ledger_store::checkouts::{Checkout, DocumentRecord, Rendered};
use ledger_store::planfile::{self, WriteOutcome};
use ledger_store::tracked_plan_path;

use super::{FileState, git, in_the_way};
use crate::failure::Failure;
use crate::outside;
use crate::session::Session;

/// What became of a plan file that was to be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It has the ledger's text now.
    Forward,
    /// It had it already.
    Current,
    /// It was left alone: it is not there, or git has conflicts for it.
    LeftAlone,
    /// Somebody wrote it in the meantime; that has to be observed first.
    Edited,
}

impl Session {
    /// Writes a plan file so that it has the ledger's text, unless it is absent or unmerged.
    ///
    /// `seen` is the file as it was looked at; if it is something else by now, nothing is
    /// written.
    pub(crate) fn write(&mut self, seen: &FileState) -> Result<Written, Failure> {
        if matches!(
            seen.state,
            Checkout::Absent | Checkout::Unmerged | Checkout::Unreadable
        ) {
            return Ok(Written::LeftAlone);
        }
        self.put(seen)
    }

    /// Writes a plan file, also where it is absent.
    pub(crate) fn put(&mut self, seen: &FileState) -> Result<Written, Failure> {
        let Some(document) = self.kept.document(&seen.document) else {
            return Ok(Written::LeftAlone);
        };
        let hash = document.hash;
        let Some(moment) = self.head_moment() else {
            return Ok(Written::LeftAlone);
        };
        let rendered = Rendered {
            moment,
            hash,
            at: outside::now()?,
            git: git(&self.place).and_then(|git| git.position()),
            turn: None,
        };
        if seen.hash == Some(hash) {
            self.record(seen, rendered)?;
            return Ok(Written::Current);
        }
        let Some(text) = self.text(&seen.document)? else {
            return Ok(Written::LeftAlone);
        };
        self.announce(seen, &rendered)?;
        let path = tracked_plan_path(&self.place.root, &seen.path)?;
        let quarantine = self.place.layout.quarantine();
        let old = seen.bytes.as_deref();
        if let Some(torn) = old.filter(|bytes| seen.torn && !bytes.is_empty()) {
            let note = format!("{}: taken for what a crash left of it", seen.path);
            planfile::keep_aside(&quarantine, torn, &note)?;
        }
        match planfile::write(&path, old, text.as_bytes(), &quarantine) {
            Ok(WriteOutcome::Written) => {
                self.record(seen, rendered)?;
                Ok(Written::Forward)
            }
            Ok(WriteOutcome::ChangedMeanwhile { aside, .. }) => {
                self.arrivals.extend(aside.map(|place| {
                    let place = place.display();
                    format!("{}: of two versions that were saved while it was being written, the first is kept as {place}", seen.path)
                }));
                self.retract(seen, &rendered)?;
                Ok(Written::Edited)
            }
            Err(error) => {
                // What goes wrong with the record too is the same trouble.
                let _ = self.retract(seen, &rendered);
                Err(in_the_way(error))
            }
        }
    }

    /// Notes what is about to be written, so that a write cut short by a crash is not taken for
    /// somebody's edit.
    ///
    /// Durably where the record alone can tell: other checkouts may lead to the same texts.
    fn announce(&mut self, seen: &FileState, rendered: &Rendered) -> Result<(), Failure> {
        let only = self.checkouts.has_only(&self.checkout.name)?;
        let Some(record) = self.checkout.document_mut(&seen.document) else {
            return Ok(());
        };
        let found = seen.of.zip(seen.hash);
        let found = found.map(|(moment, hash)| Rendered {
            moment,
            hash,
            ..rendered.clone()
        });
        record.announce(found, rendered.clone());
        self.save_record(!only)
    }

    /// Takes back that a plan file is being written: what it has from here on is somebody's.
    fn retract(&mut self, seen: &FileState, rendered: &Rendered) -> Result<(), Failure> {
        if let Some(record) = self.checkout.document_mut(&seen.document) {
            record.retract(rendered);
            self.save_record(false)?;
        }
        Ok(())
    }

    /// Notes what a plan file was last rendered from.
    fn record(&mut self, seen: &FileState, rendered: Rendered) -> Result<(), Failure> {
        let same = |known: &DocumentRecord| {
            known.writing.is_empty()
                && known.taken.is_none()
                && known.path == seen.path
                && known.rendered.moment == rendered.moment
                && known.rendered.hash == rendered.hash
                && known.rendered.git == rendered.git
        };
        if self.checkout.document(&seen.document).is_some_and(same) {
            return Ok(());
        }
        self.checkout.set(DocumentRecord {
            document: seen.document.clone(),
            path: seen.path.clone(),
            rendered,
            taken: None,
            writing: Vec::new(),
        });
        self.save_record(false)
    }
}
