//! What waits for what: circles, the longest way to the end, and what each open task holds up.

mod components;
mod estimate;

use std::collections::BTreeMap;

use ledger_document::Status;

use crate::decide::Dependencies;
use crate::id::TaskKey;
use crate::plan::{Plan, Task};

pub use estimate::{Estimate, Unit};

use components::components;

/// A task and its neighbours, by their places in [`Graph::nodes`].
#[derive(Debug, Clone)]
pub struct Node<'p> {
    /// The task.
    pub task: &'p Task,
    /// What it waits for, closed or not.
    pub on: Vec<usize>,
    /// What waits for it.
    pub before: Vec<usize>,
    /// What the plan says it takes.
    pub estimate: Option<Estimate>,
    /// Ids that it waits for and that no task has.
    pub unknown: Vec<String>,
    /// How many other open tasks wait for it, directly or not, while it is open.
    pub holds_up: usize,
    /// The circle it is part of, by its place in [`Graph::cycles`].
    pub cycle: Option<usize>,
}

/// The tasks of a plan, in its order, and what they wait for.
#[derive(Debug, Clone)]
pub struct Graph<'p> {
    /// The tasks.
    pub nodes: Vec<Node<'p>>,
    /// Tasks that wait for each other, each circle in the plan's order; a task that says that it
    /// waits for itself is one too.
    pub cycles: Vec<Vec<usize>>,
    /// The way through open tasks that takes longest; tasks of a circle count together.
    pub critical: Critical,
    places: BTreeMap<&'p TaskKey, usize>,
}

/// The open tasks that follow each other and take longest in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Critical {
    /// The first to be done comes first.
    pub tasks: Vec<usize>,
    /// What is added up.
    pub unit: Unit,
    /// How much that is.
    pub total: u64,
    /// How many of its tasks have no estimate in that unit and count as the middle one of those
    /// that have.
    pub assumed: usize,
}

impl Node<'_> {
    /// Whether the task says that it waits for something, or another says so of it.
    #[must_use]
    pub fn says_anything(&self) -> bool {
        let waits = !self.on.is_empty() || !self.unknown.is_empty() || self.cycle.is_some();
        waits || !self.before.is_empty()
    }
}

impl<'p> Graph<'p> {
    /// Works it out.
    #[must_use]
    pub fn of(plan: &'p Plan) -> Self {
        let estimates = estimate::of(plan);
        let tasks = plan.tasks_in_order();
        let places: BTreeMap<&'p TaskKey, usize> = (tasks.iter().enumerate())
            .map(|(at, task)| (&task.key, at))
            .collect();
        let mut nodes: Vec<Node<'p>> = tasks
            .iter()
            .map(|task| Node {
                task,
                on: Vec::new(),
                before: Vec::new(),
                unknown: Vec::new(),
                estimate: estimates.get(&task.key).copied(),
                holds_up: 0,
                cycle: None,
            })
            .collect();
        let said = Dependencies::of(plan);
        let place = |key: &TaskKey| places.get(key).copied();
        for dependency in &said.waits {
            if let (Some(task), Some(on)) = (place(&dependency.task), place(&dependency.on)) {
                nodes[task].on.push(on);
                nodes[on].before.push(task);
            }
        }
        for (task, id) in said.unknown {
            if let Some(task) = place(&task) {
                nodes[task].unknown.push(id);
            }
        }
        let edges: Vec<&[usize]> = nodes.iter().map(|node| node.on.as_slice()).collect();
        let all = components(&edges);
        let mut cycles: Vec<Vec<usize>> = all.into_iter().filter(|own| own.len() > 1).collect();
        let alone = said.on_itself.iter().filter_map(place);
        let alone: Vec<usize> = alone
            .filter(|at| !cycles.iter().any(|cycle| cycle.contains(at)))
            .collect();
        cycles.extend(alone.into_iter().map(|at| vec![at]));
        cycles.sort();
        for (number, cycle) in cycles.iter().enumerate() {
            cycle.iter().for_each(|at| nodes[*at].cycle = Some(number));
        }
        let open = Open::of(&nodes, |_| true);
        for (at, count) in open.held_up().into_iter().enumerate() {
            nodes[at].holds_up = count;
        }
        let critical = open.critical(&nodes);
        Self {
            nodes,
            cycles,
            critical,
            places,
        }
    }

    /// The longest way through those of the open tasks that are at some places, as if there were
    /// no others. `places`: in order.
    #[must_use]
    pub fn critical_among(&self, places: &[usize]) -> Critical {
        let open = Open::of(&self.nodes, |at| places.binary_search(&at).is_ok());
        open.critical(&self.nodes)
    }

    /// The place of a task.
    #[must_use]
    pub fn place(&self, key: &TaskKey) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// A task with all that it waits for and all that waits for it, directly or not, in order.
    #[must_use]
    pub fn around(&self, place: usize) -> Vec<usize> {
        let mut seen = vec![false; self.nodes.len()];
        for before in [false, true] {
            let mut rest = vec![place];
            let mut done = vec![false; self.nodes.len()];
            while let Some(at) = rest.pop() {
                if let (Some(node), false) = (self.nodes.get(at), done[at]) {
                    done[at] = true;
                    seen[at] = true;
                    let next = if before { &node.before } else { &node.on };
                    rest.extend(next);
                }
            }
        }
        (0..seen.len()).filter(|at| seen[*at]).collect()
    }
}

fn is_open(task: &Task) -> bool {
    !task.status().is_closed()
}

/// The open tasks without circles: those of a circle are one.
struct Open {
    /// What a task waits for comes before it.
    groups: Vec<Vec<usize>>,
    /// The groups that each waits for; each of them before it.
    on: Vec<Vec<usize>>,
    /// How many tasks there are, open or not.
    tasks: usize,
}

impl Open {
    fn of(nodes: &[Node<'_>], is_meant: impl Fn(usize) -> bool) -> Self {
        let counts = |at: usize| is_open(nodes[at].task) && is_meant(at);
        let edges: Vec<Vec<usize>> = (nodes.iter().enumerate())
            .map(|(at, node)| {
                let open = |on: &&usize| counts(at) && counts(**on);
                node.on.iter().filter(open).copied().collect()
            })
            .collect();
        let edges: Vec<&[usize]> = edges.iter().map(Vec::as_slice).collect();
        let mut groups = components(&edges);
        groups.retain(|group| group.iter().any(|at| counts(*at)));
        let mut group_of = vec![usize::MAX; nodes.len()];
        for (number, group) in groups.iter().enumerate() {
            group.iter().for_each(|at| group_of[*at] = number);
        }
        let on = groups.iter().enumerate().map(|(number, group)| {
            let mut on: Vec<usize> = (group.iter().flat_map(|at| edges[*at]))
                .map(|on| group_of[*on])
                .filter(|on| *on != number && *on != usize::MAX)
                .collect();
            on.sort_unstable();
            on.dedup();
            on
        });
        Self {
            on: on.collect(),
            groups,
            tasks: nodes.len(),
        }
    }

    /// How many others wait for each task. 64 groups are followed at a time, each as a bit, so that
    /// a plan of very many tasks needs little memory.
    fn held_up(&self) -> Vec<usize> {
        let mut held = vec![0; self.tasks];
        let mut of_group = vec![0usize; self.groups.len()];
        for first in (0..self.groups.len()).step_by(64) {
            let last = (first + 64).min(self.groups.len());
            // Which of these groups each group is waited for by, itself included.
            let mut waiting = vec![0u64; self.groups.len()];
            for group in (0..last).rev() {
                if group >= first {
                    waiting[group] |= 1 << (group - first);
                }
                let own = waiting[group];
                if own != 0 {
                    for on in &self.on[group] {
                        waiting[*on] |= own;
                    }
                }
            }
            for (group, bits) in waiting.iter().enumerate() {
                let mut bits = *bits;
                while bits != 0 {
                    let bit = bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    of_group[group] += self.groups[first + bit].len();
                }
            }
        }
        for (number, group) in self.groups.iter().enumerate() {
            for at in group {
                held[*at] = of_group[number].saturating_sub(1);
            }
        }
        held
    }

    fn critical(&self, nodes: &[Node<'_>]) -> Critical {
        let open = self.groups.iter().flatten();
        let unit = Unit::of(open.filter_map(|at| nodes[*at].estimate));
        let sizes = self.groups.iter().flatten();
        let mut known: Vec<u64> = sizes
            .filter_map(|at| nodes[*at].estimate?.in_unit(unit))
            .collect();
        known.sort_unstable();
        let middle = known.get(known.len() / 2).copied().unwrap_or(1);
        let size = |at: &usize| {
            let own = nodes[*at].estimate.and_then(|own| own.in_unit(unit));
            own.unwrap_or(middle)
        };
        let mut best: Vec<(u64, Option<usize>)> = Vec::with_capacity(self.groups.len());
        for (number, group) in self.groups.iter().enumerate() {
            let longest = self.on[number].iter().copied();
            let longest = longest.max_by_key(|on| (best[*on].0, std::cmp::Reverse(*on)));
            let before = longest.map_or(0, |on| best[on].0);
            let own = group.iter().map(size).fold(0, u64::saturating_add);
            best.push((before.saturating_add(own), longest));
        }
        let mut at = (0..best.len()).max_by_key(|at| (best[*at].0, std::cmp::Reverse(*at)));
        let total = at.map_or(0, |at| best[at].0);
        let mut path = Vec::new();
        while let Some(group) = at {
            path.push(group);
            at = best[group].1;
        }
        path.reverse();
        let tasks: Vec<usize> = path
            .into_iter()
            .flat_map(|group| self.groups[group].iter().copied())
            .collect();
        let lacks = |at: &&usize| {
            nodes[**at]
                .estimate
                .and_then(|own| own.in_unit(unit))
                .is_none()
        };
        let assumed = match unit {
            Unit::Tasks => 0,
            _ => tasks.iter().filter(lacks).count(),
        };
        Critical {
            tasks,
            unit,
            total,
            assumed,
        }
    }
}

/// Why a task can be worked on, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why<'p> {
    /// It is being worked on.
    InProgress,
    /// It is blocked, for this reason.
    Blocked(Option<&'p str>),
    /// These, itself among them, wait for each other, by their places; by itself it waits for
    /// itself.
    Circle(&'p [usize]),
    /// These have to be done first.
    Waits(Vec<&'p Task>),
    /// Something is wrong with what was done, for this reason.
    Flagged(Option<&'p str>),
    /// All that it depends on is done.
    AllDone(usize),
    /// It depends on nothing.
    Free,
}

impl Graph<'_> {
    /// Why an open task can be worked on, or not.
    #[must_use]
    pub fn why(&self, place: usize) -> Option<Why<'_>> {
        let node = self.nodes.get(place)?;
        let open = node.on.iter().map(|on| self.nodes[*on].task);
        let waits: Vec<&Task> = open.filter(|task| is_open(task)).collect();
        let circle = node.cycle.and_then(|cycle| self.cycles.get(cycle));
        Some(match (node.task.status(), circle) {
            (Status::Completed | Status::Cancelled, _) => return None,
            (Status::InProgress, _) => Why::InProgress,
            (Status::Blocked, _) => Why::Blocked(node.task.reason.as_deref()),
            (_, Some(circle)) if circle.len() == 1 || !waits.is_empty() => Why::Circle(circle),
            _ if !waits.is_empty() => Why::Waits(waits),
            (Status::IssuesFound, _) => Why::Flagged(node.task.reason.as_deref()),
            _ if !node.on.is_empty() => Why::AllDone(node.on.len()),
            _ => Why::Free,
        })
    }
}
