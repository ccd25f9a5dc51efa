//! Carrying out what was decided about damage. Nothing is cut, replaced or moved before it is in
//! the quarantine, durably.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::error::{StoreError, events};
use crate::index::Index;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::quarantine;
use crate::reconcile::{Action, Mend};
use crate::small_file::sync_directory;
use crate::survey::{Source, Survey, Testimony};
use crate::weave::{Piece, StoreLines, Woven};

/// Does what was decided; what was done, in words. The caller holds the lock, `journal` is open
/// for appending, and `store` is what was surveyed.
pub(crate) fn carry_out(
    layout: &Layout,
    journal: &mut Journal,
    survey: &Survey,
    store: Option<&Index>,
    action: Action,
) -> Result<Vec<String>, StoreError> {
    let mut done = Vec::new();
    match action {
        Action::Keep | Action::Refuse(_) => {}
        Action::Cut => {
            let why = why_cut(survey);
            done.extend(cut(layout, journal, survey.woven.length, why)?);
        }
        Action::Restore => {
            let why = "what stood there was damaged";
            done.extend(cut(layout, journal, survey.own_length, why)?);
            put_back(journal, store, &survey.woven)?;
            done.push(said_restored(&survey.woven));
        }
        Action::Rewrite => {
            let place = rewrite(layout, journal, store, &survey.woven)?;
            done.push(match survey.woven.restored().next() {
                Some(_) => said_restored(&survey.woven),
                None => "the journal had lines that were not in their place: written anew in order"
                    .to_owned(),
            });
            done.push(format!("the old journal is at {place}"));
        }
    }
    Ok(done)
}

fn why_cut(survey: &Survey) -> &'static str {
    match (&survey.woven.fault, survey.found.mend) {
        (None, _) => "the last batch of the journal was not complete",
        (Some(_), Mend::Nothing) => "the end of the journal is no part of its history",
        (Some(_), _) => "the end of the journal was damaged",
    }
}

fn said_restored(woven: &Woven) -> String {
    let runs: Vec<String> = woven
        .restored()
        .map(|(first, last)| events(first, last))
        .collect();
    format!(
        "the journal had lost {}: put back from the store",
        runs.join(", ")
    )
}

/// Keeps aside what stands after `length` and cuts it off.
pub(crate) fn cut(
    layout: &Layout,
    journal: &mut Journal,
    length: u64,
    why: &str,
) -> Result<Option<String>, StoreError> {
    if journal.length() <= length {
        return Ok(None);
    }
    let bytes = journal.bytes_from(length)?;
    let note = format!(
        "{} bytes from byte {length} of {}: {why}",
        bytes.len(),
        journal.path().display()
    );
    let place = quarantine::keep_bytes(&layout.quarantine(), "journal-tail", &bytes, &note)?;
    journal.cut(length)?;
    Ok(Some(format!("{why}: moved to {}", place.display())))
}

fn put_back(journal: &mut Journal, store: Option<&Index>, woven: &Woven) -> Result<(), StoreError> {
    let mut lines = StoreLines::new(store);
    let mut wanted = woven
        .restored()
        .flat_map(|(first, last)| (first.0..=last.0).map(ledger_core::Seq));
    let mut lost = None;
    let before = journal.length();
    journal.put_back(|| {
        let seq = wanted.next()?;
        let line = lines.line(seq);
        if line.is_none() {
            lost = Some(seq);
        }
        line
    })?;
    if let Some(seq) = lost {
        journal.cut(before)?;
        return Err(not_mended(
            journal.path(),
            &format!("the store gives event {seq} no more"),
        ));
    }
    verified(journal, woven)
}

/// Writes the journal anew from both copies, and swaps it in. Where the old one is kept.
fn rewrite(
    layout: &Layout,
    journal: &mut Journal,
    store: Option<&Index>,
    woven: &Woven,
) -> Result<String, StoreError> {
    let path = journal.path().to_owned();
    let temporary = path.with_extension("jsonl.new");
    write_pieces(&path, &temporary, store, woven)?;
    verified(&Journal::open(temporary.clone())?, woven)?;
    let note = "lines of it were damaged or not in their place; the journal was written anew";
    let place = quarantine::keep_copy(&layout.quarantine(), "journal.jsonl", &path, note)?;
    swap_in(&temporary, &path)?;
    *journal = Journal::open_for_append(path)?;
    Ok(place.display().to_string())
}

/// Puts a file that is durable in another's place.
pub(crate) fn swap_in(temporary: &Path, path: &Path) -> Result<(), StoreError> {
    fs::rename(temporary, path).map_err(StoreError::io("replace", path))?;
    match path.parent() {
        Some(folder) => sync_directory(folder),
        None => Ok(()),
    }
}

fn write_pieces(
    journal: &Path,
    to: &Path,
    store: Option<&Index>,
    woven: &Woven,
) -> Result<(), StoreError> {
    let mut lines = StoreLines::new(store);
    let mut write = || -> io::Result<()> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(to)?;
        let mut out = BufWriter::with_capacity(1 << 16, file);
        for piece in &woven.pieces {
            match piece {
                Piece::Journal { start, end, .. } => {
                    let mut from = File::open(journal)?;
                    from.seek(SeekFrom::Start(*start))?;
                    io::copy(&mut from.take(end - start), &mut out)?;
                }
                Piece::Store { first, last } => {
                    for seq in first.0..=last.0 {
                        if let Some(line) = lines.line(ledger_core::Seq(seq)) {
                            out.write_all(&line)?;
                        }
                    }
                }
            }
        }
        out.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()
    };
    write().map_err(StoreError::io("write", to))
}

/// Sees that a journal is what was put together: it is not taken on trust.
fn verified(journal: &Journal, woven: &Woven) -> Result<(), StoreError> {
    let mut replay = journal.replay(None, 0)?;
    while replay.next_batch()?.is_some() {}
    let same = replay.head() == woven.head.as_ref() && replay.verified() == journal.length();
    if same {
        return Ok(());
    }
    Err(not_mended(
        journal.path(),
        "it was read otherwise the second time",
    ))
}

fn not_mended(path: &Path, what: &str) -> StoreError {
    StoreError::NotMended {
        path: path.to_owned(),
        what: what.to_owned(),
    }
}

/// Puts the witnesses aside that know more than is left, or something else. The caller was told.
pub(crate) fn put_witnesses_aside(
    layout: &Layout,
    survey: &Survey,
) -> Result<Vec<String>, StoreError> {
    let mut done = Vec::new();
    let mut moved = Vec::new();
    for witness in &survey.witnesses {
        let says = match survey.testimony(witness) {
            Testimony::Agrees => continue,
            Testimony::Other => "another event than the journal has",
            Testimony::Beyond => "an event that is gone",
        };
        if moved.contains(&witness.place) || !witness.place.exists() {
            continue;
        }
        moved.push(witness.place.clone());
        let name = match witness.source {
            Source::Head => "head",
            Source::Store => "store",
            Source::Record(_) => "checkout-record",
        };
        let note = format!(
            "{} knew {says}: event {}, {}",
            witness.name(),
            witness.moment.seq,
            witness.moment.id
        );
        let place = quarantine::move_away(&layout.quarantine(), name, &witness.place, &note)?;
        done.push(format!(
            "{} knows {says}: moved to {}",
            witness.name(),
            place.display()
        ));
    }
    Ok(done)
}
