//! Projections: pure folds over a ledger's events.

pub mod audit;
pub mod brief;
pub mod diff;
pub mod history;
pub mod life;
pub mod next;
pub mod tokens;
pub mod unproven;

pub use audit::{Entry, Filter, Lineage, is_kind};
pub use brief::{Brief, News};
pub use history::{History, Version};
pub use next::{Readiness, next};
pub use unproven::Completions;
