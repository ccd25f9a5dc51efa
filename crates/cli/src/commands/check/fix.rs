//! Putting right what was found.

use std::collections::BTreeMap;
use std::io::Write;

use ledger_core::check::{Finding, Rule, fixed};
use ledger_core::document::Hunk;
use ledger_core::document::text::content;
use ledger_store::planfile::{self, WriteOutcome};

use super::sources::{Source, Sources};
use crate::args::{Check, CheckFormat, Global};
use crate::commands::receipt::{self, Form};
use crate::failure::Failure;
use crate::output::escape::plain;
use crate::output::screen::Screen;
use crate::outside;
use crate::session::{Access, Claims, Request, Session};

/// Where somebody's own version is kept that was saved while the file was being written.
const ASIDE: &str = ".ledger-aside";

/// Prints what would be changed, as a unified diff without context.
pub(super) fn show(sources: &Sources, found: &[Finding]) -> Result<(), Failure> {
    let mut out = Screen::new();
    for (sheet, source) in sources.each() {
        let (_, mut hunks) = fixed(&source.text, sheet, found);
        if hunks.is_empty() {
            continue;
        }
        hunks.reverse();
        let path = plain(&source.path);
        writeln!(out, "--- {path}\n+++ {path}")?;
        for hunk in hunks {
            let (at, removed, added) = (hunk.at + 1, hunk.remove, hunk.insert.len());
            writeln!(out, "@@ -{at},{removed} +{at},{added} @@")?;
            for line in hunk.at..hunk.at + hunk.remove {
                writeln!(out, "-{}", plain(source.text.content(line)))?;
            }
            for line in &hunk.insert {
                writeln!(out, "+{}", plain(content(line)))?;
            }
        }
    }
    Ok(out.flush()?)
}

/// Puts right what can be: in a ledger as one event, after what was edited by hand; else in the
/// files.
pub(super) fn apply(
    global: &Global,
    args: &Check,
    sources: &Sources,
    rules: &[&Rule],
) -> Result<(), Failure> {
    let tracked: Vec<&str> = sources
        .each()
        .filter(|(_, source)| source.document.is_some())
        .map(|(_, source)| source.path.as_str())
        .collect();
    if !tracked.is_empty() {
        record(global, args, &tracked, rules)?;
    }
    let found = sources.check(rules)?;
    for (sheet, source) in sources.each() {
        write(source, sheet, &found)?;
    }
    Ok(())
}

/// Records the fixes of a ledger's plans.
fn record(global: &Global, args: &Check, tracked: &[&str], rules: &[&Rule]) -> Result<(), Failure> {
    let request = Request {
        actor: outside::actor(&args.who, None)?,
        cause: None,
        idem: None,
        time: None,
    };
    let mut session = Session::open(global, Access::Write)?;
    // What is put right is the text that the ledger then has.
    let before = session.observe(&request, &Claims::None)?;
    if before.refused.is_some() || !before.unwritten.is_empty() {
        drop(session);
        return receipt::print(before, Form::Quiet);
    }
    let sources = Sources::now(&mut session, |path| tracked.contains(&path))?;
    let found = sources.check(rules)?;
    let edits = edits(&sources, &found);
    let committed = session
        .change(&request, |tx| {
            for (source, hunks, remarks) in &edits {
                let own = tx.plan().document_at(&source.path);
                // What was edited in the meantime has other lines, and may be right by now.
                if let Some(own) = own.filter(|own| own.text == source.text) {
                    let document = own.id.clone();
                    tx.correct(&document, hunks.clone(), remarks.clone())?;
                }
            }
            Ok(())
        })
        .map_err(Failure::not_recorded)?;
    drop(session);
    let form = match super::format(args) {
        CheckFormat::Text => Form::Text,
        CheckFormat::Json | CheckFormat::Sarif => Form::Quiet,
    };
    receipt::print(committed.behind(before), form)
}

/// The edits of each plan that has any, and what they put right.
fn edits<'s>(sources: &'s Sources, found: &[Finding]) -> Vec<(&'s Source, Vec<Hunk>, Vec<String>)> {
    let of = |(sheet, source): (usize, &'s Source)| {
        let (_, hunks) = fixed(&source.text, sheet, found);
        let own = found.iter().filter(|own| own.spot.sheet == sheet);
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in own.filter(|own| own.fix.is_some()) {
            *names.entry(finding.rule.name).or_default() += 1;
        }
        let remarks = names.iter().map(|(name, count)| format!("{name}: {count}"));
        (!hunks.is_empty()).then(|| (source, hunks, remarks.collect()))
    };
    sources.each().filter_map(of).collect()
}

/// Writes the fixes into a file of no ledger.
fn write(source: &Source, sheet: usize, found: &[Finding]) -> Result<(), Failure> {
    let Some(file) = &source.file else {
        return Ok(());
    };
    let (text, hunks) = fixed(&source.text, sheet, found);
    if hunks.is_empty() {
        return Ok(());
    }
    let before = source.text.text();
    let aside = file.with_file_name(ASIDE);
    match planfile::write(
        file,
        Some(before.as_bytes()),
        text.text().as_bytes(),
        &aside,
    )? {
        WriteOutcome::Written => Ok(()),
        WriteOutcome::ChangedMeanwhile { .. } => Err(Failure::trouble(format!(
            "{} was changed meanwhile, and was left as it is",
            plain(&source.path)
        ))
        .hint("run ledger check --fix again")),
    }
}
