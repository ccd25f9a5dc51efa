//! What an agent's own list of work means for the plan.

use std::collections::BTreeMap;

use ledger_document::Status;
use serde::{Deserialize, Serialize};

use super::command::{Change, Command};
use super::meaning::Lexicon;
use super::rejection::Rejection;
use super::transaction::{Proto, Transaction};
use crate::event::Origin;
use crate::id::{MAX_HEADER_STRING, TaskKey, beginning};
use crate::plan::work::{WorkItem, WorkList};
use crate::plan::{Plan, Task};

/// The most items that a list has, and that are taken of what is said at once. The rest counts for
/// nothing.
pub const MOST_ITEMS: usize = 500;

/// The most bytes of the words of an item.
const MOST_WORDS: usize = 4_000;

/// What a session says of its own list of work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// The agent, as the id of the batch's actor names it.
    pub agent: String,
    /// Its session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Whether `items` are the whole list, or only those that came or changed.
    #[serde(default)]
    pub all: bool,
    /// The items.
    pub items: Vec<WorkNews>,
}

/// What a session says of one item of its list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkNews {
    /// What the list calls it, where it has names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its words, if they are said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How far it is, if that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Whether it was taken off the list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

impl WorkNews {
    fn is_of(&self, item: &WorkItem) -> bool {
        match &self.name {
            Some(name) => item.name.as_ref() == Some(name),
            None => item.name.is_none() && Some(&item.title) == self.title.as_ref(),
        }
    }
}

impl Work {
    /// The session's list as it is after this, each item with the task of the plan that it means.
    #[must_use]
    pub fn items_after(&self, plan: &Plan) -> Vec<WorkItem> {
        let mut items = match self.all {
            true => Vec::new(),
            false => plan.work_of(&self.agent, self.session.as_deref()).to_vec(),
        };
        let meanings = Lexicon::of(plan);
        for news in self.items.iter().take(MOST_ITEMS) {
            if news.gone {
                items.retain(|item| !news.is_of(item));
                continue;
            }
            let title = news
                .title
                .as_deref()
                .map(|words| beginning(words.trim(), MOST_WORDS));
            let task = |title: &str| meanings.task(title).map(|task| task.key.clone());
            let mut known = items.iter_mut().filter(|_| !self.all);
            if let Some(item) = known.find(|item| news.is_of(item)) {
                if let Some(title) = title {
                    item.task = task(title);
                    title.clone_into(&mut item.title);
                }
                item.status = news.status.unwrap_or(item.status);
            } else if let Some(title) = title.filter(|_| items.len() < MOST_ITEMS) {
                items.push(WorkItem {
                    name: news
                        .name
                        .as_deref()
                        .map(|name| beginning(name, MAX_HEADER_STRING).to_owned()),
                    title: title.to_owned(),
                    status: news.status.unwrap_or(Status::Pending),
                    task: task(title),
                });
            }
        }
        items
    }

    /// Whether it says what the plan has already.
    #[must_use]
    pub fn is_known(&self, plan: &Plan) -> bool {
        self.items_after(plan) == plan.work_of(&self.agent, self.session.as_deref())
    }
}

/// Records a session's list, and what it says of tasks of the plan.
///
/// A list only takes tasks on: one that somebody closed meanwhile stays closed. What the plan
/// refuses is remarked upon, and the list is recorded all the same.
pub(super) fn work(tx: &mut Transaction<'_>, work: &Work) {
    let items = work.items_after(&tx.plan);
    let before = tx.plan.work_of(&work.agent, work.session.as_deref());
    if items == before {
        return;
    }
    let (was, is) = (said(before), said(&items));
    let news = is
        .iter()
        .filter(|(task, status)| was.get(*task) != Some(*status));
    let asked = news.filter_map(|(task, status)| asked(tx.plan.task(task)?, *status));
    take_on(tx, &asked.collect::<Vec<_>>());
    let list = WorkList {
        agent: work.agent.clone(),
        session: work.session.clone(),
        items,
    };
    let mut proto = Proto::new("work.recorded", Origin::Observed);
    proto.parts.0.extend(list.parts());
    tx.plan.take_work(list);
    tx.push(proto);
}

/// Adds what is not refused of commands. The plan is copied once, and once more for each that is
/// refused, since a refusal may leave anything behind.
fn take_on(tx: &mut Transaction<'_>, commands: &[Command]) {
    let mut left = commands;
    while !left.is_empty() {
        let mut attempt = tx.clone();
        let refused = left.iter().enumerate().find_map(|(at, command)| {
            let added = attempt.command(command);
            let rejection = added.and_then(|()| attempt.is_allowed()).err()?;
            Some((at, command, rejection))
        });
        let Some((at, command, rejection)) = refused else {
            *tx = attempt;
            return;
        };
        let (before, after) = left.split_at(at);
        // They were added just now, to the same.
        before.iter().for_each(|command| drop(tx.command(command)));
        tx.remark(left_alone(command, &rejection));
        left = after.get(1..).unwrap_or_default();
    }
}

/// What a list says of each task that it means: what all its items agree on, else that it is under
/// way once any is.
fn said(items: &[WorkItem]) -> BTreeMap<&TaskKey, Status> {
    let mut said: BTreeMap<&TaskKey, Status> = BTreeMap::new();
    for item in items {
        if let Some(task) = &item.task {
            let status = said.entry(task).or_insert(item.status);
            if *status != item.status {
                *status = Status::InProgress;
            }
        }
    }
    said
}

fn left_alone(command: &Command, rejection: &Rejection) -> String {
    let task = command.task().unwrap_or_default();
    format!("{task} was left as it is in the plan: {rejection}")
}

/// What takes a task to where an item of a list is.
fn asked(task: &Task, status: Status) -> Option<Command> {
    use Status::{Blocked, Cancelled, Completed, InProgress, IssuesFound, Pending};
    let change = |reason: Option<&str>| Change {
        task: task.key.to_string(),
        reason: reason.map(str::to_owned),
        ..Change::default()
    };
    match (task.status(), status) {
        (Pending | IssuesFound, InProgress) => Some(Command::Start(change(None))),
        (Pending | InProgress | IssuesFound, Completed) => Some(Command::Complete(change(None))),
        (Pending | InProgress | IssuesFound, Blocked) => {
            Some(Command::Block(change(Some("the agent's own list says so"))))
        }
        (Pending | InProgress | Blocked | IssuesFound, Cancelled) => Some(Command::Cancel(change(
            Some("the agent took it off its own list"),
        ))),
        _ => None,
    }
}
