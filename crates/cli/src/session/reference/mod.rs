//! From what a user typed to a moment.

mod found;
mod parse;
mod times;

use std::collections::VecDeque;

use chrono::Local;
use ledger_core::branches::is_on;
use ledger_core::{Head, Plan, Seq, Time};
use ledger_store::Store;

use super::Session;
use crate::failure::Failure;

use found::Found;
pub(super) use parse::without_v;
use parse::{Named, Reference, digits};
pub(crate) use times::Span;

/// A moment that was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The last event of its batch.
    pub(crate) seq: Seq,
}

/// Where events begin or end that are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TimeOrMoment {
    /// By the times they claim.
    Time(Span),
    /// By their order.
    Moment(Moment),
}

/// How many events are looked at first where the history is gone through from its end.
const STRETCH: u64 = 64;

/// What a time that was typed means here and now.
pub(crate) fn time(text: &str) -> Option<Span> {
    times::read(text, &Local::now())
}

impl Session {
    /// The plan at the moment a reference names, or at the head.
    pub(crate) fn plan_named(&mut self, reference: Option<&str>) -> Result<Plan, Failure> {
        self.plan_named_for(reference, None)
    }

    /// The same for who asks about one plan file: a version is that file's.
    pub(crate) fn plan_named_for(
        &mut self,
        reference: Option<&str>,
        path: Option<&str>,
    ) -> Result<Plan, Failure> {
        match reference {
            None => {
                // A session that writes has read no more of it than it needed.
                self.read_plan()?;
                Ok(self.plan().clone())
            }
            Some(text) => {
                let moment = self.named(text, path)?;
                let plan = self.plan_at(moment.seq)?;
                self.rest();
                Ok(plan)
            }
        }
    }

    /// The plan at the moment a reference names; `None` without one, where it is [`Self::plan`].
    pub(crate) fn plan_then(&mut self, reference: Option<&str>) -> Result<Option<Plan>, Failure> {
        match reference {
            None => Ok(None),
            Some(_) => self.plan_named(reference).map(Some),
        }
    }

    /// The moment that a reference names: see [`crate::args::REFERENCES`] for its forms.
    pub(crate) fn resolve(&mut self, text: &str) -> Result<Moment, Failure> {
        self.resolve_for(text, None)
    }

    /// A time, which events claim, or the moment that any other reference names; `None` without a
    /// text.
    ///
    /// # Errors
    /// Trouble that names the option.
    pub(crate) fn time_or_moment(
        &mut self,
        option: &str,
        text: Option<&str>,
    ) -> Result<Option<TimeOrMoment>, Failure> {
        let Some(text) = text else { return Ok(None) };
        if let Some(span) = time(text) {
            return Ok(Some(TimeOrMoment::Time(span)));
        }
        let moment = self.resolve(text).map_err(|error| error.about(option))?;
        Ok(Some(TimeOrMoment::Moment(moment)))
    }

    /// The same for who asks about one plan file: a version is that file's.
    pub(crate) fn resolve_for(
        &mut self,
        text: &str,
        path: Option<&str>,
    ) -> Result<Moment, Failure> {
        let moment = self.named(text, path)?;
        self.rest();
        Ok(moment)
    }

    fn named(&mut self, text: &str, path: Option<&str>) -> Result<Moment, Failure> {
        let Some(head) = self.head_seq() else {
            return Err(Failure::trouble("the ledger has no events yet"));
        };
        let Some(Reference { named, back }) = parse::parse(text) else {
            return Err(nothing(text));
        };
        let moment = match named {
            Named::Head => Moment { seq: head },
            Named::Seq(seq) => self.moment(Seq(seq))?,
            Named::Id(id) => self.of_id(id)?,
            Named::Time(words) => match time(words) {
                Some(span) => self.at_time(span.end, words)?,
                None => return Err(no_time(words)),
            },
            Named::Version(version) => self.of_version(version, path)?,
            Named::Commit(name) => return self.of_commit_named(name),
            Named::Checkpoint { before } => self.of_checkpoint(None, before)?,
            Named::CheckpointOf(size) => self.of_checkpoint(Some(size), 0)?,
            Named::Any { text: base, whole } => {
                let seq = digits(base).map(Seq).filter(|seq| *seq <= head);
                let own = seq.map(Found::Number);
                return match own.or_else(|| time(base).map(Found::Time)) {
                    Some(own) => self.of_figures(base, own, back, path),
                    None => self.of_any(base, (whole, back), path),
                };
            }
        };
        self.back_from(moment, back)
    }

    fn moment(&mut self, seq: Seq) -> Result<Moment, Failure> {
        let last = self.store.event(seq)?.map(|event| event.batch_end());
        match (last, self.head_seq()) {
            (Some(last), _) if last == seq => Ok(Moment { seq }),
            (Some(last), _) => Err(Failure::trouble(format!(
                "event {seq} is in the middle of a batch; only the end of a batch is a moment"
            ))
            .hint(format!("that batch ends with event {last}"))),
            (None, head) => Err(Failure::trouble(format!("there is no event {seq}"))
                .maybe_hint(head.map(|head| format!("the last one is {head}")))),
        }
    }

    /// The moment so many before another one, along first parents.
    fn back_from(&mut self, from: Moment, back: u64) -> Result<Moment, Failure> {
        if back == 0 {
            return Ok(from);
        }
        let path = self.store.branches()?.path(from.seq);
        let too_few = || {
            Failure::trouble(format!(
                "there are not {back} moments before event {}",
                from.seq
            ))
            .hint(format!(
                "the journal has {} events before that one, and a moment has one or more",
                from.seq
            ))
        };
        // More than there are events is not worth going through them.
        let wanted = usize::try_from(back).ok().filter(|_| back <= from.seq.0);
        let wanted = wanted.ok_or_else(too_few)?;
        // A stretch that is hopefully long enough, and one twice as long where it is not.
        let mut reach = back.saturating_mul(4).max(64);
        loop {
            let start = Seq(from.seq.0.saturating_sub(reach));
            let mut ends = VecDeque::new();
            for head in self.store.heads(start)? {
                let last = head?.seq;
                if last > from.seq {
                    break;
                }
                if is_on(&path, last) {
                    ends.push_back(last);
                    if ends.len() > wanted + 1 {
                        ends.pop_front();
                    }
                }
            }
            match (ends.len() > wanted, ends.front()) {
                (true, Some(&seq)) => return Ok(Moment { seq }),
                _ if start == Seq(0) => return Err(too_few()),
                _ => reach = reach.saturating_mul(2),
            }
        }
    }

    /// The last moment on the head's path that claims to be no later than this.
    fn at_time(&mut self, until: Time, text: &str) -> Result<Moment, Failure> {
        let path = match self.head_seq() {
            Some(head) => self.store.branches()?.path(head),
            None => Vec::new(),
        };
        // Order is the chain's; times are only claimed and need not grow. What was done elsewhere
        // meanwhile counts from when it was joined.
        let is_early = |head: &Head| head.time <= until && is_on(&path, head.seq);
        let mut end = self.head_seq().map_or(Seq(0), Seq::next);
        let mut length = STRETCH;
        while end > Seq(0) {
            let start = Seq(end.0.saturating_sub(length));
            let mut found = None;
            for head in self.store.heads(start)? {
                let head = head?;
                if head.seq >= end {
                    break;
                }
                found = is_early(&head).then_some(head.seq).or(found);
            }
            if let Some(seq) = found {
                return Ok(Moment { seq });
            }
            end = start;
            length = length.saturating_mul(2);
        }
        Err(
            Failure::trouble(format!("the ledger has no event as early as {text}"))
                .hint("ledger audit shows its first events"),
        )
    }

    /// The last moment under a checkpoint: the one of that many events, else the newest one, or
    /// one before it.
    fn of_checkpoint(&mut self, size: Option<u64>, before: u64) -> Result<Moment, Failure> {
        let (mut newest, mut passed) = (None, 0);
        let found = self.latest_checkpoint(|own| {
            let own = own.checkpoint().size;
            newest.get_or_insert(own);
            passed += 1;
            size.map_or(passed > before, |size| own == size)
        })?;
        let Some(newest) = newest else {
            return Err(Failure::trouble("the ledger has published no checkpoint")
                .hint("ledger checkpoint publishes one"));
        };
        let found = found.map(|own| own.checkpoint().size);
        let Some(last) = found.and_then(|size| size.checked_sub(1)) else {
            return Err(Failure::trouble(match size {
                Some(size) => format!("no checkpoint of {size} events was published"),
                None => format!("there are not {before} checkpoints before the newest one"),
            })
            .hint(format!("the newest one is checkpoint:{newest}")));
        };
        self.moment(Seq(last))
    }
}

/// The text as far as an error repeats it.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

fn nothing(text: &str) -> Failure {
    if times::is_no_day(text) {
        return no_day(text);
    }
    Failure::trouble(format!("'{}' names no moment", shortened(text))).hint(
        "use a seq (12), the beginning of an event id or of a git commit's, a day (2025-10-15), a time (\"2 days ago\"), a version (1.4), checkpoint, or head~3; ledger render --help says more",
    )
}

fn no_day(text: &str) -> Failure {
    Failure::trouble(format!("there is no such day as {}", shortened(text)))
        .hint("a day is written year-month-day, as in 2025-10-15")
}

fn no_time(text: &str) -> Failure {
    if times::is_no_day(text) {
        return no_day(text);
    }
    Failure::trouble(format!("'{}' is no day and no time", shortened(text)))
        .hint("use a day (2025-10-15, yesterday), a time (2025-10-15T12:00:00Z, \"2025-10-15 12:30\") or how long ago it was (\"2 days ago\")")
}
