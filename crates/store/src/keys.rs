//! The key that a ledger signs its checkpoints with (ledger-format.md §12.3): made on first use,
//! the private half readable by its owner only.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ledger_core::note::{SignerKey, VerifierKey};

use crate::error::StoreError;
use crate::small_file::sync_directory;

/// The most bytes that a key's file may have.
const MAX_KEY: u64 = 4_096;

/// The folder of a ledger's key.
#[derive(Debug, Clone)]
pub struct Keys {
    directory: PathBuf,
}

impl Keys {
    /// The keys in this folder ([`Layout::keys`](crate::Layout::keys)), whether or not it is there.
    #[must_use]
    pub const fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// The file of the private key.
    #[must_use]
    pub fn private_file(&self) -> PathBuf {
        self.directory.join("checkpoint.key")
    }

    /// The file of the public key.
    #[must_use]
    pub fn public_file(&self) -> PathBuf {
        self.directory.join("checkpoint.pub")
    }

    /// The public key; `None` before the first use.
    ///
    /// # Errors
    /// [`StoreError::Key`] if it is damaged, [`StoreError::Io`].
    pub fn public(&self) -> Result<Option<VerifierKey>, StoreError> {
        let path = self.public_file();
        let Some(text) = read(&path)? else {
            return Ok(None);
        };
        let parsed = VerifierKey::parse(&text);
        parsed
            .map(Some)
            .map_err(|error| damaged(path, &error.to_string()))
    }

    /// The key to sign with, which must have this name; `None` before the first use. The caller
    /// holds the ledger's lock.
    ///
    /// # Errors
    /// [`StoreError::KeyExposed`] if others can read it, [`StoreError::Key`] if it is damaged, gone
    /// or another ledger's, [`StoreError::Io`].
    pub fn signer(&self, name: &str) -> Result<Option<SignerKey>, StoreError> {
        let Some(key) = self.private()? else {
            return Ok(None);
        };
        if key.public().name() != name {
            return Err(damaged(
                self.private_file(),
                "it is a key of another ledger",
            ));
        }
        // A process may have ended between the two files.
        if self.public()?.is_none() {
            self.put(&self.public_file(), &key.public().to_string(), 0o644)?;
        }
        Ok(Some(key))
    }

    /// Keeps a new key, durably; the private one first. The caller holds the ledger's lock.
    ///
    /// # Errors
    /// [`StoreError::Io`], also if there is one already.
    pub fn keep(&self, key: &SignerKey) -> Result<(), StoreError> {
        self.make_directory()?;
        self.put(&self.private_file(), &key.secret_text(), 0o600)?;
        self.put(&self.public_file(), &key.public().to_string(), 0o644)
    }

    /// What is wrong with the key, for whoever looks at all of a ledger.
    pub(crate) fn trouble(&self) -> Option<StoreError> {
        let private = self.private().map(|_| ());
        private.and_then(|()| self.public().map(|_| ())).err()
    }

    /// The private key, and that the public one beside it is its own.
    fn private(&self) -> Result<Option<SignerKey>, StoreError> {
        let path = self.private_file();
        let Some(text) = read(&path)? else {
            return match self.public_file().exists() {
                true => Err(damaged(
                    path,
                    "it is gone, and the public key beside it is not",
                )),
                false => Ok(None),
            };
        };
        if is_exposed(&path)? {
            return Err(StoreError::KeyExposed(path));
        }
        let key = SignerKey::parse(&text).map_err(|error| damaged(path, &error.to_string()))?;
        match self.public()? {
            Some(public) if public != *key.public() => Err(damaged(
                self.public_file(),
                "it is not the one of the private key beside it",
            )),
            _ => Ok(Some(key)),
        }
    }

    /// Puts a line into a new file.
    fn put(&self, path: &Path, line: &str, mode: u32) -> Result<(), StoreError> {
        // It is made readable by its owner only, and under its name only when it is whole.
        let mut file = tempfile::NamedTempFile::new_in(&self.directory)
            .map_err(StoreError::io("create", path))?;
        writeln!(file, "{line}")
            .and_then(|()| allow(file.as_file(), mode))
            .and_then(|()| file.as_file().sync_all())
            .map_err(StoreError::io("write", path))?;
        file.persist_noclobber(path)
            .map_err(|error| StoreError::io("write", path)(error.error))?;
        sync_directory(&self.directory)
    }

    fn make_directory(&self) -> Result<(), StoreError> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&self.directory) {
            Ok(()) => self.directory.parent().map_or(Ok(()), sync_directory),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(StoreError::io("create", &self.directory)(error)),
        }
    }
}

/// The one line of a file; `None` if there is no file.
fn read(path: &Path) -> Result<Option<String>, StoreError> {
    let file = match fs::metadata(path) {
        // A pipe would keep everybody waiting.
        Ok(meta) if !meta.is_file() => return Err(damaged(path.to_owned(), "it is not a file")),
        Ok(_) => File::open(path),
        Err(error) => Err(error),
    };
    let file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("read", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_KEY + 1)
        .read_to_end(&mut bytes)
        .map_err(StoreError::io("read", path))?;
    let text = String::from_utf8(bytes).ok();
    let line = text.filter(|text| text.len() as u64 <= MAX_KEY);
    let line = line.as_deref().and_then(|text| text.strip_suffix('\n'));
    match line {
        Some(line) => Ok(Some(line.to_owned())),
        None => Err(damaged(path.to_owned(), "it is not one line of text")),
    }
}

fn damaged(path: PathBuf, what: &str) -> StoreError {
    StoreError::Key {
        path,
        what: what.to_owned(),
    }
}

/// Whether anybody else may read or write a file, or has put it there.
#[cfg(unix)]
fn is_exposed(path: &Path) -> Result<bool, StoreError> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let meta = fs::metadata(path).map_err(StoreError::io("read", path))?;
    let me = rustix::process::geteuid().as_raw();
    Ok(meta.permissions().mode() & 0o077 != 0 || meta.uid() != me)
}

#[cfg(not(unix))]
fn is_exposed(_: &Path) -> Result<bool, StoreError> {
    Ok(false)
}

#[cfg(unix)]
fn allow(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn allow(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn keys() -> (tempfile::TempDir, Keys) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::new(folder.path().join("keys"));
        (folder, keys)
    }

    fn key(secret: u8) -> SignerKey {
        SignerKey::new("plan-ledger/x", &[secret; 32]).unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_key_is_kept_once_and_found_again() {
        let (_folder, keys) = keys();
        assert!(keys.signer("plan-ledger/x").unwrap().is_none());
        assert!(keys.public().unwrap().is_none() && keys.trouble().is_none());
        keys.keep(&key(1)).unwrap();
        let found = keys.signer("plan-ledger/x").unwrap().unwrap();
        assert_eq!(found.public(), key(1).public());
        assert_eq!(keys.public().unwrap().as_ref(), Some(found.public()));
        assert!(keys.trouble().is_none());
        assert!(keys.keep(&key(2)).is_err());
        let found = keys.signer("plan-ledger/x").unwrap().unwrap();
        assert_eq!(found.public(), key(1).public());
        assert!(keys.signer("plan-ledger/y").is_err());
    }

    #[test]
    fn only_the_owner_may_read_the_private_key() {
        let (_folder, keys) = keys();
        keys.keep(&key(1)).unwrap();
        assert_eq!(mode(&keys.private_file()), 0o600);
        assert_eq!(mode(&keys.directory), 0o700);
        for open in [0o640, 0o604, 0o620, 0o602, 0o644, 0o610] {
            let permissions = fs::Permissions::from_mode(open);
            fs::set_permissions(keys.private_file(), permissions).unwrap();
            let refused = keys.signer("plan-ledger/x");
            assert!(
                matches!(refused, Err(StoreError::KeyExposed(_))),
                "{open:o}"
            );
            assert!(keys.trouble().is_some());
        }
        let own = fs::Permissions::from_mode(0o600);
        fs::set_permissions(keys.private_file(), own).unwrap();
        assert!(keys.signer("plan-ledger/x").is_ok());
        // Only root can give a file away.
        if std::os::unix::fs::chown(keys.private_file(), Some(1), None).is_ok() {
            let refused = keys.signer("plan-ledger/x");
            assert!(matches!(refused, Err(StoreError::KeyExposed(_))));
        }
    }

    #[test]
    fn a_key_is_never_written_through_what_stands_in_its_place() {
        let (folder, keys) = keys();
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir(&keys.directory).unwrap();
        for target in [keys.private_file(), keys.public_file()] {
            std::os::unix::fs::symlink(&elsewhere, &target).unwrap();
            assert!(keys.keep(&key(1)).is_err());
            assert!(!elsewhere.exists());
            fs::remove_file(&target).unwrap();
            let _ = fs::remove_file(keys.private_file());
        }
        keys.keep(&key(1)).unwrap();
        // Nothing else is left in the folder that could have the key.
        assert_eq!(fs::read_dir(&keys.directory).unwrap().count(), 2);
    }

    #[test]
    fn of_many_first_uses_at_once_one_key_is_kept() {
        let (_folder, keys) = keys();
        let kept: usize = std::thread::scope(|scope| {
            let keys = &keys;
            let all: Vec<_> = (1..=8)
                .map(|secret| scope.spawn(move || keys.keep(&key(secret)).is_ok()))
                .collect();
            all.into_iter()
                .map(|one| usize::from(one.join().unwrap()))
                .sum()
        });
        assert_eq!(kept, 1);
        assert!(keys.signer("plan-ledger/x").unwrap().is_some());
        assert!(keys.trouble().is_none());
    }

    #[test]
    fn the_public_key_is_written_anew_and_the_private_one_never() {
        let (_folder, keys) = keys();
        keys.keep(&key(1)).unwrap();
        fs::remove_file(keys.public_file()).unwrap();
        assert!(keys.signer("plan-ledger/x").unwrap().is_some());
        assert_eq!(keys.public().unwrap().as_ref(), Some(key(1).public()));
        fs::remove_file(keys.private_file()).unwrap();
        assert!(matches!(
            keys.signer("plan-ledger/x"),
            Err(StoreError::Key { .. })
        ));
        fs::remove_file(keys.public_file()).unwrap();
        assert!(keys.signer("plan-ledger/x").unwrap().is_none());
    }

    #[test]
    fn every_flipped_bit_of_a_key_is_found() {
        let (_folder, keys) = keys();
        keys.keep(&key(1)).unwrap();
        for path in [keys.private_file(), keys.public_file()] {
            let good = fs::read(&path).unwrap();
            for bit in 0..good.len() * 8 {
                let mut bad = good.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                fs::write(&path, &bad).unwrap();
                let error = keys.signer("plan-ledger/x").unwrap_err();
                assert!(matches!(error, StoreError::Key { .. }), "{bit}: {error}");
                assert!(!error.to_string().contains("AQEBAQ"), "{error}");
            }
            for end in 0..good.len() {
                fs::write(&path, &good[..end]).unwrap();
                assert!(keys.signer("plan-ledger/x").is_err(), "cut at {end}");
            }
            fs::write(&path, &good).unwrap();
        }
        fs::write(keys.private_file(), vec![b'x'; 1 << 20]).unwrap();
        assert!(keys.signer("plan-ledger/x").is_err());
    }
}
