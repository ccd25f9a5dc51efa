//! Projections: pure folds over a ledger's events.

pub mod audit;
pub mod history;
pub mod next;

pub use audit::{Entry, Filter, Lineage, is_kind};
pub use history::{History, Version};
pub use next::{Readiness, next};
