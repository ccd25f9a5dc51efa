//! Plans and what they say, as they are kept for other processes: never the only copy, and only
//! for the very build that wrote them.

use std::collections::BTreeMap;

use ledger_core::document::BUILD;
use ledger_core::{Outlines, Plan};

use crate::failure::Failure;

/// What the documents at the head say, as far as anybody read them.
#[derive(Debug, Default)]
pub(super) struct Kept {
    outlines: Outlines,
    /// As they were kept, until somebody asks.
    bytes: Vec<u8>,
    /// Whether the cached state is that of the head.
    of_the_head: bool,
}

impl Kept {
    /// What documents say.
    pub(super) fn get(&mut self) -> &Outlines {
        let bytes = std::mem::take(&mut self.bytes);
        if !bytes.is_empty() {
            self.outlines = postcard::from_bytes(&bytes).unwrap_or_default();
        }
        &self.outlines
    }

    /// Takes what documents say after a change.
    pub(super) fn set(&mut self, outlines: Outlines) {
        *self = Self {
            outlines,
            ..Self::default()
        };
    }

    /// Whether the state that is cached is that of the head.
    pub(super) const fn are_of_the_head(&self) -> bool {
        self.of_the_head
    }

    /// Notes that they were cached with the head's plan.
    pub(super) const fn were_kept(&mut self) {
        self.of_the_head = true;
    }
}

/// In front of every plan that is kept: bytes that another build may have laid out otherwise are
/// not decoded but folded anew.
fn form() -> String {
    format!("plan 2, ledger {}, {BUILD}\n", env!("CARGO_PKG_VERSION"))
}

/// A plan as bytes.
pub(super) fn encode(plan: &Plan) -> Result<Vec<u8>, Failure> {
    postcard::to_extend(plan, form().into_bytes()).map_err(|error| cannot(&error))
}

/// A plan from [`encode`]; `None` if another build wrote it.
pub(super) fn decode(bytes: &[u8]) -> Option<Plan> {
    postcard::from_bytes(bytes.strip_prefix(form().as_bytes())?).ok()
}

/// The state at the head: its plan, and what that says.
pub(super) fn write(plan: &Plan, outlines: &Outlines) -> Result<Vec<u8>, Failure> {
    postcard::to_extend(outlines, encode(plan)?).map_err(|error| cannot(&error))
}

/// The state from [`write`].
pub(super) fn read(bytes: &[u8]) -> Option<(Plan, Kept)> {
    let bytes = bytes.strip_prefix(form().as_bytes())?;
    let (plan, rest) = postcard::take_from_bytes(bytes).ok()?;
    let kept = Kept {
        outlines: BTreeMap::new(),
        bytes: rest.to_vec(),
        of_the_head: true,
    };
    Some((plan, kept))
}

fn cannot(error: &postcard::Error) -> Failure {
    Failure::trouble(format!("the plan cannot be encoded: {error}"))
}
