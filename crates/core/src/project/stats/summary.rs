//! What is said of the lives of tasks: the numbers that `stats --json` prints.

use std::collections::{BTreeMap, BTreeSet};

use ledger_document::Status;
use schemars::JsonSchema;
use serde::Serialize;

use super::life::{Life, is_reopening};
use super::phases::phases;
use super::series::{Day, days};
use super::{Stats, Who, life};
use crate::id::{DocumentId, Seq, TaskKey};
use crate::plan::{Plan, Task};
use crate::time::Time;

/// Which tasks are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Those of this document.
    pub document: Option<DocumentId>,
    /// These; no others where there are any. Then only [`Summary::tasks`] is worked out.
    pub tasks: BTreeSet<TaskKey>,
}

/// The numbers at one moment. All spans are in milliseconds; the field names are those of
/// `--json` output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// The moment.
    pub moment: Seq,
    /// When that was; spans that still last end there.
    pub time: Time,
    /// All tasks together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    /// Each task that the plan holds, in its order.
    pub tasks: Vec<TaskStats>,
    /// Who did what; who completed most comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actors: Option<Vec<ActorStats>>,
    /// The sections that hold tasks, in the plan's order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phases: Option<Vec<PhaseStats>>,
    /// The days on which something changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<Day>>,
}

/// All tasks together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Totals {
    /// Tasks that the plan holds.
    pub tasks: usize,
    /// Tasks that left it.
    pub removed: usize,
    /// How many of these were completed when they left.
    pub left_completed: usize,
    /// How many have which status, by its name.
    pub statuses: BTreeMap<&'static str, usize>,
    /// From coming to completion.
    pub lead: Spans,
    /// From first start to completion.
    pub cycle: Spans,
    /// How often tasks were closed and are open again.
    pub reopened: usize,
    /// Changes that claim a time before the one before them, and count as of that.
    pub backwards: u64,
}

/// Several spans, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spans {
    /// How many.
    pub count: usize,
    /// The one that half of them do not exceed.
    pub median: Option<u64>,
    /// The one that 85 of 100 do not exceed.
    pub p85: Option<u64>,
    /// The longest.
    pub longest: Option<u64>,
}

impl Spans {
    fn of(mut spans: Vec<u64>) -> Self {
        spans.sort_unstable();
        // The nearest rank: the smallest that at least so many of 100 do not exceed.
        let rank = |percent: usize| {
            let rank = (spans.len() * percent).div_ceil(100);
            spans.get(rank.saturating_sub(1)).copied()
        };
        Self {
            count: spans.len(),
            median: rank(50),
            p85: rank(85),
            longest: spans.last().copied(),
        }
    }
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskStats {
    /// What to type for it.
    pub key: TaskKey,
    /// Its title as written.
    pub title: String,
    /// Its status.
    pub status: Status,
    /// When it came.
    pub added: Option<Time>,
    /// When it was first begun.
    pub started: Option<Time>,
    /// When it was completed, if it is and did not come so.
    pub completed: Option<Time>,
    /// From coming to the moment.
    pub age: u64,
    /// From coming to completion.
    pub lead: Option<u64>,
    /// From first start to completion.
    pub cycle: Option<u64>,
    /// How long it had which status, by its name; with `away`, out of the plan, they add up to
    /// `age`.
    pub spent: BTreeMap<&'static str, u64>,
    /// How long it was out of the plan.
    pub away: u64,
    /// How long it was blocked, by reason; without one under the empty text.
    pub blocked: BTreeMap<String, u64>,
    /// How often it was closed and is open again.
    pub reopened: usize,
    /// Changes that claim a time before the one before them.
    pub backwards: u32,
}

impl TaskStats {
    fn of(task: &Task, life: &Life, until: Time) -> Self {
        let (added, started, completed) = (life.came(), life.started(), life.completed());
        let between = |from: Option<Time>| {
            let (from, to) = (from?.millis(), completed?.millis());
            (from <= to).then(|| life::span(from, to))
        };
        let mut spent = life.spent(until);
        let away = spent.remove(&None).unwrap_or(0);
        let named = |(status, span): (Option<Status>, u64)| Some((status?.name(), span));
        let blocked = life.blocked(until).into_iter();
        Self {
            key: task.key.clone(),
            title: task.title.clone(),
            status: task.status(),
            added,
            started,
            completed,
            age: life.age(until),
            lead: between(added),
            cycle: between(started),
            spent: spent.into_iter().filter_map(named).collect(),
            away,
            blocked: blocked.map(|(why, span)| (why.to_owned(), span)).collect(),
            reopened: life.reopened(),
            backwards: life.backwards(),
        }
    }
}

/// Somebody, as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActorStats {
    /// What sort of actor: `human`, `agent`, `program` or `unknown`.
    pub kind: String,
    /// A name.
    pub id: String,
    /// Completions, taken back later or not.
    pub completed: usize,
    /// Tasks that were closed and that this actor took up again.
    pub reopened: usize,
    /// Completions that still stand and have no evidence.
    pub unproven: usize,
}

/// A section that holds tasks, itself or in several sections below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PhaseStats {
    /// The plan file.
    pub plan: String,
    /// Its title and those of the sections around it, the outermost first.
    pub path: Vec<String>,
    /// Tasks that stand in it and in no section below it.
    pub tasks: usize,
    /// How many have which status, by its name.
    pub statuses: BTreeMap<&'static str, usize>,
    /// The same with those of the sections below it, where these hold any.
    pub whole: Option<Whole>,
}

/// A section with all that is below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Whole {
    /// Its tasks.
    pub tasks: usize,
    /// How many have which status, by its name.
    pub statuses: BTreeMap<&'static str, usize>,
}

impl Summary {
    /// Works the numbers out. `plan`: what the same history led to; `moment`: its last event, and
    /// `until` that event's time.
    #[must_use]
    pub fn of(stats: &Stats, plan: &Plan, (moment, until): (Seq, Time), scope: &Scope) -> Self {
        let has = |document: &DocumentId| {
            let own = scope.document.as_ref();
            own.is_none_or(|own| own == document)
        };
        let held: Vec<(&Task, &Life)> = plan
            .tasks_in_order()
            .into_iter()
            .filter(|task| has(&task.document))
            .filter(|task| scope.tasks.is_empty() || scope.tasks.contains(&task.key))
            .filter_map(|task| Some((task, stats.life(&task.key)?)))
            .collect();
        let each = held.iter();
        let tasks: Vec<TaskStats> = each
            .map(|(task, life)| TaskStats::of(task, life, until))
            .collect();
        let mut summary = Self {
            moment,
            time: until,
            totals: None,
            tasks,
            actors: None,
            phases: None,
            days: None,
        };
        if scope.tasks.is_empty() {
            let gone = stats.gone.iter().map(|(_, life)| &**life);
            let gone: Vec<&Life> = gone.filter(|life| has(life.document())).collect();
            summary.totals = Some(totals(&summary.tasks, &gone));
            summary.actors = Some(actors(stats, plan, &held, &gone));
            summary.phases = Some(phases(plan, &has));
            let lives = held.iter().map(|(_, life)| *life);
            summary.days = Some(days(lives.chain(gone)));
        }
        summary
    }
}

fn totals(tasks: &[TaskStats], gone: &[&Life]) -> Totals {
    let mut statuses = BTreeMap::from(Status::ALL.map(|status| (status.name(), 0)));
    for task in tasks {
        *statuses.entry(task.status.name()).or_default() += 1;
    }
    let left = gone.iter();
    let (reopened, backwards) = left.fold((0, 0), |(reopened, backwards), life| {
        (
            reopened + life.reopened(),
            backwards + u64::from(life.backwards()),
        )
    });
    Totals {
        tasks: tasks.len(),
        removed: gone.len(),
        left_completed: gone.iter().filter(|life| life.left_completed()).count(),
        statuses,
        lead: Spans::of(tasks.iter().filter_map(|task| task.lead).collect()),
        cycle: Spans::of(tasks.iter().filter_map(|task| task.cycle).collect()),
        reopened: reopened + tasks.iter().map(|task| task.reopened).sum::<usize>(),
        backwards: backwards
            + tasks
                .iter()
                .map(|task| u64::from(task.backwards))
                .sum::<u64>(),
    }
}

fn actors(stats: &Stats, plan: &Plan, held: &[(&Task, &Life)], gone: &[&Life]) -> Vec<ActorStats> {
    #[derive(Default)]
    struct Did {
        completed: usize,
        reopened: usize,
        unproven: usize,
    }
    let mut did: BTreeMap<u32, Did> = BTreeMap::new();
    let lives = held.iter().map(|(_, life)| *life);
    for life in lives.chain(gone.iter().copied()) {
        let mut before = None;
        for change in life.changes() {
            let own = did.entry(change.by).or_default();
            let is_done = change.status == Some(Status::Completed) && before != change.status;
            own.completed += usize::from(change.told && is_done);
            own.reopened += usize::from(change.told && is_reopening(before, change.status));
            before = change.status;
        }
    }
    for (task, life) in held {
        let first = life.changes().first();
        let came_so = first.filter(|first| first.status == Some(Status::Completed));
        let by = life.completion().or(came_so).filter(|change| change.told);
        if task.status() == Status::Completed
            && !plan.is_proven(&task.key)
            && let Some(own) = by.and_then(|change| did.get_mut(&change.by))
        {
            own.unproven += 1;
        }
    }
    let of = |(who, number): (&Who, &u32)| {
        let did = did.get(number)?;
        let any = did.completed + did.reopened + did.unproven > 0;
        any.then(|| ActorStats {
            kind: who.kind.clone(),
            id: who.id.clone(),
            completed: did.completed,
            reopened: did.reopened,
            unproven: did.unproven,
        })
    };
    let mut actors: Vec<ActorStats> = stats.actors.iter().filter_map(of).collect();
    actors.sort_by_key(|actor| std::cmp::Reverse(actor.completed));
    actors
}
