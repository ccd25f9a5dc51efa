//! What plans say that tasks take: `Estimated Hours: 4-6 hours`, `Effort: S (2 hours)`,
//! `Story Points: 3`.

use std::collections::BTreeMap;

use crate::id::TaskKey;
use crate::plan::Plan;

/// What estimates are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Minutes of work: a day has 8 hours, a week 5 days.
    Minutes,
    /// Hundredths of a story point.
    Points,
    /// No task has an estimate: each counts one.
    Tasks,
}

/// How much a task is said to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimate {
    /// In minutes of work.
    pub minutes: Option<u64>,
    /// In hundredths of a story point.
    pub points: Option<u64>,
}

impl Unit {
    /// The unit that most of these estimates have.
    pub(super) fn of(estimates: impl Iterator<Item = Estimate>) -> Self {
        let (mut minutes, mut points) = (0, 0);
        for estimate in estimates {
            minutes += usize::from(estimate.minutes.is_some());
            points += usize::from(estimate.points.is_some());
        }
        match (minutes, points) {
            (0, 0) => Self::Tasks,
            (minutes, points) if points > minutes => Self::Points,
            _ => Self::Minutes,
        }
    }

    /// An amount in words: `6 h 30 min`, `3.5 points`, `4 tasks`.
    #[must_use]
    pub fn words(self, amount: u64) -> String {
        let many = |count: String, one: &str| match count.as_str() {
            "1" => format!("1 {one}"),
            _ => format!("{count} {one}s"),
        };
        match self {
            Self::Minutes => match (amount / 60, amount % 60) {
                (0, minutes) => format!("{minutes} min"),
                (hours, 0) => format!("{hours} h"),
                (hours, minutes) => format!("{hours} h {minutes} min"),
            },
            Self::Points => {
                let (whole, part) = (amount / 100, amount % 100);
                let text = format!("{whole}.{part:02}");
                let text = text.trim_end_matches('0').trim_end_matches('.');
                many(text.to_owned(), "point")
            }
            Self::Tasks => many(amount.to_string(), "task"),
        }
    }

    /// An amount as `--json` output has it: of points not in hundredths.
    #[must_use]
    pub fn amount(self, amount: u64) -> f64 {
        match self {
            Self::Points => amount as f64 / 100.0,
            Self::Minutes | Self::Tasks => amount as f64,
        }
    }

    /// Its name in `--json` output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Points => "points",
            Self::Tasks => "tasks",
        }
    }
}

impl Estimate {
    /// How much it is in a unit; `None` where that is not said.
    #[must_use]
    pub const fn in_unit(self, unit: Unit) -> Option<u64> {
        match unit {
            Unit::Minutes => self.minutes,
            Unit::Points => self.points,
            Unit::Tasks => Some(1),
        }
    }

    /// It in words, time first.
    #[must_use]
    pub fn words(self) -> Option<String> {
        let minutes = self.minutes.map(|own| Unit::Minutes.words(own));
        minutes.or_else(|| self.points.map(|own| Unit::Points.words(own)))
    }

    /// Takes in a field, if it is one that says what its task takes.
    fn take(&mut self, label: &str, value: &str) {
        let label = label.to_lowercase();
        let has = |word: &str| {
            label
                .split(|c: char| !c.is_alphabetic())
                .any(|own| own == word)
        };
        let of_points = has("points") || has("sp") || has("pts");
        let is_estimate = ["estimate", "estimated", "estimation", "effort", "duration"];
        if (!of_points && !is_estimate.iter().any(|word| has(word))) || has("actual") {
            return;
        }
        let found = read(value, of_points, has("hours") || has("hrs"));
        self.minutes = self.minutes.or(found.minutes);
        self.points = self.points.or(found.points);
    }
}

/// The estimates of all tasks that have one.
pub(super) fn of(plan: &Plan) -> BTreeMap<TaskKey, Estimate> {
    let mut estimates = BTreeMap::new();
    for document in plan.documents() {
        let outline = document.outline();
        for task in plan.tasks_of(&document.id) {
            let group = Plan::place(task, &outline).and_then(|at| outline.tasks.get(at));
            let entry = group.and_then(|group| outline.entries.get(*group.first()?));
            let mut estimate = Estimate::default();
            for field in entry.into_iter().flat_map(|entry| &entry.fields) {
                estimate.take(&field.label, &field.value.text);
            }
            if estimate != Estimate::default() {
                estimates.insert(task.key.clone(), estimate);
            }
        }
    }
    estimates
}

/// The most of anything that is believed, so that sums stay sums.
const MOST: f64 = 1e9;

/// Reads amounts with their units: the first of each kind. Of a range it takes the middle.
fn read(value: &str, of_points: bool, of_hours: bool) -> Estimate {
    let mut estimate = Estimate::default();
    let value: String = value.chars().take(200).collect::<String>().to_lowercase();
    let mut rest = value.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (low, after) = number(&rest[at..]);
        let range = after.trim_start();
        let range = range
            .strip_prefix(['-', '–', '—'])
            .or_else(|| range.strip_prefix("to "));
        let range = range.map(|own| own.trim_start());
        let range = range.filter(|own| own.starts_with(|c: char| c.is_ascii_digit()));
        let (amount, after) = match range {
            Some(high) => {
                let (high, after) = number(high);
                (f64::midpoint(low, high), after)
            }
            None => (low, after),
        };
        let after = after.trim_start();
        let end = after
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let rounded = |amount: f64| (amount.clamp(0.0, MOST)).round() as u64;
        let minutes = match unit {
            "m" | "min" | "mins" | "minute" | "minutes" => Some(1.0),
            "h" | "hr" | "hrs" | "hour" | "hours" => Some(60.0),
            "d" | "day" | "days" => Some(480.0),
            "w" | "week" | "weeks" => Some(2_400.0),
            _ => None,
        };
        match (minutes, unit) {
            (Some(each), _) => {
                estimate.minutes = estimate.minutes.or(Some(rounded(amount * each)));
            }
            (None, "sp" | "pt" | "pts" | "point" | "points" | "story") => {
                estimate.points = estimate.points.or(Some(rounded(amount * 100.0)));
            }
            (None, _) if of_points => {
                estimate.points = estimate.points.or(Some(rounded(amount * 100.0)));
            }
            (None, _) if of_hours => {
                estimate.minutes = estimate.minutes.or(Some(rounded(amount * 60.0)));
            }
            _ => {}
        }
        rest = after;
    }
    estimate
}

/// The number at the beginning of a text that begins with a digit, and what is behind it.
fn number(text: &str) -> (f64, &str) {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let number = digits.trim_end_matches('.').parse().unwrap_or(0.0);
    (number, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn estimates_are_read_as_plans_write_them() {
        for (label, value, minutes, points) in [
            ("Estimated Hours", "4-6 hours", Some(300), None),
            ("Estimated Hours", "3", Some(180), None),
            ("Estimated Time", "2-3 hours (3 SP)", Some(150), Some(300)),
            ("Estimated Time", "30-45 minutes", Some(38), None),
            ("Effort", "S (2 hours)", Some(120), None),
            ("Effort", "XS (30 min)", Some(30), None),
            ("Estimated Duration", "6 days", Some(2_880), None),
            ("Estimated", "~3 SP", None, Some(300)),
            ("Story Points", "2 (Low-Medium complexity)", None, Some(200)),
            ("Estimate", "1.5h", Some(90), None),
            ("Actual Effort", "3 hours", None, None),
            ("Owner", "3 hours", None, None),
            ("Effort", "M", None, None),
        ] {
            let mut estimate = Estimate::default();
            estimate.take(label, value);
            assert_eq!(estimate, Estimate { minutes, points }, "{label}: {value}");
        }
    }

    #[test]
    fn amounts_are_told_in_their_unit() {
        assert_eq!(Unit::Minutes.words(390), "6 h 30 min");
        assert_eq!(Unit::Points.words(350), "3.5 points");
        assert_eq!(Unit::Points.words(100), "1 point");
        assert_eq!(Unit::Tasks.words(4), "4 tasks");
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(value in "(\\PC|[0-9.–-]){0,40}", points: bool, hours: bool) {
            let _ = read(&value, points, hours);
        }
    }
}
