//! Where a text is that a redaction cannot take out: what git has, and the files of others.

use std::fs;
use std::path::{Path, PathBuf};

use ledger_core::redact::Secret;
use ledger_store::spool::BESIDE_THE_PLAN;

use crate::session::Session;
use crate::session::files::git;

/// The most bytes of a plan file elsewhere that are looked at.
const MOST: u64 = 64 << 20;

/// How many commits are named.
const COMMITS: usize = 8;

impl Session {
    /// Where a text is that is known of and out of reach, in words.
    pub(super) fn beyond(&self, secret: &Secret) -> Vec<String> {
        let mut said = Vec::new();
        let documents = self.kept.plan().all_documents().iter();
        let plans: Vec<(&str, bool)> = documents
            .map(|document| (document.path.as_str(), document.dropped))
            .collect();
        let paths: Vec<&str> = plans.iter().map(|(path, _)| *path).collect();
        said.extend(self.in_git(secret, &paths));
        let others = self.other_roots();
        let mut look = |file: &Path, what: &str| {
            if holds(file, secret) {
                said.push(format!("{}, {what}", file.display()));
            }
        };
        for root in &others {
            for path in &paths {
                look(&root.join(path), "the plan of another checkout");
            }
        }
        for root in others.iter().chain([&self.place.root]) {
            for waiting in listed(&root.join(BESIDE_THE_PLAN)) {
                look(&waiting, "a change that waits");
            }
            for path in &paths {
                for left in left_beside(&root.join(path)) {
                    look(&left, "which a killed process left");
                }
            }
        }
        for (path, dropped) in plans {
            let what = match dropped {
                true => "which is tracked no more",
                false => "which could not be written",
            };
            look(&self.root().join(path), what);
        }
        said
    }

    /// What git has of it.
    fn in_git(&self, secret: &Secret, paths: &[&str]) -> Vec<String> {
        let Some(git) = git(&self.place) else {
            return Vec::new();
        };
        let mut said = Vec::new();
        match git.commits_with(paths, |lines| secret.is_in_bytes(lines)) {
            None => {
                said.push(
                    "git's history of the plan, which could not be looked through".to_owned(),
                );
            }
            Some(commits) if commits.is_empty() => {}
            Some(commits) => {
                let ids = commits.iter().take(COMMITS);
                let ids: Vec<&str> = ids.map(|id| id.get(..12).unwrap_or(id)).collect();
                let more = match commits.len().saturating_sub(COMMITS) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                said.push(format!(
                    "git's history of the plan: commits {}{more} put it in or took it out",
                    ids.join(", ")
                ));
            }
        }
        for path in paths {
            let staged = git.staged(path, MOST);
            if staged.is_some_and(|bytes| secret.is_in_bytes(&bytes)) {
                said.push(format!("{path} as it is staged in git's index"));
            }
        }
        said
    }

    /// The top folders of the other checkouts that share this ledger.
    fn other_roots(&self) -> Vec<PathBuf> {
        let records = self.checkouts.all().unwrap_or_default();
        let roots = records
            .into_iter()
            .filter_map(|(_, record)| Some(record?.root));
        roots.filter(|root| *root != self.place.root).collect()
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// What a process that was killed while it wrote a plan file may have left beside it.
fn left_beside(plan: &Path) -> Vec<PathBuf> {
    let mut left = plan.parent().map(listed).unwrap_or_default();
    left.retain(|path| {
        let name = path.file_name().unwrap_or_default();
        name.as_encoded_bytes().ends_with(b".ledger-new")
    });
    left
}

fn holds(path: &Path, secret: &Secret) -> bool {
    let small = fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= MOST);
    small && fs::read(path).is_ok_and(|bytes| secret.is_in_bytes(&bytes))
}
