//! Lines about the next or the last task that no binding keeps in step and that a change of
//! status has just made wrong.

use std::collections::HashSet;
use std::ops::Range;

use crate::outline::Outline;
use crate::status::Status;
use crate::text::Document;
use crate::vocabulary::Sense;

use super::binding::Binding;
use super::facts::{Facts, Task};
use super::group::{Group, Scope};
use super::lex;
use super::line::{self, Kind, Place};
use super::mention::words;
use super::refill::{Unfilled, Why};

/// Longest label in front of a colon, in bytes.
const LONGEST_LABEL: usize = 160;

/// The unbound lines outside tasks and code whose label is about the next, the last or the open
/// tasks. Few documents have any, so that nothing else has to be read of most.
pub(super) fn labelled(
    document: &Document,
    outline: &Outline,
    bindings: &[Binding],
) -> HashSet<usize> {
    let taken = line::taken(document, outline);
    let bound: HashSet<usize> = bindings.iter().map(|binding| binding.line).collect();
    let is_about = |line: &str| {
        line.split_once([':', '：']).is_some_and(|(label, _)| {
            label.len() <= LONGEST_LABEL
                && (Sense::Next.is_in(label) || last(label) || Sense::Open.is_in(label))
        })
    };
    let lines = document.lines().iter().zip(taken).enumerate();
    lines
        .filter(|(line, (text, taken))| !taken && !bound.contains(line) && is_about(text))
        .map(|(line, _)| line)
        .collect()
}

/// Those of `lines` that name another task than they should since the task at index `flipped`
/// was closed. Logs of what was true on some day are left alone.
pub(super) fn stale(
    facts: &Facts<'_>,
    lines: &HashSet<usize>,
    flipped: usize,
    to: Status,
) -> Vec<Unfilled> {
    let Some(task) = facts.task(flipped).filter(|_| !lines.is_empty()) else {
        return Vec::new();
    };
    line::places(facts.document, facts.outline)
        .iter()
        .filter(|place| lines.contains(&place.line) && place.kind == Kind::Field)
        .filter(|place| !Sense::Needs.is_in(place.label))
        .filter_map(|place| {
            Some(Unfilled {
                line: place.line,
                why: why(facts, place, task, flipped, to)?,
                label: place
                    .label
                    .trim_matches(|c: char| !c.is_alphanumeric())
                    .to_owned(),
            })
        })
        .collect()
}

fn last(label: &str) -> bool {
    Sense::Last.is_in(label) && !Sense::Updated.is_in(label)
}

fn why(
    facts: &Facts<'_>,
    place: &Place<'_>,
    task: &Task<'_>,
    flipped: usize,
    to: Status,
) -> Option<Why> {
    let listed = listed(place.text(), facts);
    let own = task.id.filter(|id| listed.contains(id));
    if Sense::Next.is_in(place.label) {
        return own.map(|id| Why::StillNext(id.to_owned()));
    }
    if last(place.label) {
        let [id] = listed.as_slice() else {
            return None;
        };
        let [named] = facts.by_id.get(id)?.as_slice() else {
            return None;
        };
        let done = |task: &Task<'_>| task.status == Status::Completed;
        let other = *named != flipped && facts.task(*named).is_some_and(done);
        return (to == Status::Completed && other && is_about(facts, place, flipped))
            .then(|| Why::StillLast((*id).to_owned()));
    }
    // `Remaining (2): K-1, K-2`: a count and as many ids.
    let numbers = lex::split(place.label).into_iter();
    let counted = numbers.chain(lex::split(place.text())).any(|token| {
        matches!(token.kind, lex::Kind::Number(count) if usize::try_from(count) == Ok(listed.len()))
    });
    own.filter(|_| Sense::Open.is_in(place.label) && counted)
        .map(|id| Why::StillOpen(id.to_owned()))
}

/// Whether a line is about a task: the closest section around it that has tasks has this one.
fn is_about(facts: &Facts<'_>, place: &Place<'_>, task: usize) -> bool {
    let mut around = place
        .sections
        .iter()
        .filter_map(|line| Group::whole(Scope::Section(*line)).members(facts))
        .filter(|members| !members.is_empty());
    around.next().is_none_or(|members| members.contains(&task))
}

/// The ids a value begins with, one after the other, behind words that do not say that something
/// waits for them.
fn listed<'a>(text: &'a str, facts: &Facts<'_>) -> Vec<&'a str> {
    let mut ids = Vec::new();
    let mut at = 0;
    for Range { start, end } in words(text) {
        let (Some(word), Some(between)) = (text.get(start..end), text.get(at..start)) else {
            break;
        };
        if !facts.by_id.contains_key(word) {
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
