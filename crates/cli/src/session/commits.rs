//! From a git commit to the moment that has its plans.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ledger_core::Seq;
use ledger_core::document::Document;
use ledger_core::plan::PlanDocument;
use ledger_store::checkouts::moment_key;
use ledger_store::git::{Git, is_object_id, with_carriage_returns};
use ledger_store::{Store, planfile};

use super::Session;
use super::files::git;
use super::reference::Moment;
use crate::failure::Failure;

/// What the events of a commit have as their cause before its id, where its hook recorded them.
pub(crate) const MADE_BY: &str = "git commit ";

/// Moments whose plans are compared with those of a commit before it counts as none of them.
const TRIES: usize = 8;

/// A commit that the ledger or git knows.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its full id.
    pub(super) commit: String,
    /// The last moment that it caused.
    moment: Option<Seq>,
}

impl Session {
    /// The commit that git calls so, by whatever name.
    pub(super) fn commit_in_git(&self, name: &str) -> Option<String> {
        git(&self.place)?.revision(name)
    }

    /// The commit that a branch or a tag of this name is at. Git runs only if its files have one.
    pub(super) fn commit_of_ref(&self, name: &str) -> Option<String> {
        let git = git(&self.place)?;
        git.may_have_ref(name).then(|| git.revision(name)).flatten()
    }

    /// The commits whose ids begin with these digits: those that caused moments, and those in git.
    pub(super) fn commits_known(&mut self, prefix: &str) -> Result<Vec<Known>, Failure> {
        let mut known = self.causing(prefix)?;
        let in_git = git(&self.place).map_or_else(Vec::new, |git| git.commits(prefix));
        for commit in in_git {
            known.entry(commit).or_insert(None);
        }
        let known = known.into_iter();
        Ok(known
            .map(|(commit, moment)| Known { commit, moment })
            .collect())
    }

    /// A commit of git's with what the ledger knows of it.
    pub(super) fn known(&mut self, commit: String) -> Result<Known, Failure> {
        let moment = self.causing(&commit)?.remove(&commit).flatten();
        Ok(Known { commit, moment })
    }

    /// The commits that caused moments, taken over or as they were made, each with its last one.
    fn causing(&mut self, prefix: &str) -> Result<BTreeMap<String, Option<Seq>>, Failure> {
        let mut known = BTreeMap::new();
        let made = format!("{MADE_BY}{prefix}");
        for begin in [made.as_str(), prefix] {
            for (seq, cause) in self.store.find_cause(begin)? {
                let commit = cause.strip_prefix(MADE_BY).unwrap_or(&cause);
                if is_object_id(commit) {
                    known.insert(commit.to_owned(), Some(seq));
                }
            }
        }
        Ok(known)
    }

    /// The moment of a commit: the one that it caused, else one that has the same plans.
    pub(super) fn of_commit(&mut self, known: &Known) -> Result<Moment, Failure> {
        if let Some(seq) = known.moment {
            return Ok(Moment { seq });
        }
        match self.with_plans_of(&known.commit)? {
            Some(seq) => Ok(Moment { seq }),
            None => self.after_ancestor(&known.commit),
        }
    }

    /// The moment whose plans are those of a commit: of several the last one before it was made,
    /// else the first one since.
    fn with_plans_of(&mut self, commit: &str) -> Result<Option<Seq>, Failure> {
        let Some(made) = git(&self.place).and_then(|git| git.time_of(commit)) else {
            return Ok(None);
        };
        let Some(head) = self.head_seq() else {
            return Ok(None);
        };
        let history = self.history_at(head)?;
        let mut blobs: BTreeMap<&str, Option<Vec<u8>>> = BTreeMap::new();
        let mut seqs: BTreeSet<Seq> = BTreeSet::new();
        for own in history.documents() {
            for path in own.earlier.iter().chain([&own.path]) {
                let found = blobs
                    .entry(path)
                    .or_insert_with(|| git(&self.place).and_then(|git| blob(git, commit, path)));
                let Some(found) = found.clone() else { continue };
                for text in [&found, &with_carriage_returns(&found)] {
                    seqs.extend(self.moments_of(&moment_key(&own.id, text))?);
                }
            }
        }
        let seqs: Vec<Seq> = seqs.into_iter().collect();
        // A commit's time is in whole seconds.
        let until = made.saturating_mul(1_000).saturating_add(999);
        let mut failed = None;
        let since = seqs.partition_point(|seq| match self.store.event(*seq) {
            Ok(recorded) => recorded.is_some_and(|own| own.event.header.time.millis() <= until),
            Err(error) => {
                failed = Some(error);
                false
            }
        });
        if let Some(error) = failed {
            return Err(error.into());
        }
        let (before, after) = seqs.split_at(since);
        let nearest = before.iter().rev().chain(after);
        if let [only] = history.documents()
            && only.earlier.is_empty()
        {
            return Ok(nearest.copied().next());
        }
        for seq in nearest.take(TRIES) {
            let plan = self.plan_at(*seq)?;
            let blob_at = |path: &String| blobs.get(path.as_str())?.as_deref();
            // By the name it had then; else a commit may have it by another one. One that the
            // commit has by no name was not in git.
            let blob_of = |own: &PlanDocument| {
                let mut all = history.documents().iter();
                let followed = all.find(|followed| followed.id == own.id)?;
                let others = followed.earlier.iter().chain([&followed.path]);
                blob_at(&own.path).or_else(|| others.rev().find_map(blob_at))
            };
            let same: Vec<bool> = plan
                .documents()
                .filter_map(|own| Some(is_text(blob_of(own)?, &own.text)))
                .collect();
            if !same.is_empty() && !same.contains(&false) {
                return Ok(Some(*seq));
            }
        }
        Ok(None)
    }

    /// The moment of the nearest commit before this one that caused one, if this one left the
    /// plans as they were.
    fn after_ancestor(&mut self, commit: &str) -> Result<Moment, Failure> {
        let causes: HashMap<String, Seq> = self
            .store
            .find_cause("")?
            .into_iter()
            .map(|(seq, cause)| {
                let commit = cause.strip_prefix(MADE_BY).unwrap_or(&cause);
                (commit.to_owned(), seq)
            })
            .collect();
        let before = git(&self.place).map_or_else(Vec::new, |git| git.ancestors(commit));
        let nearest = before.iter().find_map(|commit| causes.get(commit));
        let Some(&seq) = nearest else {
            return Err(Failure::trouble(format!(
                "the ledger has no moment of commit {commit}, and none of those it was made on"
            ))
            .hint("ledger audit shows the commits that it has, as causes"));
        };
        let plan = self.plan_at(seq)?;
        let differs = plan.documents().find(|own| {
            let blob = git(&self.place).and_then(|git| blob(git, commit, &own.path));
            blob.is_none_or(|blob| !is_text(&blob, &own.text))
        });
        match differs {
            None => Ok(Moment { seq }),
            Some(own) => Err(Failure::trouble(format!(
                "the ledger has no moment of commit {commit}: {} was changed in it, or since {}",
                own.path,
                before
                    .iter()
                    .find(|commit| causes.contains_key(*commit))
                    .map_or("", String::as_str)
            ))
            .hint("what was recorded by hand or by command goes by its event: ledger audit")),
        }
    }
}

/// Whether a file in git is a text, which may be checked out with other line ends.
fn is_text(blob: &[u8], text: &Document) -> bool {
    let text = text.text();
    text.as_bytes() == blob || text.as_bytes() == with_carriage_returns(blob)
}

/// A plan file as a commit has it.
fn blob(git: Git<'_>, commit: &str, path: &str) -> Option<Vec<u8>> {
    git.blob(commit, path, planfile::MAX_PLAN)
}
