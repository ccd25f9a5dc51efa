//! Lines about the next or the last task that no binding keeps in step and that a change of
//! status has just made wrong.

use std::ops::Range;

use crate::status::Status;
use crate::vocabulary::Sense;

use super::binding::Binding;
use super::facts::{Facts, Task};
use super::group::{Group, Scope};
use super::learnt::{Labelled, is_last};
use super::lex;
use super::line;
use super::mention::words;
use super::unfilled::{Unfilled, Why};

/// Those lines that name another task than they should since the task at index `flipped` was
/// closed. Logs of what was true on some day are left alone.
pub(super) fn stale(
    facts: &Facts<'_>,
    bindings: &[Binding],
    flipped: usize,
    to: Status,
) -> Vec<Unfilled> {
    let Some(task) = facts.task(flipped) else {
        return Vec::new();
    };
    let bound = |line: usize| bindings.iter().any(|binding| binding.line == line);
    facts
        .labelled()
        .iter()
        .filter(|labelled| !bound(labelled.line))
        .filter_map(|labelled| {
            Some(Unfilled {
                line: labelled.line,
                why: why(facts, labelled, &task, flipped, to)?,
                label: labelled
                    .label
                    .trim_matches(|c: char| !c.is_alphanumeric())
                    .to_owned(),
            })
        })
        .collect()
}

fn why(
    facts: &Facts<'_>,
    place: &Labelled,
    task: &Task<'_>,
    flipped: usize,
    to: Status,
) -> Option<Why> {
    let text = line::value_on(facts.document, facts.outline, place.line);
    let listed = listed(text, facts);
    let own = task.id.filter(|id| listed.contains(id));
    if Sense::Next.is_in(&place.label) {
        return own.map(|id| Why::StillNext(id.to_owned()));
    }
    if is_last(&place.label) {
        let [id] = listed.as_slice() else {
            return None;
        };
        let [named] = facts.with_id(id)? else {
            return None;
        };
        let done = |task: Task<'_>| task.status == Status::Completed;
        let other = *named != flipped && facts.task(*named).is_some_and(done);
        return (to == Status::Completed && other && is_about(facts, place, flipped))
            .then(|| Why::StillLast((*id).to_owned()));
    }
    // `Remaining (2): K-1, K-2`: a count and as many ids.
    let numbers = lex::split(&place.label).into_iter();
    let counted = numbers.chain(lex::split(text)).any(|token| {
        matches!(token.kind, lex::Kind::Number(count) if usize::try_from(count) == Ok(listed.len()))
    });
    own.filter(|_| Sense::Open.is_in(&place.label) && counted)
        .map(|id| Why::StillOpen(id.to_owned()))
}

/// Whether a line is about a task: the closest section around it that has tasks has this one.
fn is_about(facts: &Facts<'_>, place: &Labelled, task: usize) -> bool {
    let mut around = place
        .sections
        .iter()
        .filter_map(|line| Group::whole(Scope::Section(*line)).members(facts))
        .filter(|members| !members.is_empty());
    around.next().is_none_or(|members| members.contains(&task))
}

/// The ids a value begins with, one after the other, behind words that do not say that something
/// waits for them.
pub(super) fn listed<'a>(text: &'a str, facts: &Facts<'_>) -> Vec<&'a str> {
    let mut ids = Vec::new();
    let mut at = 0;
    for Range { start, end } in words(text) {
        let (Some(word), Some(between)) = (text.get(start..end), text.get(at..start)) else {
            break;
        };
        if facts.with_id(word).is_none() {
            continue;
        }
        let apart = if ids.is_empty() {
            Sense::Needs.is_in(between)
        } else {
            between.contains(char::is_alphanumeric)
        };
        if apart {
            break;
        }
        ids.push(word);
        at = end;
    }
    ids
}
