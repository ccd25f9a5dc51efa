//! Keys of notes, and how they are written down.
//!
//! Both texts are those of Go's `golang.org/x/mod/sumdb/note`, which the tools around
//! transparency logs read.

use std::fmt;

use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::{Note, Signature};
use crate::base64;
use crate::id::{hex, parse_hex};

/// The type of an Ed25519 key (c2sp.org/signed-note, signature types).
const ED25519: u8 = 1;

/// What a private key's text begins with.
const PRIVATE: &str = "PRIVATE+KEY+";

/// The most bytes that a key's text may have.
const MAX_KEY: usize = 1_024;

/// A text that is not the key it should be. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Another form.
    #[error("it is not of the form {0}")]
    Form(&'static str),
    /// A type of key that is not Ed25519's.
    #[error("it is not an Ed25519 key")]
    Type,
    /// The id that it has is not the one that follows from it.
    #[error("its id does not fit it: it is damaged")]
    Id,
}

/// What checks signatures: a name and a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: VerifyingKey,
}

/// What makes signatures: a name and a private key, which is wiped from memory when it goes.
#[derive(Clone)]
pub struct SignerKey {
    key: SigningKey,
    public: VerifierKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Self {
        let hash = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes())
            .finalize();
        Self {
            name: name.to_owned(),
            id: [hash[0], hash[1], hash[2], hash[3]],
            key,
        }
    }

    /// Reads `NAME+ID+BASE64`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let form = KeyError::Form("NAME+ID+BASE64");
        let written = Written::read(text).ok_or(form)?;
        let key = VerifyingKey::from_bytes(&written.key()?).map_err(|_| KeyError::Type)?;
        let own = Self::new(written.name, key);
        if own.id == written.id {
            Ok(own)
        } else {
            Err(KeyError::Id)
        }
    }

    /// The name that signatures carry.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `NAME+ID`: which key it is, for people.
    #[must_use]
    pub fn called(&self) -> String {
        called(&self.name, self.id)
    }

    pub(super) fn is(&self, name: &str, id: [u8; 4]) -> bool {
        self.name == name && self.id == id
    }

    /// Whether this is its signature of the message. Strict: what some verifiers take and others
    /// do not (keys of small order, numbers beyond the group's order), it does not take.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Ed25519::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[ED25519][..], self.key.as_bytes()].concat();
        write!(f, "{}+{}", self.called(), base64::encode(&bytes))
    }
}

impl SignerKey {
    /// The key of this name that 32 random bytes make. `None` if it cannot be a name.
    #[must_use]
    pub fn new(name: &str, secret: &[u8; 32]) -> Option<Self> {
        is_name(name).then(|| {
            let key = SigningKey::from_bytes(secret);
            let public = VerifierKey::new(name, key.verifying_key());
            Self { key, public }
        })
    }

    /// Reads `PRIVATE+KEY+NAME+ID+BASE64`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let form = KeyError::Form("PRIVATE+KEY+NAME+ID+BASE64");
        let written = text
            .strip_prefix(PRIVATE)
            .and_then(Written::read)
            .ok_or(form)?;
        let own = Self::new(written.name, &written.key()?).ok_or(form)?;
        if own.public.id == written.id {
            Ok(own)
        } else {
            Err(KeyError::Id)
        }
    }

    /// The text that [`parse`](Self::parse) reads. Whoever has it can sign.
    #[must_use]
    pub fn secret_text(&self) -> String {
        let bytes = [&[ED25519][..], self.key.as_bytes()].concat();
        format!(
            "{PRIVATE}{}+{}",
            self.public.called(),
            base64::encode(&bytes)
        )
    }

    /// What checks its signatures.
    #[must_use]
    pub const fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// Signs a text, which ends with a line feed and has no other control characters.
    #[must_use]
    pub fn sign(&self, text: String) -> Note {
        let bytes = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        let VerifierKey { name, id, .. } = self.public.clone();
        let signatures = vec![Signature {
            name,
            key: id,
            bytes,
        }];
        Note { text, signatures }
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignerKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// Whether a key can have this name.
pub(super) fn is_name(name: &str) -> bool {
    let wrong = |c: char| c.is_whitespace() || c < ' ' || c == '+';
    !name.is_empty() && !name.contains(wrong)
}

pub(super) fn called(name: &str, id: [u8; 4]) -> String {
    format!("{name}+{}", hex(&id))
}

/// The pieces of `NAME+ID+BASE64`.
struct Written<'a> {
    name: &'a str,
    id: [u8; 4],
    /// The type of the key and the key.
    bytes: Vec<u8>,
}

impl<'a> Written<'a> {
    fn read(text: &'a str) -> Option<Self> {
        if text.len() > MAX_KEY {
            return None;
        }
        let (name, rest) = text.split_once('+')?;
        let (id, encoded) = rest.split_once('+')?;
        let id = parse_hex(id)?;
        let bytes = base64::decode(encoded)?;
        is_name(name).then_some(Self { name, id, bytes })
    }

    /// The 32 bytes of an Ed25519 key, private or public.
    fn key(&self) -> Result<[u8; 32], KeyError> {
        match self.bytes.split_first() {
            Some((&ED25519, key)) => key.try_into().map_err(|_| KeyError::Type),
            _ => Err(KeyError::Type),
        }
    }
}
