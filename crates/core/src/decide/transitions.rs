//! Which changes of status are allowed.

use ledger_document::Status;

use super::command::Act;
use super::rejection::Rejection;
use crate::plan::Task;

/// The status a task has after an act.
///
/// # Errors
/// [`Rejection::Forbidden`] says from what to what, why not, and what to do instead;
/// [`Rejection::NotBlocked`], [`Rejection::ReasonMissing`].
pub(super) fn target(task: &Task, act: Act, reason: Option<&str>) -> Result<Status, Rejection> {
    use Status::{Blocked, Cancelled, Completed, InProgress, IssuesFound, Pending};
    let from = task.status();
    let forbidden = |to: Status, why: &'static str, instead: Option<Act>| {
        Err(Rejection::Forbidden {
            task: task.key.clone(),
            from,
            to,
            why,
            instead,
        })
    };
    match (act, from) {
        (Act::Start, Pending | IssuesFound) => Ok(InProgress),
        (Act::Start, InProgress) => forbidden(InProgress, "it is in progress already", None),
        (Act::Start, Blocked) => {
            forbidden(InProgress, "it waits for something", Some(Act::Unblock))
        }
        (Act::Start, Completed | Cancelled) => {
            forbidden(InProgress, "it is closed", Some(Act::Reopen))
        }

        (Act::Complete, Pending | InProgress | IssuesFound) => Ok(Completed),
        (Act::Complete, Completed) => forbidden(Completed, "it is completed already", None),
        (Act::Complete, Blocked) => {
            forbidden(Completed, "it waits for something", Some(Act::Unblock))
        }
        (Act::Complete, Cancelled) => forbidden(Completed, "it was given up", Some(Act::Reopen)),

        (Act::Block, Pending | InProgress | IssuesFound) => match reason {
            Some(_) => Ok(Blocked),
            None => Err(Rejection::ReasonMissing {
                task: task.key.clone(),
            }),
        },
        (Act::Block, Blocked) => forbidden(Blocked, "it is blocked already", None),
        (Act::Block, Completed | Cancelled) => {
            forbidden(Blocked, "it is closed", Some(Act::Reopen))
        }

        (Act::Unblock, Blocked) => Ok(task.resume.unwrap_or(Pending)),
        (Act::Unblock, _) => Err(Rejection::NotBlocked {
            task: task.key.clone(),
            status: from,
        }),

        (Act::Reopen, Completed | Cancelled) => Ok(Pending),
        (Act::Reopen, Blocked) => forbidden(Pending, "it is open, but waits", Some(Act::Unblock)),
        (Act::Reopen, Pending | InProgress | IssuesFound) => {
            forbidden(Pending, "it is open already", None)
        }

        (Act::Flag, Pending | InProgress | Blocked | Completed) => Ok(IssuesFound),
        (Act::Flag, IssuesFound) => forbidden(IssuesFound, "it is flagged already", None),
        (Act::Flag, Cancelled) => forbidden(IssuesFound, "it was given up", Some(Act::Reopen)),

        (Act::Cancel, Pending | InProgress | Blocked | IssuesFound) => Ok(Cancelled),
        (Act::Cancel, Cancelled) => forbidden(Cancelled, "it is cancelled already", None),
        (Act::Cancel, Completed) => forbidden(Cancelled, "it is completed", Some(Act::Reopen)),
    }
}
