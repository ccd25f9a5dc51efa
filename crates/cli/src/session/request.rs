//! What is asked of a ledger, by whom, and what they claim.

use std::borrow::Cow;

use ledger_core::decide::Edit;
use ledger_core::document::Document;
use ledger_core::id::{Digest, DocumentId};
use ledger_core::{Actor, Claim, Command, Plan, Rejection, Time, Transaction, chain};

use crate::failure::Failure;

/// Who asks for a change, and what is claimed with it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Who.
    pub(crate) actor: Actor,
    /// What set it off.
    pub(crate) cause: Option<String>,
    /// Idempotency key and the digest of the command it stands for.
    pub(crate) idem: Option<(String, Digest)>,
    /// When it was done, if not now.
    pub(crate) time: Option<Time>,
}

/// What is claimed of the edits that are found in plan files.
pub(crate) enum Claims<'c> {
    /// None of them.
    None,
    /// All of them.
    All,
    /// What this says of the plan at a path, given the text that the ledger has of it.
    Found(&'c dyn Fn(&str, &Document) -> Option<Edit>),
}

impl Claims<'_> {
    /// What of edits of these documents is claimed, each with its path in this checkout; `plan` is
    /// the one at the head.
    pub(super) fn of(&self, edited: &[(&DocumentId, &str)], plan: &Plan) -> Claim {
        let found = match self {
            Self::None => return Claim::Nothing,
            Self::All => return Claim::Everything,
            Self::Found(found) => found,
        };
        let claimed = edited.iter().filter_map(|(id, path)| {
            let own = plan.document(id)?;
            Some(((*id).clone(), found(path, &own.text)?))
        });
        Claim::Edits(claimed.collect())
    }
}

/// A command, and its line where it came in a batch.
pub(crate) type Given = (Option<usize>, Command);

/// Adds commands to a transaction, all or none.
pub(crate) fn carry_out(tx: &mut Transaction<'_>, given: &[Given]) -> Result<(), Rejection> {
    match given {
        own if own.iter().all(|(line, _)| line.is_none()) => {
            own.iter().try_for_each(|(_, command)| tx.command(command))
        }
        batch => tx.commands(
            batch
                .iter()
                .map(|(line, command)| (line.unwrap_or_default(), command)),
        ),
    }
}

/// Commands as they were asked for, whatever came of it: what an idempotency key is for.
pub(crate) fn asked(given: &[Given]) -> Vec<Cow<'_, Command>> {
    given
        .iter()
        .map(|(_, command)| command.as_asked())
        .collect()
}

/// The digest an idempotency key is bound to.
pub(crate) fn command_digest(commands: &impl serde::Serialize) -> Result<Digest, Failure> {
    let bytes = serde_json::to_vec(commands)
        .map_err(|error| Failure::trouble(format!("the command cannot be encoded: {error}")))?;
    Ok(chain::batch_key(&[&bytes]))
}
