//! A task in a few fields, as lists show it.

use std::io::{self, Write};

use ledger_core::plan::Task;
use ledger_core::{Plan, Status, TaskKey};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::columns;
use crate::output::escape::plain;
use crate::output::paint::{self, DIM};
use crate::output::screen::Screen;

/// What lists say of a task, in text and as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Brief<'p> {
    /// What to type for it.
    pub(crate) key: &'p TaskKey,
    /// The id written in the plan.
    pub(crate) id: Option<&'p str>,
    /// Its title as written.
    pub(crate) title: &'p str,
    /// Its status.
    pub(crate) status: Status,
    /// Why it is blocked or flagged.
    pub(crate) reason: Option<&'p str>,
    /// The plan file that holds it.
    pub(crate) plan: &'p str,
    /// Its line there, from 1.
    pub(crate) line: usize,
}

impl<'p> Brief<'p> {
    /// What to say of a task of a plan.
    pub(crate) fn of(plan: &'p Plan, task: &'p Task) -> Self {
        Self {
            key: &task.key,
            id: task.id.as_deref(),
            title: &task.title,
            status: task.status(),
            reason: task.reason.as_deref(),
            plan: plan
                .document(&task.document)
                .map_or("", |document| &document.path),
            line: task.line() + 1,
        }
    }

    /// Its title and why it waits: `Deploy (staging is down)`.
    pub(crate) fn says(&self) -> String {
        match self.reason {
            Some(reason) => format!("{} ({})", plain(self.title), plain(reason)),
            None => plain(self.title).into_owned(),
        }
    }
}

/// A status in words and in its colour, in a column of its own.
pub(crate) fn painted(status: Status) -> String {
    let style = paint::status(status);
    format!("{style}{:<12}{style:#}", paint::words(status))
}

/// `12 of 17 tasks completed`; tasks that were given up do not count.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Tally {
    /// All tasks.
    pub(crate) total: usize,
    /// Tasks with each status.
    #[serde(flatten)]
    counts: std::collections::BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Counts tasks.
    pub(crate) fn of<'t>(tasks: impl IntoIterator<Item = &'t Task>) -> Self {
        let mut tally = Self::default();
        tally
            .counts
            .extend(Status::ALL.map(|status| (status.name(), 0)));
        for task in tasks {
            tally.total += 1;
            *tally.counts.entry(task.status().name()).or_default() += 1;
        }
        tally
    }

    /// How many tasks have a status.
    pub(crate) fn count(&self, status: Status) -> usize {
        self.counts.get(status.name()).copied().unwrap_or(0)
    }

    /// `██████░░░░  12/17 (70%)`; empty without tasks.
    pub(crate) fn progress(&self) -> String {
        const CELLS: usize = 20;
        let done = self.count(Status::Completed);
        let all = self.total - self.count(Status::Cancelled);
        if all == 0 {
            return String::new();
        }
        let filled = done * CELLS / all;
        let green = paint::status(Status::Completed);
        format!(
            "{green}{}{green:#}{DIM}{}{DIM:#}  {done}/{all} ({}%)",
            "█".repeat(filled),
            "░".repeat(CELLS - filled),
            done * 100 / all
        )
    }

    /// `12 completed, 1 in progress`: the statuses that tasks have.
    pub(crate) fn words(&self) -> String {
        let said: Vec<String> = Status::ALL
            .into_iter()
            .rev()
            .map(|status| (self.count(status), paint::words(status)))
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect();
        said.join(", ")
    }
}

/// The widest a column of keys gets.
const WIDEST_KEY: usize = 32;

/// How wide the column of these tasks' keys is.
pub(crate) fn key_width<'b>(tasks: impl IntoIterator<Item = &'b TaskKey>) -> usize {
    let widths = tasks
        .into_iter()
        .map(|key| columns::width(&plain(key.as_str())));
    widths.max().unwrap_or(0).min(WIDEST_KEY)
}

/// One line a task: its key, its title and why it waits.
pub(crate) fn print_all(out: &mut Screen, tasks: &[Brief<'_>], indent: usize) -> io::Result<()> {
    let keys = key_width(tasks.iter().map(|task| task.key));
    for task in tasks {
        let key = columns::pad(&plain(task.key.as_str()), keys);
        let says = task.says();
        let says = out
            .rest(&says, indent + columns::width(&key) + 2)
            .into_owned();
        writeln!(out, "{:indent$}{key}  {says}", "")?;
    }
    Ok(())
}
