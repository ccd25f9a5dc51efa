//! Tasks wait for one another in a circle, or one for itself, so that none of them can begin.
//!
//! Each strongly connected component of what waits for what is one finding: Tarjan's algorithm
//! (1972), with a stack of its own, since chains can be long.

use std::collections::BTreeMap;

use super::desk::{Desk, TaskAt, head};
use super::finding::Finding;
use crate::rules::listed;

pub(super) const NAME: &str = "dependency-cycle";

pub(super) fn judge(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    let mut waits: BTreeMap<TaskAt, Vec<TaskAt>> = BTreeMap::new();
    for &(task, on) in desk.waits() {
        waits.entry(task).or_default().push(on);
    }
    for ring in rings(&waits) {
        let Some(entry) = ring.first().and_then(|first| desk.entry(*first)) else {
            continue;
        };
        let names: Vec<String> = ring.iter().map(|task| desk.name(*task)).collect();
        let message = match names.as_slice() {
            [only] => format!("{only} waits for itself"),
            names => format!("{} wait for one another", listed(names)),
        };
        let sheet = ring.first().map_or(0, |first| first.sheet);
        let mut finding = Finding::new(NAME, head(sheet, entry), message);
        for task in ring.iter().skip(1) {
            let other = desk.entry(*task).map(|entry| head(task.sheet, entry));
            finding = finding
                .zip(other)
                .map(|(finding, spot)| finding.beside(spot, "one of them"));
        }
        found.extend(finding);
    }
}

/// How far the search has come with a task.
struct Visit {
    /// When it was found.
    index: usize,
    /// The earliest task that is reached from it and still on the stack.
    low: usize,
    on_stack: bool,
}

/// The groups of tasks each of which waits for all tasks of its group, in order.
fn rings(waits: &BTreeMap<TaskAt, Vec<TaskAt>>) -> Vec<Vec<TaskAt>> {
    let mut visits: BTreeMap<TaskAt, Visit> = BTreeMap::new();
    let mut stack: Vec<TaskAt> = Vec::new();
    let mut rings = Vec::new();
    let none: Vec<TaskAt> = Vec::new();
    for &start in waits.keys() {
        // Tasks on the way, each with how many of those it waits for were followed.
        let mut path: Vec<(TaskAt, usize)> = vec![(start, 0)];
        while let Some((at, followed)) = path.pop() {
            if followed == 0 {
                if visits.contains_key(&at) {
                    continue;
                }
                let index = visits.len();
                visits.insert(
                    at,
                    Visit {
                        index,
                        low: index,
                        on_stack: true,
                    },
                );
                stack.push(at);
            }
            let on = waits.get(&at).unwrap_or(&none);
            // The one that was just come back from.
            if let Some(back) = followed.checked_sub(1).and_then(|before| on.get(before)) {
                let reached = visits.get(back).filter(|visit| visit.on_stack);
                let low = reached.map(|visit| visit.low);
                if let (Some(low), Some(visit)) = (low, visits.get_mut(&at)) {
                    visit.low = visit.low.min(low);
                }
            }
            if let Some(next) = on.get(followed) {
                path.push((at, followed + 1));
                path.push((*next, 0));
                continue;
            }
            let is_root = visits
                .get(&at)
                .is_some_and(|visit| visit.low == visit.index);
            if is_root {
                let mut ring = Vec::new();
                while let Some(member) = stack.pop() {
                    if let Some(visit) = visits.get_mut(&member) {
                        visit.on_stack = false;
                    }
                    ring.push(member);
                    if member == at {
                        break;
                    }
                }
                if ring.len() > 1 || on.contains(&at) {
                    ring.sort_unstable();
                    rings.push(ring);
                }
            }
        }
    }
    rings.sort_unstable();
    rings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const fn task(task: usize) -> TaskAt {
        TaskAt { sheet: 0, task }
    }

    fn reaches(waits: &BTreeMap<TaskAt, Vec<TaskAt>>, from: TaskAt, to: TaskAt) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for next in waits.get(&at).into_iter().flatten() {
                if *next == to {
                    return true;
                }
                if seen.insert(*next) {
                    open.push(*next);
                }
            }
        }
        false
    }

    proptest! {
        #[test]
        fn tasks_are_in_one_ring_if_each_reaches_the_other(
            pairs in prop::collection::vec((0..9_usize, 0..9_usize), 0..24),
        ) {
            let mut waits: BTreeMap<TaskAt, Vec<TaskAt>> = BTreeMap::new();
            for (a, b) in pairs {
                waits.entry(task(a)).or_default().push(task(b));
            }
            let rings = rings(&waits);
            for a in (0..9).map(task) {
                for b in (0..9).map(task) {
                    let both = reaches(&waits, a, b) && reaches(&waits, b, a);
                    let together = rings.iter().any(|ring| ring.contains(&a) && ring.contains(&b));
                    prop_assert_eq!(both, together);
                }
            }
        }
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let mut waits: BTreeMap<TaskAt, Vec<TaskAt>> = BTreeMap::new();
        for n in 0..200_000 {
            waits.insert(task(n), vec![task(n + 1)]);
        }
        waits.insert(task(200_000), vec![task(0)]);
        assert_eq!(rings(&waits).len(), 1);
    }
}
