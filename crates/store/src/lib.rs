//! Where a ledger lives.
//!
//! The [`Store`] keeps verified batches, and knows nothing of plans: [`DiskStore`] in a
//! directory with a [`Layout`] that [`locate`] finds, [`MemoryStore`] for tests. Beside it are
//! the [`lock`], the [`keys`], the [`spool`], the records of [`checkouts`], the few facts from [`git`] they need, and the
//! reading and writing of [plan files](planfile).

mod boundary;
pub mod cache;
pub mod checkouts;
pub mod config;
pub mod conformance;
pub mod disk;
pub mod error;
mod forks;
mod gather;
pub mod git;
mod head;
mod index;
mod journal;
pub mod keys;
pub mod layout;
pub mod locate;
pub mod lock;
pub mod memory;
mod mend;
#[cfg(test)]
mod model;
mod packed;
mod pick;
pub mod plan_path;
pub mod planfile;
mod quarantine;
mod reconcile;
mod redaction;
pub mod repair;
mod replay;
mod search;
mod segment;
mod small_file;
pub mod spool;
pub mod store;
mod survey;
pub mod traces;
mod weave;

pub use cache::Cached;
pub use checkouts::{Checkout, CheckoutRecord, Checkouts, Moment, classify, plain_hash};
pub use config::Config;
pub use disk::{DiskStore, Options};
pub use error::{AppendError, StoreError};
pub use keys::Keys;
pub use layout::Layout;
pub use locate::{GitDirs, Place, locate};
pub use lock::Lock;
pub use memory::MemoryStore;
pub use plan_path::{PlanPath, resolve_plan_path, tracked_plan_path};
pub use redaction::Swept;
pub use spool::Spool;
pub use store::{Batches, Heads, Receipt, Store};
