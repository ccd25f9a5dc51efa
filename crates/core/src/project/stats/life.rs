//! The life of one task.

use std::collections::BTreeMap;

use ledger_document::Status;
use serde::{Deserialize, Serialize};

use super::time;
use crate::id::DocumentId;
use crate::time::Time;

/// A change of status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    /// Milliseconds since the Unix epoch; never before the change before it.
    pub(super) at: i64,
    /// `None`: it is not in the plan.
    pub(super) status: Option<Status>,
    /// The number of who is said to have done it.
    pub(super) by: u32,
    /// Whether an event about the task says so; otherwise it came about with something else.
    pub(super) told: bool,
    /// Why it waits.
    pub(super) reason: Option<String>,
}

/// When a task had which status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    document: DocumentId,
    /// The first is its coming; never empty.
    changes: Vec<Change>,
    /// Changes that claim a time before the one before them.
    backwards: u32,
}

/// A stretch of time with one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay<'l> {
    /// `None`: it was not in the plan.
    pub status: Option<Status>,
    /// Why it waited.
    pub reason: Option<&'l str>,
    /// From here, in milliseconds since the Unix epoch.
    pub from: i64,
    /// Up to here; never before `from`.
    pub to: i64,
}

impl Life {
    pub(super) fn new(document: DocumentId, came: Change) -> Self {
        Self {
            document,
            changes: vec![came],
            backwards: 0,
        }
    }

    pub(super) fn push(&mut self, mut change: Change) {
        let latest = self.latest();
        if change.at < latest {
            change.at = latest;
            self.backwards = self.backwards.saturating_add(1);
        }
        self.changes.push(change);
    }

    pub(super) fn move_to(&mut self, document: DocumentId) {
        self.document = document;
    }

    pub(super) const fn document(&self) -> &DocumentId {
        &self.document
    }

    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Changes that claim a time before the one before them.
    #[must_use]
    pub const fn backwards(&self) -> u32 {
        self.backwards
    }

    pub(super) fn is(&self, status: Status, reason: Option<&str>) -> bool {
        let last = self.changes.last();
        last.is_some_and(|last| last.status == Some(status) && last.reason.as_deref() == reason)
    }

    /// What it is now; `None` where it left the plan.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.changes.last().and_then(|last| last.status)
    }

    /// Whether it left the plan and was completed when it did.
    pub(super) fn left_completed(&self) -> bool {
        let mut latest = self.changes.iter().rev().map(|change| change.status);
        latest.next() == Some(None) && latest.next() == Some(Some(Status::Completed))
    }

    /// When it came.
    #[must_use]
    pub fn came(&self) -> Option<Time> {
        time(self.changes.first()?.at)
    }

    fn latest(&self) -> i64 {
        self.changes.last().map_or(i64::MIN, |last| last.at)
    }

    /// When it was first begun.
    #[must_use]
    pub fn started(&self) -> Option<Time> {
        let mut changes = self.changes.iter();
        let first = changes.find(|change| change.status == Some(Status::InProgress))?;
        time(first.at)
    }

    /// The change that completed it, if it is completed and did not come so.
    pub(super) fn completion(&self) -> Option<&Change> {
        let done = |change: &Change| change.status == Some(Status::Completed);
        let since = self.changes.iter().rposition(|change| !done(change))?;
        self.changes.get(since + 1)
    }

    /// When it was completed, if it is and did not come so.
    #[must_use]
    pub fn completed(&self) -> Option<Time> {
        time(self.completion()?.at)
    }

    /// How often it was closed and is open again.
    #[must_use]
    pub fn reopened(&self) -> usize {
        let pairs = self.changes.windows(2);
        pairs
            .filter(|pair| is_reopening(pair[0].status, pair[1].status))
            .count()
    }

    /// Its stretches up to a moment, oldest first, without gaps.
    pub fn stays(&self, until: Time) -> impl Iterator<Item = Stay<'_>> {
        let end = until.millis().max(self.latest());
        let ends = self.changes.iter().skip(1).map(|next| next.at);
        let ends = ends.chain(std::iter::once(end));
        self.changes.iter().zip(ends).map(|(change, to)| Stay {
            status: change.status,
            reason: change.reason.as_deref(),
            from: change.at,
            to,
        })
    }

    /// From its coming to a moment, in milliseconds.
    #[must_use]
    pub fn age(&self, until: Time) -> u64 {
        let came = self.changes.first().map_or(0, |first| first.at);
        span(came, until.millis().max(self.latest()))
    }

    /// Milliseconds in each status up to a moment; while it was not in the plan in none.
    #[must_use]
    pub fn spent(&self, until: Time) -> BTreeMap<Option<Status>, u64> {
        let mut spent = BTreeMap::new();
        for stay in self.stays(until) {
            *spent.entry(stay.status).or_default() += span(stay.from, stay.to);
        }
        spent
    }

    /// Milliseconds blocked up to a moment, by reason; without one under the empty text.
    #[must_use]
    pub fn blocked(&self, until: Time) -> BTreeMap<&str, u64> {
        let mut blocked = BTreeMap::new();
        for stay in self.stays(until) {
            if stay.status == Some(Status::Blocked) {
                let reason = stay.reason.unwrap_or_default();
                *blocked.entry(reason).or_default() += span(stay.from, stay.to);
            }
        }
        blocked
    }
}

/// Whether a change takes up what was closed. Something found to be wrong with it does not.
pub(super) fn is_reopening(from: Option<Status>, to: Option<Status>) -> bool {
    let was_closed = from.is_some_and(Status::is_closed);
    let is_open = to.is_some_and(|to| !to.is_closed() && to != Status::IssuesFound);
    was_closed && is_open
}

/// Milliseconds between two moments; none if they are the wrong way round.
pub(super) fn span(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}
