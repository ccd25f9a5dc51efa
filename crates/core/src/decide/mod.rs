//! From what was asked or found to the events that record it.
//!
//! All rules are applied here, before an event exists: which changes of status are allowed,
//! how the plan's dialect writes them, what an edited file means. A [`Transaction`] works on a
//! copy of the plan and yields the drafts of one batch, or a [`Rejection`] and no events.

mod adopt;
mod apply;
mod claim;
mod command;
mod correct;
mod dependencies;
mod drafts;
mod evidence;
mod families;
mod judge;
mod keys;
mod meaning;
mod members;
mod merged;
mod names;
mod near;
mod observed;
mod open_lines;
mod past;
mod publish;
mod redacted;
mod refused;
mod rejection;
mod settle;
mod transaction;
mod transitions;
mod work;

pub use claim::{Claim, Edit};
pub use command::{Act, Change, Command, Completion, Placement, StepName};
pub use dependencies::{Dependencies, Dependency, dependencies};
pub(crate) use dependencies::{Meanings, looks_like_id, waits, words};
pub use evidence::{Artifact, Evidence, MOST_OUTPUT, Run};
pub(crate) use families::Families;
pub use meaning::Lexicon;
pub use observed::Edited;
pub use past::PastChange;
pub use rejection::Rejection;
pub use transaction::{Decision, Outlines, Transaction};
pub use work::{MOST_ITEMS, Work, WorkNews};

/// What decisions need from outside.
#[derive(Debug, Clone)]
pub struct Context {
    /// The date to write where a command gives none, `YYYY-MM-DD`.
    pub today: String,
    /// 32 fresh random bytes, for the names of tasks and documents that have none.
    pub entropy: [u8; 32],
}
