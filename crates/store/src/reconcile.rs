//! Which of several copies is right: the tables of cases, and nothing else.
//!
//! On the way in only marks are compared, which costs a few small reads:
//!
//! | the mark (of `head`, or of the store) | the journal | so |
//! |---|---|---|
//! | at the journal's end, same last bytes | | level: nothing to do |
//! | before the journal's end, same last bytes there | longer | it lags: verify what follows |
//! | none | anything | unknown: ask everybody |
//! | past the journal's end | shorter | lines are gone: ask everybody |
//! | other last bytes at the mark | | damage: ask everybody |
//!
//! `head` may be as old as the journal, where both were put back from a copy. So whatever other
//! small files there are is compared with the head that comes of it ([`surprises`]): the records
//! of checkouts, and what is noted beside the store. An event behind the head, or another one in
//! its place: ask everybody.
//!
//! Whoever is asked is a *witness*: `head`, the store's mark and the records of checkouts each
//! know an event by its position and id. The journal's and the store's lines are put together
//! ([`weave`](crate::weave)) into the longest history that verifies. Then, the first row that
//! fits counts ([`decide`]):
//!
//! | what was found | so |
//! |---|---|
//! | both have a line that follows, and not the same one | two histories: refused, both are kept |
//! | a witness knows another event at a position that is there | refused; with consent the witness is put aside |
//! | a witness knows events that nobody has | refused, with what is gone; with consent, what is left |
//! | the journal's end is missing or bad, and the store has the lines | they are put back |
//! | lines before its end are bad, and the store has good ones | refused until somebody asks to have it put right |
//! | what stands after the last whole batch is the beginning of something | torn: never acknowledged; kept aside and cut |
//! | it is a bad line with blocks that never reached the disk, and `head` knows nothing of it | likewise |
//! | it is any other bad line, which no write that was cut short leaves | refused; with consent, kept aside and cut |
//! | nothing of it | the journal is the history |

use ledger_core::Head;

use crate::checkouts::Moment;
use crate::error::StoreError;
use crate::head::Mark;
use crate::journal::Journal;
use crate::replay::Rest;

/// How something derived from the journal stands to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It says nothing.
    Unknown,
    /// It was made from the whole journal.
    Level,
    /// It was made from an earlier part of this journal.
    Lags,
    /// It was made from a longer journal.
    Ahead,
    /// It was made from another journal.
    Differs,
}

/// The first table, for a mark and the journal's length and tail hash at the mark.
pub(crate) fn standing(mark: Option<&Mark>, journal: &Journal) -> Result<Standing, StoreError> {
    let Some(mark) = mark else {
        return Ok(Standing::Unknown);
    };
    Ok(if mark.length > journal.length() {
        Standing::Ahead
    } else if mark.tail != journal.tail(mark.length)? {
        Standing::Differs
    } else if mark.length < journal.length() {
        Standing::Lags
    } else {
        Standing::Level
    })
}

/// Whether a witness knows an event that a history which ends with `head` does not have. Of
/// those before the head, `verify` and `doctor` see to it.
pub(crate) fn surprises(moment: &Moment, head: Option<&Head>) -> bool {
    match head {
        Some(head) if moment.seq == head.seq => moment.id != head.id,
        Some(head) => moment.seq > head.seq,
        None => true,
    }
}

/// What stands after the last batch that verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing.
    Clean,
    /// What a write that was cut short leaves.
    Torn,
    /// A bad line with blocks that never reached the disk, before others.
    Holed,
    /// A whole line that is no event of this history.
    Bad,
}

/// What stands at the end, by what a walk found there.
pub(crate) const fn end(rest: &Rest) -> End {
    match rest {
        Rest::Nothing => End::Clean,
        Rest::PartialLine
        | Rest::PartialBatch
        | Rest::Bad {
            zeros: true,
            last: true,
            ..
        } => End::Torn,
        Rest::Bad { zeros: true, .. } => End::Holed,
        Rest::Bad { .. } => End::Bad,
    }
}

/// Which lines the journal lacks and the store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mend {
    /// None.
    Nothing,
    /// Those at its end.
    End,
    /// Some before its end.
    Middle,
}

/// What the copies and the witnesses say. Events are counted; a position is that of the event
/// after as many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Events in whole batches that verify, from journal and store together.
    pub(crate) together: u64,
    /// Which of them are the store's.
    pub(crate) mend: Mend,
    /// How many of them the journal has before the first that it lacks.
    pub(crate) own: u64,
    /// What stands in the journal after them, or after those of them that it has.
    pub(crate) end: End,
    /// Where the two have different lines that both follow.
    pub(crate) fork: Option<u64>,
    /// The first position at which a witness knows another event.
    pub(crate) contradicted: Option<u64>,
    /// How many events the witness knows who knows most.
    pub(crate) known: u64,
    /// Whether `head` is there, which is written whenever something was acknowledged.
    pub(crate) has_head: bool,
}

/// How much whoever opens a ledger may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Consent {
    /// A command that came by: only what is certain and loses nothing.
    Passing,
    /// Somebody who asked for repairs: whatever loses nothing.
    Repair,
    /// Somebody who was told what is gone, and goes on with what is left.
    Loss,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The journal is the history.
    Keep,
    /// Keep aside what stands after the last whole batch, and cut it off.
    Cut,
    /// The same, and put the store's lines at the end.
    Restore,
    /// Keep the journal aside, and write it anew from both.
    Rewrite,
    /// Nothing.
    Refuse(Refusal),
}

/// Why nothing is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Two histories go apart at this event.
    Fork(u64),
    /// A witness knows another event at this position.
    Contradicted(u64),
    /// The event at this position is bad; whose consent would get on with it.
    Bad(u64, Consent),
    /// These events are gone: from the first up to before the second.
    Gone(u64, u64),
}

/// The second table.
pub(crate) fn decide(found: &Found, consent: Consent) -> Action {
    if let Some(at) = found.fork {
        return Action::Refuse(Refusal::Fork(at));
    }
    if let Some(at) = found.contradicted.filter(|_| consent < Consent::Loss) {
        return Action::Refuse(Refusal::Contradicted(at));
    }
    if found.known > found.together && consent < Consent::Loss {
        return Action::Refuse(match found.end {
            End::Bad | End::Holed => Refusal::Bad(found.own, Consent::Loss),
            End::Clean | End::Torn => Refusal::Gone(found.together, found.known),
        });
    }
    match (found.mend, found.end) {
        (Mend::Middle, _) if consent < Consent::Repair => {
            Action::Refuse(Refusal::Bad(found.own, Consent::Repair))
        }
        (Mend::Middle, _) => Action::Rewrite,
        (Mend::End, _) => Action::Restore,
        (Mend::Nothing, End::Clean) => Action::Keep,
        (Mend::Nothing, End::Torn) => Action::Cut,
        (Mend::Nothing, End::Holed) if found.has_head => Action::Cut,
        (Mend::Nothing, End::Holed | End::Bad) if consent >= Consent::Loss => Action::Cut,
        (Mend::Nothing, End::Holed | End::Bad) => {
            Action::Refuse(Refusal::Bad(found.own, Consent::Loss))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ledger_core::{Digest, EventId, Seq, Time};

    use super::*;

    /// Every case there is, up to three events.
    fn cases() -> Vec<Found> {
        let mut cases = Vec::new();
        for together in 0..=3 {
            for own in 0..=together {
                for known in 0..=3 {
                    for mend in [Mend::Nothing, Mend::End, Mend::Middle] {
                        for end in [End::Clean, End::Torn, End::Holed, End::Bad] {
                            for mark in [None, Some(0), Some(2)] {
                                for has_head in [true, false] {
                                    for fork in [true, false] {
                                        cases.push(Found {
                                            together,
                                            mend,
                                            own,
                                            end,
                                            fork: mark.filter(|_| fork),
                                            contradicted: mark.filter(|_| !fork),
                                            known,
                                            has_head,
                                        });
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        cases
    }

    #[test]
    fn an_event_behind_the_head_or_another_in_its_place_is_a_surprise() {
        let id = |n: u8| EventId::new(Digest::from_bytes([n; 32]));
        let head = Head {
            seq: Seq(4),
            id: id(4),
            height: 4,
            ledger: id(0),
            time: Time::from_millis(0).unwrap(),
            writers: BTreeMap::new(),
        };
        for (seq, id, surprising) in [
            (3, id(3), false),
            // Whether that one is there, its id alone does not say.
            (3, id(9), false),
            (4, id(4), false),
            (4, id(9), true),
            (5, id(5), true),
        ] {
            let moment = Moment { seq: Seq(seq), id };
            assert_eq!(surprises(&moment, Some(&head)), surprising, "{moment:?}");
            assert!(surprises(&moment, None), "{moment:?}");
        }
    }

    #[test]
    fn without_consent_nothing_that_anybody_knows_is_given_up() {
        for found in cases() {
            for consent in [Consent::Passing, Consent::Repair] {
                let action = decide(&found, consent);
                let refused = matches!(action, Action::Refuse(_));
                let doubtful = found.known > found.together || found.contradicted.is_some();
                assert!(refused || !doubtful, "{found:?}");
            }
        }
    }

    #[test]
    fn a_whole_bad_line_is_never_cut_without_consent() {
        for found in cases().iter().filter(|found| found.end == End::Bad) {
            for consent in [Consent::Passing, Consent::Repair] {
                assert_ne!(decide(found, consent), Action::Cut, "{found:?}");
            }
        }
    }

    #[test]
    fn two_histories_are_never_decided_between() {
        for found in cases().iter().filter(|found| found.fork.is_some()) {
            for consent in [Consent::Passing, Consent::Repair, Consent::Loss] {
                let action = decide(found, consent);
                assert!(matches!(action, Action::Refuse(Refusal::Fork(_))));
            }
        }
    }

    #[test]
    fn whoever_passes_by_leaves_lines_before_the_end_alone() {
        for found in cases() {
            assert_ne!(decide(&found, Consent::Passing), Action::Rewrite);
        }
    }

    #[test]
    fn more_consent_never_refuses_what_less_consent_does() {
        for found in cases() {
            let mut acted = false;
            for consent in [Consent::Passing, Consent::Repair, Consent::Loss] {
                let refused = matches!(decide(&found, consent), Action::Refuse(_));
                assert!(!(acted && refused), "{found:?}");
                acted |= !refused;
            }
        }
    }

    #[test]
    fn a_whole_journal_that_all_agree_with_is_left_alone() {
        for found in cases() {
            let whole = found.mend == Mend::Nothing && found.end == End::Clean;
            let agreed = found.known <= found.together && found.contradicted.is_none();
            if whole && agreed && found.fork.is_none() {
                assert_eq!(decide(&found, Consent::Passing), Action::Keep);
            }
        }
    }
}
