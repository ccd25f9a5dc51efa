//! What a project asks of every change of its plan: the rules of its `ledger.toml`.
//!
//! A rule is a module that says what breaks it and a row of [`RULES`]. Which rules are in force is
//! part of the state, and [`crate::decide`] judges by them before an event exists. Whether a status
//! can follow another one at all is no such rule: that is the same for every plan.

mod breach;
mod case;
mod dependencies_completed;
mod evidence;
mod no_open_deletion;
mod one_in_progress;
mod outputs_exist;
mod promise;
mod required_fields;
mod setting;
mod steps_checked;

pub use breach::{Breach, Violation};
pub use promise::Promise;
pub use setting::{Level, RuleFile, Rules, Setting, is_actor};

pub(crate) use case::{Case, Side, Touched};
pub(crate) use outputs_exist::NAME as OUTPUTS_EXIST;

use case::Finding;

/// A rule that a project can set.
#[derive(Debug)]
pub struct Rule {
    /// What `ledger.toml` calls it.
    pub name: &'static str,
    /// What it asks for.
    pub about: &'static str,
    /// Whether it has to be told which `fields` it is about.
    pub takes_fields: bool,
    /// What is missing where a batch breaks it for a task.
    pub(crate) judge: fn(&Case<'_>, &Touched, &Setting) -> Option<Finding>,
}

/// All rules there are.
pub static RULES: &[Rule] = &[
    Rule {
        name: dependencies_completed::NAME,
        about: "a task is completed once all it depends on is",
        takes_fields: false,
        judge: dependencies_completed::judge,
    },
    Rule {
        name: steps_checked::NAME,
        about: "a task is completed once all its steps are checked",
        takes_fields: false,
        judge: steps_checked::judge,
    },
    Rule {
        name: OUTPUTS_EXIST,
        about: "a task is completed once the files exist that it promises",
        takes_fields: false,
        judge: outputs_exist::judge,
    },
    Rule {
        name: evidence::NAME,
        about: "a task is completed once something speaks for it",
        takes_fields: false,
        judge: evidence::judge,
    },
    Rule {
        name: no_open_deletion::NAME,
        about: "no task is removed that is open",
        takes_fields: false,
        judge: no_open_deletion::judge,
    },
    Rule {
        name: one_in_progress::NAME,
        about: "nobody has more than one task in progress",
        takes_fields: false,
        judge: one_in_progress::judge,
    },
    Rule {
        name: required_fields::NAME,
        about: "every task has these fields",
        takes_fields: true,
        judge: required_fields::judge,
    },
];

impl Rule {
    /// The rule with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.name == name)
    }
}

/// Things in a row: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [word] => word.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
