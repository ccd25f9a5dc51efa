//! Events, the hash chain, and the fold from events to plans.
//!
//! Pure: the time, the randomness and the files are handed in. The life of a change:
//!
//! ```text
//! Command ─ decide(&Plan, Command) ─► drafts | Rejection
//!              drafts ─ seal(head, stamp) ─► Batch of sealed events
//!                          journal lines ─ verify ─► Verified<Batch>
//!                                             Plan::evolve(&Verified<Batch>)
//! ```
//!
//! Rules live in `decide` alone; `evolve` only applies what events say.

mod base64;
pub mod batch;
pub mod branches;
pub mod chain;
pub mod check;
pub mod checkpoint;
pub mod codec;
pub mod decide;
pub mod event;
pub mod examine;
pub mod fault;
pub mod id;
pub mod link;
pub mod merkle;
pub mod note;
pub mod past;
pub mod plan;
pub mod project;
pub mod proof;
pub mod published;
pub mod redact;
pub mod rules;
pub mod seal;
pub mod time;
pub mod verify;

pub use batch::{Batch, Recorded, Verified};
pub use branches::{Branch, Branches};
pub use decide::{
    Act, Claim, Command, Context, Decision, Edited, Outlines, Rejection, Transaction,
};
pub use event::{Actor, ActorKind, Draft, Event, Head, Header, Origin, Part, Stamp};
pub use fault::{Defect, Fault, FaultKind};
pub use id::{Digest, DocumentId, EventId, Seq, TaskKey, WriterId};
pub use ledger_document as document;
pub use ledger_document::Status;
pub use plan::Plan;
pub use seal::{Parent, SealError, seal, seal_on};
pub use time::Time;
pub use verify::{Verifier, verify_document};
