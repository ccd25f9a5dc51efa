//! What a plan is called in this checkout. Another branch may have it under a name that it had
//! before, or will have later: whatever is written there is the same plan's.

use std::path::Path;

use super::{FileState, git};
use crate::session::Session;
use crate::session::kept::Facts;

/// How often a file is followed from one name to the next.
const MOST_RENAMES: usize = 8;

/// How many names it is followed from.
const MOST_NAMES: usize = 3;

impl Session {
    /// The name of a plan here, relative to the root: the ledger's, unless only another one is
    /// there, which it had before or which git says that the file got. Without git there is one
    /// checkout, and nobody has another branch's files.
    pub(in crate::session) fn name_here(&self, document: &Facts) -> String {
        let there = |name: &str| self.root().join(name).symlink_metadata().is_ok();
        if there(&document.path) || git(&self.place).is_none() {
            return document.path.clone();
        }
        let is_free = |name: &str| !self.kept.documents().any(|own| own.path == name);
        let is_plan = |name: &&String| is_free(name) && self.is_plan_file(name);
        let former = || document.former.iter().rev();
        let found = former().find(is_plan).cloned().or_else(|| {
            let names = std::iter::once(&document.path).chain(former());
            let mut got = names
                .take(MOST_NAMES)
                .filter_map(|name| self.renamed_by_git(name));
            got.find(|name| is_plan(&name))
        });
        found.unwrap_or_else(|| document.path.clone())
    }

    /// The name that the ledger has for a plan.
    pub(crate) fn tracked_name(&self, file: &FileState) -> String {
        let own = self.kept.document(&file.document);
        own.map_or_else(|| file.path.clone(), |own| own.path.clone())
    }

    /// The name that a plan has here and never had in the ledger.
    pub(crate) fn new_name<'f>(&self, file: &'f FileState) -> Option<&'f str> {
        let own = self.kept.document(&file.document)?;
        let is_new = file.path != own.path && !own.former.contains(&file.path);
        is_new.then_some(&*file.path)
    }

    fn is_plan_file(&self, name: &str) -> bool {
        let path = self.root().join(Path::new(name));
        path.symlink_metadata().is_ok_and(|meta| meta.is_file())
    }

    /// What git made of a file that is not there.
    fn renamed_by_git(&self, name: &str) -> Option<String> {
        let git = git(&self.place)?;
        let mut name = git.renamed(name)?;
        for _ in 1..MOST_RENAMES {
            if self.is_plan_file(&name) {
                break;
            }
            name = git.renamed(&name)?;
        }
        Some(name)
    }
}
