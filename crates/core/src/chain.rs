//! All hashing: one BLAKE3 key-derivation context per purpose (ledger-format.md §3).

use std::sync::LazyLock;

use blake3::Hasher;
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use ledger_document::Document;

use crate::id::{Digest, EventId};

macro_rules! context {
    ($name:ident, $text:literal) => {
        static $name: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context($text));
    };
}

context!(EVENT, "ledger 2026-11-23 event v1");
context!(BODY, "ledger 2026-11-23 body v1");
context!(PART, "ledger 2026-11-23 part v1");
context!(DOCUMENT, "ledger 2026-11-23 document v1");
context!(SALT, "ledger 2026-11-23 salt v1");
context!(BATCH_KEY, "ledger 2026-11-23 batch key v1");

fn hasher(context: &ContextKey) -> Hasher {
    Hasher::new_from_context_key(context)
}

fn digest(hasher: &Hasher) -> Digest {
    Digest::from_bytes(*hasher.finalize().as_bytes())
}

/// The id of the event whose header has these bytes (ledger-format.md §3.2).
#[must_use]
pub fn event_id(header: &[u8]) -> EventId {
    EventId::new(digest(hasher(&EVENT).update(header)))
}

/// The commitment to an open part (ledger-format.md §3.3). `tail` is what the line stores after
/// the salt and its comma: `"name",value]`.
pub(crate) fn part_commitment(salt: &[u8; 16], tail: &[u8]) -> Digest {
    // Most parts are shorter than two blocks; what is given in one piece is hashed where it is.
    let mut start = [0; 64];
    let (head, rest) = tail.split_at(tail.len().min(start.len() - 17));
    start[..16].copy_from_slice(salt);
    start[16] = b'[';
    start[17..17 + head.len()].copy_from_slice(head);
    digest(hasher(&PART).update(&start[..17 + head.len()]).update(rest))
}

/// Adds up the commitments of a body's parts (ledger-format.md §3.4).
pub(crate) struct BodyHasher(Hasher);

impl BodyHasher {
    pub(crate) fn new() -> Self {
        Self(hasher(&BODY))
    }

    pub(crate) fn part(&mut self, commitment: &Digest) {
        self.0.update(commitment.as_bytes());
    }

    pub(crate) fn finish(&self) -> Digest {
        digest(&self.0)
    }
}

/// The salted hash of a document (ledger-format.md §3.5).
#[must_use]
pub fn document_hash(salt: &[u8; 16], document: &Document) -> Digest {
    // Lines are short; BLAKE3 is many times faster on large pieces.
    const PIECE: usize = 64 * 1024;
    let mut hasher = hasher(&DOCUMENT);
    let mut piece = Vec::with_capacity(PIECE.min(16 + document.byte_len()));
    piece.extend_from_slice(salt);
    for line in document.lines() {
        if piece.len() + line.len() > PIECE {
            hasher.update(&piece);
            piece.clear();
        }
        piece.extend_from_slice(line.as_bytes());
    }
    digest(hasher.update(&piece))
}

/// [`document_hash`] of a document's bytes.
#[must_use]
pub fn document_hash_of_bytes(salt: &[u8; 16], bytes: &[u8]) -> Digest {
    digest(hasher(&DOCUMENT).update(salt).update(bytes))
}

/// The `n`th salt drawn from a writer's fresh randomness (ledger-format.md §3.6).
pub(crate) fn salt(entropy: &[u8; 32], n: u64) -> [u8; 16] {
    let hash = *hasher(&SALT)
        .update(entropy)
        .update(&n.to_le_bytes())
        .finalize()
        .as_bytes();
    let mut salt = [0; 16];
    salt.copy_from_slice(&hash[..16]);
    salt
}

/// An idempotency key from what identifies a request, such as agent, session, tool-use id and
/// document (ledger-format.md §3.7). Pieces are told apart: `["ab", "c"]` and `["a", "bc"]`
/// give different keys.
#[must_use]
pub fn batch_key(pieces: &[&[u8]]) -> Digest {
    let mut hasher = hasher(&BATCH_KEY);
    for piece in pieces {
        hasher.update(&(piece.len() as u64).to_le_bytes());
        hasher.update(piece);
    }
    digest(&hasher)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_is_hashed_as_one_message(
            salt in any::<[u8; 16]>(),
            tail in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let message = [&salt[..], b"[", &tail].concat();
            let expected = blake3::derive_key("ledger 2026-11-23 part v1", &message);
            prop_assert_eq!(part_commitment(&salt, &tail), Digest::from_bytes(expected));
        }

        #[test]
        fn a_body_is_hashed_as_one_message(
            parts in prop::collection::vec(any::<[u8; 32]>(), 0..40),
        ) {
            let mut hasher = BodyHasher::new();
            for &part in &parts {
                hasher.part(&Digest::from_bytes(part));
            }
            let expected = blake3::derive_key("ledger 2026-11-23 body v1", parts.as_flattened());
            prop_assert_eq!(hasher.finish(), Digest::from_bytes(expected));
        }
    }
}
