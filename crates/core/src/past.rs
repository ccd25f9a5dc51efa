//! From a graph of commits to the batches of a ledger (ledger-format.md §7.3).
//!
//! Only commits that change the plans, or join two of their histories, become batches. The others
//! go by their nearest ancestor that is one: each commit has exactly one such, which has all
//! others behind it.

use std::collections::BTreeSet;

/// Places commits one by one, parents first. `S` is what a commit has of the plans.
#[derive(Debug, Clone)]
pub struct Past<S> {
    /// For each commit its nearest event; `None` where there was no plan yet.
    nearest: Vec<Option<usize>>,
    /// For each commit how many of those made on it are still to come.
    awaited: Vec<usize>,
    events: Vec<Placed<S>>,
}

#[derive(Debug, Clone)]
struct Placed<S> {
    parents: Vec<usize>,
    height: usize,
    state: S,
    /// Commits that go by it and have some made on them still to come, or none at all.
    holders: usize,
}

/// What became of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// The event it is, with those it follows, the first parent first; `None` if it is no event.
    pub event: Option<Placement>,
    /// Events that no later commit follows, and none goes by that nothing was made on.
    pub released: Vec<usize>,
}

/// An event's number, in the order in which they come, and its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Its number.
    pub event: usize,
    /// The numbers of those that it follows: none for the first of all and wherever else a plan
    /// began, several for a merge.
    pub parents: Vec<usize>,
}

impl<S: PartialEq + Default> Past<S> {
    /// For commits with these parents, each a list of places before the commit's own.
    #[must_use]
    pub fn new<'a>(parents: impl IntoIterator<Item = &'a [usize]>) -> Self {
        let mut awaited = Vec::new();
        for parents in parents {
            awaited.push(0);
            for parent in parents {
                if let Some(awaited) = awaited.get_mut(*parent) {
                    *awaited += 1;
                }
            }
        }
        Self {
            nearest: Vec::new(),
            awaited,
            events: Vec::new(),
        }
    }

    /// What an event has of the plans.
    #[must_use]
    pub fn state(&self, event: usize) -> Option<&S> {
        self.events.get(event).map(|event| &event.state)
    }

    /// The nearest event of a commit that was placed: the commit itself, if it is one.
    #[must_use]
    pub fn nearest(&self, commit: usize) -> Option<usize> {
        self.nearest.get(commit).copied().flatten()
    }

    /// The event that a commit with these parents goes by where it changes nothing.
    #[must_use]
    pub fn base(&self, parents: &[usize]) -> Option<usize> {
        parents.iter().find_map(|parent| self.nearest(*parent))
    }

    /// Places the next commit.
    pub fn place(&mut self, parents: &[usize], state: S) -> Step {
        let mut mapped: Vec<usize> = Vec::new();
        for event in parents.iter().filter_map(|parent| self.nearest(*parent)) {
            if !mapped.contains(&event) {
                mapped.push(event);
            }
        }
        let unchanged = mapped
            .iter()
            .all(|event| self.state(*event) == Some(&state));
        let followed = self.followed(&mapped, unchanged);
        let is_event = match followed.as_slice() {
            [] => state != S::default(),
            [one] => self.state(*one) != Some(&state),
            _ => true,
        };
        let event = is_event.then(|| self.add(followed.clone(), state));
        let nearest = event.as_ref().map(|placed| placed.event);
        let nearest = nearest.or_else(|| followed.first().copied());
        self.nearest.push(nearest);
        if let Some(own) = nearest.and_then(|nearest| self.events.get_mut(nearest)) {
            own.holders += 1;
        }
        let released = self.release(parents);
        Step { event, released }
    }

    /// Of the nearest events of a commit's parents those that it follows. One that another has
    /// behind it adds nothing, but for the first, whose plans it is that the commit changes.
    fn followed(&self, mapped: &[usize], unchanged: bool) -> Vec<usize> {
        let adds = |(nth, event): &(usize, &usize)| {
            (*nth == 0 && !unchanged)
                || !mapped
                    .iter()
                    .any(|other| other != *event && self.is_behind(**event, *other))
        };
        let followed = mapped.iter().enumerate().filter(adds);
        followed.map(|(_, event)| *event).collect()
    }

    /// Whether an event is an ancestor of another.
    fn is_behind(&self, event: usize, other: usize) -> bool {
        let Some(lowest) = self.events.get(event).map(|event| event.height) else {
            return false;
        };
        let mut seen = BTreeSet::new();
        let mut ahead = vec![other];
        while let Some(at) = ahead.pop() {
            let Some(own) = self.events.get(at).filter(|own| own.height > lowest) else {
                continue;
            };
            for parent in &own.parents {
                if *parent == event {
                    return true;
                }
                if seen.insert(*parent) {
                    ahead.push(*parent);
                }
            }
        }
        false
    }

    fn add(&mut self, parents: Vec<usize>, state: S) -> Placement {
        let heights = parents.iter().filter_map(|parent| self.events.get(*parent));
        let height = heights.map(|parent| parent.height + 1).max().unwrap_or(0);
        self.events.push(Placed {
            parents: parents.clone(),
            height,
            state,
            holders: 0,
        });
        Placement {
            event: self.events.len() - 1,
            parents,
        }
    }

    fn release(&mut self, parents: &[usize]) -> Vec<usize> {
        let mut released = Vec::new();
        for parent in parents {
            let Some(awaited) = self.awaited.get_mut(*parent) else {
                continue;
            };
            *awaited = awaited.saturating_sub(1);
            if *awaited > 0 {
                continue;
            }
            let Some(event) = self.nearest(*parent) else {
                continue;
            };
            if let Some(own) = self.events.get_mut(event) {
                own.holders = own.holders.saturating_sub(1);
                if own.holders == 0 {
                    released.push(event);
                }
            }
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Commits with their parents and what they have of the plan; 0 is none.
    type Graph = Vec<(Vec<usize>, u8)>;

    fn graphs() -> impl Strategy<Value = Graph> {
        let commit = (
            prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            0..4u8,
            any::<bool>(),
        );
        prop::collection::vec(commit, 1..30).prop_map(|drawn| {
            let mut graph: Graph = Vec::new();
            for (at, (picks, state, keeps)) in drawn.into_iter().enumerate() {
                let mut parents = Vec::new();
                for pick in picks.iter().filter(|_| at > 0) {
                    // Mostly of the last few, so that there are branches.
                    let back = pick.index(at.min(5));
                    if !parents.contains(&(at - 1 - back)) {
                        parents.push(at - 1 - back);
                    }
                }
                let first = parents.first().and_then(|first| graph.get(*first));
                let state = match first {
                    Some((_, kept)) if keeps => *kept,
                    _ => state,
                };
                graph.push((parents, state));
            }
            graph
        })
    }

    fn ancestors<'a>(of: usize, parents: impl Fn(usize) -> &'a [usize]) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([of]);
        let mut ahead = vec![of];
        while let Some(at) = ahead.pop() {
            ahead.extend(parents(at).iter().filter(|parent| found.insert(**parent)));
        }
        found
    }

    proptest! {
        #[test]
        fn every_commit_goes_by_one_event_that_has_its_plans_and_all_before_it(graph in graphs()) {
            let mut past = Past::new(graph.iter().map(|(parents, _)| parents.as_slice()));
            let mut events: Vec<(usize, Vec<usize>)> = Vec::new();
            let mut released = BTreeSet::new();
            for (at, (parents, state)) in graph.iter().enumerate() {
                for parent in parents {
                    let used = past.nearest(*parent);
                    prop_assert!(used.is_none_or(|used| !released.contains(&used)));
                }
                let step = past.place(parents, *state);
                if let Some(placed) = step.event {
                    prop_assert_eq!(placed.event, events.len());
                    prop_assert!(placed.parents.iter().all(|parent| *parent < placed.event));
                    events.push((at, placed.parents));
                }
                released.extend(step.released);
            }
            for (at, (_, state)) in graph.iter().enumerate() {
                let nearest = past.nearest(at);
                let is_last = graph.iter().all(|(parents, _)| !parents.contains(&at));
                prop_assert!(!is_last || nearest.is_none_or(|own| !released.contains(&own)));
                let had = nearest.and_then(|nearest| past.state(nearest)).copied();
                prop_assert_eq!(had.unwrap_or(0), *state, "commit {}", at);
                let before = ancestors(at, |commit| &graph[commit].0);
                let expected: BTreeSet<usize> = (0..events.len())
                    .filter(|event| before.contains(&events[*event].0))
                    .collect();
                let found = nearest.map(|nearest| ancestors(nearest, |event| &events[event].1));
                prop_assert_eq!(found.unwrap_or_default(), expected, "commit {}", at);
            }
        }

        #[test]
        fn a_commit_that_changes_nothing_and_joins_nothing_is_no_event(graph in graphs()) {
            let mut past = Past::new(graph.iter().map(|(parents, _)| parents.as_slice()));
            for (parents, state) in &graph {
                let same = parents.iter().all(|parent| graph[*parent].1 == *state);
                let nearest: BTreeSet<_> = parents.iter().map(|parent| past.nearest(*parent)).collect();
                let step = past.place(parents, *state);
                if same && nearest.len() <= 1 && !parents.is_empty() {
                    prop_assert_eq!(step.event, None);
                }
            }
        }
    }
}
