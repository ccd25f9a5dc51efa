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

use std::collections::HashSet;

use ledger_core::codec::MAX_BODY;
use ledger_core::decide::{Act, Change};
use ledger_core::document::vocabulary::phrase;
use ledger_core::id::{MAX_HEADER_STRING, beginning};
use ledger_core::{Actor, ActorKind, Rejection, Status, chain};
use ledger_store::Place;
use ledger_store::checkouts::Checkout;
use ledger_store::git::{Git, Message, checks_out_as};
use ledger_store::traces::Traces;

use crate::args::{GitHook, GitRun as Run, Global, Who};
use crate::failure::Failure;
use crate::hook::complain;
use crate::outside;
use crate::session::commits::MADE_BY;
use crate::session::{
    Access, Claims, Committed, FileState, Given, Request, Session, asked, carry_out,
    command_digest, current_folder, place, postpone,
};

/// The most commits whose trailers are looked at when several arrive.
const MOST_COMMITS: usize = 1_000;

/// How long is waited for another process that writes, in seconds: git is not to be held up.
const WAIT: f64 = 3.0;

/// Runs what a hook of git's is to do.
///
/// # Errors
/// Only those of `pre-commit` are for git; the others are said and forgotten.
pub(super) fn run(global: &Global, args: &Run) -> Result<(), Failure> {
    let (hook, who) = (args.hook, &args.who);
    let place = place(global)?;
    if !place.layout.exists() {
        return Ok(());
    }
    if let Ok(now) = outside::now() {
        // What cannot be noted is known by nobody.
        let _ = Traces::of(&place.layout).note_fired(&format!("git {}", hook.name()), now);
    }
    let global = &Global {
        ledger: global.ledger.clone(),
        directory: global.directory.clone(),
        wait: global.wait.min(WAIT),
    };
    if hook == GitHook::PreCommit {
        return before_commit(global, &place, who);
    }
    let done = observe(global, who, |edited| committer(&place, hook, who, edited));
    // Whoever keeps one change out keeps the others out too.
    let wait = match &done {
        Ok(true) => global.wait,
        _ => 0.0,
    };
    if let Err(failure) = done {
        complain(&failure);
    }
    let global = &Global {
        ledger: global.ledger.clone(),
        directory: global.directory.clone(),
        wait,
    };
    if let Err(failure) = take_trailers(global, &place, hook, who) {
        complain(&failure);
    }
    Ok(())
}

/// Whose an edit is, and what set it off, as far as either is known.
type Doer = (Option<Actor>, Option<String>);

/// Records what was edited in the plan files; `false` if that waits now. A copy that git brought
/// back is left to the next command: git would not go on over a changed file.
fn observe(
    global: &Global,
    who: &Who,
    doer: impl FnOnce(&[FileState]) -> Result<Doer, Failure>,
) -> Result<bool, Failure> {
    let mut session = Session::open(global, Access::Compare)?;
    let mut edited = session.look()?;
    edited.retain(|file| matches!(file.state, Checkout::Edited { .. }));
    if edited.is_empty() {
        return Ok(true);
    }
    drop(session);
    let (actor, cause) = doer(&edited)?;
    let claims = match actor {
        Some(_) => Claims::All,
        None => Claims::None,
    };
    let request = Request {
        actor: actor.map_or_else(|| outside::actor(who, None), Ok)?,
        cause,
        idem: None,
        time: None,
    };
    let committed = match Session::open(global, Access::Write) {
        Err(why) if why.keeps_out() => postpone(global, &request, &[], &claims, why)?,
        opened => opened?.observe(&request, &claims)?,
    };
    for breach in &committed.edits_broke {
        complain(&Failure::finding(breach.to_string()));
    }
    ended(committed)
}

/// Whose edits are after git did something: their commit's author's, where just one commit made
/// them. Who made one that is not committed is not known here.
fn committer(
    place: &Place,
    hook: GitHook,
    who: &Who,
    edited: &[FileState],
) -> Result<Doer, Failure> {
    let Some(commit) = made_in(place, hook, edited) else {
        return Ok((None, None));
    };
    let own = match hook {
        GitHook::PostCommit => outside::claimed(who)?,
        _ => None,
    };
    let actor = own.unwrap_or_else(|| author(&commit.name, &commit.mail));
    Ok((Some(actor), Some(made_by(&commit.commit))))
}

/// The one commit that has brought what plan files have now.
fn made_in(place: &Place, hook: GitHook, edited: &[FileState]) -> Option<Message> {
    let git = git_of(place)?;
    if !edited.iter().all(|file| git.is_committed(&file.path)) {
        return None;
    }
    let paths: Vec<&str> = edited.iter().map(|file| &*file.path).collect();
    let mut commits = match hook {
        GitHook::PostCommit => git.messages(&git.head()?, &[], 1),
        GitHook::PostMerge => git.messages(&git.arrived()?, &paths, 2),
        _ => Vec::new(),
    };
    commits.pop().filter(|_| commits.is_empty())
}

/// The cause of what a commit brought.
fn made_by(commit: &str) -> String {
    format!("{MADE_BY}{commit}")
}

fn git_of(place: &Place) -> Option<Git<'_>> {
    let dirs = place.git.as_ref()?;
    Some(Git::new(&place.root, dirs))
}

/// How it ended; `false` if the change waits, which is said.
fn ended(committed: Committed) -> Result<bool, Failure> {
    match (committed.refused, committed.waits) {
        (Some(failure), Some(_)) => {
            complain(&failure);
            Ok(false)
        }
        (refused, _) => {
            let mut failures = refused.into_iter().chain(committed.unwritten);
            failures.next().map_or(Ok(true), Err)
        }
    }
}

/// Carries out what the messages of the commits that arrived say.
fn take_trailers(global: &Global, place: &Place, hook: GitHook, who: &Who) -> Result<(), Failure> {
    let Some(git) = git_of(place) else {
        return Ok(());
    };
    let range = match hook {
        GitHook::PostCommit if !git.is_amid() => git.head().map(|head| (head, 1)),
        GitHook::PostMerge => git.arrived().map(|range| (range, MOST_COMMITS)),
        _ => None,
    };
    let rebase = git.rebased_from().filter(|_| hook == GitHook::PostRewrite);
    let commits = match &rebase {
        Some(rebase) => brought_by_rebase(&git, &rebase.was),
        None => range.map_or_else(Vec::new, |(range, most)| git.messages(&range, &[], most)),
    };
    // Work that git put aside would not come back over a changed file.
    let is_in_the_way = rebase.is_some_and(|rebase| rebase.sets_aside);
    let own = match hook {
        GitHook::PostCommit => outside::claimed(who)?,
        _ => None,
    };
    for commit in &commits {
        let own = own.clone();
        let actor = own.unwrap_or_else(|| author(&commit.name, &commit.mail));
        let short = commit.commit.get(..12).unwrap_or_default();
        for (task, status) in said(commit) {
            let done = match phrase(status) {
                Some(status) => change(global, &actor, commit, is_in_the_way, (task, status)),
                None => Err(Failure::finding(format!("'{status}' is no status"))),
            };
            if let Err(failure) = done {
                complain(&failure.about(format!("commit {short}, Plan-Task: {task}")));
            }
        }
    }
    Ok(())
}

/// The commits that came below a branch's own by a rebase. Those that were made anew are known by
/// their authors and dates.
fn brought_by_rebase(git: &Git<'_>, was: &str) -> Vec<Message> {
    let Some(now) = git.head() else {
        return Vec::new();
    };
    let own = git.messages(&format!("{now}..{was}"), &[], MOST_COMMITS);
    let made = |commit: &Message| {
        let Message {
            name,
            mail,
            authored,
            ..
        } = commit.clone();
        (name, mail, authored)
    };
    let own: HashSet<_> = own.iter().map(made).collect();
    let mut commits = git.messages(&format!("{was}..{now}"), &[], MOST_COMMITS);
    commits.retain(|commit| !own.contains(&made(commit)));
    commits
}

/// The tasks that a commit's trailers name, each with the status that follows; where the first
/// trailer is a status, with the one before.
fn said(commit: &Message) -> Vec<(&str, &str)> {
    let is_status = |key: &str| key.eq_ignore_ascii_case("Plan-Status");
    let trailers = commit.trailers.iter();
    let mut trailers: Vec<(bool, &str)> = trailers
        .filter(|(key, _)| is_status(key) || key.eq_ignore_ascii_case("Plan-Task"))
        .map(|(key, value)| (is_status(key), value.as_str()))
        .collect();
    let status_first = trailers.first().is_some_and(|(is_status, _)| *is_status);
    if status_first {
        trailers.reverse();
    }
    let mut said = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for (is_status, value) in trailers {
        match is_status {
            true => said.extend(named.drain(..).map(|task| (task, value))),
            false => {
                let tasks = value.split(',').map(str::trim);
                named.extend(tasks.filter(|task| !task.is_empty()));
            }
        }
    }
    if status_first {
        said.reverse();
    }
    said
}

/// Gives a task a status; with `waits`, once the next command takes it in.
fn change(
    global: &Global,
    actor: &Actor,
    commit: &Message,
    waits: bool,
    (task, status): (&str, Status),
) -> Result<(), Failure> {
    let session = Session::open(global, Access::Read)?;
    let now = session.plan().resolve(task).map(|task| task.status());
    drop(session);
    let from = now?;
    if from == status {
        return Ok(());
    }
    let short = commit.commit.get(..12).unwrap_or_default();
    let needs_reason = matches!(status, Status::Blocked | Status::IssuesFound);
    let command = Act::between(from, status).on(Change {
        task: task.to_owned(),
        reason: needs_reason.then(|| format!("commit {short} says so")),
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
        actor: actor.clone(),
        cause: Some(made_by(&commit.commit)),
        idem: Some((format!("git/{key}"), command_digest(&asked(&given))?)),
        time: None,
    };
    let aside = || Failure::trouble("git has put changes of files aside");
    let opened = match waits {
        true => Err(aside()),
        false => Session::open(global, Access::Write),
    };
    let done = match opened {
        Err(why) if waits || why.keeps_out() => {
            postpone(global, &request, &given, &Claims::None, why)?
        }
        opened => opened?.change(&request, |tx| carry_out(tx, &given))?,
    };
    ended(done).map(drop)
}

fn author(name: &str, mail: &str) -> Actor {
    let id = match name.is_empty() {
        true => mail,
        false => name,
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

/// Refuses a commit that would have another plan than the ledger, or an edit that a rule denies and
/// that nobody has recorded yet: what is recorded is in the history, with the rule that it breaks.
///
/// A commit that leaves the plans alone is let be, and so is one while the ledger cannot be asked.
fn before_commit(global: &Global, place: &Place, who: &Who) -> Result<(), Failure> {
    let Some(git) = git_of(place) else {
        return Ok(());
    };
    let file = std::env::var_os("GIT_INDEX_FILE");
    let file = file.map(|file| current_folder(global).map(|folder| folder.join(file)));
    let file = file.transpose()?;
    let index = git.index(file.as_deref());
    let unable = |failure: Failure| complain(&failure.about("the plan was not checked"));
    let seen = (|| {
        let mut session = Session::open(global, Access::Read)?;
        let mut files = session.look()?;
        files.retain(|file| index.changes(&file.path));
        let breaches = match files.is_empty() {
            true => Vec::new(),
            false => session.breaks_unrecorded(&outside::actor(who, None)?, &files)?,
        };
        Ok((files, breaches))
    })();
    let (files, breaches) = match seen {
        Ok(seen) => seen,
        Err(failure) => {
            unable(failure);
            return Ok(());
        }
    };
    if files.is_empty() {
        return Ok(());
    }
    if !breaches.is_empty() {
        return Err(Failure::from(Rejection::Ruled(breaches))
            .about("the edit that is to be committed")
            .hint("ledger observe records it as it is, with the rule that it breaks"));
    }
    let doer = |edited: &[FileState]| -> Result<Doer, Failure> {
        // Who commits a file as it lies there says that it is theirs.
        let staged = edited.iter().all(|file| index.is_as_file(&file.path));
        let named = git.author().map(|(name, mail)| author(&name, &mail));
        let actor = outside::claimed(who)?.or(named);
        Ok((actor.filter(|_| staged), None))
    };
    match observe(global, who, doer) {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        Err(failure) => {
            unable(failure);
            return Ok(());
        }
    }
    let session = match Session::open(global, Access::Read) {
        Ok(session) => session,
        Err(failure) => {
            unable(failure);
            return Ok(());
        }
    };
    for file in &files {
        let path = &file.path;
        // A deletion is to be seen in git; what becomes of the plan is asked by the next command.
        let staged = index.blob(path, MAX_BODY as u64);
        let own = session.plan().document(&file.document);
        if let (Some(staged), Some(own)) = (staged, own)
            && !checks_out_as(&staged, own.text.text().as_bytes())
        {
            return Err(Failure::finding(format!(
                "{path} as it is staged is not what the ledger has of it"
            ))
            .hint(format!("ledger render --check, then git add {path}"))
            .hint("git commit --no-verify commits it all the same"));
        }
    }
    Ok(())
}
