//! What a project asks of every change of its plan: the rules of its `ledger.toml`.
//!
//! A rule is a module that says what breaks it and a row of [`RULES`]. Which rules are in force is
//! part of the state, and [`crate::decide`] judges by them before an event exists. Whether a status
//! can follow another one at all is no such rule: that is the same for every plan.

mod braces;
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

use std::borrow::Cow;

pub use breach::{Breach, Violation};
pub use promise::Promise;
pub use setting::{Level, RuleFile, Rules, Setting, is_actor};

pub(crate) use case::{Case, Side, Touched};
pub(crate) use outputs_exist::NAME as OUTPUTS_EXIST;
pub(crate) use promise::placed as promised;

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

/// How many things are named, and the most characters of one.
const NAMED: usize = 6;
const MOST: usize = 120;

/// Things in a row, as many as can be taken in: `a`, `a and b`, `a, b and c`, `a, b and 9 more`.
pub(crate) fn listed(words: &[String]) -> String {
    first_of(words, words.len())
}

/// The same of so many things, of which only the first need to be given.
pub(crate) fn first_of(words: &[String], count: usize) -> String {
    let mut named: Vec<Cow<'_, str>> = words.iter().take(NAMED).map(|word| cut(word)).collect();
    if count > named.len() {
        named.push(format!("{} more", count - named.len()).into());
    }
    match named.as_slice() {
        [] => String::new(),
        [word] => word.to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A text of a plan, as much of it as is repeated.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_things_is_no_longer_than_can_be_taken_in() {
        let words = |count: usize| -> Vec<String> { (0..count).map(|n| n.to_string()).collect() };
        assert_eq!(listed(&words(0)), "");
        assert_eq!(listed(&words(1)), "0");
        assert_eq!(listed(&words(3)), "0, 1 and 2");
        assert_eq!(listed(&words(9)), "0, 1, 2, 3, 4, 5 and 3 more");
        assert_eq!(listed(&["é".repeat(1_000)]).chars().count(), MOST + 1);
    }
}
