//! What is called a total of tasks, or of their points, and is that of no group of them.

use crate::vocabulary::{Sense, is_counted, is_counted_as, is_parts};

use super::bind::Binder;
use super::check::Tally;
use super::figures::Figures;
use super::group::Known;
use super::lex;
use super::line::{Kind, Place};
use super::tally::words;
use super::template::Share;

/// How many times as many, or as few, tasks there can be as a total says, where these can be counted
/// in more ways than one.
const MUCH: u64 = 2;

/// Words that make no total one of some tasks only.
const OF_TOTALS: [&str; 12] = [
    "story",
    "points",
    "point",
    "number",
    "of",
    "count",
    "unique",
    "estimated",
    "estimate",
    "the",
    "plan",
    "project",
];

/// A unit of points that labels write in full, and how it is cut short behind a number.
const STORY_POINTS: (&str, &str) = ("story points", "sp");

impl Binder<'_> {
    /// Whether a place is written like a total of tasks or of their points, and is that of no group
    /// (`**Total Story Points**: 23 SP`, `## Walls (7 tasks)`): what they come to, if anybody knows
    /// which tasks it is about.
    pub(super) fn wrong_total(&self, place: &Place<'_>) -> Option<Option<Tally>> {
        match place.kind {
            Kind::Field if self.is_of_all(place.label) => self.wrong_total_in_field(place),
            Kind::Heading => self.wrong_total_in_heading(place),
            Kind::Field | Kind::Row | Kind::Item | Kind::Prose => None,
        }
    }

    fn wrong_total_in_field(&self, place: &Place<'_>) -> Option<Option<Tally>> {
        // What stands in brackets behind it says how it came about.
        let at = place.text().find(['(', '（']).unwrap_or(place.text().len());
        let (text, remark) = place.text().split_at_checked(at)?;
        let figures = self.figures_in(place, text)?;
        if !figures.are_plain(text) {
            return None;
        }
        let (value, unit) = match figures.lone() {
            Some(value) => self.wrong_value(place, &figures, text, value)?,
            None => {
                let fits = |&(value, unit): &Value<'_>| self.is_total_of_any(value, unit);
                wrong_of_several(&figures, text, fits)?
            }
        };
        let tally = || {
            let group = self.counted(place)?;
            let line = |task: Option<&usize>| task.map(|task| self.facts.line(*task));
            let first = line(group.members.first())?;
            // In between, or at the end, it may be about the tasks just above. These are all of
            // them only where none stands anywhere else.
            let above = line(group.members.last()) < Some(place.line) && self.is_one_list(group);
            if group.is_all() && first < place.line && !above {
                return None;
            }
            let tally = self.sum(place, group, unit)?;
            if explains(remark, value.abs_diff(tally.total)) {
                return None;
            }
            let (less, more) = (value.min(tally.total), value.max(tally.total));
            let is_near = more <= less.saturating_mul(MUCH);
            (is_near || unit.is_some() || self.is_plain_plan(group)).then_some(tally)
        };
        Some(tally())
    }

    /// The only number behind a label that is called a total, and what it counts, if it is the sum
    /// of no group.
    fn wrong_value<'f>(
        &self,
        place: &Place<'f>,
        figures: &'f Figures,
        text: &'f str,
        value: u64,
    ) -> Option<Value<'f>> {
        let last = words(place.label).next_back().unwrap_or_default();
        let unit = match (figures.unit(), is_counted(last)) {
            (Some(unit), _) => Some(unit),
            (None, false) => self.unit_in(place.label).or_else(|| self.unit_in(text)),
            (None, true) => None,
        };
        let counts = is_counted(last) || figures.count_work(text);
        let parts = is_parts(last) || figures.count_parts(text);
        let named = || [last, text].into_iter().any(|by| self.are_tasks(place, by));
        let tells = unit.is_some() || counts && (!parts || named());
        (tells && !self.is_total_of_any(value, unit)).then_some((value, unit))
    }

    fn wrong_total_in_heading(&self, place: &Place<'_>) -> Option<Option<Tally>> {
        let figures = self.figures(place)?;
        let text = place.text();
        if !figures.are_plain(text) {
            return None;
        }
        let parts = figures.count_parts(text);
        if figures.is_lone() {
            let wrong = figures.count_work(text)
                && (!parts || self.are_tasks(place, text))
                && !self.fits_any(place, &figures);
            return wrong.then(|| self.sum(place, self.near(place)?, figures.unit()));
        }
        let own: Vec<&Known> = self.own(place).collect();
        let fits = |&(value, unit): &Value<'_>| {
            own.iter().any(|group| {
                self.is_too_much() || group.count(self.facts, Share::Total, unit) == value
            })
        };
        let (_, unit) = wrong_of_several(&figures, text, fits)?;
        Some(self.sum(place, self.near(place)?, unit))
    }

    /// Whether a label is about all tasks of a plan, or all their points, and not about some:
    /// `Total Story Points`, but not `Total for Sprint 1`.
    fn is_of_all(&self, label: &str) -> bool {
        let is_plain = |word: &str| {
            Sense::Total.is_in(word)
                || is_counted(word)
                || is_parts(word)
                || self.facts.has_unit(word)
                || OF_TOTALS.contains(&word.to_lowercase().as_str())
        };
        Sense::Total.is_in(label) && words(label).all(is_plain)
    }

    /// The unit of points that a label names, in full or as it is cut short: `Story Points`.
    fn unit_in<'l>(&self, label: &'l str) -> Option<&'l str> {
        let cut = || {
            let is_named = label.to_lowercase().contains(STORY_POINTS.0);
            is_named.then_some(STORY_POINTS.1)
        };
        let mut named = words(label).chain(cut());
        named.find(|word| self.facts.has_unit(word))
    }

    /// Whether the parts of a plan that a text counts are the tasks that its place stands by, as
    /// their ids say: `stories` are those of `US-1`.
    fn are_tasks(&self, place: &Place<'_>, text: &str) -> bool {
        let is_part = |task: &usize| {
            let id = self.facts.task(*task).and_then(|task| task.id);
            id.is_some_and(|id| is_counted_as(id, text))
        };
        self.near(place)
            .is_some_and(|group| group.members.iter().all(is_part))
    }

    /// Whether any group has as many tasks, or points: then only its name is in doubt.
    fn is_total_of_any(&self, value: u64, unit: Option<&str>) -> bool {
        let mut groups = self.groups.all.iter().chain(self.written().values());
        groups
            .any(|group| self.is_too_much() || group.count(self.facts, Share::Total, unit) == value)
    }

    /// Whether a group is all of a plan in which there is nothing below a task that could be counted
    /// as one, or left out.
    fn is_plain_plan(&self, group: &Known) -> bool {
        let is_plain = |task: &usize| {
            let entry = self.facts.outline.primary(*task);
            entry.is_some_and(|entry| entry.parent.is_none() && entry.steps.is_empty())
        };
        group.is_all() && group.members.iter().all(is_plain)
    }
}

/// Whether a remark in brackets has the number that a total and its sum differ by: `22 (21 active,
/// 1 archived)`.
fn explains(remark: &str, difference: u64) -> bool {
    let tokens = lex::split(remark).into_iter();
    tokens
        .map(|token| token.kind)
        .any(|kind| kind == lex::Kind::Number(difference))
}

/// A number, and the unit of the points that it counts; none for tasks.
type Value<'a> = (u64, Option<&'a str>);

/// Of several totals, each with a word that says what it counts, one that does not fit.
fn wrong_of_several<'f>(
    figures: &'f Figures,
    text: &str,
    fits: impl Fn(&Value<'f>) -> bool,
) -> Option<Value<'f>> {
    let totals = figures.totals(text)?;
    let mut wrong: Vec<_> = totals.iter().filter(|total| !fits(total)).collect();
    // Points are of tasks, whatever else is counted.
    wrong.sort_by_key(|(_, unit)| unit.is_none());
    let wrong = **wrong.first()?;
    // Parts of a plan are tasks where these have as many points.
    let told = wrong.1.is_some() || !figures.count_parts(text) || totals.iter().any(fits);
    told.then_some(wrong)
}
