//! What a ledger signs of its journal (c2sp.org/tlog-checkpoint; ledger-format.md §12).

use crate::id::EventId;
use crate::merkle::Hash;
use crate::note::{Note, NoteError, SignerKey, VerifierKey};

/// What the origin of every ledger begins with; its id follows.
const ORIGIN: &str = "plan-ledger/";

/// The trailer of a commit that a checkpoint can be written as.
const TRAILER: &str = "Plan-Checkpoint: ";

/// A state of a ledger's journal: its first `size` lines are those with this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which ledger.
    pub ledger: EventId,
    /// How many events.
    pub size: u64,
    /// The root of the tree of their headers.
    pub root: Hash,
}

/// Why something is no checkpoint of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note.
    #[error("it is not a signed note: {0}")]
    Note(#[from] NoteError),
    /// A note that says something else.
    #[error("it is not a checkpoint: {0}")]
    Text(&'static str),
}

/// A checkpoint with its signatures, none of which was checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

/// Why a journal does not extend a checkpoint (ledger-format.md §12.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotExtended {
    /// It is another ledger's.
    #[error("the checkpoint is one of ledger {}, and this is {}", found.short(), own.map_or_else(|| "empty".to_owned(), |own| own.short()))]
    OtherLedger {
        /// The journal's ledger; `None` if it is empty.
        own: Option<EventId>,
        /// The checkpoint's.
        found: EventId,
    },
    /// The key did not sign it, or not this.
    #[error("of the checkpoint: {0}")]
    Signature(NoteError),
    /// The journal is shorter.
    #[error(
        "the history was cut short: the checkpoint is of {signed} events, and there are {found}"
    )]
    CutShort {
        /// How many events were signed.
        signed: u64,
        /// How many there are.
        found: u64,
    },
    /// The journal has other events.
    #[error("the history was rewritten: its first {signed} events are not those of the checkpoint")]
    Rewritten {
        /// How many events were signed.
        signed: u64,
    },
}

impl NotExtended {
    /// The code of ledger-format.md §12.6.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherLedger { .. } => "OTHER_LEDGER",
            Self::Signature(error) => signature_code(*error),
            Self::CutShort { .. } => "CUT_SHORT",
            Self::Rewritten { .. } => "REWRITTEN",
        }
    }
}

pub(crate) const fn signature_code(error: NoteError) -> &'static str {
    match error {
        NoteError::NotSigned => "NOT_SIGNED",
        _ => "BAD_SIGNATURE",
    }
}

/// What the checkpoints of a ledger begin with, and the name of the keys that sign them.
#[must_use]
pub fn origin(ledger: EventId) -> String {
    format!("{ORIGIN}{ledger}")
}

/// A number as it is written: decimal, without a sign or leading zeros.
pub(crate) fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", origin(self.ledger), self.size, self.root)
    }

    /// Reads the text of a note. Lines after the third are extensions, which say nothing here.
    fn parse(text: &str) -> Result<Self, CheckpointError> {
        let wrong = CheckpointError::Text;
        let mut lines = text.lines();
        let origin = lines.next().and_then(|line| line.strip_prefix(ORIGIN));
        let ledger = origin.and_then(|id| id.parse().ok());
        let checkpoint = Self {
            ledger: ledger.ok_or(wrong("its first line names no ledger"))?,
            size: lines
                .next()
                .and_then(number)
                .ok_or(wrong("its second line is no number of events"))?,
            root: lines
                .next()
                .and_then(Hash::parse)
                .ok_or(wrong("its third line is no root"))?,
        };
        if lines.any(str::is_empty) {
            return Err(wrong("it has an empty line"));
        }
        Ok(checkpoint)
    }
}

impl SignedCheckpoint {
    /// Signs a checkpoint.
    #[must_use]
    pub fn new(checkpoint: Checkpoint, key: &SignerKey) -> Self {
        let note = key.sign(checkpoint.text());
        Self { checkpoint, note }
    }

    /// Reads a signed note.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        Ok(Self {
            checkpoint: Checkpoint::parse(note.text())?,
            note,
        })
    }

    /// Reads a signed note, or the last trailer of a text, such as a commit's message, that is one
    /// in another form.
    ///
    /// # Errors
    /// [`CheckpointError`]: what is wrong with the note, where there is no trailer either.
    pub fn find(bytes: &[u8]) -> Result<Self, CheckpointError> {
        Self::parse(bytes).or_else(|error| {
            // What else stands in the text may be in any encoding.
            let text = String::from_utf8_lossy(bytes);
            let mut lines = text.lines().rev();
            let trailer = lines.find_map(|line| line.strip_prefix(TRAILER));
            let words: Vec<&str> = trailer.ok_or(error)?.split(' ').collect();
            let &[origin, size, root, signature] = words.as_slice() else {
                let form = "its trailer is not ORIGIN SIZE ROOT SIGNATURE";
                return Err(CheckpointError::Text(form));
            };
            let note = format!("{origin}\n{size}\n{root}\n\n\u{2014} {origin} {signature}\n");
            Self::parse(note.as_bytes())
        })
    }

    /// What it says.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note; it prints as its bytes.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// The trailer of a commit that [`find`](Self::find) reads it from again. `None` for one that
    /// has more in it than the ledger's own signature.
    #[must_use]
    pub fn trailer(&self) -> Option<String> {
        let Checkpoint { ledger, size, root } = &self.checkpoint;
        let origin = origin(*ledger);
        let signature = self.note.only_signature_of(&origin)?;
        let is_plain = self.note.text() == self.checkpoint.text();
        is_plain.then(|| format!("{TRAILER}{origin} {size} {root} {signature}"))
    }

    /// Checks that a journal extends it: `ledger` is its own, `size` the number of its lines, and
    /// `root` the one of as many of them as were signed, where there are as many. Without a `key`
    /// nobody's signature is looked at.
    ///
    /// # Errors
    /// [`NotExtended`].
    pub fn is_extended_by(
        &self,
        key: Option<&VerifierKey>,
        ledger: Option<EventId>,
        size: u64,
        root: Option<Hash>,
    ) -> Result<(), NotExtended> {
        let signed = &self.checkpoint;
        if Some(signed.ledger) != ledger {
            return Err(NotExtended::OtherLedger {
                own: ledger,
                found: signed.ledger,
            });
        }
        if let Some(key) = key {
            self.verify(key).map_err(NotExtended::Signature)?;
        }
        if signed.size > size {
            return Err(NotExtended::CutShort {
                signed: signed.size,
                found: size,
            });
        }
        match root == Some(signed.root) {
            true => Ok(()),
            false => Err(NotExtended::Rewritten {
                signed: signed.size,
            }),
        }
    }

    /// Checks that `key` signed it.
    ///
    /// # Errors
    /// [`NoteError::NotSigned`], [`NoteError::BadSignature`].
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        self.note.verify(key)
    }
}
