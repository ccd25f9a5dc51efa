//! What the benchmarks share: the product, its peers, plans and histories to run them on, and
//! how a measurement is taken and shown.
//!
//! `cargo bench -p ledger-benches` runs everything; names after `--` choose
//! ([`options::Options`]). Nothing here is a pass or a failure: figures are for people to read,
//! and those of one table were taken in turns, so that their ratio stands where the machine is
//! busy with something else too.

pub mod history;
pub mod options;
pub mod peers;
pub mod plans;
pub mod product;
pub mod sample;
pub mod table;

/// What can go wrong on the way to a figure.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
