//! What is different between two plans, in terms of tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ledger_document::hunk::{Region, regions};
use ledger_document::lookup::same_label;
use ledger_document::outline::{Entry, Field};
use ledger_document::version::written;
use ledger_document::vocabulary::{Role, role};
use ledger_document::{Document, Outline, Status};
use schemars::JsonSchema;
use serde::Serialize;

use crate::decide::{Dependency, dependencies};
use crate::id::{DocumentId, TaskKey};
use crate::plan::{Plan, PlanDocument, Task};
use crate::project::between::Between;

/// What is different between two plans. The field names are those of `--json` output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diff {
    /// Tasks that differ, in the order of the later plan, those that are gone last.
    pub tasks: Vec<TaskDiff>,
    /// Plan files that differ.
    pub plans: Vec<PlanDiff>,
}

/// A task that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskDiff {
    /// Its key in the later plan; in the earlier one where it is gone.
    pub task: TaskKey,
    /// Its title there.
    pub title: String,
    /// The path of the plan that holds it there.
    pub plan: String,
    /// What is different.
    pub changes: Vec<Change>,
}

/// One difference of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added {
        /// What it says.
        status: Status,
    },
    /// It is gone.
    Removed {
        /// What it said at the earlier moment.
        status: Status,
        /// What it said when it was removed, where that is known.
        last: Option<Status>,
    },
    /// Its status is another one.
    Status {
        /// What it was.
        from: Status,
        /// What it is.
        to: Status,
        /// Why it waits now.
        reason: Option<String>,
    },
    /// It waits for another reason.
    Reason {
        /// Why it waited.
        from: Option<String>,
        /// Why it waits.
        to: Option<String>,
    },
    /// Its title is worded otherwise.
    Retitled {
        /// What it was.
        from: String,
        /// What it is.
        to: String,
    },
    /// It is called otherwise.
    Rekeyed {
        /// Its key before.
        from: TaskKey,
    },
    /// It stands in another section.
    Moved {
        /// The titles of the sections it stood in, the outermost first; where it stands in another
        /// plan now, behind the path of its plan.
        from: Vec<String>,
        /// Those of the sections it stands in, likewise.
        to: Vec<String>,
    },
    /// It waits for one more task.
    DependencyAdded {
        /// That one's key at the later moment.
        on: TaskKey,
    },
    /// It does not wait for a task any more.
    DependencyRemoved {
        /// That one's key, at the later moment if it is still there.
        on: TaskKey,
    },
    /// A field has another value, or is new.
    FieldSet {
        /// Its label.
        label: String,
        /// What it was.
        from: Option<String>,
        /// What it is.
        to: String,
    },
    /// A field is gone.
    FieldRemoved {
        /// Its label.
        label: String,
        /// What it was.
        from: String,
    },
    /// A result is new.
    ResultAdded {
        /// The result.
        text: String,
    },
    /// A result is gone.
    ResultRemoved {
        /// The result.
        text: String,
    },
    /// A step is new.
    StepAdded {
        /// Its text.
        text: String,
        /// Whether it is checked.
        checked: bool,
    },
    /// A step is gone.
    StepRemoved {
        /// Its text.
        text: String,
    },
    /// A step is checked now.
    StepChecked {
        /// Its text.
        text: String,
    },
    /// A step is not checked any more.
    StepUnchecked {
        /// Its text.
        text: String,
    },
}

/// How a plan file differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanDiff {
    /// The document.
    pub document: DocumentId,
    /// Its path in the earlier plan; `None` where it was not tracked.
    pub from: Option<String>,
    /// Its path in the later plan; `None` where it is not tracked.
    pub to: Option<String>,
    /// The version that it said it was.
    pub from_version: Option<String>,
    /// The version that it says it is.
    pub to_version: Option<String>,
    /// Lines that came.
    pub inserted: usize,
    /// Lines that went.
    pub removed: usize,
    /// How many of the lines that came belong to no task.
    pub prose_inserted: usize,
    /// How many of the lines that went belonged to no task.
    pub prose_removed: usize,
}

impl Diff {
    /// What is different in `after`, as seen from `before`.
    #[must_use]
    pub fn of(before: &Plan, after: &Plan, between: &Between) -> Self {
        let old = Read::of(before, between);
        let new = Read::of(after, &Between::default());
        let mut tasks = Vec::new();
        let mut seen = BTreeSet::new();
        let was: BTreeMap<&TaskKey, &TaskKey> = before
            .tasks()
            .keys()
            .filter_map(|key| Some((between.now(key)?, key)))
            .collect();
        for task in after.tasks_in_order() {
            let earlier = was.get(&task.key).and_then(|key| before.task(key));
            let changes = match earlier {
                Some(earlier) => {
                    seen.insert(&earlier.key);
                    changes((earlier, &old), (task, &new))
                }
                None => vec![Change::Added {
                    status: task.status(),
                }],
            };
            if !changes.is_empty() {
                tasks.push(described(task, after, changes));
            }
        }
        for task in before.tasks_in_order() {
            if !seen.contains(&task.key) {
                let status = task.status();
                let last = between.last(&task.key);
                tasks.push(described(
                    task,
                    before,
                    vec![Change::Removed { status, last }],
                ));
            }
        }
        Self {
            tasks,
            plans: plans(before, &old, after, &new),
        }
    }

    /// Whether there is no difference.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.plans.is_empty()
    }
}

/// What a plan's documents say.
struct Read<'p> {
    plan: &'p Plan,
    outlines: BTreeMap<DocumentId, Outline>,
    /// What tasks wait for. All are called as at the later moment.
    waits: BTreeMap<TaskKey, BTreeSet<TaskKey>>,
}

impl<'p> Read<'p> {
    fn of(plan: &'p Plan, between: &Between) -> Self {
        let documents = plan.documents();
        let mut waits: BTreeMap<TaskKey, BTreeSet<TaskKey>> = BTreeMap::new();
        for Dependency { task, on } in dependencies(plan) {
            if let Some(task) = between.now(&task) {
                let on = between.now(&on).cloned().unwrap_or(on);
                waits.entry(task.clone()).or_default().insert(on);
            }
        }
        Self {
            plan,
            outlines: documents
                .map(|own| (own.id.clone(), own.outline()))
                .collect(),
            waits,
        }
    }

    fn path(&self, task: &Task) -> &'p str {
        let document = self.plan.document(&task.document);
        document.map_or("", |own| &own.path)
    }

    fn entry(&self, task: &Task) -> Option<(&Outline, &Entry)> {
        let outline = self.outlines.get(&task.document)?;
        let group = outline.tasks.get(Plan::place(task, outline)?)?;
        Some((outline, outline.entries.get(*group.first()?)?))
    }
}

fn described(task: &Task, plan: &Plan, changes: Vec<Change>) -> TaskDiff {
    let document = plan.document(&task.document);
    TaskDiff {
        task: task.key.clone(),
        title: task.title.clone(),
        plan: document.map_or_else(String::new, |own| own.path.clone()),
        changes,
    }
}

fn changes((was, old): (&Task, &Read<'_>), (now, new): (&Task, &Read<'_>)) -> Vec<Change> {
    let mut changes = Vec::new();
    if was.key != now.key {
        changes.push(Change::Rekeyed {
            from: was.key.clone(),
        });
    }
    if was.status() != now.status() {
        changes.push(Change::Status {
            from: was.status(),
            to: now.status(),
            reason: now.reason.clone(),
        });
    } else if was.reason != now.reason {
        changes.push(Change::Reason {
            from: was.reason.clone(),
            to: now.reason.clone(),
        });
    }
    if was.title != now.title {
        changes.push(Change::Retitled {
            from: was.title.clone(),
            to: now.title.clone(),
        });
    }
    if let (Some((before, earlier)), Some((after, later))) = (old.entry(was), new.entry(now)) {
        let path = |outline: &Outline, entry: &Entry| -> Vec<String> {
            let path = entry.section.map(|section| outline.section_path(section));
            let path = path.unwrap_or_default().into_iter();
            path.map(str::to_owned).collect()
        };
        let (mut from, mut to) = (path(before, earlier), path(after, later));
        if was.document != now.document {
            from.insert(0, old.path(was).to_owned());
            to.insert(0, new.path(now).to_owned());
        }
        if from != to {
            changes.push(Change::Moved { from, to });
        }
        let waits = |read: &Read<'_>| read.waits.get(&now.key).cloned().unwrap_or_default();
        fields(earlier, later, (&waits(old), &waits(new)), &mut changes);
        steps(earlier, later, &mut changes);
    }
    changes
}

/// Fields but for those that write the status, which is told by itself, and those that only name
/// other tasks to wait for.
fn fields(
    before: &Entry,
    after: &Entry,
    waits: (&BTreeSet<TaskKey>, &BTreeSet<TaskKey>),
    changes: &mut Vec<Change>,
) {
    let told = dependencies_between(before, after, waits, changes);
    let own = |field: &&Field| match role(&field.label) {
        Some(Role::Status) => false,
        Some(Role::Dependencies) => !told,
        _ => true,
    };
    let mut left: Vec<&Field> = before.fields.iter().filter(own).collect();
    for field in after.fields.iter().filter(own) {
        let same = left
            .iter()
            .position(|was| same_label(&was.label, &field.label));
        let was = same.map(|at| left.remove(at));
        if field.is_results() {
            results(was, Some(field), changes);
        } else if was.is_none_or(|was| text(was) != text(field)) {
            changes.push(Change::FieldSet {
                label: field.label.clone(),
                from: was.map(text),
                to: text(field),
            });
        }
    }
    for field in left {
        match field.is_results() {
            true => results(Some(field), None, changes),
            false => changes.push(Change::FieldRemoved {
                label: field.label.clone(),
                from: text(field),
            }),
        }
    }
}

/// What a task waits for at one of the moments alone, where its own fields say so. Whether that is
/// all that its fields about it say otherwise.
fn dependencies_between(
    before: &Entry,
    after: &Entry,
    (was, is): (&BTreeSet<TaskKey>, &BTreeSet<TaskKey>),
    changes: &mut Vec<Change>,
) -> bool {
    let words = |entry: &Entry| -> BTreeSet<String> {
        let own = |field: &&Field| role(&field.label) == Some(Role::Dependencies);
        let texts = entry.fields.iter().filter(own).map(text);
        let parts = |text: String| -> Vec<String> {
            let words = text.split(|c: char| c.is_whitespace() || ",;&+()[]".contains(c));
            words.map(str::to_lowercase).collect()
        };
        texts.flat_map(parts).collect()
    };
    let (old, new) = (words(before), words(after));
    if old == new {
        return false;
    }
    let gone = was.difference(is);
    let come = is.difference(was);
    let named: BTreeSet<String> = gone
        .clone()
        .chain(come.clone())
        .map(|on| on.as_str().to_lowercase())
        .collect();
    changes.extend(come.map(|on| Change::DependencyAdded { on: on.clone() }));
    changes.extend(gone.map(|on| Change::DependencyRemoved { on: on.clone() }));
    let mut other = old.symmetric_difference(&new);
    !named.is_empty() && other.all(|word| word.is_empty() || named.contains(word))
}

/// All that a field says: its value and its items, a line each.
fn text(field: &Field) -> String {
    said(field).collect::<Vec<_>>().join("\n")
}

fn said(field: &Field) -> impl Iterator<Item = &str> {
    let value = Some(field.value.text.as_str()).filter(|value| !value.is_empty());
    let items = field.items.iter().map(|item| item.text.as_str());
    value.into_iter().chain(items)
}

fn results(was: Option<&Field>, now: Option<&Field>, changes: &mut Vec<Change>) {
    let mut left: Vec<&str> = was.into_iter().flat_map(said).collect();
    for text in now.into_iter().flat_map(said) {
        match left.iter().position(|was| *was == text) {
            Some(at) => drop(left.remove(at)),
            None => changes.push(Change::ResultAdded {
                text: text.to_owned(),
            }),
        }
    }
    changes.extend(left.into_iter().map(|text| Change::ResultRemoved {
        text: text.to_owned(),
    }));
}

fn steps(before: &Entry, after: &Entry, changes: &mut Vec<Change>) {
    let mut left: Vec<_> = before.steps.iter().collect();
    for step in &after.steps {
        let text = step.text.text.clone();
        let same = left.iter().position(|was| was.text.text == text);
        match same.map(|at| left.remove(at).checked) {
            None => changes.push(Change::StepAdded {
                text,
                checked: step.checked,
            }),
            Some(false) if step.checked => changes.push(Change::StepChecked { text }),
            Some(true) if !step.checked => changes.push(Change::StepUnchecked { text }),
            Some(_) => {}
        }
    }
    changes.extend(left.into_iter().map(|step| Change::StepRemoved {
        text: step.text.text.clone(),
    }));
}

fn plans(before: &Plan, old: &Read<'_>, after: &Plan, new: &Read<'_>) -> Vec<PlanDiff> {
    let none = Document::default();
    pairs(before, after)
        .into_iter()
        .filter_map(|(was, now)| {
            let id = &was.or(now)?.id;
            let text = |own: Option<&'_ PlanDocument>| {
                own.map_or_else(|| none.clone(), |own| own.text.clone())
            };
            let regions = regions(&text(was), &text(now));
            let count = |side: fn(&Region) -> &Range<usize>| {
                regions
                    .iter()
                    .map(|region| side(region).len())
                    .sum::<usize>()
            };
            let prose = |read: &Read<'_>,
                         own: Option<&PlanDocument>,
                         side: fn(&Region) -> &Range<usize>| {
                let lines = regions.iter().flat_map(|region| side(region).clone());
                let outline = own.and_then(|own| read.outlines.get(&own.id));
                lines
                    .filter(|line| outline.is_none_or(|outline| !is_of_task(outline, *line)))
                    .count()
            };
            let path = |own: Option<&PlanDocument>| own.map(|own| own.path.clone());
            let (from, to) = (path(was), path(now));
            let version = |own: Option<&PlanDocument>| own.and_then(|own| written(&own.text));
            (from != to || !regions.is_empty()).then(|| PlanDiff {
                document: id.clone(),
                from,
                to,
                from_version: version(was),
                to_version: version(now),
                inserted: count(|region| &region.after),
                removed: count(|region| &region.before),
                prose_inserted: prose(new, now, |region| &region.after),
                prose_removed: prose(old, was, |region| &region.before),
            })
        })
        .collect()
}

/// The documents of two plans side by side, those of the later one first.
#[must_use]
pub fn pairs<'p>(
    before: &'p Plan,
    after: &'p Plan,
) -> Vec<(Option<&'p PlanDocument>, Option<&'p PlanDocument>)> {
    let find = |plan: &'p Plan, id: &DocumentId| plan.documents().find(|own| own.id == *id);
    let now = after
        .documents()
        .map(|now| (find(before, &now.id), Some(now)));
    let gone = before
        .documents()
        .filter(|was| find(after, &was.id).is_none());
    now.chain(gone.map(|was| (Some(was), None))).collect()
}

/// Whether a line belongs to a task. Entries are in order, and one that is nested ends no later
/// than the one around it.
fn is_of_task(outline: &Outline, line: usize) -> bool {
    let behind = outline
        .entries
        .partition_point(|entry| entry.lines.start <= line);
    let mut at = behind.checked_sub(1);
    while let Some(entry) = at.and_then(|at| outline.entries.get(at)) {
        if line < entry.lines.end {
            return true;
        }
        at = entry
            .parent
            .filter(|parent| at.is_some_and(|at| *parent < at));
    }
    false
}
