//! `ledger append --hook`: recording what an agent did, told by the agent's own hook.
//!
//! A hook runs in the middle of somebody's work. It looks first whether there is anything to
//! record, without the lock; and whatever goes wrong, the agent goes on: see
//! [`crate::main`] and [`run`].

mod agent;
mod edits;
mod patch;
mod payload;
mod permission;
mod sql;
mod todos;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ledger_core::decide::Work;
use ledger_core::id::{Digest, MAX_HEADER_STRING, beginning};
use ledger_core::{Actor, ActorKind, Command, chain};
use ledger_store::checkouts::Checkout;
use ledger_store::traces::Traces;
use ledger_store::{Place, locate};

use crate::args::Global;
use crate::briefing;
use crate::failure::Failure;
use crate::outside;
use crate::session::{
    Access, Claims, Committed, Given, Request, Session, carry_out, command_digest, current_folder,
    postpone,
};

pub(crate) use agent::Agent;

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
    let Some(hook) = Hook::at(global, agent, payload, &bytes)? else {
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
    /// What this firing is known by.
    key: Digest,
}

impl Hook {
    /// The hook, if there is a ledger where it fired.
    fn at(
        global: &Global,
        agent: Agent,
        payload: Payload,
        bytes: &[u8],
    ) -> Result<Option<Self>, Failure> {
        let start = current_folder(global)?;
        let mut place = locate(&start, global.ledger.as_deref())?;
        if !place.layout.exists() {
            return Ok(None);
        }
        let mut folder = start;
        if let Some(said) = payload.folder.as_deref().map(Path::new)
            && said.is_absolute()
            && let Some(there) = elsewhere(&place, said, global)
        {
            said.clone_into(&mut folder);
            place = there;
        }
        let session = payload.session.as_deref().unwrap_or_default();
        let firing = payload.tool_use.as_deref().map_or(bytes, str::as_bytes);
        let key = [agent.name(), session, &payload.event];
        let parts = key.map(str::as_bytes);
        let key = chain::batch_key(&[parts[0], parts[1], parts[2], firing]);
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
            key,
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
                    None => self.observe(true),
                }
            }
            Occasion::Rest | Occasion::SessionEnd => self.observe(false),
            Occasion::BeforeTool if self.is_own_tool() || self.reads_only() => Ok(()),
            Occasion::BeforeTool => self.permit(),
            Occasion::Other => Ok(()),
        }
    }

    /// Notes that this hook works: an agent that does not trust its hooks ignores them in silence.
    fn leave_trace(&self) {
        if let Ok(now) = outside::now() {
            let hook = format!("{} {}", self.agent.name(), for_header(&self.payload.event));
            // Where the ledger cannot be written, nobody can tell.
            let _ = Traces::read(&self.place.layout).note_fired(&hook, now);
        }
    }

    /// Tells the agent how the plan stands.
    fn begin(&self) -> Result<(), Failure> {
        let observed = self.observe(false);
        let mut session = Session::open(&self.global, Access::Read)?;
        let name = self.actor().session;
        let text = briefing::for_session(&mut session, name.as_deref(), briefing::TOKENS)?;
        drop(session);
        let mut out = io::stdout().lock();
        out.write_all(self.agent.context(&self.payload.event, &text).as_bytes())?;
        out.flush()?;
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
    /// tool's own input accounts for.
    fn observe(&self, claims: bool) -> Result<(), Failure> {
        let mut session = Session::open(&self.global, Access::Compare)?;
        let files = session.look()?;
        let forward = self.payload.occasion == Occasion::SessionStart;
        let to_do = files.iter().any(|file| match file.state {
            Checkout::Edited { .. } => true,
            Checkout::Stale(_) => forward,
            _ => false,
        });
        drop(session);
        if !to_do {
            return Ok(());
        }
        let request = self.request();
        let call = edits::Call {
            input: &self.payload.input,
            folder: &self.folder,
        };
        let root = self.place.root.clone();
        let found = |path: &str, before: &_| call.edit(&root.join(path), before);
        let claims = match claims {
            true => Claims::Found(&found),
            false => Claims::None,
        };
        let committed = match Session::open(&self.global, Access::Write) {
            Err(why) if why.keeps_out() => postpone(&self.global, &request, &[], &claims, why)?,
            opened => opened?.observe(&request, &claims)?,
        };
        self.give_back(&committed.edits_broke)?;
        ended(committed)
    }

    /// Records the session's own list of work, and what it says of tasks of the plan.
    fn work(&self, (all, items): todos::Listed) -> Result<(), Failure> {
        let actor = self.actor();
        let work = Work {
            agent: actor.id,
            session: actor.session,
            all,
            items,
        };
        let session = Session::open(&self.global, Access::Read)?;
        if work.is_known(session.plan()) {
            return Ok(());
        }
        let given: [Given; 1] = [(None, Command::Work(work))];
        let files = session.look_for_lists(&given);
        drop(session);
        let commands: Vec<&Command> = given.iter().map(|(_, command)| command).collect();
        let request = Request {
            idem: Some((format!("hook/{}", self.key), command_digest(&commands)?)),
            ..self.request()
        };
        let committed = match Session::open(&self.global, Access::Write) {
            Err(why) if why.keeps_out() => {
                postpone(&self.global, &request, &given, &Claims::None, why)?
            }
            opened => opened?.change(&request, |tx| {
                tx.knowing_files(files);
                carry_out(tx, &given)
            })?,
        };
        ended(committed)
    }
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
