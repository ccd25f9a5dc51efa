//! `ledger hooks`: hooks in the settings of agents and git.
//!
//! All changes are worked out before the first is made, and each file is replaced at once. A file
//! that is not understood is left alone and named; the others are changed all the same.

mod agents;
mod blocks;
mod files;
mod git;
mod instructions;
mod places;
mod run;
mod settings;
pub(super) mod status;

use std::io::Write as _;
use std::path::Path;

pub(crate) use agents::has_event;
use agents::{Agent, Form};
use blocks::SCRIPT;
use files::Edit;
use places::Level;
use settings::Entry;

use ledger_store::Place;

use crate::args::{GitHook, Global, Hooks, HooksChange, HooksCommand, Whose};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::screen::Screen;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

pub(crate) fn run(global: &Global, args: &Hooks) -> Result<(), Failure> {
    match &args.what {
        HooksCommand::Install(change) => self::change(global, change, Way::In),
        HooksCommand::Uninstall(change) => self::change(global, change, Way::Out),
        HooksCommand::Run(own) => run::run(global, own),
        HooksCommand::Status(status) => status::run(global, status),
    }
}

/// What is to be done for somebody, and what to know afterwards.
struct Step {
    whose: &'static str,
    edit: Edit,
    advice: Option<&'static str>,
}

fn change(global: &Global, args: &HooksChange, way: Way) -> Result<(), Failure> {
    let level = Level::of(global, args.user)?;
    let mut steps = Vec::new();
    let mut failures = Vec::new();
    let by_name = !args.whose.contains(&Whose::All);
    for agent in agents::meant(&args.whose) {
        match of_agent(agent, &level, way) {
            Ok(Some(step)) => steps.push(step),
            Ok(None) if way == Way::In && by_name => failures.push(
                Failure::trouble(format!("{} reads no hooks from a home folder", agent.name))
                    .hint("leave --user out"),
            ),
            Ok(None) => {}
            Err(failure) => failures.push(failure),
        }
        for told in instructions::steps(agent, &level, way, &args.whose) {
            match told {
                Ok(step) if steps.iter().any(|own| own.edit.path == step.edit.path) => {}
                Ok(step) => steps.push(step),
                Err(failure) => failures.push(failure),
            }
        }
    }
    if args.whose.contains(&Whose::Git) || !by_name && !args.user {
        match of_git(&places::place(global)?, args, way) {
            Ok(more) => {
                for step in more {
                    match step {
                        Ok(step) => steps.push(step),
                        Err(failure) => failures.push(failure),
                    }
                }
            }
            Err(failure) => failures.push(failure),
        }
    }
    let mut out = Screen::new();
    for step in &steps {
        let edit = &step.edit;
        if !edit.is_nothing()
            && !args.dry_run
            && let Err(failure) = edit.carry_out()
        {
            failures.push(failure);
            continue;
        }
        say(&mut out, step, way, args.dry_run)?;
    }
    out.flush()?;
    finish(failures)
}

/// What is to be done for git, hook by hook. Where all are meant, and there is no git, nothing.
fn of_git(
    place: &Place,
    args: &HooksChange,
    way: Way,
) -> Result<Vec<Result<Step, Failure>>, Failure> {
    if place.git.is_none() && !args.whose.contains(&Whose::Git) {
        return Ok(Vec::new());
    }
    let folder = git::folder(place, args.user)?;
    let wanted = |hook: &GitHook| *hook != GitHook::PreCommit || way == Way::Out || args.pre_commit;
    let hooks = git::HOOKS.into_iter().filter(wanted);
    Ok(hooks.map(|hook| git::step(&folder, hook, way)).collect())
}

/// All failures as one: the first, with what there is to say about the others.
fn finish(failures: Vec<Failure>) -> Result<(), Failure> {
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else {
        return Ok(());
    };
    Err(failures.fold(first, |all, other| {
        let hint = other
            .advice()
            .map(|hint| format!("; {hint}"))
            .unwrap_or_default();
        all.hint(format!("also: {}{hint}", other.message()))
    }))
}

/// What is to be done for an agent. `None` where it has no hooks at that level.
fn of_agent(agent: &'static Agent, level: &Level, way: Way) -> Result<Option<Step>, Failure> {
    let Some(path) = level.file_of(agent) else {
        return Ok(None);
    };
    let before = files::read(&path)?;
    let after = match (way, &before) {
        (Way::In, _) => installed(agent, before.as_deref()).map(Some),
        (Way::Out, Some(text)) => uninstalled(agent, text),
        (Way::Out, None) => Ok(None),
    };
    let after = after.map_err(|why| not_understood(&path, &why))?;
    Ok(Some(Step {
        whose: agent.name,
        edit: Edit {
            path,
            before,
            after,
            executable: false,
            keep: level.keep(agent),
        },
        advice: agent.advice,
    }))
}

fn not_understood(path: &Path, why: &str) -> Failure {
    Failure::trouble(format!("{} was left alone: {why}", path.display()))
        .hint("put that right, or move the file away, and run it again")
}

fn installed(agent: &Agent, text: Option<&str>) -> Result<String, String> {
    match agent.form {
        Form::Settings {
            events,
            entry,
            version,
        } => {
            let wanted: Vec<(&'static str, Entry)> =
                events.iter().map(|event| (*event, entry(event))).collect();
            match text {
                Some(text) => with_mark(text, |text| settings::install(text, &wanted)),
                None => settings::made(&wanted, version),
            }
        }
        Form::Plugin { code, .. } => match text {
            Some(text) => SCRIPT.install(text, code),
            None => Ok(SCRIPT.made("", code)),
        },
    }
}

fn uninstalled(agent: &Agent, text: &str) -> Result<Option<String>, String> {
    match agent.form {
        Form::Settings { .. } => {
            let bare = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
            let mark = &text[..text.len() - bare.len()];
            Ok(settings::uninstall(bare)?.map(|less| format!("{mark}{less}")))
        }
        Form::Plugin { .. } => SCRIPT.uninstall(text, ""),
    }
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Edits what follows a byte order mark.
fn with_mark(
    text: &str,
    edit: impl FnOnce(&str) -> Result<String, String>,
) -> Result<String, String> {
    match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(bare) => Ok(format!("{BYTE_ORDER_MARK}{}", edit(bare)?)),
        None => edit(text),
    }
}

/// Says what was done, or with `dry` what would be, line by line.
fn say(out: &mut Screen, step: &Step, way: Way, dry: bool) -> Result<(), Failure> {
    let edit = &step.edit;
    let path = edit.path.display().to_string();
    let path = plain(&path);
    let whose = step.whose;
    let would = if dry { "would be " } else { "" };
    let done = match (&edit.before, &edit.after) {
        _ if edit.is_nothing() => match way {
            Way::In => "installed already",
            Way::Out => "not installed",
        },
        (None, _) => "made",
        (_, None) => "removed",
        _ => "changed",
    };
    match edit.is_nothing() {
        true => writeln!(out, "{whose}: {done} ({path})")?,
        false => writeln!(out, "{whose}: {path} {would}{done}")?,
    }
    if dry {
        let before = edit.before.as_deref().unwrap_or_default();
        let after = edit.after.as_deref().unwrap_or_default();
        for line in differences(before, after) {
            writeln!(out, "  {}", plain(&line))?;
        }
    } else if let Some(advice) = step.advice.filter(|_| way == Way::In && !edit.is_nothing()) {
        writeln!(out, "  {advice}")?;
    }
    Ok(())
}

/// The lines that go and come, with the number of the line they stand at.
fn differences(before: &str, after: &str) -> Vec<String> {
    let split = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (split(before), split(after));
    let input = imara_diff::InternedInput::new(Lines(&before), Lines(&after));
    let diff = imara_diff::Diff::compute(imara_diff::Algorithm::Histogram, &input);
    let mut said = Vec::new();
    for hunk in diff.hunks() {
        said.push(format!("@ line {}", hunk.before.start + 1));
        let gone = &before[hunk.before.start as usize..hunk.before.end as usize];
        let new = &after[hunk.after.start as usize..hunk.after.end as usize];
        said.extend(gone.iter().map(|line| format!("- {line}")));
        said.extend(new.iter().map(|line| format!("+ {line}")));
    }
    said
}

/// The lines of a text, for a diff.
struct Lines<'t>(&'t [String]);

impl<'t> imara_diff::TokenSource for Lines<'t> {
    type Token = &'t str;
    type Tokenizer = std::iter::Map<std::slice::Iter<'t, String>, fn(&'t String) -> &'t str>;

    fn tokenize(&self) -> Self::Tokenizer {
        self.0.iter().map(String::as_str)
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}
