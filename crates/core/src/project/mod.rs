//! Projections: pure folds over a ledger's events.

pub mod audit;
pub mod between;
pub mod blame;
pub mod brief;
pub mod changed;
pub mod diff;
pub mod filter;
pub mod fold;
pub mod graph;
pub mod history;
pub mod holders;
pub mod life;
pub mod nearest;
pub mod next;
pub mod stats;
pub mod tokens;
pub mod unproven;

pub use audit::{Entry, Lineage};
pub use between::Between;
pub use blame::{Blame, Blamed, Origin};
pub use brief::{Brief, News};
pub use changed::Changed;
pub use filter::{Cause, Filter, Name, Pattern, is_commit, is_kind};
pub use fold::{Along, Projection, distant_parents};
pub use graph::Graph;
pub use history::{History, Version};
pub use holders::{Handing, Handings, Holders, Holding};
pub use nearest::Nearness;
pub use next::{Readiness, next};
pub use stats::{Stats, Summary};
pub use unproven::Completions;
