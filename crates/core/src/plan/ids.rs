//! Written ids that count on: `US-041` behind `US-040`.
//!
//! An id is handed out once. A task that left, was called otherwise or never came keeps its
//! number: what was ever said of it elsewhere, in a commit or in a chat, must not come to mean
//! another.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use ledger_document::Document;

use super::wire::part;
use super::{Plan, Task};
use crate::event::Event;
use crate::id::TaskKey;

/// The signs that may stand between the letters of a family and its numbers.
const JOINTS: [char; 6] = ['-', '_', '.', '/', '#', ' '];

/// Most digits of a number that is counted on from; a longer one is no number of a row.
const MOST_DIGITS: usize = 15;

/// The highest number of each family of ids that no task of the state shows: reserved, given up
/// for another id, or gone with its plan. By the family's name, in lower case.
pub type Spent = BTreeMap<String, u64>;

/// An id that ends with a number.
pub(crate) struct Numbered<'a> {
    /// All before the number.
    pub(crate) prefix: &'a str,
    digits: &'a str,
    pub(crate) number: u64,
}

impl<'a> Numbered<'a> {
    pub(crate) fn of(id: &'a str) -> Option<Self> {
        let prefix = id.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let digits = id.get(prefix.len()..)?;
        let number = digits.parse().ok()?;
        (digits.len() <= MOST_DIGITS).then_some(Self {
            prefix,
            digits,
            number,
        })
    }

    fn family(&self) -> String {
        family(self.prefix)
    }
}

/// What ids of one family have in common: `US` for `US-040`, `us_7` and `US`.
fn family(prefix: &str) -> String {
    prefix.trim_end_matches(JOINTS).to_lowercase()
}

/// Whether ids can begin so: words, with one sign between them.
fn is_family(name: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(char::is_alphanumeric);
    name.strip_suffix(JOINTS)
        .unwrap_or(name)
        .split(JOINTS)
        .all(is_word)
}

impl Plan {
    /// The next ids of a family, as its others are written, none of which was ever a task's or
    /// reserved, or stands in a plan's text; `None` where the name is none for a family or there
    /// are no numbers left.
    ///
    /// `name` is the part before the number (`US`, or `US-`).
    #[must_use]
    pub fn next_ids(&self, name: &str, count: usize) -> Option<Vec<String>> {
        let wanted = family(name);
        if !is_family(name) {
            return None;
        }
        let current = self.tasks.values().filter_map(|task| task.id.as_deref());
        let gone = self.gone.iter().filter_map(|gone| gone.id.as_deref());
        let own = current.chain(gone).filter_map(Numbered::of);
        let own: Vec<Numbered<'_>> = own.filter(|id| id.family() == wanted).collect();
        let highest = own.iter().map(|id| id.number).max();
        let highest = highest.max(self.spent.get(&wanted).copied()).unwrap_or(0);
        let prefix = usual_prefix(&own, name);
        let padded = own.iter().filter(|id| id.digits.starts_with('0'));
        let width = padded.map(|id| id.digits.len()).max().unwrap_or(0);
        let mentioned = self.mentioned(&prefix);
        let mut ids = Vec::with_capacity(count.min(1 << 10));
        let mut number = highest;
        while ids.len() < count {
            number += 1;
            if number.to_string().len() > MOST_DIGITS {
                return None;
            }
            if !mentioned.contains(&number) {
                ids.push(format!("{prefix}{number:0width$}"));
            }
        }
        Some(ids)
    }

    /// Whether a task that the plan does not have (any more) went by this id, or may have: what is
    /// known of some is only the highest number of their family.
    #[must_use]
    pub fn may_have_had(&self, id: &str) -> bool {
        let gone = || self.gone.iter().any(|gone| gone.id.as_deref() == Some(id));
        let spent = || {
            let id = Numbered::of(id)?;
            Some(id.number <= *self.spent.get(&id.family())?)
        };
        gone() || spent() == Some(true)
    }

    /// The numbers behind a prefix anywhere in the text of the plans.
    fn mentioned(&self, prefix: &str) -> HashSet<u64> {
        let lines = |text: &Document| -> Vec<u64> {
            let lines = text.lines().iter();
            let ids =
                lines.flat_map(|line| line.match_indices(prefix).map(move |(at, _)| (line, at)));
            let numbers = ids.filter_map(|(line, at)| {
                let rest = line.get(at + prefix.len()..)?;
                let end = rest.find(|letter: char| !letter.is_ascii_digit());
                rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
            });
            numbers.collect()
        };
        self.documents
            .iter()
            .flat_map(|own| lines(&own.text))
            .collect()
    }

    /// The highest number of each family, by its name.
    pub(crate) fn highest_ids(&self) -> Spent {
        let current = self.tasks.values().filter_map(|task| task.id.as_deref());
        let gone = self.gone.iter().filter_map(|gone| gone.id.as_deref());
        let mut highest = self.spent.clone();
        for id in current.chain(gone).filter_map(Numbered::of) {
            let own = highest.entry(id.family()).or_default();
            *own = id.number.max(*own);
        }
        highest
    }

    /// Takes note of ids that an event reserves or gives up.
    pub(super) fn spend(&mut self, event: &Event) {
        let given_up = match event.header.kind.as_str() {
            "id.reserved" | "history.merged" => part::ID,
            "task.rekeyed" => part::WAS,
            _ => return,
        };
        // The old key of a rekeyed task is its id, where it was alone with it.
        let key = event.header.from.as_deref().into_iter();
        let written = event.values(given_up).filter_map(serde_json::Value::as_str);
        for id in key.chain(written) {
            self.spend_id(id);
        }
    }

    /// Takes note of the ids of tasks that leave with their plan.
    pub(crate) fn leave(&mut self, tasks: &BTreeMap<TaskKey, Arc<Task>>) {
        for id in tasks.values().filter_map(|task| task.id.as_deref()) {
            self.spend_id(id);
        }
        self.proven.retain(|key| !tasks.contains_key(key));
    }

    /// Takes note of an id that is not to be handed out again.
    pub(crate) fn spend_id(&mut self, id: &str) {
        if let Some(id) = Numbered::of(id) {
            let spent = self.spent.entry(id.family()).or_default();
            *spent = id.number.max(*spent);
        }
    }
}

/// What stands before the number in most ids of a family; the name itself, and a hyphen, where
/// there are none yet.
fn usual_prefix(own: &[Numbered<'_>], name: &str) -> String {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for id in own {
        *times.entry(id.prefix).or_default() += 1;
    }
    let named = |prefix: &str| prefix.starts_with(name);
    let most = times
        .into_iter()
        .max_by_key(|&(prefix, times)| (named(prefix), times, prefix));
    match most {
        Some((prefix, _)) => prefix.to_owned(),
        None if name.ends_with(JOINTS) => name.to_owned(),
        None => format!("{name}-"),
    }
}
