//! What a plan says that cannot all be true, and what in it has gone stale or broken.
//!
//! A rule is a module that says what it finds and a row of [`RULES`]. It reads plans as they are
//! and knows no history but what it is given. Whether a promised file exists, what day it is and
//! which ids tasks once had is asked outside and handed in. Where one text follows from the others
//! without a doubt, a finding has the edit that puts it right.
//!
//! A rule rather misses something than names what is right: whoever gets false alarms stops
//! looking.

mod broken_table;
mod conflict_marker;
mod conflicting_status;
mod dependency_cycle;
mod desk;
mod done_before_dependency;
mod done_with_open_steps;
mod done_with_pending_result;
mod duplicate_id;
mod finding;
mod future_date;
mod missing_output;
mod stale_last_updated;
mod stale_pointer;
mod stale_roll_up;
mod taken_next_id;
mod unknown_reference;
mod unknown_status;
mod wrong_percentage;
mod wrong_total;

use ledger_document::derived::{Binding, Date};
use ledger_document::{Document, Hunk, Outline};

pub use finding::{Finding, Fix, Related, Severity, Spot};

use desk::Desk;

/// A plan document that is checked.
#[derive(Debug)]
pub struct Sheet<'a> {
    /// What it is called.
    pub path: &'a str,
    /// Its text.
    pub document: &'a Document,
    /// What that says.
    pub outline: &'a Outline,
    /// Which derived text follows which tasks.
    pub bindings: &'a [Binding],
    /// The day on which the status of one of its tasks was changed last, if anybody knows.
    pub changed: Option<Date>,
}

/// What is known besides the texts.
#[expect(
    missing_debug_implementations,
    reason = "functions have nothing to show"
)]
pub struct Around<'a> {
    /// The day it is.
    pub today: Date,
    /// The day after: where a plan was written it may be that already.
    pub tomorrow: Date,
    /// Whether a file exists that the sheet with this index promises by this path; `None` where
    /// nobody can know.
    pub exists: &'a dyn Fn(usize, &str) -> Option<bool>,
    /// Whether a task that the plans do not have (any more) went by this id, or may have; none where
    /// nobody knows what they once had.
    pub had: Option<&'a dyn Fn(&str) -> bool>,
}

/// Something that can be wrong with a plan.
#[derive(Debug)]
pub struct Rule {
    /// What it is called.
    pub name: &'static str,
    /// What is wrong where it finds something.
    pub about: &'static str,
    /// How bad that is.
    pub severity: Severity,
    /// Whether any of its findings can be put right without a doubt.
    pub fixes: bool,
    judge: fn(&Desk<'_>, &mut Vec<Finding>),
}

/// All rules there are.
pub static RULES: &[Rule] = &[
    Rule {
        name: stale_roll_up::NAME,
        about: "a line that counts tasks, or repeats what they say, says something else than they do",
        severity: Severity::Warning,
        fixes: true,
        judge: stale_roll_up::judge,
    },
    Rule {
        name: wrong_total::NAME,
        about: "a total of tasks, stories or points, or a table's last row, is not the sum",
        severity: Severity::Warning,
        fixes: false,
        judge: wrong_total::judge,
    },
    Rule {
        name: wrong_percentage::NAME,
        about: "a percentage is not that of the two numbers before it",
        severity: Severity::Warning,
        fixes: false,
        judge: wrong_percentage::judge,
    },
    Rule {
        name: stale_pointer::NAME,
        about: "an open task is named as the last one completed, or a closed one as the next",
        severity: Severity::Warning,
        fixes: false,
        judge: stale_pointer::judge,
    },
    Rule {
        name: stale_last_updated::NAME,
        about: "the day of the last update is before the day of a later change",
        severity: Severity::Warning,
        fixes: true,
        judge: stale_last_updated::judge,
    },
    Rule {
        name: future_date::NAME,
        about: "a task was completed, or a plan updated, on a day that is yet to come",
        severity: Severity::Warning,
        fixes: false,
        judge: future_date::judge,
    },
    Rule {
        name: duplicate_id::NAME,
        about: "two tasks with different titles have the same id",
        severity: Severity::Error,
        fixes: false,
        judge: duplicate_id::judge,
    },
    Rule {
        name: taken_next_id::NAME,
        about: "the id that is said to be the next free one is a task's already",
        severity: Severity::Warning,
        fixes: false,
        judge: taken_next_id::judge,
    },
    Rule {
        name: conflicting_status::NAME,
        about: "a task is done in one place and open in another",
        severity: Severity::Error,
        fixes: false,
        judge: conflicting_status::judge,
    },
    Rule {
        name: unknown_status::NAME,
        about: "a box, a status field or a cell of a status column says nothing that is a status",
        severity: Severity::Warning,
        fixes: false,
        judge: unknown_status::judge,
    },
    Rule {
        name: done_with_open_steps::NAME,
        about: "a completed task, or a heading for what is done, has something open below it",
        severity: Severity::Warning,
        fixes: false,
        judge: done_with_open_steps::judge,
    },
    Rule {
        name: done_with_pending_result::NAME,
        about: "a completed task has a result that is marked as open, or still to come",
        severity: Severity::Warning,
        fixes: false,
        judge: done_with_pending_result::judge,
    },
    Rule {
        name: done_before_dependency::NAME,
        about: "a task was completed before one that it depends on",
        severity: Severity::Warning,
        fixes: false,
        judge: done_before_dependency::judge,
    },
    Rule {
        name: dependency_cycle::NAME,
        about: "tasks wait for one another in a circle, or one for itself",
        severity: Severity::Error,
        fixes: false,
        judge: dependency_cycle::judge,
    },
    Rule {
        name: unknown_reference::NAME,
        about: "a task depends on an id that no task has ever had",
        severity: Severity::Warning,
        fixes: false,
        judge: unknown_reference::judge,
    },
    Rule {
        name: missing_output::NAME,
        about: "a file that a completed task promises does not exist",
        severity: Severity::Warning,
        fixes: false,
        judge: missing_output::judge,
    },
    Rule {
        name: broken_table::NAME,
        about: "a table is cut in two, or has a row that does not fit its header",
        severity: Severity::Warning,
        fixes: true,
        judge: broken_table::judge,
    },
    Rule {
        name: conflict_marker::NAME,
        about: "a merge left its conflict markers behind",
        severity: Severity::Error,
        fixes: false,
        judge: conflict_marker::judge,
    },
];

impl Rule {
    /// The rule with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.name == name)
    }
}

/// What rules find in plans, sheet by sheet in the order of their lines.
#[must_use]
pub fn check(sheets: &[Sheet<'_>], around: &Around<'_>, rules: &[&Rule]) -> Vec<Finding> {
    let desk = Desk::new(sheets, around, rules);
    let mut found = Vec::new();
    for rule in rules {
        (rule.judge)(&desk, &mut found);
    }
    found.sort_by_key(|finding| (finding.spot.sheet, finding.spot.lines.start));
    found
}

/// A sheet's document with the fixes of its findings, and the edits that make it so, each on the
/// text that the ones before it left. Of two fixes of the same lines only the first counts.
#[must_use]
pub fn fixed(document: &Document, sheet: usize, findings: &[Finding]) -> (Document, Vec<Hunk>) {
    let own = findings
        .iter()
        .filter(|finding| finding.spot.sheet == sheet);
    let mut hunks: Vec<&Hunk> = own
        .filter_map(|finding| finding.fix.as_ref())
        .flat_map(|fix| &fix.hunks)
        .collect();
    hunks.sort_by_key(|hunk| hunk.at);
    let mut taken_to = 0;
    hunks.retain(|hunk| {
        let free = hunk.at >= taken_to;
        if free {
            taken_to = hunk.at + hunk.remove.max(1);
        }
        free
    });
    // From the end, so that none moves the lines of another.
    let mut document = document.clone();
    let mut done = Vec::new();
    for hunk in hunks.into_iter().rev() {
        if document.apply(hunk).is_ok() {
            done.push(hunk.clone());
        }
    }
    (document, done)
}
