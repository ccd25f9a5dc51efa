//! Evidence: a command is run, or files are hashed, before anything is recorded.
//!
//! No lock is held meanwhile: the command may take its time, commit, and set off hooks that
//! write to this ledger themselves.

use std::fs::File;
use std::path::Path;

use ledger_core::decide::{Artifact, Evidence, Run};
use ledger_core::{Command, Digest, Status};
use ledger_store::resolve_plan_path;

use super::{asked, record, request, shell};
use crate::args::{Global, Proof, Single};
use crate::commands::receipt::{self, Form};
use crate::failure::Failure;
use crate::session::{
    Access, Claims, Committed, Given, Session, command_digest, current_folder, whereabouts,
};

/// Gathers evidence for the task of a command and records it, and with it the command's own change
/// if it speaks for the task.
pub(super) fn run(
    global: &Global,
    command: &Command,
    proof: &Proof,
    single: &Single,
) -> Result<(), Failure> {
    let completion = Some(command).filter(|command| !matches!(command, Command::Evidence(_)));
    let form = Form::of(single.json, single.options.quiet);
    let folder = current_folder(global)?;
    let mut evidence = Evidence {
        task: command.task().unwrap_or_default().to_owned(),
        run: proof.run.clone().map(Run::hoped_for),
        artifacts: proof.artifacts.iter().map(|path| named(path)).collect(),
        commit: None,
    };
    let with = |evidence: &Evidence| -> Vec<Given> {
        let then = completion.filter(|_| evidence.speaks_for_it());
        let commands = std::iter::once(Command::Evidence(evidence.clone()));
        let commands = commands.chain(then.cloned());
        commands.map(|command| (None, command)).collect()
    };
    let hoped = with(&evidence);
    let mut found = Committed::default();
    match Session::open(global, Access::Write) {
        // Whether it can be recorded is told before a command runs for an hour.
        Ok(mut session) => {
            if let Some(key) = &single.options.idem {
                let ways = [
                    command_digest(&asked(&hoped))?,
                    command_digest(&asked(&hoped[..1]))?,
                ];
                if let Some(repeated) = session.recorded_under(key, &ways)? {
                    drop(session);
                    return ended(repeated, form);
                }
            }
            let request = request(&hoped, &single.options)?;
            found = session.observe(&request, &Claims::None)?;
            session
                .would_record(&request.actor, &hoped)
                .map_err(Failure::not_recorded)?;
        }
        // It waits afterwards, as any change does.
        Err(failure) if failure.keeps_out() => {}
        Err(failure) => return Err(failure.not_recorded()),
    }
    if let Some(run) = &mut evidence.run {
        let ran = shell::run(&run.command, &folder, form == Form::Quiet);
        *run = ran.map_err(Failure::not_recorded)?;
    }
    let (root, commit) = whereabouts(global)?;
    evidence.commit = commit;
    evidence.artifacts = match evidence.speaks_for_it() {
        true => proof
            .artifacts
            .iter()
            .map(|path| artifact(&root, &folder, path))
            .collect::<Result<_, _>>()
            .map_err(Failure::not_recorded)?,
        // What a command that failed left behind shows nothing.
        false => Vec::new(),
    };
    let given = with(&evidence);
    let mut committed = record(global, &given, &single.options).map_err(Failure::not_recorded)?;
    if let ([own, _], Some(why), None) = (&given[..], &committed.refused, &committed.waits) {
        // The plan went on while the command ran. What it showed stands all the same.
        let why = why.clone().hint("the evidence is recorded without it");
        let own = std::slice::from_ref(own);
        let alone = record(global, own, &single.options).map_err(Failure::not_recorded)?;
        if alone.refused.is_none() {
            committed = alone.behind(committed);
            committed.refused = (!is_completed(global, own)?).then_some(why);
        }
    }
    ended(committed.behind(found), form)
}

/// Whether the task that a command names is completed now: by the command that was run, or by
/// somebody else meanwhile.
fn is_completed(global: &Global, given: &[Given]) -> Result<bool, Failure> {
    let session = Session::open(global, Access::Read)?;
    let name = given.first().and_then(|(_, command)| command.task());
    let task = name.and_then(|name| session.plan().resolve(name).ok());
    Ok(task.is_some_and(|task| task.status() == Status::Completed))
}

/// Prints the receipt, and fails if the command did that was to be the evidence.
fn ended(committed: Committed, form: Form) -> Result<(), Failure> {
    let batch = committed.commanded.as_ref();
    let first = batch.and_then(|batch| batch.events().first());
    let failed = first.and_then(|recorded| {
        let run = recorded.event.values("run").next()?;
        let exit = run.get("exit")?;
        (exit.as_i64() != Some(0)).then(|| {
            let shell = recorded.event.text("shell").unwrap_or_default();
            let how = match exit.as_i64() {
                Some(code) => format!("exited with {code}"),
                None => "was ended by a signal".to_owned(),
            };
            let task = recorded.event.header.task.as_ref();
            Failure::finding(format!("`{shell}` {how}")).maybe_hint(
                task.map(|task| format!("that is recorded as evidence; {task} is as it was")),
            )
        })
    });
    receipt::print(committed, form)?;
    failed.map_or(Ok(()), Err)
}

/// A file that is yet to be looked at.
fn named(path: &Path) -> Artifact {
    Artifact {
        path: path.to_string_lossy().into_owned(),
        bytes: 0,
        hash: Digest::from_bytes([0; 32]),
    }
}

/// What a file inside the root has in it now.
fn artifact(root: &Path, folder: &Path, path: &Path) -> Result<Artifact, Failure> {
    let about = |failure: Failure| failure.about(format!("--artifact {}", path.display()));
    let place =
        resolve_plan_path(root, folder, path, false).map_err(|error| about(error.into()))?;
    let io = |error: std::io::Error| about(error.into());
    let file = File::open(&place.path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(about(Failure::finding("it is no file")).hint("name the files in it"));
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(io)?;
    Ok(Artifact {
        path: place.name,
        bytes: hasher.count(),
        hash: Digest::from_bytes(*hasher.finalize().as_bytes()),
    })
}
