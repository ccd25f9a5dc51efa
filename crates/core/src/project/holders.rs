//! Which tasks had a key, one after another.
//!
//! A key is free again when its task leaves the plan or gets another key, so one key may stand for
//! several tasks in the course of a history. Within a batch keys change as in the fold of the plan:
//! tasks leave under the key they had before it, and all else goes by the key it has afterwards. Of
//! several tasks that left with one key, the one that comes back is taken to be the last: its event
//! only says which key it had.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fold::Projection;
use crate::batch::{Batch, Recorded, Verified};
use crate::branches::Branches;
use crate::id::{Seq, TaskKey};
use crate::plan::Diverged;
use crate::plan::wire::part;

/// A task that goes on under a key: it was called otherwise, or had left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handing {
    /// The first event of the batch.
    start: Seq,
    /// The key it had.
    from: TaskKey,
    /// The key it has from then on.
    to: TaskKey,
    /// Whether it had left the plan.
    returns: bool,
}

impl Handing {
    /// The types of events that hand a task on.
    pub const TYPES: [&'static str; 2] = ["task.rekeyed", "task.restored"];

    /// What an event says of that; `None` if nothing.
    #[must_use]
    pub fn of(recorded: &Recorded) -> Option<Self> {
        let event = &recorded.event;
        let returns = event.header.kind == "task.restored";
        let from = match event.header.kind.as_str() {
            "task.rekeyed" => event.header.from.as_deref()?,
            "task.restored" => event.text(part::WAS)?,
            _ => return None,
        };
        Some(Self {
            start: recorded.batch_start(),
            from: TaskKey::new(from).ok()?,
            to: event.header.task.clone()?,
            returns,
        })
    }

    /// The key that the task had.
    #[must_use]
    pub const fn from(&self) -> &TaskKey {
        &self.from
    }
}

/// All handings on the way to a moment, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handings {
    /// Each.
    pub all: Vec<Handing>,
}

impl Projection for Handings {
    fn take(&mut self, batch: &Verified<Batch>, _: Option<&Self>) -> Result<(), Diverged> {
        self.all
            .extend(batch.events().iter().filter_map(Handing::of));
        Ok(())
    }
}

/// A stretch of the history in which one task had the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holding {
    /// The events about it under this key, in order.
    pub events: Vec<Seq>,
    /// The first event of the batch that began it; `None` where the task came with its document.
    begun: Option<Seq>,
    /// The key that the task had before.
    earlier: Option<TaskKey>,
    /// The batches it ended with, each by its first event: on each branch it may end otherwise.
    pub ended: Vec<Seq>,
    /// Under which keys the task went on, each with the first event of the batch.
    later: Vec<(Seq, TaskKey)>,
}

impl Holding {
    /// Where the same task is found under other keys.
    pub fn links(&self) -> impl Iterator<Item = Link<'_>> {
        let earlier = self.earlier.as_ref().zip(self.begun);
        let earlier = earlier.map(|(key, start)| Link {
            key,
            start,
            later: false,
        });
        let later = self.later.iter().map(|(start, key)| Link {
            key,
            start: *start,
            later: true,
        });
        earlier.into_iter().chain(later)
    }
}

/// That a task had another key before or after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'k> {
    /// The other key.
    pub key: &'k TaskKey,
    /// The first event of the batch.
    start: Seq,
    later: bool,
}

/// Who has the key at a moment, and who left with it, the latest last.
#[derive(Debug, Clone, Default)]
struct State {
    now: Option<usize>,
    gone: Vec<usize>,
    /// Whether nothing was said of the key before.
    is_fresh: bool,
}

/// What one batch says of a key.
#[derive(Default)]
struct Step<'r> {
    own: Vec<&'r Recorded>,
    out: Vec<&'r Handing>,
    into: Option<&'r Handing>,
}

/// All tasks that had a key.
#[derive(Debug, Clone, Default)]
pub struct Holders {
    holdings: Vec<Holding>,
    /// The stretch of the task that came with its document: the same on every branch.
    original: Option<usize>,
    /// After each batch that says something of the key, by its first event.
    after: Vec<(Seq, State)>,
}

impl Holders {
    /// Reads who had a key from all events about it, in order, and from all handings of the
    /// history.
    #[must_use]
    pub fn of(
        key: &TaskKey,
        events: &[Recorded],
        handings: &[Handing],
        branches: &Branches,
    ) -> Self {
        let mut steps: BTreeMap<Seq, Step<'_>> = BTreeMap::new();
        for recorded in events {
            let step = steps.entry(recorded.batch_start()).or_default();
            step.own.push(recorded);
        }
        for handing in handings {
            if handing.from == *key {
                steps.entry(handing.start).or_default().out.push(handing);
            }
            if handing.to == *key {
                steps.entry(handing.start).or_default().into = Some(handing);
            }
        }
        let mut holders = Self::default();
        for (start, step) in steps {
            let mut state = holders.state(branches, start);
            holders.take(start, &step, &mut state);
            holders.after.push((start, state));
        }
        holders
    }

    /// The stretches, in the order in which they began.
    #[must_use]
    pub fn holdings(&self) -> &[Holding] {
        &self.holdings
    }

    /// The place of the stretch whose task has the key after the batches up to `at`.
    #[must_use]
    pub fn now(&self, branches: &Branches, at: Seq) -> Option<usize> {
        self.state(branches, at).now
    }

    /// The same, or of the one that left with it last, or of the last that had it at all.
    #[must_use]
    pub fn last(&self, branches: &Branches, at: Seq) -> Option<usize> {
        let state = self.state(branches, at);
        let gone = state.gone.last().copied();
        // One that came with its document shows only where something happens to it.
        let coming = self.holdings.iter().position(|own| {
            let first = own.events.first().or(own.ended.first());
            own.begun.is_none() && first.is_some_and(|first| *first > at)
        });
        let latest = || {
            let ends = |own: &Holding| own.ended.last().copied().max(own.events.last().copied());
            let all = self.holdings.iter().enumerate();
            all.max_by_key(|(_, own)| ends(own)).map(|(at, _)| at)
        };
        let handed = latest().filter(|at| gone.is_none_or(|gone| gone < *at));
        state.now.or(coming).or(handed).or(gone)
    }

    /// A moment at which a stretch's task has the key: the one before it ends, else its last.
    #[must_use]
    pub fn moment(holding: &Holding, branches: &Branches) -> Option<Seq> {
        let Some(end) = holding.ended.last() else {
            return holding.events.last().copied();
        };
        let mut path = branches.path(*end).into_iter();
        match path.next() {
            Some((first, _)) if first < *end => end.0.checked_sub(1).map(Seq),
            _ => path.next().map(|(_, last)| last),
        }
    }

    /// The place of the stretch that a link of another key's leads to; `from` is that key.
    #[must_use]
    pub fn linked(&self, from: &TaskKey, link: Link<'_>) -> Option<usize> {
        self.holdings.iter().position(|own| match link.later {
            true => own.begun == Some(link.start) && own.earlier.as_ref() == Some(from),
            false => own
                .later
                .iter()
                .any(|(start, key)| (*start, key) == (link.start, from)),
        })
    }

    /// The state after the batches up to `at`, along first parents.
    fn state(&self, branches: &Branches, at: Seq) -> State {
        let path = branches.path(at);
        let found = path.into_iter().find_map(|(first, last)| {
            let until = self.after.partition_point(|(start, _)| *start <= last);
            let (start, state) = self.after.get(until.checked_sub(1)?)?;
            (*start >= first).then(|| state.clone())
        });
        found.unwrap_or(State {
            is_fresh: true,
            ..State::default()
        })
    }

    fn begin(&mut self, holding: Holding) -> usize {
        self.holdings.push(holding);
        self.holdings.len() - 1
    }

    fn take(&mut self, start: Seq, step: &Step<'_>, state: &mut State) {
        let place = |kind| {
            let mut own = step.own.iter();
            own.position(|recorded| recorded.event.header.kind == kind)
        };
        let removed = place("task.removed");
        let renamed = step.out.iter().find(|own| !own.returns);
        let begins = step.into.is_some() || place("task.added").is_some();
        // Whoever changes without having come came with its document.
        let mut changes = step.own.iter().map(|own| own.event.header.kind.as_str());
        let is_there = removed.is_some()
            || renamed.is_some()
            || (!begins && changes.any(|kind| kind != "command.rejected"));
        if state.now.is_none() && is_there {
            let original = self.original.filter(|_| state.is_fresh);
            let holding = original.unwrap_or_else(|| self.begin(Holding::default()));
            if state.is_fresh {
                self.original = Some(holding);
            }
            state.now = Some(holding);
        }
        state.is_fresh = false;
        let before = state.now;
        if let Some(holding) = before.and_then(|at| self.holdings.get_mut(at))
            && (removed.is_some() || renamed.is_some() || begins)
        {
            holding.ended.push(start);
            holding
                .later
                .extend(renamed.map(|own| (start, own.to.clone())));
            state.now = None;
        }
        if removed.is_some() {
            state.gone.extend(before);
        }
        for handing in step.out.iter().filter(|own| own.returns) {
            let left = state.gone.pop();
            let left = left.unwrap_or_else(|| self.begin(Holding::default()));
            if let Some(holding) = self.holdings.get_mut(left) {
                holding.later.push((start, handing.to.clone()));
            }
        }
        if begins {
            state.now = Some(self.begin(Holding {
                begun: Some(start),
                earlier: step.into.map(|own| own.from.clone()),
                ..Holding::default()
            }));
        }
        // What a task went through in the batch it left with is said before its removal; a task
        // that got the key is called so in all of the batch.
        let is_handed = step.into.is_some_and(|own| !own.returns);
        let came = place("task.added").or_else(|| place("task.restored"));
        let until = removed
            .min(came)
            .filter(|_| removed.is_some() && !is_handed);
        for (at, recorded) in step.own.iter().enumerate() {
            let is_earlier =
                !begins || Some(at) == removed || until.is_some_and(|until| at < until);
            let whose = if is_earlier { before } else { state.now };
            let whose = whose.or(state.gone.last().copied());
            if let Some(holding) = whose.and_then(|whose| self.holdings.get_mut(whose)) {
                holding.events.push(recorded.seq);
            }
        }
    }
}
