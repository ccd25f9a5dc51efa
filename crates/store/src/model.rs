//! The protocol of lock, spool, journal and `head`, checked over every interleaving.
//!
//! Two processes each want to record a change of their own; either may give up waiting for the
//! lock and put its change into the spool. Between any two steps one of them may be killed, or
//! the power may fail, once. Then a third process comes, takes in what waits and repeats the
//! first one's change under the same key. What opening does is decided by the same
//! [`decide`](crate::reconcile::decide) as in production; the rest are the steps of
//! [`Journal::append`](crate::journal::Journal::append), [`Spool::put`](crate::Spool::put) and
//! taking in, one for each call to the system that another process could come between.

use stateright::{Checker, Model, Property};

use crate::reconcile::{Action, Consent, End, Found, Mend, decide};

/// A change, by the process that wants it.
type Change = u8;

/// The process that comes last and repeats the change of process 0.
const LAST: usize = 2;

/// What a process does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    /// Take the lock, or give up.
    Lock,
    /// Compare the copies, and settle what stands at the journal's end.
    Open,
    /// Look for something that waits.
    TakeIn,
    /// Write the beginning of a line; the change, and whether it waited.
    Begin(Change, bool),
    /// Write the rest of it.
    Write(Change, bool),
    /// Make it durable.
    Sync(Change, bool),
    /// Take the file of a change away that is recorded.
    Remove(Change),
    /// Decide on its own change.
    Own,
    /// Say that it is recorded.
    Tell,
    /// Write `head`.
    Head,
    /// Write the record of its checkout.
    Record,
    /// Absorb into the store.
    Absorb,
    /// Note beside the store what it has.
    Note,
    /// Give the lock back.
    Unlock,
    /// Put the change into the spool under its name.
    Put,
    /// Make that durable.
    SyncSpool,
    /// It has ended, or was killed.
    Over,
    /// It refused to open the ledger.
    Refused,
}

/// What a process was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    Nothing,
    Recorded,
    Waits,
}

/// A change in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Entry {
    change: Change,
    durable: bool,
    /// Taken away; a power failure may bring it back.
    removed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// Whole lines.
    journal: Vec<Change>,
    /// How many of them survive a power failure.
    durable: usize,
    /// The beginning of a line after them.
    torn: bool,
    /// How many events `head` knows; `None` without one.
    head: Option<usize>,
    /// How many events the records of checkouts know.
    record: usize,
    /// How many events the store has.
    store: usize,
    /// How many it has by what is noted beside it.
    noted: usize,
    /// In the order of their names.
    spool: Vec<Entry>,
    lock: Option<usize>,
    steps: [Step; 3],
    told: [Told; 3],
    /// Whether there may still be a crash.
    may_crash: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Event {
    /// A process takes its next step.
    Go(usize),
    /// It waits no longer for the lock.
    GiveUp(usize),
    /// It is killed.
    Kill(usize),
    /// The power fails: so many lines are left, `head`, the records and what is noted beside the
    /// store are lost or not, and what was put or taken away without being synced is undone or not.
    PowerFails {
        lines: usize,
        torn: bool,
        head: Option<usize>,
        record: usize,
        noted: usize,
        undo: bool,
    },
}

struct Protocol;

impl State {
    fn change_of(process: usize) -> Change {
        if process == LAST {
            0
        } else {
            process as Change
        }
    }

    fn waiting(&self) -> Option<Change> {
        let mut waiting = self.spool.iter().filter(|entry| !entry.removed);
        waiting.next().map(|entry| entry.change)
    }

    fn waits(&self, change: Change) -> bool {
        let mut entries = self.spool.iter();
        entries.any(|entry| entry.change == change && !entry.removed)
    }

    fn count(&self, change: Change) -> usize {
        self.journal.iter().filter(|own| **own == change).count()
    }

    /// How many events something beside the journal knows.
    fn known(&self) -> usize {
        let known = [self.head.unwrap_or(0), self.record, self.store, self.noted];
        known.into_iter().max().unwrap_or(0)
    }

    /// What the survey of a ledger like this finds.
    fn found(&self) -> Found {
        let own = self.journal.len();
        let together = own.max(self.store);
        Found {
            together: together as u64,
            mend: match together > own {
                true => Mend::End,
                false => Mend::Nothing,
            },
            own: own as u64,
            end: match self.torn {
                true => End::Torn,
                false => End::Clean,
            },
            fork: None,
            contradicted: None,
            known: self.known() as u64,
            has_head: self.head.is_some(),
        }
    }

    fn go(&mut self, process: usize) {
        let change = Self::change_of(process);
        self.steps[process] = match self.steps[process] {
            Step::Lock => {
                self.lock = Some(process);
                Step::Open
            }
            Step::Open => match decide(&self.found(), Consent::Passing) {
                Action::Refuse(_) | Action::Rewrite => Step::Refused,
                // The store has only what was durable in the journal.
                Action::Restore => Step::Refused,
                Action::Cut | Action::Keep => {
                    self.torn = false;
                    if self.head != Some(self.journal.len()) {
                        // Lines that somebody wrote who may have been killed before the sync.
                        self.durable = self.journal.len();
                        self.head = Some(self.journal.len());
                    }
                    Step::TakeIn
                }
            },
            Step::TakeIn => match self.waiting() {
                None => Step::Own,
                Some(waiting) if self.count(waiting) > 0 => Step::Remove(waiting),
                Some(waiting) => Step::Begin(waiting, true),
            },
            Step::Begin(change, waited) => {
                self.torn = true;
                Step::Write(change, waited)
            }
            Step::Write(change, waited) => {
                self.torn = false;
                self.journal.push(change);
                Step::Sync(change, waited)
            }
            Step::Sync(change, waited) => {
                self.durable = self.journal.len();
                match waited {
                    true => Step::Remove(change),
                    false => Step::Tell,
                }
            }
            Step::Remove(change) => {
                for entry in self.spool.iter_mut().filter(|own| own.change == change) {
                    entry.removed = true;
                }
                Step::TakeIn
            }
            // The key is known: the first receipt is given again.
            Step::Own if self.count(change) > 0 => Step::Tell,
            Step::Own => Step::Begin(change, false),
            Step::Tell => {
                self.told[process] = Told::Recorded;
                Step::Head
            }
            Step::Head => {
                self.head = Some(self.journal.len());
                Step::Record
            }
            Step::Record => {
                self.record = self.journal.len();
                Step::Absorb
            }
            Step::Absorb => {
                self.store = self.journal.len();
                Step::Note
            }
            Step::Note => {
                self.noted = self.store;
                Step::Unlock
            }
            Step::Unlock => {
                self.lock = None;
                Step::Over
            }
            Step::Put => {
                self.spool.push(Entry {
                    change,
                    durable: false,
                    removed: false,
                });
                Step::SyncSpool
            }
            Step::SyncSpool => {
                for entry in self.spool.iter_mut().filter(|own| own.change == change) {
                    entry.durable = true;
                }
                self.told[process] = Told::Waits;
                Step::Over
            }
            over @ (Step::Over | Step::Refused) => over,
        };
    }

    fn lose_power(&mut self, lines: usize, undo: bool) {
        self.journal.truncate(lines);
        self.durable = lines;
        if undo {
            self.spool.retain(|entry| entry.durable);
            for entry in &mut self.spool {
                entry.removed = false;
            }
        } else {
            self.spool.retain(|entry| !entry.removed);
        }
        self.lock = None;
        self.steps[..LAST].fill(Step::Over);
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Event;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            journal: Vec::new(),
            durable: 0,
            torn: false,
            head: None,
            record: 0,
            store: 0,
            noted: 0,
            spool: Vec::new(),
            lock: None,
            steps: [Step::Lock; 3],
            told: [Told::Nothing; 3],
            may_crash: true,
        }]
    }

    fn actions(&self, state: &State, events: &mut Vec<Event>) {
        let over = |process: usize| state.steps[process] == Step::Over;
        for (process, step) in state.steps.iter().enumerate() {
            if process == LAST && !(over(0) && over(1)) {
                continue;
            }
            match step {
                Step::Over | Step::Refused => {}
                Step::Lock if state.lock.is_some() => events.push(Event::GiveUp(process)),
                _ => events.push(Event::Go(process)),
            }
            if state.may_crash && process != LAST && !over(process) {
                events.push(Event::Kill(process));
            }
        }
        if state.may_crash && !(over(0) && over(1)) {
            let torn = state.torn || state.durable < state.journal.len();
            for lines in state.durable..=state.journal.len() {
                for torn in [false, true].into_iter().filter(|&cut| torn || !cut) {
                    for lost in 0..1 << 4 {
                        let kept = |bit: u8| lost & (1 << bit) == 0;
                        events.push(Event::PowerFails {
                            lines,
                            torn,
                            head: state.head.filter(|_| kept(0)),
                            record: if kept(1) { state.record } else { 0 },
                            noted: if kept(2) { state.noted } else { 0 },
                            undo: kept(3),
                        });
                    }
                }
            }
        }
    }

    fn next_state(&self, last: &State, event: Event) -> Option<State> {
        let mut state = last.clone();
        match event {
            Event::Go(process) => state.go(process),
            Event::GiveUp(process) => state.steps[process] = Step::Put,
            Event::Kill(process) => {
                state.steps[process] = Step::Over;
                state.lock = state.lock.filter(|holder| *holder != process);
                state.may_crash = false;
            }
            Event::PowerFails {
                lines,
                torn,
                head,
                record,
                noted,
                undo,
            } => {
                (state.torn, state.head) = (torn, head);
                (state.record, state.noted) = (record, noted);
                state.lose_power(lines, undo);
                state.may_crash = false;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::<Self>::always("no change is recorded twice", |_, state| {
                (0..2).all(|change| state.count(change) <= 1)
            }),
            Property::<Self>::always("what was acknowledged is durable", |_, state| {
                (0..3).all(|process| {
                    let change = State::change_of(process);
                    state.told[process] != Told::Recorded
                        || state.journal[..state.durable].contains(&change)
                })
            }),
            Property::<Self>::always("what was told to wait waits or is recorded", |_, state| {
                (0..3).all(|process| {
                    let change = State::change_of(process);
                    state.told[process] != Told::Waits
                        || state.waits(change)
                        || state.count(change) == 1
                })
            }),
            Property::<Self>::always("nobody knows anything that is not durable", |_, state| {
                state.known() <= state.durable
            }),
            Property::<Self>::always("no crash is taken for damage", |_, state| {
                !state.steps.contains(&Step::Refused)
            }),
            Property::<Self>::always(
                "at the end nothing waits and nothing is torn",
                |_, state| {
                    state.steps[LAST] != Step::Over
                        || (state.waiting().is_none() && !state.torn && state.count(0) == 1)
                },
            ),
            Property::<Self>::sometimes("both are recorded at once", |_, state| {
                state.told[..LAST] == [Told::Recorded; 2]
            }),
            Property::<Self>::sometimes("one takes in the other's", |_, state| {
                state.told == [Told::Recorded, Told::Waits, Told::Nothing] && state.count(1) == 1
            }),
            Property::<Self>::sometimes(
                "a change that was never acknowledged stands",
                |_, state| {
                    state.steps[0] == Step::Over
                        && state.told[0] == Told::Nothing
                        && state.count(0) == 1
                        && state.steps[LAST] == Step::Over
                },
            ),
            Property::<Self>::sometimes("a torn end is met", |_, state| {
                state.torn && state.steps.contains(&Step::Open)
            }),
        ]
    }
}

#[test]
fn the_protocol_holds_over_every_interleaving_of_two_writers_and_a_crash() {
    let checker = Protocol.checker().spawn_bfs().join();
    println!("{} states", checker.unique_state_count());
    assert!(checker.unique_state_count() > 1_000);
    checker.assert_properties();
}
