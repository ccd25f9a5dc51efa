//! What the tasks of a document say, as far as derived text can repeat it.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use crate::outline::{Entry, Outline, Site, Span};
use crate::status::Status;
use crate::text::Document;

use super::date::{self, Date};
use super::learnt::{Labelled, Learnt};
use super::lex::{self, Kind};
use super::title;

/// One task, from its primary entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) id: Option<&'a str>,
    /// The title without markup around it.
    pub(super) title: &'a str,
    pub(super) status: Status,
    /// The line it stands on.
    pub(super) line: usize,
    /// Whether it stands below another task.
    pub(super) nested: bool,
    /// Whether another task stands below it.
    pub(super) parent: bool,
}

/// All tasks of a document, each read when it is asked for.
pub(super) struct Facts<'a> {
    pub(super) document: &'a Document,
    pub(super) outline: &'a Outline,
    learnt: Arc<Learnt>,
    /// All of them, in the order of [`Outline::tasks`], where all are asked for.
    tasks: Vec<Task<'a>>,
    // What few documents ask for is worked out when it is asked for.
    dates: OnceCell<Vec<Option<Date>>>,
    by_name: OnceCell<HashMap<String, Vec<usize>>>,
    by_title: OnceCell<HashMap<String, Option<usize>>>,
    points: OnceCell<Points>,
}

/// By unit, the points of each task that has any, as (rank, value).
type Points = HashMap<String, HashMap<usize, (u8, u64)>>;

impl<'a> Facts<'a> {
    pub(super) fn new(document: &'a Document, outline: &'a Outline) -> Self {
        Self {
            document,
            outline,
            learnt: Learnt::of(document, outline),
            tasks: Vec::new(),
            dates: OnceCell::new(),
            by_name: OnceCell::new(),
            by_title: OnceCell::new(),
            points: OnceCell::new(),
        }
    }

    /// The same, for whoever asks for all tasks again and again.
    pub(super) fn all(document: &'a Document, outline: &'a Outline) -> Self {
        let mut facts = Self::new(document, outline);
        facts.tasks = facts.tasks().collect();
        facts
    }

    /// The tasks in the order of [`Outline::tasks`].
    pub(super) fn tasks(&self) -> impl Iterator<Item = Task<'a>> {
        (0..self.outline.tasks.len()).map(|task| self.task(task).unwrap_or_else(Task::empty))
    }

    /// The line a task stands on, without reading the rest of it.
    pub(super) fn line(&self, index: usize) -> usize {
        match self.tasks.get(index) {
            Some(task) => task.line,
            None => (self.outline.primary(index)).map_or(usize::MAX, |entry| entry.lines.start),
        }
    }

    /// A task's status, without reading the rest of it.
    pub(super) fn status(&self, index: usize) -> Status {
        match self.tasks.get(index) {
            Some(task) => task.status,
            None => (self.outline.status(index)).unwrap_or(Status::Cancelled),
        }
    }

    pub(super) fn task(&self, index: usize) -> Option<Task<'a>> {
        if let Some(task) = self.tasks.get(index) {
            return Some(*task);
        }
        let Some(&first) = self.outline.tasks.get(index)?.first() else {
            return Some(Task::empty());
        };
        let Some(entry) = self.outline.entries.get(first) else {
            return Some(Task::empty());
        };
        Some(Task {
            id: entry.id.as_ref().map(|id| id.text.as_str()),
            title: plain(&entry.title.text),
            status: entry.status,
            line: entry.lines.start,
            nested: entry.parent.is_some(),
            parent: self.learnt.parents.get(first).copied().unwrap_or_default(),
        })
    }

    /// What is kept beside the outline.
    pub(super) const fn learnt(&self) -> &Arc<Learnt> {
        &self.learnt
    }

    /// Task indices in the order of their lines.
    pub(super) fn order(&self) -> &[usize] {
        &self.learnt.order
    }

    /// The tasks with a written id; `None` if no task has it.
    pub(super) fn with_id(&self, id: &str) -> Option<&[usize]> {
        self.learnt.by_id.get(id).map(Vec::as_slice)
    }

    /// The unbound lines whose label says what tasks they are about.
    pub(super) fn labelled(&self) -> &[Labelled] {
        &self.learnt.labelled
    }

    /// When a task was completed, if its entry says so.
    pub(super) fn date(&self, task: usize) -> Option<Date> {
        self.dates().get(task).copied().flatten()
    }

    /// The newest date of a completed task.
    pub(super) fn newest(&self) -> Option<Date> {
        let dates = self.dates().iter().zip(self.tasks());
        dates
            .filter(|(_, task)| task.status == Status::Completed)
            .filter_map(|(date, _)| *date)
            .max()
    }

    fn dates(&self) -> &[Option<Date>] {
        self.dates.get_or_init(|| {
            let labels = completion_labels(self.outline);
            (0..self.outline.tasks.len())
                .map(|task| completed_on(self.document, self.outline.primary(task)?, &labels))
                .collect()
        })
    }

    /// The one task among `members` (in the order of their lines) that goes by a name: its
    /// written id, or else a name in its title or a piece of it.
    pub(super) fn only(&self, members: &[usize], name: &str) -> Option<usize> {
        let line = |task: &usize| self.line(*task);
        let mut found = self
            .named(name)?
            .iter()
            .copied()
            .filter(|task| members.binary_search_by_key(&line(task), line).is_ok());
        match (found.next(), found.next()) {
            (Some(task), None) => Some(task),
            _ => None,
        }
    }

    /// All tasks that go by a name: it is their written id, or else a name in their title or a piece
    /// of it. `None` if none does.
    pub(super) fn named(&self, name: &str) -> Option<&[usize]> {
        self.with_id(name).or_else(|| {
            let by_name = self.by_name.get_or_init(|| by_name(self.tasks()));
            by_name.get(name).map(Vec::as_slice)
        })
    }

    /// The one task without a written id that has this title.
    pub(super) fn titled(&self, title: &str) -> Option<usize> {
        let by_title = self.by_title.get_or_init(|| by_title(self.tasks()));
        by_title.get(title).copied().flatten()
    }

    fn all_points(&self) -> &Points {
        self.points.get_or_init(|| points(self.outline))
    }

    /// Whether any task carries points of this unit.
    pub(super) fn has_unit(&self, unit: &str) -> bool {
        self.all_points().contains_key(&unit.to_lowercase())
    }

    /// The points of a task; 0 if it has none.
    pub(super) fn points(&self, task: usize, unit: &str) -> u64 {
        self.all_points()
            .get(&unit.to_lowercase())
            .and_then(|of| of.get(&task))
            .map_or(0, |(_, value)| *value)
    }

    /// The task among `members` that was completed last: by date, then by place in the document.
    pub(super) fn last_completed(&self, members: &[usize]) -> Option<usize> {
        let done = |index: &usize| self.status(*index) == Status::Completed;
        let done = members.iter().copied().filter(done);
        done.max_by_key(|&index| (self.date(index), self.line(index)))
    }

    /// The first task among `members` that can be worked on.
    pub(super) fn next(&self, members: &[usize]) -> Option<usize> {
        let can_go_on = |index: &usize| can_go_on(self.status(*index));
        let open = members.iter().copied().filter(can_go_on);
        open.min_by_key(|&index| self.line(index))
    }
}

impl<'a> Task<'a> {
    /// Names in the title (see [`title::names`]).
    pub(super) fn names(&self) -> Vec<&'a str> {
        title::names(self.title)
    }

    fn empty() -> Self {
        Self {
            id: None,
            title: "",
            status: Status::Cancelled,
            line: usize::MAX,
            nested: false,
            parent: false,
        }
    }

    /// Whether it is open and not blocked.
    pub(super) fn can_go_on(&self) -> bool {
        can_go_on(self.status)
    }
}

const fn can_go_on(status: Status) -> bool {
    matches!(
        status,
        Status::Pending | Status::InProgress | Status::IssuesFound
    )
}

/// Tasks by the names in their titles and by the pieces of these.
fn by_name<'a>(tasks: impl Iterator<Item = Task<'a>>) -> HashMap<String, Vec<usize>> {
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, task) in tasks.enumerate() {
        let pieces = title::Piece::ALL
            .into_iter()
            .filter_map(|piece| piece.of(task.title));
        for name in task.names().into_iter().chain(pieces) {
            let of = found.entry(name.to_owned()).or_default();
            if of.last() != Some(&index) {
                of.push(index);
            }
        }
    }
    found
}

/// Tasks without a written id by their titles; none where several have one title.
fn by_title<'a>(tasks: impl Iterator<Item = Task<'a>>) -> HashMap<String, Option<usize>> {
    let mut found: HashMap<String, Option<usize>> = HashMap::new();
    let nameless = tasks.enumerate().filter(|(_, task)| task.id.is_none());
    for (index, task) in nameless {
        found
            .entry(task.title.to_owned())
            .and_modify(|one| *one = None)
            .or_insert(Some(index));
    }
    found
}

/// The points that tasks state in their primary entries.
fn points(outline: &Outline) -> Points {
    let mut points = Points::new();
    for (index, writings) in outline.tasks.iter().enumerate() {
        let first = writings
            .first()
            .and_then(|&first| outline.entries.get(first));
        for (unit, rank, value) in first.map(points_of).unwrap_or_default() {
            let known = points
                .entry(unit)
                .or_default()
                .entry(index)
                .or_insert((rank, value));
            if rank < known.0 {
                *known = (rank, value);
            }
        }
    }
    points
}

/// A title without the markup around all of it.
fn plain(title: &str) -> &str {
    let mut title = title.trim();
    for marker in ["~~", "**", "__"] {
        if let Some(inner) = title
            .strip_prefix(marker)
            .and_then(|inner| inner.strip_suffix(marker))
            && !inner.is_empty()
            && !inner.contains(marker)
        {
            title = inner;
        }
    }
    title
}

/// The labels that hold a completion date: their values are dates, and no open task has one.
fn completion_labels(outline: &Outline) -> Vec<&str> {
    let mut seen: HashMap<&str, bool> = HashMap::new();
    for entry in &outline.entries {
        for field in entry.fields.iter().filter(|field| dated(&field.value.text)) {
            let closed = seen.entry(field.label.as_str()).or_insert(true);
            *closed &= entry.status.is_closed();
        }
    }
    seen.into_iter()
        .filter_map(|(label, closed)| closed.then_some(label))
        .collect()
}

fn dated(value: &str) -> bool {
    date::read(value.trim()).is_some()
}

pub(super) fn completed_on(document: &Document, entry: &Entry, labels: &[&str]) -> Option<Date> {
    let at_site = entry.sites.iter().find_map(|site| match site {
        Site::Field(span) | Site::Mark(span) | Site::Word(span) | Site::Cell(span) => {
            date::find(written(document, span))
        }
        Site::Box(_) | Site::Strike(_) | Site::Section(_) | Site::Yaml(_) => None,
    });
    at_site.or_else(|| {
        entry
            .fields
            .iter()
            .filter(|field| labels.contains(&field.label.as_str()))
            .filter_map(|field| date::read(field.value.text.trim()))
            .map(|(date, ..)| date)
            .max()
    })
}

fn written<'a>(document: &'a Document, span: &Span) -> &'a str {
    document
        .line(span.line)
        .get(span.columns.clone())
        .unwrap_or_default()
}

/// The points an entry states, as (unit, rank, value); a lower rank counts more.
fn points_of(entry: &Entry) -> Vec<(String, u8, u64)> {
    let mut found = Vec::new();
    for field in &entry.fields {
        let value = field.value.text.trim().trim_start_matches('~');
        if !value.starts_with(|c: char| c.is_ascii_digit()) && !may_measure(value) {
            continue;
        }
        let tokens = lex::split(value);
        // `Estimated SP: 5`: the unit stands in the label.
        if let [first, rest @ ..] = tokens.as_slice()
            && let Kind::Number(number) = first.kind
            && rest.len() <= 1
        {
            for token in lex::split(&field.label) {
                if token.kind == Kind::Word {
                    found.push((field.label[token.range].to_lowercase(), 0, number));
                }
            }
        }
        measured(value, if tokens.len() == 2 { 1 } else { 2 }, &mut found);
    }
    measured(&entry.title.text, 3, &mut found);
    found
}

/// Whether letters stand right behind a digit, or behind blanks after it: few texts have more to
/// be split for.
fn may_measure(text: &str) -> bool {
    let mut digit = false;
    for c in text.chars() {
        if digit && c.is_alphabetic() {
            return true;
        }
        digit = c.is_ascii_digit() || (digit && c.is_whitespace());
    }
    false
}

/// Numbers with a unit behind them: `5 SP`.
fn measured(text: &str, rank: u8, found: &mut Vec<(String, u8, u64)>) {
    if !may_measure(text) {
        return;
    }
    for pair in lex::split(text).windows(2) {
        if let [number, unit] = pair
            && let (Kind::Number(value), Kind::Word) = (number.kind, unit.kind)
        {
            found.push((text[unit.range.clone()].to_lowercase(), rank, value));
        }
    }
}
