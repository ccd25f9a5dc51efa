//! What is asked before something is done outside that takes long.

use std::path::PathBuf;

use ledger_core::{Actor, Digest};

use super::commit::rejected;
use super::files::git;
use super::{Committed, Given, Session, carry_out, place};
use crate::args::Global;
use crate::failure::Failure;
use crate::outside;

impl Session {
    /// Fails as recording these commands for somebody now would.
    pub(crate) fn would_record(&mut self, actor: &Actor, given: &[Given]) -> Result<(), Failure> {
        self.read_all()?;
        let context = outside::context()?;
        self.decide(&context, actor, |tx| carry_out(tx, given))?;
        Ok(())
    }

    /// What this key recorded before, for one of these commands.
    pub(crate) fn recorded_under(
        &mut self,
        key: &str,
        ways: &[Digest],
    ) -> Result<Option<Committed>, Failure> {
        let mut other = None;
        for way in ways {
            match self.recorded_before(key, way) {
                Ok(None) => return Ok(None),
                Ok(Some(batch)) => {
                    if let Some(why) = rejected(&batch) {
                        return Err(Failure::finding(why)
                            .hint("nothing was added; use a new key to ask for it again"));
                    }
                    return Ok(Some(Committed {
                        commanded: Some(batch),
                        repeated: true,
                        ..Committed::default()
                    }));
                }
                Err(failure) => other = Some(failure),
            }
        }
        other.map_or(Ok(None), Err)
    }
}

/// The root of the checkout that the current folder is in, and the commit that is checked out
/// there.
pub(crate) fn whereabouts(global: &Global) -> Result<(PathBuf, Option<String>), Failure> {
    let place = place(global)?;
    let commit = git(&place).and_then(|git| git.head());
    Ok((place.root, commit))
}
