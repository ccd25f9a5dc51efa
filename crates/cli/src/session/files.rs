//! Plan files: what they are compared with the ledger, and writing them.

use std::collections::HashMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use ledger_core::document::Document;
use ledger_core::id::{Digest, DocumentId};
use ledger_core::{Edited, Seq, Time};
use ledger_store::checkouts::{
    Checkout, CheckoutRecord, DocumentRecord, GitFacts, Moment, Rendered, Taking, classify,
    is_torn, moment_key, plain_hash,
};
use ledger_store::git::{Git, checks_out_as};
use ledger_store::planfile::{self, WriteOutcome};
use ledger_store::{Place, Store, StoreError, tracked_plan_path};

use super::Session;
use super::kept::Facts;
use crate::failure::Failure;
use crate::outside;

/// Files larger than this are not fetched from git to compare them.
const LARGEST_BLOB: u64 = 64 << 20;

/// How often a query opens a ledger again that moves on under it.
const REOPENINGS: usize = 4;

/// How often a plan file that has become empty is looked at again, and after how long.
const EMPTY_LOOKS: u32 = 20;
const EMPTY_PAUSE: Duration = Duration::from_millis(5);

/// A tracked plan file as it is on disk.
#[derive(Debug)]
pub(crate) struct FileState {
    /// The document.
    pub(crate) document: DocumentId,
    /// Its path, relative to the root.
    pub(crate) path: String,
    /// What it is.
    pub(crate) state: Checkout,
    /// Its bytes, and their plain hash.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) hash: Option<Digest>,
    /// The moment whose text it has, where it is the ledger's own.
    pub(crate) of: Option<Moment>,
    /// Why it cannot be read, if it cannot.
    pub(crate) trouble: Option<Failure>,
    /// Whether it is taken for what a crash left.
    pub(crate) torn: bool,
}

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
    /// Looks at every tracked plan file.
    ///
    /// A query looks while others write: what seems edited may have the text of a moment that
    /// was not there when the ledger was opened. It is then opened again.
    pub(crate) fn look(&mut self) -> Result<Vec<FileState>, Failure> {
        let files = self.look_until_level()?;
        self.rest();
        Ok(files)
    }

    fn look_until_level(&mut self) -> Result<Vec<FileState>, Failure> {
        for _ in 0..REOPENINGS {
            let files = self.look_once()?;
            let current = |file: &FileState| file.state == Checkout::Current;
            if files.iter().all(current) || !self.reopened()? {
                return Ok(files);
            }
        }
        self.look_once()
    }

    fn look_once(&mut self) -> Result<Vec<FileState>, Failure> {
        let documents: Vec<Facts> = self.kept.documents().cloned().collect();
        documents
            .iter()
            .map(|document| self.look_at(document))
            .collect()
    }

    /// The plan that the ledger tracks in this very file, under whatever name.
    pub(crate) fn tracked_as(&self, path: &Path) -> Option<String> {
        self.kept
            .documents()
            .find(|document| {
                tracked_plan_path(&self.place.root, &document.path)
                    .is_ok_and(|tracked| planfile::same(&tracked, path))
            })
            .map(|document| document.path.clone())
    }

    /// Looks at plan files that were adopted or renamed since `files` were looked at, and
    /// forgets those that are tracked no more. Gives those it looked at.
    pub(super) fn look_at_new(
        &mut self,
        files: &mut Vec<FileState>,
    ) -> Result<Vec<FileState>, Failure> {
        let documents: Vec<Facts> = self.kept.documents().cloned().collect();
        let same = |file: &FileState, document: &Facts| {
            file.document == document.id && file.path == document.path
        };
        files.retain(|file| documents.iter().any(|document| same(file, document)));
        let mut new = Vec::new();
        for document in documents {
            if !files.iter().any(|file| same(file, &document)) {
                new.push(self.look_at(&document)?);
            }
        }
        Ok(new)
    }

    /// Looks at one plan file. That it cannot be read is what is found out about it, and keeps
    /// nobody from working on the others.
    fn look_at(&mut self, document: &Facts) -> Result<FileState, Failure> {
        let unreadable = |failure: Failure| FileState {
            document: document.id.clone(),
            path: document.path.clone(),
            state: Checkout::Unreadable,
            bytes: None,
            hash: None,
            of: None,
            trouble: Some(failure),
            torn: false,
        };
        let found = tracked_plan_path(&self.place.root, &document.path)
            .and_then(|path| read_at_rest(&path, document));
        let bytes = match found {
            Ok(bytes) => bytes,
            Err(error) => return Ok(unreadable(in_the_way(error))),
        };
        let hash = bytes.as_deref().map(plain_hash);
        let mut record = self.checkout.document(&document.id).cloned();
        let mut torn = false;
        if let (Some(record), Some(bytes), Some(hash)) = (&mut record, &bytes, hash)
            && hash != document.hash
        {
            for writing in &mut record.writing {
                if self.is_torn(document, writing, bytes)? {
                    // What a crash left stands for what was being written.
                    writing.hash = hash;
                    torn = true;
                }
            }
        }
        let place = self.place.clone();
        let created = self.config.created;
        let (checkouts, name) = (self.checkouts.clone(), self.checkout.name.clone());
        let rendered = record.as_ref().map(|record| record.rendered.moment.seq);
        let moved_on = rendered.is_some_and(|seq| Some(seq) < self.head_seq());
        let state: Result<_, Failure> = classify(
            record.as_ref(),
            hash.as_ref(),
            &document.hash,
            || git(&place).is_some_and(|git| git.is_unmerged(&document.path)),
            || {
                let rendered = record.as_ref().map(|record| &record.rendered);
                let facts = bytes.as_deref().zip(git(&place)).and_then(|(bytes, git)| {
                    git_facts(git, &document.path, bytes, rendered, created)
                });
                facts.unwrap_or_default()
            },
            || Ok(moved_on && checkouts.has_only(&name)?),
            || match &bytes {
                Some(bytes) => self.moment_of(&moment_key(&document.id, bytes)),
                None => Ok(None),
            },
        );
        let state = state?;
        if let (Checkout::Edited { .. }, Some(bytes)) = (state, &bytes) {
            if let Err(error) = Document::from_bytes(bytes) {
                return Ok(unreadable(Failure::from(error).about(&document.path)));
            }
            if has_zeros(bytes)
                && !self
                    .text(&document.id)?
                    .is_some_and(|text| has_zeros(text.as_bytes()))
            {
                return Ok(unreadable(zeroed(document)));
            }
        }
        Ok(FileState {
            document: document.id.clone(),
            path: document.path.clone(),
            state,
            bytes,
            hash,
            of: match state {
                Checkout::Current => self.head_moment(),
                Checkout::Stale(moment) => moment,
                _ => None,
            },
            trouble: None,
            torn,
        })
    }

    /// Whether a plan file is what a crash left of what was being written there.
    fn is_torn(
        &mut self,
        document: &Facts,
        writing: &Rendered,
        bytes: &[u8],
    ) -> Result<bool, Failure> {
        if writing.hash == document.hash {
            let text = self.text(&document.id)?;
            return Ok(text.is_some_and(|text| is_torn(bytes, text.as_bytes())));
        }
        let then = self.plan_at(writing.moment.seq)?;
        let text = then.document(&document.id).map(|then| then.text.text());
        Ok(text.is_some_and(|text| is_torn(bytes, text.as_bytes())))
    }

    /// The edits that nobody recorded yet, each as the text the plan should now have: where the
    /// edit was made on an older text, merged with what the ledger has got since.
    pub(crate) fn edits(&mut self, files: &[FileState]) -> Result<Vec<Edited>, Failure> {
        let mut edits = Vec::new();
        for file in files {
            let (Checkout::Edited { base }, Some(bytes)) = (file.state, &file.bytes) else {
                continue;
            };
            let found = Document::from_bytes(bytes)
                .map_err(|error| Failure::from(error).about(&file.path))?;
            edits.push(self.merged(file, base, found)?);
        }
        Ok(edits)
    }

    /// An edit that somebody is about to make of a plan file, as [`Session::edits`] would find it.
    pub(super) fn edited_to(
        &mut self,
        file: &FileState,
        text: Document,
    ) -> Result<Edited, Failure> {
        let base = match file.state {
            Checkout::Edited { base } => base,
            Checkout::Stale(moment) => moment,
            _ => self.head_moment(),
        };
        self.merged(file, base, text)
    }

    fn merged(
        &mut self,
        file: &FileState,
        base: Option<Moment>,
        found: Document,
    ) -> Result<Edited, Failure> {
        let id = &file.document;
        let head = self.store.head().map(|head| head.seq);
        let plain = |text| Edited::plain(id.clone(), text);
        self.read_plan()?;
        let Some(own) = self.kept.plan().document(id).cloned() else {
            return Ok(plain(found));
        };
        let base = match base {
            Some(base) => Some(base),
            None => match self.moment_of(&moment_key(id, found.text().as_bytes()))? {
                Some(moment) => Some(moment),
                None => self.committed(file)?,
            },
        };
        let base = match base {
            Some(base) if Some(base.seq) == head => None,
            Some(base) => self
                .plan_at(base.seq)?
                .document(id)
                .map(|document| document.text.clone()),
            None => self.nearest(id, &found)?,
        };
        let Some(base) = base.filter(|base| *base != own.text) else {
            return Ok(plain(found));
        };
        Ok(Edited::merged(&own, &base, &found))
    }

    /// The moment whose text git's commit has of a plan: what an edit was most likely made on
    /// where no record says so.
    fn committed(&mut self, file: &FileState) -> Result<Option<Moment>, Failure> {
        let blob = git(&self.place).and_then(|git| {
            let head = git.head()?;
            git.blob(&head, &file.path, LARGEST_BLOB)
        });
        match blob {
            Some(blob) => self.moment_of(&moment_key(&file.document, &blob)),
            None => Ok(None),
        }
    }

    /// The known text of a document that shares most lines with this one, the earliest of several
    /// (a later one has what others did since): what an edit was made on where nothing says so.
    fn nearest(&mut self, id: &DocumentId, found: &Document) -> Result<Option<Document>, Failure> {
        let mut lines: HashMap<&str, usize> = HashMap::new();
        for line in found.lines() {
            *lines.entry(line).or_default() += 1;
        }
        let mut best: Option<(usize, Document)> = None;
        self.replay(|batch, plan| {
            let last = batch.events().last();
            let changed = last.is_some_and(|last| {
                last.event
                    .header
                    .docs
                    .iter()
                    .any(|(changed, _)| changed == id)
            });
            let Some(document) = plan.document(id).filter(|_| changed) else {
                return;
            };
            let mut left = lines.clone();
            let mut apart = 0;
            for line in document.text.lines() {
                match left.get_mut(&**line).filter(|count| **count > 0) {
                    Some(count) => *count -= 1,
                    None => apart += 1,
                }
            }
            apart += left.values().sum::<usize>();
            if best.as_ref().is_none_or(|(least, _)| apart < *least) {
                best = Some((apart, document.text.clone()));
            }
        })?;
        Ok(best.map(|(_, text)| text))
    }

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
    /// Durably where the record alone can tell: other checkouts may lead to the same texts, and
    /// what was taken in is no moment's.
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
        match only && record.taken.is_none() {
            true => self.checkouts.write(&self.checkout)?,
            false => self.checkouts.write_durably(&self.checkout)?,
        }
        Ok(())
    }

    /// Takes back that a plan file is being written: what it has from here on is somebody's.
    fn retract(&mut self, seen: &FileState, rendered: &Rendered) -> Result<(), Failure> {
        if let Some(record) = self.checkout.document_mut(&seen.document) {
            record.retract(rendered);
            self.checkouts.write(&self.checkout)?;
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
        Ok(self.checkouts.write(&self.checkout)?)
    }

    /// Notes, durably, which bytes of plan files are about to be taken in as of a moment: if the
    /// history has that moment from here on, they are nobody's edit any more.
    ///
    /// The files are made durable first: one that a power failure took back would be somebody's
    /// taking back of that edit.
    pub(super) fn note_taking(
        &mut self,
        files: &[FileState],
        edits: &[Edited],
        moment: Moment,
    ) -> Result<(), Failure> {
        for file in files {
            let edit = edits.iter().find(|edit| edit.document == file.document);
            let (Some(edit), Some(bytes)) = (edit, &file.bytes) else {
                continue;
            };
            planfile::make_durable(&tracked_plan_path(&self.place.root, &file.path)?)?;
            self.checkout.taking.push(Taking {
                document: file.document.clone(),
                path: file.path.clone(),
                bytes: Rendered {
                    moment,
                    hash: plain_hash(bytes),
                    at: outside::now()?,
                    git: git(&self.place).and_then(|git| git.position()),
                },
                whole: edit.text.text().as_bytes() == bytes,
            });
        }
        Ok(self.checkouts.write_durably(&self.checkout)?)
    }

    /// Settles what was about to be taken in.
    pub(super) fn settle_taking(&mut self) -> Result<(), Failure> {
        let mut checkout = std::mem::replace(
            &mut self.checkout,
            CheckoutRecord::new(self.place.checkout(), &self.place.root),
        );
        let settled = checkout.settle_taking(|moment| self.has(moment));
        self.checkout = checkout;
        settled
    }

    /// Whether a moment is part of the history.
    fn has(&mut self, moment: &Moment) -> Result<bool, Failure> {
        if self.head_moment().as_ref() == Some(moment) {
            return Ok(true);
        }
        let event = self.store.event(moment.seq)?;
        Ok(event.is_some_and(|recorded| recorded.event.id == moment.id))
    }

    /// The moment at the head.
    pub(crate) fn head_moment(&self) -> Option<Moment> {
        self.store.head().map(|head| Moment {
            seq: head.seq,
            id: head.id,
        })
    }

    /// The last moment's position.
    pub(crate) fn head_seq(&self) -> Option<Seq> {
        self.store.head().map(|head| head.seq)
    }
}

/// Reads a plan file. An editor that saves in place empties it first: its next words would go into
/// a file that something else has taken the place of by then, so it gets a moment to write them.
fn read_at_rest(path: &Path, document: &Facts) -> Result<Option<Vec<u8>>, StoreError> {
    let mut left = EMPTY_LOOKS;
    loop {
        let bytes = planfile::read(path)?;
        let emptied = bytes.as_ref().is_some_and(Vec::is_empty) && document.length > 0;
        if !emptied || left == 0 {
            return Ok(bytes);
        }
        left -= 1;
        thread::sleep(EMPTY_PAUSE);
    }
}

/// Whether a file has what a crash leaves of one that an editor was saving: zeros up to the end,
/// or a whole sector of them. That is nobody's edit, though a NUL among the words may be one.
fn has_zeros(bytes: &[u8]) -> bool {
    const SECTOR: usize = 512;
    let mut runs = bytes.split(|byte| *byte != 0);
    bytes.ends_with(&[0]) || runs.any(|run| run.len() >= SECTOR)
}

/// What keeps a tracked plan from being read or written. Where something else stands in its place,
/// there is another way out than for a plan that is yet to be named.
fn in_the_way(error: StoreError) -> Failure {
    match error {
        StoreError::NotAPlan { .. } => Failure::trouble(error.to_string())
            .hint("move it out of the way; ledger render then writes the plan again"),
        error => error.into(),
    }
}

fn zeroed(document: &Facts) -> Failure {
    Failure::trouble(format!(
        "{} has NUL bytes as a crash leaves them in a file that was being saved",
        document.path
    ))
    .hint("restore it from a copy, or remove it and run `ledger render`")
}

pub(super) fn git(place: &Place) -> Option<Git<'_>> {
    let dirs = place.git.as_ref()?;
    Some(Git::new(&place.root, dirs))
}

/// What git says about a plan file that has these bytes and was last rendered so; `None` if it
/// says nothing.
fn git_facts(
    git: Git<'_>,
    path: &str,
    bytes: &[u8],
    rendered: Option<&Rendered>,
    created: Time,
) -> Option<GitFacts> {
    let now = git.position()?;
    let head = &now.commit;
    let then = rendered.and_then(|rendered| rendered.git.as_ref());
    let blob = || git.blob(head, path, LARGEST_BLOB);
    if then == Some(&now) || !blob().is_some_and(|blob| checks_out_as(&blob, bytes)) {
        return None;
    }
    // Git's times have whole seconds; in doubt the commit is the older one.
    let changed = git.last_change(head, path);
    let after = |time: Time| changed.is_some_and(|changed| changed > time.millis() / 1000);
    Some(GitFacts {
        brought: true,
        descends: rendered.is_some() && then.is_none_or(|then| git.is_ancestor(&then.commit, head)),
        newer: rendered.is_some_and(|rendered| after(rendered.at)),
        before_ledger: changed.is_some_and(|changed| changed < created.millis() / 1000),
    })
}
