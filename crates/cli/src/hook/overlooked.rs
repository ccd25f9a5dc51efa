//! Broken rules that no agent was told of yet.
//!
//! What records an edit need not be a hook that can tell of it: git's hooks record what a command
//! commits before the agent's own hook fires, and some hooks have no form for telling anything. So
//! of each session it is kept up to which event it was warned, and a hook that can tell looks
//! through what came since. A session is warned from its first hook on.

use ledger_core::rules::{Breach, Level, Violation};
use ledger_core::{Actor, ActorKind, Origin, Seq};
use ledger_store::Store as _;
use ledger_store::traces::Traces;

use super::Hook;
use crate::failure::Failure;
use crate::session::{Access, Session};

/// How many events are looked through, at most: the newest ones.
const MOST_EVENTS: u64 = 400;

/// The rules that an agent is to be told of.
#[derive(Debug, Default)]
pub(super) struct Broken {
    /// By what this hook itself found.
    pub(super) own: Vec<Breach>,
    /// By what somebody else recorded.
    pub(super) overlooked: Vec<Breach>,
    /// The last event that was looked at.
    upto: Option<Seq>,
}

impl Hook {
    /// Up to which event this session was warned; `None` where no rule in force can deny anything.
    pub(super) fn warned(&self, session: &Session) -> Option<Seq> {
        if !session.can_deny() {
            return None;
        }
        let head = session.head_seq()?;
        let traces = Traces::of(&self.place.layout);
        let name = self.warned_as();
        let known = traces.warned(&name).filter(|seq| *seq <= head);
        if known.is_none() {
            // Where it cannot be kept, only what this hook itself finds is told.
            let _ = traces.note_warned(&name, head);
        }
        Some(known.unwrap_or(head))
    }

    /// Looks through the events after `since` for edits that broke a rule that denies, and that are
    /// not known to be another session's.
    pub(super) fn look_back(&self, since: Seq, broken: &mut Broken) -> Result<(), Failure> {
        let mut session = Session::open(&self.global, Access::Read)?;
        let Some(head) = session.head_seq().filter(|head| *head > since) else {
            return Ok(());
        };
        let first = (since.0 + 1).max(head.0.saturating_sub(MOST_EVENTS));
        let own = self.actor();
        for batch in session.store().read(Seq(first))? {
            let batch = batch?;
            let events = batch.events().iter().filter(|recorded| {
                let header = &recorded.event.header;
                recorded.seq.0 >= first
                    && header.origin == Origin::Observed
                    && may_be_of(&own, &header.actor)
            });
            for violation in events.flat_map(|recorded| Violation::all_of(&recorded.event)) {
                let breach = found_again(violation);
                let mut known = broken.own.iter().chain(&broken.overlooked);
                if breach.level == Level::Deny && !known.any(|known| known.is(&breach)) {
                    broken.overlooked.push(breach);
                }
            }
        }
        broken.upto = Some(head);
        Ok(())
    }

    /// Keeps that this session was told.
    pub(super) fn note_warned(&self, broken: &Broken) {
        if let Some(upto) = broken.upto {
            // A ledger that cannot be written tells it again next time.
            let _ = Traces::of(&self.place.layout).note_warned(&self.warned_as(), upto);
        }
    }

    fn warned_as(&self) -> String {
        let session = self.actor().session.unwrap_or_default();
        format!("{} {session}", self.agent.name())
    }
}

/// Whether an edit is an actor's or may be, as far as is known of who did it.
fn may_be_of(own: &Actor, actor: &Actor) -> bool {
    match (&actor.session, actor.kind) {
        (Some(_), _) => actor.session == own.session,
        (None, ActorKind::Agent) => actor.id == own.id,
        (None, _) => true,
    }
}

fn found_again(violation: Violation) -> Breach {
    let missing = violation.missing.unwrap_or_default();
    Breach {
        rule: violation.rule,
        level: violation.level,
        task: violation.task,
        missing,
        advice: "`ledger audit --violations` shows what was recorded".to_owned(),
        may_override: None,
        overridable: false,
        reason: violation.overridden,
        stands: true,
    }
}
