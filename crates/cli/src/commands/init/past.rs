//! `ledger init --git`: what plans went through in git becomes their history in the ledger.
//!
//! The whole journal is made before there is a ledger, and put in its place by one rename: an
//! import that fails or is killed has made none, and is simply started again.

mod importer;
mod progress;

use std::io::{self, Write};

use ledger_core::EventId;
use ledger_core::codec::MAX_BODY;
use ledger_core::document::Document;
use ledger_store::checkouts::Checkout;
use ledger_store::git::{Git, History, checks_out_as};
use ledger_store::{Options, Place, PlanPath, StoreError, repair};
use schemars::JsonSchema;
use serde::Serialize;

use super::{missing, read, tally};
use crate::args::{Global, Init};
use crate::commands::doctor::{count, new_config, options};
use crate::commands::head::HeadReport;
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::{json, screen};
use crate::outside;
use crate::session::{Access, Session, place};

use importer::{Imported, Importer, Skipped};
use progress::Progress;

/// A plan file, and what it says; `None` where it is not there.
type PlanFile = (PlanPath, Option<Document>);

/// Skipped texts that are named one by one.
const NAMED: usize = 5;

#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct Report<'a> {
    /// The ledger's id.
    ledger: EventId,
    /// Events that were made.
    events: u64,
    /// Commits that they are of.
    commits: u64,
    /// The last event.
    head: HeadReport,
    /// Texts that no document can be.
    skipped: &'a [Skipped],
}

/// Imports the past of plans; `false` if git has none, so that they are only to be adopted.
pub(super) fn run(global: &Global, args: &Init) -> Result<bool, Failure> {
    let place = place(global)?;
    if args.plans.is_empty() {
        return Err(Failure::trouble("--git needs to know whose past it is")
            .hint("ledger init PLAN.md --git"));
    }
    let plans = read(global, args, &place)?;
    if has_events(&place, global)? {
        return Err(exists(&place));
    }
    let Some(dirs) = &place.git else {
        return Err(
            Failure::trouble(format!("{} is in no git repository", place.root.display()))
                .hint("leave --git out to adopt the plans as they are"),
        );
    };
    let git = Git::new(&place.root, dirs);
    let listing = Progress::listing();
    let history = history(&git, &plans)?;
    drop(listing);
    if history.is_shallow {
        say(
            "the clone is shallow: commits before its first one are not in it (git fetch --unshallow)",
        );
    }
    let is_known = |plan: usize| {
        let mut commits = history.commits.iter();
        commits.any(|commit| commit.plans.get(plan).is_some_and(Option::is_some))
    };
    for (plan, ((_, text), typed)) in plans.iter().zip(&args.plans).enumerate() {
        if text.is_none() && !is_known(plan) {
            return Err(missing(typed));
        }
    }
    if !(0..plans.len()).any(is_known) {
        say("git has no commit with these plans: they are adopted as they are");
        return Ok(false);
    }
    let imported = import(global, args, &place, &git, &history, &plans)?;
    let session = settle(place, global).map_err(Failure::recorded)?;
    print(args, &imported, &session, &plans)?;
    Ok(true)
}

fn has_events(place: &Place, global: &Global) -> Result<bool, Failure> {
    if !place.layout.exists() {
        return Ok(false);
    }
    let session = Session::at(place.clone(), global, Access::Read)?;
    Ok(session.head_moment().is_some())
}

fn exists(place: &Place) -> Failure {
    Failure::trouble(format!(
        "there is a ledger at {} already",
        place.layout.directory().display()
    ))
    .hint(
        "--git starts a ledger with a past; ledger init PLAN.md adopts a further plan without one",
    )
}

fn history(git: &Git<'_>, plans: &[PlanFile]) -> Result<History, Failure> {
    let names: Vec<String> = plans.iter().map(|(path, _)| path.name.clone()).collect();
    // What lies outside the project is not in its repository.
    let inside = names.iter().all(|name| !name.starts_with('/'));
    match git.head().filter(|_| inside) {
        Some(head) => Ok(git.past(&head, &names)?),
        None if inside => Ok(History::default()),
        None => Err(Failure::trouble(
            "--git: a plan outside the project has no past in its repository",
        )
        .hint("adopt it afterwards, without --git")),
    }
}

fn import(
    global: &Global,
    args: &Init,
    place: &Place,
    git: &Git<'_>,
    history: &History,
    plans: &[PlanFile],
) -> Result<Imported, Failure> {
    let mut config = new_config(place)?;
    if place.layout.exists() {
        config.writer = place.layout.open()?.writer;
    }
    let actor = outside::actor(&args.who, None)?;
    let line_ends = line_ends(git, plans);
    let texts = git.texts()?;
    let mut importer = Importer::begin(history, texts, line_ends, config.writer.clone(), &actor)?;
    let mut progress = Progress::new(history.commits.len());
    for at in 0..history.commits.len() {
        importer.take(at)?;
        progress.at(at + 1);
    }
    importer.take_files(plans, &actor)?;
    drop(progress);
    let (imported, journal) = importer.finish()?;
    let options: Options = options(global, "ledger init");
    let made = repair::import(&place.layout, &options, &config, journal, &imported.head);
    made.map_err(|error| match error {
        StoreError::Exists(_) => exists(place),
        error => error.into(),
    })?;
    Ok(imported)
}

/// Of each plan, whether it differs from what git has only by the carriage returns that git puts
/// there (`core.autocrlf`): then its past is that of the texts that were checked out.
fn line_ends(git: &Git<'_>, plans: &[PlanFile]) -> Vec<bool> {
    let head = git.head();
    let differs = |(path, text): &PlanFile| {
        let text = text.as_ref()?.text();
        let blob = git.blob(head.as_deref()?, &path.name, MAX_BODY as u64)?;
        Some(blob != text.as_bytes() && checks_out_as(&blob, text.as_bytes()))
    };
    plans
        .iter()
        .map(|plan| differs(plan) == Some(true))
        .collect()
}

/// Notes that the plan files are what the ledger has, and fills its indexes.
fn settle(place: Place, global: &Global) -> Result<Session, Failure> {
    let mut session = Session::at(place, global, Access::Write)?;
    for seen in session.look()? {
        // One that somebody has changed meanwhile is the next command's to record.
        if seen.state == Checkout::Current {
            session.put(&seen)?;
        }
    }
    session.settle()?;
    Ok(session)
}

fn say(note: &str) {
    // There is nowhere to report a failing standard error to.
    let _ = writeln!(anstream::stderr().lock(), "note: {note}");
}

fn print(
    args: &Init,
    imported: &Imported,
    session: &Session,
    plans: &[PlanFile],
) -> Result<(), Failure> {
    for skipped in imported.skipped.iter().take(NAMED) {
        let commit = skipped.commit.get(..12).unwrap_or(&skipped.commit);
        say(&format!(
            "commit {commit}: {} is left out: {}",
            plain(&skipped.path),
            plain(&skipped.why)
        ));
    }
    if let more @ 1.. = imported.skipped.len().saturating_sub(NAMED) {
        say(&format!("{} more are left out", count(more as u64, "text")));
    }
    let printed = match args.json {
        true => print_json(imported),
        false => print_text(imported, session, plans),
    };
    printed.map_err(|error| {
        let failure = Failure::from(error).about("cannot print what was done");
        failure.recorded()
    })
}

fn print_json(imported: &Imported) -> io::Result<()> {
    let report = Report {
        ledger: imported.head.ledger,
        events: imported.head.seq.0 + 1,
        commits: imported.commits,
        head: HeadReport::from(&imported.head),
        skipped: &imported.skipped,
    };
    let mut out = screen::raw();
    json::print(&mut out, &report)?;
    out.flush()
}

fn print_text(imported: &Imported, session: &Session, plans: &[PlanFile]) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let directory = session.directory().display().to_string();
    writeln!(out, "started a ledger in {}", plain(&directory))?;
    writeln!(
        out,
        "took over {} from git, as {}",
        count(imported.commits, "commit"),
        count(imported.head.seq.0 + 1, "event")
    )?;
    for (path, _) in plans {
        let became = match session.plan().document_at(&path.name) {
            Some(_) => format!("is as it was: {}", tally(session.plan(), &path.name)),
            None => "was deleted; it is in the history".to_owned(),
        };
        writeln!(out, "{} {became}", plain(&path.name))?;
    }
    out.flush()
}
