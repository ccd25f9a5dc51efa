//! What shows that a waiting change is whole, and one of this ledger.

use std::io::{self, Write};

use ledger_core::Digest;

/// Length of the check, in hex, with its line feed.
pub(super) const CHECK: usize = 65;

/// The hash of a change, not finished. The name is what a change is known by and its place in the
/// order, so it is checked too.
fn hasher(name: &str, key: Option<&Digest>) -> blake3::Hasher {
    let mut hasher = match key {
        Some(key) => blake3::Hasher::new_keyed(key.as_bytes()),
        None => blake3::Hasher::new(),
    };
    hasher.update(name.as_bytes()).update(b"\0");
    hasher
}

/// The check of a change that has this name, in hex.
pub(super) fn check(name: &str, bytes: &[u8], key: Option<&Digest>) -> String {
    let mut hasher = hasher(name, key);
    hasher.update(bytes).finalize().to_hex().to_string()
}

/// Takes a change's file piece by piece, and tells whether its check fits the rest of it.
pub(super) struct Checking {
    said: Vec<u8>,
    hasher: blake3::Hasher,
    keyed: bool,
}

impl Checking {
    pub(super) fn new(name: &str, key: Option<&Digest>) -> Self {
        Self {
            said: Vec::with_capacity(CHECK),
            hasher: hasher(name, key),
            keyed: key.is_some(),
        }
    }

    pub(super) fn done(self) -> Result<(), String> {
        if self.said == format!("{}\n", self.hasher.finalize().to_hex()).as_bytes() {
            return Ok(());
        }
        Err(match self.keyed {
            false => "its check does not fit its bytes: it is damaged",
            true => "it was not put there by a program of this ledger, or before the ledger lost its configuration",
        }
        .to_owned())
    }
}

impl Write for Checking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let of_check = bytes.len().min(CHECK - self.said.len());
        let (check, rest) = bytes.split_at(of_check);
        self.said.extend_from_slice(check);
        self.hasher.update(rest);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
