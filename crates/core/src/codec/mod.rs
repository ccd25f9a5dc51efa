//! The bytes of a journal: canonical JSON, headers, bodies and lines (ledger-format.md §2–§6).
//!
//! Writing goes through [`line::LineWriter`]; reading through one pass of
//! [`line::Frame::read`] over the stored bytes. The stored bytes are what is hashed: nothing
//! here prints a value again in order to check it.

pub(crate) mod defect;
pub(crate) mod header;
pub(crate) mod line;
pub(crate) mod scan;
pub(crate) mod write;

pub use defect::Defect;
pub use write::Unwritable;

/// The most bytes a header may have (ledger-format.md §2.4).
pub const MAX_HEADER: usize = 65_535;
/// The most bytes a serialized body may have (ledger-format.md §2.4).
pub const MAX_BODY: usize = 16 * 1024 * 1024;
/// The most bytes a journal line may have, with its line feed (ledger-format.md §2.4).
pub const MAX_LINE: usize = MAX_BODY + MAX_HEADER + b"{\"body\":,\"header\":}\n".len();
/// How deep arrays and objects may nest, the line's own object included (ledger-format.md §2.4).
pub const MAX_DEPTH: usize = 32;
/// The most bytes a part's name may have (ledger-format.md §5.1).
pub const MAX_PART_NAME: usize = 64;
/// The most events a batch may have (ledger-format.md §2.4).
pub const MAX_BATCH: u32 = 1_000_000;
/// The greatest integer: 2^53 − 1 (ledger-format.md §2.1).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Whether a text can name a part: 1 to 64 of `a`–`z`, `0`–`9` and `_`.
pub(crate) fn is_part_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_PART_NAME
        && name
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

#[cfg(test)]
mod tests;
