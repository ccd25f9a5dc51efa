//! The rules in force: what the project's files say, recorded where it is something new.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ledger_core::decide::{Command, Edit};
use ledger_core::document::Document;
use ledger_core::rules::{Breach, Level, Promise, Rules};
use ledger_core::{Actor, ActorKind, Claim, Edited, Plan, Transaction};

use super::files::FileState;
use super::promised::is_there;
use super::request::{Given, Request};
use super::{Session, rules_file};
use crate::failure::Failure;
use crate::outside;

impl Session {
    /// Records what files of rules say, where that is not what is in force.
    ///
    /// The rules of a file that is not understood stay as they were last recorded; that is warned
    /// of, and nobody is held up by it.
    pub(super) fn settle_rules(&mut self) -> Result<(), Failure> {
        let mut changed: Vec<(String, Option<Rules>)> = Vec::new();
        for path in self.files_of_rules() {
            match rules_file::read(&self.place.root, &path) {
                Ok(rules) if self.kept.rules_at(&path) != rules.as_ref() => {
                    changed.push((path, rules));
                }
                Ok(_) => {}
                Err(trouble) => self.warnings.push(
                    trouble.hint("until then the rules that were recorded last stay in force"),
                ),
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.read_all()?;
        let context = outside::context()?;
        let request = Request {
            // It was found in a file, and nobody claims it.
            actor: Actor {
                kind: ActorKind::Unknown,
                id: "unknown".to_owned(),
                session: None,
                tool: None,
            },
            cause: None,
            idem: None,
            time: None,
        };
        let decision = self.decide(&context, &request.actor, |tx| {
            for (path, rules) in changed {
                tx.set_rules(&path, rules);
            }
            Ok(())
        })?;
        let batch = self.append(decision, &request, false)?;
        self.ruled.extend(batch);
        Ok(())
    }

    /// Whether a rule in force can deny anything.
    pub(crate) fn can_deny(&self) -> bool {
        let mut files = self.files_of_rules().into_iter();
        files.any(|path| self.kept.rules_at(&path).is_some_and(Rules::can_deny))
    }

    /// Whether a file of rules says something else than what is in force.
    pub(crate) fn rules_differ(&self) -> bool {
        let differs = |path: &String| {
            let rules = rules_file::read(&self.place.root, path);
            rules.is_ok_and(|rules| self.kept.rules_at(path) != rules.as_ref())
        };
        self.files_of_rules().iter().any(differs)
    }

    /// The files that can set rules for the plans that are tracked, whether or not they are there.
    fn files_of_rules(&self) -> BTreeSet<String> {
        let plans = self.kept.documents().map(|document| &*document.path);
        plans.flat_map(rules_file::candidates).collect()
    }

    /// Whether promised files exist: in the root, or beside the plan that promises them.
    pub(super) fn look_for(&self, promises: Vec<Promise>) -> Vec<(Promise, bool)> {
        let root = &self.place.root;
        let looked = promises.into_iter().map(|promise| {
            let plan = self.kept.document(&promise.document);
            let beside = plan.and_then(|own| Path::new(&own.path).parent());
            let exists = is_there(root, beside.unwrap_or(Path::new("")), &promise.path);
            (promise, exists)
        });
        looked.collect()
    }

    /// Whether the files exist that tasks promise which agents' lists among these commands may
    /// complete. The plan was [read](Session::read_plan).
    pub(crate) fn look_for_lists(&self, given: &[Given]) -> Vec<(Promise, bool)> {
        let lists = given.iter().filter_map(|(_, command)| match command {
            Command::Work(work) => Some(work.promises(self.kept.plan())),
            _ => None,
        });
        self.look_for(lists.flatten().collect())
    }
}

/// A plan file, what it says, and what it would say.
pub(crate) type Planned<'f> = (&'f FileState, Document, Document);

impl Session {
    /// The rules that deny, and that plan files would go against after an edit which do not go
    /// against them as they are. Nothing is recorded.
    pub(crate) fn would_break(
        &mut self,
        actor: &Actor,
        files: &[FileState],
        planned: &[Planned<'_>],
    ) -> Result<Vec<Breach>, Failure> {
        self.read_all()?;
        let now = self.edits(files)?;
        let mut then = now.clone();
        let mut claimed = BTreeMap::new();
        for (file, before, after) in planned {
            let edited = self.edited_to(file, after.clone())?;
            then.retain(|own| own.document != file.document);
            then.push(edited);
            claimed.insert(file.document.clone(), Edit::between(before, after));
        }
        let before = self.broken_by(actor, &now, &Claim::Nothing)?;
        let mut after = self.broken_by(actor, &then, &Claim::Edits(claimed))?;
        after.retain(|breach| {
            breach.level == Level::Deny && !before.iter().any(|own| own.is(breach))
        });
        Ok(after)
    }

    /// The rules that deny, and that the edits of these plan files go against which are not recorded
    /// yet. Nothing is recorded.
    pub(crate) fn breaks_unrecorded(
        &mut self,
        actor: &Actor,
        files: &[FileState],
    ) -> Result<Vec<Breach>, Failure> {
        let now = self.edits(files)?;
        let mut found = self.broken_by(actor, &now, &Claim::Everything)?;
        found.retain(|breach| breach.level == Level::Deny);
        Ok(found)
    }

    fn broken_by(
        &self,
        actor: &Actor,
        edits: &[Edited],
        claim: &Claim,
    ) -> Result<Vec<Breach>, Failure> {
        let plan = self.plan_under_rules();
        let context = outside::context()?;
        let mut tx = Transaction::new(&plan, &context)
            .knowing(self.kept.outlines())
            .asked_by(actor);
        tx.observe(edits, claim)?;
        let promises = tx.promises();
        tx.knowing_files(self.look_for(promises));
        Ok(tx.breaches())
    }

    /// The plan at the head, under the rules that the next command finds.
    fn plan_under_rules(&self) -> Plan {
        let mut plan = self.kept.plan().clone();
        for path in self.files_of_rules() {
            // The rules of one that is not understood stay as they are.
            if let Ok(rules) = rules_file::read(&self.place.root, &path) {
                plan.set_rules(&path, rules);
            }
        }
        plan
    }
}
