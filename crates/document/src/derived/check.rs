//! Lines that look like derived text and do not agree with the tasks.

use crate::outline::Outline;
use crate::text::Document;

use super::bind::Binder;
use super::binding::Binding;
use super::facts::Facts;
use super::figures::Figures;
use super::fill::Filler;
use super::line::Kind;
use super::refill::label;

/// A line that says something else than the tasks do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The line, from 0.
    pub line: usize,
    /// What it is about, as written.
    pub label: String,
    /// The line as written, without its terminator.
    pub found: String,
    /// What it would say; none if nobody knows what group it is about.
    pub expected: Option<String>,
    /// What there is of the tasks that an unbound line stands by, where it counts tasks at all.
    pub tally: Option<Tally>,
    /// Whether it says only how many there are, and not how many are done.
    pub is_total: bool,
}

/// How many tasks there are in a place, or points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many are completed.
    pub done: u64,
    /// How many there are.
    pub total: u64,
    /// The unit of the points; none for tasks.
    pub unit: Option<String>,
    /// The line of the heading over them, from 0; none for the whole document.
    pub heading: Option<usize>,
}

/// A line whose own figures do not go together: `4/5 (60%)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongShare {
    /// The line, from 0.
    pub line: usize,
    /// The part of the whole.
    pub part: u64,
    /// The whole.
    pub whole: u64,
    /// The percentage as written, rounded down.
    pub percent: u64,
}

/// Bound lines whose slots hold other values than the tasks give, and unbound lines that look
/// like a roll-up but fit no group. In order of lines.
#[must_use]
pub fn disagreements(
    document: &Document,
    outline: &Outline,
    bindings: &[Binding],
) -> Vec<Disagreement> {
    if outline.tasks.is_empty() {
        return Vec::new();
    }
    let facts = Facts::all(document, outline);
    let filler = Filler::of(&facts);
    let mut found: Vec<Disagreement> = bindings
        .iter()
        .filter_map(|binding| {
            let expected = filler.fill(binding).ok()?;
            let content = document.content(binding.line);
            (expected != content).then(|| Disagreement {
                line: binding.line,
                label: label(&binding.template),
                found: content.to_owned(),
                expected: Some(expected),
                tally: None,
                is_total: false,
            })
        })
        .collect();
    let bound: std::collections::HashSet<usize> =
        bindings.iter().map(|binding| binding.line).collect();
    let binder = Binder::new(&facts);
    for place in binder
        .places
        .iter()
        .filter(|place| !bound.contains(&place.line))
    {
        let total = binder.wrong_total(place);
        let is_total = total.is_some();
        if !is_total && !binder.looks_like_rollup(place) {
            continue;
        }
        let label = match place.kind {
            Kind::Field => place.label,
            _ => place.text(),
        };
        found.push(Disagreement {
            line: place.line,
            label: label
                .trim_matches(|c: char| !c.is_alphanumeric())
                .to_owned(),
            found: place.content.to_owned(),
            expected: None,
            tally: total.unwrap_or_else(|| binder.tally(place)),
            is_total,
        });
    }
    found.sort_by_key(|disagreement| disagreement.line);
    found
}

/// The lines of a document that are written like a count of its tasks, whether or not they
/// agree with them.
#[must_use]
pub fn looks_like_rollup(document: &Document, outline: &Outline) -> Vec<usize> {
    let facts = Facts::all(document, outline);
    let binder = Binder::new(&facts);
    binder
        .places
        .iter()
        .filter(|place| binder.looks_like_rollup(place))
        .map(|place| place.line)
        .collect()
}

/// The lines outside of tasks whose percentage is none of the part of the whole right before it.
#[must_use]
pub fn wrong_shares(document: &Document, outline: &Outline) -> Vec<WrongShare> {
    let facts = Facts::new(document, outline);
    let places = super::line::places(document, outline);
    let found = places.iter().filter_map(|place| {
        let figures = Figures::read(place.text(), &facts, &Unhinted)?;
        let (part, whole, percent) = figures.wrong_share(place.text())?;
        Some(WrongShare {
            line: place.line,
            part,
            whole,
            percent,
        })
    });
    found.collect()
}

/// A line by itself.
struct Unhinted;

impl super::figures::Hints for Unhinted {
    fn hint(&self, _: usize, _: bool) -> &'static str {
        ""
    }
}
