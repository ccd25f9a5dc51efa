//! Taking redacted parts out of everything that a ledger's directory holds.
//!
//! That they are to go is in the journal already, as an event. So whatever breaks off, the history
//! is whole, either with these parts or without them, and [`pending`] finds those that are still
//! there. The journal is swapped last: as long as it has them, nothing else can bring them back
//! unnoticed, and from then on nothing else has them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ledger_core::redact::{Removal, Secret};
use ledger_core::{Defect, Seq};

use crate::checkouts::is_text;
use crate::error::StoreError;
use crate::forks::each_line;
use crate::index::Index;
use crate::journal::Journal;
use crate::layout::Layout;
use crate::mend;
use crate::small_file::{self, sync_directory};
use crate::weave::StoreLines;

/// What became of files that may hold a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Those that were removed.
    pub removed: Vec<PathBuf>,
    /// Those that were written anew without it.
    pub rewritten: Vec<PathBuf>,
    /// Those that hold it still, and were left.
    pub left: Vec<PathBuf>,
}

/// What the history says was redacted.
///
/// # Errors
/// [`StoreError::Io`], [`StoreError::BadLine`].
pub(crate) fn named(journal: &Journal) -> Result<Removal, StoreError> {
    let mut named = Removal::default();
    look(journal, |line| named.learn(line).map(|()| true))?;
    Ok(named)
}

/// The first event that still has parts which the history says were redacted.
///
/// # Errors
/// [`StoreError::Io`], [`StoreError::BadLine`].
pub(crate) fn pending(journal: &Journal, named: &Removal) -> Result<Option<Seq>, StoreError> {
    if named.is_empty() {
        return Ok(None);
    }
    let (mut found, mut seq) = (None, 0);
    look(journal, |line| {
        found = named.take_from(line)?.map(|_| Seq(seq));
        seq += 1;
        Ok(found.is_none())
    })?;
    Ok(found)
}

/// The first event of which the store has such parts.
pub(crate) fn pending_in(index: &Index, named: &Removal) -> Result<Option<Seq>, StoreError> {
    let Some(mark) = index.mark()?.filter(|_| !named.is_empty()) else {
        return Ok(None);
    };
    let mut lines = StoreLines::new(Some(index));
    let found = (0..=mark.head.seq.0).map(Seq).find(|seq| {
        let line = lines.line(*seq);
        // One that is damaged is a finding of its own.
        line.is_some_and(|line| matches!(named.take_from(&line), Ok(Some(_))))
    });
    Ok(found)
}

fn look(
    journal: &Journal,
    mut at: impl FnMut(&[u8]) -> Result<bool, Defect>,
) -> Result<(), StoreError> {
    let mut bad = None;
    each_line(journal.path(), journal.length(), |seq, line| {
        at(line).unwrap_or_else(|defect| {
            bad = Some((seq, defect));
            false
        })
    })
    .map_err(StoreError::io("read", journal.path()))?;
    match bad {
        Some((seq, defect)) => Err(bad_line(journal.path(), seq, &defect)),
        None => Ok(()),
    }
}

fn bad_line(path: &Path, seq: Seq, defect: &Defect) -> StoreError {
    StoreError::BadLine {
        path: path.to_owned(),
        line: seq.0 + 1,
        what: defect.to_string(),
    }
}

/// Takes these parts out of the journal, and removes all else that has them, or may have: the
/// store, the cached state, what the quarantine has of them and, where the text is known, each file
/// that holds it. The caller holds the lock and has closed the store; the journal has no more than
/// whole batches. `head` and the store are to be made anew.
///
/// # Errors
/// [`StoreError`]: the journal has all of these parts then, or none. To do it again finishes it.
pub(crate) fn carry_out(
    layout: &Layout,
    journal: &Journal,
    removal: &Removal,
    secret: Option<&Secret>,
) -> Result<Swept, StoreError> {
    let path = journal.path();
    let temporary = path.with_extension("jsonl.new");
    let changed = write_without(journal, removal, &temporary)?;
    verify_same(journal, &temporary)?;
    let mut swept = Swept::default();
    remove_store(layout)?;
    clean(&layout.quarantine(), removal, secret, &mut swept)?;
    for place in [layout.state(), layout.head()] {
        remove(&small_file::beside(&place))?;
    }
    remove(&layout.state())?;
    // What was replaced last has the hash of a text that may have had them.
    for path in entries(&layout.checkouts())? {
        if path.extension().is_some_and(|ending| ending == "new") {
            remove(&path)?;
        }
    }
    if let Some(secret) = secret {
        sweep(&layout.checkouts(), secret, &is_text, &mut swept)?;
        sweep(&layout.traces(), secret, &|_| true, &mut swept)?;
        sweep(&layout.spool(), secret, &|_| false, &mut swept)?;
    }
    for folder in [layout.checkouts(), layout.traces(), layout.quarantine()] {
        if folder.is_dir() {
            sync_directory(&folder)?;
        }
    }
    // What was removed must not come back after the parts are gone from the journal.
    sync_directory(layout.directory())?;
    match changed {
        true => mend::swap_in(&temporary, path)?,
        false => remove(&temporary)?,
    }
    Ok(swept)
}

/// Writes the journal without these parts, durably. Whether it had any of them.
fn write_without(journal: &Journal, removal: &Removal, to: &Path) -> Result<bool, StoreError> {
    let file = File::create(to).map_err(StoreError::io("create", to))?;
    let mut out = BufWriter::with_capacity(1 << 16, file);
    let (mut written, mut changed) = (Ok(()), false);
    look(journal, |line| {
        let without = removal.take_from(line)?;
        changed |= without.is_some();
        written = out.write_all(without.as_deref().unwrap_or(line));
        Ok(written.is_ok())
    })?;
    written
        .and_then(|()| out.into_inner().map_err(io::IntoInnerError::into_error))
        .and_then(|file| file.sync_all())
        .map_err(StoreError::io("write", to))?;
    Ok(changed)
}

/// Sees that a journal tells the same history: it is not taken on trust.
fn verify_same(journal: &Journal, temporary: &Path) -> Result<(), StoreError> {
    let made = Journal::open(temporary.to_owned())?;
    let mut heads = [journal, &made].map(|journal| {
        let mut replay = journal.gather(None, 0)?;
        while replay.next_batch()?.is_some() {}
        let whole = replay.verified() == journal.length();
        Ok(replay.head().cloned().filter(|_| whole))
    });
    let [before, after] = &mut heads;
    match (before, after) {
        (Ok(Some(before)), Ok(Some(after))) if before == after => Ok(()),
        (Err(_), _) | (_, Err(_)) => heads.into_iter().collect::<Result<Vec<_>, _>>().map(drop),
        _ => Err(StoreError::NotMended {
            path: temporary.to_owned(),
            what: "it does not tell the same history without the redacted parts".to_owned(),
        }),
    }
}

/// Removes the store, which compresses what it holds. It gets another name first: half a store
/// would be taken for a damaged one, and be kept.
fn remove_store(layout: &Layout) -> Result<(), StoreError> {
    let store = layout.store();
    let going = store.with_extension("redacted");
    remove_tree(&going)?;
    match fs::rename(&store, &going) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StoreError::io("move", &store)(error));
        }
        _ => {}
    }
    remove_tree(&going)
}

/// Takes it out of what was put aside, which may be somebody's edit: the rest of it stays. A store
/// compresses what it holds, so all of those go, each with its note.
fn clean(
    folder: &Path,
    removal: &Removal,
    secret: Option<&Secret>,
    swept: &mut Swept,
) -> Result<(), StoreError> {
    for path in entries(folder)? {
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
        if is_folder && is_store(&path) {
            remove_tree(&path)?;
            remove(&path.with_extension("txt"))?;
            swept.removed.push(path);
        } else if is_folder {
            clean(&path, removal, secret, swept)?;
        } else if let Some(bytes) = read(&path)? {
            let mut without = without_parts(&bytes, removal);
            if let Some(secret) = secret.filter(|secret| secret.is_in_bytes(&without)) {
                without = secret.taken_from_bytes(&without);
            }
            if without != bytes {
                write_anew(folder, &path, &without)?;
                swept.rewritten.push(path);
            }
        }
    }
    Ok(())
}

/// Whether a folder is a store, whatever it is called now.
fn is_store(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    name.as_encoded_bytes().ends_with(b"-store") || folder.join("db").exists()
}

/// Bytes that may be lines of a journal, without these parts.
fn without_parts(bytes: &[u8], removal: &Removal) -> Vec<u8> {
    let mut without = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match removal.take_from(line) {
            Ok(Some(line)) => without.extend(line),
            // Whatever is no line of a journal may stand there too.
            Ok(None) | Err(_) => without.extend_from_slice(line),
        }
    }
    without
}

fn write_anew(folder: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(StoreError::io("write", path))
}

/// Removes the files of a folder that hold a text and may go; the others are named.
fn sweep(
    folder: &Path,
    secret: &Secret,
    may_go: &dyn Fn(&Path) -> bool,
    swept: &mut Swept,
) -> Result<(), StoreError> {
    for path in entries(folder)? {
        if path.is_dir() {
            sweep(&path, secret, may_go, swept)?;
        } else if !holds(&path, secret)? {
            continue;
        } else if may_go(&path) {
            remove(&path)?;
            swept.removed.push(path);
        } else {
            swept.left.push(path);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let io = || StoreError::io("read", folder);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(io())?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(io())?.path());
    }
    paths.sort();
    Ok(paths)
}

fn holds(path: &Path, secret: &Secret) -> Result<bool, StoreError> {
    let bytes = read(path)?;
    Ok(bytes.is_some_and(|bytes| secret.is_in_bytes(&bytes)))
}

/// What is in a file; `None` if it is none, or gone.
fn read(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    // A pipe would keep everybody waiting.
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => {}
        _ => return Ok(None),
    }
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("read", path)(error)),
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn remove_tree(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
