//! The lists of work that agents' sessions keep for themselves, beside the plan.
//!
//! An agent's own todo list names steps that no plan has. They are recorded as the session's, and
//! not put into the plan; an item that means a task of the plan says which.

use ledger_document::Status;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Plan;
use super::wire::{Malformed, part};
use crate::event::{Event, Part};
use crate::id::TaskKey;

/// How many sessions' lists the state has. Older ones are in the history.
pub const MOST_LISTS: usize = 16;

/// What a session of an agent means to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkList {
    /// The agent, as the actor's id names it.
    pub agent: String,
    /// Its session.
    pub session: Option<String>,
    /// What it means to do, in its order.
    pub items: Vec<WorkItem>,
}

/// One thing that a session means to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    /// What the list calls it, where it has names.
    pub name: Option<String>,
    /// Its words.
    pub title: String,
    /// How far it is.
    pub status: Status,
    /// The task of the plan that it means.
    pub task: Option<TaskKey>,
}

#[derive(Serialize, Deserialize)]
struct ItemPart {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<TaskKey>,
}

impl WorkList {
    /// The list that an event records: all of it, as it is from there on.
    pub(super) fn of(event: &Event) -> Result<Self, Malformed> {
        let actor = &event.header.actor;
        let mut list = Self {
            agent: actor.id.clone(),
            session: actor.session.clone(),
            items: Vec::new(),
        };
        for (index, part) in event.body.iter().enumerate() {
            let Part::Open { name, value, .. } = part else {
                continue;
            };
            match (name.as_str(), value) {
                (part::ITEM, value) => {
                    let malformed = |why: String| Malformed::Part {
                        index,
                        name: name.clone(),
                        why,
                    };
                    if value.is_array() {
                        return Err(malformed("it is an array".to_owned()));
                    }
                    let item = ItemPart::deserialize(value);
                    let item = item.map_err(|error| malformed(error.to_string()))?;
                    list.items.push(WorkItem {
                        name: item.name,
                        title: String::new(),
                        status: item.status,
                        task: item.task,
                    });
                }
                (part::TITLE, Value::String(text)) => {
                    if let Some(item) = list.items.last_mut() {
                        item.title.clone_from(text);
                    }
                }
                _ => {}
            }
        }
        Ok(list)
    }

    /// The parts of the event that records it.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Value)> {
        let parts = self.items.iter().flat_map(|item| {
            let mut value = json!({ "status": item.status });
            if let Some(object) = value.as_object_mut() {
                object.extend(
                    item.name
                        .iter()
                        .map(|name| ("name".to_owned(), json!(name))),
                );
                object.extend(
                    item.task
                        .iter()
                        .map(|task| ("task".to_owned(), json!(task))),
                );
            }
            [
                (part::ITEM, value),
                (part::TITLE, Value::String(item.title.clone())),
            ]
        });
        parts.collect()
    }

    fn is_of(&self, agent: &str, session: Option<&str>) -> bool {
        self.agent == agent && self.session.as_deref() == session
    }
}

impl Plan {
    /// The lists of work that sessions keep, the one recorded last at the end.
    #[must_use]
    pub fn work(&self) -> &[WorkList] {
        &self.work
    }

    /// What a session of an agent means to do, as far as the state still has it.
    #[must_use]
    pub fn work_of(&self, agent: &str, session: Option<&str>) -> &[WorkItem] {
        let mut lists = self.work.iter();
        let own = lists.find(|list| list.is_of(agent, session));
        own.map_or(&[], |list| &list.items)
    }

    /// Takes in the list that an event records.
    pub(crate) fn take_work(&mut self, list: WorkList) {
        self.work
            .retain(|own| !own.is_of(&list.agent, list.session.as_deref()));
        if !list.items.is_empty() {
            self.work.push(list);
        }
        let over = self.work.len().saturating_sub(MOST_LISTS);
        self.work.drain(..over);
    }
}
