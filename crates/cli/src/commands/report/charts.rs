//! Burn-up, cumulative flow, and the timeline of the tasks.

use ledger_core::project::Stats;
use ledger_core::project::stats::{Day, TaskStats};
use ledger_core::{Status, Time};

use super::svg::{Svg, number};
use crate::output::escape::plain;
use crate::output::{columns, paint, when};

/// The size of a chart, and the room around it for what its axes say.
const WIDE: f64 = 640.0;
const HIGH: f64 = 280.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 28.0;

/// Days that a chart has; of more only some are drawn.
const POINTS: usize = 400;
/// Tasks that a timeline has.
pub(super) const TASKS: usize = 300;

/// Cells of a task's key in a picture.
pub(super) const LABEL: usize = 22;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// From the lowest to the highest status in the chart of all of them.
const LAYERS: [Status; 6] = [
    Status::Completed,
    Status::IssuesFound,
    Status::InProgress,
    Status::Blocked,
    Status::Pending,
    Status::Cancelled,
];

/// From times to places across a picture.
struct Across {
    from: i64,
    to: i64,
    left: f64,
    right: f64,
}

impl Across {
    fn at(&self, millis: i64) -> f64 {
        let whole = (self.to - self.from).max(1) as f64;
        let part = (millis.clamp(self.from, self.to) - self.from) as f64;
        self.left + (self.right - self.left) * part / whole
    }

    /// A few days with where they are, whose names do not touch each other.
    fn days(&self) -> Vec<(f64, String)> {
        let count = ((self.right - self.left) / 110.0).floor().clamp(1.0, 8.0) as i64;
        let days = ((self.to - self.from) / DAY).max(1);
        let step = (days + count - 1) / count;
        // A day's name stands where the day begins.
        let first = -(-self.from).div_euclid(DAY) * DAY;
        let each = (0..=count).map(|nth| first + nth * step * DAY);
        each.filter(|millis| *millis <= self.to)
            .map(|millis| {
                let day = Time::from_millis(millis).map_or_else(String::new, Time::date);
                (self.at(millis), day)
            })
            .filter(|(x, _)| *x <= self.right - 36.0 || *x <= self.left)
            .collect()
    }
}

/// The first millisecond of a day.
fn millis(day: &Day) -> i64 {
    let time: Option<Time> = format!("{}T00:00:00.000Z", day.day).parse().ok();
    time.map_or(0, Time::millis)
}

/// Every how many days one is drawn.
pub(super) fn step(days: &[Day]) -> usize {
    days.len().div_ceil(POINTS).max(1)
}

/// Some of the days, evenly, and the last one.
fn thinned(days: &[Day]) -> Vec<&Day> {
    let step = step(days);
    let last = days.len().saturating_sub(1);
    let some = days.iter().enumerate();
    some.filter(|(at, _)| at % step == 0 || *at == last)
        .map(|(_, day)| day)
        .collect()
}

fn count(day: &Day, status: Status) -> f64 {
    day.tasks.get(status.name()).copied().unwrap_or(0) as f64
}

/// A round number of tasks for the top of a chart.
fn top(most: f64) -> f64 {
    let most = most.max(4.0);
    let ten = 10f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 4.0, 5.0, 8.0, 10.0];
    let rounded = steps.into_iter().map(|step| step * ten);
    rounded.into_iter().find(|top| *top >= most).unwrap_or(most)
}

/// The axes of a chart, with what is across and up.
fn axes(svg: &mut Svg, days: &[&Day], most: f64) -> (Across, impl Fn(f64) -> f64 + use<>) {
    let from = days.first().map_or(0, |day| millis(day));
    // A day's counts are those at its end, so the last one takes its place too.
    let to = days.last().map_or(0, |day| millis(day)) + DAY;
    let across = Across {
        from,
        to,
        left: LEFT,
        right: WIDE - RIGHT,
    };
    let top = top(most);
    let up = move |tasks: f64| HIGH - BOTTOM - (HIGH - BOTTOM - TOP) * tasks / top;
    for part in 0..=4 {
        let tasks = top * f64::from(part) / 4.0;
        let y = up(tasks);
        svg.line("grid", (LEFT, y), (WIDE - RIGHT, y));
        svg.text("soft", "end", (LEFT - 6.0, y + 4.0), &number(tasks));
    }
    for (x, day) in across.days() {
        svg.line("grid", (x, HIGH - BOTTOM), (x, HIGH - BOTTOM + 5.0));
        let anchor = if x <= LEFT { "start" } else { "middle" };
        svg.text("soft", anchor, (x, HIGH - 8.0), &day);
    }
    (across, up)
}

/// A line in steps: what is at the end of a day holds until the next one.
fn steps(days: &[&Day], across: &Across, y: impl Fn(&Day) -> f64) -> String {
    let mut data = String::new();
    for (at, day) in days.iter().enumerate() {
        let x = number(across.at(millis(day)));
        match at {
            0 => data.push_str(&format!("M{x} {}", number(y(day)))),
            _ => data.push_str(&format!("H{x}V{}", number(y(day)))),
        }
    }
    data + &format!("H{}", number(across.right))
}

/// How many tasks there are, and how many of them are completed, day by day. Plans move what is
/// finished elsewhere: a task that left completed stays one, or the work done would seem to shrink.
pub(super) fn burn_up(days: &[Day]) -> String {
    let days = thinned(days);
    let scope = |day: &Day| {
        let all: i64 = day.tasks.values().sum();
        (all + day.left_completed) as f64 - count(day, Status::Cancelled)
    };
    let done = |day: &Day| day.left_completed as f64 + count(day, Status::Completed);
    let (first, last) = (days.first(), days.last());
    let says = match (first, last) {
        (Some(first), Some(last)) => format!(
            "From {} to {}: of {} tasks {} are completed at the end.",
            first.day,
            last.day,
            number(scope(last)),
            number(done(last))
        ),
        _ => "Nothing happened yet.".to_owned(),
    };
    let mut svg = Svg::new("burn-up", WIDE, HIGH, "Burn-up", &says);
    let most = days.iter().map(|day| scope(day)).fold(0.0, f64::max);
    let (across, up) = axes(&mut svg, &days, most);
    if !days.is_empty() {
        svg.path("line s-scope", &steps(&days, &across, |day| up(scope(day))));
        svg.path(
            "line s-completed",
            &steps(&days, &across, |day| up(done(day))),
        );
    }
    svg.finish()
}

/// How many tasks had which status, day by day, one on the other.
pub(super) fn flow(days: &[Day]) -> String {
    let days = thinned(days);
    let says = days.last().map_or_else(String::new, |last| {
        let each = LAYERS.map(|status| {
            let count = number(count(last, status));
            format!("{count} {}", paint::words(status))
        });
        format!("At the end of {}: {}.", last.day, each.join(", "))
    });
    let mut svg = Svg::new("flow", WIDE, HIGH, "Cumulative flow", &says);
    let all = |day: &Day| day.tasks.values().sum::<i64>() as f64;
    let most = days.iter().map(|day| all(day)).fold(0.0, f64::max);
    let (across, up) = axes(&mut svg, &days, most);
    let below = |day: &Day, layers: usize| {
        let layers = LAYERS.iter().take(layers);
        up(layers.map(|status| count(day, *status)).sum())
    };
    for (layer, status) in LAYERS.into_iter().enumerate() {
        if days.iter().all(|day| count(day, status) == 0.0) {
            continue;
        }
        let mut data = steps(&days, &across, |day| below(day, layer + 1));
        for day in days.iter().rev() {
            let (x, y) = (across.at(millis(day)), below(day, layer));
            data.push_str(&format!("V{}H{}", number(y), number(x)));
        }
        data.push('Z');
        svg.path(&format!("f-{}", status.name()), &data);
    }
    svg.finish()
}

/// Which task had which status when, a row each. `tasks`: no more than [`TASKS`].
pub(super) fn timeline(tasks: &[&TaskStats], stats: &Stats, until: Time) -> String {
    const ROW: f64 = 20.0;
    const WIDE: f64 = 1_180.0;
    let keys: Vec<String> = (tasks.iter())
        .map(|task| columns::fit(&plain(task.key.as_str()), LABEL).into_owned())
        .collect();
    let cells = keys.iter().map(|key| columns::width(key)).max();
    let names = 20.0 + 7.5 * cells.unwrap_or(0) as f64;
    let came = tasks.iter().filter_map(|task| task.added);
    let from = came.map(Time::millis).min().unwrap_or(until.millis());
    let lives = tasks.iter().filter_map(|task| stats.life(&task.key));
    let ends = lives.flat_map(|life| life.stays(until).map(|stay| stay.to));
    let to = ends.max().unwrap_or(from).max(from + 1);
    let across = Across {
        from,
        to,
        left: names,
        right: WIDE - 12.0,
    };
    let high = ROW * tasks.len() as f64 + 30.0;
    let says = format!(
        "{} tasks from {} to {}, a row each; the table below has the same dates.",
        tasks.len(),
        Time::from_millis(from).map_or_else(String::new, when::utc),
        Time::from_millis(to).map_or_else(String::new, when::utc)
    );
    let mut svg = Svg::fixed("timeline", WIDE, high, "Timeline of the tasks", &says);
    let ticks: Vec<(f64, String)> = match to - from >= 2 * DAY {
        true => across.days(),
        false => [from, to]
            .into_iter()
            .filter_map(Time::from_millis)
            .map(|time| (across.at(time.millis()), when::utc(time)))
            .collect(),
    };
    let last = ticks.len().saturating_sub(1);
    for (nth, (x, day)) in ticks.iter().enumerate() {
        svg.line("grid", (*x, 22.0), (*x, high));
        let anchor = match *x > WIDE - 80.0 && nth == last {
            true => "end",
            false => "start",
        };
        svg.text("soft", anchor, (*x, 15.0), day);
    }
    for (row, task) in tasks.iter().enumerate() {
        let y = 26.0 + ROW * row as f64;
        if let Some(key) = keys.get(row) {
            svg.text("", "end", (names - 8.0, y + 12.0), key);
        }
        let stays = stats.life(&task.key).into_iter();
        for stay in stays.flat_map(|life| life.stays(until)) {
            let Some(status) = stay.status else { continue };
            let (x, end) = (across.at(stay.from), across.at(stay.to));
            // What took no time at all is seen only where it is the last.
            if stay.from == stay.to && stay.to != to {
                continue;
            }
            let hint = match stay.reason {
                Some(reason) => format!("{}: {reason}", paint::words(status)),
                None => String::new(),
            };
            let class = format!("f-{}", status.name());
            svg.rect(&class, (x, y + 2.0), ((end - x).max(1.5), 13.0), &hint);
        }
    }
    svg.finish()
}

/// What the colours mean.
pub(super) fn key(statuses: &[Status]) -> String {
    let each = statuses.iter().map(|status| {
        format!(
            "<li><svg aria-hidden=\"true\" viewBox=\"0 0 10 8\"><rect class=\"f-{}\" width=\"10\" height=\"8\"/></svg>{}</li>",
            status.name(),
            paint::words(*status)
        )
    });
    format!("<ul class=\"key\">{}</ul>", each.collect::<String>())
}
