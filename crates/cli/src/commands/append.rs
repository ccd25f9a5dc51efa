//! `ledger append`

mod proof;
mod shell;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ledger_core::Command;
use ledger_core::decide::{Change as StatusChange, Completion, Evidence, Placement, StepName};

use super::init::same_file;
use super::receipt::{self, Form};
use crate::args::{self, Append, AppendOptions, Change, Global, Later, Single};
use crate::failure::Failure;
use crate::hook;
use crate::outside;
use crate::session::{
    Access, Claims, Committed, Given, Request, Session, asked, carry_out, command_digest,
    new_plan_name, plan_name, postpone,
};

/// The longest batch that is read.
const MAX_BATCH: u64 = 64 << 20;

pub(crate) fn run(global: &Global, args: Append) -> Result<(), Failure> {
    if let Some(agent) = args.hook {
        return match hook::run(global, agent, args.event.as_deref()) {
            Err(failure) if !args.strict => {
                hook::complain(&failure);
                Ok(())
            }
            ended => ended,
        };
    }
    let (mut commands, options, form) = match (args.change, &args.json) {
        (Some(change), _) => {
            let proof = change.proof();
            let (command, single) = command(change);
            if let Some(proof) = proof {
                return proof::run(global, &command, &proof, &single);
            }
            let form = Form::of(single.json, single.options.quiet);
            (vec![(None, command)], single.options, form)
        }
        (None, Some(path)) => (
            batch(path)?,
            args.options.clone(),
            Form::of(!args.options.quiet, true),
        ),
        (None, None) => {
            return Err(
                Failure::trouble("say which change to append, or --json for a batch").hint(
                    format!(
                        "changes are {}; ledger append --help explains them",
                        args::changes().join(", ")
                    ),
                ),
            );
        }
    };
    for (line, command) in &mut commands {
        resolve_paths(global, command).map_err(|failure| at(*line, failure))?;
    }
    let committed = record(global, &commands, &options).map_err(Failure::not_recorded)?;
    receipt::print(committed, form)
}

fn at(line: Option<usize>, failure: Failure) -> Failure {
    match line {
        Some(line) => failure.about(format!("line {line}")),
        None => failure,
    }
}

/// Names plans as the ledger does, where a command names them by path.
fn resolve_paths(global: &Global, command: &mut Command) -> Result<(), Failure> {
    let named = match command {
        Command::Add { place, .. } | Command::Move { place, .. } => place.plan.as_mut(),
        Command::Set { plan, .. } | Command::Unset { plan, .. } => plan.as_mut(),
        Command::Release { plan, .. } => plan.as_mut(),
        Command::Drop { plan } => Some(plan),
        Command::Rename { plan, to } => {
            *to = new_plan_name(global, to)?;
            Some(plan)
        }
        _ => None,
    };
    if let Some(path) = named {
        *path = plan_name(global, path)?;
    }
    Ok(())
}

/// Who asks for commands, and under which key.
pub(super) fn request(given: &[Given], options: &AppendOptions) -> Result<Request, Failure> {
    let idem = match &options.idem {
        Some(key) => Some((key.clone(), command_digest(&asked(given))?)),
        None => None,
    };
    Ok(Request {
        actor: outside::actor(&options.who, None)?,
        cause: options.cause.clone(),
        idem,
        time: None,
    })
}

fn record(global: &Global, given: &[Given], options: &AppendOptions) -> Result<Committed, Failure> {
    let request = request(given, options)?;
    let mut session = match Session::open(global, Access::Write) {
        Err(why) if why.keeps_out() => {
            return postpone(global, &request, given, &Claims::None, why);
        }
        opened => opened?,
    };
    if let Some((line, to, other)) = session.renames_onto_another(given) {
        return Err(at(line, same_file(&to, &other)));
    }
    let returning = returning(&mut session, given)?;
    let mut committed = session.change(&request, |tx| carry_out(tx, given))?;
    if committed.commanded.is_some() && !committed.repeated {
        committed.remarks.extend(returning);
    }
    Ok(committed)
}

/// What to know of releases under a number that the plan has had before.
fn returning(session: &mut Session, given: &[Given]) -> Result<Vec<String>, Failure> {
    let mut remarks = Vec::new();
    for (_, command) in given {
        let Command::Release { version, plan, .. } = command else {
            continue;
        };
        if let Some((number, last)) = session.had_version(version, plan.as_deref())? {
            remarks.push(format!(
                "the plan was version {number} before, up to event {last}; as a REF that number is ambiguous from now on"
            ));
        }
    }
    Ok(remarks)
}

/// Reads a batch: one command a line, as JSON. Blank lines are passed over.
fn batch(path: &Path) -> Result<Vec<Given>, Failure> {
    let name = if path == Path::new("-") {
        "standard input".into()
    } else {
        path.to_string_lossy()
    };
    let mut text = String::new();
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(|error| Failure::from(error).about(&name))?)
    };
    let read = source
        .take(MAX_BATCH + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::from(error).about(&name))?;
    if read as u64 > MAX_BATCH {
        return Err(
            Failure::trouble(format!("{name}: longer than {} MiB", MAX_BATCH >> 20))
                .hint("split it into several batches"),
        );
    }
    let mut commands = Vec::new();
    for (at, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let command: Command = serde_json::from_str(line).map_err(|error| {
            Failure::trouble(format!("{name}, line {}{}", at + 1, defect(&error))).hint(
                "each line is one change, such as {\"change\":\"start\",\"task\":\"TASK-7\"}; nothing was recorded",
            )
        })?;
        commands.push((Some(at + 1), command));
    }
    if commands.is_empty() {
        return Err(Failure::trouble(format!(
            "{name}: there is no change in it"
        )));
    }
    Ok(commands)
}

/// What is wrong with a line: `, column 12: …`. The reader's own line number is always 1 here,
/// and its column means something only where the JSON itself is broken.
fn defect(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let what = text.strip_suffix(&place).unwrap_or(&text);
    if error.is_data() {
        format!(": {what}")
    } else {
        format!(", column {}: {what}", error.column())
    }
}

fn command(change: Change) -> (Command, Single) {
    let status = |change: args::StatusChange| {
        let said = StatusChange {
            task: change.task,
            reason: change.reason,
            overrides: change.overrides,
            date: change.date,
            completion: Completion {
                summary: change.summary,
                results: change.results,
                fields: change.fields,
                notes: change.notes,
            },
        };
        (said, change.single)
    };
    let placement = |place: args::Place| Placement {
        plan: place.plan,
        section: place.section,
        after: place.after,
    };
    match change {
        Change::Start(Later(change)) => wrap(status(change), Command::Start),
        Change::Complete(Later(args::Completing { change, .. })) => {
            wrap(status(change), Command::Complete)
        }
        Change::Block(Later(change)) => wrap(status(change), Command::Block),
        Change::Unblock(Later(change)) => wrap(status(change), Command::Unblock),
        Change::Reopen(Later(change)) => wrap(status(change), Command::Reopen),
        Change::Flag(Later(change)) => wrap(status(change), Command::Flag),
        Change::Cancel(Later(change)) => wrap(status(change), Command::Cancel),
        Change::Add {
            title,
            id,
            fields,
            place,
            single,
        } => (
            Command::Add {
                title,
                id,
                place: placement(place),
                fields,
            },
            single,
        ),
        Change::Evidence { task, single, .. } => {
            let evidence = Evidence {
                task,
                ..Evidence::default()
            };
            (Command::Evidence(evidence), single)
        }
        Change::Remove {
            task,
            reason,
            overrides,
            single,
        } => (
            Command::Remove {
                task,
                reason,
                overrides,
            },
            single,
        ),
        Change::Restore { task, single } => (Command::Restore { task }, single),
        Change::Move {
            task,
            place,
            single,
        } => (
            Command::Move {
                task,
                place: placement(place),
            },
            single,
        ),
        Change::Retitle {
            task,
            title,
            single,
        } => (Command::Retitle { task, title }, single),
        Change::Rekey { task, id, single } => (Command::Rekey { task, id }, single),
        Change::Set {
            label,
            text,
            task,
            plan,
            single,
        } => (
            Command::Set {
                task,
                plan,
                label,
                text,
            },
            single,
        ),
        Change::Unset {
            label,
            task,
            plan,
            single,
        } => (Command::Unset { task, plan, label }, single),
        Change::Release {
            version,
            plan,
            date,
            single,
        } => (
            Command::Release {
                version,
                plan,
                date,
            },
            single,
        ),
        Change::Note { task, text, single } => (Command::Note { task, text }, single),
        Change::Result { task, text, single } => (Command::Result { task, text }, single),
        Change::Step {
            task,
            step,
            undo,
            single,
        } => {
            let step = step.parse().map_or(StepName::Text(step), StepName::Number);
            (Command::Step { task, step, undo }, single)
        }
        Change::Depend { task, on, single } => (Command::Depend { task, on }, single),
        Change::Undepend { task, on, single } => (Command::Undepend { task, on }, single),
        Change::Rename { plan, to, single } => (Command::Rename { plan, to }, single),
        Change::Drop { plan, single } => (Command::Drop { plan }, single),
    }
}

fn wrap(
    (change, single): (StatusChange, Single),
    command: fn(StatusChange) -> Command,
) -> (Command, Single) {
    (command(change), single)
}
