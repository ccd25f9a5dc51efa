//! End-to-end tests: the real binary, real files, real git.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a step that fails ends its test"
)]

mod support;

#[cfg(target_os = "linux")]
mod attributes;
mod audit;
mod blame;
mod check;
mod checkouts;
mod completions;
mod corpus;
mod diff;
mod documents;
mod encodings;
#[cfg(unix)]
mod endurance;
mod evidence;
mod failures;
mod git_past;
mod help;
mod history;
mod hooks;
mod hostile;
mod identify;
mod ids;
mod main_job;
mod master_plan;
#[cfg(target_os = "linux")]
mod pager;
mod proofs;
mod queries;
mod questions;
mod races;
mod readers;
mod redact;
mod redacted;
mod references;
mod repair;
mod report;
mod rules;
mod sarif;
mod several_plans;
mod shelter;
mod size;
mod snapshots;
mod spool;
mod stats;
#[cfg(unix)]
mod taken_in;
mod typing;
