//! How far the sections of a plan are.

use std::collections::BTreeMap;

use ledger_document::{Outline, Status};

use super::summary::{PhaseStats, Whole};
use crate::id::DocumentId;
use crate::plan::Plan;

/// How many tasks have which status.
#[derive(Clone)]
struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    fn none() -> Self {
        Self(BTreeMap::from(Status::ALL.map(|status| (status.name(), 0))))
    }

    fn count(&self) -> usize {
        self.0.values().sum()
    }

    fn add(&mut self, status: Status) {
        *self.0.entry(status.name()).or_default() += 1;
    }
}

/// The sections that hold tasks, in the plan's order. One that holds none itself is among them if
/// several sections right below it do, or have such below them: with a single one it would say the
/// same twice.
pub(super) fn phases(plan: &Plan, has: &impl Fn(&DocumentId) -> bool) -> Vec<PhaseStats> {
    let mut phases: Vec<PhaseStats> = Vec::new();
    for document in plan.documents().filter(|document| has(&document.id)) {
        let outline = document.outline();
        let title = title_of(&outline);
        let mut own: BTreeMap<Option<usize>, Tally> = BTreeMap::new();
        let mut whole: BTreeMap<usize, Tally> = BTreeMap::new();
        for task in plan.tasks_of(&document.id) {
            let group = Plan::place(task, &outline).and_then(|at| outline.tasks.get(at));
            let entry = group.and_then(|group| outline.entries.get(*group.first()?));
            let section = entry.and_then(|entry| entry.section);
            let tally = own.entry(section).or_insert_with(Tally::none);
            tally.add(task.status());
            for around in around(&outline, section) {
                let tally = whole.entry(around).or_insert_with(Tally::none);
                tally.add(task.status());
            }
        }
        let mut parts: BTreeMap<usize, usize> = BTreeMap::new();
        for section in whole.keys() {
            if let Some(parent) = parent(&outline, *section) {
                *parts.entry(parent).or_default() += 1;
            }
        }
        let several = parts.iter().filter(|(_, parts)| **parts > 1);
        let holders = several.map(|(section, _)| Some(*section));
        for section in holders.filter(|section| *section != title) {
            own.entry(section).or_insert_with(Tally::none);
        }
        phases.extend(own.into_iter().map(|(section, tally)| {
            let all = section.filter(|_| section != title);
            let all = all.and_then(|section| whole.get(&section));
            let all = all.filter(|whole| whole.count() > tally.count());
            PhaseStats {
                plan: document.path.clone(),
                path: path_of(&outline, section, title),
                tasks: tally.count(),
                whole: all.map(|whole| Whole {
                    tasks: whole.count(),
                    statuses: whole.0.clone(),
                }),
                statuses: tally.0,
            }
        }));
    }
    phases
}

/// Sections are in order, so an enclosing one comes before what it encloses.
fn parent(outline: &Outline, section: usize) -> Option<usize> {
    let parent = outline.sections.get(section)?.parent?;
    (parent < section).then_some(parent)
}

/// A section and those around it, the innermost first.
fn around(outline: &Outline, section: Option<usize>) -> impl Iterator<Item = usize> {
    std::iter::successors(section, |section| parent(outline, *section))
}

/// The one section that the whole document stands in.
fn title_of(outline: &Outline) -> Option<usize> {
    let mut tops = (outline.sections.iter().enumerate()).filter(|(_, own)| own.level == 1);
    match (tops.next(), tops.next()) {
        (Some((only, _)), None) => Some(only),
        _ => None,
    }
}

/// The titles of a section and of those around it, the outermost first, without that of the whole
/// document.
fn path_of(outline: &Outline, section: Option<usize>, title: Option<usize>) -> Vec<String> {
    let named = around(outline, section).filter(|own| Some(*own) == section || Some(*own) != title);
    let titles = named.filter_map(|own| outline.sections.get(own));
    let mut path: Vec<String> = titles.map(|own| own.title.text.clone()).collect();
    path.reverse();
    path
}
