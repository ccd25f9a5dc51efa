//! Where settings are: in the project, or in the user's home folder.

use std::path::{Path, PathBuf};

use ledger_store::{Place, locate};

use super::agents::Agent;
use crate::args::Global;
use crate::failure::Failure;
use crate::session::current_folder;

/// Which settings.
#[derive(Debug)]
pub(super) enum Level {
    /// Those of the project, whose folder this is.
    Project(PathBuf),
    /// The user's, whose home folder this is.
    User(PathBuf),
}

impl Level {
    /// The level that is asked for.
    pub(super) fn of(global: &Global, user: bool) -> Result<Self, Failure> {
        match user {
            true => home().map(Self::User).ok_or_else(|| {
                Failure::trouble("there is no home folder").hint("set HOME, or leave --user out")
            }),
            false => Ok(Self::Project(place(global)?.root)),
        }
    }

    /// The folder that paths are below.
    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::Project(folder) | Self::User(folder) => folder,
        }
    }

    /// The file that an agent reads its hooks from.
    pub(super) fn file_of(&self, agent: &Agent) -> Option<PathBuf> {
        match self {
            Self::Project(folder) => Some(folder.join(agent.in_project)),
            Self::User(home) => {
                let usual = Path::new(agent.in_home?);
                let moved = agent.moved_by.and_then(|(variable, part)| {
                    let folder = PathBuf::from(std::env::var_os(variable)?);
                    let rest = usual.strip_prefix(part).ok()?;
                    folder.is_absolute().then(|| folder.join(rest))
                });
                Some(moved.unwrap_or_else(|| home.join(usual)))
            }
        }
    }

    /// The folder above that file which is not the ledger's to remove.
    pub(super) fn keep(&self, agent: &Agent) -> PathBuf {
        match self {
            Self::Project(folder) => folder.clone(),
            Self::User(folder) => self
                .file_of(agent)
                .and_then(|file| file.parent().map(PathBuf::from))
                .unwrap_or_else(|| folder.clone()),
        }
    }
}

/// Where the project's ledger is or would be.
pub(super) fn place(global: &Global) -> Result<Place, Failure> {
    Ok(locate(&current_folder(global)?, global.ledger.as_deref())?)
}

/// The user's home folder.
pub(super) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| home.is_absolute())
}
