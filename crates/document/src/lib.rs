//! Lossless plan documents.
//!
//! A plan is a markdown file people edit by hand. This crate reads one without losing a
//! byte ([`Document`]), finds the tasks in it ([`Outline`]), works out the line edits that a
//! change of status calls for in the plan's own dialect ([`edit`]), keeps derived text in
//! step ([`derived`]), and tells what happened between two texts ([`observe`]).
//!
//! Everything here is pure: no I/O, no clock, no randomness, no panic on any input.

pub mod derived;
pub mod edit;
pub mod hunk;
mod kept;
pub mod list;
pub mod lookup;
pub mod observe;
pub mod outline;
mod parse;
#[cfg(test)]
#[path = "../../../tests/support/real_plans.rs"]
mod real_plans;
pub mod similarity;
pub mod status;
pub mod text;
pub mod unified;
pub mod version;
pub mod vocabulary;
mod yaml;

pub use hunk::{Hunk, Misfit};
pub use outline::Outline;
pub use parse::{Row, Signs, Table};
pub use status::Status;
pub use text::{Document, EncodingError, Line};

/// The version of the plan grammar this build reads with.
///
/// A ledger records the grammar it was written at: a newer build never reads an old plan in
/// another way without an event that says so.
pub const GRAMMAR: u32 = 1;

/// Names the exact source this build reads plans with: what it read may be kept for another
/// process only under this name.
pub const BUILD: &str = env!("LEDGER_DOCUMENT_BUILD");
