//! The clock, randomness and names from outside, each read in one place.

use chrono::{Days, Local, TimeZone as _, Utc};
use ledger_core::id::hex;
use ledger_core::{Actor, ActorKind, Context, Time, WriterId};

use crate::args::Who;
use crate::failure::Failure;

/// Now, as this machine's clock says.
pub(crate) fn now() -> Result<Time, Failure> {
    Time::from_millis(Utc::now().timestamp_millis())
        .ok_or_else(|| Failure::trouble("the system clock is set to a year beyond 9999"))
}

/// Today where the user is, `YYYY-MM-DD`: the day they would write by hand.
fn today() -> String {
    day_in(0)
}

/// The day in so many days where the user is, `YYYY-MM-DD`.
pub(crate) fn day_in(days: u64) -> String {
    let today = Local::now().date_naive();
    let day = today.checked_add_days(Days::new(days)).unwrap_or(today);
    day.format("%Y-%m-%d").to_string()
}

/// The day that a time is on where the user is, `YYYY-MM-DD`.
pub(crate) fn day_of(time: Time) -> String {
    match Local.timestamp_millis_opt(time.millis()).single() {
        Some(time) => time.format("%Y-%m-%d").to_string(),
        None => time.date(),
    }
}

/// 32 fresh random bytes.
pub(crate) fn entropy() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::trouble(format!("no randomness from the system: {error}")))?;
    Ok(bytes)
}

/// A name for a new copy of a ledger.
pub(crate) fn new_writer() -> Result<WriterId, Failure> {
    WriterId::new(hex(&entropy()?[..8])).map_err(|error| Failure::trouble(error.to_string()))
}

/// What decisions need from outside.
pub(crate) fn context() -> Result<Context, Failure> {
    Ok(Context {
        today: today(),
        entropy: entropy()?,
    })
}

/// What agents set in the environment of all that they run.
const MARKS: [(&str, &str); 7] = [
    ("CLAUDECODE", "claude-code"),
    ("CODEX_THREAD_ID", "codex"),
    ("CODEX_SANDBOX", "codex"),
    ("GEMINI_CLI", "gemini-cli"),
    ("COPILOT_CLI", "copilot-cli"),
    ("OPENCODE", "opencode"),
    ("CURSOR_AGENT", "cursor"),
];

/// The agent that runs this process. Of its mark only the name is looked at.
fn agent() -> Option<&'static str> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let mark = MARKS.into_iter().find(|(name, _)| is_set(name));
    mark.map(|(_, agent)| agent)
}

/// Who does something, if they say so or it is an agent.
pub(crate) fn claimed(who: &Who) -> Result<Option<Actor>, Failure> {
    let says = who.actor.as_ref().is_some_and(|name| !name.is_empty());
    match says || agent().is_some() {
        true => actor(who, None).map(Some),
        false => Ok(None),
    }
}

/// Who does something: as they say, else the agent that runs this, else by their login name.
pub(crate) fn actor(who: &Who, tool: Option<&str>) -> Result<Actor, Failure> {
    let said = who.actor.clone();
    let login = || {
        ["USER", "LOGNAME", "USERNAME"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok())
            .or_else(|| whoami::username().ok())
            .filter(|name| !name.is_empty())
    };
    let (kind, id) = match said.filter(|name| !name.is_empty()) {
        // A name that somebody gives may be a person's or an agent's: only `agent:NAME` and
        // `human:NAME` say which.
        Some(name) => match name.split_once(':') {
            Some(("agent", name)) => (ActorKind::Agent, name.to_owned()),
            Some(("human", name)) => (ActorKind::Human, name.to_owned()),
            _ => (ActorKind::Unknown, name),
        },
        None => match (agent(), login()) {
            (Some(agent), _) => (ActorKind::Agent, agent.to_owned()),
            (None, Some(name)) => (ActorKind::Human, name),
            (None, None) => (ActorKind::Unknown, "unknown".to_owned()),
        },
    };
    let actor = Actor {
        kind,
        id,
        session: who.session.clone(),
        tool: tool.map(str::to_owned),
    };
    for (what, text) in [
        ("--actor", Some(&actor.id)),
        ("--session", actor.session.as_ref()),
    ] {
        if text.is_some_and(|text| text.len() > ledger_core::id::MAX_HEADER_STRING) {
            return Err(Failure::trouble(format!("{what} is longer than 256 bytes")));
        }
    }
    Ok(actor)
}
