//! Where a journal's history went apart (ledger-format.md §7.3).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use ledger_core::codec::MAX_LINE;
use ledger_core::examine::{Examined, ForkFinder};
use ledger_core::link::Links;
use ledger_core::{Fault, FaultKind, Seq};

use crate::error::StoreError;

/// Whether a line may have been refused only because it follows another than the line before.
pub(crate) const fn may_be_one(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::WrongParent { found: Some(_), .. })
}

/// Lets `links`, which are at event `next`, watch the fork points of the journal at `path`, of
/// which `length` bytes count. The lines before `next` were verified before.
pub(crate) fn learn(
    links: &mut Links,
    next: Seq,
    path: &Path,
    length: u64,
) -> Result<(), StoreError> {
    let mut finder = ForkFinder::default();
    each_line(path, length, |_, line| {
        finder.see(line);
        true
    })
    .map_err(StoreError::io("read", path))?;
    links.watch(finder.points());
    each_line(path, length, |seq, line| {
        if seq < next
            && let Ok(line) = Examined::new(line)
        {
            links.recall(seq, &line);
        }
        seq < next
    })
    .map_err(StoreError::io("read", path))
}

/// Goes through the lines of a journal until `look` has seen enough.
pub(crate) fn each_line(
    path: &Path,
    length: u64,
    mut look: impl FnMut(Seq, &[u8]) -> bool,
) -> io::Result<()> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    let mut reader = BufReader::with_capacity(1 << 16, file.take(length));
    let mut line = Vec::new();
    for seq in (0..).map(Seq) {
        line.clear();
        let mut whole = reader.by_ref().take(MAX_LINE as u64 + 1);
        if whole.read_until(b'\n', &mut line)? == 0 || !look(seq, &line) {
            break;
        }
    }
    Ok(())
}
