//! One copy of the history anew from the other.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use ledger_core::codec::MAX_LINE;
use ledger_core::link::Links;
use ledger_core::{Head, Seq, Verifier};

use super::{Done, Extent, OpenedStore, refill, write_head_with};
use crate::disk::Options;
use crate::error::StoreError;
use crate::index::Index;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::mend;
use crate::quarantine;
use crate::reconcile::{Action, Consent, decide};
use crate::survey::Survey;
use crate::weave::StoreLines;

/// Fills a new store from the journal, whatever the old one has. How many events it has then.
///
/// # Errors
/// [`StoreError::BadLine`] if the journal does not verify; [`StoreError::Gone`] or
/// [`StoreError::Contradicted`] if `head` or a checkout knows other events than it has, unless
/// that is accepted. Nothing is changed then.
pub fn rebuild_store(
    layout: &Layout,
    options: &Options,
    extent: Extent,
) -> Result<(u64, Done), StoreError> {
    layout.open()?;
    let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
    let store = OpenedStore::open(layout, options)?;
    let journal = Journal::open(layout.journal())?;
    let mut survey = Survey::take(layout, &journal, store.index())?;
    // Whoever asks for this chooses the journal's history. Where there is only one, what the
    // store has and the journal lacks is not given up.
    if survey.found.fork.is_some() {
        survey = Survey::of_journal(layout, &journal)?;
    }
    let action = decide(&survey.found, extent.consent());
    if let Action::Refuse(refusal) = action {
        return Err(survey.error(layout, refusal));
    }
    let mut journal = Journal::open_for_append(layout.journal())?;
    let mut done = mend::carry_out(layout, &mut journal, &survey, store.index(), action)?;
    drop(store);
    if extent == Extent::AcceptLoss {
        done.extend(mend::put_witnesses_aside(layout, &survey)?);
    }
    done.extend(refill(
        layout,
        options,
        &journal,
        "a rebuild was asked for",
    )?);
    let events = survey.woven.events();
    write_head_with(layout, &journal, survey.woven.head, events)?;
    Ok((events, done))
}

/// Makes the journal anew from the store, whatever the old one has. How many events it has then.
///
/// # Errors
/// [`StoreError::StoreDamaged`] if the store does not have a whole history, or less of it than
/// the journal; [`StoreError::Gone`] or [`StoreError::Contradicted`] if `head` or a checkout knows
/// events that it does not have, unless that is accepted. Nothing is changed then.
pub fn rebuild_journal(
    layout: &Layout,
    options: &Options,
    extent: Extent,
) -> Result<(u64, Done), StoreError> {
    layout.open()?;
    let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
    let damaged = |what: String| StoreError::StoreDamaged {
        path: layout.store(),
        what,
    };
    let store = match OpenedStore::open(layout, options)? {
        OpenedStore::Open(index) => index,
        OpenedStore::None | OpenedStore::Shut => {
            return Err(damaged("it is not there".to_owned()));
        }
        OpenedStore::Broken(what) => return Err(damaged(what)),
    };
    let Some(mark) = store.mark()? else {
        return Err(damaged("it has no events".to_owned()));
    };
    let path = layout.journal();
    let survey = Survey::take(layout, &Journal::open(path.clone())?, Some(&store))?;
    let last = mark.head.seq;
    if survey.found.fork.is_none() && survey.found.together > last.0 + 1 {
        return Err(damaged(format!(
            "it has {} events, and the journal {} good ones; `ledger doctor --fix` puts both together",
            last.0 + 1,
            survey.found.together
        )));
    }
    let temporary = path.with_extension("jsonl.new");
    let head = write_lines_of(&store, last, &temporary)?;
    if head.as_ref().map(|head| head.id) != Some(mark.head.id) {
        return Err(damaged("its lines do not lead to its own head".to_owned()));
    }
    let made = Survey::take(layout, &Journal::open(temporary.clone())?, None)?;
    if let (Extent::Lossless, Action::Refuse(refusal)) =
        (extent, decide(&made.found, Consent::Passing))
    {
        // Nobody has seen it, and the store still has all of it.
        let _ = fs::remove_file(&temporary);
        return Err(made.error(layout, refusal));
    }
    let mut done = Vec::new();
    if path.exists() {
        let note = "the journal was made anew from the store";
        let place = quarantine::keep_copy(&layout.quarantine(), "journal.jsonl", &path, note)?;
        done.push(format!("the old journal is at {}", place.display()));
    }
    mend::swap_in(&temporary, &path)?;
    let journal = Journal::open(path)?;
    let survey = Survey::take(layout, &journal, Some(&store))?;
    // What the old journal's head knew is kept as well.
    done.extend(mend::put_witnesses_aside(layout, &survey)?);
    write_head_with(layout, &journal, head, last.0 + 1)?;
    store.close()?;
    Ok((last.0 + 1, done))
}

fn write_lines_of(store: &Index, last: Seq, to: &Path) -> Result<Option<Head>, StoreError> {
    let mut lines = StoreLines::new(Some(store));
    let mut verifier = Verifier::with_links(Links::new().watching(lines.fork_points()));
    let io = || StoreError::io("write", to);
    let file = fs::File::create(to).map_err(io())?;
    let mut out = io::BufWriter::with_capacity(1 << 16, file);
    for seq in 0..=last.0 {
        let line = lines.line(Seq(seq)).filter(|line| line.len() <= MAX_LINE);
        let good = line.filter(|line| verifier.line(line).is_ok());
        let Some(line) = good else {
            return Err(StoreError::StoreDamaged {
                path: store.path().to_owned(),
                what: format!("its copy of event {seq} is lost or damaged"),
            });
        };
        out.write_all(&line).map_err(io())?;
    }
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(io())?;
    Ok(verifier.head().cloned())
}
