//! What each checkout was last given, and what its plan file is now.
//!
//! One ledger serves all checkouts of a clone. Bytes alone never prove that a file is merely
//! old: somebody who unticks a box by hand makes the bytes of an earlier moment, and that is an
//! edit. So each checkout has a record of the moment last rendered there.

use std::fs;
use std::path::{Path, PathBuf};

use ledger_core::{Digest, DocumentId, EventId, Seq};
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
    /// How many bytes.
    pub length: u64,
    /// The file's time of modification afterwards, in nanoseconds since 1970; 0 if not known.
    pub modified: i64,
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
    /// The commit git's `HEAD` was at.
    pub git_head: Option<String>,
    /// Its documents.
    pub documents: Vec<DocumentRecord>,
}

impl CheckoutRecord {
    /// A record for a checkout that was given nothing yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            git_head: None,
            documents: Vec::new(),
        }
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

    /// Replaces the record of its checkout. The caller holds the ledger's lock.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn write(&self, record: &CheckoutRecord) -> Result<(), StoreError> {
        let path = self.path(&record.root);
        let text = serde_json::to_vec(record)
            .map_err(|error| StoreError::io("write", &path)(error.into()))?;
        match small_file::replace(&path, &text) {
            Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.directory)
                    .map_err(StoreError::io("create", &self.directory))?;
                small_file::replace(&path, &text)
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
    Stale(Moment),
    /// Somebody wrote it. The base to compare it with is what was last rendered there; `None`
    /// without a record: the nearest known moment.
    Edited {
        /// What the edit started from.
        base: Option<Moment>,
    },
    /// It is not there.
    Absent,
    /// Git's index has conflicts for it.
    Unmerged,
}

/// What git says about one plan file; see [`crate::git`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitFacts {
    /// The commit `HEAD` is at now.
    pub head: Option<String>,
    /// The file's bytes in that commit, as git stores them.
    pub blob: Option<Vec<u8>>,
    /// Whether the index has conflicts for the file.
    pub unmerged: bool,
}

/// Tells what a plan file is.
///
/// - `record`: the document's record in this checkout, and git's `HEAD` at that time;
/// - `file`: its bytes, `None` if it is not there;
/// - `head`: the plain hash of the document at the ledger's head;
/// - `git`: asked only when the file has neither the head's nor the recorded bytes;
/// - `known`: the moment at which a document with this plain hash was rendered, if any; asked
///   only when git's new commit has exactly the file's bytes.
pub fn classify<E>(
    record: Option<(&DocumentRecord, Option<&str>)>,
    file: Option<&[u8]>,
    head: &Digest,
    git: impl FnOnce() -> GitFacts,
    known: impl FnOnce(&Digest) -> Result<Option<Moment>, E>,
) -> Result<Checkout, E> {
    let Some(bytes) = file else {
        return Ok(Checkout::Absent);
    };
    let hash = plain_hash(bytes);
    if hash == *head {
        return Ok(Checkout::Current);
    }
    let base = record.map(|(record, _)| &record.rendered);
    let writing = record.and_then(|(record, _)| record.writing.as_ref());
    if let Some(given) = [writing, base]
        .into_iter()
        .flatten()
        .find(|given| given.hash == hash)
    {
        return Ok(Checkout::Stale(given.moment));
    }
    let facts = git();
    if facts.unmerged {
        return Ok(Checkout::Unmerged);
    }
    // Without a record nothing was ever rendered here, as in a fresh worktree: what git put
    // there counts as having come with its HEAD.
    let moved = match (record.and_then(|(_, then)| then), &facts.head) {
        (Some(then), Some(now)) => then != now,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    let from_git = moved && facts.blob.is_some_and(|blob| same_text(&blob, bytes));
    if from_git && let Some(moment) = known(&hash)? {
        return Ok(Checkout::Stale(moment));
    }
    Ok(Checkout::Edited {
        base: base.map(|given| given.moment),
    })
}

/// Whether git checks `blob` out as `bytes`: unchanged, or with `\n` made `\r\n` (autocrlf).
fn same_text(blob: &[u8], bytes: &[u8]) -> bool {
    if blob == bytes {
        return true;
    }
    let feeds = blob.iter().filter(|byte| **byte == b'\n').count();
    if blob.len() + feeds != bytes.len() || blob.contains(&b'\r') {
        return false;
    }
    let crlf = blob.iter().flat_map(|byte| {
        let carriage = (*byte == b'\n').then_some(b'\r');
        carriage.into_iter().chain([*byte])
    });
    crlf.eq(bytes.iter().copied())
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
            length: bytes.len() as u64,
            modified: 0,
        }
    }

    fn record() -> DocumentRecord {
        DocumentRecord {
            document: DocumentId::new("00000000000000aa").unwrap(),
            path: "TODO.md".to_owned(),
            rendered: rendered(5, b"recorded\n"),
            writing: None,
        }
    }

    fn git(head: &str, blob: &[u8]) -> GitFacts {
        GitFacts {
            head: Some(head.to_owned()),
            blob: Some(blob.to_vec()),
            unmerged: false,
        }
    }

    /// The moments of the table below: 3 `early`, 5 `recorded`, 9 `head`.
    fn known(hash: &Digest) -> Result<Option<Moment>, Infallible> {
        Ok([
            (3, &b"early\n"[..]),
            (3, b"early\r\n"),
            (5, b"recorded\n"),
            (9, b"head\n"),
        ]
        .into_iter()
        .find(|(_, bytes)| plain_hash(bytes) == *hash)
        .map(|(seq, _)| moment(seq)))
    }

    #[test]
    fn each_row_of_the_table_holds() {
        use Checkout::{Absent, Current, Edited, Stale, Unmerged};
        let by_hand = Edited {
            base: Some(moment(5)),
        };
        let record = record();
        let with = Some((&record, Some("c1")));
        let without_git = Some((&record, None));
        let unmerged = GitFacts {
            unmerged: true,
            ..git("c1", b"early\n")
        };
        type Row<'a> = (
            &'a str,
            Option<(&'a DocumentRecord, Option<&'a str>)>,
            Option<&'a [u8]>,
            GitFacts,
            Checkout,
        );
        let none = GitFacts::default;
        let rows: [Row<'_>; 16] = [
            ("deleted", with, None, none(), Absent),
            ("the head's bytes", with, Some(b"head\n"), none(), Current),
            (
                "the head's, no record",
                None,
                Some(b"head\n"),
                none(),
                Current,
            ),
            (
                "the head moved on",
                with,
                Some(b"recorded\n"),
                none(),
                Stale(moment(5)),
            ),
            (
                "conflict",
                with,
                Some(b"<<<<<<<\n"),
                unmerged.clone(),
                Unmerged,
            ),
            (
                "conflict, old bytes",
                with,
                Some(b"early\n"),
                unmerged,
                Unmerged,
            ),
            (
                "checkout of an old commit",
                with,
                Some(b"early\n"),
                git("c2", b"early\n"),
                Stale(moment(3)),
            ),
            (
                "the same by hand",
                with,
                Some(b"early\n"),
                git("c1", b"early\n"),
                by_hand,
            ),
            (
                "the same by hand, no git",
                with,
                Some(b"early\n"),
                none(),
                by_hand,
            ),
            (
                "by hand after a commit of something else",
                with,
                Some(b"early\n"),
                git("c2", b"head\n"),
                by_hand,
            ),
            (
                "pulled, never a moment",
                with,
                Some(b"pulled\n"),
                git("c2", b"pulled\n"),
                by_hand,
            ),
            (
                "new text",
                with,
                Some(b"new\n"),
                git("c1", b"recorded\n"),
                by_hand,
            ),
            (
                "fresh worktree",
                None,
                Some(b"early\n"),
                git("c1", b"early\n"),
                Stale(moment(3)),
            ),
            (
                "unknown file",
                None,
                Some(b"new\n"),
                git("c1", b"new\n"),
                Edited { base: None },
            ),
            (
                "first commit since",
                without_git,
                Some(b"early\n"),
                git("c1", b"early\n"),
                Stale(moment(3)),
            ),
            (
                "autocrlf",
                with,
                Some(b"early\r\n"),
                git("c2", b"early\n"),
                Stale(moment(3)),
            ),
        ];
        let head = plain_hash(b"head\n");
        for (name, record, file, facts, expected) in rows {
            let got = classify(record, file, &head, || facts, known).unwrap();
            assert_eq!(got, expected, "{name}");
        }
    }

    #[test]
    fn a_crash_between_swap_and_record_is_not_an_edit() {
        let mut record = record();
        record.writing = Some(rendered(7, b"written\n"));
        let got = classify(
            Some((&record, None)),
            Some(b"written\n"),
            &plain_hash(b"head\n"),
            GitFacts::default,
            known,
        );
        assert_eq!(got, Ok(Checkout::Stale(moment(7))));
    }

    #[test]
    fn records_are_kept_for_each_root() {
        let folder = tempfile::tempdir().unwrap();
        let checkouts = Checkouts::new(folder.path().join("checkouts"));
        let one = Path::new("/one");
        assert_eq!(checkouts.read(one).unwrap(), None);
        let mut first = CheckoutRecord::new(one);
        first.git_head = Some("c1".to_owned());
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
