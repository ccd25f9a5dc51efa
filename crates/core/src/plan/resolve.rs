//! From what a user typed to a task.

use super::{Plan, Task};
use crate::id::TaskKey;

/// How a user names the first of several tasks with one id.
const FIRST: &str = "#1";

/// Words that name no single task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// No task has that key or id.
    #[error("no task is called '{name}'")]
    Unknown {
        /// What was typed.
        name: String,
        /// The nearest keys, best first.
        nearest: Vec<TaskKey>,
    },
    /// Several tasks have that id.
    #[error("'{name}' is the id of {} tasks: {}", tasks.len(), list(tasks))]
    Ambiguous {
        /// What was typed.
        name: String,
        /// What to type for each, and their titles.
        tasks: Vec<(String, String)>,
    },
}

fn list(tasks: &[(String, String)]) -> String {
    tasks
        .iter()
        .map(|(key, title)| format!("{key} ({title})"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What names this task among others with the same id.
fn handle(task: &Task) -> String {
    if task.id.as_deref() == Some(task.key.as_str()) {
        format!("{}{FIRST}", task.key)
    } else {
        task.key.to_string()
    }
}

impl Unresolved {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { nearest, .. } if nearest.is_empty() => {
                Some("ledger list shows all tasks".to_owned())
            }
            Self::Unknown { nearest, .. } => Some(format!(
                "did you mean {}?",
                nearest
                    .iter()
                    .map(TaskKey::as_str)
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            Self::Ambiguous { tasks, .. } => Some(format!(
                "name one of them, for example '{}'",
                tasks.first()?.0
            )),
        }
    }
}

impl Plan {
    /// The task a user means: by its written id where one task alone has it, by its key, or by
    /// either with letters of another case; else by its whole title, where one task alone has it.
    ///
    /// # Errors
    /// [`Unresolved`] lists the tasks that share the id, or the nearest keys.
    pub fn resolve(&self, name: &str) -> Result<&Task, Unresolved> {
        let by_id = |same: &dyn Fn(&str) -> bool| -> Vec<&Task> {
            self.tasks
                .values()
                .filter(|task| task.id.as_deref().is_some_and(same))
                .collect()
        };
        for found in [
            by_id(&|id| id == name),
            by_id(&|id| id.eq_ignore_ascii_case(name)),
        ] {
            match found.as_slice() {
                [] => {}
                [task] => return Ok(task),
                several => {
                    return Err(Unresolved::Ambiguous {
                        name: name.to_owned(),
                        tasks: several
                            .iter()
                            .map(|task| (handle(task), task.title.clone()))
                            .collect(),
                    });
                }
            }
            let by_key = self.tasks.values().find(|task| task.key.as_str() == name);
            if let Some(task) = by_key {
                return Ok(task);
            }
        }
        let bare = name.strip_suffix(FIRST).unwrap_or(name);
        let by_key =
            |same: &dyn Fn(&str) -> bool| self.tasks.values().find(|task| same(task.key.as_str()));
        by_key(&|key| key == bare)
            .or_else(|| by_key(&|key| key.eq_ignore_ascii_case(bare)))
            .or_else(|| self.by_title(name))
            .ok_or_else(|| self.unknown(name))
    }

    /// The only task with this title.
    fn by_title(&self, title: &str) -> Option<&Task> {
        let mut titled = self.tasks.values().filter(|task| task.title == title);
        titled.next().filter(|_| titled.next().is_none())
    }

    fn unknown(&self, name: &str) -> Unresolved {
        let typed: String = name.to_lowercase().chars().take(80).collect();
        let mut scored: Vec<(f64, &TaskKey)> = self
            .tasks
            .values()
            .map(|task| {
                let key = strsim::jaro_winkler(&typed, &task.key.as_str().to_lowercase());
                let title: String = task.title.to_lowercase().chars().take(120).collect();
                let contained = if typed.len() > 2 && title.contains(&typed) {
                    0.9
                } else {
                    0.0
                };
                (
                    key.max(contained).max(strsim::jaro_winkler(&typed, &title)),
                    &task.key,
                )
            })
            .filter(|(score, _)| *score >= 0.75)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        Unresolved::Unknown {
            name: name.to_owned(),
            nearest: scored
                .into_iter()
                .take(3)
                .map(|(_, key)| key.clone())
                .collect(),
        }
    }
}
