//! Lines that look like derived text and do not agree with the tasks.

use crate::outline::Outline;
use crate::text::Document;
use crate::vocabulary::{Sense, is_work};

use super::bind::Binder;
use super::binding::Binding;
use super::facts::Facts;
use super::figures::Figures;
use super::fill::Filler;
use super::group::{Known, Scope};
use super::line::{Kind, Place};
use super::refill::label;
use super::template::Share;

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
        let is_total = binder.looks_like_total(place);
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
            tally: binder.tally(place, is_total),
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

/// How many times as many tasks there can be as a line says that there are.
const FAR: u64 = 3;

impl Binder<'_> {
    /// What the tasks come to that a place stands by, if it says that it counts tasks: its label
    /// does, or names their section. Of the ways to count them, the plainest.
    fn tally(&self, place: &Place<'_>, is_total: bool) -> Option<Tally> {
        let figures = self.figures(place)?;
        let label = match place.kind {
            Kind::Field => place.label,
            _ => "",
        };
        let senses = [Sense::Done, Sense::Open, Sense::Total];
        let told = is_work(label) || senses.iter().any(|sense| sense.is_in(label));
        // A label that says neither may be of something that has no heading of its own.
        if place.kind == Kind::Field && !told && !self.names_section(place) {
            return None;
        }
        let group = self.near(place)?;
        let first = group.members.first().map(|task| self.facts.line(*task));
        // In between, or at the end, it may be about the tasks just above.
        if is_total && group.is_all() && first.is_some_and(|first| first < place.line) {
            return None;
        }
        let all = group.members.len() as u64;
        let told = figures.evidence().most;
        // Parts of a plan are tasks where there are as many of them.
        if figures.count_parts(place.text()) && told != all {
            return None;
        }
        // What is many times as much, or as little, is something else.
        if !is_total && (told > FAR.saturating_mul(all) || all > FAR.saturating_mul(told)) {
            return None;
        }
        // Points add up only where all have some.
        let lacks = |unit: &str| {
            let points = |task: &usize| self.facts.points(*task, unit);
            group.members.iter().any(|task| points(task) == 0)
        };
        if figures.unit().is_some_and(lacks) {
            return None;
        }
        let count = |of| group.count(self.facts, of, figures.unit());
        let named = group.name(&place.sections).filter(|_| !group.is_all());
        let heading = named.and_then(|group| match group.of {
            Scope::Section(line) => Some(line),
            Scope::All | Scope::Prefix(_) => None,
        });
        Some(Tally {
            done: count(Share::Done),
            total: count(Share::Total),
            unit: figures.unit().map(str::to_owned),
            heading,
        })
    }

    /// The group that a place stands by: the one of the heading that it is, names or stands under.
    fn near(&self, place: &Place<'_>) -> Option<&Known> {
        let stage = self.nearest(place);
        stage.first().and_then(|index| self.groups.get(*index))
    }

    /// Whether a place is written like a total of tasks or of their points, and is that of no group:
    /// `**Total Story Points**: 23 SP`, `## Walls (7 tasks)`.
    fn looks_like_total(&self, place: &Place<'_>) -> bool {
        let Some(figures) = self.figures(place).filter(Figures::is_lone) else {
            return false;
        };
        let counts = || figures.count_work(place.text()) || figures.unit().is_some();
        let told = match place.kind {
            Kind::Field => Sense::Total.is_in(place.label) && counts(),
            Kind::Heading => figures.count_work(place.text()),
            Kind::Row | Kind::Item | Kind::Prose => false,
        };
        told && !self.fits_any(place, &figures)
    }

    /// Whether the figures of a place are those of any group: then only its name is in doubt. So it
    /// is where there are too many lines and groups to compare all of them.
    fn fits_any(&self, place: &Place<'_>, figures: &Figures) -> bool {
        self.groups.all.iter().any(|group| {
            let left = self.comparisons.get();
            self.comparisons.set(left.saturating_sub(1));
            left == 0 || self.explain(place, figures, group).is_some()
        })
    }

    /// Whether a place is written like a count: a labelled part of a whole with its percentage
    /// right, or a part of the whole in a heading.
    fn looks_like_rollup(&self, place: &super::line::Place<'_>) -> bool {
        let Some(figures) = self.figures(place) else {
            return false;
        };
        let evidence = figures.evidence();
        let labelled = matches!(place.kind, Kind::Field | Kind::Heading);
        let shown = evidence.fraction && (evidence.percent || place.kind == Kind::Heading);
        labelled && shown && !self.fits_any(place, &figures)
    }
}
