//! A change that waits: what its file in the spool says.

use std::path::PathBuf;

use ledger_core::id::{Digest, DocumentId, MAX_HEADER_STRING};
use ledger_core::{Actor, Claim, Context, Time};
use ledger_store::checkouts::{Base, Checkout, Moment, plain_hash};
use serde::{Deserialize, Serialize};

use super::Obstacle;
use crate::failure::Failure;
use crate::outside;
use crate::session::files::FileState;
use crate::session::request::{Given, Request, command_digest};

/// The newest version of what is put into the spool.
const VERSION: u64 = 3;

/// The version of a change with these edits: the oldest that has all that it says, so that programs
/// which know no newer one take it in.
pub(super) fn version_of(edits: &[Edit]) -> u64 {
    match edits.iter().any(|edit| edit.taken.is_some()) {
        true => VERSION,
        false => 2,
    }
}

/// What somebody did and could not record: in the spool's files as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    pub(super) version: u64,
    /// When it was done.
    pub(super) time: Time,
    /// What day that was there.
    pub(super) today: String,
    pub(super) actor: Actor,
    pub(super) cause: Option<String>,
    pub(super) idem: Option<String>,
    /// The checkout it was done in.
    pub(super) root: PathBuf,
    /// What was found edited by hand at the time.
    pub(super) edits: Vec<Edit>,
    /// What of those edits whoever did it claims.
    #[serde(default)]
    pub(super) claim: Claim,
    /// Whether they claim all of them, as version 1 said it.
    #[serde(default, skip_serializing)]
    pub(super) claimed: bool,
    /// What was asked for, in order.
    pub(super) commands: Vec<Given>,
}

/// A plan file that was edited by hand.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    pub(super) document: DocumentId,
    pub(super) path: String,
    /// What the edit was made on.
    pub(super) base: Option<Moment>,
    /// The hash of what was taken in from that file before it; see [`Base`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) taken: Option<Digest>,
    pub(super) text: String,
}

/// All that is known of a change before its version is.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// Why a change has to wait for another program: a newer one put it there.
pub(super) fn is_newer(bytes: &[u8]) -> Option<String> {
    let Versioned { version } = serde_json::from_slice(bytes).ok()?;
    (version > VERSION).then(|| {
        format!(
            "it is of version {version}, and this program knows version {VERSION}: a newer one put it there and takes it in"
        )
    })
}

impl Change {
    /// What of its edits is claimed.
    pub(super) fn claim(&self) -> Claim {
        match self.claimed {
            true => Claim::Everything,
            false => self.claim.clone(),
        }
    }

    /// Reads a change, and refuses what could not have been put there, so that it does not stay
    /// for ever.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Obstacle> {
        // A newer version may say more than is known here, so that comes first.
        if let Some(why) = is_newer(bytes) {
            return Err(Obstacle::NotNow(Failure::trouble(why)));
        }
        let change: Self =
            serde_json::from_slice(bytes).map_err(|error| Obstacle::Never(error.to_string()))?;
        if change.version == 0 {
            let what = format!("there is no version {}", change.version);
            return Err(Obstacle::Never(what));
        }
        let texts = [
            Some(&change.actor.id),
            change.actor.session.as_ref(),
            change.actor.tool.as_ref(),
            change.cause.as_ref(),
            change.idem.as_ref(),
        ];
        let long = |text: &&String| text.len() > MAX_HEADER_STRING;
        if texts.into_iter().flatten().any(|text| long(&text)) {
            return Err(Obstacle::Never("a name in it is too long".to_owned()));
        }
        Ok(change)
    }

    /// The request to record `what` of it under a key.
    pub(super) fn request(&self, key: String, what: &impl Serialize) -> Result<Request, Failure> {
        Ok(Request {
            actor: self.actor.clone(),
            cause: self.cause.clone(),
            idem: Some((key, command_digest(what)?)),
            time: Some(self.time),
        })
    }

    pub(super) fn context(&self) -> Result<Context, Failure> {
        Ok(Context {
            today: self.today.clone(),
            ..outside::context()?
        })
    }
}

impl Edit {
    /// What it was made on, as far as whoever found it knew.
    pub(super) fn base(&self) -> Option<Base> {
        let taken = self.taken;
        self.base.map(|moment| Base { moment, taken })
    }

    /// The plan file as it was found, with an edit that was made on this.
    pub(super) fn file(&self, base: Option<Base>) -> FileState {
        FileState {
            document: self.document.clone(),
            path: self.path.clone(),
            state: Checkout::Edited { base },
            hash: Some(plain_hash(self.text.as_bytes())),
            bytes: Some(self.text.clone().into_bytes()),
            of: None,
            trouble: None,
            torn: false,
        }
    }
}
