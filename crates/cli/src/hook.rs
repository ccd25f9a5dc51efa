//! `ledger append --hook`: recording what an agent did, told by the agent's own hook.
//!
//! A hook runs in the middle of somebody's work. It looks first whether there is anything to
//! record, without the lock; and whatever goes wrong, the agent goes on: see
//! [`crate::main`] and [`run`].

mod agent;
mod commands;
mod edits;
mod overlooked;
mod patch;
mod pattern;
mod payload;
mod permission;
mod programs;
mod shell;
mod sql;
mod surrogates;
mod todos;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ledger_core::decide::{MOST_ITEMS, Work};
use ledger_core::id::{Digest, MAX_HEADER_STRING, beginning};
use ledger_core::rules::Breach;
use ledger_core::{Actor, ActorKind, Command, Head, chain};
use ledger_store::checkouts::Checkout;
use ledger_store::traces::Traces;
use ledger_store::{Place, Store as _, locate};

use crate::args::Global;
use crate::briefing;
use crate::commands::hooks::has_event;
use crate::failure::Failure;
use crate::outside;
use crate::session::{
    Access, Claims, Committed, Given, Request, Session, carry_out, command_digest, current_folder,
    postpone,
};

pub(crate) use agent::Agent;

use overlooked::Broken;
use payload::{Occasion, Payload};

/// How long a hook waits for another process that writes, in seconds. Agents give a hook some ten
/// seconds, and all hooks at the end of a session one and a half.
const WAIT: f64 = 3.0;
const WAIT_AT_END: f64 = 0.5;

/// Tools that change no file, by the ends of their names in lower case.
const READERS: &[&str] = &[
    "read",
    "grep",
    "glob",
    "read_file",
    "view",
    "search",
    "fetch",
    "ls",
];

/// Runs a hook.
///
/// # Errors
/// What went wrong. Unless it was asked to be strict, the caller must not let the agent feel it.
pub(crate) fn run(global: &Global, agent: Agent, event: Option<&str>) -> Result<(), Failure> {
    let bytes = payload::read(io::stdin().lock()).map_err(|why| misunderstood(agent, &why))?;
    let payload = Payload::parse(&bytes, event).map_err(|why| misunderstood(agent, &why))?;
    let Some(hook) = Hook::at(global, agent, payload)? else {
        return Ok(());
    };
    hook.run()
}

fn misunderstood(agent: Agent, why: &str) -> Failure {
    Failure::trouble(format!(
        "a hook of {} was not understood: {why}",
        agent.name()
    ))
}

/// A hook that fired where a plan is kept.
struct Hook {
    agent: Agent,
    payload: Payload,
    /// The command line's options, for the checkout that the agent works in.
    global: Global,
    place: Place,
    /// The folder the agent works in.
    folder: PathBuf,
}

impl Hook {
    /// The hook, if there is a ledger where it fired.
    fn at(global: &Global, agent: Agent, payload: Payload) -> Result<Option<Self>, Failure> {
        let Some((folder, place)) = found(global, &payload.folders)? else {
            return Ok(None);
        };
        let wait = match payload.occasion {
            Occasion::SessionEnd => WAIT_AT_END,
            _ => WAIT,
        };
        let global = Global {
            ledger: global.ledger.clone(),
            directory: Some(folder.clone()),
            wait: global.wait.min(wait),
        };
        Ok(Some(Self {
            agent,
            payload,
            global,
            place,
            folder,
        }))
    }

    fn run(&self) -> Result<(), Failure> {
        self.leave_trace();
        match self.payload.occasion {
            Occasion::SessionStart => self.begin(),
            Occasion::AfterTool | Occasion::WorkChanged => {
                if self.payload.failed || self.is_own_tool() {
                    return Ok(());
                }
                match todos::listed(&self.payload) {
                    Some(listed) => self.work(listed),
                    None if self.reads_only() => Ok(()),
                    None => self.observe_and_tell(true),
                }
            }
            Occasion::Rest | Occasion::SessionEnd => self.observe_and_tell(false),
            Occasion::BeforeTool if self.is_own_tool() || self.reads_only() => Ok(()),
            Occasion::BeforeTool => {
                let looked = self.look_first();
                self.permit()?;
                looked
            }
            Occasion::Other => Ok(()),
        }
    }

    /// Notes that this hook works: an agent that does not trust its hooks ignores them in silence.
    fn leave_trace(&self) {
        if let Ok(now) = outside::now() {
            // A name that nobody expects is only somebody's words.
            let event =
                Some(&*self.payload.event).filter(|event| has_event(self.agent.name(), event));
            let hook = format!(
                "{} {}",
                self.agent.name(),
                event.unwrap_or("(another event)")
            );
            // Where the ledger cannot be written, nobody can tell.
            let _ = Traces::of(&self.place.layout).note_fired(&hook, now);
        }
    }

    /// Tells the agent how the plan stands, and what broke a rule while nobody could tell it.
    fn begin(&self) -> Result<(), Failure> {
        let mut broken = Broken::default();
        let observed = self.observe(false, &mut broken);
        let mut session = Session::open(&self.global, Access::Read)?;
        let name = self.actor().session;
        let mut text = briefing::for_session(&mut session, name.as_deref(), briefing::TOKENS)?;
        drop(session);
        text.extend(permission::at_start(&broken));
        let mut out = io::stdout().lock();
        out.write_all(self.agent.context(&self.payload.event, &text).as_bytes())?;
        out.flush()?;
        self.note_warned(&broken);
        observed
    }

    fn observe_and_tell(&self, claims: bool) -> Result<(), Failure> {
        let mut broken = Broken::default();
        let observed = self.observe(claims, &mut broken);
        self.give_back(&broken)?;
        observed
    }

    /// Whether the tool is this program's own, which records what it does by itself.
    fn is_own_tool(&self) -> bool {
        let tool = self.payload.tool.as_deref().unwrap_or_default();
        tool.starts_with("mcp__ledger__") || tool.starts_with("mcp_ledger_")
    }

    fn reads_only(&self) -> bool {
        let tool = self.payload.tool.as_deref().unwrap_or_default();
        let tool = tool.to_ascii_lowercase();
        READERS.contains(&tool.as_str())
    }

    fn actor(&self) -> Actor {
        Actor {
            kind: ActorKind::Agent,
            id: self.agent.name().to_owned(),
            session: self.payload.session.as_deref().map(for_header),
            tool: self.payload.tool.as_deref().map(for_header),
        }
    }

    fn request(&self) -> Request {
        Request {
            actor: self.actor(),
            cause: Some(for_header(
                self.payload
                    .tool_use
                    .as_deref()
                    .unwrap_or(&self.payload.event),
            )),
            idem: None,
            time: None,
        }
    }

    /// Records what is found in the plan files, if anything; of it the agent claims what its
    /// tool's own input accounts for. `broken` gets the rules that the agent is to be told of.
    fn observe(&self, claims: bool, broken: &mut Broken) -> Result<(), Failure> {
        let mut session = Session::open(&self.global, Access::Compare)?;
        let files = session.look()?;
        let forward = self.payload.occasion == Occasion::SessionStart;
        let to_do = files.iter().any(|file| match file.state {
            Checkout::Edited { .. } => true,
            Checkout::Stale(_) => forward,
            _ => false,
        });
        let to_do = to_do || session.rules_differ();
        let head = session.head_seq();
        let warned = self.warned(&session).filter(|_| self.can_tell());
        drop(session);
        let observed = match to_do {
            true => self.record_found(claims, &mut broken.own),
            false => Ok(()),
        };
        let looked = match warned {
            Some(since) if to_do || head > Some(since) => self.look_back(since, broken),
            _ => Ok(()),
        };
        observed.and(looked)
    }

    fn record_found(&self, claims: bool, broken: &mut Vec<Breach>) -> Result<(), Failure> {
        let call = self.call();
        let root = &self.place.root;
        let found = |path: &str, before: &_| call.edit(&root.join(path), before);
        match claims {
            true => self.record(&Claims::Found(&found), broken),
            false => self.record(&Claims::None, broken),
        }
    }

    /// Records what is in a plan file before a command is run that may write it: what is found
    /// afterwards is then the command's.
    fn look_first(&self) -> Result<(), Failure> {
        let call = self.call();
        if !call.is_command() {
            return Ok(());
        }
        let mut session = Session::open(&self.global, Access::Compare)?;
        let files = session.look()?;
        // What the command itself is found to have broken is to be told afterwards.
        self.warned(&session);
        drop(session);
        let is_meant = |path: &str| call.runs_on(&self.place.root.join(path));
        let to_do = files
            .iter()
            .any(|file| matches!(file.state, Checkout::Edited { .. }) && is_meant(&file.path));
        match to_do {
            // Here nothing can be told: the hook after the command finds it.
            true => self.record(&Claims::None, &mut Vec::new()),
            false => Ok(()),
        }
    }

    fn call(&self) -> edits::Call<'_> {
        edits::Call {
            input: &self.payload.input,
            folder: self.payload.folders.first().unwrap_or(&self.folder),
            root: &self.place.root,
        }
    }

    fn record(&self, claims: &Claims, broken: &mut Vec<Breach>) -> Result<(), Failure> {
        let request = self.request();
        let mut committed = match Session::open(&self.global, Access::Write) {
            Err(why) if why.keeps_out() => postpone(&self.global, &request, &[], claims, why)?,
            opened => opened?.observe(&request, claims)?,
        };
        broken.append(&mut committed.edits_broke);
        ended(committed)
    }

    /// Records the session's own list of work, and what it says of tasks of the plan.
    fn work(&self, (all, mut items): todos::Listed) -> Result<(), Failure> {
        items.truncate(MOST_ITEMS);
        let actor = self.actor();
        let work = Work {
            agent: actor.id,
            session: actor.session,
            all,
            items,
        };
        let mut session = Session::open(&self.global, Access::Read)?;
        // What waits may be a later list than the one that is known.
        if work.is_known(session.plan()) && session.waiting()? == 0 {
            return Ok(());
        }
        let key = self.key(session.store().head());
        let given: [Given; 1] = [(None, Command::Work(work))];
        let files = session.look_for_lists(&given);
        drop(session);
        let commands: Vec<&Command> = given.iter().map(|(_, command)| command).collect();
        let request = Request {
            idem: Some((format!("hook/{key}"), command_digest(&commands)?)),
            ..self.request()
        };
        let committed = match Session::open(&self.global, Access::Write) {
            Err(why) if why.keeps_out() => {
                // What the list was before may wait as well, so without a tool use's name the
                // same list may be a later one. Taken in twice in a row, it is recorded once.
                let idem = request.idem.filter(|_| self.payload.tool_use.is_some());
                let request = Request { idem, ..request };
                postpone(&self.global, &request, &given, &Claims::None, why)?
            }
            opened => opened?.change(&request, |tx| {
                tx.knowing_files(files);
                carry_out(tx, &given)
            })?,
        };
        ended(committed)
    }

    /// What this change of the session's list is known by, so that a hook that fires twice at once
    /// records once. The name of the tool's use says it; without one, the same list may come again
    /// later, so it is the same change only on the same `head`.
    fn key(&self, head: Option<&Head>) -> Digest {
        let session = self.payload.session.as_deref().unwrap_or_default();
        let whole = self.payload.whole.to_string();
        let head = head.map(|head| head.id.to_string()).unwrap_or_default();
        let firing = match &self.payload.tool_use {
            Some(name) => vec![name.as_bytes()],
            None => vec![whole.as_bytes(), head.as_bytes()],
        };
        let whose = [self.agent.name(), session, &self.payload.event];
        let whose = whose.iter().map(|part| part.as_bytes());
        chain::batch_key(&whose.chain(firing).collect::<Vec<_>>())
    }
}

/// The folder that a hook is about and the ledger that is kept there, if one is. `said`: where the
/// agent says it works.
fn found(global: &Global, said: &[PathBuf]) -> Result<Option<(PathBuf, Place)>, Failure> {
    let start = current_folder(global)?;
    let own = locate(&start, global.ledger.as_deref());
    let here = own.as_ref().ok().filter(|place| place.layout.exists());
    let there = said.iter().find_map(|folder| {
        let place = match here {
            Some(here) => elsewhere(here, folder, global)?,
            // An agent may start its hooks anywhere.
            None => locate(folder, global.ledger.as_deref()).ok()?,
        };
        let is_kept = place.layout.exists();
        is_kept.then(|| (folder.clone(), place))
    });
    if there.is_some() {
        return Ok(there);
    }
    let own = own?;
    let is_kept = own.layout.exists();
    Ok(is_kept.then_some((start, own)))
}

/// Where a folder is that the agent says it works in, if that is a checkout of the same ledger:
/// agents that work in several worktrees start their hooks in the first.
fn elsewhere(place: &Place, folder: &Path, global: &Global) -> Option<Place> {
    let roots = std::iter::once(place.root.clone()).chain(place.worktrees());
    let folder = folder.canonicalize().ok()?;
    roots
        .filter_map(|root| root.canonicalize().ok())
        .find(|root| folder.starts_with(root))?;
    let there = locate(&folder, global.ledger.as_deref()).ok()?;
    (there.layout.directory() == place.layout.directory()).then_some(there)
}

/// How it ended, for the agent: nothing is said where it went well.
fn ended(committed: Committed) -> Result<(), Failure> {
    let Committed {
        refused,
        unwritten,
        troubles,
        ..
    } = committed;
    match refused.into_iter().chain(unwritten).next() {
        Some(failure) => Err(failure),
        None => {
            troubles.first().into_iter().for_each(complain);
            Ok(())
        }
    }
}

/// A text as long as a header holds.
fn for_header(text: &str) -> String {
    beginning(text, MAX_HEADER_STRING).to_owned()
}

/// Says on one line what went wrong in a hook.
pub(crate) fn complain(failure: &Failure) {
    let message = failure.message();
    let message = crate::output::escape::plain(message);
    let line: String = message.chars().take(300).collect();
    // There is nowhere to report a failing standard error to.
    let _ = writeln!(io::stderr().lock(), "ledger: {line}");
}
