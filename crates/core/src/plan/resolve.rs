//! From what a user typed to a task.

use std::fmt;
use std::sync::Arc;

use super::{Gone, Plan, Task};
use crate::id::TaskKey;

/// How a user names the first of several tasks with one id.
const FIRST: &str = "#1";

/// How many tasks a hint names at most.
const MOST_NEAR: usize = 3;

/// Words that name no single task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// No task has that key or id.
    #[error("no task is called '{name}'")]
    Unknown {
        /// What was typed.
        name: String,
        /// The nearest tasks, best first.
        nearest: Vec<Near>,
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

/// A task that may be meant by words that name none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// Its key.
    pub key: TaskKey,
    /// Its title, where the key is a generated name that tells nothing.
    pub title: Option<String>,
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.title {
            Some(title) => write!(f, "{} ({title})", self.key),
            None => self.key.fmt(f),
        }
    }
}

impl Near {
    /// Tasks as a hint names them.
    pub(crate) fn list(tasks: &[Self]) -> String {
        let names: Vec<String> = tasks.iter().map(Self::to_string).collect();
        names.join(", ")
    }
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
            Self::Unknown { nearest, .. } => Some(format!("did you mean {}?", Near::list(nearest))),
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
    /// [`Unresolved`] lists the tasks that share the id, or the nearest tasks.
    pub fn resolve(&self, name: &str) -> Result<&Arc<Task>, Unresolved> {
        let by_id = |same: &dyn Fn(&str) -> bool| -> Vec<&Arc<Task>> {
            self.each()
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
            let by_key = self.each().find(|task| task.key.as_str() == name);
            if let Some(task) = by_key {
                return Ok(task);
            }
        }
        let bare = name.strip_suffix(FIRST).unwrap_or(name);
        let by_key = |same: &dyn Fn(&str) -> bool| self.each().find(|task| same(task.key.as_str()));
        by_key(&|key| key == bare)
            .or_else(|| by_key(&|key| key.eq_ignore_ascii_case(bare)))
            .or_else(|| self.by_title(name))
            .ok_or_else(|| self.unknown(name))
    }

    fn each(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.tasks.values()
    }

    /// The only task with this title.
    fn by_title(&self, title: &str) -> Option<&Arc<Task>> {
        let mut titled = self.each().filter(|task| task.title == title);
        titled.next().filter(|_| titled.next().is_none())
    }

    /// The removed task that a user means: by its key, its written id or its whole title, each
    /// with letters of another case where none has it as typed; of several the one that left
    /// last.
    pub(crate) fn resolve_removed(&self, name: &str) -> Option<&Gone> {
        let bare = name.strip_suffix(FIRST).unwrap_or(name);
        let lower = name.to_lowercase();
        let last = |fits: &dyn Fn(&Gone) -> bool| self.removed().find(|gone| fits(gone));
        last(&|gone| gone.key.as_str() == name)
            .or_else(|| last(&|gone| gone.id.as_deref() == Some(name)))
            .or_else(|| last(&|gone| gone.key.as_str() == bare))
            .or_else(|| last(&|gone| gone.title == name))
            .or_else(|| last(&|gone| gone.key.as_str().eq_ignore_ascii_case(bare)))
            .or_else(|| {
                last(&|gone| {
                    let id = gone.id.as_deref();
                    id.is_some_and(|id| id.eq_ignore_ascii_case(name))
                })
            })
            .or_else(|| last(&|gone| gone.title.to_lowercase() == lower))
    }

    /// The tasks that were removed from plans still tracked, latest first.
    fn removed(&self) -> impl Iterator<Item = &Gone> {
        let tracked = |gone: &&Gone| self.documents().any(|own| own.id == gone.document);
        self.gone.iter().rev().filter(tracked)
    }

    /// The removed tasks whose key or title is most like what was typed, else the ones that left
    /// last.
    pub(crate) fn nearest_removed(&self, name: &str) -> Vec<Near> {
        let latest = || self.removed().map(Called::from);
        let near = nearest(name, latest());
        if near.is_empty() {
            return latest().take(MOST_NEAR).map(|gone| gone.near()).collect();
        }
        near
    }

    fn unknown(&self, name: &str) -> Unresolved {
        Unresolved::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, self.each().map(|task| Called::from(&**task))),
        }
    }
}

/// What a task is called, whether the plan holds it or did.
#[derive(Debug, Clone, Copy)]
struct Called<'a> {
    key: &'a TaskKey,
    id: Option<&'a str>,
    title: &'a str,
}

impl<'a> From<&'a Task> for Called<'a> {
    fn from(task: &'a Task) -> Self {
        Self {
            key: &task.key,
            id: task.id.as_deref(),
            title: &task.title,
        }
    }
}

impl<'a> From<&'a Gone> for Called<'a> {
    fn from(gone: &'a Gone) -> Self {
        Self {
            key: &gone.key,
            id: gone.id.as_deref(),
            title: &gone.title,
        }
    }
}

impl Called<'_> {
    fn near(&self) -> Near {
        Near {
            key: self.key.clone(),
            title: self.id.is_none().then(|| self.title.to_owned()),
        }
    }
}

/// The tasks whose key or title is most like what was typed, best first.
fn nearest<'a>(name: &str, tasks: impl Iterator<Item = Called<'a>>) -> Vec<Near> {
    let typed: String = name.to_lowercase().chars().take(80).collect();
    let bare_of = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let bare_typed = bare_of(&typed);
    let mut scored: Vec<(f64, Called<'_>)> = tasks
        .map(|task| {
            let key = strsim::jaro_winkler(&typed, &task.key.as_str().to_lowercase());
            // `T1` for `T-1`.
            let bare = match bare_of(task.key.as_str()) {
                bare if bare.is_empty() => 0.0,
                bare => strsim::jaro_winkler(&bare_typed, &bare),
            };
            let title: String = task.title.to_lowercase().chars().take(120).collect();
            let contained = if typed.len() > 2 && title.contains(&typed) {
                0.9
            } else {
                0.0
            };
            let title = strsim::jaro_winkler(&typed, &title);
            (key.max(bare).max(contained).max(title), task)
        })
        .filter(|(score, _)| *score >= 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best = scored.iter().take(MOST_NEAR);
    best.map(|(_, task)| task.near()).collect()
}
