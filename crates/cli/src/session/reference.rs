//! From what a user typed to a moment.

use chrono::{DateTime, Local, NaiveDate, NaiveTime, TimeZone};
use ledger_core::branches::is_on;
use ledger_core::{Plan, Seq, Time};
use ledger_store::Store;

use super::Session;
use super::commits::Known;
use crate::failure::Failure;

/// A moment that was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The last event of its batch.
    pub(crate) seq: Seq,
}

/// Fewer digits than this are a seq, not the beginning of an id.
const SHORTEST_PREFIX: usize = 6;
/// Fewer digits than this are no commit's, as git has it.
const SHORTEST_COMMIT: usize = 4;
/// Events listed when the beginning of an id is ambiguous.
const CANDIDATES: usize = 5;

impl Session {
    /// The plan at the moment a reference names, or at the head.
    pub(crate) fn plan_named(&mut self, reference: Option<&str>) -> Result<Plan, Failure> {
        match reference {
            None => Ok(self.plan().clone()),
            Some(text) => {
                let moment = self.named(text)?;
                let plan = self.plan_at(moment.seq)?;
                self.rest();
                Ok(plan)
            }
        }
    }

    /// The moment that a seq, the beginning of an event id or of a commit's, a day or a time names.
    pub(crate) fn resolve(&mut self, text: &str) -> Result<Moment, Failure> {
        let moment = self.named(text)?;
        self.rest();
        Ok(moment)
    }

    fn named(&mut self, text: &str) -> Result<Moment, Failure> {
        let Some(head) = self.head_seq() else {
            return Err(Failure::trouble("the ledger has no events yet"));
        };
        if text == "head" {
            return Ok(Moment { seq: head });
        }
        let seq = text.parse::<u64>().ok().map(Seq);
        if let Some(seq) = seq.filter(|seq| *seq <= head) {
            return self.moment(seq);
        }
        let is_hex = (SHORTEST_COMMIT..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hex && let Some(moment) = self.by_digits(text)? {
            return Ok(moment);
        }
        match seq {
            Some(seq) if text.len() < SHORTEST_PREFIX => {
                return Err(Failure::trouble(format!("there is no event {seq}"))
                    .hint(format!("the last one is {head}")));
            }
            _ if is_hex => {
                return Err(Failure::trouble(format!(
                    "no event's id begins with {text}, and no commit's that the ledger knows"
                )));
            }
            _ => {}
        }
        if let Some(until) = end_of(text) {
            return self.at_time(until, text);
        }
        Err(Failure::trouble(format!("'{}' names no moment", text.chars().take(80).collect::<String>()))
            .hint("use a seq (12), the beginning of an event id or of a git commit's, a day (2025-10-15) or a time (2025-10-15T12:00:00Z)"))
    }

    fn moment(&mut self, seq: Seq) -> Result<Moment, Failure> {
        let batch = self.store.batch_at(seq)?;
        let last = batch.as_ref().map(|batch| batch.head().seq);
        match last {
            Some(last) if last == seq => Ok(Moment { seq }),
            Some(last) => Err(Failure::trouble(format!(
                "event {seq} is in the middle of a batch; only the end of a batch is a moment"
            ))
            .hint(format!("that batch ends with event {last}"))),
            None => Err(Failure::trouble(format!("there is no event {seq}"))),
        }
    }

    /// The moment of an event, or of a git commit, whose id begins with these digits.
    fn by_digits(&mut self, prefix: &str) -> Result<Option<Moment>, Failure> {
        let events = match prefix.len() >= SHORTEST_PREFIX {
            true => self.store.find_id(prefix, CANDIDATES)?,
            false => Vec::new(),
        };
        let in_git = self.commits_in_git(prefix);
        if let ([seq], []) = (events.as_slice(), in_git.as_slice()) {
            return self.moment(*seq).map(Some);
        }
        let commits = match events.is_empty() || !in_git.is_empty() {
            true => self.commits_known(prefix, in_git)?,
            false => Vec::new(),
        };
        match (events.as_slice(), commits.as_slice()) {
            ([], []) => Ok(None),
            ([seq], []) => self.moment(*seq).map(Some),
            ([], [commit]) => self.of_commit(commit).map(Some),
            _ => Err(self.ambiguous(prefix, &events, &commits)?),
        }
    }

    fn ambiguous(
        &mut self,
        prefix: &str,
        events: &[Seq],
        commits: &[Known],
    ) -> Result<Failure, Failure> {
        let mut list = Vec::new();
        for seq in events {
            let id = self.store.event(*seq)?.map(|recorded| recorded.event.id);
            list.extend(id.map(|id| format!("{seq} ({})", id.short())));
        }
        let first = commits.iter().take(CANDIDATES);
        list.extend(first.map(|known| format!("commit {}", known.commit)));
        let what = match commits {
            [] => "events' ids",
            _ => "ids",
        };
        Ok(
            Failure::trouble(format!("several {what} begin with {prefix}"))
                .hint(format!("they are {}", list.join(", "))),
        )
    }

    fn at_time(&mut self, until: Time, text: &str) -> Result<Moment, Failure> {
        let mut found = None;
        let path = match self.head_seq() {
            Some(head) => self.store.branches()?.path(head),
            None => Vec::new(),
        };
        for batch in self.store.read(Seq(0))? {
            let batch = batch?;
            // Order is the chain's; times are only claimed and need not grow. What was done
            // elsewhere meanwhile counts from when it was joined.
            if batch.head().time <= until && is_on(&path, batch.head().seq) {
                found = Some(batch.head().seq);
            }
        }
        found.map(|seq| Moment { seq }).ok_or_else(|| {
            Failure::trouble(format!("the ledger has no event as early as {text}"))
                .hint("ledger audit shows its first events")
        })
    }
}

/// The last millisecond of a day where the user is, or the time itself.
pub(crate) fn end_of(text: &str) -> Option<Time> {
    match day(text) {
        Some(day) => local(day.succ_opt()?)
            .map(|next| next.millis() - 1)
            .and_then(Time::from_millis),
        None => time(text),
    }
}

/// The first millisecond of a day where the user is, or the time itself.
pub(crate) fn start_of(text: &str) -> Option<Time> {
    day(text).map_or_else(|| time(text), local)
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn time(text: &str) -> Option<Time> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .and_then(|time| Time::from_millis(time.timestamp_millis()))
}

fn local(day: NaiveDate) -> Option<Time> {
    let midnight = day.and_time(NaiveTime::MIN);
    Local
        .from_local_datetime(&midnight)
        .earliest()
        .and_then(|time| Time::from_millis(time.timestamp_millis()))
}
