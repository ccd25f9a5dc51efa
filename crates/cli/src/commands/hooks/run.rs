//! `ledger hooks run`: what git's own hooks run.
//!
//! After git did something, edits of the plan files are recorded. What git brought is nobody's
//! edit, and in the midst of a rebase no file is written. A commit whose message has the trailers
//!
//! ```text
//! Plan-Task: TODO-7
//! Plan-Status: completed
//! ```
//!
//! changes that task's status, once, whoever brings the commit here and however often it is made
//! anew. Nothing of that is ever in git's way; only `pre-commit`, for whoever asked for it, refuses
//! a commit whose plan is not what the ledger has.

use ledger_core::codec::MAX_BODY;
use ledger_core::decide::{Act, Change};
use ledger_core::document::vocabulary::phrase;
use ledger_core::id::{MAX_HEADER_STRING, beginning};
use ledger_core::{Actor, ActorKind, Rejection, Status, chain};
use ledger_store::Place;
use ledger_store::checkouts::Checkout;
use ledger_store::git::{Git, Trailers, checks_out_as};
use ledger_store::traces::Traces;

use crate::args::{GitHook, Global, Who};
use crate::failure::Failure;
use crate::hook::complain;
use crate::outside;
use crate::session::{
    Access, Claims, Committed, FileState, Given, Request, Session, asked, carry_out,
    command_digest, current_folder, place, postpone,
};

/// The most commits whose trailers are looked at when several arrive.
const MOST_COMMITS: usize = 1_000;

/// Runs what a hook of git's is to do.
///
/// # Errors
/// Only those of `pre-commit` are for git; the others are said and forgotten.
pub(super) fn run(global: &Global, hook: GitHook) -> Result<(), Failure> {
    let place = place(global)?;
    if !place.layout.exists() {
        return Ok(());
    }
    if let Ok(now) = outside::now() {
        // What cannot be noted is known by nobody.
        let _ = Traces::of(&place.layout).note_fired(&format!("git {}", hook.name()), now);
    }
    if hook == GitHook::PreCommit {
        return before_commit(global, &place);
    }
    for done in [
        observe(global, &place, hook),
        take_trailers(global, &place, hook),
    ] {
        if let Err(failure) = done {
            complain(&failure);
        }
    }
    Ok(())
}

/// Records what was edited in the plan files. A copy that git brought back is left to the next
/// command: git would not go on over a changed file.
fn observe(global: &Global, place: &Place, hook: GitHook) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Compare)?;
    let mut edited = session.look()?;
    edited.retain(|file| matches!(file.state, Checkout::Edited { .. }));
    if edited.is_empty() {
        return Ok(());
    }
    drop(session);
    let commit = git_of(place).filter(|git| {
        let is_in_it = |file: &FileState| git.is_committed(&file.path);
        hook == GitHook::PostCommit && edited.iter().all(is_in_it)
    });
    let cause = match commit.and_then(|git| git.head()) {
        Some(commit) => made_by(&commit),
        None => format!("git {}", hook.name()),
    };
    let request = Request {
        actor: outside::actor(&Who::default(), None)?,
        cause: Some(cause),
        idem: None,
        time: None,
    };
    ended(match Session::open(global, Access::Write) {
        Err(why) if why.keeps_out() => postpone(global, &request, &[], &Claims::All, why)?,
        opened => opened?.observe(&request, &Claims::All)?,
    })
}

/// The cause of what a commit brought.
fn made_by(commit: &str) -> String {
    format!("git commit {commit}")
}

fn git_of(place: &Place) -> Option<Git<'_>> {
    let dirs = place.git.as_ref()?;
    Some(Git::new(&place.root, dirs))
}

fn ended(committed: Committed) -> Result<(), Failure> {
    let refused = committed.refused.filter(|_| committed.waits.is_none());
    let failures = refused.into_iter().chain(committed.unwritten);
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// Carries out what the messages of the commits that arrived say.
fn take_trailers(global: &Global, place: &Place, hook: GitHook) -> Result<(), Failure> {
    let Some(git) = git_of(place) else {
        return Ok(());
    };
    let range = match hook {
        GitHook::PostCommit if !git.is_amid() => git.head().map(|head| (head, 1)),
        GitHook::PostMerge => git.arrived().map(|range| (range, MOST_COMMITS)),
        _ => None,
    };
    let commits = range.map_or_else(Vec::new, |(range, most)| git.trailers(&range, most));
    for commit in &commits {
        let short = commit.commit.get(..12).unwrap_or_default();
        for (task, status) in said(commit) {
            let done = match phrase(status) {
                Some(status) => change(global, commit, task, status),
                None => Err(Failure::finding(format!("'{status}' is no status"))),
            };
            if let Err(failure) = done {
                complain(&failure.about(format!("commit {short}, Plan-Task: {task}")));
            }
        }
    }
    Ok(())
}

/// The tasks that a commit's trailers name, each with the status that follows.
fn said(commit: &Trailers) -> Vec<(&str, &str)> {
    let mut said = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for (key, value) in &commit.list {
        if key.eq_ignore_ascii_case("Plan-Task") {
            named.extend(
                value
                    .split(',')
                    .map(str::trim)
                    .filter(|task| !task.is_empty()),
            );
        } else if key.eq_ignore_ascii_case("Plan-Status") {
            said.extend(named.drain(..).map(|task| (task, value.as_str())));
        }
    }
    said
}

/// Gives a task a status, as the commit's author.
fn change(global: &Global, commit: &Trailers, task: &str, status: Status) -> Result<(), Failure> {
    let session = Session::open(global, Access::Read)?;
    let now = session.plan().resolve(task).map(|task| task.status());
    drop(session);
    let from = now?;
    if from == status {
        return Ok(());
    }
    let short = commit.commit.get(..12).unwrap_or_default();
    let waits = matches!(status, Status::Blocked | Status::IssuesFound);
    let command = Act::between(from, status).on(Change {
        task: task.to_owned(),
        reason: waits.then(|| format!("commit {short} says so")),
        ..Change::default()
    });
    let given: [Given; 1] = [(None, command)];
    let key = [
        &*commit.name,
        &commit.mail,
        &commit.authored,
        task,
        status.name(),
    ];
    let key = chain::batch_key(&key.map(str::as_bytes));
    let request = Request {
        actor: author(commit),
        cause: Some(made_by(&commit.commit)),
        idem: Some((format!("git/{key}"), command_digest(&asked(&given))?)),
        time: None,
    };
    ended(match Session::open(global, Access::Write) {
        Err(why) if why.keeps_out() => postpone(global, &request, &given, &Claims::None, why)?,
        opened => opened?.change(&request, |tx| carry_out(tx, &given))?,
    })
}

fn author(commit: &Trailers) -> Actor {
    let id = match commit.name.is_empty() {
        true => &commit.mail,
        false => &commit.name,
    };
    Actor {
        kind: match id.is_empty() {
            true => ActorKind::Unknown,
            false => ActorKind::Human,
        },
        id: beginning(id, MAX_HEADER_STRING).to_owned(),
        session: None,
        tool: Some("git".to_owned()),
    }
}

/// Refuses a commit while an edit is on disk that a rule denies and that nobody has recorded yet.
/// What is recorded is in the history, with the rule that it breaks.
fn refuse_breaches(global: &Global) -> Result<(), Failure> {
    let actor = outside::actor(&Who::default(), None)?;
    let mut session = Session::open(global, Access::Read)?;
    let files = session.look()?;
    let breaches = session.breaks_unrecorded(&actor, &files)?;
    if breaches.is_empty() {
        return Ok(());
    }
    Err(Failure::from(Rejection::Ruled(breaches))
        .about("the edit that is to be committed")
        .hint("ledger observe records it as it is, with the rule that it breaks"))
}

/// Refuses a commit that would have another plan than the ledger, or one that a rule denies.
fn before_commit(global: &Global, place: &Place) -> Result<(), Failure> {
    refuse_breaches(global)?;
    if let Err(failure) = observe(global, place, GitHook::PreCommit) {
        complain(&failure);
    }
    let Some(git) = git_of(place) else {
        return Ok(());
    };
    let file = std::env::var_os("GIT_INDEX_FILE");
    let file = file.map(|file| current_folder(global).map(|folder| folder.join(file)));
    let file = file.transpose()?;
    let index = git.index(file.as_deref());
    let session = Session::open(global, Access::Read)?;
    for document in session.plan().documents() {
        if !index.changes(&document.path) {
            continue;
        }
        let path = &document.path;
        // A deletion is to be seen in git; what becomes of the plan is asked by the next command.
        let Some(staged) = index.blob(path, MAX_BODY as u64) else {
            continue;
        };
        let text = document.text.text();
        if !checks_out_as(&staged, text.as_bytes()) {
            return Err(Failure::finding(format!(
                "{path} as it is staged is not what the ledger has of it"
            ))
            .hint(format!("ledger render --check, then git add {path}"))
            .hint("git commit --no-verify commits it all the same"));
        }
    }
    Ok(())
}
