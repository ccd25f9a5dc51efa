//! A broken rule: as it is decided, and as events have it (ledger-format.md §8.7).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Level, listed};
use crate::event::{Event, Part};
use crate::id::TaskKey;
use crate::plan::wire::{Parts, part};

/// A rule that a change breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The rule's name.
    pub rule: String,
    /// What comes of it.
    pub level: Level,
    /// The task it is broken for.
    pub task: TaskKey,
    /// What is missing.
    pub missing: String,
    /// What can be done about it.
    pub advice: String,
    /// Who may override the rule; `None`: anybody.
    pub may_override: Option<Vec<String>>,
    /// Whether the change is one that can override rules.
    pub overridable: bool,
    /// Why it was overridden, or was to be.
    pub reason: Option<String>,
    /// Whether it stands all the same: it warns only, or who overrode it may, or it was found in
    /// a file.
    pub stands: bool,
}

impl Breach {
    /// Whether both are the same trouble.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        (&self.rule, &self.task, &self.missing) == (&other.rule, &other.task, &other.missing)
    }

    /// Whether it was overridden.
    #[must_use]
    pub const fn is_overridden(&self) -> bool {
        self.stands && self.reason.is_some()
    }

    /// Who may override it, in words, if not anybody may.
    #[must_use]
    pub fn overriders(&self) -> Option<String> {
        match self.may_override.as_deref()? {
            [] => Some("nobody".to_owned()),
            named => Some(format!("only {}", listed(named))),
        }
    }

    pub(crate) fn write(&self, parts: &mut Parts) {
        let value = json!({ "level": self.level, "rule": self.rule, "task": self.task });
        parts.0.push((part::VIOLATION, value));
        parts.text(part::MISSING, self.missing.as_str());
        parts.maybe(
            part::OVERRIDE,
            self.reason.as_deref().filter(|_| self.stands),
        );
    }
}

/// `the rule 'steps-checked' forbids it: T-1 has 2 open steps`.
impl std::fmt::Display for Breach {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let does = match self.level {
            Level::Deny => "forbids it",
            Level::Warn | Level::Off => "warns",
        };
        write!(out, "the rule '{}' {does}: {}", self.rule, self.missing)
    }
}

/// A broken rule as an event records it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Violation {
    /// The rule's name.
    pub rule: String,
    /// What the rule was set to.
    pub level: Level,
    /// The task it was broken for.
    pub task: TaskKey,
    /// What was missing; `None` if that was removed from the ledger.
    pub missing: Option<String>,
    /// Why it was overridden, if it was.
    #[serde(rename = "override")]
    pub overridden: Option<String>,
}

impl Violation {
    /// The rules that an event says it broke. What is not of the form is passed over: it informs.
    #[must_use]
    pub fn all_of(event: &Event) -> Vec<Self> {
        #[derive(Deserialize)]
        struct Members {
            level: Level,
            rule: String,
            task: TaskKey,
        }
        let mut found: Vec<Self> = Vec::new();
        for open in &event.body {
            let Part::Open { name, value, .. } = open else {
                continue;
            };
            match (name.as_str(), value) {
                (part::VIOLATION, Value::Object(_)) => {
                    if let Ok(own) = Members::deserialize(value) {
                        found.push(Self {
                            rule: own.rule,
                            level: own.level,
                            task: own.task,
                            missing: None,
                            overridden: None,
                        });
                    }
                }
                (part::MISSING, Value::String(text)) => {
                    if let Some(last) = found.last_mut() {
                        last.missing = Some(text.clone());
                    }
                }
                (part::OVERRIDE, Value::String(text)) => {
                    if let Some(last) = found.last_mut() {
                        last.overridden = Some(text.clone());
                    }
                }
                _ => {}
            }
        }
        found
    }
}
