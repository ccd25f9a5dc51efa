//! Putting right what was found.

use std::collections::BTreeMap;
use std::io::Write;

use ledger_core::check::{Finding, Rule, fixed};
use ledger_core::document::text::content;
use ledger_core::document::{Document, Hunk};
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
/// files. Says how much was.
pub(super) fn apply(
    global: &Global,
    args: &Check,
    sources: &Sources,
    rules: &[&Rule],
) -> Result<usize, Failure> {
    let tracked: Vec<&str> = sources
        .each()
        .filter(|(_, source)| source.document.is_some())
        .map(|(_, source)| source.path.as_str())
        .collect();
    let mut done = 0;
    if !tracked.is_empty() {
        done += record(global, args, &tracked, rules)?;
    }
    let found = sources.check(rules)?;
    for (sheet, source) in sources.each() {
        done += write(source, sheet, &found)?;
    }
    Ok(done)
}

/// Records the fixes of a ledger's plans.
fn record(
    global: &Global,
    args: &Check,
    tracked: &[&str],
    rules: &[&Rule],
) -> Result<usize, Failure> {
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
        return receipt::print(before, Form::Quiet).map(|()| 0);
    }
    let sources = Sources::now(&mut session, |path| tracked.contains(&path))?;
    let found = sources.check(rules)?;
    let edits: Vec<Edits<'_>> = sources
        .each()
        .filter_map(|(sheet, source)| Edits::of(source, sheet, &found))
        .collect();
    let mut made = Vec::new();
    let mut committed = session
        .change(&request, |tx| {
            for own in &edits {
                let document = tx.plan().document_at(&own.source.path);
                // What was edited in the meantime has other lines, and may be right by now.
                if let Some(document) = document.filter(|it| it.text == own.source.text) {
                    let document = document.id.clone();
                    tx.correct(&document, own.hunks.clone(), own.remarks())?;
                    made.push(own);
                }
            }
            Ok(())
        })
        .map_err(Failure::not_recorded)?;
    drop(session);
    // They are said below, with the plan that they are about.
    let remarks: Vec<String> = edits.iter().flat_map(Edits::remarks).collect();
    committed.remarks.retain(|remark| !remarks.contains(remark));
    let stands = committed.refused.is_none() && committed.waits.is_none();
    let form = match super::format(args) {
        CheckFormat::Text => Form::Text,
        CheckFormat::Json | CheckFormat::Sarif => Form::Quiet,
    };
    receipt::print(committed.behind(before), form)?;
    let made = made.into_iter().filter(|_| stands);
    Ok(made.map(Edits::say).sum())
}

/// The edits of a plan that put something right.
struct Edits<'s> {
    source: &'s Source,
    text: Document,
    hunks: Vec<Hunk>,
    /// By rule, how many of its findings are put right.
    by_rule: BTreeMap<&'static str, usize>,
}

impl<'s> Edits<'s> {
    /// The edits of a plan; `None` if it has none.
    fn of(source: &'s Source, sheet: usize, found: &[Finding]) -> Option<Self> {
        let (text, hunks) = fixed(&source.text, sheet, found);
        let at: BTreeMap<usize, &Hunk> = hunks.iter().map(|hunk| (hunk.at, hunk)).collect();
        let is_made = |hunk: &Hunk| at.get(&hunk.at) == Some(&hunk);
        let mut by_rule = BTreeMap::new();
        for finding in found.iter().filter(|own| own.spot.sheet == sheet) {
            if let Some(fix) = &finding.fix
                && fix.hunks.iter().all(is_made)
            {
                *by_rule.entry(finding.rule.name).or_default() += 1;
            }
        }
        (!hunks.is_empty()).then_some(Self {
            source,
            text,
            hunks,
            by_rule,
        })
    }

    /// What they put right, as the history has it.
    fn remarks(&self) -> Vec<String> {
        let by_rule = self.by_rule.iter();
        by_rule
            .map(|(name, count)| format!("{name}: {count}"))
            .collect()
    }

    /// Says what was put right, and how much.
    fn say(&self) -> usize {
        let (path, what) = (plain(&self.source.path), self.remarks().join(", "));
        // There is nowhere to report a failing standard error to.
        let _ = writeln!(anstream::stderr(), "note: put right in {path}: {what}");
        self.by_rule.values().sum()
    }
}

/// Writes the fixes into a file of no ledger.
fn write(source: &Source, sheet: usize, found: &[Finding]) -> Result<usize, Failure> {
    let edits = Edits::of(source, sheet, found);
    let Some((file, edits)) = source.file.as_ref().zip(edits) else {
        return Ok(0);
    };
    let before = source.text.text();
    let aside = file.with_file_name(ASIDE);
    let after = edits.text.text();
    match planfile::write(file, Some(before.as_bytes()), after.as_bytes(), &aside)? {
        WriteOutcome::Written => Ok(edits.say()),
        WriteOutcome::ChangedMeanwhile { .. } => Err(Failure::trouble(format!(
            "{} was changed meanwhile, and was left as it is",
            plain(&source.path)
        ))
        .hint("run ledger check --fix again")),
    }
}
