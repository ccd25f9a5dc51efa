//! What the tasks come to that a line counts which agrees with none of their groups.

use std::collections::{BTreeMap, HashMap};

use crate::vocabulary::{Sense, is_work};

use super::bind::Binder;
use super::check::Tally;
use super::figures::Figures;
use super::group::{Known, Scope, written};
use super::line::{Kind, Place};
use super::template::Share;

/// How many times as many tasks there can be as a line says that there are.
const FAR: u64 = 3;

/// Words of a label that are not longer say too little.
const SHORT: usize = 3;

impl Binder<'_> {
    /// What the tasks come to that a roll-up stands by, if it says that it counts tasks: its label
    /// does, or names their section. Of the ways to count them, the plainest.
    pub(super) fn tally(&self, place: &Place<'_>) -> Option<Tally> {
        let figures = self.figures(place)?;
        let text = self.counting(place);
        if figures.count_others(text) {
            return None;
        }
        let told = figures.evidence().most;
        let near = self.counted(place)?;
        let (group, all) = match near.members.len() as u64 {
            all if all == told => (near, all),
            all => match self
                .called(place, told)
                .filter(|_| figures.count_work(text))
            {
                Some(called) => (called, told),
                None => (near, all),
            },
        };
        // Parts of a plan are tasks where there are as many of them.
        if figures.count_parts(text) && told != all {
            return None;
        }
        // What is many times as much, or as little, is something else.
        let is_far = told > FAR.saturating_mul(all) || all > FAR.saturating_mul(told);
        if told > 0 && is_far {
            return None;
        }
        self.sum(place, group, figures.unit())
    }

    /// By the line of its heading, the tasks of each section that has a further writing of a task
    /// which stands elsewhere. Nobody binds to them, but what counts them is right.
    pub(super) fn written(&self) -> &BTreeMap<usize, Known> {
        self.written.get_or_init(|| written(self.facts))
    }

    /// By block, the number of tasks that a line of it gives as their total.
    fn totals(&self) -> &HashMap<usize, u64> {
        self.totals.get_or_init(|| {
            let total = |place: &Place<'_>| {
                let is_total = place.kind == Kind::Field && Sense::Total.is_in(place.label);
                let figures = self.figures(place).filter(|_| is_total)?;
                let all = figures.lone().filter(|_| figures.unit().is_none())?;
                Some((place.block, all))
            };
            self.places.iter().filter_map(total).collect()
        })
    }

    /// The text that the figures of a place are in.
    fn counting<'p>(&self, place: &'p Place<'_>) -> &'p str {
        let text = place.text();
        text.get(self.cells_from(place)..).unwrap_or(text)
    }

    /// Whether there were too many lines and groups to compare any more of them.
    pub(super) fn is_too_much(&self) -> bool {
        let left = self.comparisons.get();
        self.comparisons.set(left.saturating_sub(1));
        left == 0
    }

    /// The group that a labelled place counts, as its label or a section of that name says.
    pub(super) fn counted(&self, place: &Place<'_>) -> Option<&Known> {
        let label = match place.kind {
            Kind::Field => place.label,
            _ => "",
        };
        let senses = [Sense::Done, Sense::Open, Sense::Total];
        let told = is_work(label) || senses.iter().any(|sense| sense.is_in(label));
        // A label that says neither may be of something that has no heading of its own.
        let labelled = place.kind == Kind::Heading || told || self.names_section(place);
        labelled.then(|| self.near(place)).flatten()
    }

    /// The section with as many tasks as a line says that has a word of the line's label in its
    /// heading: `Implementation Progress: 4/5 batches` is about `Phase 2: Implementation`.
    fn called(&self, place: &Place<'_>, told: u64) -> Option<&Known> {
        let senses = [Sense::Done, Sense::Open, Sense::Total];
        let says = |word: &&str| {
            let is_plain = is_work(word) || senses.iter().any(|sense| sense.is_in(word));
            word.chars().count() > SHORT && !is_plain
        };
        let own: Vec<String> = words(place.label)
            .filter(says)
            .map(str::to_lowercase)
            .collect();
        if own.is_empty() {
            return None;
        }
        let has_word = |line: usize| {
            let section = self.facts.outline.headed_at(line);
            section.is_some_and(|section| {
                words(&section.title.text).any(|word| own.contains(&word.to_lowercase()))
            })
        };
        let is_called = |group: &&Known| {
            let mut names = group.names.iter();
            !self.is_too_much()
                && group.members.len() as u64 == told
                && names.any(|name| matches!(name.of, Scope::Section(line) if has_word(line)))
        };
        let mut called = self.groups.all.iter().filter(is_called);
        called.next().filter(|_| called.next().is_none())
    }

    /// What a group comes to.
    pub(super) fn sum(
        &self,
        place: &Place<'_>,
        group: &Known,
        unit: Option<&str>,
    ) -> Option<Tally> {
        // Points add up only where all have some.
        let lacks = |unit: &str| {
            let points = |task: &usize| self.facts.points(*task, unit);
            group.members.iter().any(|task| points(task) == 0)
        };
        if unit.is_some_and(lacks) {
            return None;
        }
        let named = group.name(&place.sections).filter(|_| !group.is_all());
        let heading = named.and_then(|group| match group.of {
            Scope::Section(line) => Some(line),
            Scope::All | Scope::Prefix(_) => None,
        });
        Some(Tally {
            done: group.count(self.facts, Share::Done, unit),
            total: group.count(self.facts, Share::Total, unit),
            unit: unit.map(str::to_owned),
            heading,
        })
    }

    /// The group that a place stands by: the one of the heading that it is, names or stands under.
    pub(super) fn near(&self, place: &Place<'_>) -> Option<&Known> {
        let stage = self.nearest(place);
        stage.first().and_then(|index| self.groups.get(*index))
    }

    /// The same with all ways to count its tasks, and with those of its section that are written
    /// elsewhere too.
    pub(super) fn own(&self, place: &Place<'_>) -> impl Iterator<Item = &Known> {
        let stage = self.nearest(place).into_iter();
        stage
            .filter_map(|index| self.groups.get(index))
            .flat_map(|group| {
                let written = group.names.iter().filter_map(|name| match name.of {
                    Scope::Section(line) => self.written().get(&line),
                    Scope::All | Scope::Prefix(_) => None,
                });
                std::iter::once(group).chain(written)
            })
    }

    /// Whether all tasks of a group stand under one heading, and under no further one below it.
    pub(super) fn is_one_list(&self, group: &Known) -> bool {
        let section = |task: &usize| Some(self.facts.outline.primary(*task)?.section);
        let mut sections = group.members.iter().map(section);
        let first = sections.next();
        sections.all(|section| Some(section) == first)
    }

    /// Whether the figures of a place are those of any group: then only its name is in doubt. So it
    /// is where there are too many lines and groups to compare all of them.
    pub(super) fn fits_any(&self, place: &Place<'_>, figures: &Figures) -> bool {
        let mut groups = self.groups.all.iter().chain(self.written().values());
        groups.any(|group| self.is_too_much() || self.explain(place, figures, group).is_some())
    }

    /// Whether a place is written like a count that is wrong: a labelled part of a whole with its
    /// percentage right or with words that say what is counted, a part of the whole in a heading, or
    /// a row of a table of sections.
    pub(super) fn looks_like_rollup(&self, place: &Place<'_>) -> bool {
        let Some(figures) = self.figures(place) else {
            return false;
        };
        let evidence = figures.evidence();
        if place.kind == Kind::Row {
            // Few tasks are like few others: only the section of this name counts.
            let agrees = |group: &Known| self.is_too_much() || figures.agree(self.facts, group);
            return (evidence.fraction || figures.tell_done_of_all())
                && self.names_section(place)
                && !self.own(place).any(agrees);
        }
        let text = self.counting(place);
        let counts = || figures.count_work(text) || Sense::Done.is_in(text);
        let shown = evidence.percent || place.kind == Kind::Heading || counts();
        let labelled = matches!(place.kind, Kind::Field | Kind::Heading);
        if evidence.fraction {
            return labelled && shown && !self.fits_any(place, &figures);
        }
        place.kind == Kind::Field && self.is_wrong_beside_total(place, &figures)
    }

    /// Whether a place says how many tasks are done, as one of a list of counts whose total is that
    /// of the tasks: `Completed: 2`, `Total: 5`.
    fn is_wrong_beside_total(&self, place: &Place<'_>, figures: &Figures) -> bool {
        let is_done = figures.is_lone() && figures.unit().is_none() && figures.is_of(Share::Done);
        let Some(total) = self.totals().get(&place.block).filter(|_| is_done) else {
            return false;
        };
        let mut near = self.own(place).peekable();
        let all = |group: &&Known| group.members.len() as u64 == *total;
        near.peek().is_some_and(all)
            && !near.any(|group| self.explain(place, figures, group).is_some())
    }
}

/// The words of a label.
pub(super) fn words(label: &str) -> impl DoubleEndedIterator<Item = &str> {
    let words = label.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty())
}
