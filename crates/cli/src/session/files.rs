//! Plan files: what they are compared with the ledger.

mod edits;
mod names;
mod taking;
mod writing;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ledger_core::document::Document;
use ledger_core::id::{Digest, DocumentId};
use ledger_core::{Seq, Time};
use ledger_store::checkouts::{
    Checkout, DocumentRecord, GitFacts, Moment, Rendered, classify, is_torn, moment_key, plain_hash,
};
use ledger_store::git::{Git, checks_out_as};
use ledger_store::planfile;
use ledger_store::{Place, Store, StoreError, tracked_plan_path};

use super::Session;
use super::kept::Facts;
use crate::failure::Failure;

pub(crate) use writing::Written;

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
    /// Its path in this checkout, relative to the root.
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
                tracked_plan_path(&self.place.root, &self.name_here(document))
                    .is_ok_and(|tracked| planfile::same(&tracked, path))
            })
            .map(|document| document.path.clone())
    }

    /// Sees that a file that somebody wants an answer in is no plan that the ledger tracks and none of
    /// the ledger's own: both would be lost.
    ///
    /// # Errors
    /// Trouble that names the file.
    pub(crate) fn spare(&self, path: &Path) -> Result<(), Failure> {
        let shown = path.display();
        if self.tracked_as(path).is_some() {
            return Err(
                Failure::trouble(format!("{shown} is a plan of this ledger"))
                    .hint("name another file"),
            );
        }
        let folder = path.parent().filter(|own| !own.as_os_str().is_empty());
        let place = fs::canonicalize(path)
            .or_else(|_| fs::canonicalize(folder.unwrap_or_else(|| Path::new("."))));
        let is_own = |place: PathBuf| {
            fs::canonicalize(self.directory()).is_ok_and(|own| place.starts_with(own))
        };
        if place.is_ok_and(is_own) {
            return Err(
                Failure::trouble(format!("{shown} is one of the ledger's own files"))
                    .hint("name a file outside its folder"),
            );
        }
        Ok(())
    }

    /// Looks at plan files that were adopted or renamed since `files` were looked at, and
    /// forgets those that are tracked no more. Gives those it looked at.
    pub(super) fn look_at_new(
        &mut self,
        files: &mut Vec<FileState>,
    ) -> Result<Vec<FileState>, Failure> {
        let documents: Vec<(Facts, String)> = (self.kept.documents())
            .map(|document| (document.clone(), self.name_here(document)))
            .collect();
        let same = |file: &FileState, (document, here): &(Facts, String)| {
            file.document == document.id && file.path == *here
        };
        files.retain(|file| documents.iter().any(|document| same(file, document)));
        let mut new = Vec::new();
        for document in documents {
            if !files.iter().any(|file| same(file, &document)) {
                new.push(self.look_at(&document.0)?);
            }
        }
        Ok(new)
    }

    /// Looks at one plan file. That it cannot be read is what is found out about it, and keeps
    /// nobody from working on the others.
    fn look_at(&mut self, document: &Facts) -> Result<FileState, Failure> {
        let here = self.name_here(document);
        let unreadable = |failure: Failure| FileState {
            document: document.id.clone(),
            path: here.clone(),
            state: Checkout::Unreadable,
            bytes: None,
            hash: None,
            of: None,
            trouble: Some(failure),
            torn: false,
        };
        let found = tracked_plan_path(&self.place.root, &here)
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
            if let Some(taken) = record.base().taken
                && taken != hash
                && self.checkouts.text(&taken).is_none()
            {
                record.lose_taken();
            }
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
        let last = record.as_ref().map(|record| record.last().moment.seq);
        let moved_on = last.is_some_and(|seq| Some(seq) < self.head_seq());
        let state: Result<_, Failure> = classify(
            record.as_ref(),
            hash.as_ref(),
            &document.hash,
            || git(&place).is_some_and(|git| git.is_unmerged(&here)),
            || {
                let last = record.as_ref().map(DocumentRecord::last);
                let facts = bytes
                    .as_deref()
                    .zip(git(&place))
                    .and_then(|(bytes, git)| git_facts(git, &here, bytes, last, created));
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
                return Ok(unreadable(Failure::from(error).about(&here)));
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
            path: here,
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

/// What git says about a plan file that has these bytes and last had those; `None` if it says
/// nothing.
fn git_facts(
    git: Git<'_>,
    path: &str,
    bytes: &[u8],
    last: Option<&Rendered>,
    created: Time,
) -> Option<GitFacts> {
    let now = git.position()?;
    let head = &now.commit;
    let then = last.and_then(|last| last.git.as_ref());
    let blob = || git.blob(head, path, LARGEST_BLOB);
    if then == Some(&now) || !blob().is_some_and(|blob| checks_out_as(&blob, bytes)) {
        return None;
    }
    // Git's times have whole seconds; in doubt the commit is the older one.
    let changed = git.last_change(head, path);
    let after = |time: Time| changed.is_some_and(|changed| changed > time.millis() / 1000);
    Some(GitFacts {
        brought: true,
        descends: last.is_some() && then.is_none_or(|then| git.is_ancestor(&then.commit, head)),
        newer: last.is_some_and(|last| after(last.at)),
        before_ledger: changed.is_some_and(|changed| changed < created.millis() / 1000),
    })
}
