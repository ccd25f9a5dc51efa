//! The whole life of a task, under every key it had, and who else had the key it was asked by.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use ledger_core::project::{Entry, Handing, Holders, Holding};
use ledger_core::{Branches, Recorded, Seq, TaskKey};
use ledger_store::Store;

use crate::failure::Failure;
use crate::output::escape::plain;
use crate::session::Session;

/// How many others that had an id are named.
const NAMED: usize = 3;

/// Up to so many events it is quicker to look for a few of them in all of the journal than to ask
/// the store for what it keeps of them.
const LONG: u64 = 10_000;

/// The life of a task.
#[derive(Debug)]
pub(crate) struct Life {
    /// What it is called now, or was last.
    pub(crate) key: TaskKey,
    /// Whether the plan holds it.
    pub(crate) is_there: bool,
    /// The events about it, in order.
    pub(crate) events: Vec<Recorded>,
    /// The key it was asked by, and the other tasks that had it.
    asked: TaskKey,
    others: Vec<Other>,
}

/// A task that had the same key at another time.
#[derive(Debug)]
struct Other {
    title: Option<String>,
    first: Option<Seq>,
    /// Its last event, else the batch it ended with.
    last: Seq,
    /// A moment at which it had the key.
    moment: Seq,
}

impl Life {
    /// The event that took it out of the plan for good.
    pub(crate) fn removal(&self) -> Option<&Recorded> {
        let mut latest = self.events.iter().rev();
        latest.find(|recorded| recorded.event.header.kind == "task.removed")
    }

    /// Says on standard error who else had the id.
    pub(crate) fn note(&self) {
        let mut err = anstream::stderr().lock();
        let key = plain(self.asked.as_str());
        for other in self.others.iter().rev().take(NAMED) {
            let title = other.title.as_deref().unwrap_or("another task");
            let when = match other.first {
                Some(first) => format!("events {first} to {}", other.last),
                None => format!("until event {}", other.last),
            };
            // There is nowhere to report a failing standard error to.
            let _ = writeln!(
                err,
                "note: {key} was also the id of '{}' ({when}): ledger audit --task {key}@{}",
                plain(title),
                other.moment
            );
        }
        if let Some(more) = self.others.len().checked_sub(NAMED + 1) {
            let more = more + 1;
            let _ = writeln!(
                err,
                "note: {more} more tasks had the id {key}: ledger audit --task '{key}*' shows the events of all"
            );
        }
    }
}

/// What was read of the history to follow tasks through it.
struct Reading {
    branches: Branches,
    handings: Vec<Handing>,
    holders: BTreeMap<TaskKey, Holders>,
    events: BTreeMap<Seq, Recorded>,
}

impl Reading {
    fn holders(&mut self, session: &mut Session, key: &TaskKey) -> Result<&Holders, Failure> {
        if !self.holders.contains_key(key) {
            let seqs = session.store.seqs_of_task(key)?.into_iter().collect();
            let events = session.store.events(&seqs)?;
            let holders = Holders::of(key, &events, &self.handings, &self.branches);
            self.events
                .extend(events.into_iter().map(|own| (own.seq, own)));
            self.holders.insert(key.clone(), holders);
        }
        Ok(self.holders.entry(key.clone()).or_default())
    }

    fn holding(&self, (key, at): &(TaskKey, usize)) -> Option<&Holding> {
        self.holders.get(key)?.holdings().get(*at)
    }

    /// All stretches of a task's life.
    fn follow(
        &mut self,
        session: &mut Session,
        from: (TaskKey, usize),
    ) -> Result<BTreeSet<(TaskKey, usize)>, Failure> {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(one) = open.pop() {
            if let Some(holding) = self
                .holding(&one)
                .filter(|_| !found.contains(&one))
                .cloned()
            {
                for link in holding.links() {
                    let holders = self.holders(session, link.key)?;
                    let linked = holders.linked(&one.0, link);
                    open.extend(linked.map(|at| (link.key.clone(), at)));
                }
            }
            found.insert(one);
        }
        Ok(found)
    }

    /// The events of stretches, in order.
    fn events<'s>(&self, stretches: impl Iterator<Item = &'s (TaskKey, usize)>) -> BTreeSet<Seq> {
        let holdings = stretches.filter_map(|own| self.holding(own));
        holdings
            .flat_map(|own| own.events.iter().copied())
            .collect()
    }

    /// Another task that had the key.
    fn other(
        &mut self,
        session: &mut Session,
        place: (TaskKey, usize),
    ) -> Result<Option<Other>, Failure> {
        let Some(holding) = self.holding(&place).cloned() else {
            return Ok(None);
        };
        let moment = Holders::moment(&holding, &self.branches);
        let moment = moment.map(|seq| match self.events.get(&seq) {
            Some(own) => own.batch_end(),
            None => seq,
        });
        let last = holding.events.last().max(holding.ended.last()).copied();
        let life = self.follow(session, place)?;
        let title = self.title(&self.events(life.iter()));
        Ok(moment.zip(last).map(|(moment, last)| Other {
            title,
            first: holding.events.first().copied(),
            last,
            moment,
        }))
    }

    /// What a task was last called in its events.
    fn title(&self, events: &BTreeSet<Seq>) -> Option<String> {
        let mut latest = events.iter().rev();
        latest.find_map(|seq| Entry::of(self.events.get(seq)?).title)
    }
}

impl Session {
    /// The life of the task that a name means: one that the plan holds, else the last that was
    /// called so, or as `NAME@REF` the one that was at that moment.
    pub(crate) fn life_of(&mut self, name: &str) -> Result<Life, Failure> {
        let head = self.head_seq().unwrap_or(Seq(0));
        let unknown = match self.key_ever(name) {
            Ok(key) => return self.life_at(key, head),
            Err(unknown) => unknown,
        };
        let Some((name, reference)) = name.rsplit_once('@') else {
            return Err(unknown);
        };
        let moment = self.resolve(reference)?;
        let plan = self.plan_at(moment.seq)?;
        let key = plan.resolve(name).map(|task| task.key.clone())?;
        self.life_at(key, moment.seq)
    }

    /// The tasks that were handed on from key to key, on all branches.
    fn handings(&mut self, branches: &Branches) -> Result<Vec<Handing>, Failure> {
        let is_straight = branches.all().is_empty();
        if let Some(head) = self.head_seq().filter(|head| is_straight && head.0 > LONG) {
            return Ok(self.handings_at(head)?.all);
        }
        let mut seqs = BTreeSet::new();
        for kind in Handing::TYPES {
            seqs.extend(self.store.find_type(kind)?);
        }
        let events = self.store.events(&seqs)?;
        Ok(events.iter().filter_map(Handing::of).collect())
    }

    /// The life of the task that had a key at a moment, or last before it.
    pub(crate) fn life_at(&mut self, key: TaskKey, at: Seq) -> Result<Life, Failure> {
        let branches = self.store.branches()?;
        let mut reading = Reading {
            handings: self.handings(&branches)?,
            branches,
            holders: BTreeMap::new(),
            events: BTreeMap::new(),
        };
        let branches = reading.branches.clone();
        let place = reading.holders(self, &key)?.last(&branches, at);
        let stretches = match place {
            Some(place) => reading.follow(self, (key.clone(), place))?,
            None => BTreeSet::new(),
        };
        let head = self.head_seq().unwrap_or(Seq(0));
        let is_now = |own: &&(TaskKey, usize)| {
            let holders = reading.holders.get(&own.0);
            holders.is_some_and(|holders| holders.now(&branches, head) == Some(own.1))
        };
        let now = stretches.iter().find(is_now).map(|own| own.0.clone());
        let seqs = reading.events(stretches.iter());
        let last = seqs.last().and_then(|seq| reading.events.get(seq));
        let last = last.and_then(|own| own.event.header.task.clone());
        let is_there = now.is_some() || (seqs.is_empty() && self.plan().task(&key).is_some());
        let mut others = Vec::new();
        let all = reading
            .holders
            .get(&key)
            .map_or(0, |own| own.holdings().len());
        for place in (0..all).map(|at| (key.clone(), at)) {
            if !stretches.contains(&place) {
                others.extend(reading.other(self, place)?);
            }
        }
        Ok(Life {
            is_there,
            events: (seqs.iter())
                .filter_map(|seq| reading.events.remove(seq))
                .collect(),
            key: now.or(last).unwrap_or_else(|| key.clone()),
            asked: key,
            others,
        })
    }
}
