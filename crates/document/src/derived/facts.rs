//! What the tasks of a document say, as far as derived text can repeat it.

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::outline::{Entry, Outline, Site, Span};
use crate::status::Status;
use crate::text::Document;

use super::date::{self, Date};
use super::lex::{self, Kind};
use super::title;

/// One task, from its primary entry.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) id: Option<&'a str>,
    /// The title without markup around it.
    pub(super) title: &'a str,
    pub(super) status: Status,
    /// When it was completed, if its entry says so.
    pub(super) date: Option<Date>,
    /// The line it stands on.
    pub(super) line: usize,
    /// Whether it stands below another task.
    pub(super) nested: bool,
    /// Whether another task stands below it.
    pub(super) parent: bool,
}

/// All tasks of a document.
pub(super) struct Facts<'a> {
    pub(super) document: &'a Document,
    pub(super) outline: &'a Outline,
    /// In the order of [`Outline::tasks`].
    pub(super) tasks: Vec<Task<'a>>,
    /// Task indices in the order of their lines.
    pub(super) order: Vec<usize>,
    /// Which tasks go by a written id.
    pub(super) by_id: HashMap<&'a str, Vec<usize>>,
    /// The newest date of a completed task.
    pub(super) newest: Option<Date>,
    // What few documents ask for is worked out when it is asked for.
    by_name: OnceCell<HashMap<String, Vec<usize>>>,
    by_title: OnceCell<HashMap<String, Option<usize>>>,
    points: OnceCell<Points>,
}

/// By unit, the points of each task that has any, as (rank, value).
type Points = HashMap<String, HashMap<usize, (u8, u64)>>;

impl<'a> Facts<'a> {
    pub(super) fn new(document: &'a Document, outline: &'a Outline) -> Self {
        let labels = completion_labels(outline);
        let mut parents = vec![false; outline.entries.len()];
        for parent in outline.entries.iter().filter_map(|entry| entry.parent) {
            if let Some(flag) = parents.get_mut(parent) {
                *flag = true;
            }
        }
        let mut tasks = Vec::with_capacity(outline.tasks.len());
        for writings in &outline.tasks {
            let first = writings.first().copied();
            let entry = first.and_then(|first| Some((first, outline.entries.get(first)?)));
            let Some((first, entry)) = entry else {
                tasks.push(Task::empty());
                continue;
            };
            tasks.push(Task {
                id: entry.id.as_ref().map(|id| id.text.as_str()),
                title: plain(&entry.title.text),
                status: entry.status,
                date: completed_on(document, entry, &labels),
                line: entry.lines.start,
                nested: entry.parent.is_some(),
                parent: parents.get(first).copied().unwrap_or_default(),
            });
        }
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_key(|&task| tasks.get(task).map_or(usize::MAX, |task| task.line));
        let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, task) in tasks.iter().enumerate() {
            if let Some(id) = task.id {
                by_id.entry(id).or_default().push(index);
            }
        }
        let newest = tasks
            .iter()
            .filter(|task| task.status == Status::Completed)
            .filter_map(|task| task.date)
            .max();
        Self {
            document,
            outline,
            tasks,
            order,
            by_id,
            newest,
            by_name: OnceCell::new(),
            by_title: OnceCell::new(),
            points: OnceCell::new(),
        }
    }

    pub(super) fn task(&self, index: usize) -> Option<&Task<'a>> {
        self.tasks.get(index)
    }

    /// The one task among `members` (in the order of their lines) that goes by a name: its
    /// written id, or else a name in its title or a piece of it.
    pub(super) fn only(&self, members: &[usize], name: &str) -> Option<usize> {
        let line = |task: &usize| self.task(*task).map_or(usize::MAX, |task| task.line);
        let named = self.by_id.get(name).or_else(|| {
            let by_name = self.by_name.get_or_init(|| by_name(&self.tasks));
            by_name.get(name)
        })?;
        let mut found = named
            .iter()
            .copied()
            .filter(|task| members.binary_search_by_key(&line(task), line).is_ok());
        match (found.next(), found.next()) {
            (Some(task), None) => Some(task),
            _ => None,
        }
    }

    /// The one task without a written id that has this title.
    pub(super) fn titled(&self, title: &str) -> Option<usize> {
        let by_title = self.by_title.get_or_init(|| by_title(&self.tasks));
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
        let done = || {
            members
                .iter()
                .copied()
                .filter_map(|index| Some((index, self.task(index)?)))
                .filter(|(_, task)| task.status == Status::Completed)
        };
        done()
            .max_by_key(|(_, task)| (task.date, task.line))
            .map(|(index, _)| index)
    }

    /// The first task among `members` that can be worked on.
    pub(super) fn next(&self, members: &[usize]) -> Option<usize> {
        members
            .iter()
            .copied()
            .filter_map(|index| Some((index, self.task(index)?)))
            .filter(|(_, task)| task.can_go_on())
            .min_by_key(|(_, task)| task.line)
            .map(|(index, _)| index)
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
            date: None,
            line: usize::MAX,
            nested: false,
            parent: false,
        }
    }

    /// Whether it is open and not blocked.
    pub(super) fn can_go_on(&self) -> bool {
        matches!(
            self.status,
            Status::Pending | Status::InProgress | Status::IssuesFound
        )
    }
}

/// Tasks by the names in their titles and by the pieces of these.
fn by_name(tasks: &[Task<'_>]) -> HashMap<String, Vec<usize>> {
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, task) in tasks.iter().enumerate() {
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
fn by_title(tasks: &[Task<'_>]) -> HashMap<String, Option<usize>> {
    let mut found: HashMap<String, Option<usize>> = HashMap::new();
    let nameless = tasks
        .iter()
        .enumerate()
        .filter(|(_, task)| task.id.is_none());
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

fn completed_on(document: &Document, entry: &Entry, labels: &[&str]) -> Option<Date> {
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
