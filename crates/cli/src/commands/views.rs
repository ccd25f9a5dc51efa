//! `ledger render --view history` and `--view audit`: markdown for people who read it elsewhere.

use std::io::Write;

use ledger_core::Seq;
use ledger_core::project::history::Version;
use ledger_core::project::{Entry, History};
use ledger_store::Store;

use super::audit::sink::Sink;
use super::audit::words;
use crate::args::{Format, Global, Render};
use crate::briefing;
use crate::failure::Failure;
use crate::output::escape::markdown;
use crate::output::{screen, when};
use crate::session::{Access, Session, plan_name};

/// Prints the versions of the plans and what changed in each.
pub(crate) fn history(global: &Global, args: &Render) -> Result<(), Failure> {
    let only = args
        .plan
        .as_deref()
        .map(|path| plan_name(global, path))
        .transpose()?;
    let mut session = Session::open(global, Access::Read)?;
    let until = until(&mut session, args)?;
    let mut history = History::default();
    let plan = session.replay_to(until, |batch, plan| history.push(batch, plan))?;
    let mut out = screen::raw();
    let mut any = false;
    for document in plan.documents() {
        if only.as_ref().is_some_and(|only| *only != document.path) {
            continue;
        }
        if any {
            writeln!(out)?;
        }
        any = true;
        writeln!(out, "# History of {}", markdown(&document.path))?;
        for version in history
            .versions()
            .iter()
            .filter(|own| own.document == document.id)
        {
            write_version(&mut out, version)?;
        }
    }
    match (any, only) {
        (false, Some(path)) => Err(Failure::trouble(format!(
            "the ledger did not track '{path}' at that moment"
        ))),
        _ => Ok(out.flush()?),
    }
}

fn write_version(out: &mut impl Write, version: &Version) -> Result<(), Failure> {
    let Some((first, last)) = version.span() else {
        return Ok(());
    };
    let name = match &version.version {
        Some(number) => format!("Version {}", markdown(number)),
        None => "Without a version".to_owned(),
    };
    let actors: Vec<String> = version
        .actors()
        .into_iter()
        .map(|actor| markdown(&words::actor(actor)))
        .collect();
    writeln!(out, "\n## {name}\n\n{}\n", version.changes.summary())?;
    writeln!(
        out,
        "{} to {}, events {} to {}, by {}\n",
        when::utc(first.time),
        when::utc(last.time),
        first.seq,
        last.seq,
        actors.join(", ")
    )?;
    writeln!(out, "| event | time | who | what |\n|--:|---|---|---|")?;
    for moment in &version.moments {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            moment.seq,
            when::utc(moment.time),
            markdown(&words::actor(&moment.actor)),
            moment.changes.summary()
        )?;
    }
    Ok(())
}

/// Prints what an agent needs to begin.
pub(crate) fn brief(global: &Global, args: &Render) -> Result<(), Failure> {
    let mut session = Session::open(global, Access::Read)?;
    let text = match until(&mut session, args)? {
        Some(seq) => {
            let plan = session.plan_named(args.at.as_deref())?;
            briefing::of(&plan, Some(seq), args.tokens)
        }
        None => briefing::for_session(&mut session, args.who.session.as_deref(), args.tokens)?,
    };
    let mut out = screen::raw();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Prints the audit trail up to a moment.
pub(crate) fn audit(global: &Global, args: &Render) -> Result<(), Failure> {
    if args.plan.is_some() {
        return Err(Failure::trouble("the audit trail is that of all plans")
            .hint("leave --plan out; ledger audit has filters"));
    }
    let mut session = Session::open(global, Access::Read)?;
    let until = until(&mut session, args)?;
    let batches = session.store().read(Seq(0))?;
    {
        let mut out = screen::raw();
        writeln!(out, "# Audit trail\n")?;
        out.flush()?;
    }
    let mut sink = Sink::new(Format::Md)?;
    for batch in batches {
        let batch = batch?;
        if until.is_some_and(|until| batch.head().seq > until) {
            break;
        }
        for recorded in batch.events() {
            sink.push(&Entry::of(recorded))?;
        }
    }
    Ok(sink.end()?)
}

fn until(session: &mut Session, args: &Render) -> Result<Option<Seq>, Failure> {
    let reference = args.at.as_deref();
    reference
        .map(|text| session.resolve(text).map(|moment| moment.seq))
        .transpose()
}
