//! What agents are told about the ledger where they read what to do: a block in a project's
//! CLAUDE.md or AGENTS.md, if there is one, and a skill.

use super::agents::{self, Agent};
use super::blocks::MARKDOWN;
use super::files::{self, Edit};
use super::places::Level;
use super::{Step, Way, not_understood, status};
use crate::args::Whose;
use crate::failure::Failure;

const TEXT: &str = "
The plan of this project is kept by `ledger`, which records who changed what, and why.

- `ledger render --view brief` says how it stands, `ledger next` what can be started.
- `ledger append start TASK`, `ledger append complete TASK --result \"...\"` and
  `ledger append block TASK --reason \"...\"` change a task, and the plan file follows.
- What is edited in the plan file by hand is recorded too.
";

const SKILL: &str = "\
---
name: ledger
description: Record progress in the project's plan. Use when starting, finishing or blocking a task.
allowed-tools: Bash(ledger *)
---
";

/// What is to be done about the texts that an agent reads; nothing where nothing changes.
pub(super) fn steps(
    agent: &'static Agent,
    level: &Level,
    way: Way,
    whose: &[Whose],
) -> Vec<Result<Step, Failure>> {
    let Level::Project(_) = level else {
        return Vec::new();
    };
    // A file that several agents read is told for as long as one of them is.
    let others_stay = |file: &str| {
        let meant = agents::meant(whose);
        agents::readers(file)
            .filter(|other| meant.iter().all(|meant| meant.name != other.name))
            .any(|other| status::is_installed(other, level))
    };
    let instructions = agent
        .instructions
        .filter(|file| way == Way::In || !others_stay(file));
    [(instructions, None), (agent.skill, Some(SKILL))]
        .into_iter()
        .filter_map(|(file, first)| step(agent, level, way, file?, first).transpose())
        .collect()
}

/// What is to be done about a file; one that is not there is made if it is known how to begin it.
fn step(
    agent: &'static Agent,
    level: &Level,
    way: Way,
    file: &str,
    first: Option<&str>,
) -> Result<Option<Step>, Failure> {
    let path = level.folder().join(file);
    let before = files::read(&path)?;
    let after = match (way, &before, first) {
        (Way::In, None, Some(first)) => Ok(Some(MARKDOWN.made(first, TEXT))),
        (Way::In, Some(text), _) => MARKDOWN.append(text, TEXT).map(Some),
        (Way::Out, Some(text), first) => MARKDOWN.uninstall(text, first.unwrap_or_default()),
        (_, None, _) => Ok(None),
    };
    let after = after.map_err(|why| not_understood(&path, &why))?;
    let edit = Edit {
        path,
        before,
        after,
        executable: false,
        keep: level.folder().to_owned(),
    };
    Ok((!edit.is_nothing()).then_some(Step {
        whose: agent.name,
        edit,
        advice: None,
    }))
}
