//! What is known of the plan files of one checkout, and how that changes.
//!
//! Any process may be killed between any two steps, and the machine may lose its power. So a
//! record never says only what should be in a file: until a swap is known to be durable, it has
//! every text that may be there without anybody having written it.

use std::path::{Path, PathBuf};

use ledger_core::{Digest, DocumentId, EventId, Seq, Time};
use serde::{Deserialize, Serialize};

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
    /// [`plain_hash`](super::plain_hash) of the bytes.
    pub hash: Digest,
    /// When.
    pub at: Time,
    /// Where git was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitHead>,
    /// The name of the change that waited in the spool and had these bytes, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<String>,
}

/// What an edit of a plan file was made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// The moment that was last rendered there.
    pub moment: Moment,
    /// The hash of what was taken in from there since, which is no moment's own text; its bytes
    /// are [kept](super::Checkouts::text), or else the moment's text stands for them.
    pub taken: Option<Digest>,
}

impl From<Moment> for Base {
    fn from(moment: Moment) -> Self {
        let taken = None;
        Self { moment, taken }
    }
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
    /// What was last rendered there, durably.
    pub rendered: Rendered,
    /// An edited file that the ledger has taken in but not written yet: if a command ends here,
    /// its bytes are nobody's edit any more, and what the file is from here on is made on them. In
    /// place of `rendered`: whoever puts that back takes the edit back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Rendered>,
    /// What may have been written there since, the newest last: noted before each swap and
    /// cleared after one that is durable, so that a crash on the way is not taken for an edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writing: Vec<Rendered>,
}

impl DocumentRecord {
    /// The texts that the file may have without anybody having edited it, nor git.
    pub fn given(&self) -> impl Iterator<Item = &Rendered> {
        self.writing.iter().rev().chain([self.last()])
    }

    /// What it last had for certain.
    #[must_use]
    pub fn last(&self) -> &Rendered {
        self.taken.as_ref().unwrap_or(&self.rendered)
    }

    /// What an edit that is found now was made on.
    #[must_use]
    pub fn base(&self) -> Base {
        Base {
            moment: self.rendered.moment,
            taken: self.taken.as_ref().map(|taken| taken.hash),
        }
    }

    /// Makes what was taken in one of the texts that may be there, for where its bytes are not kept
    /// any more: whether somebody took it back cannot be told then.
    pub fn lose_taken(&mut self) {
        self.writing.extend(self.taken.take());
    }

    /// Notes that `next` is about to be written over `seen`, the ledger's own text that the file
    /// was found to have, if it has one.
    pub fn announce(&mut self, seen: Option<Rendered>, next: Rendered) {
        let known = |seen: &Rendered| self.given().any(|given| given.hash == seen.hash);
        let seen = seen.filter(|seen| !known(seen));
        self.writing.extend(seen);
        self.writing.push(next);
    }

    /// Takes back that `next` is being written: it was not, and what was there is there still.
    pub fn retract(&mut self, next: &Rendered) {
        if let Some(at) = self.writing.iter().rposition(|own| own == next) {
            self.writing.remove(at);
        }
    }
}

/// An edited file that is about to be taken in: whether it was shows in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taking {
    /// The document.
    pub document: DocumentId,
    /// Its path as the ledger names it.
    pub path: String,
    /// Its bytes, and the moment that will have recorded them.
    pub bytes: Rendered,
    /// Whether they are that moment's own text: nothing had to be merged.
    pub whole: bool,
    /// Whether the file was made durable with them: what was being written there before cannot
    /// come back then.
    #[serde(default)]
    pub durable: bool,
}

impl Taking {
    /// The record of a file whose bytes were taken in. What was not merged is that moment's own
    /// text, and what further edits of it are made on.
    fn into_record(self, known: Option<DocumentRecord>) -> Option<DocumentRecord> {
        let bytes = self.bytes;
        if self.whole {
            return Some(DocumentRecord {
                document: self.document,
                path: self.path,
                rendered: bytes,
                taken: None,
                writing: Vec::new(),
            });
        }
        let known = known?;
        let writing = if self.durable {
            Vec::new()
        } else {
            known.writing
        };
        Some(DocumentRecord {
            taken: Some(bytes),
            writing,
            ..known
        })
    }
}

/// What names a checkout as long as it is one, wherever it is moved or mounted
/// ([`Place::checkout`](crate::Place::checkout)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckoutName(pub(crate) String);

/// The record of one checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutRecord {
    /// Its name.
    pub name: CheckoutName,
    /// Its top folder when it was last written.
    pub root: PathBuf,
    /// Its documents.
    pub documents: Vec<DocumentRecord>,
    /// Edits that were about to be taken in when it was last written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taking: Vec<Taking>,
}

impl CheckoutRecord {
    /// A record for a checkout that was given nothing yet.
    #[must_use]
    pub fn new(name: CheckoutName, root: &Path) -> Self {
        Self {
            name,
            root: root.to_owned(),
            documents: Vec::new(),
            taking: Vec::new(),
        }
    }

    /// The moments it knows. Those of edits that were about to be taken in may never have been.
    pub fn moments(&self) -> impl Iterator<Item = Moment> {
        let documents = self.documents.iter();
        let given = documents.flat_map(|known| known.given().chain([&known.rendered]));
        given.map(|rendered| rendered.moment)
    }

    /// The hashes of the texts that have to be kept beside it: what was taken in, or is about to
    /// be, and is no moment's own text.
    pub fn texts(&self) -> impl Iterator<Item = Digest> {
        let taken = self.documents.iter().filter_map(|own| own.taken.as_ref());
        let taking = self.taking.iter().filter(|taking| !taking.whole);
        let all = taken.chain(taking.map(|taking| &taking.bytes));
        all.map(|bytes| bytes.hash)
    }

    /// The record of a document.
    #[must_use]
    pub fn document(&self, id: &DocumentId) -> Option<&DocumentRecord> {
        self.documents.iter().find(|record| record.document == *id)
    }

    /// The record of a document, to be changed.
    pub fn document_mut(&mut self, id: &DocumentId) -> Option<&mut DocumentRecord> {
        let mut documents = self.documents.iter_mut();
        documents.find(|record| record.document == *id)
    }

    /// Puts a document's record in, in place of an older one.
    pub fn set(&mut self, record: DocumentRecord) {
        match self.document_mut(&record.document) {
            Some(old) => *old = record,
            None => self.documents.push(record),
        }
    }

    /// Settles the edits that were about to be taken in: those of moments that are part of the
    /// history were, and the others are still edits.
    ///
    /// # Errors
    /// What `is_there` fails with.
    pub fn settle_taking<E>(
        &mut self,
        mut is_there: impl FnMut(&Moment) -> Result<bool, E>,
    ) -> Result<(), E> {
        for taking in std::mem::take(&mut self.taking) {
            if is_there(&taking.bytes.moment)? {
                let known = self.document(&taking.document).cloned();
                if let Some(record) = taking.into_record(known) {
                    self.set(record);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::super::plain_hash;
    use super::*;

    pub(crate) fn moment(seq: u64) -> Moment {
        let id = plain_hash(&seq.to_be_bytes());
        Moment {
            seq: Seq(seq),
            id: EventId::new(id),
        }
    }

    pub(crate) fn rendered(seq: u64, bytes: &[u8]) -> Rendered {
        Rendered {
            moment: moment(seq),
            hash: plain_hash(bytes),
            at: Time::from_millis(0).unwrap(),
            git: None,
            turn: None,
        }
    }

    pub(crate) fn record() -> DocumentRecord {
        DocumentRecord {
            document: DocumentId::new("00000000000000aa").unwrap(),
            path: "TODO.md".to_owned(),
            rendered: rendered(5, b"recorded\n"),
            taken: None,
            writing: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::plain_hash;
    use super::samples::{moment, record, rendered};
    use super::*;

    fn hashes(record: &DocumentRecord) -> Vec<Digest> {
        record.given().map(|given| given.hash).collect()
    }

    #[test]
    fn what_an_earlier_command_may_have_written_stays_known_until_something_is_rendered() {
        let mut record = record();
        let [first, second] = [rendered(7, b"first\n"), rendered(8, b"second\n")];
        record.announce(None, first.clone());
        // It was killed. The next one finds the file as the first has left it.
        record.announce(Some(first.clone()), second.clone());
        let all = [second.hash, first.hash, record.rendered.hash];
        assert_eq!(hashes(&record), all);
        record.retract(&second);
        assert_eq!(hashes(&record), all[1..]);
    }

    #[test]
    fn the_text_that_is_written_over_is_known_also_where_no_record_had_it() {
        let mut record = record();
        let [seen, next] = [rendered(6, b"seen\n"), rendered(8, b"next\n")];
        record.announce(Some(seen.clone()), next.clone());
        assert_eq!(record.writing, [seen, next]);
    }

    fn taking(seq: u64, whole: bool) -> Taking {
        Taking {
            document: record().document,
            path: record().path,
            bytes: rendered(seq, b"edited\n"),
            whole,
            durable: false,
        }
    }

    /// What may happen to a plan file.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        /// Somebody saves this.
        Save(u8),
        /// What is there is taken in, if anybody edited it; the command may be cut short before.
        TakeIn { whole: bool, cut: bool },
        /// This is written. The command may be cut short before the swap, or after it.
        Write { text: u8, cut: Option<bool> },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..4_u8).prop_map(Step::Save),
            any::<(bool, bool)>().prop_map(|(whole, cut)| Step::TakeIn { whole, cut }),
            (0..4_u8, any::<Option<bool>>()).prop_map(|(text, cut)| Step::Write { text, cut }),
        ]
    }

    proptest! {
        /// What the ledger knows to be there is nobody's edit, and what was taken in leaves nothing
        /// else that could pass for old.
        #[test]
        fn what_is_given_is_what_may_be_there(steps in vec(step(), 0..12)) {
            let mut checkout = CheckoutRecord::new(CheckoutName("here".to_owned()), Path::new("/"));
            let id = record().document;
            checkout.set(DocumentRecord { rendered: rendered(0, &[0]), ..record() });
            let (mut file, mut by_hand) = (0_u8, false);
            for (seq, step) in (1..).zip(steps) {
                let known = checkout.document(&id).unwrap().clone();
                let edited = known.given().all(|given| given.hash != plain_hash(&[file]));
                match step {
                    Step::Save(text) => (file, by_hand) = (text, true),
                    Step::TakeIn { whole, cut } if edited => {
                        let bytes = rendered(seq, &[file]);
                        let (document, path) = (id.clone(), known.path);
                        checkout.taking.push(Taking { document, path, bytes, whole, durable: true });
                        let Ok(()) = checkout.settle_taking(|_| Ok::<_, Infallible>(!cut));
                        if !cut {
                            let own = checkout.document(&id).unwrap();
                            prop_assert_eq!(hashes(own), [plain_hash(&[file])]);
                            by_hand = false;
                        }
                    }
                    // Nothing is written over an edit.
                    Step::Write { text, cut } if !edited => {
                        let own = checkout.document_mut(&id).unwrap();
                        own.announce(None, rendered(seq, &[text]));
                        if cut != Some(false) {
                            (file, by_hand) = (text, false);
                        }
                        if cut.is_none() {
                            let rendered = rendered(seq, &[text]);
                            checkout.set(DocumentRecord { rendered, ..record() });
                        }
                    }
                    _ => {}
                }
                let given = hashes(checkout.document(&id).unwrap());
                prop_assert!(by_hand || given.contains(&plain_hash(&[file])), "{:?}", step);
            }
        }
    }

    #[test]
    fn an_edit_was_taken_in_if_its_moment_is_part_of_the_history() {
        for (there, whole) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut checkout = CheckoutRecord::new(CheckoutName("here".to_owned()), Path::new("/"));
            checkout.set(record());
            checkout.taking.push(taking(7, whole));
            assert!(checkout.moments().all(|known| known != moment(7)));
            let Ok(()) = checkout.settle_taking(|_| Ok::<_, Infallible>(there));
            let settled = checkout.document(&record().document).unwrap();
            let edited = rendered(7, b"edited\n");
            let expected = match (there, whole) {
                (false, _) => record(),
                (true, false) => DocumentRecord {
                    taken: Some(edited),
                    ..record()
                },
                (true, true) => DocumentRecord {
                    rendered: edited,
                    ..record()
                },
            };
            assert_eq!((settled, checkout.taking.len()), (&expected, 0));
        }
    }
}
