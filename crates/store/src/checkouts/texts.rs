//! Texts that no moment has: what was taken in from a plan file and had to be merged, for as long as
//! that file is not written.
//!
//! Each lies beside the records under its hash. It is an aid and no part of the history: where one is
//! missing or damaged, what was rendered before stands for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ledger_core::Digest;

use super::{CheckoutRecord, Checkouts, plain_hash};
use crate::error::StoreError;
use crate::planfile::{self, MAX_PLAN};
use crate::small_file;

/// What the names of such files end with.
const ENDING: &str = ".text";

/// Whether a path in the folder of the records is one of a text, or of one that was being written.
pub(crate) fn is_text(path: &Path) -> bool {
    hash_of(path).is_some()
}

/// The hash that a text's file is named by.
fn hash_of(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".new")
        .unwrap_or(name)
        .strip_suffix(ENDING)
}

impl Checkouts {
    fn text_path(&self, hash: &Digest) -> PathBuf {
        self.directory.join(format!("{hash}{ENDING}"))
    }

    /// Keeps the bytes of a plan file, durably, for a record that is to name them. The caller holds
    /// the ledger's lock.
    ///
    /// # Errors
    /// [`StoreError::Io`]; they are then as good as not kept.
    pub fn keep_text(&self, bytes: &[u8]) -> Result<(), StoreError> {
        let hash = plain_hash(bytes);
        let path = self.text_path(&hash);
        if self.text(&hash).is_some() {
            return planfile::make_durable(&path);
        }
        self.put_file(&path, bytes, small_file::replace_durably)
    }

    /// The kept bytes of this [hash](plain_hash); `None` if they are not there, damaged or cannot be
    /// read.
    #[must_use]
    pub fn text(&self, hash: &Digest) -> Option<Vec<u8>> {
        let bytes = small_file::read(&self.text_path(hash), MAX_PLAN).ok()?;
        bytes.filter(|bytes| plain_hash(bytes) == *hash)
    }

    /// Removes the texts that no record names any more. Where a record cannot be made out, none is
    /// removed, since it may name them; one that cannot be removed now is next time. The caller
    /// holds the ledger's lock.
    pub fn tidy_texts(&self) {
        let Ok(texts) = self.texts() else { return };
        if texts.is_empty() {
            return;
        }
        let Ok(records) = self.all() else { return };
        let records = records.into_iter().map(|(_, record)| record);
        let Some(records) = records.collect::<Option<Vec<_>>>() else {
            return;
        };
        for stray in strays(texts, records.iter()) {
            // What is no file is for somebody to look at.
            let _ = fs::remove_file(stray);
        }
    }

    /// The texts that none of these records names.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub(crate) fn stray_texts<'r>(
        &self,
        records: impl Iterator<Item = &'r CheckoutRecord>,
    ) -> Result<Vec<PathBuf>, StoreError> {
        Ok(strays(self.texts()?, records))
    }

    fn texts(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut texts = self.entries()?;
        texts.retain(|path| is_text(path));
        Ok(texts)
    }

    /// The texts that one of these records names and that are not what was kept.
    pub(crate) fn damaged_texts<'r>(
        &self,
        records: impl Iterator<Item = &'r CheckoutRecord>,
    ) -> BTreeSet<PathBuf> {
        let named = records.flat_map(CheckoutRecord::texts);
        // One that is not there may be an earlier version's, which kept none.
        let damaged = named.filter(|hash| {
            fs::symlink_metadata(self.text_path(hash)).is_ok() && self.text(hash).is_none()
        });
        damaged.map(|hash| self.text_path(&hash)).collect()
    }
}

/// Those of the files of texts that none of these records names.
fn strays<'r>(
    mut texts: Vec<PathBuf>,
    records: impl Iterator<Item = &'r CheckoutRecord>,
) -> Vec<PathBuf> {
    let named = records.flat_map(CheckoutRecord::texts);
    let named: BTreeSet<String> = named.map(|hash| format!("{hash}{ENDING}")).collect();
    let is_named = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| named.contains(name))
    };
    texts.retain(|path| !is_named(path));
    texts
}

#[cfg(test)]
mod tests {
    use super::super::record::samples::{record, rendered};
    use super::super::{CheckoutName, DocumentRecord};
    use super::*;

    fn named(name: &str, text: &[u8]) -> CheckoutRecord {
        let mut checkout = CheckoutRecord::new(CheckoutName(name.to_owned()), Path::new("/"));
        checkout.set(DocumentRecord {
            taken: Some(rendered(7, text)),
            ..record()
        });
        checkout
    }

    fn there(checkouts: &Checkouts, text: &[u8]) -> bool {
        checkouts.text(&plain_hash(text)).as_deref() == Some(text)
    }

    #[test]
    fn a_text_is_kept_for_as_long_as_a_record_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let checkouts = Checkouts::new(folder.path().join("checkouts"));
        let texts = [&b"one\n"[..], b"two\n", b"", b"nobody's\n"];
        for text in texts {
            checkouts.keep_text(text).unwrap();
            checkouts.keep_text(text).unwrap();
            assert!(there(&checkouts, text), "{text:?}");
        }
        let records = [
            named("a", b"one\n"),
            named("b", b"one\n"),
            named("c", b"two\n"),
        ];
        for record in &records {
            checkouts.write_durably(record).unwrap();
        }
        assert_eq!(checkouts.all().unwrap().len(), 3, "a text is no record");
        assert_eq!(checkouts.stray_texts(records.iter()).unwrap().len(), 2);
        checkouts.tidy_texts();
        assert_eq!(
            texts.map(|text| there(&checkouts, text)),
            [true, true, false, false]
        );
        checkouts.write(&named("a", b"")).unwrap();
        checkouts.write(&named("c", b"")).unwrap();
        // It may be named by one that cannot be made out.
        let garbled = folder.path().join("checkouts/garbled");
        fs::write(&garbled, "garbled").unwrap();
        checkouts.tidy_texts();
        assert!(there(&checkouts, b"two\n"));
        fs::remove_file(garbled).unwrap();
        checkouts.tidy_texts();
        assert!(there(&checkouts, b"one\n") && !there(&checkouts, b"two\n"));
    }

    #[test]
    fn what_is_about_to_be_taken_in_is_named_beside_what_was() {
        let mut record = named("a", b"one\n");
        let taking = |text: &[u8], whole| super::super::Taking {
            document: record.documents[0].document.clone(),
            path: record.documents[0].path.clone(),
            bytes: rendered(8, text),
            whole,
            durable: true,
        };
        let taking = vec![taking(b"two\n", false), taking(b"a moment's\n", true)];
        record.taking = taking;
        let named: Vec<Digest> = record.texts().collect();
        assert_eq!(named, [plain_hash(b"one\n"), plain_hash(b"two\n")]);
    }

    #[test]
    fn a_text_that_is_damaged_or_another_one_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let checkouts = Checkouts::new(folder.path().to_owned());
        let record = named("a", b"text\n");
        checkouts.keep_text(b"text\n").unwrap();
        checkouts.keep_text(b"other\n").unwrap();
        let path = checkouts.text_path(&plain_hash(b"text\n"));
        let damaged = || checkouts.damaged_texts([&record].into_iter());
        assert_eq!(damaged(), BTreeSet::new());
        fs::copy(checkouts.text_path(&plain_hash(b"other\n")), &path).unwrap();
        assert_eq!(checkouts.text(&plain_hash(b"text\n")), None);
        assert_eq!(damaged(), BTreeSet::from([path.clone()]));
        checkouts.keep_text(b"text\n").unwrap();
        assert!(there(&checkouts, b"text\n"));
        fs::remove_file(&path).unwrap();
        assert_eq!(checkouts.text(&plain_hash(b"text\n")), None);
        assert_eq!(damaged(), BTreeSet::new(), "it may never have been kept");
    }
}
