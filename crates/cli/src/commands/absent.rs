//! What is said of a task that the plan does not hold.

use ledger_core::plan::Unresolved;
use ledger_core::project::Entry;
use ledger_core::{Recorded, Seq, TaskKey};

use super::audit::words;
use crate::failure::Failure;
use crate::output::when;
use crate::session::Session;

/// What became of a task that has no such name in the plan at the moment `at`: it is called
/// otherwise since, or left before. Else `unresolved`. `command`: what the task's name stands
/// behind, such as `ledger show`.
pub(super) fn absent(
    session: &mut Session,
    at: Option<Seq>,
    command: &str,
    name: &str,
    unresolved: Unresolved,
) -> Failure {
    if let ambiguous @ Unresolved::Ambiguous { .. } = unresolved {
        return ambiguous.into();
    }
    let unknown = unresolved.into();
    let Ok(life) = session.life_of(name) else {
        return unknown;
    };
    let key = &life.key;
    if life.is_there {
        return match key.as_str() == name {
            true => unknown,
            false => Failure::finding(format!("'{name}' is called {key} now"))
                .hint(format!("{command} {key}")),
        };
    }
    let audit = format!("ledger audit --task {name} shows what became of it");
    let Some(removed) = life.removal() else {
        return Failure::finding(format!("task {key} is in the history, and not in the plan"))
            .hint(audit);
    };
    if at.is_some_and(|at| removed.seq > at) {
        return unknown;
    }
    // Only the end of a batch is a moment.
    let before = removed.batch_start().0.checked_sub(1);
    let then = before
        .map(|before| format!("{command} {key} --at event:{before} shows it as it was before"));
    Failure::finding(removal(key, removed))
        .maybe_hint(then)
        .hint(audit)
}

/// When a task was removed, by whom and why. `removed`: the event that did it.
fn removal(key: &TaskKey, removed: &Recorded) -> String {
    let entry = Entry::of(removed);
    let by = match words::actor(&entry.actor) {
        nobody if nobody == "-" => String::new(),
        actor => format!(" by {actor}"),
    };
    let why = entry.reason.map_or(String::new(), |why| format!(": {why}"));
    format!(
        "task {key} left the plan: it was removed on {}{by} in event {}{why}",
        when::local(entry.time),
        entry.seq
    )
}
