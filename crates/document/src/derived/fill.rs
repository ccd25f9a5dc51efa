//! What a bound line should say.

use std::ops::Range;

use crate::status::Status;

use super::binding::{Binding, Subject};
use super::date::{self, Date, DateFormat};
use super::facts::{Facts, Task};
use super::group::amount;
use super::mark;
use super::refill::Change;
use super::template::{self, Part, Share, Slot};
use super::title::{self, Piece};
use super::unfilled::Why;

/// A summary as it can stand in a line.
fn one_line(summary: &str) -> Option<String> {
    let words: Vec<&str> = summary.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Everything that slots are filled from.
pub(super) struct Filler<'a> {
    facts: &'a Facts<'a>,
    /// What just happened; none where only the tasks' state counts.
    change: Option<&'a Change>,
    date: Option<Date>,
    summary: Option<String>,
}

/// What a line is filled from.
enum Source<'a> {
    Document,
    Task {
        task: Task<'a>,
        date: Option<Date>,
        summary: Option<&'a str>,
    },
    Group(Vec<usize>),
}

impl<'a> Filler<'a> {
    /// What lines are filled from after a change.
    pub(super) fn after(facts: &'a Facts<'a>, change: &'a Change) -> Self {
        Self {
            facts,
            change: Some(change),
            date: change.date.as_deref().and_then(date::find),
            summary: change.summary.as_deref().and_then(one_line),
        }
    }

    /// What lines are filled from where nothing just happened.
    pub(super) const fn of(facts: &'a Facts<'a>) -> Self {
        Self {
            facts,
            change: None,
            date: None,
            summary: None,
        }
    }
}

impl Filler<'_> {
    /// Whether a line is about the task that was just completed, and somebody said in their own
    /// words what was done.
    pub(super) fn takes_summary(&self, binding: &Binding) -> bool {
        let completed = |change: &Change| match change.flipped {
            Some((task, Status::Completed)) => Some(task),
            _ => None,
        };
        let flipped = self.change.and_then(completed);
        match (&binding.subject, flipped, &self.summary) {
            (Subject::LastCompleted(group), Some(task), Some(_)) => group
                .members(self.facts)
                .is_some_and(|members| members.contains(&task)),
            _ => false,
        }
    }

    /// The text the line should have.
    pub(super) fn fill(&self, binding: &Binding) -> Result<String, Why> {
        let content = self.facts.document.content(binding.line);
        let Some(slots) = template::lay(&binding.template, content).filter(|_| !content.is_empty())
        else {
            return Err(Why::Rewritten);
        };
        let mut places = slots.iter();
        let mut parts: Vec<(&Part, Option<&Range<usize>>)> =
            Vec::with_capacity(binding.template.len());
        for part in &binding.template {
            let place = match part {
                Part::Text(_) => None,
                Part::Slot(_) => places.next(),
            };
            parts.push((part, place));
        }
        let slot_text = |range: &Range<usize>| content.get(range.clone()).unwrap_or_default();
        let named = parts.iter().find_map(|(part, place)| match (part, place) {
            (Part::Slot(Slot::Id | Slot::Piece { of: Piece::Title }), Some(range)) => {
                Some(slot_text(range))
            }
            _ => None,
        });
        let source = match self.source(&binding.subject, named)? {
            Some(source) => source,
            None => return Ok(content.to_owned()),
        };
        let marks: Vec<&str> = parts
            .iter()
            .filter_map(|(part, place)| match (part, place) {
                (Part::Slot(Slot::Mark { .. }), Some(range)) => Some(slot_text(range)),
                _ => None,
            })
            .collect();
        let mut filled = String::with_capacity(content.len());
        for (part, place) in parts {
            match (part, place) {
                (Part::Text(text), _) => filled.push_str(text),
                (Part::Slot(slot), Some(range)) => {
                    filled.push_str(&self.value(slot, slot_text(range), &marks, &source)?);
                }
                (Part::Slot(_), None) => return Err(Why::Rewritten),
            }
        }
        Ok(filled)
    }

    /// What a line is filled from; `None` if it stays as it is.
    fn source(&self, subject: &Subject, named: Option<&str>) -> Result<Option<Source<'_>>, Why> {
        let members = match subject.group() {
            None => return Ok(Some(Source::Document)),
            Some(group) => group.members(self.facts).ok_or(Why::GroupGone)?,
        };
        if members.is_empty() {
            return Err(Why::GroupGone);
        }
        let written = named
            .and_then(|name| self.facts.only(&members, name))
            .and_then(|task| Some((task, self.facts.task(task)?)));
        match subject {
            Subject::Document => Ok(Some(Source::Document)),
            Subject::Group(_) => Ok(Some(Source::Group(members))),
            Subject::LastCompleted(_) => {
                let flipped = self.change.and_then(|change| change.flipped);
                if let Some((at, Status::Completed)) = flipped
                    && members.contains(&at)
                    && let Some(task) = self.facts.task(at)
                {
                    return Ok(Some(Source::Task {
                        task,
                        date: self.date.or_else(|| self.facts.date(at)),
                        summary: self.summary.as_deref(),
                    }));
                }
                let last = self.facts.last_completed(&members);
                // What a task left to another when it went is its own again when it is back.
                let back = last.filter(|last| {
                    self.change
                        .is_some_and(|change| change.returned.contains(last))
                });
                let stands = written.is_some_and(|(at, task)| {
                    task.status == Status::Completed && back.is_none_or(|back| back == at)
                });
                if stands {
                    return Ok(None);
                }
                let (at, task) = last
                    .and_then(|at| Some((at, self.facts.task(at)?)))
                    .ok_or(Why::NoneCompleted)?;
                Ok(Some(Source::Task {
                    task,
                    date: self.facts.date(at),
                    summary: None,
                }))
            }
            Subject::Next(_) => {
                let next = self.facts.next(&members);
                // Somebody may have put another open task first; that stands until it is closed.
                let chosen = written.is_some_and(|(_, task)| task.can_go_on());
                let flipped = self.change.and_then(|change| change.flipped);
                if chosen && next != flipped.map(|(task, _)| task) {
                    return Ok(None);
                }
                let (at, task) = next
                    .and_then(|at| Some((at, self.facts.task(at)?)))
                    .ok_or(Why::NoNextTask)?;
                Ok(Some(Source::Task {
                    task,
                    date: self.facts.date(at),
                    summary: None,
                }))
            }
        }
    }

    fn value(
        &self,
        slot: &Slot,
        old: &str,
        marks: &[&str],
        source: &Source<'_>,
    ) -> Result<String, Why> {
        match (slot, source) {
            (Slot::Date { format }, Source::Document) => self.updated(*format, old),
            (Slot::Id, Source::Task { task, .. }) => {
                task.id.map(str::to_owned).ok_or(Why::TitleLacks)
            }
            (Slot::Names { separator }, Source::Task { task, .. }) => {
                let names = title::list(task.title).ok_or(Why::TitleLacks)?;
                Ok(names.join(separator))
            }
            (Slot::Piece { of }, Source::Task { task, .. }) => {
                of.of(task.title).map(str::to_owned).ok_or(Why::TitleLacks)
            }
            (Slot::Date { format }, Source::Task { date, .. }) => {
                date.map(|date| format.write(date)).ok_or(Why::NoDate)
            }
            (Slot::Summary { default }, Source::Task { summary, .. }) => match summary {
                Some(summary) => Ok((*summary).to_owned()),
                None if default.is_empty() => Err(Why::OwnWords),
                None => self.default(default, source),
            },
            (Slot::Count { of, unit }, Source::Group(members)) => {
                Ok(amount(self.facts, members, *of, unit.as_deref()).to_string())
            }
            (
                Slot::Percent {
                    of,
                    unit,
                    rounding,
                    decimals,
                    comma,
                },
                Source::Group(members),
            ) => {
                let part = amount(self.facts, members, *of, unit.as_deref());
                let whole = amount(self.facts, members, Share::Total, unit.as_deref());
                let value = rounding
                    .percent(part, whole, *decimals)
                    .ok_or(Why::GroupGone)?;
                Ok(pointed(value, *decimals, *comma))
            }
            (Slot::Mark { of }, Source::Group(members)) => {
                let task = self
                    .facts
                    .only(members, of)
                    .and_then(|task| self.facts.task(task))
                    .ok_or(Why::NameUnclear)?;
                if mark::status(self.facts.outline, old) == Some(task.status) {
                    return Ok(old.to_owned());
                }
                Ok(mark::choose(self.facts.outline, marks, old, task.status))
            }
            // A template that mixes subjects was not made by this program.
            _ => Err(Why::TitleLacks),
        }
    }

    /// The wording of a summary without somebody's own words.
    fn default(&self, parts: &[Part], source: &Source<'_>) -> Result<String, Why> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                // Summaries do not nest.
                Part::Slot(Slot::Summary { .. }) => return Err(Why::TitleLacks),
                Part::Slot(slot) => text.push_str(&self.value(slot, "", &[], source)?),
            }
        }
        Ok(text)
    }

    /// The date of the last change: never an older one than is written.
    fn updated(&self, format: DateFormat, old: &str) -> Result<String, Why> {
        if self.change.is_none() {
            return Ok(old.to_owned());
        }
        let date = self.date.ok_or(Why::NoDate)?;
        let written = format.read(old).map(|(date, _)| date);
        if written.is_some_and(|written| written >= date) {
            return Ok(old.to_owned());
        }
        Ok(format.write(date))
    }
}

/// A number with its point put in.
fn pointed(value: u64, decimals: u8, comma: bool) -> String {
    if decimals == 0 {
        return value.to_string();
    }
    let width = usize::from(decimals) + 1;
    let digits = format!("{value:0width$}");
    let (whole, rest) = digits.split_at(digits.len() - usize::from(decimals));
    format!("{whole}{}{rest}", if comma { ',' } else { '.' })
}
