//! `config.json`: what a ledger's directory says of itself.

use std::fs;
use std::io;
use std::path::PathBuf;

use ledger_core::{Digest, Time, WriterId};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::layout::Layout;
use crate::small_file::{create_directories, sync_directory};

/// Version of the directory's form.
pub const FORMAT: u32 = 1;

/// The largest configuration that is read.
const MAX_CONFIG: u64 = 64 << 10;

/// What `config.json` says.
///
/// In the file it has a check besides, over all the rest. One without is read too, as earlier
/// versions wrote it, until [`complete`](Layout::complete) gives it one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Version of the directory's form, [`FORMAT`].
    pub format: u32,
    /// This copy of the ledger, as the `writer` of what it appends.
    pub writer: WriterId,
    /// When the directory was made.
    pub created: Time,
    /// The project it belongs to, where its place does not say so
    /// ([`Place::home`](crate::Place::home)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<PathBuf>,
    /// The secret that changes put beside a plan are checked with ([`spool`](crate::spool)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spool_key: Option<Digest>,
    /// The hash of all the rest, where the file has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<Digest>,
}

impl Config {
    /// The configuration of a new ledger.
    pub(crate) fn new(
        writer: WriterId,
        created: Time,
        home: Option<PathBuf>,
        spool_key: Digest,
    ) -> Self {
        Self {
            format: FORMAT,
            writer,
            created,
            home,
            spool_key: Some(spool_key),
            check: None,
        }
        .checked()
    }

    /// Whether it lacks what an earlier version did not write.
    #[must_use]
    pub const fn is_incomplete(&self) -> bool {
        self.spool_key.is_none() || self.check.is_none()
    }

    fn checked(self) -> Self {
        Self {
            check: self.sum(),
            ..self
        }
    }

    fn sum(&self) -> Option<Digest> {
        let rest = Self {
            check: None,
            ..self.clone()
        };
        let text = serde_json::to_vec(&rest).ok()?;
        Some(Digest::from_bytes(*blake3::hash(&text).as_bytes()))
    }
}

impl Layout {
    /// Makes the directory and its configuration.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a ledger, [`StoreError::Config`] if there is one that lost
    /// its configuration, [`StoreError::Io`].
    pub fn create(
        &self,
        writer: WriterId,
        created: Time,
        home: Option<PathBuf>,
        spool_key: Digest,
    ) -> Result<Config, StoreError> {
        let path = self.config();
        if path.exists() {
            return Err(StoreError::Exists(self.directory().to_owned()));
        }
        if self.journal().exists() {
            return Err(StoreError::Config {
                path,
                what: "it is missing, and journal.jsonl beside it is not".to_owned(),
            });
        }
        create_directories(self.directory())?;
        self.refuse_foreign_owner()?;
        let config = Config::new(writer, created, home, spool_key);
        self.write_config(&config)?;
        if let Some(parent) = self
            .directory()
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
        {
            sync_directory(parent)?;
        }
        Ok(config)
    }

    /// Gives a configuration of an earlier version what it lacks: a check, and `spool_key` where it
    /// has none. The caller holds the lock, and `config` is what [`open`](Self::open) gave.
    ///
    /// # Errors
    /// [`StoreError::Io`]; the old one is then still there.
    pub fn complete(&self, config: Config, spool_key: Digest) -> Result<Config, StoreError> {
        let path = self.config();
        let config = Config {
            spool_key: config.spool_key.or(Some(spool_key)),
            ..config
        }
        .checked();
        let temporary = self.config_file(&config)?;
        temporary
            .persist(&path)
            .map_err(|error| StoreError::io("write", &path)(error.error))?;
        sync_directory(self.directory())?;
        Ok(config)
    }

    /// Writes the configuration, durably, where there is none.
    pub(crate) fn write_config(&self, config: &Config) -> Result<(), StoreError> {
        let path = self.config();
        let temporary = self.config_file(config)?;
        temporary.persist_noclobber(&path).map_err(|error| {
            if error.error.kind() == io::ErrorKind::AlreadyExists {
                StoreError::Exists(self.directory().to_owned())
            } else {
                StoreError::io("write", &path)(error.error)
            }
        })?;
        if self.is_seen_by_git() {
            self.hide_from_git()?;
        }
        sync_directory(self.directory())
    }

    /// The configuration in a file that has no name yet.
    fn config_file(&self, config: &Config) -> Result<tempfile::NamedTempFile, StoreError> {
        let path = self.config();
        let mut text = serde_json::to_vec_pretty(config).map_err(|error| StoreError::Config {
            path: path.clone(),
            what: error.to_string(),
        })?;
        text.push(b'\n');
        let mut temporary = tempfile::NamedTempFile::new_in(self.directory())
            .map_err(StoreError::io("create", &path))?;
        io::Write::write_all(&mut temporary, &text)
            .and_then(|()| temporary.as_file().sync_all())
            .map_err(StoreError::io("write", &path))?;
        Ok(temporary)
    }

    /// Reads the configuration of a ledger that is there.
    ///
    /// # Errors
    /// [`StoreError::NoLedger`], [`StoreError::ForeignOwner`], [`StoreError::Config`] for a form
    /// this program does not know, [`StoreError::Io`].
    pub fn open(&self) -> Result<Config, StoreError> {
        let path = self.config();
        self.config_that_can_be_read()?;
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.has_history() => {
                return Err(StoreError::Config {
                    path,
                    what: "it is missing, and the history beside it is not".to_owned(),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::NoLedger(self.directory().to_owned()));
            }
            Err(error) => return Err(StoreError::io("read", &path)(error)),
        };
        self.refuse_foreign_owner()?;
        let config: Config = serde_json::from_slice(&text).map_err(|error| StoreError::Config {
            path: path.clone(),
            what: format!("not a ledger's configuration ({error})"),
        })?;
        if config.format != FORMAT {
            return Err(StoreError::Config {
                path,
                what: format!(
                    "format {}, and this program knows format {FORMAT}",
                    config.format
                ),
            });
        }
        if config.check.is_some() && config.check != config.sum() {
            return Err(StoreError::Config {
                path,
                what: "its check does not fit what it says: it is damaged, or was edited by hand (then take its check out)".to_owned(),
            });
        }
        Ok(config)
    }

    /// The secret that a damaged configuration still names. Should the damage be in it, it is as good
    /// as any other; and if not, what was put beside the plans with it still gets in.
    pub(crate) fn spool_key_of_damaged(&self) -> Option<Digest> {
        self.config_that_can_be_read().ok()?;
        let text = String::from_utf8_lossy(&fs::read(self.config()).ok()?).into_owned();
        let (_, rest) = text.split_once("\"spool_key\": \"")?;
        serde_json::from_value(rest.get(..64)?.into()).ok()
    }

    /// Refuses a pipe, which would keep everybody waiting, and what is too long to be one.
    fn config_that_can_be_read(&self) -> Result<(), StoreError> {
        let path = self.config();
        match fs::metadata(&path) {
            Ok(meta) if !meta.is_file() || meta.len() > MAX_CONFIG => Err(StoreError::Config {
                path,
                what: "not a ledger's configuration".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// The project that the ledger says it belongs to, if there is one that can be read.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        // Only `open` says what is wrong with a configuration.
        self.config_that_can_be_read().ok()?;
        let text = fs::read(self.config()).ok()?;
        serde_json::from_slice::<Config>(&text).ok()?.home
    }

    /// Whether the configuration says that a later version of the program made it.
    pub(crate) fn is_newer(&self) -> bool {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let text = self
            .config_that_can_be_read()
            .and_then(|()| fs::read(self.config()).map_err(StoreError::io("read", &self.config())));
        text.ok()
            .and_then(|text| serde_json::from_slice::<Format>(&text).ok())
            .is_some_and(|config| config.format > FORMAT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> WriterId {
        WriterId::new("00112233aabbccdd").unwrap()
    }

    fn key() -> Digest {
        Digest::from_bytes([7; 32])
    }

    #[test]
    fn a_ledger_is_made_once_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path().join("a/.ledger"));
        assert!(matches!(layout.open(), Err(StoreError::NoLedger(_))));
        let made = layout
            .create(writer(), Time::from_millis(0).unwrap(), None, key())
            .unwrap();
        assert_eq!(layout.open().unwrap(), made);
        let again = layout.create(writer(), Time::from_millis(0).unwrap(), None, key());
        assert!(matches!(again, Err(StoreError::Exists(_))));
    }

    #[test]
    fn an_unknown_format_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        layout
            .create(writer(), Time::from_millis(0).unwrap(), None, key())
            .unwrap();
        let text = fs::read_to_string(layout.config()).unwrap();
        fs::write(
            layout.config(),
            text.replace("\"format\": 1", "\"format\": 2"),
        )
        .unwrap();
        let error = layout.open().unwrap_err();
        assert!(error.to_string().contains("format 2"), "{error}");
        fs::write(layout.config(), "{").unwrap();
        assert!(matches!(layout.open(), Err(StoreError::Config { .. })));
    }

    #[test]
    fn every_damaged_byte_of_a_configuration_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let home = Some(PathBuf::from("/a/project"));
        let made = layout
            .create(writer(), Time::from_millis(0).unwrap(), home, key())
            .unwrap();
        let good = fs::read(layout.config()).unwrap();
        for at in 0..good.len() {
            for flip in [1, 2, 4, 32, 128] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                fs::write(layout.config(), &bad).unwrap();
                // Blanks between the words say nothing.
                let opened = layout.open();
                assert!(
                    opened.as_ref().map_or(true, |config| *config == made
                        && good[at].is_ascii_whitespace()),
                    "bit {flip} at {at}: {opened:?}"
                );
            }
        }
    }

    #[test]
    fn a_configuration_of_an_earlier_version_is_read_and_completed_once() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let old =
            r#"{"format": 1, "writer": "00112233aabbccdd", "created": "1970-01-01T00:00:00.000Z"}"#;
        fs::write(layout.config(), old).unwrap();
        let config = layout.open().unwrap();
        assert!(config.spool_key.is_none() && config.is_incomplete());
        let made = layout.complete(config, key()).unwrap();
        assert_eq!(made.spool_key, Some(key()));
        assert!(!made.is_incomplete());
        assert_eq!(layout.open().unwrap(), made);
        // A key that it has stays.
        let other = Digest::from_bytes([8; 32]);
        let again = layout.complete(made.clone(), other).unwrap();
        assert_eq!(again, made);
    }

    #[test]
    fn the_secret_of_a_damaged_configuration_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        layout
            .create(writer(), Time::from_millis(0).unwrap(), None, key())
            .unwrap();
        let text = fs::read_to_string(layout.config()).unwrap();
        fs::write(layout.config(), text.replace("\"writer\"", "\"wrider\"")).unwrap();
        assert!(layout.open().is_err());
        assert_eq!(layout.spool_key_of_damaged(), Some(key()));
        fs::write(layout.config(), "{").unwrap();
        assert_eq!(layout.spool_key_of_damaged(), None);
    }
}
