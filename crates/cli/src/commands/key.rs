//! What checkpoints and proofs are checked with and read from.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ledger_core::checkpoint::{CheckpointError, SignedCheckpoint};
use ledger_core::note::{MAX_NOTE, NoteError, VerifierKey};
use ledger_store::Keys;

use crate::args::Global;
use crate::failure::Failure;
use crate::session::place;

/// The most bytes of a text in which a checkpoint is looked for, such as a commit's message.
const MOST: u64 = MAX_NOTE as u64 * 4;

/// What can be given as a checkpoint.
pub(super) const FORMS: &str = "a checkpoint is what `ledger checkpoint` prints, git's note with it, or a text with its trailer";

/// The key that was given, as itself or as a file with it.
pub(super) fn given(key: &str) -> Result<VerifierKey, Failure> {
    let parsed = VerifierKey::parse(key.trim_end());
    let error = match parsed {
        Ok(key) => return Ok(key),
        Err(error) => error,
    };
    let path = Path::new(key);
    let text = path.is_file().then(|| bytes(path, MOST)).transpose()?;
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let parsed = text.map_or(Err(error), |text| VerifierKey::parse(text.trim_end()));
    parsed.map_err(|error| {
        Failure::trouble(format!("--key: {error}"))
            .hint("`ledger checkpoint --show-key` prints it where the checkpoint was made")
    })
}

/// The key of the ledger here, if there is one that has signed something.
pub(super) fn own(global: &Global) -> Result<Option<VerifierKey>, Failure> {
    let place = place(global)?;
    Ok(Keys::new(place.layout.keys()).public()?)
}

/// Reads a checkpoint in any of its forms.
pub(super) fn checkpoint(path: &Path) -> Result<SignedCheckpoint, Failure> {
    read(path)?
        .map_err(|error| Failure::finding(format!("{}: {error}", path.display())).hint(FORMS))
}

/// The same, where what is wrong with it is to be told in another way.
pub(super) fn read(path: &Path) -> Result<Result<SignedCheckpoint, CheckpointError>, Failure> {
    let bytes = bytes(path, MOST)?;
    Ok(match bytes.len() as u64 <= MOST {
        true => SignedCheckpoint::find(&bytes),
        false => Err(NoteError::TooLong.into()),
    })
}

/// All of a file, or of standard input. Of one that has more than `most` bytes one more is given,
/// so that whoever reads them sees that they are too many.
pub(super) fn bytes(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let about = |error| Failure::unread(path, error);
    let source: Box<dyn Read> = match path {
        path if is_stdin(path) => Box::new(io::stdin()),
        path => Box::new(File::open(path).map_err(about)?),
    };
    let mut bytes = Vec::new();
    source
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(about)?;
    Ok(bytes)
}

/// Refuses to read several of these from standard input, where the first one would take it all.
pub(super) fn one_from_stdin<'p>(
    paths: impl IntoIterator<Item = Option<&'p Path>>,
) -> Result<(), Failure> {
    let paths = paths.into_iter().flatten();
    match paths.filter(|path| is_stdin(path)).count() {
        0 | 1 => Ok(()),
        _ => Err(
            Failure::trouble("only one of them can come from standard input")
                .hint("give the others as files"),
        ),
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}
