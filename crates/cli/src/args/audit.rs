//! `ledger audit`

use clap::{Args, ValueEnum};
use ledger_core::{Seq, Status};

/// What the help says below the options.
pub(crate) const AUDIT_HELP: &str = "\
Examples:
  ledger audit --task TASK-7
  ledger audit --task 'US-*' --to-status completed --since 2025-10-01 --format csv
  ledger audit --under \"Phase 2\" --limit 20   the latest of that section's tasks
  ledger audit --actor claude --format ndjson
  ledger audit --since 1.3 --until 1.4      what came between two versions of the plan
  ledger audit --grep \"license\"              in titles, reasons, details and lines that were written
  ledger audit --unproven                   completions without evidence
  ledger audit --violations                 what broke a rule of ledger.toml, overridden or not
  ledger audit --follow --format cloudevents

Conditions combine: an event is shown where all of them hold. --task, --actor and
--cause with * or ? are patterns; a task's is compared with the id the event has. Where other tasks
had the same id before or after, a note names them and how to ask for each.

json and ndjson have the keys of the receipts (seq, id, type, task, from, to, origin) and time,
actor, cause, idem, batch, title, reason, details, violations, inserted, removed, redacted; a
violation has rule, level, task, missing and override, the reason where it was overridden.
cloudevents is one event of CloudEvents 1.0 a line, with that object as its data; its type is the
event's behind `dev.plan-ledger.`, such as dev.plan-ledger.task.completed.
The columns of csv are seq, id, time, type, task, title, from, to, origin, actor_kind, actor,
session, tool, cause, idem, batch, reason, details, inserted, removed, violations, override,
redacted; new ones are only added at the end.";

/// `ledger audit`
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Events about this task, under every id it has had; about the one that had the id at a moment,
    /// as TASK-7@120; or about tasks like 'US-*'
    #[arg(long)]
    pub(crate) task: Option<String>,
    /// Events about this task and those below it, or about the tasks of this section
    #[arg(long, value_name = "TASK|SECTION", conflicts_with = "task")]
    pub(crate) under: Option<String>,
    /// Events by this actor, with or without its address, or by actors like 'claude*'
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Events of this session
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,
    /// Events of this type: task.completed, or one part of it, such as completed
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,
    /// How they came about: commanded, observed or imported
    #[arg(long, value_enum)]
    pub(crate) origin: Option<Origin>,
    /// What set them off, the first 7 or more digits of a commit, or a pattern such as 'call *'
    #[arg(long, value_name = "TEXT")]
    pub(crate) cause: Option<String>,
    /// Changes from this status
    #[arg(long, value_name = "STATUS")]
    pub(crate) from_status: Option<Status>,
    /// Changes to this status
    #[arg(long, value_name = "STATUS")]
    pub(crate) to_status: Option<Status>,
    /// Events that have this text, in letters of any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) grep: Option<String>,
    /// Only events that broke a rule of the project, overridden or not
    #[arg(long)]
    pub(crate) violations: bool,
    /// From this day or time on (2025-10-15, yesterday, "2 days ago", RFC 3339), or what was recorded
    /// after another moment, on any branch: a version, a commit, checkpoint, head~3
    #[arg(long, value_name = "TIME|REF")]
    pub(crate) since: Option<String>,
    /// Up to the end of this day, to this time or to another moment
    #[arg(long, value_name = "TIME|REF")]
    pub(crate) until: Option<String>,
    /// Events 10 to 20; 10.. and ..20 are open at one end
    #[arg(long, value_name = "10..20", value_parser = range)]
    pub(crate) range: Option<Range>,
    /// Only completions that still stand and have no evidence
    #[arg(long)]
    pub(crate) unproven: bool,
    /// Only the latest N
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// The latest first
    #[arg(long, short)]
    pub(crate) reverse: bool,
    /// Go on with what is recorded from now on, until interrupted
    #[arg(long, short, conflicts_with_all = ["reverse", "unproven", "json"])]
    pub(crate) follow: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// Positions of events, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: Option<Seq>,
    pub(crate) last: Option<Seq>,
}

fn range(text: &str) -> Result<Range, String> {
    let seq = |text: &str| match text {
        "" => Some(None),
        text => text.parse().ok().map(|seq| Some(Seq(seq))),
    };
    let ends = match text.split_once("..") {
        Some((first, last)) => seq(first).zip(seq(last)),
        None => seq(text).filter(Option::is_some).map(|one| (one, one)),
    };
    match ends {
        Some((Some(first), Some(last))) if last < first => Err(format!(
            "it runs backwards; from the earlier to the later event it is {last}..{first}"
        )),
        Some((first, last)) => Ok(Range { first, last }),
        None => Err("numbers of events such as 10..20, 10.., ..20 or 12".to_owned()),
    }
}

/// How an event came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Origin {
    /// Asked for by a command
    Commanded,
    /// Found in an edited file
    Observed,
    /// Taken over from another history
    Imported,
}

/// Forms of the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
    /// A markdown table
    Md,
    /// One event of CloudEvents 1.0 a line, in its JSON format
    Cloudevents,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_ends_or_one() {
        let ends = |text| range(text).map(|own| (own.first.map(|s| s.0), own.last.map(|s| s.0)));
        assert_eq!(ends("10..20"), Ok((Some(10), Some(20))));
        assert_eq!(ends("10.."), Ok((Some(10), None)));
        assert_eq!(ends("..20"), Ok((None, Some(20))));
        assert_eq!(ends("12"), Ok((Some(12), Some(12))));
        for wrong in ["", "20..10", "a..b", "-1", "1...2", "1..2..3"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
