//! `ledger render --view history` and `--view audit`: markdown for people who read it elsewhere.

use std::io::Write;

use ledger_core::Seq;
use ledger_core::project::history::{Moment, Version};
use ledger_core::project::{Entry, History};
use ledger_store::Store;

use super::audit::sink::Sink;
use super::audit::words;
use super::render::untracked;
use crate::args::{Format, Global, Render};
use crate::briefing;
use crate::failure::Failure;
use crate::output::escape::markdown;
use crate::output::{screen, when};
use crate::session::{Access, Session, asked_plan};

/// Prints the versions of the plans and what changed in each.
pub(crate) fn history(global: &Global, args: &Render) -> Result<(), Failure> {
    let only = asked_plan(global, args.plan.as_deref())?;
    let mut session = Session::open(global, Access::Read)?;
    let until = until(&mut session, args)?.or(session.head_seq());
    let mut moments = Vec::new();
    let history = match until {
        Some(until) => session.history_through(until, |moment| moments.push(moment))?,
        None => History::default(),
    };
    let mut out = screen::raw();
    let mut any = false;
    for document in history.documents().iter().filter(|own| !own.dropped) {
        if only.as_ref().is_some_and(|only| *only != document.path) {
            continue;
        }
        if any {
            writeln!(out)?;
        }
        any = true;
        writeln!(out, "# History of {}", markdown(&document.path))?;
        let versions = history.versions().iter().enumerate();
        for (at, version) in versions.filter(|(_, own)| own.document == document.id) {
            let own = moments.iter().filter(|moment| moment.version == at);
            write_version(&mut out, version, own)?;
        }
    }
    match (any, only) {
        (false, Some(path)) => {
            let tracked = history.documents().iter().filter(|own| !own.dropped);
            Err(untracked(&path, tracked.map(|own| own.path.as_str())))
        }
        _ => Ok(out.flush()?),
    }
}

fn write_version<'m>(
    out: &mut impl Write,
    version: &Version,
    moments: impl Iterator<Item = &'m Moment>,
) -> Result<(), Failure> {
    let name = match &version.version {
        Some(number) => format!("Version {}", markdown(number)),
        None => "Without a version".to_owned(),
    };
    let actors: Vec<String> = version
        .actors
        .iter()
        .map(|actor| markdown(&words::actor(actor)))
        .collect();
    writeln!(out, "\n## {name}\n\n{}\n", version.changes.summary())?;
    writeln!(
        out,
        "{} to {}, events {} to {}, by {}\n",
        when::utc(version.first.time),
        when::utc(version.last.time),
        version.begin,
        version.last.seq,
        actors.join(", ")
    )?;
    writeln!(out, "| event | time | who | what |\n|--:|---|---|---|")?;
    for moment in moments {
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
    let ledger = session.plan().ledger();
    let batches = session.store().read(Seq(0))?;
    {
        let mut out = screen::raw();
        writeln!(out, "# Audit trail\n")?;
        out.flush()?;
    }
    let mut sink = Sink::new(Format::Md, ledger)?;
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
