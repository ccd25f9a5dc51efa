//! `ledger hooks status`: what is installed, and what has really fired.

use std::io::Write as _;
use std::path::PathBuf;

use ledger_core::Time;
use ledger_store::Place;
use ledger_store::traces::Traces;
use schemars::JsonSchema;
use serde::Serialize;

use super::agents::{self, Agent, Form};
use super::blocks::SCRIPT;
use super::places::{self, Level};
use super::{files, git, settings};
use crate::args::{Global, HooksStatus, Whose};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::paint::{BOLD, DIM};
use crate::output::screen::{self, Screen};
use crate::output::{json, when};
use crate::outside;

#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct Report {
    /// The agent, or `git`.
    agent: &'static str,
    /// Where its hooks are.
    installed: Vec<Installed>,
    /// Which have really fired.
    fired: Vec<Fired>,
    /// What is wrong.
    problem: Option<String>,
    /// What to do about it.
    hint: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct Installed {
    /// `project` or `user`.
    level: &'static str,
    /// The file.
    path: String,
    /// The events that call the ledger.
    events: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Fired {
    /// The event.
    event: String,
    /// When it last did.
    last: Time,
}

pub(super) fn run(global: &Global, args: &HooksStatus) -> Result<(), Failure> {
    let place = places::place(global)?;
    let traces = Traces::of(&place.layout);
    let git = args
        .whose
        .iter()
        .any(|whose| matches!(whose, Whose::Git | Whose::All))
        .then(|| of_git(&place, &traces));
    let mut levels = vec![("project", Level::Project(place.root))];
    levels.extend(places::home().map(|home| ("user", Level::User(home))));
    let agents = agents::meant(&args.whose);
    let reports = agents
        .into_iter()
        .map(|agent| report(agent, &levels, &traces));
    let reports: Vec<Report> = reports.chain(git).collect();
    if args.json {
        let mut out = screen::raw();
        json::print(&mut out, &reports)?;
        return Ok(out.flush()?);
    }
    print(&reports)
}

fn report(agent: &'static Agent, levels: &[(&'static str, Level)], traces: &Traces) -> Report {
    let mut problem = None;
    let mut installed = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    for (name, level) in levels {
        let Some(path) = level.file_of(agent).filter(|path| !seen.contains(path)) else {
            continue;
        };
        match events_in(agent, &path) {
            Ok(events) if events.is_empty() => {}
            Ok(events) => installed.push(Installed {
                level: name,
                path: path.display().to_string(),
                events,
            }),
            Err(why) => problem = Some(why),
        }
        seen.push(path);
    }
    let fired = fired(agent.name, traces);
    let silent = !installed.is_empty() && fired.is_empty();
    if silent && problem.is_none() {
        problem = Some("installed, but no hook has fired yet".to_owned());
    }
    let hint = silent.then_some(agent.advice.unwrap_or(
        "start a new session of it in this project; if it still does not fire, see that ledger is in its PATH",
    ));
    Report {
        agent: agent.name,
        installed,
        fired,
        problem,
        hint,
    }
}

/// How it is with git's own hooks.
fn of_git(place: &Place, traces: &Traces) -> Report {
    let mut problem = None;
    let mut installed = Vec::new();
    if place.git.is_some() {
        match git::folder(place, true) {
            Ok(folder) => {
                let mut events = Vec::new();
                for hook in git::HOOKS {
                    match git::is_in(&folder.join(hook.name())) {
                        Ok(true) => events.push(hook.name().to_owned()),
                        Ok(false) => {}
                        Err(why) => problem = Some(why),
                    }
                }
                installed.extend((!events.is_empty()).then(|| Installed {
                    level: "project",
                    path: folder.display().to_string(),
                    events,
                }));
            }
            Err(failure) => problem = Some(failure.message().to_owned()),
        }
    }
    let fired = fired("git", traces);
    let silent = !installed.is_empty() && fired.is_empty();
    if silent && problem.is_none() {
        problem = Some("installed, but no hook has fired yet".to_owned());
    }
    Report {
        agent: "git",
        installed,
        fired,
        problem,
        hint: silent.then_some("the next commit fires one, if ledger is in its PATH"),
    }
}

/// When each hook of somebody last fired.
fn fired(whose: &str, traces: &Traces) -> Vec<Fired> {
    let fired = traces.fired().into_iter().filter_map(|(hook, last)| {
        let event = hook.strip_prefix(whose)?.strip_prefix(' ')?.to_owned();
        Some(Fired { event, last })
    });
    fired.collect()
}

/// Whether an agent has hooks of ours.
pub(super) fn is_installed(agent: &Agent, level: &Level) -> bool {
    let events = level.file_of(agent).map(|path| events_in(agent, &path));
    matches!(events, Some(Ok(events)) if !events.is_empty())
}

/// The events of an agent that a file has hooks of ours for.
fn events_in(agent: &Agent, path: &std::path::Path) -> Result<Vec<String>, String> {
    let text = files::read(path).map_err(|failure| failure.message().to_owned())?;
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let text = text.trim_start_matches(super::BYTE_ORDER_MARK);
    let events = match agent.form {
        Form::Settings { .. } => settings::installed(text),
        Form::Plugin { events, .. } => SCRIPT.has(text).map(|has| match has {
            true => events.iter().map(|event| (*event).to_owned()).collect(),
            false => Vec::new(),
        }),
    };
    events.map_err(|why| format!("{}: {why}", path.display()))
}

fn print(reports: &[Report]) -> Result<(), Failure> {
    let now = outside::now()?;
    let mut out = Screen::new();
    for report in reports {
        let state = if report.installed.is_empty() {
            "not installed"
        } else {
            "installed"
        };
        writeln!(out, "{BOLD}{}{BOLD:#}: {state}", report.agent)?;
        for file in &report.installed {
            let events = file.events.join(", ");
            writeln!(
                out,
                "  {} ({}): {}",
                plain(&file.path),
                file.level,
                plain(&events)
            )?;
        }
        for fired in &report.fired {
            let ago = when::ago(fired.last, now);
            let event = plain(&fired.event);
            writeln!(
                out,
                "  {event} fired {ago} {DIM}({}){DIM:#}",
                when::local(fired.last)
            )?;
        }
        if let Some(problem) = &report.problem {
            writeln!(out, "  problem: {}", plain(problem))?;
        }
        if let Some(hint) = report.hint {
            writeln!(out, "  hint: {hint}")?;
        }
    }
    Ok(out.flush()?)
}
