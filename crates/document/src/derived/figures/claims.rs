//! What the figures of a line say that they count, and whether it is so.

use super::super::facts::Facts;
use super::super::group::Known;
use super::super::template::{Rounding, Share};
use super::{Figure, Figures, Shape};
use crate::vocabulary::{Sense, is_counted, is_parts, is_work};

/// What can stand right before a number that is a count of its own.
const BEFORE: [char; 14] = [
    '(', '（', '[', '【', ':', '：', '-', '–', '—', '|', ',', ';', '·', '•',
];

/// Words that can stand with what a number counts all of.
const OF_COUNTS: [&str; 8] = [
    "story", "stories", "points", "point", "total", "in", "all", "and",
];

impl Figures {
    /// Whether a number has words right behind it that say it counts tasks: `3/9 core tasks`.
    pub(in super::super) fn count_work(&self, text: &str) -> bool {
        self.behind(text).any(is_counted)
    }

    /// Whether they say that it counts parts of a plan, which need not be tasks: `6/6 stories`.
    pub(in super::super) fn count_parts(&self, text: &str) -> bool {
        self.behind(text).any(is_parts)
    }

    /// The words right behind each number.
    fn behind<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        let starts = self.figures.iter().skip(1).map(|figure| figure.range.start);
        let ends = starts.chain([text.len()]);
        self.figures.iter().zip(ends).filter_map(|(figure, end)| {
            let behind = text.get(figure.range.end..end)?;
            let breaks = ['(', '（', ')', '）', ',', ';', '|', '-', '–'];
            behind.split(breaks).next()
        })
    }

    /// Whether the numbers stand by themselves with what they count, so that they are of all there
    /// is: not `~5`, `up to 5 tasks`, `2 blocked tasks`.
    pub(in super::super) fn are_plain(&self, text: &str) -> bool {
        let is_markup = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '`');
        let begins = |figure: &Figure| {
            let before = text.get(..figure.range.start).unwrap_or_default();
            let sign = before.trim_end_matches(is_markup).chars().next_back();
            sign.is_none_or(|sign| BEFORE.contains(&sign))
        };
        let says_what = |(figure, behind): (&Figure, &str)| {
            let is_of_count = |word: &str| {
                let unit = figure.unit.as_deref();
                let is_unit = unit.is_some_and(|unit| unit.eq_ignore_ascii_case(word));
                is_unit || is_counted(word) || is_parts(word) || OF_COUNTS.contains(&word)
            };
            behind.chars().all(|c| c.is_alphanumeric() || is_markup(c))
                && behind
                    .split(is_markup)
                    .filter(|word| !word.is_empty())
                    .all(is_of_count)
        };
        let first = self.figures.first();
        first.is_some_and(begins) && self.figures.iter().zip(self.behind(text)).all(says_what)
    }

    /// Whether there is one number, and nothing else.
    pub(in super::super) fn is_lone(&self) -> bool {
        self.lone().is_some()
    }

    /// The number, where there is one and nothing else.
    pub(in super::super) fn lone(&self) -> Option<u64> {
        match self.figures.as_slice() {
            [only] => match only.shape {
                Shape::Lone(value) => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether words say of every number by itself that it counts this.
    pub(in super::super) fn is_of(&self, share: Share) -> bool {
        self.figures.iter().all(|own| own.sense == Some(share))
    }

    /// Whether words say that it counts something that no task is: `3/5 endpoints`.
    pub(in super::super) fn count_others(&self, text: &str) -> bool {
        let senses = [Sense::Done, Sense::Open, Sense::Total];
        let is_other = |behind: &str| {
            let is_known = is_counted(behind)
                || is_parts(behind)
                || is_work(behind)
                || senses.iter().any(|sense| sense.is_in(behind));
            behind.contains(char::is_alphabetic) && !is_known
        };
        let behind = self.figures.iter().zip(self.behind(text));
        behind
            .filter(|(own, _)| matches!(own.shape, Shape::Whole(_)) && own.unit.is_none())
            .any(|(_, behind)| is_other(behind))
    }

    /// The totals of a text that gives several, each with its unit: `(7 stories, 21 SP)`. `None` if
    /// one of them is something else.
    pub(in super::super) fn totals(&self, text: &str) -> Option<Vec<(u64, Option<&str>)>> {
        let total = |(figure, behind): (&'_ Figure, &str)| match (figure.shape, figure.sense) {
            (Shape::Lone(value), None | Some(Share::Total)) => {
                let counts = figure.unit.is_some() || is_counted(behind);
                counts.then_some(value)
            }
            _ => None,
        };
        let figures = self.figures.iter().zip(self.behind(text));
        let values: Option<Vec<u64>> = figures.map(total).collect();
        let units = self.figures.iter().map(|own| own.unit.as_deref());
        Some(values?.into_iter().zip(units).collect())
    }

    /// Whether the numbers by themselves say how many there are and how many of them are done.
    pub(in super::super) fn tell_done_of_all(&self) -> bool {
        let tells = |share| {
            let is_it =
                |own: &Figure| matches!(own.shape, Shape::Lone(_)) && own.sense == Some(share);
            self.figures.iter().filter(|own| is_it(own)).count() == 1
        };
        tells(Share::Done) && tells(Share::Total)
    }

    /// Whether what is said of all tasks and of the done ones is true of a group. The open ones may
    /// be told apart in more ways than one.
    pub(in super::super) fn agree(&self, facts: &Facts<'_>, group: &Known) -> bool {
        self.figures.iter().all(|figure| {
            let (value, share) = match (figure.shape, figure.sense) {
                (Shape::Whole(value), _) => (value, Share::Total),
                (Shape::Part(value), Some(share)) => (value, share),
                (Shape::Lone(value), Some(share @ (Share::Done | Share::Total))) => (value, share),
                _ => return true,
            };
            group.count(facts, share, figure.unit.as_deref()) == value
        })
    }

    /// A part, its whole and the percentage right behind them that is none of them.
    pub(in super::super) fn wrong_share(&self, text: &str) -> Option<(u64, u64, u64)> {
        let [part, whole, percent] = self.figures.as_slice() else {
            return None;
        };
        let (Shape::Part(done), Shape::Whole(all)) = (part.shape, whole.shape) else {
            return None;
        };
        let Shape::Percent {
            value, decimals, ..
        } = percent.shape
        else {
            return None;
        };
        let between = text.get(whole.range.end..percent.range.start)?;
        let words = between.trim_end().strip_suffix(['(', '（'])?;
        let plain = words
            .chars()
            .all(|c| c.is_alphabetic() || c.is_whitespace());
        // What stands with the number says what else it would be a part of.
        let behind = text.get(percent.range.end..)?.trim_start();
        let alone = behind
            .strip_prefix(['%', '％'])?
            .trim_start()
            .starts_with([')', '）']);
        let rounded = [Rounding::Nearest, Rounding::Down, Rounding::Up];
        let fits = rounded
            .into_iter()
            .any(|rounding| rounding.percent(done, all, decimals) == Some(value));
        let scale = 10_u64.checked_pow(u32::from(decimals))?;
        (plain && alone && all > 0 && !fits).then(|| (done, all, value / scale))
    }
}
