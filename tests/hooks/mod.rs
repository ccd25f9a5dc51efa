//! `ledger append --hook`: agents' hooks.

mod agents;
mod briefs;
mod git;
mod hostile;
mod install;
mod overlooked;
mod permission;
mod replayed;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Project, Run};

/// Runs a hook as an agent does.
pub(crate) fn fire(project: &Project, agent: &str, payload: &Value) -> Run {
    project.run_with(["append", "--hook", agent, "--strict"], payload.to_string())
}

/// A hook that must do what it does without a word.
#[track_caller]
pub(crate) fn fires(project: &Project, agent: &str, payload: &Value) -> Run {
    let run = fire(project, agent, payload);
    assert_eq!((run.code, &*run.stderr), (0, ""), "{payload}");
    run
}

/// What an event says, in short: `task.completed T-1 by claude-code (s) for toolu_1`.
pub(crate) fn said(event: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut said = text(&event["type"]).unwrap_or_default();
    if let Some(task) = text(&event["task"]) {
        said = format!("{said} {task}");
    }
    said = format!(
        "{said} by {}",
        text(&event["actor"]["id"]).unwrap_or_default()
    );
    if let Some(cause) = text(&event["cause"]) {
        said = format!("{said} for {cause}");
    }
    said
}

/// What all events after the first `skipped` say.
#[track_caller]
pub(crate) fn said_after(project: &Project, skipped: usize) -> Vec<String> {
    project.events().iter().skip(skipped).map(said).collect()
}

/// The folder of captured payloads, beside the real plans.
pub(crate) fn samples() -> Option<PathBuf> {
    let samples = crate::support::real_plans::corpus()?
        .parent()?
        .join("hook-samples");
    let are_there = samples.is_dir();
    let is_checked = std::env::var_os("CI").is_some();
    assert!(
        are_there || !is_checked,
        "no captured payloads beside the real plans"
    );
    are_there.then_some(samples)
}

/// Does to the files of a folder what a tool call did.
pub(crate) fn act(folder: &Path, input: &Value) {
    let text = |name: &str| input[name].as_str();
    if let (Some(path), Some(content)) = (text("file_path"), text("content")) {
        std::fs::write(path, content).unwrap();
    } else if let (Some(path), Some(old), Some(new)) =
        (text("file_path"), text("old_string"), text("new_string"))
    {
        let before = std::fs::read_to_string(path).unwrap();
        std::fs::write(path, before.replacen(old, new, 1)).unwrap();
    } else if let Some(command) = text("command") {
        let done = Command::new("sh")
            .current_dir(folder)
            .args(["-c", command])
            .output();
        assert!(done.unwrap().status.success(), "{command}");
    }
}
