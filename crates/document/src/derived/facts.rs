//! What the tasks of a document say, as far as derived text can repeat it.

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
    /// Names in the title (see [`title::names`]).
    pub(super) names: Vec<&'a str>,
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
    /// Which tasks go by a name in their title, or by a piece of it.
    by_name: HashMap<&'a str, Vec<usize>>,
    /// The newest date of a completed task.
    pub(super) newest: Option<Date>,
    points: HashMap<String, HashMap<usize, (u8, u64)>>,
}

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
        let mut points: HashMap<String, HashMap<usize, (u8, u64)>> = HashMap::new();
        for (index, writings) in outline.tasks.iter().enumerate() {
            let mut entries = writings
                .iter()
                .filter_map(|&entry| Some((entry, outline.entries.get(entry)?)));
            let Some((first, entry)) = entries.next() else {
                tasks.push(Task::empty());
                continue;
            };
            let title = plain(&entry.title.text);
            let date = completed_on(document, entry, &labels);
            tasks.push(Task {
                id: entry.id.as_ref().map(|id| id.text.as_str()),
                title,
                names: title::names(title),
                status: entry.status,
                date,
                line: entry.lines.start,
                nested: entry.parent.is_some(),
                parent: parents.get(first).copied().unwrap_or_default(),
            });
            for (unit, rank, value) in points_of(entry) {
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
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_key(|&task| tasks.get(task).map_or(usize::MAX, |task| task.line));
        let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, task) in tasks.iter().enumerate() {
            if let Some(id) = task.id {
                by_id.entry(id).or_default().push(index);
            }
        }
        let by_name = by_name(&tasks);
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
            by_name,
            newest,
            points,
        }
    }

    pub(super) fn task(&self, index: usize) -> Option<&Task<'a>> {
        self.tasks.get(index)
    }

    /// The one task among `members` (in the order of their lines) that goes by a name: its
    /// written id, or else a name in its title or a piece of it.
    pub(super) fn only(&self, members: &[usize], name: &str) -> Option<usize> {
        let line = |task: &usize| self.task(*task).map_or(usize::MAX, |task| task.line);
        let named = self.by_id.get(name).or_else(|| self.by_name.get(name))?;
        let mut found = named
            .iter()
            .copied()
            .filter(|task| members.binary_search_by_key(&line(task), line).is_ok());
        match (found.next(), found.next()) {
            (Some(task), None) => Some(task),
            _ => None,
        }
    }

    /// Whether any task carries points of this unit.
    pub(super) fn has_unit(&self, unit: &str) -> bool {
        self.points.contains_key(&unit.to_lowercase())
    }

    /// The points of a task; 0 if it has none.
    pub(super) fn points(&self, task: usize, unit: &str) -> u64 {
        self.points
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

impl Task<'_> {
    fn empty() -> Self {
        Self {
            id: None,
            title: "",
            names: Vec::new(),
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
fn by_name<'a>(tasks: &[Task<'a>]) -> HashMap<&'a str, Vec<usize>> {
    let mut found: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, task) in tasks.iter().enumerate() {
        let pieces = title::Piece::ALL
            .into_iter()
            .filter_map(|piece| piece.of(task.title));
        for name in task.names.iter().copied().chain(pieces) {
            let of = found.entry(name).or_default();
            if of.last() != Some(&index) {
                of.push(index);
            }
        }
    }
    found
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
