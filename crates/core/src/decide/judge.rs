//! Judging a batch by the rules that the project has set.
//!
//! A batch is judged by what it comes to: what one of its commands breaks and a later one puts
//! right again was never anywhere. Commands can be refused and overridden. What was found in a file
//! is there already, so it is recorded with the rules it breaks; what is taken over from elsewhere
//! is not judged.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::rejection::Rejection;
use super::transaction::{Outlines, Proto, Reading, Transaction};
use super::work::Work;
use crate::event::{Actor, Origin};
use crate::id::TaskKey;
use crate::plan::Plan;
use crate::plan::wire::part;
use crate::rules::{Breach, Case, Level, OUTPUTS_EXIST, Promise, RULES, Rules, Side, Touched};

/// What judging needs to know besides the batch.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Who asks, if that is known.
    actor: Option<Actor>,
    /// Which promised files exist.
    files: BTreeMap<Promise, bool>,
    /// What the documents said before, as far as anybody read it.
    pub(super) before: Outlines,
}

impl Transaction<'_> {
    /// Says who asks for the batch.
    #[must_use]
    pub fn asked_by(mut self, actor: &Actor) -> Self {
        self.standing.actor = Some(actor.clone());
        self
    }

    /// The files that tasks completed by the batch so far promise, where a rule asks whether they
    /// exist and nobody has looked yet.
    pub fn promises(&mut self) -> Vec<Promise> {
        if !asks_for_files(self.base) {
            return Vec::new();
        }
        let outlines = self.outlines_now();
        let side = Side::new(&self.plan, outlines);
        let touched = self.touched().0.into_iter();
        let promised = touched
            .filter_map(|touched| touched.after)
            .filter(|key| side.status(key) == Some(ledger_document::Status::Completed))
            .flat_map(|key| side.promised(&key));
        let unknown: BTreeSet<Promise> = promised
            .filter(|promise| !self.standing.files.contains_key(promise))
            .collect();
        unknown.into_iter().collect()
    }

    /// Takes which promised files exist.
    pub fn knowing_files(&mut self, files: impl IntoIterator<Item = (Promise, bool)>) {
        self.standing.files.extend(files);
    }

    /// The rules that the batch so far breaks.
    pub fn breaches(&mut self) -> Vec<Breach> {
        self.judged()
            .into_iter()
            .map(|(_, breach)| breach)
            .collect()
    }

    /// Whether no rule refuses the batch so far.
    pub(super) fn is_allowed(&mut self) -> Result<(), Rejection> {
        refused(self.breaches())
    }

    /// Notes in the events which rules they break.
    ///
    /// # Errors
    /// [`Rejection::Ruled`] if one of them forbids the batch.
    pub(super) fn note_breaches(&mut self) -> Result<Vec<Breach>, Rejection> {
        let judged = self.judged();
        let breaches: Vec<Breach> = judged.iter().map(|(_, breach)| breach.clone()).collect();
        refused(breaches.clone())?;
        for (event, breach) in judged {
            if let Some(proto) = self.protos.get_mut(event) {
                breach.write(&mut proto.parts);
            }
        }
        Ok(breaches)
    }

    fn judged(&mut self) -> Vec<(usize, Breach)> {
        if self
            .base
            .rule_files()
            .iter()
            .all(|file| file.rules.is_empty())
        {
            return Vec::new();
        }
        let outlines = self.outlines_now();
        let (touched, rekeyed) = self.touched();
        let case = Case {
            before: Side::new(self.base, self.standing.before.clone()),
            after: Side::new(&self.plan, outlines),
            touched,
            rekeyed,
            actor: self.standing.actor.as_ref(),
            files: &self.standing.files,
            at_work: OnceCell::new(),
        };
        let waivers = self.waivers();
        let mut found = Vec::new();
        for touched in &case.touched {
            let Some(rules) = self.rules_for(&case, touched) else {
                continue;
            };
            for rule in RULES {
                if let Some(setting) = rules.get(rule.name)
                    && let Some(finding) = (rule.judge)(&case, touched, setting)
                    && let Some(task) = touched.after.as_ref().or(touched.before.as_ref())
                    && let Some(proto) = self.protos.get(touched.event)
                {
                    let may = setting.may_be_overridden_by(case.actor);
                    let warns = setting.level != Level::Deny;
                    let reason = waivers.get(task).filter(|_| may || !warns);
                    let breach = Breach {
                        rule: rule.name.to_owned(),
                        level: setting.level,
                        task: task.clone(),
                        missing: finding.missing,
                        advice: finding.advice,
                        may_override: setting.may_override.clone(),
                        overridable: is_overridable(proto),
                        stands: warns
                            || proto.origin == Origin::Observed
                            || may && reason.is_some(),
                        reason: reason.map(|reason| (*reason).to_owned()),
                    };
                    found.push((touched.event, breach));
                }
            }
        }
        found
    }

    /// The rules that hold where a task is written.
    fn rules_for(&self, case: &Case<'_>, touched: &Touched) -> Option<&Rules> {
        let (side, key) = match (&touched.after, &touched.before) {
            (Some(after), _) => (&case.after, after),
            (None, before) => (&case.before, before.as_ref()?),
        };
        let id = &side.task(key)?.document;
        // A plan that was only just taken in is taken as it is.
        self.base.document(id)?;
        let path = &side.plan().document(id)?.path;
        self.base.rules_for(path).map(|file| &file.rules)
    }

    /// Why somebody overrides the rules, by the tasks that it is done for.
    fn waivers(&self) -> BTreeMap<&TaskKey, &str> {
        let mut waivers = BTreeMap::new();
        for proto in &self.protos {
            if let Some(reason) = &proto.waiver {
                let own = proto.task.iter().chain(&proto.gone);
                waivers.extend(own.map(|task| (task, reason.as_str())));
            }
        }
        waivers
    }

    /// The tasks that the batch's events are about, and the keys they had before where they have
    /// others now.
    fn touched(&self) -> (Vec<Touched>, BTreeMap<TaskKey, TaskKey>) {
        let mut rekeyed = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for proto in self
            .protos
            .iter()
            .filter(|proto| proto.kind == "task.rekeyed")
        {
            if let (Some(to), Some(from)) = (&proto.task, &proto.from)
                && let Ok(from) = TaskKey::new(from.as_str())
            {
                taken.insert(from.clone());
                rekeyed.insert(to.clone(), from);
            }
        }
        let protos = self.protos.iter();
        let back: BTreeSet<&TaskKey> = protos
            .filter(|proto| proto.kind == "task.restored")
            .filter_map(|proto| proto.task.as_ref())
            .collect();
        let mut left = Vec::new();
        for (event, proto) in self.protos.iter().enumerate() {
            if let Some(gone) = proto.gone.as_ref().filter(|gone| !back.contains(gone)) {
                taken.insert(gone.clone());
                left.push(Touched {
                    before: Some(gone.clone()),
                    after: None,
                    attributed: proto.attributed,
                    event,
                });
            }
        }
        let mut stay: BTreeMap<&TaskKey, Touched> = BTreeMap::new();
        for (event, proto) in self.protos.iter().enumerate() {
            let Some(key) = proto.task.as_ref().filter(|_| proto.gone.is_none()) else {
                continue;
            };
            if proto.origin == Origin::Imported || !self.plan.tasks.contains_key(key) {
                continue;
            }
            let own = stay.entry(key).or_insert_with(|| {
                let same = || self.base.tasks.contains_key(key) && !taken.contains(key);
                let before = rekeyed.get(key).cloned();
                Touched {
                    before: before.or_else(|| same().then(|| key.clone())),
                    after: Some(key.clone()),
                    attributed: false,
                    event,
                }
            });
            own.event = event;
            own.attributed |= proto.attributed;
        }
        left.extend(stay.into_values());
        (left, rekeyed)
    }

    /// What all documents say now.
    fn outlines_now(&mut self) -> Outlines {
        let ids: Vec<_> = self.plan.documents().map(|own| own.id.clone()).collect();
        for id in &ids {
            self.outline(id);
        }
        let known = self
            .outlines
            .iter()
            .filter_map(|(id, reading)| match reading {
                Reading::Now(outline) => Some((id.clone(), outline.clone())),
                Reading::Before { .. } => None,
            });
        known.collect()
    }

    /// Records the rules of a file as they are from here on; `None` where it is gone. `path` is
    /// relative to the root, with `/` between names.
    pub fn set_rules(&mut self, path: &str, rules: Option<Rules>) {
        if self.plan.rules_at(path) == rules.as_ref() {
            return;
        }
        let mut proto = Proto::new("rules.changed", Origin::Observed);
        // Whoever edited the file is not who runs the command that finds it.
        proto.attributed = false;
        let value = rules.as_ref().map(Rules::to_value);
        proto.parts.text(part::PATH, path);
        proto.parts.0.push((part::RULES, value.into()));
        self.plan.set_rules(path, rules);
        self.push(proto);
    }
}

impl Work {
    /// The files that tasks promise which this list says are completed, where a rule asks whether
    /// they exist.
    #[must_use]
    pub fn promises(&self, plan: &Plan) -> Vec<Promise> {
        if !asks_for_files(plan) {
            return Vec::new();
        }
        let side = Side::new(plan, Outlines::new());
        let items = self.items_after(plan).into_iter();
        items
            .filter(|item| item.status == ledger_document::Status::Completed)
            .filter_map(|item| item.task)
            .flat_map(|task| side.promised(&task))
            .collect()
    }
}

fn asks_for_files(plan: &Plan) -> bool {
    let mut files = plan.rule_files().iter();
    files.any(|file| file.rules.get(OUTPUTS_EXIST).is_some())
}

fn refused(breaches: Vec<Breach>) -> Result<(), Rejection> {
    let forbid: Vec<Breach> = breaches
        .into_iter()
        .filter(|breach| !breach.stands)
        .collect();
    match forbid.is_empty() {
        true => Ok(()),
        false => Err(Rejection::Ruled(forbid)),
    }
}

/// Whether an event is of a change that can override rules.
fn is_overridable(proto: &Proto) -> bool {
    const CHANGES: [&str; 8] = [
        "task.started",
        "task.completed",
        "task.blocked",
        "task.unblocked",
        "task.reopened",
        "task.flagged",
        "task.cancelled",
        "task.removed",
    ];
    CHANGES.contains(&proto.kind)
}
