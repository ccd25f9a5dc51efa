//! The groups of tasks that a roll-up can be about.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::status::Status;

use super::facts::Facts;
use super::line::chain;
use super::template::Share;

/// A group of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Group {
    /// Where its tasks come from.
    pub of: Scope,
    /// Whether cancelled tasks are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncancelled: bool,
    /// Which of nested tasks count.
    #[serde(default, skip_serializing_if = "Depth::is_all")]
    pub depth: Depth,
}

/// Where the tasks of a group come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The document.
    All,
    /// The section whose heading stands on this line (from 0), its subsections included.
    Section(usize),
    /// The tasks whose id starts like this.
    Prefix(String),
}

/// Which of nested tasks belong to a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// All of them.
    #[default]
    All,
    /// Those that stand below no other task.
    Top,
    /// Those that have no task below them.
    Leaves,
}

impl Depth {
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_all(&self) -> bool {
        *self == Self::All
    }
}

impl Group {
    /// All tasks of a scope.
    pub(super) const fn whole(of: Scope) -> Self {
        Self {
            of,
            uncancelled: false,
            depth: Depth::All,
        }
    }

    /// The group's tasks in the order of their lines. `None` if what it is defined by is gone.
    pub(super) fn members(&self, facts: &Facts<'_>) -> Option<Vec<usize>> {
        let scope = match &self.of {
            Scope::All => facts.order().to_vec(),
            Scope::Section(line) => {
                let section = facts.outline.headed_at(*line)?;
                within(facts, section.lines.clone()).to_vec()
            }
            Scope::Prefix(prefix) => facts
                .order()
                .iter()
                .copied()
                .filter(|&task| {
                    let id = facts.task(task).and_then(|task| task.id);
                    id.is_some_and(|id| id.starts_with(prefix.as_str()))
                })
                .collect(),
        };
        Some(self.keep(facts, &scope))
    }

    fn keep(&self, facts: &Facts<'_>, scope: &[usize]) -> Vec<usize> {
        if self.depth == Depth::All && !self.uncancelled {
            return scope.to_vec();
        }
        scope
            .iter()
            .copied()
            .filter(|&index| {
                facts.task(index).is_some_and(|task| {
                    let deep = match self.depth {
                        Depth::All => true,
                        Depth::Top => !task.nested,
                        Depth::Leaves => !task.parent,
                    };
                    deep && !(self.uncancelled && task.status == Status::Cancelled)
                })
            })
            .collect()
    }
}

/// The tasks that stand in a range of lines, in order.
fn within<'a>(facts: &'a Facts<'_>, lines: std::ops::Range<usize>) -> &'a [usize] {
    let before = |line| move |task: &usize| facts.line(*task) < line;
    let from = facts.order().partition_point(before(lines.start));
    let to = facts.order().partition_point(before(lines.end));
    facts.order().get(from..to).unwrap_or_default()
}

/// By the line of its heading, the tasks of each section that has a further writing of a task whose
/// first entry stands elsewhere.
pub(super) fn written(facts: &Facts<'_>) -> BTreeMap<usize, Known> {
    let outline = facts.outline;
    let mut added: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (task, entries) in outline.tasks.iter().enumerate() {
        let primary = facts.line(task);
        let further = entries.iter().skip(1);
        for entry in further.filter_map(|entry| outline.entries.get(*entry)) {
            for section in chain(outline, entry.section) {
                let lines = outline.sections.get(section).map(|section| &section.lines);
                if lines.is_some_and(|lines| !lines.contains(&primary)) {
                    added.entry(section).or_default().push(task);
                }
            }
        }
    }
    let whole = |(section, added): (usize, Vec<usize>)| {
        let lines = outline.sections.get(section)?.lines.clone();
        let heading = lines.start;
        let mut members = within(facts, lines).to_vec();
        members.extend(added);
        members.sort_unstable_by_key(|task| facts.line(*task));
        members.dedup();
        Some((heading, Known::undefined(facts, members)))
    };
    added.into_iter().filter_map(whole).collect()
}

/// How many of something there are in a group.
pub(super) fn amount(facts: &Facts<'_>, members: &[usize], of: Share, unit: Option<&str>) -> u64 {
    members
        .iter()
        .copied()
        .filter(|&index| {
            let done = facts.status(index) == Status::Completed;
            match of {
                Share::Done => done,
                Share::Total => true,
                Share::Open => !done,
            }
        })
        .map(|index| unit.map_or(1, |unit| facts.points(index, unit)))
        .fold(0, u64::saturating_add)
}

/// Different groups of a document, each with all the ways to define it.
pub(super) struct Groups {
    pub(super) all: Vec<Known>,
    /// The groups that are the document's tasks, by one way of counting or another.
    pub(super) whole: Vec<usize>,
    /// Which groups a section's line defines.
    by_section: HashMap<usize, Vec<usize>>,
}

/// A set of tasks and the groups that consist of it.
pub(super) struct Known {
    pub(super) members: Vec<usize>,
    pub(super) names: Vec<Group>,
    pub(super) done: u64,
    /// Sums of points that were asked for.
    sums: RefCell<HashMap<(Share, String), u64>>,
}

impl Groups {
    pub(super) fn new(facts: &Facts<'_>) -> Self {
        let mut scopes = vec![(Scope::All, facts.order().to_vec())];
        let is_task = |line: usize| {
            let order = facts.order();
            order
                .binary_search_by_key(&line, |task| facts.line(*task))
                .is_ok()
        };
        for section in &facts.outline.sections {
            // A heading that is itself a task names no group.
            if !is_task(section.lines.start) {
                let members = within(facts, section.lines.clone());
                scopes.push((Scope::Section(section.lines.start), members.to_vec()));
            }
        }
        let mut prefixes: Vec<(String, Vec<usize>)> = prefixes(facts).into_iter().collect();
        prefixes.sort();
        for (prefix, members) in prefixes {
            if members.len() > 1 {
                scopes.push((Scope::Prefix(prefix), members));
            }
        }
        let mut groups = Self {
            all: Vec::new(),
            whole: Vec::new(),
            by_section: HashMap::new(),
        };
        let mut known: HashMap<Vec<usize>, usize> = HashMap::new();
        for (of, scope) in scopes {
            let cancelled = |&task: &usize| facts.status(task) == Status::Cancelled;
            let has_cancelled = scope.iter().any(cancelled);
            let mut with_all = Vec::new();
            for uncancelled in [false, true] {
                for (nth, depth) in [Depth::All, Depth::Top, Depth::Leaves]
                    .into_iter()
                    .enumerate()
                {
                    let group = Group {
                        of: of.clone(),
                        uncancelled,
                        depth,
                    };
                    // Without cancelled tasks, leaving them out makes no other group.
                    let index = match with_all.get(nth).filter(|_| !has_cancelled) {
                        Some(index) => *index,
                        None => groups.find(facts, &mut known, group.keep(facts, &scope)),
                    };
                    with_all.push(index);
                    if let Some(index) = index {
                        groups.name(index, group);
                    }
                }
            }
        }
        groups
    }

    /// The group of these tasks, by its index; `None` if there are none.
    fn find(
        &mut self,
        facts: &Facts<'_>,
        known: &mut HashMap<Vec<usize>, usize>,
        members: Vec<usize>,
    ) -> Option<usize> {
        if members.is_empty() {
            return None;
        }
        let index = known.entry(members).or_insert_with_key(|members| {
            self.all.push(Known::undefined(facts, members.clone()));
            self.all.len() - 1
        });
        Some(*index)
    }

    /// Adds a way to define a group.
    fn name(&mut self, index: usize, group: Group) {
        if let Scope::Section(line) = group.of {
            let of = self.by_section.entry(line).or_default();
            if !of.contains(&index) {
                of.push(index);
            }
        }
        if group.of == Scope::All && !self.whole.contains(&index) {
            self.whole.push(index);
        }
        if let Some(known) = self.all.get_mut(index) {
            known.names.push(group);
        }
    }

    /// The groups that a section's heading defines.
    pub(super) fn of_section(&self, line: usize) -> &[usize] {
        self.by_section.get(&line).map_or(&[], Vec::as_slice)
    }

    pub(super) fn get(&self, index: usize) -> Option<&Known> {
        self.all.get(index)
    }
}

impl Known {
    /// These tasks, in the order of their lines, as a group that nothing defines.
    fn undefined(facts: &Facts<'_>, members: Vec<usize>) -> Self {
        Self {
            done: amount(facts, &members, Share::Done, None),
            members,
            names: Vec::new(),
            sums: RefCell::default(),
        }
    }

    /// How many of its tasks, or of their points, there are.
    pub(super) fn count(&self, facts: &Facts<'_>, of: Share, unit: Option<&str>) -> u64 {
        let total = self.members.len() as u64;
        match (of, unit) {
            (Share::Done, None) => self.done,
            (Share::Total, None) => total,
            (Share::Open, None) => total.saturating_sub(self.done),
            (of, Some(unit)) => *self
                .sums
                .borrow_mut()
                .entry((of, unit.to_owned()))
                .or_insert_with(|| amount(facts, &self.members, of, Some(unit))),
        }
    }

    /// Whether this is the document's tasks, by one way of counting or another.
    pub(super) fn is_all(&self) -> bool {
        self.names.iter().any(|group| group.of == Scope::All)
    }

    /// The definition that says best what the group is for a line inside `sections` (headings'
    /// lines, innermost first): one of these sections, the document, another section, a prefix.
    pub(super) fn name(&self, sections: &[usize]) -> Option<Group> {
        let rank = |group: &Group| match &group.of {
            Scope::Section(line) => sections
                .iter()
                .position(|section| section == line)
                .unwrap_or(1000),
            Scope::All => 999,
            Scope::Prefix(prefix) => 2000usize.saturating_sub(prefix.len()),
        };
        self.names
            .iter()
            .min_by_key(|group| (rank(group), group.uncancelled, group.depth != Depth::All))
            .cloned()
    }
}

/// The tasks below each start that ids have in common, cut at their joints.
fn prefixes(facts: &Facts<'_>) -> HashMap<String, Vec<usize>> {
    /// More joints than any id that people write.
    const DEEPEST: usize = 6;
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for &index in facts.order() {
        let Some(id) = facts.task(index).and_then(|task| task.id) else {
            continue;
        };
        for (at, joint) in id.match_indices(['-', '.', '_', '/']).take(DEEPEST) {
            let prefix = &id[..at + joint.len()];
            match found.get_mut(prefix) {
                Some(members) => members.push(index),
                None => {
                    found.insert(prefix.to_owned(), vec![index]);
                }
            }
        }
    }
    found
}
