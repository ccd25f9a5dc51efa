//! What an agent is told of the plan: `ledger render --view brief`, and at the beginning of a
//! session.

use std::collections::{BTreeMap, HashSet};

use ledger_core::project::{Brief, News};
use ledger_core::{Actor, Origin, Plan, Seq, Status, TaskKey};
use ledger_store::Store;
use ledger_store::traces::Traces;

use crate::failure::Failure;
use crate::output::escape::plain;
use crate::session::Session;

/// How many tokens a brief takes unless somebody says otherwise.
pub(crate) const TOKENS: usize = 600;

/// How many events are looked through for news, and for who began a task.
const MOST_EVENTS: u64 = 400;
const MOST_OF_TASK: usize = 16;

/// How many tasks in progress are looked up.
const MOST_BEGUN: usize = 6;

/// The plan at the head in at most `tokens` tokens, for a session; it counts as told from here on.
pub(crate) fn for_session(
    session: &mut Session,
    name: Option<&str>,
    tokens: usize,
) -> Result<String, Failure> {
    let head = session.store().head().map(|head| head.seq);
    let traces = Traces::of(session.layout());
    let since = name
        .and_then(|name| traces.told(name))
        .filter(|seq| Some(*seq) <= head);
    let news = match head {
        Some(head) => news(session, since, head, name)?,
        None => News::default(),
    };
    let begun_by = begun_by(session)?;
    let text = write(session.plan(), head, tokens, &begun_by, &news);
    if let (Some(name), Some(head)) = (name, head) {
        // A ledger that cannot be written tells it again next time.
        let _ = traces.note_told(name, head);
    }
    Ok(text)
}

/// A plan at some moment in at most `tokens` tokens.
pub(crate) fn of(plan: &Plan, at: Option<Seq>, tokens: usize) -> String {
    write(plan, at, tokens, &BTreeMap::new(), &News::default())
}

fn write(
    plan: &Plan,
    head: Option<Seq>,
    budget: usize,
    begun_by: &BTreeMap<TaskKey, String>,
    news: &News,
) -> String {
    let brief = Brief {
        plan,
        head,
        budget,
        begun_by: &|key| begun_by.get(key).cloned(),
        news,
        harmless: &|text| plain(text).into_owned(),
    };
    brief.write()
}

/// What others did to tasks after an event, or lately.
fn news(
    session: &mut Session,
    since: Option<Seq>,
    head: Seq,
    own: Option<&str>,
) -> Result<News, Failure> {
    let first = head.0.saturating_sub(MOST_EVENTS);
    let from = since.map_or(first, |seq| seq.0 + 1).max(first);
    let mut changes: Vec<(TaskKey, String, String)> = Vec::new();
    let mut events = Vec::new();
    if from <= head.0 {
        for batch in session.store().read(Seq(from))? {
            let batch = batch?;
            let told = batch.events().iter().filter(|recorded| {
                let actor = &recorded.event.header.actor;
                recorded.seq.0 >= from && (own.is_none() || actor.session.as_deref() != own)
            });
            events.extend(told.filter_map(|recorded| {
                let header = &recorded.event.header;
                let (kind, task) = (header.kind.strip_prefix("task.")?, header.task.clone()?);
                // Keys that an import hands on say nothing of how the plan stands.
                let is_told = kind != "rekeyed" || header.origin != Origin::Imported;
                is_told.then_some(())?;
                Some((task, kind.to_owned(), who(&header.actor)))
            }));
        }
    }
    let mut seen = HashSet::new();
    for change in events.into_iter().rev() {
        if seen.insert(change.0.clone()) {
            changes.push(change);
        }
    }
    Ok(News { since, changes })
}

/// Who began the tasks that are in progress.
fn begun_by(session: &mut Session) -> Result<BTreeMap<TaskKey, String>, Failure> {
    let in_order = session.plan().tasks_in_order().into_iter();
    let begun = in_order.filter(|task| task.status() == Status::InProgress);
    let keys: Vec<TaskKey> = begun
        .take(MOST_BEGUN)
        .map(|task| task.key.clone())
        .collect();
    let mut found = BTreeMap::new();
    for key in keys {
        let events = session.events_of(&key, MOST_OF_TASK)?;
        let begun = events.iter().find(|recorded| {
            let header = &recorded.event.header;
            header.kind == "task.started" || header.to.as_deref() == Some(Status::InProgress.name())
        });
        if let Some(begun) = begun {
            found.insert(key, who(&begun.event.header.actor));
        }
    }
    Ok(found)
}

fn who(actor: &Actor) -> String {
    match actor
        .session
        .as_deref()
        .and_then(|session| session.get(..8))
    {
        Some(session) => format!("{} {session}", actor.id),
        None => actor.id.clone(),
    }
}
