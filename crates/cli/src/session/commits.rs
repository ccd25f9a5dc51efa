//! From a git commit to the moment that has its plans.

use std::collections::{BTreeMap, HashMap};

use ledger_core::Seq;
use ledger_store::git::is_object_id;
use ledger_store::{Store, planfile};

use super::Session;
use super::files::git;
use super::reference::Moment;
use crate::failure::Failure;

/// A commit that the ledger or git knows.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its full id.
    pub(super) commit: String,
    /// The last moment that it caused.
    moment: Option<Seq>,
}

impl Session {
    /// The commits in git whose ids begin with these digits.
    pub(super) fn commits_in_git(&self, prefix: &str) -> Vec<String> {
        git(&self.place).map_or_else(Vec::new, |git| git.commits(prefix))
    }

    /// The commits whose ids begin with these digits: those that caused moments, and those in git.
    pub(super) fn commits_known(
        &mut self,
        prefix: &str,
        in_git: Vec<String>,
    ) -> Result<Vec<Known>, Failure> {
        let mut known: BTreeMap<String, Option<Seq>> = BTreeMap::new();
        for (seq, cause) in self.store.find_cause(prefix)? {
            if is_object_id(&cause) {
                known.insert(cause, Some(seq));
            }
        }
        for commit in in_git {
            known.entry(commit).or_insert(None);
        }
        let known = known.into_iter();
        Ok(known
            .map(|(commit, moment)| Known { commit, moment })
            .collect())
    }

    /// The moment of a commit. One that caused none has the plans of the nearest before it that
    /// did, unless somebody changed them since.
    pub(super) fn of_commit(&mut self, known: &Known) -> Result<Moment, Failure> {
        if let Some(seq) = known.moment {
            return Ok(Moment { seq });
        }
        let commit = &known.commit;
        let causes: HashMap<String, Seq> = self
            .store
            .find_cause("")?
            .into_iter()
            .map(|(seq, cause)| (cause, seq))
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
            let blob =
                git(&self.place).and_then(|git| git.blob(commit, &own.path, planfile::MAX_PLAN));
            blob.is_none_or(|blob| blob != own.text.text().as_bytes())
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
