//! Lines that look like derived text and do not agree with the tasks.

use crate::outline::Outline;
use crate::text::Document;

use super::bind::Binder;
use super::binding::Binding;
use super::facts::Facts;
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
        if !binder.looks_like_rollup(place) {
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

impl Binder<'_> {
    /// Whether a place is written like a count: a labelled part of a whole with its percentage
    /// right, or a part of the whole in a heading.
    fn looks_like_rollup(&self, place: &super::line::Place<'_>) -> bool {
        let Some(figures) = self.figures(place) else {
            return false;
        };
        let evidence = figures.evidence();
        let labelled = matches!(place.kind, Kind::Field | Kind::Heading);
        labelled && evidence.fraction && (evidence.percent || place.kind == Kind::Heading) && {
            // A group whose figures fit means that only its name is in doubt.
            !self
                .groups
                .all
                .iter()
                .any(|group| self.explain(place, &figures, group).is_some())
        }
    }
}
