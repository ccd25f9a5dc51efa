//! `ledger demo`: the whole main job on an example, explained step by step.
//!
//! Every step is a real run of this program in a folder of its own; what is shown is what it
//! printed. The folder is left for the reader to go on with.

mod stage;

use std::fs;
use std::path::{Path, PathBuf};

use ledger_store::planfile;
use serde_json::Value;

use crate::args::Demo;
use crate::failure::Failure;
use stage::Stage;

/// The example: our own, in the form that real plans have.
const PLAN: &str = include_str!("plan.md");
/// What the plan is called in the demo's folder.
const NAME: &str = "TODO.md";

pub(crate) fn run(args: &Demo) -> Result<(), Failure> {
    let plan = match &args.plan {
        None => PLAN.as_bytes().to_vec(),
        Some(path) => planfile::read(path)?
            .ok_or_else(|| Failure::trouble(format!("there is no {}", path.display())))?,
    };
    let stage = Stage::new(folder(args.into.as_deref())?)?;
    fs::write(stage.file(NAME), &plan).map_err(|error| Failure::from(error).about(NAME))?;

    stage.say(&format!(
        "This is the main job of ledger, in {}.",
        stage.folder().display()
    ))?;
    if let Some(path) = &args.plan {
        stage.say(&format!(
            "{NAME} there is a copy of {}; yours is not touched.",
            path.display()
        ))?;
    }
    stage.chapter("Adopt the plan that is there. Not a byte of it changes.")?;
    stage.run(&["init", NAME])?;
    if stage.read(NAME)? != plan {
        return Err(Failure::finding("init changed the plan"));
    }
    stage.chapter("What can be started, and what has to wait?")?;
    stage.run(&["next"])?;

    let task = task(&stage)?;
    stage.chapter("Changes of status are events. The plan follows, in its author's own hand:")?;
    let started = stage.edit(NAME, |stage| {
        stage.run(&["append", "start", &task])?;
        stage.seq()
    })?;
    let then = stage.read(NAME)?;
    stage.run(&[
        "append",
        "block",
        &task,
        "--reason",
        "the test machine is down",
    ])?;
    stage.run(&["append", "unblock", &task])?;
    stage.edit(NAME, |stage| {
        stage.run(&[
            "append",
            "complete",
            &task,
            "--result",
            "✅ it works on the test machine",
        ])
    })?;

    stage.chapter("People edit the file as they always did. Nothing they do is lost:")?;
    stage.edit(NAME, |stage| {
        stage.say("  (somebody adds a task at the end of TODO.md with an editor)")?;
        let mut text = stage.read(NAME)?;
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        text.extend_from_slice(b"\n- [ ] Thank the people who tested it\n");
        fs::write(stage.file(NAME), text).map_err(|error| Failure::from(error).about(NAME))?;
        stage.run(&["observe"])
    })?;

    stage.chapter(&format!(
        "Any moment comes back, byte for byte: the plan after event {started}."
    ))?;
    let as_of = stage.quiet(&["render", "--at", &started, "--stdout"])?;
    if as_of != then {
        return Err(Failure::finding(format!(
            "event {started} comes back as another text"
        )));
    }
    stage.say(&format!("  $ ledger render --at {started} --stdout"))?;
    stage.say(&format!(
        "  … {} bytes, the same as the file had then (compared)",
        as_of.len()
    ))?;

    stage.chapter("Who did what, when and why?")?;
    stage.run(&["audit", "--task", &task])?;

    stage.chapter("And nobody rewrites history unnoticed:")?;
    stage.run(&["verify"])?;
    let journal = stage.quiet(&["export"])?;
    fs::write(stage.file(COPY), tampered(journal))
        .map_err(|error| Failure::from(error).about(COPY))?;
    stage.say(&format!(
        "  (one letter of one event is changed in a copy of the journal, {COPY})"
    ))?;
    if stage.fails(&["verify", "--journal", COPY])? {
        stage.say("  the change was found.")?;
    } else {
        return Err(Failure::finding(
            "a changed journal was taken for a good one",
        ));
    }
    stage.finale(NAME, &task)
}

/// The copy of the journal that is tampered with.
const COPY: &str = "tampered.jsonl";

/// The folder for the demo: the one that was asked for, or a new one that is kept.
fn folder(asked: Option<&Path>) -> Result<PathBuf, Failure> {
    match asked {
        None => tempfile::Builder::new()
            .prefix("ledger-demo-")
            .tempdir()
            .map(tempfile::TempDir::keep)
            .map_err(|error| Failure::from(error).about("no folder for the demo")),
        Some(folder) => {
            fs::create_dir_all(folder)
                .map_err(|error| Failure::from(error).about(folder.display()))?;
            let mut entries = fs::read_dir(folder)
                .map_err(|error| Failure::from(error).about(folder.display()))?;
            if entries.next().is_some() {
                return Err(
                    Failure::trouble(format!("{} is not empty", folder.display()))
                        .hint("name a new folder; nothing was changed"),
                );
            }
            fs::canonicalize(folder).map_err(|error| Failure::from(error).about(folder.display()))
        }
    }
}

/// A task that can be started now; in a plan without one, a new task.
fn task(stage: &Stage) -> Result<String, Failure> {
    let next: Value = serde_json::from_slice(&stage.quiet(&["next", "--json"])?)
        .map_err(|error| Failure::trouble(format!("next --json: {error}")))?;
    if let Some(key) = next["ready"][0]["key"].as_str() {
        return Ok(key.to_owned());
    }
    stage.say("Nothing can be started in this plan, so there is a task to play with:")?;
    stage.run(&["append", "add", "Try ledger", "--id", "DEMO-1"])?;
    Ok("DEMO-1".to_owned())
}

/// The journal with one letter changed in a line of its last event's body.
fn tampered(mut journal: Vec<u8>) -> Vec<u8> {
    let last = journal[..journal.len().saturating_sub(1)]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let letter = journal[last..]
        .windows(8)
        .position(|window| window == b"Thank th")
        .map(|at| last + at);
    if let Some(byte) = letter.and_then(|at| journal.get_mut(at)) {
        *byte = b'B';
    }
    journal
}
