//! What is done to a file of the ledger's directory.

use std::fmt;
use std::fs;
use std::path::Path;

/// What is done to one file of the ledger's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Harm {
    Flip { at: usize, bit: u8 },
    Cut { to: usize },
    Empty,
    Missing,
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) file: String,
    pub(super) harm: Harm,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = &self.file;
        match self.harm {
            Harm::Flip { at, bit } => write!(f, "{file}: bit {bit} of byte {at} flipped"),
            Harm::Cut { to } => write!(f, "{file}: cut to {to} bytes"),
            Harm::Empty => write!(f, "{file}: emptied"),
            Harm::Missing => write!(f, "{file}: missing"),
        }
    }
}

impl Case {
    pub(super) fn kind(&self) -> &'static str {
        match self.harm {
            Harm::Flip { .. } => "flip",
            Harm::Cut { .. } => "cut",
            Harm::Empty => "empty",
            Harm::Missing => "missing",
        }
    }

    /// The file without what is random in its name.
    pub(super) fn class(&self) -> &str {
        match self.file.split_once('/') {
            Some(("store", name)) => name.split('.').next().unwrap_or(name),
            Some((folder, _)) => folder,
            None => &self.file,
        }
    }

    /// Whether it is one of sled's own files.
    pub(super) fn is_in_store(&self) -> bool {
        self.file.starts_with("store/")
    }

    pub(super) fn strike(&self, ledger: &Path) {
        let path = ledger.join(&self.file);
        match self.harm {
            Harm::Missing => fs::remove_file(path).unwrap(),
            Harm::Empty => fs::write(path, "").unwrap(),
            Harm::Cut { to } => {
                let file = fs::OpenOptions::new().write(true).open(path).unwrap();
                file.set_len(to as u64).unwrap();
            }
            Harm::Flip { at, bit } => {
                let mut bytes = fs::read(&path).unwrap();
                bytes[at] ^= 1 << bit;
                fs::write(path, bytes).unwrap();
            }
        }
    }
}
