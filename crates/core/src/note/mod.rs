//! Signed notes (c2sp.org/signed-note; ledger-format.md §12): a text, and under it the lines of
//! those who signed it.
//!
//! Reading is strict, so a note has one form: what is printed again is what was read, byte for
//! byte.

mod key;

use std::fmt;

pub use key::{KeyError, SignerKey, VerifierKey};

use crate::base64;

/// The most bytes that a note may have.
pub const MAX_NOTE: usize = 1 << 18;

/// What a signature line begins with: an em dash and a blank.
const DASH: &str = "\u{2014} ";

/// A text with signatures, none of which was checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signature {
    name: String,
    key: [u8; 4],
    bytes: Vec<u8>,
}

/// Why something is no note, or one that says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Too many bytes.
    #[error("it has more than {MAX_NOTE} bytes")]
    TooLong,
    /// Not UTF-8, or with control characters.
    #[error("it is not plain UTF-8 text")]
    NotText,
    /// Not a text, an empty line and signature lines.
    #[error("it is not a text, an empty line and lines of signatures")]
    Form,
    /// A line that should be a signature's.
    #[error("a line of its signatures is not of the form '\u{2014} NAME BASE64'")]
    SignatureLine,
    /// No signature by the key.
    #[error("the key did not sign it")]
    NotSigned,
    /// A signature that says it is by the key and is not.
    #[error("its signature is not right")]
    BadSignature,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// [`NoteError`] says what is wrong with its form.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NoteError::NotText);
        }
        // The text keeps its own line feed; the other one makes the empty line.
        let empty = note.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, signatures) = (&note[..=empty], &note[empty + 2..]);
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Form)?;
        if text == "\n" {
            return Err(NoteError::Form);
        }
        let read = |line| Signature::parse(line).ok_or(NoteError::SignatureLine);
        Ok(Self {
            text: text.to_owned(),
            signatures: signatures.split('\n').map(read).collect::<Result<_, _>>()?,
        })
    }

    /// The text, with the line feed at its end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks what `key` signed. Signatures of other keys, such as witnesses', say nothing for it
    /// or against it.
    ///
    /// # Errors
    /// [`NoteError::NotSigned`], [`NoteError::BadSignature`].
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let own = |signature: &&Signature| key.is(&signature.name, signature.key);
        let mut own = self.signatures.iter().filter(own).peekable();
        if own.peek().is_none() {
            return Err(NoteError::NotSigned);
        }
        match own.all(|signature| key.signed(self.text.as_bytes(), &signature.bytes)) {
            true => Ok(()),
            false => Err(NoteError::BadSignature),
        }
    }

    /// The names and key ids of those who are said to have signed it, as `NAME+ID`.
    #[must_use]
    pub fn signers(&self) -> Vec<String> {
        let signers = self.signatures.iter();
        signers.map(|own| key::called(&own.name, own.key)).collect()
    }

    /// The only signature, as it stands in its line, if `name` is said to have made it.
    pub(crate) fn only_signature_of(&self, name: &str) -> Option<String> {
        match self.signatures.as_slice() {
            [own] if own.name == name => Some(own.encoded()),
            _ => None,
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            writeln!(f, "{DASH}{} {}", signature.name, signature.encoded())?;
        }
        Ok(())
    }
}

impl Signature {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let decoded = base64::decode(encoded)?;
        let (key, bytes) = decoded.split_first_chunk()?;
        (key::is_name(name) && !bytes.is_empty()).then(|| Self {
            name: name.to_owned(),
            key: *key,
            bytes: bytes.to_vec(),
        })
    }

    fn encoded(&self) -> String {
        base64::encode(&[&self.key[..], &self.bytes].concat())
    }
}
