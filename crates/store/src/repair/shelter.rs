//! A ledger that lies in what git checks out, and its move to where git takes nothing away.

use std::fs;

use super::Finding;
use crate::checkouts::Checkouts;
use crate::disk::Options;
use crate::error::StoreError;
use crate::layout::Layout;
use crate::locate::{GitDirs, Place, find_git};
use crate::lock::Lock;
use crate::small_file::sync_directory;

/// Says of a ledger that git sees it.
pub(super) fn of_ignore(layout: &Layout) -> Option<Finding> {
    layout.is_seen_by_git().then(|| Finding {
        code: "gitignore",
        place: layout.gitignore(),
        what: "it is missing; in a git checkout, `git stash -u` and `git clean` take away what git does not ignore".to_owned(),
        fix: Some("writes it".to_owned()),
        hint: None,
    })
}

/// Says of a ledger that was made before git came along where git could take it away. `place` is
/// where it was found, not where it was named to be.
#[must_use]
pub fn exposed(place: &Place) -> Option<Finding> {
    let git = outgrown(place)?;
    Some(Finding {
        code: "exposed",
        place: place.layout.directory().to_owned(),
        what: "it lies in what git checks out: `git clean -xd` and `git stash -a` take it away, and other worktrees do not share it".to_owned(),
        fix: Some(format!("moves it to {}", git.ledger().display())),
        hint: None,
    })
}

/// Moves such a ledger into git's own directory. Gives where it is then; `None` if it can stay
/// where it is.
///
/// # Errors
/// [`StoreError`]; it is then still where it was.
pub fn shelter(place: &Place, options: &Options) -> Result<Option<Place>, StoreError> {
    let Some(git) = outgrown(place) else {
        return Ok(None);
    };
    let layout = &place.layout;
    let moved = Place {
        layout: Layout::new(git.ledger()),
        ..place.clone()
    };
    // Whoever waits for this lock finds out that its file is not at its path any more.
    let _lock = Lock::acquire(&layout.lock(), options.deadline, &options.command)?;
    let checkouts = Checkouts::new(layout.checkouts());
    // The checkout has another name for a ledger that others share.
    if let Some(record) = checkouts.read(&place.checkout())? {
        checkouts.write_durably(&crate::CheckoutRecord {
            name: moved.checkout(),
            ..record
        })?;
    }
    fs::rename(layout.directory(), moved.layout.directory())
        .map_err(StoreError::io("move", layout.directory()))?;
    sync_directory(&git.common)?;
    sync_directory(&place.root)?;
    Checkouts::new(moved.layout.checkouts()).forget(&place.checkout())?;
    Ok(Some(moved))
}

/// Git's directories, if a ledger would be made there today. One in a folder below the top stays:
/// its plans are named from that folder.
fn outgrown(place: &Place) -> Option<&GitDirs> {
    let git = place.git.as_ref()?;
    let beside = place.layout.directory() == place.root.join(".ledger");
    let (top, _) = find_git(&place.root)?;
    (beside && top == place.root && top != git.own).then_some(git)
}
