//! Fills the slots of bound lines anew after a change of the tasks.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::hunk::Hunk;
use crate::outline::Outline;
use crate::status::Status;
use crate::text::{self, Document};

use super::binding::{Binding, Subject};
use super::date::{self, Date, DateFormat};
use super::facts::{Facts, Task};
use super::group::{Scope, amount};
use super::mark;
use super::stale;
use super::summary;
use super::template::{self, Part, Share, Slot};

/// A change of the tasks that was just applied to a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The task whose status changed, as an index into [`Outline::tasks`] of the changed
    /// document, and its new status; `None` where tasks came or went.
    pub flipped: Option<(usize, Status)>,
    /// The tasks that came back after they had left, as indices like that of `flipped`.
    pub returned: Vec<usize>,
    /// The day of the change, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// What was done, in the words of whoever did it.
    pub summary: Option<String>,
}

/// What filling anew gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refill {
    /// The edits, in order. Each replaces one line by one.
    pub hunks: Vec<Hunk>,
    /// What the edited document says, where that took no more than reading these lines again.
    pub outline: Option<Arc<Outline>>,
    /// The bindings that hold afterwards.
    pub bindings: Vec<Binding>,
    /// Lines that do not say all they should now: bound ones that were left as they are or have
    /// no place for the summary, and unbound ones that this change made wrong.
    pub unfilled: Vec<Unfilled>,
}

/// A line that does not say all it should. As text: a sentence that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    /// The line, from 0.
    pub line: usize,
    /// The text in front of its first slot, without markup.
    pub label: String,
    /// What is missing.
    pub why: Why,
}

impl fmt::Display for Unfilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, label, why) = (self.line + 1, &self.label, &self.why);
        match why {
            Why::NoPlaceForSummary => {
                write!(f, "line {line} has no place for the summary ({label})")
            }
            _ => write!(f, "line {line} stays as it is ({label}): {why}"),
        }
    }
}

/// Why a line was left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// No task of its group is open and not blocked.
    NoNextTask,
    /// No task of its group is completed.
    NoneCompleted,
    /// The task has no written id, no names in its title, or not this piece of a title.
    TitleLacks,
    /// There is no date for it.
    NoDate,
    /// A name in it stands for no task of its group any more, or for several.
    NameUnclear,
    /// Its group has no tasks any more.
    GroupGone,
    /// The line does not read like its template any more; the binding is dropped.
    Rewritten,
    /// The line was filled, but there are no brackets that a summary could stand in.
    NoPlaceForSummary,
    /// It is not bound, and names the task with this id, which is closed now, as the next one.
    StillNext(String),
    /// It is not bound, and names the task with this id as the one completed last.
    StillLast(String),
    /// It is not bound, and counts the task with this id, which is closed now, as open.
    StillOpen(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNextTask => "no open task is left",
            Self::NoneCompleted => "no task is completed",
            Self::TitleLacks => "the task's title lacks what the line repeats",
            Self::NoDate => "there is no date to write",
            Self::NameUnclear => "a name in it does not stand for exactly one task",
            Self::GroupGone => "its group has no tasks any more",
            Self::Rewritten => "it was rewritten",
            Self::NoPlaceForSummary => "it has no place for the summary",
            Self::StillNext(id) => return write!(f, "it still names {id} as next"),
            Self::StillLast(id) => return write!(f, "it still names {id} as the last one"),
            Self::StillOpen(id) => return write!(f, "it still counts {id} as open"),
        })
    }
}

/// Fills the slots of all bound lines from the tasks as they are now.
///
/// `document` and `outline` are those after the change's own edit, and so are the lines of
/// `bindings` (see [`Binding::carry`]). A line is filled whole or not at all.
#[must_use]
pub fn refill(
    document: &Document,
    outline: &Outline,
    bindings: &[Binding],
    change: &Change,
) -> Refill {
    let mut refill = Refill::default();
    let closed = change.flipped.filter(|(_, to)| to.is_closed());
    if bindings.is_empty() && closed.is_none() {
        return refill;
    }
    let facts = Facts::new(document, outline);
    let filler = Filler {
        facts: &facts,
        change: Some(change),
        date: change.date.as_deref().and_then(date::find),
        summary: change.summary.as_deref().and_then(one_line),
    };
    let mut told = false;
    let mut untold = None;
    for binding in bindings {
        let own_words = filler.takes_summary(binding);
        let summarized = own_words.then(|| summary::with_place(binding)).flatten();
        let binding = summarized.as_ref().unwrap_or(binding);
        match filler.fill(binding) {
            Ok(content) => {
                refill.bindings.push(binding.clone());
                if own_words && summary::has_place(binding) {
                    told = true;
                } else if own_words {
                    untold.get_or_insert_with(|| Unfilled {
                        line: binding.line,
                        label: label(&binding.template),
                        why: Why::NoPlaceForSummary,
                    });
                }
                let old = document.line(binding.line);
                if content != text::content(old) {
                    refill.hunks.push(Hunk {
                        at: binding.line,
                        remove: 1,
                        insert: vec![Arc::from(content + text::terminator(old))],
                    });
                }
            }
            Err(why) => {
                if why != Why::Rewritten {
                    refill.bindings.push(binding.clone());
                }
                refill.unfilled.push(Unfilled {
                    line: binding.line,
                    label: label(&binding.template),
                    why,
                });
            }
        }
    }
    refill.unfilled.extend(untold.filter(|_| !told));
    if let Some((task, to)) = closed {
        let stale = stale::stale(&facts, bindings, task, to);
        refill.unfilled.extend(stale);
    }
    if !refill.hunks.is_empty() {
        let reread = outline.reread_lines(document, &refill.hunks);
        refill.outline = reread.map(|reread| Arc::new(reread.outline));
    }
    refill
}

/// The edits that bring bound lines in step with the tasks where nothing just happened to these:
/// dates stay, and so do lines that cannot be filled.
#[must_use]
pub fn refresh(document: &Document, outline: &Outline, bindings: &[Binding]) -> Vec<Hunk> {
    if bindings.is_empty() {
        return Vec::new();
    }
    let facts = Facts::new(document, outline);
    let filler = Filler::of(&facts);
    let filled = bindings.iter().filter_map(|binding| {
        let content = filler.fill(binding).ok()?;
        let old = document.line(binding.line);
        (content != text::content(old)).then(|| Hunk {
            at: binding.line,
            remove: 1,
            insert: vec![Arc::from(content + text::terminator(old))],
        })
    });
    filled.collect()
}

/// A line's text in front of its first slot, without markup.
pub(super) fn label(template: &[Part]) -> String {
    let text = template.iter().find_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Slot(_) => None,
    });
    text.unwrap_or_default()
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_owned()
}

/// A summary as it can stand in a line.
fn one_line(summary: &str) -> Option<String> {
    let words: Vec<&str> = summary.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Everything that slots are filled from.
pub(super) struct Filler<'a> {
    pub(super) facts: &'a Facts<'a>,
    /// What just happened; none where only the tasks' state counts.
    pub(super) change: Option<&'a Change>,
    pub(super) date: Option<Date>,
    pub(super) summary: Option<String>,
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
    fn takes_summary(&self, binding: &Binding) -> bool {
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
            (
                Part::Slot(
                    Slot::Id
                    | Slot::Piece {
                        of: super::title::Piece::Title,
                    },
                ),
                Some(range),
            ) => Some(slot_text(range)),
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
                let names = task.names();
                if names.is_empty() {
                    return Err(Why::TitleLacks);
                }
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

/// Whether a binding's group still exists in a document.
pub(super) fn resolves(facts: &Facts<'_>, binding: &Binding) -> bool {
    binding.subject.group().is_none_or(|group| match &group.of {
        Scope::All => true,
        Scope::Section(_) | Scope::Prefix(_) => group.members(facts).is_some(),
    })
}
