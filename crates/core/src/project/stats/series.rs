//! How the plan went day by day.

use std::collections::BTreeMap;

use ledger_document::Status;
use schemars::JsonSchema;
use serde::Serialize;

use super::life::{Life, is_reopening};
use super::time;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// A day on which something changed. Between two of them nothing did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Day {
    /// The day, in UTC: `2025-10-15`.
    pub day: String,
    /// Tasks that came.
    pub added: usize,
    /// Tasks that left.
    pub removed: usize,
    /// Completions.
    pub completed: usize,
    /// Tasks that were closed and are open again.
    pub reopened: usize,
    /// How many tasks had which status at its end, by the status's name.
    pub tasks: BTreeMap<&'static str, i64>,
    /// How many had left the plan by its end that were completed when they left.
    pub left_completed: i64,
}

/// The days of some lives, in order.
pub(super) fn days<'l>(lives: impl IntoIterator<Item = &'l Life>) -> Vec<Day> {
    let mut days: BTreeMap<i64, Day> = BTreeMap::new();
    for life in lives {
        let mut before: Option<Status> = None;
        let mut left_completed = false;
        for (at, change) in life.changes().iter().enumerate() {
            let day = days.entry(change.at.div_euclid(DAY)).or_default();
            for (status, by) in [(before, -1), (change.status, 1)] {
                if let Some(status) = status {
                    *day.tasks.entry(status.name()).or_default() += by;
                }
            }
            let now = change.status;
            day.added += usize::from(before.is_none() && now.is_some());
            day.removed += usize::from(before.is_some() && now.is_none());
            let is_done = now == Some(Status::Completed) && before != now;
            day.completed += usize::from(is_done && (at > 0 || change.told));
            day.reopened += usize::from(is_reopening(before, now));
            let leaves_completed = now.is_none() && before == Some(Status::Completed);
            day.left_completed += i64::from(leaves_completed) - i64::from(left_completed);
            left_completed = leaves_completed;
            before = now;
        }
    }
    let mut counts = BTreeMap::from(Status::ALL.map(|status| (status.name(), 0)));
    let mut left_completed = 0;
    let finish = |(number, mut day): (i64, Day)| {
        left_completed += day.left_completed;
        day.left_completed = left_completed;
        for (status, change) in &day.tasks {
            *counts.entry(status).or_default() += change;
        }
        day.tasks.clone_from(&counts);
        day.day = time(number * DAY).map(|day| day.date()).unwrap_or_default();
        day
    };
    days.into_iter().map(finish).collect()
}
