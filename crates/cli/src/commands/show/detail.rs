//! All that is known of one task.

use std::collections::HashMap;

use ledger_core::decide::dependencies;
use ledger_core::document::outline::{Entry as Written, Field as WrittenField};
use ledger_core::project::Entry;
use ledger_core::{Plan, Status, TaskKey};
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::brief::Brief;
use crate::commands::section::path_of;

/// All that is known of one task.
#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct Detail<'p> {
    #[serde(flatten)]
    pub(super) task: Brief<'p>,
    /// The titles of the sections it stands in, the outermost first.
    pub(super) section: Vec<String>,
    /// The task that it is part of.
    pub(super) parent: Option<Brief<'p>>,
    /// What stands below it, by label.
    pub(super) fields: Vec<Field>,
    /// The boxes below it.
    pub(super) steps: Vec<Step>,
    /// What came of it.
    pub(super) results: Vec<String>,
    /// What it waits for.
    pub(super) depends_on: Vec<Brief<'p>>,
    /// What waits for it.
    pub(super) dependents: Vec<Brief<'p>>,
    /// Where it is written.
    pub(super) writings: Vec<Writing>,
    /// Whether it is written with different statuses.
    pub(super) contradicts_itself: bool,
    /// The last things that happened to it, the oldest first.
    pub(super) events: Vec<Entry>,
}

/// A labelled value under a task.
#[derive(Serialize, JsonSchema)]
pub(super) struct Field {
    /// What stands before the value.
    pub(super) label: String,
    /// The value.
    pub(super) value: String,
    /// Those of a list below it.
    pub(super) items: Vec<String>,
}

/// A box under a task.
#[derive(Serialize, JsonSchema)]
pub(super) struct Step {
    /// What is to be done.
    pub(super) text: String,
    /// Whether it is done.
    pub(super) checked: bool,
    /// From 1.
    pub(super) line: usize,
}

/// A place where the task is written.
#[derive(Serialize, JsonSchema)]
pub(super) struct Writing {
    /// From 1.
    pub(super) line: usize,
    /// What it says there.
    pub(super) status: Status,
}

impl<'p> Detail<'p> {
    /// Gathers it from the plan and the text; `None` if the text does not write the task.
    pub(super) fn of(plan: &'p Plan, key: &TaskKey, events: Vec<Entry>) -> Option<Self> {
        let task = plan.task(key)?;
        let document = plan.document(&task.document)?;
        let outline = document.outline();
        let group = outline.tasks.get(Plan::place(task, &outline)?)?;
        let entries: Vec<&Written> = group
            .iter()
            .filter_map(|&entry| outline.entries.get(entry))
            .collect();
        let primary = entries.first()?;
        let at_line: HashMap<usize, &'p TaskKey> = plan
            .tasks_of(&document.id)
            .into_iter()
            .flat_map(|task| {
                task.writings
                    .iter()
                    .map(|writing| (writing.line, &task.key))
            })
            .collect();
        let parent = primary
            .parent
            .and_then(|parent| outline.entries.get(parent))
            .and_then(|parent| at_line.get(&parent.lines.start))
            .and_then(|key| plan.task(key));
        let brief = |key: &TaskKey| plan.task(key).map(|task| Brief::of(plan, task));
        let all = dependencies(plan);
        let depends_on = all.iter().filter(|one| one.task == *key);
        let dependents = all.iter().filter(|one| one.on == *key);
        let writings: Vec<Writing> = task
            .writings
            .iter()
            .map(|writing| Writing {
                line: writing.line + 1,
                status: writing.status,
            })
            .collect();
        Some(Self {
            task: Brief::of(plan, task),
            section: path_of(&outline, primary.section),
            parent: parent.map(|parent| Brief::of(plan, parent)),
            fields: entries
                .iter()
                .flat_map(|entry| &entry.fields)
                .map(field)
                .collect(),
            steps: entries
                .iter()
                .flat_map(|entry| &entry.steps)
                .map(|step| Step {
                    text: step.text.text.clone(),
                    checked: step.checked,
                    line: step.text.span.line + 1,
                })
                .collect(),
            results: entries
                .iter()
                .flat_map(|entry| &entry.fields)
                .filter(|field| field.is_results())
                .flat_map(texts)
                .collect(),
            depends_on: depends_on.filter_map(|one| brief(&one.on)).collect(),
            dependents: dependents.filter_map(|one| brief(&one.task)).collect(),
            contradicts_itself: writings.iter().any(|one| one.status != task.status()),
            writings,
            events,
        })
    }
}

fn field(field: &WrittenField) -> Field {
    Field {
        label: field.label.clone(),
        value: field.value.text.clone(),
        items: field.items.iter().map(|item| item.text.clone()).collect(),
    }
}

/// A field's value, unless it is empty, and its items.
fn texts(field: &WrittenField) -> impl Iterator<Item = String> {
    let value = Some(&field.value).filter(|value| !value.text.is_empty());
    value
        .into_iter()
        .chain(&field.items)
        .map(|text| text.text.clone())
}
