//! What each checkout was last given, and what its plan file is now.
//!
//! One ledger serves all checkouts of a clone. Bytes alone never prove that a file is merely
//! old: somebody who unticks a box by hand makes the bytes of an earlier moment, and that is an
//! edit. So each checkout has a record of the moment last rendered there.

use std::fs;
use std::path::{Path, PathBuf};

use ledger_core::{Digest, DocumentId, EventId, Seq, Time};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::small_file;

/// The largest record that is read.
const MAX_RECORD: u64 = 16 << 20;

/// The plain BLAKE3 hash of a document's bytes. Only for local use: it is never part of an event.
#[must_use]
pub fn plain_hash(bytes: &[u8]) -> Digest {
    Digest::from_bytes(*blake3::hash(bytes).as_bytes())
}

/// What the moments of a document are looked up by: a hash of its id and its bytes, since two
/// documents may say the same. Only for local use.
#[must_use]
pub fn moment_key(document: &DocumentId, bytes: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(document.as_str().as_bytes());
    hasher.update(&[0]);
    hasher.update(bytes);
    Digest::from_bytes(*hasher.finalize().as_bytes())
}

/// A moment: the last event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Its position.
    pub seq: Seq,
    /// Its id.
    pub id: EventId,
}

/// A document as it was rendered somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// The moment.
    pub moment: Moment,
    /// [`plain_hash`] of the bytes.
    pub hash: Digest,
    /// When.
    pub at: Time,
    /// Where git was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitHead>,
}

/// Where git's `HEAD` is, and how often it went somewhere: a branch that was left and came back
/// to is at the same commit as before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitHead {
    /// The commit.
    pub commit: String,
    /// The length of `HEAD`'s log, in bytes; 0 where none is kept.
    pub log: u64,
    /// When the worktree was made, for those that git makes beside a clone's own: one that was
    /// removed and made anew at the same place is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<u64>,
}

/// What is known about one document in one checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// The document.
    pub document: DocumentId,
    /// Its path as the ledger names it.
    pub path: String,
    /// What was last rendered there.
    pub rendered: Rendered,
    /// An edited file that the ledger has taken in but not written yet: if a command ends here,
    /// its bytes are nobody's edit any more, and `rendered` is still what it was made on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Rendered>,
    /// What is being written there: noted before the swap and cleared after it, so that a crash
    /// between swap and record is not taken for an edit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writing: Option<Rendered>,
}

/// The record of one checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutRecord {
    /// The checkout's top folder.
    pub root: PathBuf,
    /// Its documents.
    pub documents: Vec<DocumentRecord>,
}

impl CheckoutRecord {
    /// A record for a checkout that was given nothing yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            documents: Vec::new(),
        }
    }

    /// The moments it knows.
    pub fn moments(&self) -> impl Iterator<Item = Moment> {
        self.documents.iter().flat_map(|record| {
            let waiting = [&record.taken, &record.writing].into_iter().flatten();
            waiting
                .chain([&record.rendered])
                .map(|rendered| rendered.moment)
        })
    }

    /// The record of a document.
    #[must_use]
    pub fn document(&self, id: &DocumentId) -> Option<&DocumentRecord> {
        self.documents.iter().find(|record| record.document == *id)
    }

    /// Puts a document's record in, in place of an older one.
    pub fn set(&mut self, record: DocumentRecord) {
        match self
            .documents
            .iter_mut()
            .find(|old| old.document == record.document)
        {
            Some(old) => *old = record,
            None => self.documents.push(record),
        }
    }
}

/// The records of all checkouts of one ledger.
#[derive(Debug, Clone)]
pub struct Checkouts {
    directory: PathBuf,
}

impl Checkouts {
    /// The records in `directory` ([`Layout::checkouts`](crate::layout::Layout::checkouts)).
    #[must_use]
    pub const fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    fn path(&self, root: &Path) -> PathBuf {
        let mut name = plain_hash(root.as_os_str().as_encoded_bytes()).to_string();
        name.truncate(32);
        self.directory.join(name)
    }

    /// The record of the checkout at `root` (an absolute path without symlinks); `None` if there
    /// is none or it cannot be made out.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn read(&self, root: &Path) -> Result<Option<CheckoutRecord>, StoreError> {
        let Some(text) = small_file::read(&self.path(root), MAX_RECORD)? else {
            return Ok(None);
        };
        let record: Option<CheckoutRecord> = serde_json::from_slice(&text).ok();
        Ok(record.filter(|record| record.root == root))
    }

    /// Every record, with the file it is in; `None` for a file that is not what was written.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn all(&self) -> Result<Vec<(PathBuf, Option<CheckoutRecord>)>, StoreError> {
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io("read", &self.directory)(error)),
        };
        let mut records = Vec::new();
        for entry in entries {
            let path = entry
                .map_err(StoreError::io("read", &self.directory))?
                .path();
            // What was replaced last trades places with the next one.
            if path.extension().is_some_and(|extension| extension == "new") {
                continue;
            }
            let text = small_file::read(&path, MAX_RECORD)?;
            let record = text.and_then(|text| serde_json::from_slice(&text).ok());
            records.push((path, record));
        }
        records.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(records)
    }

    /// Replaces the record of its checkout. The caller holds the ledger's lock.
    ///
    /// Not durable: a plan file is swapped in durably before its record says so, so after a power
    /// failure the record is at most older than the file.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write(&self, record: &CheckoutRecord) -> Result<(), StoreError> {
        self.put(record, small_file::replace)
    }

    /// [`write`](Self::write), and durable: for what no plan file shows, such as which of its
    /// bytes were taken in.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write_durably(&self, record: &CheckoutRecord) -> Result<(), StoreError> {
        self.put(record, small_file::replace_durably)
    }

    fn put(
        &self,
        record: &CheckoutRecord,
        replace: fn(&Path, &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let path = self.path(&record.root);
        let text = serde_json::to_vec(record)
            .map_err(|error| StoreError::io("write", &path)(error.into()))?;
        match replace(&path, &text) {
            Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.directory)
                    .map_err(StoreError::io("create", &self.directory))?;
                replace(&path, &text)
            }
            done => done,
        }
    }
}

/// What a plan file is, compared with the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkout {
    /// It has the head's bytes: nothing to do.
    Current,
    /// It has the bytes of this earlier moment and nobody wrote them: no event, bring it forward.
    /// `None`: git brought it from a time before the ledger.
    Stale(Option<Moment>),
    /// Somebody wrote it. The base to compare it with is what was last rendered there; `None`
    /// where that is not what the edit was made on: the nearest known moment.
    Edited {
        /// What the edit started from.
        base: Option<Moment>,
    },
    /// It is not there.
    Absent,
    /// Git's index has conflicts for it.
    Unmerged,
    /// It cannot be read as a plan: a folder, a pipe, not UTF-8, a link out of the root.
    /// [`classify`] never says so, since it is given bytes.
    Unreadable,
}

/// The smallest piece that is written to a disk, in bytes.
const BLOCK: usize = 512;

/// Whether `bytes` are what a crash can have left of a plan file that was to have `text`: its
/// beginning, with the rest missing or never written. Whole lines are what somebody leaves who
/// deletes the others, so they count only where a block of the disk ends with them.
#[must_use]
pub fn is_torn(bytes: &[u8], text: &[u8]) -> bool {
    let written = bytes.iter().rposition(|byte| *byte != 0);
    let start = written.map_or(0, |last| last + 1);
    let cut = start < bytes.len() || !bytes.ends_with(b"\n") || bytes.len().is_multiple_of(BLOCK);
    cut && bytes.len() <= text.len() && bytes != text && text.starts_with(&bytes[..start])
}

/// What git says about one plan file that has neither the head's nor the recorded bytes; see
/// [`crate::git`]. Without git all of it is `false`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GitFacts {
    /// Whether git put the bytes there: `HEAD` has moved since the file was rendered (or nothing
    /// was ever rendered here), and its commit has exactly these bytes.
    pub brought: bool,
    /// Whether `HEAD` only went forward, to a commit made on the one it was at.
    pub descends: bool,
    /// Whether the commit that last changed the file was made after the file was rendered.
    pub newer: bool,
    /// Whether that commit is from before the ledger.
    pub before_ledger: bool,
}

/// Tells what a plan file is.
///
/// - `record`: the document's record in this checkout;
/// - `file`: its bytes, `None` if it is not there;
/// - `head`: the plain hash of the document at the ledger's head;
/// - `unmerged`: whether git's index has conflicts for it; asked only when the file has not the
///   head's bytes;
/// - `git`: asked only when it has not the recorded bytes either;
/// - `known`: the latest moment at which the document had the file's bytes, if any; asked only
///   when git put them there.
///
/// # Errors
/// What `known` fails with.
pub fn classify<E>(
    record: Option<&DocumentRecord>,
    file: Option<&[u8]>,
    head: &Digest,
    unmerged: impl FnOnce() -> bool,
    git: impl FnOnce() -> GitFacts,
    known: impl FnOnce() -> Result<Option<Moment>, E>,
) -> Result<Checkout, E> {
    let Some(bytes) = file else {
        return Ok(Checkout::Absent);
    };
    let hash = plain_hash(bytes);
    if hash == *head {
        return Ok(Checkout::Current);
    }
    if unmerged() {
        return Ok(Checkout::Unmerged);
    }
    let base = record.map(|record| &record.rendered);
    let mut given = record.into_iter().flat_map(|record| {
        let waiting = [&record.writing, &record.taken].into_iter().flatten();
        waiting.chain([&record.rendered])
    });
    if let Some(given) = given.find(|given| given.hash == hash) {
        return Ok(Checkout::Stale(Some(given.moment)));
    }
    let base = base.map(|given| given.moment);
    let facts = git();
    if !facts.brought {
        return Ok(Checkout::Edited { base });
    }
    let moment = known()?;
    // Somebody who takes a change back by hand and commits it makes the bytes of an earlier
    // moment too; another worktree's commit has those of a later one.
    let later = moment
        .zip(base)
        .is_some_and(|(moment, base)| moment.seq > base.seq);
    let by_hand = facts.descends && facts.newer && !later;
    Ok(match moment {
        Some(moment) if !by_hand => Checkout::Stale(Some(moment)),
        None if facts.before_ledger => Checkout::Stale(None),
        _ => Checkout::Edited {
            base: base.filter(|_| facts.descends),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn moment(seq: u64) -> Moment {
        let id = plain_hash(&seq.to_be_bytes());
        Moment {
            seq: Seq(seq),
            id: EventId::new(id),
        }
    }

    fn rendered(seq: u64, bytes: &[u8]) -> Rendered {
        Rendered {
            moment: moment(seq),
            hash: plain_hash(bytes),
            at: Time::from_millis(0).unwrap(),
            git: None,
        }
    }

    fn record() -> DocumentRecord {
        DocumentRecord {
            document: DocumentId::new("00000000000000aa").unwrap(),
            path: "TODO.md".to_owned(),
            rendered: rendered(5, b"recorded\n"),
            taken: None,
            writing: None,
        }
    }

    /// The moments of the table below: 3 `early`, 5 `recorded`, 7 `later`, 9 `head`.
    fn known(bytes: &[u8]) -> Option<Moment> {
        [
            (3, &b"early\n"[..]),
            (5, b"recorded\n"),
            (7, b"later\n"),
            (9, b"head\n"),
        ]
        .into_iter()
        .find(|(_, own)| *own == bytes)
        .map(|(seq, _)| moment(seq))
    }

    fn tell(record: Option<&DocumentRecord>, file: Option<&[u8]>, git: GitFacts) -> Checkout {
        let known = || Ok::<_, Infallible>(file.and_then(known));
        let Ok(told) = classify(
            record,
            file,
            &plain_hash(b"head\n"),
            || false,
            || git,
            known,
        );
        told
    }

    #[test]
    fn each_row_of_the_table_holds() {
        use Checkout::{Absent, Current, Edited, Stale};
        let on_record = Edited {
            base: Some(moment(5)),
        };
        let on_nearest = Edited { base: None };
        let record = record();
        let with = Some(&record);
        let none = GitFacts::default();
        // HEAD went elsewhere, or there was nothing here before.
        let brought = GitFacts {
            brought: true,
            ..none
        };
        let old = GitFacts {
            before_ledger: true,
            ..brought
        };
        let forward = GitFacts {
            descends: true,
            ..brought
        };
        let committed = GitFacts {
            newer: true,
            ..forward
        };
        type Row<'a> = (
            &'a str,
            Option<&'a DocumentRecord>,
            Option<&'a [u8]>,
            GitFacts,
            Checkout,
        );
        let rows: [Row<'_>; 19] = [
            ("deleted", with, None, none, Absent),
            ("the head's", with, Some(b"head\n"), none, Current),
            (
                "the head's, no record",
                None,
                Some(b"head\n"),
                none,
                Current,
            ),
            (
                "the head moved on",
                with,
                Some(b"recorded\n"),
                none,
                Stale(Some(moment(5))),
            ),
            ("by hand", with, Some(b"new\n"), none, on_record),
            ("back by hand", with, Some(b"early\n"), none, on_record),
            ("ahead by hand", with, Some(b"later\n"), none, on_record),
            ("a stranger", None, Some(b"new\n"), none, on_nearest),
            (
                "checkout of an old commit",
                with,
                Some(b"early\n"),
                brought,
                Stale(Some(moment(3))),
            ),
            (
                "checkout from before the ledger",
                with,
                Some(b"older\n"),
                old,
                Stale(None),
            ),
            (
                "checkout of somebody's branch",
                with,
                Some(b"theirs\n"),
                brought,
                on_nearest,
            ),
            (
                "pull of an old commit",
                with,
                Some(b"early\n"),
                forward,
                Stale(Some(moment(3))),
            ),
            (
                "pull of another worktree's commit",
                with,
                Some(b"later\n"),
                committed,
                Stale(Some(moment(7))),
            ),
            (
                "pull of somebody's edit",
                with,
                Some(b"theirs\n"),
                committed,
                on_record,
            ),
            (
                "back by hand, and committed",
                with,
                Some(b"early\n"),
                committed,
                on_record,
            ),
            (
                "by hand, and committed",
                with,
                Some(b"new\n"),
                committed,
                on_record,
            ),
            (
                "fresh worktree",
                None,
                Some(b"early\n"),
                brought,
                Stale(Some(moment(3))),
            ),
            (
                "fresh worktree of an old commit",
                None,
                Some(b"older\n"),
                old,
                Stale(None),
            ),
            (
                "fresh worktree of somebody's branch",
                None,
                Some(b"theirs\n"),
                brought,
                on_nearest,
            ),
        ];
        for (name, record, file, git, expected) in rows {
            assert_eq!(tell(record, file, git), expected, "{name}");
        }
    }

    #[test]
    fn conflicts_come_before_all_but_the_heads_bytes() {
        let record = record();
        let told = |file: &[u8]| {
            let never = || -> Result<Option<Moment>, Infallible> { panic!("not asked") };
            let head = plain_hash(b"head\n");
            let Ok(told) = classify(
                Some(&record),
                Some(file),
                &head,
                || true,
                || panic!("not asked"),
                never,
            );
            told
        };
        assert_eq!(told(b"<<<<<<<\n"), Checkout::Unmerged);
        assert_eq!(told(b"recorded\n"), Checkout::Unmerged);
        assert_eq!(told(b"head\n"), Checkout::Current);
    }

    #[test]
    fn a_crash_between_swap_and_record_is_not_an_edit() {
        let mut record = record();
        record.writing = Some(rendered(7, b"written\n"));
        let got = tell(Some(&record), Some(b"written\n"), GitFacts::default());
        assert_eq!(got, Checkout::Stale(Some(moment(7))));
    }

    #[test]
    fn a_torn_file_is_the_beginning_of_what_was_written() {
        for torn in [
            &b""[..],
            b"T",
            b"The te",
            b"\0\0\0\0\0\0\0\0",
            b"The \0\0\0\0",
        ] {
            assert!(is_torn(torn, b"The text"), "{torn:?}");
        }
        for whole in [
            &b"The text"[..],
            b"The texts",
            b"The\n",
            b"\0he text",
            b"The text\0",
        ] {
            assert!(!is_torn(whole, b"The text"), "{whole:?}");
        }
    }

    #[test]
    fn an_edit_that_was_taken_in_is_no_edit_any_more() {
        let mut record = record();
        record.taken = Some(rendered(7, b"edited\n"));
        let none = GitFacts::default();
        let got = tell(Some(&record), Some(b"edited\n"), none);
        assert_eq!(got, Checkout::Stale(Some(moment(7))));
        let further = tell(Some(&record), Some(b"edited again\n"), none);
        let base = Some(moment(5));
        assert_eq!(further, Checkout::Edited { base });
    }

    #[test]
    fn equal_documents_have_moments_of_their_own() {
        let one = DocumentId::new("00000000000000aa").unwrap();
        let two = DocumentId::new("00000000000000ab").unwrap();
        assert_ne!(moment_key(&one, b"same"), moment_key(&two, b"same"));
    }

    #[test]
    fn records_are_kept_for_each_root() {
        let folder = tempfile::tempdir().unwrap();
        let checkouts = Checkouts::new(folder.path().join("checkouts"));
        let one = Path::new("/one");
        assert_eq!(checkouts.read(one).unwrap(), None);
        let mut first = CheckoutRecord::new(one);
        first.set(record());
        let second = CheckoutRecord::new(Path::new("/two"));
        checkouts.write(&first).unwrap();
        checkouts.write(&second).unwrap();
        assert_eq!(checkouts.read(one).unwrap(), Some(first.clone()));
        first.set(DocumentRecord {
            path: "moved.md".to_owned(),
            ..record()
        });
        assert_eq!(first.documents.len(), 1);
        checkouts.write(&first).unwrap();
        assert_eq!(checkouts.read(one).unwrap(), Some(first));
        assert_eq!(checkouts.read(Path::new("/two")).unwrap(), Some(second));
    }
}
